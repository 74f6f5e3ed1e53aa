"""The session: one reducer that takes what happens and gives what is written, shown and kept."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.coach.scheduler import Close, Scheduler, Show
from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    Dismiss,
    Screen,
    Status,
    Tip,
    TipClosed,
    Toggle,
    Transcript,
    Voice,
)
from martlive_desktop.core.signals import Detector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.coach.wording import TipTemplates
    from martlive_desktop.core.events import Input, LogEvent

DELAYED_MS = 3_000
"""From here on the streamer is told that recognition lags: tips about words would come too late."""

CAUGHT_UP_MS = 1_500
"""Below it the lag is over; lower than DELAYED_MS so that the lamp does not flicker."""


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

    @property
    def all(self) -> tuple[Detector, ...]:
        return (self.pauses, self.selling, *self.others)


@dataclass(frozen=True, slots=True)
class OnShow:
    """The product that is being shown."""

    name: str
    since_ms: int


class Session:
    """Owns all state of a show; equal inputs in equal order give equal outputs."""

    def __init__(self, detectors: Detectors, scheduler: Scheduler, templates: TipTemplates) -> None:
        self._detectors = detectors
        self._scheduler = scheduler
        self._templates = templates
        self._now_ms = 0
        self._heard_ms = 0
        self._is_delayed = False
        self._cues = 0
        self._raised_ms: dict[str, int] = {}
        self._holding: frozenset[str] = frozenset()
        self._shown: dict[str, int] = {}
        self._on_screen: dict[str, str] = {}

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
            case _:
                out += self._watch_delay(event)
        for detector in self._detectors.all:
            out += detector.observe(event, self._now_ms)
        out += self._raise_cues()
        out += self._decide()
        return [dataclasses.replace(one, emitted_ms=emitted_ms) for one in out]

    def finish(self, emitted_ms: int) -> list[LogEvent]:
        """The show is over: the tip on screen goes with it."""
        out = self._closed(self._scheduler.switch(is_on=False, now_ms=self._now_ms))
        out.append(Status(self._now_ms, "session", "ended"))
        return [dataclasses.replace(one, emitted_ms=emitted_ms) for one in out]

    def _watch_delay(self, event: Input) -> list[LogEvent]:
        if isinstance(event, Voice):
            self._heard_ms = event.at_ms
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

    def _raise_cues(self) -> list[LogEvent]:
        found = [cue for detector in self._detectors.all for cue in detector.cues(self._now_ms)]
        self._holding = frozenset(cue.kind for cue in found)
        out: list[LogEvent] = []
        for cue in found:
            kind = CATALOGUE[cue.kind]
            raised_ms = self._raised_ms.get(cue.kind)
            if raised_ms is not None and self._now_ms - raised_ms < kind.cooldown_ms:
                continue
            self._raised_ms[cue.kind] = self._now_ms
            raised = dataclasses.replace(cue, id=f"c{self._cues}", at_ms=self._now_ms, severity=kind.severity)
            self._cues += 1
            self._scheduler.offer(raised)
            out.append(raised)
            for detector in self._detectors.all:
                out += detector.observe(raised, self._now_ms)
        return out

    def _decide(self) -> list[LogEvent]:
        silence_ms = self._detectors.pauses.silence_ms
        return self._closed(self._scheduler.advance(self._now_ms, silence_ms, self._holding))

    def _closed(self, decisions: Sequence[Show | Close]) -> list[LogEvent]:
        out: list[LogEvent] = []
        for decision in decisions:
            if isinstance(decision, Close):
                out.append(TipClosed(self._now_ms, self._on_screen.pop(decision.cue_id), decision.how))
                continue
            cue = decision.cue
            turn = self._shown.get(cue.kind, 0)
            self._shown[cue.kind] = turn + 1
            tip = Tip(
                at_ms=self._now_ms,
                id=f"t{cue.id[1:]}",
                cue=cue.id,
                kind=cue.kind,
                text=self._templates.write(cue, turn),
                severity=cue.severity,
                source="rules",
                expires_ms=decision.expires_ms,
            )
            self._on_screen[cue.id] = tip.id
            out.append(tip)
        return out
