"""What is heard and seen is shown while somebody looks, and costs nothing otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from martlive_desktop.core.events import Screen, SessionStarted, Transcript
from martlive_desktop.desktop_senses import SensesDesk
from martlive_desktop.settings import ChatSettings, MicrophoneSettings, ObsSettings, Settings
from martlive_desktop.ui.senses_window import LoadRow, SensesWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

STARTED = SessionStarted(0, "0", "selling", "microphone", ("m",), "d")


@dataclass
class Show:
    pids: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def desk(qtbot: QtBot, look: Look) -> Iterator[SensesDesk]:
    desk = SensesDesk(look, Settings(), Show())  # type: ignore[arg-type]
    yield desk
    desk.close()
    desk.deleteLater()


def window() -> SensesWindow:
    [found] = [w for w in QApplication.topLevelWidgets() if isinstance(w, SensesWindow) and w.isVisible()]
    return found


def test_words_that_came_before_the_window_are_on_it(desk: SensesDesk) -> None:
    desk.post(STARTED)
    desk.post(Transcript(1_000, is_final=True, utterance=0, text="a warm scarf", words=()))
    desk.open()
    assert window()._state.sentences == ("a warm scarf",)
    assert window()._state.is_running


def test_words_come_while_somebody_looks(qtbot: QtBot, desk: SensesDesk) -> None:
    desk.open()
    desk.post(STARTED)
    desk.post(Transcript(1_000, is_final=False, utterance=0, text="look at", words=()))
    qtbot.waitUntil(lambda: window()._state.partial == "look at")


def test_load_of_the_app_is_measured(qtbot: QtBot, desk: SensesDesk) -> None:
    desk.open()
    rows = window().findChildren(LoadRow)
    qtbot.waitUntil(lambda: [row.isVisible() for row in rows].count(True) == 1, timeout=5_000)
    [row] = [row for row in rows if row.isVisible()]
    assert re.fullmatch(r"MartLive itself: \d+ %, [\d.]+ [MG]B", row.spoken)


def test_nothing_runs_while_nobody_looks(qtbot: QtBot, desk: SensesDesk) -> None:
    pixels = np.zeros((9, 16, 3), np.uint8)
    with qtbot.assertNotEmitted(desk._pictured):
        desk.take_picture(pixels)
    desk.open()
    desk.post(STARTED)
    desk.post(Screen(0, scene="", is_black=False, is_frozen=False, brightness=0.5, is_cut=False))
    with qtbot.waitSignal(desk._pictured):
        desk.take_picture(pixels)
    desk.hide()
    assert not desk._render.isActive()
    assert not desk._measure.isActive()


def test_what_leaves_the_computer_is_named(desk: SensesDesk) -> None:
    desk.use(
        Settings(
            chat=ChatSettings(twitch="rosa"),
            obs=ObsSettings(is_on=True, captions=True),
            microphone=MicrophoneSettings(device="Yeti"),
        )
    )
    desk.open()
    assert window()._state.outside == (
        "Twitch is asked for the chat of rosa.",
        "What you say goes out as captions while you stream.",
    )
    assert window()._state.microphone == "Yeti"


def test_another_look_keeps_the_window_open(desk: SensesDesk, look: Look) -> None:
    desk.open()
    first = window()
    desk.use_look(look)
    assert window() is not first
