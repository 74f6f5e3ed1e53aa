"""Events that a service has written and the worker has not yet got: in one transaction with what they tell of.

A relay carries them on, in order and at least once: to NATS JetStream, or to the worker by HTTP. An event leaves the
table only after the other side has it on disk, so a service that is killed at any moment loses none; what is told twice
has the same id both times.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import nats
import nats.errors
import nats.js.errors
import stamina
from nats.js.api import Header, RetentionPolicy, StorageType, StreamConfig
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from cloud_api.clock import unix_s
from cloud_api.events import BATCH_MEDIA_TYPE, text_of
from cloud_api.service import instance_name, internal_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nats.aio.client import Client
    from nats.js import JetStreamContext

    from cloud_api.database import Database
    from cloud_api.events import CloudEvent
    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

STREAM = "MARTLIVE"
SUBJECT_ROOT = "martlive."
"""Before an event's type: `martlive.segment.final`."""

DUPLICATE_WINDOW_S = 120.0
"""In which JetStream passes over an id that it has already; the worker knows them for far longer."""

MOST_TOGETHER = 256
"""Events of one batch."""

MOST_BATCH_BYTES = 4_194_304
MOST_EVENT_BYTES = 1_000_000
"""Of one event: NATS takes a megabyte."""

LOOK_S = 0.5
"""The relay looks by itself so often: an event may be another instance's, or older than this process."""

ANSWER_S = 10.0
"""The other side has so long for a batch."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
"""Between tries while the other side is away."""

LEASE_S = 10.0
"""Of several instances with one PostgreSQL one relays; another takes over when it has not been heard of for so long."""


class TargetAway(Exception):
    """The other side cannot be reached, or has not got everything."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has not been carried on."""

    events: int
    oldest_s: float
    """Age of the first of them; 0 where there is none."""


