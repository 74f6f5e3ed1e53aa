"""Events through a real NATS server to a real worker process, while both are killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import nats
import pytest
from nats.js.api import Header
from sqlalchemy import MetaData

from cloud_api.database import Database
from cloud_api.outbox import STREAM, SUBJECT_ROOT, Relay, outbox_table, put
from cloud_api.service import internal_headers
from cloud_api.worker.listening import CONSUMER
from tests.cloud.worker_parts import (
    SESSION,
    TENANT,
    TOKEN,
    event,
    nats_server,
    needs_nats,
    segment,
    settings_for,
    started,
    until,
    working,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_api.events import CloudEvent

pytestmark = [pytest.mark.real, pytest.mark.timeout(120), needs_nats]

RUN = (
    "import uvicorn; from cloud_api.settings import CloudSettings; from cloud_api.worker.app import build; "
    "settings = CloudSettings(); uvicorn.run(build(settings), port=settings.port, log_level='error')"
)


class Process:
    """A worker in a process of its own."""

    def __init__(self, folder: Path, **more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._more = {"MARTLIVE_DATA_DIR": str(folder), "MARTLIVE_INTERNAL_TOKEN": TOKEN} | more
        self._more |= {"MARTLIVE_PORT": str(self.port), "MARTLIVE_WORKER_URL": self.url}
        self._process: subprocess.Popen[bytes] | None = None
        self._headers = internal_headers(settings_for(folder))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", RUN], env=os.environ | self._more)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    async def ask(self, path: str, **params: str) -> httpx.Response | None:
        async with httpx.AsyncClient(base_url=self.url, headers=self._headers, verify=False) as client:
            try:
                return await client.get(path, params=params)
            except httpx.HTTPError:
                return None

    async def is_ready(self) -> bool:
        answer = await self.ask("/readyz")
        return answer is not None and answer.status_code == 200

    async def said(self) -> list[str]:
        answer = await self.ask(f"/internal/v1/sessions/{SESSION}/transcript", tenant=TENANT, format="txt")
        return answer.text.splitlines() if answer is not None and answer.status_code == 200 else []

    async def used(self) -> list[dict[str, Any]]:
        answer = await self.ask("/internal/v1/usage", tenant=TENANT)
        days: list[dict[str, Any]] = []
        if answer is not None and answer.status_code == 200:
            days = answer.json()["days"]
        return days


class Teller:
    """A gateway's outbox and relay."""

    def __init__(self, folder: Path, **more: Any) -> None:
        metadata = MetaData()
        self.table = outbox_table(metadata)
        settings = settings_for(folder, instance="g1", **more)
        self.database = Database(settings.sqlite_url("gateway"), metadata)
        self.relay = Relay(self.database, self.table, settings)

    async def tell(self, *events: CloudEvent) -> None:
        await self.database.write(lambda connection: put(connection, self.table, events))
        self.relay.nudge()

    async def is_empty(self) -> bool:
        return (await self.relay.waiting()).events == 0

    async def close(self) -> None:
        await self.relay.close()
        self.database.close()


def used(number: int) -> CloudEvent:
    data = {"day": "2026-05-04", "audio_ms": 1_000, "frames": 1, "tips": 0, "tokens": 0}
    return event("usage.recorded", f"usage:{number}", data, subject=TENANT)


@pytest.mark.parametrize("way", ["nats", "http"])
def test_killed_worker_loses_and_doubles_nothing(tmp_path: Path, way: str) -> None:
    count = 300

    async def scene(nats_url: str) -> None:
        process = Process(tmp_path / "worker", **({"NATS_URL": nats_url} if nats_url else {}))
        teller = Teller(tmp_path / "gateway", nats_url=nats_url, worker_url=process.url)
        await teller.relay.start()
        process.start()
        try:
            await until(process.is_ready, 60)
            await teller.tell(started())
            for n in range(count):
                await teller.tell(segment(n, f"Sentence {n}."), used(n))
                if n % 150 == 75:
                    # In the middle of a burst.
                    process.kill()
                    process.start()

            async def is_all_told() -> bool:
                days = await process.used()
                return bool(days) and days[0]["audio_ms"] >= count * 1_000 and await teller.is_empty()

            await until(is_all_told, 60)
            assert await process.said() == [f"Sentence {n}." for n in range(count)]
            assert await process.used() == [
                {"day": "2026-05-04", "audio_ms": count * 1_000, "frames": count, "tips": 0, "tokens": 0}
            ]
        finally:
            process.kill()
            await teller.close()

    if way == "http":
        asyncio.run(scene(""))
        return
    with nats_server(tmp_path / "nats") as server:
        asyncio.run(scene(server.url))


