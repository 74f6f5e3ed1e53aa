"""The session: one reducer that takes what happens and gives what is written, shown and kept."""

from __future__ import annotations

import dataclasses
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.coach.drafting import DEADLINE_MS
from martlive_desktop.core.coach.scheduler import Close, Scheduler, Show
from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    Dismiss,
    Draft,
    Mark,
    Screen,
    Status,
    Tip,
    TipClosed,
    Toggle,
    Transcript,
    Voice,
)
from martlive_desktop.core.habits import Habits
from martlive_desktop.core.signals import Detector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.core.coach.drafting import AnyDrafter, DraftRequest
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.core.coach.wording import TipTemplates
    from martlive_desktop.core.events import Cue, Input, LogEvent, TipSource

DELAYED_MS = 3_000
"""From here on the streamer is told that recognition lags: tips about words would come too late."""

CAUGHT_UP_MS = 1_500
"""Below it the lag is over; lower than DELAYED_MS so that the lamp does not flicker."""


WORDS_LAG_MS = 1_000
"""Recognition takes as long at most on a computer that keeps up; when it takes longer, what hangs on words waits for them:
what was said in a break of the connection is not missing, but late."""

KEPT_MS = 60_000
"""How long the words for a cue are kept: no cue waits longer."""

REPEAT_MS = 600_000
"""A wording does not come again within ten minutes while the kind has others."""

MOST_USED = 64
"""Texts of a kind that are remembered: at six tips in ten minutes, more than an hour and a half."""


class Pauses(Detector, Protocol):
    """Also knows how long it has been silent."""

    @property
    def silence_ms(self) -> int: ...


class Selling(Detector, Protocol):
    """Also knows what is being shown."""

    @property
    def product(self) -> str:
        """Its name in the plan; empty: none yet."""
        ...

    @property
    def product_since_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Detectors:
    """Everything that watches."""

    pauses: Pauses
    selling: Selling
    others: tuple[Detector, ...]
    on_words: tuple[Detector, ...] = ()
    """Those of `others` that judge by what is said: beside `pauses` and `selling`, they wait for words that are late."""

    @property
    def all(self) -> tuple[Detector, ...]:
        return (self.pauses, self.selling, *self.others)


@dataclass(slots=True)
class _Draft:
    """A question to the writer."""

    cue: Cue
    asked_ms: int
    is_open: bool = True
    text: str = ""
    """What may be shown; empty: nothing."""
    source: TipSource = "local"
    """Who wrote it."""


@dataclass(frozen=True, slots=True)
class OnShow:
    """The product that is being shown."""

    name: str
    since_ms: int


