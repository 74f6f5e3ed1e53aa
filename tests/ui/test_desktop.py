"""The desktop app joins its windows, keys and commands."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import QApplication, QListWidget, QMessageBox, QWidget

from martlive_desktop.adapters.remote_control import address
from martlive_desktop.core.obs_state import ObsState
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.desktop import NO_SHOW, Desktop
from martlive_desktop.settings import (
    AppSettings,
    CoachSettings,
    HotkeySettings,
    ObsSettings,
    OverlaySettings,
    Settings,
    load_settings,
)
from martlive_desktop.ui.control_server import COMMANDS
from martlive_desktop.ui.first_run import FirstRun
from martlive_desktop.ui.model_view import ModelView
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.plan_editor import PlanEditor, SavedPlan
from martlive_desktop.ui.screen_picker import ScreenPicker
from martlive_desktop.ui.senses_window import SensesWindow
from martlive_desktop.ui.settings_window import SettingsWindow
from martlive_desktop.ui.stream_panel import StreamPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "settings.toml"))
    assert str(tmp_path) in address()
    return tmp_path / "settings.toml"


@pytest.fixture
def desktop(qtbot: "QtBot", file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    monkeypatch.setenv("MARTLIVE_DATA", str(file.parent / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(file.parent / "config"))
    desktop = Desktop(Settings(overlay=OverlaySettings(layout="compact", opacity=0.8)))
    yield desktop
    desktop.close()
    desktop.deleteLater()


def shown(kind: type[QWidget]) -> list[QWidget]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def test_every_key_of_the_settings_does_something(desktop: Desktop) -> None:
    assert set(HotkeySettings.model_fields) == set(desktop.actions)


@pytest.mark.parametrize("command", sorted(COMMANDS - {"quit"}))
def test_every_command_is_answered_in_one_sentence(desktop: Desktop, command: str) -> None:
    sentence = str(desktop.answer(command)["sentence"])
    assert sentence.endswith(".")
    assert sentence.count(".") == 1


def test_everything_vanishes_at_once_and_comes_back(desktop: Desktop) -> None:
    desktop.answer("show")
    desktop.edit_plan()
    desktop.stream.open_panel()
    desktop.history.open()
    desktop.say("Hotkey taken", "Choose another.")
    assert shown(PlanEditor)
    assert shown(StreamPanel)
    desktop.answer("hide-all")
    assert shown(QWidget) == []
    desktop.answer("show")
    assert shown(Overlay)


def test_saved_plan_is_that_of_the_next_show(desktop: Desktop, file: Path, tmp_path: Path) -> None:
    desktop.edit_plan()
    [editor] = shown(PlanEditor)
    assert isinstance(editor, PlanEditor)
    editor.saved.emit(SavedPlan(tmp_path / "thursday.toml", ShowPlan()))
    assert load_settings(file).show.plan == str(tmp_path / "thursday.toml")


def test_report_of_a_show_that_was_kept_is_a_click_away(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(desktop.history, "open_report", opened.append)
    desktop.show.kept.emit("20261128-140000-abc")
    [box] = shown(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert box.text() == "Your report is ready"
    next(one for one in box.buttons() if one.text() == "Open report").click()
    assert opened == ["20261128-140000-abc"]


def test_clicks_go_through_and_are_taken_again(desktop: Desktop) -> None:
    desktop.answer("show")
    assert desktop.answer("click-through")["sentence"] == "Clicks go to what lies beneath."
    assert desktop.answer("click-through")["sentence"] == "Clicks go to the overlay."


def test_commands_say_so_when_there_is_nothing_to_do(desktop: Desktop) -> None:
    assert desktop.answer("mark")["sentence"] == NO_SHOW
    assert desktop.answer("next")["sentence"] == NO_SHOW
    assert desktop.answer("repeat")["sentence"] == "There was no tip yet."


def test_new_user_is_led_through_the_first_run_and_then_coached(
    desktop: Desktop, qtbot: "QtBot", monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(desktop.show, "begin", lambda plan, _settings: begun.append(plan))
    desktop.begin(ShowPlan(title="Sunday"))
    [first_run] = shown(FirstRun)
    assert not shown(Overlay)
    assert begun == []
    first_run.close()
    qtbot.waitUntil(lambda: len(begun) == 1)
    assert shown(Overlay)


def test_who_has_done_the_first_run_is_coached_at_once(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    monkeypatch.setattr(desktop.show, "begin", lambda plan, _settings: begun.append(plan))
    desktop.settings.change(app=AppSettings(first_run="done"))
    desktop.begin(ShowPlan())
    assert begun == [ShowPlan()]


def test_show_waits_for_the_stream_and_ends_with_it(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []

    def begin(_plan: object, _settings: object) -> None:
        did.append("begin")
        desktop.show.is_wanted = True

    def end() -> None:
        did.append("end")
        desktop.show.is_wanted = False

    monkeypatch.setattr(desktop.show, "begin", begin)
    monkeypatch.setattr(desktop.show, "end", end)
    monkeypatch.setattr(desktop.obs, "use", lambda _wish: None)
    desktop.settings.change(app=AppSettings(first_run="done"), obs=ObsSettings(is_on=True, follows_stream=True))
    desktop.begin(ShowPlan())
    assert did == []
    for is_streaming in (True, True, False, False):
        desktop.obs.streaming_changed.emit(is_streaming)
    assert did == ["begin", "end"]


def test_changes_act_at_once(desktop: Desktop) -> None:
    desktop.answer("show")
    [overlay] = shown(Overlay)
    width = overlay.width()
    desktop.settings.open()
    desktop.settings.change(
        overlay=OverlaySettings(font_px=32, theme="light", click_through=True, always_on_top=False, opacity=0.5)
    )
    assert overlay.width() > 1.4 * width
    assert desktop.answer("click-through")["sentence"] == "Clicks go to the overlay."
    assert not overlay.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert shown(SettingsWindow)


def test_every_window_that_the_tray_offers_opens(desktop: Desktop) -> None:
    tray = desktop._tray
    offered: tuple[tuple[SignalInstance, type[QWidget]], ...] = (
        (tray.settings_requested, SettingsWindow),
        (tray.senses_requested, SensesWindow),
        (tray.plan_requested, PlanEditor),
        (tray.stream_requested, StreamPanel),
        (tray.screen_picker_requested, ScreenPicker),
    )
    for requested, kind in offered:
        requested.emit()
        assert shown(kind), kind
    places: dict[str, type[QWidget]] = {"show.plan": PlanEditor, "chat.region": ScreenPicker, "app.first_run": FirstRun}
    for field, kind in places.items():
        desktop.settings.place_requested.emit(field)
        assert shown(kind), kind
    desktop.answer("hide-all")
    assert shown(QWidget) == []


def test_overlay_goes_back_to_where_a_new_one_lies(desktop: Desktop, file: Path) -> None:
    desktop.answer("show")
    overlay = desktop._overlay
    home = overlay.pos()
    overlay.move(10, 200)
    overlay.moved.emit(10, 200)
    desktop.settings.place_requested.emit("overlay.x")
    assert overlay.pos() == home
    assert load_settings(file).overlay.y == home.y()


def test_size_that_was_dragged_is_kept(desktop: Desktop, file: Path) -> None:
    desktop._overlay.resized.emit(26)
    assert load_settings(file).overlay.font_px == 26


def test_state_of_obs_is_told_in_a_sentence(desktop: Desktop) -> None:
    desktop.obs.state_changed.emit(ObsState(is_connected=True, version="30.1.2", is_streaming=True))
    assert desktop.settings._obs_state == "Connected to OBS 30.1.2."
    assert desktop.stream.is_on_air
    desktop.obs.state_changed.emit(ObsState(trouble="OBS does not answer; start it."))
    assert desktop.settings._obs_state == "OBS does not answer; start it."
    assert not desktop.stream.is_on_air


def test_adding_to_obs_asks_for_obs_first(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(desktop.obs, "use", lambda wish: asked.append(f"use {wish.is_on}"))
    monkeypatch.setattr(desktop.obs, "add_window", lambda: asked.append("add"))
    desktop.stream.open_panel()
    desktop.stream.add_source()
    assert asked == ["use False", "use True", "add"]
    [panel] = shown(StreamPanel)
    desktop.obs.source_made.emit(True, "OBS shows it in the scene “Live”.")
    assert isinstance(panel, StreamPanel)
    assert panel._source.text() == "OBS shows it in the scene “Live”."


def test_start_with_the_computer_hears_nobody_until_a_show_is_begun(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(desktop.show, "begin", lambda plan, _settings: begun.append(plan))
    desktop.begin(ShowPlan(title="Sunday"), waits=True)
    assert begun == []
    assert shown(QWidget) == []
    assert desktop.answer("begin")["sentence"] == "The show begins."
    assert begun == [ShowPlan(title="Sunday")]
    assert shown(Overlay)


def test_language_is_spoken_at_once_wherever_words_are(desktop: Desktop) -> None:
    desktop.answer("show")
    desktop.settings.open()
    texts = {action.text() for action in desktop._tray.menu.actions()}
    assert "Settings…" in texts
    try:
        desktop.settings.change(app=AppSettings(language="zh_CN"))
        assert {action.text() for action in desktop._tray.menu.actions()} >= {"设置…", "开始直播"}
        [settings] = shown(SettingsWindow)
        assert settings.findChildren(QListWidget)[0].item(0).text() == "外观"
        names = {w.accessibleName() for w in desktop._overlay.findChildren(QWidget) if w.isVisible()}
        assert not names & {"Not listening", "The screen is not watched"}
    finally:
        desktop.settings.change(app=AppSettings(language="en"))
    assert {action.text() for action in desktop._tray.menu.actions()} == texts


def test_keys_can_be_changed_from_the_first_run(desktop: Desktop) -> None:
    desktop.open_first_run()
    first_run = desktop._first_run
    assert first_run is not None
    first_run.window.settings_requested.emit()
    [settings] = shown(SettingsWindow)
    assert settings.findChildren(QListWidget)[0].currentItem().text() == "Keys"


def test_keys_of_another_program_are_told_once(desktop: Desktop) -> None:
    desktop._keys.conflicted.emit(("mark",))
    [box] = shown(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "ctrl+alt+f" in box.informativeText()
    box.close()
    desktop._keys.conflicted.emit(("mark",))
    assert not shown(QMessageBox)


def test_window_of_the_language_model_opens_and_closes_with_its_setting(desktop: Desktop, qtbot: "QtBot") -> None:
    desktop.settings.change(coach=CoachSettings(show_model=True))
    [view] = shown(ModelView)
    desktop._exchanged.emit("Copy.\n\nLine: safe?\n", "safe")
    assert isinstance(view, ModelView)
    qtbot.waitUntil(lambda: "safe?" in view.toPlainText())
    desktop.settings.change(coach=CoachSettings())
    assert not shown(ModelView)
    desktop._exchanged.emit("Copy.\n\nLine: safe?\n", "safe")
