"""Shows an overlay and does what is written to its standard input: one line of Python literals a command."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.theme import load_look
from martlive_desktop.ui.view_state import OverlayState, TipCard

RESOURCES = Path(__file__).parents[2] / "resources"
STATE = OverlayState(level_dbfs=-28, pace_wpm=152, product="AquaVac X2", time_left_ms=130_000, hearing="listening")


def main() -> int:
    app = QApplication(["martlive"])
    overlay = Overlay(load_look(RESOURCES, is_motion_reduced=True))

    def say(**facts: object) -> None:
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()

    overlay.moved.connect(lambda x, y: say(moved=[x, y]))
    overlay.tip_dismissed.connect(lambda: say(dismissed=True))

    def obey() -> None:
        line = sys.stdin.readline()
        if not line:
            app.quit()
            return
        command, *arguments = ast.literal_eval(line)
        match command:
            case "show":
                overlay.show()
            case "hide":
                overlay.hide()
            case "tip":
                name, text, severity = arguments
                overlay.render_state(
                    OverlayState(
                        **{field: getattr(STATE, field) for field in ("level_dbfs", "pace_wpm", "product", "hearing")},
                        tip=TipCard(name, text, severity, is_praise=False, shown_ms=0, expires_ms=60_000),
                    )
                )
            case "no tip":
                overlay.render_state(STATE)
            case "place":
                overlay.place(*arguments)
            case "click through":
                overlay.set_click_through(*arguments)
        # What was asked of the X server is there when the answer comes.
        overlay.repaint()
        app.processEvents()
        app.sync()
        say(window=int(overlay.winId()), x=overlay.x(), y=overlay.y(), width=overlay.width(), height=overlay.height())

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(obey)
    say(ready=True)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
