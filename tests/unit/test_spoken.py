"""Recognised words as tokens, the talk they make, and the numbers and prices in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.events import Transcript, Word
from martlive_desktop.core.spoken import Occurrences, Passage, Span, Talk, spoken_numbers, spoken_prices, tokens
from tests.fakes.talk import said

LEXICON = load_lexicon("en")


def texts(text: str) -> list[str]:
    return [token.text for token in tokens(said(text).words, LEXICON)]


def amounts(text: str, currency: str = "USD") -> list[tuple[float, bool]]:
    return [(one.amount, one.is_marked) for one in spoken_prices(tokens(said(text).words, LEXICON), LEXICON, currency)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, Tomas!", ["hello", ",", "tomas", "!"]),
        ("It doesn't cure anything.", ["it", "does", "not", "cure", "anything", "."]),
        (
            "we’ll won't can't it's Anna's o'clock",
            ["we", "will", "will", "not", "can", "not", "it", "is", "anna", "oclock"],
        ),
        ("twenty-eight flare -up", ["twenty", "eight", "flare", "up"]),
        ("100% cotton", ["100", "percent", "cotton"]),
        ("Well... yes; no: “so”", ["well", ".", "yes", ",", "no", ",", "so"]),
    ],
)
def test_words_become_tokens(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("filler", "expected"),
    [("um,", ["the", "price"]), ("uh...", ["the", "price"]), ("uh", ["the", "price"]), ("um.", ["the", ".", "price"])],
)
def test_fillers_are_no_tokens_but_their_full_stop_is(filler: str, expected: list[str]) -> None:
    words = (Word("the", 0, 200, 0.9), Word(filler, 200, 500, 0.5, filler="text"), Word("price", 500, 900, 0.9))
    assert [token.text for token in tokens(words, LEXICON)] == expected


def test_amount_that_alignment_cut_in_two_is_one_token() -> None:
    words = (Word("$46", 0, 300, 1.0), Word(".50.", 300, 600, 1.0, is_stable=False), Word("Yes", 700, 900, 1.0))
    [amount, stop, yes] = tokens(words, LEXICON)
    assert (amount.text, amount.start_ms, amount.end_ms, amount.is_stable) == ("$46.50", 0, 600, False)
    assert (stop.text, yes.text, yes.start_ms) == (".", "yes", 700)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$28", [(28.0, True)]),
        ("$39.95", [(39.95, True)]),
        ("39.95", [(39.95, False)]),
        ("€20", [(20.0, True)]),
        ("20€", [(20.0, True)]),
        ("$1,200", [(1200.0, True)]),
        ("$28 dollars", [(28.0, True)]),
        ("12 dollars", [(12.0, True)]),
        ("twenty eight dollars", [(28.0, True)]),
        ("twenty-eight dollars", [(28.0, True)]),
        ("twenty quid", [(20.0, True)]),
        ("under fifty bucks", [(50.0, True)]),
        ("14 dollars and 50 cents", [(14.5, True)]),
        ("fourteen dollars fifty", [(14.5, True)]),
        ("5 dollars 20", [(5.2, True)]),
        ("$40 and 50 cents", [(40.5, True)]),
        ("$46. And fifty cents", [(46.5, True)]),
        ("fifty cents", [(0.5, True)]),
        ("ninety nine cents", [(0.99, True)]),
        ("thirty nine ninety five", [(39.95, False)]),
        ("nineteen ninety nine", [(19.99, False)]),
        ("39 95", [(39.95, False)]),
        ("a hundred and twenty dollars", [(120.0, True)]),
        ("one thousand two hundred dollars", [(1200.0, True)]),
        ("two thousand and five dollars", [(2005.0, True)]),
        ("two for thirty dollars", [(30.0, True)]),
        ("twenty dollars and two pans", [(20.0, True)]),
        ("twenty dollars and", [(20.0, True)]),
        ("twelve dollars 30 milliliters", [(12.0, True)]),
        ("twelve dollars $30", [(12.0, True), (30.0, True)]),
        ("$12 and $14", [(12.0, True), (14.0, True)]),
        ("twelve dollars 3", [(12.0, True)]),
        ("five fifty cents", [(0.5, True)]),
        ("twenty 30.50", [(30.5, False)]),
        ("30 milliliters", []),
        ("200 degrees", []),
        ("7, 2, 2, 9", []),
        ("seven two two nine", []),
        ("forty people", []),
        ("one hundred percent", []),
        ("100%", []),
        ("a dollar", []),
        ("hundred dollars", []),
        ("five and six", []),
        ("one hundred and", []),
        ("and", []),
        ("46.5", []),
        ("2000 50", []),
        ("one hundred and eighty grams", []),
        ("ten thousand milliamp hours", []),
        ("zero hundred", []),
    ],
)
def test_prices_in_talk(text: str, expected: list[tuple[float, bool]]) -> None:
    assert amounts(text) == expected


def test_word_of_the_plans_currency_is_money_and_otherwise_a_weight() -> None:
    assert amounts("thirty pounds", "GBP") == [(30.0, True)]
    assert amounts("thirty pounds", "USD") == []


def test_numbers_without_a_currency_have_their_place() -> None:
    found = spoken_numbers(tokens(said("it is only thirty two tonight").words, LEXICON), LEXICON)
    assert [(one.amount, one.first, one.last, one.is_marked) for one in found] == [(32.0, 3, 4, False)]


@given(st.integers(1, 999), st.integers(10, 99))
def test_written_amounts_are_read_back(dollars: int, cents: int) -> None:
    expected = pytest.approx(dollars + cents / 100)
    assert amounts(f"${dollars}.{cents}")[0][0] == expected
    assert amounts(f"{dollars} dollars and {cents} cents")[0][0] == expected
    assert amounts(f"{dollars} {cents} dollars")[0][0] == expected


@given(st.text(max_size=40))
def test_any_text_gives_tokens_without_spaces(text: str) -> None:
    found = tokens((Word(text, 0, 1, 1.0),), LEXICON)
    assert all(token.text and not set(token.text) & set(" \n") for token in found)
    Passage(found)
    spoken_numbers(found, LEXICON)


def test_sentence_around_a_token_has_its_mark() -> None:
    passage = Passage(tokens(said("One two. Three, four! Five").words, LEXICON))
    assert passage.sentence(1) == Span(0, 2)
    assert passage.sentence(4) == Span(3, 6)
    assert passage.sentence(7) == Span(7, 7)


def test_final_replaces_the_partials_of_its_utterance() -> None:
    talk = Talk(LEXICON, keep_ms=60_000)
    heard = [
        talk.hear(said("hello", 0)),
        talk.hear(said("good mor", 1_000, utterance=1, is_final=False)),
        talk.hear(said("good morning", 1_000, utterance=1)),
        talk.hear(said("good mor", 1_000, utterance=1, is_final=False)),
    ]
    assert [passage and passage.text for passage in heard] == [
        " hello ",
        " hello good mor ",
        " hello good morning ",
        None,
    ]


def test_old_talk_is_forgotten() -> None:
    talk = Talk(LEXICON, keep_ms=5_000)
    talk.hear(said("hello"))
    passage = talk.hear(said("good morning", 10_000, utterance=1))
    assert passage is not None
    assert passage.text == " good morning "


def test_words_of_a_final_are_stable() -> None:
    final = Transcript(500, is_final=True, utterance=0, text="hi", words=(Word("hi", 0, 400, 1.0, is_stable=False),))
    passage = Talk(LEXICON, keep_ms=5_000).hear(final)
    assert passage is not None
    assert passage.tokens[0].is_stable


def test_occurrence_holds_from_when_it_was_first_heard() -> None:
    known = Occurrences(hold_ms=100, same_ms=10, rest_ms=300)
    known.update([(0, "a", 1.0)], 0, 50)
    known.update([(5, "a", 1.0)], 0, 90)
    assert [known.holding(now_ms) is None for now_ms in (90, 149, 150)] == [False, False, True]


def test_occurrence_that_a_decode_does_not_show_is_withdrawn_until_it_shows_again() -> None:
    known = Occurrences(hold_ms=100, same_ms=10, rest_ms=300)
    known.update([(0, "a", 1.0)], 0, 50)
    known.update([], 0, 60)
    assert known.holding(60) is None
    known.update([(0, "a", 1.0)], 0, 70)
    assert known.holding(70) is not None


def test_occurrence_before_what_a_decode_shows_stays() -> None:
    known = Occurrences(hold_ms=100, same_ms=10, rest_ms=300)
    known.update([(0, "a", 1.0)], 0, 50)
    known.update([], 20, 60)
    assert known.holding(60) is not None


def test_occurrences_close_together_are_one_matter() -> None:
    known = Occurrences(hold_ms=100, same_ms=10, rest_ms=300)
    known.update([(0, "a", 1.0)], 0, 50)
    known.update([(200, "b", 1.0)], 100, 250)
    assert known.holding(250) is None
    known.update([(320, "c", 1.0)], 300, 350)
    holding = known.holding(350)
    assert holding is not None
    assert holding.subject == "c"


def test_occurrence_that_was_put_right_does_not_hold() -> None:
    known = Occurrences(hold_ms=100, same_ms=10, rest_ms=0)
    known.update([(0, "a", 1.0), (20, "b", 2.0), (40, "a", 3.0)], 0, 50)
    known.clear("a", 30)
    assert [(one.subject, one.amount) for one in [known.holding(60)] if one] == [("a", 3.0)]
    known.clear("a", 50)
    assert [(one.subject, one.amount) for one in [known.holding(60)] if one] == [("b", 2.0)]
