"""Finds the rows of text in the picture of a chat, and in each what is a name, what is said, and what is a picture.

A chat is text on plain ground, so its rows need no network to be found, which is the slow half of reading a picture. What
is left of each row is a strip of grey ink on white, whatever its colours were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MOST_SHAPES = 8_000
"""In a picture; a chat on a 4K monitor has 100 rows of 40 letters. More is no chat, and takes seconds."""

LEAST_INK = 36
"""Distance from the ground, of 255 in the strongest channel, that is ink: compression and shadows stay below."""

GROUND_BITS = 3
"""Bits of a channel that are dropped where the ground's colour is looked for: it is never quite one colour in a video."""

SMALLEST_TEXT_PX, LARGEST_TEXT_PX = 4, 60
"""Height of what can be a letter; the small ones have 11 px fonts an x-height of 5 to 6."""

PICTURE_HEIGHTS = 1.75
"""Times the usual row of letters from which a shape is a picture: capitals with an accent and a tail have 1.5."""

PICTURE_FILL = 0.8
"""Share of its box that a badge fills and a letter does not."""

LARGE_HEIGHTS = 1.15
"""Times the usual height of letters that an avatar has at least, in both directions."""

EMOJI_FILL = 0.55
"""Share of its box that an emoji or an avatar fills: letters have a third, bold ones a half."""

MOTLEY = 0.2
"""Spread of hues in one shape from which it is a picture: a letter has one hue."""

EMOJI_MOTLEY, EMOJI_INK = 0.05, 0.55
"""Spread of hues of an emoji at least, and the share of its box with ink. A word has 0.00 in a picture and up to 0.06 in a video,
but fills half of its box."""

ROUND_HEIGHTS = 1.2
"""Times the height of the words of a row that a round picture beside them has."""

WORD_GAP, LEAST_GAP_PX = 0.18, 2.5
"""Gap between two words, as a share of the height of the row and at least: fonts have a space of 0.2 to 0.3 em, and two
letters of a small one may stand two pixels apart."""

OTHER_COLOUR, OTHER_SHADE = 0.15, 0.28
"""Distance of a word's colour from the text's, as a share of the text's contrast, from which it is another one. A narrow word of
the same hue needs more: a thin stroke between two pixels is paler than those of other letters."""

SAME_COLOUR = 0.1
"""The same distance up to which colours are one."""

SAME_HUE = 0.97
"""Cosine between two colours, both relative to the ground, from which they are shades of one."""

NARROW = 1.2
"""Width of a narrow word, in heights of the row."""

MOST_WORDS = 1_000
"""Of a picture in which the text's colour is looked for: each is compared with each."""

FIRST_WEIGHT = 0.3
"""Weight of a row's first word where the text's colour is looked for: it is a name more often than not."""

STRIP_PX = 48
"""Height of a strip: what the recogniser takes."""

MARGIN = 0.18
"""White around the letters of a strip, as a share of their height, as the recogniser was trained with."""

SPACE = 0.35
"""Least width of a space in a strip, as a share of its height: narrower ones are not recognised in small letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of text; positions in pixels of the picture."""

    top: int
    bottom: int
    left: int
    name: NDArray[np.uint8] | None
    """Strip of the words at its start whose colour is not the text's; None: there are none."""
    text: NDArray[np.uint8] | None
    """Strip of the others."""
    look: NDArray[np.uint8]
    """The ink of the whole row, to know it again by."""
    name_words: int
    """How many words the name has: what is recognised as more has another sign than a space between."""


@dataclass(frozen=True, slots=True, eq=False)
class _Word:
    left: int
    right: int
    top: int
    bottom: int
    colour: NDArray[np.float32]
    """BGR relative to the ground, shape (3,)."""
    fill: float
    """Share of its box with ink."""
    motley: float
    """Spread of its hues, 0 to 1."""


def find_rows(pixels: NDArray[np.uint8]) -> list[Row]:
    """The rows of text in `pixels`, BGR of shape (height, width, 3), from top to bottom; cut ones are left out."""
    relative = pixels.astype(np.int16) - _ground(pixels)[:, None, :]
    ink = np.abs(relative).max(axis=2).astype(np.uint8)
    mask = _letters(relative, ink)
    lines = [_words(relative, ink, mask, top, bottom) for top, bottom in _spans(mask)]
    text_colour = _text_colour(lines)
    rows = (_row(ink, mask, words, text_colour) for words in lines)
    return [row for row in rows if row is not None]


