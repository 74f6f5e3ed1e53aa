"""The window "What viewers see": which picture is watched, where the chat is on it, and which scenes are known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.drag_region import RegionView
from martlive_desktop.ui.scene_rows import ScenesCard
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.source_tiles import ICONS, SourceTiles
from martlive_desktop.ui.strip import Line
from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    GRID_PX,
    HEADING_PX,
    TEXT_PX,
    TITLE_PX,
    NoteMark,
    main_button,
    paint,
    size_window,
    style_window,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.ui.drag_region import Region
    from martlive_desktop.ui.theme import Look

SourceKind: TypeAlias = Literal["obs", "monitor", "window", "region", "none"]

PICTURES_MS = 1_000
"""Thumbnails are asked for once a second: enough to find a picture, little enough to leave the game alone."""

CHAT_LINES = 5
FIRST_SIZE_PX, SMALLEST_SIZE_PX = (1080, 720), (720, 480)
"""Of the window; the first one grows with the text, and what does not fit is scrolled to."""

TILES_SHARE = 0.32
"""Of the window's width."""

WAITING = QT_TRANSLATE_NOOP("ScreenPicker", "The picture is coming…")
NO_CHAT_YET = QT_TRANSLATE_NOOP("ChatCard", "Drag over the chat in the picture, and viewers’ questions are read.")

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """One picture that can be watched."""

    id: str
    kind: SourceKind
    name: str
    detail: str
    """A few words beneath the name, such as the size, or why it is not available."""
    is_available: bool


@dataclass(frozen=True, slots=True)
class PickerState:
    """Everything that the window shows, pictures aside."""

    choices: tuple[SourceChoice, ...] = ()
    chosen: str = ""
    """The id of the choice that is watched."""
    scene_now: str = ""
    """The saved scene on screen: `starting`, `break` or `main`; empty: none of them."""
    saved_scenes: frozenset[str] = frozenset()
    chat_region: Region | None = None
    chat_lines: tuple[str, ...] = ()
    """What was read last; the newest is last."""
    note: str = ""
    """One sentence when something is wrong; empty: nothing."""


