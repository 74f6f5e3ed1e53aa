"""Chooses how often words come, so that OBS and the game keep the computer's time; no sound is ever dropped."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LATE_MS, EASY_BACKLOG_MS = 1_000, 500
"""Sound that waits, on average: late is a third of what the streamer is told as a delay, so that there is time to act;
easy is twice the block, the chunk and the decode that always wait."""

BUSY_SHARE, EASY_SHARE = 0.8, 0.5
"""CPU seconds per second and thread: busy leaves no room for a final between two partials; easy is what speech
costs on a computer that is fast enough."""

LAGGED_SHARE, EASY_LAGGED_SHARE = 0.01, 0.003
"""Frames that OBS lost: one in a hundred is a stutter that viewers see; easy is one in ten seconds at 30 a second."""

BACKLOG_WINDOW_MS = 2_000
"""Longer than one final decode, shorter than the delay that the streamer is told about."""

CPU_WINDOW_MS = 6_000
"""An utterance and its final: shorter, and each final looks like a busy computer."""

LAGGED_WINDOW_MS = 10_000
"""300 frames at 30 a second, so that one lost frame is not yet a hundredth."""

RISE_AFTER_MS, RISE_AT_MOST_AFTER_MS = 15_000, 240_000
"""Ease before the next faster pace. The time doubles whenever that pace did not last, up to a few minutes."""

PROBATION_MS = 60_000
"""A faster pace that lasts so long has lasted."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often words come."""

    partial_step_ms: int | None
    """New sound between two decodes of an utterance that goes on; None: finals only."""
    is_small: bool = False
    """The small model does the finals, too."""


PACES = (Pace(500), Pace(600), Pace(1000), Pace(1500), Pace(None), Pace(None, is_small=True))
"""From the fastest to the slowest. A step of 400 ms brings words 20 ms sooner, with more errors and 6 % more CPU."""

PACES_BY_NAME = {"fast": Pace(500), "economy": Pace(800), "finals": Pace(None)}
"""What a user may choose as the fastest."""


def paces_from(fastest: Pace, *, has_small: bool) -> tuple[Pace, ...]:
    """`fastest` and every slower pace; without a small model, finals only is the slowest."""
    slower = [pace for pace in PACES if _slowness(pace) > _slowness(fastest)]
    return (fastest, *(pace for pace in slower if has_small or not pace.is_small))


def _slowness(pace: Pace) -> tuple[bool, float]:
    return pace.is_small, float("inf") if pace.partial_step_ms is None else pace.partial_step_ms


@dataclass(frozen=True, slots=True)
class Load:
    """How the computer does, at one moment."""

    backlog_ms: int
    """Sound fed but not worked on."""
    cpu_share: float
    """CPU seconds per second that the recogniser takes."""
    lagged_share: float = 0.0
    """0 to 1: frames that OBS lost lately; 0 without OBS."""


class Governor:
    """Steps through paces, quickly down and slowly up; each step is judged only by what was seen since the last one."""

    def __init__(self, paces: Sequence[Pace] = PACES, *, threads: int = 1) -> None:
        """Begin with the first of `paces`, the fastest."""
        self._paces = tuple(paces)
        self._level = 0
        self._watched = (
            _Measure(BACKLOG_WINDOW_MS, LATE_MS, EASY_BACKLOG_MS),
            _Measure(CPU_WINDOW_MS, BUSY_SHARE * threads, EASY_SHARE * threads),
            _Measure(LAGGED_WINDOW_MS, LAGGED_SHARE, EASY_LAGGED_SHARE),
        )
        self._easy_since_ms: int | None = None
        self._rise_after_ms = RISE_AFTER_MS
        self._rose_ms: int | None = None

    @property
    def pace(self) -> Pace:
        return self._paces[self._level]

    @property
    def sentence(self) -> str:
        """What the streamer reads about the pace; empty at the fastest."""
        if self._level == 0:
            return ""
        if self.pace.is_small:
            return "Busy computer: words are a little rougher."
        if self.pace.partial_step_ms is None:
            return "Busy computer: words come after each sentence."
        return "Busy computer: words come a little later."

    def observe(self, load: Load, now_ms: int) -> bool:
        """Take what is seen at `now_ms`, a time that never goes back; True when the pace has changed."""
        for measure, value in zip(self._watched, (load.backlog_ms, load.cpu_share, load.lagged_share), strict=True):
            measure.add(value, now_ms)
        is_high = any(measure.is_high for measure in self._watched)
        if not all(measure.is_easy for measure in self._watched):
            self._easy_since_ms = None
        elif self._easy_since_ms is None:
            self._easy_since_ms = now_ms
        if is_high and self._level < len(self._paces) - 1:
            self._fall(now_ms)
        elif self._level and self._easy_since_ms is not None and now_ms - self._easy_since_ms >= self._rise_after_ms:
            self._rise(now_ms)
        else:
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """What was seen no longer counts: the recogniser has begun anew; the pace stays."""
        self._easy_since_ms = None
        for measure in self._watched:
            measure.forget()

    def _fall(self, now_ms: int) -> None:
        if self._rose_ms is not None:
            has_lasted = now_ms - self._rose_ms >= PROBATION_MS
            self._rise_after_ms = RISE_AFTER_MS if has_lasted else min(2 * self._rise_after_ms, RISE_AT_MOST_AFTER_MS)
            self._rose_ms = None
        self._level += 1

    def _rise(self, now_ms: int) -> None:
        self._rose_ms = now_ms
        self._level -= 1


class _Measure:
    """The mean of what was seen within a window; it says nothing until the window is full."""

    def __init__(self, window_ms: int, high: float, easy: float) -> None:
        self._window_ms = window_ms
        self._high = high
        self._easy = easy
        self._seen: deque[tuple[int, float]] = deque()
        self._is_full = False

    def add(self, value: float, now_ms: int) -> None:
        self._seen.append((now_ms, value))
        while now_ms - self._seen[0][0] > self._window_ms:
            self._seen.popleft()
            self._is_full = True

    def forget(self) -> None:
        self._seen.clear()
        self._is_full = False

    @property
    def is_high(self) -> bool:
        return self._is_full and self._mean > self._high

    @property
    def is_easy(self) -> bool:
        return self._is_full and self._mean < self._easy

    @property
    def _mean(self) -> float:
        return sum(value for _, value in self._seen) / len(self._seen)
