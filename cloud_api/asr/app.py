"""The speech service: streams of gateways, whole recordings, and how much room there is."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request, WebSocket

from cloud_api.asr.engine import EngineConfig
from cloud_api.asr.files import MAX_FILE_BYTES, MOST_FILES, transcribe
from cloud_api.asr.hearing import Hearing
from cloud_api.asr.links import Stream, Streams
from cloud_api.errors import Refusal
from cloud_api.service import Telemetry, check_internal, make_app, problem_response, trace_id_of
from martlive_desktop.adapters.model_store import ModelStore
from martlive_desktop.core.speech.language import AUTO
from martlive_desktop.core.speech.languages import LANGUAGES
from martlive_desktop.places import model_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from cloud_api.settings import CloudSettings

TRANSCRIPTIONS = "/internal/v1/transcriptions"


def engine_config(settings: CloudSettings) -> EngineConfig:
    """The model and how it is run: a lane for each core, so that a final need not wait for a batch of partials.

    Raises:
        ModelMissing: the model is not on this machine.
    """
    store: ModelStore = model_store()
    partial_window, final_window = store.windows(settings.model)
    return EngineConfig(
        model=settings.model_dir or store.resolve(settings.model),
        partial_window=partial_window,
        final_window=final_window,
        lanes=settings.asr_threads,
        threads_per_lane=1,
    )


def build(settings: CloudSettings) -> FastAPI:
    """The application."""
    telemetry = Telemetry("asr")
    hearing = Hearing(
        engine_config(settings), partial_step_ms=settings.partial_step_ms, max_streams=settings.max_streams
    )
    hearing.measure(telemetry.registry)
    streams = Streams(hearing, settings.resume_secret.get_secret_value().encode())
    files = asyncio.Semaphore(MOST_FILES)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        hearing.start()
        try:
            yield
        finally:
            await hearing.close()

    async def is_ready() -> str:
        if streams.is_draining:
            return "draining"
        return "" if hearing.is_ready else "the model is loading"

    app = make_app(
        "asr", telemetry, is_ready=is_ready, lifespan=lifespan, larger_bodies={TRANSCRIPTIONS: MAX_FILE_BYTES}
    )
    app.state.hearing = hearing
    app.state.drain = lambda: streams.drain(settings.drain_s)

    @app.websocket("/internal/v1/streams/{session}")
    async def stream(socket: WebSocket, session: str) -> None:
        try:
            check_internal(socket.headers, settings)
            streams.check()
        except Refusal as exc:
            await socket.send_denial_response(problem_response(exc, trace_id_of(socket.scope)))
            return
        await Stream(streams, socket, session).run()

    @app.post(TRANSCRIPTIONS)
    async def transcriptions(
        request: Request,
        language: str = "en",
        name: Annotated[list[str] | None, Query(max_length=500)] = None,
    ) -> dict[str, Any]:
        check_internal(request.headers, settings)
        if language not in {*LANGUAGES, AUTO}:
            raise Refusal("invalid", "There is no such language.")
        if streams.is_draining or not hearing.is_ready:
            raise Refusal("unavailable", retry_after_ms=1_000)
        data = await request.body()
        async with files:
            return await transcribe(hearing, data, language=language, names=tuple(name or ()))

    @app.get("/internal/v1/load")
    async def load(request: Request) -> dict[str, Any]:
        check_internal(request.headers, settings)
        return {
            "streams": hearing.streams,
            "capacity": hearing.capacity,
            "backlog_ms": round(hearing.busy.oldest_wait_s * 1000),
            "level": hearing.ladder.level,
            "draining": streams.is_draining,
        }

    return app
