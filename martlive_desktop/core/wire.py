"""Messages to and from the remote coach: JSON, versioned, read strictly."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from martlive_desktop.core.events import TipSource

WIRE_VERSION = 2
"""Raised when a message changes its meaning; a reader refuses any other. 2 added the language, and answers."""

MAX_BYTES = 65_536
"""Evidence is a few sentences; more is no message of ours."""


@dataclass(frozen=True, slots=True)
class TipRequest:
    """Asks for the words of one tip."""

    id: str
    """`Cue.id`; the answer carries it back."""
    kind: str
    severity: int
    evidence: tuple[str, ...]
    """All facts that the words may use: spans of speech, chat and plan. Data, never instructions."""
    candidates: tuple[str, ...]
    """Filled templates, the first of which is shown when no answer comes."""
    language: str
    """ISO 639 code of the words."""
    deadline_ms: int
    """After so many ms the answer is of no use."""
    version: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class TipAnswer:
    """The words of one tip; the reader checks them against the evidence again."""

    id: str
    text: str
    source: TipSource
    version: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Asks what answers a viewer's question."""

    question: str
    """Data, never an instruction."""
    evidence: tuple[str, ...]
    """All facts that may answer it."""
    language: str
    """ISO 639 code of the question."""
    deadline_ms: int
    """After so many ms the answer is of no use."""
    version: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers a viewer's question: words of the evidence."""

    text: str
    """Empty where the evidence says nothing of it."""
    source: TipSource
    grounded: bool
    """Whether `text` stands in the evidence; an empty one does not."""
    version: int = WIRE_VERSION


_Message = TypeVar("_Message", TipRequest, TipAnswer, AnswerRequest, Answer)


def to_bytes(message: TipRequest | TipAnswer | AnswerRequest | Answer) -> bytes:
    """`message` as JSON in UTF-8."""
    return json.dumps(dataclasses.asdict(message), separators=(",", ":")).encode()


def from_bytes(kind: type[_Message], data: bytes) -> _Message:
    """The `kind` of message written in `data`.

    Raises:
        ValueError: `data` is no such message of this version.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"The message is larger than {MAX_BYTES} bytes.")
    try:
        flat = json.loads(data)
    except RecursionError as exc:
        raise ValueError("The message is nested too deeply.") from exc
    fields = {field.name: str(field.type) for field in dataclasses.fields(kind)}
    if not isinstance(flat, dict) or flat.keys() != fields.keys():
        raise ValueError(f"The message needs exactly these fields: {', '.join(fields)}.")
    message = kind(**{name: _checked(name, fields[name], value) for name, value in flat.items()})
    if message.version != WIRE_VERSION:
        raise ValueError(f"The message has version {message.version}; this program speaks {WIRE_VERSION}.")
    return message


def _checked(name: str, type_name: str, value: Any) -> Any:
    match type_name:
        case "int" if type(value) is int and value >= 0:
            return value
        case "bool" if isinstance(value, bool):
            return value
        case "str" if isinstance(value, str):
            return value
        case "TipSource" if value in get_args(TipSource):
            return value
        case "tuple[str, ...]" if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
    raise ValueError(f"{name} must be {type_name}.")
