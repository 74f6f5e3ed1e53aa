"""Lets the remote coach word tips; where it cannot in time, the model on this computer may, and else the rules do."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.core.coach.drafting import DEADLINE_MS
from martlive_desktop.core.errors import RemoteError
from martlive_desktop.core.wire import to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.core.coach.drafting import DraftRequest
    from martlive_desktop.core.wire import TipAnswer, TipRequest

log = logging.getLogger(__name__)

LEAST_LEFT_S = 0.1
"""With less time left nobody answers any more."""

LOCAL_S = 0.7
"""Left for the model on this computer, where there is one: a small one takes 0.4 s for a tip."""


class TipService(Protocol):
    """What of the remote coach is needed here."""

    def tips(self, request: TipRequest, deadline_s: float) -> TipAnswer: ...

    def close(self) -> None: ...


class LocalWriter(Protocol):
    """A writer in a process of its own."""

    @property
    def pid(self) -> int | None: ...

    def ask(self, request: DraftRequest, tell: Callable[[str], None]) -> None: ...

    def wait_until_ready(self, timeout_s: float) -> bool: ...

    def close(self) -> None: ...


class RemoteWriter:
    """A `TipWriter` over the network; a question that has waited too long is not asked."""

    def __init__(
        self,
        service: TipService,
        local: LocalWriter | None = None,
        *,
        deadline_s: float = DEADLINE_MS / 1000,
        on_exchange: Callable[[str, str], None] | None = None,
    ) -> None:
        """`local` answers where the remote coach does not; `on_exchange` gets what was asked with its answer."""
        self._service = service
        self._local = local
        self._deadline_s = deadline_s
        self._on_exchange = on_exchange
        self._asked: queue.SimpleQueue[tuple[DraftRequest, Callable[[str], None], float] | None] = queue.SimpleQueue()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="remote-writer")
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process of the model on this computer."""
        return self._local.pid if self._local else None

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Wait until the model on this computer is loaded."""
        return self._local.wait_until_ready(timeout_s) if self._local else True

    def ask(self, request: DraftRequest, tell: Callable[[str], None]) -> None:
        self._asked.put((request, tell, time.monotonic() + self._deadline_s))

    def close(self) -> None:
        """End the thread; what is being asked is dropped."""
        self._is_closing = True
        self._asked.put(None)
        self._service.close()
        self._thread.join()
        if self._local:
            self._local.close()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None and not self._is_closing:
            request, tell, end_s = asked
            if answer := self._answer(request, end_s):
                tell(answer)
            elif self._local and request.prompt and end_s - time.monotonic() > LEAST_LEFT_S:
                self._local.ask(request, tell)
            else:
                tell("")

    def _answer(self, request: DraftRequest, end_s: float) -> str:
        """What the remote coach says; empty: nothing in time."""
        left_s = end_s - time.monotonic()
        if self._local and request.prompt:
            left_s -= LOCAL_S
        if request.tip is None or left_s < LEAST_LEFT_S:
            return ""
        try:
            answer = to_bytes(self._service.tips(request.tip, left_s)).decode()
        except RemoteError as exc:
            log.info("tip without the remote coach", extra={"error": type(exc).__name__})
            answer = ""
        if self._on_exchange:
            self._on_exchange(to_bytes(request.tip).decode(), answer)
        return answer
