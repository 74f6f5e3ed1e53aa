"""What viewers see follows from events and choices, and a tip is in none of it."""

import dataclasses
from dataclasses import replace
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import (
    Chat,
    LogEvent,
    Screen,
    SessionStarted,
    Signal,
    Status,
    Tip,
    TipClosed,
    Transcript,
    Word,
)
from martlive_desktop.core.plan import Product
from martlive_desktop.ui.stream_state import (
    CAPTION_LINES,
    CAPTIONS_STAY_MS,
    LINE_COLUMNS,
    ChatQuestion,
    Countdown,
    Giveaway,
    ProductCard,
    StreamState,
    clean,
    columns,
    flow,
    put_countdown,
    put_giveaway,
    put_product,
    put_question,
    reduce,
    switch_card,
)

TIP = Tip(900, "t1", "c1", "price", "SECRET", 1, "rules", 8_000)
FULL = StreamState(
    ProductCard("Dew serum", 14.99),
    ChatQuestion("Rosa", "Is it vegan?"),
    ("so this is it",),
    Countdown("Flash price", 0, 60_000),
    Giveaway("A full set", "Write DEW"),
    captioned_ms=800,
    now_ms=800,
)


def heard(*words: str, at_ms: int = 1_000, utterance: int = 0, stable: int | None = None) -> Transcript:
    """A final of `words`, or a partial whose first `stable` words no longer change."""
    known = len(words) if stable is None else stable
    parts = tuple(Word(word, 0, 0, 0.9, is_stable=i < known) for i, word in enumerate(words))
    return Transcript(at_ms, stable is None, utterance, " ".join(words), parts)


@pytest.mark.parametrize(
    "event",
    [
        TIP,
        TipClosed(900, "t1", "expired"),
        Signal(900, "level", -20.0, "dbfs"),
        Status(900, "recogniser", "delayed", "Words come 3 s late."),
        Chat(900, "Rosa", "hello", "twitch"),
        Screen(900, "main", False, False, 0.5, False),
    ],
    ids=lambda event: type(event).__name__,
)
def test_nothing_of_the_coach_comes_through(event: LogEvent) -> None:
    assert reduce(FULL, event) == FULL


def test_no_part_of_the_state_can_hold_a_tip() -> None:
    types = get_type_hints(StreamState)
    assert set(types) == {
        *("product", "question", "captions", "countdown", "giveaway", "hidden"),
        *("now_ms", "utterance", "lines_before", "captioned_ms"),
    }
    assert "Tip" not in str(types)


def test_only_stable_words_are_captions() -> None:
    state = reduce(StreamState(), heard("so", "this", "is", "dew", "serum", stable=3))
    assert state.captions == ("so this is",)
    state = reduce(state, heard("so", "this", "is", "new", "serum", stable=4))
    assert state.captions == ("so this is new",)


def test_final_replaces_the_captions_of_its_utterance() -> None:
    state = reduce(StreamState(), heard("Hello."))
    state = reduce(state, heard("so", "this", utterance=1, stable=2))
    state = reduce(state, heard("So", "this", "is", "it.", utterance=1))
    assert state.captions == ("Hello. So this is it.",)


def test_late_words_of_an_utterance_that_is_over_change_nothing() -> None:
    state = reduce(StreamState(), heard("Now.", utterance=3))
    assert reduce(state, heard("Before.", utterance=2)) == state


def test_fillers_are_no_captions() -> None:
    said = heard("uh", "hello")
    said = replace(said, words=(replace(said.words[0], filler="text"), said.words[1]))
    assert reduce(StreamState(), said).captions == ("hello",)


def test_captions_leave_in_a_silence_and_begin_anew_after_it() -> None:
    state = reduce(StreamState(), heard("one", "two", at_ms=1_000))
    state = reduce(state, Signal(1_000 + CAPTIONS_STAY_MS - 1, "level", -60.0, "dbfs"))
    assert state.captions == ("one two",)
    state = reduce(state, Signal(1_000 + CAPTIONS_STAY_MS, "level", -60.0, "dbfs"))
    assert state.captions == ()
    assert reduce(state, heard("three", at_ms=9_000, utterance=1)).captions == ("three",)


