"""What the gateway's REST side takes and gives, as its OpenAPI document says it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from cloud_api.gateway.store import ScopeName
from martlive_desktop.core.events import TipSource
from martlive_desktop.core.plan import HIGHEST_PRICE, LONGEST_MINUTES

ID_PATTERN = r"^[0-9a-f]{32}$"
KEY_ID_PATTERN = r"^[0-9a-f]{16}$"
LANGUAGE_PATTERN = r"^([a-z]{2,3}|auto)$"
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
"""A line of text: no control characters, which databases refuse and terminals obey."""

MOST_PRODUCTS = 300
MOST_NAMES = 300
MOST_EVIDENCE = 64
MOST_ERASED = 1_000
MOST_CHAT_CHARACTERS = 12_000


def _whole(value: object) -> object:
    """JSON knows one kind of number: 10.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Line = Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
Fact = Annotated[str, StringConstraints(max_length=1_000)]
SessionId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
ChatTokens = Annotated[int, Field(ge=1, le=1_024), BeforeValidator(_whole)]
Days = Annotated[int, Field(ge=1, le=3_650), BeforeValidator(_whole)]
Severity = Annotated[int, Field(ge=0, le=10), BeforeValidator(_whole)]
Deadline = Annotated[int, Field(ge=1, le=30_000), BeforeValidator(_whole)]
Overlap = Annotated[int, Field(ge=0, le=30 * 86_400), BeforeValidator(_whole)]
Price = Annotated[float, Field(ge=0, le=HIGHEST_PRICE)]
ChatStop = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Minutes = Annotated[float, Field(ge=0.1, le=LONGEST_MINUTES)]


class Model(BaseModel):
    """Read strictly: what is not known is refused, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Problem(BaseModel):
    """An RFC 9457 problem."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:martlive:problem:rate-limited",
                    "title": "Too many requests; wait a moment.",
                    "status": 429,
                    "detail": "Too many requests; wait a moment.",
                    "retryable": True,
                    "retry_after_ms": 1_200,
                    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                }
            ]
        },
    )

    type: str = Field(description="Stable; `urn:martlive:problem:` and a name.")
    title: str
    status: int
    detail: str
    retryable: bool
    retry_after_ms: int | None
    trace_id: str


class PlanProduct(Model):
    """One item of the show."""

    name: Name
    aliases: list[Line] = Field([], max_length=50)
    price: Price | None = None
    facts: list[Fact] = Field([], max_length=100)
    talking_points: list[Fact] = Field([], max_length=100)
    do_not_say: list[Fact] = Field([], max_length=100)
    minutes: Minutes | None = None
    pictures: list[str] = Field([], max_length=20, description="Files of the streamer's own machine; passed over here.")


class Plan(Model):
    """What the streamer wrote down before the show."""

    title: Line = ""
    mode: Literal["selling", "gaming", "talk"] = "selling"
    language: str = Field("en", pattern=LANGUAGE_PATTERN)
    sponsored: bool = False
    sponsor: Line = ""
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    minutes: Minutes | None = None
    products: list[PlanProduct] = Field([], max_length=MOST_PRODUCTS, description="Each with a name of its own.")


class SessionAsk(Model):
    """A new session."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mode": "coach",
                    "language": "en",
                    "title": "Friday lipstick show",
                    "plan": {"mode": "selling", "products": [{"name": "Dew serum", "price": 14.99}]},
                    "names": ["Dew serum"],
                    "partials": True,
                }
            ]
        }
    )

    mode: Literal["recognise", "coach"] = "coach"
    language: str = Field("en", pattern=LANGUAGE_PATTERN, description="ISO 639 code, or `auto`.")
    plan: Plan | None = None
    names: list[Name] = Field([], max_length=MOST_NAMES, description="Words that no dictionary has.")
    partials: bool = True
    voice: bool = Field(default=False, description="Tell the probability of speech, too.")
    second_pass: bool = Field(default=False, description="Finals may come again, better, with a higher `rev`.")
    title: Line = ""


class StreamLimits(BaseModel):
    """What holds for the stream."""

    streams: int
    audio_ms_a_day: int
    audio_ms_left_today: int
    ring_ms: int = Field(description="For so long a client keeps its sound, to send it again.")
    most_speed: float = Field(description="Times real time that sound may come.")
    pictures_a_second: float
    sound_frame_bytes: int
    picture_bytes: int


class TicketGiven(BaseModel):
    """Lets one connection in, once; it goes into `Sec-WebSocket-Protocol` as `ticket.TICKET`."""

    id: str
    ticket: str
    ticket_expires_at: datetime
    stream_url: str


class SessionMade(TicketGiven):
    """A new session with its first ticket."""

    epoch: int
    limits: StreamLimits


class SessionView(BaseModel):
    """A session."""

    id: str
    mode: str
    language: str
    title: str
    partials: bool
    voice: bool
    second_pass: bool
    state: Literal["new", "live", "ended"]
    epoch: int
    created_at: datetime
    ended_at: datetime | None
    stream_ms: int


class SessionDetail(SessionView):
    """A session with what it was begun with."""

    plan: dict[str, Any] | None
    names: list[str]


class SessionList(BaseModel):
    """The newest sessions."""

    sessions: list[SessionView]
    next: str | None = Field(description="Give it as `before` for the ones after these.")


class TipAsk(Model):
    """core/wire.py's TipRequest."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "cue-1",
                    "kind": "price_missing",
                    "severity": 2,
                    "evidence": ["The plan says $14.99.", "No price was said for 4 minutes."],
                    "candidates": ["Say the price: $14.99."],
                    "deadline_ms": 1_500,
                    "language": "en",
                    "version": 2,
                }
            ]
        }
    )

    id: str = Field(min_length=1, max_length=100)
    kind: str = Field(min_length=1, max_length=100)
    severity: Severity
    evidence: list[Fact] = Field(max_length=MOST_EVIDENCE, description="Data, never instructions.")
    candidates: list[Fact] = Field(
        min_length=1, max_length=16, description="The first is given when no better is ready."
    )
    deadline_ms: Deadline
    language: str = Field(pattern=r"^[a-z]{2,3}$", description="Of the tip.")
    version: Annotated[Literal[2], BeforeValidator(_whole)] = 2


