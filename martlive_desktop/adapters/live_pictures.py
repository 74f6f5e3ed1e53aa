"""One or two pictures a second of what is watched, for as long as the show goes."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.core.errors import ScreenUnavailable
from martlive_desktop.core.events import Status
from martlive_desktop.core.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.screen_grab import Rect
    from martlive_desktop.ports import Clock

log = logging.getLogger(__name__)

FAST_MS, SLOW_MS = 500, 800
"""From one picture to the next. At two a second black is found in 2.5 s; below 1.25 it would take more than three."""

WORK_SHARE = 0.05
"""Part of the time that taking and measuring pictures may take, before they come less often."""

RETRY_MS = (500, 1_000, 2_000, 3_000)
"""Before what is gone is looked for again; the last for ever."""

UNLIT_PICTURES = 3
"""Pictures of nothing but zeros, from the first on, that are a window which lets nobody look and no black scene."""

ONLY_BLACK = (
    "{name} shows MartLive only black, so its program may not let others look; choose OBS under What viewers see."
)


NOT_WATCHED = "The screen is not watched; choose what to watch under What viewers see."
PAUSED = "The screen is not watched until you go on."


class Grabber(Protocol):
    """Takes pictures of one thing; raises `ScreenUnavailable` when that is gone."""

    @property
    def name(self) -> str: ...

    @property
    def rect(self) -> Rect | None:
        """Where on the desktop; None: it is nowhere on it."""
        ...

    @property
    def may_hide(self) -> bool:
        """Whether it may show black to everybody but its user."""
        ...

    def grab(self, *, is_full: bool) -> NDArray[np.uint8]: ...

    def close(self) -> None: ...


class LivePictures:
    """A `PictureSource` that comes back by itself; everything but `read` may be called from any thread."""

    def __init__(
        self,
        open_grabber: Callable[[], Grabber] | None,
        clock: Clock,
        *,
        wants_full: Callable[[int], bool] = lambda _: True,
        is_urgent: Callable[[], bool] = lambda: False,
    ) -> None:
        """Nothing is opened before `read`.

        Args:
            open_grabber: gives what takes the pictures, or raises `ScreenUnavailable`; None: nothing is watched.
            clock: the stream's time.
            wants_full: whether a picture at that time is to have all its pixels, for they may cost more.
            is_urgent: whether the next picture is to come soon, however busy the computer is.
        """
        self._open = open_grabber
        self._clock = clock
        self._wants_full = wants_full
        self._is_urgent = is_urgent
        self._changed = threading.Event()
        self._is_closed = False
        self._is_paused = False
        self._is_other = False
        self._told = ("", "")
        self.own_windows: Sequence[Rect] = ()
        """Where MartLive's windows are on the desktop: they are painted over."""

    def pause(self, is_paused: bool) -> None:  # noqa: FBT001 - it is the value
        """Look away, or look again."""
        self._is_paused = is_paused
        self._changed.set()

    def use(self, open_grabber: Callable[[], Grabber] | None) -> None:
        """Watch something else, or nothing."""
        self._open = open_grabber
        self._is_other = True
        self._changed.set()

    def close(self) -> None:
        """End `read` soon."""
        self._is_closed = True
        self._changed.set()

    def read(self) -> Iterator[Picture | Status]:
        failures = 0
        while True:
            # Before anything is looked at: what changes from here on sets it again.
            self._changed.clear()
            if self._is_closed:
                return
            self._is_other = False
            open_grabber = self._open
            if open_grabber is None or self._is_paused:
                state, detail = ("off", NOT_WATCHED) if open_grabber is None else ("paused", PAUSED)
                yield from self._tell(state, detail)
                self._changed.wait()
                continue
            try:
                with contextlib.closing(open_grabber()) as grabber:
                    for one in self._watch(grabber):
                        failures = 0
                        yield one
            except ScreenUnavailable as exc:
                log.info("the screen is not seen", extra={"failures": failures})
                yield from self._tell("lost", str(exc))
                self._changed.wait(RETRY_MS[min(failures, len(RETRY_MS) - 1)] / 1000)
                failures += 1

    def _watch(self, grabber: Grabber) -> Iterator[Picture | Status]:
        unlit = 0
        while True:
            self._changed.clear()
            if self._is_closed or self._is_paused or self._is_other:
                return
            at_ms = self._clock.now_ms()
            pixels = grabber.grab(is_full=self._wants_full(at_ms))
            rect = grabber.rect
            if grabber.may_hide:
                unlit = unlit + 1 if unlit >= 0 and not pixels[::8, ::8, :3].any() else -1
            if rect is not None:
                for window in self.own_windows:
                    if part := window.within(rect):
                        paint_over(pixels, part.left - rect.left, part.top - rect.top, part.width, part.height)
            if unlit < UNLIT_PICTURES:
                name = f"{grabber.name} ({rect.width}×{rect.height})" if rect is not None else grabber.name
                yield from self._tell("watching", name)
                yield Picture(at_ms, pixels)
            else:
                yield from self._tell("lost", ONLY_BLACK.format(name=grabber.name))
            spent_ms = self._clock.now_ms() - at_ms
            interval_ms = FAST_MS if self._is_urgent() else round(min(max(spent_ms / WORK_SHARE, FAST_MS), SLOW_MS))
            self._changed.wait(max(0, interval_ms - spent_ms) / 1000)

    def _tell(self, state: str, detail: str) -> Iterator[Status]:
        """Say a state once."""
        if (state, detail) != self._told:
            self._told = (state, detail)
            yield Status(self._clock.now_ms(), "screen", state, detail)


def paint_over(pixels: NDArray[np.uint8], left: int, top: int, width: int, height: int) -> None:
    """Let what is beside a part of `pixels` go on over it: what is black or still there is so here, too."""
    beside = left - 1 if left else min(left + width, pixels.shape[1] - 1)
    pixels[top : top + height, left : left + width] = pixels[top : top + height, beside, None]
