"""The stream window beside the overlay with an urgent tip, for a check in a real OBS: one step for each line of a pipe."""

import os
import random
import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from martlive_desktop.core.events import Chat
from martlive_desktop.core.plan import Product
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.stream_state import (
    CardName,
    StreamState,
    put_countdown,
    put_giveaway,
    put_product,
    put_question,
    switch_card,
)
from martlive_desktop.ui.stream_window import StreamWindow
from martlive_desktop.ui.theme import THEMES, load_look
from martlive_desktop.ui.view_state import OverlayState, TipCard

TIP = TipCard("t0", "Mic silent – check mute", 0, is_praise=False, shown_ms=0, expires_ms=600_000)
CARDS: tuple[CardName, ...] = ("product", "question", "giveaway", "countdown")
FULL = put_giveaway(
    put_question(put_product(StreamState(), Product("Desk lamp", price=29.9), "USD"), Chat(0, "Rosa", "Cats?", "x")),
    "A lamp",
    "Write LAMP",
)


def main() -> int:
    app = QApplication(["martlive"])
    look = load_look(Path("resources"), is_motion_reduced=True)
    overlay, window = Overlay(look), StreamWindow(look, "bar")
    overlay.place(100_000, 0)
    window.render_state(FULL)
    overlay.show()
    window.show()
    overlay.render_state(OverlayState(tip=TIP))
    rng = random.Random(5)
    pipe = Path(os.environ["RIG_DIR"]) / "steps"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    state = FULL

    def step() -> None:
        nonlocal state
        for order in os.read(reader, 4096).decode().split():
            if order == "tips":
                window.set_shows_tips(True)
                window.show_tip(TIP)
                continue
            if order == "no-tips":
                window.set_shows_tips(False)
                window.render_state(FULL)
                continue
            if order == "off-screen":
                window.move(-1_000, 0)
                window.setWindowOpacity(0)
                continue
            kind = rng.randrange(5)
            if kind == 0:
                window.set_look(replace(look, theme=THEMES[rng.choice(("dark", "light", "contrast", "opaque"))]))
            elif kind == 1:
                state = switch_card(state, rng.choice(CARDS), is_shown=rng.random() < 0.5)
            elif kind == 2:
                state = put_countdown(state, "Ends in", rng.choice((0, 60_000)))
            elif kind == 3:
                window.show_tip(replace(TIP, id=str(rng.random())))
            else:
                overlay.set_click_through(rng.random() < 0.5)
                overlay.render_state(OverlayState(tip=replace(TIP, id=str(rng.random()))))
            window.render_state(state)
        app.processEvents()
        app.sync()

    notifier = QSocketNotifier(reader, QSocketNotifier.Type.Read)
    notifier.activated.connect(step)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
