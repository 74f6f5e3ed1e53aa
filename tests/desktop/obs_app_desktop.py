"""The whole desktop program, for a check in a real OBS: orders come as lines, and what OBS did is told with its time.

add: “Add to OBS” in the panel. card: a card is put on. tips: viewers are to see tips. no-tips: they are not. switch: anything
that a streamer may do to the looks of it, and a tip. overlay: where it is.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QPushButton

from martlive_desktop.core.events import Tip, TipClosed
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.desktop import Desktop
from martlive_desktop.places import settings_path
from martlive_desktop.settings import load_settings
from martlive_desktop.ui.stream_panel import StreamPanel

if TYPE_CHECKING:
    from martlive_desktop.core.obs_state import ObsState

CARDS = ("product", "question", "giveaway", "countdown")
THEMES = ("dark", "light", "contrast", "opaque")
SIZES = ("landscape", "portrait", "bar")


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps({"at_s": time.monotonic(), **facts}) + "\n")
    sys.stdout.flush()


class Orders(QObject):
    """Does in the Qt thread what is ordered."""

    came = Signal(str)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__()
        self._desktop = desktop
        self._rng = random.Random(5)
        self._tips = 0
        self.came.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def read(self) -> None:
        for line in sys.stdin:
            self.came.emit(line.strip())
        self.came.emit("end")

    def _panel(self) -> StreamPanel:
        self._desktop.stream.open_panel()
        return next(one for one in QApplication.topLevelWidgets() if isinstance(one, StreamPanel))

    def _tip(self) -> None:
        post, before = self._desktop._bridge.post, self._tips
        self._tips += 1
        post(TipClosed(0, f"t{before}", "expired"))
        post(Tip(0, f"t{self._tips}", "c0", "mic_silent", "Mic silent – check mute", 0, "rules", 600_000))

    def _switch(self) -> None:
        desktop, rng = self._desktop, self._rng
        wish = desktop.settings.now
        match rng.randrange(8):
            case 0:
                desktop.settings.change(overlay=wish.overlay.model_copy(update={"theme": rng.choice(THEMES)}))
            case 1:
                desktop.settings.change(overlay=wish.overlay.model_copy(update={"font_px": rng.choice((16, 20, 28))}))
            case 2:
                desktop.settings.change(stream=wish.stream.model_copy(update={"size": rng.choice(SIZES)}))
            case 3:
                self._panel().card_switched.emit(rng.choice(CARDS), rng.random() < 0.5)
            case 4:
                desktop.answer(rng.choice(("show", "hide", "hide-all")))
            case 5:
                desktop.answer("click-through")
            case 6:
                self._panel().countdown_put.emit("Ends in", rng.choice((0, 60_000)))
            case _:
                desktop.answer("show")
        self._tip()

    def _do(self, order: str) -> None:
        match order:
            case "add":
                panel = self._panel()
                add = next(one for one in panel.findChildren(QPushButton) if one.text() == "Add to OBS")
                say(clicked=True)
                add.click()
                return
            case "card":
                self._panel().giveaway_put.emit("A blue lantern", "Write LAMP")
                self._panel().hide()
            case "tips" | "no-tips":
                self._panel().tips_switched.emit(order == "tips")
                self._tip()
            case "switch":
                self._switch()
            case "end":
                QApplication.quit()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.sync()
        overlay = self._desktop._overlay
        say(done=order, overlay=[overlay.x(), overlay.y(), overlay.width(), overlay.height()])


def main() -> int:
    app = QApplication(["martlive"])
    app.setQuitOnLastWindowClosed(False)
    desktop = Desktop(load_settings(settings_path()), watches_screen=False)

    def tell(state: ObsState) -> None:
        say(connected=state.is_connected)

    desktop.obs.state_changed.connect(tell)
    desktop.obs.source_made.connect(lambda is_verified, sentence: say(verified=is_verified, sentence=sentence))
    orders = Orders(desktop)
    with closing(desktop):
        desktop.begin(ShowPlan())
        say(connected=desktop.obs.state.is_connected)
        reader = threading.Thread(target=orders.read)
        reader.start()
        code = app.exec()
        reader.join()
    return code


if __name__ == "__main__":
    sys.exit(main())
