"""The microphone as a stream that never stops: silence while the device is gone."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.adapters import devices
from martlive_desktop.core.errors import MicrophoneUnavailable
from martlive_desktop.core.events import RATE_HZ, AudioChunk, Status, ms_to_samples, samples_to_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from numpy.typing import NDArray

    from martlive_desktop.ports import Clock

    OpenDevice: TypeAlias = Callable[[str, devices.OnBlock, devices.OnEnd], devices.OpenInput]
    Wait: TypeAlias = Callable[[threading.Event, float], object]
    """Returns when the event is set, or after so many seconds."""

log = logging.getLogger(__name__)

BACKLOG_MS = 30_000
"""Sound kept for a reader that is late: longer than the loading of a model, 6 MB at 48 kHz stereo."""

STARVED_MS = 1_500
"""A device that gives nothing for so long is gone: no device stalls longer, and people are told within 2 s."""

OPENING_MS = 2_500
"""A device that was opened and gives nothing for so long is opened anew: a Bluetooth headset may take 2 s to begin."""

ASK_MS = 500
"""Between questions whether the system gives other sound in place of the microphone's: 0.2 ms of CPU each."""

RETRY_MS = 100
"""Between tries to open a device that has just gone, for what is said until then is not heard."""

RETRY_COSTS = 6
"""A dear try, as a scan of all devices, is followed by a longer wait: so many times what it took."""

SOON_MS = 15_000
"""A plug that slipped out is back in by then, and a Bluetooth headset has changed its profile."""

LATE_RETRY_MS = 1_000
"""Between tries after that: back within 3 s, at the cost of a scan a second."""

GONE = "The microphone is gone – plug it in again."

NOT_THERE = "This microphone is not there – plug it in, or choose another."

HOLE_MS = 100
"""A device that says it lost sound lost some if this much time is missing; less is the jitter of callbacks."""

CHUNK_MS = 100
CHUNK_SAMPLES = ms_to_samples(CHUNK_MS)
"""Longest chunk that an audio source gives."""

