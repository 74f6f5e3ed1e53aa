"""Whole recordings: anything FFmpeg reads, with hard limits, behind everything that is live."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_api.asr.engine import Broken, Told
from cloud_api.errors import Refusal
from martlive_desktop.core.events import RATE_HZ, samples_to_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_api.asr.hearing import Hearing
    from martlive_desktop.core.events import Transcript

MAX_FILE_BYTES = 100 * 1_048_576
MAX_FILE_S = 2 * 3_600
"""Decoded: a small file may hold days of silence."""

SLICE_S = 10
"""Sound that is handed over at once."""

MOST_WAITING_MS = 60_000
"""Sound of one file that waits for the recogniser."""

MOST_FILES = 2
"""At the same time; others wait."""


@dataclass(eq=False)
class Listener:
    """Gathers what is heard in one file."""

    transcripts: list[Transcript] = field(default_factory=list)
    heard_ms: int = 0
    is_broken: bool = False
    is_over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, told: Told | Broken) -> None:
        """Take an answer of the engine."""
        if isinstance(told, Broken):
            self.is_broken = True
        else:
            self.heard_ms = max(self.heard_ms, told.through_ms)
            self.transcripts += [one for one in told.transcripts if one.is_final and one.text]
            self.is_over = told.is_last
        self.changed.set()


async def transcribe(hearing: Hearing, data: bytes, *, language: str, names: tuple[str, ...]) -> dict[str, Any]:
    """What is said in the recording `data`: language, length and segments with their words.

    Raises:
        Refusal: it is no recording, too long, or the engine stopped.
    """
    listener = Listener()
    number = hearing.open(
        listener.hear, tenant="", language=language, names=names, partials=False, state=b"", is_background=True
    )
    slices = _slices(data)
    fed = 0
    try:
        while (pcm := await asyncio.to_thread(next, slices, None)) is not None:
            fed += len(pcm) // 2
            if fed > MAX_FILE_S * RATE_HZ:
                raise Refusal("too-large", "The recording is longer than two hours.")
            hearing.feed(number, pcm)
            while samples_to_ms(fed) - listener.heard_ms > MOST_WAITING_MS:
                await _change(listener)
        hearing.finish(number)
        while not listener.is_over:
            await _change(listener)
    finally:
        hearing.leave(number)
    segments = [
        {
            "start_ms": one.words[0].start_ms if one.words else one.at_ms,
            "end_ms": one.words[-1].end_ms if one.words else one.at_ms,
            "text": one.text,
            "words": [
                {"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms, "probability": w.probability}
                for w in one.words
            ],
        }
        for one in listener.transcripts
    ]
    return {"language": language, "duration_ms": samples_to_ms(fed), "segments": segments}


async def _change(listener: Listener) -> None:
    await listener.changed.wait()
    listener.changed.clear()
    if listener.is_broken:
        raise Refusal("unavailable", retry_after_ms=1_000)


def _slices(data: bytes) -> Iterator[bytes]:
    """The sound of a recording, 16 kHz mono PCM16, in slices; decoded as they are asked for."""
    import av

    try:
        with av.open(io.BytesIO(data), mode="r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise Refusal("codec-unsupported", "The recording has no sound.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            held = bytearray()
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    held += piece.to_ndarray().tobytes()
                while len(held) >= SLICE_S * RATE_HZ * 2:
                    yield bytes(held[: SLICE_S * RATE_HZ * 2])
                    del held[: SLICE_S * RATE_HZ * 2]
            for piece in resampler.resample(None):
                held += piece.to_ndarray().tobytes()
            if held:
                yield bytes(held)
    except av.FFmpegError as exc:
        raise Refusal("codec-unsupported", "The recording cannot be read.") from exc
