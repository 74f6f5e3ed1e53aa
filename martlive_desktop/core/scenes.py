"""Scenes that the user saved by a click, found again in what viewers see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlive_desktop.core.picture_grid import COLUMNS, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NAMES = ("starting", "break", "main")
"""What a scene may be saved as; one name may have several looks."""

WAITING = frozenset({"starting", "break"})
"""Those that viewers wait on: nobody speaks, and nothing is shown."""

TALL, WIDE = 2 * ROWS, 2 * COLUMNS
"""Cells of a look: a letter of a title is two or three of them, a face in a corner four: neither can be read."""

SIDE = 16
"""Samples along each side of a cell."""

BLACK, BLACK_SPREAD = 25.5, 3.0
"""Mean of luma, of 255, and mean spread of cells, below which a picture is black and no scene."""

MOVING = 5.0
"""Range of a cell's mean or spread of luma, of 255, while it is learned, from which it moves: compression stays below."""

LEAST_STILL_SHARE = 0.1
"""A look with fewer cells that stand is of a camera or a game, and says nothing."""

LEAST_MARKS = 6
"""Still cells with lines in them, a short title, without which a look must at least have a ramp of brightness."""

LEAST_RAMP = 8.0
"""Standard deviation of luma over the still cells, of 255, of a ground that can be told from others."""

MARK_SPREAD = 10.0
"""Spread of luma, of 255, in a cell that has a line or a letter in it."""

LIGHTER = 16.0
"""Most by which all of a picture may be lighter or darker than it was saved: limited range, another monitor."""

OTHER_LUMA, OTHER_COLOUR, OTHER_SPREAD = 9.0, 14.0, 9.0
"""Differences from which a cell looks other, of 255: compression and noise stay below."""

OTHER_EDGES = 0.15
"""The same, for each unit of a cell's spread: in another size an edge falls on another row of samples."""

OTHER_SHARE = 0.2
"""Of the still cells, those that may look other: sparks and snow."""

PATCH_TALL, PATCH_WIDE = 3, 8
"""Half a title."""

PATCH_CELLS = 5
"""Cells of a patch that look other where a title is another; a clock has fewer."""

PANEL = WIDE // 3
"""Widest panel at a side, in cells, that may look other as a whole: a chat scrolls seldom."""

PANEL_ROWS = TALL // 2
"""Fewest rows of it that look other: a title has fewer."""

COVERED_SHARE = 0.4
"""Of the still cells, those that something may cover for a moment: an alert, a pointer."""

COVERED_MS = 3_000
"""How long it may."""


