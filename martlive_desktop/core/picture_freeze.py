"""Tells that the camera is frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.picture_grid import (
    AT_ONCE_MS,
    LEAST_SEEN,
    LIVELY,
    RESUMES_SHARE,
    TOGETHER_MS,
    box_of,
    is_novel,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.picture_grid import History
    from martlive_desktop.core.picture_motion import Motion
    from martlive_desktop.core.picture_thresholds import PictureThresholds

TOGETHER_SHARE = 0.7
"""Of the camera's cells that stop together; some may have been still just then."""

CLOCK_CELLS = 3
"""Cells of a clock over the camera."""

OTHERS_SHARE = 0.15
"""Share of the camera's cells that may go on when it freezes: a clock over it, a chat at its edge."""

LEAST_CELLS = 2
"""Cells of a camera in a corner, or behind an encoder, in which somebody moves."""

LIVES_ON = 0.65
"""Liveliness of a cell that goes on because a camera is in it: a clock that shows seconds has 0.5."""

LEAPT_SHARE = 0.45
"""Of what is new, as much may come at once where a camera moves: of a menu more does."""

NEW_PLACE_SHARE = 0.6
"""As much as may be new in the place that a camera came to."""

MOST_NOVEL_SHARE = 0.4
"""As much as a game may show that is new."""

REFINES_MS = 3_000
"""How long an encoder refines a picture that stands."""

THAW_SHARE = 0.4
"""Of the camera's cells that move at once when it is back: a line of chat beside it moves fewer."""


class FreezeFinder:
    """Finds a part of the picture that moved in most pictures and then stopped all at once, while nothing new came.

    So a slide, a card, a paused game and a fade are none, and a chat that scrolls beside it does not hide it.
    """

    def __init__(self, limits: PictureThresholds) -> None:
        self._limits = limits
        self._frozen: NDArray[np.bool_] | None = None

    def cut(self) -> None:
        """Another scene is on."""
        self._frozen = None

    def stands(self, at_ms: int, look: NDArray[np.float32], motion: Motion, history: History) -> bool:
        """Whether the camera stands, all of it stopped at once, and nothing new came with that."""
        if self._frozen is not None:
            at_once = np.mean(motion.moved[-1][self._frozen])
            in_a_row = np.sum(np.all(motion.moved, axis=0) & self._frozen)
            if at_once < THAW_SHARE and in_a_row <= CLOCK_CELLS:
                return True
            motion.revive(self._frozen, at_ms)
            self._frozen = None
        camera = motion.camera
        if motion.weak and camera.any() and motion.weak[-1][camera].mean() >= RESUMES_SHARE:
            # It may just begin to move.
            return False
        # What moved most may stand while a busy chat beside it goes on.
        busy = camera & (motion.life_when_moved >= LIVES_ON)
        for part in (camera, busy):
            if self._is_camera(part, motion) and self._stopped(at_ms, part, camera, look, motion, history):
                return True
        return False

    def _stopped(
        self,
        at_ms: int,
        part: NDArray[np.bool_],
        camera: NDArray[np.bool_],
        look: NDArray[np.float32],
        motion: Motion,
        history: History,
    ) -> bool:
        """Whether `part` of the camera's cells stopped at once, and the rest of them goes on around it."""
        limits = self._limits
        # A clock over the camera goes on, and a chat at its edge.
        others = round(OTHERS_SHARE * part.sum())
        moved_ms, stirred_ms = np.sort(motion.moved_ms[part]), np.sort(motion.stirred_ms[part])
        stopped_ms = int(moved_ms[-1 - others])
        if at_ms - max(stopped_ms, stirred_ms[-1 - others] - REFINES_MS) < limits.frozen_s * 1000:
            return False
        if (stirred_ms >= stopped_ms - TOGETHER_MS).mean() < TOGETHER_SHARE:
            return False
        rest = camera & ~part
        if rest.any() and (motion.moved_ms[rest] > stopped_ms).mean() < TOGETHER_SHARE:
            return False
        goes_on = camera & box_of(part) & (motion.moved_ms > stopped_ms)
        if goes_on.sum() > others or motion.life[goes_on].max(initial=0) >= LIVES_ON:
            return False
        before = [known for known in history.here() if known.at_ms < stopped_ms - TOGETHER_MS]
        if len(before) < LEAST_SEEN:
            return False
        # Of a game that scrolls, each picture has much that is new, and a camera comes to new places step by step.
        shares = [known.novel_share for known in before if known.novel_share is not None]
        usual = min(float(np.quantile(shares, 0.9)), MOST_NOVEL_SHARE) if shares else 0.0
        novel = is_novel(look, [known.look for known in before])
        if novel.mean() > limits.novel_share + usual and not self._came_by_steps(stopped_ms, novel, history):
            return False
        self._frozen = part & (motion.moved_ms <= stopped_ms)
        return True

    def _is_camera(self, part: NDArray[np.bool_], motion: Motion) -> bool:
        """Whether `part`, which moved, is large, or is small and moved more than a clock does: an encoder shows little of who sits."""
        stirs = part | (motion.stir_when_stirred >= LIVELY)
        if part.sum() >= LEAST_CELLS and stirs.mean() >= self._limits.camera_share:
            return True
        return bool(stirs.sum() > LEAST_CELLS and (motion.life_when_moved >= LIVES_ON).sum() >= LEAST_CELLS)

    def _came_by_steps(self, stopped_ms: int, novel: NDArray[np.bool_], history: History) -> bool:
        """Whether what is new came little by little: a card, a menu and a slide come at once."""
        last = [one for one in history.here() if one.at_ms >= stopped_ms - AT_ONCE_MS]
        leapt = max((one.leaps & novel).sum() for one in last)
        return bool(novel.mean() <= NEW_PLACE_SHARE and leapt <= LEAPT_SHARE * novel.sum())
