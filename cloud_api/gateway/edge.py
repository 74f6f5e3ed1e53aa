"""The outermost layer: what is refused by address and origin, headers of every answer, metrics and spans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from cloud_api.clock import monotonic_s
from cloud_api.errors import Refusal
from cloud_api.gateway.store import KEY_PREFIX
from cloud_api.service import problem_response, trace_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cloud_api.gateway.tracing import Tracing
    from cloud_api.service import Telemetry

SECRET_NAMES = frozenset(
    {"ticket", "key", "token", "secret", "auth", "authorization", "bearer", "password", "jwt", "signature"}
    | {"apikey", "accesstoken", "accesskey", "authtoken", "xapikey", "resumetoken", "idtoken", "keyid"}
)
"""Parameters that would carry a secret, without case, `-` and `_`."""

MAX_QUERY_BYTES = 4_096

METHODS = "GET, POST, DELETE"
SENT_HEADERS = "Authorization, Content-Type, Idempotency-Key, Traceparent"
SHOWN_HEADERS = "Retry-After, X-Trace-Id"
PREFLIGHT_S = 600

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Of every answer that does not say otherwise; what a page may read is CORS's matter."""


class Edge:
    """Wraps the whole application, WebSockets, too: those are refused at the handshake."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Sequence[str],
        telemetry: Telemetry,
        tracing: Tracing,
        is_secure: bool,
        methods_at: Callable[[str], set[str]],
    ) -> None:
        """`methods_at`: what may be done at a path."""
        self._app = app
        # A wildcard is no origin, so that nobody lets every page in by it.
        self._origins = frozenset(origin.rstrip("/") for origin in origins if "*" not in origin)
        self._methods_at = methods_at
        self._telemetry = telemetry
        self._tracing = tracing
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if is_secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_s = monotonic_s()
        status = 500
        with self._tracing.request(scope) as span:
            trace_id = scope.setdefault("state", {}).setdefault("trace_id", trace_id_of(scope))
            origin = Headers(scope=scope).get("origin")

            async def finish(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    headers = MutableHeaders(scope=message)
                    self._add_headers(headers, origin, trace_id)
                    # A framework's route knows only its own methods.
                    if status == 405 and (methods := self._methods_at(scope["path"])):
                        headers["Allow"] = ", ".join(sorted(methods))
                await send(message)

            try:
                answer = self._answer(scope, origin, trace_id)
                await (answer or self._app)(scope, receive, finish)
            finally:
                route = getattr(scope.get("route"), "path", "none")
                self._telemetry.requests.labels(route, str(status)).inc()
                self._telemetry.seconds.labels(route).observe(monotonic_s() - began_s)
                if span.is_recording():
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.request.method", scope["method"])
                    span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", status)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace_id = scope.setdefault("state", {}).setdefault("trace_id", trace_id_of(scope))
        refusal = self._refusal(scope, Headers(scope=scope).get("origin"))
        if refusal is None:
            await self._app(scope, receive, send)
            return
        self._telemetry.refusals.labels(refusal.name).inc()
        await receive()
        if "websocket.http.response" in scope.get("extensions", {}):
            await problem_response(refusal, trace_id)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": refusal.problem.close_code})

    def _answer(self, scope: Scope, origin: str | None, trace_id: str) -> ASGIApp | None:
        """What is answered without asking the application."""
        if refusal := self._refusal(scope, origin):
            self._telemetry.refusals.labels(refusal.name).inc()
            return problem_response(refusal, trace_id)
        is_preflight = origin is not None and "access-control-request-method" in Headers(scope=scope)
        if scope["method"] == "OPTIONS" and is_preflight:
            allowed = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Allow-Headers": SENT_HEADERS}
            return Response(status_code=204, headers=allowed | {"Access-Control-Max-Age": str(PREFLIGHT_S)})
        return None

    def _refusal(self, scope: Scope, origin: str | None) -> Refusal | None:
        if len(scope.get("query_string", b"")) > MAX_QUERY_BYTES:
            return Refusal("too-large")
        if is_key_in_url(scope):
            return Refusal("key-in-url")
        if origin is not None and origin not in self._origins:
            return Refusal("origin-not-allowed")
        return None

    def _add_headers(self, headers: MutableHeaders, origin: str | None, trace_id: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers["X-Trace-Id"] = trace_id
        headers.add_vary_header("Origin")
        if origin in self._origins:
            headers["Access-Control-Allow-Origin"] = str(origin)
            headers["Access-Control-Expose-Headers"] = SHOWN_HEADERS


def is_key_in_url(scope: Any) -> bool:
    """Whether the address carries a secret, or what looks like one: logs and histories keep addresses."""
    path: str = scope["path"]
    query: bytes = scope.get("query_string", b"")
    if f"{KEY_PREFIX}_" in path:
        return True
    if not query:
        return False
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return any(_plain(name) in SECRET_NAMES or f"{KEY_PREFIX}_" in name + value for name, value in pairs)


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")
