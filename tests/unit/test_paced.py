"""Recordings that are played as if they were live."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.paced import Paced
from martlive_desktop.core.events import Chat
from tests.fakes.session import HandClock, ListChat

LINES = [Chat(at_ms, "Rosa", "hi", "file") for at_ms in (0, 20, 60)]


def test_what_is_due_comes_at_once() -> None:
    clock = HandClock()
    clock.ms = 100
    assert list(Paced(ListChat(LINES), clock).read()) == LINES


def test_nothing_comes_before_its_time() -> None:
    clock = SystemClock()
    early = [line.at_ms - clock.now_ms() for line in Paced(ListChat(LINES), clock).read()]
    assert max(early) <= 0


def test_close_ends_a_wait_and_the_source() -> None:
    source = ListChat([*LINES, Chat(3_600_000, "Rosa", "in an hour", "file")])
    paced = Paced(source, SystemClock())
    heard: list[Chat] = []

    def read(lines: Iterator[Chat]) -> None:
        heard.extend(lines)

    reader = threading.Thread(target=read, args=(paced.read(),))
    reader.start()
    paced.close()
    reader.join(10)
    assert not reader.is_alive()
    assert source.is_closed
    assert all(line.text == "hi" for line in heard)
