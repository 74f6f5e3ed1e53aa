"""Events of the session thread arrive as states in the Qt thread, not too often."""

from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QThread, QTimer

from martlive_desktop.core.events import Signal, Status, Tip, TipClosed, Transcript
from martlive_desktop.ui.bridge import Bridge
from martlive_desktop.ui.view_state import OverlayState

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

TIP = Tip(5000, "t1", "c1", "price_missing", "Say the price", 2, "rules", 13_000)


class Shown:
    """Keeps what a bridge shows."""

    def __init__(self, bridge: Bridge) -> None:
        self.states: list[OverlayState] = []
        self.threads: set[QThread] = set()
        bridge.state_changed.connect(self.take)

    def take(self, state: OverlayState) -> None:
        self.states.append(state)
        self.threads.add(QThread.currentThread())


@pytest.fixture
def bridge(qtbot: "QtBot") -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.deleteLater()


def test_news_is_told_and_changes_nothing_on_the_screen(qtbot: "QtBot", bridge: Bridge) -> None:
    bridge.post(Status(0, "recogniser", "ready"))
    with qtbot.waitSignal(bridge.news) as told:
        bridge.post(Status(20_000, "recogniser", "language", "You speak English."))
    assert told.args == ["You speak English."]
    assert bridge.state.recogniser == "ready"


def test_event_of_another_thread_is_shown_in_this_one(qtbot: "QtBot", bridge: Bridge) -> None:
    shown = Shown(bridge)
    thread = Thread(target=bridge.post, args=(TIP,))
    with qtbot.waitSignal(bridge.state_changed):
        thread.start()
    thread.join()
    assert [state.tip and state.tip.text for state in shown.states] == ["Say the price"]
    assert shown.threads == {QThread.currentThread()}


def test_measurements_are_shown_together_and_the_last_one_counts(qtbot: "QtBot", bridge: Bridge) -> None:
    shown = Shown(bridge)
    for i in range(50):
        bridge.post(Signal(i * 10, "level", -50.0 + i, "dBFS"))
    qtbot.waitUntil(lambda: bool(shown.states) and shown.states[-1].level_dbfs == -1.0)
    assert len(shown.states) == 2


def test_tips_and_states_do_not_wait_for_the_next_repaint(qtbot: "QtBot", bridge: Bridge) -> None:
    shown = Shown(bridge)
    bridge.post(Signal(0, "level", -20.0, "dBFS"))
    bridge.post(TIP)
    bridge.post(Status(5500, "coach", "off"))
    bridge.post(TipClosed(5500, "t1", "dismissed"))
    qtbot.waitUntil(lambda: len(shown.states) == 3)
    assert [state.tip is not None for state in shown.states] == [False, True, False]


def test_product_is_shown(qtbot: "QtBot", bridge: Bridge) -> None:
    with qtbot.waitSignal(bridge.state_changed):
        bridge.show_product("AquaVac X2", 130_000, "Mop")
    assert (bridge.state.product, bridge.state.time_left_ms, bridge.state.next_product) == (
        "AquaVac X2",
        130_000,
        "Mop",
    )


def test_no_timer_runs_when_nothing_is_pending(qtbot: "QtBot", bridge: Bridge) -> None:
    bridge.post(Transcript(0, True, 0, "hi", ()))
    with qtbot.waitSignal(bridge.state_changed):
        bridge.post(TIP)
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in bridge.findChildren(QTimer)))


def test_last_tip_is_shown_again_until_it_is_sent_away(qtbot: "QtBot", bridge: Bridge) -> None:
    bridge.post(TIP)
    with qtbot.waitSignal(bridge.state_changed):
        bridge.post(TipClosed(13_000, "t1", "expired"))
    qtbot.waitUntil(lambda: bridge.state.tip is None)
    bridge.repeat_tip()
    assert [tip.text for tip in (bridge.state.tip,) if tip] == ["Say the price"]
    assert [bridge.end_repeat(), bridge.end_repeat()] == [True, False]
