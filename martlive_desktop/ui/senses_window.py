"""The window "What MartLive hears and sees": a calm proof of what goes on, and of what leaves the computer."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.senses_state import KEPT_LINES, PartName, SensesState
from martlive_desktop.ui.strip import LevelMeter, Line
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    BUTTON_RADIUS_PX,
    GRID_PX,
    HEADING_PX,
    SMALL_PX,
    TEXT_PX,
    TITLE_PX,
    main_button,
    mix,
    paint,
    size_window,
    style_window,
    surface_of,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from martlive_desktop.ui.senses_state import PartLoad
    from martlive_desktop.ui.theme import Look

FIRST_SIZE_PX, SMALLEST_SIZE_PX = (960, 800), (400, 400)
"""Of the window; the first one grows with the text, and what does not fit is scrolled to."""

WIDE_PX = 760
"""Of the window, at the usual size of text: from here on two cards stand side by side."""

KEPT_LOADS = 60
"""A minute, at one measurement a second."""

LEAST_TOP_PERCENT = 10.0
"""The upper edge of a curve, at least: a part that does nothing must not look busy."""

SPEECH_PX, CURVE_WIDTH_PX, CURVE_HEIGHT_PX, EMPTY_ICON_PX = 16, 72, 24, 32

MANY_MB = 1000
"""From here on memory is said in gigabytes."""

MINUS = "\u2212"

PARTS: tuple[PartName, ...] = ("app", "recogniser", "reader", "writer")

translate = QCoreApplication.translate


def hearing_words(state: SensesState) -> str:
    """What stands in the way of hearing; empty: nothing."""
    overlay = state.overlay
    if not state.is_running:
        return translate("senses_window", "No show runs – start one from the tray.")
    if overlay.hearing == "loading":
        return overlay.hearing_detail or translate("senses_window", "Getting ready to listen…")
    if overlay.hearing == "lost":
        return overlay.hearing_detail or translate("senses_window", "No sound from your microphone.")
    return ""


def seeing_words(state: SensesState) -> str:
    """What the picture does, or why none is watched."""
    overlay, seconds = state.overlay, state.picture_s
    if not state.is_running:
        return translate("senses_window", "A picture shows up here while a show runs.")
    if overlay.watching == "paused":
        return translate("senses_window", "Not looking – you paused it.")
    if overlay.watching == "lost":
        return overlay.watching_detail or translate("senses_window", "The picture cannot be seen now.")
    match state.picture:
        case "black":
            return translate("senses_window", "Black for {count} s").format(count=seconds)
        case "frozen":
            return translate("senses_window", "Frozen for {count} s").format(count=seconds)
        case "still":
            return translate("senses_window", "Standing still")
        case "moving":
            return translate("senses_window", "Moving")
    if overlay.watching == "off":
        return translate("senses_window", "Nothing is watched. Choose “What viewers see…” in the tray.")
    return translate("senses_window", "The picture is coming…")


def found_words(state: SensesState) -> str:
    """Where the picture comes from, which scene is on it, and which product."""
    screen = state.screen
    if screen is None:
        return ""
    scenes = {
        "starting": translate("senses_window", "Scene: Starting soon"),
        "break": translate("senses_window", "Scene: Break"),
        "main": translate("senses_window", "Scene: Main"),
    }
    product = translate("senses_window", "Seen: {name}").format(name=screen.product) if screen.product else ""
    return " · ".join(filter(None, (state.overlay.watching_detail, scenes.get(screen.scene, ""), product)))


def behind_words(behind_ms: int | None) -> str:
    """How late something came, such as `1.2 s behind`; empty: not known."""
    if behind_ms is None:
        return ""
    return translate("senses_window", "{seconds} s behind").format(seconds=f"{behind_ms / 1000:.1f}")


def level_words(level_dbfs: float) -> str:
    """`level_dbfs` with a real minus sign."""
    return f"{level_dbfs:.0f} dBFS".replace("-", MINUS)


def memory_words(memory_mb: float) -> str:
    """`memory_mb` as `210 MB` or `1.4 GB`."""
    return f"{memory_mb:.0f} MB" if memory_mb < MANY_MB else f"{memory_mb / 1000:.1f} GB"


def part_words(name: PartName) -> str:
    """What the part called `name` is, in the streamer's words."""
    return {
        "app": translate("senses_window", "MartLive itself"),
        "recogniser": translate("senses_window", "Hears your words"),
        "reader": translate("senses_window", "Reads the chat"),
        "writer": translate("senses_window", "Words tips"),
    }[name]


