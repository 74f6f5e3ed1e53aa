"""What watching costs: `make bench-screen-cost` watches a 1920x1080 monitor, a virtual one on which something moves, for a minute.

The part that watches runs alone in a process, at two pictures a second, with three saved scenes and no chat to read. Its own
processor time and memory are printed, and what Python with numpy alone takes of the memory.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import psutil
from Xlib.display import Display

from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.live_pictures import LivePictures
from martlive_desktop.adapters.screen_watch import ScreenWatch
from martlive_desktop.core.scenes import learn
from martlive_desktop.core.sight import Sight
from martlive_desktop.watching import monitor_grabber
from tests.desktop.xvfb import virtual_screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

MOST_CPU_SHARE, MOST_BYTES = 0.03, 150e6


def watch(seconds: float) -> None:
    """In a process of its own."""
    before = psutil.Process().memory_info().rss
    rng = np.random.default_rng(1)
    cards = [np.kron(rng.integers(0, 255, (9, 16, 3)), np.ones((40, 40, 1))).astype(np.uint8) for _ in range(3)]
    looks = [learn(name, [card] * 6) for name, card in zip(("starting", "break", "main"), cards, strict=True)]
    sight = Sight(looks=looks)
    seen = 0

    def count(_pixels: object) -> None:
        nonlocal seen
        seen += 1

    pictures = LivePictures(monitor_grabber(""), SystemClock(), is_urgent=lambda: sight.is_dark)
    over = threading.Timer(seconds, pictures.close)
    over.start()
    cpu_s, start_s = time.process_time(), time.monotonic()
    for _ in ScreenWatch(pictures, sight, on_picture=count).read():
        pass
    spent_s = time.monotonic() - start_s
    share, memory = (time.process_time() - cpu_s) / spent_s, psutil.Process().memory_info().rss
    over.join()
    print(
        f"| 1920x1080, {seen / spent_s:.2f} pictures a second | {share:.1%} of a core | {memory / 1e6:.0f} MB, "
        f"of it {before / 1e6:.0f} MB before |"
    )
    raise SystemExit(0 if share <= MOST_CPU_SHARE and memory <= MOST_BYTES else 1)


def moving(name: str) -> AbstractContextManager[None]:
    """Rectangles that come and go on the display `name`."""
    from contextlib import contextmanager

    over = threading.Event()

    def draw() -> None:
        display, rng = Display(name), random.Random(1)
        root = display.screen().root
        context = root.create_gc()
        while not over.wait(0.1):
            context.change(foreground=rng.randrange(1 << 24))
            root.fill_rectangle(context, rng.randrange(1700), rng.randrange(900), 200, 150)
            display.flush()
        display.close()

    @contextmanager
    def block() -> Iterator[None]:
        thread = threading.Thread(target=draw)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    return block()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        watch(asked.seconds)
    with virtual_screen("1920x1080") as screen, moving(screen.name):
        command = [sys.executable, "-m", "tests.bench.screen_cost", "--inside", f"--seconds={asked.seconds}"]
        return subprocess.run(command, env=os.environ | screen.environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
