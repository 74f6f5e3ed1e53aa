"""Settings are changed in one place, kept, and told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication

from martlive_desktop import desktop_settings
from martlive_desktop.adapters import autostart
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.desktop_settings import SettingsDesk
from martlive_desktop.settings import OverlaySettings, Settings, load_settings
from martlive_desktop.ui.settings_window import SettingsChoices, SettingsWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(desktop_settings, "_choices", lambda: SettingsChoices(microphones=("Yeti",)))
    return tmp_path / "settings.toml"


@pytest.fixture
def desk(qtbot: QtBot, file: Path, look: Look) -> Iterator[SettingsDesk]:
    desk = SettingsDesk(Settings(), look, lambda _keys: True)
    yield desk
    desk.close()
    desk.deleteLater()


def window() -> SettingsWindow:
    [found] = [w for w in QApplication.topLevelWidgets() if isinstance(w, SettingsWindow) and w.isVisible()]
    return found


def test_change_is_kept_told_and_shown(qtbot: QtBot, desk: SettingsDesk, file: Path) -> None:
    desk.open()
    with qtbot.waitSignal(desk.changed) as told:
        desk.change(overlay=OverlaySettings(font_px=24))
    assert load_settings(file).overlay.font_px == 24
    assert told.args == [Settings(), desk.now]
    assert window().settings.overlay.font_px == 24


def test_what_is_as_it_was_is_not_told(qtbot: QtBot, desk: SettingsDesk, file: Path) -> None:
    with qtbot.assertNotEmitted(desk.changed):
        desk.change(overlay=OverlaySettings())
    assert not file.exists()


def test_change_in_the_window_acts(qtbot: QtBot, desk: SettingsDesk, file: Path) -> None:
    desk.open()
    changed = desk.now.model_copy(update={"overlay": OverlaySettings(theme="light")})
    with qtbot.waitSignal(desk.changed):
        window().changed.emit(changed)
    assert load_settings(file).overlay.theme == "light"


def test_settings_that_cannot_be_kept_act_and_are_said(
    qtbot: QtBot, desk: SettingsDesk, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("")
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(file / "settings.toml"))
    with qtbot.waitSignals([desk.said, desk.changed]):
        desk.change(overlay=OverlaySettings(font_px=24))
    assert desk.now.overlay.font_px == 24


def test_window_offers_what_this_computer_has(qtbot: QtBot, desk: SettingsDesk) -> None:
    desk.open("microphone.device")
    qtbot.waitUntil(lambda: window()._choices.microphones == ("Yeti",))


def test_start_with_the_computer_is_as_the_system_has_it(qtbot: QtBot, desk: SettingsDesk) -> None:
    desk.open()
    desk.switch_autostart(True)
    assert autostart.is_on()
    desk.switch_autostart(False)
    assert not autostart.is_on()


def test_start_that_the_system_does_not_take_is_said(
    qtbot: QtBot, desk: SettingsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*, on: bool) -> None:
        raise MartLiveError("MartLive cannot start by itself here; start it by hand.")

    monkeypatch.setattr(autostart, "switch", refuse)
    with qtbot.waitSignal(desk.said) as told:
        desk.switch_autostart(True)
    assert told.args == ["MartLive cannot start by itself here; start it by hand."]


def test_what_is_known_is_shown_whenever_the_window_opens(qtbot: QtBot, desk: SettingsDesk, look: Look) -> None:
    desk.show_obs_state("Connected to OBS 30.1.2.")
    desk.show_capture_state("Whoever records the whole screen records the overlay, too.")
    desk.show_taken_hotkeys(("mark",))
    desk.open("hotkeys.mark")
    assert window()._states["@obs.connect"] == "Connected to OBS 30.1.2."
    assert window()._taken == {"mark"}
    desk.use_look(look)
    desk.hide()
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, SettingsWindow) and w.isVisible()]
