"""One past show beside the list: what it was like beside the usual, its tags and notes, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.fields import Labelled, LineField
from martlive_desktop.ui.formats import number_text
from martlive_desktop.ui.history_rows import length_words, tips_words, title_words, when_words
from martlive_desktop.ui.history_state import bars_of, tags_of
from martlive_desktop.ui.window_style import (
    GRID_PX,
    HEADING_PX,
    SMALL_PX,
    TEXT_PX,
    AskingButton,
    NoteMark,
    main_button,
    surface_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.ui.history_state import Bar, PastShow
    from martlive_desktop.ui.theme import Look

SAVE_MS = 500
"""After the last key: what is typed is kept while the hands rest."""

BAR_PX, TRACK_PX, MARK_PX = 14, 6, 3
NOTES_PX = 96

translate = QCoreApplication.translate


def measure_words(name: str) -> str:
    """What a measure is called."""
    return {
        "priced_share": translate("History", "Prices said in time"),
        "answered_share": translate("History", "Questions answered"),
        "longest_silence_s": translate("History", "Longest silence"),
        "pace_wpm": translate("History", "Pace"),
        "talk_share": translate("History", "Time you spoke"),
        "heeded_share": translate("History", "Tips you took up"),
    }[name]


def amount_words(name: str, value: float) -> str:
    """`value` of a measure with its unit."""
    amount = number_text(round(value))
    if name.endswith("_share"):
        return translate("History", "{amount} %").format(amount=amount)
    if name == "pace_wpm":
        return translate("History", "{amount} words/min").format(amount=amount)
    return translate("History", "{seconds} s").format(seconds=amount)


class MeasureBar(QWidget):
    """How large one measure is, with a mark at what is usual."""

    def __init__(self, look: Look, bar: Bar) -> None:
        super().__init__()
        self._look, self._bar = look, bar
        self.setFixedHeight(round(look.px(BAR_PX)))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, surface, bar = self._look, surface_of(self._look.theme), self._bar
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, 0, self.width(), look.px(TRACK_PX))
        track.moveTop(self.height() / 2 - track.height() / 2)
        radius = track.height() / 2
        painter.setBrush(QColor(look.theme.off))
        painter.drawRoundedRect(track, radius, radius)
        filled = QRectF(track)
        filled.setWidth(max(min(bar.value / bar.top, 1) * track.width(), track.height()))
        painter.setBrush(QColor(surface.accent))
        painter.drawRoundedRect(filled, radius, radius)
        if bar.usual is not None:
            mark = QRectF(0, 0, look.px(MARK_PX), self.height())
            mark.moveLeft(min(bar.usual / bar.top, 1) * (track.width() - mark.width()))
            # Its own edge parts it from the bar that it stands on.
            painter.setBrush(QColor(surface.raised))
            painter.drawRect(mark.adjusted(-look.px(1.5), 0, look.px(1.5), 0))
            painter.setBrush(QColor(look.theme.text))
            painter.drawRect(mark)


class Measures(QWidget):
    """The measures of one show, one below the other."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._bars: tuple[Bar, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(round(look.px(1.5 * GRID_PX)))
        self._grid.setVerticalSpacing(round(look.px(0.25 * GRID_PX)))
        self._grid.setColumnStretch(0, 1)

    def show_bars(self, bars: tuple[Bar, ...]) -> None:
        if bars == self._bars:
            return
        self._bars = bars
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        theme = self._look.theme
        for i, bar in enumerate(bars):
            name = words(self._look, measure_words(bar.name), color=theme.text, text_px=SMALL_PX)
            amount = words(self._look, self._said(bar), color=theme.text_dim, text_px=SMALL_PX)
            # A label that wraps may be squeezed; each of these is one line.
            for label in (name, amount):
                label.setWordWrap(False)
            amount.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(name, 3 * i, 0)
            self._grid.addWidget(amount, 3 * i, 1)
            self._grid.addWidget(MeasureBar(self._look, bar), 3 * i + 1, 0, 1, 2)
            self._grid.setRowMinimumHeight(3 * i + 2, round(self._look.px(0.5 * GRID_PX)))

    def _said(self, bar: Bar) -> str:
        amount = amount_words(bar.name, bar.value)
        if bar.usual is None:
            return amount
        return self.tr("{amount}, usually {usual}").format(amount=amount, usual=number_text(round(bar.usual)))


