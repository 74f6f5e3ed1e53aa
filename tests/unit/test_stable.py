"""Words that stay: by how long ago they ended, how sure the model is, and what a pause shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import Word
from martlive_desktop.core.speech.stable import Piece, StableWords, begins_word, repeated_tail, text_of, words_of


def pieces(text: str, *, start_ms: int = 0, doubtful: str = "") -> list[Piece]:
    """One piece for each word and mark of `text`, a word each 300 ms; those in `doubtful` are unsure."""
    found: list[Piece] = []
    at_ms = start_ms
    for part in text.split():
        word = part.rstrip(".,")
        chance = 0.3 if word in doubtful.split() else 0.9
        tokens = (sum(map(ord, word)),)
        found.append(Piece(f" {word}", at_ms, at_ms + 250, chance, tokens, begins_word=True))
        if mark := part[len(word) :]:
            found.append(Piece(mark, at_ms + 250, at_ms + 250, 0.9, (ord(mark),), begins_word=False))
        at_ms += 300
    return found


def stable_text(found: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in found if word.is_stable)


def test_word_is_stable_when_it_ended_before_the_margin() -> None:
    found = StableWords().update(pieces("say the price now"), 1250)
    assert stable_text(found) == "say the price"
    assert [word.text for word in found] == ["say", "the", "price", "now"]


def test_doubtful_word_waits_until_it_comes_twice() -> None:
    words = StableWords()
    assert stable_text(words.update(pieces("say the rice now", doubtful="rice"), 1250)) == "say the"
    fresh = pieces("price now and", start_ms=600, doubtful="price")
    assert stable_text(words.update(fresh, 1550)) == "say the"
    assert stable_text(words.update(fresh, 1850)) == "say the price now and"


def test_doubtful_word_that_ended_long_ago_waits_no_more() -> None:
    talk = pieces("say the price now", doubtful="the")
    assert stable_text(StableWords().update(talk, 1700)) == "say"
    assert stable_text(StableWords().update(talk, 1750)) == "say the price now"


def test_mark_may_still_change_when_its_word_is_stable() -> None:
    words = StableWords()
    assert stable_text(words.update(pieces("well, now"), 900)) == "well,"
    assert words.tokens == (sum(map(ord, "well")),)
    assert stable_text(words.update(pieces("now", start_ms=300), 1200)) == "well now"


def test_word_is_not_cut_in_its_middle() -> None:
    price = [
        Piece(" only", 0, 200, 0.9, (1,), begins_word=True),
        Piece(" $14", 200, 500, 0.9, (2,), begins_word=True),
        Piece(".99", 500, 900, 0.9, (3,), begins_word=False),
    ]
    assert stable_text(StableWords().update(price, 1000)) == "only"
    assert stable_text(StableWords().update(price, 1300)) == "only $14.99"


def test_word_without_length_at_the_end_is_left_out() -> None:
    echo = Piece(" say", 990, 1000, 0.9, (9,), begins_word=True)
    assert [word.text for word in StableWords().update([*pieces("say the price"), echo], 1000)] == [
        "say",
        "the",
        "price",
    ]


def test_text_that_begins_anew_is_left_out() -> None:
    found = StableWords().update(pieces("keep it safe now. keep it sa"), 4000)
    assert [word.text for word in found] == ["keep", "it", "safe", "now."]


def test_repetition_of_what_is_stable_is_left_out() -> None:
    words = StableWords()
    words.update(pieces("keep it safe"), 2000)
    assert [word.text for word in words.update(pieces("keep it safe", start_ms=900), 3000)] == ["keep", "it", "safe"]


def test_pause_makes_all_words_stable() -> None:
    words = StableWords()
    words.update(pieces("say the price now"), 1250)
    assert stable_text(words.complete(pieces("say the price now."))) == "say the price now."


def test_pause_that_corrects_an_old_word_adds_only_what_is_new() -> None:
    words = StableWords()
    words.update(pieces("say the rice now"), 1250)
    assert stable_text(words.complete(pieces("say the price now."))) == "say the rice now."


def test_pause_in_other_words_adds_what_is_later() -> None:
    words = StableWords()
    words.update(pieces("say it now"), 1250)
    assert stable_text(words.complete(pieces("tell them today and then"))) == "say it now and then"


def test_cut_keeps_the_stable_words_behind_it() -> None:
    words = StableWords()
    words.update(pieces("say the price now"), 3000)
    rest = words.behind(600)
    assert [(piece.text, piece.start_ms) for piece in rest.pieces] == [(" price", 0), (" now", 300)]


def test_marks_alone_are_no_words() -> None:
    assert words_of([Piece(" –", 0, 10, 0.9, (1,), begins_word=True)]) == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("one", 0),
        ("no no", 0),
        ("no no no no", 3),
        ("we go we go", 0),
        ("and so we go and so we go", 4),
        ("now and so we go and so we", 3),
        ("and so we go and so w", 3),
    ],
    ids=["nothing", "word", "said twice", "said on and on", "two twice", "all twice", "rest", "cut word"],
)
def test_repeated_tail_is_counted(text: str, count: int) -> None:
    assert repeated_tail(text.split()) == count


@given(st.lists(st.text("abc ", max_size=20), max_size=8))
def test_stable_text_only_grows(decodes: list[str]) -> None:
    words = StableWords()
    before = ""
    for decode in decodes:
        now = stable_text(words.update(pieces(decode, start_ms=len(words.pieces) * 300), 2500))
        assert now.startswith(before)
        before = now


@pytest.mark.parametrize(
    ("text", "before", "has_spaces", "begins"),
    [
        (" price", " the", True, True),
        (".99", " 14", True, False),
        ("欢", "好", False, True),
        ("。", "好", False, False),
        ("9", "19", False, False),
        ("19", "价", False, True),
        (" Pro", "iPhone", False, True),
        ("Phone", "i", False, False),
        ("99", "", False, True),
    ],
    ids=["word", "rest", "character", "mark", "digit", "number", "Latin word", "its rest", "first"],
)
def test_word_begins_at_a_space_or_at_each_character(text: str, before: str, *, has_spaces: bool, begins: bool) -> None:
    assert begins_word(text, before, has_spaces=has_spaces) is begins


@pytest.mark.parametrize(
    ("words", "has_spaces", "text"),
    [
        ("say it", True, "say it"),
        ("大家好 欢 迎", False, "大家好欢迎"),
        ("只要 199 元, 99 元", False, "只要199元,99元"),
        ("买 iPhone Pro 吗", False, "买iPhone Pro吗"),
        ("", True, ""),
    ],
    ids=["spaces", "no spaces", "number", "Latin words", "nothing"],
)
def test_words_stand_as_their_language_writes_them(words: str, *, has_spaces: bool, text: str) -> None:
    found = [Word(word, 0, 100, 0.9) for word in words.split()]
    assert text_of(found, has_spaces=has_spaces) == text
