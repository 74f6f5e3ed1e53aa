"""Drawn clips of what cameras and screens show, with what is to be told of them; the thresholds are tuned on these."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from martlive_desktop.core.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
FPS = 2


@dataclass(frozen=True)
class Clip:
    """Pictures in order, and the truth about them; times in seconds."""

    name: str
    kind: str
    pictures: Callable[[Callable[[], bool]], Iterator[Picture]]
    """Asks before each picture whether it is to come soon."""
    seconds: int
    black: tuple[tuple[float, float], ...] = ()
    frozen: tuple[tuple[float, float], ...] = ()
    cuts: tuple[float, ...] = ()
    free_cuts: tuple[tuple[float, float], ...] = ()
    """Where a cut may be told or not, as in a slow fade."""


def texture(rng: np.random.Generator, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.float32]:
    """A room: soft light, furniture, shelves with things on them; shape (height, width, 3)."""
    room = np.zeros((height, width, 3), np.float32)
    coarse = rng.uniform(30, 200, (4, 6, 3)).astype(np.float32)
    coarse += (coarse.mean(axis=2, keepdims=True) - coarse) * 0.6
    room[:] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(8, 30))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = int(rng.integers(10, width // 3)), int(rng.integers(10, height // 3))
        colour = tuple(float(c) for c in rng.uniform(10, 240, 3))
        if rng.random() < 0.3:
            cv2.circle(room, (x, y), min(w, h) // 2, colour, -1)
        else:
            cv2.rectangle(room, (x, y), (x + w, y + h), colour, -1)
    return np.clip(cv2.GaussianBlur(room, (0, 0), float(rng.uniform(0.6, 2.0))), 0, 255)


def person(
    canvas: NDArray[np.float32], x: float, y: float, size: float, *, blink: bool, mouth: float, skin: tuple[float, ...]
) -> None:
    """Draw a head with shoulders in place, its face at `x`, `y`."""

    # OpenCV takes sixteenths of a pixel.
    def at(dx: float, dy: float) -> tuple[int, int]:
        return round((x + dx * size) * 16), round((y + dy * size) * 16)

    def axes(width: float, height: float) -> tuple[int, int]:
        return max(1, round(width * size * 16)), max(1, round(height * size * 16))

    cv2.ellipse(canvas, at(0, 2.3), axes(1.6, 1.2), 0, 0, 360, (60.0, 50.0, 90.0), -1, cv2.LINE_AA, 4)
    cv2.ellipse(canvas, at(0, 0), axes(0.75, 1), 0, 0, 360, skin, -1, cv2.LINE_AA, 4)
    for side in (-0.3, 0.3):
        cv2.ellipse(
            canvas,
            at(side, -0.2),
            axes(0.12, 0.015 if blink else 0.07),
            0,
            0,
            360,
            (30.0, 30.0, 30.0),
            -1,
            cv2.LINE_AA,
            4,
        )
    cv2.ellipse(canvas, at(0, 0.5), axes(0.25, 0.03 + 0.14 * mouth), 0, 0, 360, (40.0, 30.0, 120.0), -1, cv2.LINE_AA, 4)


def noisy(picture: NDArray[Any], rng: np.random.Generator, sigma: float) -> NDArray[np.uint8]:
    """`picture` as a sensor with noise of `sigma` gives it."""
    noise = rng.standard_normal(picture.shape[:2], np.float32)[..., None] * sigma
    taken: NDArray[np.uint8] = np.clip(picture + noise + 0.5, 0, 255).astype(np.uint8)
    return taken


def talking(rng: np.random.Generator, *, sway: float, sigma: float, gain: float = 1.0) -> Iterator[NDArray[np.uint8]]:
    """Somebody before a camera that stands; `sway` in pixels."""
    room = texture(rng)
    skin = tuple(float(c) for c in rng.uniform((90, 110, 130), (170, 190, 230)))
    size = float(rng.uniform(40, 75))
    x, y = float(rng.uniform(180, 460)), float(rng.uniform(120, 170))
    phase = rng.uniform(0, 6, 3)
    time = 0.0
    while True:
        canvas = room.copy()
        dx = sway * np.sin(time * 0.9 + phase[0]) + sway * 0.4 * np.sin(time * 2.3 + phase[1])
        dy = sway * 0.4 * np.sin(time * 1.3 + phase[2])
        person(
            canvas,
            x + dx,
            y + dy,
            size,
            blink=rng.random() < 0.12,
            mouth=float(rng.random()) if sway > 1 or rng.random() < 0.3 else 0.0,
            skin=skin,
        )
        light = gain * (1 + 0.02 * np.sin(time * 0.1))
        yield noisy(canvas * light, rng, sigma)
        time += 1 / FPS


def handheld(rng: np.random.Generator, *, sigma: float) -> Iterator[NDArray[np.uint8]]:
    """A camera that is carried about."""
    room = texture(rng, WIDTH * 2, HEIGHT * 2)
    phase, time = rng.uniform(0, 6, 4), 0.0
    while True:
        x = WIDTH / 2 + 150 * np.sin(time * 0.25 + phase[0]) + 12 * np.sin(time * 2.7 + phase[1])
        y = HEIGHT / 2 + 70 * np.sin(time * 0.2 + phase[2]) + 9 * np.sin(time * 3.1 + phase[3])
        move = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
        yield noisy(cv2.warpAffine(room, move, (WIDTH, HEIGHT)), rng, sigma)
        time += 1 / FPS


def game(rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """A world that scrolls, with a figure in it and a score; no noise."""
    world = texture(rng, WIDTH * 4, HEIGHT)
    time, x = 0.0, 0.0
    while True:
        x += float(rng.uniform(4, 60))
        canvas = np.roll(world, -int(x), axis=1)[:, :WIDTH].astype(np.uint8)
        cv2.circle(
            canvas, (300 + int(40 * np.sin(time)), 240 + int(60 * np.cos(time * 1.7))), 24, (30.0, 200.0, 230.0), -1
        )
        cv2.putText(canvas, f"SCORE {int(x)}", (16, 32), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (250, 250, 250), 2)
        yield canvas
        time += 1 / FPS


def card(
    rng: np.random.Generator, title: str, grounds: tuple[float, float] = (20, 235), size: float = 1.3
) -> NDArray[np.uint8]:
    """A slide or a card: one ground, a title, lines."""
    ground = rng.uniform(*grounds, 3)
    canvas = np.full((HEIGHT, WIDTH, 3), ground.astype(np.uint8))
    ink = tuple(float(c) for c in (np.full(3, 245) if ground.mean() < 128 else np.full(3, 15)))
    cv2.putText(
        canvas,
        title,
        (int(rng.integers(20, 160)), int(rng.integers(60, 180))),
        cv2.FONT_HERSHEY_DUPLEX,
        size,
        ink,
        2,
        cv2.LINE_AA,
    )
    for line in range(int(rng.integers(2, 6))):
        y = 200 + 28 * line
        cv2.putText(
            canvas,
            "".join(rng.choice(list("abcdefgh ijklm nopq"), 24)),
            (60, y),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.7,
            ink,
            1,
            cv2.LINE_AA,
        )
    if rng.random() < 0.5:
        x, y = int(rng.integers(300, 500)), int(rng.integers(30, 220))
        cv2.rectangle(canvas, (x, y), (x + 120, y + 100), tuple(float(c) for c in rng.uniform(0, 255, 3)), -1)
    return canvas


def still(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """The same picture for ever."""
    while True:
        yield picture


def paused(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A game's menu over `picture`."""
    canvas = (picture * rng.uniform(0.3, 0.7)).astype(np.uint8)
    w, h = int(rng.integers(180, 320)), int(rng.integers(140, 240))
    x, y = (WIDTH - w) // 2, (HEIGHT - h) // 2
    cv2.rectangle(canvas, (x, y), (x + w, y + h), tuple(float(c) for c in rng.uniform(20, 230, 3)), -1)
    cv2.putText(canvas, "PAUSED", (x + 24, y + 50), cv2.FONT_HERSHEY_DUPLEX, 1.0, (250, 250, 250), 2, cv2.LINE_AA)
    return canvas


