"""The screen through Qt, for Wayland: the desktop asks the user which screen may be seen, and no other program can look."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtMultimedia import QMediaCaptureSession, QScreenCapture, QVideoFrame, QVideoFrameFormat, QVideoSink

from martlive_desktop.core.errors import ScreenUnavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_WITHIN_S = 3.0
"""A screen on which nothing moves may send nothing; the last frame then stands."""

ASKED_WITHIN_S = 30.0
"""How long the user may take to answer the desktop's question."""

REFUSED = (
    "The desktop does not let MartLive see the screen; allow it when it asks, or choose OBS under What viewers see."
)


class QtCapture(QObject):
    """Keeps the newest frame of one screen while somebody wants it; lives on Qt's thread."""

    _started = Signal()
    _stopped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arrived = threading.Condition()
        self._frame: QVideoFrame | None = None
        self._is_new = False
        self._is_refused = False
        self._sink = QVideoSink(self)
        self._capture = QScreenCapture(self)
        self._session = QMediaCaptureSession(self)
        self._session.setScreenCapture(self._capture)
        self._session.setVideoSink(self._sink)
        # Frames come on the thread that decodes them; nothing of Qt's is touched there.
        self._sink.videoFrameChanged.connect(self._keep, Qt.ConnectionType.DirectConnection)
        self._capture.errorOccurred.connect(self._refuse)
        self._started.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self._stopped.connect(self._capture.stop, Qt.ConnectionType.QueuedConnection)

    def grabber(self, name: str) -> QtGrabber:
        """Start to look at the monitor called `name`, on X11; on Wayland the desktop asks which. From any thread."""
        return QtGrabber(self, name)

    def start(self) -> None:
        """Let frames come; from any thread."""
        with self._arrived:
            self._frame, self._is_new, self._is_refused = None, False, False
        self._started.emit()

    def stop(self) -> None:
        """Let none come any more; from any thread."""
        self._stopped.emit()

    def newest(self) -> QVideoFrame:
        """The newest frame; waits for the next one for a while, from any thread but Qt's.

        Raises:
            ScreenUnavailable: the desktop does not allow it.
        """
        with self._arrived:
            seconds = FRAME_WITHIN_S if self._frame is not None else ASKED_WITHIN_S
            self._arrived.wait_for(lambda: self._is_new or self._is_refused, seconds)
            if self._frame is None or self._is_refused:
                raise ScreenUnavailable(REFUSED)
            self._is_new = False
            return self._frame

    def _keep(self, frame: QVideoFrame) -> None:
        with self._arrived:
            self._frame, self._is_new = frame, True
            self._arrived.notify_all()

    def _refuse(self) -> None:
        with self._arrived:
            self._is_refused = True
            self._arrived.notify_all()

    def _begin(self) -> None:
        self._capture.setScreen(QGuiApplication.primaryScreen())
        self._capture.start()


class QtGrabber:
    """Takes pictures of what a `QtCapture` sees; for use in one thread."""

    rect = None
    may_hide = False

    def __init__(self, capture: QtCapture, name: str) -> None:
        self.name = name or "Screen"
        self._capture = capture
        capture.start()

    def close(self) -> None:
        self._capture.stop()

    def grab(self, *, is_full: bool) -> NDArray[np.uint8]:  # noqa: ARG002 - these pictures are always full
        """What is seen now, BGRA of shape (height, width, 4).

        Raises:
            ScreenUnavailable: the desktop does not allow it.
        """
        image = _image(self._capture.newest()).convertToFormat(QImage.Format.Format_RGB32)
        lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return lines[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()


def _image(frame: QVideoFrame) -> QImage:
    """The picture of a frame, read from its memory where it lies there.

    `toImage` draws it with OpenGL instead, and what that keeps for a thread is let go only after the thread was
    joined: after the connection to the desktop, at times, which crashes.
    """
    layout = QVideoFrameFormat.imageFormatFromPixelFormat(frame.pixelFormat())
    if layout == QImage.Format.Format_Invalid or not frame.map(QVideoFrame.MapMode.ReadOnly):
        return frame.toImage()
    try:
        return QImage(frame.bits(0), frame.width(), frame.height(), frame.bytesPerLine(0), layout).copy()
    finally:
        frame.unmap()
