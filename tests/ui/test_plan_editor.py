"""The window "Show plan": a plan is written, checked, ordered and saved, with the keyboard alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from martlive_desktop.adapters.plan_file import read_plan, read_table, read_templates, write_plan
from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.ui.fields import CHOSEN_SHARE
from martlive_desktop.ui.plan_draft import PlanDraft, ProductDraft, drafted, finished, problems_of
from martlive_desktop.ui.plan_editor import PlanEditor, PlanFiles, SavedPlan
from martlive_desktop.ui.plan_pictures import MOST_PIXELS, SmallPictures, read_small
from martlive_desktop.ui.plan_table import ProductModel, ProductTable
from martlive_desktop.ui.theme import THEMES, Look, Theme
from martlive_desktop.ui.window_style import mix, surface_of
from tests.ui.test_theme import contrast

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

# The platform without a screen says this of every window with a frame.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

PLAN = ShowPlan(
    title="Thursday",
    minutes=30.0,
    products=(
        Product("lamp", price=24.5, facts=("cut by hand",), minutes=5.0),
        Product("teapot", price=32.0),
        Product("bowl"),
    ),
)


def files() -> PlanFiles:
    return PlanFiles(read_plan, write_plan, read_table, read_templates())


def shown(qtbot: QtBot, look: Look, path: Path | None = None) -> PlanEditor:
    editor = PlanEditor(look, files())
    qtbot.addWidget(editor)
    editor.resize(1120, 800)
    if path is not None:
        editor.open_plan(path)
    with qtbot.waitExposed(editor):
        editor.show()
    editor.activateWindow()
    return editor


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_plan(PLAN, tmp_path / "plan.toml")
    return tmp_path / "plan.toml"


@pytest.fixture
def editor(qtbot: QtBot, look: Look, path: Path) -> PlanEditor:
    return shown(qtbot, look, path)


def named(parent: QWidget, kind: type[QWidget], spoken: str) -> QWidget:
    return next(one for one in parent.findChildren(kind) if one.isVisible() and one.accessibleName() == spoken)


def line(editor: PlanEditor, spoken: str) -> QLineEdit:
    found = named(editor, QLineEdit, spoken)
    assert isinstance(found, QLineEdit)
    return found


def button(editor: PlanEditor, spoken: str) -> QPushButton:
    buttons = [one for one in editor.findChildren(QPushButton) if one.isVisible()]
    return next(one for one in buttons if spoken == (one.accessibleName() or one.text()))


def table(editor: PlanEditor) -> ProductTable:
    return editor.findChildren(ProductTable)[0]


def texts(editor: PlanEditor) -> list[str]:
    return [one.text() for one in editor.findChildren(QLabel) if one.isVisible() and one.text()]


def names(editor: PlanEditor) -> list[str]:
    return [product.name for product in editor.draft.products]


def pictures_of(editor: PlanEditor) -> list[str]:
    return list(editor.draft.products[0].pictures)


def press(editor: PlanEditor, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(editor.focusWidget(), key, modifiers)


def undo(editor: PlanEditor) -> None:
    QTest.keySequence(editor.focusWidget(), QKeySequence(QKeySequence.StandardKey.Undo))


def redo(editor: PlanEditor) -> None:
    QTest.keySequence(editor.focusWidget(), QKeySequence(QKeySequence.StandardKey.Redo))


def retype(field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def test_new_plan_is_written_and_saved_by_keyboard(
    qtbot: QtBot, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = shown(qtbot, look)
    assert "What will you show?" in texts(editor)
    assert not button(editor, "Save").isEnabled()
    QTest.keyClicks(editor.focusWidget(), "My sale")
    button(editor, "Add product").setFocus()
    press(editor, Qt.Key.Key_Space)
    QTest.keyClicks(editor.focusWidget(), "cup")
    press(editor, Qt.Key.Key_Tab)
    QTest.keyClicks(editor.focusWidget(), "19,90")
    press(editor, Qt.Key.Key_Tab)
    press(editor, Qt.Key.Key_Tab)
    QTest.keyClicks(editor.focusWidget(), "blue")
    press(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor.focusWidget(), "8 ml")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    with qtbot.waitSignal(editor.saved) as told:
        QTest.keySequence(editor, QKeySequence(QKeySequence.StandardKey.Save))
    plan = ShowPlan(title="My sale", products=(Product("cup", price=19.9, facts=("blue", "8 ml")),))
    assert told.args == [SavedPlan(tmp_path / "mine.toml", plan)]
    assert read_plan(tmp_path / "mine.toml") == plan
    assert not editor.isWindowModified()


def test_plan_is_shown_and_saved_as_it_was(qtbot: QtBot, editor: PlanEditor, path: Path) -> None:
    assert line(editor, "Title").text() == "Thursday"
    assert line(editor, "Price").text() == "24.50"
    assert "3 products · 5 min" in texts(editor)
    assert finished(editor.draft) == PLAN
    retype(line(editor, "Title"), "Friday")
    with qtbot.waitSignal(editor.saved):
        QTest.keySequence(editor, QKeySequence(QKeySequence.StandardKey.Save))
    assert read_plan(path) == replace(PLAN, title="Friday")


@pytest.mark.parametrize(
    ("field", "text", "advice"),
    [
        ("Price", "abc", "A price, as 19.90"),
        ("Minutes", "soon", "Minutes, as 5"),
        ("Minutes of the show", "0", "Minutes, as 5"),
        ("Name", " ", "Write what it is called."),
        ("Name", "TEAPOT", "Another product has this name. Give each its own."),
        ("Currency", "$", "Three letters, as EUR"),
    ],
)
def test_field_says_what_to_do_until_it_is_mended(editor: PlanEditor, field: str, text: str, advice: str) -> None:
    retype(line(editor, field), text)
    place = {"Minutes of the show": None, "Currency": None}.get(field, 0)
    if field == "Name" and text == "TEAPOT":
        place = 1
        table(editor).choose_row(1)
    assert advice in texts(editor)
    assert "One field is to be mended before you can save." in texts(editor)
    assert not button(editor, "Save").isEnabled()
    if place is not None:
        wrong = [table(editor).model().index(place, column) for column in range(3)]
        assert advice in [index.data(Qt.ItemDataRole.ToolTipRole) for index in wrong]
    undo(editor)
    assert advice not in texts(editor)


def test_what_is_to_be_mended_is_found_among_many(editor: PlanEditor) -> None:
    table(editor).choose_row(2)
    retype(line(editor, "Price"), "abc")
    table(editor).choose_row(0)
    button(editor, "Show what is to be mended").setFocus()
    press(editor, Qt.Key.Key_Space)
    assert editor.focusWidget() is line(editor, "Price")
    assert line(editor, "Name").text() == "bowl"
    retype(line(editor, "Currency"), "x")
    QTest.mouseClick(button(editor, "Show what is to be mended"), Qt.MouseButton.LeftButton)
    assert editor.focusWidget() is line(editor, "Currency")


def test_products_are_ordered_by_keys_and_it_can_be_undone(editor: PlanEditor) -> None:
    table(editor).setFocus()
    press(editor, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    press(editor, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(editor) == ["teapot", "lamp", "bowl"]
    press(editor, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    press(editor, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(editor) == ["teapot", "bowl", "lamp"]
    assert line(editor, "Name").text() == "lamp"
    press(editor, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(editor) == ["teapot", "lamp", "bowl"]
    for _ in range(3):
        undo(editor)
    assert names(editor) == ["lamp", "teapot", "bowl"]
    redo(editor)
    assert names(editor) == ["teapot", "lamp", "bowl"]


@pytest.mark.parametrize(("row", "order"), [(0, "bowl lamp teapot"), (1, "lamp bowl teapot"), (-1, "lamp teapot bowl")])
def test_row_is_dropped_between_two_others(editor: PlanEditor, row: int, order: str) -> None:
    model = table(editor).model()
    data = model.mimeData([model.index(2, 0), model.index(2, 1)])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())
    assert names(editor) == order.split()


def test_removed_products_come_back(editor: PlanEditor) -> None:
    table(editor).setFocus()
    press(editor, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    press(editor, Qt.Key.Key_Delete)
    assert names(editor) == ["bowl"]
    press(editor, Qt.Key.Key_Delete)
    assert "What will you show?" in texts(editor)
    assert editor.focusWidget() is button(editor, "Add product")
    undo(editor)
    undo(editor)
    assert finished(editor.draft) == PLAN
    QTest.mouseClick(button(editor, "Remove this product"), Qt.MouseButton.LeftButton)
    assert names(editor) == ["lamp", "bowl"]


def test_cell_is_changed_in_the_table(qtbot: QtBot, editor: PlanEditor) -> None:
    view = table(editor)
    view.setFocus()
    press(editor, Qt.Key.Key_Right)
    press(editor, Qt.Key.Key_Return)
    cell = view.findChildren(QLineEdit)[0]
    assert (cell.text(), cell.accessibleName()) == ("24.50", "Price")
    cell.selectAll()
    QTest.keyClicks(cell, "25")
    QTest.keyClick(cell, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: editor.draft.products[0].price == "25")
    assert line(editor, "Price").text() == "25"


def test_typing_in_one_field_is_undone_at_once_and_returns_to_clean(editor: PlanEditor) -> None:
    retype(line(editor, "Name"), "lantern")
    retype(line(editor, "Price"), "25")
    undo(editor)
    assert (editor.draft.products[0].name, editor.draft.products[0].price) == ("lantern", "24.50")
    undo(editor)
    assert finished(editor.draft) == PLAN
    assert not editor.isWindowModified()
    assert not button(editor, "Undo").isEnabled()


def test_lists_are_written_one_entry_a_line(editor: PlanEditor) -> None:
    for spoken, field in (
        ("Talking points", "talking_points"),
        ("Do not say", "do_not_say"),
        ("Other names", "aliases"),
    ):
        area = named(editor, QPlainTextEdit, spoken)
        area.setFocus()
        QTest.keyClicks(area, "one thing")
        QTest.keyClick(area, Qt.Key.Key_Return)
        QTest.keyClicks(area, "another")
        assert getattr(finished(editor.draft).products[0], field) == ("one thing", "another")
        undo(editor)
        assert getattr(finished(editor.draft).products[0], field) == ()


def test_kind_language_and_sponsor_are_chosen(editor: PlanEditor) -> None:
    kind, language = (named(editor, QComboBox, spoken) for spoken in ("Kind of show", "Language"))
    QTest.keyClick(kind, Qt.Key.Key_Down)
    QTest.keyClick(language, Qt.Key.Key_Down)
    assert not line(editor, "Sponsor").isEnabled()
    QTest.keyClick(named(editor, QAbstractButton, "Somebody pays for this show"), Qt.Key.Key_Space)
    retype(line(editor, "Sponsor"), "Pine")
    plan = finished(editor.draft)
    assert (plan.mode, plan.language, plan.sponsored, plan.sponsor) == ("gaming", "zh", True, "Pine")


def test_example_fills_an_empty_plan_and_can_be_undone(qtbot: QtBot, look: Look) -> None:
    editor = shown(qtbot, look)
    button(editor, "A talk show").setFocus()
    press(editor, Qt.Key.Key_Space)
    assert finished(editor.draft) == read_templates()["talk"]
    undo(editor)
    assert editor.draft == PlanDraft()


def test_new_plan_begins_empty_or_from_an_example_and_leaves_the_old_file(editor: PlanEditor, path: Path) -> None:
    menu = editor.findChildren(QMenu)[0]
    retype(line(editor, "Price"), "abc")
    next(one for one in menu.actions() if one.text() == "A gaming show").trigger()
    assert editor.focusWidget() is button(editor, "Keep editing")
    press(editor, Qt.Key.Key_Tab)
    press(editor, Qt.Key.Key_Space)
    assert finished(editor.draft) == read_templates()["gaming"]
    assert editor.windowTitle() == "New plan[*] – MartLive"
    next(one for one in menu.actions() if one.text() == "Empty plan").trigger()
    QTest.mouseClick(button(editor, "Do not save"), Qt.MouseButton.LeftButton)
    assert editor.draft == PlanDraft()
    assert read_plan(path) == PLAN


def import_table(editor: PlanEditor, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(button(editor, "Import CSV…"), Qt.MouseButton.LeftButton)


def test_table_is_imported_and_its_other_lines_are_named(
    editor: PlanEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv = tmp_path / "shop.csv"
    csv.write_text("Titel;Preis\nvase;12,50\nLAMP;3\n" + ";1\n" * 6, encoding="utf-8")
    import_table(editor, csv, monkeypatch)
    assert names(editor) == ["lamp", "teapot", "bowl", "vase"]
    said = next(text for text in texts(editor) if "These lines are not" in text).splitlines()
    assert said[1] == 'Line 3: the name "LAMP" is taken; give each product its own.'
    assert said[-1] == "… and 2 more."
    press(editor, Qt.Key.Key_Space)
    undo(editor)
    assert finished(editor.draft) == PLAN
    import_table(editor, tmp_path / "none.csv", monkeypatch)
    assert any(text.endswith("check its name.") for text in texts(editor))


def test_unsaved_work_is_asked_about_once(editor: PlanEditor, path: Path) -> None:
    retype(line(editor, "Title"), "Friday")
    assert not editor.close()
    assert "This plan has changes that are not saved yet." in texts(editor)
    press(editor, Qt.Key.Key_Escape)
    assert "This plan has changes that are not saved yet." not in texts(editor)
    assert not editor.close()
    QTest.mouseClick(button(editor, "Keep editing"), Qt.MouseButton.LeftButton)
    assert editor.isVisible()
    assert not editor.close()
    QTest.mouseClick(button(editor, "Do not save"), Qt.MouseButton.LeftButton)
    assert not editor.isVisible()
    assert read_plan(path) == PLAN


def test_work_is_saved_before_another_plan_is_opened(editor: PlanEditor, path: Path, tmp_path: Path) -> None:
    write_plan(ShowPlan(title="Other"), tmp_path / "other.toml")
    retype(line(editor, "Title"), "Friday")
    editor.open_plan(tmp_path / "other.toml")
    press(editor, Qt.Key.Key_Space)
    assert read_plan(path).title == "Friday"
    assert line(editor, "Title").text() == "Other"
    assert editor.windowTitle() == "other.toml[*] – MartLive"


def test_plan_that_cannot_be_opened_says_why_and_leaves_the_other(editor: PlanEditor, tmp_path: Path) -> None:
    editor.open_plan(tmp_path / "none.toml")
    assert f"There is no plan at {tmp_path / 'none.toml'}; check the name." in texts(editor)
    assert finished(editor.draft) == PLAN


def test_disk_that_is_full_is_told_and_nothing_is_lost(qtbot: QtBot, look: Look, path: Path) -> None:
    def full(_plan: ShowPlan, _path: Path) -> None:
        raise PlanInvalid("The disk is full; make room.")

    editor = PlanEditor(look, replace(files(), write=full))
    qtbot.addWidget(editor)
    editor.show()
    editor.open_plan(path)
    retype(line(editor, "Title"), "Friday")
    QTest.mouseClick(button(editor, "Save"), Qt.MouseButton.LeftButton)
    assert "The disk is full; make room." in texts(editor)
    assert editor.isWindowModified()
    assert read_plan(path) == PLAN


def test_save_as_writes_over_nothing_that_was_not_named(
    editor: PlanEditor, tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "plan"), ""))
    retype(line(editor, "Title"), "Friday")
    QTest.mouseClick(button(editor, "Save as…"), Qt.MouseButton.LeftButton)
    assert "plan.toml is there already. Choose it, or another name." in texts(editor)
    assert read_plan(path) == PLAN
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    QTest.mouseClick(button(editor, "Save as…"), Qt.MouseButton.LeftButton)
    assert editor.isWindowModified()


def test_pictures_are_added_shown_and_removed(
    qtbot: QtBot, editor: PlanEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, gone = tmp_path / "good.png", tmp_path / "gone.jpg"
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill("#c02040")
    assert image.save(str(good))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(gone), str(good)], ""))
    add = button(editor, "Add pictures…")
    add.setFocus()
    press(editor, Qt.Key.Key_Space)
    assert pictures_of(editor) == [str(gone), str(good)]
    index = table(editor).model().index(0, 0)
    advice = "gone.jpg is not there any more. Add the picture again."
    qtbot.waitUntil(lambda: index.data(Qt.ItemDataRole.ToolTipRole) == advice)
    pictures = named(editor, QListWidget, "Pictures of this product")
    pictures.setFocus()
    press(editor, Qt.Key.Key_Delete)
    assert pictures_of(editor) == [str(good)]
    editor.grab()
    (model,) = editor.findChildren(ProductModel)
    qtbot.waitUntil(lambda: model.picture_of(0)[0] is not None)
    undo(editor)
    assert pictures_of(editor) == [str(gone), str(good)]


def test_picture_is_decoded_only_if_it_is_one_of_a_usual_size(tmp_path: Path) -> None:
    text, wide, good = tmp_path / "text.png", tmp_path / "wide.png", tmp_path / "good.png"
    text.write_text("no picture", encoding="utf-8")
    huge = QImage(10_000, MOST_PIXELS // 10_000 + 1, QImage.Format.Format_Mono)
    huge.fill(0)
    assert huge.save(str(wide))
    assert QImage(300, 3, QImage.Format.Format_RGB32).save(str(good))
    assert [read_small(str(one), 64).fault for one in (text, wide, tmp_path)] == ["unreadable", "too_large", "missing"]
    assert (read_small(str(good), 64).image.width(), read_small(str(good), 64).image.height()) == (64, 1)


def test_pictures_scrolled_past_are_not_read(qtbot: QtBot, editor: PlanEditor, tmp_path: Path) -> None:
    pictures = SmallPictures(32, editor)
    asked = [str(tmp_path / f"{number}.png") for number in range(300)]
    with qtbot.waitSignal(pictures.picture_read):
        for one in asked:
            pictures.get(one)
    pictures.stop()
    last = str(tmp_path / "last.png")
    qtbot.waitUntil(lambda: pictures.get(last) is not None)


def test_many_products_stay_rows_of_one_view(qtbot: QtBot, look: Look, tmp_path: Path) -> None:
    many = ShowPlan(products=tuple(Product(f"item {number}", price=1.0 + number) for number in range(500)))
    write_plan(many, tmp_path / "many.toml")
    editor = shown(qtbot, look, tmp_path / "many.toml")
    few = len(shown(qtbot, look).findChildren(QWidget))
    assert len(editor.findChildren(QWidget)) < few + 20
    table(editor).setFocus()
    press(editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert line(editor, "Name").text() == "item 499"
    assert finished(editor.draft) == many


def test_everything_that_takes_the_keyboard_has_a_name(editor: PlanEditor) -> None:
    button(editor, "Add product").setFocus()
    seen: list[QWidget] = []
    while editor.focusWidget() not in seen:
        seen.append(editor.focusWidget())
        press(editor, Qt.Key.Key_Tab)
    spoken = [one.accessibleName() or getattr(one, "text", str)() for one in seen]
    assert all(spoken)
    wanted = ["Title", "Kind of show", "Language", "Currency", "Minutes of the show", "Products", "Add product"]
    assert [one for one in spoken if one in wanted] == ["Add product", *wanted[:-1]]
    reached = set(spoken)
    assert {"New", "Open…", "Save as…", "Import CSV…", "Name", "Price", "Facts", "Do not say"} <= reached


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
@pytest.mark.parametrize(("width", "font_px"), [(720, 20), (1120, 32)])
def test_every_theme_and_size_is_painted(
    qtbot: QtBot, look: Look, path: Path, theme: Theme, width: int, font_px: int
) -> None:
    editor = shown(qtbot, replace(look, theme=theme, font_px=font_px), path)
    editor.resize(width, 700)
    retype(line(editor, "Price"), "abc")
    image = editor.grab().toImage()
    assert image.pixelColor(4, 4).name() == surface_of(theme).window
    assert isinstance(table(editor), QTableView)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_words_of_the_editor_can_be_read(theme: Theme) -> None:
    surface = surface_of(theme)
    chosen = mix(surface.accent, surface.raised, CHOSEN_SHARE)
    assert contrast(theme.critical, surface.raised, surface.raised) >= 4.5
    assert contrast(theme.text, chosen, chosen) >= 4.5


TYPED = st.sampled_from(["", " ", "5", "0", "0,1", "19,90", "1.299", "1e5", "1441", "9999999999", "abc", "nan", "-1"])
DRAFTS = st.builds(
    PlanDraft,
    title=st.text(max_size=5),
    minutes=TYPED,
    currency=st.sampled_from(["usd", "EUR ", "$", ""]),
    products=st.lists(
        st.builds(
            ProductDraft,
            name=st.text(alphabet="aAß \n1", max_size=3),
            price=TYPED,
            minutes=TYPED,
            facts=st.text(alphabet="a \r\n\x85", max_size=5),
            pictures=st.lists(st.sampled_from(["/a b.jpg", "/a  b.jpg"]), max_size=1).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drafts")


@given(DRAFTS)
def test_draft_without_problems_is_a_plan_that_is_read_again(folder: Path, draft: PlanDraft) -> None:
    if not problems_of(draft):
        plan = finished(draft)
        write_plan(plan, folder / "plan.toml")
        assert read_plan(folder / "plan.toml") == plan
        assert finished(drafted(plan)) == plan
