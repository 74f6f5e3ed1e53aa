"""The window "Settings": everything that can be set, found by page or by search, and done at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.settings import Settings, load_settings, save_settings, with_values
from martlive_desktop.ui.fields import CHOSEN_SHARE, LineField, form_style
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.settings_controls import NameControl, control_style
from martlive_desktop.ui.settings_fold import Fold
from martlive_desktop.ui.settings_hotkeys import obstacles
from martlive_desktop.ui.settings_leaves import leaves, measure_of, value_of
from martlive_desktop.ui.settings_marks import spoken
from martlive_desktop.ui.settings_pages import PAGES
from martlive_desktop.ui.settings_rows import Row, make_row, rule
from martlive_desktop.ui.settings_words import (
    CHOICE_WORDS,
    ELSEWHERE,
    EXTRA_WORDS,
    KIND_WORDS,
    NEVER_RESET,
    WORDS,
)
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    BUTTON_RADIUS_PX,
    GRID_PX,
    HEADING_PX,
    SMALL_PX,
    TEXT_PX,
    TITLE_PX,
    AskingButton,
    NoteMark,
    mix,
    size_window,
    style_window,
    surface_of,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from martlive_desktop.core.hotkeys import Combination
    from martlive_desktop.ui.settings_controls import Offer
    from martlive_desktop.ui.settings_pages import Page, Section
    from martlive_desktop.ui.theme import Look

FIRST_SIZE_PX, SMALLEST_SIZE_PX = (1000, 700), (640, 420)
"""Of the window; the first one grows with the text, and what does not fit is scrolled to."""

PAGES_PX = 208
"""Width of the list of pages."""

MOST_MATCHES = 30
"""Of a search; more are not read, and a longer word finds fewer."""

MOST_UNDO = 1_000

Files: TypeAlias = Literal["import", "export"]


@dataclass(frozen=True, slots=True)
class SettingsChoices:
    """Names that can be chosen on this computer; where there are none, one is written."""

    microphones: tuple[str, ...] = ()
    speech_models: tuple[str, ...] = ()
    writer_models: tuple[str, ...] = ()
    monitors: tuple[str, ...] = ()

    def of(self, field: str) -> tuple[str, ...]:
        """What can be chosen for `field`."""
        return {
            "microphone.device": self.microphones,
            "recogniser.model": self.speech_models,
            "recogniser.small_model": self.speech_models,
            "coach.model": self.writer_models,
            "screen.monitor": self.monitors,
        }.get(field, ())


def ask_file(parent: QWidget, purpose: Files) -> Path | None:
    """The file that the user chooses for `purpose`; None: the user chose none."""
    kinds = QCoreApplication.translate("SettingsWindow", "Settings") + " (*.toml)"
    if purpose == "import":
        chosen, _kind = QFileDialog.getOpenFileName(
            parent, QCoreApplication.translate("SettingsWindow", "Import settings"), str(Path.home()), kinds
        )
    else:
        first = Path.home() / "martlive-settings.toml"
        chosen, _kind = QFileDialog.getSaveFileName(
            parent, QCoreApplication.translate("SettingsWindow", "Export settings"), str(first), kinds
        )
    return Path(chosen) if chosen else None


def any_keys(_keys: Combination) -> bool:
    """All keys are free: where no system can be asked."""
    return True


class SettingsWindow(QWidget):
    """Shows one `Settings` and tells every other valid one that the user makes of it; each change can be taken back."""

    changed = Signal(object)
    """The `Settings` from now on."""
    place_requested = Signal(str)
    """The field that is chosen elsewhere: one of ELSEWHERE."""
    obs_password_kept = Signal(str)
    obs_connect_requested = Signal()
    remote_key_kept = Signal(str)
    remote_check_requested = Signal()
    component_pressed = Signal()
    """The button of the component for speech: it does what its `Offer` says."""
    update_pressed = Signal()
    """The button of the updates: it does what its `Offer` says."""
    autostart_chosen = Signal(bool)
    hotkeys_recording = Signal(bool)
    """While it is on, no key may do its action, or it could not be pressed here."""

    def __init__(
        self,
        look: Look,
        settings: Settings,
        choices: SettingsChoices | None = None,
        *,
        is_free: Callable[[Combination], bool] = any_keys,
        ask: Callable[[QWidget, Files], Path | None] = ask_file,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._settings = settings
        self._choices = choices or SettingsChoices()
        self._is_free, self._ask = is_free, ask
        self._past: list[Mapping[str, Any]] = []
        self._future: list[Mapping[str, Any]] = []
        self._drafts: dict[str, str] = {}
        self._taken: frozenset[str] = frozenset()
        self._states: dict[str, Any] = {}
        self._absent = {"@component.speech"}
        """What has no row on this computer."""
        self._rows: dict[str, list[Row]] = {}
        self._root: QWidget | None = None
        self.setWindowTitle("MartLive – " + self.tr("Settings"))
        self.setAutoFillBackground(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        keys = QKeySequence.StandardKey
        for sequence, act in (
            (keys.Find, self._find),
            (keys.Undo, self.undo),
            (keys.Redo, self.redo),
        ):
            QShortcut(QKeySequence(sequence), self, act)
        use_with_keys(self)
        self._build(window_look(look))
        size_window(self, self._look, FIRST_SIZE_PX, SMALLEST_SIZE_PX)

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._settings

    def show_settings(self, settings: Settings) -> None:
        """Show `settings`, wherever they come from; what is being typed stays."""
        self._settings = settings
        self._show_values()

    def show_look(self, look: Look) -> None:
        """Show the same page in another look."""
        self._build_again(window_look(look))

    def _build_again(self, look: Look) -> None:
        page, search, field = self._list.currentRow(), self._search.text(), self._focused_field()
        scrolled = self._page_area().verticalScrollBar().value()
        self._build(look)
        self._list.setCurrentRow(page)
        self._search.setText(search)
        self._page_area().verticalScrollBar().setValue(scrolled)
        for row in self._rows.get(field, [])[:1]:
            row.control.keyboard.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_choices(self, choices: SettingsChoices) -> None:
        """Offer other names."""
        self._choices = choices
        for field, rows in self._rows.items():
            for row in rows:
                if isinstance(row.control, NameControl):
                    row.control.offer(choices.of(field))

    def show_obs_state(self, sentence: str) -> None:
        """Say how things stand with OBS."""
        self._show_state("@obs.connect", sentence)

    def show_remote_state(self, sentence: str) -> None:
        """Say how things stand with the remote coach."""
        self._show_state("@remote.check", sentence)

    def show_component(self, offer: Offer | None) -> None:
        """Say how things stand with the component for speech; None: it is of no use on this computer."""
        field = "@component.speech"
        is_absent = field in self._absent
        self._absent = self._absent - {field} if offer else self._absent | {field}
        self._show_state(field, offer)
        if is_absent != (offer is None) and self._is_filled(field):
            self._build_again(self._look)

    def _is_filled(self, field: str) -> bool:
        """Whether the page of `field` has its rows."""
        areas = (self._stack.widget(i) for i, page in enumerate(PAGES) if field in page.fields)
        return any(isinstance(area, QScrollArea) and area.widget() is not None for area in areas)

    def show_update(self, offer: Offer) -> None:
        """Say how things stand with updates."""
        self._show_state("@updates.check", offer)

    def show_capture_state(self, sentence: str) -> None:
        """Say whether recordings really leave the overlay out."""
        self._show_state("overlay.hide_from_capture", sentence)

    def show_autostart(self, is_on: bool) -> None:  # noqa: FBT001 - it is the value
        """Say whether MartLive really starts with the computer."""
        self._show_state("@autostart", is_on)

    def show_taken_hotkeys(self, actions: Collection[str]) -> None:
        """Mark the keys of `actions`, which another program has."""
        self._taken = frozenset(actions)
        self._judge_hotkeys()

    def turn_to(self, field: str) -> None:
        """Open the page of `field` and give that setting the keyboard."""
        for i, page in enumerate(PAGES):
            for section in page.sections:
                if field in section.fields and field not in self._absent:
                    self._search.clear()
                    self._list.setCurrentRow(i)
                    if section.is_folded:
                        self._folds[section].setChecked(True)
                    row = self._rows[field][-1]
                    row.control.keyboard.setFocus(Qt.FocusReason.OtherFocusReason)
                    self._page_area().ensureWidgetVisible(row)

    def undo(self) -> None:
        """Take the last change back; first of all, what is typed and not taken yet."""
        row = self._focused_row()
        if row is not None and row.forget_typed():
            self._drafts.pop(row.field.removeprefix("hotkeys."), None)
            self._judge_hotkeys()
        elif self._past:
            self._step(self._past, self._future)
            self._say(self.tr("Your last change is taken back."))

    def redo(self) -> None:
        """Make the change again that was taken back."""
        if self._future:
            self._step(self._future, self._past)
            self._say("")

    # What the window is made of

    def _build(self, look: Look) -> None:
        self._look = look
        self._rows.clear()
        self._folds: dict[Section, Fold] = {}
        self._found: dict[int, tuple[QFrame, QVBoxLayout, list[str]]] = {}
        if self._root is not None:
            # It is styled no more, and goes later, for it may hold the control whose change asked for the new look.
            self._root.setParent(None)
            self._root.deleteLater()
        self.setWindowIcon(app_icon(look))
        style_window(self, look)
        self.setStyleSheet(self.styleSheet() + form_style(look) + control_style(look) + _style(look))
        self._root = QWidget()
        edge, gap = round(look.px(3 * GRID_PX)), round(look.px(2 * GRID_PX))
        column = QVBoxLayout(self._root)
        column.setContentsMargins(edge, edge, edge, gap)
        column.setSpacing(gap)
        column.addLayout(self._head())
        body = QHBoxLayout()
        body.setSpacing(gap)
        body.addWidget(self._page_list())
        self._stack = QStackedWidget()
        for _page in PAGES:
            self._stack.addWidget(QScrollArea())
        self._stack.addWidget(self._matches_page())
        body.addWidget(self._stack, 1)
        column.addLayout(body, 1)
        column.addLayout(self._foot())
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self._root)
        self._root.show()
        self._list.currentRowChanged.connect(self._turn_page)
        self._search.textChanged.connect(self._match)
        self._list.setCurrentRow(0)

    def _head(self) -> QHBoxLayout:
        look = self._look
        title = words(look, self.tr("Settings"), color=look.theme.text, text_px=TITLE_PX, is_bold=True)
        self._search = LineField()
        self._search.setFont(look.font(TEXT_PX))
        self._search.setPlaceholderText(self.tr("Search, as silence or font"))
        self._search.setAccessibleName(self.tr("Search the settings"))
        self._search.setClearButtonEnabled(False)
        self._search.setMinimumWidth(round(look.px(260)))
        self._search.setToolTip(QKeySequence(QKeySequence.StandardKey.Find).toString())
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self._search)
        return head

    def _page_list(self) -> QListWidget:
        look = self._look
        self._list = QListWidget()
        self._list.setObjectName("pages")
        self._list.setFont(look.font(TEXT_PX))
        self._list.setAccessibleName(self.tr("Pages"))
        self._list.addItems([spoken(page.title) for page in PAGES])
        self._list.setFixedWidth(round(look.px(PAGES_PX)))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A click on the page that is chosen already ends a search, too.
        self._list.itemClicked.connect(lambda _item: self._search.clear())
        return self._list

    def _foot(self) -> QHBoxLayout:
        look = self._look
        self._sign = NoteMark(look)
        self._said = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self._undo_button = QPushButton(self.tr("Undo"))
        self._undo_button.setToolTip(QKeySequence(QKeySequence.StandardKey.Undo).toString())
        self._undo_button.clicked.connect(self.undo)
        take, give = QPushButton(self.tr("Import…")), QPushButton(self.tr("Export…"))
        self._foot_buttons = (self._undo_button, take, give)
        take.setAccessibleName(self.tr("Import settings from a file"))
        give.setAccessibleName(self.tr("Export these settings to a file"))
        take.clicked.connect(self._import)
        give.clicked.connect(self._export)
        foot = QHBoxLayout()
        foot.setSpacing(round(look.px(GRID_PX)))
        foot.addWidget(self._sign)
        foot.addWidget(self._said, 1)
        for button in self._foot_buttons:
            button.setFont(look.font(TEXT_PX))
            foot.addWidget(button)
        self._say("")
        return foot

    def _fill_page(self, area: QScrollArea, page: Page) -> None:
        look = self._look
        title = words(look, spoken(page.title), color=look.theme.text, text_px=HEADING_PX + 2, is_bold=True)
        head = QVBoxLayout()
        head.setSpacing(round(look.px(0.5 * GRID_PX)))
        head.addWidget(title)
        head.addWidget(words(look, spoken(page.purpose), color=look.theme.text_dim))
        reset = AskingButton(
            look,
            self.tr("Reset this page…"),
            self.tr("Reset this page: {page}").format(page=spoken(page.title)),
            question=self.tr("Reset all of it?"),
        )
        reset.agreed.connect(lambda: self._reset(page.fields))
        body, column = self._scrolled(area)
        column.addLayout(head)
        for section in page.sections:
            column.addWidget(self._section(section))
        column.addWidget(reset, 0, Qt.AlignmentFlag.AlignLeft)
        # With a factor: else the rows would grow as well.
        column.addStretch(1)
        body.show()

    def _scrolled(self, area: QScrollArea) -> tuple[QWidget, QVBoxLayout]:
        look = self._look
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.viewport().setAutoFillBackground(False)
        body = QWidget()
        area.setWidget(body)
        body.setAutoFillBackground(False)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, round(look.px(1.5 * GRID_PX)), 0)
        column.setSpacing(round(look.px(1.5 * GRID_PX)))
        return body, column

    def _card(self) -> tuple[QFrame, QVBoxLayout]:
        card = QFrame()
        card.setObjectName("card")
        column = QVBoxLayout(card)
        edge = round(self._look.px(2 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(round(self._look.px(1.5 * GRID_PX)))
        return card, column

    def _section(self, section: Section) -> QFrame:
        look = self._look
        card, column = self._card()
        if not section.is_folded:
            title = words(look, spoken(section.title), color=look.theme.text, text_px=HEADING_PX, is_bold=True)
            column.addWidget(title)
            self._add_rows(column, section)
            return card
        edge = round(look.px(GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        fold = self._folds[section] = Fold(look, spoken(section.title))
        inside = QWidget()
        inside.hide()
        column.addWidget(fold)
        column.addWidget(inside)

        def unfold(is_open: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
            if is_open and inside.layout() is None:
                rows = QVBoxLayout(inside)
                rows.setContentsMargins(edge, 0, edge, edge)
                rows.setSpacing(round(look.px(1.5 * GRID_PX)))
                self._add_rows(rows, section)
            inside.setVisible(is_open)
            self._order_keyboard(self._page_area().findChildren(QWidget))

        fold.toggled.connect(unfold)
        return card

    def _add_rows(self, column: QVBoxLayout, section: Section) -> None:
        for i, field in enumerate(field for field in section.fields if field not in self._absent):
            if i:
                column.addWidget(rule(self._look))
            column.addWidget(self._row(field))

    def _row(self, field: str) -> Row:
        row = make_row(self._look, field, self._choices.of(field))
        row.value_chosen.connect(self._choose)
        row.reset_wanted.connect(lambda field: self._reset((field,)))
        if field.startswith("hotkeys."):
            row.control.inner.recording_changed.connect(self.hotkeys_recording)  # type: ignore[attr-defined]
        self._rows.setdefault(field, []).append(row)
        self._show_row(field, row)
        if field.startswith("hotkeys."):
            self._judge_hotkeys()
        return row

    def _matches_page(self) -> QScrollArea:
        look = self._look
        area = QScrollArea()
        _body, column = self._scrolled(area)
        self._summary = words(look, "", color=look.theme.text_dim)
        self._matches = QVBoxLayout()
        self._matches.setSpacing(round(look.px(1.5 * GRID_PX)))
        column.addWidget(self._summary)
        column.addLayout(self._matches)
        column.addStretch(1)
        return area

    # What the user does

    def _turn_page(self, index: int) -> None:
        self._search.clear()
        area = self._stack.widget(index)
        assert isinstance(area, QScrollArea)
        if area.widget() is None:
            self._fill_page(area, PAGES[index])
        self._stack.setCurrentIndex(index)
        self._order_keyboard(area.findChildren(QWidget))

    def _find(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def _match(self, text: str) -> None:
        """Show what is found, or the page again where nothing is searched."""
        wanted = text.casefold().split()
        at = self._list.currentItem()
        at.setSelected(not wanted)
        if not wanted:
            self._stack.setCurrentIndex(self._list.currentRow())
            return
        found = [
            (i, field)
            for i, page in enumerate(PAGES)
            for field in page.fields
            if field not in self._absent and all(word in _haystack(page, field) for word in wanted)
        ]
        shown = set(found[:MOST_MATCHES])
        self._summary.setText(self._summed_up(text.strip(), len(found)))
        for i, page in enumerate(PAGES):
            self._show_matches(i, page, {field for at, field in shown if at == i})
        self._stack.setCurrentIndex(len(PAGES))
        rows = (row for _i, field in found for row in self._rows.get(field, []) if self._page_area().isAncestorOf(row))
        self._order_keyboard(widget for row in rows for widget in row.findChildren(QWidget))

    def _summed_up(self, text: str, count: int) -> str:
        if not count:
            return self.tr(
                "Nothing here is called “{text}”. Try a plain word, such as microphone, silence or font, "
                "or a name from the settings file, such as overlay.font_px."
            ).format(text=text)
        if count > MOST_MATCHES:
            return self.tr("The first {shown} of {count}; type on to find fewer.").format(
                shown=MOST_MATCHES, count=count
            )
        return self.tr("One setting") if count == 1 else self.tr("%n settings", "", count)

    def _show_matches(self, index: int, page: Page, fields: set[str]) -> None:
        if index not in self._found:
            if not fields:
                return
            card, column = self._card()
            title = words(self._look, spoken(page.title), color=self._look.theme.text, text_px=HEADING_PX, is_bold=True)
            column.addWidget(title)
            self._found[index] = (card, column, [])
            self._matches.insertWidget(sum(at < index for at in self._found if at != index), card)
        card, column, built = self._found[index]
        order = list(page.fields)
        for field in order:
            if field in fields and field not in built:
                # After the title and those before it.
                column.insertWidget(1 + sum(order.index(one) < order.index(field) for one in built), self._row(field))
                built.append(field)
        for field in built:
            for row in self._rows[field]:
                if card.isAncestorOf(row):
                    row.setVisible(field in fields)
        card.setVisible(bool(fields))

    def _choose(self, field: str, value: Any) -> None:
        if field in ELSEWHERE:
            self.place_requested.emit(field)
        elif field == "@obs.password":
            self.obs_password_kept.emit(value)
        elif field == "@obs.connect":
            self.obs_connect_requested.emit()
        elif field == "@remote.key":
            self.remote_key_kept.emit(value)
        elif field == "@remote.check":
            self.remote_check_requested.emit()
        elif field == "@component.speech":
            self.component_pressed.emit()
        elif field == "@updates.check":
            self.update_pressed.emit()
        elif field == "@autostart":
            self.autostart_chosen.emit(value)
        elif field.startswith("hotkeys."):
            self._drafts[field.removeprefix("hotkeys.")] = value
            self._judge_hotkeys()
        else:
            self._set_one(field, value)

    def _set_one(self, field: str, value: Any) -> None:
        try:
            self._apply({field: value})
        except SettingsInvalid:
            for row in self._rows[field]:
                row.advise(self._advice(field))
            return
        # The value may be the one it was: what is typed is shown as it is kept.
        for row in self._rows[field]:
            row.show_again(value_of(self._settings, field))

    def _advice(self, field: str) -> str:
        leaf = leaves()[field]
        if field == "remote.url":
            return self.tr("Write an address with https://, or with http:// if the coach is on this computer.")
        if field == "downloads.mirror":
            return self.tr("Write an address with https://, or with http:// if the server is on this computer.")
        if field == "downloads.proxy":
            return self.tr("Write it like http://proxy.example.com:3128, without a name or a password.")
        if leaf.kind not in (int, float):
            return self.tr("Choose another value; this one cannot be used.")
        measure = measure_of(leaf)
        return self.tr("Choose a number from {low} to {high}.").format(
            low=f"{measure.low:.10g}", high=f"{measure.high:.10g} {spoken(measure.unit)}".strip()
        )

    def _reset(self, fields: Iterable[str]) -> None:
        wanted = {field: leaves()[field].default for field in fields if field in WORDS and field not in NEVER_RESET}
        for field in wanted:
            self._drafts.pop(field.removeprefix("hotkeys."), None)
        self._apply(wanted)
        for field in wanted:
            for row in self._rows.get(field, []):
                row.show_again(value_of(self._settings, field))
        self._judge_hotkeys()

    def _apply(self, values: Mapping[str, Any]) -> None:
        """Make `values` the settings, as one change that can be taken back.

        Raises:
            SettingsInvalid: one of them cannot be.
        """
        after = with_values(self._settings, values)
        before = {field: value_of(self._settings, field) for field in values}
        before = {field: value for field, value in before.items() if value != value_of(after, field)}
        if before:
            self._past = [*self._past, before][-MOST_UNDO:]
            self._future.clear()
            self._say("")
            self._become(after)

    def _step(self, source: list[Mapping[str, Any]], target: list[Mapping[str, Any]]) -> None:
        values = source.pop()
        target.append({field: value_of(self._settings, field) for field in values})
        self._drafts.clear()
        self._become(with_values(self._settings, values))
        for field in values:
            for row in self._rows.get(field, []):
                row.show_again(value_of(self._settings, field))
        self._judge_hotkeys()

    def _become(self, settings: Settings) -> None:
        self._settings = settings
        self._show_values()
        self.changed.emit(settings)

    def _import(self) -> None:
        path = self._ask(self, "import")
        if path is None:
            return
        if not path.exists():
            # A file that is missing would be read as the defaults.
            self._say(self.tr("{name} is not there; choose another file.").format(name=path.name), asks=True)
            return
        try:
            read = load_settings(path)
        except SettingsInvalid as exc:
            self._say(translated(str(exc)), asks=True)
            return
        # How far the first steps came is this computer's, whatever settings come.
        values = {field: value_of(read, field) for field in leaves() if field != "app.first_run"}
        self._drafts.clear()
        count = sum(value != value_of(self._settings, field) for field, value in values.items())
        self._apply(values)
        self._judge_hotkeys()
        self._say(
            self.tr("{name} is what you had already.").format(name=path.name)
            if not count
            else self.tr("{name} is imported; Undo brings back what was.").format(name=path.name)
        )

    def _export(self) -> None:
        path = self._ask(self, "export")
        if path is None:
            return
        try:
            save_settings(self._settings, path)
        except SettingsInvalid as exc:
            self._say(translated(str(exc)), asks=True)
            return
        self._say(self.tr("Exported to {name}.").format(name=path.name))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._search.text():
            self._search.clear()
        elif event.key() == Qt.Key.Key_Down and self._search.hasFocus():
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        # What is typed counts, too.
        if (widget := self.focusWidget()) is not None:
            widget.clearFocus()
        super().closeEvent(event)

    # What is shown

    def _show_values(self) -> None:
        for field, rows in self._rows.items():
            for row in rows:
                self._show_row(field, row)
        self._undo_button.setEnabled(bool(self._past))
        self._judge_hotkeys()

    def _show_row(self, field: str, row: Row) -> None:
        if field in WORDS:
            row.show_value(value_of(self._settings, field))
            row.show_state(self._states.get(field, ""))
        elif field == "@autostart":
            row.show_value(bool(self._states.get(field)))
        else:
            row.show_value(self._states.get(field, ""))

    def _show_state(self, field: str, state: Any) -> None:
        self._states[field] = state
        for row in self._rows.get(field, []):
            if field == "@autostart":
                # What was clicked may not be what came of it.
                row.show_again(state)
            else:
                self._show_row(field, row)

    def _judge_hotkeys(self) -> None:
        """Take the keys that were chosen and stand in nobody's way; say of the others what to do."""
        if not any(field.startswith("hotkeys.") for field in self._rows):
            return
        kept = self._settings.hotkeys.model_dump()
        found = obstacles(kept | self._drafts, kept.values(), self._is_free)
        ready = {f"hotkeys.{action}": keys for action, keys in self._drafts.items() if action not in found}
        for field in ready:
            del self._drafts[field.removeprefix("hotkeys.")]
        if ready:
            self._apply(ready)
        for action in kept:
            obstacle = found.get(action) or ("taken" if action in self._taken and action not in self._drafts else None)
            for row in self._rows.get(f"hotkeys.{action}", []):
                if action in self._drafts:
                    row.control.show_value(self._drafts[action])
                row.advise(self._hotkey_advice(obstacle))

    def _hotkey_advice(self, obstacle: object) -> str:
        match obstacle:
            case ("shared", action):
                label = spoken(WORDS[f"hotkeys.{action}"].label)
                return self.tr("“{action}” has these keys, too – choose others for one of them.").format(action=label)
            case "taken":
                return self.tr("Another program has these keys – choose others.")
            case "unreadable":
                return self.tr("Click here and press keys, such as Ctrl + Alt + M.")
        return ""

    def _say(self, sentence: str, *, asks: bool = False) -> None:
        self._sign.setVisible(asks)
        self._said.setText(sentence)
        self._undo_button.setEnabled(bool(self._past))

    def _order_keyboard(self, widgets: Iterable[QWidget]) -> None:
        """Lead Tab from the pages through `widgets` to the foot: pages are filled late, in whatever order."""
        last: QWidget = self._list
        for widget in (*widgets, *self._foot_buttons):
            takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
            # The list that a choice opens is a window of its own.
            if takes_tab and widget.window() is self:
                QWidget.setTabOrder(last, widget)
                last = widget

    def _page_area(self) -> QScrollArea:
        area = self._stack.currentWidget()
        assert isinstance(area, QScrollArea)
        return area

    def _focused_row(self) -> Row | None:
        widget: QWidget | None = self.focusWidget()
        while widget is not None and not isinstance(widget, Row):
            widget = widget.parentWidget()
        return widget

    def _focused_field(self) -> str:
        row = self._focused_row()
        return "" if row is None else row.field


