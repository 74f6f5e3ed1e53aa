"""The pitch of a voice, by SwiftF0."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_RATE_HZ = 16_000
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 500.0
"""Speaking voices, with room for a shout."""

_VOICED = 0.5
"""Confidence from which SwiftF0 calls a frame voiced."""

_FULL_SCALE = 32768.0

_AT_ONCE = _RATE_HZ // 2
"""Samples that are measured together: each call of the model costs as much as 0.2 s of sound, and nobody waits for a pitch."""


class PitchTracker:
    """Follows one stream; what comes does not depend on how the sound is cut into chunks."""

    def __init__(self) -> None:
        self._stream = _model().stream(fmin=_LOWEST_HZ, fmax=_HIGHEST_HZ)
        self._waiting = np.zeros(0, np.int16)

    def __call__(self, pcm: NDArray[np.int16]) -> Sequence[float]:
        """Hz of the frames (16 ms) that `pcm`, shape (samples,) at 16 kHz, completes; 0 where no voice is.

        They come together, each half second.
        """
        self._waiting = np.concatenate((self._waiting, pcm))
        hz: list[float] = []
        while len(self._waiting) >= _AT_ONCE:
            block, self._waiting = np.split(self._waiting, [_AT_ONCE])
            found = self._stream.push(block.astype(np.float32) / _FULL_SCALE, _RATE_HZ)
            hz += np.where(found.confidence >= _VOICED, found.pitch_hz, 0.0).tolist()
        return hz


@functools.cache
def _model() -> Any:
    """The model, for all streams of a process."""
    import swift_f0

    # One thread, and none that spins: the processor belongs to the recogniser.
    return swift_f0.SwiftF0(threads=1, spin=False)
