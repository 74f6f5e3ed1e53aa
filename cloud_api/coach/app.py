"""The coach service: tips and answers by REST, a live coach over WebSockets, a language model behind both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.routing import WebSocketRoute

from cloud_api.clock import monotonic_s
from cloud_api.coach.completions import ChatRequest, complete, listed
from cloud_api.coach.local_model import LocalModel
from cloud_api.coach.meters import Meters
from cloud_api.coach.packs import is_code
from cloud_api.coach.remote_model import RemoteModel
from cloud_api.coach.show_pool import ShowPool
from cloud_api.coach.stream import Streams
from cloud_api.coach.wording import Wording, is_kind
from cloud_api.errors import Refusal
from cloud_api.service import Telemetry, check_internal, is_too_deep, make_app
from martlive_desktop.core.errors import ModelDamaged, ModelMissing
from martlive_desktop.core.wire import MAX_BYTES, WIRE_VERSION, AnswerRequest, TipRequest, from_bytes, to_bytes
from martlive_desktop.places import model_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_api.coach.models import LanguageModel
    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

TENANT_HEADER = "x-martlive-tenant"
"""For whom a question is asked; those of one tenant wait for each other before those of others do."""

LONGEST_QUESTION = 1_000

_Asked = TypeVar("_Asked", TipRequest, AnswerRequest)


def build(settings: CloudSettings) -> FastAPI:
    """The service.

    Raises:
        BaseUrlNotAllowed: the address of the language model's server may not be used.
    """
    telemetry = Telemetry("coach")
    meters = Meters(telemetry)
    model = model_of(settings)
    pool = ShowPool()
    wording = Wording(model, lambda where, outcome: meters.drafts.labels(where, outcome).inc())
    streams = Streams(settings, pool, model, meters)

    async def is_ready() -> str:
        if streams.is_draining:
            return "draining"
        if not wording.is_loaded or (model is not None and not model.is_settled):
            return "models are loading"
        return "" if pool.is_ready else "shows cannot be run yet"

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await pool.start()
        if model is not None:
            await model.start()
        loading = asyncio.create_task(asyncio.to_thread(wording.load))
        try:
            yield
        finally:
            await loading
            streams.close()
            await pool.close()
            if model is not None:
                await model.close()

    app = make_app("coach", telemetry, is_ready=is_ready, lifespan=lifespan)
    app.state.drain = streams.drain

    @app.post("/internal/v1/tips")
    async def tips(request: Request) -> Response:
        asked = await _asked(TipRequest, request, settings)
        if not is_kind(asked.kind):
            raise Refusal("invalid", "There are no tips of this kind.", errors=[{"field": "kind"}])
        began_s = monotonic_s()
        answer = await wording.tip(asked, _payer(request))
        meters.seconds.labels("tip").observe(monotonic_s() - began_s)
        meters.tips.labels("request", answer.source).inc()
        return Response(to_bytes(answer), media_type="application/json")

    @app.post("/internal/v1/answers")
    async def answers(request: Request) -> Response:
        asked = await _asked(AnswerRequest, request, settings)
        if not 1 <= len(asked.question.strip()) <= LONGEST_QUESTION:
            raise Refusal("invalid", "question must have 1 to 1000 characters.", errors=[{"field": "question"}])
        began_s = monotonic_s()
        answer = await wording.answer(asked, _payer(request))
        meters.seconds.labels("answer").observe(monotonic_s() - began_s)
        meters.answers.labels(answer.source if answer.text else "none").inc()
        return Response(to_bytes(answer), media_type="application/json")

    @app.post("/internal/v1/chat/completions")
    async def completions(request: Request) -> Response:
        # Before anything of the body is looked at.
        check_internal(request.headers, settings)
        try:
            asked = ChatRequest.model_validate_json(await request.body())
        except ValidationError as exc:
            raise RequestValidationError(exc.errors(include_url=False, include_context=False)) from exc
        return await complete(model, asked, _payer(request))

    @app.get("/internal/v1/models")
    async def models(request: Request) -> dict[str, Any]:
        check_internal(request.headers, settings)
        return listed(model)

    app.router.routes.append(WebSocketRoute("/internal/v1/sessions/{session}", streams.serve))
    return app


def model_of(settings: CloudSettings) -> LanguageModel | None:
    """The language model that `settings` ask for; None: there is none, and templates word alone."""
    if settings.llm_base_url:
        return RemoteModel(settings)
    if not settings.llm_model:
        return None
    try:
        folder = model_store().resolve(settings.llm_model)
    except (ModelMissing, ModelDamaged) as exc:
        log.warning("no language model", extra={"error": type(exc).__name__})
        return None
    return LocalModel(settings.llm_model, next(folder.glob("*.gguf")))


def _payer(request: Request) -> str:
    return request.headers.get(TENANT_HEADER, "")[:100]


async def _asked(kind: type[_Asked], request: Request, settings: CloudSettings) -> _Asked:
    """The message in `request`, read as strictly as the desktop reads; of REST's callers no version is asked."""
    check_internal(request.headers, settings)
    data = await request.body()
    if len(data) > MAX_BYTES:
        raise Refusal("too-large")
    if is_too_deep(data):
        raise Refusal("bad-request", "The message is nested too deeply.")
    try:
        flat = json.loads(data)
    except ValueError as exc:
        raise Refusal("bad-request", "The message is no JSON.") from exc
    if not isinstance(flat, dict):
        raise Refusal("bad-request", "The message is no object.")
    try:
        asked = from_bytes(kind, json.dumps({"version": WIRE_VERSION} | flat).encode())
        # A lone surrogate is JSON, but no text.
        to_bytes(asked).decode().encode()
        json.dumps(flat, ensure_ascii=False).encode()
    except ValueError as exc:
        raise Refusal("invalid", str(exc) if not isinstance(exc, UnicodeError) else "That is no text.") from exc
    if not is_code(asked.language):
        raise Refusal("invalid", 'language must be a code such as "en".', errors=[{"field": "language"}])
    return asked
