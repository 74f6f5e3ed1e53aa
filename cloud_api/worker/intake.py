"""Takes events, each once, however often it is told; what fails is tried again, and kept where it fails for good."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Gauge, Histogram
from pydantic import ValidationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from cloud_api.clock import unix_s
from cloud_api.events import CloudEvent, text_of
from cloud_api.outbox import insert_new
from cloud_api.worker.handlers import EventInvalid, Transaction
from cloud_api.worker.tables import dead_letters, processed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloud_api.database import Database
    from cloud_api.service import Telemetry

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
WAITS_S = (0.5, 1.0, 5.0, 30.0)
"""Before each further attempt."""

LOOK_S = 1.0
MOST_DUE = 64

AWAY = (OperationalError, InterfaceError)
"""The database is away or busy, which is no fault of an event's."""


class _Failed(Exception):
    """An event of the transaction failed: each has to be done by itself."""


class Intake:
    """The one way in: for HTTP, for JetStream, and for what is tried again."""

    def __init__(self, database: Database, telemetry: Telemetry, *, waits_s: Sequence[float] = WAITS_S) -> None:
        self._database = database
        self._waits_s = waits_s
        self._events = Counter(
            "martlive_worker_events_total", "Events by what became of them.", ["result"], registry=telemetry.registry
        )
        self._lag = Histogram(
            "martlive_worker_event_lag_seconds",
            "From when an event was told to when it was done.",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600),
            registry=telemetry.registry,
        )
        self._letters = Gauge(
            "martlive_worker_dead_letters", "Events by state.", ["state"], registry=telemetry.registry
        )
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to try again what failed."""
        self._task = asyncio.create_task(self._try_again(), name="dead-letters")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def take(self, told: Sequence[Any]) -> None:
        """Take events, given as JSON objects; they are done, or wait on disk, when it returns.

        Raises:
            SQLAlchemyError: the database is away; nothing was taken.
        """
        events: list[CloudEvent] = []
        broken: list[dict[str, Any]] = []
        for one in told:
            try:
                events.append(_checked(one))
            except ValueError as exc:
                broken.append(_letter_of(one, exc))
        if broken:
            await self._database.write(lambda connection: insert_new(connection, dead_letters, broken))
            self._events.labels("dead").inc(len(broken))
            log.error("events are not valid", extra={"count": len(broken)})
        if events:
            try:
                results = await self._database.write(lambda connection: _take_together(connection, events))
            except _Failed:
                results = await self._database.write(lambda connection: self._take_each(connection, events))
            self._count(events, results)

    def _count(self, events: Sequence[CloudEvent], results: Sequence[str]) -> None:
        now = unix_s()
        for event, result in zip(events, results, strict=True):
            self._events.labels(result).inc()
            if result == "done":
                self._lag.observe(max(0.0, now - event.time.timestamp()))

    def _take_each(self, connection: Connection, events: Sequence[CloudEvent]) -> list[str]:
        known = _known(connection, events)
        results: list[str] = []
        for event in events:
            if event.id in known:
                results.append("again")
                continue
            known.add(event.id)
            result, error = _do(connection, event)
            if error is not None:
                insert_new(connection, dead_letters, [self._letter(event, error)])
                self._due.set()
            results.append(result)
        return results

    def _letter(self, event: CloudEvent, error: Exception) -> dict[str, Any]:
        now = unix_s()
        return {
            "id": event.id,
            "type": event.type,
            "tenant": event.tenant,
            "session": event.subject,
            "event": text_of(event),
            "attempts": 1,
            "next_at": now + self._waits_s[0],
            "error": type(error).__name__,
            "is_dead": False,
            "created": now,
        }

    # What failed.

    async def _try_again(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_S, self._waits_s[0])):
                    await self._due.wait()
            self._due.clear()
            with contextlib.suppress(SQLAlchemyError):
                await self.try_due()

    async def try_due(self) -> int:
        """Try again what is due; how many were tried."""
        rows = await self._database.read(_due_rows)
        for row in rows:
            result = await self._database.write(partial(self._try_one, row=row))
            self._events.labels(result).inc()
        return len(rows)

    def set_letters(self, waiting: int, dead: int) -> None:
        """Show how many there are in the metrics."""
        self._letters.labels("waiting").set(waiting)
        self._letters.labels("dead").set(dead)

    def _try_one(self, connection: Connection, row: Any) -> str:
        is_it = dead_letters.c.id == row.id
        if connection.execute(select(dead_letters.c.id).where(is_it).with_for_update(skip_locked=True)).first() is None:
            return "again"
        error: Exception | None
        try:
            event = CloudEvent.model_validate(json.loads(row.event))
        except ValidationError as exc:
            result, error = "failed", exc
        else:
            result, error = _do(connection, event)
        if error is None:
            connection.execute(delete(dead_letters).where(is_it))
            return result
        attempts = row.attempts + 1
        # A wish to be forgotten is never given up.
        is_dead = attempts >= MOST_ATTEMPTS and row.type != "tenant.erase"
        wait_s = self._waits_s[min(attempts - 1, len(self._waits_s) - 1)]
        values = {"attempts": attempts, "is_dead": is_dead, "next_at": unix_s() + wait_s}
        connection.execute(update(dead_letters).where(is_it).values(error=type(error).__name__, **values))
        if is_dead:
            log.error("event given up", extra={"event_id": row.id, "type": row.type, "error": type(error).__name__})
        return "dead" if is_dead else "failed"

    async def list_dead(self) -> list[dict[str, Any]]:
        """Events that were given up, or are tried again; without what they carry."""
        return await self._database.read(_listed)

    async def redrive(self, event_id: str) -> bool:
        """Try an event again as if it were new; False: there is none."""
        change = update(dead_letters).where(dead_letters.c.id == event_id)
        values = {"is_dead": False, "attempts": 0, "next_at": 0.0}
        found = await self._database.write(lambda connection: connection.execute(change.values(values)).rowcount)
        self._due.set()
        return bool(found)


def _take_together(connection: Connection, events: Sequence[CloudEvent]) -> list[str]:
    """All or none of `events`, in few statements.

    Raises:
        _Failed: one of them failed; none was done.
    """
    known = _known(connection, events)
    transaction = Transaction(connection)
    results: list[str] = []
    done: list[dict[str, Any]] = []
    try:
        for event in events:
            if event.id in known:
                results.append("again")
                continue
            known.add(event.id)
            results.append("done" if transaction.handle(event) else "erased")
            done.append(_row(event))
        transaction.finish()
        insert_new(connection, processed, done)
    except AWAY:
        raise
    except Exception as exc:
        raise _Failed from exc
    return results


def _do(connection: Connection, event: CloudEvent) -> tuple[str, Exception | None]:
    """One event, all of it or none; with what it failed by."""
    try:
        with connection.begin_nested():
            transaction = Transaction(connection)
            result = "done" if transaction.handle(event) else "erased"
            transaction.finish()
            insert_new(connection, processed, [_row(event)])
    except AWAY:
        raise
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is this event's, and must not hold up others
        return "failed", exc
    return result, None


def _row(event: CloudEvent) -> dict[str, Any]:
    return {"id": event.id, "tenant": event.tenant, "at": unix_s()}


def _known(connection: Connection, events: Sequence[CloudEvent]) -> set[str]:
    """Ids that were done, or that wait to be tried again."""
    ids = {event.id for event in events}
    return {
        found
        for table in (processed, dead_letters)
        for found in connection.execute(select(table.c.id).where(table.c.id.in_(ids))).scalars()
    }


def _due_rows(connection: Connection) -> list[Any]:
    is_due = (dead_letters.c.is_dead.is_(False), dead_letters.c.next_at <= unix_s())
    return [*connection.execute(select(dead_letters).where(*is_due).order_by(dead_letters.c.next_at).limit(MOST_DUE))]


def count_letters(connection: Connection) -> tuple[int, int]:
    """How many events are to be tried again, and how many were given up."""
    query = select(dead_letters.c.is_dead, func.count()).group_by(dead_letters.c.is_dead)
    counts = {bool(is_dead): int(number) for is_dead, number in connection.execute(query)}
    return counts.get(False, 0), counts.get(True, 0)


def _listed(connection: Connection) -> list[dict[str, Any]]:
    names = ("id", "type", "tenant", "session", "attempts", "error", "is_dead", "created")
    query = select(*(dead_letters.c[name] for name in names)).order_by(dead_letters.c.created).limit(1_000)
    return [dict(row) for row in connection.execute(query).mappings()]


def _checked(told: Any) -> CloudEvent:
    """The event in `told`.

    Raises:
        ValueError: it is none.
    """
    event = CloudEvent.model_validate(told)
    # PostgreSQL takes no NUL, and UTF-8 no lone surrogate.
    if not (event.id + event.tenant + event.subject).isprintable():
        raise EventInvalid("A name has signs that cannot be kept.")
    return event


def _letter_of(told: Any, exc: ValueError) -> dict[str, Any]:
    """What is no event of this version, to be kept for whoever looks after it."""
    raw = json.dumps(told, separators=(",", ":"))
    named: dict[str, Any] = told if isinstance(told, dict) else {}
    text = {key: _safe(named.get(key)) for key in ("type", "tenant", "subject")}
    return {
        "id": "invalid:" + hashlib.sha256(raw.encode()).hexdigest(),
        "type": text["type"][:40],
        "tenant": text["tenant"][:100],
        "session": text["subject"][:100],
        "event": raw,
        "attempts": MOST_ATTEMPTS,
        "next_at": 0.0,
        "error": type(exc).__name__,
        "is_dead": True,
        "created": unix_s(),
    }


def _safe(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(letter for letter in text if letter.isprintable())