def outbox_table(metadata: MetaData) -> Table:
    """The table of events to be carried on, and beside it `outbox_lease`: which instance does so."""
    number = BigInteger().with_variant(Integer, "sqlite")
    Table(
        "outbox_lease",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("holder", String(200), nullable=False),
        Column("until", Float, nullable=False),
    )
    return Table(
        "outbox",
        metadata,
        Column("number", number, primary_key=True, autoincrement=True),
        Column("id", String(200), nullable=False, unique=True),
        Column("type", String(40), nullable=False),
        Column("event", Text, nullable=False),
        Column("created", Float, nullable=False),
        sqlite_autoincrement=True,
    )


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`; those whose key is there already are passed over."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def put(connection: Connection, table: Table, events: Sequence[CloudEvent]) -> None:
    """Write `events` in the caller's transaction; ids that wait already are passed over. Nudge the relay after it.

    Raises:
        ValueError: an event is larger than MOST_EVENT_BYTES; nothing was written.
    """
    now = unix_s()
    rows = [{"id": one.id, "type": one.type, "event": text_of(one), "created": now} for one in events]
    if any(len(str(row["event"])) > MOST_EVENT_BYTES for row in rows):
        raise ValueError("The event is too large.")
    insert_new(connection, table, rows)


async def ensure_stream(jetstream: JetStreamContext) -> None:
    """Create the stream of events where it is missing; an operator may have made it, with replicas of their choice.

    It is a work queue: what the worker has acknowledged is kept no longer, as it carries speech.
    """
    try:
        await jetstream.stream_info(STREAM)
    except nats.js.errors.NotFoundError:
        await jetstream.add_stream(
            StreamConfig(
                name=STREAM,
                subjects=[f"{SUBJECT_ROOT}>"],
                storage=StorageType.FILE,
                retention=RetentionPolicy.WORK_QUEUE,
                duplicate_window=DUPLICATE_WINDOW_S,
            )
        )


class Relay:
    """Carries the events of one outbox on; for use on one event loop."""

    def __init__(self, database: Database, table: Table, settings: CloudSettings) -> None:
        self._database = database
        self._table = table
        self._lease = table.metadata.tables["outbox_lease"]
        self._name = instance_name(settings)
        self._target: _Nats | _Http = _Nats(settings) if settings.nats_url else _Http(settings)
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_away = False
        """The other side could not be reached at the last try."""

    async def start(self) -> None:
        """Begin to carry events on, with those that an earlier process left."""
        self._task = asyncio.create_task(self._run(), name="outbox-relay")

    def nudge(self) -> None:
        """There is something new."""
        self._nudged.set()

    async def close(self) -> None:
        """Stop; what was not carried on stays on disk."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            with contextlib.suppress(SQLAlchemyError):
                await self._database.write(self._leave)
        await self._target.close()

    async def waiting(self) -> Waiting:
        """What has not been carried on."""
        return await self._database.read(self._waiting)

    def _waiting(self, connection: Connection) -> Waiting:
        count, oldest = connection.execute(select(func.count(), func.min(self._table.c.created))).one()
        return Waiting(count, max(0.0, unix_s() - oldest) if count else 0.0)

    async def _run(self) -> None:
        while True:
            is_more = False
            async for attempt in stamina.retry_context(
                on=(TargetAway, SQLAlchemyError),
                attempts=None,
                timeout=None,
                wait_initial=FIRST_WAIT_S,
                wait_max=LONGEST_WAIT_S,
                wait_jitter=FIRST_WAIT_S,
            ):
                with attempt:
                    try:
                        is_more = await self._carry()
                    except TargetAway:
                        self.is_away = True
                        raise
                    self.is_away = False
            if not is_more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._nudged.wait()

    async def _carry(self) -> bool:
        """Carry one batch on; whether there may be more."""
        self._nudged.clear()
        if not await self._database.read(self._is_any) or not await self._database.write(self._take_lease):
            return False
        rows = await self._database.read(self._first)
        if not rows:
            return False
        await self._target.publish(rows)
        numbers = [row.number for row in rows]
        await self._database.write(
            lambda connection: connection.execute(delete(self._table).where(self._table.c.number.in_(numbers)))
        )
        return True

    def _is_any(self, connection: Connection) -> bool:
        return connection.execute(select(self._table.c.number).limit(1)).first() is not None

    def _first(self, connection: Connection) -> list[Any]:
        found: list[Any] = []
        size = 0
        for row in connection.execute(select(self._table).order_by(self._table.c.number).limit(MOST_TOGETHER)):
            size += len(row.event)
            if found and size > MOST_BATCH_BYTES:
                break
            found.append(row)
        return found

    def _take_lease(self, connection: Connection) -> bool:
        # Two that relay at once would do no harm but double work: the other side does an id once.
        if connection.dialect.name == "sqlite":
            return True
        lease, now = self._lease, unix_s()
        insert_new(connection, lease, [{"id": 1, "holder": self._name, "until": 0.0}])
        taken = connection.execute(
            update(lease)
            .where(lease.c.id == 1, or_(lease.c.holder == self._name, lease.c.until < now))
            .values(holder=self._name, until=now + LEASE_S)
        )
        return taken.rowcount == 1

    def _leave(self, connection: Connection) -> None:
        connection.execute(delete(self._lease).where(self._lease.c.holder == self._name))


class _Nats:
    """JetStream: each event under its own subject, acknowledged when it is on disk there."""

    def __init__(self, settings: CloudSettings) -> None:
        self._url = settings.nats_url
        self._name = f"outbox-{instance_name(settings)}"
        self._client: Client | None = None

    async def publish(self, rows: Sequence[Any]) -> None:
        try:
            jetstream = await self._connected()
            async with asyncio.timeout(ANSWER_S):
                acks = [
                    await jetstream.publish_async(
                        SUBJECT_ROOT + row.type, row.event.encode(), stream=STREAM, headers={Header.MSG_ID: row.id}
                    )
                    for row in rows
                ]
                await asyncio.gather(*acks)
        except (OSError, TimeoutError, nats.errors.Error) as exc:
            await self.close()
            raise TargetAway from exc

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, TimeoutError, nats.errors.Error):
                await client.close()

    async def _connected(self) -> JetStreamContext:
        if self._client is None or not self._client.is_connected:
            await self.close()
            # The relay itself tries again: what it had sent into a lost connection is not known to have come through.
            self._client = await nats.connect(
                self._url, name=self._name, allow_reconnect=False, connect_timeout=2, error_cb=_log_nothing
            )
            self._jetstream = self._client.jetstream(timeout=ANSWER_S)
            await ensure_stream(self._jetstream)
        return self._jetstream


async def _log_nothing(_error: Exception) -> None:
    """What goes wrong is raised where it was asked for."""


class _Http:
    """The worker itself: a batch at a time, answered when it is on disk there."""

    def __init__(self, settings: CloudSettings) -> None:
        self._url = f"{settings.worker_url.rstrip('/')}/internal/v1/events"
        self._headers = internal_headers(settings) | {"Content-Type": BATCH_MEDIA_TYPE}
        self._client = httpx.AsyncClient(timeout=ANSWER_S, trust_env=False)

    async def publish(self, rows: Sequence[Any]) -> None:
        try:
            answer = await self._client.post(
                self._url, content="[" + ",".join(row.event for row in rows) + "]", headers=self._headers
            )
        except httpx.HTTPError as exc:
            raise TargetAway from exc
        if answer.status_code != httpx.codes.NO_CONTENT:
            log.warning("worker does not take events", extra={"status": answer.status_code})
            raise TargetAway

    async def close(self) -> None:
        await self._client.aclose()
