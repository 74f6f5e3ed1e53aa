"""Whether MartLive starts when the user logs in, as the system itself keeps it."""

from __future__ import annotations

import configparser
import contextlib
import os
import plistlib
import re
import subprocess
import sys
from pathlib import Path, PureWindowsPath

from martlive_desktop.core.errors import MartLiveError

NAME = "MartLive"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
"""Here Windows keeps what the user switched off in its own settings: the first byte is odd then."""


def is_on() -> bool:
    """Whether the system starts MartLive at the next login."""
    if sys.platform == "win32":
        return _is_on_windows()
    elif sys.platform == "darwin":  # noqa: RET505 - mypy follows this form only
        return _is_on_macos()
    else:
        return _is_on_linux()


def switch(*, on: bool) -> None:
    """Let the system start this MartLive at login, or no more.

    Raises:
        MartLiveError: the system does not let it be kept.
    """
    try:
        if sys.platform == "win32":
            _switch_on_windows(on=on)
        else:
            _switch_file(on=on)
    except OSError as exc:
        where = f"the folder {_file().parent}" if sys.platform != "win32" else "the registry"
        raise MartLiveError(f"MartLive may not write to {where}; allow it there and try again.") from exc


def command() -> list[str]:
    """What starts the MartLive that runs now, at rest: nobody wants to be heard because they logged in."""
    return [*_program(), "--wait"]


def _program() -> list[str]:
    if getattr(sys, "frozen", False):
        # An AppImage runs from a folder that is gone after it, and an update from one that the next update takes away.
        program = os.environ.get("APPIMAGE") or os.environ.get("MARTLIVE_BASE") or sys.executable
        if sys.platform == "win32":
            # The other one opens a terminal.
            program = str(PureWindowsPath(program).with_name("MartLiveApp.exe"))
        return [program]
    script = Path(sys.argv[0])
    if script.stem == "martlive" and script.is_file():
        return [str(script.absolute())]
    return [sys.executable, "-m", "martlive_desktop"]


def _file() -> Path:
    if sys.platform == "darwin":
        path = Path.home() / "Library/LaunchAgents/martlive.plist"
    else:
        # The XDG specification ignores what is no absolute path.
        set_by_user = Path(os.environ.get("XDG_CONFIG_HOME", ""))
        folder = set_by_user if set_by_user.is_absolute() else Path.home() / ".config"
        path = folder / "autostart/martlive.desktop"
    return path


def _switch_file(*, on: bool) -> None:
    path = _file()
    if on:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_launch_agent() if sys.platform == "darwin" else _desktop_entry())
    else:
        path.unlink(missing_ok=True)


def _is_on_linux() -> bool:
    reader = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    try:
        reader.read_string(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return False
    entry = reader["Desktop Entry"] if reader.has_section("Desktop Entry") else {}
    # Desktops switch it off with either.
    return (
        entry.get("exec", "") != ""
        and entry.get("hidden", "false") != "true"
        and entry.get("x-gnome-autostart-enabled", "true") != "false"
    )


def _desktop_entry() -> bytes:
    # Desktop Entry Specification 1.5: quoted, then escaped once more as every value is; a percent sign stands for itself doubled.
    quoted = ['"' + re.sub(r'(["`$\\])', r"\\\1", part).replace("%", "%%") + '"' for part in command()]
    line = " ".join(quoted).replace("\\", "\\\\")
    return f"[Desktop Entry]\nType=Application\nName={NAME}\nExec={line}\nTerminal=false\n".encode()


def _is_on_macos() -> bool:
    try:
        agent = plistlib.loads(_file().read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return False
    return bool(agent.get("RunAtLoad")) and not agent.get("Disabled")


def _launch_agent() -> bytes:
    return plistlib.dumps({"Label": "martlive", "ProgramArguments": command(), "RunAtLoad": True})


def _is_on_windows() -> bool:
    is_kept = False
    if sys.platform == "win32":
        import winreg

        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            winreg.QueryValueEx(key, NAME)
            is_kept = True
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, APPROVED_KEY) as key:
            state, _ = winreg.QueryValueEx(key, NAME)
            is_kept = is_kept and not state[0] & 1
    return is_kept


def _switch_on_windows(*, on: bool) -> None:
    if sys.platform == "win32":
        import winreg

        for path in (RUN_KEY, APPROVED_KEY):
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, path) as key, contextlib.suppress(FileNotFoundError):
                winreg.DeleteValue(key, NAME)
        if on:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, subprocess.list2cmdline(command()))
