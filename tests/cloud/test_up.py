"""`martlive-cloud up`, for real: everything on loopback, one service killed, an end in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

FIVE_PORTS = 5
WITHIN_S = 60.0


def _free_ports() -> int:
    """The first of five ports that are free now."""
    for first in range(18_764, 19_764, FIVE_PORTS):
        try:
            for port in range(first, first + FIVE_PORTS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


def _until(holds: Callable[[], bool], what: str) -> None:
    end_s, pause = time.monotonic() + WITHIN_S, threading.Event()
    while not holds():
        assert time.monotonic() < end_s, what
        pause.wait(0.1)


@contextmanager
def _up(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cloud_api",
            "up",
            "--json",
            "--data-dir",
            str(folder),
            "--port-base",
            str(_free_ports()),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
    assert code == 0


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_everything_is_up_with_one_command(tmp_path: Path) -> None:
    began_s = time.monotonic()
    with _up(tmp_path) as (process, told):
        ready_s = time.monotonic() - began_s
        # The figure for a quiet machine is 10 s; tests share this one.
        assert ready_s < 30
        key = {"Authorization": f"Bearer {told['key']}"}
        assert told["page"].endswith(f"#key={told['key']}")
        assert httpx.get(told["page"]).status_code == 200
        assert httpx.get(f"{told['gateway']}/v1/sessions", headers=key).status_code == 200
        assert httpx.get(f"{told['gateway']}/v1/sessions").status_code == 401
        services = psutil.Process(process.pid).children()
        names = {child.cmdline()[-1]: child.pid for child in services}
        assert set(names) == {"gateway", "asr", "coach", "worker", "web"}
        assert {path.name: path.stat().st_mode & 0o77 for path in tmp_path.glob("*.*")} == dict.fromkeys(
            (path.name for path in tmp_path.glob("*.*")), 0
        )

        os.kill(names["web"], signal.SIGKILL)
        _until(lambda: not _runs(names["web"]) or not _is_ready(told["page"].partition("/#")[0]), "killed")
        _until(lambda: _is_ready(told["page"].partition("/#")[0]), "started again")
        everything = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    _until(lambda: not any(map(_runs, everything)), "services go on")


def test_services_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cloud_api",
            "up",
            "--json",
            "--data-dir",
            str(tmp_path),
            "--port-base",
            str(_free_ports()),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        everything = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.kill()
        process.wait()
    _until(lambda: not any(map(_runs, everything)), "services go on")


def test_second_start_says_that_the_first_one_runs(tmp_path: Path) -> None:
    with _up(tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "cloud_api", "up", "--data-dir", str(tmp_path), "--port-base", str(_free_ports())],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "run already" in done.stderr
