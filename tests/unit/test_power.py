"""Sleep and resume, as a logind on a bus of the test's own tells them, and as clocks do."""

from __future__ import annotations

import itertools
import logging
import queue
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from jeepney import DBusAddress, message_bus, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection

from martlive_desktop.adapters.power import LOGIND, PowerWatch, computer_slept_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="logind is Linux'")

WITHIN_S = 10.0


class News:
    """What was told, in order."""

    def __init__(self) -> None:
        self.told: queue.Queue[str] = queue.Queue()

    def watch(self, slept_s: Callable[[], float] | None = None) -> closing[PowerWatch]:
        sleep, resume = (lambda: self.told.put("sleep")), (lambda: self.told.put("resume"))
        return closing(PowerWatch(sleep, resume, slept_s=slept_s, look_every_s=0.001))

    def next(self) -> str:
        return self.told.get(timeout=WITHIN_S)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A system bus on which nobody is."""
    address = f"unix:path={tmp_path / 'bus'}"
    command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", f"--address={address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
        assert daemon.stdout is not None
        daemon.stdout.readline()
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield daemon
        daemon.terminate()


@linux_only
@pytest.mark.real
@pytest.mark.timeout(60)
def test_logind_tells_before_and_after_a_sleep(bus: subprocess.Popen[bytes]) -> None:
    logind = DBusAddress("/org/freedesktop/login1", interface=LOGIND)
    news = News()
    with open_dbus_connection("SYSTEM") as other, news.watch():
        # The watch has said what it wants to hear once a signal of the same kind reaches it.
        while news.told.empty():
            other.send(new_signal(logind, "PrepareForSleep", "b", (True,)))
            Proxy(message_bus, other).GetId()
        other.send(new_signal(logind, "SessionNew", "so", ("1", "/session")))
        other.send(new_signal(logind, "PrepareForSleep", "b", (False,)))
        while (told := news.next()) == "sleep":
            continue
        assert told == "resume"
        assert news.told.empty()


@linux_only
@pytest.mark.real
@pytest.mark.timeout(60)
def test_bus_that_ends_ends_the_watch_quietly(bus: subprocess.Popen[bytes], caplog: pytest.LogCaptureFixture) -> None:
    with News().watch() as watch:
        bus.terminate()
        watch._thread.join(WITHIN_S)
        assert not watch._thread.is_alive()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@linux_only
@pytest.mark.parametrize("address", ["unix:path=/nowhere", "tcp:host=x", "nonsense"])
def test_computer_without_a_system_bus_tells_nothing_and_complains_of_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    caplog.set_level(logging.DEBUG)
    news = News()
    with news.watch() as watch:
        watch.close()
    assert news.told.empty()
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_clock_that_went_on_in_a_sleep_tells_the_resume() -> None:
    """It slept 300 s between the second look and the third; what clocks differ by otherwise is no sleep."""
    slept_s = itertools.chain([5.0, 5.0, 305.0, 305.9], itertools.repeat(306.0))
    is_over: queue.Queue[None] = queue.Queue()

    def look() -> float:
        seen = next(slept_s)
        if seen == 306.0:
            is_over.put(None)
        return seen

    news = News()
    with news.watch(look):
        is_over.get(timeout=WITHIN_S)
        assert news.next() == "resume"
        assert news.told.empty()


def test_this_computer_says_how_long_it_slept() -> None:
    assert computer_slept_s() >= -0.1
