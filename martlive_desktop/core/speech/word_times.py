"""When words were spoken: what the model's alignment says, without the silence that it puts before and after."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from martlive_desktop.core.events import FRAME_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Word

VOICED_PROBABILITY = 0.35
"""Silero VAD's own threshold for speech that goes on."""


def voiced_words(words: Sequence[Word], chances: Sequence[float]) -> tuple[Word, ...]:
    """`words` clamped to the voiced frames that each overlaps; a word on no voiced frame stays as it is.

    Args:
        words: with times from the start of the utterance.
        chances: voice probability of each frame of FRAME_MS from there on.
    """
    return tuple(_clamped(word, chances) for word in words)


def _clamped(word: Word, chances: Sequence[float]) -> Word:
    frames = range(word.start_ms // FRAME_MS, min(-(-word.end_ms // FRAME_MS), len(chances)))
    voiced = [frame for frame in frames if chances[frame] >= VOICED_PROBABILITY]
    if not voiced:
        return word
    start_ms = max(word.start_ms, voiced[0] * FRAME_MS)
    end_ms = min(word.end_ms, (voiced[-1] + 1) * FRAME_MS)
    return dataclasses.replace(word, start_ms=start_ms, end_ms=end_ms)
