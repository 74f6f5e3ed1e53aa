"""Pace: words a minute, and when they are too many."""

from __future__ import annotations

from martlive_desktop.core.events import Signal, Tick, Transcript, Word
from martlive_desktop.core.habits import Habits
from martlive_desktop.core.signals.pace import PaceDetector, PaceThresholds


def talk(detector: PaceDetector, from_s: int, until_s: int, wpm: int, *, utterance: int) -> list[Signal]:
    """Words at `wpm`, known as one final."""
    words = tuple(
        Word("word", at_ms - 100, at_ms, 1.0) for at_ms in range(from_s * 1000, until_s * 1000, 60_000 // wpm)
    )
    at_ms = until_s * 1000
    signals = list(detector.observe(Transcript(at_ms, is_final=True, utterance=utterance, text="", words=words), at_ms))
    return signals + list(detector.observe(Tick(at_ms + 2_000), at_ms + 2_000))


def kinds(detector: PaceDetector) -> list[str]:
    return [cue.kind for cue in detector.cues(0)]


def test_pace_comes_once_a_second_after_half_a_minute() -> None:
    signals = talk(PaceDetector(), 0, 32, 120, utterance=0)
    assert [(one.at_ms, one.name, one.value, one.unit) for one in signals] == [
        (30_000, "pace", 120.0, "wpm"),
        (31_000, "pace", 120.0, "wpm"),
        (32_000, "pace", 118.0, "wpm"),
    ]


def test_fillers_are_no_words() -> None:
    words = (Word("word", 0, 9_000, 1.0), Word("um,", 9_000, 9_500, 1.0, filler="text"))
    detector = PaceDetector()
    detector.observe(Transcript(10_000, is_final=True, utterance=0, text="", words=words), 10_000)
    assert [one.value for one in detector.observe(Tick(32_000), 32_000)] == [2.0]


def test_nothing_is_said_before_two_checks() -> None:
    detector = PaceDetector()
    talk(detector, 0, 40, 240, utterance=0)
    assert kinds(detector) == []


def test_pauses_count() -> None:
    detector = PaceDetector()
    talk(detector, 0, 15, 200, utterance=0)
    signals = detector.observe(Tick(32_000), 32_000)
    assert [one.value for one in signals][-1] == 98.0


def test_rush_of_a_minute_is_too_fast() -> None:
    detector = PaceDetector()
    talk(detector, 0, 120, 150, utterance=0)
    assert kinds(detector) == []
    talk(detector, 120, 160, 240, utterance=1)
    [cue] = detector.cues(162_000)
    assert (cue.kind, cue.reasons) == ("pace_fast", ("238 words a minute, and 15 s before",))


def test_burst_of_twenty_seconds_is_not_too_fast() -> None:
    detector = PaceDetector()
    talk(detector, 0, 120, 150, utterance=0)
    talk(detector, 120, 140, 240, utterance=1)
    talk(detector, 140, 180, 120, utterance=2)
    assert kinds(detector) == []


def test_who_always_talks_fast_is_left_alone() -> None:
    detector = PaceDetector()
    talk(detector, 0, 300, 200, utterance=0)
    assert kinds(detector) == []


def test_final_replaces_partials_and_late_partials_are_ignored() -> None:
    detector = PaceDetector(PaceThresholds(lag_s=0.0))
    words = tuple(Word("word", at_ms - 100, at_ms, 1.0) for at_ms in range(1_000, 31_000, 1_000))
    detector.observe(Transcript(29_000, is_final=False, utterance=0, text="", words=words[:9]), 29_000)
    assert [one.value for one in detector.observe(Tick(30_000), 30_000)] == [18.0]
    detector.observe(Transcript(30_500, is_final=True, utterance=0, text="", words=words), 30_500)
    detector.observe(Transcript(30_600, is_final=False, utterance=0, text="", words=words), 30_600)
    assert [one.value for one in detector.observe(Tick(31_000), 31_000)] == [58.0]


def test_chunking_of_time_does_not_matter() -> None:
    one, other = PaceDetector(), PaceDetector()
    for detector in (one, other):
        talk(detector, 0, 40, 150, utterance=0)
    late = [signal for at_ms in range(43_100, 60_000, 100) for signal in one.observe(Tick(at_ms), at_ms)]
    assert late == list(other.observe(Tick(59_900), 59_900))


def test_habit_of_earlier_shows_is_known_from_the_start() -> None:
    before = PaceDetector()
    talk(before, 0, 300, 150, utterance=0)
    assert before.habits == Habits()
    talk(before, 300, 400, 150, utterance=1)
    assert before.habits == Habits(pace_wpm=150.0)
    fast = PaceDetector(habits=Habits(pace_wpm=220.0))
    talk(fast, 0, 60, 240, utterance=0)
    assert kinds(fast) == []
