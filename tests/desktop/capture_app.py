"""Looks at the screen through Qt three times, once after it was let go, and prints what is in the middle of it."""

from __future__ import annotations

import json
import sys
import threading

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from martlive_desktop.ui.qt_capture import QtCapture


def main() -> int:
    app = QGuiApplication(["martlive"])
    capture = QtCapture()

    def look() -> None:
        seen = []
        for _ in range(2):
            grabber = capture.grabber("")
            for _ in range(2):
                pixels = grabber.grab(is_full=True)
                seen.append([*pixels.shape, *pixels[pixels.shape[0] // 2, pixels.shape[1] // 2, :3].tolist()])
            grabber.close()
        sys.stdout.write(json.dumps(seen))
        sys.stdout.flush()
        QTimer.singleShot(0, app, app.quit)

    thread = threading.Thread(target=look)
    QTimer.singleShot(0, app, thread.start)
    app.exec()
    thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
