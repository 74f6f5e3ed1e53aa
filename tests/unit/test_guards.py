"""What is not believed of a decode."""

from __future__ import annotations

import pytest

from martlive_desktop.core.speech.guards import Hypothesis, token_limit, window_seconds


def hypothesis(
    text: str, *, log_probability: float = -0.2, no_speech: float = 0.1, is_capped: bool = False
) -> Hypothesis:
    return Hypothesis(text, (), log_probability, no_speech, is_capped)


@pytest.mark.parametrize(
    ("seconds", "window"), [(0.5, 10.0), (7.0, 10.0), (12.0, 15.0), (29.0, 30.0)], ids=["word", "edge", "long", "full"]
)
def test_window_follows_the_speech(seconds: float, window: float) -> None:
    assert window_seconds(seconds) == window


def test_tokens_are_limited_by_the_length_of_the_speech() -> None:
    assert token_limit(2.5) == 28


def test_repeated_text_is_a_loop() -> None:
    assert hypothesis("and then we go " * 20).is_loop


def test_text_that_ran_into_its_limit_is_a_loop() -> None:
    assert hypothesis("fine words", is_capped=True).is_loop


@pytest.mark.parametrize("text", ["", "Tap the basket if you want one on your desk by Friday."])
def test_plain_text_is_no_loop(text: str) -> None:
    assert not hypothesis(text).is_loop


@pytest.mark.parametrize(
    ("found", "is_silence"),
    [
        (hypothesis(" ... "), True),
        (hypothesis("Hello there", log_probability=-1.2, no_speech=0.7), True),
        (hypothesis("Hello there", log_probability=-0.5, no_speech=0.7), False),
        (hypothesis("Hello there", log_probability=-1.2, no_speech=0.3), False),
        (hypothesis("Thank you."), False),
        (hypothesis("Thank you.", no_speech=0.8), True),
        (hypothesis("Thank you.", log_probability=-0.9), True),
    ],
    ids=["dots", "both", "sure words", "some speech", "spoken thanks", "thanks in silence", "doubtful thanks"],
)
def test_silence_needs_evidence(found: Hypothesis, *, is_silence: bool) -> None:
    assert found.is_silence is is_silence