_LOUDER = 4.0
"""Ratio of energies (6 dB) at which the louder channel is taken: no flapping between two equal ones."""
_ENERGY_BLOCKS = 1_000 // devices.BLOCK_MS
"""Blocks (1 s) over which a channel's energy is smoothed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """What a device gave at once."""

    pcm: NDArray[np.int16]
    """Shape (samples, channels)."""
    end_ms: int
    """When it came, on the clock."""
    dropped: int
    """Samples that found no room before it."""
    has_overflowed: bool
    """Whether the system lost an unknown length of sound before it."""


class _Converter:
    """Brings a device's sound to 16 kHz mono: of two channels the one with the microphone on it.

    One channel and not the mean, since the mean of a voice and a dead channel is 6 dB too quiet.
    """

    def __init__(self, rate_hz: int) -> None:
        import soxr

        self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32")
        self._energies: NDArray[np.float32] | None = None
        self._channel = 0
        self._kept = np.zeros(0, np.int16)

    def convert(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """At most one chunk: the resampler gives unequal lengths, and a small rest is not worth a wake-up."""
        sound = pcm.astype(np.float32)
        energies = np.square(sound).mean(axis=0) / _ENERGY_BLOCKS
        self._energies = energies if self._energies is None else self._energies * (1 - 1 / _ENERGY_BLOCKS) + energies
        loudest = int(self._energies.argmax())
        if self._energies[loudest] > _LOUDER * self._energies[self._channel]:
            self._channel = loudest
        ready = self._resampled(np.ascontiguousarray(sound[:, self._channel]), is_last=False)
        self._kept = ready[CHUNK_SAMPLES:]
        return ready[:CHUNK_SAMPLES]

    def flush(self) -> NDArray[np.int16]:
        """The rest; it takes no more."""
        return self._resampled(np.zeros(0, np.float32), is_last=True)

    def _resampled(self, sound: NDArray[np.float32], *, is_last: bool) -> NDArray[np.int16]:
        resampled: NDArray[np.float32] = self._resampler.resample_chunk(sound, last=is_last)
        return np.concatenate([self._kept, np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)])


class _Device:
    """An open microphone and the sound that waits to be read."""

    def __init__(self, device: str, clock: Clock, open_device: OpenDevice, news: threading.Event) -> None:
        self._clock = clock
        self._news = news
        self._waiting: queue.Queue[_Block] = queue.Queue(BACKLOG_MS // devices.BLOCK_MS)
        self._dropped = 0
        self._newest_ms = clock.now_ms()
        self._patience_ms = OPENING_MS
        self._ask_ms = self._newest_ms + ASK_MS
        self._has_ended = False
        self.input = open_device(device, self._put, self._end)

    def _put(self, pcm: NDArray[np.int16], has_overflowed: bool) -> None:  # noqa: FBT001 - a callback's signature.
        self._newest_ms = self._clock.now_ms()
        self._patience_ms = STARVED_MS
        try:
            self._waiting.put_nowait(_Block(pcm, self._newest_ms, self._dropped, has_overflowed))
            self._dropped = 0
        except queue.Full:
            self._dropped += len(pcm)
        self._news.set()

    def _end(self) -> None:
        self._has_ended = True
        self._news.set()

    def take(self) -> _Block | None:
        """The oldest sound that waits, or None."""
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            return None

    def gone_ms(self) -> int:
        """When it is taken for gone, unless it gives sound before."""
        return 0 if self._has_ended else self._newest_ms + self._patience_ms

    def is_gone(self, now_ms: int) -> bool:
        if now_ms >= self._ask_ms:
            self._ask_ms = now_ms + ASK_MS
            self._has_ended |= self.input.is_gone()
        return now_ms >= self.gone_ms()


class Microphone:
    """What the user says, from the moment `read` is called; samples keep step with the clock even without a device."""

    def __init__(
        self,
        device: str = "",
        *,
        clock: Clock,
        open_device: OpenDevice = devices.open_input,
        wait: Wait = threading.Event.wait,
    ) -> None:
        """Listen to the microphone named `device`, or to the system's default if that is empty.

        PulseAudio and PipeWire carry a stream along when the default changes; where no sound server does that, it is
        the default of the first opening.
        """
        self._name = device
        self._clock = clock
        self._open_device = open_device
        self._wait = wait
        self._chosen: str | None = None
        self._is_closed = False
        self._news = threading.Event()
        """Set when there is something to do before the time that `read` waits for."""
        self._samples = 0
        self._end_ms = 0
        """Clock time at which the sound that was given, or is inside the converter, ended."""

    def close(self) -> None:
        self._is_closed = True
        self._news.set()

    def choose(self, device: str) -> None:
        """Listen to the microphone named `device` from now on; may be called from another thread."""
        self._chosen = device
        self._news.set()

    def read(self) -> Iterator[AudioChunk | Status]:
        """Sound, and what becomes of the device.

        Raises:
            MicrophoneUnavailable: there is none, or nothing can be heard on this computer. One that was asked for by
                name, or that another program holds, is waited for.
        """
        self._end_ms = lost_ms = self._clock.now_ms()
        device: _Device | None = None
        converter: _Converter | None = None
        is_lost = False
        why = told = ""
        retry_ms = self._end_ms + RETRY_MS
        try:
            device = self._open()
        except MicrophoneUnavailable as exc:
            if not exc.is_taken and not (self._name and exc.device):
                raise
            is_lost = True
            why = told = str(exc)
            yield self._status("lost", told)
        try:
            while not self._is_closed:
                now_ms = self._clock.now_ms()
                if (chosen := self._chosen) is not None:
                    self._chosen, self._name = None, chosen
                    if device is not None:
                        device.input.close()
                        device = None
                    if converter is not None:
                        yield from self._chunks(converter.flush())
                        converter = None
                    is_lost, lost_ms, retry_ms = True, now_ms, now_ms
                    why, told = NOT_THERE, ""
                elif device is not None and (block := device.take()) is not None:
                    if converter is None:
                        converter = _Converter(device.input.rate_hz)
                        is_lost = False
                        yield from self._silence_until(self._begin_ms(block, device))
                        yield self._status("listening", "")
                    elif missing_ms := self._missing_ms(block, device):
                        yield from self._chunks(converter.flush())
                        converter = _Converter(device.input.rate_hz)
                        yield from self._silence_until(self._end_ms + missing_ms)
                        yield self._status(
                            "overrun", f"The computer was too busy: {missing_ms / 1000:.1f} s of sound were lost."
                        )
                    self._end_ms = block.end_ms
                    yield from self._chunks(converter.convert(block.pcm))
                elif device is not None and device.is_gone(now_ms):
                    device.input.close()
                    device = None
                    if converter is not None:
                        yield from self._chunks(converter.flush())
                        converter = None
                    if not is_lost:
                        is_lost = True
                        lost_ms = now_ms
                        why = told = GONE
                        yield self._status("lost", told)
                elif device is None and now_ms >= retry_ms:
                    now = why
                    try:
                        device = self._open()
                    except MicrophoneUnavailable as exc:
                        log.debug("The microphone is still gone: %s", exc)
                        now = str(exc) if exc.is_taken else why
                    tried_ms = self._clock.now_ms()
                    pause_ms = RETRY_MS if tried_ms - lost_ms < SOON_MS else LATE_RETRY_MS
                    retry_ms = tried_ms + max(pause_ms, RETRY_COSTS * (tried_ms - now_ms))
                    if device is None and now != told:
                        told = now
                        yield self._status("lost", told)
                else:
                    until_ms = retry_ms if device is None else device.gone_ms()
                    if is_lost:
                        # The newest block's time stays free for the device to come back with.
                        silent_ms = now_ms - devices.BLOCK_MS
                        if silent_ms >= self._end_ms + CHUNK_MS:
                            yield from self._silence_until(silent_ms)
                        until_ms = min(until_ms, self._end_ms + CHUNK_MS + devices.BLOCK_MS)
                    self._wait(self._news, (until_ms - now_ms) / 1_000)
                    # What is set from here on is seen by the next wait, what was set before by the next round.
                    self._news.clear()
            if converter is not None:
                yield from self._chunks(converter.flush())
        finally:
            if device is not None:
                device.input.close()

    def _open(self) -> _Device:
        device = _Device(self._name, self._clock, self._open_device, self._news)
        # From now on this one and no other: nobody wants to be heard through a microphone that they did not choose.
        self._name = device.input.name
        return device

    @staticmethod
    def _begin_ms(block: _Block, device: _Device) -> int:
        return block.end_ms - len(block.pcm) * 1000 // device.input.rate_hz

    def _missing_ms(self, block: _Block, device: _Device) -> int:
        """Milliseconds of sound that were lost before `block`."""
        if block.dropped:
            return max(1, block.dropped * 1000 // device.input.rate_hz)
        hole_ms = self._begin_ms(block, device) - self._end_ms
        return hole_ms if block.has_overflowed and hole_ms >= HOLE_MS else 0

    def _silence_until(self, at_ms: int) -> Iterator[AudioChunk]:
        if at_ms > self._end_ms:
            yield from self._chunks(np.zeros(ms_to_samples(at_ms - self._end_ms), np.int16))
            self._end_ms = at_ms

    def _chunks(self, pcm: NDArray[np.int16]) -> Iterator[AudioChunk]:
        for start in range(0, len(pcm), CHUNK_SAMPLES):
            chunk = AudioChunk(self._samples, pcm[start : start + CHUNK_SAMPLES])
            self._samples = chunk.end_sample
            yield chunk

    def _status(self, state: str, detail: str) -> Status:
        return Status(samples_to_ms(self._samples), "microphone", state, detail)
