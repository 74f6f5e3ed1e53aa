"""A child process that answers one question at a time: started, waited for, ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import time
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

LOOK_EVERY_S = 0.2
"""How soon a process that loads or hangs is left when the show ends."""

REST_S = (0.0, 1.0, 5.0, 30.0)
"""Seconds before a process is started again, by how many ended without an answer."""

C = TypeVar("C")


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start a process in it: Ctrl-C is for the program, which ends its children itself; they inherit that it is blocked."""
    if sys.platform == "win32":
        yield
    else:
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Child(Generic[C]):
    """One process and the pipe to it, for use in one thread."""

    def __init__(
        self, target: Callable[[Connection, C], None], config: C, *, name: str, closing: threading.Event
    ) -> None:
        """Nothing starts yet. When `closing` is set, whoever waits here stops waiting."""
        self._target = target
        self._config = config
        self._name = name
        self._closing = closing
        self._context = multiprocessing.get_context("spawn")
        self._process: BaseProcess | None = None
        self._pipe: Any = None
        self.pid: int | None = None
        """The process that runs now."""

    def start(self, load_timeout_s: float, most_bytes: int) -> bytes:
        """Start the process and wait for what it says when it is ready; raises what `receive` does."""
        self._pipe, theirs = self._context.Pipe()
        process = self._context.Process(target=self._target, args=(theirs, self._config), name=self._name, daemon=True)
        with _uninterrupted():
            process.start()
        theirs.close()
        self._process = process
        self.pid = process.pid
        return self.receive(load_timeout_s, most_bytes)

    def use(self, config: C) -> None:
        """Give the next process another configuration."""
        self._config = config

    def send(self, question: object) -> None:
        """Ask.

        Raises:
            OSError: the process has gone.
        """
        self._pipe.send(question)

    def receive(self, seconds: float, most_bytes: int) -> bytes:
        """What the process says within `seconds`.

        Raises:
            EOFError: it has ended.
            OSError: the pipe is broken, or it says more than `most_bytes`.
            TimeoutError: it said nothing in time, or `closing` is set.
        """
        end_s = time.monotonic() + seconds
        while not self._pipe.poll(min(LOOK_EVERY_S, max(0.0, end_s - time.monotonic()))):
            if self._closing.is_set() or time.monotonic() >= end_s:
                raise TimeoutError
        said: bytes = self._pipe.recv_bytes(most_bytes)
        return said

    def stop(self) -> None:
        """End the process."""
        self.pid = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
