"""Products recognised on screen: how many are found, how many wrongly, and what a look costs.

The pictures are drawn with Pillow, and photographs that come inside of the wheel of scikit-image are printed on some; the pictures that the thresholds were tuned on are drawn in tests/unit/test_product_pictures.py.

    python -m tests.bench.product_pictures
"""

from __future__ import annotations

import importlib.resources
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from martlive_desktop.adapters.product_pictures import ProductFinder
from martlive_desktop.core.plan import Product

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

WIDTH, HEIGHT = 1920, 1080
FONTS = Path(__file__).parents[2] / "resources" / "fonts"
SEED = 90210
LOOKS = 4
"""Scenes for each product and way of showing it."""

BRANDS = [
    "Quill",
    "Osprey",
    "Verdant",
    "Nimbus",
    "Juniper",
    "Tallow",
    "Marrow",
    "Lumen",
    "Saffron",
    "Harbor",
    "Wick",
    "Ember",
    "Thistle",
    "Cobalt",
    "Fable",
]
KINDS = [
    "body lotion",
    "hand soap",
    "oat bar",
    "night cream",
    "dog treats",
    "pour over",
    "hot sauce",
    "shampoo",
    "bath salt",
    "green tea",
]
WORDS = [
    "fresh",
    "small",
    "batch",
    "made",
    "with",
    "real",
    "fruit",
    "no",
    "sugar",
    "added",
    "keeps",
    "for",
    "weeks",
    "shake",
    "well",
    "store",
    "dry",
    "gentle",
    "on",
    "skin",
    "roasted",
    "slowly",
    "by",
    "hand",
    "net",
    "weight",
    "best",
    "before",
    "vegan",
    "recycled",
    "paper",
    "cold",
    "pressed",
    "since",
    "nineteen",
    "eighty",
]
PHOTOGRAPHS = (
    "coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png", "hubble_deep_field.jpg", "retina.jpg", "page.png",
    "coins.png", "logo.png", "camera.png", "motorcycle_left.png",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """How a product is shown."""

    name: str
    height: tuple[float, float]
    """Height of the product as a share of the picture's."""
    turn_deg: float
    tilt: float
    """Share of a side by which a corner moves."""
    covered: tuple[float, float]
    """Share of its area under a hand."""
    blur_px: tuple[float, float]
    light: tuple[float, float]
    is_round: float = 0.0
    """Share of scenes in which the picture is wrapped around a bottle."""


WAYS = (
    Way("card", (0.35, 0.8), 0, 0.0, (0, 0), (0, 0.6), (0.95, 1.05)),
    Way("held", (0.4, 0.75), 20, 0.12, (0.05, 0.2), (0, 1.5), (0.7, 1.15), is_round=0.3),
    Way("hard", (0.2, 0.4), 40, 0.22, (0.15, 0.35), (0.8, 2.5), (0.4, 0.8), is_round=0.3),
)


def _font(size: int, *, bold: bool = True) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / ("Inter-SemiBold.otf" if bold else "Inter-Medium.otf")), size)


