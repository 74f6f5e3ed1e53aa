"""Events between services: CloudEvents 1.0 in JSON, the same over NATS, HTTP and in an outbox."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from cloud_api.clock import utc_now

EventType: TypeAlias = Literal[
    "session.started",
    "session.ended",
    "session.noted",
    "segment.final",
    "tip.given",
    "report.ready",
    "usage.recorded",
    "tenant.erase",
]

MEDIA_TYPE = "application/cloudevents+json"
BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"

MOST_INTEGER = 2**53 - 1
"""The largest whole number that every reader of JSON keeps."""


class CloudEvent(BaseModel):
    """One event; consumers do it once for each `id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=200)
    """Equal for equal happenings, so that what is told twice is done once: `SESSION:segment:UTTERANCE:REV`."""
    source: str = Field(max_length=200)
    """The service and instance: `/gateway/a1`."""
    type: EventType
    subject: str = Field(max_length=100)
    """The session, or the tenant where there is none."""
    time: datetime = Field(default_factory=utc_now)
    tenant: str = Field(max_length=100)
    epoch: int = 0
    """Of the session's owner that tells it; a smaller one than was seen before is of an owner that was replaced."""
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]
    """By type:

    session.started  {mode, language, app_version, models, plan, started_at, second_pass}
    session.ended    {reason: ended | expired, stream_ms}
    session.noted    {lines: [events.jsonl lines that are neither final transcript nor tip], first: number of the first}
    segment.final    {utterance, rev, line: events.jsonl line}
    tip.given        {line: events.jsonl line}
    report.ready     {session}
    usage.recorded   {day: YYYY-MM-DD, audio_ms, frames, tips, tokens}
    tenant.erase     {requested_at, sessions: [ids] or null for all}
    """


def text_of(model: BaseModel) -> str:
    """`model` as JSON in ASCII: what clients say may hold signs, as halves of an emoji, that UTF-8 does not take."""
    return json.dumps(model.model_dump(mode="json"), separators=(",", ":"))


class EventData(BaseModel):
    """The root of what events carry; fields that a newer service added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StartedData(EventData):
    """A session's first connection."""

    mode: str = Field(max_length=40)
    language: str = Field(max_length=40)
    app_version: str = Field("", max_length=100)
    models: dict[str, str] | list[str] = {}
    """Names of the models, by what they are for."""
    plan: dict[str, Any] | None = None
    started_at: datetime
    second_pass: bool = False
    """Finals may come again, better, with a higher rev."""
    title: str = Field("", max_length=500)
    names: list[str] = []


class EndedData(EventData):
    """A session is over."""

    reason: str = Field(max_length=40)
    """`ended` by its client, or `expired`."""
    stream_ms: int = Field(ge=0, le=MOST_INTEGER)


class NotedData(EventData):
    """Lines of events.jsonl that are neither final transcripts nor tips."""

    lines: list[dict[str, Any]]
    first: int = Field(ge=0, le=MOST_INTEGER)
    """Number of the first line; they count from 0 within an epoch."""


class SegmentData(EventData):
    """A final."""

    utterance: int = Field(ge=0, le=MOST_INTEGER)
    rev: int = Field(0, ge=0, le=1_000)
    """0 as it was heard live; a higher one is a later, better pass over the same utterance."""
    line: dict[str, Any]


class TipData(EventData):
    """A tip that was shown."""

    line: dict[str, Any]


class ReportData(EventData):
    """A report was made."""

    session: str = Field(max_length=100)


class UsageData(EventData):
    """What a tenant used on a day since it was last told."""

    day: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    audio_ms: int = Field(0, ge=0, le=MOST_INTEGER)
    frames: int = Field(0, ge=0, le=MOST_INTEGER)
    tips: int = Field(0, ge=0, le=MOST_INTEGER)
    tokens: int = Field(0, ge=0, le=MOST_INTEGER)


class EraseData(EventData):
    """A tenant wants sessions forgotten."""

    requested_at: datetime
    sessions: list[str] | None = None
    """None: all that there were at `requested_at`."""


DATA: dict[EventType, type[EventData]] = {
    "session.started": StartedData,
    "session.ended": EndedData,
    "session.noted": NotedData,
    "segment.final": SegmentData,
    "tip.given": TipData,
    "report.ready": ReportData,
    "usage.recorded": UsageData,
    "tenant.erase": EraseData,
}
"""What `CloudEvent.data` is, by type; the consumer checks it."""
