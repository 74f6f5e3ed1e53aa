"""A whole gateway in one process, with small asr, coach and worker behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from cloud_api.errors import Refusal
from cloud_api.gateway.app import build
from cloud_api.service import check_internal, problem_response
from cloud_api.settings import CloudSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI
    from starlette.requests import Request

    from cloud_api.gateway.store import GatewayStore

ASR, COACH, WORKER = "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"
"""Nothing listens there: only the parts below are reached."""

ORIGIN = "https://shop.example"
ALL_SCOPES = ("stream", "tips", "openai", "read", "admin")


def settings_in(folder: Path, **more: Any) -> CloudSettings:
    given: dict[str, Any] = {
        "data_dir": folder,
        "instance": "one",
        "internal_token": "i" * 40,
        "ticket_secret": "t" * 40,
        "asr_urls": [ASR],
        "coach_url": COACH,
        "worker_url": WORKER,
        "allowed_origins": [ORIGIN],
        "database_url": "",
        "nats_url": "",
        "otlp_endpoint": "",
    }
    return CloudSettings(**given | more)


@dataclass
class Behind:
    """What stands behind the gateway; it keeps what it was asked."""

    settings: CloudSettings
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers, body."""
    refusal: Refusal | None = None
    """What every call is refused with."""
    refusals_left: int = -1
    """How often; less than 0: always."""
    stuck: asyncio.Event | None = None
    """Calls wait for it."""

    async def _enter(self, request: Request) -> Response | None:
        self.asked.append((request.url.path, dict(request.headers), await request.body()))
        check_internal(request.headers, self.settings)
        if self.stuck is not None:
            await self.stuck.wait()
        if self.refusal is not None and self.refusals_left != 0:
            self.refusals_left -= 1
            return problem_response(self.refusal, "0" * 32)
        return None

    async def tips(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        asked = json.loads(self.asked[-1][2])
        return JSONResponse({"id": asked["id"], "text": asked["candidates"][0], "source": "rules", "version": 2})

    async def answers(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        return JSONResponse({"text": "8 ml", "source": "remote", "grounded": True, "version": 2})

    async def chat(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        head = {"id": "c1", "object": "chat.completion", "created": 1, "model": "tiny"}
        if not json.loads(self.asked[-1][2]).get("stream"):
            message = {"role": "assistant", "content": "Hello there"}
            return JSONResponse(head | {"choices": [{"index": 0, "message": message}], "usage": usage})

        async def events() -> AsyncIterator[str]:
            for word in ("Hello", " there"):
                yield f"data: {json.dumps(head | {'choices': [{'index': 0, 'delta': {'content': word}}]})}\n\n"
            yield f"data: {json.dumps(head | {'choices': [], 'usage': usage})}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def models(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        return JSONResponse({"object": "list", "data": [{"id": "tiny", "object": "model", "owned_by": "martlive"}]})

    async def transcriptions(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        words = [{"text": "mind", "start_ms": 0, "end_ms": 400}, {"text": "<b>", "start_ms": 400, "end_ms": 900}]
        segments = [
            {"start_ms": 0, "end_ms": 900, "text": "mind <b>", "words": words},
            {"start_ms": 3_600_500, "end_ms": 3_601_000, "text": "a --> b & c", "words": []},
        ]
        return JSONResponse({"language": "en", "duration_ms": 3_601_000, "segments": segments})

    async def report(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        if request.query_params["format"] == "json":
            return JSONResponse({"session": request.path_params["session"], "tenant": request.query_params["tenant"]})
        return PlainTextResponse("<!doctype html><p>Report</p>", media_type="text/html")

    async def transcript(self, request: Request) -> Response:
        if refused := await self._enter(request):
            return refused
        if request.query_params["format"] == "json":
            return JSONResponse([])
        return PlainTextResponse("Hello.")

    def client(self) -> httpx.AsyncClient:
        asr = Starlette(routes=[Route("/internal/v1/transcriptions", self.transcriptions, methods=["POST"])])
        coach = Starlette(
            routes=[
                Route("/internal/v1/tips", self.tips, methods=["POST"]),
                Route("/internal/v1/answers", self.answers, methods=["POST"]),
                Route("/internal/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/internal/v1/models", self.models),
            ]
        )
        worker = Starlette(
            routes=[
                Route("/internal/v1/sessions/{session}/report", self.report),
                Route("/internal/v1/sessions/{session}/transcript", self.transcript),
            ]
        )
        parts = {ASR: asr, COACH: coach, WORKER: worker}
        mounts = {url.replace("http", "all", 1): httpx.ASGITransport(app) for url, app in parts.items()}
        return httpx.AsyncClient(mounts=mounts, trust_env=False)


@dataclass
class Gateway:
    """The gateway and a client of it."""

    app: FastAPI
    behind: Behind
    client: httpx.AsyncClient
    tenant: str
    key: str
    """May do everything."""

    @property
    def store(self) -> GatewayStore:
        store: GatewayStore = self.app.state.context.store
        return store

    async def key_of(self, *scopes: str, tenant: str | None = None, **more: Any) -> str:
        return (await self.store.create_key(tenant or self.tenant, "test", scopes, **more))[1]

    async def ask(
        self, method: str, path: str, *, key: str | None = None, headers: dict[str, str] | None = None, **parts: Any
    ) -> httpx.Response:
        """`key`: in place of the one that may do everything; empty: none."""
        shown = self.key if key is None else key
        sent = {"Authorization": f"Bearer {shown}"} if shown else {}
        return await self.client.request(method, path, headers=sent | (headers or {}), **parts)

    async def begin(self, **fields: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "/v1/sessions", json={"mode": "coach"} | fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@contextlib.asynccontextmanager
async def gateway_in(folder: Path, **more: Any) -> AsyncIterator[Gateway]:
    settings = settings_in(folder, **more)
    behind = Behind(settings)
    app = build(settings, http=behind.client())
    store: GatewayStore = app.state.context.store
    async with app.router.lifespan_context(app):
        tenant = await store.ensure_tenant("shop")
        key = (await store.create_key(tenant, "all", ALL_SCOPES))[1]
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
            yield Gateway(app, behind, client, tenant, key)


def problem_of(answer: httpx.Response) -> str:
    """The name of the problem that an answer tells."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["trace_id"] == answer.headers["x-trace-id"]
    return str(told["type"]).removeprefix("urn:martlive:problem:")