def test_new_session_keeps_what_the_streamer_chose() -> None:
    hidden = switch_card(FULL, "giveaway", is_shown=False)
    started = reduce(hidden, SessionStarted(0, "1", "selling", "microphone", (), ""))
    assert started == StreamState(product=FULL.product, giveaway=FULL.giveaway, hidden=frozenset({"giveaway"}))
    assert started.now_ms == 0


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("short",), ("short",)),
        (("a" * 42, "b"), ("a" * 42, "b")),
        (("a" * 41, "b"), ("a" * 41, "b")),
        (("a" * 40, "b"), ("a" * 40 + " b",)),
        (("a" * 42, "b" * 42, "c"), ("b" * 42, "c")),
        (("a" * 100,), ("a" * 42, "a" * 16)),
        (("我们", "今天", "很高兴"), ("我们今天很高兴",)),
        (("精" * 21, "好"), ("精" * 21, "好")),
        (("精" * 21, "。"), ("精" * 21 + "。",)),
        (("新款", "iPhone", "很好"), ("新款 iPhone 很好",)),
        (("안녕", "하세요"), ("안녕 하세요",)),
    ],
    ids=lambda value: "".join(value)[:20],
)
def test_captions_flow_onto_lines(words: tuple[str, ...], lines: tuple[str, ...]) -> None:
    assert flow((), words) == lines


SPOKEN = st.lists(st.text(st.sampled_from("abcW.,!精华液。안ñ"), min_size=1, max_size=60), max_size=40)


@given(SPOKEN, st.integers(0, 40))
def test_lines_do_not_depend_on_how_the_words_come(words: list[str], cut: int) -> None:
    assert flow(flow((), words[:cut]), words[cut:]) == flow((), words)


@given(SPOKEN)
def test_lines_are_few_and_short(words: list[str]) -> None:
    lines = flow((), words)
    assert len(lines) <= CAPTION_LINES
    # Punctuation hangs over the end, since it never begins a line.
    assert all(columns(line.rstrip(".,!。 ")) <= LINE_COLUMNS for line in lines)


@given(SPOKEN)
def test_what_stands_on_a_line_stays_there(words: list[str]) -> None:
    before: tuple[str, ...] = ()
    for word in words:
        after = flow(before, [word])
        # A long word may take several lines, and then what was there has left.
        assert not before or columns(word) > LINE_COLUMNS or any(line.startswith(before[-1]) for line in after)
        before = after


def test_product_card_has_nothing_that_is_only_for_the_streamer() -> None:
    product = Product(
        "Dew\nserum", price=14.99, facts=("SECRET",), talking_points=("SECRET",), do_not_say=("SECRET",), minutes=5
    )
    state = put_product(StreamState(), replace(product, pictures=("a.png", "b.png")), "EUR")
    assert state.product == ProductCard("Dew serum", 14.99, "EUR", "a.png")
    assert "SECRET" not in str(dataclasses.asdict(state))
    assert put_product(state, None, "EUR") == StreamState()


def test_cards_come_and_go() -> None:
    state = put_question(StreamState(), Chat(0, "Rosa", "Is it\tvegan?", "twitch"))
    state = put_giveaway(state, "A full set", "Write DEW")
    state = put_countdown(replace(state, now_ms=5_000), "Flash price", 60_000)
    assert state == StreamState(
        question=ChatQuestion("Rosa", "Is it vegan?"),
        giveaway=Giveaway("A full set", "Write DEW"),
        countdown=Countdown("Flash price", 5_000, 65_000),
    )
    assert put_giveaway(put_countdown(put_question(state, None), "", 0), " ", "") == StreamState()


def test_cards_are_hidden_one_by_one() -> None:
    state = switch_card(FULL, "countdown", is_shown=False)
    assert [name for name in ("product", "question", "captions", "countdown", "giveaway") if state.shows(name)] == [
        *("product", "question", "captions", "giveaway")
    ]
    assert switch_card(state, "countdown", is_shown=True) == FULL


def test_hidden_card_without_content_stays_away_when_it_is_shown() -> None:
    assert not switch_card(StreamState(), "product", is_shown=True).shows("product")


@pytest.mark.parametrize(
    ("at_ms", "left_ms", "part"), [(0, 60_000, 1.0), (45_000, 15_000, 0.25), (60_000, 0, 0.0), (99_000, 0, 0.0)]
)
def test_countdown_runs_out(at_ms: int, left_ms: int, part: float) -> None:
    countdown = Countdown("", 0, 60_000)
    assert (countdown.left_ms(at_ms), countdown.part_left(at_ms)) == (left_ms, part)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  two\r\n lines ", "two lines"),
        ("pay\u202egnihton", "paygnihton"),
        ("bell\x07 rings", "bell rings"),
        ("👩‍🚀 ok", "👩‍🚀 ok"),
        ("x" * 999, "x" * 280),
    ],
    ids=["lines", "turned around", "control", "emoji stay whole", "endless"],
)
def test_texts_of_strangers_are_made_harmless(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
