"""REST of shows: sessions and their tickets, tips and answers, reports and transcripts."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import ValidationError

from cloud_api.coach.plans import plan_of
from cloud_api.errors import Refusal
from cloud_api.gateway.guard import GuardedRoute, caller_of, needs, refusals
from cloud_api.gateway.models import (
    ID_PATTERN,
    AnswerAsk,
    AnswerGiven,
    SessionAsk,
    SessionDetail,
    SessionList,
    SessionMade,
    SessionView,
    StreamLimits,
    TicketGiven,
    TipAsk,
    TipGiven,
)
from cloud_api.gateway.quotas import MOST_SPEED, PICTURES_A_SECOND
from cloud_api.gateway.store import SessionAsked
from martlive_desktop.core.cloud_stream import RING_MS
from martlive_desktop.core.frames import MAX_PICTURE_BYTES, MAX_SOUND_BYTES
from martlive_desktop.core.wire import MAX_BYTES, WIRE_VERSION

if TYPE_CHECKING:
    from cloud_api.gateway.context import GatewayContext
    from cloud_api.gateway.store import Caller, SessionRecord
    from cloud_api.gateway.stream import Streams
    from cloud_api.gateway.upstream import Upstream

_Given = TypeVar("_Given", TipGiven, AnswerGiven)

router = APIRouter(route_class=GuardedRoute)

Session = Annotated[str, Path(pattern=ID_PATTERN, description="Of the session.")]

TENANT_HEADER = "x-martlive-tenant"
"""For whom coach is asked; it is fair between tenants."""

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-ancestors 'none'; sandbox allow-scripts allow-downloads allow-modals"
)
"""The report's own chart and buttons work, and reach nothing: it belongs to no origin."""

REPORT_TYPES = {"html": "text/html; charset=utf-8", "json": "application/json"}
TRANSCRIPT_TYPES = {
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


def as_time(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def _context(request: Request) -> GatewayContext:
    context: GatewayContext = request.app.state.context
    return context


def _upstream(request: Request) -> Upstream:
    upstream: Upstream = request.app.state.upstream
    return upstream


def _end_stream(request: Request, session_id: str) -> None:
    """Streams of other instances end when those look who owns them."""
    streams: Streams = request.app.state.streams
    streams.end(session_id)


def _view(session: SessionRecord) -> dict[str, Any]:
    names = ("id", "mode", "language", "title", "partials", "voice", "second_pass", "state", "epoch")
    shown = {name: getattr(session, name) for name in names}
    shown["created_at"] = as_time(session.created_ms)
    shown["ended_at"] = None if session.ended_ms is None else as_time(session.ended_ms)
    shown["stream_ms"] = session.stream_ms if session.state == "ended" else session.metered_ms
    return shown


def _ticket(request: Request, caller: Caller, session: SessionRecord) -> dict[str, Any]:
    context = _context(request)
    text, ticket = context.tickets.issue(session.id, caller.tenant, caller.key_id)
    root = context.settings.public_url.rstrip("/").replace("http", "ws", 1)
    return {
        "id": session.id,
        "ticket": text,
        "ticket_expires_at": as_time(ticket.expires_ms),
        "stream_url": f"{root}/v1/sessions/{session.id}/stream",
    }


@router.post(
    "/v1/sessions",
    status_code=201,
    openapi_extra=needs("stream"),
    responses=refusals("conflict", "quota-exceeded"),
    summary="Begin a session",
)
async def begin_session(
    request: Request,
    ask: SessionAsk,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$", description="The same gives the same session."),
    ] = None,
) -> SessionMade:
    """The session exists; its ticket, for one connection within a minute, is new each time."""
    caller = caller_of(request)
    store = _context(request).store
    wanted = ask.model_dump(mode="json")
    if wanted["plan"] is not None:
        for product in wanted["plan"]["products"]:
            del product["pictures"]
        plan_of(wanted["plan"], ask.language)
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    asked = SessionAsked(**wanted | {"names": tuple(ask.names)})
    session = await store.create_session(caller, asked, digest=digest, idempotency_key=idempotency_key)
    used = await store.used_today(caller.tenant)
    limits = StreamLimits(
        streams=caller.limits.streams,
        audio_ms_a_day=caller.limits.audio_ms_a_day,
        audio_ms_left_today=max(0, caller.limits.audio_ms_a_day - used["audio_ms"]),
        ring_ms=RING_MS,
        most_speed=MOST_SPEED,
        pictures_a_second=PICTURES_A_SECOND,
        sound_frame_bytes=MAX_SOUND_BYTES,
        picture_bytes=MAX_PICTURE_BYTES,
    )
    return SessionMade(**_ticket(request, caller, session), epoch=session.epoch, limits=limits)


@router.get("/v1/sessions", openapi_extra=needs("read"), responses=refusals(), summary="List sessions")
async def list_sessions(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,15}-[0-9a-f]{32}$", description="`next` of the list before.")
    ] = None,
) -> SessionList:
    """The newest first."""
    created, _, last = (before or "").partition("-")
    place = (int(created), last) if before else None
    found = await _context(request).store.list_sessions(caller_of(request).tenant, most=limit, before=place)
    following = f"{found[-1].created_ms}-{found[-1].id}" if len(found) == limit else None
    return SessionList(sessions=[SessionView(**_view(one)) for one in found], next=following)


@router.get(
    "/v1/sessions/{session}", openapi_extra=needs("read"), responses=refusals("not-found"), summary="Show a session"
)
async def show_session(request: Request, session: Session) -> SessionDetail:
    """With what it was begun with."""
    found = await _context(request).store.session(caller_of(request).tenant, session)
    return SessionDetail(**_view(found), plan=found.plan, names=list(found.names))


