"""Where utterances begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import FRAME_MS
from martlive_desktop.core.speech.utterances import Segmenter

VOICE, SILENCE = 0.9, 0.05


def spans(probabilities: list[float], levels: list[float] | None = None) -> list[tuple[int, int]]:
    segmenter = Segmenter()
    found = [segmenter.step(p, lv) for p, lv in zip(probabilities, levels or probabilities, strict=True)]
    return [span for span in [*found, segmenter.finish()] if span is not None]


def test_silence_gives_no_utterance() -> None:
    assert spans([SILENCE] * 1000) == []


def test_click_gives_no_utterance() -> None:
    assert spans([SILENCE] * 50 + [VOICE] * 2 + [SILENCE] * 50) == []


def test_utterance_keeps_preroll_and_ends_after_silence() -> None:
    # 13 frames of preroll before the first voiced frame, 19 frames (608 ms) of silence after the last.
    assert spans([SILENCE] * 50 + [VOICE] * 30 + [SILENCE] * 50) == [(37, 99)]


def test_preroll_does_not_reach_into_the_utterance_before() -> None:
    found = spans([VOICE] * 30 + [SILENCE] * 23 + [VOICE] * 30)
    assert found == [(0, 49), (49, 83)]


def test_pause_shorter_than_limit_keeps_one_utterance() -> None:
    assert len(spans([VOICE] * 30 + [SILENCE] * 18 + [VOICE] * 30 + [SILENCE] * 30)) == 1


def test_long_utterance_ends_at_a_breath() -> None:
    found = spans([VOICE] * 260 + [SILENCE] * 12 + [VOICE] * 30)
    assert found == [(0, 271), (271, 302)]


def test_hysteresis_keeps_a_soft_frame_voiced() -> None:
    assert spans([VOICE] * 10 + [0.4] * 60 + [SILENCE] * 30) == [(0, 89)]


def test_endless_speech_splits_at_the_quietest_place() -> None:
    levels = [5.0] * 600
    levels[399:402] = [1.0, 1.0, 1.0]
    found = spans([VOICE] * 600, levels)
    assert found == [(0, 400), (400, 600)]


def test_rest_without_voice_after_a_split_is_no_utterance() -> None:
    # The voice stops just before the limit, so that the quietest place lies at its end.
    probabilities = [VOICE] * 430 + [SILENCE] * 40
    levels = [5.0] * 427 + [0.0] * 43
    assert spans(probabilities, levels) == [(0, 428)]


def test_open_utterance_ends_with_the_stream() -> None:
    assert spans([VOICE] * 40) == [(0, 40)]


@pytest.mark.parametrize("frames", [0, 5, 100])
def test_sound_that_may_still_be_needed_is_kept(frames: int) -> None:
    segmenter = Segmenter()
    for _ in range(frames):
        segmenter.step(SILENCE, 0.0)
    assert segmenter.keep_from() == max(0, frames - 16)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 20)), max_size=1500))
def test_utterances_are_ordered_and_bounded(frames: list[tuple[float, float]]) -> None:
    segmenter = Segmenter()
    last_end = 0
    for number, (probability, level) in enumerate(frames, 1):
        kept = segmenter.keep_from()
        span = segmenter.step(probability, level)
        assert kept <= segmenter.keep_from() <= number
        if span is not None:
            start, end = span
            assert last_end <= start < end <= number
            assert kept <= start
            assert (end - start) * FRAME_MS <= segmenter.limits.max_ms
            last_end = end
