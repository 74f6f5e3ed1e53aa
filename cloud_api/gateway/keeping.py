"""Events of streams on their way to the outbox: what comes while the disk is busy goes in one statement."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from cloud_api.clock import monotonic_s
from cloud_api.errors import Refusal
from cloud_api.gateway.store import outbox, sessions
from cloud_api.outbox import put

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud_api.events import CloudEvent
    from cloud_api.gateway.store import GatewayStore

GATHER_S = 0.05
"""What comes within it goes together while there is much to put; a transaction costs as much as twenty events in it."""

NUDGE_S = 0.5
"""From the first event of many to the moment when the relay hears of them."""

MOST_TOGETHER = 200
"""Events in one transaction."""


class EventKeeper:
    """Puts events of many streams into the outbox in the order in which they came.

    Invariant: an event of a session that has ended, was erased or has another owner by now is not put.
    """

    def __init__(self, store: GatewayStore, nudge: Callable[[], None], observe: Callable[[float], None]) -> None:
        """`nudge` is called after something was put, `observe` with the seconds that it took."""
        self._store = store
        self._nudge = nudge
        self._observe = observe
        self._waiting: list[tuple[CloudEvent, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._wrote_s = float("-inf")
        self._nudging: asyncio.TimerHandle | None = None

    def put(self, event: CloudEvent) -> asyncio.Future[None]:
        """Done when `event`, whose subject is a session, is on disk; raises Refusal or what the database raises."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="event-keeper")
        return future

    async def close(self) -> None:
        """Put what waits."""
        if self._task is not None:
            await self._task
        if self._nudging is not None:
            self._nudging.cancel()

    async def _write(self) -> None:
        while self._waiting:
            if monotonic_s() - self._wrote_s < GATHER_S:
                await asyncio.sleep(GATHER_S)
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            events = [event for event, _ in batch]
            began_s = monotonic_s()
            try:
                refused = await self._store.database.write(lambda connection, some=events: _put(connection, some))  # type: ignore[misc]
            except (SQLAlchemyError, OSError, ValueError) as exc:
                for _, future in batch:
                    _settle(future, exc)
                continue
            self._wrote_s = monotonic_s()
            self._observe(self._wrote_s - began_s)
            if self._nudging is None:
                self._nudging = asyncio.get_running_loop().call_later(NUDGE_S, self._nudge_now)
            for event, future in batch:
                name = refused.get(event.id)
                _settle(future, Refusal(name) if name else None)

    def _nudge_now(self) -> None:
        self._nudging = None
        self._nudge()


def _put(connection: Connection, events: Sequence[CloudEvent]) -> dict[str, str]:
    """Put those events whose session is still theirs; the others by id, with the problem that it is."""
    columns = select(sessions.c.id, sessions.c.epoch, sessions.c.state)
    ids = sorted({event.subject for event in events})
    # Locked, so that nobody takes a session over during this transaction.
    rows = connection.execute(columns.where(sessions.c.id.in_(ids)).with_for_update(read=True))
    epochs = {row.id: row.epoch for row in rows if row.state != "ended"}
    refused: dict[str, str] = {}
    kept: list[CloudEvent] = []
    for event in events:
        epoch = epochs.get(event.subject)
        if epoch == event.epoch:
            kept.append(event)
        else:
            refused[event.id] = "session-ended" if epoch is None else "session-taken"
    if kept:
        put(connection, outbox, kept)
    return refused


def _settle(future: asyncio.Future[None], exc: Exception | None) -> None:
    if future.done():
        return
    if exc is None:
        future.set_result(None)
    else:
        future.set_exception(exc)
