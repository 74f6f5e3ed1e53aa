"""Which product of the plan viewers see: its picture is found again on the screen."""

from __future__ import annotations

import warnings
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from martlive_desktop.core.plan import Product

MOST_PIXELS = 50_000_000
"""Pixels of a picture: phones take 48 megapixels; more is no photograph, and decoded it takes 150 MB."""

FORMATS = ("JPEG", "PNG", "WEBP")
"""What phones and shops write; fewer decoders are fewer ways in."""

MOST_PICTURES = 3
"""Pictures of one product that are used: front, back and in use."""

SIDE = 400
"""Longer side at which a picture is kept, in pixels: what a product that fills two thirds of the screen has there."""

LOOK_PIXELS = 960 * 540
"""Pixels at which the screen is looked at: half of 1080p each way."""

PICTURE_FEATURES = 300
"""Features of a picture; a package has about as many that are its own."""

FEWEST_FEATURES = 60
"""Features below which a picture is one of anything: a plain mug, a blurred photograph."""

LOOK_FEATURES = 2000
"""Features of the screen: with half of them a full shelf leaves too few for the product."""

ROWS, COLUMNS = 6, 10
"""Cells that share the features of the screen, so that chat and captions, all edges, do not take them all."""

TABLES, KEY_BITS = 16, 16
"""Hash tables and bits of their keys: of the pairs that differ in 30 bits of 256 they find 90 %, and of all one in 130."""

CHOSEN = 3
"""Pictures whose places are checked: the product, one that is like it, and one by mistake."""

FAR_BITS = 64
"""Bits in which the features of different things differ at least, as a rule; nearer ones are compared."""

RATIO = 0.8
"""Bits in which the nearest feature differs over those of the second nearest. Source: Lowe 2004, section 7.1."""

REACH_PX = 4.0
"""Pixels of the look by which a feature may miss its place: hands bend packages, and bottles are round."""

FEWEST_INLIERS = 8
"""Features that must lie as in the picture, from which it is worth to compare what lies between them."""

TRIES = 200
"""Random choices of four pairs: with half of the pairs right, four right ones are missed three times in a million."""

FLAT_SIDE, PLAY_PX = 128, 4
"""Pixels of a picture's side when it is compared block by block, and how far a block may lie off: packages are bent."""

BLOCK_LIKENESS = 0.8
"""Correlation from which a block is the same, whatever the light on it."""

PLAIN = 6.0
"""Standard deviation of luma, of 255, up to which a block shows nothing."""

LEAST_LIKENESS = 0.62
"""Share of blocks that must be the same: a hand hides a third; another package of the same layout and font reaches 0.6
(tests/bench/product_pictures.py)."""

LEAD = 1.5
"""Times as many features as the second product: below, two look alike and neither is named."""

SMALLEST_SHARE = 0.004
"""Share of the screen below which a package is too small to be held up: 120 by 70 pixels of 1080p."""

LARGEST_SHARE = 2.0
"""Share of the screen above which it is nothing whole: a package held before the lens is cut off at the sides."""

MOST_SKEW = 3.0
"""Times by which opposite sides may differ in length."""

LOOKS = 3
"""Looks of which two must agree: a product that is passed by is not on."""

SMALLEST_SIDE = 64
"""Side below which there is nothing to see, in pixels: a feature takes 31, and OpenCV halves what it gets several times."""

_FAST_THRESHOLD = 10
_BITS = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Corners and what is around them."""

    points: NDArray[np.float32]
    """Shape (features, 2), x and y in pixels."""
    poses: NDArray[np.float32]
    """Shape (features, 2), direction in degrees and size in octaves."""
    descriptors: NDArray[np.uint8]
    """ORB's, shape (features, 32)."""


