"""The sound of a recording: any file that FFmpeg reads, as a stream."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.errors import MediaUnreadable
from martlive_desktop.core.events import RATE_HZ, AudioChunk, Status, ms_to_samples, samples_to_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

CHUNK_SAMPLES = RATE_HZ // 10

GAP_SAMPLES = ms_to_samples(100)
"""A jump of the timestamps that is filled with silence; less is their rounding and jitter."""

LONGEST_GAP_SAMPLES = ms_to_samples(3_600_000)
"""A longer jump is a broken timestamp and no pause in the recording."""

STEP_BACK_SAMPLES = ms_to_samples(1_000)
"""Timestamps that go back so far start anew, as in recordings that were joined."""

CUT_OFF_MS = 1_000
"""A file that ends so long before the end it states was cut off; streams of one file differ by less."""

_STATES_LENGTH = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flac", "avi", "asf"})
"""FFmpeg's names of the containers whose header has the length; of others FFmpeg guesses it."""


class MediaFile:
    """The first audio stream of a file; stream time 0 is the file's own, so that video and chat fit."""

    def __init__(self, path: Path | str) -> None:
        """Look into the file at `path`.

        Raises:
            MediaUnreadable: there is no such file, it is no recording, or it has no sound.
        """
        self._path = Path(path)
        self._closed = threading.Event()
        with self._open() as container:
            self._sound(container)
            self.duration_ms = None if container.duration is None else container.duration // 1000
            """Length in milliseconds, an estimate; None where the file does not tell."""

    def read(self) -> Iterator[AudioChunk | Status]:
        """Chunks from the start of the file, and at the end a `Status` if the file was cut off."""
        import av

        with self._open() as container:
            sound = self._sound(container)
            tape = _Tape(container.start_time)
            end_s = 0.0
            is_cut = False
            packets = container.demux(sound, *container.streams.video)
            while not self._closed.is_set():
                try:
                    packet = next(packets)
                except StopIteration:
                    break
                except av.FFmpegError:
                    is_cut = True
                    break
                if packet.size:
                    is_cut = packet.is_corrupt
                if packet.pts is not None and packet.time_base is not None:
                    end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                if packet.stream.index != sound.index:
                    continue
                try:
                    frames = sound.decode(packet)
                except av.FFmpegError:
                    # The timestamps tell how much is damaged; silence takes its place.
                    continue
                for frame in frames:
                    yield from tape.add(frame)
            yield from tape.flush()
            if self._closed.is_set():
                return
            if not tape.samples:
                raise self._error("has no sound that can be decoded – try to play it, or choose another recording.")
            stated_ms = _stated_ms(container, sound)
            if is_cut or (stated_ms is not None and stated_ms - end_s * 1000 >= CUT_OFF_MS):
                until = _minutes(samples_to_ms(tape.samples))
                detail = f"The recording ends early; everything up to {until} was reviewed."
                yield Status(samples_to_ms(tape.samples), "session", "cut_off", detail)

    def close(self) -> None:
        self._closed.set()

    def _error(self, fault: str) -> MediaUnreadable:
        return MediaUnreadable(f"{self._path.name or self._path} {fault}", path=str(self._path))

    def _open(self) -> InputContainer:
        import av

        try:
            facts = self._path.stat()
            if not stat.S_ISREG(facts.st_mode):
                raise self._error("is no file – give the recording itself.")
            if not facts.st_size:
                raise self._error("is empty – choose another recording.")
            # A playlist could name other files and addresses; nothing but this file is ever opened.
            return av.open(f"file:{self._path}", options={"protocol_whitelist": "file"}, metadata_errors="ignore")
        except FileNotFoundError as exc:
            raise MediaUnreadable(f"There is no file {self._path} – check the name.", path=str(self._path)) from exc
        except OSError as exc:
            raise self._error(f"cannot be opened ({exc.strerror}) – check its name and who may read it.") from exc
        except av.FFmpegError as exc:
            raise self._error("is no recording that can be read, or its end is missing – try to play it.") from exc

    def _sound(self, container: InputContainer) -> AudioStream:
        for stream in container.streams.audio:
            if stream.codec_context is not None:
                return stream
        raise self._error("has no sound – choose a recording with a voice.")


class _Tape:
    """Lays decoded sound on the stream's time line; chunks follow each other without a gap."""

    def __init__(self, origin_us: int | None) -> None:
        self.samples = 0
        """Samples of 16 kHz given so far."""
        self._origin_s = None if origin_us is None else origin_us / 1_000_000
        self._shift = 0
        self._reset(shape=None)

    def _reset(self, shape: tuple[int, str, str] | None) -> None:
        import av

        self._resampler = av.AudioResampler("s16", "mono", RATE_HZ, CHUNK_SAMPLES)
        self._shape = shape
        self._begin = self.samples
        self._fed = 0

    def add(self, frame: AudioFrame) -> Iterator[AudioChunk]:
        gap = self._gap(frame)
        shape = (frame.sample_rate, frame.layout.name, frame.format.name)
        if gap or shape != self._shape:
            yield from self.flush()
            for start in range(0, gap, CHUNK_SAMPLES):
                yield self._chunk(np.zeros(min(CHUNK_SAMPLES, gap - start), np.int16))
            self._reset(shape)
        self._fed += frame.samples
        # The resampler is to follow the samples and not the timestamps.
        frame.pts = None
        for part in self._resampler.resample(frame):
            yield self._chunk(part.to_ndarray()[0])

    def flush(self) -> Iterator[AudioChunk]:
        """What the resampler still holds."""
        for part in self._resampler.resample(None):
            yield self._chunk(part.to_ndarray()[0])
        self._reset(self._shape)

    def _gap(self, frame: AudioFrame) -> int:
        """Samples of silence that belong before `frame`."""
        if frame.time is None:
            return 0
        if self._origin_s is None:
            self._origin_s = frame.time
        end = self._begin + self._fed * RATE_HZ // frame.sample_rate
        gap = round((frame.time - self._origin_s) * RATE_HZ) + self._shift - end
        if not -STEP_BACK_SAMPLES <= gap <= LONGEST_GAP_SAMPLES:
            self._shift -= gap
            return 0
        return gap if gap >= GAP_SAMPLES else 0

    def _chunk(self, pcm: NDArray[np.int16]) -> AudioChunk:
        chunk = AudioChunk(self.samples, pcm)
        self.samples = chunk.end_sample
        return chunk


def _stated_ms(container: InputContainer, sound: AudioStream) -> float | None:
    """Time of the end that the file's header states, or None where it states none."""
    # An MP3 that starts after 0 has LAME's header, which has the padding at its start and the length.
    is_stated = container.format.name in _STATES_LENGTH or (container.format.name == "mp3" and sound.start_time)
    if not is_stated or container.duration is None:
        return None
    return ((container.start_time or 0) + container.duration) / 1000


def _minutes(ms: int) -> str:
    """`ms` as `1:23` or `1:02:03`."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
