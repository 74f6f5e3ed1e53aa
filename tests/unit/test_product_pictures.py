"""Products found by their pictures: drawn packages in cluttered rooms, and pictures that are of no use."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from martlive_desktop.adapters import product_pictures
from martlive_desktop.adapters.product_pictures import ProductFinder
from martlive_desktop.core.plan import Product

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SYLLABLES = ["ka", "ro", "mi", "ten", "la", "vo", "su", "bri", "den", "fa", "lo", "xi", "pa", "ger", "nu", "ti"]
WIDTH, HEIGHT = 1920, 1080


def colour(rng: np.random.Generator, low: int = 20, high: int = 240) -> list[int]:
    return [int(value) for value in rng.integers(low, high, 3)]


def word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(SYLLABLES, int(rng.integers(2, 4))))


def package(seed: int, *, variety: int = 0) -> NDArray[np.uint8]:
    """A package with a pattern and a label; two varieties of one seed differ in one line of the label."""
    rng = np.random.default_rng((5, seed))
    picture = np.full((720, 540, 3), colour(rng), np.uint8)
    for _ in range(24):
        at = (int(rng.integers(0, 540)), int(rng.integers(0, 720)))
        radius = int(rng.integers(10, 80))
        if rng.random() < 0.5:
            cv2.circle(picture, at, radius, colour(rng), -1, cv2.LINE_AA)
        else:
            cv2.ellipse(picture, at, (radius, radius // 2), 40.0, 0, 300, colour(rng), 5, cv2.LINE_AA)
    cv2.rectangle(picture, (54, 140), (486, 430), colour(rng, 170, 255), -1)
    cv2.putText(picture, word(rng).upper(), (66, 220), cv2.FONT_HERSHEY_TRIPLEX, 2, colour(rng, 0, 100), 4)
    for line in range(4):
        text = " ".join(word(rng) for _ in range(4))
        cv2.putText(picture, text, (66, 310 + 28 * line), cv2.FONT_HERSHEY_DUPLEX, 0.6, colour(rng, 0, 90), 1)
    kind = word(np.random.default_rng((6, seed, variety)))
    cv2.putText(picture, kind, (66, 275), cv2.FONT_HERSHEY_COMPLEX, 1.2, colour(rng, 0, 100), 2)
    return picture


def room(seed: int, *, has_chat: bool = False) -> NDArray[np.uint8]:
    """Things on shelves, a face and perhaps a chat panel."""
    rng = np.random.default_rng((7, seed))
    scene = np.full((HEIGHT, WIDTH, 3), colour(rng, 40, 220), np.uint8)
    for _ in range(40):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        cv2.rectangle(scene, (x, y), (x + int(rng.integers(15, 200)), y + int(rng.integers(15, 200))), colour(rng), -1)
        cv2.putText(scene, word(rng), (x, y), cv2.FONT_HERSHEY_DUPLEX, 1.0, colour(rng), 2, cv2.LINE_AA)
    cv2.ellipse(scene, (960, 450), (140, 190), 0, 0, 360, (150, 180, 225), -1, cv2.LINE_AA)
    for x in (910, 1010):
        cv2.circle(scene, (x, 420), 14, (40, 40, 50), -1, cv2.LINE_AA)
    if has_chat:
        scene[100:1000, 1450:1900] = 30
        for y in range(130, 990, 36):
            text = " ".join(word(rng) for _ in range(4))
            cv2.putText(scene, text, (1460, y), cv2.FONT_HERSHEY_DUPLEX, 0.7, (235, 235, 235), 1, cv2.LINE_AA)
    return scene


def shown(
    picture: NDArray[np.uint8],
    scene: NDArray[np.uint8],
    *,
    size: float = 0.9,
    turn_deg: float = 0.0,
    tilt: float = 0.0,
    mirrored: bool = False,
) -> NDArray[np.uint8]:
    """`scene` with `picture` on its left; `tilt` is by how much of its width the right side is shorter."""
    height, width = picture.shape[:2]
    corners = np.array([(0, 0), (width, tilt * width), (width, height - tilt * width), (0, height)]) - (
        width / 2,
        height / 2,
    )
    if mirrored:
        corners *= (-1, 1)
    angle = np.radians(turn_deg)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    target = (corners * size @ turn.T + (620, 540)).astype(np.float32)
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    flat = cv2.warpPerspective(picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, (WIDTH, HEIGHT))
    return np.where(mask[..., None] > 127, flat, scene).astype(np.uint8)


def finder(folder: Path, *pictures: NDArray[np.uint8]) -> ProductFinder:
    """The finder of products "0", "1" and so on."""
    products = []
    for index, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{index}.png"), picture)
        products.append(Product(str(index), pictures=(str(folder / f"{index}.png"),)))
    found = ProductFinder(products)
    assert found.problems == ()
    return found


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> ProductFinder:
    return finder(tmp_path_factory.mktemp("pictures"), package(1), package(2), package(3))


def hand(scene: NDArray[np.uint8]) -> NDArray[np.uint8]:
    cv2.ellipse(scene, (620, 800), (180, 160), 0, 0, 360, (140, 175, 220), -1, cv2.LINE_AA)
    return scene


def coded(scene: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", scene, (cv2.IMWRITE_JPEG_QUALITY, 40))[1], 1), np.uint8)


SEEN = {
    "as a card": shown(package(2), room(1)),
    "beside a chat": shown(package(2), room(1, has_chat=True)),
    "smaller": shown(package(2), room(2), size=0.55),
    "turned": shown(package(2), room(3), turn_deg=25),
    "upside down": shown(package(2), room(3), turn_deg=180),
    "tilted": shown(package(2), room(4), tilt=0.12),
    "in a hand": hand(shown(package(2), room(5))),
    "blurred": np.asarray(cv2.GaussianBlur(shown(package(2), room(6)), (0, 0), 1.5), np.uint8),
    "in the dark": (shown(package(2), room(7)) * 0.4).astype(np.uint8),
    "compressed": coded(shown(package(2), room(8))),
    "with alpha": np.dstack([shown(package(2), room(1)), np.full((HEIGHT, WIDTH), 255, np.uint8)]),
    "upright phone": np.ascontiguousarray(shown(package(2), room(1))[:, 200:1040]),
    "4K": np.asarray(cv2.resize(shown(package(2), room(1)), None, fx=2, fy=2), np.uint8),
}


@pytest.mark.parametrize("how", SEEN)
def test_product_is_recognised(three: ProductFinder, how: str) -> None:
    assert three.recognise(SEEN[how]) == "1"


NOT_SEEN = {
    "room": room(20),
    "chat": room(21, has_chat=True),
    "another product": shown(package(9), room(22)),
    "mirrored": shown(package(2), room(23), mirrored=True),
    "far away": shown(package(2), room(24), size=0.12),
    "black": np.zeros((HEIGHT, WIDTH, 3), np.uint8),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "one line": np.zeros((1, WIDTH, 3), np.uint8),
    "noise": np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8),
}


@pytest.mark.parametrize("what", NOT_SEEN)
def test_nothing_is_recognised(three: ProductFinder, what: str) -> None:
    assert three.recognise(NOT_SEEN[what]) == ""


def test_two_that_look_alike_are_not_told_apart(tmp_path: Path) -> None:
    alike = finder(tmp_path, package(1, variety=1), package(1, variety=2), package(3))
    assert alike.recognise(shown(package(1, variety=1), room(1))) == ""
    assert alike.recognise(shown(package(3), room(1))) == "2"


def test_product_may_have_pictures_from_several_sides(tmp_path: Path) -> None:
    for name, seed in (("front", 1), ("back", 2)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), package(seed))
    paths = (str(tmp_path / "front.png"), str(tmp_path / "back.png"))
    both = ProductFinder([Product("lamp", pictures=paths), Product("no picture")])
    assert both.recognise(shown(package(2), room(1))) == "lamp"
    assert both.recognise(shown(package(1), room(1))) == "lamp"


def test_two_of_three_looks_make_a_find(tmp_path: Path) -> None:
    one = finder(tmp_path, package(1))
    seen, empty = shown(package(1), room(1)), room(1)
    found = [one.find(pixels) for pixels in (seen, empty, seen, seen, empty, seen, empty, empty)]
    assert found == ["", "", "0", "0", "0", "0", "", ""]


def test_plan_without_pictures_finds_nothing() -> None:
    idle = ProductFinder([Product("lamp")])
    assert idle.is_idle
    assert idle.find(room(1)) == ""
    assert idle.problems == ()


def huge_png(width: int, height: int) -> bytes:
    """The head of a PNG of any size; there is nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    return bytes(cv2.imencode(".jpg", package(1))[1])


