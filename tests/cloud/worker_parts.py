"""What the worker's tests share: a worker in this process, shows told as events, and a NATS server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import create_engine

from cloud_api.clock import monotonic_s, utc_now
from cloud_api.events import CloudEvent
from cloud_api.service import internal_headers
from cloud_api.settings import CloudSettings
from cloud_api.worker.app import build
from cloud_api.worker.tables import metadata
from martlive_desktop.core.events import SessionStarted, Tip, Transcript, Word, to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from martlive_desktop.core.events import LogEvent

POSTGRES = os.environ.get("MARTLIVE_TEST_POSTGRES", "")
"""Address of an empty database that the tests may write to, `postgresql+psycopg://...`."""

NATS_SERVER = shutil.which("nats-server")

needs_nats = pytest.mark.skipif(NATS_SERVER is None, reason="needs Debian's nats-server")

databases = pytest.mark.parametrize(
    "database_url",
    ["", pytest.param(POSTGRES, marks=pytest.mark.skipif(not POSTGRES, reason="MARTLIVE_TEST_POSTGRES is not set"))],
    ids=["sqlite", "postgres"],
)

TOKEN = "between-services"
TENANT = "agency"
SESSION = "s1"


def settings_for(folder: Path, **more: Any) -> CloudSettings:
    # Nothing listens on port 9 of this machine: what a relay carries there waits.
    given: dict[str, Any] = {
        "data_dir": folder,
        "internal_token": TOKEN,
        "worker_url": "http://127.0.0.1:9",
        "instance": "w1",
    } | more
    if url := given.get("database_url"):
        engine = create_engine(url)
        metadata.drop_all(engine)
        engine.dispose()
    return CloudSettings.model_validate(given)


class Worker:
    """A worker in this process."""

    def __init__(self, app: Any, settings: CloudSettings, client: httpx.AsyncClient) -> None:
        self.parts = app.state.worker
        self.settings = settings
        self.client = client

    async def tell(self, *events: CloudEvent | dict[str, Any]) -> None:
        body = [one if isinstance(one, dict) else one.model_dump(mode="json") for one in events]
        answer = await self.client.post("/internal/v1/events", content=json.dumps(body))
        assert answer.status_code == 204, answer.text

    async def transcript(self, kind: str = "txt", session: str = SESSION, tenant: str = TENANT) -> str:
        path = f"/internal/v1/sessions/{session}/transcript"
        answer = await self.client.get(path, params={"tenant": tenant, "format": kind})
        assert answer.status_code == 200, answer.text
        return answer.text

    async def report(self, kind: str = "html", language: str = "en", session: str = SESSION) -> str:
        path = f"/internal/v1/sessions/{session}/report"
        answer = await self.client.get(path, params={"tenant": TENANT, "format": kind, "language": language})
        assert answer.status_code == 200, answer.text
        return answer.text

    async def letters(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/internal/v1/dead-letters")
        found: list[dict[str, Any]] = answer.json()["dead_letters"]
        return found

    async def metric(self, line: str) -> float:
        text = (await self.client.get("/metrics")).text
        return next((float(one.rsplit(" ", 1)[1]) for one in text.splitlines() if one.startswith(line)), 0.0)


@contextlib.asynccontextmanager
async def working(settings: CloudSettings) -> AsyncIterator[Worker]:
    app = build(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://worker", headers=internal_headers(settings)) as client,
    ):
        yield Worker(app, settings, client)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until `condition` holds."""
    end_s = monotonic_s() + seconds
    while not await condition():
        assert monotonic_s() < end_s, "it did not come to pass"
        await asyncio.sleep(0.05)


def event(kind: Any, name: str, data: dict[str, Any], **more: Any) -> CloudEvent:
    given: dict[str, Any] = {"source": "/gateway/g1", "subject": SESSION, "tenant": TENANT, "epoch": 1} | more
    return CloudEvent(id=f"{given['subject']}:{name}", type=kind, data=data, **given)


def started(**more: Any) -> CloudEvent:
    data = {
        "mode": "coach",
        "language": "en",
        "app_version": "0.2.0",
        "models": {"asr": "base", "llm": ""},
        "plan": {"mode": "selling", "title": "Skillets"},
        "started_at": "2026-05-04T18:00:00+00:00",
        "second_pass": True,
    }
    return event("session.started", "started", data, **more)


def said(utterance: int, text: str, *, rev: int = 0, at_ms: int | None = None) -> dict[str, Any]:
    start_ms = utterance * 4_000 if at_ms is None else at_ms
    words = tuple(Word(one, start_ms + 300 * n, start_ms + 300 * n + 280, 0.9) for n, one in enumerate(text.split()))
    end_ms = words[-1].end_ms if words else start_ms
    line = Transcript(end_ms, True, utterance, text, words, emitted_ms=end_ms + 900)
    return {"utterance": utterance, "rev": rev, "line": json.loads(to_json(line))}


def segment(utterance: int, text: str, *, rev: int = 0, **more: Any) -> CloudEvent:
    data = said(utterance, text, rev=rev)
    name = f"segment:{utterance}:{rev}" + (f":{more['epoch']}" if "epoch" in more else "")
    return event("segment.final", name, data, **more)


def noted(first: int, *lines: LogEvent, **more: Any) -> CloudEvent:
    data = {"first": first, "lines": [json.loads(to_json(one)) for one in lines]}
    return event("session.noted", f"noted:{more.get('epoch', 1)}:{first}", data, **more)


def ended(stream_ms: int = 60_000, **more: Any) -> CloudEvent:
    return event("session.ended", "ended", {"reason": "ended", "stream_ms": stream_ms}, **more)


def erase(sessions: Sequence[str] | None, *, ago: timedelta = timedelta(0), name: str = "erase:1") -> CloudEvent:
    data = {"requested_at": (utc_now() - ago).isoformat(), "sessions": sessions and list(sessions)}
    return event("tenant.erase", name, data, subject=TENANT)


def told(events: Sequence[LogEvent], session: str = SESSION, at_once: int = 50) -> list[CloudEvent]:
    """A whole show as the gateway tells it."""
    found = [started(subject=session)]
    waiting: list[LogEvent] = []
    number = 0

    def flush() -> None:
        nonlocal number
        if waiting:
            found.append(noted(number, *waiting, subject=session))
            number += len(waiting)
            waiting.clear()

    for one in events:
        if isinstance(one, Transcript):
            data = {"utterance": one.utterance, "rev": 0, "line": json.loads(to_json(one))}
            if one.is_final:
                found.append(event("segment.final", f"segment:{one.utterance}:0", data, subject=session))
        elif isinstance(one, Tip):
            found.append(event("tip.given", f"tip:{one.id}", {"line": json.loads(to_json(one))}, subject=session))
        else:
            assert not isinstance(one, SessionStarted) or not number
            waiting.append(one)
            if len(waiting) >= at_once:
                flush()
    flush()
    found.append(ended(max(one.at_ms for one in events), subject=session))
    return found


class NatsServer:
    """A nats-server with JetStream on a port and folder of its own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        assert NATS_SERVER is not None
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(NATS_SERVER), "-a", "127.0.0.1", "-p", str(self._port), "-js", "-sd", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def nats_server(folder: Path) -> Any:
    server = NatsServer(folder)
    try:
        yield server
    finally:
        server.kill()
