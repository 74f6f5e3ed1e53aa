"""Praise where nothing had to be corrected."""

from __future__ import annotations

from martlive_desktop.core.events import Cue, Tick, Voice
from martlive_desktop.core.signals.praise import PraiseDetector, PraiseThresholds


def speak(detector: PraiseDetector, at_s: int, probability: float = 0.9) -> None:
    detector.observe(Voice(at_s * 1000, (0.1, probability)), at_s * 1000)


def kinds(detector: PraiseDetector, at_s: int) -> list[str]:
    return [cue.kind for cue in detector.cues(at_s * 1000)]


def test_praise_after_five_faultless_minutes() -> None:
    detector = PraiseDetector()
    speak(detector, 298)
    assert kinds(detector, 299) == []
    [cue] = detector.cues(300_000)
    assert (cue.kind, cue.reasons) == ("well_done", ("nothing to correct for 300 s",))


def test_fault_starts_the_clock_anew() -> None:
    detector = PraiseDetector()
    detector.observe(Cue(100_000, "dead_air", 0.9, (), severity=1), 100_000)
    speak(detector, 399)
    assert kinds(detector, 399) == []
    assert kinds(detector, 400) == ["well_done"]


def test_cue_for_the_report_only_is_no_fault() -> None:
    detector = PraiseDetector()
    detector.observe(Cue(299_000, "greet", 0.9, (), severity=3), 299_000)
    speak(detector, 299)
    assert kinds(detector, 300) == ["well_done"]


def test_nobody_speaking_gets_no_praise() -> None:
    detector = PraiseDetector()
    assert kinds(detector, 300) == []
    speak(detector, 280)
    speak(detector, 299, 0.2)
    assert kinds(detector, 300) == []


def test_other_events_and_empty_decisions_change_nothing() -> None:
    detector = PraiseDetector(PraiseThresholds(faultless_s=1.0))
    detector.observe(Tick(1_000), 1_000)
    detector.observe(Voice(1_000, ()), 1_000)
    assert kinds(detector, 2) == []


def praise(detector: PraiseDetector, at_s: int) -> None:
    detector.observe(Cue(at_s * 1000, "well_done", 0.7, ()), at_s * 1000)


def test_second_praise_takes_five_corrections() -> None:
    detector = PraiseDetector()
    praise(detector, 300)
    for at_s in (301, 302, 303, 304):
        detector.observe(Cue(at_s * 1000, "dead_air", 0.9, (), severity=1), at_s * 1000)
    speak(detector, 999)
    assert kinds(detector, 1000) == []
    detector.observe(Cue(500_000, "dead_air", 0.9, (), severity=1), 500_000)
    assert kinds(detector, 1000) == ["well_done"]


def test_praise_that_was_raised_can_be_shown_for_a_while() -> None:
    detector = PraiseDetector()
    praise(detector, 300)
    speak(detector, 325)
    assert kinds(detector, 329) == ["well_done"]
    assert kinds(detector, 331) == []
