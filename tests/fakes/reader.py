"""Readers of text that read what a test tells them to, and children that go wrong in every way."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.core.chat_panel import Reading
    from martlive_desktop.inference.ocr import ReaderConfig


class ScriptedReader:
    """Gives one of `readings` after the other, and the last one again and again; waits before each while it is held."""

    pid: int | None = None

    def __init__(self, readings: Sequence[Reading | None]) -> None:
        self._readings = readings
        self.asked: list[NDArray[np.uint8]] = []
        self.stops = 0
        self.is_asked = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def read(self, pixels: NDArray[np.uint8]) -> Reading | None:
        self.asked.append(pixels)
        self.is_asked.set()
        self.goes_on.wait()
        return self._readings[min(len(self.asked), len(self._readings)) - 1]

    def stop(self) -> None:
        self.stops += 1

    def close(self) -> None:
        self.goes_on.set()


def _serve(pipe: Connection, answer: Callable[[int], bytes]) -> None:
    pipe.send_bytes(b"")
    try:
        for number in range(1_000):
            pipe.recv()
            pipe.send_bytes(answer(number))
    except (EOFError, OSError):
        return


def _row(number: int) -> bytes:
    return json.dumps([0.25, [[10, 22, 8, "rosa", f"answer {number}", number]]]).encode()


def good(pipe: Connection, config: ReaderConfig) -> None:
    _serve(pipe, _row)


def dies(pipe: Connection, config: ReaderConfig) -> None:
    _serve(pipe, lambda number: _row(number) if number == 0 else os._exit(1))


def hangs(pipe: Connection, config: ReaderConfig) -> None:
    _serve(pipe, lambda number: _row(number) if number == 0 or threading.Event().wait(600) else b"")


def babbles(pipe: Connection, config: ReaderConfig) -> None:
    _serve(pipe, lambda number: _row(number) if number == 0 else b"x" * 5_000_000)


def garbage(pipe: Connection, config: ReaderConfig) -> None:
    _serve(pipe, lambda number: _row(number) if number == 0 else b"\xff\xfe\x00{{{")


def never_starts(pipe: Connection, config: ReaderConfig) -> None:
    os._exit(1)


def loads_for_ever(pipe: Connection, config: ReaderConfig) -> None:
    threading.Event().wait(600)
