"""Tells that viewers see nothing: all of the picture, or the camera in it, is black."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.picture_grid import (
    AT_ONCE_MS,
    COLUMNS,
    LEAST_KNOWN,
    LIFE_MS,
    ROWS,
    SIDE,
    TOGETHER_MS,
    box_of,
    is_novel,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.picture_grid import History
    from martlive_desktop.core.picture_motion import Motion
    from martlive_desktop.core.picture_thresholds import PictureThresholds

DARK_SHARE, DARK_CELLS_SHARE = 0.25, 0.95
"""Share of the picture that must go black at once to be told as black beside a chat, and of it that must stay so."""

WAS_LIT = 0.5
"""Of the ten seconds before, those in which a cell showed something."""

MARK_CELLS = 4
"""Cells of a pointer on black; a line of text has more."""

MARK_SHARE = 0.01
"""Share of a cell that the thinnest letters fill."""

GONE_SHARE = 0.3
"""Share of a cell that went black where letters stand on a ground that did."""

GROUND_SHARE = 0.6
"""Share of the samples around a letter that went black, if it stands on what did; at its edge it is a half."""

ON_LIT_SHARE = 0.8
"""Share of what is new in a cell that stands where it was not black before, if it is not a chat's."""

THIN_SHARE = 0.3
"""Most of a cell that letters fill; a panel's edge fills more."""

STANDS_OUT = 4.0
"""Least difference of luma, of 255, between what is on black and what went black around it, if it was there before."""

EDGE_SHARE = 0.1
"""Share of a cell that went black at the edge of what did."""

REST_SHARE = 0.5
"""Of what is not black, as much as may look new, or any way: a chat scrolls, but a camera that shrank is new."""

ANY_LUMA = 60.0
"""Range of a cell's mean luma, of 255, beyond which it looks any way: a game's does, a chat's does not. Of a few pictures
a quarter of it is much."""


class BlackFinder:
    """Finds a part of the picture, or all of it, that showed something and went black at once.

    The rest keeps its look, and nothing is written on what went black. So a dark slide, a dark level and a card with a
    black ground are not found.
    """

    def __init__(self, limits: PictureThresholds) -> None:
        self._limits = limits
        grid = (ROWS, COLUMNS)
        self._recent: deque[tuple[int, NDArray[np.uint8]]] = deque()
        self._lit, self._lit_when_lit, self._lit_ms = np.zeros(grid), np.zeros(grid), np.zeros(grid)
        self._dark: _Dark | None = None

    def is_dark(
        self, at_ms: int, cells: NDArray[np.int16], look: NDArray[np.float32], motion: Motion, history: History
    ) -> bool:
        """Whether all of the picture is black, or a large part of it that was not, while the rest looks as before.

        Args:
            at_ms: when the picture was seen.
            cells: luma of its samples, see `cells_of`.
            look: see `look_of`.
            motion: what moved in the pictures before.
            history: how they looked.
        """
        limit = self._limits.black_luma_share * 255
        black = cells < limit
        is_black = black.mean(axis=2) >= self._limits.black_area_share
        dark = self._dark
        is_still_dark = (
            dark is not None
            and is_black[dark.part].mean() >= DARK_CELLS_SHARE
            and self._marks(cells, dark).sum() <= MARK_CELLS
        )
        if not is_still_dark:
            was_shown = (self._lit_when_lit >= WAS_LIT) | motion.camera
            self._dark = self._gone(at_ms, cells, is_black, was_shown, look, history) if self._recent else None
        self._note_lit(at_ms, ~is_black)
        self._recent.append((at_ms, cells.astype(np.uint8)))
        while self._recent[0][0] < at_ms - 2 * TOGETHER_MS:
            self._recent.popleft()
        if self._dark is not None:
            return True
        written = (cells >= 2 * limit).mean(axis=2) >= MARK_SHARE
        return bool(black.mean() >= self._limits.black_area_share and written.sum() <= MARK_CELLS)

    def _note_lit(self, at_ms: int, is_lit: NDArray[np.bool_]) -> None:
        share = 1 - np.exp((self._recent[-1][0] - at_ms) / LIFE_MS) if self._recent else 1.0
        self._lit += share * (is_lit - self._lit)
        self._lit_when_lit = np.where(is_lit, self._lit, self._lit_when_lit)
        self._lit_ms = np.where(is_lit, at_ms, self._lit_ms)

    def _gone(
        self,
        at_ms: int,
        cells: NDArray[np.int16],
        is_black: NDArray[np.bool_],
        was_shown: NDArray[np.bool_],
        look: NDArray[np.float32],
        history: History,
    ) -> _Dark | None:
        """The part that went black at once, if it is large, the rest is as before, and nothing is written on it."""
        limits = self._limits
        lately = is_black & was_shown & (self._lit_ms >= at_ms - 2 * TOGETHER_MS)
        if lately.mean() < DARK_SHARE or self._lit_ms[lately].max() < at_ms - TOGETHER_MS:
            return None
        lately &= self._lit_ms >= self._lit_ms[lately].max() - AT_ONCE_MS
        part = lately & _largest(is_black, lately)
        if part.mean() < DARK_SHARE:
            return None
        begin_ms = self._lit_ms[part].min()
        [before] = [one for one_ms, one in self._recent if one_ms == begin_ms][:1] or [self._recent[0][1]]
        dark = _Dark(part, before)
        went = ((cells < limits.black_luma_share * 255) & (before >= limits.black_luma_share * 255)).mean(axis=2)
        marks = self._marks(cells, dark)
        known = [one for one in history.seen if one.at_ms <= begin_ms]
        known = [one for one in known if one.scene == known[-1].scene]
        rest = ~is_black & (went < EDGE_SHARE)
        is_new = rest & is_novel(look, [one.look for one in known])
        if (marks | (is_new & box_of(part))).sum() > MARK_CELLS or is_new.mean() > limits.novel_share:
            return None
        any_luma = ANY_LUMA if len(known) >= LEAST_KNOWN else ANY_LUMA / 4
        is_new |= rest & (np.ptp([one.look[0] for one in known], axis=0) > any_luma)
        return dark if is_new.sum() <= max(MARK_CELLS, REST_SHARE * rest.sum()) else None

    def _marks(self, cells: NDArray[np.int16], dark: _Dark) -> NDArray[np.bool_]:
        """Which cells have something on black that was not there before."""
        limit, before = self._limits.black_luma_share * 255, dark.before
        bright, went = cells >= 2 * limit, (cells < limit) & (before >= limit)
        same = bright & (np.abs(cells - before) < self._limits.strong_change)
        other = bright & ~same
        on_black = went.mean(axis=2) >= GONE_SHARE
        # Letters of a dark chat beside it stand on what was black before, and few samples around them went black.
        written, on_lit = other & (_share_around(went) >= GROUND_SHARE), other & (before >= limit)
        is_new = on_black & (other.mean(axis=2) >= MARK_SHARE) & (other.sum(axis=2) > same.sum(axis=2))
        is_new &= (written.mean(axis=2) >= MARK_SHARE) | (on_lit.sum(axis=2) >= ON_LIT_SHARE * other.sum(axis=2))
        # White letters where all was white are new; a frame or a name over the camera stood out from most of it.
        thin = on_black & ~is_new & (same.mean(axis=2) >= MARK_SHARE) & (bright.mean(axis=2) <= THIN_SHARE)
        blended = thin & (np.abs(_mean_where(same, before) - _mean_where(went, before)) < STANDS_OUT)
        return np.asarray(is_new | blended if 2 * blended.sum() > thin.sum() else is_new)


