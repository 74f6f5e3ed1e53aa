"""The outbox keeps events until they are on the other side's disk, and its relay carries them on in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from sqlalchemy import MetaData, create_engine, select
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from cloud_api.database import Database
from cloud_api.outbox import MOST_EVENT_BYTES, MOST_TOGETHER, Relay, outbox_table, put
from tests.cloud.worker_parts import TOKEN, databases, segment, settings_for, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection, Table
    from starlette.requests import Request

    from cloud_api.events import CloudEvent


class _Outbox:
    """An outbox in a database of its own."""

    def __init__(self, url: str) -> None:
        metadata = MetaData()
        self.table: Table = outbox_table(metadata)
        engine = create_engine(url)
        metadata.drop_all(engine)
        engine.dispose()
        self.database = Database(url, metadata)

    async def put(self, *events: CloudEvent) -> None:
        await self.database.write(lambda connection: put(connection, self.table, events))

    async def ids(self) -> list[str]:
        query = select(self.table.c.id).order_by(self.table.c.number)
        return await self.database.read(lambda connection: [*connection.execute(query).scalars()])


@contextlib.contextmanager
def opened(folder: Path, database_url: str = "") -> Any:
    outbox = _Outbox(database_url or f"sqlite:///{folder / 'test'}.sqlite")
    try:
        yield outbox
    finally:
        outbox.database.close()


class _Target:
    """A worker that notes what it is told, and may refuse it."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.refuses = 0
        self.headers: httpx.Headers | Any = None
        self.largest = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    async def _take(self, request: Request) -> Response:
        body = await request.json()
        self.told += [one["id"] for one in body]
        self.headers = request.headers
        self.largest = max(self.largest, len(body))
        if self.refuses:
            self.refuses -= 1
            return Response(status_code=503)
        return Response(status_code=204)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = Starlette(routes=[Route("/internal/v1/events", self._take, methods=["POST"])])
        server = uvicorn.Server(
            uvicorn.Config(app, port=self.port, log_config=None, ws="none", lifespan="off", timeout_keep_alive=1)
        )
        task = asyncio.create_task(server.serve())

        async def is_up() -> bool:
            return server.started

        await until(is_up)
        try:
            yield
        finally:
            server.should_exit = True
            await task


@contextlib.asynccontextmanager
async def relaying(outbox: _Outbox, folder: Path, **more: Any) -> AsyncIterator[Relay]:
    relay = Relay(outbox.database, outbox.table, settings_for(folder, **more))
    await relay.start()
    try:
        yield relay
    finally:
        await relay.close()


@databases
def test_event_that_waits_already_is_not_put_twice(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        with opened(tmp_path, database_url) as outbox:
            await outbox.put(segment(0, "a"), segment(1, "b"))
            await outbox.put(segment(1, "other"), segment(2, "c"))
            assert await outbox.ids() == ["s1:segment:0:0", "s1:segment:1:0", "s1:segment:2:0"]

    asyncio.run(scene())


@databases
def test_event_of_a_change_that_failed_is_not_there(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        with opened(tmp_path, database_url) as outbox:

            def change(connection: Connection) -> None:
                put(connection, outbox.table, [segment(0, "a")])
                raise KeyError

            with pytest.raises(KeyError):
                await outbox.database.write(change)
            assert await outbox.ids() == []

    asyncio.run(scene())


def test_event_that_no_target_takes_is_not_put(tmp_path: Path) -> None:
    async def scene() -> None:
        with opened(tmp_path) as outbox:
            with pytest.raises(ValueError, match="too large"):
                await outbox.put(segment(0, "a"), segment(1, "x" * MOST_EVENT_BYTES))
            assert await outbox.ids() == []

    asyncio.run(scene())


def test_half_an_emoji_can_be_put(tmp_path: Path) -> None:
    async def scene() -> None:
        with opened(tmp_path) as outbox:
            await outbox.put(segment(0, "wow \ud83d"))
            assert await outbox.ids() == ["s1:segment:0:0"]

    asyncio.run(scene())


@databases
def test_events_are_carried_on_in_order_and_leave(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        target = _Target()
        with opened(tmp_path, database_url) as outbox:
            events = [segment(n, "word") for n in range(3 * MOST_TOGETHER)]
            await outbox.put(*events[:-1])
            async with (
                target.serving(),
                relaying(outbox, tmp_path, worker_url=f"http://127.0.0.1:{target.port}") as relay,
            ):

                async def is_empty() -> bool:
                    return (await relay.waiting()).events == 0

                await until(is_empty)
                await outbox.put(events[-1])
                relay.nudge()
                await until(is_empty)
            assert target.told == [one.id for one in events]
            assert target.largest == MOST_TOGETHER
            assert target.headers["authorization"] == f"Bearer {TOKEN}"
            assert target.headers["content-type"] == "application/cloudevents-batch+json"

    asyncio.run(scene())


def test_events_wait_while_the_worker_is_away(tmp_path: Path) -> None:
    async def scene() -> None:
        target = _Target()
        with opened(tmp_path) as outbox:
            await outbox.put(segment(0, "a"), segment(1, "b"))
            async with relaying(outbox, tmp_path, worker_url=f"http://127.0.0.1:{target.port}") as relay:

                async def is_away() -> bool:
                    return relay.is_away

                await until(is_away)
                waiting = await relay.waiting()
                assert waiting.events == 2
                assert 0 <= waiting.oldest_s < 60
                target.refuses = 2
                async with target.serving():

                    async def is_empty() -> bool:
                        return (await relay.waiting()).events == 0

                    await until(is_empty)
            # What is told again is the same, in the same order.
            assert target.told == ["s1:segment:0:0", "s1:segment:1:0"] * 3

    asyncio.run(scene())


def test_relay_that_was_stopped_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    async def scene() -> None:
        target = _Target()
        more = {"worker_url": f"http://127.0.0.1:{target.port}"}
        with opened(tmp_path) as outbox:
            await outbox.put(segment(0, "a"))
            async with relaying(outbox, tmp_path, **more):
                pass
            assert await outbox.ids() == ["s1:segment:0:0"]
            async with target.serving(), relaying(outbox, tmp_path, **more):

                async def is_empty() -> bool:
                    return not await outbox.ids()

                await until(is_empty)

    asyncio.run(scene())


@databases
def test_two_instances_with_one_outbox_lose_nothing(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        target = _Target()
        more = {"worker_url": f"http://127.0.0.1:{target.port}"}
        with opened(tmp_path, database_url) as outbox:
            async with (
                target.serving(),
                relaying(outbox, tmp_path, instance="a", **more),
                relaying(outbox, tmp_path, instance="b", **more),
            ):
                for n in range(50):
                    await outbox.put(segment(n, "word"))

                async def is_empty() -> bool:
                    return not await outbox.ids()

                await until(is_empty)
            assert [*dict.fromkeys(target.told)] == [f"s1:segment:{n}:0" for n in range(50)]
            if database_url:
                assert len(target.told) == 50

    asyncio.run(scene())
