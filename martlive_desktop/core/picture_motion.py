"""What of a picture moves, and how much it used to: a camera, a game, a chat, the work of an encoder."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from martlive_desktop.core.picture_grid import COLUMNS, GAP_MS, LIFE_MS, LIVELY, RESUMES_SHARE, ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.picture_thresholds import PictureThresholds

FAINT_CHANGE = 0.1
"""Mean change of a cell's luma, of 255, in which the noise of a small camera's still parts shows, beside what moves in it."""

REFINED = 5
"""It changes a cell by less than a fifth of what it used to change by."""

KEY_FRAME = 2
"""And a key frame by less than half of it."""

PULSE_CHANGE = 3.0
"""Mean change of a cell's luma, of 255, below which it may be a key frame's."""

PULSE_SHARE, PULSE_ALL_SHARE = 0.4, 0.2
"""How much more of a camera changes with a key frame than with the pictures before and after, and how much of all of the
picture: a sensor's noise is in each picture, and who sits still moves less of it."""


class Motion:
    """Tells motion from noise, key frames and what an encoder does to a picture that stands."""

    def __init__(self, limits: PictureThresholds) -> None:
        self._limits = limits
        grid = (ROWS, COLUMNS)
        self.weak: deque[NDArray[np.bool_]] = deque(maxlen=4)
        """Which cells changed, with the newest pictures, if only once."""
        self._clear: deque[NDArray[np.bool_]] = deque(maxlen=4)
        self._changed, self._doubted = np.ones(grid, np.bool_), np.zeros(grid, np.bool_)
        self.moved: deque[NDArray[np.bool_]] = deque(maxlen=3)
        """Which cells moved, with the newest pictures."""
        self.moved_ms, self.stirred_ms = np.zeros(grid), np.zeros(grid)
        """When a cell moved last, and when it did or an encoder refined it."""
        self.life, self.life_when_moved = np.zeros(grid), np.zeros(grid)
        """Share of the last ten seconds' pictures in which a cell moved: now, and when it last did."""
        self._stir, self.stir_when_stirred = np.zeros(grid), np.zeros(grid)
        self._usual, self._usual_when_moved = np.zeros(grid), np.zeros(grid)

    @property
    def camera(self) -> NDArray[np.bool_]:
        """Cells that move, or did until they stopped, as a camera's or a game's do, shape (ROWS, COLUMNS)."""
        return np.asarray(self.life_when_moved >= LIVELY)

    def cut(self) -> None:
        """Forget what moved: another scene is on."""
        self.life[:] = self.life_when_moved[:] = self._stir[:] = self.stir_when_stirred[:] = 0
        self._usual[:] = self._usual_when_moved[:] = 0

    def revive(self, part: NDArray[np.bool_], at_ms: int) -> None:
        """`part` moves again, so it did not stop before `at_ms`."""
        self.life_when_moved[part] = self.life[part] = 1
        self.moved_ms[part] = self.stirred_ms[part] = at_ms

    def follow(self, at_ms: int, last_ms: int, change: NDArray[np.int16]) -> float:
        """Learn what moved since the picture of `last_ms`; how much the camera moved, 0 to 1.

        Args:
            at_ms: when the picture was seen.
            last_ms: when the one before it was.
            change: absolute change of the samples' luma, shape (ROWS, COLUMNS, SIDE * SIDE), 0 to 255.
        """
        limits = self._limits
        mean_change = change.mean(axis=2)
        camera = self.camera
        weak = mean_change >= limits.weak_change
        strong = change.max(axis=2) >= limits.strong_change
        is_pulse = self._is_pulse(mean_change, camera)
        self._doubted = weak & is_pulse
        weak, strong = weak & ~is_pulse, strong & ~is_pulse
        self.weak.append(weak)
        stirs = strong | (weak & (np.sum(self.weak, axis=0) >= 2))
        # What an encoder does to a picture that stands is faint beside what moved there.
        usual_change = np.maximum(self._usual_when_moved, self._usual_when_moved[camera].mean() if camera.any() else 0)
        clear = weak & (mean_change >= usual_change / REFINED)
        self._clear.append(clear)
        moved = (strong & (mean_change >= usual_change / KEY_FRAME)) | (clear & (np.sum(self._clear, axis=0) >= 2))
        self.moved.append(moved)
        if camera.any() and stirs[camera].mean() >= RESUMES_SHARE and at_ms - np.median(self.moved_ms[camera]) > GAP_MS:
            # What stood goes on, such as a game after its menu, and what of it still stands did not stop.
            self.moved_ms[camera] = self.stirred_ms[camera] = at_ms
        share = 1 - np.exp((last_ms - at_ms) / LIFE_MS)
        self.life += share * (stirs - self.life)
        self.life_when_moved = np.where(stirs, self.life, self.life_when_moved)
        self.stirred_ms = np.where(stirs, at_ms, self.stirred_ms)
        self._usual += share * (mean_change - self._usual)
        self._usual_when_moved = np.where(moved, self._usual, self._usual_when_moved)
        self.moved_ms = np.where(moved, at_ms, self.moved_ms)
        stirred = mean_change >= FAINT_CHANGE
        self._stir += share * (stirred - self._stir)
        self.stir_when_stirred = np.where(stirred, self._stir, self.stir_when_stirred)
        camera = self.camera
        return float(mean_change[camera].mean()) / 255 if camera.any() else 0.0

    def _is_pulse(self, mean_change: NDArray[np.floating[Any]], camera: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which cells seem to change only because a key frame gives a picture that stands once more."""
        changed, before = mean_change >= FAINT_CHANGE, self._changed
        self._changed = changed
        if not camera.any():
            return np.zeros_like(camera)
        share, share_before = changed[camera].mean(), before[camera].mean()
        if share > share_before - PULSE_SHARE:
            # It went on, so it was motion.
            self.weak[-1] |= self._doubted
            self._clear[-1] |= self._doubted
        if share < share_before + PULSE_SHARE or changed.mean() < PULSE_ALL_SHARE:
            return np.zeros_like(camera)
        return np.asarray(mean_change < PULSE_CHANGE)
