"""The chat on the screen is read when it has changed and stands, seldom, and told of in one line when it cannot be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from martlive_desktop.adapters.chat_ocr import NOT_READ, TOO_SMALL, OcrChat
from martlive_desktop.core.chat_panel import Reading, TextRow
from martlive_desktop.core.events import Chat, Status
from martlive_desktop.core.picture import Picture
from tests.fakes.reader import ScriptedReader

Pixels = NDArray[np.uint8]
Region = tuple[float, float, float, float]

ALL: Region = (0.0, 0.0, 1.0, 1.0)
WAIT_S = 30.0


def seen(number: int, height: int = 100, width: int = 200) -> Pixels:
    """A picture that differs from those of other numbers."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[10 * number : 10 * number + 5, 20:60] = 200
    return pixels


def reading(*said: tuple[str, str], cpu_s: float = 0.0) -> Reading:
    rows = (TextRow(20 * i, 20 * i + 12, 8, name, text, hash((name, text))) for i, (name, text) in enumerate(said))
    return Reading(tuple(rows), cpu_s)


NOTHING = reading()
ROSA, TOM = ("rosa", "safe for cats?"), ("tom", "what a lamp")


def watch(chat: OcrChat, *looks: tuple[int, Pixels]) -> list[Chat | Status]:
    """All that is told of pictures at these times."""
    return [told for at_ms, pixels in looks for told in chat.look(Picture(at_ms, pixels))]


def standing(chat: OcrChat, number: int, at_ms: int) -> list[Chat | Status]:
    """All that is told when a chat stands from half a second before `at_ms` on."""
    return watch(chat, (at_ms - 500, seen(number)), (at_ms, seen(number)))


def test_lines_are_told_with_their_time() -> None:
    chat = OcrChat(ScriptedReader([reading(ROSA), reading(ROSA, TOM)]), ALL)
    assert standing(chat, 1, 500) == [Chat(500, *ROSA, "screen")]
    assert standing(chat, 2, 2_000) == [Chat(2_000, *TOM, "screen")]


def test_picture_that_stands_is_read_once() -> None:
    reader = ScriptedReader([NOTHING])
    watch(OcrChat(reader, ALL), *((at_ms, seen(1)) for at_ms in range(0, 20_000, 500)))
    assert len(reader.asked) == 1


def grainy(pixels: Pixels, seed: int) -> Pixels:
    grain = np.random.default_rng(seed).integers(-8, 9, pixels.shape)
    return np.asarray(np.clip(pixels + grain, 0, 255), np.uint8)


def test_noise_of_a_video_is_no_change() -> None:
    reader = ScriptedReader([NOTHING])
    looks = ((at_ms, grainy(seen(1), at_ms)) for at_ms in range(0, 20_000, 500))
    watch(OcrChat(reader, ALL), *looks)
    assert len(reader.asked) == 1


def test_one_letter_is_a_change() -> None:
    reader = ScriptedReader([NOTHING])
    more = seen(1)
    more[50:57, 100:104] = 200
    watch(OcrChat(reader, ALL), *((at_ms, seen(1)) for at_ms in (0, 500)), *((at_ms, more) for at_ms in (2_000, 2_500)))
    assert len(reader.asked) == 2


def test_chat_that_moves_is_read_when_it_stands() -> None:
    reader = ScriptedReader([NOTHING])
    watch(OcrChat(reader, ALL), (0, seen(1)), (500, seen(2)), (1_000, seen(3)), (1_500, seen(3)))
    [asked] = reader.asked
    assert (asked == seen(3)).all()


