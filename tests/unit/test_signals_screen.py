"""Black, frozen, and a card under speech."""

from __future__ import annotations

import pytest

from martlive_desktop.core.events import FRAME_MS, Screen, Status, Tick, Voice
from martlive_desktop.core.picture_thresholds import PictureThresholds
from martlive_desktop.core.signals.screen import ScreenDetector


def state(at_s: float, scene: str = "", *, is_black: bool = False, is_frozen: bool = False) -> Screen:
    return Screen(round(at_s * 1000), scene, is_black, is_frozen, 0.4, is_cut=False)


def speak(detector: ScreenDetector, begin_s: float, end_s: float, probability: float = 0.9, size: int = 31) -> None:
    for frame in range(round(begin_s * 1000 / FRAME_MS), round(end_s * 1000 / FRAME_MS), size):
        at_ms = (frame + size) * FRAME_MS
        detector.observe(Voice(at_ms, (probability,) * size), at_ms)


def kinds(detector: ScreenDetector, at_s: float) -> list[str]:
    return [cue.kind for cue in detector.cues(round(at_s * 1000))]


@pytest.mark.parametrize(
    ("screen", "found"),
    [
        (state(5), []),
        (state(5, is_black=True), [("black", 0.95, ("98% of the picture black for 2 s",))]),
        (state(5, is_frozen=True), [("frozen", 0.9, ("no motion for 8.5 s where a camera was",))]),
    ],
    ids=["alive", "black", "frozen"],
)
def test_state_of_the_picture_is_a_cue_while_it_holds(screen: Screen, found: list[object]) -> None:
    detector = ScreenDetector(PictureThresholds())
    assert detector.cues(4_000) == ()
    assert detector.observe(screen, 5_000) == ()
    assert [(cue.kind, cue.confidence, cue.reasons) for cue in detector.cues(6_000)] == found
    detector.observe(state(7), 7_000)
    assert kinds(detector, 7) == []


def test_old_picture_says_nothing() -> None:
    detector = ScreenDetector(PictureThresholds())
    detector.observe(state(5, is_black=True), 5_000)
    assert kinds(detector, 20) == ["black"]
    assert kinds(detector, 20.001) == []


@pytest.mark.parametrize("state_now", ["paused", "lost", "off"])
def test_source_that_stops_knows_nothing(state_now: str) -> None:
    detector = ScreenDetector(PictureThresholds())
    detector.observe(state(5, is_black=True), 5_000)
    detector.observe(Status(6_000, "screen", "watching"), 6_000)
    detector.observe(Status(6_000, "chat", state_now), 6_000)
    assert kinds(detector, 6) == ["black"]
    detector.observe(Status(7_000, "screen", state_now), 7_000)
    assert kinds(detector, 7) == []


def waiting(scene: str = "break", until_s: int = 60) -> ScreenDetector:
    detector = ScreenDetector(PictureThresholds())
    for at_s in range(0, until_s, 10):
        detector.observe(state(at_s, scene), at_s * 1000)
    return detector


@pytest.mark.parametrize(("scene", "found"), [("break", True), ("starting", True), ("main", False), ("", False)])
def test_saved_scene_that_viewers_wait_on_is_wrong_under_speech(scene: str, found: bool) -> None:
    detector = waiting(scene, 20)
    speak(detector, 0, 20)
    assert kinds(detector, 19.9) == []
    assert kinds(detector, 20) == ["wrong_scene"] * found


def test_wrong_scene_names_its_scene() -> None:
    detector = waiting("starting", 30)
    speak(detector, 0, 29)
    [cue] = detector.cues(29_000)
    assert cue.reasons == ("saved scene starting on for 20 s while speaking",)


@pytest.mark.parametrize(
    ("spans", "probability", "found"),
    [
        ([(40, 60)], 0.9, True),
        ([(54.9, 60)], 0.9, True),
        ([(55, 59)], 0.9, False),
        ([(40, 60)], 0.4, False),
        ([(30, 54)], 0.9, False),
        ([(0, 30), (56, 59)], 0.9, False),
    ],
    ids=["all the time", "five seconds", "four seconds", "a murmur", "not lately", "too little lately"],
)
def test_how_much_speech_it_takes(spans: list[tuple[float, float]], probability: float, found: bool) -> None:
    detector = waiting()
    at_s = 0.0
    for begin_s, end_s in spans:
        speak(detector, at_s, begin_s, 0.1, 1)
        speak(detector, begin_s, end_s, probability, 1)
        at_s = end_s
    speak(detector, at_s, 60, 0.1, 1)
    assert kinds(detector, 60) == ["wrong_scene"] * found


def test_speech_that_is_not_heard_any_more_is_over() -> None:
    detector = waiting(until_s=50)
    speak(detector, 0, 30)
    assert kinds(detector, 40) == ["wrong_scene"]
    assert kinds(detector, 46) == []


def test_grouping_of_frames_does_not_matter() -> None:
    one, many = waiting(), waiting()
    speak(one, 52, 58, size=1)
    speak(many, 52, 58, size=62)
    assert (kinds(one, 58), kinds(many, 58)) == (["wrong_scene"], ["wrong_scene"])


@pytest.mark.parametrize(
    "screens",
    [
        [state(15, "main")],
        [state(15, "starting")],
        [state(15), state(17.6, "break")],
        [state(15, "main"), state(16, "break")],
        [state(15), state(16, "main"), state(17, "break")],
    ],
    ids=["main", "starting", "back late", "back from main", "back from main after a gap"],
)
def test_twenty_seconds_begin_anew_with_each_scene(screens: list[Screen]) -> None:
    detector = waiting(until_s=20)
    speak(detector, 0, 30)
    for screen in screens:
        detector.observe(screen, screen.at_ms)
    assert kinds(detector, 30) == []


def test_scene_without_its_name_for_two_pictures_is_still_on() -> None:
    detector = waiting(until_s=20)
    speak(detector, 0, 30)
    for screen in (state(18), state(19), state(20.5, "break")):
        assert kinds(detector, screen.at_ms / 1000) == []
        detector.observe(screen, screen.at_ms)
    assert kinds(detector, 20.5) == ["wrong_scene"]


def test_scene_is_not_told_as_wrong_while_another_picture_is_on() -> None:
    detector = waiting(until_s=30)
    speak(detector, 0, 30)
    assert kinds(detector, 24) == ["wrong_scene"]
    detector.observe(state(25), 25_000)
    assert kinds(detector, 25) == []


def test_twenty_seconds_begin_anew_after_a_gap() -> None:
    detector = waiting(until_s=20)
    speak(detector, 0, 40)
    detector.observe(Tick(40_000), 40_000)
    detector.observe(state(40, "break"), 40_000)
    assert kinds(detector, 40) == []
