"""Recogniser processes on a computer whose graphics card is broken."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from typing_extensions import override

from martlive_desktop.inference import compute, whisper, worker

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import numpy as np
    from ctranslate2 import StorageView
    from numpy.typing import NDArray

    from martlive_desktop.core.speech.recogniser import RecogniserState


class BrokenCard(whisper.Whisper):
    """The real Whisper; on the card, its first encode of sound finds a library missing."""

    def __init__(self, *given: object, device: str, compute_type: str, **named: object) -> None:
        super().__init__(*given, device="cpu", compute_type="int8", **named)  # type: ignore[arg-type]
        self._is_on_card = device == "cuda"

    @override
    def _encode(self, pcm: NDArray[np.int16], window_s: float) -> StorageView:
        if self._is_on_card and pcm.any():
            raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")
        return super()._encode(pcm, window_s)


class DeadlyCard(BrokenCard):
    """On the card, its first encode ends the process, as a missing cuDNN does."""

    @override
    def _encode(self, pcm: NDArray[np.int16], window_s: float) -> StorageView:
        if self._is_on_card:
            os.kill(os.getpid(), signal.SIGABRT)
        return super()._encode(pcm, window_s)


def broken(pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None) -> None:
    """A child whose card cannot be used."""
    _run(BrokenCard, pipe, config, state)


def deadly(pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None) -> None:
    """A child whose card ends it."""
    _run(DeadlyCard, pipe, config, state)


def _run(
    model: type[whisper.Whisper], pipe: Connection, config: worker.RecogniserConfig, state: RecogniserState | None
) -> None:
    compute.has_gpu = lambda: True
    whisper.Whisper = model  # type: ignore[misc]
    worker.main(pipe, config, state)
