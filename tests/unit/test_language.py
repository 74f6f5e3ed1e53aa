"""The language that is spoken, by what was heard."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.speech.language import LanguageChoice

ENGLISH = {"en": 0.98, "zh": 0.01, "de": 0.01}
MANDARIN = {"en": 0.001, "zh": 0.998, "de": 0.001}
UNSURE = {"en": 0.5, "zh": 0.1, "de": 0.4}


def after(*utterances: tuple[dict[str, float], int]) -> LanguageChoice:
    choice = LanguageChoice()
    for chances, voiced_ms in utterances:
        choice.hear(chances, voiced_ms)
        choice.close(is_speech=True)
    return choice


def test_english_until_something_is_heard() -> None:
    choice = LanguageChoice()
    assert (choice.code, choice.is_settled, choice.is_a_guess) == ("en", False, True)


def test_first_sound_already_gives_the_language() -> None:
    choice = LanguageChoice()
    assert choice.hear(MANDARIN, 800) is True
    assert choice.hear(MANDARIN, 1200) is False
    assert choice.code == "zh"


def test_language_settles_after_twenty_seconds_of_voice() -> None:
    choice = after((MANDARIN, 8_000), (MANDARIN, 8_000))
    assert not choice.is_settled
    choice.hear(MANDARIN, 4_000)
    assert choice.close(is_speech=True) is True
    assert choice == LanguageChoice("zh", is_settled=True, voiced_ms=20_000)


def test_settled_language_stays() -> None:
    choice = after((MANDARIN, 20_000))
    assert choice.hear(ENGLISH, 60_000) is False
    assert choice.close(is_speech=True) is False
    assert choice.code == "zh"


def test_language_that_was_given_is_not_asked_for() -> None:
    choice = LanguageChoice("zh", is_settled=True)
    assert choice.hear(ENGLISH, 20_000) is False
    assert (choice.code, choice.is_a_guess) == ("zh", False)


def test_open_utterance_counts_once_however_often_it_is_heard() -> None:
    choice = after((ENGLISH, 3_000))
    for _ in range(9):
        choice.hear(MANDARIN, 2_500)
    assert choice.code == "en"


def test_greeting_in_another_language_is_outvoted() -> None:
    choice = after((ENGLISH, 2_000), (MANDARIN, 6_000), (MANDARIN, 6_000), (MANDARIN, 6_000))
    assert (choice.code, choice.is_settled) == ("zh", True)


def test_long_utterance_weighs_more_than_a_short_one() -> None:
    assert after((MANDARIN, 1_000), (ENGLISH, 6_000)).code == "en"
    assert after((MANDARIN, 6_000), (ENGLISH, 1_000)).code == "zh"


def test_unsure_utterance_loses_against_a_sure_one() -> None:
    assert after((MANDARIN, 3_000), (UNSURE, 3_000)).code == "zh"


@pytest.mark.parametrize(("before", "code"), [((), "en"), (((MANDARIN, 3_000),), "zh")], ids=["first", "later"])
def test_what_was_no_speech_is_forgotten(before: tuple[tuple[dict[str, float], int], ...], code: str) -> None:
    choice = after(*before)
    choice.hear({"en": 0.0, "zh": 0.0, "de": 1.0}, 20_000)
    assert choice.close(is_speech=False) is False
    assert choice == after(*before)
    assert choice.code == code


def test_language_is_a_guess_for_four_seconds() -> None:
    choice = after((ENGLISH, 2_000))
    assert choice.is_a_guess
    choice.hear(ENGLISH, 2_000)
    assert not choice.is_a_guess


utterances = st.lists(
    st.tuples(st.sampled_from([ENGLISH, MANDARIN, UNSURE]), st.integers(96, 14_016)), min_size=1, max_size=8
)


@given(utterances, st.integers(0, 8))
def test_checkpoint_goes_on_to_the_same_choice(heard: list[tuple[dict[str, float], int]], cut: int) -> None:
    choice = after(*heard[:cut])
    choice = pickle.loads(pickle.dumps(copy.deepcopy(choice)))
    for chances, voiced_ms in heard[cut:]:
        choice.hear(chances, voiced_ms)
        choice.close(is_speech=True)
    assert choice == after(*heard)
