"""Parts that run while they are asked for, on threads that never keep the program from ending."""

from __future__ import annotations

import contextlib
import queue
import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from martlive_desktop.core.errors import MartLiveError

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENT_S = 0.5
"""The Qt thread waits at most so long for a thread that was told to end; one that hangs on the net ends by itself."""


class Closable(Protocol):
    """A part that ends soon when it is closed, from any thread and twice."""

    def close(self) -> None: ...


Part = TypeVar("Part", bound=Closable)


class Follower(Generic[Part]):
    """Keeps one part running while it is asked for, and another one when something else is; on a thread of its own."""

    def __init__(
        self,
        name: str,
        open_part: Callable[[str], Part],
        use: Callable[[Part], None],
        fail: Callable[[MartLiveError], None],
        *,
        retry_s: float | None,
    ) -> None:
        """`use` returns when the part ends; without `retry_s`, one that has ended comes back only when asked anew."""
        self._open, self._use, self._fail, self._retry_s = open_part, use, fail, retry_s
        self._wish: str | None = None
        self._asked = 0
        """Counts what was asked for: the same may be asked for anew."""
        self._part: Part | None = None
        self._is_closing = False
        self._changed = threading.Condition()
        self._idle = threading.Event()
        self._idle.set()
        # It never keeps the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, wish: str | None) -> None:
        """Have the part for `wish`, or none."""
        with self._changed:
            if wish == self._wish:
                return
            self._wish = wish
            self._asked += 1
            self._idle.clear()
            part = self._part
            self._changed.notify()
        if part is not None:
            part.close()

    def wait_idle(self) -> None:
        """Return when no part runs, at the latest after a moment."""
        self._idle.wait(MOMENT_S)

    def close(self) -> None:
        """End the part and the thread."""
        self.ask(None)
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(MOMENT_S)

    def _run(self) -> None:
        while (wanted := self._next()) is not None:
            asked, wish = wanted
            try:
                with contextlib.closing(self._open(wish)) as part:
                    if self._takes(part, asked):
                        self._use(part)
            except MartLiveError as exc:
                self._fail(exc)
            with self._changed:
                self._part = None
                self._changed.wait_for(partial(self._is_other, asked), self._retry_s)

    def _next(self) -> tuple[int, str] | None:
        """What is wanted next, and when it was asked for; None at the end."""
        with self._changed:
            if self._wish is None:
                self._idle.set()
            self._changed.wait_for(lambda: self._is_closing or self._wish is not None)
            return None if self._wish is None else (self._asked, self._wish)

    def _is_other(self, asked: int) -> bool:
        return self._is_closing or self._asked != asked

    def _takes(self, part: Part, asked: int) -> bool:
        with self._changed:
            if self._is_other(asked):
                return False
            self._part = part
            return True


class Worker:
    """Does jobs one after the other, on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        # It never keeps the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def close(self) -> None:
        """End after the job of now; those that wait must be ready to do nothing."""
        self._jobs.put(None)
        self._thread.join(MOMENT_S)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
