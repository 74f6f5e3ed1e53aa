"""Scripted speech models, and a child process that runs them."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from martlive_desktop.core.events import AudioChunk
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.core.speech.guards import Hypothesis
from martlive_desktop.core.speech.recogniser import Heard, Recogniser, RecogniserState
from martlive_desktop.core.speech.stable import Piece
from martlive_desktop.inference import worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from numpy.typing import NDArray

LOUD = 1000
"""An amplitude that `LevelVad` takes for voice."""


class LevelVad:
    """Loud frames are voice; its state counts its calls, so that a lost state would show."""

    def probabilities(self, pcm: NDArray[np.int16], state: int | None) -> tuple[list[float], int]:
        calls = (state or 0) + 1
        frames = np.abs(pcm.astype(np.int64).reshape(-1, 512)).mean(axis=1)
        return [0.9 + calls / 1e6 if level > LOUD / 2 else 0.1 for level in frames], calls


class ChecksumModel:
    """One word for each half second of sound; its text is a checksum of that sound, its token its number."""

    def __init__(
        self, *, deaf_to: tuple[str, ...] = (), loops: bool = False, ends: str = "", language: str = "en"
    ) -> None:
        """`deaf_to` names what gets no words: `partial`, `final`; `ends` is written after the last word of a final."""
        self.language = language
        self._deaf_to = deaf_to
        self._loops = loops
        self._ends = ends
        self.finals = 0
        """Finals that were decoded."""
        self.spoken: list[str] = []
        """Languages that it was told to hear."""

    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        return self._decode(pcm, "partial", len(stable), is_capped=self._loops)

    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        self.finals += 1
        return self._decode(pcm, "final", 0, is_capped=False)

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        assert len(pcm)
        return {"en": 0.2, "zh": 0.2} | {self.language: 0.8}

    def speak(self, language: str) -> None:
        self.spoken.append(language)

    def _decode(self, pcm: NDArray[np.int16], kind: str, known: int, *, is_capped: bool) -> Hypothesis:
        if kind in self._deaf_to:
            return Hypothesis((), -2.0, 0.9, is_capped=False)
        parts = [pcm[i : i + 8000] for i in range(0, len(pcm), 8000)]
        pieces = [
            Piece(f" w{int(part.astype(np.int64).sum()) % 9973}", i * 500, i * 500 + 400, 0.9, (i,), begins_word=True)
            for i, part in enumerate(parts)
        ]
        if kind == "final" and self._ends:
            end_ms = pieces[-1].end_ms
            pieces.append(Piece(self._ends, end_ms, end_ms, 0.95, (99,), begins_word=False))
        return Hypothesis(tuple(pieces[known:]), -0.1, 0.0, is_capped=is_capped)


def sound(*parts: tuple[int, float]) -> NDArray[np.int16]:
    """Sound from parts of (amplitude, seconds), shape (samples,), nowhere quite periodic."""
    pcm = np.concatenate([np.full(int(seconds * 16000), level, np.int16) for level, seconds in parts])
    return pcm + (np.arange(len(pcm)) % 97).astype(np.int16)


def chunks(pcm: NDArray[np.int16], size: int = 1600) -> Iterator[AudioChunk]:
    """`pcm` in chunks of `size` samples."""
    for start in range(0, len(pcm), size):
        yield AudioChunk(start, pcm[start : start + size])


def talking_child(pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None) -> None:
    """A child that recognises with scripted models through the real worker's loop."""
    recogniser = Recogniser(LevelVad(), ChecksumModel(), pace=config.pace, language=config.language, state=state)
    worker.serve(pipe, lambda: recogniser, is_live=config.is_live)


class BusyRecogniser(Recogniser):
    """As on a busy computer: a second and a half behind as long as partials are wanted."""

    @override
    def step(self, *, is_late: bool = False) -> Heard | None:
        is_behind = self.pace.partial_step_ms is not None and self.waiting_samples < 24_000
        return None if is_behind else super().step(is_late=is_late)

    @override
    def finish(self) -> list[Heard]:
        self.pace = Pace(None)
        return super().finish()


def busy_child(pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None) -> None:
    """A child that keeps up with finals only."""
    recogniser = BusyRecogniser(LevelVad(), ChecksumModel(), pace=config.pace, state=state)
    worker.serve(pipe, lambda: recogniser, is_live=config.is_live)


def dying_child(pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None) -> None:
    """A child that dies before it hears anything."""
    pipe.recv()
    os.kill(os.getpid(), signal.SIGKILL)


def frozen_child(pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None) -> None:
    """A child that stops for good when it gets its first sound."""
    pipe.send(worker.Ready())
    pipe.recv()
    os.kill(os.getpid(), signal.SIGSTOP)