def leaving_words(state: SensesState) -> tuple[str, ...]:
    """What leaves this computer, one sentence each; none: nothing does."""
    remote = (translate("senses_window", "Your words go to the remote coach."),) if state.overlay.is_remote else ()
    return (*remote, *state.outside)


class Thumbnail(QWidget):
    """The watched picture, or an empty frame."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_image(self, image: QImage) -> None:
        """Draw `image`, or nothing."""
        room = self.size() * self.devicePixelRatioF()
        # Scaled once, not with every repaint.
        self._image = image if image.isNull() else _fitted(image, room)
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.setFixedHeight(self.width() * 9 // 16)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        if not self._image.isNull():
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            box = QRectF(QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2), size)
        path = QPainterPath()
        path.addRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), look.px(BUTTON_RADIUS_PX), look.px(BUTTON_RADIUS_PX))
        painter.fillPath(path, QColor(surface.window))
        if not self._image.isNull():
            painter.setClipPath(path)
            painter.drawImage(box, self._image)
            painter.setClipping(False)
        else:
            icon = QRectF(0, 0, look.px(EMPTY_ICON_PX), look.px(EMPTY_ICON_PX))
            icon.moveCenter(box.center())
            look.paint_icon(painter, "eye-off", look.theme.off, icon)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(surface.line), max(look.px(look.theme.border_px), 1)))
        painter.drawPath(path)


class Curve(QWidget):
    """The last minute of one part's load."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._values: deque[float] = deque(maxlen=KEPT_LOADS)
        self.setFixedSize(round(look.px(CURVE_WIDTH_PX)), round(look.px(CURVE_HEIGHT_PX)))

    def add(self, percent: float) -> None:
        """Go on with `percent`."""
        self._values.append(percent)
        self.update()

    def clear(self) -> None:
        """Begin anew."""
        self._values.clear()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        surface = surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._look.px(1.5)
        low, high = self.height() - line, line
        painter.setPen(QPen(QColor(surface.line), 1))
        painter.drawLine(QPointF(0, low), QPointF(self.width(), low))
        if len(self._values) > 1:
            top = max(LEAST_TOP_PERCENT, *self._values)
            step = (self.width() - line) / (KEPT_LOADS - 1)
            first = self.width() - line - step * (len(self._values) - 1)
            points = [QPointF(first + step * i, low - (low - high) * v / top) for i, v in enumerate(self._values)]
            area = QPainterPath(QPointF(points[0].x(), low))
            for point in points:
                area.lineTo(point)
            area.lineTo(points[-1].x(), low)
            painter.fillPath(area, QColor(mix(surface.accent, surface.raised, 0.2)))
            painter.setPen(QPen(QColor(surface.accent), line))
            painter.drawPolyline(points)