def with_chat(
    pictures: Iterator[NDArray[np.uint8]], rng: np.random.Generator, a_minute: float
) -> Iterator[NDArray[np.uint8]]:
    """`pictures` with a chat at the right that scrolls, and a clock."""
    panel = np.full((HEIGHT, 180, 3), 24, np.uint8)
    for tick, picture in enumerate(pictures):
        out = picture.copy()
        if rng.random() < a_minute / 60 / FPS:
            panel = np.roll(panel, -24, axis=0)
            panel[-24:] = 24
            text = "".join(rng.choice(list("abcdefgh ijklm nopq"), int(rng.integers(6, 22))))
            cv2.putText(panel, text, (6, HEIGHT - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (220, 220, 220), 1, cv2.LINE_AA)
        out[:, -180:] = panel
        cv2.rectangle(out, (0, 0), (90, 26), (0, 0, 0), -1)
        cv2.putText(
            out,
            f"{tick // FPS // 60:02}:{tick // FPS % 60:02}",
            (6, 20),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.6,
            (250, 250, 250),
            1,
        )
        yield out


def after(
    first: Iterator[NDArray[np.uint8]], *parts: tuple[float, Callable[[NDArray[np.uint8]], Iterator[NDArray[np.uint8]]]]
) -> Iterator[NDArray[np.uint8]]:
    """`first`, and from each of the seconds on what is made of the last picture."""
    now, parts_left, picture, index = first, list(parts), np.zeros((HEIGHT, WIDTH, 3), np.uint8), 0
    while True:
        if parts_left and index >= parts_left[0][0] * FPS:
            now = parts_left.pop(0)[1](picture)
        picture = next(now)
        yield picture
        index += 1


def fade(
    first: Iterator[NDArray[np.uint8]], second: Iterator[NDArray[np.uint8]], at_s: float, for_s: float
) -> Iterator[NDArray[np.uint8]]:
    """`first` becomes `second` within `for_s` seconds."""
    index = 0
    while True:
        share = min(max((index / FPS - at_s) / for_s, 0), 1)
        if share == 0:
            yield next(first)
        elif share == 1:
            yield next(second)
        else:
            yield (next(first) * (1 - share) + next(second) * share).astype(np.uint8)
        index += 1


def denoised(rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """A webcam that takes the noise away: only eyes, mouth and a hint of the head move; the exposure goes in steps."""
    gain = 1.0
    for index, picture in enumerate(talking(rng, sway=float(rng.uniform(0.1, 0.6)), sigma=0.0)):
        if index and index % 30 == 0:
            gain = float(rng.uniform(0.9, 1.1))
        yield np.clip(picture * gain, 0, 255).astype(np.uint8)


def squeezed(pictures: Iterator[NDArray[np.uint8]], quality: int) -> Iterator[NDArray[np.uint8]]:
    """`pictures` as JPEG gives them back."""
    for picture in pictures:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def encoded(
    pictures: Iterator[Picture], codec: str, decoder: str, options: dict[str, str], frames: int = 6
) -> Iterator[Picture]:
    """`pictures` as a video codec gives them back that takes each of them for some frames, as live video has them."""
    coder: Any = None
    reader: Any = av.CodecContext.create(decoder, "r")
    for one in pictures:
        if coder is None:
            coder = av.CodecContext.create(codec, "w")
            coder.height, coder.width = one.pixels.shape[:2]
            coder.pix_fmt, coder.time_base, coder.options = "yuv420p", Fraction(1, 1000), options
        shown: Any = None
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(one.pixels), format="bgr24")
            frame.pts, frame.time_base = one.at_ms + index, Fraction(1, 1000)
            for packet in coder.encode(frame):
                shown = [shown, *reader.decode(packet)][-1]
        yield Picture(one.at_ms, shown.to_ndarray(format="bgr24"))


def framed(pictures: Iterator[NDArray[np.uint8]], rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """`pictures` in a frame, with a name on them."""
    wide, colour = int(rng.integers(4, 26)), rng.uniform(40, 255, 3).tolist()
    name = "".join(rng.choice(list("abcdefghijk"), 9))
    for picture in pictures:
        out = picture.copy()
        cv2.rectangle(out, (0, 0), (WIDTH - 1, HEIGHT - 1), colour, 2 * wide)
        cv2.putText(out, name, (40, HEIGHT - 50), cv2.FONT_HERSHEY_DUPLEX, 0.8, (250, 250, 250), 2, cv2.LINE_AA)
        yield out


def caves(rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """A world that scrolls from light into caves and out of them."""
    world = texture(rng, WIDTH * 6, HEIGHT)
    for begin in range(WIDTH, WIDTH * 6, WIDTH):
        x, w = begin + int(rng.integers(0, 200)), int(rng.integers(200, 500))
        world[int(rng.integers(0, 200)) :, x : x + w] = rng.uniform(0, 22)
    at = 0.0
    while True:
        at += float(rng.uniform(4, 80))
        out = np.roll(world, -int(at), axis=1)[:, :WIDTH].astype(np.uint8)
        cv2.circle(out, (320, 200), 22, (30.0, 200.0, 230.0), -1)
        yield out


def in_corner(under: Iterator[NDArray[np.uint8]], small: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """`small` at a quarter of its size over `under`."""
    for picture, camera in zip(under, small, strict=False):
        out = picture.copy()
        out[-100:-10, -170:-10] = cv2.resize(camera, (160, 90), interpolation=cv2.INTER_AREA)
        yield out


TITLES = ("Stream starts shortly", "Back in five", "The end")
"""Of a start scene, a break scene, and a card that nobody saved."""

ANIMATIONS = ("none", "clock", "spinner", "dots", "chat")


def scene(ground: int, title: str, animation: str) -> Callable[[float], NDArray[np.uint8]]:
    """A card of the set that `ground` draws, as it is at a time in seconds."""
    rng = np.random.default_rng((3, ground))
    page = np.full((HEIGHT, WIDTH, 3), rng.uniform(10, 120, 3).astype(np.uint8))
    for _ in range(int(rng.integers(0, 9))):
        x = int(rng.integers(0, WIDTH))
        cv2.line(page, (x, 0), (x + 120, HEIGHT), rng.uniform(40, 160, 3).tolist(), int(rng.integers(2, 30)))
    size = float(rng.uniform(1.0, 1.6))
    at = (int(rng.integers(30, 150)), int(rng.integers(120, 260)))
    cv2.putText(page, title, at, cv2.FONT_HERSHEY_TRIPLEX, size, (250, 250, 250), 2, cv2.LINE_AA)
    dots = rng.uniform((0, 0, 10), (WIDTH, HEIGHT, 40), (10, 3))

    def view(at_s: float) -> NDArray[np.uint8]:
        out = page.copy()
        if animation == "clock":
            cv2.putText(out, f"{int(at_s):05}", (20, 50), cv2.FONT_HERSHEY_DUPLEX, 1.2, (90, 230, 250), 2, cv2.LINE_AA)
        elif animation == "spinner":
            cv2.ellipse(out, (560, 60), (28, 28), 0, at_s * 130, at_s * 130 + 100, (90, 230, 250), 8, cv2.LINE_AA)
        elif animation == "dots":
            for x, y, speed in dots:
                cv2.circle(out, (int(x), int(y - speed * at_s) % HEIGHT), 4, (255, 255, 255), -1, cv2.LINE_AA)
        elif animation == "chat":
            out[:, -170:] = 20
            for row in range(12):
                line = np.random.default_rng((ground, row + int(at_s / 9)))
                text = "".join(line.choice(list("abcdefgh ijklm nopq"), int(line.integers(5, 20))))
                cv2.putText(
                    out,
                    text,
                    (WIDTH - 164, 26 + 28 * row),
                    cv2.FONT_HERSHEY_SIMPLEX,
                    0.45,
                    (220, 220, 220),
                    1,
                    cv2.LINE_AA,
                )
        return out

    return view


def a_camera(rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """One of the ways in which a camera shows somebody."""
    kind, sigma = rng.integers(0, 4), float(rng.uniform(0.8, 3.5))
    if kind == 0:
        return handheld(rng, sigma=sigma)
    if kind == 1:
        return talking(rng, sway=float(rng.uniform(0.2, 1.0)), sigma=sigma)
    if kind == 2:
        return talking(rng, sway=float(rng.uniform(5, 25)), sigma=sigma)
    return talking(
        rng, sway=float(rng.uniform(3, 10)), sigma=float(rng.uniform(4, 8)), gain=float(rng.uniform(0.25, 0.4))
    )


def clip(kind: str, seed: int) -> Clip:
    """The clip of `kind` that `seed` draws; another seed, another one."""
    # Times are drawn by one generator and pictures by another, so that a clip can be drawn twice.
    rng = np.random.default_rng((seed, len(kind)))
    start = float(rng.integers(24, 40))
    end = start + float(rng.integers(16, 26))
    seconds = int(end + rng.integers(10, 20))
    a_minute = float(rng.choice([0, 5, 20]))

    def draw(is_urgent: Callable[[], bool]) -> Iterator[Picture]:
        paint = np.random.default_rng((seed, 7))
        pictures = _SCENES[kind](paint, start, end)
        shown = with_chat(pictures, paint, a_minute) if a_minute and kind in _WITH_CHAT else pictures
        taken = (Picture(i * 1000 // FPS, pixels) for i, pixels in enumerate(itertools.islice(shown, seconds * FPS)))
        if kind not in _ENCODED:
            return taken
        options = {"crf": str(_ENCODED[kind][seed % 3]), "tune": "zerolatency", "preset": "medium", "g": "20"}
        return encoded(taken, "libx264", "h264", options | {"threads": "1"})

    made = Clip(f"{kind} {seed}", kind, draw, seconds)
    match kind:
        case "freeze" | "game freeze" | "squeezed freeze" | "denoised freeze" | "corner freeze" | "encoded freeze":
            return replace(made, frozen=((start, end),))
        case "black beside chat" | "framed black":
            return replace(made, black=((start, end),), free_cuts=((start, start + 2), (end, end + 2)))
        case "fade beside chat":
            return replace(made, black=((start + 1.5, end),), free_cuts=((start, start + 3), (end, end + 2)))
        case "dark slides":
            return replace(made, free_cuts=((start, start + 2), (end, end + 2)))
        case "caves":
            return replace(made, free_cuts=((0, seconds),))
        case "dark card" | "dark card beside chat":
            return replace(made, free_cuts=((start, start + 2), (end, end + 2)))
        case "black":
            return replace(made, black=((start, end),), cuts=(start, end))
        case "fade to black":
            return replace(made, black=((start + 2, end),), cuts=(end,), free_cuts=((start, start + 3),))
        case "slides":
            return replace(made, cuts=(start / 2, start, end))
        case "card" | "card with clock":
            return replace(made, cuts=(start, end))
        case "cross-fade":
            return replace(made, free_cuts=((start, start + 3),))
        case "paused game":
            return replace(made, free_cuts=((start, start + 2), (end, end + 2)))
        case _:
            return made


def _paused_game(rng: np.random.Generator, start: float, end: float) -> Iterator[NDArray[np.uint8]]:
    first = game(rng)
    return after(first, (start, lambda last: still(paused(rng, last))), (end, lambda _: first))


def _frozen(first: Iterator[NDArray[np.uint8]], start: float, end: float) -> Iterator[NDArray[np.uint8]]:
    return after(first, (start, still), (end, lambda _: first))


def _card_with_clock(rng: np.random.Generator, start: float, end: float) -> Iterator[NDArray[np.uint8]]:
    first, shown = a_camera(rng), card(rng, "Back soon")

    def ticking() -> Iterator[NDArray[np.uint8]]:
        for tick in range(10_000):
            out = shown.copy()
            cv2.rectangle(out, (480, 300), (620, 345), (0, 0, 0), -1)
            cv2.putText(out, f"{tick // 2:04}", (490, 335), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (250, 250, 250), 2)
            yield out

    return after(first, (start, lambda _: ticking()), (end, lambda _: first))


def _interlude(
    rng: np.random.Generator, start: float, end: float, shown: NDArray[np.uint8]
) -> Iterator[NDArray[np.uint8]]:
    first = a_camera(rng)
    return after(first, (start, lambda _: still(shown)), (end, lambda _: first))


_BLACK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def _quiet(rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    return talking(rng, sway=float(rng.uniform(0.5, 12)), sigma=float(rng.choice([0.0, 0.0, 1.0])))


def _black(rng: np.random.Generator, start: float, end: float) -> Iterator[NDArray[np.uint8]]:
    first = _quiet(rng)
    return after(first, (start, lambda _: still(_BLACK)), (end, lambda _: first))


def _dark_slides(rng: np.random.Generator, start: float, end: float) -> Iterator[NDArray[np.uint8]]:
    pages = [
        card(rng, title, grounds) for title, grounds in (("Welcome", (120, 250)), ("Offer", (0, 22)), ("End", (0, 22)))
    ]
    shown = after(still(pages[0]), (start, lambda _: still(pages[1])), (end, lambda _: still(pages[2])))
    return with_chat(shown, rng, float(rng.choice([4, 20])))


def _dark_card(rng: np.random.Generator, start: float, end: float) -> Iterator[NDArray[np.uint8]]:
    return _interlude(rng, start, end, card(rng, "Back soon", (0, 22), float(rng.uniform(0.7, 1.5))))


_SCENES: dict[str, Callable[[np.random.Generator, float, float], Iterator[NDArray[np.uint8]]]] = {
    "freeze": lambda rng, start, end: _frozen(a_camera(rng), start, end),
    "game freeze": lambda rng, start, end: _frozen(game(rng), start, end),
    "black": lambda rng, start, end: _interlude(rng, start, end, _BLACK),
    "fade to black": lambda rng, start, end: after(
        fade(a_camera(rng), still(_BLACK), start, 2.0), (end, lambda _: a_camera(rng))
    ),
    "slides": lambda rng, start, end: after(
        still(card(rng, "Welcome")),
        (start / 2, lambda _: still(card(rng, "Our offer"))),
        (start, lambda _: still(card(rng, "Prices"))),
        (end, lambda _: still(card(rng, "Thanks"))),
    ),
    "card": lambda rng, start, end: _interlude(rng, start, end, card(rng, "Be right back")),
    "card with clock": _card_with_clock,
    "cross-fade": lambda rng, start, end: fade(a_camera(rng), still(card(rng, "Details")), start, 1.5),
    "paused game": _paused_game,
    "still head": lambda rng, start, end: talking(
        rng, sway=float(rng.uniform(0.1, 0.8)), sigma=float(rng.uniform(0.6, 2))
    ),
    "low light": lambda rng, start, end: talking(
        rng, sway=2.0, sigma=float(rng.uniform(3, 8)), gain=float(rng.uniform(0.18, 0.35))
    ),
    "moving camera": lambda rng, start, end: handheld(rng, sigma=1.5),
    "denoised head": lambda rng, start, end: denoised(rng),
    "squeezed head": lambda rng, start, end: squeezed(denoised(rng), 75),
    "squeezed freeze": lambda rng, start, end: squeezed(_frozen(a_camera(rng), start, end), 80),
    "denoised freeze": lambda rng, start, end: _frozen(talking(rng, sway=5, sigma=0), start, end),
    "corner": lambda rng, start, end: in_corner(game(rng), talking(rng, sway=3, sigma=0.8)),
    "corner over slide": lambda rng, start, end: in_corner(still(card(rng, "Prices")), talking(rng, sway=3, sigma=0.8)),
    "encoded freeze": lambda rng, start, end: _frozen(a_camera(rng), start, end),
    "black beside chat": lambda rng, start, end: with_chat(_black(rng, start, end), rng, float(rng.choice([0, 6, 25]))),
    "framed black": lambda rng, start, end: framed(_black(rng, start, end), rng),
    "fade beside chat": lambda rng, start, end: with_chat(
        after(fade(_quiet(rng), still(_BLACK), start, 1.5), (end, lambda _: _quiet(rng))), rng, 10
    ),
    "dark slides": _dark_slides,
    "dark card": _dark_card,
    "dark card beside chat": lambda rng, start, end: with_chat(_dark_card(rng, start, end), rng, 15),
    "caves": lambda rng, start, end: caves(rng),
    "corner freeze": lambda rng, start, end: in_corner(
        still(card(rng, "Prices")), _frozen(talking(rng, sway=5, sigma=1), start, end)
    ),
}
_ENCODED = {"encoded freeze": (24, 28, 31)}
_WITH_CHAT = {
    "freeze",
    "squeezed freeze",
    "denoised freeze",
    "denoised head",
    "still head",
    "low light",
    "moving camera",
}
VIEWS = tuple(_SCENES)
ALIVE = (
    "slides",
    "card",
    "card with clock",
    "cross-fade",
    "paused game",
    "still head",
    "denoised head",
    "squeezed head",
    "corner",
    "dark slides",
    "dark card",
    "dark card beside chat",
    "caves",
)
