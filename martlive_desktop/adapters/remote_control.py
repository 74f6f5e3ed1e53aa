"""Talks to the running app: one command, one answer."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
import tempfile
from pathlib import Path

from martlive_desktop.core.errors import MartLiveError

ANSWER_WITHIN_S = 5.0
"""The app answers between two repaints; one that needs longer hangs."""

MAX_ANSWER_BYTES = 65_536

NOT_RUNNING = "MartLive is not running; start it with `martlive`."
NOT_ANSWERING = "MartLive does not answer; quit it from the tray and start it again."


def address() -> str:
    """Where the running app of this user listens."""
    if sys.platform == "win32":
        path = rf"\\.\pipe\martlive-{getpass.getuser()}"
    else:
        folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        path = str(Path(folder) / f"martlive-{os.getuid()}")
    return path


def send(command: str, to: str | None = None) -> dict[str, object]:
    """What the running app answers to `command`.

    Args:
        command: one word, as `toggle`.
        to: the app's address, if it is not that of this user.

    Raises:
        MartLiveError: no app is running, or it does not answer.
    """
    try:
        line = _exchange(to or address(), command.encode() + b"\n")
    except TimeoutError as exc:
        raise MartLiveError(NOT_ANSWERING) from exc
    except OSError as exc:
        raise MartLiveError(NOT_RUNNING) from exc
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise MartLiveError(NOT_ANSWERING) from exc
    if not isinstance(answer, dict):
        raise MartLiveError(NOT_ANSWERING)
    return answer


def _exchange(to: str, line: bytes) -> bytes:
    if sys.platform == "win32":
        with Path(to).open("r+b", buffering=0) as pipe:
            pipe.write(line)
            return pipe.readline(MAX_ANSWER_BYTES)
    else:
        # Without a folder of the user's own it lies where anybody may have put it first.
        if Path(to).lstat().st_uid != os.getuid():
            raise PermissionError
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_WITHIN_S)
            connection.connect(to)
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                return answers.readline(MAX_ANSWER_BYTES)
