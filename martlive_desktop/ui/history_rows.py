"""The list of past shows: a heading for each month, a row for each show, and what was found in it below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QDate,
    QDateTime,
    QItemSelectionModel,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPen, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from martlive_desktop.ui.fields import CHOSEN_SHARE
from martlive_desktop.ui.formats import time_text
from martlive_desktop.ui.history_state import is_called, spans_of
from martlive_desktop.ui.window_style import BUTTON_RADIUS_PX, SMALL_PX, TEXT_PX, mix, surface_of

if TYPE_CHECKING:
    from datetime import datetime

    from martlive_desktop.ui.history_state import HistoryState, PastShow, SaidLine
    from martlive_desktop.ui.theme import Look

HEADING_ROW_PX, SHOW_ROW_PX, HIT_ROW_PX = 36, 56, 36
PAD_PX, INDENT_PX, RING_PX = 12, 28, 2
FOUND_SHARE = 0.35
"""Of the accent behind a word that was looked for."""

LEAD_LETTERS = 16
"""At most so much stands before the first word that was found."""

LONGEST_TAG = 24
"""Letters of a tag in the list; whole it is beside it."""

Index: TypeAlias = QModelIndex | QPersistentModelIndex

_NOWHERE = QModelIndex()

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that cannot be chosen: a month, or how much more was found."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A show, or something said in it."""

    show: PastShow
    hit: SaidLine | None = None


def rows_of(state: HistoryState, query: str) -> list[Heading | Row]:
    """The list for `query`; empty: all shows."""
    found = state.found if state.found.query == query else None
    said: dict[str, list[SaidLine]] = {}
    for line in found.lines if found else ():
        said.setdefault(line.show_id, []).append(line)
    rows: list[Heading | Row] = []
    month = (0, 0)
    for show in state.shows:
        hits = said.get(show.id, ())
        if query and not hits and not is_called(show, query):
            continue
        if (show.started.year, show.started.month) != month:
            month = (show.started.year, show.started.month)
            rows.append(Heading(month_words(show.started)))
        rows.append(Row(show))
        rows.extend(Row(show, hit) for hit in sorted(hits, key=lambda hit: hit.at_ms))
    if rows and found and found.more:
        rows.append(Heading(translate("History", "{count} more – add a word to see fewer").format(count=found.more)))
    return rows


def title_words(show: PastShow) -> str:
    return show.title or translate("History", "Untitled show")


def month_words(at: datetime) -> str:
    #: How a month is written, as in November 2026, by Qt's signs for dates.
    form = translate("History", "MMMM yyyy")
    return QLocale().toString(QDate(at.year, at.month, 1), form)


def day_words(at: datetime) -> str:
    """As short as the user's country writes a day."""
    return QLocale().toString(QDate(at.year, at.month, at.day), QLocale.FormatType.ShortFormat)


def when_words(at: datetime) -> str:
    """The whole day, and the time."""
    day = QLocale().toString(QDate(at.year, at.month, at.day), QLocale.FormatType.LongFormat)
    time = QDateTime(at.year, at.month, at.day, at.hour, at.minute, 0).time()
    hour = QLocale().toString(time, QLocale.FormatType.ShortFormat)
    return translate("History", "{day}, {time}").format(day=day, time=hour)


def length_words(duration_ms: int) -> str:
    seconds = duration_ms // 1000
    if seconds < 60:
        return translate("History", "{seconds} s").format(seconds=seconds)
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return translate("History", "{minutes} min").format(minutes=minutes)
    return translate("History", "{hours} h {minutes} min").format(hours=hours, minutes=minutes)


def tips_words(tips: int) -> str:
    return translate("History", "One tip") if tips == 1 else translate("History", "{count} tips").format(count=tips)


def facts_words(show: PastShow) -> str:
    """What the second line of a show says."""
    tags = (f"#{tag if len(tag) <= LONGEST_TAG else f'{tag[:LONGEST_TAG]}…'}" for tag in show.tags)
    return " · ".join((length_words(show.duration_ms), tips_words(show.tips), *tags))


