"""A clock that a test moves: waiting takes no time, and what was planned for a moment happens at it."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable


class ScriptedClock:
    """Time passes only in `wait_until` and `wait`."""

    def __init__(self) -> None:
        self._now_ms = 0
        self._order = itertools.count()
        self._plan: list[tuple[int, int, Callable[[], None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        """Have `action` happen when the clock reaches `at_ms`."""
        heapq.heappush(self._plan, (at_ms, next(self._order), action))

    def wait_until(self, at_ms: int) -> None:
        self._pass(at_ms, lambda: False)

    def wait(self, event: threading.Event, timeout_s: float) -> None:
        """Let time pass until `event` is set, at most so long."""
        self._pass(self._now_ms + round(timeout_s * 1_000), event.is_set)

    def _pass(self, until_ms: int, is_over: Callable[[], bool]) -> None:
        while not is_over() and self._plan and self._plan[0][0] <= until_ms:
            when_ms, _, action = heapq.heappop(self._plan)
            self._now_ms = max(self._now_ms, when_ms)
            action()
        if not is_over():
            self._now_ms = max(self._now_ms, until_ms)
