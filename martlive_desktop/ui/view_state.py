"""What the overlay shows, as values: reduced from the session's events, without Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.events import SessionStarted, Signal, Status, Tip, TipClosed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.core.events import LogEvent

Hearing: TypeAlias = Literal["off", "loading", "listening", "lost"]
Watching: TypeAlias = Literal["off", "watching", "paused", "lost"]

_WATCHING: Mapping[str, Watching] = {"watching": "watching", "paused": "paused", "lost": "lost", "off": "off"}
"""States of the screen that are shown; a state that is not among them changes nothing."""

PRAISE_KINDS = frozenset({"well_done"})
"""Kinds of cues whose tip is praise: green with a tick."""

KEPT_TIPS = 5
"""Newest tips that can be read again."""

REPEAT_MS = 6_000
"""How long a tip that is asked for again stays."""

SAID_MS = 2_500
"""How long an answer to a key stays on the strip."""

_NO_SOUND = frozenset({"lost", "silent"})
"""States of a microphone that gives nothing."""

_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s\b")


@dataclass(frozen=True, slots=True)
class TipCard:
    """The tip on screen; `id` changes when another one takes its place."""

    id: str
    text: str
    severity: int
    """0 break-glass, 1 now, 2 and 3 at the next breakpoint."""
    is_praise: bool
    shown_ms: int
    """Stream time at which it came."""
    expires_ms: int
    """Stream time at which it leaves."""
    is_repeat: bool = False
    """It was asked for again; no session knows of it."""

    def part_left(self, at_ms: float) -> float:
        """How much of its time is left at `at_ms`, 0 to 1."""
        return min(max((self.expires_ms - at_ms) / max(self.expires_ms - self.shown_ms, 1), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class OverlayState:
    """Everything that the overlay shows; equal states look the same."""

    tip: TipCard | None = None
    level_dbfs: float | None = None
    """Loudness of the microphone; None: not known."""
    pace_wpm: int | None = None
    product: str = ""
    next_product: str = ""
    """What the plan has after it; empty: nothing."""
    time_left_ms: int | None = None
    """Time left on the product."""
    is_coaching: bool = True
    hearing: Hearing = "off"
    hearing_detail: str = ""
    """One sentence from the part that is in the way; empty: none."""
    is_remote: bool = False
    """Words leave this computer."""
    delayed_ms: int = 0
    """How far recognition is behind; 0: in time."""
    slowdown: str = ""
    """One sentence while words come later, to spare the computer; empty: as fast as they can."""
    watching: Watching = "off"
    """Whether MartLive looks at what viewers see."""
    watching_detail: str = ""
    """What is watched, such as `OBS`; when it is not, one sentence that says why. Empty: not known."""
    said: str = ""
    """Answer to a key, for a moment; empty: none."""
    recent: tuple[TipCard, ...] = field(default=(), compare=False)
    """The newest tips, at most `KEPT_TIPS`, oldest first."""
    said_ms: int = field(default=0, compare=False)
    now_ms: int = field(default=0, compare=False)
    """Stream time of the newest event."""
    microphone: str = field(default="", compare=False)
    """What the microphone last said of itself."""
    recogniser: str = field(default="", compare=False)
    """What the recogniser last said of itself."""


def reduce(state: OverlayState, event: LogEvent) -> OverlayState:
    """`state` after `event`."""
    if isinstance(event, SessionStarted):
        # Its stream time begins anew, and neither its microphone nor its screen has spoken yet.
        return _heard(OverlayState(recogniser=state.recogniser, now_ms=event.at_ms), "")
    state = _later(replace(state, now_ms=max(state.now_ms, event.at_ms)))
    match event:
        case Tip():
            is_praise = event.kind in PRAISE_KINDS
            tip = TipCard(event.id, event.text, event.severity, is_praise, event.at_ms, event.expires_ms)
            return replace(state, tip=tip, recent=(*state.recent, tip)[-KEPT_TIPS:])
        case TipClosed() if state.tip is not None and state.tip.id == event.id:
            return replace(state, tip=None)
        case Signal(name="level"):
            # A recording has no microphone that could say that it listens; its sound does.
            return _heard(replace(state, level_dbfs=event.value, microphone=state.microphone or "listening"), "")
        case Signal(name="pace"):
            return replace(state, pace_wpm=round(event.value) or None)
        case Status() if not event.is_news:
            return _reduce_status(state, event)
        case _:
            return state


def repeated(state: OverlayState) -> OverlayState:
    """`state` with the last tip on screen again; as it is where there was none, or one is up."""
    if state.tip is not None or not state.recent:
        return state
    tip = replace(state.recent[-1], shown_ms=state.now_ms, expires_ms=state.now_ms + REPEAT_MS, is_repeat=True)
    return replace(state, tip=tip)


def without_repeat(state: OverlayState) -> OverlayState:
    """`state` without a tip that was asked for again."""
    return replace(state, tip=None) if state.tip is not None and state.tip.is_repeat else state


def _later(state: OverlayState) -> OverlayState:
    """`state` without what had its time."""
    if state.tip is not None and state.now_ms >= state.tip.expires_ms:
        state = without_repeat(state)
    return replace(state, said="") if state.said and state.now_ms - state.said_ms >= SAID_MS else state


def _reduce_status(state: OverlayState, event: Status) -> OverlayState:
    match event.part:
        case "microphone":
            level = state.level_dbfs if event.state == "listening" else None
            return _heard(replace(state, microphone=event.state, level_dbfs=level), event.detail)
        case "recogniser" if event.state == "pace":
            return replace(state, slowdown=event.detail)
        case "recogniser":
            seconds = _SECONDS.search(event.detail) if event.state == "delayed" else None
            delayed_ms = round(float(seconds[1]) * 1000) if seconds else 0
            detail = "" if state.microphone in _NO_SOUND else event.detail
            return _heard(replace(state, recogniser=event.state, delayed_ms=delayed_ms), detail)
        case "session" if event.state == "marked":
            at_s = state.now_ms // 1000
            return replace(state, said=f"Marked {at_s // 60}:{at_s % 60:02}", said_ms=state.now_ms)
        case "session" if event.state == "ended":
            state = replace(state, watching="off", watching_detail="")
            return _heard(replace(state, microphone="", level_dbfs=None, delayed_ms=0, slowdown=""), "")
        case "coach":
            is_on = event.state == "on"
            return replace(state, is_coaching=is_on, tip=state.tip if is_on else None)
        case "remote":
            return replace(state, is_remote=event.state == "on")
        case "screen" if event.state in _WATCHING:
            return replace(state, watching=_WATCHING[event.state], watching_detail=event.detail)
        case _:
            return state


def _heard(state: OverlayState, detail: str) -> OverlayState:
    """`state` with the lamp that follows from the microphone and the recogniser."""
    hearing: Hearing
    if state.microphone in _NO_SOUND or state.recogniser in {"lost", "failed"}:
        hearing = "lost"
    elif state.recogniser in {"loading", "restarting"}:
        hearing = "loading"
    elif state.microphone == "listening":
        hearing = "listening"
    else:
        hearing = "off"
    if hearing == state.hearing:
        detail = detail or state.hearing_detail
    detail = detail if hearing in {"lost", "loading"} else ""
    if (hearing, detail) == (state.hearing, state.hearing_detail):
        return state  # As with each of ten levels a second.
    return replace(state, hearing=hearing, hearing_detail=detail)
