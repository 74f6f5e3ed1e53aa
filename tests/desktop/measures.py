"""What the desktop program costs and how soon it is there, measured on a real X server: for its tests and for its bench."""

from __future__ import annotations

import json
import math
import os
import random
import socket
import string
import subprocess
import sys
import threading
import time
import wave
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from Xlib import X
from Xlib.display import Display

from martlive_desktop.ui import card, strip
from martlive_desktop.ui.overlay import GAP_PX
from tests.desktop.eye import Box, is_wall, open_eye
from tests.desktop.pulse import running_pulse
from tests.desktop.test_live_app import RunningApp, overlay_box, running_app
from tests.desktop.xvfb import virtual_screen, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tests.desktop.xvfb import VirtualScreen

ROOT = Path(__file__).parents[2]
NOTE_SHARES = (0.2, 0.6)
"""Of the strip's width: where it says something, between the meter and the lamps."""
SETTLED_S = 1.0
"""Every card has faded in or out."""
ROOM_DBFS = -50.0
"""A microphone that hears a quiet room."""
TEXT = "Listed $46.50 – recheck"


def p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


@contextmanager
def process(module: str, screen: VirtualScreen, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A program of the tests, that ends when its standard input does."""
    one = subprocess.Popen(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        env=screen.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        yield one
    finally:
        try:
            one.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            one.kill()
            one.communicate()
            raise


def told(one: subprocess.Popen[str], order: str = "") -> str:
    """The next line that `one` says, after `order`."""
    assert one.stdin is not None
    assert one.stdout is not None
    if order:
        one.stdin.write(f"{order}\n")
    line = one.stdout.readline().strip()
    assert line, one.poll()
    return line


# Focus.


@dataclass(frozen=True, slots=True)
class Focus:
    """What became of typing beside tips."""

    typed: int
    received: int
    is_same: bool
    losses: int
    """By the program that was typed into."""
    x_losses: int
    """By the X server."""
    tips: int
    took_s: float


def measure_focus(characters: int, tips: int, *, pause_ms: int = 6) -> Focus:
    """Type into another program while tips come and go above it."""
    rng = random.Random(6)
    text = "".join(rng.choices(string.ascii_letters + string.digits + "  ", k=characters))
    with ExitStack() as stack:
        screen = stack.enter_context(virtual_screen(is_composited=True))
        field = stack.enter_context(process("tests.desktop.field_app", screen))
        window = int(told(field))
        display = Display(screen.name)
        stack.callback(display.close)
        display.create_resource_object("window", window).change_attributes(event_mask=X.FocusChangeMask)
        display.sync()
        app = stack.enter_context(process("tests.desktop.tips_app", screen))
        told(app)
        began_s = time.monotonic()
        assert app.stdin is not None
        # As long as the typing lasts.
        app.stdin.write(f"many {tips} {characters * pause_ms / 1000 / tips}\n")
        for start in range(0, characters, 500):
            screen.xdotool("type", "--delay", str(pause_ms), "--", text[start : start + 500])
        assert told(app) == "done"
        took_s = time.monotonic() - began_s
        display.sync()
        x_losses = sum(display.next_event().type == X.FocusOut for _ in range(display.pending_events()))
        answer = json.loads(told(field, "end"))
    same = answer["text"] == text
    return Focus(characters, len(answer["text"]), same, answer["losses"], x_losses, tips, took_s)


# From a key to the screen.


@contextmanager
def room(folder: Path, pulse: Any) -> Iterator[None]:
    """Somebody who says nothing, before a microphone that works."""
    path = folder / "room.wav"
    noise = np.random.default_rng(1).normal(0, 32768 * 10 ** (ROOM_DBFS / 20), 48_000 * 600)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(noise.astype("<i2").tobytes())
    with pulse.speak(path):
        yield


def strip_of(box: Box) -> Box:
    """The strip of an overlay of the usual size, without its edges."""
    top = card.MARGIN_PX + card.HEIGHT_PX + GAP_PX
    return Box(box.x + 40, box.y + top + 6, box.width - 80, strip.HEIGHT_PX - 12)


def measure_hotkeys(folder: Path, presses: int, *, is_composited: bool = False) -> dict[str, list[float]]:
    """Milliseconds from a key to the changed screen, in the running app, by what the key does."""
    found: dict[str, list[float]] = {"show": [], "hide": [], "coaching off": [], "coaching on": []}
    over, rng = threading.Event(), random.Random(6)
    with ExitStack() as stack:
        pulse = stack.enter_context(running_pulse())
        screen = stack.enter_context(virtual_screen(is_composited=is_composited))
        stack.enter_context(room(folder, pulse))
        eye, keys = stack.enter_context(open_eye(screen, is_composited=is_composited))
        app = stack.enter_context(running_app(screen, pulse.env, folder))
        app.wait_until_listening()
        line = strip_of(Box(*overlay_box(screen)))
        left, right = (round(share * line.width) for share in NOTE_SHARES)

        def is_shown(pixels: NDArray[np.uint8]) -> bool:
            # Its lamps are lit, too.
            return bool(is_wall(pixels).mean() < 0.1 and ((pixels.max(axis=2) > 120) & ~is_wall(pixels)).any())

        def is_hidden(pixels: NDArray[np.uint8]) -> bool:
            return bool(is_wall(pixels).all())

        def is_noted(pixels: NDArray[np.uint8]) -> bool:
            return bool((pixels[:, left:right].min(axis=2) > 100).sum() > 40)

        def is_plain(pixels: NDArray[np.uint8]) -> bool:
            return not is_noted(pixels)

        eye.wait_until(line, lambda pixels: is_shown(pixels) and is_plain(pixels))
        for _ in range(math.ceil(presses / 4)):
            for key, what, holds in (
                ("h", "hide", is_hidden),
                ("h", "show", is_shown),
                ("m", "coaching off", is_noted),
                ("m", "coaching on", is_plain),
            ):
                # Nobody presses again at once; and not in step with anything.
                over.wait(rng.uniform(0.05, 0.15))
                with keys.held("Control_L", "Alt_L", key) as pressed_s:
                    found[what].append(1000 * (eye.wait_until(line, holds) - pressed_s))
        assert app.ask("quit").returncode == 0
    return found


# From a tip to the screen.


@dataclass(frozen=True, slots=True)
class Arrival:
    """Milliseconds from the event to the screen."""

    first: float
    """Anything of it is seen."""
    whole: float
    """All of its text is as it stays."""


def measure_tips(tips: int, *, is_composited: bool, is_motion_reduced: bool) -> list[Arrival]:
    """How soon tips are seen that are posted on another thread than Qt's."""
    over, rng = threading.Event(), random.Random(6)
    with (
        virtual_screen(is_composited=is_composited) as screen,
        open_eye(screen, is_composited=is_composited) as (eye, _),
        process("tests.desktop.tips_app", screen, *(["reduced"] if is_motion_reduced else [])) as app,
    ):
        x, y, width, height = map(int, told(app).split())
        whole = Box(x, y, width, card.MARGIN_PX + card.HEIGHT_PX)
        # Left of the text, a ring goes round.
        left = card.MARGIN_PX + card.TEXT_LEFT_PX
        text = Box(x + left, y + card.MARGIN_PX, width - left - card.MARGIN_PX, card.HEIGHT_PX)
        eye.wait_until(strip_of(Box(x, y, width, height)), lambda pixels: not is_wall(pixels).any())
        told(app, f"tip {TEXT}")
        over.wait(SETTLED_S)
        final = eye.look(text).copy()
        assert not is_wall(final).all()
        found = []
        for _ in range(tips):
            told(app, "close")
            eye.wait_until(whole, lambda pixels: bool(is_wall(pixels).all()))
            over.wait(rng.uniform(0.05, 0.15))
            posted_s = float(told(app, f"tip {TEXT}"))
            first_s = eye.wait_until(whole, lambda pixels: not is_wall(pixels).all())
            whole_s = eye.wait_until(text, lambda pixels: bool((pixels == final).all()))
            found.append(Arrival(1000 * (first_s - posted_s), 1000 * (whole_s - posted_s)))
    return found


# What it costs.


@dataclass(frozen=True, slots=True)
class Cost:
    """What processes take, over some time."""

    seconds: float
    cpu_share: float
    """Of a core."""
    own_mb: float
    """At the end: what would be free if the process ended (USS)."""
    resident_mb: float
    """At the end, with what it shares with others (RSS)."""
    slope_mb: float
    """By which its own memory grows in an hour, from the second quarter of the time on."""


def cost_of(one: psutil.Process, seconds: float, every_s: float) -> Cost:
    """Watch `one` for a while."""
    over = threading.Event()

    def cpu_s() -> float:
        times = one.cpu_times()
        return float(times.user + times.system)

    began_s, began_cpu_s = time.monotonic(), cpu_s()
    at_h, own_mb = [], []
    while (passed_s := time.monotonic() - began_s) < seconds:
        at_h.append(passed_s / 3600)
        own_mb.append(one.memory_full_info().uss / 1e6)
        over.wait(min(every_s, seconds - passed_s))
    passed_s = time.monotonic() - began_s
    memory = one.memory_full_info()
    late = len(at_h) // 4
    slope_mb = float(np.polyfit(at_h[late:], own_mb[late:], 1)[0])
    return Cost(passed_s, (cpu_s() - began_cpu_s) / passed_s, memory.uss / 1e6, memory.rss / 1e6, slope_mb)


def measure_overlay_cost(seconds: float, every_s: float = 1.0) -> Cost:
    """The overlay alone in a process, with levels and the most tips that may come."""
    with (
        virtual_screen(is_composited=True) as screen,
        process("tests.desktop.tips_app", screen) as app,
    ):
        told(app)
        told(app, "show")
        return cost_of(psutil.Process(app.pid), seconds, every_s)


def measure_app_cost(folder: Path, seconds: float, every_s: float = 1.0) -> dict[str, Cost]:
    """The whole app in a quiet room: the process with the windows, and the one that recognises."""
    with ExitStack() as stack:
        pulse = stack.enter_context(running_pulse())
        screen = stack.enter_context(virtual_screen(is_composited=True))
        stack.enter_context(room(folder, pulse))
        app = stack.enter_context(running_app(screen, pulse.env, folder))
        app.wait_until_listening()
        windows = psutil.Process(app.process.pid)
        parts = {"app": windows}
        for child in windows.children(recursive=True):
            if "resource_tracker" not in " ".join(child.cmdline()):
                parts[f"child {len(parts)}"] = child
        found: dict[str, Cost] = {}

        def watch(name: str, one: psutil.Process) -> None:
            found[name] = cost_of(one, seconds, every_s)

        threads = [threading.Thread(target=watch, args=part) for part in parts.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert app.ask("quit").returncode == 0
    return found


# The start.


def asked(environment: dict[str, str], command: str) -> dict[str, Any]:
    """What the running app answers, without the time that a process takes to ask; nothing while there is none."""
    path = Path(environment["XDG_RUNTIME_DIR"]) / f"martlive-{os.getuid()}"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(path))
            connection.sendall(f"{command}\n".encode())
            with connection.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline() or b"{}")
                return answer
    except OSError:
        return {}


