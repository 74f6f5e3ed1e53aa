"""The vocabulary: what goes into a session and what comes out of it.

Times are milliseconds of stream time, counted in samples from the start of the stream. Events that come out of
a session also have `emitted_ms`: the wall clock since the start in a live show, stream time plus the part's
stated latency in a fast review. One JSON object a line of events.jsonl is one `LogEvent`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE_HZ = 16_000
"""Sample rate of everything that is heard, in Hz: what Whisper and Silero VAD take."""

FRAME_SAMPLES = 512
"""Samples of one voice frame (32 ms): what Silero VAD takes at 16 kHz."""

FRAME_MS = FRAME_SAMPLES * 1000 // RATE_HZ

SCHEMA_VERSION = 2
"""Version of events.jsonl, in its first line; 2 added what becomes of the plan's items and of viewers' questions."""

FillerPath: TypeAlias = Literal["", "text", "acoustic"]
TipSource: TypeAlias = Literal["rules", "local", "remote"]
TipEnd: TypeAlias = Literal["fulfilled", "expired", "dismissed", "superseded"]
RundownStep: TypeAlias = Literal["planned", "to_say", "shown", "price", "call", "recap", "said"]
QuestionState: TypeAlias = Literal["asked", "waiting", "answered"]


def samples_to_ms(samples: int) -> int:
    """Stream time in milliseconds at `samples` samples of 16 kHz."""
    return samples * 1000 // RATE_HZ


def ms_to_samples(ms: int) -> int:
    """Samples of 16 kHz in `ms` milliseconds."""
    return ms * RATE_HZ // 1000


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """Sound of the stream; chunks follow each other without a gap."""

    start_sample: int
    """Index of the first sample since the start of the stream."""
    pcm: NDArray[np.int16]
    """16 kHz mono, shape (samples,)."""

    @property
    def end_sample(self) -> int:
        return self.start_sample + len(self.pcm)

    @property
    def at_ms(self) -> int:
        """Stream time of the chunk's end."""
        return samples_to_ms(self.end_sample)


