"""Where the streamer decides what stands on the stream window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.fields import TICK_TEXT_PX, Choice, Tick, form_style
from martlive_desktop.ui.formats import labelled_text
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.stream_window import TITLE
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    CARD_RADIUS_PX,
    GRID_PX,
    HEADING_PX,
    SMALL_PX,
    TITLE_PX,
    main_button,
    mix,
    paint,
    style_window,
    surface_of,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Chat
    from martlive_desktop.ui.stream_state import CardName
    from martlive_desktop.ui.theme import Look

WIDTH_PX = 600
PREVIEW_PX = 160
SQUARE_SHARES = (0.42, 0.5)
"""Of the text's colour in the squares under the preview: both dark and light cards stand out on them."""
COUNTDOWN_MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60)
USUAL_MINUTES = 10
LONGEST_LINE = 80


class Preview(QWidget):
    """What viewers see, small, over squares where the stream shows through."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._image: QImage | None = None
        self._scaled: QImage | None = None
        self.setFixedHeight(round(look.px(PREVIEW_PX)))
        self.setAccessibleName(self.tr("What viewers see"))

    def show_image(self, image: QImage | None) -> None:
        self._image = image
        self._scaled = None
        self.setAccessibleDescription("" if image else self.tr("Nothing yet: the stream window is closed"))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image is None:
            painter.setPen(QPen(QColor(surface.line), max(look.px(look.theme.border_px), 1)))
            painter.setBrush(QColor(surface.raised))
            radius = look.px(CARD_RADIUS_PX)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)
            painter.setPen(QColor(look.theme.text_dim))
            painter.setFont(look.font(SMALL_PX))
            words_shown = self.tr("Viewers see nothing of MartLive yet.")
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), words_shown)
            return
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        box = QRect((self.width() - size.width()) // 2, 0, size.width(), size.height())
        step = round(look.px(GRID_PX))
        painter.setClipRect(box)
        light, dark = (QColor(mix(look.theme.text, surface.window, share)) for share in SQUARE_SHARES)
        painter.fillRect(box, light)
        for row, y in enumerate(range(box.top(), box.bottom() + 1, step)):
            for x in range(box.left() + row % 2 * step, box.right() + 1, 2 * step):
                painter.fillRect(x, y, step, step, dark)
        painter.drawImage(box, self._fitted(self._image, size))

    def _fitted(self, image: QImage, size: QSize) -> QImage:
        """`image` in `size`; a painter's own scaling would leave words unreadable."""
        wanted = size * self.devicePixelRatioF()
        if self._scaled is None or self._scaled.size() != wanted:
            keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._scaled = image.scaled(wanted, keep, smooth)
        return self._scaled


