"""What a picture tells without being kept: black, frozen, a cut, how bright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import Screen
from martlive_desktop.core.picture_black import BlackFinder
from martlive_desktop.core.picture_cut import CutFinder
from martlive_desktop.core.picture_freeze import FreezeFinder
from martlive_desktop.core.picture_grid import GAP_MS, History, cells_of, look_of, luma_of, sampled
from martlive_desktop.core.picture_motion import Motion
from martlive_desktop.core.picture_thresholds import PictureThresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TELL_EVERY_MS = 10_000
"""How long a state is told as still true."""

HALF_GAP_MS = 500
"""A state began halfway between two pictures, which are a second apart at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What viewers see at one moment; it never leaves the part that measures it."""

    at_ms: int
    pixels: NDArray[np.uint8]
    """BGR or BGRA, shape (height, width, 3 or 4)."""


class PictureMeter:
    """Follows one stream of pictures; keeps a few numbers of each, and of the last 5 s 256 x 144 samples of luma."""

    def __init__(self, thresholds: PictureThresholds | None = None) -> None:
        self._limits = thresholds or PictureThresholds()
        self._size: tuple[int, ...] = ()
        self._forget()

    def _forget(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._last_ms = 0
        self._black_ms: float | None = None
        self._history = History()
        self._motion = Motion(self._limits)
        self._cuts = CutFinder(self._limits)
        self._black = BlackFinder(self._limits)
        self._freeze = FreezeFinder(self._limits)

    @property
    def is_dark(self) -> bool:
        """Whether the newest picture, or the camera in it, is black, for however short."""
        return self._black_ms is not None

    def measure(self, at_ms: int, pixels: NDArray[np.uint8]) -> Screen:
        """The state of the stream with `pixels` in it, BGR or BGRA of shape (height, width, 3 or 4).

        Pictures come in order, one or two a second; a gap or another size begins a new stream.
        """
        samples, size = sampled(pixels), pixels.shape[:2]
        if size != self._size or not 0 <= at_ms - self._last_ms <= GAP_MS:
            self._forget()
            self._size = size
        luma = luma_of(samples)
        cells = cells_of(luma)
        look = look_of(cells, samples)
        is_dark = self._black.is_dark(at_ms, cells, look, self._motion, self._history)
        self._note_dark(at_ms, is_dark=is_dark)
        is_cut, motion = False, 0.0
        if self._last is not None and at_ms > self._last_ms:
            motion = self._motion.follow(at_ms, self._last_ms, np.abs(cells - self._last))
            if self._cuts.is_other_scene(at_ms, look, self._history.seen[-1].look):
                for part in (self._history, self._motion, self._freeze):
                    part.cut()
            is_cut = self._cuts.is_cut
        self._history.add(at_ms, look, self._cuts.leaps)
        self._last, self._last_ms = cells, at_ms
        return Screen(
            at_ms,
            scene="",
            is_black=self._black_ms is not None and at_ms - self._black_ms >= self._limits.black_s * 1000,
            is_frozen=not is_dark and self._freeze.stands(at_ms, look, self._motion, self._history),
            brightness=round(float(luma.mean()) / 255, 3),
            is_cut=is_cut,
            contrast=round(float(luma.std()) / 255, 3),
            motion=round(motion, 4),
        )

    def _note_dark(self, at_ms: int, *, is_dark: bool) -> None:
        if not is_dark:
            self._black_ms = None
        elif self._black_ms is None:
            gap_ms = at_ms - self._last_ms if self._last is not None else 0
            self._black_ms = at_ms - min(gap_ms / 2, HALF_GAP_MS)


class ScreenNews:
    """Lets the states of a picture through that tell something: two a second would fill every log with nothing new."""

    def __init__(self) -> None:
        self._told: Screen | None = None

    def of(self, screen: Screen) -> Sequence[Screen]:
        """`screen`, where it is a cut, differs from what was told last, or is the first in 10 s."""
        told = self._told
        if told and not screen.is_cut and screen.at_ms - told.at_ms < TELL_EVERY_MS and _state(screen) == _state(told):
            return ()
        self._told = screen
        return (screen,)


def _state(screen: Screen) -> tuple[str, str, bool, bool]:
    return screen.scene, screen.product, screen.is_black, screen.is_frozen
