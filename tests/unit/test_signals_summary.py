"""Questions of viewers, short enough for a card."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.coach.wording import fits
from martlive_desktop.core.signals.summary import summary

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
        ("red blue green yellow black white pink brown?", "red blue green yellow black white pink?"),
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


def test_long_name_leaves_less_room() -> None:
    text = "does the warranty cover the battery too?"
    assert summary(text, LEXICON, "Ben") == text
    assert summary(text, LEXICON, "maximiliana88") == "warranty cover the battery too?"
    assert summary("Supercalifragilisticexpialidocious-and-more?", LEXICON, "m" * 40) == "Supercalifragilisticexpi?"


@given(st.text(max_size=200), st.sampled_from(["", "Ben", "maximiliana88"]))
def test_summary_of_anything_fits_beside_the_name(text: str, viewer: str) -> None:
    assert fits(f"{viewer or 'Ada'}: {' '.join(summary(text, LEXICON, viewer or 'Ada').split())}")