def spoken_words(row: Row) -> str:
    """What a screen reader says of `row`."""
    show = row.show
    if row.hit is not None:
        at = translate("History", "At {time}: {words}")
        return at.format(time=time_text(row.hit.at_ms // 1000), words=row.hit.text)
    parts = [title_words(show), when_words(show.started), length_words(show.duration_ms), tips_words(show.tips)]
    if show.is_cut_off:
        parts.append(translate("History", "Cut off"))
    return ", ".join((*parts, *show.tags))


class HistoryModel(QAbstractListModel):
    """Holds the rows; what a row looks like is made only when it is seen."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[Heading | Row] = []
        self.query = ""
        """What was looked for."""

    def show_rows(self, rows: list[Heading | Row], query: str) -> None:
        """Show `rows`, found by `query`; where they are of the same shows as before, what is chosen stays so."""
        if [_key(row) for row in rows] == [_key(row) for row in self._rows]:
            self._rows, self.query = rows, query
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self._rows, self.query = rows, query
            self.endResetModel()

    def row(self, index: Index) -> Heading | Row | None:
        return self._rows[index.row()] if index.isValid() else None

    def find(self, row: Row | None) -> int:
        """Where `row` is, or else its show, or else the first show; -1: there is none."""
        keys = [_key(one) for one in self._rows]
        wanted = [_key(row), (row.show.id, None)] if row is not None else []
        same = next((keys.index(key) for key in wanted if key in keys), -1)
        return same if same >= 0 else next((i for i, one in enumerate(self._rows) if isinstance(one, Row)), -1)

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row(index)
        return super().flags(index) if isinstance(row, Row) else Qt.ItemFlag.NoItemFlags

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        row = self.row(index)
        return row.text if isinstance(row, Heading) else spoken_words(row) if row else None


class HistoryDelegate(QStyledItemDelegate):
    """Draws a row: a month, a show in two lines, or a line that was said with the found words marked."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._surface = surface_of(look.theme)
        self._sizes = {
            kind: QSize(0, round(look.px(height)))
            for kind, height in (("heading", HEADING_ROW_PX), ("show", SHOW_ROW_PX), ("hit", HIT_ROW_PX))
        }
        self._text, self._bold, self._small = (
            look.font(TEXT_PX),
            look.font(TEXT_PX, is_bold=True),
            look.font(SMALL_PX),
        )
        self._found = QTextCharFormat()
        self._found.setBackground(QColor(mix(self._surface.accent, self._surface.raised, FOUND_SHARE)))
        self._found.setForeground(QColor(look.theme.text))
        self._found.setFontWeight(QFont.Weight.Bold)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        model = index.model()
        assert isinstance(model, HistoryModel)
        row = model.row(index)
        return self._sizes["heading" if not isinstance(row, Row) else "show" if row.hit is None else "hit"]

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, HistoryModel)
        row, look, surface = model.row(index), self._look, self._surface
        box = QRectF(option.rect)
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(mix(surface.accent, surface.raised, CHOSEN_SHARE)))
            painter.fillRect(QRectF(box.x(), box.y(), look.px(3), box.height()), QColor(surface.accent))
        elif state & QStyle.StateFlag.State_MouseOver and isinstance(row, Row):
            painter.fillRect(box, QColor(surface.hover))
        inside = box.adjusted(look.px(PAD_PX), 0, -look.px(PAD_PX), 0)
        if isinstance(row, Heading):
            self._paint_heading(painter, inside, row.text)
        elif row is not None and row.hit is not None:
            self._paint_hit(painter, inside, row.hit, model.query)
        elif row is not None:
            line = max(round(look.px(look.theme.border_px)), 1)
            painter.fillRect(QRectF(box.x(), box.bottom() - line, box.width(), line), QColor(surface.line))
            self._paint_show(painter, inside, row.show)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(surface.accent), look.px(RING_PX)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), look.px(4), look.px(4))
        painter.restore()

    def _paint_heading(self, painter: QPainter, box: QRectF, text: str) -> None:
        painter.setFont(self._small)
        painter.setPen(QColor(self._look.theme.text_dim))
        _write(painter, box.adjusted(0, self._look.px(8), 0, 0), text)

    def _paint_show(self, painter: QPainter, box: QRectF, show: PastShow) -> None:
        look = self._look
        half = box.height() / 2
        upper = QRectF(box.x(), box.y() + look.px(6), box.width(), half - look.px(6))
        lower = QRectF(box.x(), box.y() + half, box.width(), half - look.px(6))
        painter.setFont(self._small)
        painter.setPen(QColor(look.theme.text_dim))
        day = day_words(show.started)
        day_px = QFontMetricsF(self._small).horizontalAdvance(day)
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), day)
        if show.is_cut_off:
            lower = self._paint_cut_off(painter, lower)
        _write(painter, lower, facts_words(show))
        painter.setFont(self._bold)
        painter.setPen(QColor(look.theme.text))
        _write(painter, upper.adjusted(0, 0, -day_px - look.px(PAD_PX), 0), title_words(show))

    def _paint_cut_off(self, painter: QPainter, box: QRectF) -> QRectF:
        """Say that a show was cut off; gives the room beside it."""
        look = self._look
        sign = QRectF(box.x(), 0, look.px(13), look.px(13))
        sign.moveTop(box.center().y() - sign.height() / 2)
        look.paint_icon(painter, "triangle-alert", look.theme.now, sign)
        text = translate("History", "Cut off")
        beside = box.adjusted(look.px(18), 0, 0, 0)
        _write(painter, beside, text)
        return beside.adjusted(QFontMetricsF(self._small).horizontalAdvance(text) + look.px(PAD_PX), 0, 0, 0)

    def _paint_hit(self, painter: QPainter, box: QRectF, hit: SaidLine, query: str) -> None:
        look = self._look
        painter.setFont(self._small)
        painter.setPen(QColor(self._surface.accent))
        at = time_text(hit.at_ms // 1000)
        place = box.adjusted(look.px(INDENT_PX - PAD_PX), 0, 0, 0)
        _write(painter, place, at)
        at_px = max(QFontMetricsF(self._small).horizontalAdvance(one) for one in (at, "00:00"))
        room = place.adjusted(at_px + look.px(PAD_PX), 0, 0, 0)
        text = hit.text
        if (spans := spans_of(text, query)) and spans[0][0] > LEAD_LETTERS:
            text = f"…{text[spans[0][0] - LEAD_LETTERS :]}"
        text = QFontMetricsF(self._bold).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        layout = QTextLayout(text, self._text)
        layout.setFormats([self._marked(*span) for span in spans_of(text, query)])
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        painter.setPen(QColor(look.theme.text))
        layout.draw(painter, QPointF(room.x(), room.center().y() - line.height() / 2))

    def _marked(self, start: int, end: int) -> QTextLayout.FormatRange:
        marked = QTextLayout.FormatRange()
        marked.start, marked.length, marked.format = start, end - start, self._found
        return marked


class HistoryList(QListView):
    """Shows the rows and asks with signals; one show has the keyboard, a second may be chosen to be compared."""

    row_chosen = Signal(object)
    """The `Row` that has the keyboard, or None."""
    row_opened = Signal(object)
    deletion_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._model = HistoryModel(self)
        self.setModel(self._model)
        self.setItemDelegate(HistoryDelegate(look, self))
        self.setStyleSheet(_style(look))
        self.setFont(look.font(TEXT_PX))
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Your shows"))
        self.setAccessibleDescription(
            self.tr("Enter opens the report, Ctrl+Space chooses a second show to compare, Delete asks to delete.")
        )
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Fixed)
        self.clicked.connect(self._click)
        self.doubleClicked.connect(self._double_click)
        self.selectionModel().currentChanged.connect(lambda now, _before: self.row_chosen.emit(self._model.row(now)))

    @property
    def chosen(self) -> Row | None:
        """What has the keyboard."""
        row = self._model.row(self.currentIndex())
        return row if isinstance(row, Row) else None

    def chosen_ids(self) -> list[str]:
        """The shows that are chosen, from top to bottom, each once."""
        rows = (self._model.row(index) for index in sorted(self.selectionModel().selectedIndexes()))
        return list(dict.fromkeys(row.show.id for row in rows if isinstance(row, Row)))

    def show_rows(self, rows: list[Heading | Row], query: str) -> None:
        """Show `rows`; the chosen show stays so if it is among them."""
        before = self.chosen
        self._model.show_rows(rows, query)
        index = self._model.index(self._model.find(before))
        if index.isValid() and not self.currentIndex().isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)
        # The same row may say something new.
        self.row_chosen.emit(self.chosen)

    @override
    def moveCursor(self, cursorAction: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        # Qt goes to the first row, which is the heading of a month and cannot be chosen.
        if cursorAction == QAbstractItemView.CursorAction.MoveHome:
            return self._model.index(self._model.find(None))
        return super().moveCursor(cursorAction, modifiers)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if self.chosen is not None:
                self.row_opened.emit(self.chosen)
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            if self.chosen is not None:
                self.deletion_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _click(self, index: QModelIndex) -> None:
        """A moment that was found opens at once; a show is looked at first."""
        row = self._model.row(index)
        if isinstance(row, Row) and row.hit is not None:
            self.row_opened.emit(row)

    def _double_click(self, index: QModelIndex) -> None:
        row = self._model.row(index)
        if isinstance(row, Row) and row.hit is None:
            self.row_opened.emit(row)


def _key(row: Heading | Row) -> tuple[str, SaidLine | None]:
    return (row.show.id, row.hit) if isinstance(row, Row) else (row.text, None)


def _write(painter: QPainter, box: QRectF, text: str) -> None:
    """One line of `text` at the left of `box`, cut off at its right edge."""
    shown = painter.fontMetrics().elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


def _style(look: Look) -> str:
    surface = surface_of(look.theme)
    ring = round(look.px(RING_PX))
    return f"""
        QListView {{
            background: transparent; border: {ring}px solid transparent; outline: none;
            border-radius: {round(look.px(BUTTON_RADIUS_PX))}px;
        }}
        QListView:focus {{ border-color: {surface.accent}; }}
        """
