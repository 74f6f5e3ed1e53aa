"""One Whisper for all streams of a process: loaded once, decoded by several lanes, told language and names by each job."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from martlive_desktop.inference.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cloud_api.asr.scheduler import Job
    from martlive_desktop.core.speech.guards import Hypothesis, Window

MOST_EARS = 256
"""Combinations of language and names that are kept ready; one is a tokenizer and a list of names."""


class BatchWhisper:
    """Decodes jobs of any stream as the desktop would, on any of `lanes` threads at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        threads_per_lane: int,
        lanes: int,
        partial_window: Window,
        final_window: Window,
        device: str = "cpu",
        compute_type: str = "int8",
    ) -> None:
        """Load the model in `folder`; its weights are there once, whatever `lanes`."""
        from faster_whisper import WhisperModel

        self._loaded = WhisperModel(
            str(folder), device=device, compute_type=compute_type, cpu_threads=threads_per_lane, num_workers=lanes
        )
        self._lock = threading.Lock()

        @functools.lru_cache(MOST_EARS)
        def ear(language: str, names: tuple[str, ...]) -> Whisper:
            return Whisper(
                folder,
                language=language,
                threads=threads_per_lane,
                partial_window=partial_window,
                final_window=final_window,
                names=names,
                loaded=self._loaded,
            )

        self._make_ear = ear

    def _ear(self, language: str, names: tuple[str, ...]) -> Whisper:
        with self._lock:
            return self._make_ear(language, names)

    def decode(self, jobs: Sequence[Job]) -> list[Hypothesis]:
        """What is said in each of `jobs`."""
        return [self._decode(job) for job in jobs]

    def _decode(self, job: Job) -> Hypothesis:
        ear = self._ear(job.language, job.names)
        return ear.final(job.pcm, job.known) if job.is_final else ear.partial(job.pcm, job.known)

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        """How likely each language is, 0 to 1 by code."""
        return self._ear("en", ()).detect_language(pcm)