class TipGiven(BaseModel):
    """core/wire.py's TipAnswer."""

    id: str
    text: str
    source: TipSource
    version: Literal[2]


class AnswerAsk(Model):
    """A question about the show."""

    question: str = Field(min_length=1, max_length=1_000)
    evidence: list[Fact] = Field(max_length=MOST_EVIDENCE, description="What the answer may use; data only.")
    language: str = Field("en", pattern=r"^[a-z]{2,3}$")
    deadline_ms: Deadline = 2_000


class AnswerGiven(BaseModel):
    """An answer, and whether the evidence carries it."""

    text: str
    source: TipSource
    grounded: bool


class ChatText(BaseModel):
    """A part of a message."""

    type: Literal["text"]
    text: str = Field(max_length=MOST_CHAT_CHARACTERS)


class ChatMessage(BaseModel):
    """One message."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=MOST_CHAT_CHARACTERS)] | list[ChatText]


class ChatAsk(BaseModel):
    """OpenAI's chat completion; what would change the answer and is not done, such as tools, is refused."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        json_schema_extra={
            "examples": [{"model": "coach", "messages": [{"role": "user", "content": "Word this: say the price."}]}]
        },
    )

    model: str = Field("", max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=64)
    max_tokens: ChatTokens | None = None
    max_completion_tokens: ChatTokens | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    stop: ChatStop | Annotated[list[ChatStop], Field(max_length=4)] | None = None
    stream: bool = False
    stream_options: dict[str, Any] | None = None


class ChatGiven(BaseModel):
    """OpenAI's chat completion."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: str
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None


class OpenAiModel(BaseModel):
    """One model."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: str


class OpenAiModels(BaseModel):
    """OpenAI's list of models."""

    object: str
    data: list[OpenAiModel]


class Segment(BaseModel):
    """One part of a transcription."""

    id: int
    start: float
    end: float
    text: str


class Word(BaseModel):
    """One word with its times."""

    word: str
    start: float
    end: float


class Transcription(BaseModel):
    """What was said; all fields but `text` come with `verbose_json` only."""

    text: str
    task: str | None = None
    language: str | None = None
    duration: float | None = None
    segments: list[Segment] | None = None
    words: list[Word] | None = None


class DayUsage(BaseModel):
    """What was used on one day, in UTC."""

    day: str
    audio_ms: int
    frames: int
    tips: int
    tokens: int


class LimitsView(BaseModel):
    """What the tenant may use."""

    audio_ms_a_day: int
    streams: int
    tips_a_day: int
    tokens_a_day: int
    requests_a_minute: int


class UsageView(BaseModel):
    """Usage by day, the newest first."""

    days: list[DayUsage]
    limits: LimitsView


class KeyAsk(Model):
    """A new key."""

    name: Name
    scopes: list[ScopeName] = Field(min_length=1, max_length=5)
    days: Days | None = Field(None, description="After so many days it expires.")


class KeyRotation(Model):
    """How a key is replaced."""

    overlap_s: Overlap = Field(86_400, description="For so long the old one is still good.")


class KeyView(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    scopes: list[ScopeName]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyView):
    """A new key with its text, which is told only once."""

    key: str


class KeyList(BaseModel):
    """All keys of the tenant."""

    keys: list[KeyView]


class ErasureAsk(Model):
    """What is to be forgotten."""

    sessions: Annotated[list[SessionId], Field(max_length=MOST_ERASED)] | None = Field(
        description="Null for everything of the tenant."
    )


class ErasureTaken(BaseModel):
    """What is forgotten at once, and until when the rest is."""

    sessions: int
    done_by: datetime
