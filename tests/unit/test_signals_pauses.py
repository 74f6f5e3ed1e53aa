"""Gaps in speech."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import FRAME_MS, Tick, Voice
from martlive_desktop.core.plan import Mode
from martlive_desktop.core.signals.pauses import PauseDetector, PauseThresholds


def play(detector: PauseDetector, *spans: tuple[int, float], frame: int = 0) -> int:
    """Decide frames, `spans` of how many and how probable; give the frame after the last."""
    for frames, probability in spans:
        frame += frames
        detector.observe(Voice(frame * FRAME_MS, (probability,) * frames), frame * FRAME_MS)
    return frame


def kinds(detector: PauseDetector) -> list[str]:
    return [cue.kind for cue in detector.cues(0)]


@pytest.mark.parametrize(("mode", "frames"), [("selling", 250), ("talk", 250), ("gaming", 469)])
def test_dead_air_after_the_limit_of_the_mode(mode: Mode, frames: int) -> None:
    detector = PauseDetector(mode)
    frame = play(detector, (1000, 0.9), (frames - 1, 0.1))
    assert kinds(detector) == []
    play(detector, (1, 0.1), frame=frame)
    assert kinds(detector) == ["dead_air"]


def test_dead_air_says_how_long() -> None:
    detector = PauseDetector("selling")
    play(detector, (1000, 0.9), (300, 0.1))
    [cue] = detector.cues(41_000)
    assert (cue.at_ms, cue.reasons) == (41_000, ("no speech for 8 s",))


def test_silence_from_the_start_is_dead_air_after_twenty_seconds() -> None:
    detector = PauseDetector("selling")
    frame = play(detector, (624, 0.1))
    assert kinds(detector) == []
    play(detector, (1, 0.1), frame=frame)
    assert kinds(detector) == ["dead_air"]


@pytest.mark.parametrize(("voiced", "silence_ms"), [(2, 1088), (3, 64)], ids=["click", "word"])
def test_a_click_is_no_speech_and_a_word_is(voiced: int, silence_ms: int) -> None:
    detector = PauseDetector("selling")
    play(detector, (100, 0.9), (32 - voiced, 0.1), (voiced, 0.9), (2, 0.1))
    assert detector.silence_ms == silence_ms


def test_speech_goes_on_through_soft_frames() -> None:
    detector = PauseDetector("selling")
    play(detector, (10, 0.9), (10, 0.4), (5, 0.3))
    assert detector.silence_ms == 5 * FRAME_MS


def test_soft_frames_begin_no_speech() -> None:
    detector = PauseDetector("selling")
    play(detector, (10, 0.4))
    assert detector.silence_ms == 10 * FRAME_MS


def test_speech_ends_dead_air_at_once() -> None:
    detector = PauseDetector("selling")
    play(detector, (1000, 0.9), (300, 0.1), (3, 0.9))
    assert kinds(detector) == []


def test_without_voice_decisions_nothing_is_claimed() -> None:
    detector = PauseDetector("selling", PauseThresholds(start_s=1.0))
    assert detector.observe(Tick(60_000), 60_000) == ()
    assert detector.cues(60_000) == ()


@given(st.lists(st.sampled_from([0.1, 0.4, 0.6]), max_size=60), st.integers(1, 9))
def test_grouping_of_frames_does_not_matter(probabilities: list[float], size: int) -> None:
    one, other = PauseDetector("selling"), PauseDetector("selling")
    for index, probability in enumerate(probabilities, start=1):
        one.observe(Voice(index * FRAME_MS, (probability,)), 0)
    for start in range(0, len(probabilities), size):
        group = tuple(probabilities[start : start + size])
        other.observe(Voice((start + len(group)) * FRAME_MS, group), 0)
    assert one.silence_ms == other.silence_ms
