"""Tells that another scene is on."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.picture_grid import COLUMNS, LEAST_SEEN, ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.picture_thresholds import PictureThresholds

STILL_JUMP = 0.05
"""Change of mean luma and colour, of 255, below which a picture says nothing of how much pictures change."""

USUAL_JUMPS = 8
"""Newest changes that are usual: four seconds of a camera that begins to move."""

CUT_LUMA = 10.0
"""Least change of a cell's mean luma, of 255, at a cut."""

CUT_REST_MS = 2_000
"""A cross-fade is one cut."""

MOST_GAIN = 1.3
"""Another exposure of the same scene: a camera takes a third of a stop at a time."""


class CutFinder:
    """A cut changes most of the picture at once, and more than it used to."""

    def __init__(self, limits: PictureThresholds) -> None:
        self._limits = limits
        self._jumps: deque[NDArray[np.float32]] = deque(maxlen=USUAL_JUMPS)
        self._cut_ms = -CUT_REST_MS
        self.leaps = np.zeros((ROWS, COLUMNS), np.bool_)
        """Cells that changed more than they used to, with the newest picture."""
        self.is_cut = False
        """Whether the newest picture is to be told as a cut: a cross-fade is one."""

    def is_other_scene(self, at_ms: int, look: NDArray[np.float32], last: NDArray[np.float32]) -> bool:
        """Whether `look` is of another scene than `last`, the picture before."""
        jump = _jump(look, last)
        usual = np.median(self._jumps, axis=0) if len(self._jumps) >= LEAST_SEEN else 0.0
        self.leaps = np.asarray((jump > np.maximum(CUT_LUMA, 2.5 * usual)).any(axis=0))
        self.is_cut = False
        if self.leaps.mean() < self._limits.cut_share:
            if jump.mean() >= STILL_JUMP:
                self._jumps.append(jump)
            return False
        self._jumps.clear()
        self.is_cut = at_ms - self._cut_ms >= CUT_REST_MS
        self._cut_ms = at_ms
        return True


def _jump(look: NDArray[np.float32], last: NDArray[np.float32]) -> NDArray[np.float32]:
    """Change of luma and colour of the cells, another exposure aside, shape (2, ROWS, COLUMNS)."""
    now, before = look[:2], last[:2]
    jump = np.abs(now - before)
    gain = float((now[0] * before[0]).sum() / max(float(np.square(before[0]).sum()), 1.0))
    if not 1 / MOST_GAIN <= gain <= MOST_GAIN:
        return np.asarray(jump)
    exposed = np.abs(now - gain * before)
    return np.asarray(exposed if exposed.mean() < jump.mean() else jump)
