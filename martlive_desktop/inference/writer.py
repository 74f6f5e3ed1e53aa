"""Keeps the process that words tips alive, and never waits for it longer than a tip may."""

from __future__ import annotations

import logging
import multiprocessing
import queue
import signal
import sys
import threading
import time
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from martlive_desktop.core.coach.drafting import DEADLINE_MS
from martlive_desktop.inference import llama

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from martlive_desktop.core.coach.drafting import DraftRequest

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 60.0
"""A cold disk and a model of 4 GB."""

MOST_BYTES = 4096
"""Of an answer; a process that says more has gone wrong."""

LOOK_EVERY_S = 0.2
"""How soon a process that loads or hangs is left when the show ends."""

REST_S = (0.0, 1.0, 5.0, 30.0)
"""Seconds before a process is started again, by how many ended without an answer."""


class SupervisedWriter:
    """A `TipWriter` in a child process; a question that has waited too long is not asked."""

    def __init__(
        self,
        config: llama.WriterConfig,
        *,
        target: Callable[[Connection, llama.WriterConfig], None] = llama.main,
        deadline_s: float = DEADLINE_MS / 1000,
        on_exchange: Callable[[str, str], None] | None = None,
    ) -> None:
        """Start the process. `target` runs in it; `on_exchange` gets every prompt with its answer."""
        self._config = config
        self._target = target
        self._deadline_s = deadline_s
        self._on_exchange = on_exchange
        self._context = multiprocessing.get_context("spawn")
        self._asked: queue.SimpleQueue[tuple[DraftRequest, Callable[[str], None], float] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._process: BaseProcess | None = None
        self._pipe: Any = None
        self._ready = threading.Event()
        self.starts = 0
        """How often the process was started."""
        self._thread = threading.Thread(target=self._work, name="writer-supervisor")
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process that writes now."""
        return self._process.pid if self._process else None

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Wait until the model is loaded."""
        return self._ready.wait(timeout_s)

    def ask(self, request: DraftRequest, tell: Callable[[str], None]) -> None:
        self._asked.put((request, tell, time.monotonic() + self._deadline_s))

    def close(self) -> None:
        """End the process and the thread."""
        self._closing.set()
        self._asked.put(None)
        self._thread.join()

    def _work(self) -> None:
        if sys.platform != "win32":
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        fruitless = 0
        try:
            while not self._closing.wait(REST_S[min(fruitless, len(REST_S) - 1)]):
                answers = 0
                try:
                    self._start()
                    while (asked := self._asked.get()) is not None:
                        self._answer(*asked)
                        answers += 1
                except (EOFError, OSError, TimeoutError):
                    log.warning("writer process ended", extra={"answers": answers})
                    fruitless = 0 if answers else fruitless + 1
                finally:
                    self._stop()
        finally:
            self._ready.clear()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        process = self._context.Process(
            target=self._target, args=(theirs, self._config), name="martlive-writer", daemon=True
        )
        process.start()
        theirs.close()
        self._process = process
        self.starts += 1
        self._receive(LOAD_TIMEOUT_S)
        self._ready.set()

    def _receive(self, seconds: float) -> bytes:
        """What the process says within `seconds`."""
        end_s = time.monotonic() + seconds
        while not self._pipe.poll(min(LOOK_EVERY_S, max(0.0, end_s - time.monotonic()))):
            if self._closing.is_set() or time.monotonic() >= end_s:
                raise TimeoutError
        said: bytes = self._pipe.recv_bytes(MOST_BYTES)
        return said

    def _answer(self, request: DraftRequest, tell: Callable[[str], None], end_s: float) -> None:
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            tell("")
            return
        try:
            self._pipe.send(llama.Question(request.prompt, request.schema, left_s))
            # The child watches the time itself; one that does not even say so hangs.
            answer = self._receive(left_s + self._deadline_s).decode(errors="replace")
        except (EOFError, OSError, TimeoutError):
            tell("")
            raise
        if self._on_exchange:
            self._on_exchange(request.prompt, answer)
        tell(answer)

    def _stop(self) -> None:
        self._ready.clear()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
