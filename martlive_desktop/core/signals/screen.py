"""What viewers see of the stream: nothing, a camera that stands still, or a card while somebody speaks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from martlive_desktop.core.events import FRAME_MS, Cue, Screen, Status, Voice
from martlive_desktop.core.scenes import WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, Signal
    from martlive_desktop.core.picture_thresholds import PictureThresholds

STALE_MS = 15_000
"""A picture older than that says nothing of what viewers see: a source tells one at least every 10 s."""

UNNAMED_MS = 2_500
"""A scene that is not known for two pictures is still on: an alert covers it, a picture comes half drawn."""

SPOKEN_PROBABILITY = 0.5
"""Voice probability of a frame with speech in it: Silero VAD's own default."""

BIN_MS = 500
"""Speech is counted in bins of this length."""


class ScreenDetector:
    """Knows the newest state of the picture; the picture itself stays with its source."""

    def __init__(self, thresholds: PictureThresholds) -> None:
        self._limits = thresholds
        self._screen: Screen | None = None
        self._scene, self._scene_since_ms = "", 0
        self._unnamed_ms: int | None = None
        self._spoken: deque[tuple[int, int]] = deque()
        self._heard_ms = 0

    def use(self, thresholds: PictureThresholds) -> None:
        """Hold to other limits from now on; what was seen so far stays."""
        self._limits = thresholds

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Take the state of the picture, and who speaks; a source that is paused or lost knows nothing."""
        if isinstance(event, Screen):
            self._follow(event)
            self._screen = event
        elif isinstance(event, Voice):
            self._hear(event)
        elif isinstance(event, Status) and event.part == "screen" and event.state != "watching":
            self._screen = None
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """Black or frozen, or a waiting scene under speech, as they hold."""
        screen, limits = self._screen, self._limits
        if screen is None or self._is_stale(now_ms):
            return ()
        if screen.is_black:
            share = limits.black_area_share
            return (Cue(now_ms, "black", 0.95, (f"{share:.0%} of the picture black for {limits.black_s:g} s",)),)
        if screen.is_frozen:
            return (Cue(now_ms, "frozen", 0.9, (f"no motion for {limits.frozen_s:g} s where a camera was",)),)
        if screen.scene in WAITING and now_ms - self._scene_since_ms >= limits.scene_s * 1000 and self._speaks(now_ms):
            reasons = (f"saved scene {screen.scene} on for {limits.scene_s:g} s while speaking",)
            return (Cue(now_ms, "wrong_scene", 0.9, reasons),)
        return ()

    def _follow(self, screen: Screen) -> None:
        at_ms = screen.at_ms
        goes_on = self._screen is not None and not self._is_stale(at_ms)
        if goes_on and self._scene and not screen.scene:
            self._unnamed_ms = at_ms if self._unnamed_ms is None else self._unnamed_ms
            return
        was_away = self._unnamed_ms is not None and at_ms - self._unnamed_ms > UNNAMED_MS
        if not goes_on or was_away or screen.scene != self._scene:
            self._scene, self._scene_since_ms = screen.scene, at_ms
        self._unnamed_ms = None

    def _is_stale(self, now_ms: int) -> bool:
        return self._screen is not None and now_ms - self._screen.at_ms > STALE_MS

    def _hear(self, voice: Voice) -> None:
        at_ms = voice.at_ms - len(voice.probabilities) * FRAME_MS
        for probability in voice.probabilities:
            at_ms += FRAME_MS
            if probability < SPOKEN_PROBABILITY:
                continue
            begin_ms = at_ms // BIN_MS * BIN_MS
            before = self._spoken.pop()[1] if self._spoken and self._spoken[-1][0] == begin_ms else 0
            self._spoken.append((begin_ms, before + FRAME_MS))
        self._heard_ms = voice.at_ms
        while self._spoken and self._spoken[0][0] < self._heard_ms - self._limits.scene_s * 1000:
            self._spoken.popleft()

    def _speaks(self, now_ms: int) -> bool:
        """Whether there was enough speech, and lately; by the newest voice decision, which may be some seconds late."""
        if (
            not self._spoken
            or now_ms - self._heard_ms > STALE_MS
            or self._heard_ms - self._spoken[-1][0] > self._limits.quiet_s * 1000
        ):
            return False
        return sum(ms for _, ms in self._spoken) >= self._limits.spoken_s * 1000
