"""Questions of viewers, short enough for a card."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.coach.wording import fits
from martlive_desktop.core.summary import endings, summary

LEXICON = load_lexicon("en")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("is it safe for cats?", "safe for cats?"),
        ("hey can I take it in the cabin?", "can I take it in the cabin?"),
        ("what are you cooking for thanksgiving?", "what are you cooking for thanksgiving?"),
        ("@streamer how long is the warranty?", "how long is the warranty?"),
        ("is it?", "is it?"),
        ("red blue green yellow black white pink?", "red blue green yellow black white pink?"),
        ("red blue green yellow black white pink brown?", "blue green yellow black white pink brown?"),
    ],
)
def test_short_question_stays_whole_but_for_its_opening(text: str, short: str) -> None:
    assert summary(text, LEXICON, "Rosa") == short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("my sister has the old one, is the new one any quieter?", "is the new one any quieter?"),
        ("random question but does the handle get hot after a while?", "handle get hot after a while?"),
        ("show me again what you did with the blue?", "what you did with the blue?"),
        ("love your energy!! how many do you have left in blue?", "how many do you have left?"),
    ],
)
def test_story_before_a_long_question_goes(text: str, short: str) -> None:
    assert summary(text, LEXICON, "Rosa") == short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("are the batteries included or do i have to buy them extra?", "are the batteries included?"),
        ("can i use it every day if i have really dry skin?", "can i use it every day?"),
        ("when is the next drop and what time will it be then?", "when is the next drop?"),
        ("what happens if i spill coffee on it?", "happens if i spill coffee on it?"),
    ],
)
def test_alternatives_behind_a_long_question_go(text: str, short: str) -> None:
    assert summary(text, LEXICON, "Rosa") == short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("which one would you take on a plane with you?", "take on a plane with you?"),
        ("can I take it in the airplane cabin?", "take it in the airplane cabin?"),
        ("do i need to charge it before the first use?", "charge it before the first use?"),
        ("how long until the parcel gets to new zealand usually?", "how long until the parcel?"),
        ("how much does the big one cost with shipping to europe?", "how much does the big one cost?"),
    ],
)
def test_frame_of_a_long_question_goes_unless_it_carries_the_question(text: str, short: str) -> None:
    assert summary(text, LEXICON, "Rosa") == short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("whats the smallest one you have for a studio flat", "smallest one you have?"),
        ("does the print on the big mug stay bright?", "print on the big mug stay bright?"),
        ("does the handle of the big old copper kettle get hot?", "handle of the big old copper kettle?"),
    ],
)
def test_phrase_at_the_end_goes_whole(text: str, short: str) -> None:
    assert summary(text, LEXICON, "Rosa") == short


def test_short_question_keeps_the_story_that_it_is_about() -> None:
    text = "i ordered on monday and it still says processing, is that normal?"
    assert summary(text, LEXICON, "Rosa") == "it still says processing, is that normal?"


def test_line_without_a_question_word_asks_at_its_end() -> None:
    text = "moving to a flat with no lift delivery up to the fourth floor?"
    assert endings(text, LEXICON, "Rosa") == [
        "lift delivery up to the fourth floor",
        "delivery up to the fourth floor",
        "up to the fourth floor",
    ]
    assert summary(text, LEXICON, "Rosa") == "lift delivery up to the fourth floor?"


@pytest.mark.parametrize("text", ["sold out in blue?", "the blue one that you have there, is it sold out already?"])
def test_line_that_is_short_or_starts_its_question_is_not_cut_at_its_end(text: str) -> None:
    assert endings(text, LEXICON, "Rosa") == []


def test_long_name_leaves_less_room() -> None:
    text = "does the warranty cover the battery too?"
    assert summary(text, LEXICON, "Ben") == text
    assert summary(text, LEXICON, "maximiliana88") == "warranty cover the battery too?"
    assert summary("Supercalifragilisticexpialidocious-and-more?", LEXICON, "m" * 40) == "Supercalifragilisticexpi?"


@given(st.text(max_size=200), st.sampled_from(["", "Ben", "maximiliana88"]))
def test_summary_of_anything_fits_beside_the_name(text: str, viewer: str) -> None:
    assert fits(f"{viewer or 'Ada'}: {' '.join(summary(text, LEXICON, viewer or 'Ada').split())}")