class Card(QFrame):
    """One part of the window; the keyboard reaches it, and a screen reader reads all of it there."""

    def __init__(self, look: Look, title: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.column = QVBoxLayout(self)
        edge = round(look.px(1.5 * GRID_PX))
        self.column.setContentsMargins(edge, edge, edge, edge)
        self.column.setSpacing(round(look.px(0.75 * GRID_PX)))
        head = words(look, title, color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        head.setWordWrap(False)
        self.column.addWidget(head)

    focused = Signal()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()


class HearingCard(Card):
    """Words, level, microphone and pace."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, translate("senses_window", "Hearing"))
        theme = self._theme = look.theme
        self._said = words(look, "", color=theme.text, text_px=SPEECH_PX)
        self._partial = words(look, "", color=theme.text_dim, text_px=SPEECH_PX)
        self._note = words(look, "", color=theme.text_dim)
        self._meter = LevelMeter(look)
        self._level = Line(look, theme.text, level_words(-88), text_px=TEXT_PX)
        self._pace = Line(look, theme.text, text_px=TEXT_PX)
        self._microphone = Line(look, theme.text_dim, text_px=SMALL_PX)
        row = QHBoxLayout()
        row.setSpacing(round(look.px(1.5 * GRID_PX)))
        row.addWidget(self._meter)
        row.addWidget(self._level)
        row.addWidget(self._pace, 1)
        for label in (self._said, self._partial, self._note):
            self.column.addWidget(label)
        self.column.addStretch(1)
        self.column.addLayout(row)
        self.column.addWidget(self._microphone)

    def render_state(self, state: SensesState) -> None:
        overlay, note = state.overlay, hearing_words(state)
        said = " ".join(state.sentences)
        if state.is_running and not note and not said and not state.partial:
            note = translate("senses_window", "Say something, and your words come here.")
        _say(self._said, said)
        _say(self._partial, state.partial)
        _say(self._note, note)
        paint(self._note, self._theme.critical if overlay.hearing == "lost" else self._theme.text_dim)
        self._meter.setVisible(state.is_running)
        self._meter.show_level(overlay.level_dbfs)
        self._level.say("" if overlay.level_dbfs is None else level_words(overlay.level_dbfs))
        pace = overlay.pace_wpm
        self._pace.say("" if pace is None else translate("senses_window", "{count} words a minute").format(count=pace))
        named = translate("senses_window", "Microphone: {name}").format(name=state.microphone)
        self._microphone.say(named if state.microphone else "")
        spoken = (note, said, state.partial, self._level.text(), self._pace.text(), self._microphone.text())
        self.setAccessibleDescription(" ".join(filter(None, spoken)))


class SeeingCard(Card):
    """The watched picture, and what is measured of it."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, translate("senses_window", "Seeing"))
        self._theme = look.theme
        self.thumbnail = Thumbnail(look)
        self.thumbnail.setAccessibleName(translate("senses_window", "The watched picture"))
        self._does = words(look, "", color=look.theme.text)
        self._found = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self.column.addWidget(self.thumbnail)
        self.column.addWidget(self._does)
        self.column.addWidget(self._found)
        self.column.addStretch(1)

    def render_state(self, state: SensesState) -> None:
        does, found = seeing_words(state), found_words(state)
        _say(self._does, does)
        _say(self._found, found)
        is_wrong = state.overlay.watching == "lost" or state.picture in {"black", "frozen"}
        paint(self._does, self._theme.critical if state.is_running and is_wrong else self._theme.text)
        if state.screen is None:
            self.thumbnail.show_image(QImage())
        self.setAccessibleDescription(" ".join(filter(None, (does, found))))


class ChatCard(Card):
    """The lines that were read last."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, translate("senses_window", "Chat"))
        theme = look.theme
        self._note = words(look, "", color=theme.text_dim)
        self.column.addWidget(self._note)
        self._users, self._texts = [], []
        grid = QGridLayout()
        grid.setHorizontalSpacing(round(look.px(GRID_PX)))
        grid.setVerticalSpacing(round(look.px(0.5 * GRID_PX)))
        grid.setColumnStretch(1, 1)
        for row in range(KEPT_LINES):
            user = Line(look, theme.text_dim, "M" * 8, text_px=TEXT_PX)
            text = Line(look, theme.text, text_px=TEXT_PX)
            self._users.append(user)
            self._texts.append(text)
            grid.addWidget(user, row, 0)
            grid.addWidget(text, row, 1)
        self.column.addLayout(grid)
        self.column.addStretch(1)

    def render_state(self, state: SensesState) -> None:
        note = state.chat_trouble
        if not note and not state.chat:
            note = translate("senses_window", "What viewers write shows up here once it is read.")
        _say(self._note, note)
        for row, (user, text) in enumerate(zip(self._users, self._texts, strict=True)):
            line = state.chat[row] if row < len(state.chat) else None
            user.say(line.user if line else "")
            text.say(line.text if line else "")
        lines = (f"{line.user}: {line.text}" for line in state.chat)
        self.setAccessibleDescription(". ".join(filter(None, (note, *lines))))


class LoadRow(QWidget):
    """What one part takes."""

    def __init__(self, look: Look, name: PartName) -> None:
        super().__init__()
        theme = look.theme
        self._name = part_words(name)
        self._curve = Curve(look)
        title = Line(look, theme.text, text_px=TEXT_PX)
        title.say(self._name)
        self._cpu = Line(look, theme.text, "888 %", text_px=TEXT_PX)
        self._memory = Line(look, theme.text_dim, memory_words(888), text_px=TEXT_PX)
        self._behind = Line(look, theme.text_dim, text_px=SMALL_PX)
        self._behind.hide()
        for label in (self._cpu, self._memory):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(title)
        texts.addWidget(self._behind)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(look.px(0.5 * GRID_PX)))
        row.addLayout(texts, 1)
        row.addWidget(self._curve)
        row.addWidget(self._cpu)
        row.addWidget(self._memory)

    @property
    def spoken(self) -> str:
        """All of it in words."""
        return self.accessibleName()

    def show_load(self, load: PartLoad | None) -> None:
        self.setVisible(load is not None)
        if load is None:
            self._curve.clear()
            return
        self._curve.add(load.cpu_percent)
        self._cpu.say(f"{load.cpu_percent:.0f} %")
        self._memory.say(memory_words(load.memory_mb))
        self._name_all()

    def show_behind(self, behind_ms: int | None) -> None:
        self._behind.say(behind_words(behind_ms))
        self._behind.setVisible(behind_ms is not None)
        self._name_all()

    def _name_all(self) -> None:
        texts = (self._cpu.text(), self._memory.text(), self._behind.text())
        self.setAccessibleName(f"{self._name}: {', '.join(filter(None, texts))}")


class LoadCard(Card):
    """What each part takes of the computer."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, translate("senses_window", "Load"))
        self._hint = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self.column.addWidget(self._hint)
        self._rows = {name: LoadRow(look, name) for name in PARTS}
        for row in self._rows.values():
            self.column.addWidget(row)
        self.column.addStretch(1)
        self.show_load(())

    def show_load(self, loads: tuple[PartLoad, ...]) -> None:
        found = {load.name: load for load in loads}
        for name, row in self._rows.items():
            row.show_load(found.get(name))
        one_core = translate("senses_window", "Share of one processor core in the last minute, and memory.")
        coming = translate("senses_window", "What each part of MartLive takes comes here in a moment.")
        self._hint.setText(one_core if loads else coming)
        self._tell()

    def render_state(self, state: SensesState) -> None:
        self._rows["recogniser"].show_behind(state.words_behind_ms)
        self._rows["reader"].show_behind(state.chat_behind_ms)
        self._tell()

    def _tell(self) -> None:
        rows = (row.spoken for row in self._rows.values() if not row.isHidden())
        self.setAccessibleDescription(f"{self._hint.text()} {'. '.join(rows)}".strip())


class Mark(QWidget):
    """A tick while nothing leaves the computer, a cloud otherwise."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._is_outside = False
        self.setFixedSize(round(look.px(18)), round(look.px(18)))

    def show_outside(self, *, is_outside: bool) -> None:
        if is_outside != self._is_outside:
            self._is_outside = is_outside
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        icon, color = ("cloud", theme.note) if self._is_outside else ("check", theme.praise)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._look.paint_icon(painter, icon, color, QRectF(self.rect()), 2)


class LeavingCard(Card):
    """What leaves this computer."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, translate("senses_window", "Privacy"))
        self._mark = Mark(look)
        self._sentence = words(look, "", color=look.theme.text)
        row = QHBoxLayout()
        row.setSpacing(round(look.px(GRID_PX)))
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._sentence, 1)
        self.column.addLayout(row)

    def render_state(self, state: SensesState) -> None:
        leaving = leaving_words(state)
        self._mark.show_outside(is_outside=bool(leaving))
        _say(self._sentence, "\n".join(leaving) or translate("senses_window", "Nothing leaves this computer."))
        self.setAccessibleDescription(self._sentence.text())


class SensesWindow(QWidget):
    """Shows a `SensesState`, the watched picture and the load; while it is closed it only keeps the state."""

    shown_changed = Signal(bool)
    """Whether pictures and loads are of any use."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look = window_look(look)
        self._state = SensesState()
        self.setWindowTitle("MartLive – " + self.tr("what it hears and sees"))
        self.setWindowIcon(app_icon(look))
        self.setAutoFillBackground(True)
        style_window(self, look)
        use_with_keys(self)
        # Wider than the border that every card has in high contrast.
        ring = round(look.px(look.theme.border_px + 1))
        self.setStyleSheet(
            self.styleSheet() + f"QFrame#card:focus {{ border: {ring}px solid {surface_of(look.theme).accent}; }}"
        )
        self._hearing, self._seeing, self._chat = HearingCard(look), SeeingCard(look), ChatCard(look)
        self._load, self._leaving = LoadCard(look), LeavingCard(look)
        self._lay_out()
        size_window(self, look, FIRST_SIZE_PX, SMALLEST_SIZE_PX)

    def render_state(self, state: SensesState) -> None:
        """Show `state`, now or when the window is opened."""
        self._state = state
        if self.isVisible():
            _say(self._purpose, self._purpose_words())
            for card in (self._hearing, self._seeing, self._chat, self._load, self._leaving):
                card.render_state(state)

    def show_picture(self, image: QImage) -> None:
        """Show `image` of what is watched; nothing of it is kept when the window is closed."""
        if self.isVisible() and self._state.screen is not None:
            self._seeing.thumbnail.show_image(image)

    def show_load(self, loads: tuple[PartLoad, ...]) -> None:
        """Show what each part takes, as measured once a second."""
        if self.isVisible():
            self._load.show_load(loads)

    def _purpose_words(self) -> str:
        if self._state.is_sound_kept:
            return self.tr("Live, for you alone. Pictures are measured and forgotten; your sound is kept, encrypted.")
        return self.tr("Live, for you alone. Pictures and sound are measured and forgotten.")

    def _lay_out(self) -> None:
        look = self._look
        gap, edge = round(look.px(2 * GRID_PX)), round(look.px(3 * GRID_PX))
        title = words(
            look, self.tr("What MartLive hears and sees"), color=look.theme.text, text_px=TITLE_PX, is_bold=True
        )
        done = main_button(self.tr("Done"))
        done.clicked.connect(self.close)
        texts, head = QVBoxLayout(), QHBoxLayout()
        texts.setSpacing(round(look.px(0.5 * GRID_PX)))
        texts.addWidget(title)
        self._purpose = words(look, self._purpose_words(), color=look.theme.text_dim)
        texts.addWidget(self._purpose)
        head.addLayout(texts, 1)
        head.addSpacing(gap)
        head.addWidget(done, 0, Qt.AlignmentFlag.AlignTop)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(gap)
        cards = (self._hearing, self._seeing, self._chat, self._load)
        self._pairs = tuple(QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(len(cards) // 2))
        for i, card in enumerate(cards):
            self._pairs[i // 2].addWidget(card, 1)
        for pair in self._pairs:
            pair.setSpacing(gap)
            column.addLayout(pair)
        column.addWidget(self._leaving)
        column.addStretch(1)
        self._room = QScrollArea()
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setWidgetResizable(True)
        self._room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._room.setWidget(body)
        self._room.viewport().setAutoFillBackground(False)
        body.setAutoFillBackground(False)
        for one in (*cards, self._leaving):
            one.focused.connect(lambda one=one: self._room.ensureWidgetVisible(one))
        root = QVBoxLayout(self)
        root.setContentsMargins(edge, edge, edge, edge)
        root.setSpacing(gap)
        root.addLayout(head)
        root.addWidget(self._room, 1)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        is_wide = self.width() >= self._look.px(WIDE_PX)
        for pair in self._pairs:
            pair.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.render_state(self._state)
        self.shown_changed.emit(True)  # noqa: FBT003 - a signal's

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._seeing.thumbnail.show_image(QImage())
        self._load.show_load(())
        self.shown_changed.emit(False)  # noqa: FBT003 - a signal's

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


def _say(label: QLabel, text: str) -> None:
    """Let `label` say `text`; without any it takes no room."""
    if text != label.text():
        label.setText(text)
    label.setVisible(bool(text))


def _fitted(image: QImage, room: QSize) -> QImage:
    return image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
