"""The desktop app joins its windows, keys and commands."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from martlive_desktop.adapters.remote_control import address
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.desktop import NO_SHOW, Desktop
from martlive_desktop.settings import HotkeySettings, OverlaySettings, Settings, load_settings
from martlive_desktop.ui.control_server import COMMANDS
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.plan_editor import PlanEditor, SavedPlan
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
def desktop(qtbot: "QtBot", file: Path) -> Iterator[Desktop]:
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


def test_clicks_go_through_and_are_taken_again(desktop: Desktop) -> None:
    desktop.answer("show")
    assert desktop.answer("click-through")["sentence"] == "Clicks go to what lies beneath."
    assert desktop.answer("click-through")["sentence"] == "Clicks go to the overlay."


def test_commands_say_so_when_there_is_nothing_to_do(desktop: Desktop) -> None:
    assert desktop.answer("mark")["sentence"] == NO_SHOW
    assert desktop.answer("next")["sentence"] == NO_SHOW
    assert desktop.answer("repeat")["sentence"] == "There was no tip yet."