_NONE = _Features(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32), np.zeros((0, _BITS // 8), np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A picture of a product."""

    product: str
    luma: NDArray[np.uint8]
    """Shape (height, width)."""
    features: _Features


class ProductFinder:
    """Finds the products of a plan by their pictures; a picture that is of no use is a sentence in `problems`.

    Not for two threads at once.
    """

    def __init__(self, products: Iterable[Product]) -> None:
        problems = []
        self._pictures: list[_Picture] = []
        for product in products:
            for path in product.pictures[:MOST_PICTURES]:
                try:
                    self._pictures.append(_picture(product.name, Path(path)))
                except _Useless as exc:
                    problems.append(f"The picture of {product.name} {exc}: {path}.")
        self.problems: tuple[str, ...] = tuple(problems)
        """One sentence for the user for each picture that is not used."""
        self._seen: deque[str] = deque(maxlen=LOOKS)
        if self._pictures:
            self._points = np.vstack([picture.features.points for picture in self._pictures])
            self._poses = np.vstack([picture.features.poses for picture in self._pictures])
            self._tables = _Tables(np.vstack([picture.features.descriptors for picture in self._pictures]))
            sizes = [len(picture.features.points) for picture in self._pictures]
            self._owners = np.repeat(np.arange(len(sizes)), sizes)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to look for."""
        return not self._pictures

    def find(self, pixels: NDArray[np.uint8]) -> str:
        """Name of the product that was recognised in two of the last three looks; empty: none.

        Args:
            pixels: what viewers see now, BGR or BGRA, shape (height, width, 3 or 4), any size.
        """
        self._seen.append(self.recognise(pixels))
        return next((name for name in set(self._seen) if name and self._seen.count(name) > LOOKS // 2), "")

    def recognise(self, pixels: NDArray[np.uint8]) -> str:
        """Name of the product that is recognised in this look alone; empty: none, or two that cannot be told apart."""
        if not self._pictures:
            return ""
        if min(pixels.shape[:2]) < SMALLEST_SIDE:
            return ""
        luma = _luma(pixels)
        seen = _features(luma, LOOK_FEATURES)
        ours, theirs = self._tables.matches(seen.descriptors)
        owners = self._owners[ours]
        is_agreed = _agreed(owners, seen.poses[theirs] - self._poses[ours], len(self._pictures))
        ours, theirs, owners = ours[is_agreed], theirs[is_agreed], owners[is_agreed]
        votes = np.bincount(owners, minlength=len(self._pictures))
        inliers: dict[str, int] = {}
        for index in np.argsort(-votes, kind="stable")[:CHOSEN]:
            picture, is_its = self._pictures[index], owners == index
            count = _inliers(picture, self._points[ours[is_its]], seen.points[theirs[is_its]], luma)
            inliers[picture.product] = max(inliers.get(picture.product, 0), count)
        (name, most), *others = sorted(inliers.items(), key=lambda item: -item[1]) or [("", 0)]
        second = others[0][1] if others else 0
        return name if most >= max(FEWEST_INLIERS, LEAD * second) else ""


class _Tables:
    """Descriptors by some of their bits (locality sensitive hashing), so that like ones are found without comparing all."""

    def __init__(self, descriptors: NDArray[np.uint8]) -> None:
        rng = np.random.default_rng(0)
        self._words = descriptors.view(np.uint64)
        self._bits = np.stack([rng.permutation(_BITS)[:KEY_BITS] for _ in range(TABLES)])
        keys = self._keys(descriptors)
        self._order = np.argsort(keys, axis=1, kind="stable")
        ends = np.arange(2**KEY_BITS + 1)
        self._starts = np.stack([np.searchsorted(np.sort(row), ends) for row in keys])

    def matches(self, seen: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Our descriptors that are much nearer to one of `seen` than to the others, and which."""
        pairs = [
            _members(order, starts[keys], starts[keys + 1])
            for order, starts, keys in zip(self._order, self._starts, self._keys(seen), strict=True)
        ]
        ours = np.concatenate([one for one, _ in pairs])
        theirs = np.concatenate([other for _, other in pairs])
        differing = _differing(self._words[ours], seen.view(np.uint64)[theirs])
        is_near = differing < FAR_BITS
        # Sorted by ours, then by how near; a pair that several tables found counts once.
        near = np.sort((ours[is_near] << 32) | (differing[is_near] << 16) | theirs[is_near])
        near = near[np.diff(near, prepend=-1) != 0]
        ours, differing, theirs = near >> 32, near >> 16 & 0xFFFF, near & 0xFFFF
        is_first = np.diff(ours, prepend=-1) != 0
        second = np.where(np.diff(ours, append=-1) == 0, np.roll(differing, -1), FAR_BITS)
        is_kept = is_first & (differing < RATIO * second)
        return ours[is_kept], theirs[is_kept]

    def _keys(self, descriptors: NDArray[np.uint8]) -> NDArray[np.intp]:
        bits = np.unpackbits(descriptors, axis=1)
        return np.stack([bits[:, chosen] @ (1 << np.arange(KEY_BITS)) for chosen in self._bits])


def _differing(ours: NDArray[np.uint64], theirs: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Bits in which descriptors differ, one by one."""
    counts = np.bitwise_count(ours ^ theirs)
    # Column by column: a sum along short rows takes three times as long.
    return sum((counts[:, column].astype(np.intp) for column in range(4)), np.zeros(len(counts), np.intp))


def _members(
    order: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of a member of `order` and the run of it, from `starts` to `ends`, in which it is."""
    sizes = ends - starts
    runs = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(runs)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return order[starts[runs] + within], runs


class _Useless(Exception):
    """Why a picture is not used, as the end of a sentence."""


def _picture(product: str, path: Path) -> _Picture:
    luma = _read(path)
    features = _features(luma, PICTURE_FEATURES)
    if len(features.points) < FEWEST_FEATURES:
        raise _Useless("shows too little to be recognised by; take one that is full of the product and its label")
    return _Picture(product, luma, features)


def _read(path: Path) -> NDArray[np.uint8]:
    """Luma of the picture at `path`, upright, what is transparent in grey, its longer side at most SIDE pixels."""
    from PIL import Image, ImageOps

    if not path.is_file():
        raise _Useless("is not there; check its name")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _Useless("is larger than 50 megapixels; make it smaller")
            # JPEG is decoded at an eighth of its size where that is enough.
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
            if upright.has_transparency_data:
                ground = Image.new("RGBA", upright.size, (128, 128, 128, 255))
                upright = Image.alpha_composite(ground, upright.convert("RGBA"))
            return np.array(upright.convert("L"), np.uint8)
    except Image.DecompressionBombError as exc:
        raise _Useless("is larger than 50 megapixels; make it smaller") from exc
    # Pillow's decoders raise these for files that are cut off or no pictures.
    except (OSError, SyntaxError, ValueError) as exc:
        raise _Useless("cannot be read; save it as JPEG or PNG") from exc


def _luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma of `pixels` at LOOK_PIXELS pixels or fewer."""
    import cv2

    factor = (LOOK_PIXELS / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    code = cv2.COLOR_BGR2GRAY if pixels.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else pixels
    return np.asarray(cv2.cvtColor(small, code), np.uint8)


def _features(luma: NDArray[np.uint8], most: int) -> _Features:
    """Up to `most` features of `luma`, spread over it, the strongest first."""
    import cv2

    if min(luma.shape) < SMALLEST_SIDE:
        return _NONE
    orb: Any = cv2.ORB.create(2 * most, scaleFactor=1.3, nlevels=6, fastThreshold=_FAST_THRESHOLD)
    corners = orb.detect(luma, None)
    if corners:
        points = np.asarray(cv2.KeyPoint.convert(corners))
        strength = np.array([corner.response for corner in corners])
        height, width = luma.shape
        cells = (points[:, 1] * ROWS / height).astype(int) * COLUMNS + (points[:, 0] * COLUMNS / width).astype(int)
        ranks = _ranks(cells, strength)
        best = np.lexsort((-strength, ranks))[:most]
        corners = [corners[index] for index in best]
    corners, descriptors = orb.compute(luma, corners)
    if descriptors is None:
        return _NONE
    poses = np.array([(corner.angle, corner.size) for corner in corners], np.float32)
    poses[:, 1] = np.log2(poses[:, 1])
    return _Features(np.asarray(cv2.KeyPoint.convert(corners), np.float32), poses, descriptors)


def _ranks(cells: NDArray[np.intp], strength: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many stronger corners each corner has in its cell."""
    order = np.lexsort((-strength, cells))
    starts = np.searchsorted(cells[order], cells[order])
    ranks = np.empty(len(cells), np.intp)
    ranks[order] = np.arange(len(cells)) - starts
    return ranks


def _agreed(owners: NDArray[np.intp], moves: NDArray[np.float32], pictures: int) -> NDArray[np.bool_]:
    """Which pairs turn and scale as most pairs of their picture do: a wrong pair does so by chance.

    Source: the Hough transform of Lowe 2004, section 7.3, in windows of 45 degrees and one and a half octaves.
    """
    turns = (moves[:, 0] // 15).astype(int) % 24
    scales = np.clip(moves[:, 1] // 0.5 + 6, 0, 11).astype(int)
    votes = np.zeros((pictures, 24, 14), int)
    np.add.at(votes, (owners, turns, scales + 1), 1)
    around = votes + np.roll(votes, 1, axis=1) + np.roll(votes, -1, axis=1)
    around = around[:, :, :-2] + around[:, :, 1:-1] + around[:, :, 2:]
    turn, scale = np.divmod(around.reshape(pictures, -1).argmax(axis=1), 12)
    is_turned = (turns - turn[owners] + 1) % 24 <= 2
    return np.asarray(is_turned & (np.abs(scales - scale[owners]) <= 1), np.bool_)


def _inliers(picture: _Picture, ours: NDArray[np.float32], theirs: NDArray[np.float32], luma: NDArray[np.uint8]) -> int:
    """Features of `picture` that are in `luma` where a flat package shows them; 0 where what is there is another."""
    import cv2

    # One corner of the screen may be the nearest of several.
    _, firsts = np.unique(theirs, axis=0, return_index=True)
    if len(firsts) < FEWEST_INLIERS:
        return 0
    ours, theirs = ours[firsts], theirs[firsts]
    found: tuple[Any, Any] = cv2.findHomography(ours, theirs, cv2.RANSAC, REACH_PX, maxIters=TRIES)
    matrix, is_inlier = found
    if matrix is None:
        return 0
    bottom, right = picture.luma.shape
    corners = np.array([[(0, 0), (right, 0), (right, bottom), (0, bottom)]], np.float32)
    quad = cv2.perspectiveTransform(corners, matrix)[0]
    if not _is_package(quad, luma.size) or _likeness(picture.luma, luma, matrix) < LEAST_LIKENESS:
        return 0
    return int(is_inlier.sum())


def _likeness(luma: NDArray[np.uint8], look: NDArray[np.uint8], matrix: Any) -> float:
    """Share of the blocks of a picture that look the same where `matrix` says that it is, 0 to 1."""
    import cv2

    height, width = luma.shape
    flat = cv2.warpPerspective(look, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    ours, theirs = (cv2.resize(one, (FLAT_SIDE, FLAT_SIDE), interpolation=cv2.INTER_AREA) for one in (luma, flat))
    theirs = cv2.copyMakeBorder(theirs, PLAY_PX, PLAY_PX, PLAY_PX, PLAY_PX, cv2.BORDER_REPLICATE)
    side = FLAT_SIDE // 8
    alike = []
    for top, left in np.ndindex(8, 8):
        block = ours[top * side :, left * side :][:side, :side]
        if block.std() < PLAIN:
            continue
        around = theirs[top * side :, left * side :][: side + 2 * PLAY_PX, : side + 2 * PLAY_PX]
        fit = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
        alike.append(fit.max() > BLOCK_LIKENESS)
    return sum(alike) / len(alike) if alike else 0.0


def _is_package(quad: NDArray[np.float32], look_pixels: int) -> bool:
    """Whether four corners, clockwise from the top left one, may be those of something flat before a camera."""
    sides = np.roll(quad, -1, axis=0) - quad
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    # All to the right: convex, and not mirrored.
    if not np.all(turns > 0):
        return False
    lengths = np.linalg.norm(sides, axis=1)
    opposite = np.roll(lengths, 2)
    share = (turns[0] + turns[2]) / 2 / look_pixels
    return bool(np.all(lengths <= MOST_SKEW * opposite) and SMALLEST_SHARE <= share <= LARGEST_SHARE)