def _haystack(page: Page, field: str) -> str:
    """Everything by which `field` is found."""
    said = WORDS.get(field) or EXTRA_WORDS[field]
    texts = [spoken(said.label), spoken(said.reason), field, spoken(page.title)]
    texts += [spoken(text) for text in CHOICE_WORDS.get(field, {}).values()]
    if field.endswith("_kinds"):
        texts += [spoken(text) for text in KIND_WORDS.values()]
    return "\n".join(texts).casefold()


def _style(look: Look) -> str:
    surface, theme = surface_of(look.theme), look.theme
    ring = max(round(look.px(2)), 1)
    pad_x, pad_y, radius = round(look.px(10)), round(look.px(7)), round(look.px(BUTTON_RADIUS_PX))
    chosen = mix(surface.accent, surface.window, CHOSEN_SHARE)
    return f"""
        QListWidget#pages {{
            color: {theme.text}; background: transparent; border: {ring}px solid transparent; outline: none;
            border-radius: {radius}px;
        }}
        QListWidget#pages:focus {{ border-color: {surface.accent}; }}
        QListWidget#pages::item {{ padding: {pad_y}px {pad_x}px; border-radius: {radius}px; color: {theme.text}; }}
        QListWidget#pages::item:hover {{ background: {surface.hover}; }}
        QListWidget#pages::item:selected {{ background: {chosen}; color: {theme.text}; }}
        QFrame#rule {{ background: {surface.line}; border: none; }}
        """
