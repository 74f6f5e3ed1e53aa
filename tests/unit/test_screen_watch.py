"""Pictures become measurements, scenes, products and chat."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from martlive_desktop.adapters.screen_watch import ScreenWatch
from martlive_desktop.core.events import Chat, Screen, Status
from martlive_desktop.core.picture import Picture
from martlive_desktop.core.scenes import SceneLook, learn
from martlive_desktop.core.sight import Sight
from tests.fakes.pictures import ListPictures, plain, speckled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from martlive_desktop.adapters.chat_ocr import OcrChat
    from martlive_desktop.adapters.product_pictures import ProductFinder

CARD = speckled(1)


class FakeFinder:
    """Finds what a test says, and notes how bright the pictures were."""

    is_idle = False

    def __init__(self, found: str = "lamp", problems: tuple[str, ...] = ()) -> None:
        self.found = found
        self.problems = problems
        self.asked = 0

    def find(self, pixels: NDArray[np.uint8]) -> str:
        self.asked += 1
        return self.found if self.asked > 1 else ""


class FakeChat:
    """Reads a line on every picture."""

    def __init__(self) -> None:
        self.offered: list[int] = []
        self.done: list[str] = []

    def offer(self, picture: Picture) -> None:
        self.offered.append(picture.at_ms)

    def look(self, picture: Picture) -> Iterator[Chat | Status]:
        yield Chat(picture.at_ms, "Rosa", "hi", "screen")

    def stop(self) -> None:
        self.done.append("stop")

    def close(self) -> None:
        self.done.append("close")


def pictures(seconds: float, pixels: NDArray[np.uint8] = CARD, since_ms: int = 0) -> list[Picture]:
    return [Picture(since_ms + 500 * number, pixels) for number in range(round(2 * seconds))]


def screens(watch: ScreenWatch) -> list[Screen]:
    return [item for item in watch.read() if isinstance(item, Screen)]


def finder_of(fake: FakeFinder) -> ProductFinder:
    return cast("ProductFinder", fake)


def chat_of(fake: FakeChat) -> OcrChat:
    return cast("OcrChat", fake)


def test_states_are_told_at_changes_and_every_ten_seconds() -> None:
    black = pictures(5, plain(0, 320, 180), since_ms=12_000)
    told = screens(ScreenWatch(ListPictures([*pictures(12), *black]), Sight()))
    assert [(one.at_ms, one.is_black, one.is_cut) for one in told] == [
        (0, False, False),
        (10_000, False, False),
        (12_000, False, True),
        (14_000, True, False),
    ]


def test_states_of_the_source_are_handed_on_in_order() -> None:
    lost = Status(500, "screen", "lost", "It is gone.")
    items = list(ScreenWatch(ListPictures([lost, Picture(1_000, CARD), lost]), Sight()).read())
    assert [item.type for item in items] == ["status", "screen", "status"]
    assert items[0] == items[2] == lost


def test_product_is_looked_for_every_two_seconds() -> None:
    finder = FakeFinder()
    told = screens(ScreenWatch(ListPictures(pictures(7)), Sight(), finder=finder_of(finder)))
    assert finder.asked == 4
    assert [(one.at_ms, one.product) for one in told] == [(0, ""), (2_000, "lamp")]


def test_no_product_is_looked_for_without_a_picture_of_one() -> None:
    finder = FakeFinder()
    finder.is_idle = True
    screens(ScreenWatch(ListPictures(pictures(7)), Sight(), finder=finder_of(finder)))
    assert finder.asked == 0


def test_pictures_of_no_use_are_told_once() -> None:
    finder = FakeFinder(problems=("The picture of lamp is not there.", "The picture of mug is not there."))
    told = list(ScreenWatch(ListPictures(pictures(7)), Sight(), finder=finder_of(finder)).read())
    assert [item for item in told if isinstance(item, Status)] == [
        Status(0, "screen", "picture", "The picture of lamp is not there."),
        Status(0, "screen", "picture", "The picture of mug is not there."),
    ]
    assert told[2].type == "screen"


def test_scene_is_learned_from_the_next_six_pictures() -> None:
    learned: list[SceneLook] = []
    source = ListPictures(pictures(12))
    watch = ScreenWatch(source, Sight(), on_scene=learned.append)
    counts: list[int] = []

    def act(number: int) -> None:
        if number == 3:
            watch.learn("break")
        counts.append(len(learned))

    source.before = act
    screens(watch)
    assert learned == [learn("break", [CARD])]
    assert counts.index(1) == 9


def test_scene_that_is_asked_for_again_is_learned_anew() -> None:
    learned: list[SceneLook] = []
    other = speckled(2)
    source = ListPictures([*pictures(2), *pictures(4, other, since_ms=2_000)])
    watch = ScreenWatch(source, Sight(), on_scene=learned.append)
    source.before = lambda number: watch.learn({0: "break", 4: "main"}[number]) if number in {0, 4} else None
    screens(watch)
    assert learned == [learn("main", [other])]


def test_scene_is_learned_from_pictures_of_one_size() -> None:
    learned: list[SceneLook] = []
    small = speckled(1, 160, 90)
    watch = ScreenWatch(
        ListPictures([*pictures(1, small), *pictures(3, since_ms=1_000)]), Sight(), on_scene=learned.append
    )
    watch.learn("starting")
    screens(watch)
    assert learned == [learn("starting", [CARD])]


def test_scene_that_nobody_wants_to_know_is_not_kept() -> None:
    watch = ScreenWatch(ListPictures(pictures(4)), Sight())
    watch.learn("break")
    assert [one.scene for one in screens(watch)] == [""]


def test_scene_that_is_on_is_known() -> None:
    watch = ScreenWatch(ListPictures(pictures(1)), Sight(looks=[learn("break", [CARD])]))
    assert watch.scene == ""
    assert [one.scene for one in screens(watch)] == ["break"]
    assert watch.scene == "break"


def test_chat_of_a_live_show_is_offered_and_comes_by_its_own_way() -> None:
    chat = FakeChat()
    told = list(ScreenWatch(ListPictures(pictures(2)), Sight(), chat=chat_of(chat)).read())
    assert chat.offered == [0, 500, 1_000, 1_500]
    assert [item.type for item in told] == ["screen"]
    assert chat.done == []


def test_chat_of_a_recording_is_read_at_once() -> None:
    chat = FakeChat()
    told = list(ScreenWatch(ListPictures(pictures(1)), Sight(), chat=chat_of(chat), is_live=False).read())
    assert [(item.type, item.at_ms) for item in told] == [("screen", 0), ("chat", 0), ("chat", 500)]
    assert chat.offered == []
    assert chat.done == ["stop"]


def test_process_that_reads_ends_with_a_recording_that_is_left_early() -> None:
    chat = FakeChat()
    items = ScreenWatch(ListPictures(pictures(9)), Sight(), chat=chat_of(chat), is_live=False).read()
    assert isinstance(items, Generator)
    next(items)
    items.close()
    assert chat.done == ["stop"]


@pytest.mark.parametrize("has_chat", [True, False])
def test_close_closes_pictures_and_chat(has_chat: bool) -> None:
    chat, source = FakeChat(), ListPictures([])
    ScreenWatch(source, Sight(), chat=chat_of(chat) if has_chat else None).close()
    assert source.is_closed
    assert chat.done == ["close"] * has_chat


def test_each_picture_is_shown_to_who_looks() -> None:
    seen: list[Sequence[int]] = []
    watch = ScreenWatch(ListPictures(pictures(1)), Sight(), on_picture=lambda pixels: seen.append(pixels.shape))
    screens(watch)
    assert seen == [(180, 320, 3), (180, 320, 3)]
