"""The browser source, joined to the stream window's painting: for OBS under Wayland, and for who prefers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from martlive_desktop.adapters.browser_source import BrowserSource
from martlive_desktop.ui.stream_window import StreamWindow

if TYPE_CHECKING:
    from pathlib import Path

    from martlive_desktop.ui.stream_window import SizeName
    from martlive_desktop.ui.theme import Look

PICTURES_MS = 100
"""At most ten pictures a second: enough for a fade of 160 ms, and each costs a millisecond or two."""


AWAY_PX = -30_000
"""Left of and above every monitor; X11 counts to 32,767."""


class UnseenWindow(StreamWindow):
    """The stream window without a place on the screen: it paints as if it had one while it is shown."""

    painted = Signal(QRegion)
    """What is not as it was, in units of Qt."""

    def __init__(self, look: Look, size: SizeName = "landscape") -> None:
        super().__init__(look, size)
        self.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        # What MartLive's windows cover is not watched, and this one covers nothing.
        self.move(AWAY_PX, AWAY_PX)
        self._is_copied = False

    @property
    def picture_size(self) -> QSize:
        """In pixels of the stream."""
        return QSize(self._layout.width, self._layout.height)

    def pixels_of(self, part: QRect) -> QRect:
        """The pixels of the stream that `part`, in units of Qt, touches."""
        return _scaled(part, self.devicePixelRatioF()).intersected(QRect(QPoint(), self.picture_size))

    def picture_of(self, pixels: QRect) -> QImage:
        """What lies in `pixels` of the stream."""
        ratio = self.devicePixelRatioF()
        picture = QImage(pixels.size(), QImage.Format.Format_ARGB32_Premultiplied)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        part = _scaled(pixels, 1 / ratio)
        self._is_copied = True
        painter = QPainter(picture)
        painter.translate(-pixels.x() / ratio, -pixels.y() / ratio)
        self.render(painter, part.topLeft(), QRegion(part), QWidget.RenderFlag.DrawChildren)
        painter.end()
        self._is_copied = False
        return picture

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._is_copied:
            self.painted.emit(event.region())


class BrowserDesk(QObject):
    """Owns the page and a stream window for it, in the Qt thread; nothing is painted while nobody looks."""

    _viewed = Signal(bool)

    def __init__(
        self,
        look: Look,
        size: SizeName,
        folder: Path,
        port: int,
        page: bytes,
        parent: QObject | None = None,
    ) -> None:
        """Serve `page` on `port`, with its secret address in `folder`; raises what `BrowserSource` does."""
        super().__init__(parent)
        self._stale = QRegion()
        self._size = QSize()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PICTURES_MS)
        self._pause.timeout.connect(self._publish)
        self._viewed.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._source = BrowserSource(folder, port, page, self._viewed.emit)
        self.window = UnseenWindow(look, size)
        """What viewers see; it takes the same states as the stream window on the screen."""
        self.window.painted.connect(self._take)

    @property
    def url(self) -> str:
        """The address for a browser source; whoever has it sees the picture."""
        return self._source.url

    @property
    def page_file(self) -> Path:
        """The page for a browser source of OBS with “Local file”."""
        return self._source.page_file

    def close(self) -> None:
        """Take the picture from every page, and end."""
        self._pause.stop()
        self._source.close()
        # What the server's threads said last must not reach a window that is gone.
        QCoreApplication.removePostedEvents(self)
        self.window.close()
        self.window.deleteLater()

    def _show(self, is_viewed: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if is_viewed:
            # Whoever comes anew has nothing yet.
            self._size = QSize()
            self._take(QRegion(self.window.rect()))
        self.window.setVisible(is_viewed)

    def _take(self, region: QRegion) -> None:
        self._stale = self._stale.united(region)
        if not self._pause.isActive():
            self._pause.start()

    def _publish(self) -> None:
        window, size = self.window, self.window.picture_size
        if not self._source.has_viewers:
            return
        if size != self._size:
            self._size = size
            self._stale = QRegion(window.rect())
            self._source.resize(size.width(), size.height())
        stale, self._stale = self._stale, QRegion()
        # Two cards at opposite corners would else cost as much as everything between them.
        for part in stale:  # type: ignore[attr-defined]  # a sequence, which PySide's stubs leave out
            at = window.pixels_of(part)
            picture = window.picture_of(at).convertToFormat(QImage.Format.Format_RGBA8888)
            # The array only borrows the picture's memory.
            pixels = np.frombuffer(picture.constBits(), np.uint8)
            self._source.publish(pixels.reshape(at.height(), at.width(), 4), at.x(), at.y())


def _scaled(part: QRect, factor: float) -> QRect:
    """All whole pixels or units that `part` touches in the other measure."""
    return QRectF(part.x() * factor, part.y() * factor, part.width() * factor, part.height() * factor).toAlignedRect()