def png(picture: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])


UNREADABLE = "cannot be read; save it as JPEG or PNG"
TOO_LARGE = "is larger than 50 megapixels; make it smaller"
TOO_PLAIN = "shows too little to be recognised by; take one that is full of the product and its label"


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        pytest.param(jpeg()[:4000], UNREADABLE, id="cut off"),
        pytest.param(png(package(1))[:4000], UNREADABLE, id="cut off PNG"),
        pytest.param(b"", UNREADABLE, id="empty"),
        pytest.param(b"title = 'a plan'", UNREADABLE, id="text"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", UNREADABLE, id="PostScript"),
        pytest.param(huge_png(10_000, 10_000), TOO_LARGE, id="100 megapixels"),
        pytest.param(huge_png(60_000, 60_000), TOO_LARGE, id="3600 megapixels"),
        pytest.param(png(np.zeros((1, 1, 3), np.uint8)), TOO_PLAIN, id="one pixel"),
        pytest.param(png(np.full((400, 300, 3), 200, np.uint8)), TOO_PLAIN, id="plain"),
        pytest.param(png(np.zeros((1, 5000, 3), np.uint8)), TOO_PLAIN, id="a line"),
    ],
)
def test_picture_of_no_use_is_one_sentence_and_the_others_go_on(tmp_path: Path, data: bytes, trouble: str) -> None:
    bad, good = tmp_path / "bad.jpg", tmp_path / "good.png"
    bad.write_bytes(data)
    good.write_bytes(png(package(2)))
    found = ProductFinder([Product("lamp", pictures=(str(bad),)), Product("vase", pictures=(str(good),))])
    assert found.problems == (f"The picture of lamp {trouble}: {bad}.",)
    assert found.recognise(SEEN["as a card"]) == "vase"


