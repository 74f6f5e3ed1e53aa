"""When a cue becomes a tip: one card at a time, at a breakpoint, seldom."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from martlive_desktop.core.coach.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from martlive_desktop.core.coach.catalogue import CueKind
    from martlive_desktop.core.events import Cue, TipEnd


@dataclass(frozen=True, slots=True)
class SchedulerPolicy:
    """How often and when; every value is the user's to change."""

    quiet_start_ms: int = 20_000
    """Nothing but severity 0 before it: the first words of a show are the streamer's own."""
    gap_ms: int = 20_000
    """Between two tips. Rhema (n = 30): two words every 20 s help a speaker, a steady stream does not."""
    breakpoint_ms: int = 350
    """Silence at the end of a clause; at such breakpoints an interruption costs a third to a half less."""
    wait_now_ms: int = 6_000
    """Severity 1 waits this long for a breakpoint, then comes anyway."""
    wait_next_ms: int = 20_000
    """Severity 2 and 3 wait this long for a breakpoint, then are dropped: later they are about the past."""
    half_life_ms: int = 15_000
    """In it a waiting cue loses half of its weight: what has just happened matters more."""
    screen_ms: int = 5_000
    """A tip stays on screen: eight words are read in 2 s at 240 words a minute, and the eyes must come back first."""
    least_screen_ms: int = 1_500
    """A fulfilled tip does not leave before: four words take 1 s to read, and a card that only flashes disturbs."""
    window_ms: int = 600_000
    """The window of the two limits below."""
    window_tips: int = 6
    """Tips in any such window; severity 0 and claims are exempt."""
    novice_window_tips: int = 4
    """The same for a novice, who has less attention to spare."""
    is_novice: bool = False
    heed_ms: int = 20_000
    """A tip counts as unheeded when its condition still holds so long after it was shown: a sentence can be
    finished and the advice followed in it. Below every cooldown."""
    unheeded_limit: int = 3
    """After so many unheeded tips of a kind, it is only in the report."""
    unheeded_factor: int = 2
    """An unheeded tip multiplies the cooldown of its kind; a heeded one sets it back."""
    dismissed_factor: int = 4
    """So does a dismissed one."""
    off_kinds: frozenset[str] = frozenset()
    """Never shown."""
    live_report_kinds: frozenset[str] = frozenset({"well_done"})
    """Kinds of severity 3, which are for the report, that are shown all the same."""

    def __post_init__(self) -> None:
        if self.half_life_ms <= 0:
            raise ValueError("half_life_ms must be more than 0")


@dataclass(frozen=True, slots=True)
class Show:
    """The cue becomes a tip now."""

    cue: Cue
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Close:
    """The tip of this cue leaves the screen now."""

    cue_id: str
    how: TipEnd


Decision: TypeAlias = Show | Close


@dataclass(slots=True)
class _Card:
    """What is on screen."""

    cue: Cue
    shown_ms: int


@dataclass(slots=True)
class _Habit:
    """How the streamer has taken the tips of one kind so far."""

    cue_ms: int
    """When the condition of its last tip was found."""
    factor: int = 1
    unheeded: int = 0
    watched_since_ms: int | None = None
    """When its last tip was shown, while it is open whether that was heeded."""


