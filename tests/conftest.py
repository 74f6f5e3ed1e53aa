"""What holds for every test: nothing that it started outlives it."""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# As martlive_desktop does; a test may load the library before it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

JOIN_S = 5.0
"""For a thread that was told to end and is about to."""

LONG_LIVED = frozenset({"pytest_timeout"})
"""Threads of the test runner."""


def _children() -> set[str]:
    """Processes started by this one and not yet waited for."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    pids = listed.read_text().split() if listed.exists() else []
    # The resource tracker of multiprocessing lives as long as the interpreter.
    return {pid for pid in pids if b"resource_tracker" not in _command(pid)}


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b"resource_tracker"


def _sockets() -> int:
    folder = Path("/proc/self/fd")
    found = 0
    for entry in folder.iterdir() if folder.exists() else ():
        try:
            found += str(entry.readlink()).startswith("socket:")
        except OSError:
            continue
    return found


def _described() -> list[str]:
    """What the system knows of this process's sockets."""
    inodes = {str(entry.readlink())[8:-1] for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
    known = [Path(f"/proc/net/{kind}") for kind in ("unix", "tcp", "udp")]
    return [
        line for file in known if file.exists() for line in file.read_text().splitlines() if inodes & {*line.split()}
    ]


@pytest.fixture(autouse=True)
def _real_parts_take_their_time(request: pytest.FixtureRequest) -> None:
    """Such tests have timeouts of their own; the general one would print where they wait."""
    if request.node.get_closest_marker("real"):
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    threads, children, sockets = set(threading.enumerate()), _children(), _sockets()
    yield
    left = [thread for thread in threading.enumerate() if thread not in threads and thread.name not in LONG_LIVED]
    for thread in left:
        thread.join(JOIN_S)
    assert not [thread.name for thread in left if thread.is_alive()], "threads left behind"
    assert _children() <= children, "processes left behind"
    # Qt's own threads look for the desktop's bus now and then, and close what they opened.
    end_s, pause = time.monotonic() + JOIN_S, threading.Event()
    while _sockets() > sockets and time.monotonic() < end_s:
        pause.wait(0.05)
    assert _sockets() <= sockets, f"sockets left behind: {_described()}"