class ChatCard(QFrame):
    """The words that were read last, as proof that the rectangle lies on the chat."""

    stopped = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        theme = look.theme
        title = words(look, self.tr("Chat"), color=theme.text, text_px=HEADING_PX, is_bold=True)
        title.setWordWrap(False)
        self._stop = QPushButton(self.tr("Do not read the chat"))
        self._stop.clicked.connect(self.stopped)
        self._hint = words(look, self.tr(NO_CHAT_YET), color=theme.text_dim)
        self._lines = tuple(Line(look, theme.text, text_px=TEXT_PX) for _ in range(CHAT_LINES))
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self._stop)
        column = QVBoxLayout(self)
        edge = round(look.px(1.5 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(round(look.px(0.5 * GRID_PX)))
        column.addLayout(head)
        column.addSpacing(round(look.px(0.25 * GRID_PX)))
        self._hint.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        # It takes the lines' place, so it asks for no room of its own.
        self._hint.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        listed = QWidget()
        lines = QVBoxLayout(listed)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(round(look.px(0.5 * GRID_PX)))
        for line in self._lines:
            lines.addWidget(line)
        self._said = QStackedWidget()
        self._said.addWidget(self._hint)
        self._said.addWidget(listed)
        column.addWidget(self._said, 1)

    def show_chat(self, region: Region | None, lines: Sequence[str]) -> None:
        shown = [" ".join(line.split()) for line in lines[-CHAT_LINES:]] if region is not None else []
        self._stop.setEnabled(region is not None)
        nothing_read = self.tr("Nothing read yet. What viewers write shows up here.")
        self._hint.setText(self.tr(NO_CHAT_YET) if region is None else nothing_read)
        self._said.setCurrentIndex(1 if shown else 0)
        for i, label in enumerate(self._lines):
            label.say(shown[i] if i < len(shown) else "")


class PartPage(QWidget):
    """Cuts out a part of a monitor: a rectangle is drawn on its picture and then taken."""

    part_taken = Signal(str, object)
    """The monitor's id and the part as left, top, width and height in pixels of its picture."""
    cancelled = Signal()
    monitor_changed = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._monitors: tuple[SourceChoice, ...] = ()
        self._monitor = ""
        title = words(look, self.tr("A part of the screen"), color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        self._picture = RegionView(
            look, tag=self.tr("Watched"), hint=self.tr("Drag over the part that viewers see"), is_cut_out=True
        )
        self._picture.region_drawn.connect(self._allow)
        self._take = main_button(self.tr("Watch this part"))
        self._take.clicked.connect(self._tell)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.cancelled)
        self._switches = QHBoxLayout()
        self._switches.setSpacing(round(look.px(GRID_PX)))
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(round(look.px(GRID_PX)))
        head.addWidget(title, 1)
        head.addLayout(self._switches)
        foot.setSpacing(round(look.px(GRID_PX)))
        aside = Line(look, look.theme.text_dim, text_px=TEXT_PX)
        aside.say(self.tr("Is this window in the way? Move it aside."))
        foot.addWidget(aside, 1)
        foot.addWidget(cancel)
        foot.addWidget(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(look.px(1.5 * GRID_PX)))
        column.addLayout(head)
        column.addWidget(self._picture, 1)
        column.addLayout(foot)

    @property
    def monitor(self) -> str:
        """The id of the monitor whose picture is shown; empty: there is none."""
        return self._monitor

    def begin(self, monitor: str) -> None:
        """Start without a rectangle, on `monitor` if it is there."""
        offered = [choice.id for choice in self._monitors]
        self._show_monitor(monitor if monitor in offered else (offered or [""])[0])
        self._picture.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_monitors(self, monitors: tuple[SourceChoice, ...]) -> None:
        if monitors == self._monitors:
            return
        self._monitors = monitors
        while self._switches.count():
            item = self._switches.takeAt(0)
            switch = item.widget() if item is not None else None
            if switch is not None:
                switch.hide()
                switch.deleteLater()
        switches: list[QPushButton] = []
        for choice in monitors if len(monitors) > 1 else ():
            switch = QPushButton(choice.name)
            switch.setCheckable(True)
            switch.setProperty("monitor", choice.id)
            switch.clicked.connect(lambda _checked, monitor=choice.id: self._show_monitor(monitor))
            self._switches.addWidget(switch)
            switches.append(switch)
        for before, after in pairwise((*switches, self._picture)):
            QWidget.setTabOrder(before, after)
        offered = [choice.id for choice in monitors]
        self._show_monitor(self._monitor if self._monitor in offered else (offered or [""])[0])

    def show_screenshot(self, monitor: str, image: QImage) -> None:
        """Draw the picture of `monitor`, in its own pixels."""
        if monitor == self._monitor:
            if image.size() != self._picture.image_size:
                self._picture.show_region(None)
                self._take.setEnabled(False)
            self._picture.show_image(image)

    def _show_monitor(self, monitor: str) -> None:
        for i in range(self._switches.count()):
            item = self._switches.itemAt(i)
            switch = item.widget() if item is not None else None
            if isinstance(switch, QPushButton):
                switch.setChecked(switch.property("monitor") == monitor)
        self._monitor = monitor
        self._picture.show_image(QImage())
        self._picture.show_region(None)
        waits = translate("ScreenPicker", WAITING)
        self._picture.show_placeholder(waits if monitor else self.tr("No monitor can be seen here."), "monitor")
        self._take.setEnabled(False)
        self.monitor_changed.emit(monitor)

    def _allow(self, _region: Region) -> None:
        self._take.setEnabled(True)

    def _tell(self) -> None:
        region, size = self._picture.region, self._picture.image_size
        if region is None or size.isEmpty():
            return
        left, top = round(region[0] * size.width()), round(region[1] * size.height())
        right = min(round((region[0] + region[2]) * size.width()), size.width())
        bottom = min(round((region[1] + region[3]) * size.height()), size.height())
        self.part_taken.emit(self._monitor, (left, top, max(right - left, 1), max(bottom - top, 1)))


class ScreenPicker(QWidget):
    """Shows a `PickerState` and asks for changes; it decides nothing and holds nothing up.

    Pictures are asked for only while the window can be seen, at most once a second.
    """

    source_chosen = Signal(str)
    """The id of a choice; never that of a region, which has to be drawn first."""
    region_drawn = Signal(str, object)
    """A monitor's id and a part of it as left, top, width and height in pixels of its picture."""
    chat_region_drawn = Signal(object)
    """A `Region` of the watched picture; None: the chat is not to be read."""
    scene_saved = Signal(str)
    scene_forgotten = Signal(str)
    shown_changed = Signal(bool)
    pictures_wanted = Signal()
    """The thumbnails and the preview are to be shown anew."""
    screenshot_wanted = Signal(str)
    """The picture of this monitor is to be shown with `show_screenshot`."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._look = look = window_look(look)
        self._state = PickerState()
        self._is_seen = False
        self._has_preview = False
        self.setWindowTitle(self.tr("MartLive – what viewers see"))
        self.setWindowIcon(app_icon(look))
        self.setAutoFillBackground(True)
        style_window(self, look)
        use_with_keys(self)
        self._pace = QTimer(self)
        self._pace.setInterval(PICTURES_MS)
        self._pace.timeout.connect(self._ask_for_pictures)
        self._note_mark = NoteMark(look)
        self._sentence = words(look, "", color=look.theme.text_dim)
        self._tiles = SourceTiles(look)
        self._tiles.chosen.connect(self._choose)
        self._tiles.tile_focused.connect(self._scroll_to)
        self._preview = RegionView(look, tag=self.tr("Chat"), hint=self.tr("Drag over the chat"))
        self._preview.region_drawn.connect(self.chat_region_drawn)
        self._chat, self._scenes, self._part = ChatCard(look), ScenesCard(look), PartPage(look)
        self._chat.stopped.connect(lambda: self.chat_region_drawn.emit(None))
        self._scenes.saved.connect(self.scene_saved)
        self._scenes.forgotten.connect(self.scene_forgotten)
        self._part.part_taken.connect(self._take_part)
        self._part.cancelled.connect(self._end_part)
        self._part.monitor_changed.connect(self._ask_for_screenshot)
        self._lay_out()
        self._render()
        size_window(self, look, FIRST_SIZE_PX, SMALLEST_SIZE_PX)

    def _lay_out(self) -> None:
        look = self._look
        gap, edge = round(look.px(2 * GRID_PX)), round(look.px(3 * GRID_PX))
        title = words(look, self.tr("What viewers see"), color=look.theme.text, text_px=TITLE_PX, is_bold=True)
        self._done = done = main_button(self.tr("Done"))
        done.clicked.connect(self.close)
        said = QHBoxLayout()
        said.setSpacing(round(look.px(GRID_PX)))
        said.addWidget(self._note_mark)
        said.addWidget(self._sentence, 1)
        texts, head = QVBoxLayout(), QHBoxLayout()
        texts.setSpacing(round(look.px(0.5 * GRID_PX)))
        texts.addWidget(title)
        texts.addLayout(said)
        head.addLayout(texts, 1)
        head.addSpacing(gap)
        head.addWidget(done, 0, Qt.AlignmentFlag.AlignTop)
        watched = QWidget()
        self._cards, column = QHBoxLayout(), QVBoxLayout(watched)
        self._cards.setSpacing(gap)
        self._cards.addWidget(self._chat, 1)
        self._cards.addWidget(self._scenes, 1)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(gap)
        column.addWidget(self._preview, 1)
        column.addLayout(self._cards)
        for card in (self._chat, self._scenes):
            card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._pages = QStackedWidget()
        self._pages.addWidget(watched)
        self._pages.addWidget(self._part)
        self._tiles_room, self._pages_room = _scrolled(self._tiles), _scrolled(self._pages)
        self._tiles_room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QHBoxLayout()
        body.setSpacing(gap)
        body.addWidget(self._tiles_room)
        body.addWidget(self._pages_room, 1)
        root = QVBoxLayout(self)
        root.setContentsMargins(edge, edge, edge, edge)
        root.setSpacing(gap)
        root.addLayout(head)
        root.addLayout(body, 1)

    def render_state(self, state: PickerState) -> None:
        """Show `state`."""
        if state != self._state:
            is_other_source = state.chosen != self._state.chosen
            is_news = state.note != self._state.note
            self._state = state
            if is_other_source:
                self._has_preview = False
                self._preview.show_image(QImage())
            self._render()
            if state.note and is_news:
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, translated(state.note)))

    def show_thumbnail(self, choice_id: str, image: QImage) -> None:
        """Draw `image` on the tile of `choice_id`, if there is one."""
        self._tiles.show_thumbnail(choice_id, image)

    def show_preview(self, image: QImage) -> None:
        """Draw the watched picture; an empty image takes it away."""
        if self._watched_kind() == "none":
            return
        self._preview.show_image(image)
        if image.isNull() == self._has_preview:
            self._has_preview = not image.isNull()
            self._render()

    def show_screenshot(self, monitor_id: str, image: QImage) -> None:
        """Draw the picture of a monitor, in its own pixels, to cut a part out of it."""
        self._part.show_screenshot(monitor_id, image)

    def _watched_kind(self) -> SourceKind:
        return next((choice.kind for choice in self._state.choices if choice.id == self._state.chosen), "none")

    def _render(self) -> None:
        state, theme, kind = self._state, self._look.theme, self._watched_kind()
        self._note_mark.setVisible(bool(state.note))
        purpose = self.tr("MartLive watches it with you: a black picture, a frozen camera, a question in the chat.")
        self._sentence.setText(translated(state.note) or purpose)
        paint(self._sentence, theme.now if state.note else theme.text_dim)
        self._tiles.show_choices(state.choices, state.chosen)
        # Tiles are made later than what stands after them.
        for before, after in pairwise((self._done, *self._tiles.tiles, self._preview)):
            QWidget.setTabOrder(before, after)
        nothing = self.tr("Nothing is watched. Choose what your viewers see.")
        self._preview.show_placeholder(nothing if kind == "none" else self.tr(WAITING), ICONS[kind])
        self._preview.show_region(state.chat_region)
        self._chat.show_chat(state.chat_region, state.chat_lines)
        self._scenes.show_scenes(state.saved_scenes, state.scene_now, can_save=self._has_preview)
        self._part.show_monitors(tuple(one for one in state.choices if one.kind == "monitor" and one.is_available))

    def _choose(self, choice_id: str) -> None:
        kind = next(choice.kind for choice in self._state.choices if choice.id == choice_id)
        if kind == "region":
            self._pages.setCurrentWidget(self._part)
            self._part.begin(self._state.chosen)
        else:
            self._end_part()
            self.source_chosen.emit(choice_id)

    def _take_part(self, monitor_id: str, part: tuple[int, int, int, int]) -> None:
        self._end_part()
        self.region_drawn.emit(monitor_id, part)

    def _end_part(self) -> None:
        self._pages.setCurrentIndex(0)

    def _ask_for_pictures(self) -> None:
        self.pictures_wanted.emit()
        self._ask_for_screenshot()

    def _ask_for_screenshot(self) -> None:
        if self._is_seen and self._part.monitor and self._pages.currentWidget() is self._part:
            self.screenshot_wanted.emit(self._part.monitor)

    def _scroll_to(self, tile: QWidget) -> None:
        self._tiles_room.ensureWidgetVisible(tile)

    def _watch_visibility(self) -> None:
        is_seen = self.isVisible() and not self.isMinimized()
        if is_seen == self._is_seen:
            return
        self._is_seen = is_seen
        self.shown_changed.emit(is_seen)
        if is_seen:
            self._pace.start()
            self._ask_for_pictures()
        else:
            self._pace.stop()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._tiles.focus_on(self._state.chosen)
        self._watch_visibility()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._watch_visibility()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._watch_visibility()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tiles = round(self.width() * TILES_SHARE)
        self._tiles_room.setFixedWidth(tiles)
        gap, edge = round(self._look.px(2 * GRID_PX)), round(self._look.px(3 * GRID_PX))
        room = self.width() - tiles - gap - 2 * edge
        needed = self._chat.minimumSizeHint().width() + gap + self._scenes.minimumSizeHint().width()
        is_wide = room >= needed
        self._cards.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._pages.currentWidget() is self._part:
            self._end_part()
        else:
            self.close()


def _scrolled(widget: QWidget) -> QScrollArea:
    """`widget` in a frame without a border, which scrolls what does not fit."""
    room = QScrollArea()
    room.setFrameShape(QFrame.Shape.NoFrame)
    room.setWidgetResizable(True)
    room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    room.setWidget(widget)
    # Else both paint a background of their own over the window's.
    room.viewport().setAutoFillBackground(False)
    widget.setAutoFillBackground(False)
    return room