def _ground(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """The commonest colour of each line of pixels, shape (height, 3)."""
    coarse = (pixels >> GROUND_BITS).astype(np.int32)
    code = (coarse[..., 0] << 16) | (coarse[..., 1] << 8) | coarse[..., 2]
    grounds = np.zeros((len(pixels), 3), np.int16)
    for y, line in enumerate(code):
        values, counts = np.unique(line, return_counts=True)
        grounds[y] = pixels[y][line == values[counts.argmax()]].mean(axis=0)
    return grounds


def _letters(relative: NDArray[np.int16], ink: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where letters are, without avatars, badges and emoji."""
    mask = ink >= LEAST_INK
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    plausible = (heights >= SMALLEST_TEXT_PX) & (heights <= LARGEST_TEXT_PX)
    if not plausible.any() or count > MOST_SHAPES:
        return np.zeros_like(mask)
    # Capitals and tall letters: three quarters of all shapes are no higher.
    usual = float(np.quantile(heights[plausible], 0.75))
    drop = np.zeros(count, np.bool_)
    for label in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[label])
        if height > PICTURE_HEIGHTS * usual or height > LARGEST_TEXT_PX:
            drop[label] = True
        elif height >= 0.6 * usual and width >= 0.5 * usual:
            box = np.s_[top : top + height, left : left + width]
            here = labels[box] == label
            strongest = ink[box][here].max()
            colours = relative[box][here & (ink[box] >= 0.6 * strongest)].astype(np.float32)
            # The soft edge of a letter has its colour, only less of it.
            hues = colours / np.linalg.norm(colours, axis=1, keepdims=True)
            spread = float(np.linalg.norm(hues.std(axis=0)))
            full = int((here & (ink[box] >= 0.8 * strongest)).sum())
            is_badge = full > PICTURE_FILL * width * height and height >= 0.8 * usual and width >= 0.7 * height
            is_large = min(width, height) > LARGE_HEIGHTS * usual
            is_filled = len(colours) > EMOJI_FILL * width * height
            drop[label] = is_badge or (is_large and is_filled) or (spread > MOTLEY and height >= 0.8 * usual)
    # What lies in the box of a dropped shape is a part of it.
    for label in np.flatnonzero(drop).tolist():
        left, top, width, height, _ = (int(value) for value in stats[label])
        mask[top : top + height, left : left + width] = False
    return mask


def _spans(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last-plus-one line of each row of letters."""
    lines = mask.any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], lines, [False]))))
    spans = [(int(top), int(bottom)) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]
    whole = [bottom - top for top, bottom in spans if top > 0 and bottom < len(mask)]
    heights = [height for height in whole if SMALLEST_TEXT_PX <= height <= LARGEST_TEXT_PX]
    if not heights:
        return
    usual = float(np.median(heights))
    joined: list[tuple[int, int]] = []
    for top, bottom in spans:
        # The dot of an i, an accent, a comma: above or below the rest of its row.
        if joined and top - joined[-1][1] <= 0.15 * usual and bottom - joined[-1][0] <= 1.25 * usual:
            joined[-1] = (joined[-1][0], bottom)
        else:
            joined.append((top, bottom))
    for top, bottom in joined:
        is_cut = (top == 0 or bottom == len(mask)) and bottom - top < 0.9 * usual
        if bottom - top >= SMALLEST_TEXT_PX and not is_cut:
            yield from _split(mask, top, bottom, usual)


def _split(mask: NDArray[np.bool_], top: int, bottom: int, usual: float) -> Iterator[tuple[int, int]]:
    """Rows that touch each other, apart: at the line with the least ink."""
    while bottom - top > 1.7 * usual:
        low, high = top + round(0.7 * usual), top + round(1.4 * usual)
        cut = low + int(mask[low:high].sum(axis=1).argmin())
        yield top, cut
        top = cut
    yield top, bottom


def _words(
    relative: NDArray[np.int16], ink: NDArray[np.uint8], mask: NDArray[np.bool_], top: int, bottom: int
) -> list[_Word]:
    columns = mask[top:bottom].any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], columns, [False]))))
    gap = max(LEAST_GAP_PX, WORD_GAP * (bottom - top))
    spans: list[list[tuple[int, int]]] = []
    for left, right in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if spans and left - spans[-1][-1][1] < gap:
            spans[-1].append((left, right))
        else:
            spans.append([(left, right)])
    return [_word(relative, ink, mask, top, bottom, runs) for runs in spans]


def _word(
    relative: NDArray[np.int16],
    ink: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    top: int,
    bottom: int,
    runs: Sequence[tuple[int, int]],
) -> _Word:
    left, right = runs[0][0], runs[-1][1]
    # Its letters, and not the colon behind a name, which may have the text's colour.
    first, last = max(runs, key=lambda run: run[1] - run[0])
    box = np.s_[top:bottom, first:last]
    strong = mask[box] & (ink[box] >= 0.9 * ink[box][mask[box]].max())
    colour: NDArray[np.float32] = relative[box][strong].mean(axis=0, dtype=np.float32)
    # The soft edge of a letter mixes two colours in a video.
    solid = ink[box] >= 0.85 * ink[box].max()
    hues = relative[box][solid].astype(np.float32)
    hues /= np.linalg.norm(hues, axis=1, keepdims=True)
    lines = np.flatnonzero(mask[top:bottom, left:right].any(axis=1))
    top, bottom = top + int(lines[0]), top + int(lines[-1]) + 1
    fill = float(mask[top:bottom, left:right].mean())
    return _Word(left, right, top, bottom, colour, fill, float(np.linalg.norm(hues.std(axis=0))))


