"""Small pictures of products: asked for when they are seen, decoded apart from the window."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtCore import QFileInfo, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

log = logging.getLogger(__name__)

MOST_PIXELS = 50_000_000
"""Phones take 48 megapixels; what is larger is not looked for in a show either."""

KEPT = 600
"""Small pictures that are kept: a large plan's, 10 MB."""

WAITING = 64
"""Pictures that wait to be decoded: a screen of rows; of those scrolled past, the oldest give way."""

PictureFault: TypeAlias = Literal["", "missing", "too_large", "unreadable"]

FORMATS = (b"jpeg", b"png", b"webp")
"""What is looked for in a show; fewer decoders are fewer ways in."""


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """A picture in the size in which it is shown, or why there is none."""

    image: QImage
    fault: PictureFault = ""


def read_small(path: str, side_px: int) -> SmallPicture:
    """The picture at `path`, its longer side `side_px`; it is decoded only if it is small enough."""
    # What is no file, such as a pipe, is never opened.
    if not QFileInfo(path).isFile():
        return SmallPicture(QImage(), "missing")
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if bytes(reader.format().data()) not in FORMATS or size.isEmpty():
        return SmallPicture(QImage(), "unreadable")
    if size.width() * size.height() > MOST_PIXELS:
        return SmallPicture(QImage(), "too_large")
    reader.setScaledSize(
        size.scaled(QSize(side_px, side_px), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
    )
    image = reader.read()
    return SmallPicture(image, "unreadable" if image.isNull() else "")


class SmallPictures(QObject):
    """Gives small pictures from memory; one that is not there yet is read by a thread that lives until none is left."""

    picture_read = Signal(str)
    """The path of a picture that can be had now."""
    _decoded = Signal(str, object)

    def __init__(self, side_px: int, parent: QObject) -> None:
        super().__init__(parent)
        self._side_px = side_px
        self._read: dict[str, SmallPicture] = {}
        self._wanted: deque[str] = deque(maxlen=WAITING)
        self._asked: set[str] = set()
        self._is_reading = False
        self._lock = threading.Lock()
        self._decoded.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def get(self, path: str) -> SmallPicture | None:
        """The picture at `path`; None: it is being read."""
        if path in self._read:
            return self._read[path]
        with self._lock:
            if path not in self._asked:
                if len(self._wanted) == WAITING:
                    self._asked.discard(self._wanted[0])
                self._wanted.append(path)
                self._asked.add(path)
            if not self._is_reading:
                self._is_reading = True
                threading.Thread(target=self._work, name="martlive-pictures", daemon=True).start()
        return None

    def forget(self) -> None:
        """Read pictures anew when they are asked for: files may have changed."""
        self._read.clear()

    def stop(self) -> None:
        """Read none of those that still wait."""
        with self._lock:
            self._wanted.clear()
            self._asked.clear()

    def _keep(self, path: str, picture: SmallPicture) -> None:
        with self._lock:
            self._asked.discard(path)
        while len(self._read) >= KEPT:
            self._read.pop(next(iter(self._read)))
        self._read[path] = picture
        self.picture_read.emit(path)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._is_reading = False
                    return
                # What was asked for last is what can be seen.
                path = self._wanted.pop()
            picture = read_small(path, self._side_px)
            try:
                self._decoded.emit(path, picture)
            except RuntimeError:
                # The window went away meanwhile.
                log.info("a picture came too late")
                return
