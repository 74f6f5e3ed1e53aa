"""Clips that nothing is tuned on: other drawing than in clips.py, other sizes, compression and jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

from martlive_desktop.core.picture import Picture
from tests.bench.clips import Clip, encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    View: TypeAlias = Callable[[float], NDArray[np.uint8]]
    """What is seen at a time in seconds; asked in order."""

W, H = 640, 360
LETTERS = np.array(list("etaoinshrdlucmfwypvbgkjqxz      "))


def smooth_noise(rng: np.random.Generator, width: int, height: int, cell: int, low: float, high: float) -> NDArray[Any]:
    """Soft spots of colour, shape (height, width, 3), float32."""
    grid = rng.uniform(low, high, (max(2, height // cell), max(2, width // cell), 3)).astype(np.float32)
    grid = 0.5 * grid + 0.5 * grid.mean(axis=2, keepdims=True)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC))


def words(rng: np.random.Generator, count: int) -> str:
    return "".join(rng.choice(LETTERS, count)).strip() or "text"


def studio(rng: np.random.Generator, width: int = W, height: int = H) -> NDArray[np.float32]:
    """A wall with grain, a shelf of books, a lamp, a poster."""
    wall = smooth_noise(rng, width, height, 160, 70, 190)
    wall += cv2.GaussianBlur(rng.standard_normal((height, width, 1)).astype(np.float32), (0, 0), 1.2)[..., None] * 8
    y = int(height * rng.uniform(0.2, 0.5))
    x = 8
    while x < width * 0.45:
        w, h = int(rng.integers(5, 16)), int(rng.integers(24, 60))
        cv2.rectangle(wall, (x, y - h), (x + w, y), rng.uniform(10, 220, 3).tolist(), -1)
        x += w + 1
    cv2.rectangle(wall, (0, y), (int(width * 0.45), y + 5), (40.0, 60.0, 90.0), -1)
    wall = np.clip(wall, 0, 255).astype(np.uint8)
    px, py = int(width * rng.uniform(0.7, 0.85)), int(height * rng.uniform(0.1, 0.3))
    cv2.rectangle(wall, (px, py), (px + 80, py + 110), rng.uniform(30, 230, 3).tolist(), -1)
    cv2.putText(wall, words(rng, 5), (px + 4, py + 50), cv2.FONT_HERSHEY_TRIPLEX, 0.8, (20, 20, 20), 2)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    lamp = np.exp(-(((xx - width * rng.uniform(0, 1)) / 140) ** 2) - ((yy - 20) / 100) ** 2)
    return np.asarray(np.clip(wall + lamp[..., None] * rng.uniform(10, 70), 0, 255).astype(np.float32))


class Presenter:
    """Somebody with hair, glasses and a coat; talks in bursts, blinks at random, breathes always."""

    def __init__(self, rng: np.random.Generator, calm: float, scale: float = 1.0) -> None:
        self.rng, self.calm, self.scale = rng, calm, scale
        self.skin = rng.uniform((80, 110, 140), (160, 190, 235))
        self.hair, self.coat = rng.uniform(10, 90, 3), rng.uniform(20, 200, 3)
        self.size = float(rng.uniform(48, 80)) * scale
        self.drift = np.zeros(3)
        self.until, self.talks, self.blink_until, self.last = 0.0, True, -1.0, 0.0

    def draw(self, canvas: NDArray[Any], cx: float, cy: float, t: float) -> None:
        """Draw at `t` with the face about (`cx`, `cy`)."""
        rng, size = self.rng, self.size
        step = max(t - self.last, 0.0)
        self.last = t
        if t >= self.until:
            self.talks = not self.talks
            self.until = t + float(rng.uniform(3, 12) if self.talks else rng.uniform(2, 9))
        pull = min(1.0, 0.6 * step)
        reach = (2.5 if self.talks else 0.6) * (1 - self.calm) + 0.15
        self.drift += -pull * self.drift + rng.standard_normal(3) * np.sqrt(pull) * reach * size / 40
        if rng.random() < 1 - np.exp(-0.27 * step):
            self.blink_until = t + (0.2 if rng.random() < 0.45 else -1)
        x, y = cx + self.drift[0], cy + self.drift[1] * 0.5 + 0.012 * size * np.sin(1.6 * t)
        mouth = abs(np.sin(11.3 * t) * rng.uniform(0.3, 1)) if self.talks else 0.02

        def p(*points: tuple[float, float]) -> NDArray[np.int32]:
            return np.array([[round((x + a * size) * 16), round((y + b * size) * 16)] for a, b in points], np.int32)

        breathe = 0.012 * np.sin(1.6 * t)
        coat = p((-1.5, 2.6), (-1.3, 1.5 - breathe), (-0.4, 1.1), (0.4, 1.1), (1.3, 1.5 - breathe), (1.5, 2.6))
        cv2.fillPoly(canvas, [coat], self.coat.tolist(), cv2.LINE_AA, 4)
        outline = [(0.72 * np.cos(a), 0.95 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 24)]
        cv2.fillPoly(
            canvas, [p(*[(a * 1.12, b * 1.08 - 0.12) for a, b in outline])], self.hair.tolist(), cv2.LINE_AA, 4
        )
        cv2.fillPoly(canvas, [p(*outline)], self.skin.tolist(), cv2.LINE_AA, 4)
        turn = self.drift[2] * 0.02
        for side in (-0.28, 0.28):
            tall = 0.01 if t < self.blink_until else 0.06
            eye = [(side + turn + 0.1 * np.cos(a), -0.15 + tall * np.sin(a)) for a in np.linspace(0, 6.28, 10)]
            cv2.fillPoly(canvas, [p(*eye)], (25.0, 25.0, 30.0), cv2.LINE_AA, 4)
            cv2.polylines(
                canvas, [p((side - 0.2, -0.3), (side + 0.2, -0.3))], False, self.hair.tolist(), 2, cv2.LINE_AA, 4
            )
        lips = [(turn + 0.24 * np.cos(a), 0.5 + (0.03 + 0.13 * mouth) * np.sin(a)) for a in np.linspace(0, 6.28, 12)]
        cv2.fillPoly(canvas, [p(*lips)], (50.0, 40.0, 130.0), cv2.LINE_AA, 4)


def sensor(
    rng: np.random.Generator, grain: float, *, flickers: bool = False, adapts: bool = True
) -> Callable[..., NDArray[np.uint8]]:
    """How a camera takes a picture: grain, flicker of lamps, exposure in steps."""
    state = {"gain": 1.0, "next": float(rng.uniform(5, 25))}

    def take(canvas: NDArray[Any], t: float) -> NDArray[np.uint8]:
        if adapts and t >= state["next"]:
            state["gain"] = float(rng.uniform(0.92, 1.08))
            state["next"] = t + float(rng.uniform(8, 30))
        out = canvas * state["gain"]
        if flickers:
            rows = np.arange(len(out), dtype=np.float32)
            out = out * (1 + 0.012 * np.sin(rows / 30 + rng.uniform(0, 6)))[:, None, None]
        if grain:
            out = out + rng.standard_normal(out.shape, np.float32) * grain
        return np.asarray(np.clip(out + 0.5, 0, 255).astype(np.uint8))

    return take


def webcam(
    rng: np.random.Generator,
    *,
    calm: float,
    grain: float,
    light: float = 1.0,
    is_virtual: bool = False,
    flickers: bool = False,
    adapts: bool = True,
    width: int = W,
    height: int = H,
) -> View:
    """Somebody before a wall, or before a picture put behind them."""
    room = studio(rng, width, height) * light
    one = Presenter(rng, calm, height / H)
    take = sensor(rng, grain, flickers=flickers, adapts=adapts)
    x, y = width * float(rng.uniform(0.35, 0.65)), height * float(rng.uniform(0.33, 0.45))
    if light != 1:
        one.skin, one.coat, one.hair = one.skin * light, one.coat * light, one.hair * light

    def view(t: float) -> NDArray[np.uint8]:
        canvas = room.copy()
        one.draw(canvas, x, y, t)
        if not is_virtual:
            return take(canvas, t)
        person = np.abs(canvas - room).max(axis=2) > 3
        shot = take(canvas, t)
        return np.where(person[..., None], shot, room.astype(np.uint8)).astype(np.uint8)

    return view


def walked(rng: np.random.Generator, *, grain: float) -> View:
    """A telephone in a hand: turns, zooms and shakes."""
    room = studio(rng, 2 * W, 2 * H)
    phase, take = rng.uniform(0, 6, 6), sensor(rng, grain)

    def view(t: float) -> NDArray[np.uint8]:
        angle = 6 * np.sin(0.31 * t + phase[0]) + 1.2 * np.sin(2.9 * t + phase[1])
        zoom = 1.15 + 0.2 * np.sin(0.17 * t + phase[2])
        move = cv2.getRotationMatrix2D((W, H), angle, zoom)
        move[0, 2] += -W / 2 + 110 * np.sin(0.23 * t + phase[3]) + 7 * np.sin(3.3 * t)
        move[1, 2] += -H / 2 + 60 * np.sin(0.29 * t + phase[4]) + 5 * np.sin(4.1 * t)
        return take(np.asarray(cv2.warpAffine(room, move, (W, H), borderMode=cv2.BORDER_REFLECT)), t)

    return view


def table(rng: np.random.Generator, *, grain: float) -> View:
    """A product from above, turned and pushed by two hands."""
    desk = smooth_noise(rng, W, H, 90, 120, 220)
    colour, phase, take = rng.uniform(20, 230, 3).tolist(), rng.uniform(0, 6, 4), sensor(rng, grain, adapts=False)

    def view(t: float) -> NDArray[np.uint8]:
        canvas = desk.copy()
        cx, cy = 320 + 40 * np.sin(0.7 * t + phase[0]), 180 + 20 * np.sin(0.9 * t + phase[1])
        box = cv2.boxPoints(((cx, cy), (180, 110), 25 * np.sin(0.5 * t + phase[2])))
        cv2.fillPoly(canvas, [np.round(box).astype(np.int32)], colour, cv2.LINE_AA)
        for side in (-1, 1):
            hand = (round(cx + side * (105 + 12 * np.sin(1.9 * t))), round(cy + 30 * np.sin(1.3 * t + side)))
            cv2.ellipse(canvas, hand, (44, 26), 20 * side, 0, 360, (120.0, 150.0, 200.0), -1, cv2.LINE_AA)
        return take(canvas, t)

    return view


def deck(
    rng: np.random.Generator, changes: list[float], *, has_pointer: bool = False, dark_from: int | None = None
) -> View:
    """Slides with bars, pies and lines of text, one after each of the times; black of ground from `dark_from` on."""

    def slide(index: int) -> NDArray[np.uint8]:
        top, bottom = (
            (rng.uniform(200, 255, 3), rng.uniform(170, 255, 3))
            if (rng.random() < 0.6 if dark_from is None else index < dark_from)
            else (rng.uniform(0, 20, 3), rng.uniform(0, 20, 3))
            if dark_from is not None
            else (rng.uniform(10, 60, 3), rng.uniform(10, 90, 3))
        )
        ramp = np.linspace(0, 1, H)[:, None, None]
        page = np.broadcast_to(top * (1 - ramp) + bottom * ramp, (H, W, 3)).astype(np.uint8).copy()
        ink = (20, 20, 20) if page.mean() > 128 else (240, 240, 240)
        cv2.putText(page, words(rng, 16), (30, 60), cv2.FONT_HERSHEY_COMPLEX, 1.1, ink, 2, cv2.LINE_AA)
        kind = int(rng.integers(0, 3))
        for row in range(5 if kind < 2 else 8):
            y = 110 + 28 * row
            cv2.circle(page, (44, y - 6), 4, ink, -1, cv2.LINE_AA)
            cv2.putText(page, words(rng, 20), (60, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 1, cv2.LINE_AA)
        if kind == 0:
            for bar in range(6):
                tall = int(rng.integers(30, 180))
                cv2.rectangle(
                    page, (380 + 38 * bar, 320 - tall), (406 + 38 * bar, 320), rng.uniform(0, 255, 3).tolist(), -1
                )
        elif kind == 1:
            begin = 0
            for part in rng.dirichlet(np.ones(4)) * 360:
                cv2.ellipse(
                    page, (500, 220), (95, 95), 0, begin, begin + part, rng.uniform(0, 255, 3).tolist(), -1, cv2.LINE_AA
                )
                begin += part
        return page

    pages = [slide(index) for index in range(len(changes) + 1)]
    spot = np.array([320.0, 180.0])

    def view(t: float) -> NDArray[np.uint8]:
        page = pages[sum(t >= change for change in changes)]
        if not has_pointer:
            return page
        if rng.random() < 0.15:
            spot[:] = rng.uniform((20, 20), (W - 20, H - 20))
        out = page.copy()
        cv2.arrowedLine(out, (int(spot[0]) + 14, int(spot[1]) + 18), (int(spot[0]), int(spot[1])), (0, 0, 0), 2)
        return out

    return view


def arena(rng: np.random.Generator, *, is_night: bool = False) -> View:
    """A game: a floor of tiles in perspective that rushes by, figures, a bar of health."""
    sky, floor = rng.uniform(60, 230, 3), rng.uniform(40, 160, (2, 3))
    if is_night:
        sky, floor = rng.uniform(0, 15, 3), np.vstack((rng.uniform(0, 20, 3), rng.uniform(20, 90, 3)))
    speed, sprites = float(rng.uniform(0.7, 2.5)), rng.uniform(0, 6, (7, 3))
    colours = rng.uniform(30, 255, (7, 3))
    yy, xx = np.mgrid[H // 2 : H, 0:W].astype(np.float32)
    depth = 60 / (yy - H / 2 + 3)

    def view(t: float) -> NDArray[np.uint8]:
        canvas = np.empty((H, W, 3), np.float32)
        canvas[: H // 2] = sky
        checks = (np.floor(depth * 4 + speed * t) + np.floor((xx - W / 2 + 60 * np.sin(0.4 * t)) * depth / 30)) % 2
        canvas[H // 2 :] = np.where(checks[..., None] > 0, floor[0], floor[1])
        for (a, b, c), colour in zip(sprites, colours, strict=True):
            x, y = W / 2 + 260 * np.sin(a + t * (0.4 + 0.1 * b)), H / 2 + 100 * np.sin(b + t * 0.7)
            size = int(14 + 10 * np.sin(c + t))
            cv2.rectangle(
                canvas, (int(x) - size, int(y) - size), (int(x) + size, int(y) + 2 * size), colour.tolist(), -1
            )
        cv2.rectangle(canvas, (20, 330), (20 + int(100 + 60 * np.sin(0.2 * t)), 344), (40.0, 40.0, 220.0), -1)
        return canvas.astype(np.uint8)

    return view


def halted(rng: np.random.Generator, last: NDArray[np.uint8]) -> View:
    """A game's menu: in the middle, at the side or all over; its mark wanders now and then."""
    out = (last * rng.uniform(0.25, 0.6)).astype(np.uint8) if rng.random() < 0.5 else cv2.GaussianBlur(last, (0, 0), 6)
    kind = int(rng.integers(0, 3))
    x, y, w, h = [(200, 60, 240, 240), (0, 0, 250, H), (40, 30, 560, 300)][kind]
    cv2.rectangle(out, (x, y), (x + w, y + h), rng.uniform(20, 120, 3).tolist(), -1)
    lines = [words(rng, 10) for _ in range(5)]
    mark = 0

    def view(t: float) -> NDArray[np.uint8]:
        nonlocal mark
        if rng.random() < 0.06:
            mark = int(rng.integers(0, 5))
        shown = np.asarray(out).copy()
        for row, line in enumerate(lines):
            ink = (60, 220, 250) if row == mark else (230, 230, 230)
            cv2.putText(shown, line, (x + 24, y + 50 + 38 * row), cv2.FONT_HERSHEY_DUPLEX, 0.8, ink, 1, cv2.LINE_AA)
        return np.asarray(shown, np.uint8)

    return view


