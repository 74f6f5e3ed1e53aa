"""Keys are held as the settings say, let go while new ones are pressed, and told where others have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

import pytest
from PySide6.QtWidgets import QApplication

from martlive_desktop import desktop_keys
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.core.hotkeys import Combination, parse
from martlive_desktop.desktop_keys import TITLES, KeysDesk
from martlive_desktop.settings import HotkeySettings

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class FakeHotkeys:
    """A system whose other programs hold `taken`."""

    made: ClassVar[list[FakeHotkeys]] = []
    taken: ClassVar[set[str]] = set()
    refusal: ClassVar[MartLiveError | None] = None

    def __init__(self, wanted: Mapping[str, str], on_pressed: Callable[[str], None], titles: Mapping[str, str]) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.on_pressed, self.titles = on_pressed, titles
        self.held: Mapping[str, str] = {}
        self.is_closed = False
        self.conflicts: tuple[str, ...] = ()
        self.made.append(self)
        self.rebind(wanted)

    def rebind(self, wanted: Mapping[str, str]) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.held = dict(wanted)
        self.conflicts = tuple(action for action, text in wanted.items() if text in self.taken)

    def is_free(self, combination: Combination) -> bool:
        if self.refusal is not None:
            raise self.refusal
        return str(combination) not in self.taken

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def _system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeHotkeys, "made", [])
    monkeypatch.setattr(FakeHotkeys, "taken", set())
    monkeypatch.setattr(FakeHotkeys, "refusal", None)
    monkeypatch.setattr(desktop_keys, "open_hotkeys", FakeHotkeys)
    monkeypatch.setattr(QApplication, "platformName", staticmethod(lambda: "xcb"))


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[KeysDesk]:
    desk = KeysDesk(HotkeySettings(mark=""))
    yield desk
    desk.close()
    desk.deleteLater()


def test_every_key_of_the_settings_has_a_title() -> None:
    assert set(TITLES) == set(HotkeySettings.model_fields)


def test_keys_are_held_and_their_actions_told(qtbot: QtBot, desk: KeysDesk) -> None:
    FakeHotkeys.taken = {"ctrl+alt+j"}
    with qtbot.waitSignal(desk.conflicted) as told:
        desk.hold()
    [keys] = FakeHotkeys.made
    assert told.args == [("dismiss",)]
    assert keys.held["toggle"] == "ctrl+alt+m"
    assert "mark" not in keys.held
    assert keys.titles["hide_all"] == "Hide everything now"
    with qtbot.waitSignal(desk.pressed) as pressed:
        keys.on_pressed("toggle")
    assert pressed.args == ["toggle"]
    desk.close()
    assert keys.is_closed


def test_other_keys_are_held_from_then_on(qtbot: QtBot, desk: KeysDesk) -> None:
    desk.hold()
    with qtbot.waitSignal(desk.conflicted) as told:
        desk.use(HotkeySettings(toggle="super+f5"))
    assert FakeHotkeys.made[0].held["toggle"] == "super+f5"
    assert told.args == [()]


def test_keys_are_let_go_while_new_ones_are_pressed(desk: KeysDesk) -> None:
    desk.hold()
    desk.rest(True)
    assert FakeHotkeys.made[0].held == {}
    desk.rest(False)
    assert FakeHotkeys.made[0].held["toggle"] == "ctrl+alt+m"


def test_text_that_is_no_keys_is_said_and_costs_the_others_nothing(qtbot: QtBot) -> None:
    desk = KeysDesk(HotkeySettings(toggle="banana"))
    with qtbot.waitSignal(desk.said) as told:
        desk.hold()
    assert told.args == ["“banana” is no hotkey; write it as ctrl+alt+m."]
    assert "toggle" not in FakeHotkeys.made[0].held
    assert FakeHotkeys.made[0].held["dismiss"] == "ctrl+alt+j"


def test_keys_can_be_asked_for(desk: KeysDesk) -> None:
    assert desk.is_free(parse("f5"))
    FakeHotkeys.taken = {"f5"}
    desk.hold()
    assert not desk.is_free(parse("f5"))
    assert desk.is_free(parse("f6"))


def test_system_that_does_not_answer_is_said_and_nothing_breaks(qtbot: QtBot, desk: KeysDesk) -> None:
    FakeHotkeys.refusal = MartLiveError("The desktop does not answer; use `martlive toggle`.")
    with qtbot.waitSignal(desk.said):
        desk.hold()
    assert desk.conflicts == ()
    FakeHotkeys.refusal = None
    desk.hold()
    FakeHotkeys.refusal = MartLiveError("The desktop does not answer; use `martlive toggle`.")
    with qtbot.waitSignal(desk.said):
        desk.rest(True)
    with qtbot.waitSignal(desk.said):
        assert desk.is_free(parse("f5"))
    FakeHotkeys.refusal = None


def test_screen_that_is_none_has_no_keys(desk: KeysDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QApplication, "platformName", staticmethod(lambda: "offscreen"))
    desk.hold()
    assert FakeHotkeys.made == []
