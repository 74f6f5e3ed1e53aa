"""The streamer decides by keyboard alone what stands on the stream window."""

from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLineEdit, QWidget

from martlive_desktop.core.events import Chat
from martlive_desktop.ui.stream_panel import StreamPanel
from martlive_desktop.ui.theme import Look

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

QUESTIONS = [Chat(2_000, "Kim", "Does it dim?", "twitch"), Chat(1_000, "Rosa", "Safe for cats?", "twitch")]
Part = TypeVar("Part", bound=QWidget)


@pytest.fixture
def panel(qtbot: "QtBot", look: Look) -> StreamPanel:
    panel = StreamPanel(look)
    qtbot.addWidget(panel)
    panel.show_choices(is_on=False, size="portrait")
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def named(panel: StreamPanel, kind: type[Part], name: str) -> Part:
    return next(w for w in panel.findChildren(kind) if name in (w.accessibleName(), getattr(w, "text", str)()))


def press(widget: QWidget) -> None:
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_Space)


@pytest.mark.parametrize(
    ("text", "signal", "asked"),
    [
        ("Open the stream window", "window_switched", [True]),
        ("The product on show, with its price", "card_switched", ["product", False]),
        ("Live captions of what you say", "card_switched", ["captions", False]),
        ("Show my coach’s tips to viewers, too", "tips_switched", [True]),
    ],
)
def test_switch_says_what_it_switches(
    qtbot: "QtBot", panel: StreamPanel, text: str, signal: str, asked: list[object]
) -> None:
    with qtbot.waitSignal(getattr(panel, signal)) as told:
        press(named(panel, QCheckBox, text))
    assert told.args == asked


def test_size_is_chosen(qtbot: "QtBot", panel: StreamPanel) -> None:
    size = named(panel, QComboBox, "Size")
    assert size.currentData() == "portrait"
    with qtbot.waitSignal(panel.size_chosen) as told:
        QTest.keyClick(size, Qt.Key.Key_Down)
    assert told.args == ["bar"]


def test_question_of_the_chat_is_put_on_screen_and_taken_away(qtbot: "QtBot", panel: StreamPanel) -> None:
    show = named(panel, QAbstractButton, "Show the question")
    assert not show.isEnabled()
    panel.list_questions(QUESTIONS[1:])
    panel.list_questions(QUESTIONS)
    assert named(panel, QComboBox, "Question").currentText() == "Rosa: Safe for cats?"
    with qtbot.waitSignal(panel.question_put) as told:
        press(show)
    assert told.args == [QUESTIONS[1]]
    with qtbot.waitSignal(panel.question_put) as told:
        press(named(panel, QAbstractButton, "Take the question away"))
    assert told.args == [None]


def test_countdown_starts_with_its_words(qtbot: "QtBot", panel: StreamPanel) -> None:
    minutes = named(panel, QComboBox, "Minutes")
    for _ in range(2):
        QTest.keyClick(minutes, Qt.Key.Key_Up)
    with qtbot.waitSignal(panel.countdown_put) as told:
        press(named(panel, QAbstractButton, "Start the countdown"))
    assert told.args == ["Sale ends in", 180_000]
    with qtbot.waitSignal(panel.countdown_put) as told:
        press(named(panel, QAbstractButton, "Take the countdown away"))
    assert told.args == ["", 0]


def test_giveaway_needs_something_to_win(qtbot: "QtBot", panel: StreamPanel) -> None:
    show = named(panel, QAbstractButton, "Show the giveaway")
    assert not show.isEnabled()
    QTest.keyClicks(named(panel, QLineEdit, "What can be won"), "A lamp")
    QTest.keyClicks(named(panel, QLineEdit, "What to do for it"), "Write LAMP")
    with qtbot.waitSignal(panel.giveaway_put) as told:
        press(show)
    assert told.args == ["A lamp", "Write LAMP"]
    with qtbot.waitSignal(panel.giveaway_put) as told:
        press(named(panel, QAbstractButton, "Take the giveaway away"))
    assert told.args == ["", ""]


def test_everything_that_can_be_used_has_a_name(panel: StreamPanel) -> None:
    for kind in (QAbstractButton, QComboBox, QLineEdit):
        for widget in panel.findChildren(kind):
            if widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert widget.accessibleName() or getattr(widget, "text", str)()
