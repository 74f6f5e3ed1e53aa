"""Whether viewers hear nothing because OBS has every microphone muted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import FRAME_MS, Cue, Status, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, Signal


@dataclass(frozen=True, slots=True)
class ObsThresholds:
    """When a muted microphone is a fault."""

    muted_voice_s: float = 3.0
    """Seconds of voice into a muted microphone: a cough or a word aside is shorter, and is what muting is for."""
    muted_within_s: float = 10.0
    """Seconds within which they must lie: who talks to viewers hardly pauses."""
    voice_probability: float = 0.5
    """Silero VAD's own default for a voiced frame."""


class ObsDetector:
    """Follows the status `obs`: `muted` says that OBS is on air with every microphone muted, any other that it is not."""

    def __init__(self, thresholds: ObsThresholds | None = None) -> None:
        self._muted_ms: int | None = None
        self._is_voiced: deque[bool] = deque()
        self.use(thresholds or ObsThresholds())

    def use(self, thresholds: ObsThresholds) -> None:
        """Hold to other limits from now on; what was heard so far stays."""
        self._limits = thresholds
        self._is_voiced = deque(self._is_voiced, maxlen=round(thresholds.muted_within_s * 1000 / FRAME_MS))

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Follow OBS, and the voice while it is muted."""
        if isinstance(event, Status) and event.part == "obs":
            if event.state != "muted":
                self._muted_ms = None
                self._is_voiced.clear()
            elif self._muted_ms is None:
                self._muted_ms = event.at_ms
        elif isinstance(event, Voice) and self._muted_ms is not None:
            # What is recognised late was said before.
            news = max(0, (event.at_ms - self._muted_ms) // FRAME_MS)
            probabilities = event.probabilities[-news:] if news else ()
            self._is_voiced.extend(probability >= self._limits.voice_probability for probability in probabilities)
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """obs_muted, while it holds."""
        limits = self._limits
        if sum(self._is_voiced) * FRAME_MS < limits.muted_voice_s * 1000:
            return ()
        return (Cue(now_ms, "obs_muted", 0.95, (f"spoken for {limits.muted_voice_s:g} s while OBS is muted",)),)
