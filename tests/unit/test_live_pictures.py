"""Pictures of a live show: two a second while there are any, and one line when there are none."""

from __future__ import annotations

import threading
import types
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typing_extensions import override

from martlive_desktop.adapters import live_pictures
from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.live_pictures import LivePictures, paint_over
from martlive_desktop.adapters.screen_grab import Rect
from martlive_desktop.core.events import Status
from martlive_desktop.core.picture import Picture
from tests.fakes.pictures import FakeGrabber, plain, scripted_event
from tests.fakes.scripted_clock import ScriptedClock

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = Rect(0, 0, 64, 48)
WITHIN_S = 10.0
NOT_WATCHED = "The screen is not watched; choose what to watch under What viewers see."
UNPLUGGED = "The monitor LEFT is gone."


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ScriptedClock:
    clock = ScriptedClock()
    monkeypatch.setattr(live_pictures, "threading", types.SimpleNamespace(Event=scripted_event(clock)))
    return clock


@pytest.fixture
def grabber(clock: ScriptedClock) -> FakeGrabber:
    return FakeGrabber(clock, rect=SMALL)


@pytest.fixture
def pictures(clock: ScriptedClock, grabber: FakeGrabber) -> LivePictures:
    return LivePictures(grabber.open, clock)


def read(pictures: LivePictures, clock: ScriptedClock, until_ms: int) -> list[Picture | Status]:
    clock.at(until_ms, pictures.close)
    return list(pictures.read())


def states(items: list[Picture | Status]) -> list[tuple[int, str, str]]:
    assert all(item.part == "screen" for item in items if isinstance(item, Status))
    return [(item.at_ms, item.state, item.detail) for item in items if isinstance(item, Status)]


def times(items: list[Picture | Status]) -> list[int]:
    return [item.at_ms for item in items if isinstance(item, Picture)]


def test_two_pictures_a_second_and_one_line_that_says_what_is_watched(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber
) -> None:
    items = read(pictures, clock, 2_100)
    assert states(items) == [(0, "watching", "LEFT (64×48)")]
    assert times(items) == [0, 500, 1_000, 1_500, 2_000]
    assert (grabber.opened, grabber.closed) == (1, 1)


def test_what_is_nowhere_on_the_desktop_is_told_without_a_size(clock: ScriptedClock) -> None:
    obs = FakeGrabber(clock, "OBS")
    obs.pixels = plain(0)
    items = read(LivePictures(obs.open, clock), clock, 2_600)
    assert states(items) == [(0, "watching", "OBS")]
    assert times(items) == [0, 500, 1_000, 1_500, 2_000, 2_500]


def test_monitor_that_goes_is_told_once_and_found_again(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber
) -> None:
    clock.at(800, lambda: setattr(grabber, "gone", UNPLUGGED))
    clock.at(20_000, lambda: setattr(grabber, "gone", ""))
    items = read(pictures, clock, 24_000)
    assert states(items) == [
        (0, "watching", "LEFT (64×48)"),
        (1_000, "lost", UNPLUGGED),
        (22_500, "watching", "LEFT (64×48)"),
    ]
    assert times(items) == [0, 500, 22_500, 23_000, 23_500]
    assert (grabber.opened, grabber.closed) == (2, 2)


def test_what_is_gone_is_looked_for_soon_at_first_and_then_seldom(clock: ScriptedClock) -> None:
    grabber = FakeGrabber(clock)
    grabber.gone = UNPLUGGED
    tries: list[int] = []

    def opened() -> FakeGrabber:
        tries.append(clock.now_ms())
        return grabber.open()

    read(LivePictures(opened, clock), clock, 13_000)
    assert tries == [0, 500, 1_500, 3_500, 6_500, 9_500, 12_500]


def test_another_reason_is_another_line(pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber) -> None:
    grabber.gone = "It lies outside."
    clock.at(1_000, lambda: setattr(grabber, "gone", UNPLUGGED))
    items = read(pictures, clock, 8_000)
    assert states(items) == [(0, "lost", "It lies outside."), (1_500, "lost", UNPLUGGED)]


def test_pause_looks_away_at_once_until_it_ends(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber
) -> None:
    clock.at(700, lambda: pictures.pause(True))
    clock.at(60_000, lambda: pictures.pause(False))
    items = read(pictures, clock, 61_200)
    assert states(items) == [
        (0, "watching", "LEFT (64×48)"),
        (700, "paused", "The screen is not watched until you go on."),
        (60_000, "watching", "LEFT (64×48)"),
    ]
    assert times(items) == [0, 500, 60_000, 60_500, 61_000]
    assert grabber.closed == 2


