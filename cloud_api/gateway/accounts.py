"""REST of a tenant's account: keys, usage, erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from cloud_api.errors import Refusal
from cloud_api.gateway.guard import GuardedRoute, caller_of, needs, refusals
from cloud_api.gateway.models import (
    KEY_ID_PATTERN,
    DayUsage,
    ErasureAsk,
    ErasureTaken,
    KeyAsk,
    KeyList,
    KeyMade,
    KeyRotation,
    KeyView,
    LimitsView,
    UsageView,
)
from cloud_api.gateway.shows import as_time
from cloud_api.gateway.store import USAGE_DAYS, is_valid

if TYPE_CHECKING:
    from cloud_api.gateway.context import GatewayContext
    from cloud_api.gateway.store import KeyRecord

router = APIRouter(route_class=GuardedRoute)

Key = Annotated[str, Path(pattern=KEY_ID_PATTERN, description="Of the key; not its secret.")]

DAY_MS = 86_400_000

MOST_KEYS = 200
"""In use, of one tenant."""


def _context(request: Request) -> GatewayContext:
    context: GatewayContext = request.app.state.context
    return context


def _view(record: KeyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "scopes": list(record.scopes),
        "created_at": as_time(record.created_ms),
        "expires_at": None if record.expires_ms is None else as_time(record.expires_ms),
        "revoked_at": None if record.revoked_ms is None else as_time(record.revoked_ms),
    }


@router.get("/v1/usage", openapi_extra=needs("read"), responses=refusals(), summary="Show what was used")
async def show_usage(request: Request, days: Annotated[int, Query(ge=1, le=USAGE_DAYS)] = 31) -> UsageView:
    """By day, in UTC."""
    caller = caller_of(request)
    found = await _context(request).store.usage_of(caller.tenant, days)
    return UsageView(days=[DayUsage(**one) for one in found], limits=LimitsView(**caller.limits.to_json()))


@router.get("/v1/keys", openapi_extra=needs("admin"), responses=refusals(), summary="List keys")
async def list_keys(request: Request) -> KeyList:
    """The tenant's own, the newest first."""
    found = await _context(request).store.list_keys(caller_of(request).tenant)
    return KeyList(keys=[KeyView(**_view(one)) for one in found])


@router.post(
    "/v1/keys",
    status_code=201,
    openapi_extra=needs("admin"),
    responses=refusals("quota-exceeded"),
    summary="Make a key",
)
async def make_key(request: Request, ask: KeyAsk) -> KeyMade:
    """Its text is told only here."""
    store, tenant = _context(request).store, caller_of(request).tenant
    now_ms = store.now_ms()
    if sum(is_valid(one, now_ms) for one in await store.list_keys(tenant)) >= MOST_KEYS:
        raise Refusal("quota-exceeded", "Too many keys are in use; revoke some of them.")
    expires_ms = None if ask.days is None else now_ms + ask.days * DAY_MS
    record, text = await store.create_key(tenant, ask.name, ask.scopes, expires_ms=expires_ms)
    return KeyMade(**_view(record), key=text)


@router.post(
    "/v1/keys/{key}/rotate",
    status_code=201,
    openapi_extra=needs("admin"),
    responses=refusals("not-found", "conflict"),
    summary="Replace a key",
)
async def rotate_key(request: Request, key: Key, ask: KeyRotation) -> KeyMade:
    """A new key with the same rights; the old one goes on for the overlap."""
    record, text = await _context(request).store.rotate_key(caller_of(request).tenant, key, ask.overlap_s)
    return KeyMade(**_view(record), key=text)


@router.delete(
    "/v1/keys/{key}",
    status_code=204,
    openapi_extra=needs("admin"),
    responses=refusals("not-found"),
    summary="Revoke a key",
)
async def revoke_key(request: Request, key: Key) -> Response:
    """The sessions that it began end; at other instances within half a minute."""
    context = _context(request)
    for session in await context.store.revoke_key(caller_of(request).tenant, key):
        request.app.state.streams.end(session)
    context.relay.nudge()
    return Response(status_code=204)


@router.post(
    "/v1/erasure",
    status_code=202,
    openapi_extra=needs("admin"),
    responses=refusals(),
    summary="Erase sessions, or all of them",
)
async def erase(request: Request, ask: ErasureAsk) -> ErasureTaken:
    """They are gone here at once, and everywhere within 24 hours."""
    context, tenant = _context(request), caller_of(request).tenant
    erased = await context.store.erase(tenant, ask.sessions)
    # Only what was this tenant's: a stream of another one must not end.
    for session in erased:
        request.app.state.streams.end(session)
    context.relay.nudge()
    return ErasureTaken(sessions=len(erased), done_by=as_time(context.store.now_ms() + DAY_MS))
