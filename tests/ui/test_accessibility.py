"""Every window can be used with the keys alone, by a screen reader, and with poor sight."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QPoint, QRect, QSize, Qt, QTranslator
from PySide6.QtGui import QAccessible, QColor, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QWidget,
)

from martlive_desktop.ui import first_run_parts, history_details, scene_rows, senses_window, window_style
from martlive_desktop.ui.drag_region import RegionView
from martlive_desktop.ui.fields import CHOSEN_SHARE, Tick
from martlive_desktop.ui.notice import Notice
from martlive_desktop.ui.screen_picker import ScreenPicker
from martlive_desktop.ui.senses_window import Card
from martlive_desktop.ui.strip import Line
from martlive_desktop.ui.theme import THEMES, Look, Theme
from martlive_desktop.ui.translation import install_translation
from martlive_desktop.ui.tray import Tray
from martlive_desktop.ui.window_style import mix, surface_of
from tests import screens
from tests.ui.conftest import RESOURCES
from tests.ui.test_theme import contrast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore(
    "does not support (raise|lower|setting window opacity|propagateSizeHints|grabbing the keyboard)"
)

DECORATIONS = (
    first_run_parts.ProgressLine,
    first_run_parts.Sign,
    history_details.MeasureBar,
    scene_rows.Mark,
    senses_window.Curve,
    senses_window.Mark,
    window_style.NoteMark,
)
"""What is drawn beside words that say the same."""

LEAST_TEXT, LEAST_EDGE = 4.5, 3.0
"""Source: WCAG 2.2, criteria 1.4.3 and 1.4.11."""

LEAST_TARGET_PX = 24
"""Source: WCAG 2.2, criterion 2.5.8."""

ROW_PX = 8
"""So far two widgets may be apart and still stand in one row."""

DIALOGS = [name for name in screens.WINDOWS if name != "tray-menu"]
TOURED = [name for name in DIALOGS if name != "settings-keys-recording"]
"""While keys are recorded, Tab is one of them; Escape ends that."""

LARGEST_PX = 32
ROOMY_PX = QSize(1600, 960)
"""Of a window on a usual monitor: on the small one of these tests, some words are scrolled to or left out at their end."""


@pytest.fixture
def build(look: Look) -> Iterator[Callable[..., QWidget]]:
    """Makes a window by its name, with text of a size."""
    made: list[QWidget] = []

    def build(name: str, font_px: int = 20, theme: Theme | None = None) -> QWidget:
        chosen = replace(look, font_px=font_px, theme=theme or look.theme, is_motion_reduced=True)
        made.append(screens.WINDOWS[name](chosen))
        screens.settle()
        return made[-1]

    yield build
    for window in made:
        screens.discard(window)


@pytest.fixture(params=screens.LANGUAGES)
def spoken(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    """The language of the windows."""
    before = QLocale()
    install_translation(qapp, request.param, RESOURCES)
    yield request.param
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


def parts(window: QWidget) -> list[QWidget]:
    """What can be seen in `window`."""
    return [one for one in (window, *window.findChildren(QWidget)) if one.isVisible() and one.window() is window]


def stops(window: QWidget) -> list[QWidget]:
    """What Tab has to reach."""
    return [
        one
        for one in parts(window)
        if one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.focusProxy() is None
    ]


def tour(window: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """Where `key` leads, once around, from where the keyboard is."""
    window.activateWindow()
    first = window.focusWidget()
    assert first is not None
    seen = [first]
    for _ in range(len(stops(window)) + 2):
        QTest.keyClick(window.focusWidget(), key)
        at = window.focusWidget()
        if at is first:
            return seen
        seen.append(at)
    raise AssertionError(f"the keyboard does not come back: {[described(one) for one in seen]}")


def name_of(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def turn_to(window: QWidget, spoken: str) -> QWidget:
    """Press Tab until what is called `spoken` has the keyboard."""
    for _ in stops(window):
        if window.focusWidget().accessibleName() == spoken or name_of(window.focusWidget()) == spoken:
            break
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    return window.focusWidget()


def described(widget: QWidget) -> str:
    return f"{type(widget).__name__} “{name_of(widget)}”"


def branches(one: QWidget, other: QWidget) -> tuple[QRect, QRect]:
    """Where both lie in the smallest widget that holds them, each with what holds it there."""
    above: list[QWidget] = []
    at: QWidget | None = one
    while at is not None:
        above.append(at)
        at = at.parentWidget()
    second = other
    while (parent := second.parentWidget()) is not None and parent not in above:
        second = parent
    assert parent is not None
    first = above[above.index(parent) - 1]
    return placed(first, parent), placed(second, parent)


def placed(widget: QWidget, parent: QWidget) -> QRect:
    return QRect(widget.mapTo(parent, QPoint()), widget.size())


def is_read_before(one: QWidget, other: QWidget) -> bool:
    """Whether `one` comes before `other` from top to bottom, in a row from left to right, column after column."""
    before, after = branches(one, other)
    if after.bottom() <= before.top() + ROW_PX:
        return after.left() >= before.right() - ROW_PX
    is_one_row = after.top() < before.bottom() - ROW_PX
    return not (is_one_row and after.right() <= before.left() + ROW_PX)


@pytest.mark.parametrize("name", DIALOGS)
def test_everything_that_is_used_or_tells_something_has_a_name(build: Callable[..., QWidget], name: str) -> None:
    window = build(name)
    telling = [
        one
        for one in parts(window)
        if type(one).__module__.startswith("martlive_desktop")
        and "paintEvent" in vars(type(one))
        and not isinstance(one, (*DECORATIONS, QLabel))
    ]
    assert [described(one) for one in (*stops(window), *telling) if not name_of(one).strip()] == []


@pytest.mark.parametrize("name", TOURED)
def test_tab_reaches_all_in_reading_order_and_comes_back(build: Callable[..., QWidget], name: str) -> None:
    window = build(name)
    seen = tour(window)
    assert {described(one) for one in stops(window)} - {described(one) for one in seen} == set()
    steps = pairwise((*seen, seen[0]))
    back = [(described(a), described(b)) for a, b in steps if a is not b and not is_read_before(a, b)]
    # Once around leads back to the beginning once.
    assert len(back) <= 1, back


@pytest.mark.parametrize("name", TOURED)
def test_shift_tab_goes_the_same_way_back(build: Callable[..., QWidget], name: str) -> None:
    window = build(name)
    there = tour(window)
    back = tour(window, Qt.Key.Key_Backtab)
    assert [described(one) for one in back[:1] + back[:0:-1]] == [described(one) for one in there]


@pytest.mark.parametrize(
    "name",
    [
        "notice",
        "viewers",
        "stream-panel",
        "plan",
        "settings-1",
        "settings-keys-taken",
        "first-run-1-language",
        "senses",
        "history",
        "model-view",
    ],
)
def test_ctrl_w_closes(build: Callable[..., QWidget], name: str) -> None:
    window = build(name)
    QTest.keySequence(window.focusWidget(), QKeySequence(QKeySequence.StandardKey.Close))
    assert not window.isVisible()


@pytest.mark.parametrize(
    "name", ["tray-menu", "notice", "notice-offer", "viewers", "stream-panel", "senses", "history"]
)
def test_escape_closes(build: Callable[..., QWidget], name: str) -> None:
    window = build(name)
    QTest.keyClick(window if name == "tray-menu" else window.focusWidget(), Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_ctrl_w_asks_before_work_is_lost(build: Callable[..., QWidget]) -> None:
    window = build("plan-to-mend")
    QTest.keySequence(window.focusWidget(), QKeySequence(QKeySequence.StandardKey.Close))
    assert window.isVisible()
    assert name_of(window.focusWidget()) == "Keep editing"
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    assert not window.isVisible()


def test_part_of_the_screen_is_cut_out_with_keys(qtbot: QtBot, build: Callable[..., QWidget]) -> None:
    window = build("viewers-part")
    assert isinstance(window, ScreenPicker)
    assert isinstance(window.focusWidget(), RegionView)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Right)
    with qtbot.waitSignal(window.region_drawn) as told:
        QTest.keyClick(turn_to(window, "Watch this part"), Qt.Key.Key_Space)
    assert told.args is not None
    assert told.args[0] == "monitor:DP-1"


def test_escape_leaves_the_part_and_not_the_window(build: Callable[..., QWidget]) -> None:
    window = build("viewers-part")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.isVisible()
    assert [one for one in parts(window) if isinstance(one, QLabel) and one.text() == "A part of the screen"] == []


def test_offer_is_taken_with_enter_and_can_be_closed_with_the_keys(qapp: QApplication, look: Look) -> None:
    taken: list[str] = []
    notice = Notice(look)
    for keys in ((Qt.Key.Key_Return,), (Qt.Key.Key_Tab, Qt.Key.Key_Space)):
        notice.offer("No microphone", "Plug one in.", "Watch the demo show", lambda: taken.append("demo"))
        box = next(one for one in qapp.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible())
        box.activateWindow()
        for key in keys:
            QTest.keyClick(box.focusWidget(), key)
        assert not box.isVisible()
    assert taken == ["demo"]
    notice.close()


def test_menu_of_the_tray_is_used_with_the_keys(qtbot: QtBot, look: Look) -> None:
    tray = Tray(look)
    tray.menu.popup(QPoint())
    with qtbot.waitSignal(tray.visibility_requested) as told:
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(tray.menu, key)
    assert told.args == [False]
    tray.close()
    screens.discard(tray.menu)


def test_cards_of_the_senses_are_read_one_after_the_other(build: Callable[..., QWidget]) -> None:
    window = build("senses")
    read = [one.accessibleName() for one in tour(window) if isinstance(one, Card)]
    assert read == ["Hearing", "Seeing", "Chat", "Load", "Privacy"]


def test_question_is_shown_from_the_panel_by_tab_and_space(qtbot: QtBot, build: Callable[..., QWidget]) -> None:
    window = build("stream-panel")
    QTest.keyClick(turn_to(window, "Question"), Qt.Key.Key_Down)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    with qtbot.waitSignal(window.question_put) as told:  # type: ignore[attr-defined]
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    assert told.args is not None
    assert told.args[0].user == "kim_bakes"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_words_on_every_surface_can_be_read(theme: Theme) -> None:
    surface = surface_of(theme)
    lit = mix(surface.accent, surface.raised, CHOSEN_SHARE)
    pairs = [(text, ground) for text in (theme.text, theme.text_dim) for ground in grounds(theme)]
    pairs += [
        (theme.text, lit),
        (surface.hint, surface.window),
        (surface.on_accent, surface.accent),
    ]
    pairs += [
        (text, ground)
        for text in (theme.critical, theme.now, theme.praise, surface.accent)
        for ground in (surface.window, surface.raised)
    ]
    poor = {pair: round(contrast(*pair, "#000000"), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < LEAST_TEXT} == {}


def grounds(theme: Theme) -> tuple[str, ...]:
    surface = surface_of(theme)
    return surface.window, surface.raised, surface.hover


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_fields_and_the_focus_stand_out(theme: Theme) -> None:
    surface = surface_of(theme)
    assert contrast(surface.edge, surface.window, "#000000") >= LEAST_EDGE
    for ground in (surface.window, surface.raised):
        assert contrast(surface.accent, ground, "#000000") >= LEAST_EDGE


def pixels_of(window: QWidget) -> NDArray[np.uint8]:
    """The picture of `window`, shape (height, width, 3): red, green and blue."""
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def best_contrast(pixels: NDArray[np.uint8]) -> float:
    """Of the strongest color in `pixels` to the most common one: of the middle of a letter's line to its ground."""
    colors, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    names = [QColor(*map(int, color)).name() for color in colors]
    ground = names[int(counts.argmax())]
    return max(contrast(name, ground, "#000000") for name in names)


