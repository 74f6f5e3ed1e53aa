"""Words without the silence around them."""

from __future__ import annotations

import pytest

from martlive_desktop.core.events import Word
from martlive_desktop.core.speech.word_times import voiced_words

CHANCES = (0.0,) * 10 + (0.9,) * 20 + (0.1,) * 10
"""Voice from 320 to 960 ms."""


@pytest.mark.parametrize(
    ("word", "clamped"),
    [((0, 640), (320, 640)), ((640, 1280), (640, 960)), ((400, 500), (400, 500)), ((1100, 1200), (1100, 1200))],
    ids=["early", "late", "inside", "on silence"],
)
def test_word_is_clamped_to_voice(word: tuple[int, int], clamped: tuple[int, int]) -> None:
    [found] = voiced_words((Word("one", *word, 0.9),), CHANCES)
    assert (found.start_ms, found.end_ms) == clamped
