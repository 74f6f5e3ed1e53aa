"""Events between services: CloudEvents 1.0 in JSON, the same over NATS, HTTP and in an outbox."""

from __future__ import annotations

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