class Session:
    """Owns all state of a show; equal inputs in equal order give equal outputs."""

    def __init__(
        self, detectors: Detectors, scheduler: Scheduler, templates: TipTemplates, grounding: Grounding
    ) -> None:
        self._detectors = detectors
        self._scheduler = scheduler
        self._templates = templates
        self._grounding = grounding
        self._drafter: AnyDrafter | None = None
        self._ask: Callable[[DraftRequest], None] | None = None
        self._drafts: dict[str, _Draft] = {}
        self._held: Show | None = None
        self._now_ms = 0
        self._heard_ms = 0
        self._is_delayed = False
        self._judged_ms = 0
        self._early: deque[Chat | Screen] = deque()
        self._words = (detectors.pauses, detectors.selling, *detectors.on_words)
        self._unoffered: list[Cue] = []
        self._cues = 0
        self._raised_ms: dict[str, int] = {}
        self._holding: frozenset[str] = frozenset()
        self._used: dict[str, dict[str, int]] = {}
        self._on_screen: dict[str, str] = {}

    def use_writer(self, drafter: AnyDrafter | None, ask: Callable[[DraftRequest], None]) -> None:
        """Let a language model word tips: `ask` returns at once, the answer comes back as a `Draft`. None: no model."""
        self._drafter, self._ask = drafter, ask

    @property
    def habits(self) -> Habits:
        """What was usual in this show, of all that a detector has measured."""
        habits = Habits()
        for detector in self._detectors.all:
            habits = habits.after(getattr(detector, "habits", Habits()))
        return habits

    @property
    def now_ms(self) -> int:
        """The newest stream time that was seen."""
        return self._now_ms

    @property
    def on_show(self) -> OnShow | None:
        """The product that the streamer shows now."""
        selling = self._detectors.selling
        return OnShow(selling.product, selling.product_since_ms) if selling.product else None

    def handle(self, event: Input, emitted_ms: int) -> list[LogEvent]:
        """Take what happened; give what comes of it, in order."""
        self._now_ms = max(self._now_ms, event.at_ms)
        out: list[LogEvent] = []
        match event:
            case Transcript() | Chat() | Screen() | Status():
                out.append(event)
            case Toggle():
                out += self._closed(self._scheduler.switch(event.is_on, self._now_ms))
                out.append(Status(self._now_ms, "coach", "on" if event.is_on else "off"))
            case Dismiss():
                out += self._closed(self._scheduler.dismiss(self._now_ms))
            case Mark():
                out.append(Status(self._now_ms, "session", "marked", "You marked this moment."))
            case Draft():
                self._take(event)
            case _:
                out += self._watch_delay(event)
        out += self._observe(event)
        out += self._raise_cues()
        out += self._decide()
        return [dataclasses.replace(one, emitted_ms=emitted_ms) for one in out]

    def finish(self, emitted_ms: int) -> list[LogEvent]:
        """The show is over: the tip on screen goes with it."""
        self._judged_ms = self._now_ms
        out = self._catch_up()
        out += self._closed(self._scheduler.switch(is_on=False, now_ms=self._now_ms))
        out.append(Status(self._now_ms, "session", "ended"))
        return [dataclasses.replace(one, emitted_ms=emitted_ms) for one in out]

    def _watch_delay(self, event: Input) -> list[LogEvent]:
        if not isinstance(event, AudioChunk) or not self._heard_ms:
            return []
        delay_ms = event.at_ms - self._heard_ms
        if not self._is_delayed and delay_ms > DELAYED_MS:
            self._is_delayed = True
            return [Status(self._now_ms, "recogniser", "delayed", f"{delay_ms / 1000:.0f} s")]
        if self._is_delayed and delay_ms < CAUGHT_UP_MS:
            self._is_delayed = False
            return [Status(self._now_ms, "recogniser", "ready")]
        return []

    def _observe(self, event: Input) -> list[LogEvent]:
        if isinstance(event, Voice):
            self._heard_ms = max(self._heard_ms, event.at_ms)
        # Where nobody was ever heard, nothing is late.
        known_ms = min(self._now_ms, self._heard_ms + WORDS_LAG_MS) if self._heard_ms else self._now_ms
        self._judged_ms = max(self._judged_ms, known_ms)
        out = self._catch_up()
        # What the user does acts at once: who sees nothing of it does it again.
        is_early = isinstance(event, Chat | Screen) and bool(self._early or event.at_ms > self._judged_ms)
        for detector in self._detectors.all:
            if not (is_early and self._hangs_on_words(detector)):
                out += detector.observe(event, self._time_of(detector))
        if is_early and isinstance(event, Chat | Screen):
            self._early.append(event)
        return out

    def _catch_up(self) -> list[LogEvent]:
        """What waited for words, now that they are there."""
        out: list[LogEvent] = []
        while self._early and self._early[0].at_ms <= self._judged_ms:
            event = self._early.popleft()
            for detector in self._words:
                out += detector.observe(event, self._judged_ms)
        return out

    def _time_of(self, detector: Detector) -> int:
        """The stream time at which `detector` judges."""
        return self._judged_ms if self._hangs_on_words(detector) else self._now_ms

    def _hangs_on_words(self, detector: Detector) -> bool:
        return any(detector is one for one in self._words)

    @property
    def _is_late(self) -> bool:
        """Whether tips about words would be about the past."""
        return self._now_ms - self._judged_ms > DELAYED_MS

    def _raise_cues(self) -> list[LogEvent]:
        found = [
            (cue, self._time_of(detector))
            for detector in self._detectors.all
            for cue in detector.cues(self._time_of(detector))
        ]
        self._holding = frozenset(cue.kind for cue, _ in found)
        if not self._is_late:
            # What still holds after a break is worth a tip, what was in the middle of it no longer.
            for waiting in self._unoffered:
                if waiting.kind in self._holding:
                    self._scheduler.offer(waiting)
            self._unoffered.clear()
        out: list[LogEvent] = []
        for cue, at_ms in found:
            kind = CATALOGUE[cue.kind]
            raised_ms = self._raised_ms.get(cue.kind)
            if raised_ms is not None and at_ms - raised_ms < kind.cooldown_ms:
                continue
            self._raised_ms[cue.kind] = at_ms
            raised = dataclasses.replace(cue, id=f"c{self._cues}", at_ms=at_ms, severity=kind.severity)
            self._cues += 1
            if at_ms < self._now_ms - DELAYED_MS:
                self._unoffered.append(raised)
            else:
                self._request(raised)
                self._scheduler.offer(raised)
            out.append(raised)
            for detector in self._detectors.all:
                out += detector.observe(raised, self._time_of(detector))
        return out

    def _request(self, cue: Cue) -> None:
        """Ask the writer for words; they are there, or not, when the cue is shown."""
        if self._drafter is None or self._ask is None or cue.severity == 0:
            return
        if request := self._drafter.request(cue):
            self._drafts = {
                cue_id: draft for cue_id, draft in self._drafts.items() if draft.asked_ms > self._now_ms - KEPT_MS
            }
            self._drafts[cue.id] = _Draft(cue, self._now_ms)
            self._ask(request)

    def _take(self, event: Draft) -> None:
        draft = self._drafts.get(event.cue_id)
        if draft is not None and self._drafter is not None:
            draft.text, _ = self._drafter.judge(draft.cue, event.answer)
            draft.source = self._drafter.source(event.answer)
            draft.is_open = False

    def _decide(self) -> list[LogEvent]:
        silence_ms = self._detectors.pauses.silence_ms
        out = self._closed(self._scheduler.advance(self._now_ms, silence_ms, self._holding))
        if self._held and not self._is_awaited(self._held.cue):
            out += self._shown(self._held)
        return out

    def _is_awaited(self, cue: Cue) -> bool:
        """Whether a tip waits a moment for the words that the model is still looking for."""
        draft = self._drafts.get(cue.id)
        return draft is not None and draft.is_open and self._now_ms - draft.asked_ms < DEADLINE_MS

    def _closed(self, decisions: Sequence[Show | Close]) -> list[LogEvent]:
        out: list[LogEvent] = []
        for decision in decisions:
            if isinstance(decision, Show):
                self._held = decision
                continue
            # Whatever ends a tip, it was shown.
            if self._held:
                out += self._shown(self._held)
            out.append(TipClosed(self._now_ms, self._on_screen.pop(decision.cue_id), decision.how))
        return out

    def _shown(self, show: Show) -> list[LogEvent]:
        self._held = None
        cue = show.cue
        draft = self._drafts.pop(cue.id, None)
        used = self._used.setdefault(cue.kind, {})
        evidence = [value for _, value in cue.slots]
        text = draft.text if draft else ""
        source: TipSource = draft.source if draft and text else "rules"
        if not text or self._now_ms - used.get(text, -REPEAT_MS) < REPEAT_MS:
            source = "rules"
            text = self._templates.write(cue, used, lambda text: not self._grounding.refusal(text, evidence))
        used.pop(text, None)
        used[text] = self._now_ms
        while len(used) > MOST_USED:
            del used[next(iter(used))]
        tip = Tip(
            at_ms=self._now_ms,
            id=f"t{cue.id[1:]}",
            cue=cue.id,
            kind=cue.kind,
            text=text,
            severity=cue.severity,
            source=source,
            expires_ms=show.expires_ms,
        )
        self._on_screen[cue.id] = tip.id
        return [tip]