class StreamPanel(QWidget):
    """Switches the stream window and its cards; it shows nothing to viewers itself."""

    window_switched = Signal(bool)
    size_chosen = Signal(str)
    card_switched = Signal(str, bool)
    question_put = Signal(object)
    """A `Chat`, or None."""
    countdown_put = Signal(str, int)
    """Its words and its time in ms; 0 takes it away."""
    giveaway_put = Signal(str, str)
    """What can be won and what to do; empty takes it away."""
    tips_switched = Signal(bool)
    source_wanted = Signal()
    """The window is to be added to OBS's scene."""
    browser_switched = Signal(bool)
    address_wanted = Signal()
    shown_changed = Signal(bool)
    """Whether previews are of any use."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look = window_look(look)
        self.setWindowTitle(self.tr("MartLive – Stream window"))
        self.setWindowIcon(app_icon(look))
        style_window(self, look)
        self.setStyleSheet(self.styleSheet() + form_style(look))
        use_with_keys(self)
        self._questions: list[Chat] = []
        theme = look.theme
        page = QWidget()
        column = QVBoxLayout(page)
        edge = round(look.px(2 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(round(look.px(1.5 * GRID_PX)))
        column.addWidget(words(look, self.tr("Stream window"), color=theme.text, text_px=TITLE_PX, is_bold=True))
        purpose = self.tr("A window for OBS with what viewers may see. OBS lists it as “%1”.").replace("%1", TITLE)
        column.addWidget(words(look, purpose, color=theme.text_dim))
        column.addLayout(self._window_row())
        column.addLayout(self._obs_rows())
        self._preview = Preview(look)
        column.addWidget(self._preview)
        column.addWidget(self._cards())
        column.addWidget(self._question())
        column.addWidget(self._countdown())
        column.addWidget(self._giveaway())
        self._tips = self._tick(self.tr("Show my coach’s tips to viewers, too"))
        self._tips.toggled.connect(self.tips_switched)
        warning = words(look, self.tr("Everyone would read what only you should."), color=theme.critical)
        # Under the words of the tick, not under its box.
        warning.setContentsMargins(round(look.px(TICK_TEXT_PX)), 0, 0, 0)
        warned = QVBoxLayout()
        warned.setSpacing(0)
        warned.addWidget(self._tips)
        warned.addWidget(warning)
        column.addLayout(warned)
        # With a factor: else the cards would grow as well.
        column.addStretch(1)
        page.setMinimumWidth(round(look.px(WIDTH_PX)))
        self._show_page(page)

    def _show_page(self, page: QWidget) -> None:
        """Show `page` as high as the screen has room for; the rest is scrolled to."""
        look, room = self._look, QScrollArea()
        room.setWidgetResizable(True)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        room.setWidget(page)
        page.setAutoFillBackground(False)
        room.viewport().setAutoFillBackground(False)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(room)
        screen = self.screen().availableGeometry().size()
        # The scroll bar and an answer of OBS are there only at times.
        wanted = page.sizeHint().expandedTo(page.minimumSize()) + QSize(round(look.px(12)), round(look.px(40)))
        self.setMinimumWidth(min(wanted.width(), screen.width()))
        self.resize(wanted.boundedTo(screen))

    def show_source(self, sentence: str, *, is_shown: bool) -> None:
        """Say what came of adding it to OBS."""
        self._source.setText(translated(sentence))
        self._source.show()
        paint(self._source, self._look.theme.praise if is_shown else self._look.theme.now)
        self._add.setEnabled(True)

    def show_preview(self, image: QImage | None) -> None:
        """Show what viewers see; None: nothing."""
        self._preview.show_image(image)

    def show_choices(self, *, is_on: bool, size: str, has_browser: bool = False) -> None:
        """Say how things are."""
        self._window.setChecked(is_on)
        self._browser.setChecked(has_browser)
        self._address.setVisible(has_browser)
        self._size.setCurrentIndex(max(self._size.findData(size), 0))

    def list_questions(self, questions: Sequence[Chat]) -> None:
        """Offer `questions` of the chat, newest first."""
        self._questions = list(questions)
        chosen = self._asked.currentText()
        self._asked.clear()
        self._asked.addItems([labelled_text(chat.user, chat.text) for chat in self._questions])
        self._asked.setCurrentIndex(max(self._asked.findText(chosen), 0 if self._questions else -1))
        self._ask.setEnabled(bool(self._questions))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown_changed.emit(True)  # noqa: FBT003 - a signal's

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.shown_changed.emit(False)  # noqa: FBT003 - a signal's

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _obs_rows(self) -> QVBoxLayout:
        look = self._look
        self._add = main_button(self.tr("Add to OBS"))
        self._add.clicked.connect(self._ask_for_source)
        self._browser = self._tick(self.tr("Browser source instead"))
        self._browser.setToolTip(self.tr("For Wayland, or where OBS cannot capture windows"))
        self._browser.toggled.connect(self.browser_switched)
        self._address = QPushButton(self.tr("Copy its address"))
        self._address.clicked.connect(self.address_wanted)
        row = QHBoxLayout()
        for part in (self._add, self._browser, self._address):
            row.addWidget(part)
        row.addStretch(1)
        self._source = words(look, "", color=look.theme.text_dim)
        self._source.hide()
        rows = QVBoxLayout()
        rows.addLayout(row)
        rows.addWidget(self._source)
        return rows

    def _ask_for_source(self) -> None:
        self._add.setEnabled(False)
        self._source.setText(self.tr("Asking OBS…"))
        paint(self._source, self._look.theme.text_dim)
        self._source.show()
        self.source_wanted.emit()

    def _window_row(self) -> QHBoxLayout:
        self._window = self._tick(self.tr("Open the stream window"))
        self._window.toggled.connect(self.window_switched)
        self._size = Choice(self._look)
        self._size.setAccessibleName(self.tr("Size"))
        for name, text in (
            ("landscape", self.tr("Landscape, 1920 × 1080")),
            ("portrait", self.tr("Portrait, 1080 × 1920")),
            ("bar", self.tr("Bar, 1280 × 360")),
        ):
            self._size.addItem(text, name)
        self._size.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self._size.currentIndexChanged.connect(lambda _: self.size_chosen.emit(self._size.currentData()))
        row = QHBoxLayout()
        row.addWidget(self._window, 1)
        row.addWidget(self._size)
        return row

    def _box(self, title: str) -> tuple[QFrame, QGridLayout]:
        frame = QFrame()
        frame.setObjectName("card")
        grid = QGridLayout(frame)
        edge = round(self._look.px(1.5 * GRID_PX))
        grid.setContentsMargins(edge, edge, edge, edge)
        grid.setSpacing(round(self._look.px(GRID_PX)))
        head = words(self._look, title, color=self._look.theme.text, text_px=HEADING_PX, is_bold=True)
        grid.addWidget(head, 0, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        return frame, grid

    def _cards(self) -> QFrame:
        frame, grid = self._box(self.tr("Always on it"))
        switches: tuple[tuple[CardName, str], ...] = (
            ("product", self.tr("The product on show, with its price")),
            ("captions", self.tr("Live captions of what you say")),
        )
        for row, (name, text) in enumerate(switches, start=1):
            box = self._tick(text)
            box.setChecked(True)
            box.toggled.connect(lambda is_on, name=name: self.card_switched.emit(name, is_on))
            grid.addWidget(box, row, 0, 1, 3)
        return frame

    def _question(self) -> QFrame:
        frame, grid = self._box(self.tr("A question from the chat"))
        self._asked = Choice(self._look)
        self._asked.setAccessibleName(self.tr("Question"))
        self._asked.setPlaceholderText(self.tr("No question yet"))
        self._ask = main_button(self.tr("Show"))
        self._ask.setAccessibleName(self.tr("Show the question"))
        self._ask.setEnabled(False)
        self._ask.clicked.connect(lambda: self.question_put.emit(self._questions[self._asked.currentIndex()]))
        away = self._away(self.tr("Take the question away"))
        away.clicked.connect(lambda: self.question_put.emit(None))
        grid.addWidget(self._asked, 1, 0, 1, 2)
        grid.addLayout(self._pair(self._ask, away), 1, 2)
        return frame

    def _countdown(self) -> QFrame:
        frame, grid = self._box(self.tr("Countdown"))
        label = self._line(self.tr("Words of the countdown"), self.tr("Sale ends in"))
        label.setText(self.tr("Sale ends in"))
        minutes = Choice(self._look)
        minutes.setAccessibleName(self.tr("Minutes"))
        for count in COUNTDOWN_MINUTES:
            minutes.addItem(self.tr("%n min", "", count), count)
        minutes.setCurrentIndex(COUNTDOWN_MINUTES.index(USUAL_MINUTES))
        start = main_button(self.tr("Start"))
        start.setAccessibleName(self.tr("Start the countdown"))
        start.clicked.connect(lambda: self.countdown_put.emit(label.text(), minutes.currentData() * 60_000))
        away = self._away(self.tr("Take the countdown away"))
        away.clicked.connect(lambda: self.countdown_put.emit("", 0))
        grid.addWidget(label, 1, 0)
        grid.addWidget(minutes, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addLayout(self._pair(start, away), 1, 2)
        return frame

    def _giveaway(self) -> QFrame:
        frame, grid = self._box(self.tr("Giveaway"))
        prize = self._line(self.tr("What can be won"), self.tr("Win a desk lamp"))
        action = self._line(self.tr("What to do for it"), self.tr("Write LAMP in the chat"))
        show = main_button(self.tr("Show"))
        show.setAccessibleName(self.tr("Show the giveaway"))
        show.setEnabled(False)
        prize.textChanged.connect(lambda text: show.setEnabled(bool(text.strip())))
        show.clicked.connect(lambda: self.giveaway_put.emit(prize.text(), action.text()))
        away = self._away(self.tr("Take the giveaway away"))
        away.clicked.connect(lambda: self.giveaway_put.emit("", ""))
        grid.addWidget(prize, 1, 0)
        grid.addWidget(action, 1, 1)
        grid.addLayout(self._pair(show, away), 1, 2)
        return frame

    def _tick(self, text: str) -> Tick:
        return Tick(self._look, text)

    def _line(self, name: str, example: str) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        line.setPlaceholderText(example)
        line.setMaxLength(LONGEST_LINE)
        return line

    def _away(self, name: str) -> QPushButton:
        button = QPushButton(self.tr("Take away"))
        button.setAccessibleName(name)
        return button

    @staticmethod
    def _pair(first: QPushButton, second: QPushButton) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(first)
        row.addWidget(second)
        return row
