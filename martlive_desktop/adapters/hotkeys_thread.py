"""How the other threads ask the one that owns the keys."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from martlive_desktop.core.errors import MartLiveError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ANSWER_WITHIN_S = 2.0
"""Taking every key is a matter of milliseconds; a system that needs longer hangs, and the window must not hang with it."""

NO_ANSWER = "Your system does not answer about hotkeys; use `martlive toggle` or the tray meanwhile."


class Errands:
    """What is asked of the thread that owns the keys; done there alone, in order."""

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` lets the owner call `run` soon."""
        self._wake = wake
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()

    def ask(self, errand: Callable[[], T]) -> T:
        """What `errand` gives on the owner's thread.

        Raises:
            MartLiveError: it was not done in time.
        """
        answer: Future[T] = Future()
        self._waiting.put((errand, answer))
        self._wake()
        try:
            return answer.result(ANSWER_WITHIN_S)
        except TimeoutError as exc:
            raise MartLiveError(NO_ANSWER) from exc

    def run(self) -> None:
        """Do what waits; for the owner's thread."""
        while not self._waiting.empty():
            errand, answer = self._waiting.get()
            answer.set_result(errand())
