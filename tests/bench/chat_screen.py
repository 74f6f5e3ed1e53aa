"""The chat read off the screen: `make bench-chat-screen` scrolls chats past MartLive and counts what it makes of them.

One half is drawn with OpenCV, the other rendered by a real Chromium with stylesheets like those of three platforms. Every line is
a new one, looked at twice a second in stream time; reading takes no stream time here, so its own time is added to when a line
counts as seen. The recogniser runs in its child process, as in a show.
"""

from __future__ import annotations

import argparse
import difflib
import json
import platform
import random
import re
import statistics
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from typing_extensions import override

from martlive_desktop.adapters.chat_ocr import OcrChat
from martlive_desktop.core.events import Chat
from martlive_desktop.core.picture import Picture
from martlive_desktop.inference.ocr import SupervisedReader
from tests.desktop.chromium import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from martlive_desktop.core.chat_panel import Reading

WIDTH, HEIGHT = 340, 560
EVERY_MS = 500
SEEN_WITHIN_MS = 6_000
"""A line that is known later counts as missed, and what was read of it as a double."""
DRAWN = "drawn"
ALIKE = 0.7
"""Likeness from which a line that was read is taken for the one that was written; what differs then counts as errors."""

NAMES = [
    "Hannah",
    "Oskar_91",
    "lil.bird",
    "Marcus",
    "Yuki-chan",
    "pottery_pam",
    "Delia77",
    "QueenBee",
    "tomasz",
    "ana_lopez",
    "BigFish",
    "NovaStar",
    "j.w.turner",
    "crafty_cat",
    "Sunny",
    "Viktor",
    "Meera_K",
    "old_mate_dave",
    "luna2go",
    "Fitz",
]
TEXTS = (
    "hello from Oslo",
    "is the green one still available?",
    "how heavy is it with the lid on",
    "does this come with a warranty or do I have to register it somewhere first?",
    "just bought one, order number ends in 4471",
    "wow that glaze 😍",
    "what did you say the diameter was",
    "my sister has one of these and uses it every single day",
    "Can you put it next to a mug so we see how big it is?",
    "€24 is more than fair",
    "nice!!",
    "any left in medium?",
    "is it okay to put in the microwave",
    "we love you here in Manila 💙💙",
    "when is the next live? I always miss the first half",
    "I think the sound cut out for a second",
    "ok now it is back",
    "brb getting my card",
    "does it stain if I forget to wipe it?",
    "second row, third from the left please",
    "been watching for 20 minutes and still cannot decide between the two",
    "free shipping over 50 right?",
    "what's the code again",
    "@Marcus it is SPRING15",
    "thank you!",
    "do you ship to Northern Ireland these days",
    "how do I clean the little grooves on the side",
    "hahaha true",
    "my cat would knock that over in a minute 😂",
    "will the discount also work on bundles or only on single items",
    "what is the difference between series A and series B?",
    "so pretty",
    "7 or 8 inches?",
    "the camera is a bit dark today",
    "Is it dishwasher-safe up to 70 degrees?",
    "+1 for the blue",
    "I have the older version, is it worth the upgrade?",
    "no way",
    "good evening all",
    "can kids use it?",
)
COLOURS = ("#e0468b", "#2f7de1", "#1aa260", "#e07b1a", "#8a4fd8", "#b8652a", "#128a8a", "#c9a014")
EMOJI = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
THEMES = {
    "dark": {"bg": "#17171b", "fg": "#efeff1", "dim": "rgba(255,255,255,.62)"},
    "light": {"bg": "#ffffff", "fg": "#101014", "dim": "rgba(0,0,0,.6)"},
}
STYLES = {
    "name: text, badges": (
        ".m{padding:4px 10px}.u{font-weight:700}.b{display:inline-block;width:1em;height:1em;border-radius:3px;"
        "vertical-align:middle;margin-right:4px;background:linear-gradient(135deg,#7a3cff 50%,#f5f5f5 50%)}",
        "<i class=b></i><span class=u></span><span>: </span><span class=t></span>",
        "Inter,'DejaVu Sans',sans-serif",
    ),
    "avatar, grey name": (
        ".m{padding:4px 20px 4px 10px;display:flex}.a{flex:none;width:24px;height:24px;border-radius:50%;margin-right:12px}"
        ".u{font-weight:500;color:var(--dim);margin-right:8px}.c{padding-top:3px}",
        "<i class=a></i><div class=c><span class=u></span><span class=t></span></div>",
        "Roboto,'Liberation Sans',Arial,sans-serif",
    ),
    "name above text": (
        ".m{padding:5px 10px;display:flex}.a{flex:none;width:28px;height:28px;border-radius:50%;margin-right:8px}"
        ".u{font-weight:600;color:var(--dim);display:block}",
        "<i class=a></i><div class=c><span class=u></span><span class=t></span></div>",
        "'DejaVu Sans',sans-serif",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it was written."""

    at_ms: int
    user: str
    text: str
    colour: str
    has_badge: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a chat."""

    name: str
    lines: int
    found: int
    doubles: int
    characters: int
    errors: int
    delays_ms: tuple[int, ...]
    cpu_share: float


def written(a_minute: float, seconds: int, seed: int) -> list[Line]:
    """Messages at random times; none equals another, so that each can be told."""
    rng = random.Random(seed)
    pairs = rng.sample([(name, text) for name in NAMES for text in TEXTS], max(1, round(a_minute * seconds / 60)))
    times = sorted(rng.randrange(1_000, (seconds - 8) * 1_000) for _ in pairs)
    return [
        Line(at_ms, user, text, rng.choice(COLOURS), rng.random() < 0.3)
        for at_ms, (user, text) in zip(times, pairs, strict=True)
    ]


class DrawnPanel:
    """A chat drawn with OpenCV: a name with a colon, its text, the newest line at the bottom."""

    def __init__(self, theme: str, size_px: int) -> None:
        self._ground, self._ink = (
            ((24, 24, 28), (235, 235, 235)) if theme == "dark" else ((255, 255, 255), (16, 16, 20))
        )
        self._size = size_px
        self._step = round(size_px * 1.4)
        self._font = cv2.FontFace("sans")
        self._lines: list[Line] = []
        self._scratch = np.zeros((4, 4, 3), np.uint8)

    def add(self, line: Line) -> None:
        self._lines = [*self._lines[-60:], line]

    def picture(self) -> NDArray[np.uint8]:
        canvas = np.full((HEIGHT, WIDTH, 3), self._ground, np.uint8)
        bottom = HEIGHT - 12
        for line in reversed(self._lines):
            name = f"{line.user}: "
            indent = self._text(self._scratch, name, 0, 2, self._ink)
            rows = self._wrap(line.text, indent)
            top = bottom - self._step * (len(rows) - 1)
            if top < self._step:
                break
            colour = tuple(int(line.colour[i : i + 2], 16) for i in (5, 3, 1))
            self._text(canvas, name, 8, top, colour)
            for i, row in enumerate(rows):
                self._row(canvas, row, 8 + (indent if i == 0 else 0), top + i * self._step)
            bottom = top - self._step - 5
        return canvas

    def _row(self, canvas: NDArray[np.uint8], row: str, x: int, y: int) -> None:
        for run in re.findall(r"[\u0020-\u20ff]+|[^\u0020-\u20ff]", row):
            if ord(run[0]) < 0x2190:
                x = self._text(canvas, run, x, y, self._ink)
            else:
                radius = self._size // 2
                cv2.circle(canvas, (x + radius, y - radius + 1), radius, (40, 190, 250), -1, cv2.LINE_AA)
                cv2.circle(canvas, (x + radius, y - radius + 3), radius // 2, (40, 60, 210), -1, cv2.LINE_AA)
                x += self._size + 3

    def _text(self, canvas: NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, ...]) -> int:
        pen, _ = cv2.putText(canvas, text, (x, y), colour, self._font, self._size, 400)
        return int(pen[0])

    def _wrap(self, text: str, indent: int) -> list[str]:
        rows, row, room = [], "", WIDTH - 20 - indent
        for word in text.split():
            trial = f"{row} {word}".strip()
            if row and self._text(self._scratch, trial, 0, 2, self._ink) > room:
                rows.append(row)
                row, room = word, WIDTH - 20
            else:
                row = trial
        return [*rows, row]


class BrowserPanel:
    """A chat in a page of a real browser."""

    def __init__(self, stack: ExitStack, style: str, theme: str, size_px: int) -> None:
        rules, parts, family = STYLES[style]
        colours = THEMES[theme]
        html = (
            f"<meta charset=utf-8><style>:root{{--dim:{colours['dim']}}}body{{margin:0;height:100vh;overflow:hidden;"
            f"display:flex;flex-direction:column;justify-content:flex-end;background:{colours['bg']};color:{colours['fg']};"
            f"font:{size_px}px/1.5 {family}}}.m{{overflow-wrap:anywhere}}{rules}</style><body><script>"
            "function add(user,text,colour,badge){const m=document.createElement('div');m.className='m';"
            f'm.innerHTML="{parts}";'
            "const s=q=>m.querySelector(q);s('.u').textContent=user;s('.t').textContent=text;"
            "if(s('.b')){s('.u').style.color=colour;if(!badge)s('.b').remove()}"
            "if(s('.a'))s('.a').style.background=`radial-gradient(circle at 30% 30%,#fff,${colour} 60%)`;"
            "document.body.append(m);"
            "while(document.body.children.length>60)document.body.querySelector('.m').remove()}</script>"
        )
        self._page = stack.enter_context(page(html, WIDTH, HEIGHT))

    def add(self, line: Line) -> None:
        said = ",".join(json.dumps(one) for one in (line.user, line.text, line.colour, line.has_badge))
        self._page.run(f"add({said})")

    def picture(self) -> NDArray[np.uint8]:
        return self._page.picture()


class CountingReader(SupervisedReader):
    """Notes what reading took."""

    cpu_s = 0.0

    @override
    def read(self, pixels: NDArray[np.uint8]) -> Reading | None:
        reading = super().read(pixels)
        assert reading is not None
        self.cpu_s += reading.cpu_s
        return reading


def watch(panel: DrawnPanel | BrowserPanel, lines: list[Line], seconds: int) -> tuple[list[tuple[int, Chat]], float]:
    """The lines that were read with the stream time at which each was known, and the reader's part of a core."""
    reader = CountingReader()
    chat = OcrChat(reader, (0.0, 0.0, 1.0, 1.0))
    found: list[tuple[int, Chat]] = []
    coming = list(lines)
    picture = panel.picture()
    with closing(reader):
        try:
            for at_ms in range(0, seconds * 1000, EVERY_MS):
                while coming and coming[0].at_ms <= at_ms:
                    panel.add(coming.pop(0))
                    picture = panel.picture()
                before_s = reader.cpu_s
                heard = [one for one in chat.look(Picture(at_ms, picture)) if isinstance(one, Chat)]
                found += [(at_ms + round((reader.cpu_s - before_s) * 1000), one) for one in heard]
        finally:
            reader.stop()
    return found, reader.cpu_s / seconds


def plain(user: str, text: str) -> str:
    """What is to be read of a message: pictures are none of it."""
    return " ".join(EMOJI.sub(" ", f"{user}: {text}").split())


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def score(name: str, lines: list[Line], found: list[tuple[int, Chat]], cpu_share: float) -> Score:
    """Each written line has the most alike of those that were read soon after it; what is left over are doubles."""
    left = [(known_ms, plain(one.user, one.text)) for known_ms, one in found]
    characters = errors = hits = 0
    delays = []
    for line in lines:
        wanted = plain(line.user, line.text)
        likely = [
            (difflib.SequenceMatcher(None, wanted, text, autojunk=False).ratio(), -known_ms, at)
            for at, (known_ms, text) in enumerate(left)
            if 0 <= known_ms - line.at_ms <= SEEN_WITHIN_MS
        ]
        likeness, _, at = max(likely, default=(0.0, 0, 0))
        if likeness < ALIKE:
            continue
        known_ms, text = left.pop(at)
        hits += 1
        characters += len(wanted)
        errors += distance(wanted, text)
        delays.append(known_ms - line.at_ms)
    return Score(name, len(lines), hits, len(left), characters, errors, tuple(delays), cpu_share)


def runs(sizes: tuple[int, ...], rates: dict[float, int], seed: int) -> Iterator[Score]:
    """All chats."""

    def make(stack: ExitStack, kind: str, theme: str, size: int) -> DrawnPanel | BrowserPanel:
        return DrawnPanel(theme, size) if kind == DRAWN else BrowserPanel(stack, kind, theme, size)

    for kind in (DRAWN, *STYLES):
        for theme in THEMES:
            for size in sizes:
                for a_minute, seconds in rates.items():
                    seed += 1
                    lines = written(a_minute, seconds, seed)
                    with ExitStack() as stack:
                        panel = make(stack, kind, theme, size)
                        name = f"{kind if kind == DRAWN else f'Chromium, {kind}'}|{theme}|{size}|{a_minute:g}"
                        one = score(name, lines, *watch(panel, lines, seconds))
                    print(row(name, [one]), flush=True)
                    yield one


def row(name: str, scores: list[Score]) -> str:
    """A line of the table."""
    lines, found = sum(one.lines for one in scores), sum(one.found for one in scores)
    delays = sorted(delay for one in scores for delay in one.delays_ms)
    errors = sum(one.errors for one in scores) / max(sum(one.characters for one in scores), 1)
    doubles = sum(one.doubles for one in scores)
    p50 = statistics.median(delays) / 1000 if delays else 0.0
    return (
        f"| {name} | {found} of {lines} | {found / lines:.3f} | {errors:.2%} | {doubles} | {p50:.1f}, "
        f"{max(delays, default=0) / 1000:.1f} s | {max(one.cpu_share for one in scores):.0%} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one size, one rate")
    parser.add_argument("--seed", type=int, default=1000)
    asked = parser.parse_args()
    rates = {20.0: 60} if asked.quick else {1.0: 360, 5.0: 180, 20.0: 120}
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    scores = list(runs((14,) if asked.quick else (11, 14, 20), rates, asked.seed))
    print(
        "\n| chat | lines | recall | CER | doubles | delay p50, max | reader's core, max |\n|---|---|---|---|---|---|---|"
    )
    for kind in dict.fromkeys(one.name.split("|")[0] for one in scores):
        print(row(kind, [one for one in scores if one.name.startswith(kind + "|")]))
    for at, unit in ((2, "px"), (3, "a minute"), (1, "")):
        for value in dict.fromkeys(one.name.split("|")[at] for one in scores):
            print(row(f"{value} {unit}".strip(), [one for one in scores if one.name.split("|")[at] == value]))
    print(row("all", scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