def _colour(rng: np.random.Generator, low: int = 20, high: int = 235) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def drawn_package(seed: int, *, label: int | None = None) -> Image.Image:
    """A package; two with one `seed` and two `label`s are the same design for two varieties."""
    rng = np.random.default_rng((SEED, seed))
    width, height = int(rng.integers(420, 760)), int(rng.integers(620, 960))
    ground = _colour(rng)
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        shade = 1 - 0.35 * y / height
        draw.line((0, y, width, y), tuple(int(value * shade) for value in ground))
    style = seed % 4
    for _ in range(int(rng.integers(10, 26))):
        x, y, size = int(rng.integers(0, width)), int(rng.integers(0, height)), int(rng.integers(15, 130))
        colour = _colour(rng)
        if style == 0:
            draw.ellipse((x, y, x + size, y + size), fill=colour)
        elif style == 1:
            draw.polygon([(x, y), (x + size, y + size // 3), (x + size // 4, y + size)], fill=colour)
        elif style == 2:
            draw.arc((x, y, x + 2 * size, y + size), 20, 290, fill=colour, width=9)
        else:
            draw.rounded_rectangle((x, y, x + size, y + size // 2), 12, outline=colour, width=7)
    plate = _colour(rng, 180, 255)
    top, bottom = int(height * 0.24), int(height * 0.66)
    draw.rounded_rectangle((width * 0.08, top, width * 0.92, bottom), 24, fill=plate)
    ink = _colour(rng, 0, 90)
    brand = BRANDS[int(rng.integers(len(BRANDS)))]
    lines = [" ".join(rng.choice(WORDS, 5)) for _ in range(4)]
    variety = np.random.default_rng((SEED, seed, label or 0))
    kind = KINDS[int(variety.integers(len(KINDS)))]
    draw.text((width // 2, top + 20), brand, ink, _font(width // 6), anchor="ma")
    draw.text((width // 2, top + 30 + width // 5), kind, ink, _font(width // 11), anchor="ma")
    for index, line in enumerate(lines):
        draw.text((width // 2, top + 50 + width // 3 + index * 30), line, ink, _font(20, bold=False), anchor="ma")
    if label is not None:
        draw.ellipse((width * 0.35, bottom + 30, width * 0.65, bottom + 30 + width * 0.3), fill=_colour(variety))
    x = int(width * 0.1)
    while x < width * 0.4:
        bar = int(rng.integers(2, 7))
        draw.rectangle((x, height - 90, x + bar, height - 30), fill=(10, 10, 10))
        x += bar + int(rng.integers(2, 7))
    return picture


def photographs() -> list[Image.Image]:
    """Photographs and scans that come inside of a wheel."""
    folder = Path(str(importlib.resources.files("skimage"))) / "data"
    return [Image.open(folder / name).convert("RGB") for name in PHOTOGRAPHS]


def printed(photograph: Image.Image, seed: int) -> Image.Image:
    """A photograph on the cover of a book or the lid of a tin, with a title."""
    rng = np.random.default_rng((SEED, 7, seed))
    photograph = photograph.copy()
    photograph.thumbnail((640, 640))
    cover = Image.new("RGB", (photograph.width + 60, photograph.height + 190), _colour(rng))
    cover.paste(photograph, (30, 130))
    title = f"{BRANDS[seed % len(BRANDS)]} {KINDS[seed % len(KINDS)]}"
    ImageDraw.Draw(cover).text((cover.width // 2, 40), title, (245, 245, 240), _font(48), anchor="ma")
    return cover


def room(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A room with shelves, a seller and, in half of the scenes, a chat panel."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _colour(rng, 60, 220))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(2, 6))):
        y = int(rng.integers(50, HEIGHT))
        draw.rectangle((0, y, WIDTH, y + 18), fill=_colour(rng, 40, 140))
        x = int(rng.integers(0, 100))
        while x < WIDTH:
            width, height = int(rng.integers(20, 90)), int(rng.integers(60, 170))
            draw.rectangle((x, y - height, x + width, y), fill=_colour(rng))
            if rng.random() < 0.5:
                text = str(rng.choice(BRANDS))
                draw.text((x + 4, y - height + 8), text, _colour(rng), _font(int(rng.integers(12, 24))))
            x += width + int(rng.integers(4, 60))
    middle = int(rng.integers(600, 1300))
    draw.ellipse((middle - 420, 620, middle + 420, 1500), fill=_colour(rng, 30, 200))
    skin = tuple(int(value * rng.uniform(0.5, 1)) for value in (240, 195, 165))
    draw.ellipse((middle - 150, 200, middle + 150, 620), fill=skin)
    for dx in (-60, 60):
        draw.ellipse((middle + dx - 26, 360, middle + dx + 26, 390), fill=(250, 250, 250))
        draw.ellipse((middle + dx - 12, 362, middle + dx + 12, 388), fill=(60, 40, 20))
    draw.arc((middle - 60, 440, middle + 60, 540), 10, 170, fill=(150, 40, 50), width=12)
    if rng.random() < 0.5:
        left = 20 if rng.random() < 0.5 else WIDTH - 440
        draw.rectangle((left, 300, left + 420, 1060), fill=(24, 24, 28))
        for y in range(310, 1040, 34):
            line = " ".join(rng.choice(WORDS, int(rng.integers(2, 6))))
            draw.text((left + 10, y), f"{rng.choice(BRANDS)}: {line}"[:36], (230, 230, 235), _font(19, bold=False))
    return np.asarray(picture)[..., ::-1].copy()


def _wrapped(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture around a bottle, of which the middle 120 degrees are seen."""
    height, width = pixels.shape[:2]
    around = np.arcsin(np.linspace(-np.sin(np.pi / 3), np.sin(np.pi / 3), width)) / (np.pi / 3)
    across = np.tile(((around + 1) / 2 * (width - 1)).astype(np.float32), (height, 1))
    down = np.tile(np.arange(height, dtype=np.float32)[:, None], (1, width))
    return np.asarray(cv2.remap(pixels, across, down, cv2.INTER_LINEAR), np.uint8)


def shown(product: Image.Image, way: Way, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A scene in which `product` is shown."""
    scene = room(rng)
    pixels = np.asarray(product)[..., ::-1].copy()
    if rng.random() < way.is_round:
        pixels = _wrapped(pixels)
    height, width = pixels.shape[:2]
    scale = rng.uniform(*way.height) * HEIGHT / max(height, width * 0.75)
    corners = np.array([(-width, -height), (width, -height), (width, height), (-width, height)]) * scale / 2
    angle = np.radians(rng.uniform(-way.turn_deg, way.turn_deg))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    tilt = rng.uniform(-way.tilt, way.tilt, (4, 2)) * np.array((width, height)) * scale
    half = np.array((width, height)) * scale / 2 + 60
    low, high = np.minimum(half, (950, 530)), np.maximum((WIDTH, HEIGHT) - half, (970, 550))
    target = (corners @ turn.T + tilt + rng.uniform(low, high)).astype(np.float32)
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    to_scene = cv2.getPerspectiveTransform(source * np.float32(scale), target)
    mask = cv2.warpPerspective(np.full(small.shape[:2], 255, np.uint8), to_scene, (WIDTH, HEIGHT))
    warped = cv2.warpPerspective(small, to_scene, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    lit = np.clip(warped * rng.uniform(*way.light) + rng.uniform(-12, 12), 0, 255)
    scene = np.where(mask[..., None] > 127, lit, scene).astype(np.uint8)
    share = rng.uniform(*way.covered)
    if share:
        _hand(scene, target, share, rng)
    return _filmed(scene, rng.uniform(*way.blur_px), rng)


def _hand(scene: NDArray[np.uint8], quad: NDArray[np.float32], share: float, rng: np.random.Generator) -> None:
    """Cover `share` of the product with fingers from one side."""
    one, other = quad[(side := int(rng.integers(4)))], quad[(side + 1) % 4]
    inward = quad.mean(axis=0) - (one + other) / 2
    skin = tuple(float(value * rng.uniform(0.6, 1)) for value in (165, 195, 235))
    for finger in range(4):
        start = one + (other - one) * (0.2 + 0.17 * finger)
        end = start + inward * 2 * share * rng.uniform(0.9, 1.6)
        thick = max(8, int(np.linalg.norm(other - one) * 0.15))
        cv2.line(scene, [int(v) for v in start], [int(v) for v in end], skin, thick, cv2.LINE_AA)


def _filmed(scene: NDArray[np.uint8], blur_px: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    if blur_px > 0.2:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), blur_px), np.uint8)
    noisy = np.clip(scene + rng.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", noisy, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 85))))[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def cards(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A card with text, as before a show or in a break."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _colour(rng))
    draw = ImageDraw.Draw(picture)
    draw.text(
        (WIDTH // 2, 300),
        str(rng.choice(["BE RIGHT BACK", "STARTING SOON", "SALE ENDS TONIGHT"])),
        (250,) * 3,
        _font(130),
        anchor="ma",
    )
    for y in range(520, 900, 70):
        draw.text((WIDTH // 2, y), " ".join(rng.choice(WORDS, 7)), (235,) * 3, _font(44), anchor="ma")
    return np.asarray(picture)[..., ::-1].copy()


def finder_of(pictures: Sequence[Image.Image], folder: Path) -> ProductFinder:
    """The finder of a plan in which picture N is of `product N`."""
    products = []
    for index, picture in enumerate(pictures):
        path = folder / f"{index}.jpg"
        picture.save(path, quality=88)
        products.append(Product(f"product {index}", pictures=(str(path),)))
    finder = ProductFinder(products)
    assert finder.problems == (), finder.problems
    return finder


def cost_ms(find: Callable[[NDArray[np.uint8]], str], scenes: Sequence[NDArray[np.uint8]]) -> tuple[float, float]:
    """CPU time of the whole process for a look, in ms: median and the longest."""
    costs = []
    for scene in scenes:
        before_s = time.process_time()
        find(scene)
        costs.append((time.process_time() - before_s) * 1000)
    return float(np.median(costs)), max(costs)


def main() -> None:
    photos = photographs()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        plan = [drawn_package(seed) for seed in range(12)] + [printed(one, at) for at, one in enumerate(photos[:8])]
        finder = finder_of(plan, folder)
        rng = np.random.default_rng(SEED)
        named = right = 0
        for way in WAYS:
            found = wrong = 0
            for index, picture in enumerate(plan):
                for _ in range(LOOKS):
                    seen = finder.recognise(shown(picture, way, rng))
                    found += seen == f"product {index}"
                    wrong += seen not in ("", f"product {index}")
            looks = len(plan) * LOOKS
            named, right = named + found + wrong, right + found
            print(f"{way.name:9} recall {found / looks:.3f}  wrong {wrong} of {looks}")
        strangers = [drawn_package(seed) for seed in range(500, 540)] + [
            printed(one, 20 + at) for at, one in enumerate(photos[8:])
        ]
        false = sum(bool(finder.recognise(shown(one, way, rng))) for one in strangers for way in WAYS)
        empty = sum(bool(finder.recognise(_filmed(make(rng), 0.5, rng))) for make in (room, cards) for _ in range(30))
        print(
            f"precision {right / max(1, named + false + empty):.4f}  products of no plan named {false} of {len(strangers) * 3}, rooms and cards named {empty} of 60"
        )

        alike = [drawn_package(seed, label=label) for seed in range(700, 708) for label in (1, 2)]
        finder = finder_of(alike, folder)
        named_alike = [
            (finder.recognise(shown(picture, WAYS[at % 2], rng)), index)
            for index, picture in enumerate(alike)
            for at in range(4)
        ]
        right = sum(name == f"product {index}" for name, index in named_alike)
        silent = sum(name == "" for name, _ in named_alike)
        print(
            f"alike     right {right}, silent {silent}, wrong {len(named_alike) - right - silent} of {len(named_alike)}"
        )

        scenes = [shown(plan[at % len(plan)], WAYS[at % 3], rng) for at in range(15)] + [room(rng) for _ in range(15)]
        threads = cv2.getNumThreads()
        for limit in (threads, 1):
            cv2.setNumThreads(limit)
            for size in (1, 20, 100):
                many = [drawn_package(seed) for seed in range(1000, 1000 + max(0, size - len(plan)))]
                started_s = time.process_time()
                finder = finder_of([*plan, *many][:size], folder)
                ready_s = time.process_time() - started_s
                finder.recognise(scenes[0])
                median, longest = cost_ms(finder.recognise, scenes)
                print(
                    f"{size:4} products, {limit} threads: a look {median:5.1f} ms of processor, at most {longest:5.1f}; ready in {ready_s:.1f} s"
                )


if __name__ == "__main__":
    main()
