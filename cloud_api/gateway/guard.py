"""Who may ask for what: before anything of a request's body is read, its key, its scope and its rate are looked at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from typing_extensions import override

from cloud_api.errors import PROBLEMS, Refusal
from cloud_api.gateway.models import Problem
from cloud_api.service import is_too_deep

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response

    from cloud_api.gateway.store import Caller, GatewayStore, ScopeName

SCHEME = "key"
"""The name of the security scheme in the OpenAPI document."""

SECURITY_SCHEMES = {
    SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "mlk_KEYID_SECRET",
        "description": "A key. What it may do is written as `x-martlive-scope` at each operation.",
    }
}

LONG_JSON_BYTES = 16_384
"""Longer JSON is looked through on a thread: a megabyte takes 50 ms."""


def needs(scope: ScopeName) -> dict[str, Any]:
    """What an operation says of itself: the scope that it needs."""
    return {"security": [{SCHEME: []}], "x-martlive-scope": scope}


def refusals(*names: str) -> dict[int | str, dict[str, Any]]:
    """The refusals of an operation beside those that every one has."""
    found: dict[int | str, dict[str, Any]] = {}
    for name in (
        "bad-request",
        "unauthorized",
        "forbidden",
        "invalid",
        "too-large",
        "rate-limited",
        "unavailable",
        *names,
    ):
        status = PROBLEMS[name].status
        answer = found.setdefault(status, {"model": Problem, "description": PROBLEMS[name].title})
        if PROBLEMS[name].title not in answer["description"]:
            answer["description"] += f" {PROBLEMS[name].title}"
    return found


def caller_of(request: Request) -> Caller:
    """Who asks; known since before the body was read."""
    caller: Caller = request.state.caller
    return caller


class GuardedRoute(APIRoute):
    """A route for holders of a key with the scope that its `openapi_extra` names; without one it lets nobody in."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        scope: ScopeName = (self.openapi_extra or {})["x-martlive-scope"]

        async def guarded(request: Request) -> Response:
            store: GatewayStore = request.app.state.context.store
            caller = await store.authenticate(request.headers.get("authorization"))
            caller.need(scope)
            await request.app.state.meter.take(caller)
            request.state.caller = caller
            if request.headers.get("content-type", "").split(";")[0].strip().lower().endswith("json"):
                body = await request.body()
                is_long = len(body) > LONG_JSON_BYTES
                if await asyncio.to_thread(is_too_deep, body) if is_long else is_too_deep(body):
                    raise Refusal("bad-request", "The JSON is nested too deeply.")
            try:
                return await handle(request)
            except HTTPException as exc:
                if isinstance(exc.__cause__, Refusal):
                    raise exc.__cause__ from exc
                raise

        return guarded