@dataclass(frozen=True, slots=True)
class SceneLook:
    """How a saved scene looks, in coarse cells; of those that move nothing is kept."""

    name: str
    """One of NAMES."""
    luma: bytes
    """Mean luma of each of TALL x WIDE cells, row by row; 0 where it moves."""
    colour: bytes
    """Mean of first less last channel, halved, plus 128; 0 where it moves."""
    spread: bytes
    """Standard deviation of luma; 0 where it moves."""
    moves: bytes
    """1 where it moves, else 0."""

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"A scene is one of {', '.join(NAMES)}.")
        if any(len(cells) != TALL * WIDE for cells in (self.luma, self.colour, self.spread, self.moves)):
            raise ValueError(f"A look has {TALL * WIDE} cells.")
        if any(cell > 1 for cell in self.moves):
            raise ValueError("A cell moves or does not.")

    def to_dict(self) -> dict[str, str]:
        """Plain data: the name, and the cells in hexadecimal digits."""
        cells = {"luma": self.luma, "colour": self.colour, "spread": self.spread, "moves": self.moves}
        return {"name": self.name} | {name: data.hex() for name, data in cells.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SceneLook:
        """The look in `data`.

        Raises:
            ValueError: `data` is none.
        """
        if data.keys() != {"name", "luma", "colour", "spread", "moves"}:
            raise ValueError("Not a look of a scene: other fields.")
        if not all(isinstance(value, str) for value in data.values()):
            raise ValueError("Not a look of a scene: not all of it is text.")
        cells = {name: bytes.fromhex(value) for name, value in data.items() if name != "name"}
        return cls(data["name"], **cells)


def learn(name: str, pictures: Sequence[NDArray[np.uint8]]) -> SceneLook:
    """The look of what `pictures` show; six over three seconds tell what moves.

    Raises:
        ValueError: `name` is none of NAMES, or there is no picture.
    """
    if not pictures:
        raise ValueError("A scene is learned from pictures.")
    looks = np.array([_cells(pixels) for pixels in pictures])
    moves = (np.ptp(looks, axis=0) > MOVING).any(axis=0)
    # The other half of a clock's digit has not changed yet.
    padded = np.pad(moves, 1)
    moves = np.any([padded[y : y + TALL, x : x + WIDE] for y in range(3) for x in range(3)], axis=0)
    luma, colour, spread = np.where(moves, 0, np.round(np.median(looks, axis=0))).astype(np.uint8)
    return SceneLook(name, luma.tobytes(), colour.tobytes(), spread.tobytes(), moves.astype(np.uint8).tobytes())


class SceneMatcher:
    """Tells which saved scene is on; black is none, and a look that says nothing is never on."""

    def __init__(self, looks: Sequence[SceneLook] = ()) -> None:
        self._known = [known for look in looks if (known := _Known(look)).says_something]
        self._on: _Known | None = None
        self._on_ms = 0

    def match(self, at_ms: int, pixels: NDArray[np.uint8]) -> str:
        """Name of the scene in `pixels`, BGR or BGRA of shape (height, width, 3 or 4); empty: none of them."""
        if not self._known:
            return ""
        cells = _cells(pixels)
        if cells[0].mean() < BLACK and cells[2].mean() < BLACK_SPREAD:
            self._on = None
            return ""
        others = [(known.other(cells), known) for known in self._known]
        fits = [(float(other.mean()), index) for index, (other, known) in enumerate(others) if known.is_same(other)]
        if fits:
            self._on, self._on_ms = self._known[min(fits)[1]], at_ms
        elif self._on is not None:
            [covered] = [other for other, known in others if known is self._on]
            if at_ms - self._on_ms > COVERED_MS or covered.sum() > COVERED_SHARE * self._on.still.sum():
                self._on = None
        return self._on.name if self._on is not None else ""


class _Known:
    """A look, as it is compared."""

    def __init__(self, look: SceneLook) -> None:
        self.name = look.name
        self.still = _grid(look.moves) == 0
        self._look = np.stack([_grid(data) for data in (look.luma, look.colour, look.spread)]).astype(np.float32)

    @property
    def says_something(self) -> bool:
        """Whether enough of it stands, and is no plain ground."""
        if self.still.mean() < LEAST_STILL_SHARE:
            return False
        luma, _, spread = self._look[:, self.still]
        return bool((spread >= MARK_SPREAD).sum() >= LEAST_MARKS or luma.std() >= LEAST_RAMP)

    def other(self, cells: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which of the still cells look other in `cells`, shape (TALL, WIDE)."""
        luma, colour, spread = cells - self._look
        luma = luma - np.clip(np.median(luma[self.still]), -LIGHTER, LIGHTER)
        edges = OTHER_EDGES * np.maximum(self._look[2], cells[2])
        is_other = (
            (abs(luma) > OTHER_LUMA + edges) | (abs(colour) > OTHER_COLOUR) | (abs(spread) > OTHER_SPREAD + edges)
        )
        return np.asarray(is_other & self.still)

    def is_same(self, other: NDArray[np.bool_]) -> bool:
        """Whether all of it is there, but for sparks, a clock, and a panel at one side."""
        for side in (slice(0, PANEL), slice(WIDE - PANEL, WIDE), slice(0, 0)):
            rest, still = other.copy(), self.still.copy()
            if side.stop and other[:, side].any(axis=1).sum() < PANEL_ROWS:
                continue
            rest[:, side] = still[:, side] = False
            marks = still & (self._look[2] >= MARK_SPREAD)
            if side.stop and marks.sum() < LEAST_MARKS:
                continue
            if rest.sum() <= OTHER_SHARE * still.sum() and _densest(rest) < PATCH_CELLS:
                return True
        return False


def _grid(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(TALL, WIDE)


def _densest(other: NDArray[np.bool_]) -> int:
    """Most cells of `other` in a patch."""
    sums = np.pad(other, ((1, 0), (1, 0))).astype(np.int32).cumsum(axis=0).cumsum(axis=1)
    t, w = PATCH_TALL, PATCH_WIDE
    return int((sums[t:, w:] - sums[:-t, w:] - sums[t:, :-w] + sums[:-t, :-w]).max())


def sampled(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a look is learned from, a tenth of a large picture: of shape (TALL x SIDE, WIDE x SIDE, 3)."""
    height, width = pixels.shape[:2]
    rows = np.arange(TALL * SIDE)[:, None] * height // (TALL * SIDE)
    found: NDArray[np.uint8] = pixels[rows, np.arange(WIDE * SIDE) * width // (WIDE * SIDE), :3]
    return found


def _cells(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean luma, colour and spread of luma of the cells, shape (3, TALL, WIDE), each 0 to 255.

    Green stands for luma: one channel can be sampled finely enough for the edges of letters.
    """
    height, width = pixels.shape[:2]
    rows = np.arange(TALL * SIDE)[:, None] * height // (TALL * SIDE)
    columns = np.arange(WIDE * SIDE) * width // (WIDE * SIDE)
    green = pixels[rows, columns, 1].astype(np.float32).reshape(TALL, SIDE, WIDE, SIDE)
    means = green.mean(axis=(1, 3))
    squares = np.square(green).mean(axis=(1, 3))
    coarse = pixels[rows[::4], columns[::4], :3].astype(np.int16)
    colour = (coarse[..., 0] - coarse[..., 2]).reshape(TALL, SIDE // 4, WIDE, SIDE // 4).mean(axis=(1, 3)) / 2 + 128
    return np.stack((means, colour, np.sqrt(np.maximum(squares - means * means, 0)))).astype(np.float32)
