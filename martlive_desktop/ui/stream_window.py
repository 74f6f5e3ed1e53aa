"""The stream window: what viewers see, for OBS to capture; the coach's tips stay off it unless they are asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from PySide6.QtCore import QElapsedTimer, QEvent, QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from martlive_desktop.ui.stream_cards import RADIUS_PX, Artist, load_picture, paint_shadow
from martlive_desktop.ui.stream_state import CardName, StreamState
from martlive_desktop.ui.theme import DEFAULT_FONT_PX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.ui.stream_cards import Face
    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import TipCard

TITLE = "MartLive Overlay"
"""OBS finds the window by it, so it is never translated."""

SizeName: TypeAlias = Literal["landscape", "portrait", "bar"]
PlaceName: TypeAlias = Literal["product", "question", "captions", "countdown", "giveaway", "tip"]

FADE_MS = 160
SHADOW_PX = 26

CARD_NAMES: tuple[CardName, ...] = get_args(CardName)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card may be, in pixels of the stream; a lower card keeps its side."""

    left: int
    top: int
    width: int
    height: int
    is_low: bool = False
    """It grows upwards from its lower side, not downwards from its upper one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One size of the stream window."""

    width: int
    """In pixels of the stream."""
    height: int
    """In pixels of the stream."""
    scale: float
    """Of everything on the cards; 1 where the stream is 1080 pixels high."""
    places: Mapping[PlaceName, Place]


LAYOUTS: dict[SizeName, Layout] = {
    "landscape": Layout(
        1920,
        1080,
        1.0,
        {
            "question": Place(56, 56, 760, 206),
            "tip": Place(840, 56, 600, 88),
            "countdown": Place(1464, 56, 400, 136),
            "product": Place(56, 684, 640, 180, is_low=True),
            "giveaway": Place(1304, 600, 560, 264, is_low=True),
            "captions": Place(460, 888, 1000, 136, is_low=True),
        },
    ),
    # Apps of phones lay their own controls over the top 200 and the lowest 400 pixels.
    "portrait": Layout(
        1080,
        1920,
        1.0,
        {
            "countdown": Place(56, 216, 400, 136),
            "tip": Place(480, 240, 544, 88),
            "giveaway": Place(56, 376, 968, 264),
            "question": Place(56, 916, 968, 206, is_low=True),
            "captions": Place(56, 1146, 968, 136, is_low=True),
            "product": Place(56, 1306, 968, 180),
        },
    ),
    "bar": Layout(
        1280,
        360,
        0.7,
        {
            "product": Place(24, 22, 470, 126),
            "question": Place(510, 22, 462, 144),
            "countdown": Place(988, 22, 268, 95),
            "captions": Place(24, 182, 700, 96),
            "giveaway": Place(740, 182, 516, 156),
            "tip": Place(24, 290, 700, 62),
        },
    ),
}