class Scheduler:
    """Decides which cue is shown when; of each kind at most the newest cue waits. Time never goes back."""

    def __init__(self, policy: SchedulerPolicy, catalogue: Mapping[str, CueKind] = CATALOGUE) -> None:
        self._policy = policy
        self._catalogue = catalogue
        self._is_on = True
        self._waiting: dict[str, Cue] = {}
        self._card: _Card | None = None
        self._habits: dict[str, _Habit] = {}
        self._gap_end_ms = 0
        self._counted_ms: deque[int] = deque()

    def use(self, policy: SchedulerPolicy) -> None:
        """Decide by another policy from now on; what waits of a kind that is off now, waits no longer."""
        self._policy = policy
        self._waiting = {kind: cue for kind, cue in self._waiting.items() if kind not in policy.off_kinds}

    def offer(self, cue: Cue) -> None:
        """Take a cue that was just raised; it waits for `advance`, or is for the report only."""
        policy, habit = self._policy, self._habits.get(cue.kind)
        is_for_report = cue.severity == 3 and cue.kind not in policy.live_report_kinds
        if not self._is_on or is_for_report or cue.kind in policy.off_kinds:
            return
        if habit is not None:
            # From cue to cue, as the session counts it: a tip comes some seconds after its cue.
            cooldown_ms = self._catalogue[cue.kind].cooldown_ms * habit.factor
            if habit.unheeded >= policy.unheeded_limit or cue.at_ms - habit.cue_ms < cooldown_ms:
                return
        self._waiting[cue.kind] = cue

    def advance(self, now_ms: int, silence_ms: int, holding: Collection[str]) -> list[Decision]:
        """What leaves and what comes at `now_ms`.

        Args:
            now_ms: Stream time.
            silence_ms: How long nobody has spoken.
            holding: The kinds whose condition holds at `now_ms`.
        """
        self._judge(now_ms, holding)
        decisions = self._leave(now_ms, holding)
        self._waiting = {
            kind: cue for kind, cue in self._waiting.items() if self._is_worth_waiting(cue, now_ms, holding)
        }
        ready = [
            cue for cue in self._waiting.values() if cue.kind in holding and self._may_come(cue, now_ms, silence_ms)
        ]
        if ready:
            decisions += self._show(min(ready, key=lambda cue: self._rank(cue, now_ms)), now_ms)
        return decisions

    def dismiss(self, now_ms: int) -> list[Close]:
        """The user sends the tip on screen away."""
        if self._card is not None and not self._is_over(self._card, now_ms):
            self._habits[self._card.cue.kind].factor *= self._policy.dismissed_factor
        return self._take_away("dismissed", now_ms)

    def switch(self, is_on: bool, now_ms: int) -> list[Close]:  # noqa: FBT001 - it is the value
        """Turn coaching on or off.

        Off drops what waits and takes the tip on screen away, which is not held against its kind.
        """
        self._is_on = is_on
        if is_on:
            return []
        self._waiting.clear()
        return self._take_away("superseded", now_ms)

    def _judge(self, now_ms: int, holding: Collection[str]) -> None:
        """Was the advice of earlier tips followed?"""
        for kind, habit in self._habits.items():
            if habit.watched_since_ms is None:
                continue
            if kind not in holding:
                habit.factor, habit.unheeded, habit.watched_since_ms = 1, 0, None
            elif now_ms - habit.watched_since_ms >= self._policy.heed_ms:
                habit.factor *= self._policy.unheeded_factor
                habit.unheeded += 1
                habit.watched_since_ms = None

    def _leave(self, now_ms: int, holding: Collection[str]) -> list[Decision]:
        card = self._card
        if card is None:
            return []
        has_been_read = now_ms - card.shown_ms >= self._policy.least_screen_ms
        if has_been_read and card.cue.kind not in holding:
            self._card = None
            return [Close(card.cue.id, "fulfilled")]
        if self._is_over(card, now_ms):
            self._card = None
            return [Close(card.cue.id, "expired")]
        return []

    def _take_away(self, how: TipEnd, now_ms: int) -> list[Close]:
        """Close the tip on screen before its time; whether it was heeded stays unknown."""
        card, self._card = self._card, None
        if card is None:
            return []
        if self._is_over(card, now_ms):
            return [Close(card.cue.id, "expired")]
        self._habits[card.cue.kind].watched_since_ms = None
        return [Close(card.cue.id, how)]

    def _is_over(self, card: _Card, now_ms: int) -> bool:
        return now_ms - card.shown_ms >= self._policy.screen_ms

    def _is_worth_waiting(self, cue: Cue, now_ms: int, holding: Collection[str]) -> bool:
        """Severity 2 and 3 for a bounded time; 0 and 1 beyond theirs as long as they are true."""
        age_ms = now_ms - cue.at_ms
        if cue.severity >= 2:
            return age_ms <= self._policy.wait_next_ms
        return cue.kind in holding or age_ms <= (self._policy.wait_now_ms if cue.severity else 0)

    def _may_come(self, cue: Cue, now_ms: int, silence_ms: int) -> bool:
        policy, kind = self._policy, self._catalogue[cue.kind]
        if cue.severity == 0:
            return True
        is_breakpoint = silence_ms >= policy.breakpoint_ms
        has_waited = cue.severity == 1 and now_ms - cue.at_ms >= policy.wait_now_ms
        if self._card is not None or now_ms < policy.quiet_start_ms or not (is_breakpoint or has_waited):
            return False
        if kind.is_claim:
            # It keeps the gap if its own wait reaches the gap's end; else it would be lost, so it breaks in.
            return now_ms >= self._gap_end_ms or self._gap_end_ms > cue.at_ms + policy.wait_now_ms
        while self._counted_ms and now_ms - self._counted_ms[0] >= policy.window_ms:
            self._counted_ms.popleft()
        limit = policy.novice_window_tips if policy.is_novice else policy.window_tips
        return now_ms >= self._gap_end_ms and len(self._counted_ms) < limit

    def _rank(self, cue: Cue, now_ms: int) -> tuple[int, float, int, str]:
        weight = cue.confidence * 0.5 ** ((now_ms - cue.at_ms) / self._policy.half_life_ms)
        return cue.severity, -weight, cue.at_ms, cue.kind

    def _show(self, cue: Cue, now_ms: int) -> list[Decision]:
        decisions: list[Decision] = [*self._take_away("superseded", now_ms)]
        kind = self._catalogue[cue.kind]
        del self._waiting[cue.kind]
        self._card = _Card(cue, now_ms)
        self._gap_end_ms = now_ms + self._policy.gap_ms
        if cue.severity and not kind.is_claim:
            self._counted_ms.append(now_ms)
        habit = self._habits.setdefault(cue.kind, _Habit(cue.at_ms))
        habit.cue_ms = cue.at_ms
        habit.watched_since_ms = None if kind.is_praise else now_ms
        return [*decisions, Show(cue, now_ms + self._policy.screen_ms)]
