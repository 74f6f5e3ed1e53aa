"""Meaning by the real sentence model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.model_store import ModelStore
from martlive_desktop.inference.embedding import SentenceEmbedding

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


@pytest.fixture
def embedding(tmp_path: Path) -> SentenceEmbedding:
    return SentenceEmbedding(ModelStore(tmp_path).resolve("minilm-l6"))


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("how heavy is it?", "It weighs three pounds with the battery.", "I learned this from a man in Porto."),
        ("can I take it on the airplane?", "It goes in your hand luggage.", "It is 28 dollars tonight."),
        ("does it come in red?", "There is a blue and a crimson one.", "We ship on Friday."),
    ],
)
def test_answer_is_related_and_other_talk_is_not(
    embedding: SentenceEmbedding, question: str, answer: str, other: str
) -> None:
    likeness = embedding.likeness(question, [answer, other])
    assert likeness[0] >= embedding.related > likeness[1]


def test_same_question_in_other_words_is_the_same(embedding: SentenceEmbedding) -> None:
    likeness = embedding.likeness("what sizes do you have?", ["which sizes are there?", "is the cotton organic?"])
    assert likeness[0] >= embedding.same > likeness[1]


def test_no_text_is_like_nothing(embedding: SentenceEmbedding) -> None:
    assert 0.0 <= embedding.likeness("", ["what sizes do you have?"])[0] < embedding.related