class StreamCard(QWidget):
    """Shows a face at its place, or nothing; what it shows stands still but for the fade."""

    def __init__(self, look: Look, layout: Layout, place: Place, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._place = look, place
        self._radius_px = RADIUS_PX * layout.scale
        self._spread_px = SHADOW_PX * layout.scale
        self._pane = QPixmap()
        self._pane_height_px = 0.0
        self._face = QPixmap()
        self._is_wanted = False
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(0 if look.is_motion_reduced else FADE_MS)
        self._fade.valueChanged.connect(self.update)
        self._fade.finished.connect(self._end_fade)
        self._outer = QRectF(place.left, place.top, place.width, place.height)
        margin = math.ceil(self._spread_px * 1.2)
        self._outer.adjust(-margin, -margin, margin, margin)
        self.setVisible(False)

    def fit(self, pixels_per_unit: float) -> None:
        """Take the place on a screen with so many pixels to Qt's unit."""
        left, top = math.floor(self._outer.left() / pixels_per_unit), math.floor(self._outer.top() / pixels_per_unit)
        right, bottom = (math.ceil(edge / pixels_per_unit) for edge in (self._outer.right(), self._outer.bottom()))
        self.setGeometry(left, top, right - left, bottom - top)

    def show_face(self, face: Face) -> None:
        """Draw `face`; the first one after nothing fades in."""
        height = min(face.height_px, self._place.height)
        box = QRectF(0, self._place.height - height if self._place.is_low else 0, self._place.width, height)
        box.translate(self._place.left - self._outer.left(), self._place.top - self._outer.top())
        if height != self._pane_height_px:
            self._pane, self._pane_height_px = self._drawn_pane(box), height
        self._face = QPixmap(self._pane)
        painter = _painter(self._face)
        painter.setClipRect(box)
        face.paint(painter, box)
        painter.end()
        self.setAccessibleName(face.spoken)
        self.update()
        if not self._is_wanted:
            self._is_wanted = True
            self.setVisible(True)
            self._start_fade(1.0)

    def remove(self) -> None:
        """Fade out, if anything is shown."""
        if self._is_wanted:
            self._is_wanted = False
            self._start_fade(0.0)

    def finish(self) -> None:
        """Be at once where the fade would lead."""
        if self._fade.state() == QVariantAnimation.State.Running:
            self._fade.setCurrentTime(self._fade.duration())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(self._presence())
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawPixmap(self._outer.topLeft() - self.pos().toPointF() * ratio, self._face)

    def _presence(self) -> float:
        return float(self._fade.currentValue() or 0.0)

    def _start_fade(self, end: float) -> None:
        start = self._presence()
        self._fade.stop()
        self._fade.setStartValue(start)
        self._fade.setEndValue(end)
        self._fade.start()

    def _end_fade(self) -> None:
        if not self._is_wanted:
            self.setVisible(False)
            self.setAccessibleName("")
            self._face = QPixmap()

    def _drawn_pane(self, box: QRectF) -> QPixmap:
        pane = QPixmap(self._outer.size().toSize())
        pane.fill(Qt.GlobalColor.transparent)
        painter = _painter(pane)
        theme = self._look.theme
        if theme.shadow_alpha:
            paint_shadow(painter, box, self._radius_px, theme.shadow_alpha, self._spread_px)
        self._look.paint_panel(painter, box, theme.card, self._radius_px)
        painter.end()
        return pane


class StreamWindow(QWidget):
    """Shows a `StreamState` at fixed places; no timer runs unless a countdown is on screen.

    There is no card that could show a tip until the streamer asks for one with `set_shows_tips`.
    """

    picture_left_out = Signal(str)
    """One sentence for the streamer, said once for each file."""

    def __init__(self, look: Look, size: SizeName = "landscape") -> None:
        super().__init__(
            None,
            Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowDoesNotAcceptFocus,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(TITLE)
        self.setAccessibleName(TITLE)
        self.setAccessibleDescription(self.tr("What your viewers see"))
        self._look, self._layout = _stream_look(look), LAYOUTS[size]
        self._state = StreamState()
        self._is_seen = False
        self._tip: TipCard | None = None
        self._tip_card: StreamCard | None = None
        self._cards: dict[CardName, StreamCard] = {}
        self._pictures: dict[str, QImage] = {}
        self._told: set[str] = set()
        self._counted_ms = 0
        self._since_counted = QElapsedTimer()
        self._second = QTimer(self)
        self._second.setSingleShot(True)
        self._second.setTimerType(Qt.TimerType.PreciseTimer)
        self._second.timeout.connect(self._show_time)
        self._build()

    @property
    def shows_tips(self) -> bool:
        """Whether the streamer chose to let viewers see the coach's tips."""
        return self._tip_card is not None

    def render_state(self, state: StreamState) -> None:
        """Show `state`; what did not change is not drawn again."""
        before, self._state = self._state, state
        if state.countdown != before.countdown:
            self._counted_ms = state.now_ms
            self._since_counted.start()
        for name in CARD_NAMES:
            is_same = getattr(state, name) == getattr(before, name)
            if not is_same or state.shows(name) != before.shows(name):
                self._render_card(name)

    def set_look(self, look: Look) -> None:
        """Take another theme or motion; the size of the text is the stream's own."""
        self._look = _stream_look(look)
        self._rebuild()

    def set_size(self, size: SizeName) -> None:
        """Take another size and the places that belong to it."""
        self._layout = LAYOUTS[size]
        self._rebuild()

    def set_shows_tips(self, is_on: bool) -> None:  # noqa: FBT001 - it is connected to a signal that carries a bool
        """Let viewers see the coach's tips from the next one on, or take away at once what they see of them."""
        if is_on == self.shows_tips:
            return
        if self._tip_card is not None:
            self._tip_card.hide()
            self._tip_card.deleteLater()
        self._tip = None
        self._tip_card = self._new_card("tip") if is_on else None

    def show_tip(self, tip: TipCard) -> bool:
        """Show viewers `tip`, and say whether they see it: not unless `set_shows_tips` was turned on before."""
        if self._tip_card is None:
            return False
        self._tip = tip
        self._tip_card.show_face(self._artist().tip(tip, self._layout.places["tip"].width))
        return True

    def remove_tip(self) -> None:
        """Fade the tip out, if there is one."""
        self._tip = None
        if self._tip_card is not None:
            self._tip_card.remove()

    def _artist(self) -> Artist:
        return Artist(self._look, self._layout.scale, self.locale())

    def _build(self) -> None:
        self._cards = {name: self._new_card(name) for name in CARD_NAMES}
        self._fit()

    def _rebuild(self) -> None:
        """Make the cards anew; what was on screen is there at once."""
        tip, is_tipped = self._tip, self.shows_tips
        self.set_shows_tips(False)
        for card in self._cards.values():
            card.hide()
            card.deleteLater()
        self._build()
        for name in CARD_NAMES:
            self._render_card(name)
            self._cards[name].finish()
        if is_tipped:
            self.set_shows_tips(True)
            if tip is not None and self.show_tip(tip) and self._tip_card is not None:
                self._tip_card.finish()

    def _new_card(self, name: PlaceName) -> StreamCard:
        card = StreamCard(self._look, self._layout, self._layout.places[name], self)
        card.fit(self.devicePixelRatioF())
        return card

    def _fit(self) -> None:
        """Take the same pixels on every screen, as near as whole units of Qt come to it."""
        ratio = self.devicePixelRatioF()
        self.setFixedSize(math.ceil(self._layout.width / ratio), math.ceil(self._layout.height / ratio))
        for card in self.findChildren(StreamCard):
            card.fit(ratio)

    def _render_card(self, name: CardName) -> None:
        card = self._cards[name]
        if self._state.shows(name):
            card.show_face(self._face_of(name))
        else:
            card.remove()
        if name == "countdown":
            self._wait_for_second()

    def _face_of(self, name: CardName) -> Face:
        state, artist, place = self._state, self._artist(), self._layout.places[name]
        if name == "product" and state.product is not None:
            return artist.product(state.product, self._picture(state.product.picture), place.width)
        if name == "question" and state.question is not None:
            return artist.question(state.question, place.width)
        if name == "countdown" and state.countdown is not None:
            return artist.countdown(state.countdown, self._now_ms(), place.width)
        if name == "giveaway" and state.giveaway is not None:
            return artist.giveaway(state.giveaway, place.width, place.height)
        return artist.captions(state.captions, place.width)

    def _picture(self, path: str) -> QImage:
        if not path or path in self._pictures:
            return self._pictures.get(path, QImage())
        image, trouble = load_picture(path)
        if not trouble:
            self._pictures[path] = image
        elif trouble not in self._told:
            # The file is tried again with the next change: it may be mended by then.
            self._told.add(trouble)
            self.picture_left_out.emit(trouble)
        return image

    def _now_ms(self) -> int:
        """Stream time, counted on from when the countdown came."""
        return self._counted_ms + self._since_counted.elapsed() if self._since_counted.isValid() else 0

    def _show_time(self) -> None:
        self._render_card("countdown")

    def _wait_for_second(self) -> None:
        """Wake up when the next second is over, if anyone sees it."""
        left_ms = self._state.countdown.left_ms(self._now_ms()) if self._state.countdown else 0
        if left_ms and self._state.shows("countdown") and self.isVisible():
            self._second.start((left_ms - 1) % 1000 + 1)
        else:
            self._second.stop()

    def _let_clicks_through(self) -> None:
        """Nothing on it can be clicked, so clicks reach what lies behind it."""
        self.windowHandle().setFlag(Qt.WindowType.WindowTransparentForInput)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._is_seen:
            self._is_seen = True
            # A window manager that frames windows does not see what they asked for before it had them.
            QTimer.singleShot(0, self, self._let_clicks_through)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._state.shows("countdown"):
            self._show_time()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._second.stop()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.isMinimized():
            # OBS gets no picture of a minimised window.
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        elif event.type() in {QEvent.Type.LanguageChange, QEvent.Type.LocaleChange}:
            self._rebuild()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._fit()
        return super().event(event)


def _stream_look(look: Look) -> Look:
    return replace(look, font_px=DEFAULT_FONT_PX)


def _painter(pixmap: QPixmap) -> QPainter:
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    return painter
