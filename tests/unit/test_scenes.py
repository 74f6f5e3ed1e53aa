"""Saved scenes, found again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from martlive_desktop.core.scenes import NAMES, TALL, WIDE, SceneLook, SceneMatcher, learn, sampled

Pixels = NDArray[np.uint8]


def card(
    title: int, *, width: int = 640, height: int = 360, clock: int | None = None, panel: int | None = None
) -> Pixels:
    """A ground with a ramp, a title of bars that `title` draws, a clock and a panel of lines."""
    page = np.empty((360, 640, 3), np.uint8)
    page[:] = (60, 40, 30)
    page[:, :, 1] += np.arange(640, dtype=np.uint8) // 16
    letters = np.random.default_rng(title).random((4, 16)) < 0.5
    page[153:193, 203:443][np.kron(letters, np.ones((10, 15))) > 0] = 245
    if clock is not None:
        digits = np.random.default_rng(clock + 100).random((3, 6)) < 0.5
        page[20:50, 560:620][np.kron(digits, np.ones((10, 10))) > 0] = 230
    if panel is not None:
        lines = np.random.default_rng(panel + 200).random((45, 20)) < 0.5
        page[:, :160] = 20
        page[:, :160][np.kron(lines, np.ones((8, 8))) > 0] = 200
    return page[np.arange(height)[:, None] * 360 // height, np.arange(width) * 640 // width]


def seen(matcher: SceneMatcher, *pictures: Pixels) -> list[str]:
    return [matcher.match(index * 500, pixels) for index, pixels in enumerate(pictures)]


STARTING, BREAK, OTHER = card(1), card(2), card(3)
MATCHER_LOOKS = (learn("starting", [STARTING]), learn("break", [BREAK]))


def matcher() -> SceneMatcher:
    return SceneMatcher(MATCHER_LOOKS)


def test_cards_with_one_ground_are_told_apart_by_their_titles() -> None:
    assert seen(matcher(), STARTING, BREAK, STARTING) == ["starting", "break", "starting"]
    assert seen(matcher(), OTHER) == [""]


@pytest.mark.parametrize(
    "pixels",
    [
        card(2, width=1920, height=1080),
        card(2, width=961, height=541),
        np.clip(BREAK * 1.04 + 6, 0, 255).astype(np.uint8),
        np.dstack((BREAK, np.full((360, 640), 255, np.uint8))),
        np.clip(BREAK + np.random.default_rng(0).normal(0, 3, BREAK.shape), 0, 255).astype(np.uint8),
    ],
    ids=["full hd", "odd size", "lighter", "with alpha", "noisy"],
)
def test_card_is_found_as_other_captures_give_it(pixels: Pixels) -> None:
    assert seen(matcher(), pixels) == ["break"]


def test_clock_that_ran_while_it_was_learned_may_show_any_time() -> None:
    look = learn("break", [card(2, clock=index) for index in range(6)])
    assert seen(SceneMatcher([look]), card(2, clock=70)) == ["break"]
    assert seen(SceneMatcher([look]), card(3, clock=70)) == [""]


@pytest.mark.parametrize("flipped", [False, True], ids=["left", "right"])
def test_chat_beside_a_card_may_scroll(flipped: bool) -> None:
    def turned(pixels: Pixels) -> Pixels:
        return pixels[:, ::-1] if flipped else pixels

    known = SceneMatcher([learn("break", [turned(card(2, panel=1))])])
    assert seen(known, turned(card(2, panel=2))) == ["break"]
    assert seen(SceneMatcher([learn("break", [turned(card(2, panel=1))])]), turned(card(3, panel=2))) == [""]


def test_panel_without_anything_beside_it_is_not_enough() -> None:
    page = card(2, panel=1)
    page[:, 160:] = 90
    other = card(2, panel=2)
    other[:, 160:] = 90
    assert seen(SceneMatcher([learn("break", [page])]), other) == [""]


def test_alert_over_a_scene_is_waited_for() -> None:
    covered = BREAK.copy()
    covered[100:260, 220:460] = 200
    known = matcher()
    assert [known.match(at_ms, covered) for at_ms in (0, 500)] == ["", ""]
    assert known.match(1_000, BREAK) == "break"
    assert [known.match(at_ms, covered) for at_ms in (1_500, 4_000, 4_001)] == ["break", "break", ""]


def test_black_and_another_picture_end_a_scene_at_once() -> None:
    camera = np.random.default_rng(5).integers(0, 255, BREAK.shape).astype(np.uint8)
    black = np.zeros_like(BREAK)
    assert seen(matcher(), BREAK, black, BREAK, camera) == ["break", "", "break", ""]
    assert seen(SceneMatcher([learn("break", [black])]), black) == [""]


def test_look_that_moves_or_is_one_plain_ground_says_nothing() -> None:
    shots = [np.full((90, 160, 3), value, np.uint8) for value in (20, 200, 90)]
    assert seen(SceneMatcher([learn("main", shots)]), shots[0]) == [""]
    assert seen(SceneMatcher([learn("main", shots[:1])]), shots[0]) == [""]
    assert learn("main", shots).luma == bytes(TALL * WIDE)


def test_layout_around_a_camera_is_enough() -> None:
    def layout(seed: int) -> Pixels:
        page = card(2)
        page[60:300, 60:500] = np.random.default_rng(seed).integers(0, 255, (240, 440, 3))
        page[310:350, 100:500][np.kron(np.random.default_rng(1).random((4, 20)) < 0.5, np.ones((10, 20))) > 0] = 240
        return page

    assert seen(SceneMatcher([learn("main", [layout(seed) for seed in range(6)])]), layout(9)) == ["main"]


def test_no_scene_is_saved() -> None:
    assert seen(SceneMatcher(), BREAK) == [""]


@settings(max_examples=20)
@given(st.sampled_from(NAMES), st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_look_comes_back_from_plain_data(name: str, seed: int, count: int) -> None:
    pictures = list(np.random.default_rng(seed).integers(0, 255, (count, 18, 32, 3)).astype(np.uint8))
    look = learn(name, pictures)
    assert SceneLook.from_dict(json.loads(json.dumps(look.to_dict()))) == look


PLAIN = MATCHER_LOOKS[0].to_dict()


@pytest.mark.parametrize(
    "data",
    [
        {},
        PLAIN | {"more": "x"},
        PLAIN | {"name": "lunch"},
        PLAIN | {"luma": 7},
        PLAIN | {"luma": "00"},
        PLAIN | {"colour": "no digits"},
        PLAIN | {"moves": "02" * TALL * WIDE},
    ],
    ids=["nothing", "another field", "another name", "number", "too short", "no hexadecimals", "moves twice"],
)
def test_nonsense_is_no_look(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        SceneLook.from_dict(data)


def test_scene_is_learned_from_pictures() -> None:
    with pytest.raises(ValueError, match="pictures"):
        learn("break", [])


def test_look_is_learned_from_samples_as_from_whole_pictures() -> None:
    picture = np.random.default_rng(3).integers(0, 255, (1080, 1920, 4), dtype=np.uint8)
    assert learn("break", [sampled(picture)]) == learn("break", [picture])
