"""The strip under the tip card: voice level, pace, product on show, time left and four lamps."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget
from typing_extensions import override

from martlive_desktop.ui.formats import time_text
from martlive_desktop.ui.pictures import Pictures
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.view_state import OverlayState

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look, Theme

HEIGHT_PX, RADIUS_PX, LINE_PX = 34, 12, 6
TEXT_PX, LAMP_PX, LAMPS = 14, 15, 4

BAR_WIDTH_PX, BAR_STEP_PX, LOWEST_BAR_PX, HIGHEST_BAR_PX = 3, 6, 5, 18

BAR_DBFS = (-54.0, -48.0, -42.0, -36.0, -30.0, -24.0, -15.0)
"""Level at which each bar lights: a close microphone speaks at -30 to -18 dBFS RMS; the last bar says too loud."""


told = attrgetter(*(one.name for one in fields(OverlayState) if one.compare and one.name != "level_dbfs"))
"""All that the strip says but the level, which changes ten times a second."""

translate = QCoreApplication.translate


class Lamp(NamedTuple):
    """One sign at the end of the strip."""

    icon: str
    color: str
    name: str
    """What it says, on hover and to a screen reader."""


NEARLY_OVER_MS = 30_000
"""With so little time left on an item its name gives way to that of the next one: there is room for one, and the
streamer holds the first in their hands."""


def lit_bars(level_dbfs: float | None) -> int:
    """How many bars of the meter `level_dbfs` lights."""
    return 0 if level_dbfs is None else sum(level_dbfs >= threshold for threshold in BAR_DBFS)


def minutes_left(time_left_ms: int) -> str:
    """`time_left_ms` as `2:10`; what is over counts as nothing left."""
    return time_text(max(time_left_ms, 0) // 1000)


def note_of(state: OverlayState) -> str:
    """What stands in the way of coaching, or the answer to a key, in a few words; empty: nothing."""
    if state.said:
        return translated(state.said)
    if not state.is_coaching:
        return translate("Strip", "Coaching is off")
    if state.hearing == "lost":
        return translated(state.hearing_detail) or translate("Strip", "No sound from your microphone")
    if state.hearing == "loading":
        return translated(state.hearing_detail) or translate("Strip", "Getting ready to listen")
    return ""


def lamps_of(state: OverlayState, theme: Theme) -> tuple[Lamp, Lamp, Lamp, Lamp]:
    """Hearing, watching, remote, and delayed or slower."""
    hearing = {
        "off": Lamp("mic-off", theme.off, translate("Strip", "Not listening")),
        "loading": Lamp("mic", theme.now, translate("Strip", "Getting ready to listen")),
        "listening": Lamp("mic", theme.praise, translate("Strip", "Listening")),
        "lost": Lamp("mic-off", theme.critical, translate("Strip", "No sound from your microphone")),
    }[state.hearing]
    seen = translated(state.watching_detail)
    watching = {
        "off": Lamp("eye-off", theme.off, translate("Strip", "The screen is not watched")),
        "watching": Lamp(
            "eye",
            theme.praise,
            translate("Strip", "Watching {what}").format(what=seen)
            if seen
            else translate("Strip", "Watching the screen"),
        ),
        "paused": Lamp("eye-off", theme.text_dim, translate("Strip", "Not looking – paused")),
        "lost": Lamp("eye-off", theme.critical, seen or translate("Strip", "The screen cannot be seen")),
    }[state.watching]
    remote = Lamp("cloud", theme.off, translate("Strip", "Everything stays on this computer"))
    if state.is_remote:
        remote = Lamp("cloud", theme.note, translate("Strip", "Your words go to the remote coach"))
    delayed = Lamp("hourglass", theme.off, translate("Strip", "Tips are in time"))
    if state.delayed_ms:
        seconds = max(round(state.delayed_ms / 1000), 1)
        late = translate("Strip", "Tips come {seconds} s late").format(seconds=seconds)
        delayed = Lamp("hourglass", theme.now, late)
    elif state.slowdown:
        delayed = Lamp("gauge", theme.note, translated(state.slowdown))
    return hearing, watching, remote, delayed


class LevelMeter(QWidget):
    """Seven bars that follow the voice."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lit = 0
        self._pictures = Pictures(self)
        width = BAR_STEP_PX * (len(BAR_DBFS) - 1) + BAR_WIDTH_PX
        self.setFixedSize(round(look.px(width)), round(look.px(HIGHEST_BAR_PX)))
        self.setAccessibleName(self.tr("Voice level"))

    def show_level(self, level_dbfs: float | None) -> None:
        lit = lit_bars(level_dbfs)
        if lit != self._lit:
            self._lit = lit
            self.setAccessibleDescription(self.tr("{lit} of {bars}").format(lit=lit, bars=len(BAR_DBFS)))
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._pictures.draw(self._lit, self._paint_bars)

    def _paint_bars(self, painter: QPainter) -> None:
        look, theme = self._look, self._look.theme
        painter.setPen(Qt.PenStyle.NoPen)
        width = look.px(BAR_WIDTH_PX)
        last = len(BAR_DBFS) - 1
        for i in range(len(BAR_DBFS)):
            height = look.px(LOWEST_BAR_PX + (HIGHEST_BAR_PX - LOWEST_BAR_PX) * i / last)
            color = theme.off if i >= self._lit else theme.now if i == last else theme.praise
            painter.setBrush(QColor(color))
            left, top = look.px(BAR_STEP_PX) * i, (self.height() - height) / 2
            painter.drawRoundedRect(QRectF(left, top, width, height), width / 2, width / 2)