def _text_colour(rows: Sequence[Sequence[_Word]]) -> NDArray[np.float32]:
    """The colour that most of the text has, relative to the ground."""
    words = [(word, 1.0 if i else FIRST_WEIGHT) for row in rows for i, word in enumerate(row)]
    if not words:
        return np.zeros(3, np.float32)
    words = words[:: len(words) // MOST_WORDS + 1]
    colours = np.array([word.colour for word, _ in words], np.float32)
    widths = np.array([(word.right - word.left) * weight for word, weight in words], np.float32)
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    near = apart <= SAME_COLOUR * np.maximum(np.linalg.norm(colours, axis=1), 1)[:, None]
    best = int((near * widths).sum(axis=1).argmax())
    found: NDArray[np.float32] = np.average(colours[near[best]], axis=0, weights=widths[near[best]])
    return found


def _is_other(word: _Word, text_colour: NDArray[np.float32]) -> bool:
    """Whether a word has another colour than the text."""
    contrast, own = float(np.linalg.norm(text_colour)), float(np.linalg.norm(word.colour))
    is_shade = float(word.colour @ text_colour) > SAME_HUE * contrast * own
    limit = OTHER_SHADE if is_shade and word.right - word.left < NARROW * (word.bottom - word.top) else OTHER_COLOUR
    return float(np.linalg.norm(word.colour - text_colour)) > limit * contrast


def _row(
    ink: NDArray[np.uint8], mask: NDArray[np.bool_], words: Sequence[_Word], text_colour: NDArray[np.float32]
) -> Row | None:
    words = [word for word in words if not _is_picture(word, words, text_colour)]
    if not words:
        return None
    top, bottom = min(word.top for word in words), max(word.bottom for word in words)
    others = [_is_other(word, text_colour) for word in words]
    count = others.index(False) if False in others else len(words)
    shown = np.where(mask[top:bottom], ink[top:bottom], 0).astype(np.uint8)
    return Row(
        top,
        bottom,
        words[0].left,
        _strip(ink, mask, top, bottom, words[:count]),
        _strip(ink, mask, top, bottom, words[count:]),
        shown[:, words[0].left : words[-1].right],
        count,
    )


def _is_picture(word: _Word, words: Sequence[_Word], text_colour: NDArray[np.float32]) -> bool:
    """Whether a word is an emoji, or a round picture beside letters."""
    if word.motley > EMOJI_MOTLEY and word.fill > EMOJI_INK and _is_other(word, text_colour):
        return True
    height, width = word.bottom - word.top, word.right - word.left
    highest = max((one.bottom - one.top for one in words if one is not word), default=LARGEST_TEXT_PX)
    is_round = 0.8 * height <= width <= 1.25 * height and word.fill > EMOJI_INK
    return is_round and height > ROUND_HEIGHTS * highest


def _strip(
    ink: NDArray[np.uint8], mask: NDArray[np.bool_], top: int, bottom: int, words: Sequence[_Word]
) -> NDArray[np.uint8] | None:
    """Black letters on white, STRIP_PX high, BGR; spaces are made wide enough to be seen."""
    if not words:
        return None
    height = bottom - top
    # Letters of small fonts are mostly soft edges, which lie outside of the mask.
    near = cv2.dilate(mask[top:bottom].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    shown = np.where(near, ink[top:bottom], 0).astype(np.float32)
    space = round(SPACE * height)
    parts: list[NDArray[np.float32]] = []
    for i, word in enumerate(words):
        if i:
            parts.append(np.zeros((height, max(space, word.left - words[i - 1].right) - 2), np.float32))
        left, right = max(word.left - 1, 0), word.right + 1
        piece = shown[:, left:right]
        parts.append(piece / max(float(np.quantile(piece[piece > 0], 0.9)), 1.0))
    line = np.pad(np.clip(np.concatenate(parts, axis=1), 0, 1), round(MARGIN * height) + 1)
    scale = STRIP_PX / len(line)
    size = (max(1, round(line.shape[1] * scale)), STRIP_PX)
    grey = np.clip(255 * (1 - cv2.resize(line, size, interpolation=cv2.INTER_CUBIC)), 0, 255).astype(np.uint8)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8)
