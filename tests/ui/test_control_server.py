"""Another program of the same user commands the running app."""

import gc
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtNetwork import QLocalSocket

from martlive_desktop.adapters import remote_control
from martlive_desktop.core.errors import AlreadyRunning, MartLiveError
from martlive_desktop.ui.control_server import COMMANDS, ControlServer

# These tests speak to Unix sockets by themselves.
assert sys.platform != "win32"

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

Ask = Callable[[str], dict[str, object]]


def _sockets_known() -> int:
    """Objects of Python that stand for a connection, whether Qt still has it or not."""
    gc.collect()
    return sum(isinstance(one, QLocalSocket) for one in gc.get_objects())


@pytest.fixture
def where(tmp_path: Path) -> str:
    return str(tmp_path / "martlive-1000")


@pytest.fixture
def commands() -> list[str]:
    return []


@pytest.fixture
def server(qtbot: "QtBot", where: str, commands: list[str]) -> Iterator[ControlServer]:
    def answer(command: str) -> dict[str, object]:
        commands.append(command)
        return {"coaching": True}

    server = ControlServer(where, answer)
    server.listen()
    yield server
    server.close()
    server.deleteLater()


@pytest.fixture
def ask(qtbot: "QtBot", where: str) -> Iterator[Ask]:
    with ThreadPoolExecutor(1) as pool:

        def ask(command: str) -> dict[str, object]:
            reply = pool.submit(remote_control.send, command, where)
            qtbot.waitUntil(reply.done)
            return reply.result()

        yield ask


@pytest.mark.parametrize("command", ["toggle", "show", "hide", "status", "dismiss", "quit"])
def test_command_is_done_and_answered(server: ControlServer, commands: list[str], ask: Ask, command: str) -> None:
    assert ask(command) == {"ok": True, "coaching": True}
    assert commands == [command]


@pytest.mark.parametrize("command", ["explode", "", "x" * 200, "\u4f60\u597d"])
def test_unknown_command_does_nothing(server: ControlServer, commands: list[str], ask: Ask, command: str) -> None:
    assert ask(command) == {"ok": False, "error": f"Unknown command; try {', '.join(sorted(COMMANDS))}."}
    assert commands == []


def test_endless_line_is_cut_off(qtbot: "QtBot", server: ControlServer, where: str, commands: list[str]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as endless, ThreadPoolExecutor(1) as pool:
        endless.connect(where)
        endless.sendall(b"x" * 5000)
        end = pool.submit(endless.recv, 1)
        qtbot.waitUntil(end.done)
        assert end.exception() is not None or end.result() == b""
    assert commands == []


def test_connections_that_are_over_leave_nothing(qtbot: "QtBot", server: ControlServer, ask: Ask) -> None:
    gc.collect()
    before = _sockets_known()
    for _ in range(3):
        ask("status")
    qtbot.waitUntil(lambda: _sockets_known() <= before)


def test_only_this_user_can_connect(server: ControlServer, where: str) -> None:
    assert stat.S_IMODE(Path(where).stat().st_mode) == 0o700


def test_second_instance_is_refused(qtbot: "QtBot", server: ControlServer, where: str, ask: Ask) -> None:
    second = ControlServer(where, lambda _: {})
    with pytest.raises(AlreadyRunning, match=r"MartLive is already running; look for it in the tray"):
        second.listen()
    assert ask("status")["ok"] is True


def test_socket_of_a_killed_app_is_taken_over(qtbot: "QtBot", where: str, ask: Ask) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
        killed.bind(where)
    server = ControlServer(where, lambda _: {"coaching": False})
    server.listen()
    assert ask("status") == {"ok": True, "coaching": False}
    server.close()


def test_path_that_cannot_be_used_is_named(qtbot: "QtBot", tmp_path: Path) -> None:
    server = ControlServer(str(tmp_path / "missing" / "martlive"), lambda _: {})
    with pytest.raises(MartLiveError, match=r"MartLive cannot listen at .*; free that path"):
        server.listen()


def test_without_an_app_the_sentence_says_how_to_start_it(where: str) -> None:
    with pytest.raises(MartLiveError, match=r"^MartLive is not running; start it with `martlive`\.$"):
        remote_control.send("status", where)


@pytest.mark.parametrize("line", [b"", b"hello\n", b"[1]\n", b"[" * 60_000 + b"\n"])
def test_answer_that_is_none_is_said_so(where: str, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger, ThreadPoolExecutor(1) as pool:
        stranger.bind(where)
        stranger.listen()
        asked = pool.submit(remote_control.send, "status", where)
        connection, _ = stranger.accept()
        with connection:
            connection.recv(100)
            connection.sendall(line)
        with pytest.raises(MartLiveError, match="does not answer"):
            asked.result()


def test_socket_of_another_user_is_told_nothing(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives no folder of one's own, anybody may take the place first."""
    monkeypatch.setattr("os.getuid", lambda: 4242)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.bind(where)
        stranger.listen()
        stranger.setblocking(False)
        with pytest.raises(MartLiveError, match=r"^MartLive is not running"):
            remote_control.send("status", where)
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_hanging_app_is_not_waited_for(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_control, "ANSWER_WITHIN_S", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hanging:
        hanging.bind(where)
        hanging.listen()
        with pytest.raises(MartLiveError, match="does not answer"):
            remote_control.send("status", where)


def test_address_is_in_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert remote_control.address() == "/run/user/1000/martlive-1000"
