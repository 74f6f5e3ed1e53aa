"""The remote coach in the settings and in the list of what leaves this computer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, TypeVar

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton

from martlive_desktop import desktop_remote, remote
from martlive_desktop.adapters.cloud_client import CloudCheck
from martlive_desktop.core.errors import KeyringUnavailable
from martlive_desktop.desktop_remote import RemoteDesk
from martlive_desktop.desktop_senses import SensesDesk
from martlive_desktop.settings import RemoteSettings, Settings
from martlive_desktop.ui.settings_window import SettingsWindow
from tests.fakes.cloud import KEY, FakeCloud

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)"),
]


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> SettingsWindow:
    window = SettingsWindow(look, Settings())
    qtbot.addWidget(window)
    window.show()
    window.turn_to("remote.url")
    return window


Found = TypeVar("Found", QLineEdit, QCheckBox, QPushButton)


def row(window: SettingsWindow, kind: type[Found], name: str) -> Found:
    [found] = [one for one in window.findChildren(kind) if one.accessibleName() == name and one.isVisible()]
    return found


def test_address_that_is_not_safe_is_refused_with_a_sentence(qtbot: QtBot, window: SettingsWindow) -> None:
    line = row(window, QLineEdit, "Address")
    QTest.keyClicks(line, "http://coach.example.com")
    line.editingFinished.emit()
    assert window.settings.remote.url == ""
    assert line.property("wrong")
    line.setText("https://coach.example.com/")
    line.editingFinished.emit()
    assert window.settings.remote.url == "https://coach.example.com"
    assert not line.property("wrong")


def test_both_switches_are_off_until_somebody_turns_them_on(qtbot: QtBot, window: SettingsWindow) -> None:
    ticks = [row(window, QCheckBox, name) for name in ("It words your tips", "It recognises your speech")]
    assert [tick.isChecked() for tick in ticks] == [False, False]
    for tick in ticks:
        tick.click()
    assert (window.settings.remote.coach, window.settings.remote.recognition) == (True, True)


def test_key_is_told_once_and_never_kept_in_the_settings(qtbot: QtBot, window: SettingsWindow) -> None:
    line = row(window, QLineEdit, "Key of the remote coach")
    assert line.echoMode() == QLineEdit.EchoMode.Password
    line.setText(KEY)
    button = row(window, QPushButton, "Keep: Key of the remote coach")
    with qtbot.waitSignal(window.remote_key_kept) as told:
        button.click()
    assert told.args == [KEY]
    assert line.text() == ""
    assert KEY not in window.settings.model_dump_json()


def test_connection_is_tried_and_its_state_is_said(qtbot: QtBot, window: SettingsWindow) -> None:
    button = row(window, QPushButton, "Connection: Test connection")
    with qtbot.waitSignal(window.remote_check_requested):
        button.click()
    window.show_remote_state("The remote coach answers in 4 ms.")
    assert window._states["@remote.check"] == "The remote coach answers in 4 ms."


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[RemoteDesk]:
    desk = RemoteDesk()
    yield desk
    desk.close()
    desk.deleteLater()


def test_check_does_not_hold_up_the_windows(qtbot: QtBot, desk: RemoteDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.VARIABLE, KEY)
    told: list[str] = []
    desk.state_changed.connect(told.append)
    with FakeCloud().running() as cloud:
        desk.check(RemoteSettings(url=cloud.url))
        assert told == ["Trying…"]
        qtbot.waitUntil(lambda: len(told) == 2, timeout=10_000)
        desk.close()
    assert told[1].startswith("The remote coach answers in ")


def test_older_answer_does_not_replace_a_newer_one(qtbot: QtBot, desk: RemoteDesk) -> None:
    told: list[str] = []
    desk._checks = 2
    desk.state_changed.connect(told.append)
    desk._show((1, CloudCheck("key", "Old.")))
    desk._show((2, CloudCheck("", "New.")))
    assert told == ["New."]


def test_key_that_no_keyring_takes_is_used_all_the_same(
    qtbot: QtBot, desk: RemoteDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_key: str) -> None:
        raise KeyringUnavailable("Your system keeps no passwords for MartLive; type it again next time.")

    monkeypatch.setattr(desktop_remote, "keep_remote_key", refuse)
    with qtbot.waitSignals([desk.said, desk.key_kept], timeout=5_000):
        desk.keep_key(KEY)


def test_what_leaves_is_listed_for_each_switch(qtbot: QtBot, look: Look) -> None:
    class Show:
        pids: ClassVar[dict[str, int]] = {}

    off = Settings(remote=RemoteSettings(url="https://coach.example.com"))
    desk = SensesDesk(look, off, Show())  # type: ignore[arg-type]
    before = desk._state.outside
    on = RemoteSettings(url="https://coach.example.com", coach=True, recognition=True)
    desk.use(Settings(remote=on))
    assert (before, desk._state.outside) == (
        (),
        (
            "The sound of your microphone goes to coach.example.com.",
            "What a tip is about goes to coach.example.com.",
        ),
    )
    desk.close()
    desk.deleteLater()
