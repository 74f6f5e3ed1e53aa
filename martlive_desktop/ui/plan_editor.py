"""The window "Show plan": what is sold, at which price, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QKeySequence,
    QShortcut,
    QUndoCommand,
    QUndoStack,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import Mode, ShowPlan
from martlive_desktop.core.plan_csv import read_products
from martlive_desktop.ui.fields import form_style
from martlive_desktop.ui.formats import number_text
from martlive_desktop.ui.plan_banner import Banner
from martlive_desktop.ui.plan_details import ProductDetails
from martlive_desktop.ui.plan_draft import (
    Place,
    PlanDraft,
    ProductDraft,
    drafted,
    drafted_product,
    finished,
    planned_minutes,
    problems_of,
)
from martlive_desktop.ui.plan_pictures import SmallPictures
from martlive_desktop.ui.plan_show import ShowCard
from martlive_desktop.ui.plan_table import ProductModel, ProductTable
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    GRID_PX,
    HEADING_PX,
    SMALL_PX,
    TEXT_PX,
    TITLE_PX,
    NoteMark,
    main_button,
    size_window,
    style_window,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from martlive_desktop.ui.plan_draft import Problem
    from martlive_desktop.ui.theme import Look

FIRST_SIZE_PX, SMALLEST_SIZE_PX = (1120, 800), (720, 480)
"""Of the window; the first one grows with the text, and what does not fit is scrolled to."""

PICTURE_SIDE_PX = 128
"""Longer side of a small picture: the larger of both uses, on a screen of twice the usual density."""

PROBLEMS_SHOWN = 5
"""Lines of a table that are named; whoever has mended these imports again."""

MOST_UNDO = 1_000


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """How the editor reaches the disk; what cannot be raises `PlanInvalid`."""

    read: Callable[[Path], ShowPlan]
    write: Callable[[ShowPlan, Path], None]
    read_table: Callable[[Path], str]
    templates: Mapping[Mode, ShowPlan]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan that is on disk now."""

    path: Path
    plan: ShowPlan


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the user did: the plan before and after it, and the row that each is about."""

    before: PlanDraft
    after: PlanDraft
    row_before: int
    row_after: int
    typed: Place | None = None
    """Where something was typed; typing on is the same act."""


class UndoStep(QUndoCommand):
    """An act that can be done and undone."""

    def __init__(self, act: Act, name: str, show: Callable[[PlanDraft, int], None]) -> None:
        super().__init__(name)
        self.act = act
        self._show = show

    @override
    def redo(self) -> None:
        self._show(self.act.after, self.act.row_after)

    @override
    def undo(self) -> None:
        self._show(self.act.before, self.act.row_before)

    @override
    def id(self) -> int:
        return -1 if self.act.typed is None else 1

    @override
    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, UndoStep) or other.act.typed != self.act.typed:
            return False
        self.act = replace(self.act, after=other.act.after)
        self.setObsolete(self.act.after == self.act.before)
        return True


class PlanEditor(QWidget):
    """Changes one show plan; nothing is written but by Save, and every act can be undone."""

    saved = Signal(object)
    """A `SavedPlan`."""

    def __init__(self, look: Look, files: PlanFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._look = look = window_look(look)
        self._files = files
        self._draft = PlanDraft()
        self._path: Path | None = None
        self._is_leaving = False
        self._advice: dict[Place, str] = {}
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(MOST_UNDO)
        self.setWindowIcon(app_icon(look))
        self.setAutoFillBackground(True)
        style_window(self, look)
        self.setStyleSheet(self.styleSheet() + form_style(look))
        use_with_keys(self)
        self._pictures = SmallPictures(PICTURE_SIDE_PX, self)
        self._model = ProductModel(look, self._pictures, self)
        self._table = ProductTable(look, self._model)
        self._details = ProductDetails(look, self._pictures, self._model)
        self._card = ShowCard(look)
        self._banner = Banner(look)
        self._sign = NoteMark(look)
        self._status = words(look, "", color=look.theme.text_dim, text_px=TEXT_PX)
        self._make_buttons()
        self._lay_out()
        self._connect()
        self._show(self._draft, -1)
        self._card.field("title").setFocus(Qt.FocusReason.OtherFocusReason)
        size_window(self, look, FIRST_SIZE_PX, SMALLEST_SIZE_PX)

    @property
    def draft(self) -> PlanDraft:
        """The plan as it is typed now."""
        return self._draft

    def open_plan(self, path: Path) -> None:
        """Show the plan at `path`; unsaved work is asked about first."""
        self._leave(lambda: self._read(path))

    # What the window is made of

    def _make_buttons(self) -> None:
        self._new = QPushButton(self.tr("New"))
        self._new.setAccessibleDescription(self.tr("An empty plan, or one to begin from"))
        self._open, self._save_as = QPushButton(self.tr("Open…")), QPushButton(self.tr("Save as…"))
        self._save = main_button(self.tr("Save"))
        self._add, self._import = QPushButton(self.tr("Add product")), QPushButton(self.tr("Import CSV…"))
        self._undo, self._redo = QPushButton(self.tr("Undo")), QPushButton(self.tr("Redo"))
        self._mend = QPushButton(self.tr("Show me"))
        self._mend.setAccessibleName(self.tr("Show what is to be mended"))
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("New plan"))
        empty = menu.addAction(self.tr("Empty plan"))
        empty.triggered.connect(lambda _checked: self._leave(self._begin))
        for mode, plan in self._files.templates.items():
            example = menu.addAction(self._template_name(mode))
            example.triggered.connect(lambda _checked, chosen=plan: self._leave(partial(self._begin, chosen)))
        self._new.setMenu(menu)

    def _template_name(self, mode: Mode) -> str:
        names = {
            "selling": self.tr("A selling show"),
            "gaming": self.tr("A gaming show"),
            "talk": self.tr("A talk show"),
        }
        return names[mode]

    def _lay_out(self) -> None:
        look = self._look
        gap, edge = round(look.px(2 * GRID_PX)), round(look.px(3 * GRID_PX))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(gap)
        column.addLayout(self._head())
        column.addWidget(self._banner)
        column.addWidget(self._card)
        body = QHBoxLayout()
        body.setSpacing(gap)
        body.addWidget(self._products_card(), 11)
        body.addWidget(self._details, 9)
        self._details.setMinimumHeight(round(look.px(280)))
        column.addLayout(body, 1)
        self._room = room = QScrollArea()
        room.setWidgetResizable(True)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        room.setWidget(page)
        page.setAutoFillBackground(False)
        room.viewport().setAutoFillBackground(False)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(room)

    def _head(self) -> QHBoxLayout:
        look = self._look
        title = words(look, self.tr("Show plan"), color=look.theme.text, text_px=TITLE_PX, is_bold=True)
        texts, head = QVBoxLayout(), QHBoxLayout()
        self._said = said = QHBoxLayout()
        said.setSpacing(round(look.px(GRID_PX)))
        said.addWidget(self._sign)
        said.addWidget(self._status)
        said.addWidget(self._mend)
        said.addStretch(1)
        self._status.setMinimumHeight(self._mend.sizeHint().height())
        texts.setSpacing(round(look.px(0.5 * GRID_PX)))
        texts.addWidget(title)
        texts.addLayout(said)
        head.setSpacing(round(look.px(GRID_PX)))
        head.addLayout(texts, 1)
        head.addSpacing(round(look.px(GRID_PX)))
        for button in (self._new, self._open, self._save_as, self._save):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _products_card(self) -> QFrame:
        look = self._look
        title = words(look, self.tr("Products"), color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        title.setWordWrap(False)
        self._sum = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self._sum.setWordWrap(False)
        hint = words(
            look,
            self.tr("Drag to put them in order, or press Alt+Up and Alt+Down."),
            color=look.theme.text_dim,
            text_px=SMALL_PX,
        )
        head, tools = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(round(look.px(GRID_PX)))
        tools.setSpacing(round(look.px(GRID_PX)))
        head.addWidget(title)
        head.addWidget(self._sum, 1)
        head.addWidget(self._undo)
        head.addWidget(self._redo)
        tools.addWidget(self._add)
        tools.addWidget(self._import)
        tools.addStretch()
        filled = QWidget()
        table = QVBoxLayout(filled)
        table.setContentsMargins(0, 0, 0, 0)
        table.setSpacing(round(look.px(GRID_PX)))
        table.addWidget(self._table, 1)
        table.addWidget(hint)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty_page())
        self._pages.addWidget(filled)
        card = QFrame()
        card.setObjectName("card")
        column = QVBoxLayout(card)
        edge = round(look.px(2 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(round(look.px(GRID_PX)))
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        column.addLayout(tools)
        return card

    def _empty_page(self) -> QWidget:
        look = self._look
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(round(look.px(GRID_PX)))
        title = words(look, self.tr("What will you show?"), color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        text = words(
            look,
            self.tr(
                "Each product gets a price, a few facts and what you want to say. MartLive reminds you of what is still "
                "unsaid. Begin with an example and write over it:"
            ),
            color=look.theme.text_dim,
            text_px=TEXT_PX,
        )
        examples = QVBoxLayout()
        examples.setSpacing(round(look.px(GRID_PX)))
        for mode, plan in self._files.templates.items():
            button = QPushButton(self._template_name(mode))
            button.clicked.connect(lambda _checked, chosen=plan: self._take_template(chosen))
            button.setMinimumWidth(round(look.px(176)))
            examples.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        for label in (title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addSpacing(round(look.px(GRID_PX)))
        column.addLayout(examples)
        column.addStretch()
        return page

    def _connect(self) -> None:
        self._card.field_edited.connect(lambda field, value: self._type(Place(None, field), value))
        self._model.cell_edited.connect(lambda row, field, text: self._type(Place(row, field), text, is_whole=True))
        self._table.row_chosen.connect(lambda _row: self._show_details())
        self._table.move_wanted.connect(self._move)
        self._table.removal_wanted.connect(self._remove)
        self._details.field_edited.connect(lambda field, text: self._type(Place(self._row, field), text))
        self._details.removal_wanted.connect(lambda: self._remove([self._row]))
        self._details.pictures_wanted.connect(self._add_pictures)
        self._details.picture_removed.connect(self._remove_picture)
        self._add.clicked.connect(self._add_product)
        self._import.clicked.connect(self._import_table)
        self._undo.clicked.connect(self._stack.undo)
        self._redo.clicked.connect(self._stack.redo)
        self._mend.clicked.connect(self._go_to_problem)
        self._save.clicked.connect(self._save_plan)
        self._save_as.clicked.connect(self._save_plan_as)
        self._open.clicked.connect(lambda: self._leave(self._ask_for_plan))
        # Not a lambda: the stack still tells of its end when the window is gone.
        self._stack.indexChanged.connect(self._show_index)
        keys = QKeySequence.StandardKey
        for sequence, act in (
            (keys.Undo, self._stack.undo),
            (keys.Redo, self._stack.redo),
            (keys.Open, self._open.click),
            (keys.Save, self._save.click),
            (keys.SaveAs, self._save_as.click),
        ):
            QShortcut(QKeySequence(sequence), self, act)
        for button, sequence in (
            (self._undo, keys.Undo),
            (self._redo, keys.Redo),
            (self._open, keys.Open),
            (self._save, keys.Save),
            (self._save_as, keys.SaveAs),
        ):
            button.setToolTip(QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText))

    # What the user does

    @property
    def _row(self) -> int:
        return self._table.currentIndex().row()

    def _do(self, name: str, after: PlanDraft, row: int, typed: Place | None = None) -> None:
        if after != self._draft:
            act = Act(self._draft, after, self._row if typed is None or typed.row is None else row, row, typed)
            self._stack.push(UndoStep(act, name, self._show))

    def _type(self, place: Place, value: Any, *, is_whole: bool = False) -> None:
        draft = self._draft
        if place.row is None:
            after, row = replace(draft, **{place.field: value}), self._row
        elif 0 <= place.row < len(draft.products):
            product = replace(draft.products[place.row], **{place.field: value})
            after, row = draft.with_product(place.row, product), place.row
        else:
            return
        self._do(self.tr("Typing"), after, row, None if is_whole else place)

    def _take_template(self, plan: ShowPlan) -> None:
        self._do(self.tr("Example"), drafted(plan), 0)
        self._turn_to(self._table)

    def _add_product(self) -> None:
        row = self._row + 1 if self._row >= 0 else len(self._draft.products)
        products = self._draft.products
        after = replace(self._draft, products=(*products[:row], ProductDraft(), *products[row:]))
        self._do(self.tr("Add product"), after, row)
        self._turn_to(self._details.name)

    def _remove(self, rows: list[int]) -> None:
        after = self._draft.without(set(rows))
        self._do(self.tr("Remove"), after, min(rows[0], len(after.products) - 1))
        self._turn_to(self._table)
        if not after.products:
            self._turn_to(self._add)

    def _move(self, rows: list[int], before: int) -> None:
        first = before - sum(row < before for row in rows)
        step = self._row - rows[0] if len(rows) == 1 + rows[-1] - rows[0] else 0
        self._do(self.tr("Move"), self._draft.moved(rows, before), first + min(max(step, 0), len(rows) - 1))

    def _add_pictures(self) -> None:
        kinds = self.tr("Pictures") + " (*.jpg *.jpeg *.png *.webp)"
        paths, _kind = QFileDialog.getOpenFileNames(self, self.tr("Choose pictures"), self._folder(), kinds)
        self._set_pictures(lambda had: (*had, *(path for path in paths if path not in had)), self.tr("Add pictures"))

    def _remove_picture(self, index: int) -> None:
        self._set_pictures(lambda had: (*had[:index], *had[index + 1 :]), self.tr("Remove picture"))

    def _set_pictures(self, change: Callable[[tuple[str, ...]], tuple[str, ...]], name: str) -> None:
        row = self._row
        if row >= 0:
            product = self._draft.products[row]
            self._do(name, self._draft.with_product(row, replace(product, pictures=change(product.pictures))), row)

    def _import_table(self) -> None:
        kinds = self.tr("Tables") + " (*.csv *.tsv *.txt)"
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("Choose a table of products"), self._folder(), kinds)
        if not path:
            return
        try:
            text = self._files.read_table(Path(path))
        except PlanInvalid as exc:
            self._say(str(exc))
            return
        found = read_products(text, [" ".join(one.name.split()) for one in self._draft.products])
        row = len(self._draft.products)
        new = tuple(map(drafted_product, found.products))
        self._do(self.tr("Import"), replace(self._draft, products=(*self._draft.products, *new)), row)
        self._turn_to(self._table)
        if found.problems:
            said = [
                self.tr("%n products are in. These lines are not:", "", len(new)),
                *map(translated, found.problems[:PROBLEMS_SHOWN]),
            ]
            if more := len(found.problems) - PROBLEMS_SHOWN:
                said += [self.tr("… and %n more.", "", more)] if more > 0 else []
            self._say("\n".join(said))

    def _go_to_problem(self) -> None:
        place = next(iter(self._advice), None)
        if place is None:
            return
        if place.row is None:
            self._turn_to(self._card.field(place.field))
        else:
            self._table.choose_row(place.row)
            self._turn_to(self._details.field(place.field))

    def _turn_to(self, widget: QWidget) -> None:
        """Give `widget` the keyboard and scroll to it."""
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
        self._details.scroll_to(widget)
        self._room.ensureWidgetVisible(widget)

    # Files

    def _folder(self) -> str:
        if self._path is not None:
            return str(self._path.parent)
        return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)

    def _begin(self, plan: ShowPlan | None = None) -> None:
        self._path = None
        self._show_anew(PlanDraft())
        if plan is not None:
            self._take_template(plan)

    def _ask_for_plan(self) -> None:
        kinds = self.tr("Show plans") + " (*.toml)"
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("Open a plan"), self._folder(), kinds)
        if path:
            self._read(Path(path))

    def _read(self, path: Path) -> None:
        try:
            plan = self._files.read(path)
        except PlanInvalid as exc:
            self._say(str(exc))
            return
        self._path = path
        self._show_anew(drafted(plan))

    def _show_anew(self, draft: PlanDraft) -> None:
        self._banner.hide()
        self._stack.clear()
        self._pictures.forget()
        self._show(draft, 0 if draft.products else -1)

    def _save_plan(self) -> bool:
        return self._save_plan_as() if self._path is None else self._write(self._path)

    def _save_plan_as(self) -> bool:
        name = " ".join(self._draft.title.split()) or self.tr("My show")
        safe = "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in name)[:60]
        first = self._path or Path(self._folder()) / f"{safe}.toml"
        kinds = self.tr("Show plans") + " (*.toml)"
        chosen, _kind = QFileDialog.getSaveFileName(self, self.tr("Save the plan as"), str(first), kinds)
        if not chosen:
            return False
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(".toml")
            # The dialog asked about the name without its end.
            if path.exists():
                self._say(self.tr("{name} is there already. Choose it, or another name.").format(name=path.name))
                return False
        return self._write(path)

    def _write(self, path: Path) -> bool:
        plan = finished(self._draft)
        try:
            self._files.write(plan, path)
        except PlanInvalid as exc:
            self._say(str(exc))
            return False
        self._path = path
        self._stack.setClean()
        self._show_state()
        self.saved.emit(SavedPlan(path, plan))
        return True

    def _leave(self, go_on: Callable[[], None]) -> None:
        """Do `go_on` at once, or after the user has said what is to become of unsaved work."""
        if self._stack.isClean():
            go_on()
            return
        save, drop = main_button(self.tr("Save")), QPushButton(self.tr("Do not save"))
        stay = QPushButton(self.tr("Keep editing"))
        answers: list[tuple[QPushButton, Callable[[], object]]] = [(stay, self._go_back), (drop, go_on)]
        # The first has the keyboard, so it is never the one that loses work.
        if self._save.isEnabled():
            answers = [(save, partial(self._save_and, go_on)), (drop, go_on), (stay, self._go_back)]
        self._ask(self.tr("This plan has changes that are not saved yet."), answers)

    def _say(self, text: str) -> None:
        self._ask(translated(text), [(QPushButton(self.tr("All right")), self._go_back)])

    def _ask(self, text: str, answers: Sequence[tuple[QPushButton, Callable[[], object]]]) -> None:
        self._banner.ask(text, answers)
        # The answers are made later than what stands after them.
        for before, after in pairwise((self._save, *(button for button, _act in answers), self._card.field("title"))):
            QWidget.setTabOrder(before, after)

    def _save_and(self, go_on: Callable[[], None]) -> None:
        if self._save_plan():
            go_on()

    def _go_back(self) -> None:
        self._turn_to(self._table if self._draft.products else self._card.field("title"))

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_leaving or self._stack.isClean():
            self._is_leaving = False
            self._pictures.stop()
            event.accept()
        else:
            event.ignore()
            self._leave(self._close)

    def _close(self) -> None:
        self._is_leaving = True
        self.close()

    # What is shown

    def _show(self, draft: PlanDraft, row: int) -> None:
        self._draft = draft
        self._advice = {place: self._advise(problem) for place, problem in problems_of(draft).items()}
        self._model.show_products(draft.products, self._advice, draft.currency.strip().upper())
        self._pages.setCurrentIndex(1 if draft.products else 0)
        self._card.show_draft(draft, self._advice_of(None))
        if row != self._row or self._table.chosen_rows() != [row]:
            self._table.choose_row(row)
        self._show_details()
        self._show_state()

    def _advice_of(self, row: int | None) -> dict[str, str]:
        return {place.field: said for place, said in self._advice.items() if place.row == row}

    def _show_details(self) -> None:
        row = self._row
        product = self._draft.products[row] if 0 <= row < len(self._draft.products) else None
        self._details.show_product(product, self._advice_of(row), self._draft.currency.strip().upper())

    def _show_index(self, _index: int) -> None:
        self._show_state()

    def _show_state(self) -> None:
        count = len(self._advice)
        # A sentence that asks stands beside its button; the other takes the room that there is.
        self._status.setWordWrap(not count)
        self._said.setStretchFactor(self._status, 0 if count else 1_000)
        name = self._path.name if self._path is not None else self.tr("New plan")
        self.setWindowTitle(self.tr("{name}[*] – MartLive").format(name=name))
        self.setWindowModified(not self._stack.isClean())
        self._undo.setEnabled(self._stack.canUndo())
        self._redo.setEnabled(self._stack.canRedo())
        self._save.setEnabled(not count and not self._stack.isClean())
        self._save_as.setEnabled(not count)
        self._mend.setVisible(bool(count))
        self._sign.setVisible(bool(count))
        if count:
            self._status.setText(
                self.tr("One field is to be mended before you can save.")
                if count == 1
                else self.tr("%n fields are to be mended before you can save.", "", count)
            )
        else:
            self._status.setText(self.tr("What you sell and what must be said, so that MartLive can remind you."))
        many = len(self._draft.products)
        known = (
            self.tr("One product · {minutes} min") if many == 1 else self.tr("%n products · {minutes} min", "", many)
        )
        self._sum.setText(known.format(minutes=number_text(planned_minutes(self._draft))) if many else "")

    def _advise(self, problem: Problem) -> str:
        advice: dict[Problem, str] = {
            "name_missing": self.tr("Write what it is called."),
            "name_taken": self.tr("Another product has this name. Give each its own."),
            "price": self.tr("A price, as 19.90"),
            "minutes": self.tr("Minutes, as 5"),
            "currency": self.tr("Three letters, as EUR"),
            "pictures": self.tr("Rename the file: two spaces in a row cannot be kept."),
        }
        return advice[problem]