def interval(rng: np.random.Generator, title: str, kind: int, ground: int | None = None) -> View:
    """A card for a pause: still (0), with a clock (1), a countdown (2), a turning sign (3) or snow (4)."""
    paint = rng if ground is None else np.random.default_rng((11, ground))
    page = np.clip(smooth_noise(paint, W, H, 200, 10, 130), 0, 255).astype(np.uint8)
    cv2.rectangle(page, (16, 16), (W - 16, H - 16), paint.uniform(120, 255, 3).tolist(), 3)
    size = float(paint.uniform(1.2, 1.8))
    ((tw, th), _) = cv2.getTextSize(title, cv2.FONT_HERSHEY_DUPLEX, size, 3)
    cv2.putText(
        page, title, ((W - tw) // 2, H // 2 + th // 2), cv2.FONT_HERSHEY_DUPLEX, size, (245, 245, 245), 3, cv2.LINE_AA
    )
    cv2.putText(page, "follow @shop", (40, H - 40), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (200, 200, 200), 1, cv2.LINE_AA)
    flakes = rng.uniform((0, 0, 20), (W, H, 60), (14, 3))

    def view(t: float) -> NDArray[np.uint8]:
        if kind == 0:
            return np.asarray(page)
        out = page.copy()
        if kind in (1, 2):
            left = int(t) if kind == 1 else max(0, 600 - int(t))
            cv2.putText(
                out,
                f"{left // 60:02}:{left % 60:02}",
                (480, 70),
                cv2.FONT_HERSHEY_DUPLEX,
                1.2,
                (240, 240, 120),
                2,
                cv2.LINE_AA,
            )
        elif kind == 3:
            sign = cv2.boxPoints(((100, 90), (60, 34), t * 40))
            cv2.fillPoly(out, [np.round(sign).astype(np.int32)], (60, 200, 240), cv2.LINE_AA)
        else:
            for x, y, fall in flakes:
                cv2.circle(out, (int(x), int((y + fall * t) % H)), 3, (250, 250, 250), -1, cv2.LINE_AA)
        return np.asarray(out)

    return view


TITLES = ("Starting soon", "Be right back", "Thanks for watching")
ANIMATIONS = ("none", "clock", "countdown", "sign", "snow", "chat")


def scene(ground: int, title: str, animation: str) -> View:
    """A card of the set that `ground` draws."""
    rng = np.random.default_rng((4, ground))
    view = interval(rng, title, max(ANIMATIONS.index(animation), 0) % 5, ground)
    return beside_chat(rng, view, 8) if animation == "chat" else view


def beside_chat(rng: np.random.Generator, view: View, a_minute: float, *, is_dark: bool = True) -> View:
    """`view` with a chat at its left."""
    back, ink = (28, (225, 225, 225)) if is_dark else (245, (20, 20, 20))
    panel = np.full((H, 160, 3), back, np.uint8)
    last = 0.0
    for row in range(14):
        cv2.putText(panel, words(rng, 14), (5, 20 + 25 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.42, ink, 1, cv2.LINE_AA)

    def both(t: float) -> NDArray[np.uint8]:
        nonlocal panel, last
        out = view(t).copy()
        if rng.random() < 1 - np.exp(-a_minute / 60 * max(t - last, 0)):
            panel = np.roll(panel, -25, axis=0)
            panel[-25:] = back
            cv2.putText(panel, words(rng, 16), (5, H - 9), cv2.FONT_HERSHEY_SIMPLEX, 0.42, ink, 1, cv2.LINE_AA)
        last = t
        out[:, :160] = panel
        return out

    return both


def inset(view: View, small: View, corner: int, share: float) -> View:
    """`small` in a corner of `view`."""
    w, h = round(W * share), round(H * share)
    x, y = (W - w - 8) * (corner % 2) + 4, (H - h - 8) * (corner // 2) + 4

    def both(t: float) -> NDArray[np.uint8]:
        out = view(t).copy()
        out[y : y + h, x : x + w] = cv2.resize(small(t), (w, h), interpolation=cv2.INTER_AREA)
        return out

    return both


def then(first: View, *parts: tuple[float, Callable[[NDArray[np.uint8]], View]]) -> View:
    """`first`, and from each of the times on what is made of the last picture."""
    left, now, last = list(parts), first, np.zeros((H, W, 3), np.uint8)

    def view(t: float) -> NDArray[np.uint8]:
        nonlocal now, last
        while left and t >= left[0][0]:
            now = left.pop(0)[1](last)
        last = now(t)
        return last

    return view


def blend(first: View, second: View, at: float, span: float) -> View:
    """`first` becomes `second`."""

    def view(t: float) -> NDArray[np.uint8]:
        share = min(max((t - at) / span, 0.0), 1.0)
        if share in (0.0, 1.0):
            return second(t) if share else first(t)
        return (first(t) * (1 - share) + second(t) * share).astype(np.uint8)

    return view


def dimmed(view: View, light: float) -> View:
    """The ground of `view` black, what is written on it as before."""

    def dark(t: float) -> NDArray[np.uint8]:
        out = view(t)
        return np.where(out.max(axis=2, keepdims=True) > 150, out, out * light).astype(np.uint8)

    return dark


def at_side(rng: np.random.Generator, view: View, a_minute: float) -> View:
    """`view` smaller, beside a panel of messages in bubbles, black, dark or light, at the right or the left."""
    wide, is_left = int(rng.integers(110, 240)), bool(rng.random() < 0.5)
    back = int(rng.choice([0, 20, 45, 235]))
    bubble, ink = (back + 28, (220, 220, 220)) if back < 100 else (back - 25, (30, 30, 30))
    panel = np.full((H, wide, 3), back, np.uint8)
    last = 0.0

    def add() -> None:
        nonlocal panel
        tall = int(rng.integers(24, 52))
        panel = np.roll(panel, -tall, axis=0)
        panel[-tall:] = back
        cv2.rectangle(panel, (6, H - tall + 3), (int(rng.uniform(0.5, 0.95) * wide), H - 4), (bubble,) * 3, -1)
        for row in range(tall // 22):
            at = (12, H - tall + 19 + 18 * row)
            cv2.putText(panel, words(rng, wide // 12), at, cv2.FONT_HERSHEY_PLAIN, 0.9, ink, 1, cv2.LINE_AA)

    for _ in range(12):
        add()

    def both(t: float) -> NDArray[np.uint8]:
        nonlocal last
        if rng.random() < 1 - np.exp(-a_minute / 60 * max(t - last, 0)):
            add()
        last = t
        shot = cv2.resize(view(t), (W - wide, H), interpolation=cv2.INTER_AREA)
        return np.hstack((panel, shot) if is_left else (shot, panel))

    return both


def bordered(rng: np.random.Generator, view: View) -> View:
    """`view` with an overlay: corners, a bar with a name, a small sign."""
    colour, name, bar = rng.uniform(30, 255, 3).tolist(), words(rng, 14), bool(rng.random() < 0.6)

    def over(t: float) -> NDArray[np.uint8]:
        out = view(t).copy()
        for x in (0, W - 46):
            for y in (0, H - 46):
                cv2.rectangle(out, (x + 3, y + 3), (x + 43, y + 43), colour, 4)
        if bar:
            cv2.rectangle(out, (60, H - 60), (360, H - 24), colour, -1)
        cv2.putText(out, name, (70, H - 34), cv2.FONT_HERSHEY_COMPLEX, 0.8, (10, 10, 10), 2, cv2.LINE_AA)
        return out

    return over


def upright(rng: np.random.Generator, view: View, share: float, a_minute: float) -> View:
    """A telephone's picture: the camera above with `share` of the height, below it a chat and a line of products."""
    tall, wide = 640, 360
    top = round(tall * share)
    back, ink = ((18, 14, 22), (230, 230, 230)) if rng.random() < 0.6 else ((250, 246, 244), (30, 30, 30))
    page = np.full((tall, wide, 3), back, np.uint8)
    for index in range(3):
        cv2.rectangle(page, (10 + 118 * index, 570), (110 + 118 * index, 630), rng.uniform(20, 240, 3).tolist(), -1)
    chat = np.full((560 - top, wide, 3), back, np.uint8)
    last = 0.0
    for row in range(26, 560 - top, 24):
        cv2.putText(chat, words(rng, 26), (8, row), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)

    def both(t: float) -> NDArray[np.uint8]:
        nonlocal chat, last
        if rng.random() < 1 - np.exp(-a_minute / 60 * max(t - last, 0)):
            chat = np.roll(chat, -24, axis=0)
            chat[-24:] = back
            cv2.putText(chat, words(rng, 26), (8, 560 - top - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)
        last = t
        shot = view(t)
        crop = min(W, round(H * wide / top))
        shot = shot[:, (W - crop) // 2 : (W + crop) // 2]
        out = page.copy()
        out[:top] = cv2.resize(shot, (wide, top), interpolation=cv2.INTER_AREA)
        out[top:560] = chat
        return out

    return both


def hold(last: NDArray[np.uint8]) -> View:
    return lambda _: last


def black(rng: np.random.Generator) -> View:
    """Nothing: pure, with a sensor's noise, or with a pointer."""
    kind = int(rng.integers(0, 3))

    def view(t: float) -> NDArray[np.uint8]:
        out = np.full((H, W, 3), 16 if kind == 1 else 0, np.uint8)
        if kind == 1:
            out = np.clip(out + rng.standard_normal(out.shape) * 2, 0, 255).astype(np.uint8)
        elif kind == 2:
            cv2.arrowedLine(out, (314, 198), (300, 180), (255, 255, 255), 2)
        return out

    return view


def coded(pictures: Iterator[Picture], how: str) -> Iterator[Picture]:
    """`pictures` as JPEG or a video codec gives them back, in another size, or with an alpha channel."""
    codec, _, level = how.partition(" ")
    quick = {"threads": "1", "g": "24"}
    match codec:
        case "h264":
            options = quick | {"crf": level, "tune": "zerolatency", "preset": "veryfast"}
            return encoded(pictures, "libx264", "h264", options)
        case "vp9":
            options = quick | {"crf": level, "b": "0", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
            return encoded(pictures, "libvpx-vp9", "vp9", options)
        case "mpeg4":
            return encoded(pictures, "mpeg4", "mpeg4", quick | {"qmin": level, "qmax": level})
        case _:
            return (Picture(one.at_ms, _treated(one.pixels, codec, level)) for one in pictures)


def _treated(pixels: Any, codec: str, level: str) -> NDArray[np.uint8]:
    if codec == "jpeg":
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(level)])
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    elif codec == "odd":
        pixels = cv2.resize(pixels, None, fx=1.333, fy=1.331, interpolation=cv2.INTER_LINEAR)
    elif codec == "bgra":
        pixels = cv2.cvtColor(cv2.resize(pixels, None, fx=2, fy=2), cv2.COLOR_BGR2BGRA)
    return np.asarray(pixels, np.uint8)


HOW = (
    "raw",
    "jpeg 60",
    "jpeg 75",
    "jpeg 90",
    "h264 18",
    "h264 23",
    "h264 27",
    "h264 30",
    "h264 32",
    "vp9 34",
    "mpeg4 4",
    "odd",
    "bgra",
)


def played(view: View, seconds: float, rng: np.random.Generator, is_urgent: Callable[[], bool]) -> Iterator[Picture]:
    """Pictures 0.5 to 1.0 s apart, and half a second where they are urgent."""
    t = float(rng.uniform(0, 0.5))
    slow = rng.random() < 0.5
    while t < seconds:
        yield Picture(round(t * 1000), view(t))
        t += float(rng.uniform(0.5, 1.0) if slow and not is_urgent() else rng.uniform(0.48, 0.56))


def a_camera(rng: np.random.Generator) -> View:
    match int(rng.integers(0, 4)):
        case 0:
            return walked(rng, grain=float(rng.choice([0.0, 1.5, 3.0])))
        case 1:
            return table(rng, grain=float(rng.choice([0.0, 1.0, 2.5])))
        case 2:
            return webcam(rng, calm=float(rng.uniform(0, 0.5)), grain=float(rng.choice([0.0, 1.0, 3.0])))
        case _:
            return webcam(rng, calm=0.8, grain=float(rng.uniform(1.0, 4.0)), flickers=True)


def _grain(rng: np.random.Generator) -> float:
    return float(rng.choice([0.0, 0.4, 1.2, 2.5]))


def _freeze(rng: np.random.Generator, start: float, end: float) -> View:
    match int(rng.integers(0, 4)):
        case 0:
            camera = a_camera(rng)
            shown = then(camera, (start, hold), (end, lambda _: camera))
            return beside_chat(rng, shown, float(rng.choice([4, 15])), is_dark=bool(rng.random() < 0.5))
        case 1:
            small = webcam(rng, calm=0.2, grain=1.0)
            return inset(
                deck(rng, [start / 3]), then(small, (start, hold), (end, lambda _: small)), int(rng.integers(0, 4)), 0.3
            )
        case _:
            camera = a_camera(rng)
            return then(camera, (start, hold), (end, lambda _: camera))


def _black(rng: np.random.Generator, start: float, end: float) -> View:
    camera = a_camera(rng)
    shown = then(camera, (start, lambda _: black(rng)), (end, lambda _: camera))
    if rng.random() < 0.35:
        return beside_chat(
            rng, then(camera, (start, lambda last: hold(np.zeros_like(last))), (end, lambda _: camera)), 10
        )
    return shown


def _quiet(rng: np.random.Generator) -> View:
    """A camera of any noise; in half of them only somebody moves a little."""
    if rng.random() < 0.5:
        return a_camera(rng)
    return webcam(rng, calm=float(rng.uniform(0.2, 0.9)), grain=float(rng.choice([0.0, 0.0, 0.7])))


def _goes_black(rng: np.random.Generator, start: float, end: float) -> View:
    camera = _quiet(rng)
    return then(camera, (start, lambda last: hold(np.zeros_like(last))), (end, lambda _: camera))


def _black_part(rng: np.random.Generator, start: float, end: float) -> View:
    shown = _goes_black(rng, start, end)
    kind = int(rng.integers(0, 4))
    if kind == 0:
        return bordered(rng, shown)
    return at_side(rng, bordered(rng, shown) if kind == 1 else shown, float(rng.choice([3, 12, 40])))


def _still_part(rng: np.random.Generator, start: float, end: float) -> View:
    camera = a_camera(rng)
    shown = then(camera, (start, hold), (end, lambda _: camera))
    return bordered(rng, shown) if rng.random() < 0.4 else at_side(rng, shown, float(rng.choice([3, 12])))


def _upright(rng: np.random.Generator, start: float, end: float, *, is_black: bool) -> View:
    if is_black:
        return upright(rng, _goes_black(rng, start, end), float(rng.uniform(0.4, 0.62)), float(rng.choice([3, 15])))
    camera = a_camera(rng)
    shown = then(camera, (start, hold), (end, lambda _: camera))
    return upright(rng, shown, float(rng.uniform(0.25, 0.62)), float(rng.choice([3, 15])))


def _dark_card(rng: np.random.Generator, start: float, end: float) -> View:
    camera = _quiet(rng)
    title, kind = str(rng.choice(["Back in a minute", "Pause", "We start soon"])), int(rng.integers(0, 5))
    shown = then(camera, (start, lambda _: dimmed(interval(rng, title, kind), 0.1)), (end, lambda _: camera))
    return at_side(rng, shown, 12) if rng.random() < 0.6 else shown


def _night(rng: np.random.Generator, start: float, end: float) -> View:
    day, night = arena(rng), arena(rng, is_night=True)
    shown = then(day, (start, lambda _: night), (end, lambda _: day))
    return at_side(rng, shown, 12) if rng.random() < 0.5 else shown


def _menu(rng: np.random.Generator, start: float, end: float) -> View:
    game = arena(rng)
    return then(game, (start, lambda last: halted(rng, last)), (end, lambda _: game))


def _card(rng: np.random.Generator, start: float, end: float) -> View:
    camera, title = a_camera(rng), str(rng.choice(["Be right back", "Short break", "Starting soon"]))
    return then(camera, (start, lambda _: interval(rng, title, int(rng.integers(0, 5)))), (end, lambda _: camera))


def _fade(rng: np.random.Generator, start: float, end: float) -> View:
    first, second = a_camera(rng), a_camera(rng) if rng.random() < 0.5 else interval(rng, "Details", 0)
    if rng.random() < 0.4:
        colour = np.full((H, W, 3), int(rng.choice([0, 255])), np.uint8)
        return blend(blend(first, hold(colour), start, 0.6), second, start + 0.7, 0.6)
    return blend(first, second, start, float(rng.uniform(0.5, 2.5)))


def _inset(rng: np.random.Generator, start: float, end: float) -> View:
    small = webcam(rng, calm=float(rng.uniform(0, 1)), grain=_grain(rng))
    under = arena(rng) if rng.random() < 0.5 else deck(rng, [start, end], has_pointer=bool(rng.random() < 0.5))
    return inset(under, small, int(rng.integers(0, 4)), float(rng.uniform(0.2, 0.32)))


VIEWS: dict[str, Callable[[np.random.Generator, float, float], View]] = {
    "moving camera": lambda rng, start, end: (
        walked(rng, grain=_grain(rng)) if rng.random() < 0.6 else table(rng, grain=_grain(rng))
    ),
    "still head": lambda rng, start, end: webcam(
        rng,
        calm=float(rng.uniform(0.7, 1)),
        grain=_grain(rng),
        is_virtual=bool(rng.random() < 0.3),
        flickers=bool(rng.random() < 0.3),
    ),
    "slides": lambda rng, start, end: deck(rng, [start / 2, start, end], has_pointer=bool(rng.random() < 0.4)),
    "game menu": _menu,
    "break card": _card,
    "fade": _fade,
    "black": _black,
    "freeze": _freeze,
    "low light": lambda rng, start, end: webcam(
        rng,
        calm=float(rng.uniform(0.3, 0.9)),
        grain=float(rng.choice([0.0, 2.0, 5.0])),
        light=float(rng.uniform(0.2, 0.35)),
    ),
    "inset": _inset,
    "black part": _black_part,
    "upright black": lambda rng, start, end: _upright(rng, start, end, is_black=True),
    "still part": _still_part,
    "upright freeze": lambda rng, start, end: _upright(rng, start, end, is_black=False),
    "dark slides": lambda rng, start, end: at_side(
        rng, deck(rng, [start / 2, start, end], dark_from=int(rng.integers(1, 3))), float(rng.choice([3, 12, 40]))
    ),
    "dark card": _dark_card,
    "night game": _night,
}
BLACK = ("black", "black part", "upright black")
FROZEN = ("freeze", "still part", "upright freeze")
ALIVE = (
    "still head",
    "slides",
    "game menu",
    "break card",
    "low light",
    "inset",
    "fade",
    "dark slides",
    "dark card",
    "night game",
)


def clip(kind: str, seed: int) -> Clip:
    """The clip of `kind` that `seed` draws."""
    times = np.random.default_rng((seed, len(kind), 5))
    start = float(times.uniform(25, 40))
    end = start + float(times.uniform(16, 26))
    seconds = end + float(times.uniform(10, 18))
    how = HOW[int(times.integers(0, len(HOW)))]

    def draw(is_urgent: Callable[[], bool]) -> Iterator[Picture]:
        view = VIEWS[kind](np.random.default_rng((seed, 77)), start, end)
        return coded(played(view, seconds, np.random.default_rng((seed, 78)), is_urgent), how)

    hard: tuple[float, ...]
    soft: tuple[tuple[float, float], ...]
    hard, soft = ((start, end), ()) if kind in {"game menu", "break card", "black"} else ((), ())
    if kind == "slides":
        hard = (start / 2, start, end)
    elif kind == "dark slides":
        soft = tuple((change, change + 2) for change in (start / 2, start, end))
    elif kind == "fade":
        soft = ((start - 0.5, start + 4),)
    elif kind in {*FROZEN, "inset"}:
        soft = ((0, seconds),)
    if kind in {"game menu", "black part", "upright black", "dark card", "night game"}:
        hard, soft = (), ((start - 0.1, start + 2), (end - 0.1, end + 2))
    return Clip(
        f"{kind} {seed} {how}",
        kind,
        draw,
        round(seconds),
        black=((start, end),) if kind in BLACK else (),
        frozen=((start, end),) if kind in FROZEN else (),
        cuts=hard,
        free_cuts=soft,
    )