@dataclass(frozen=True, slots=True, eq=False)
class _Dark:
    """What went black."""

    part: NDArray[np.bool_]
    """Its cells, shape (ROWS, COLUMNS)."""
    before: NDArray[np.uint8]
    """Luma of the picture before, shape (ROWS, COLUMNS, SIDE * SIDE)."""


def _largest(area: NDArray[np.bool_], counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected part of `area` that has most cells of `counted`, shape (ROWS, COLUMNS)."""
    labels = np.pad(np.where(area, np.arange(1, area.size + 1).reshape(area.shape), 0), 1)
    while True:
        around = (labels[:-2, 1:-1], labels[2:, 1:-1], labels[1:-1, :-2], labels[1:-1, 2:])
        grown = np.where(area, np.maximum.reduce((labels[1:-1, 1:-1], *around)), 0)
        if (grown == labels[1:-1, 1:-1]).all():
            return np.asarray(grown == np.bincount(grown[counted]).argmax())
        labels[1:-1, 1:-1] = grown


def _mean_where(which: NDArray[np.bool_], luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean of `luma` over the samples `which` of each cell, shape (ROWS, COLUMNS); 0 where there are none."""
    return np.asarray((luma * which).sum(axis=2) / np.maximum(which.sum(axis=2), 1))


def _share_around(which: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the 9 x 9 samples around each that are of `which`, shape (ROWS, COLUMNS, SIDE * SIDE)."""
    width = 9
    whole = which.reshape(ROWS, COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(ROWS * SIDE, COLUMNS * SIDE)
    sums = np.pad(np.pad(whole, width // 2).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    counts = sums[width:, width:] - sums[:-width, width:] - sums[width:, :-width] + sums[:-width, :-width]
    cells = counts.reshape(ROWS, SIDE, COLUMNS, SIDE).swapaxes(1, 2).reshape(which.shape)
    return np.asarray(cells / width**2)