def test_killed_nats_server_loses_and_doubles_nothing(tmp_path: Path) -> None:
    count = 300

    async def scene(server: Any) -> None:
        teller = Teller(tmp_path / "gateway", nats_url=server.url)
        await teller.relay.start()
        try:
            async with working(settings_for(tmp_path / "worker", nats_url=server.url)) as worker:
                await teller.tell(started())
                for n in range(count):
                    await teller.tell(segment(n, f"Sentence {n}."), used(n))
                    if n % 200 == 50:
                        server.kill()

                        async def is_noticed() -> bool:
                            return bool(await worker.parts.is_ready() == "nats")

                        await until(is_noticed)
                        server.start()

                async def is_all_told() -> bool:
                    answer = await worker.client.get("/internal/v1/usage", params={"tenant": TENANT})
                    days = answer.json()["days"]
                    return bool(days) and days[0]["audio_ms"] >= count * 1_000 and await teller.is_empty()

                await until(is_all_told, 60)
                assert (await worker.transcript()).splitlines() == [f"Sentence {n}." for n in range(count)]
                answer = await worker.client.get("/internal/v1/usage", params={"tenant": TENANT})
                assert answer.json()["days"][0]["audio_ms"] == count * 1_000
        finally:
            await teller.close()

    with nats_server(tmp_path / "nats") as server:
        asyncio.run(scene(server))


def test_stream_is_empty_when_all_was_taken(tmp_path: Path) -> None:
    async def scene(url: str) -> None:
        async with working(settings_for(tmp_path, nats_url=url)) as worker:

            async def is_ready() -> bool:
                return not await worker.parts.is_ready()

            await until(is_ready)
            client = await nats.connect(url)
            jetstream = client.jetstream()
            poison = event("segment.final", "poison", {"utterance": 0})
            told = [poison, started(), segment(0, "Hello.")]
            for one in told:
                for repeat in range(2):
                    # The second comes through as if the window for duplicates were over.
                    headers: dict[str, Any] = {Header.MSG_ID: f"{one.id}:{repeat}"}
                    await jetstream.publish(SUBJECT_ROOT + one.type, one.model_dump_json().encode(), headers=headers)
            await jetstream.publish(f"{SUBJECT_ROOT}segment.final", b"no json \xff")

            async def is_empty() -> bool:
                return (await jetstream.stream_info(STREAM)).state.messages == 0

            await until(is_empty)
            assert await worker.transcript() == "Hello.\n"
            assert {one["id"] for one in await worker.letters()} >= {poison.id}
            assert len(await worker.letters()) == 2
            # An operator deletes the consumer: it is made again.
            await jetstream.delete_consumer(STREAM, CONSUMER)
            last = segment(1, "Still here.")
            await jetstream.publish(SUBJECT_ROOT + last.type, last.model_dump_json().encode())
            await until(is_empty)
            assert await worker.transcript() == "Hello.\nStill here.\n"
            await client.close()

    with nats_server(tmp_path / "nats") as server:
        asyncio.run(scene(server.url))


def test_worker_that_is_killed_while_it_erases_erases_all(tmp_path: Path) -> None:
    word = b"rhododendron"

    async def scene() -> None:
        process = Process(tmp_path / "worker")
        teller = Teller(tmp_path / "gateway", worker_url=process.url)
        await teller.relay.start()
        process.start()
        try:
            await teller.tell(started(), *(segment(n, f"{word.decode()} {n}.") for n in range(300)))
            await until(teller.is_empty, 60)
            data = {"requested_at": "2026-05-04T00:00:00+00:00", "sessions": [SESSION]}
            await teller.tell(event("tenant.erase", "erase", data, subject=TENANT))
            await until(teller.is_empty)
            process.kill()
            process.start()

            async def is_gone() -> bool:
                files = [one for one in (tmp_path / "worker").iterdir() if one.is_file()]
                return not any(word in one.read_bytes() for one in files)

            await until(is_gone, 60)
            await until(process.is_ready, 60)
            assert await process.said() == []
        finally:
            process.kill()
            await teller.close()

    asyncio.run(scene())
