"""Starting at login, on three systems that a test plays."""

# ruff: noqa: N802 - the names of the fake are those of winreg.

from __future__ import annotations

import plistlib
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters import autostart
from martlive_desktop.core.errors import MartLiveError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in ("APPIMAGE", "MARTLIVE_BASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "argv", [""])
    return tmp_path


def frozen(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", program)


def test_switching_on_and_off_leaves_no_file(home: Path) -> None:
    assert not autostart.is_on()
    autostart.switch(on=True)
    assert autostart.is_on()
    assert (home / ".config/autostart/martlive.desktop").exists()
    autostart.switch(on=True)
    autostart.switch(on=False)
    assert not autostart.is_on()
    assert not (home / ".config/autostart/martlive.desktop").exists()
    autostart.switch(on=False)


def test_desktop_entry_is_what_the_specification_asks_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(monkeypatch, "/opt/martlive/martlive")
    autostart.switch(on=True)
    assert (home / ".config/autostart/martlive.desktop").read_text() == (
        '[Desktop Entry]\nType=Application\nName=MartLive\nExec="/opt/martlive/martlive" "--wait"\nTerminal=false\n'
    )


def test_odd_letters_of_a_path_are_quoted_and_escaped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    r"""Quoting escapes " ` $ \ with a backslash, and the value's own escaping doubles each of those; % is doubled."""
    frozen(monkeypatch, '/opt/my "live" $shop`s\\100%/ma=rt')
    autostart.switch(on=True)
    [line] = [
        line
        for line in (home / ".config/autostart/martlive.desktop").read_text().splitlines()
        if line.startswith("Exec=")
    ]
    assert line == r'Exec="/opt/my \\"live\\" \\$shop\\`s\\\\100%%/ma=rt" "--wait"'
    assert autostart.is_on()


def test_folder_of_the_users_choice_is_respected(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "conf"))
    autostart.switch(on=True)
    assert (home / "conf/autostart/martlive.desktop").exists()
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert not autostart.is_on()


@pytest.mark.parametrize(
    "text",
    [
        "[Desktop Entry]\nExec=martlive\nHidden=true\n",
        "[Desktop Entry]\nExec=martlive\nX-GNOME-Autostart-enabled=false\n",
        "[Desktop Entry]\nName=MartLive\n",
        "[Other]\nExec=martlive\n",
        "Exec=martlive\n",
        "",
    ],
)
def test_what_a_desktop_switched_off_or_cannot_read_is_off(home: Path, text: str) -> None:
    path = home / ".config/autostart/martlive.desktop"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert not autostart.is_on()
    autostart.switch(on=True)
    assert autostart.is_on()


def test_file_that_is_no_text_is_off(home: Path) -> None:
    path = home / ".config/autostart/martlive.desktop"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\x00")
    assert not autostart.is_on()


def test_folder_that_cannot_be_written_is_one_sentence(home: Path) -> None:
    (home / ".config").touch()
    with pytest.raises(MartLiveError) as caught:
        autostart.switch(on=True)
    assert str(caught.value) == (
        f"MartLive may not write to the folder {home}/.config/autostart; allow it there and try again."
    )


def test_command_is_the_one_that_runs_now(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert autostart.command() == [sys.executable, "-m", "martlive_desktop", "--wait"]
    script = home / "martlive"
    script.touch()
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "argv", ["martlive", "demo"])
    assert autostart.command() == [str(script), "--wait"]
    frozen(monkeypatch, "/tmp/.mount_x/martlive")
    assert autostart.command() == ["/tmp/.mount_x/martlive", "--wait"]
    # In the place of the program that an update stands in for.
    monkeypatch.setenv("MARTLIVE_BASE", "/opt/martlive/martlive")
    assert autostart.command() == ["/opt/martlive/martlive", "--wait"]
    monkeypatch.setenv("APPIMAGE", "/home/me/MartLive.AppImage")
    assert autostart.command() == ["/home/me/MartLive.AppImage", "--wait"]


def test_macos_gets_a_launch_agent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    frozen(monkeypatch, "/Applications/MartLive.app/Contents/MacOS/martlive")
    assert not autostart.is_on()
    autostart.switch(on=True)
    path = home / "Library/LaunchAgents/martlive.plist"
    assert plistlib.loads(path.read_bytes()) == {
        "Label": "martlive",
        "ProgramArguments": ["/Applications/MartLive.app/Contents/MacOS/martlive", "--wait"],
        "RunAtLoad": True,
    }
    assert autostart.is_on()
    path.write_bytes(plistlib.dumps({"RunAtLoad": True, "Disabled": True}))
    assert not autostart.is_on()
    path.write_bytes(b"no plist")
    assert not autostart.is_on()
    autostart.switch(on=False)
    assert not path.exists()


class FakeRegistry(ModuleType):
    """As the module `winreg`, with keys as dictionaries."""

    HKEY_CURRENT_USER = "user"
    REG_SZ = 1

    def __init__(self) -> None:
        super().__init__("winreg")
        self.keys: dict[str, dict[str, object]] = {}
        self.is_locked = False

    @contextmanager
    def OpenKey(self, root: str, path: str) -> Iterator[dict[str, object]]:
        assert root == self.HKEY_CURRENT_USER
        if path not in self.keys:
            raise FileNotFoundError(path)
        yield self.keys[path]

    @contextmanager
    def CreateKey(self, root: str, path: str) -> Iterator[dict[str, object]]:
        assert root == self.HKEY_CURRENT_USER
        if self.is_locked:
            raise PermissionError(path)
        yield self.keys.setdefault(path, {})

    def QueryValueEx(self, key: dict[str, object], name: str) -> tuple[object, int]:
        if name not in key:
            raise FileNotFoundError(name)
        return key[name], 1

    def SetValueEx(self, key: dict[str, object], name: str, _reserved: int, _kind: int, value: str) -> None:
        key[name] = value

    def DeleteValue(self, key: dict[str, object], name: str) -> None:
        if name not in key:
            raise FileNotFoundError(name)
        del key[name]


@pytest.fixture
def registry(home: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    fake = FakeRegistry()
    monkeypatch.setitem(sys.modules, "winreg", fake)
    monkeypatch.setattr(sys, "platform", "win32")
    return fake


def test_windows_keeps_it_in_the_registry(registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(monkeypatch, r"C:\Program Files\MartLive\martlive.exe")
    assert not autostart.is_on()
    autostart.switch(on=True)
    assert registry.keys[autostart.RUN_KEY] == {"MartLive": r'"C:\Program Files\MartLive\MartLiveApp.exe" --wait'}
    assert autostart.is_on()
    autostart.switch(on=False)
    assert registry.keys[autostart.RUN_KEY] == {}
    assert not autostart.is_on()
    autostart.switch(on=False)


def test_what_windows_settings_switched_off_is_off_until_it_is_switched_on_here(registry: FakeRegistry) -> None:
    autostart.switch(on=True)
    registry.keys[autostart.APPROVED_KEY] = {"MartLive": b"\x03\x00\x00\x00"}
    assert not autostart.is_on()
    registry.keys[autostart.APPROVED_KEY] = {"MartLive": b"\x02\x00\x00\x00"}
    assert autostart.is_on()
    registry.keys[autostart.APPROVED_KEY] = {"MartLive": b"\x03\x00\x00\x00"}
    autostart.switch(on=True)
    assert autostart.is_on()


def test_registry_that_cannot_be_written_is_one_sentence(registry: FakeRegistry) -> None:
    registry.is_locked = True
    with pytest.raises(MartLiveError, match="may not write to the registry; allow it there and try again"):
        autostart.switch(on=True)
