"""The running program asks for updates when it may, and fetches them while no show runs."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QCheckBox, QPushButton

from martlive_desktop import desktop_updates
from martlive_desktop.core.errors import MartLiveError, UpdateRefused, UpdateUnavailable
from martlive_desktop.desktop_updates import UpdatesDesk
from martlive_desktop.settings import Settings, UpdateSettings
from martlive_desktop.ui.settings_controls import Offer
from martlive_desktop.ui.settings_window import SettingsWindow
from martlive_desktop.updating import Answer, updates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)"),
]

NEW = Answer("MartLive 1.1.0 is there: 2.0 MB to fetch.", "1.0.0", "1.1.0", "A kinder coach.", 2_000_000, is_new=True)
NONE = Answer("MartLive 1.0.0 is the newest.", "1.0.0", "1.0.0")
HERE = Answer("MartLive 1.1.0 is here; it starts the next time.", "1.0.0", "1.1.0")


class FakeUpdates:
    """Answers as it is told; a fetch goes on until it may end or is stopped."""

    def __init__(self) -> None:
        self.answer: Answer | MartLiveError = NEW
        self.news = ""
        self.did: list[str] = []
        self.may_end = threading.Event()
        self.fetches = threading.Event()

    def check(self) -> Answer:
        self.did.append("check")
        if isinstance(self.answer, MartLiveError):
            raise self.answer
        return self.answer

    def fetch(self, progress: Callable[[int, int], None], stop: threading.Event) -> Answer:
        self.did.append("fetch")
        progress(1_000_000, 2_000_000)
        self.fetches.set()
        while not self.may_end.wait(0.01):
            if stop.is_set():
                self.did.append("stopped")
                raise UpdateUnavailable("Stopped.")
        return HERE

    def stood(self) -> None:
        self.did.append("stood")

    def take_news(self) -> str:
        return self.news


class Told:
    """What a desk said."""

    def __init__(self, desk: UpdatesDesk) -> None:
        self.offers: list[Offer] = []
        self.said: list[str] = []
        self.offered: list[str] = []
        desk.offer_changed.connect(self.offers.append)
        desk.said.connect(self.said.append)
        desk.offered.connect(self.offered.append)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> FakeUpdates:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(desktop_updates, "FIRST_CHECK_MS", 0)
    monkeypatch.setattr(desktop_updates, "LOOK_MS", 10)
    return FakeUpdates()


@pytest.fixture
def shows() -> list[str]:
    """The shows that run."""
    return []


@pytest.fixture
def desk(qtbot: QtBot, found: FakeUpdates, shows: list[str]) -> Iterator[UpdatesDesk]:
    desk = UpdatesDesk(lambda: found, lambda: bool(shows))  # type: ignore[arg-type,return-value]
    yield desk
    desk.close()
    desk.deleteLater()


def test_nothing_is_asked_unless_the_user_turned_it_on(
    qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop_updates, "STOOD_MS", 50)
    assert Settings().updates == UpdateSettings(check_at_start=False)
    desk.begin(UpdateSettings())
    qtbot.waitUntil(lambda: found.did == ["stood"])


def test_newer_version_is_offered_and_fetched_when_asked_for(
    qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates
) -> None:
    told = Told(desk)
    desk.begin(UpdateSettings(check_at_start=True))
    qtbot.waitUntil(lambda: told.offered == ["MartLive 1.1.0 is there: 2.0 MB to fetch. A kinder coach."])
    assert found.did == ["check"]
    assert told.offers[-1] == Offer("Fetch it", "MartLive 1.1.0 is there: 2.0 MB to fetch. A kinder coach.")
    desk.fetch()
    qtbot.waitUntil(lambda: told.offers[-1] == Offer("Stop", "Fetching: 50 %"))
    found.may_end.set()
    qtbot.waitUntil(lambda: told.said == ["MartLive 1.1.0 is here; it starts the next time."])
    assert told.offers[-1] == Offer("Look now", "MartLive 1.1.0 is here; it starts the next time.")


def test_version_that_must_not_be_used_is_named_first(qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates) -> None:
    found.answer = Answer(NEW.sentence, "1.0.0", "1.1.0", "", 1, is_new=True, must=True)
    told = Told(desk)
    desk.begin(UpdateSettings(check_at_start=True))
    qtbot.waitUntil(
        lambda: (
            told.offered == ["MartLive 1.0.0 should not be used any more. MartLive 1.1.0 is there: 2.0 MB to fetch."]
        )
    )


def test_show_that_runs_is_not_disturbed(qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates, shows: list[str]) -> None:
    told = Told(desk)
    shows.append("a show")
    desk.begin(UpdateSettings(check_at_start=True))
    qtbot.wait(100)
    assert found.did == []
    shows.clear()
    qtbot.waitUntil(lambda: found.did == ["check"] and bool(told.offered))
    desk.fetch()
    assert found.fetches.wait(5)
    shows.append("another")
    qtbot.waitUntil(lambda: found.did == ["check", "fetch", "stopped"])
    qtbot.waitUntil(lambda: told.offers[-1] == Offer("Stop", "It comes when your show has ended."))
    shows.clear()
    found.may_end.set()
    qtbot.waitUntil(lambda: told.said == ["MartLive 1.1.0 is here; it starts the next time."])
    assert found.did == ["check", "fetch", "stopped", "fetch"]


def test_button_looks_fetches_and_stops(qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates) -> None:
    told = Told(desk)
    desk.press()
    qtbot.waitUntil(lambda: told.offers[-1].button == "Fetch it")
    assert told.offered == []
    desk.press()
    assert found.fetches.wait(5)
    desk.press()
    qtbot.waitUntil(lambda: found.did == ["check", "fetch", "stopped"])
    qtbot.waitUntil(lambda: told.offers[-1].button == "Fetch it")
    assert told.said == []


def test_answer_to_the_button_stands_beneath_it(qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates) -> None:
    found.answer = NONE
    told = Told(desk)
    desk.press()
    qtbot.waitUntil(lambda: told.offers[-1] == Offer("Look now", "MartLive 1.0.0 is the newest."))
    assert told.offers[0] == Offer("Look now", "Looking…")


def test_computer_without_a_network_is_not_troubled_at_the_start_and_a_wrong_signature_is_told(
    qtbot: QtBot, desk: UpdatesDesk, found: FakeUpdates
) -> None:
    told = Told(desk)
    found.answer = UpdateUnavailable("No network.")
    desk.begin(UpdateSettings(check_at_start=True))
    qtbot.waitUntil(lambda: told.offers[-1] == Offer("Look now", "No network."))
    assert told.said == []
    found.answer = UpdateRefused("Not signed.")
    desk.begin(UpdateSettings(check_at_start=True))
    qtbot.waitUntil(lambda: told.said == ["Not signed."])


def test_news_of_a_version_that_was_given_up_are_told(desk: UpdatesDesk, found: FakeUpdates) -> None:
    told = Told(desk)
    found.news = "MartLive 1.1.0 did not start well."
    desk.begin(UpdateSettings())
    assert told.said == ["MartLive 1.1.0 did not start well."]


def test_program_that_runs_from_python_says_so_when_asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", False, raising=False)
    desk = UpdatesDesk(updates, lambda: False)
    told = Told(desk)
    desk.begin(UpdateSettings(check_at_start=True))
    desk.press()
    qtbot.waitUntil(lambda: "runs from Python and cannot replace itself" in told.offers[-1].sentence)
    desk.close()
    desk.deleteLater()


def test_settings_have_a_switch_and_a_button(qtbot: QtBot, look: Look) -> None:
    window = SettingsWindow(look, Settings())
    qtbot.addWidget(window)
    window.show()
    window.turn_to("updates.check_at_start")
    window.show_update(Offer("Look now", ""))
    names = "Look for a newer MartLive at the start"
    [tick] = [one for one in window.findChildren(QCheckBox) if one.accessibleName() == names]
    tick.click()
    assert window.settings.updates.check_at_start
    [button] = [one for one in window.findChildren(QPushButton) if one.text() == "Look now" and one.isVisible()]
    with qtbot.waitSignal(window.update_pressed):
        button.click()