def test_picture_that_is_not_there_or_a_folder_is_one_sentence(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jpg")
    found = ProductFinder([Product("lamp", pictures=(missing, str(tmp_path)))])
    assert found.is_idle
    assert found.problems == (
        f"The picture of lamp is not there; check its name: {missing}.",
        f"The picture of lamp is not there; check its name: {tmp_path}.",
    )


@pytest.mark.parametrize(
    "kind", ["CMYK", "grey", "palette", "16 bits", "turned by EXIF", "WebP", "cut out", "48 megapixels"]
)
def test_picture_of_any_kind_is_used(tmp_path: Path, kind: str) -> None:
    image = Image.fromarray(package(2)[..., ::-1])
    path = tmp_path / "picture.png"
    if kind == "CMYK":
        image.convert("CMYK").save(path, "JPEG")
    elif kind == "grey":
        image.convert("L").save(path)
    elif kind == "palette":
        image.quantize(64).save(path)
    elif kind == "16 bits":
        cv2.imwrite(str(path), package(2).astype(np.uint16) * 257)
    elif kind == "turned by EXIF":
        exif = Image.Exif()
        exif[0x0112] = 2
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path, "JPEG", exif=exif)
    elif kind == "WebP":
        image.save(path, "WEBP")
    elif kind == "cut out":
        frame = np.zeros((900, 800, 4), np.uint8)
        frame[90:810, 130:670] = np.dstack([package(2), np.full((720, 540), 255, np.uint8)])
        cv2.imwrite(str(path), frame)
    else:
        image.resize((6000, 8000)).save(path, "JPEG")
    found = ProductFinder([Product("lamp", pictures=(str(path),))])
    assert found.problems == ()
    assert found.recognise(SEEN["as a card"]) == "lamp"


def test_fourth_picture_of_a_product_is_left_out(tmp_path: Path) -> None:
    paths = tuple(str(tmp_path / f"{number}.png") for number in range(4))
    assert len(ProductFinder([Product("lamp", pictures=paths)]).problems) == product_pictures.MOST_PICTURES
