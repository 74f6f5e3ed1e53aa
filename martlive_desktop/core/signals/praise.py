"""Praise where nothing had to be corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Cue, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, Signal

_REPORT_ONLY = 3


@dataclass(frozen=True, slots=True)
class PraiseThresholds:
    """When praise is due."""

    faultless_s: float = 300.0
    """Seconds without a raised cue."""
    corrections: int = 5
    """The first praise of a show is free, each later one takes so many corrections: praise stays worth something."""
    told_s: float = 30.0
    """Seconds for which praise stays true after it was raised, so that it can still be shown."""
    speech_s: float = 10.0
    """Seconds within which somebody must have spoken: an empty room is no achievement."""
    voice_probability: float = 0.5
    """Silero VAD's own default for a voiced frame."""


class PraiseDetector:
    """Watches what was raised and whether somebody speaks."""

    def __init__(self, thresholds: PraiseThresholds | None = None) -> None:
        self._limits = thresholds or PraiseThresholds()
        self._fault_ms = 0
        self._voice_ms: int | None = None
        self._corrections = 0
        self._praises = 0
        self._praised_ms: int | None = None

    def use(self, thresholds: PraiseThresholds) -> None:
        """Hold to other limits from now on; what was seen so far stays."""
        self._limits = thresholds

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:
        """Note faults, praise and speech."""
        if isinstance(event, Cue):
            if event.kind == "well_done":
                self._praises += 1
                self._praised_ms = now_ms
            elif event.severity < _REPORT_ONLY:
                self._corrections += 1
                self._fault_ms = now_ms
        elif isinstance(event, Voice) and max(event.probabilities, default=0.0) >= self._limits.voice_probability:
            self._voice_ms = event.at_ms
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """well_done, while it holds."""
        limits = self._limits
        is_speaking = self._voice_ms is not None and now_ms - self._voice_ms <= limits.speech_s * 1000
        is_told = self._praised_ms is not None and now_ms - self._praised_ms <= limits.told_s * 1000
        is_due = self._praises * limits.corrections <= self._corrections or is_told
        if not is_speaking or not is_due or now_ms - self._fault_ms < limits.faultless_s * 1000:
            return ()
        return (Cue(now_ms, "well_done", 0.7, (f"nothing to correct for {limits.faultless_s:g} s",)),)