@dataclass(frozen=True, slots=True, eq=False)
class Loopback:
    """What the computer plays, as it plays it."""

    at_ms: int
    pcm: NDArray[np.int16]
    """16 kHz mono, shape (samples,)."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; `text` has no spaces around it."""

    text: str
    start_ms: int
    end_ms: int
    probability: float
    """0 to 1, the recogniser's own."""
    is_stable: bool = True
    """False while a later decode may still change it."""
    filler: FillerPath = ""
    """How it was found to be a filler: written by the recogniser, or only by its sound; empty for a word."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Voice probabilities of frames that follow each other, from the recogniser."""

    at_ms: int
    """Stream time of the end of the last frame."""
    probabilities: tuple[float, ...]
    """0 to 1, one for each frame of FRAME_MS."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes though nothing came."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Toggle:
    """The user turns coaching on or off."""

    at_ms: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The user sends the tip on screen away."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Mark:
    """The user marks this moment, to find it again after the show."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class NextItem:
    """The user says that the next item of the plan is on."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a language model wrote for a cue, unchecked."""

    at_ms: int
    cue_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised: a partial may still change, a final is the last word on its utterance."""

    type: ClassVar[str] = "transcript"
    at_ms: int
    """Stream time of the newest audio that was used."""
    is_final: bool
    utterance: int
    """Counts from 0; partials and the final of one utterance share it."""
    text: str
    words: tuple[Word, ...]
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """A measurement worth keeping."""

    type: ClassVar[str] = "signal"
    at_ms: int
    name: str
    value: float
    unit: str
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Chat:
    """A line of the chat."""

    type: ClassVar[str] = "chat"
    at_ms: int
    user: str
    text: str
    source: str
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Screen:
    """What was measured of the picture."""

    type: ClassVar[str] = "screen"
    at_ms: int
    scene: str
    """Which saved scene is on: `starting`, `break` or `main`; empty: none of them."""
    is_black: bool
    is_frozen: bool
    brightness: float
    """Mean luma, 0 to 1."""
    is_cut: bool
    contrast: float = 0.0
    """Standard deviation of luma, 0 to 0.5."""
    motion: float = 0.0
    """Mean change of luma where the camera is since the picture before, 0 to 1."""
    product: str = ""
    """Name of the product whose picture is recognised; empty: none."""
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Cue:
    """A coachable moment, detected; it becomes a tip only if the scheduler shows it.

    A detector leaves `id` and `severity` at their defaults; the session fills them from the catalogue.
    """

    type: ClassVar[str] = "cue"
    at_ms: int
    kind: str
    confidence: float
    """0 to 1."""
    reasons: tuple[str, ...]
    """The facts that made it true; no speech and no chat in them beyond what `slots` has."""
    slots: tuple[tuple[str, str], ...] = ()
    """Named values for the words of the tip, as `("price", "$14.99")`."""
    id: str = ""
    severity: int = 3
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Tip:
    """What is really shown."""

    type: ClassVar[str] = "tip"
    at_ms: int
    id: str
    cue: str
    """`Cue.id` of the moment it belongs to."""
    kind: str
    text: str
    severity: int
    source: TipSource
    expires_ms: int
    """Stream time at which it leaves the screen."""
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class TipClosed:
    """A tip left the screen."""

    type: ClassVar[str] = "tip_closed"
    at_ms: int
    id: str
    how: TipEnd
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """A part of the program changed its state."""

    type: ClassVar[str] = "status"
    at_ms: int
    part: str
    """`microphone`, `recogniser`, `coach`, `session`, `store`, `sound` (that is kept), `remote` (what leaves this computer), `screen`, `chat`, `obs`, and `scene`: the one of OBS whose name is `detail`."""
    state: str
    detail: str = ""
    """One sentence for the user; never speech, chat or a secret."""
    emitted_ms: int = 0

    @property
    def is_news(self) -> bool:
        """It is to be told once and changes nothing on the screen."""
        return (self.part, self.state) in {
            ("recogniser", "device"),
            ("recogniser", "language"),
            ("remote", "lost"),
            ("screen", "picture"),
            ("sound", "lost"),
            ("store", "lost"),
            ("writer", "device"),
        }


@dataclass(frozen=True, slots=True)
class Rundown:
    """What becomes of an item of the show plan."""

    type: ClassVar[str] = "rundown"
    at_ms: int
    item: str
    """The product's name in the plan; empty: a call to action before any was on."""
    what: RundownStep
    """At the start `planned` (`detail`: its price) and `to_say` (a talking point); then `shown`: it is on from now;
    `price`: said; `call`: viewers were told how to buy; `recap`: name and price together; `said`: a talking point."""
    detail: str = ""
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What becomes of a viewer's question; equal `user` and `asked_ms` are the same question."""

    type: ClassVar[str] = "question"
    at_ms: int
    asked_ms: int
    """`Chat.at_ms` of the line."""
    user: str
    text: str
    state: QuestionState
    """`asked`; then `waiting`: passed over for longer than viewers wait; `answered`."""
    viewers: int = 1
    """How many asked it so far."""
    fact: str = ""
    """What of the plan may answer it; looked up when it is `waiting`."""
    emitted_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The first line of a session."""

    type: ClassVar[str] = "session"
    at_ms: int
    app_version: str
    mode: str
    source: str
    """`microphone`, `demo` or the recording's file name."""
    models: tuple[str, ...]
    settings_digest: str
    schema: int = SCHEMA_VERSION
    emitted_ms: int = 0


LogEvent: TypeAlias = (
    SessionStarted | Transcript | Signal | Chat | Screen | Cue | Tip | TipClosed | Status | Rundown | Question
)
"""What a session writes."""