@pytest.mark.parametrize("region", [ALL, (0.0, 0.0, 1.0, 0.9)], ids=["all", "full width"])
def test_picture_whose_memory_is_used_again_is_looked_at_anew(region: Region) -> None:
    reader = ScriptedReader([NOTHING])
    chat, pixels = OcrChat(reader, region), seen(0)
    for at_ms, number in [(0, 1), (500, 1), (2_000, 2), (2_500, 2)]:
        pixels[:] = seen(number)
        watch(chat, (at_ms, pixels))
    assert [int(asked[:, 20, 0].argmax()) // 10 for asked in reader.asked] == [1, 2]


def test_chat_that_never_stands_is_read_after_two_seconds() -> None:
    reader = ScriptedReader([NOTHING])
    watch(OcrChat(reader, ALL), *((500 * i, seen(i)) for i in range(9)))
    assert [int(asked[:, 20, 0].argmax()) // 10 for asked in reader.asked] == [4]


def test_two_seconds_count_from_when_it_began_to_move() -> None:
    reader = ScriptedReader([NOTHING])
    chat = OcrChat(reader, ALL)
    standing(chat, 1, 500)
    watch(chat, (10_000, seen(2)), (10_500, seen(1)), (20_000, seen(3)), (20_500, seen(4)))
    assert len(reader.asked) == 1


@pytest.mark.parametrize(
    ("cpu_s", "is_live", "rest_ms"),
    [
        pytest.param(0.0, True, 1_000, id="known rows"),
        pytest.param(1.5, True, 1_000, id="first look"),
        pytest.param(2.1, True, 3_000, id="large panel on a slow computer"),
        pytest.param(2.1, False, 1_000, id="review"),
    ],
)
def test_reading_that_costs_much_is_followed_by_a_longer_rest(cpu_s: float, is_live: bool, rest_ms: int) -> None:
    reader = ScriptedReader([reading(cpu_s=cpu_s)])
    chat = OcrChat(reader, ALL, is_live=is_live)
    standing(chat, 1, 500)
    assert not chat.wants(500 + rest_ms - 1)
    assert chat.wants(500 + rest_ms)
    standing(chat, 2, 500 + rest_ms - 1)
    assert len(reader.asked) == 1


def test_chat_that_always_changes_takes_no_more_of_a_core_than_it_may() -> None:
    reader = ScriptedReader([reading(cpu_s=1.2)])
    watch(OcrChat(reader, ALL), *((500 * i, seen(i % 9)) for i in range(240)))
    assert 30 <= 1.2 * len(reader.asked) <= 0.3 * 120 + 1.5 + 1.2


@pytest.mark.parametrize(
    ("region", "shape", "first"),
    [
        pytest.param(ALL, (100, 200, 3), (0, 0), id="all"),
        pytest.param((0.5, 0.25, 0.5, 0.5), (50, 100, 3), (25, 100), id="part"),
        pytest.param((0.6, 0.5, 0.9, 0.9), (50, 80, 3), (50, 120), id="reaches beyond"),
        pytest.param((-0.1, -0.2, 0.6, 0.7), (50, 100, 3), (0, 0), id="begins before"),
    ],
)
@pytest.mark.parametrize("channels", [3, 4], ids=["BGR", "BGRA"])
def test_part_of_the_picture_is_read(
    region: Region, shape: tuple[int, ...], first: tuple[int, int], channels: int
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (100, 200, channels), dtype=np.uint8)
    reader = ScriptedReader([NOTHING])
    watch(OcrChat(reader, region), (0, pixels), (500, pixels))
    [asked] = reader.asked
    assert asked.shape == shape
    assert asked.flags.c_contiguous
    assert asked[0, 0].tolist() == pixels[(*first, slice(0, 3))].tolist()


def test_picture_of_another_size_is_read_anew() -> None:
    reader = ScriptedReader([NOTHING])
    chat = OcrChat(reader, ALL)
    standing(chat, 1, 500)
    watch(chat, (2_000, seen(1, 200, 300)), (2_500, seen(1, 200, 300)))
    assert [asked.shape for asked in reader.asked] == [(100, 200, 3), (200, 300, 3)]


@pytest.mark.parametrize(
    "region",
    [(1.5, 0.0, 0.5, 1.0), (0.0, -2.0, 1.0, 1.0), (0.5, 0.0, 0.0, 1.0), (0.9, 0.0, 0.1, 1.0)],
    ids=["right of it", "above it", "no width", "too narrow"],
)
def test_region_without_room_is_told_once_and_when_it_has(region: Region) -> None:
    reader = ScriptedReader([NOTHING])
    chat = OcrChat(reader, region)
    assert watch(chat, *((at_ms, seen(1)) for at_ms in (0, 500, 1_000))) == [Status(0, "chat", "lost", TOO_SMALL)]
    assert reader.asked == []
    chat.use_region(ALL)
    assert standing(chat, 1, 2_000) == [Status(2_000, "chat", "reading")]


def test_reader_that_fails_is_told_once_and_when_it_is_back() -> None:
    reader = ScriptedReader([None, None, None, reading(ROSA), None])
    chat = OcrChat(reader, ALL)
    assert watch(chat, *((at_ms, seen(1)) for at_ms in range(0, 3_000, 500))) == [
        Status(500, "chat", "lost", NOT_READ),
        Status(2_000, "chat", "reading"),
        Chat(2_000, *ROSA, "screen"),
    ]
    assert standing(chat, 2, 4_000) == [Status(4_000, "chat", "lost", NOT_READ)]


def test_without_a_region_nothing_is_read() -> None:
    reader = ScriptedReader([NOTHING])
    chat = OcrChat(reader, ALL)
    chat.use_region(None)
    assert not chat.wants(0)
    assert standing(chat, 1, 500) == []
    assert reader.asked == []
    chat.use_region(ALL)
    assert chat.wants(1_000)


def test_region_taken_away_ends_its_trouble() -> None:
    chat = OcrChat(ScriptedReader([NOTHING]), (0.0, 0.0, 0.0, 0.0))
    watch(chat, (0, seen(1)))
    chat.use_region(None)
    assert watch(chat, (500, seen(1)), (1_000, seen(1))) == [Status(500, "chat", "reading")]


def test_newest_lines_are_shown() -> None:
    chat = OcrChat(ScriptedReader([reading(*((f"v{i}", f"line {i}") for i in range(7)))]), ALL)
    standing(chat, 1, 500)
    assert chat.lines == ("v2: line 2", "v3: line 3", "v4: line 4", "v5: line 5", "v6: line 6")


@pytest.mark.parametrize(
    ("user", "text", "told"),
    [
        pytest.param("ro\u202esa", "hi\x00 \x1b[31mthere", [("rosa", "hi [31mthere")], id="control characters"),
        pytest.param("r" * 90, "t" * 900, [("r" * 40, "t" * 300)], id="too long"),
        pytest.param("rosa", "\u202e\u200e", [], id="no text left"),
        pytest.param("a\ud800", "hi", [("a", "hi")], id="half a character"),
    ],
)
def test_lines_are_cleaned(user: str, text: str, told: list[tuple[str, str]]) -> None:
    chat = OcrChat(ScriptedReader([reading((user, text))]), ALL)
    assert standing(chat, 1, 500) == [Chat(500, *one, "screen") for one in told]


def until(condition: Callable[[], bool]) -> None:
    looks = threading.Event()
    for _ in range(round(WAIT_S / 0.01)):
        if condition():
            return
        looks.wait(0.01)
    pytest.fail("it did not happen")


@contextmanager
def live(chat: OcrChat, reader: ScriptedReader) -> Iterator[list[Chat | Status]]:
    """What `chat` tells on a thread of its own, closed at the end."""
    told: list[Chat | Status] = []
    thread = threading.Thread(target=lambda: told.extend(chat.read()))
    thread.start()
    try:
        yield told
    finally:
        chat.close()
        thread.join(WAIT_S)
        assert not thread.is_alive()
        assert reader.stops == 1


def test_lines_of_offered_pictures_come() -> None:
    reader = ScriptedReader([reading(ROSA)])
    chat = OcrChat(reader, ALL)
    watch(chat, (0, seen(1)))
    with live(chat, reader) as told:
        chat.offer(Picture(500, seen(1)))
        until(lambda: chat.lines == ("rosa: safe for cats?",))
    assert told == [Chat(500, *ROSA, "screen")]


def test_only_the_newest_of_the_pictures_that_came_meanwhile_is_looked_at() -> None:
    reader = ScriptedReader([NOTHING])
    chat = OcrChat(reader, ALL)
    watch(chat, (0, seen(1)))
    reader.goes_on.clear()
    with live(chat, reader):
        chat.offer(Picture(500, seen(1)))
        assert reader.is_asked.wait(WAIT_S)
        # Were both looked at, the chat would stand.
        chat.offer(Picture(2_000, seen(2)))
        chat.offer(Picture(2_500, seen(2)))
        reader.goes_on.set()
        until(lambda: chat._offered is None)
    assert len(reader.asked) == 1


def test_close_ends_a_read_that_waits_for_pictures() -> None:
    reader = ScriptedReader([NOTHING])
    chat = OcrChat(reader, ALL)
    with live(chat, reader) as told:
        chat.close()
    assert told == []


def test_reader_that_ends_with_the_show_is_no_trouble() -> None:
    reader = ScriptedReader([None])
    chat = OcrChat(reader, ALL)
    watch(chat, (0, seen(1)))
    reader.goes_on.clear()
    with live(chat, reader) as told:
        chat.offer(Picture(500, seen(1)))
        assert reader.is_asked.wait(WAIT_S)
        chat.close()
    assert told == []
