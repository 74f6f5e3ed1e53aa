"""A picture as a grid of cells: its samples, how the cells look, and how they looked before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROWS, COLUMNS = 9, 16
"""Cells of the grid in which motion is followed: the smallest camera in a corner still fills six of them."""

SIDE = 16
"""Samples along each side of a cell."""

GAP_MS = 5_000
"""Without a picture for that long, nothing is known of what happened."""

SEEN_MS = 45_000
"""How long it is remembered how the cells looked: a freeze, and half a minute before it."""

LIFE_MS = 10_000
"""Time constant of a cell's liveliness."""

TOGETHER_MS = 2_500
"""What freezes stops at once, give or take two pictures and a fade."""

LIVELY = 0.5
"""A cell that moves in half of the pictures is a camera's, or a game's: a chat's moves less."""

AT_ONCE_MS = 1_200
"""Within that all of it goes black, the bright parts of a fade last; a cave that scrolls in takes longer."""

LEAST_SEEN = 4
"""Pictures before the freeze that show how the camera looked."""

RESUMES_SHARE = 0.25
"""Of what stood for a while, as much as moves at once when it goes on: a chat at its edge is less."""

LEAST_KNOWN = 20
"""Pictures (ten seconds) from which what is new says something."""

NOVEL_LUMA = 6.0
"""Beyond what a cell's mean luma, of 255, was before, that it looks new."""

NOVEL_SPREAD = 0.1
"""The same for a cell that is smoother than half of what it was: a sensor's noise has at least 0.3."""


def sampled(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Single pixels of `pixels`, shape (144, 256, 3), 0 to 255: means of several would hide a sensor's noise.

    Args:
        pixels: BGR or BGRA, shape (height, width, 3 or 4), of any size.
    """
    height, width = pixels.shape[:2]
    rows = np.arange(ROWS * SIDE) * height // (ROWS * SIDE)
    columns = np.arange(COLUMNS * SIDE) * width // (COLUMNS * SIDE)
    return pixels[rows[:, None], columns, :3].astype(np.int16)


def luma_of(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Luma of `samples`, 0 to 255; green is most of it (0.59 to 0.72), and in the middle of RGB and of BGR."""
    return (samples[..., 0] + 2 * samples[..., 1] + samples[..., 2]) // 4


def cells_of(luma: NDArray[np.int16]) -> NDArray[np.int16]:
    """The samples of each cell, shape (ROWS, COLUMNS, SIDE * SIDE)."""
    return np.ascontiguousarray(luma.reshape(ROWS, SIDE, COLUMNS, SIDE).swapaxes(1, 2)).reshape(ROWS, COLUMNS, -1)


def look_of(cells: NDArray[np.int16], samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Mean luma, mean colour (first less last channel) and spread of luma of the cells, shape (3, ROWS, COLUMNS)."""
    colour = (samples[..., 0] - samples[..., 2]).reshape(ROWS, SIDE, COLUMNS, SIDE)
    means = cells.mean(axis=2, dtype=np.float32)
    return np.stack((means, colour.mean(axis=(1, 3), dtype=np.float32), cells.std(axis=2, dtype=np.float32)))


@dataclass(frozen=True, slots=True)
class Seen:
    """How an earlier picture looked."""

    at_ms: int
    scene: int
    """Cuts before it."""
    look: NDArray[np.float32]
    """See `look_of`."""
    novel_share: float | None
    """None: too few pictures before it to say."""
    leaps: NDArray[np.bool_]
    """Cells that changed more than they used to."""


class History:
    """How the pictures of the last seconds looked."""

    def __init__(self) -> None:
        self.seen: deque[Seen] = deque()
        self._scene = 0

    def here(self) -> list[Seen]:
        """Pictures since the last cut."""
        return [one for one in self.seen if one.scene == self._scene]

    def cut(self) -> None:
        """What comes is of another scene."""
        self._scene += 1

    def add(self, at_ms: int, look: NDArray[np.float32], leaps: NDArray[np.bool_]) -> None:
        before = [one.look for one in self.here() if one.at_ms < at_ms - TOGETHER_MS]
        novel_share = novel_share_of(look, before) if len(before) >= LEAST_KNOWN else None
        self.seen.append(Seen(at_ms, self._scene, look, novel_share, leaps))
        while self.seen[0].at_ms < at_ms - SEEN_MS:
            self.seen.popleft()


def novel_share_of(look: NDArray[np.float32], before: Sequence[NDArray[np.float32]]) -> float:
    """Share of cells that look as in none of the pictures `before`."""
    return float(is_novel(look, before).mean())


def is_novel(look: NDArray[np.float32], before: Sequence[NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Which cells look as in none of the pictures `before`: darker, of another colour, smoother; (ROWS, COLUMNS)."""
    known = np.array(before)
    low, high = known.min(axis=0), known.max(axis=0)
    is_novel: NDArray[np.bool_] = ((look[:2] < low[:2] - NOVEL_LUMA) | (look[:2] > high[:2] + NOVEL_LUMA)).any(axis=0)
    is_novel |= (look[2] < low[2] / 2 - NOVEL_SPREAD) | (look[2] > 2 * high[2] + NOVEL_LUMA)
    return is_novel


def box_of(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rectangle around `part`."""
    rows, columns = np.nonzero(part)
    box = np.zeros_like(part)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return box
