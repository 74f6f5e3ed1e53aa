"""Whether a microphone can be heard, and what is said into it, before any show."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import RATE_HZ, AudioChunk
from martlive_desktop.core.signals.level import FLOOR_DBFS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from martlive_desktop.core.signals.level import LevelThresholds
    from martlive_desktop.ports import Transcriber
    from martlive_desktop.ui.first_run_state import Hearing

JUDGED_SAMPLES = 3 * RATE_HZ
"""Sound by which the level is judged: longer than the pause between two sentences."""

FIRST_SAMPLES = RATE_HZ * 3 // 2
"""Of silence before it is told: a microphone that has just been opened may give nothing for a second."""

ROOM_DBFS = -46.0
"""RMS of a chunk that is voice and not the room, in dBFS: a quiet room lies at -56, a fan beside the desk at -48."""

ABOVE_MEAN_DB = 6.0
"""The loudest tenth of a second of a sentence lies so far above its mean, by which a low voice is told."""


class VoiceLevel:
    """How a microphone sounds, by its last seconds."""

    def __init__(self, limits: LevelThresholds) -> None:
        self._limits = limits
        self._clip_limit = 10 ** (limits.clip_dbfs / 20) * 32768
        self._chunks: deque[tuple[int, float, bool]] = deque()
        """Samples, RMS in dBFS and whether it clips, of each chunk."""
        self._samples = 0

    def take(self, pcm: NDArray[np.int16]) -> tuple[float, Hearing]:
        """The level of `pcm`, shape (samples,), in dBFS, and how the microphone sounds with it."""
        power = float(np.square(pcm.astype(np.float64) / 32768).mean())
        level_dbfs = max(FLOOR_DBFS, 10 * math.log10(power)) if power else FLOOR_DBFS
        peak = int(np.abs(pcm.astype(np.int32)).max())
        self._chunks.append((len(pcm), level_dbfs, peak >= self._clip_limit))
        self._samples += len(pcm)
        while self._samples > JUDGED_SAMPLES:
            self._samples -= self._chunks.popleft()[0]
        return level_dbfs, self._judge()

    def _judge(self) -> Hearing:
        loudest = max(level for _, level, _ in self._chunks)
        if any(is_clipped for _, _, is_clipped in self._chunks):
            return "loud"
        if loudest < self._limits.silent_dbfs:
            return "silent" if self._samples >= FIRST_SAMPLES else "waiting"
        if loudest < ROOM_DBFS:
            return "waiting"
        return "quiet" if loudest < self._limits.low_dbfs + ABOVE_MEAN_DB else "good"


class SoundTap:
    """Leads sound to the recogniser that runs, counted anew for each one, and nowhere while none does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recogniser: Transcriber | None = None
        self._fed = 0

    def feed(self, pcm: NDArray[np.int16]) -> None:
        with self._lock:
            if self._recogniser is not None:
                self._recogniser.feed(AudioChunk(self._fed, pcm))
                self._fed += len(pcm)

    @contextlib.contextmanager
    def opened(self, recogniser: Transcriber) -> Iterator[None]:
        """Lead sound to `recogniser` until the end of the block."""
        with self._lock:
            self._recogniser, self._fed = recogniser, 0
        try:
            yield
        finally:
            with self._lock:
                self._recogniser = None
