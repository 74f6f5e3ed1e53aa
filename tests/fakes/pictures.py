"""Pictures that a test makes up, and what takes them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from martlive_desktop.core.errors import ScreenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from martlive_desktop.adapters.screen_grab import Rect
    from martlive_desktop.core.events import Status
    from martlive_desktop.core.picture import Picture
    from tests.fakes.scripted_clock import ScriptedClock


def plain(level: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A picture of one grey, BGRA."""
    return np.full((height, width, 4), level, np.uint8)


def speckled(seed: int = 0, width: int = 320, height: int = 180) -> NDArray[np.uint8]:
    """Coarse squares of any colour, BGR: no two seeds look alike."""
    cells = np.random.default_rng(seed).integers(30, 230, (18, 32, 3))
    rows, columns = np.arange(height) * 18 // height, np.arange(width) * 32 // width
    return cells[rows[:, None], columns].astype(np.uint8)


class FakeGrabber:
    """Takes pictures of `pixels`; `cost_ms` passes while it does, and it is gone while `gone` says why."""

    def __init__(self, clock: ScriptedClock, name: str = "LEFT", rect: Rect | None = None) -> None:
        self.name = name
        self.rect = rect
        self.may_hide = rect is not None
        self.pixels = plain(90) if rect is None else plain(90, rect.width, rect.height)
        self.cost_ms = 0
        self.gone = ""
        self.opened = self.closed = 0
        self.asked_full: list[bool] = []
        self._clock = clock

    def open(self) -> FakeGrabber:
        if self.gone:
            raise ScreenUnavailable(self.gone)
        self.opened += 1
        return self

    def grab(self, *, is_full: bool) -> NDArray[np.uint8]:
        self.asked_full.append(is_full)
        if self.gone:
            raise ScreenUnavailable(self.gone)
        self._clock.wait_until(self._clock.now_ms() + self.cost_ms)
        return self.pixels.copy()

    def close(self) -> None:
        self.closed += 1


def scripted_event(clock: ScriptedClock) -> type[threading.Event]:
    """An event for which waiting only moves `clock`; one who waits for ever waits for what is planned."""

    class ScriptedEvent(threading.Event):
        @override
        def wait(self, timeout: float | None = None) -> bool:
            clock.wait(self, 3_600 if timeout is None else timeout)
            assert timeout is not None or self.is_set(), "waits for what never happens"
            return self.is_set()

    return ScriptedEvent


class ListPictures:
    """A `PictureSource` from a list."""

    def __init__(self, items: Sequence[Picture | Status]) -> None:
        self._items = items
        self.is_closed = False
        self.before: Callable[[int], None] = lambda _number: None
        """Called before each item with its number."""

    def read(self) -> Iterator[Picture | Status]:
        for number, item in enumerate(self._items):
            self.before(number)
            yield item

    def close(self) -> None:
        self.is_closed = True
