"""Messages that hold nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from martlive_desktop.ui.notice import Notice

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look


# The platform without a screen says this of every window with a frame.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def boxes() -> list[QMessageBox]:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible()]


def buttons(box: QMessageBox) -> dict[str, QPushButton]:
    return {one.text(): one for one in box.findChildren(QPushButton)}


def test_message_says_its_sentence_and_can_be_closed(qtbot: QtBot, look: Look) -> None:
    notice = Notice(look)
    notice.say("Hotkey taken", "Choose other keys.")
    [box] = boxes()
    assert (box.informativeText(), box.isModal(), list(buttons(box))) == ("Choose other keys.", False, ["Close"])
    buttons(box)["Close"].click()
    qtbot.waitUntil(lambda: not boxes())


def test_offer_is_taken_with_a_click(qtbot: QtBot, look: Look) -> None:
    taken: list[str] = []
    notice = Notice(look)
    notice.offer("No microphone", "Plug one in.", "Watch the demo show", lambda: taken.append("demo"))
    [box] = boxes()
    buttons(box)["Watch the demo show"].click()
    assert taken == ["demo"]
    qtbot.waitUntil(lambda: not boxes())


def test_newer_message_takes_the_place_of_the_older(qtbot: QtBot, look: Look) -> None:
    notice = Notice(look)
    notice.say("One", "First.")
    notice.say("Two", "Second.")
    qtbot.waitUntil(lambda: [box.informativeText() for box in boxes()] == ["Second."])
    notice.close()
    qtbot.waitUntil(lambda: not boxes())
