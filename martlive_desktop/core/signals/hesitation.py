"""Fillers in a row, from the recogniser's verified path only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Cue, Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, Signal


@dataclass(frozen=True, slots=True)
class HesitationThresholds:
    """When fillers are many."""

    fillers: int = 4
    """In one window: real talk has 2.85 in 100 words, so one in 15 s is usual."""
    window_s: float = 15.0
    """Seconds over which they are counted."""


class HesitationDetector:
    """Counts the fillers of finals: only there has the recogniser looked at the sound once more."""

    def __init__(self, thresholds: HesitationThresholds | None = None) -> None:
        self._ends_ms: deque[int] = deque()
        self.use(thresholds or HesitationThresholds())

    def use(self, thresholds: HesitationThresholds) -> None:
        """Hold to other limits from now on; what was heard so far stays."""
        self._limits = thresholds
        self._ends_ms = deque(self._ends_ms, maxlen=thresholds.fillers)

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Note the fillers of a final."""
        if isinstance(event, Transcript) and event.is_final:
            self._ends_ms.extend(word.end_ms for word in event.words if word.filler)
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """filler_cluster, while it holds."""
        limits = self._limits
        if len(self._ends_ms) < limits.fillers or now_ms - self._ends_ms[0] > limits.window_s * 1000:
            return ()
        return (Cue(now_ms, "filler_cluster", 0.7, (f"{limits.fillers} fillers in {limits.window_s:g} s",)),)
