"""What every service has: health, metrics, problems instead of tracebacks, JSON logs, limits on what it reads."""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import os
import secrets
import socket
import sys
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.exceptions import HTTPException
from typing_extensions import override

from cloud_api.errors import Refusal
from martlive_desktop import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

PROBLEM_MEDIA_TYPE = "application/problem+json"

MAX_BODY_BYTES = 1_048_576
"""Of a request, where a route does not say more."""

MAX_JSON_DEPTH = 32

STATUS_NAMES = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "codec-unsupported",
    422: "invalid",
}


def trace_id_of(scope: Scope) -> str:
    """The trace of a request: W3C `traceparent` where the caller sent one, else a new one."""
    for name, value in scope.get("headers", ()):
        if name == b"traceparent":
            parts = value.decode("latin-1").split("-")
            if len(parts) == 4 and len(parts[1]) == 32:
                return str(parts[1])
    return secrets.token_hex(16)


def problem_response(refusal: Refusal, trace_id: str) -> JSONResponse:
    """`refusal` as an HTTP answer."""
    headers = {}
    if refusal.retry_after_ms is not None:
        headers["Retry-After"] = str(max(1, -(-refusal.retry_after_ms // 1000)))
    if refusal.problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(refusal.body(trace_id), refusal.problem.status, headers=headers, media_type=PROBLEM_MEDIA_TYPE)


class BodyLimit:
    """Refuses bodies that are too large, before and while they are read, and JSON that is nested too deeply."""

    def __init__(self, app: ASGIApp, *, most_bytes: int = MAX_BODY_BYTES, larger: dict[str, int] | None = None) -> None:
        """`larger`: most bytes by path."""
        self._app = app
        self._most = most_bytes
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = scope.setdefault("state", {}).setdefault("trace_id", trace_id_of(scope))
        most = self._larger.get(scope["path"], self._most)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            await problem_response(Refusal("too-large"), trace_id)(scope, receive, send)
            return
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise Refusal("too-large")
            return message

        await self._app(scope, limited, send)


def is_too_deep(data: bytes, most: int = MAX_JSON_DEPTH) -> bool:
    """Whether JSON in `data` is nested more than `most` deep; looked at before it is parsed."""
    depth, is_text, is_escaped = 0, False, False
    for byte in data:
        if is_text:
            if is_escaped:
                is_escaped = False
            elif byte == 0x5C:
                is_escaped = True
            elif byte == 0x22:
                is_text = False
        elif byte == 0x22:
            is_text = True
        elif byte in b"[{":
            depth += 1
            if depth > most:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def instance_name(settings: CloudSettings) -> str:
    """The name of this process among its kind."""
    return settings.instance or f"{socket.gethostname()}-{os.getpid()}"


def check_internal(headers: Any, settings: CloudSettings) -> None:
    """Let only the other services in.

    Raises:
        Refusal: the caller is none of them.
    """
    wanted = settings.internal_token.get_secret_value()
    given = headers.get("authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Refusal("unauthorized")


def internal_headers(settings: CloudSettings, trace_id: str = "") -> dict[str, str]:
    """What a service shows to another one."""
    headers = {"Authorization": f"Bearer {settings.internal_token.get_secret_value()}"}
    if trace_id:
        headers["traceparent"] = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    return headers


class Telemetry:
    """The metrics of one service, in a registry of its own."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "martlive_requests_total", "Requests by route and status.", ["route", "status"], registry=self.registry
        )
        self.refusals = Counter("martlive_refusals_total", "Refusals by type.", ["type"], registry=self.registry)
        self.seconds = Histogram("martlive_request_seconds", "Time of requests.", ["route"], registry=self.registry)
        self.service = service


def make_app(
    service: str,
    telemetry: Telemetry,
    *,
    is_ready: Callable[[], Awaitable[str]],
    lifespan: Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]] | None = None,
    larger_bodies: dict[str, int] | None = None,
) -> FastAPI:
    """An application with what every service has.

    Args:
        service: Its name.
        telemetry: Its metrics, shown at `/metrics`.
        is_ready: Gives the reason why it is not ready, or an empty text.
        lifespan: What is open while it runs.
        larger_bodies: Most bytes of bodies by path, where it is more than MAX_BODY_BYTES.
    """
    app = FastAPI(title=f"MartLive {service}", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit, larger=larger_bodies)

    @app.exception_handler(Refusal)
    async def refused(request: Request, exc: Refusal) -> Response:
        telemetry.refusals.labels(exc.name).inc()
        return problem_response(exc, request.state.trace_id)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc: RequestValidationError) -> Response:
        # Where and why, never what was sent: it may be speech or a key.
        errors = [{"field": ".".join(map(str, one["loc"])), "problem": one["type"]} for one in exc.errors()[:20]]
        telemetry.refusals.labels("invalid").inc()
        return problem_response(Refusal("invalid", errors=errors), request.state.trace_id)

    @app.exception_handler(HTTPException)
    async def http(request: Request, exc: HTTPException) -> Response:
        name = STATUS_NAMES.get(exc.status_code, "bad-request" if exc.status_code < 500 else "internal")
        answer = problem_response(Refusal(name), request.state.trace_id)
        answer.headers.update(exc.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def failed(request: Request, exc: Exception) -> Response:
        log.error("request failed", extra={"error": type(exc).__name__, "trace_id": request.state.trace_id})
        return problem_response(Refusal("internal"), request.state.trace_id)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        reason = await is_ready()
        return JSONResponse({"status": reason or "ok"}, 503 if reason else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(telemetry.registry), media_type=CONTENT_TYPE_LATEST)

    return app


class JsonLines(logging.Formatter):
    """One JSON object a line; messages are static and facts lie in `extra`, so no speech, chat or key comes into it."""

    _USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

    @override
    def format(self, record: logging.LogRecord) -> str:
        facts = {key: value for key, value in vars(record).items() if key not in self._USUAL}
        line = {"time": self.formatTime(record), "level": record.levelname, "logger": record.name}
        line |= {"message": record.getMessage(), **facts}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str)


def start_logging(settings: CloudSettings) -> None:
    """Log JSON lines to the standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # Their informations have addresses with whatever a caller put into them.
    for name in ("uvicorn.access", "uvicorn.error", "httpx", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing handshake" not in record.msg)
