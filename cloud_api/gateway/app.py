"""The public edge: REST for sessions, tips, files, keys and usage; the streams of stream.py."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import Gauge
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from cloud_api.errors import Refusal
from cloud_api.gateway import accounts, openai, shows
from cloud_api.gateway.context import GatewayContext
from cloud_api.gateway.edge import Edge
from cloud_api.gateway.guard import SECURITY_SCHEMES
from cloud_api.gateway.quotas import RequestMeter
from cloud_api.gateway.store import open_store
from cloud_api.gateway.stream import Streams
from cloud_api.gateway.tickets import MIN_SECRET_BYTES, Tickets
from cloud_api.gateway.tracing import Tracing
from cloud_api.gateway.upstream import Upstream, open_client
from cloud_api.outbox import Relay
from cloud_api.service import PROBLEM_MEDIA_TYPE, Telemetry, make_app, problem_response
from cloud_api.settings import CloudSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

log = logging.getLogger(__name__)

UPKEEP_S = 60.0
"""From one upkeep of the database to the next: usage is told, what nobody feeds is ended, what is old is deleted."""

READY_S = 2.0
"""The database answers within it, or the instance gets no requests."""

ROUTERS = (shows.router, openai.router, accounts.router)

DESCRIPTION = """\
A coach for people who stream live. A key buys a session and a ticket for its stream; sound and pictures go over the
WebSocket that the session names (docs/api/asyncapi.json), everything else is here. Errors are RFC 9457 problems with
stable types.
"""


def build(settings: CloudSettings, *, http: httpx.AsyncClient | None = None) -> FastAPI:
    """The gateway.

    Args:
        settings: What it is told from outside.
        http: Reaches the other services in another way than over the network; closed with the application.

    Raises:
        SecretTooShort: there is no secret for tickets.
    """
    store = open_store(settings)
    try:
        tickets = Tickets(settings, store)
    except BaseException:
        store.close()
        raise
    client = http or open_client()
    relay = Relay(store.database, store.outbox, settings)
    context = GatewayContext(settings, store, tickets, Telemetry("gateway"), relay, client)
    tracing = Tracing(settings)
    streams = Streams(context)

    async def is_ready() -> str:
        if context.draining.is_set():
            return "draining"
        try:
            async with asyncio.timeout(READY_S):
                return "" if await store.is_alive() else "database"
        except (SQLAlchemyError, TimeoutError):
            return "database"

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await relay.start()
        await streams.start()
        upkeep = asyncio.create_task(_keep_up(context), name="gateway-upkeep")
        try:
            yield
        finally:
            upkeep.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await upkeep
            await streams.close()
            await relay.close()
            await client.aclose()
            await asyncio.to_thread(tracing.close)
            await asyncio.to_thread(store.close)

    app = make_app(
        "gateway",
        context.telemetry,
        is_ready=is_ready,
        lifespan=lifespan,
        larger_bodies={openai.TRANSCRIPTIONS_PATH: openai.MAX_FILE_BYTES + openai.MAX_FORM_BYTES},
    )
    app.description = DESCRIPTION
    app.add_exception_handler(SQLAlchemyError, functools.partial(_database_failed, context.telemetry))
    app.state.context = context
    app.state.meter = RequestMeter()
    app.state.upstream = Upstream(client, settings)
    app.state.streams = streams
    app.state.drain = streams.drain
    # Outside of everything else: added last.
    app.add_middleware(
        Edge,
        origins=settings.allowed_origins,
        telemetry=context.telemetry,
        tracing=tracing,
        is_secure=settings.public_url.startswith("https:"),
        methods_at=_methods_at,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.extend(streams.routes())
    app.openapi = functools.cache(functools.partial(_document, app))  # type: ignore[method-assign]
    return app


async def _database_failed(telemetry: Telemetry, request: Request, exc: Exception) -> Response:
    log.error("database failed", extra={"error": type(exc).__name__, "trace_id": request.state.trace_id})
    refusal = Refusal("unavailable", retry_after_ms=2_000)
    telemetry.refusals.labels(refusal.name).inc()
    return problem_response(refusal, request.state.trace_id)


def _methods_at(path: str) -> set[str]:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}


async def _keep_up(context: GatewayContext) -> None:
    registry = context.telemetry.registry
    events = Gauge("martlive_outbox_events", "Events not yet carried on.", registry=registry)
    oldest = Gauge("martlive_outbox_oldest_seconds", "Age of the first of them.", registry=registry)
    while True:
        try:
            waiting = await context.relay.waiting()
            events.set(waiting.events)
            oldest.set(waiting.oldest_s)
            await context.store.purge()
            if await context.store.tell_usage():
                context.relay.nudge()
        except SQLAlchemyError as exc:
            log.warning("upkeep of the database failed", extra={"error": type(exc).__name__})
        await asyncio.sleep(UPKEEP_S)


def _document(app: FastAPI) -> dict[str, Any]:
    document = FastAPI.openapi(app)
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    for operation in (one for path in document["paths"].values() for one in path.values()):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                answer["content"] = {PROBLEM_MEDIA_TYPE: answer["content"]["application/json"]}
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the gateway, which no setting changes."""
    secret = SecretStr("-" * MIN_SECRET_BYTES)
    settings = CloudSettings(ticket_secret=secret, database_url="sqlite://", otlp_endpoint="", nats_url="")
    app = build(settings)
    try:
        return app.openapi()
    finally:
        context: GatewayContext = app.state.context
        context.store.close()