def test_going_on_where_nothing_was_paused_changes_nothing(pictures: LivePictures, clock: ScriptedClock) -> None:
    clock.at(700, lambda: pictures.pause(False))
    assert times(read(pictures, clock, 3_000)) == [0, 500, 700, 1_200, 1_700, 2_200, 2_700]


def test_nothing_chosen_is_one_line_until_something_is(clock: ScriptedClock, grabber: FakeGrabber) -> None:
    pictures = LivePictures(None, clock)
    clock.at(5_000, lambda: pictures.use(grabber.open))
    items = read(pictures, clock, 6_100)
    assert states(items) == [(0, "off", NOT_WATCHED), (5_000, "watching", "LEFT (64×48)")]
    assert times(items) == [5_000, 5_500, 6_000]


def test_another_choice_is_watched_at_once(pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber) -> None:
    other = FakeGrabber(clock, "RIGHT", SMALL)
    clock.at(700, lambda: pictures.use(other.open))
    clock.at(1_300, lambda: pictures.use(None))
    items = read(pictures, clock, 3_000)
    assert states(items) == [
        (0, "watching", "LEFT (64×48)"),
        (700, "watching", "RIGHT (64×48)"),
        (1_300, "off", NOT_WATCHED),
    ]
    assert (grabber.closed, other.closed) == (1, 1)


def test_choice_while_it_is_paused_stays_paused(pictures: LivePictures, clock: ScriptedClock) -> None:
    other = FakeGrabber(clock, "RIGHT", SMALL)
    pictures.pause(True)
    clock.at(700, lambda: pictures.use(other.open))
    items = read(pictures, clock, 3_000)
    assert [state for _, state, _ in states(items)] == ["paused"]
    assert other.opened == 0


def test_choice_is_looked_for_without_waiting_for_what_is_gone(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber
) -> None:
    grabber.gone = UNPLUGGED
    other = FakeGrabber(clock, "RIGHT", SMALL)
    clock.at(4_000, lambda: pictures.use(other.open))
    items = read(pictures, clock, 4_100)
    assert states(items) == [(0, "lost", UNPLUGGED), (4_000, "watching", "RIGHT (64×48)")]


def test_other_size_is_told(pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber) -> None:
    def change() -> None:
        grabber.rect, grabber.pixels = Rect(0, 0, 80, 60), plain(90, 80, 60)

    clock.at(700, change)
    items = read(pictures, clock, 2_000)
    assert states(items) == [(0, "watching", "LEFT (64×48)"), (1_000, "watching", "LEFT (80×60)")]
    assert [item.pixels.shape for item in items if isinstance(item, Picture)] == [(48, 64, 4)] * 2 + [(60, 80, 4)] * 2


def test_window_that_lets_nobody_look_is_one_line_until_something_appears(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber
) -> None:
    grabber.pixels[:, :, :3] = 0
    clock.at(9_800, lambda: setattr(grabber, "pixels", plain(1)))
    items = read(pictures, clock, 11_200)
    assert states(items) == [
        (0, "watching", "LEFT (64×48)"),
        (
            1_000,
            "lost",
            "LEFT shows MartLive only black, so its program may not let others look; "
            "choose OBS under What viewers see.",
        ),
        (10_000, "watching", "LEFT (64×48)"),
    ]
    assert times(items) == [0, 500, 10_000, 10_500, 11_000]


def test_black_that_comes_later_is_a_picture_like_others(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber
) -> None:
    clock.at(400, lambda: setattr(grabber, "pixels", plain(0)))
    items = read(pictures, clock, 10_100)
    assert [state for _, state, _ in states(items)] == ["watching"]
    assert len(times(items)) == 21


def test_own_windows_are_painted_over_where_they_lie_in_what_is_watched(clock: ScriptedClock) -> None:
    part = FakeGrabber(clock, "Part of a screen", Rect(1_000, 500, 8, 6))
    part.pixels = np.repeat(np.arange(10, 90, 10, dtype=np.uint8), 4).reshape(1, 8, 4).repeat(6, axis=0)
    pictures = LivePictures(part.open, clock)
    inside, corner, outside = Rect(1_002, 501, 3, 2), Rect(990, 504, 12, 30), Rect(0, 500, 1_000, 6)
    pictures.own_windows = (inside, corner, outside)
    [_, picture] = read(pictures, clock, 100)
    assert isinstance(picture, Picture)
    assert picture.pixels[:, :, 0].tolist() == [
        [10, 20, 30, 40, 50, 60, 70, 80],
        [10, 20, 20, 20, 20, 60, 70, 80],
        [10, 20, 20, 20, 20, 60, 70, 80],
        [10, 20, 30, 40, 50, 60, 70, 80],
        [30, 30, 30, 40, 50, 60, 70, 80],
        [30, 30, 30, 40, 50, 60, 70, 80],
    ]


