"""What MartLive hears and sees, as values for the streamer to look at: reduced from the session's events, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.events import Chat, Screen, SessionStarted, Status, Transcript
from martlive_desktop.ui import view_state
from martlive_desktop.ui.stream_state import clean
from martlive_desktop.ui.view_state import OverlayState

if TYPE_CHECKING:
    from martlive_desktop.core.events import LogEvent

KEPT_SENTENCES, KEPT_LINES = 2, 5
"""The newest ones: enough to see that they are right."""

LEAST_MOTION = 0.4 / 255
"""Mean change of luma from which a picture moves. Source: `PictureThresholds.weak_change`."""

PartName: TypeAlias = Literal["app", "recogniser", "reader", "writer"]
PictureKind: TypeAlias = Literal["none", "black", "frozen", "still", "moving"]


@dataclass(frozen=True, slots=True)
class PartLoad:
    """What one part of MartLive takes of the computer."""

    name: PartName
    cpu_percent: float
    """Of one core, since the last time."""
    memory_mb: float


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of the chat, without what would draw outside of it."""

    user: str
    text: str


@dataclass(frozen=True, slots=True)
class SensesState:
    """Everything that the window shows, pictures and load aside."""

    is_running: bool = False
    """A show runs."""
    overlay: OverlayState = field(default_factory=OverlayState)
    """Level, pace, and what is in the way of hearing or seeing, as the overlay shows it, too."""
    microphone: str = ""
    """Its name; empty: not known."""
    sentences: tuple[str, ...] = ()
    """What was said last and will not change any more; the newest is last."""
    partial: str = ""
    """What is being said."""
    utterance: int = -1
    """The one that is being said, or was said last."""
    words_behind_ms: int | None = None
    """From the newest sound of the last words to when they were there; None: no words yet."""
    screen: Screen | None = None
    """The newest measurement of the picture."""
    kind_since_ms: int = 0
    """Stream time since which the picture is of its kind."""
    chat: tuple[ChatLine, ...] = ()
    """The newest is last."""
    chat_trouble: str = ""
    """One sentence when the chat cannot be read; empty: it can, or is not to be."""
    chat_behind_ms: int | None = None
    """From when the last line was on the screen to when it was read; None: none yet."""
    outside: tuple[str, ...] = ()
    """What leaves this computer by the settings, one sentence each; words for the remote coach aside."""
    is_sound_kept: bool = False
    """The sound of this show is kept on this computer."""

    @property
    def picture(self) -> PictureKind:
        """What the watched picture does."""
        return _kind_of(self.screen)

    @property
    def picture_s(self) -> int:
        """For how many seconds it has done so."""
        return max(self.overlay.now_ms - self.kind_since_ms, 0) // 1000


def reduce(state: SensesState, event: LogEvent) -> SensesState:
    """`state` after `event`."""
    overlay = view_state.reduce(state.overlay, event)
    match event:
        case SessionStarted():
            # Neither the microphone nor what leaves this computer changes with a show.
            return SensesState(is_running=True, overlay=overlay, microphone=state.microphone, outside=state.outside)
        case Status(part="session", state="ended"):
            return SensesState(overlay=overlay, microphone=state.microphone, outside=state.outside)
    state = replace(state, overlay=overlay)
    match event:
        case Transcript():
            return _heard(state, event)
        case Status(part="sound", state="kept" | "off"):
            return replace(state, is_sound_kept=event.state == "kept")
        case Screen():
            is_same = _kind_of(state.screen) == _kind_of(event)
            return replace(state, screen=event, kind_since_ms=state.kind_since_ms if is_same else event.at_ms)
        case Status(part="screen", state="lost" | "paused" | "off"):
            return replace(state, screen=None, kind_since_ms=event.at_ms)
        case Chat():
            line = ChatLine(clean(event.user), clean(event.text))
            behind_ms = max(event.emitted_ms - event.at_ms, 0)
            return replace(state, chat=(*state.chat, line)[-KEPT_LINES:], chat_trouble="", chat_behind_ms=behind_ms)
        case Status(part="chat"):
            return replace(state, chat_trouble=event.detail if event.state == "lost" else "")
        case _:
            return state


def _heard(state: SensesState, event: Transcript) -> SensesState:
    if event.utterance < state.utterance:
        return state
    state = replace(state, utterance=event.utterance, words_behind_ms=max(event.emitted_ms - event.at_ms, 0))
    text = clean(event.text)
    if not event.is_final:
        return replace(state, partial=text)
    return replace(state, partial="", sentences=(*state.sentences, *([text] if text else []))[-KEPT_SENTENCES:])


def _kind_of(screen: Screen | None) -> PictureKind:
    if screen is None:
        return "none"
    if screen.is_black:
        return "black"
    if screen.is_frozen:
        return "frozen"
    return "moving" if screen.motion >= LEAST_MOTION else "still"