@pytest.mark.parametrize("theme", [THEMES[name] for name in screens.WINDOW_THEMES], ids=screens.WINDOW_THEMES)
@pytest.mark.parametrize(
    "name",
    [
        "viewers",
        "stream-panel",
        "plan-to-mend",
        "settings-keys-taken",
        "senses",
        "history",
        "history-deleting",
        "notice",
    ],
)
def test_words_in_the_picture_can_be_read(build: Callable[..., QWidget], theme: Theme, name: str) -> None:
    window = build(name, theme=theme)
    pixels = pixels_of(window)
    poor = {}
    for one in parts(window):
        text = one.text() if isinstance(one, QLabel | QPushButton) else ""
        seen = one.visibleRegion().boundingRect().translated(one.mapTo(window, QPoint()))
        if text and one.isEnabled() and seen.size() == one.size():
            best = best_contrast(pixels[seen.top() : seen.bottom() + 1, seen.left() : seen.right() + 1])
            if best < LEAST_TEXT:
                poor[described(one)] = round(best, 2)
    assert poor == {}


@pytest.mark.parametrize("name", DIALOGS)
def test_targets_are_large_enough(build: Callable[..., QWidget], name: str) -> None:
    window = build(name)
    kinds = QAbstractButton | QComboBox | QLineEdit | QDoubleSpinBox | RegionView
    aimed = [one for one in parts(window) if isinstance(one, kinds) and not isinstance(one.parent(), QDoubleSpinBox)]
    small = [described(one) for one in aimed if min(one.width(), one.height()) < LEAST_TARGET_PX]
    assert small == []
    for view in (
        one for one in parts(window) if isinstance(one, QAbstractItemView) and not isinstance(one, QHeaderView)
    ):
        index = view.model().index(0, 0)
        assert not index.isValid() or view.visualRect(index).height() >= LEAST_TARGET_PX


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize("font_px", [20, LARGEST_PX])
@pytest.mark.parametrize("name", DIALOGS)
def test_no_word_is_cut_off(build: Callable[..., QWidget], name: str, font_px: int) -> None:
    window = build(name, font_px)
    window.resize(ROOMY_PX)
    screens.settle()
    cut = []
    for one in parts(window):
        if isinstance(one, QLabel) and not isinstance(one, Line) and one.text():
            wanted = one.heightForWidth(one.width()) if one.wordWrap() else one.sizeHint().height()
            if one.height() < wanted or (not one.wordWrap() and one.width() < one.sizeHint().width()):
                cut.append(described(one))
        elif isinstance(one, QPushButton | Tick) and one.text() and one.width() < one.minimumSizeHint().width():
            cut.append(described(one))
    assert cut == []


@pytest.mark.parametrize("name", TOURED)
def test_what_has_the_keyboard_can_be_seen_with_the_largest_text(build: Callable[..., QWidget], name: str) -> None:
    window = build(name, LARGEST_PX)
    hidden = []
    for _ in stops(window):
        screens.settle()
        at = window.focusWidget()
        if at.visibleRegion().boundingRect().height() < min(LEAST_TARGET_PX, at.height()):
            hidden.append(described(at))
        QTest.keyClick(at, Qt.Key.Key_Tab)
    assert hidden == []
