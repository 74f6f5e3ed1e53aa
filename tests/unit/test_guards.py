"""What is not believed of a decode."""

from __future__ import annotations

import pytest

from martlive_desktop.core.speech.guards import Hypothesis, Window, token_limit
from martlive_desktop.core.speech.stable import Piece


def hypothesis(
    text: str, *, log_probability: float = -0.2, no_speech: float = 0.1, is_capped: bool = False, end: float = 0.0
) -> Hypothesis:
    """`text`, a piece for each word; `end` is the probability of a full stop after it."""
    pieces = [Piece(f" {word}", 0, 100, 0.9, (1,), begins_word=True) for word in text.split()]
    if end:
        pieces.append(Piece(".", 100, 100, end, (2,), begins_word=False))
    return Hypothesis(tuple(pieces), log_probability, no_speech, is_capped)


@pytest.mark.parametrize(
    ("seconds", "window"), [(0.5, 10.0), (7.0, 10.0), (12.0, 15.0), (29.0, 30.0)], ids=["word", "edge", "long", "full"]
)
def test_window_follows_the_speech(seconds: float, window: float) -> None:
    assert Window(10.0, 3.0).seconds(seconds) == window


def test_tokens_are_limited_by_the_length_of_the_speech() -> None:
    assert token_limit(2.5) == 28


def test_repeated_text_is_a_loop() -> None:
    assert hypothesis("and then we go " * 20).is_loop


def test_text_that_ran_into_its_limit_is_a_loop() -> None:
    assert hypothesis("fine words", is_capped=True).is_loop


def test_text_that_begins_anew_is_a_loop() -> None:
    assert hypothesis("the child almost hurt. the child almost").is_loop


def said(*words: tuple[str, int, int]) -> Hypothesis:
    """Words with their start and end."""
    return Hypothesis(
        tuple(Piece(f" {text}", start, end, 0.9, (1,), begins_word=True) for text, start, end in words),
        -0.2,
        0.1,
        is_capped=False,
    )


@pytest.mark.parametrize(
    ("found", "is_loop"),
    [
        (said(("Hello", 0, 300), ("again.", 300, 600), ("Hello", 600, 600), ("again.", 600, 740)), True),
        (said(("No,", 0, 300), ("no.", 300, 300)), True),
        (said(("Hello", 0, 300), ("again.", 300, 600), ("Hello", 600, 900), ("again.", 900, 1_200)), False),
        (said(("Hello", 0, 300), ("there.", 300, 300)), False),
    ],
    ids=["sentence", "word", "said twice", "no repetition"],
)
def test_repetition_that_takes_no_time_is_a_loop(found: Hypothesis, is_loop: bool) -> None:
    assert found.is_loop == is_loop


@pytest.mark.parametrize(
    ("found", "in_english_ms", "in_mandarin_ms"),
    [
        (hypothesis("say it", end=0.9), 320, 320),
        (hypothesis("say it", end=0.6), 320, 512),
        (hypothesis("say it", end=0.5), 512, None),
        (hypothesis("say it", end=0.3), None, None),
        (hypothesis("say it"), None, None),
        (hypothesis(""), None, None),
    ],
    ids=["sure", "likely", "possible", "unsure", "no mark", "nothing"],
)
def test_sentence_needs_the_less_silence_the_surer_its_end_is(
    found: Hypothesis, in_english_ms: int | None, in_mandarin_ms: int | None
) -> None:
    assert (found.end_silence_ms("en"), found.end_silence_ms("zh")) == (in_english_ms, in_mandarin_ms)


@pytest.mark.parametrize("text", ["", "Tap the basket if you want one on your desk by Friday."])
def test_plain_text_is_no_loop(text: str) -> None:
    assert not hypothesis(text).is_loop


@pytest.mark.parametrize(
    ("found", "is_silence"),
    [
        (hypothesis(" ... "), True),
        (hypothesis("Hello there", log_probability=-1.2, no_speech=0.7), True),
        (hypothesis("Hello there", log_probability=-0.5, no_speech=0.7), False),
        (hypothesis("Hello there", log_probability=-1.2, no_speech=0.2), False),
        (hypothesis("I'll be there " * 9, no_speech=0.45), True),
        (hypothesis("I'll be there " * 9, no_speech=0.2), False),
        (hypothesis("Thank you."), False),
        (hypothesis("Thank you.", no_speech=0.8), True),
        (hypothesis("Thank you.", log_probability=-0.9), True),
        (hypothesis("Uh, um."), False),
        (hypothesis("Uh, um.", log_probability=-0.7), True),
    ],
    ids=[
        "dots",
        "both",
        "sure words",
        "some speech",
        "song",
        "chant",
        "spoken thanks",
        "thanks in silence",
        "doubtful thanks",
        "spoken fillers",
        "doubtful fillers",
    ],
)
def test_silence_needs_evidence(found: Hypothesis, *, is_silence: bool) -> None:
    assert found.is_silence is is_silence
