"""Language models that do what a test tells them to, and children that go wrong in every way."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from martlive_desktop.core.coach.drafting import DraftRequest
    from martlive_desktop.inference.llama import WriterConfig


class InstantWriter:
    """Gives one answer to everything, at once, or none where it is None."""

    def __init__(self, answer: str | None) -> None:
        self._answer = answer
        self.asked: list[DraftRequest] = []

    def ask(self, request: DraftRequest, tell: Callable[[str], None]) -> None:
        self.asked.append(request)
        if self._answer is not None:
            tell(self._answer)

    def close(self) -> None:
        pass


def _serve(pipe: Connection, answer: Callable[[int], bytes | None], ready: bytes = b"") -> None:
    pipe.send_bytes(ready)
    try:
        for number in range(1_000):
            pipe.recv()
            if (said := answer(number)) is None:
                return
            pipe.send_bytes(said)
    except (EOFError, OSError):
        return


def good(pipe: Connection, config: WriterConfig) -> None:
    _serve(pipe, lambda number: f'{{"span": "answer {number}"}}'.encode())


def dies(pipe: Connection, config: WriterConfig) -> None:
    _serve(pipe, lambda number: b"one" if number == 0 else os._exit(1))


def hangs(pipe: Connection, config: WriterConfig) -> None:
    _serve(pipe, lambda number: b"" if threading.Event().wait(600) else None)


def babbles(pipe: Connection, config: WriterConfig) -> None:
    _serve(pipe, lambda number: b"x" * 5_000_000)


def garbage(pipe: Connection, config: WriterConfig) -> None:
    _serve(pipe, lambda number: b"\xff\xfe\x00{{{")


def never_starts(pipe: Connection, config: WriterConfig) -> None:
    os._exit(1)


def has_a_card(pipe: Connection, config: WriterConfig) -> None:
    _serve(pipe, lambda number: b"one", b"Made0 a card")


def dies_with_a_card(pipe: Connection, config: WriterConfig) -> None:
    if config.libraries is not None:
        os._exit(1)
    _serve(pipe, lambda number: f"{config.gpu_layers} layers, {config.libraries}".encode())
