"""The window "Past shows": every show that was kept, what was said in it, and what can be done with it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.fields import LineField, form_style
from martlive_desktop.ui.formats import size_text
from martlive_desktop.ui.history_details import HistoryDetails
from martlive_desktop.ui.history_rows import HistoryList, Row, rows_of, title_words
from martlive_desktop.ui.history_state import HistoryState
from martlive_desktop.ui.plan_banner import Banner
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    GRID_PX,
    HEADING_PX,
    TEXT_PX,
    TITLE_PX,
    NoteMark,
    size_window,
    style_window,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look

FIRST_SIZE_PX, SMALLEST_SIZE_PX = (1040, 800), (560, 420)
"""Of the window; both grow with the text, and what does not fit is scrolled to."""

WIDE_PX = 820
"""At the default size, from here on the chosen show stands beside the list."""

LIST_PX, SEARCH_PX = 280, 260

SEARCH_MS = 250
"""After the last key: a search in all words for each letter would be work for nothing."""

COMPARED = 2


class HistoryWindow(QWidget):
    """Renders what is known of past shows, and asks for every act with a signal."""

    search_wanted = Signal(str)
    report_wanted = Signal(str, object)
    """The show's id, and a moment of it in ms or None."""
    export_wanted = Signal(str, str, Path)
    """The show's id, one of `export_kinds`, and where to."""
    comparison_wanted = Signal(str, str)
    deletion_wanted = Signal(str)
    tags_changed = Signal(str, object)
    notes_changed = Signal(str, str)
    import_wanted = Signal(Path)
    trends_wanted = Signal()
    folder_wanted = Signal()
    erasure_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look = window_look(look)
        self._state = HistoryState()
        self._first_of_two = ""
        self.setWindowTitle(self.tr("MartLive – Past shows"))
        self.setWindowIcon(app_icon(look))
        style_window(self, look)
        self.setStyleSheet(self.styleSheet() + form_style(look))
        use_with_keys(self)
        self._make_search()
        self._banner = Banner(look)
        self._list = HistoryList(look)
        self._details = HistoryDetails(look)
        self._make_foot()
        self._lay_out()
        self._connect()
        self._show_rows()
        self.render_state(self._state)
        width, height = SMALLEST_SIZE_PX
        size_window(self, look, FIRST_SIZE_PX, (round(look.px(width)), round(look.px(height))))

    def render_state(self, state: HistoryState) -> None:
        """Show `state`; what is being typed and what is chosen stay."""
        before, self._state = self._state, state
        if (state.shows, state.found, state.is_read) != (before.shows, before.found, before.is_read):
            self._show_rows()
        has_shows = bool(state.shows)
        self._search.setEnabled(has_shows)
        self._trends.setEnabled(len(state.shows) >= COMPARED)
        self.erase.setEnabled(has_shows)
        self._folder.setEnabled(state.room is not None)
        if state.room is not None:
            kept = self.tr("%n shows, {size} in {folder}", "", len(state.shows))
            self._room.setText(kept.format(size=size_text(state.room.bytes), folder=state.room.folder))
        self._say(translated(state.trouble) if state.trouble else state.news, is_trouble=bool(state.trouble))

    # What it is made of

    def _make_search(self) -> None:
        self._search = LineField()
        self._search.setFont(self._look.font(TEXT_PX))
        self._search.setPlaceholderText(self.tr("Search titles, tags and what you said"))
        self._search.setAccessibleName(self.tr("Search past shows"))
        self._search.setMinimumWidth(round(self._look.px(SEARCH_PX)))
        self._search.setToolTip(QKeySequence(QKeySequence.StandardKey.Find).toString())
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_MS)

    def _make_foot(self) -> None:
        self._room = words(self._look, "", color=self._look.theme.text_dim)
        self._folder = QPushButton(self.tr("Open folder"))
        self._import = QPushButton(self.tr("Import…"))
        self._import.setAccessibleName(self.tr("Import a show from a zip file"))
        self._trends = QPushButton(self.tr("Trends"))
        self._trends.setAccessibleName(self.tr("Trends over your shows"))
        self.erase = QPushButton(self.tr("Erase everything…"))

    def _lay_out(self) -> None:
        look = self._look
        gap, edge = round(look.px(2 * GRID_PX)), round(look.px(3 * GRID_PX))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(gap)
        column.addLayout(self._head_row())
        column.addWidget(self._banner)
        column.addWidget(self._said_row())
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(gap)
        self._body.addWidget(self._shows_card(), 1)
        self._body.addWidget(self._details, 1)
        column.addLayout(self._body, 1)
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._foot.setSpacing(round(look.px(GRID_PX)))
        self._foot.addWidget(self._room, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(round(look.px(GRID_PX)))
        for button in (self._folder, self._import, self._trends, self.erase):
            buttons.addWidget(button)
        buttons.addStretch()
        self._foot.addLayout(buttons)
        column.addLayout(self._foot)
        room = QScrollArea()
        room.setWidgetResizable(True)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        room.setWidget(page)
        page.setAutoFillBackground(False)
        room.viewport().setAutoFillBackground(False)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(room)

    def _head_row(self) -> QBoxLayout:
        look = self._look
        title = words(look, self.tr("Past shows"), color=look.theme.text, text_px=TITLE_PX, is_bold=True)
        purpose = self.tr("Find a moment again, and see how you come along.")
        texts = QVBoxLayout()
        texts.setSpacing(round(look.px(0.5 * GRID_PX)))
        texts.addWidget(title)
        texts.addWidget(words(look, purpose, color=look.theme.text_dim))
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(round(look.px(2 * GRID_PX)))
        self._head.addLayout(texts, 1)
        self._head.addWidget(self._search, 1)
        return self._head

    def _said_row(self) -> QFrame:
        look = self._look
        self._said = QFrame()
        self._said.setObjectName("card")
        row = QHBoxLayout(self._said)
        edge = round(look.px(GRID_PX))
        row.setContentsMargins(2 * edge, edge, 2 * edge, edge)
        row.setSpacing(edge)
        self._sign = NoteMark(look)
        self._sentence = words(look, "", color=look.theme.text)
        row.addWidget(self._sign)
        row.addWidget(self._sentence, 1)
        self._said.hide()
        return self._said

    def _shows_card(self) -> QFrame:
        self._pages = QStackedWidget()
        self._pages.setMinimumHeight(round(self._look.px(LIST_PX)))
        self._pages.addWidget(self._list)
        self._empty = self._teaching(
            self.tr("No show yet"), self.tr("After your first show it is here. Nothing leaves this computer.")
        )
        self._nothing = self._teaching(
            self.tr("Nothing found"), self.tr("No title, no tag and no word you said has this. Try fewer letters.")
        )
        card = QFrame()
        card.setObjectName("card")
        column = QVBoxLayout(card)
        edge = round(self._look.px(0.5 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.addWidget(self._pages)
        return card

    def _teaching(self, title: str, text: str) -> QWidget:
        """A page of the list's place, in words."""
        look = self._look
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(round(look.px(GRID_PX)))
        column.addStretch()
        for label in (
            words(look, title, color=look.theme.text, text_px=HEADING_PX, is_bold=True),
            words(look, text, color=look.theme.text_dim),
        ):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addStretch()
        self._pages.addWidget(page)
        return page

    def _connect(self) -> None:
        self._search.textChanged.connect(self._look_for)
        self._pause.timeout.connect(lambda: self.search_wanted.emit(self._query))
        self._list.row_chosen.connect(self._show_details)
        self._list.row_opened.connect(self._open_row)
        self._list.deletion_wanted.connect(self._ask_to_delete)
        self._list.selectionModel().selectionChanged.connect(self._name_comparison)
        self._details.report_wanted.connect(self._open_report)
        self._details.export_wanted.connect(self._export)
        self._details.comparison_wanted.connect(self._compare)
        self._details.deletion_agreed.connect(self._delete)
        self._details.tags_changed.connect(self.tags_changed)
        self._details.notes_changed.connect(self.notes_changed)
        self._folder.clicked.connect(self.folder_wanted)
        self._import.clicked.connect(self._import_zip)
        self._trends.clicked.connect(self.trends_wanted)
        self.erase.clicked.connect(self._ask_to_erase)
        for keys, act in (
            (QKeySequence(QKeySequence.StandardKey.Find), self._turn_to_search),
            (QKeySequence(Qt.Key.Key_F2), self._details.write_notes),
        ):
            QShortcut(keys, self, act)

    # What the user does

    @property
    def _query(self) -> str:
        return self._search.text().strip()

    def _turn_to_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def _look_for(self) -> None:
        self._show_rows()
        if self._query:
            self._pause.start()
        else:
            self._pause.stop()

    def _open_row(self, row: Row) -> None:
        if self._first_of_two not in ("", row.show.id):
            self.comparison_wanted.emit(self._first_of_two, row.show.id)
            self._end_comparing()
        else:
            self.report_wanted.emit(row.show.id, row.hit.at_ms if row.hit else None)

    def _open_report(self) -> None:
        if (row := self._list.chosen) is not None:
            self.report_wanted.emit(row.show.id, row.hit.at_ms if row.hit else None)

    def _compare(self) -> None:
        """Compare the two that are chosen, or let a second one be chosen."""
        ids = self._list.chosen_ids()
        if len(ids) == COMPARED:
            self.comparison_wanted.emit(*ids)
        elif self._list.chosen is not None:
            self._first_of_two = self._list.chosen.show.id
            self._list.setFocus(Qt.FocusReason.OtherFocusReason)
            self._say(self.tr("Choose the other show and press Enter, or double-click it. Escape ends this."))

    def _end_comparing(self) -> None:
        self._first_of_two = ""
        self._say("")

    def _ask_to_delete(self) -> None:
        self._details.delete.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._details.delete.click()

    def _delete(self) -> None:
        """Delete the one show that its details are shown of, however many are chosen."""
        self._turn_to_list()
        if (row := self._list.chosen) is not None:
            self.deletion_wanted.emit(row.show.id)

    def _ask_to_erase(self) -> None:
        keep, erase = QPushButton(self.tr("Keep them")), QPushButton(self.tr("Erase everything"))
        text = self.tr(
            "%n shows would be gone for good, with every word, tip, note, report and sound that was kept.",
            "",
            len(self._state.shows),
        )
        self._banner.ask(text, ((keep, self._turn_to_list), (erase, self.erasure_wanted.emit)))
        # The answers are made later than what stands after them.
        for before, after in pairwise((self._search, keep, erase, self._list)):
            QWidget.setTabOrder(before, after)

    def _turn_to_list(self) -> None:
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _import_zip(self) -> None:
        kinds = self.tr("Shows from MartLive") + " (*.zip)"
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("Import a show"), _documents(), kinds)
        if path:
            self.import_wanted.emit(Path(path))

    def _export(self) -> None:
        row = self._list.chosen
        if row is None:
            return
        kinds = self.export_kinds()
        title = "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in title_words(row.show))
        name = f"{row.show.started:%Y-%m-%d} {title.strip()[:60]}"
        path, kind = QFileDialog.getSaveFileName(
            self, self.tr("Export this show"), str(Path(_documents()) / name), ";;".join(kinds)
        )
        if not path:
            return
        form, ending = kinds.get(kind, next(iter(kinds.values())))
        chosen = Path(path)
        if not chosen.suffix:
            chosen = chosen.with_name(f"{chosen.name}.{ending}")
            # The dialog asked about the name without its end.
            if chosen.exists():
                self._say(self.tr("{name} is there already. Choose another name.").format(name=chosen.name))
                return
        self.export_wanted.emit(row.show.id, form, chosen)

    def export_kinds(self) -> dict[str, tuple[str, str]]:
        """By what the file dialog calls it, every format and the ending of its files."""
        return {
            f"{name} (*.{ending})": (form, ending)
            for form, ending, name in (
                ("report.html", "html", self.tr("Report")),
                ("srt", "srt", self.tr("Subtitles")),
                ("vtt", "vtt", self.tr("Subtitles for the web")),
                ("txt", "txt", self.tr("What you said, as text")),
                ("md", "md", self.tr("Markdown")),
                ("json", "json", self.tr("JSON")),
                ("csv", "csv", self.tr("Table of what you said")),
                ("chapters", "chapters.txt", self.tr("Chapters for YouTube")),
                ("clips", "clips.csv", self.tr("Best moments as a table")),
                ("edl", "edl", self.tr("Best moments for a video editor")),
                ("zip", "zip", self.tr("The whole show, to keep or import")),
            )
        }

    # What is shown

    def _show_rows(self) -> None:
        state, query, at = self._state, self._query, self.focusWidget()
        had_keyboard = at is not None and (at is self._list or self._details.isAncestorOf(at))
        rows = rows_of(state, query)
        self._list.show_rows(rows, query)
        if rows:
            self._pages.setCurrentWidget(self._list)
        elif state.is_read and not state.shows:
            self._pages.setCurrentWidget(self._empty)
        elif state.is_read and state.found.query == query:
            self._pages.setCurrentWidget(self._nothing)
        if had_keyboard and self._pages.currentWidget() is not self._list:
            (self._search if state.shows else self._import).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_details(self, row: object) -> None:
        self._details.show_show(row.show if isinstance(row, Row) else None, self._state.shows)
        self._name_comparison()

    def _name_comparison(self) -> None:
        is_both = len(self._list.chosen_ids()) == COMPARED
        self._details.compare.setText(self.tr("Compare both") if is_both else self.tr("Compare with…"))
        self._details.compare.setEnabled(len(self._state.shows) >= COMPARED)

    def _say(self, sentence: str, *, is_trouble: bool = False) -> None:
        self._sign.setVisible(is_trouble)
        self._said.setVisible(bool(sentence))
        if sentence not in ("", self._sentence.text()):
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._said, sentence))
        self._sentence.setText(sentence)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        is_wide = self.width() >= self._look.px(WIDE_PX)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        for row in (self._head, self._body, self._foot):
            row.setDirection(across if is_wide else down)
        super().resizeEvent(event)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            is_empty = self._state.is_read and not self._state.shows
            (self._import if is_empty else self._list).setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._details.keep()
        self._pause.stop()
        super().hideEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self._search.hasFocus():
            self._turn_to_list()
        elif event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._first_of_two:
            self._end_comparing()
        elif self._details.delete.hasFocus():
            self._details.delete.take_back()
            self._turn_to_list()
        elif self._search.text():
            self._search.clear()
        else:
            self.close()


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
