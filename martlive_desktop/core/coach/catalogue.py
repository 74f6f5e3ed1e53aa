"""The kinds of cues: what is coached."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CueKind:
    """What is known of a kind before any show."""

    kind: str
    severity: int
    """0 break-glass, 1 now, 2 at the next breakpoint, 3 report only."""
    cooldown_ms: int
    """From one cue of this kind to the next."""
    is_claim: bool = False
    """Said aloud it can cost the seller the account, so it may break the spacing of tips."""
    is_praise: bool = False
    """Nothing to correct."""


CATALOGUE: Mapping[str, CueKind] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            CueKind("mic_silent", 0, 60_000),
            CueKind("obs_muted", 0, 60_000),
            CueKind("clipping", 1, 180_000),
            CueKind("mic_low", 1, 300_000),
            CueKind("noise", 2, 600_000),
            CueKind("echo", 1, 300_000),
            CueKind("black", 0, 30_000),
            CueKind("frozen", 0, 60_000),
            CueKind("wrong_scene", 1, 120_000),
            CueKind("claim_medical", 1, 30_000, is_claim=True),
            CueKind("off_platform", 1, 30_000, is_claim=True),
            CueKind("do_not_say", 1, 30_000, is_claim=True),
            CueKind("price_mismatch", 1, 60_000),
            CueKind("disclosure", 1, 900_000),
            CueKind("chat_unanswered", 1, 45_000),
            CueKind("dead_air", 1, 45_000),
            CueKind("price_missing", 2, 120_000),
            CueKind("cta_missing", 2, 120_000),
            CueKind("talking_point", 2, 120_000),
            CueKind("behind_plan", 2, 300_000),
            CueKind("reset", 2, 300_000),
            CueKind("ask_room", 2, 480_000),
            CueKind("pace_fast", 2, 180_000),
            CueKind("energy_drop", 2, 600_000),
            CueKind("greet", 3, 180_000),
            CueKind("demo", 3, 240_000),
            CueKind("flat", 3, 300_000),
            CueKind("filler_cluster", 3, 300_000),
            CueKind("well_done", 3, 900_000, is_praise=True),
        )
    }
)
"""By name; severities and cooldowns are the design's, from practitioners' cadences."""