def wait_for_overlay(app: RunningApp, display: Display) -> None:
    """Return when the overlay is on the screen and the app answers."""
    root = display.screen().root
    root.change_attributes(event_mask=X.SubstructureNotifyMask)

    def is_there() -> bool:
        for window in root.query_tree().children:
            if window.get_attributes().map_state == X.IsViewable and window.get_wm_name() == "MartLive":
                return True
        return False

    wait_for(display, is_there)
    assert asked(app.environment, "status")["shown"]


FORGET = Path("/proc/sys/vm/drop_caches")
"""Written to, Linux drops its caches of files. Source: its admin-guide/sysctl/vm."""


def measure_starts(folder: Path, times: int, *, is_cold: bool = False) -> list[float]:
    """Seconds from the command to an overlay that is there and an app that answers; the first start is not counted.

    Before each cold start the system forgets what it read from the disk, which takes root.
    """
    found = []
    with running_pulse() as pulse, virtual_screen() as screen, closing(Display(screen.name)) as display:
        # As an installed program is: compiled.
        compiled = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
        clean = replace(screen, environment=screen.environment | compiled)
        for number in range(times + 1):
            place = folder / f"start-{number}"
            place.mkdir()
            if is_cold:
                os.sync()
                FORGET.write_text("3", encoding="ascii")
            began_s = time.monotonic()
            with running_app(clean, pulse.env, place) as app:
                wait_for_overlay(app, display)
                found.append(time.monotonic() - began_s)
    return found[1:]
