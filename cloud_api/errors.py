"""What can go wrong at the edge, as RFC 9457 problem objects with stable types.

CloudError                 status, type, retryable, retry_after_ms
`-- Refusal                an answer to a caller: one of PROBLEMS
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TYPE_ROOT = "urn:martlive:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of refusal."""

    status: int
    """Of the HTTP answer."""
    close_code: int
    """Of a WebSocket that was accepted before."""
    title: str
    retryable: bool = False


PROBLEMS: dict[str, Problem] = {
    "bad-request": Problem(400, 4400, "The request is not valid."),
    "bad-frame": Problem(400, 4400, "The frame is not valid."),
    "frame-gap": Problem(400, 4400, "A frame is missing or comes twice."),
    "codec-unsupported": Problem(415, 4415, "This form of sound or picture is not supported."),
    "unauthorized": Problem(401, 4401, "The key or ticket is missing, wrong or expired."),
    "key-in-url": Problem(400, 4400, "A key or ticket must not be in the address; send it in a header."),
    "forbidden": Problem(403, 4403, "This key may not do that."),
    "origin-not-allowed": Problem(403, 4403, "This page may not use the service."),
    "not-found": Problem(404, 4404, "There is no such thing, or it is not yours."),
    "method-not-allowed": Problem(405, 4400, "This cannot be done here."),
    "conflict": Problem(409, 4409, "This was done before, in another way."),
    "session-taken": Problem(409, 4409, "Another connection has taken the session over."),
    "session-ended": Problem(409, 4410, "The session has ended."),
    "too-large": Problem(413, 4413, "That is larger than the service takes."),
    "invalid": Problem(422, 4422, "A field is not valid."),
    "resume-invalid": Problem(409, 4412, "The stream cannot go on from there; begin a new session."),
    "too-fast": Problem(429, 4429, "The sound comes faster than it was spoken."),
    "rate-limited": Problem(429, 4429, "Too many requests; wait a moment.", retryable=True),
    "quota-exceeded": Problem(429, 4429, "The quota for today is used up."),
    "too-slow": Problem(408, 4408, "The other side reads too slowly.", retryable=True),
    "internal": Problem(500, 4500, "The service made a mistake.", retryable=True),
    "at-capacity": Problem(503, 4503, "The service is full; try again soon.", retryable=True),
    "unavailable": Problem(503, 4503, "A part of the service is away; try again soon.", retryable=True),
    "draining": Problem(503, 4503, "This server is about to stop; connect again.", retryable=True),
    "deadline": Problem(504, 4504, "There was no answer in time.", retryable=True),
}


class CloudError(Exception):
    """The root of what this package raises by intention."""


class Refusal(CloudError):
    """What a caller is told; `detail` never carries speech, chat, screen text, keys or other callers' data."""

    def __init__(
        self, name: str, detail: str = "", *, retry_after_ms: int | None = None, trace_id: str = "", **facts: Any
    ) -> None:
        self.name = name
        self.problem = PROBLEMS[name]
        self.detail = detail
        self.retry_after_ms = retry_after_ms
        self.trace_id = trace_id
        self.facts = facts
        super().__init__(detail or self.problem.title)

    def body(self, trace_id: str = "") -> dict[str, Any]:
        """The problem object."""
        body: dict[str, Any] = {
            "type": TYPE_ROOT + self.name,
            "title": self.problem.title,
            "status": self.problem.status,
            "detail": self.detail or self.problem.title,
            "retryable": self.problem.retryable,
            "retry_after_ms": self.retry_after_ms,
            "trace_id": self.trace_id or trace_id,
        }
        return body | self.facts