@pytest.mark.parametrize(
    ("box", "row"),
    [
        ((1, 0, 2, 1), [10, 10, 10, 40]),
        ((0, 0, 2, 1), [30, 30, 30, 40]),
        ((2, 0, 2, 1), [10, 20, 20, 20]),
        ((0, 0, 4, 1), [40, 40, 40, 40]),
    ],
    ids=["middle", "left edge", "right edge", "all of it"],
)
def test_what_is_beside_a_window_goes_on_over_it(box: tuple[int, int, int, int], row: list[int]) -> None:
    pixels = np.array([[[10], [20], [30], [40]]], np.uint8)
    paint_over(pixels, *box)
    assert pixels[0, :, 0].tolist() == row


@pytest.mark.parametrize(
    ("cost_ms", "every_ms"), [(0, 500), (25, 500), (35, 700), (100, 800), (900, 900)], ids=lambda ms: f"{ms}"
)
def test_pictures_that_cost_much_come_less_often(
    pictures: LivePictures, clock: ScriptedClock, grabber: FakeGrabber, cost_ms: int, every_ms: int
) -> None:
    grabber.cost_ms = cost_ms
    assert times(read(pictures, clock, 2_900))[:3] == [0, every_ms, 2 * every_ms]


def test_time_spent_measuring_counts_too(pictures: LivePictures, clock: ScriptedClock) -> None:
    clock.at(2_000, pictures.close)
    at_ms = []
    for item in pictures.read():
        if isinstance(item, Picture):
            at_ms.append(item.at_ms)
            clock.wait_until(clock.now_ms() + 35)
    assert at_ms == [0, 700, 1_400]


def test_urgent_pictures_come_soon_whatever_they_cost(clock: ScriptedClock, grabber: FakeGrabber) -> None:
    grabber.cost_ms = 100
    urgent = LivePictures(grabber.open, clock, is_urgent=lambda: clock.now_ms() > 1_000)
    assert times(read(urgent, clock, 2_700)) == [0, 800, 1_600, 2_100, 2_600]


def test_all_pixels_are_asked_for_only_when_they_are_wanted(clock: ScriptedClock, grabber: FakeGrabber) -> None:
    pictures = LivePictures(grabber.open, clock, wants_full=lambda at_ms: at_ms in {500, 1_500})
    read(pictures, clock, 1_900)
    assert grabber.asked_full == [False, True, False, True]


@pytest.mark.parametrize("what", ["watched", "gone", "nothing", "paused"])
def test_close_from_another_thread_ends_it(what: str) -> None:
    grabber = FakeGrabber(ScriptedClock())
    grabber.gone = UNPLUGGED if what == "gone" else ""
    pictures = LivePictures(None if what == "nothing" else grabber.open, SystemClock())
    pictures.pause(what == "paused")
    begun = threading.Event()

    def look(items: Iterator[Picture | Status]) -> None:
        for _ in items:
            begun.set()

    thread = threading.Thread(target=look, args=(pictures.read(),))
    thread.start()
    assert begun.wait(WITHIN_S)
    pictures.close()
    thread.join(1.0)
    assert not thread.is_alive()
    assert grabber.opened == grabber.closed


@pytest.mark.parametrize(("is_paused", "number"), [(True, 1), (False, 1), (False, 2)])
def test_close_at_any_moment_is_noticed(
    monkeypatch: pytest.MonkeyPatch, clock: ScriptedClock, grabber: FakeGrabber, is_paused: bool, number: int
) -> None:
    """Also just before it begins to wait for something else."""

    class LateEvent(scripted_event(clock)):  # type: ignore[misc]
        clears = 0

        @override
        def clear(self) -> None:
            self.clears += 1
            if self.clears == number:
                source.close()
            super().clear()

    monkeypatch.setattr(live_pictures, "threading", types.SimpleNamespace(Event=LateEvent))
    source = LivePictures(grabber.open, clock)
    source.pause(is_paused)
    assert list(source.read()) == []
