"""The worker: takes what happened, and makes reports, exports and sums of it; forgets it when it is to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from prometheus_client import Gauge, Histogram
from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError

from cloud_api.clock import monotonic_s
from cloud_api.database import Database
from cloud_api.errors import Refusal
from cloud_api.outbox import MOST_BATCH_BYTES, Relay
from cloud_api.service import Telemetry, check_internal, instance_name, make_app
from cloud_api.worker import jobs
from cloud_api.worker.desk import Desk, NotWritten
from cloud_api.worker.erasure import NotScrubbed, forget_old, scrub
from cloud_api.worker.intake import Intake, count_letters
from cloud_api.worker.listening import Listener
from cloud_api.worker.reading import Rendered, Show, find_show, keep_report, kept_report, lines_of, usage_of
from cloud_api.worker.tables import metadata, outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

EVENTS_PATH = "/internal/v1/events"

MOST_EVENTS_BYTES = 2 * MOST_BATCH_BYTES

LOOK_S = 0.5
"""How often the worker looks for jobs that are due."""

MEASURE_S = 2.0
"""How often what waits is counted for the metrics."""

RETENTION_S = 3_600.0
"""How often what is too old is looked for."""

USAGE_DAYS = 31
"""Of an answer, where the question names no number."""

ReportFormat = Literal["html", "json"]
PageLanguage = Literal["en", "zh"]
TranscriptFormat = Literal["txt", "srt", "vtt", "json", "md", "csv"]

MEDIA_TYPES: dict[str, str] = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}

Tenant = Annotated[str, Query(min_length=1, max_length=100)]


class Worker:
    """What runs while the service does."""

    def __init__(self, settings: CloudSettings, telemetry: Telemetry) -> None:
        self._settings = settings
        self._name = instance_name(settings)
        url = settings.sqlite_url("worker")
        self._is_alone = make_url(url).get_backend_name() == "sqlite"
        self.database = Database(url, metadata)
        self.intake = Intake(self.database, telemetry)
        self.desk = Desk()
        self._relay = Relay(self.database, outbox, settings)
        self._listener = Listener(self.intake, settings) if settings.nats_url else None
        self._tasks: list[asyncio.Task[None]] = []
        self._jobs = Gauge("martlive_worker_jobs", "Jobs by state.", ["state"], registry=telemetry.registry)
        self._outbox = Gauge(
            "martlive_worker_outbox", "Events that were not yet carried on.", registry=telemetry.registry
        )
        self._pending = Gauge(
            "martlive_worker_pending", "Events in JetStream that no worker has got.", registry=telemetry.registry
        )
        self._seconds = Histogram(
            "martlive_worker_report_seconds",
            "Time that a report took.",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=telemetry.registry,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take events and do jobs."""
        if self._is_alone:
            await self.database.write(jobs.release_all)
        await self.intake.start()
        await self._relay.start()
        if self._listener is not None:
            await self._listener.start()
        self._tasks = [
            asyncio.create_task(self._do_jobs(), name="jobs"),
            asyncio.create_task(self._measure(), name="measures"),
            asyncio.create_task(self._forget(), name="retention"),
        ]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._listener is not None:
                await self._listener.close()
            await self._relay.close()
            await self.intake.close()
            await self.desk.close()
            await asyncio.to_thread(self.database.close)

    async def is_ready(self) -> str:
        """Why it is not; empty: it is."""
        try:
            await self.database.read(lambda connection: connection.execute(select(1)).scalar_one())
        except SQLAlchemyError:
            return "database"
        return "nats" if self._listener is not None and not self._listener.is_listening else ""

    async def show(self, tenant: str, session: str) -> Show:
        """A tenant's show.

        Raises:
            Refusal: there is none.
        """
        found = await self.database.read(lambda connection: find_show(connection, tenant, session))
        if found is None:
            raise Refusal("not-found")
        return found

    async def report(self, show: Show, language: str) -> Rendered:
        """The report of `show`, made now where it is not there as it would be made.

        Raises:
            NotWritten: it cannot be made.
        """
        kept = await self.database.read(lambda connection: kept_report(connection, show, language))
        if kept is not None:
            return kept
        began_s = monotonic_s()
        answer = await self.desk.write(await self._request(show, "report", language))
        self._seconds.observe(monotonic_s() - began_s)
        rendered = Rendered(answer["html"].encode("utf-8", "replace"), answer["json"].encode("utf-8", "replace"))
        if await self.database.write(lambda connection: keep_report(connection, show, language, rendered)):
            self._relay.nudge()
        return rendered

    async def export(self, show: Show, kind: str) -> str:
        """The transcript of `show` as a file.

        Raises:
            NotWritten: it cannot be made.
        """
        return (await self.desk.write(await self._request(show, kind, "en")))["text"]

    async def _request(self, show: Show, what: str, language: str) -> dict[str, Any]:
        return {
            "what": what,
            "lines": await self.database.read(lambda connection: lines_of(connection, show)),
            "title": show.title,
            "started_at": str(show.started.get("started_at", "")),
            "session": show.session,
            "language": language,
        }

    # What is done beside.

    async def _do_jobs(self) -> None:
        while True:
            try:
                job = await self.database.write(partial(jobs.take, holder=self._name))
                if job is not None:
                    await self._do(job)
                    continue
            except SQLAlchemyError as exc:
                log.warning("jobs wait for the database", extra={"error": type(exc).__name__})
            await asyncio.sleep(LOOK_S)

    async def _do(self, job: jobs.Job) -> None:
        holding = asyncio.create_task(self._hold(job), name="job-holding")
        try:
            if job.kind == "scrub":
                await self.database.read(scrub)
            else:
                show = await self.database.read(lambda connection: find_show(connection, job.tenant, job.session))
                if show is not None:
                    await self.report(show, show.language)
        except (NotWritten, NotScrubbed, SQLAlchemyError) as exc:
            log.warning("job failed", extra={"kind": job.kind, "error": type(exc).__name__})
            await self.database.write(partial(jobs.fail, job=job, holder=self._name))
        else:
            await self.database.write(partial(jobs.finish, job=job, holder=self._name))
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold(self, job: jobs.Job) -> None:
        while True:
            await asyncio.sleep(jobs.HELD_S / 3)
            with contextlib.suppress(SQLAlchemyError):
                await self.database.write(partial(jobs.keep, job=job, holder=self._name))

    async def _measure(self) -> None:
        while True:
            with contextlib.suppress(SQLAlchemyError):
                waiting, failed = await self.database.read(jobs.count)
                self._jobs.labels("waiting").set(waiting)
                self._jobs.labels("failed").set(failed)
                self.intake.set_letters(*await self.database.read(count_letters))
                self._outbox.set((await self._relay.waiting()).events)
                self._pending.set(self._listener.pending if self._listener is not None else 0)
            await asyncio.sleep(MEASURE_S)

    async def _forget(self) -> None:
        while True:
            forgotten = 0
            with contextlib.suppress(SQLAlchemyError):
                forgotten = await self.database.write(
                    partial(forget_old, transcript_days=self._settings.transcript_days)
                )
            if not forgotten:
                await asyncio.sleep(RETENTION_S)


