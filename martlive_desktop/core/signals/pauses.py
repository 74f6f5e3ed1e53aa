"""Gaps in speech: dead air, and the breakpoints at which a tip may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import FRAME_MS, Cue, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, Signal
    from martlive_desktop.core.plan import Mode


@dataclass(frozen=True, slots=True)
class PauseThresholds:
    """When a gap is dead air."""

    selling_s: float = 8.0
    """Seconds without speech in a selling show or a talk: viewers swipe on."""
    gaming_s: float = 15.0
    """Seconds without speech while gaming: the game fills shorter ones."""
    start_s: float = 20.0
    """Seconds at the start that are for settling in."""
    on_probability: float = 0.5
    """Voice probability that begins speech: Silero VAD's own default."""
    off_probability: float = 0.35
    """Voice probability down to which speech goes on: Silero VAD's own hysteresis."""
    shortest_speech_ms: int = 96
    """Milliseconds of voice that count as speech: a click or a key stroke is shorter."""


class PauseDetector:
    """Follows the voice decisions; where none come, it claims nothing."""

    def __init__(self, mode: Mode, thresholds: PauseThresholds | None = None) -> None:
        self._mode = mode
        self.use(thresholds or PauseThresholds())
        self._is_voiced = False
        self._run = 0
        self._decided_ms = 0
        self._speech_ms = 0

    def use(self, thresholds: PauseThresholds) -> None:
        """Hold to other limits from now on; what was heard so far stays."""
        self._limits = thresholds
        self._limit_s = thresholds.gaming_s if self._mode == "gaming" else thresholds.selling_s

    @property
    def silence_ms(self) -> int:
        """Milliseconds from the end of speech to the newest voice decision."""
        return self._decided_ms - self._speech_ms

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Follow the voice."""
        if not isinstance(event, Voice):
            return ()
        limits = self._limits
        at_ms = event.at_ms - len(event.probabilities) * FRAME_MS
        for probability in event.probabilities:
            at_ms += FRAME_MS
            self._is_voiced = probability >= (limits.off_probability if self._is_voiced else limits.on_probability)
            self._run = self._run + 1 if self._is_voiced else 0
            if self._run * FRAME_MS >= limits.shortest_speech_ms:
                self._speech_ms = at_ms
        self._decided_ms = event.at_ms
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """dead_air, while it holds."""
        if self._decided_ms < self._limits.start_s * 1000 or self.silence_ms < self._limit_s * 1000:
            return ()
        return (Cue(now_ms, "dead_air", 0.95, (f"no speech for {self._limit_s:g} s",)),)
