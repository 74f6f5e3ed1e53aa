"""Another program with a text field; when its standard input ends, it prints what was typed and how often it lost the focus."""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import QSocketNotifier
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from typing_extensions import override


class Field(QPlainTextEdit):
    """Counts how often the focus goes."""

    def __init__(self) -> None:
        super().__init__()
        self.losses = 0

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        sys.stdout.write(f"{int(self.winId())}\n")
        sys.stdout.flush()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.losses += 1


def main() -> int:
    app = QApplication(["field"])
    field = Field()
    field.setWindowTitle("Notes")
    field.resize(900, 500)
    field.show()
    field.activateWindow()

    def end() -> None:
        sys.stdin.readline()
        # What was typed before is in the field then.
        app.sync()
        sys.stdout.write(json.dumps({"text": field.toPlainText(), "losses": field.losses}) + "\n")
        sys.stdout.flush()
        app.quit()

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(end)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
