"""What a picture tells: black, frozen, a cut."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from martlive_desktop.core.events import Screen
from martlive_desktop.core.picture import PictureMeter, ScreenNews
from martlive_desktop.core.picture_grid import luma_of, sampled

Pixels = NDArray[np.uint8]
View = Callable[[float], Pixels]

HEIGHT, WIDTH = 144, 256
BLACK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def soft(seed: int, low: float = 20, high: float = 230) -> Pixels:
    """Soft spots, as a room has them."""
    grid = np.random.default_rng(seed).uniform(low, high, (10, 17, 3))
    y, x = np.linspace(0, 8.99, HEIGHT), np.linspace(0, 15.99, WIDTH)
    top, left, down, right = y.astype(int), x.astype(int), (y % 1)[:, None, None], (x % 1)[:, None]
    rows = grid[top] * (1 - down) + grid[top + 1] * down
    return np.asarray((rows[:, left] * (1 - right) + rows[:, left + 1] * right).astype(np.uint8))


def camera(seed: int = 1, *, grain: float = 2.0) -> View:
    """A room with something that moves in its middle, and a sensor's noise."""
    room = soft(seed)
    noise = np.random.default_rng(seed + 50)

    def view(at_s: float) -> Pixels:
        out = room.astype(float)
        left = 100 + int(20 * np.sin(at_s * 1.7))
        out[40:120, left : left + 60] = 180
        return np.clip(out + noise.normal(0, grain, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)

    return view


def still(pixels: Pixels) -> View:
    return lambda _: pixels


def then(first: View, *parts: tuple[float, View]) -> View:
    """`first`, and each of `parts` from its time on."""
    return lambda at_s: [view for begin, view in ((0.0, first), *parts) if at_s >= begin][-1](at_s)


def beside(view: View, panel: View) -> View:
    """`panel` covers the left third."""

    def both(at_s: float) -> Pixels:
        out = view(at_s).copy()
        out[:, :80] = panel(at_s)[:, :80]
        return out

    return both


def frozen_from(view: View, begin: float, end: float = 999) -> View:
    held = view(begin)
    return then(view, (begin, still(held)), (end, view))


def play(view: View, seconds: float, meter: PictureMeter | None = None, begin: float = 0.0) -> list[Screen]:
    """What is told of pictures two a second."""
    meter = meter or PictureMeter()
    times = np.arange(begin, seconds, 0.5)
    return [meter.measure(round(at_s * 1000), view(at_s)) for at_s in times]


def spans(told: list[Screen], name: str) -> list[tuple[float, float]]:
    """First and last second of each run in which `name` holds."""
    out: list[tuple[float, float]] = []
    before = False
    for one in told:
        now = bool(getattr(one, name))
        if now and not before:
            out.append((one.at_ms / 1000, one.at_ms / 1000))
        elif now:
            out[-1] = (out[-1][0], one.at_ms / 1000)
        before = now
    return out


def cuts(told: list[Screen]) -> list[float]:
    return [one.at_ms / 1000 for one in told if one.is_cut]


@pytest.mark.parametrize("shape", [(1080, 1920, 3), (479, 853, 4), (9, 7, 3), (1, 1, 4)])
def test_picture_of_any_size_gives_as_many_samples(shape: tuple[int, ...]) -> None:
    samples = sampled(np.full(shape, 200, np.uint8))
    assert samples.shape == (144, 256, 3)
    assert (luma_of(samples) == 200).all()


def test_brightness_contrast_and_motion_are_measured() -> None:
    half = BLACK.copy()
    half[:, 128:] = 255
    [first] = play(still(half), 0.5)
    assert (first.brightness, first.contrast, first.motion) == (0.5, 0.5, 0.0)
    assert play(still(half), 30)[-1].motion == 0
    assert 0.005 < play(camera(), 30)[-1].motion < 0.05


@pytest.mark.parametrize("level", [0, 16, 25], ids=["black", "limited range", "nearly"])
def test_black_holds_from_two_seconds_to_its_end(level: int) -> None:
    told = play(then(camera(), (30, still(BLACK + np.uint8(level))), (40, camera())), 45)
    assert spans(told, "is_black") == [(32.0, 39.5)]
    assert spans(told, "is_frozen") == []
    assert cuts(told) == [30.0, 40.0]


def test_pointer_on_black_is_still_black_and_a_lamp_is_not() -> None:
    pointer, lamp = BLACK.copy(), BLACK.copy()
    pointer[60:75, 100:110] = 255
    lamp[60:100, 100:130] = 255
    assert spans(play(still(pointer), 4), "is_black") == [(2.0, 3.5)]
    assert spans(play(still(lamp), 4), "is_black") == []


def test_dark_picture_is_known_before_it_is_told() -> None:
    meter = PictureMeter()
    play(still(BLACK), 1, meter)
    was_dark = meter.is_dark
    play(camera(), 2, meter, 1.0)
    assert (was_dark, meter.is_dark) == (True, False)


def test_short_fade_through_black_is_not_told() -> None:
    told = play(then(camera(), (30, still(BLACK)), (31.5, camera(2))), 40)
    assert spans(told, "is_black") == []


def test_camera_that_is_black_beside_a_chat_is_told() -> None:
    view = beside(then(camera(), (30, still(BLACK)), (40, camera())), still(soft(9, 60, 90)))
    told = play(view, 45)
    assert spans(told, "is_black") == [(32.0, 39.5)]
    assert spans(told, "is_frozen") == []


def quiet(at_s: float) -> Pixels:
    """A camera without noise: in a small part of it somebody moves."""
    out = soft(6, 60, 230).copy()
    left = 150 + int(15 * np.sin(at_s * 1.7))
    out[60:100, left : left + 24] = 180
    return out


def chat(at_s: float) -> Pixels:
    """Lines on a dark panel, a new one every two seconds."""
    out = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    for row in range(12):
        out[12 * row + 3 : 12 * row + 8, 8 : 8 + 4 * (7 + (row + int(at_s / 2)) * 5 % 9)] = 200
    return out


def faded(view: View, begin: float, seconds: float) -> View:
    """`view` goes to black."""
    return lambda at_s: (view(at_s) * min(max(1 - (at_s - begin) / seconds, 0), 1)).astype(np.uint8)


@pytest.mark.parametrize("panel", [still(soft(9, 60, 90)), chat], ids=["banner", "chat"])
def test_quiet_camera_that_is_black_beside_a_panel_is_told(panel: View) -> None:
    told = play(beside(then(quiet, (30, still(BLACK)), (40, quiet)), panel), 45)
    assert spans(told, "is_black") == [(32.0, 39.5)]
    assert spans(told, "is_frozen") == []


def test_camera_that_fades_to_black_beside_a_chat_is_told() -> None:
    told = play(beside(faded(quiet, 30, 1.5), chat), 45)
    assert [32.5 <= begin <= 34 for begin, _ in spans(told, "is_black")] == [True]


def test_camera_that_is_black_beside_another_is_told() -> None:
    told = play(beside(then(quiet, (30, still(BLACK))), camera(3)), 45)
    assert spans(told, "is_black") == [(32.0, 44.5)]


def with_frame(view: View) -> View:
    """A frame, a name and a logo over `view`."""

    def framed(at_s: float) -> Pixels:
        out = view(at_s).copy()
        out[:10] = out[-10:] = 120
        out[:, :6] = out[:, -6:] = 120
        out[100:108, 20:120:3] = 240
        return out

    return framed


def test_camera_that_is_black_under_a_frame_is_told() -> None:
    told = play(with_frame(then(quiet, (30, still(BLACK)), (40, quiet))), 45)
    assert spans(told, "is_black") == [(32.0, 39.5)]


def test_black_is_timed_from_halfway_between_two_pictures() -> None:
    meter = PictureMeter()
    shots = [(0, quiet(0)), (1_000, quiet(1)), (2_000, BLACK), (2_500, BLACK), (3_000, BLACK), (3_500, BLACK)]
    assert [meter.measure(at_ms, pixels).is_black for at_ms, pixels in shots] == [False] * 5 + [True]


def dark_page(*, is_lettered: bool = True, picture: int = 0) -> Pixels:
    """A page of black ground, with a line of thin letters or a picture on it."""
    page = BLACK + np.uint8(18)
    if is_lettered:
        page[70:76, 96:208:3] = 235
    if picture:
        page[40 : 40 + picture, 120 : 120 + picture] = soft(2, 90, 220)[:picture, :picture]
    return page


LIGHT = np.full((HEIGHT, WIDTH, 3), 225, np.uint8)
LIGHT[30:40, 90:230:4] = 20
LETTERED, PICTURED = still(dark_page()), still(dark_page(is_lettered=False, picture=56))


def comes_later(at_s: float) -> Pixels:
    """Black for a second, then a line."""
    return dark_page(is_lettered=at_s >= 31)


def small_on_black(at_s: float) -> Pixels:
    """The camera shrinks into a corner of a black ground."""
    out = BLACK.copy()
    out[96:, :80] = quiet(at_s)[::3, ::3][:48, :80]
    return out


def lit(at_s: float) -> Pixels:
    """A game in which the light of a half goes off, and what is seen of the other half changes."""
    out = soft(30 + int(at_s), 40, 220)
    if at_s >= 30:
        out[:, 128:] = 10
    return out


def upright(at_s: float) -> Pixels:
    """A video of a telephone between black stripes."""
    out = BLACK.copy()
    out[:, 96:160] = camera(8)(at_s)[:, 96:160]
    return out


def game_with_dark_parts(at_s: float) -> Pixels:
    """A world that scrolls, a third of it black rock."""
    world = np.hstack([soft(4, 60, 220), BLACK[:, :140], soft(5, 60, 220), BLACK[:, :140]])
    return np.roll(world, -int(at_s * 9), axis=1)[:, :WIDTH]


def fades_part_by_part(at_s: float) -> Pixels:
    """Lamps go out one after the other, four seconds apart."""
    out = soft(6, 60, 230).copy()
    for column in range(6):
        if at_s >= 20 + 4 * column:
            out[:, 80 + 28 * column : 108 + 28 * column] = 8
    return out


@pytest.mark.parametrize(
    "view",
    [
        then(camera(), (30, LETTERED)),
        beside(then(camera(), (30, LETTERED)), chat),
        beside(then(still(LIGHT), (30, LETTERED), (40, PICTURED)), chat),
        beside(then(quiet, (30, PICTURED)), chat),
        beside(then(quiet, (30, comes_later)), chat),
        LETTERED,
        then(quiet, (30, small_on_black)),
        then(quiet, (30, upright)),
        lit,
        game_with_dark_parts,
        fades_part_by_part,
        beside(still(dark_page()), chat),
    ],
    ids=[
        "card",
        "card beside a chat",
        "dark slides beside a chat",
        "logo on black",
        "line that comes later",
        "card from the start",
        "camera in a corner",
        "upright video",
        "game in the dark",
        "dark level",
        "lamps",
        "dark slide from the start",
    ],
)
def test_dark_parts_of_what_is_shown_are_not_black(view: View) -> None:
    assert spans(play(view, 50), "is_black") == []


def test_card_with_much_black_is_not_black() -> None:
    card = BLACK.copy()
    card[20:60, :] = 200
    assert spans(play(then(camera(), (30, still(card))), 45), "is_black") == []


@pytest.mark.parametrize("grain", [1.0, 2.0, 5.0])
def test_frozen_camera_is_told_after_eight_and_a_half_seconds(grain: float) -> None:
    told = play(frozen_from(camera(grain=grain), 30, 50), 60)
    assert len(spans(told, "is_frozen")) == 1
    [(begin, end)] = spans(told, "is_frozen")
    assert 38.5 <= begin <= 39.5
    assert end == 50.0
    assert cuts(told) == []


def refined(held: Pixels, seconds: float) -> View:
    """`held` as an encoder gives it that refines it for some seconds, with a key frame at their end."""
    errors = np.random.default_rng(4).normal(0, 0.8, (99, HEIGHT, WIDTH, 1))
    errors[-1] *= 2

    def view(after_s: float) -> Pixels:
        shown = held + errors[min(int(after_s * 2), int(seconds * 2)) - int(seconds * 2) - 1]
        return np.asarray(np.clip(shown, 0, 255).astype(np.uint8))

    return view


def test_encoder_that_refines_a_frozen_picture_is_no_motion() -> None:
    shot = camera(grain=6.0)
    still_refined = refined(shot(30), 3)
    told = play(lambda at_s: shot(at_s) if at_s < 30.5 else still_refined(at_s - 30.5), 55)
    assert [38.5 <= begin <= 39.5 for begin, _ in spans(told, "is_frozen")] == [True]


def test_key_frames_of_a_frozen_picture_are_no_motion() -> None:
    frozen, error = frozen_from(camera(), 30), np.random.default_rng(4).normal(0, 1.5, (9, HEIGHT, WIDTH, 1))

    def view(at_s: float) -> Pixels:
        shown = frozen(at_s) + error[int(at_s / 1.5) % 9] * (at_s >= 30)
        return np.asarray(np.clip(shown, 0, 255).astype(np.uint8))

    assert [38.5 <= begin <= 40 for begin, _ in spans(play(view, 55), "is_frozen")] == [True]


def test_game_that_goes_on_after_its_menu_part_by_part_is_not_frozen() -> None:
    def view(at_s: float) -> Pixels:
        out = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        for left, resumes_s in ((0, 45), (192, 46.5)):
            tick = int(2 * (at_s if at_s < 30 or at_s >= resumes_s else 29.5))
            out[::8, left : left + 64] = 60 + 60 * (tick % 3)
        if 30 <= at_s < 45:
            out[:, 96:160] = 230
        return out

    assert spans(play(view, 60), "is_frozen") == []


def test_camera_that_comes_to_new_places_and_freezes_is_told() -> None:
    def walk(at_s: float) -> Pixels:
        out = camera()(at_s)
        for column in range(min(5, max(0, round(2 * at_s - 44)))):
            out[:, 240 - 16 * column : 256 - 16 * column] = 8
        return out

    assert [begin for begin, _ in spans(play(frozen_from(walk, 25), 45), "is_frozen")] == [33.0]


def test_somebody_who_moves_faintly_before_sitting_still_is_not_frozen() -> None:
    rooms = [np.clip(soft(11).astype(int) + step, 0, 255).astype(np.uint8) for step in (0, 1)]

    def view(at_s: float) -> Pixels:
        out = np.array(rooms[int(at_s * 2) % 2 if at_s < 33 else 0])
        out[40:56, 100:148] = 40 if 9 <= at_s % 10 < 9.5 else 160
        return out

    assert spans(play(view, 41), "is_frozen") == []


def test_camera_that_freezes_beside_a_chat_is_told() -> None:
    lines = [soft(20 + index, 60, 90) for index in range(9)]
    view = beside(frozen_from(camera(), 30), lambda at_s: lines[int(at_s / 7)])
    assert [begin for begin, _ in spans(play(view, 50), "is_frozen")] == [38.5]


def test_clock_over_a_camera_hides_no_freeze() -> None:
    frozen = frozen_from(camera(), 30)

    def view(at_s: float) -> Pixels:
        out = frozen(at_s).copy()
        out[0:14, 0:28] = 90 * (int(at_s) % 2)
        return out

    assert [begin for begin, _ in spans(play(view, 50), "is_frozen")] == [40.5]


def test_small_camera_in_a_corner_of_a_slide_is_told() -> None:
    frozen, slide = frozen_from(camera(), 30), np.full((HEIGHT, WIDTH, 3), 220, np.uint8)

    def view(at_s: float) -> Pixels:
        out = slide.copy()
        out[-48:, -64:] = frozen(at_s)[30:126:2, 66:194:2]
        return out

    assert [begin for begin, _ in spans(play(view, 50), "is_frozen")] == [38.5]


def calm(at_s: float) -> Pixels:
    """No noise at all: a mouth for a while, then only eyes that blink now and then."""
    out = soft(3).copy()
    if at_s < 30:
        out[80:90, 110 + int(at_s * 7) % 9 : 150] = 60
    if int(at_s * 2) % 15 == 7:
        out[50:56, 100:150] = 40
    return out


def paused(at_s: float) -> Pixels:
    """A game that scrolls, then a menu over its last picture."""
    world = np.hstack([soft(seed) for seed in (4, 5, 6)])
    left = int(min(at_s, 30) * 16) % 500
    out = world[:, left : left + WIDTH].copy()
    if at_s > 30:
        out //= 2
        out[40:100, 80:170] = 200
    return out


def stops_one_after_the_other(at_s: float) -> Pixels:
    """Signs that end, each at its own time."""
    out = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    for column in range(8):
        out[16:128, column * 32 : column * 32 + 32] += np.uint8(int(min(at_s, 15 + 3 * column) * 2) % 2 * 40)
    return out


def goes_on_in_a_part(at_s: float) -> Pixels:
    """Most of a camera stands, while somebody at its edge goes on."""
    out = frozen_room(at_s).copy()
    out[60:90, 190:240] = int(at_s * 2) % 5 * 40
    return out


def menu_over_a_part(at_s: float) -> Pixels:
    """A camera's last picture under a menu that covers a third of it."""
    out = frozen_room(at_s).copy()
    if at_s >= 30:
        out[:, 170:] = 245
    return out


def stops_long_after_the_rest(at_s: float) -> Pixels:
    """Somebody at the edge goes on until all else has stood for longer than is remembered."""
    return goes_on_in_a_part(min(at_s, 90.0))


frozen_room = frozen_from(camera(7), 30)


@pytest.mark.parametrize(
    "view",
    [
        still(soft(1)),
        then(still(soft(1)), (15, still(soft(2))), (30, still(soft(3)))),
        then(camera(), (30, still(soft(8)))),
        calm,
        paused,
        stops_one_after_the_other,
        goes_on_in_a_part,
        menu_over_a_part,
        frozen_from(camera(), 1),
    ],
    ids=["slide", "slides", "card", "calm head", "menu", "signs", "goes on", "menu over a part", "never seen alive"],
)
def test_still_but_alive_is_neither_frozen_nor_black(view: View) -> None:
    told = play(view, 60)
    assert (spans(told, "is_frozen"), spans(told, "is_black")) == ([], [])


def test_part_that_stops_long_after_the_rest_is_not_judged() -> None:
    assert spans(play(stops_long_after_the_rest, 105), "is_frozen") == []


def test_cuts_between_cameras_are_told_once() -> None:
    assert cuts(play(then(camera(1), (20, camera(2)), (40, camera(3))), 60)) == [20.0, 40.0]


def test_cross_fade_is_one_cut_at_most() -> None:
    first, second = camera(1), camera(2)

    def view(at_s: float) -> Pixels:
        share = min(max((at_s - 20) / 1.5, 0), 1)
        return (first(at_s) * (1 - share) + second(at_s) * share).astype(np.uint8)

    assert len(cuts(play(view, 40))) <= 1


def test_exposure_in_steps_is_no_cut() -> None:
    shot = camera()
    told = play(lambda at_s: np.clip(shot(at_s) * (1 + 0.12 * (int(at_s / 10) % 2)), 0, 255).astype(np.uint8), 60)
    assert cuts(told) == []


def test_another_size_or_a_gap_begins_anew() -> None:
    meter, shot = PictureMeter(), camera()
    play(shot, 30, meter)
    wide = [meter.measure(round(at_s * 1000), np.repeat(shot(30), 2, axis=1)) for at_s in np.arange(30, 55, 0.5)]
    assert (spans(wide, "is_frozen"), cuts(wide)) == ([], [])
    play(shot, 90, meter, 60.0)
    later = [meter.measure(round(at_s * 1000), soft(1)) for at_s in np.arange(96, 120, 0.5)]
    assert (spans(later, "is_frozen"), cuts(later)) == ([], [])


def test_picture_of_the_same_moment_changes_nothing() -> None:
    meter = PictureMeter()
    play(camera(), 10, meter)
    assert not meter.measure(9_500, soft(9)).is_cut


SHOTS = [camera()(index / 2) for index in range(7)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(500, 1000), min_size=20, max_size=20))
def test_black_is_told_in_time_at_any_pace(gaps_ms: list[int]) -> None:
    meter, at_ms, found_ms = PictureMeter(), 0, 0
    for index, gap_ms in enumerate(gaps_ms):
        at_ms += gap_ms
        screen = meter.measure(at_ms, SHOTS[index % 7] if at_ms < 5_000 else BLACK)
        if screen.is_black and not found_ms:
            found_ms = at_ms
    assert 6_500 <= found_ms <= 8_500


def test_news_are_changes_cuts_and_one_state_in_ten_seconds() -> None:
    def state(at_s: int, scene: str = "", *, is_cut: bool = False, product: str = "") -> Screen:
        return Screen(at_s * 1000, scene, False, False, 0.4, is_cut, product=product)

    told = [
        state(0),
        state(1),
        state(2, is_cut=True),
        state(3, "break"),
        state(4, "break"),
        state(5, "break", product="mug"),
        state(14, "break", product="mug"),
        state(15, "break", product="mug"),
    ]
    news = ScreenNews()
    assert [one.at_ms // 1000 for screen in told for one in news.of(screen)] == [0, 2, 3, 5, 15]