class LampView(QWidget):
    """One lamp: an icon, in colour while it is lit, that says its name on hover."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lamp: Lamp | None = None
        self._pictures = Pictures(self)
        self.setFixedSize(round(look.px(LAMP_PX)), round(look.px(LAMP_PX)))

    def show_lamp(self, lamp: Lamp) -> None:
        if lamp != self._lamp:
            self._lamp = lamp
            self.setToolTip(lamp.name)
            self.setAccessibleName(lamp.name)
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        lamp = self._lamp
        if lamp is not None:
            box = QRectF(self.rect())
            self._pictures.draw(lamp, lambda painter: self._look.paint_icon(painter, lamp.icon, lamp.color, box))


class Line(QLabel):
    """One line of text that leaves its end out where there is no room."""

    def __init__(self, look: Look, color: str, widest: str = "", text_px: int = TEXT_PX) -> None:
        super().__init__()
        self._pictures = Pictures(self)
        self.setFont(look.font(text_px))
        if widest:
            self.setFixedWidth(round(QFontMetricsF(self.font()).horizontalAdvance(widest) + look.px(12)))
        else:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_color(color)

    def set_color(self, color: str) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(color))
        self.setPalette(palette)

    def say(self, text: str, spoken: str = "") -> None:
        if text != self.text():
            self.setText(text)
        self.setAccessibleName(spoken or text)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._pictures.draw((self.text(), self.palette().cacheKey()), self._paint_text)

    def _paint_text(self, painter: QPainter) -> None:
        painter.setFont(self.font())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment(), shown)


class Strip(QWidget):
    """Shows what the coach hears; each part repaints only when what it says changes."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._state = OverlayState()
        self._is_line = False
        self._pictures = Pictures(self)
        theme = look.theme
        self._content = QWidget(self)
        self._meter = LevelMeter(look)
        self._pace = Line(look, theme.text_dim, self.tr("{pace} wpm").format(pace=888))
        self._product = Line(look, theme.text)
        self._time_left = Line(look, theme.text_dim, "88:88")
        self._time_left.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._lamps = tuple(LampView(look) for _ in range(LAMPS))
        row = QHBoxLayout(self._content)
        row.setContentsMargins(round(look.px(14)), 0, round(look.px(14)), 0)
        row.setSpacing(0)
        row.addWidget(self._meter)
        row.addSpacing(round(look.px(14)))
        row.addWidget(self._pace)
        row.addWidget(self._product, 1)
        row.addWidget(self._time_left)
        row.addSpacing(round(look.px(8)))
        for lamp in self._lamps:
            row.addSpacing(round(look.px(6)))
            row.addWidget(lamp)
        self._say(self._state, note_of(self._state), is_new_note=False)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._content.setGeometry(self.rect())

    def render_state(self, state: OverlayState, *, is_line: bool = False) -> None:
        before, self._state = self._state, state
        self._meter.show_level(state.level_dbfs if state.is_coaching else None)
        is_said_anew = told(state) != told(before)
        if is_said_anew:
            self._say(state, note_of(state), is_new_note=note_of(state) != note_of(before))
        if is_line != self._is_line:
            self._is_line = is_line
            self._content.setVisible(not is_line)
            self.update()
        elif is_line and (is_said_anew or lit_bars(state.level_dbfs) != lit_bars(before.level_dbfs)):
            self.update()

    def _say(self, state: OverlayState, note: str, *, is_new_note: bool) -> None:
        theme = self._look.theme
        pace = None if note else state.pace_wpm
        self._pace.setVisible(not note)
        self._pace.say(
            self.tr("{pace} wpm").format(pace=pace) if pace else "",
            self.tr("%n words per minute", "", pace) if pace else "",
        )
        self._time_left.setVisible(not note)
        left = "" if note or state.time_left_ms is None else minutes_left(state.time_left_ms)
        self._time_left.say(left, self.tr("{time} left").format(time=left) if left else "")
        following = "" if note else state.next_product
        then = self.tr("Next: {name}").format(name=following) if following else ""
        is_nearly_over = state.time_left_ms is not None and state.time_left_ms <= NEARLY_OVER_MS
        shown = then if then and is_nearly_over else state.product
        self._product.say(note or shown, "; ".join((state.product, then)) if then else "")
        self._product.setToolTip(note or then)
        if is_new_note:
            is_lost = state.is_coaching and state.hearing == "lost" and not state.said
            self._product.set_color(theme.critical if is_lost else theme.text_dim if note else theme.text)
        for view, lamp in zip(self._lamps, lamps_of(state, theme), strict=True):
            view.show_lamp(lamp)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, theme = self._look, self._look.theme
        if not self._is_line:
            panel = QRectF(self.rect())
            self._pictures.draw("panel", lambda painter: look.paint_panel(painter, panel, theme.strip, RADIUS_PX))
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QRectF(0, 0, self.width(), look.px(LINE_PX))
        look.paint_panel(painter, line, theme.strip, LINE_PX / 2)
        line.setWidth(max(self.width() * lit_bars(self._state.level_dbfs) / len(BAR_DBFS), line.height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(lamps_of(self._state, theme)[0].color))
        painter.drawRoundedRect(line, line.height() / 2, line.height() / 2)
