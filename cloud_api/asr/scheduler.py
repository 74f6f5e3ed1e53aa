"""Who is decoded next: finals first, tenants in fair turns, and partials only while there is time for them."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud_api.clock import monotonic_s
from martlive_desktop.core.events import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.core.speech.guards import Hypothesis

PARTIAL_WAIT_S = 0.4
"""A partial that does not begin within it is not made: the next one knows more."""

TURN_S = 8.0
"""Sound of a tenant's finals that are decoded before it is another tenant's turn: about two finals."""


QUIET_SHARE = 0.6
"""Of the lanes' time: while more is taken, nothing is decoded ahead, since half of it may be for nothing."""

SHARE_OVER_S = 5.0
"""Time constant of the mean of that share."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One decode that a stream waits for."""

    stream: str
    tenant: str
    is_final: bool
    pcm: NDArray[np.int16]
    """16 kHz mono, shape (samples,), at most 30 s."""
    known: tuple[int, ...]
    """Tokens: what a partial begins with, or a draft of a final."""
    language: str
    names: tuple[str, ...]
    is_background: bool = False
    """Waits for everything that is live."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / RATE_HZ


@dataclass(eq=False)
class Waiting:
    """A job on its way; for its stream only to hand back."""

    job: Job
    since_s: float
    is_ahead: bool = False
    is_taken: bool = False
    is_done: bool = False
    found: Hypothesis | None = None
    error: Exception | None = None


class EngineClosed(Exception):
    """The process ends."""


@dataclass(eq=False)
class _Turns:
    """Finals by tenant, in deficit round-robin by seconds of sound.

    Source: Shreedhar, Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", 1996.
    """

    queues: dict[str, deque[Waiting]] = field(default_factory=dict)
    credit_s: dict[str, float] = field(default_factory=dict)
    order: deque[str] = field(default_factory=deque)

    def add(self, waiting: Waiting) -> None:
        tenant = waiting.job.tenant
        if tenant not in self.queues:
            self.queues[tenant] = deque()
            self.credit_s[tenant] = 0.0
            self.order.append(tenant)
        self.queues[tenant].append(waiting)

    def take(self) -> Waiting | None:
        while self.order:
            tenant = self.order[0]
            first = self.queues[tenant][0]
            if self.credit_s[tenant] < first.job.seconds:
                self.credit_s[tenant] += TURN_S
                self.order.rotate(-1)
                # Alone, there is nobody to let go first.
                if len(self.order) > 1:
                    continue
            self.credit_s[tenant] -= first.job.seconds
            self.queues[tenant].popleft()
            if not self.queues[tenant]:
                # Who has nothing waiting saves up nothing.
                del self.queues[tenant], self.credit_s[tenant]
                self.order.remove(tenant)
            return first
        return None

    def __len__(self) -> int:
        return sum(map(len, self.queues.values()))

    def all(self) -> list[Waiting]:
        return [one for queue in self.queues.values() for one in queue]


class Scheduler:
    """Between the streams' threads, which ask, and the lanes, which take; for use from any thread.

    One lane is always left to finals: a batch of partials in front of them is what makes finals late.
    """

    def __init__(self, lanes: int, *, now_s: Callable[[], float] = monotonic_s) -> None:
        self._most_partials = max(1, lanes - 1)
        self._now_s = now_s
        self._changed = threading.Condition()
        self._finals = _Turns()
        self._partials: deque[Waiting] = deque()
        self._background: deque[Waiting] = deque()
        self._ahead: deque[Waiting] = deque()
        self._running: dict[int, Waiting] = {}
        self._lanes = lanes
        self._share, self._share_at_s = 0.0, now_s()
        self._is_closed = False
        self.dropped = 0
        """Partials that there was no time for."""

    def prepare(self, job: Job) -> Waiting:
        """A final that may be asked for soon is decoded before, if a lane has nothing better to do; waits for nothing."""
        waiting = Waiting(job, self._now_s(), is_ahead=True)
        with self._changed:
            self._ahead.append(waiting)
            self._changed.notify_all()
        return waiting

    def withdraw(self, prepared: Waiting) -> None:
        """What was prepared will not be asked for."""
        with self._changed:
            if not prepared.is_taken:
                self._ahead.remove(prepared)

    def ask(self, job: Job, prepared: Waiting | None = None) -> Hypothesis | None:
        """Wait for the decode of `job`, or of the same job that was `prepared`; None: a partial without time for it.

        Raises:
            EngineClosed: the process ends.
            Exception: what the decode raised.
        """
        waiting = prepared or Waiting(job, self._now_s())
        with self._changed:
            if prepared is not None:
                prepared.is_ahead = False
                if not prepared.is_taken:
                    self._ahead.remove(prepared)
                    prepared.since_s = self._now_s()
                    self._finals.add(prepared)
            elif job.is_background:
                self._background.append(waiting)
            elif job.is_final:
                self._finals.add(waiting)
            else:
                self._partials.append(waiting)
            self._changed.notify_all()
            if not job.is_final and not job.is_background:
                self._changed.wait_for(lambda: waiting.is_taken or self._is_closed, PARTIAL_WAIT_S)
                if not waiting.is_taken:
                    self._partials.remove(waiting)
                    self.dropped += 1
                    return None
            self._changed.wait_for(lambda: waiting.is_done or self._is_closed)
        if waiting.error is not None:
            raise waiting.error
        if not waiting.is_done:
            raise EngineClosed
        return waiting.found

    def take(self, lane: int) -> list[Job]:
        """What `lane` is to decode next; waits for it. Empty: the process ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._may_take())
            if self._is_closed:
                return []
            waiting = self._next()
            waiting.is_taken = True
            self._note_share()
            self._running[lane] = waiting
            self._changed.notify_all()
            return [waiting.job]

    def _is_partial_room(self) -> bool:
        others = sum(not one.job.is_final or one.job.is_background or one.is_ahead for one in self._running.values())
        return others < self._most_partials

    def _is_quiet(self) -> bool:
        self._note_share()
        return self._share < QUIET_SHARE

    def _note_share(self) -> None:
        now_s = self._now_s()
        kept = math.exp((self._share_at_s - now_s) / SHARE_OVER_S)
        self._share = self._share * kept + len(self._running) / self._lanes * (1 - kept)
        self._share_at_s = now_s

    def _may_take(self) -> bool:
        if len(self._finals):
            return True
        can_wait = bool(self._partials or self._background) or (bool(self._ahead) and self._is_quiet())
        return can_wait and self._is_partial_room()

    def _next(self) -> Waiting:
        if (final := self._finals.take()) is not None:
            return final
        if self._ahead and self._is_quiet():
            return self._ahead.popleft()
        return self._partials.popleft() if self._partials else self._background.popleft()

    def done(self, jobs: Sequence[Job], found: Sequence[Hypothesis]) -> None:
        """`jobs` were decoded."""
        self._settle(jobs, list(found), None)

    def failed(self, jobs: Sequence[Job], error: Exception) -> None:
        """`jobs` could not be decoded."""
        self._settle(jobs, [None] * len(jobs), error)

    def _settle(self, jobs: Sequence[Job], found: Sequence[Hypothesis | None], error: Exception | None) -> None:
        by_job = dict(zip(map(id, jobs), found, strict=True))
        with self._changed:
            self._note_share()
            for lane, waiting in list(self._running.items()):
                if id(waiting.job) in by_job:
                    waiting.found, waiting.error, waiting.is_done = by_job[id(waiting.job)], error, True
                    del self._running[lane]
            self._changed.notify_all()

    def load(self) -> tuple[int, float, float]:
        """Finals that wait, how long the oldest of them has waited in s, and the seconds of their sound."""
        with self._changed:
            waiting = self._finals.all()
            oldest_s = min((one.since_s for one in waiting), default=self._now_s())
            return len(waiting), self._now_s() - oldest_s, sum(one.job.seconds for one in waiting)

    def close(self) -> None:
        """Let everybody go."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