class HistoryDetails(QFrame):
    """Shows one show and asks for everything with signals; what is typed is never lost, whatever is shown next."""

    report_wanted = Signal()
    export_wanted = Signal()
    comparison_wanted = Signal()
    deletion_agreed = Signal()
    tags_changed = Signal(str, object)
    """The show's id, and its tags."""
    notes_changed = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self._show: PastShow | None = None
        theme = look.theme
        self._title = words(look, "", color=theme.text, text_px=HEADING_PX, is_bold=True)
        self._when = words(look, "", color=theme.text_dim)
        self._facts = words(look, "", color=theme.text_dim)
        self._measures = Measures(look)
        self._unmeasured = words(
            look, self.tr("Open the report once, and its measures stand here."), color=theme.text_dim, text_px=SMALL_PX
        )
        self._tags = LineField()
        self._tags.setFont(look.font(TEXT_PX))
        self._tags.setPlaceholderText(self.tr("As summer, new camera"))
        self._notes = QPlainTextEdit()
        self._notes.setFont(look.font(TEXT_PX))
        self._notes.setTabChangesFocus(True)
        self._notes.setPlaceholderText(self.tr("What you want to remember"))
        self._notes.setMinimumHeight(round(look.px(NOTES_PX)))
        # It takes what room there is; Qt would have it larger than that.
        self._notes.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._notes.textChanged.connect(self._await_rest)
        self._tags.textEdited.connect(self._await_rest)
        self._tags.editingFinished.connect(self.keep)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SAVE_MS)
        self._rest.timeout.connect(self.keep)
        self._make_buttons()
        self._lay_out()

    def _make_buttons(self) -> None:
        self.report = main_button(self.tr("Open report"))
        self.report.clicked.connect(self.report_wanted)
        self.export = QPushButton(self.tr("Export…"))
        self.export.setAccessibleName(self.tr("Export this show"))
        self.export.clicked.connect(self.export_wanted)
        self.compare = QPushButton(self.tr("Compare with…"))
        self.compare.clicked.connect(self.comparison_wanted)
        self.delete = AskingButton(
            self._look, self.tr("Delete"), self.tr("Delete this show"), question=self.tr("Delete for good?")
        )
        self.delete.agreed.connect(self.deletion_agreed)

    def _lay_out(self) -> None:
        look = self._look
        edge, gap = round(look.px(2 * GRID_PX)), round(look.px(GRID_PX))
        self._cut_off = QWidget()
        cut = QHBoxLayout(self._cut_off)
        cut.setContentsMargins(0, 0, 0, 0)
        cut.addWidget(NoteMark(look))
        said = self.tr("It was cut off. Everything up to its last second is here.")
        cut.addWidget(words(look, said, color=look.theme.text), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(gap)
        texts = QVBoxLayout()
        texts.setSpacing(round(look.px(0.25 * GRID_PX)))
        for label in (self._title, self._when, self._facts):
            texts.addWidget(label)
        column.addLayout(texts)
        column.addWidget(self._cut_off)
        column.addSpacing(gap)
        column.addWidget(self._measures)
        column.addWidget(self._unmeasured)
        tags = Labelled(look, self.tr("Tags"), self._tags, self.tr("Words of your own, with commas between"))
        column.addWidget(tags)
        notes = words(look, self.tr("Notes"), color=look.theme.text, text_px=SMALL_PX, is_bold=True)
        notes.setBuddy(self._notes)
        self._notes.setAccessibleName(notes.text())
        column.addWidget(notes)
        column.addWidget(self._notes, 1)
        column.addSpacing(gap)
        buttons = QGridLayout()
        buttons.setSpacing(gap)
        for i, button in enumerate((self.report, self.export, self.compare, self.delete)):
            buttons.addWidget(button, i // 2, i % 2)
        buttons.setColumnStretch(2, 1)
        column.addLayout(buttons)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._claim_height()

    def _claim_height(self) -> None:
        """A scrolled page asks nobody how high lines are that wrap, so say it."""
        column = self.layout()
        assert column is not None
        self.setMinimumHeight(column.totalMinimumHeightForWidth(self.width()))

    def show_show(self, show: PastShow | None, shows: Sequence[PastShow]) -> None:
        """Show `show` beside the others; what was typed about the one before is kept."""
        is_same = show is not None and self._show is not None and show.id == self._show.id
        if not is_same:
            self.keep()
            self.delete.take_back()
        is_typed, self._show = is_same and self._rest.isActive(), show
        self.setVisible(show is not None)
        if show is None:
            return
        self._title.setText(title_words(show))
        self._when.setText(when_words(show.started))
        self._facts.setText(f"{length_words(show.duration_ms)} · {tips_words(show.tips)}")
        self._cut_off.setVisible(show.is_cut_off)
        bars = bars_of(show, shows)
        self._measures.show_bars(bars)
        self._measures.setVisible(bool(bars))
        self._unmeasured.setVisible(not bars)
        self._claim_height()
        if not is_typed:
            self._show_typed(show)

    def _show_typed(self, show: PastShow) -> None:
        if tags_of(self._tags.text()) != show.tags:
            self._tags.setText(", ".join(show.tags))
        if self._notes.toPlainText().strip() != show.notes.strip():
            self._notes.setPlainText(show.notes)
        # What is shown was not typed.
        self._rest.stop()

    def write_notes(self) -> None:
        """Give the notes the keyboard."""
        if self._show is not None:
            self._notes.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keep(self) -> None:
        """Have kept what was typed since."""
        self._rest.stop()
        show = self._show
        if show is None:
            return
        tags, notes = tags_of(self._tags.text()), self._notes.toPlainText()
        # First: who hears of it may show another show at once.
        self._show = replace(show, tags=tags, notes=notes)
        if tags != show.tags:
            self.tags_changed.emit(show.id, tags)
        if notes.strip() != show.notes.strip():
            self.notes_changed.emit(show.id, notes)

    def _await_rest(self) -> None:
        self._rest.start()