Input: TypeAlias = (
    AudioChunk
    | Voice
    | Transcript
    | Chat
    | Screen
    | Status
    | Tick
    | Toggle
    | Dismiss
    | Mark
    | NextItem
    | Draft
    | Loopback
)
"""What a session takes."""

_TYPES: dict[str, type[LogEvent]] = {
    kind.type: kind
    for kind in (SessionStarted, Transcript, Signal, Chat, Screen, Cue, Tip, TipClosed, Status, Rundown, Question)
}
_BOOLEANS = {"is_final": "final", "is_stable": "stable", "is_black": "black", "is_frozen": "frozen", "is_cut": "cut"}
_KNOWN: dict[type, frozenset[str]] = {
    kind: frozenset(one.name for one in dataclasses.fields(kind)) for kind in (*_TYPES.values(), Word)
}
MOST_MS = 31 * 24 * 3_600_000
"""Of a time, before or after 0; no stream is longer than a month, and what is made of times stays small."""

_MOST = 2**63
"""Of any other number: what a file of shows takes."""

_WRITTEN: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,)}
"""Types of a field as JSON has them; every field that is not here, and no tuple, is text."""
_OF_TEXT = (str,)
_FIELDS: dict[type, tuple[tuple[str, tuple[type, ...], int], ...]] = {
    kind: tuple(
        (one.name, _WRITTEN.get(str(one.type), _OF_TEXT), MOST_MS if one.name.endswith("_ms") else _MOST)
        for one in dataclasses.fields(kind)
        if not str(one.type).startswith("tuple")
    )
    for kind in _KNOWN
}
_RENAMED = {
    kind: renamed
    for kind, names in _KNOWN.items()
    if (renamed := tuple((written, name) for name, written in _BOOLEANS.items() if name in names))
}


def to_json(event: LogEvent) -> str:
    """`event` as one line of events.jsonl, without the newline; keys keep one order, so equal events give equal bytes."""
    flat = {"type": event.type, **{_BOOLEANS.get(k, k): v for k, v in dataclasses.asdict(event).items()}}
    if isinstance(event, Transcript):
        flat["words"] = [{_BOOLEANS.get(k, k): v for k, v in word.items()} for word in flat["words"]]
    if isinstance(event, Cue):
        flat["slots"] = dict(event.slots)
    return json.dumps(flat, ensure_ascii=False, separators=(",", ":"))


def from_json(line: str) -> LogEvent:
    """The event written as `line`; fields that a newer version added are passed over.

    Raises:
        ValueError: `line` is no event that this version knows.
    """
    try:
        flat: dict[str, Any] = json.loads(line)
        kind = _TYPES[flat.pop("type")]
        if kind is Transcript:
            flat["words"] = tuple([_named(Word, word) for word in flat["words"]])
        elif kind is Cue:
            flat["slots"] = tuple((str(k), str(v)) for k, v in flat["slots"].items())
            flat["reasons"] = tuple(map(_text, flat["reasons"]))
        elif kind is SessionStarted:
            flat["models"] = tuple(map(_text, flat["models"]))
        return _named(kind, flat)
    except (KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ValueError("Not an event of this version.") from exc


_Made = TypeVar("_Made")


def _named(kind: type[_Made], flat: dict[str, Any]) -> _Made:
    """A value of `kind` from its fields as they are written; others are passed over."""
    for written, name in _RENAMED.get(kind, ()):
        if written in flat:
            flat[name] = flat.pop(written)
    try:
        made = kind(**flat)
    except TypeError:
        # Rare, and a show of twelve hours has a hundred thousand lines: look for what is unknown only now.
        made = kind(**{key: value for key, value in flat.items() if key in _KNOWN[kind]})
    for name, types, most in _FIELDS[kind]:
        value = getattr(made, name)
        # nan is within no limits.
        if type(value) not in types or (types is not _OF_TEXT and not -most <= value <= most):
            raise TypeError(name)
    return made


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
