"""LocalAgreement-2."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import Word
from martlive_desktop.core.speech.stable import StableWords


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(part, i * 300, i * 300 + 250, 0.9) for i, part in enumerate(text.split()))


def stable_text(found: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in found if word.is_stable)


def test_first_decode_gives_no_stable_word() -> None:
    assert stable_text(StableWords().update(words("say the price"))) == ""


def test_words_of_two_decodes_that_agree_become_stable() -> None:
    state = StableWords()
    state.update(words("say the rice"))
    found = state.update(words("Say the price now"))
    assert stable_text(found) == "Say the"
    assert [word.text for word in found] == ["Say", "the", "price", "now"]


def test_stable_words_never_change() -> None:
    state = StableWords()
    state.update(words("say the price now"))
    state.update(words("say the price now and"))
    found = state.update(words("they the prize now and then"))
    assert stable_text(found) == "say the price now and"


@given(st.lists(st.text("abc ", max_size=20), max_size=8))
def test_stable_text_only_grows(decodes: list[str]) -> None:
    state = StableWords()
    before = ""
    for decode in decodes:
        now = stable_text(state.update(words(decode)))
        assert now.startswith(before)
        before = now
