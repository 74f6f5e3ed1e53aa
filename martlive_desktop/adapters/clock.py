"""Time: the only module that reads the computer's clocks."""

from __future__ import annotations

import datetime
import threading
import time


class SystemClock:
    """Milliseconds since it was made, by a clock that never goes back and that nobody sets."""

    def __init__(self) -> None:
        self._start_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        return (time.monotonic_ns() - self._start_ns) // 1_000_000

    def wait_until(self, at_ms: int) -> None:
        while (left_ms := at_ms - self.now_ms()) > 0:
            threading.Event().wait(left_ms / 1000)


def utc_now_iso() -> str:
    """Date and time in UTC, as `2026-03-01T19:30:00Z`."""
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - this is the clock adapter.
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
