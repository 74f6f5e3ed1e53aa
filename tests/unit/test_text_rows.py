"""Rows of text are found in drawn panels of any theme and size, and nothing is found in what is no chat."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from martlive_desktop.inference.text_rows import STRIP_PX, Row, find_rows

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

FONT = cv2.FontFace("sans")
WIDTH, PITCH = 400, 40
"""Of a panel, and from row to row, in pixels."""

THEMES: dict[str, tuple[Colour, Colour, Colour]] = {
    "dark": ((28, 24, 24), (235, 235, 235), (120, 200, 255)),
    "light": ((250, 250, 250), (30, 30, 30), (170, 60, 20)),
}
"""Colours of the ground, the text and the names, BGR."""


class Panel:
    """A chat that is drawn."""

    def __init__(self, theme: str = "dark", size: int = 15, rows: int = 3) -> None:
        self.ground, self.ink, self.name = THEMES[theme]
        self.size = size
        self.pixels: Pixels = np.full((PITCH * rows + 20, WIDTH, 3), self.ground, np.uint8)

    def write(self, row: int, text: str, left: int = 8, colour: Colour | None = None) -> int:
        """Draw `text`; where it ends."""
        pen, _ = cv2.putText(
            self.pixels, text, (left, self.baseline(row)), self.ink if colour is None else colour, FONT, self.size, 400
        )
        return int(pen[0])

    def say(self, row: int, name: str, text: str, left: int = 8) -> int:
        """Draw a message in one row; where it ends."""
        return self.write(row, text, self.write(row, f"{name}:", left, self.name) + self.size // 3)

    def baseline(self, row: int) -> int:
        return PITCH * row + 30

    @property
    def rows(self) -> list[Row]:
        return find_rows(self.pixels)


def ink_share(strip: Pixels | None) -> float:
    assert strip is not None
    return float((strip < 128).mean())


@pytest.mark.parametrize("size", [11, 13, 15, 17, 20])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_rows_are_found_where_they_are(theme: str, size: int) -> None:
    panel = Panel(theme, size)
    panel.say(0, "rosa", "is it safe for cats?")
    right = panel.write(1, "and for small dogs too")
    panel.say(2, "tom", "hello all")
    first, second, third = panel.rows
    assert [row.name_words for row in (first, second, third)] == [1, 0, 1]
    assert [row.name is None for row in (first, second, third)] == [False, True, False]
    assert all(abs(row.left - 8) <= 2 for row in (first, second, third))
    assert abs(second.left + second.look.shape[1] - right) <= 3
    for at, row in enumerate((first, second, third)):
        assert row.top < panel.baseline(at) <= row.bottom
        assert 0.6 * size <= row.bottom - row.top <= 1.2 * size


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_strips_are_black_letters_on_white_of_one_height(theme: str) -> None:
    panel = Panel(theme)
    panel.say(0, "rosa", "is it safe for cats?")
    [row] = panel.rows
    for strip in (row.name, row.text):
        assert strip is not None
        assert strip.dtype == np.uint8
        assert strip.shape[::2] == (STRIP_PX, 3)
        assert (strip[0] == 255).all()
        assert 0.03 < ink_share(strip) < 0.4


def test_name_of_two_words_is_apart_from_the_text() -> None:
    panel = Panel()
    panel.say(0, "rosa lee", "is it safe for cats?")
    panel.write(1, "and for small dogs too")
    assert [row.name_words for row in panel.rows] == [2, 0]


def test_name_above_its_text_has_a_row_of_its_own() -> None:
    panel = Panel(rows=4)
    for at in (0, 2):
        panel.write(at, "rosa", colour=panel.name)
        panel.write(at + 1, "is it safe for cats and dogs?")
    assert [(row.name is None, row.text is None) for row in panel.rows] == [(False, True), (True, False)] * 2


def test_names_of_many_colours_are_names() -> None:
    panel = Panel(rows=4)
    for at, colour in enumerate([(80, 80, 240), (90, 210, 90), (240, 150, 60), (220, 90, 200)]):
        panel.write(at, "is it safe for cats?", panel.write(at, "rosa:", colour=colour) + 5)
    assert [row.name_words for row in panel.rows] == [1, 1, 1, 1]


def disc(panel: Panel, row: int, left: int, radius: int) -> int:
    cv2.circle(panel.pixels, (left + radius, panel.baseline(row) - 5), radius, (60, 190, 250), -1, cv2.LINE_AA)
    return left + 2 * radius


def face(panel: Panel, row: int, left: int, radius: int) -> int:
    right = disc(panel, row, left, radius)
    for side in (-1, 1):
        eye = (left + radius + side * radius // 3, panel.baseline(row) - 5 - radius // 3)
        cv2.circle(panel.pixels, eye, 1, (40, 60, 120), -1)
    return right


def badge(panel: Panel, row: int, left: int, radius: int) -> int:
    top, size = panel.baseline(row) - 2 * radius + 1, 2 * radius
    cv2.rectangle(panel.pixels, (left, top), (left + size, top + size), (200, 80, 160), -1)
    return left + size


@pytest.mark.parametrize(
    ("draw", "radius"),
    [
        pytest.param(disc, 7, id="disc"),
        pytest.param(face, 8, id="face"),
        pytest.param(badge, 7, id="badge"),
        pytest.param(disc, 14, id="avatar"),
    ],
)
def test_picture_is_no_text(draw: Callable[[Panel, int, int, int], int], radius: int) -> None:
    plain, panel = Panel(), Panel()
    rights = []
    for one in (plain, panel):
        one.say(0, "rosa", "is it safe for cats?", 60)
        rights.append(one.say(1, "tom", "what a great lamp", 60))
    draw(panel, 0, 60 - 2 * radius - 5, radius)
    draw(panel, 1, rights[1] + 5, radius)
    assert [(row.left, row.look.shape[1], row.name_words) for row in panel.rows] == [
        (row.left, row.look.shape[1], row.name_words) for row in plain.rows
    ]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        pytest.param(0, 140, 3, id="whole"),
        pytest.param(25, 140, 2, id="first one cut"),
        pytest.param(0, 105, 2, id="last one cut"),
        pytest.param(25, 105, 1, id="both cut"),
    ],
)
def test_row_cut_at_an_edge_is_left_out(first: int, last: int, found: int) -> None:
    panel = Panel()
    for at in range(3):
        panel.say(at, "rosa", "is it safe for cats?")
    assert len(find_rows(panel.pixels[first:last])) == found


def test_row_that_moved_looks_the_same() -> None:
    looks = []
    for at in (0, 2):
        panel = Panel()
        panel.say(at, "rosa", "is it safe for cats?")
        looks.append(panel.rows[0].look)
    assert (looks[0] == looks[1]).all()


def test_rows_that_touch_are_apart() -> None:
    panel = Panel(rows=4)
    for at in range(4):
        panel.say(at, "rosa", "dogs like young people")
    # Tails of the second end where tall letters of the third begin.
    panel.pixels = np.delete(panel.pixels, slice(panel.baseline(1) + 4, panel.baseline(1) + 28), axis=0)
    assert [row.name_words for row in panel.rows] == [1, 1, 1, 1]


def test_dots_belong_to_a_row_of_low_letters() -> None:
    panel = Panel(rows=3)
    for at in range(3):
        panel.write(at, "no, mine is in sun or rain now" if at == 1 else "safe for cats and dogs")
    assert [row.top - panel.baseline(at) for at, row in enumerate(panel.rows)] == [
        panel.rows[0].top - panel.baseline(0)
    ] * 3


def test_row_of_nothing_but_pictures_is_left_out() -> None:
    panel = Panel()
    for at in (0, 2):
        panel.say(at, "rosa", "is it safe for cats?")
    for left in (8, 30, 52):
        small_heart(panel, 1, left)
    assert [row.name_words for row in panel.rows] == [1, 1]


def small_heart(panel: Panel, row: int, left: int) -> None:
    """No higher than a letter, and of two shades of one colour."""
    base = panel.baseline(row)
    panel.pixels[base - 10 : base - 5, left : left + 11] = (60, 150, 250)
    panel.pixels[base - 5 : base, left + 2 : left + 9] = (60, 205, 250)


def test_panel_whose_ground_changes_from_row_to_row_is_read() -> None:
    panel = Panel()
    panel.pixels[PITCH + 8 : 2 * PITCH + 8] = (60, 50, 50)
    for at in range(3):
        panel.say(at, "rosa", "is it safe for cats?")
    assert [row.name_words for row in panel.rows] == [1, 1, 1]


def noise(*shape: int, low: int = 0, high: int = 256) -> Pixels:
    return np.random.default_rng(1).integers(low, high, (*shape, 3), dtype=np.uint8)


def photo(*shape: int) -> Pixels:
    soft = cv2.GaussianBlur(noise(*shape), (0, 0), 3).astype(np.float32)
    pixels: Pixels = ((soft - soft.min()) / np.ptp(soft) * 255).astype(np.uint8)
    return pixels


def gradient(*shape: int) -> Pixels:
    return np.repeat(np.linspace(0, 255, shape[0] * shape[1]).reshape(*shape, 1), 3, axis=2).astype(np.uint8)


def blocks(height: int, width: int, pitch: int, side: int) -> Pixels:
    pixels = np.zeros((height, width, 3), np.uint8)
    for top in range(side - 1):
        for left in range(side):
            pixels[top :: pitch + 2, left::pitch] = 255
    return pixels


def sparse(*shape: int) -> Pixels:
    return np.repeat((np.random.default_rng(1).random((*shape, 1)) < 0.2) * np.uint8(255), 3, axis=2)


@pytest.mark.parametrize(
    ("pixels", "most_s"),
    [
        pytest.param(noise(1000, 1000), 1.0, id="noise"),
        pytest.param(noise(1000, 1000, high=60), 1.0, id="dark noise"),
        pytest.param(sparse(1000, 1000), 1.0, id="single points"),
        pytest.param(photo(1000, 1000), 1.0, id="photo"),
        pytest.param(gradient(1000, 1000), 1.0, id="gradient"),
        pytest.param(blocks(1000, 1000, 8, 5), 1.0, id="too many shapes"),
        pytest.param(blocks(500, 1000, 12, 8), 8.0, id="many shapes"),
        pytest.param(np.zeros((1000, 1000, 3), np.uint8), 1.0, id="black"),
        pytest.param(noise(60, 4000), 1.0, id="wide"),
        pytest.param(noise(4000, 60), 1.0, id="high"),
    ],
)
def test_what_is_no_chat_takes_little_time(pixels: Pixels, most_s: float) -> None:
    began_s = time.process_time()
    find_rows(pixels)
    assert time.process_time() - began_s < most_s


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.zeros((200, 300, 3), np.uint8), id="black"),
        pytest.param(np.full((200, 300, 3), 255, np.uint8), id="white"),
        pytest.param(noise(300, 300), id="noise"),
        pytest.param(photo(300, 300), id="photo"),
        pytest.param(gradient(200, 300), id="gradient"),
        pytest.param(noise(1, 1), id="one pixel"),
        pytest.param(noise(1, 4000), id="one line"),
        pytest.param(noise(4000, 1), id="one column"),
        pytest.param(sparse(1000, 1000), id="single points"),
    ],
)
def test_what_is_no_chat_has_no_rows(pixels: Pixels) -> None:
    assert find_rows(pixels) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.integers(1, 200), st.integers(1, 256), st.integers(1, 40), st.integers(0, 9))
def test_any_picture_gives_rows_inside_it(height: int, width: int, high: int, coarse: int, seed: int) -> None:
    small = np.random.default_rng(seed).integers(
        0, high, (-(-height // coarse), -(-width // coarse), 3), dtype=np.uint8
    )
    pixels = np.ascontiguousarray(small.repeat(coarse, axis=0).repeat(coarse, axis=1)[:height, :width])
    for row in find_rows(pixels):
        assert 0 <= row.top < row.bottom <= height
        assert 0 <= row.left < width
        assert (row.name is None) == (row.name_words == 0)
        assert row.name is not None or row.text is not None
