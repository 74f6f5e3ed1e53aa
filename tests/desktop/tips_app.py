"""The overlay as the app has it; its events come from another thread, as the lines of the standard input say.

tip TEXT: one tip, answered with the time at which it was posted. close: it goes. many COUNT PAUSE_S: so many tips come and go.
show: from now on as in a show, ten levels a second and the most tips that the policy lets through.
"""

from __future__ import annotations

import itertools
import math
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMetaObject, Qt
from PySide6.QtWidgets import QApplication

from martlive_desktop.core.coach.scheduler import SchedulerPolicy
from martlive_desktop.core.events import Signal, Status, Tip, TipClosed
from martlive_desktop.ui.bridge import Bridge
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.theme import load_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.core.events import LogEvent

RESOURCES = Path(__file__).parents[2] / "resources"
LEVEL_MS = 100
POLICY = SchedulerPolicy()
TEXTS = ("Say the price", "Rosa: safe for cats?", "Listed $46.50 – recheck", "Mic silent – check mute")


def say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tip(number: int, text: str, severity: int = 2, at_ms: int = 0) -> Tip:
    return Tip(at_ms, f"t{number}", f"c{number}", "price_missing", text, severity, "rules", at_ms + POLICY.screen_ms)


def run_show(post: Callable[[LogEvent], None], over: threading.Event) -> None:
    """As a session in which something is always to be said; only break-glass tips may come so often."""
    began_s = time.monotonic()
    for number in itertools.count():
        at_ms = number * LEVEL_MS
        if over.wait(max(began_s + at_ms / 1000 - time.monotonic(), 0)):
            return
        post(Signal(at_ms, "level", -30 + 12 * math.sin(number / 3), "dBFS"))
        if number % 10 == 0:
            post(Signal(at_ms, "pace", 140 + number % 40, "wpm"))
        tip_number, since_ms = divmod(at_ms, POLICY.gap_ms)
        if since_ms == 0:
            post(tip(tip_number, TEXTS[tip_number % len(TEXTS)], severity=0, at_ms=at_ms))
        elif since_ms == POLICY.screen_ms:
            post(TipClosed(at_ms, f"t{tip_number}", "expired"))


def obey(post: Callable[[LogEvent], None]) -> None:
    over, shows = threading.Event(), list[threading.Thread]()
    numbers = itertools.count()
    newest = 0
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        match command:
            case "tip":
                newest = next(numbers)
                posted_s = time.monotonic()
                post(tip(newest, rest))
                say(posted_s)
            case "close":
                post(TipClosed(0, f"t{newest}", "fulfilled"))
                say("closed")
            case "many":
                count, pause_s = rest.split()
                for newest in itertools.islice(numbers, int(count)):
                    post(tip(newest, TEXTS[newest % len(TEXTS)], severity=newest % 4))
                    over.wait(float(pause_s) / 2)
                    post(TipClosed(0, f"t{newest}", "fulfilled"))
                    over.wait(float(pause_s) / 2)
                say("done")
            case "show":
                shows.append(threading.Thread(target=run_show, args=(post, over)))
                shows[-1].start()
                say("showing")
    over.set()
    for show in shows:
        show.join()


def main() -> int:
    app = QApplication(["martlive"])
    overlay = Overlay(load_look(RESOURCES, is_motion_reduced="reduced" in sys.argv))
    bridge = Bridge()
    bridge.state_changed.connect(overlay.render_state)
    overlay.show()
    bridge.post(Status(0, "recogniser", "ready"))
    bridge.post(Status(0, "microphone", "listening"))

    def run() -> None:
        obey(bridge.post)
        QMetaObject.invokeMethod(app, "quit", Qt.ConnectionType.QueuedConnection)

    thread = threading.Thread(target=run)
    thread.start()
    say(f"{overlay.x()} {overlay.y()} {overlay.width()} {overlay.height()}")
    code = app.exec()
    thread.join()
    return code


if __name__ == "__main__":
    sys.exit(main())
