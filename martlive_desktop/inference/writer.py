"""Keeps the process that words tips alive, and never waits for it longer than a tip may."""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING

from martlive_desktop.core.coach.drafting import DEADLINE_MS
from martlive_desktop.inference import llama
from martlive_desktop.inference.child import REST_S, Child

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from martlive_desktop.core.coach.drafting import DraftRequest

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 60.0
"""A cold disk and a model of 4 GB."""

NO_CARD = "The graphics card does not work for tips – the processor goes on."

MOST_BYTES = 4096
"""Of an answer; a process that says more has gone wrong."""


class SupervisedWriter:
    """A `TipWriter` in a child process; a question that has waited too long is not asked.

    A process that ends while it uses libraries for a graphics card is started again without them.
    """

    def __init__(
        self,
        config: llama.WriterConfig,
        *,
        target: Callable[[Connection, llama.WriterConfig], None] = llama.main,
        deadline_s: float = DEADLINE_MS / 1000,
        on_exchange: Callable[[str, str], None] | None = None,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        """Start the process.

        Args:
            config: what the process needs to know.
            target: runs in it.
            deadline_s: the longest that a question may wait for its answer.
            on_exchange: gets every prompt with its answer.
            on_trouble: hears, once and in a thread of this writer, that the graphics card does not work.
        """
        self._config = config
        self._deadline_s = deadline_s
        self._on_exchange = on_exchange
        self._on_trouble = on_trouble
        self._asked: queue.SimpleQueue[tuple[DraftRequest, Callable[[str], None], float] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._child = Child(target, config, name="martlive-writer", closing=self._closing)
        self._ready = threading.Event()
        self.card = ""
        """The graphics card that is used now; empty: none."""
        self.starts = 0
        """How often the process was started."""
        self._thread = threading.Thread(target=self._work, name="writer-supervisor")
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process that writes now."""
        return self._child.pid

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
        fruitless = 0
        while not self._closing.wait(REST_S[min(fruitless, len(REST_S) - 1)]):
            answers = 0
            try:
                self.starts += 1
                self.card = self._child.start(LOAD_TIMEOUT_S, MOST_BYTES).decode(errors="replace")
                self._ready.set()
                while (asked := self._asked.get()) is not None:
                    self._answer(*asked)
                    answers += 1
            except (EOFError, OSError, TimeoutError):
                log.warning("writer process ended", extra={"answers": answers})
                if self._config.libraries is not None and not self._closing.is_set():
                    self._keep_to_processor()
                else:
                    fruitless = 0 if answers else fruitless + 1
            finally:
                self._ready.clear()
                self._child.stop()

    def _keep_to_processor(self) -> None:
        self._config = dataclasses.replace(self._config, libraries=None, gpu_layers=0)
        self._child.use(self._config)
        if self._on_trouble:
            self._on_trouble(NO_CARD)

    def _answer(self, request: DraftRequest, tell: Callable[[str], None], end_s: float) -> None:
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            tell("")
            return
        try:
            self._child.send(llama.Question(request.prompt, request.schema, left_s))
            # The child watches the time itself; one that does not even say so hangs.
            answer = self._child.receive(left_s + self._deadline_s, MOST_BYTES).decode(errors="replace")
        except (EOFError, OSError, TimeoutError):
            tell("")
            raise
        if self._on_exchange:
            self._on_exchange(request.prompt, answer)
        tell(answer)
