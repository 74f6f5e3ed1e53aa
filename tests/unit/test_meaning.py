"""Word overlap: what two texts share."""

from __future__ import annotations

import pytest

from martlive_desktop.core.meaning import WordOverlap, content_words, share, stem


@pytest.mark.parametrize(
    ("word", "short"),
    [("shipping", "shipp"), ("cats", "cat"), ("size", "siz"), ("sizes", "siz"), ("red", "red"), ("is", "is")],
)
def test_stem(word: str, short: str) -> None:
    assert stem(word) == short


def test_likeness_is_the_share_of_the_content_words_that_both_have() -> None:
    meaning = WordOverlap({"is", "it", "for", "the"})
    assert meaning.likeness("is it safe for cats?", ["the cat is safe", "SAFE!", "for it", "dogs"]) == [
        1.0,
        0.5,
        0.0,
        0.0,
    ]
    assert meaning.likeness("is it", ["is it"]) == [0.0]


def test_compound_counts() -> None:
    assert share(content_words("airplane cabin", ()), content_words("in the plane", ())) == 0.5
