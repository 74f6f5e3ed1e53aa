"""What a process takes is measured, and one that ends is left out."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from martlive_desktop.adapters.load import LoadMeter

BUSY = "print('ready', flush=True)\nwhile True: pass"
IDLE = "import sys; block = bytearray(80_000_000); print('ready', flush=True); sys.stdin.read()"


def started(code: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def use_a_quarter_second() -> None:
    end_s = time.process_time() + 0.25
    while time.process_time() < end_s:
        continue


def test_busy_process_takes_more_than_an_idle_one() -> None:
    meter = LoadMeter()
    with started(BUSY) as busy, started(IDLE) as idle:
        pids = {"busy": busy.pid, "idle": idle.pid}
        assert meter.read(pids) == {}
        use_a_quarter_second()
        loads = meter.read(pids)
        for process in (busy, idle):
            process.kill()
    assert loads["busy"].cpu_percent > 10
    assert loads["idle"].cpu_percent < 5
    assert loads["idle"].memory_mb > 80
    assert loads["busy"].memory_mb < 80


def test_own_process_is_measured() -> None:
    meter = LoadMeter()
    meter.read({"app": os.getpid()})
    use_a_quarter_second()
    assert meter.read({"app": os.getpid()})["app"].cpu_percent > 10


@pytest.mark.parametrize("pid", [None, 2**22 + 1], ids=["not started", "nobody's"])
def test_part_that_does_not_run_is_left_out(pid: int | None) -> None:
    meter = LoadMeter()
    for _ in range(2):
        assert meter.read({"writer": pid}) == {}


def test_part_that_ends_is_left_out_and_measured_anew_when_it_starts_again() -> None:
    meter = LoadMeter()
    with started(IDLE) as first:
        meter.read({"recogniser": first.pid})
        assert meter.read({"recogniser": first.pid}).keys() == {"recogniser"}
        first.kill()
    assert meter.read({"recogniser": first.pid}) == {}
    with started(IDLE) as second:
        assert meter.read({"recogniser": second.pid}) == {}
        assert meter.read({"recogniser": second.pid}).keys() == {"recogniser"}
        second.kill()
