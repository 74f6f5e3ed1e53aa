"""Whether the microphone hears what the computer plays: viewers then hear everything twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import RATE_HZ, AudioChunk, Cue, Loopback, ms_to_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from martlive_desktop.core.events import Input, Signal

WINDOW_S = 2
"""Seconds that are compared at a time: a few words."""

LEAST_MS, MOST_MS = 20, 500
"""Delays from the speakers to the microphone; below lies what leaks inside of a sound card, above another room."""

_WINDOW = WINDOW_S * RATE_HZ
_FADED = ms_to_samples(MOST_MS)
_QUIET = 33.0
"""RMS of 16-bit samples (-60 dBFS) below which nothing is played."""


@dataclass(frozen=True, slots=True)
class EchoThresholds:
    """When it is an echo."""

    correlation: float = 0.5
    """Peak of the normalised cross-correlation; speech that has nothing to do with it stays below 0.2."""
    windows: int = 3
    """Windows of 2 s in a row: a jingle that was meant to be heard is shorter."""


class EchoDetector:
    """Compares the two streams as they arrive; without a loopback it claims nothing."""

    def __init__(self, thresholds: EchoThresholds | None = None) -> None:
        self._limits = thresholds or EchoThresholds()
        self._heard = np.zeros(0, np.int16)
        self._played = np.zeros(0, np.int16)
        self._in_a_row = 0

    def use(self, thresholds: EchoThresholds) -> None:
        """Hold to other limits from now on; what was seen so far stays."""
        self._limits = thresholds

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Take sound of either side."""
        if isinstance(event, AudioChunk):
            # Both end now; a side that stalls is not waited for.
            self._heard = np.concatenate((self._heard, event.pcm))[-_WINDOW:]
        elif isinstance(event, Loopback):
            self._played = np.concatenate((self._played, event.pcm))
            if len(self._played) >= _WINDOW + _FADED:
                is_echo = len(self._heard) == _WINDOW and self._is_echo()
                self._in_a_row = self._in_a_row + 1 if is_echo else 0
                self._played = self._played[-_FADED:]
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """echo, while it holds."""
        if self._in_a_row < self._limits.windows:
            return ()
        return (Cue(now_ms, "echo", 0.8, (f"the microphone hears the speakers for {WINDOW_S * self._in_a_row} s",)),)

    def _is_echo(self) -> bool:
        return echo_correlation(self._heard, self._played) > self._limits.correlation


def echo_correlation(heard: NDArray[np.int16], played: NDArray[np.int16]) -> float:
    """How much of `heard` is `played` with a delay, 0 to 1.

    The peak of the normalised cross-correlation over the delays of an echo, by FFT (Knapp and Carter, The Generalized
    Correlation Method for Estimation of Time Delay, IEEE ASSP-24, 1976, without weighting).

    Args:
        heard: 16 kHz mono, shape (samples,).
        played: The same with the longest delay before it, so that both end together.
    """
    one, other = heard.astype(np.float64), played.astype(np.float64)
    if min(np.sqrt(np.mean(one**2)), np.sqrt(np.mean(other**2))) < _QUIET:
        return 0.0
    size = 1 << (len(other) + len(one) - 1).bit_length()
    # Index k: `heard` began k samples after `played` did.
    product = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
    spare = len(other) - len(one)
    peak = float(np.abs(product[: spare - ms_to_samples(LEAST_MS) + 1]).max())
    return min(1.0, peak / float(np.linalg.norm(one) * np.linalg.norm(other) * np.sqrt(len(one) / len(other))))
