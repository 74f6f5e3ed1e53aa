"""A microphone that a test plugs in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.adapters.devices import BLOCK_MS, OpenInput
from martlive_desktop.core.errors import MicrophoneUnavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.adapters.devices import OnBlock, OnEnd
    from tests.fakes.scripted_clock import ScriptedClock


class FakeMicrophone:
    """Gives `sound`, shape (samples, channels), over and over, a block every `BLOCK_MS` of the clock while it is open."""

    def __init__(self, clock: ScriptedClock, sound: NDArray[np.int16], *, rate_hz: int = 16_000) -> None:
        self._clock = clock
        self._sound = sound
        self._rate_hz = rate_hz
        self._given = 0
        self._ends: list[OnEnd] = []
        self.names: list[str] = []
        """What was asked for, a name for each try to open it."""
        self.open_count = 0
        """Streams that are open."""
        self.is_plugged = True
        self.is_taken = False
        """Whether another program holds the device."""
        self.is_replaced = False
        """Whether the system gives other sound in its place."""
        self.ends_when_gone = False
        """Whether a stream notices that the device is gone, as ALSA does and Windows does not."""
        self.opens_when_gone = False
        """Whether a stream opens though the device is gone, and gives nothing."""
        self.overflows = False
        """Whether the next block says that sound was lost before it."""

    def open(self, device: str, on_block: OnBlock, on_end: OnEnd) -> OpenInput:
        self.names.append(device)
        if self.is_taken:
            raise MicrophoneUnavailable("Another program holds it.", device="Desk", is_taken=True)
        if (not self.is_plugged and not self.opens_when_gone) or self.is_replaced:
            raise MicrophoneUnavailable("No microphone was found.", device=device)
        is_open = True
        self.open_count += 1

        def give() -> None:
            if not is_open:
                return
            if self.is_plugged:
                self.give(on_block)
            self._clock.at(self._clock.now_ms() + BLOCK_MS, give)

        def close() -> None:
            nonlocal is_open
            is_open = False
            self.open_count -= 1
            self._ends.remove(on_end)
            on_end()

        self._ends.append(on_end)
        self._clock.at(self._clock.now_ms() + BLOCK_MS, give)
        if self.ends_when_gone and not self.is_plugged:
            on_end()
        return OpenInput("Desk", self._rate_hz, close, lambda: self.is_replaced)

    def give(self, on_block: OnBlock) -> None:
        """Give the next block now."""
        frames = self._rate_hz * BLOCK_MS // 1000
        indices = np.arange(self._given, self._given + frames) % len(self._sound)
        self._given += frames
        on_block(self._sound[indices], self.overflows)
        self.overflows = False

    def unplug(self) -> None:
        self.is_plugged = False
        if self.ends_when_gone:
            for end in self._ends:
                end()

    def plug(self, sound: NDArray[np.int16] | None = None, *, rate_hz: int | None = None) -> None:
        """Put it in again, or one in its place that gives other `sound` at another rate."""
        self.is_plugged = True
        self._sound = self._sound if sound is None else sound
        self._rate_hz = rate_hz or self._rate_hz