@router.delete(
    "/v1/sessions/{session}",
    status_code=204,
    openapi_extra=needs("stream"),
    responses=refusals("not-found"),
    summary="End and erase a session",
)
async def erase_session(request: Request, session: Session) -> Response:
    """It is gone here at once; what other services keep of it within 24 hours."""
    context = _context(request)
    await context.store.erase_one(caller_of(request).tenant, session)
    _end_stream(request, session)
    context.relay.nudge()
    return Response(status_code=204)


@router.post(
    "/v1/sessions/{session}/tickets",
    status_code=201,
    openapi_extra=needs("stream"),
    responses=refusals("not-found", "session-ended"),
    summary="Get another ticket",
)
async def give_ticket(request: Request, session: Session) -> TicketGiven:
    """For one more connection: a client that lost its own comes back with it."""
    caller = caller_of(request)
    found = await _context(request).store.session(caller.tenant, session)
    if found.state == "ended":
        raise Refusal("session-ended")
    return TicketGiven(**_ticket(request, caller, found))


@router.post(
    "/v1/sessions/{session}/end",
    openapi_extra=needs("stream"),
    responses=refusals("not-found"),
    summary="End a session",
)
async def end_session(request: Request, session: Session) -> SessionView:
    """Its report is made; a session that has ended stays so."""
    context, tenant = _context(request), caller_of(request).tenant
    await context.store.session(tenant, session)
    if await context.store.end_session(session, "ended"):
        _end_stream(request, session)
        context.relay.nudge()
    return SessionView(**_view(await context.store.session(tenant, session)))


def _files(types: dict[str, str], *more: str) -> dict[int | str, dict[str, Any]]:
    def schema(media_type: str) -> dict[str, Any]:
        return {} if media_type == "application/json" else {"type": "string"}

    content = {one.split(";")[0]: {"schema": schema(one)} for one in types.values()}
    return refusals("not-found", *more) | {200: {"content": content, "description": "The file."}}


@router.get(
    "/v1/sessions/{session}/report",
    openapi_extra=needs("read"),
    responses=_files(REPORT_TYPES, "deadline"),
    response_class=Response,
    summary="Get the report of a session",
)
async def give_report(
    request: Request,
    session: Session,
    format: Literal["html", "json"] = "html",
    language: Literal["en", "zh"] = "en",
) -> Response:
    """As a page or as data; 404 until the session's first words or its end came to the worker."""
    answer = await _of_worker(request, session, "report", {"format": format, "language": language})
    policy = {"Content-Security-Policy": REPORT_POLICY} if format == "html" else {}
    return Response(answer, media_type=REPORT_TYPES[format], headers=policy)


@router.get(
    "/v1/sessions/{session}/transcript",
    openapi_extra=needs("read"),
    responses=_files(TRANSCRIPT_TYPES, "deadline"),
    response_class=Response,
    summary="Get the transcript of a session",
)
async def give_transcript(
    request: Request,
    session: Session,
    format: Literal["txt", "srt", "vtt", "json", "md", "csv"] = "txt",
) -> Response:
    """All finals so far."""
    answer = await _of_worker(request, session, "transcript", {"format": format})
    return Response(answer, media_type=TRANSCRIPT_TYPES[format])


async def _of_worker(request: Request, session: str, what: str, params: dict[str, str]) -> bytes:
    context, tenant = _context(request), caller_of(request).tenant
    await context.store.session(tenant, session)
    url = f"{context.settings.worker_url.rstrip('/')}/internal/v1/sessions/{session}/{what}"
    answer = await _upstream(request).get(url, request.state.trace_id, params | {"tenant": tenant})
    return answer.content


@router.post(
    "/v1/tips",
    openapi_extra=needs("tips"),
    responses=refusals("quota-exceeded", "deadline"),
    summary="Word a tip",
)
async def word_tip(request: Request, ask: TipAsk) -> TipGiven:
    """Words that the evidence carries, within the deadline."""
    return await _of_coach(request, "tips", TipGiven, ask.model_dump(mode="json"), ask.deadline_ms)


@router.post(
    "/v1/answers",
    openapi_extra=needs("tips"),
    responses=refusals("quota-exceeded", "deadline"),
    summary="Answer a viewer's question",
)
async def answer_question(request: Request, ask: AnswerAsk) -> AnswerGiven:
    """An answer out of the evidence; without one in it `text` is empty and `grounded` false."""
    body = ask.model_dump(mode="json") | {"version": WIRE_VERSION}
    return await _of_coach(request, "answers", AnswerGiven, body, ask.deadline_ms)


async def _of_coach(request: Request, what: str, kind: type[_Given], body: dict[str, Any], deadline_ms: int) -> _Given:
    caller, context = caller_of(request), _context(request)
    if len(await request.body()) > MAX_BYTES:
        raise Refusal("too-large")
    if not await context.store.spend(caller.tenant, "tips", 1, caller.limits.tips_a_day):
        raise Refusal("quota-exceeded", "The tips of this day are used up.")
    url = f"{context.settings.coach_url.rstrip('/')}/internal/v1/{what}"
    headers = {TENANT_HEADER: caller.tenant}
    answer = await _upstream(request).post_json(url, request.state.trace_id, body, deadline_ms, headers=headers)
    try:
        return kind.model_validate(answer)
    except ValidationError as exc:
        raise Refusal("unavailable", "A part of the service gave another answer than it should.") from exc
