"""How fast the streamer talks, against textbook and own habit."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Cue, Signal, Transcript
from martlive_desktop.core.habits import Habits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input

_STEP_MS = 1000
_HABIT_CHECKS = 300


@dataclass(frozen=True, slots=True)
class PaceThresholds:
    """When talk is too fast."""

    window_s: int = 30
    """Seconds over which words are counted, pauses included."""
    fast_wpm: float = 190.0
    """Words a minute: the 95th percentile of 40 hours of real talk."""
    own_factor: float = 1.15
    """Times the own median so far: a fast talker is not corrected for being one."""
    apart_s: int = 15
    """Seconds between the two checks that must both be too fast, so that one burst is none."""
    lag_s: float = 2.0
    """Seconds after which the words of a moment are known; the recogniser needs one to two."""


class PaceDetector:
    """Counts recognised words but for fillers; a final replaces the partials of its utterance."""

    def __init__(self, thresholds: PaceThresholds | None = None, habits: Habits | None = None) -> None:
        self._limits = thresholds or PaceThresholds()
        self._finals: list[int] = []
        self._partial: list[int] = []
        self._next_utterance = 0
        self._checked_ms = (self._limits.window_s - 1) * _STEP_MS
        self._paces: list[float] = []
        # What was usual before counts as much as five minutes of this show.
        usual_wpm = habits.pace_wpm if habits else None
        self._ordered = [] if usual_wpm is None else [usual_wpm] * _HABIT_CHECKS

    @property
    def habits(self) -> Habits:
        """What was usual in this show; nothing while it is short."""
        return Habits(pace_wpm=self._median()) if len(self._paces) >= _HABIT_CHECKS else Habits()

    def use(self, thresholds: PaceThresholds) -> None:
        """Hold to other limits from now on; what was seen so far stays."""
        self._limits = thresholds

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:
        """Count words; give the pace once a second."""
        if isinstance(event, Transcript) and event.utterance >= self._next_utterance:
            ends = sorted(word.end_ms for word in event.words if not word.filler)
            self._partial = [] if event.is_final else ends
            if event.is_final:
                self._next_utterance = event.utterance + 1
                self._finals = sorted(self._finals + ends)
        out: list[Signal] = []
        while self._checked_ms + _STEP_MS <= now_ms - self._limits.lag_s * 1000:
            self._checked_ms += _STEP_MS
            pace_wpm = self._pace_at(self._checked_ms)
            self._paces.append(pace_wpm)
            bisect.insort(self._ordered, pace_wpm)
            out.append(Signal(self._checked_ms, "pace", pace_wpm, "wpm"))
        return out

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """pace_fast, while it holds."""
        limits = self._limits
        if len(self._paces) <= limits.apart_s:
            return ()
        now_wpm, before_wpm = self._paces[-1], self._paces[-1 - limits.apart_s]
        limit_wpm = max(limits.fast_wpm, limits.own_factor * self._median())
        if min(now_wpm, before_wpm) <= limit_wpm:
            return ()
        return (Cue(now_ms, "pace_fast", 0.8, (f"{now_wpm:.0f} words a minute, and 15 s before",)),)

    def _pace_at(self, at_ms: int) -> float:
        since_ms = at_ms - self._limits.window_s * 1000
        self._finals = self._finals[bisect.bisect_right(self._finals, since_ms) :]
        words = bisect.bisect_right(self._finals, at_ms) + sum(since_ms < end <= at_ms for end in self._partial)
        return words * 60 / self._limits.window_s

    def _median(self) -> float:
        middle = len(self._ordered) // 2
        return (self._ordered[middle] + self._ordered[~middle]) / 2