def build(settings: CloudSettings) -> FastAPI:
    """The worker as an application."""
    telemetry = Telemetry("worker")
    worker = Worker(settings, telemetry)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with worker.running():
            yield

    app = make_app(
        "worker",
        telemetry,
        is_ready=worker.is_ready,
        lifespan=lifespan,
        larger_bodies={EVENTS_PATH: MOST_EVENTS_BYTES},
    )
    app.state.worker = worker

    @app.post(EVENTS_PATH, status_code=204)
    async def take(request: Request) -> Response:
        check_internal(request.headers, settings)
        body = await request.body()
        try:
            told = await asyncio.to_thread(json.loads, body)
        except (ValueError, RecursionError) as exc:
            raise Refusal("bad-request") from exc
        try:
            await worker.intake.take(told if isinstance(told, list) else [told])
        except SQLAlchemyError as exc:
            raise Refusal("unavailable", retry_after_ms=1_000) from exc
        return Response(status_code=204)

    @app.get("/internal/v1/sessions/{session}/report")
    async def report(
        request: Request, session: str, tenant: Tenant, format: ReportFormat = "html", language: PageLanguage = "en"
    ) -> Response:
        check_internal(request.headers, settings)
        show = await worker.show(tenant, session)
        try:
            rendered = await worker.report(show, language)
        except NotWritten as exc:
            raise Refusal("unavailable", retry_after_ms=2_000) from exc
        return Response(rendered.html if format == "html" else rendered.json, media_type=MEDIA_TYPES[format])

    @app.get("/internal/v1/sessions/{session}/transcript")
    async def transcript(request: Request, session: str, tenant: Tenant, format: TranscriptFormat = "txt") -> Response:
        check_internal(request.headers, settings)
        show = await worker.show(tenant, session)
        try:
            text = await worker.export(show, format)
        except NotWritten as exc:
            raise Refusal("unavailable", retry_after_ms=2_000) from exc
        return Response(text.encode("utf-8", "replace"), media_type=MEDIA_TYPES[format])

    @app.get("/internal/v1/usage")
    async def usage(
        request: Request, tenant: Tenant, days: Annotated[int, Query(ge=1, le=400)] = USAGE_DAYS
    ) -> dict[str, Any]:
        check_internal(request.headers, settings)
        return {
            "tenant": tenant,
            "days": await worker.database.read(lambda connection: usage_of(connection, tenant, days)),
        }

    @app.get("/internal/v1/dead-letters")
    async def dead_letters(request: Request) -> dict[str, Any]:
        check_internal(request.headers, settings)
        return {"dead_letters": await worker.intake.list_dead()}

    @app.post("/internal/v1/dead-letters/{event_id:path}/redrive", status_code=202)
    async def redrive(request: Request, event_id: str) -> dict[str, str]:
        check_internal(request.headers, settings)
        if not await worker.intake.redrive(event_id):
            raise Refusal("not-found")
        return {"id": event_id}

    return app
