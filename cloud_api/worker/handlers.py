"""What each event changes: idempotent, in any order, each event alone or many in one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, select

from cloud_api.clock import unix_s
from cloud_api.events import (
    DATA,
    EndedData,
    EraseData,
    NotedData,
    ReportData,
    SegmentData,
    StartedData,
    TipData,
    UsageData,
    text_of,
)
from cloud_api.outbox import insert_new
from cloud_api.worker import jobs
from cloud_api.worker.erasure import ALL, erase, is_erased, lock_tenant
from cloud_api.worker.tables import insert_into, lines, segments, sessions, usage_daily
from martlive_desktop.core.events import Tip, Transcript, from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from cloud_api.events import CloudEvent

MOST_LINE_BYTES = 262_144
"""Of one line of a show."""


class EventInvalid(ValueError):
    """What the event carries is not what its type says."""


@dataclass(slots=True)
class _Session:
    """A session during one transaction."""

    epoch: int
    is_started: bool
    is_ended: bool
    told: float
    """Unix time of the first event of it."""
    changes: dict[str, Any] = field(default_factory=dict)
    is_changed: bool = False


class Transaction:
    """Handles events in one transaction; `finish` writes what they changed of their sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._locked: set[str] = set()
        # Many rows in one statement cost a tenth of a statement for each.
        self._said: list[dict[str, Any]] = []
        self._stale: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []

    def handle(self, event: CloudEvent) -> bool:
        """Do what `event` asks for; False: it is of what was erased, and was passed over.

        Raises:
            ValueError: it can never be done.
        """
        data = DATA[event.type].model_validate(event.data)
        if isinstance(data, EraseData):
            # What came before it in this transaction is erased with it.
            self.finish()
            erase(self._connection, event.tenant, data.sessions, data.requested_at.timestamp())
            return True
        if event.tenant not in self._locked:
            lock_tenant(self._connection, event.tenant)
            self._locked.add(event.tenant)
        if isinstance(data, UsageData):
            return self._use(event, data)
        if isinstance(data, ReportData):
            return True
        session = self._session(event)
        if session is None:
            return False
        is_stale = event.epoch < session.epoch
        match data:
            case StartedData():
                if session.is_started and is_stale:
                    return True
                session.changes["started"] = text_of(data)
                session.is_started = True
            case EndedData():
                if session.is_ended and is_stale:
                    return True
                session.changes |= {"ended": data.reason, "stream_ms": data.stream_ms}
                session.is_ended = True
            case SegmentData():
                self._add_segment(event, data, is_stale=is_stale)
            case NotedData():
                self._add_lines(event, data)
            case TipData():
                self._add_tip(event, data)
        session.epoch = max(session.epoch, event.epoch)
        session.is_changed = True
        return True

    def finish(self) -> None:
        """Write what the events added, and what has changed of their sessions."""
        self._write_rows()
        now = unix_s()
        for (tenant, name), session in sorted(self._sessions.items()):
            if not session.is_changed:
                continue
            values: dict[str, Any] = {"epoch": session.epoch, "version": 1, "changed": now, "told": session.told}
            values |= {"started": "", "ended": "", "stream_ms": 0} | session.changes
            insert = insert_into(self._connection, sessions).values(tenant=tenant, session=name, **values)
            change = session.changes | {
                "epoch": case((sessions.c.epoch > session.epoch, sessions.c.epoch), else_=session.epoch),
                "version": sessions.c.version + 1,
                "changed": now,
            }
            self._connection.execute(insert.on_conflict_do_update(index_elements=["tenant", "session"], set_=change))
            if session.is_ended:
                jobs.want(self._connection, "report", tenant, name)
        self._sessions.clear()

    def _write_rows(self) -> None:
        insert_new(self._connection, lines, self._lines)
        if self._said:
            insert = insert_into(self._connection, segments)
            told = {name: insert.excluded[name] for name in ("epoch", "order_ms", "line")}
            key = ["tenant", "session", "utterance", "rev"]
            self._connection.execute(insert.on_conflict_do_update(index_elements=key, set_=told), self._said)
        # Of an owner that was replaced: whatever its place among the others, it changes nothing.
        insert_new(self._connection, segments, self._stale)
        self._said, self._stale, self._lines = [], [], []

    def _session(self, event: CloudEvent) -> _Session | None:
        """The event's session as it is known; None: it was erased."""
        key = (event.tenant, event.subject)
        if key not in self._sessions:
            told = event.time.timestamp()
            row = self._connection.execute(
                select(sessions.c.epoch, sessions.c.started, sessions.c.ended, sessions.c.told).where(
                    sessions.c.tenant == event.tenant, sessions.c.session == event.subject
                )
            ).first()
            if row is None:
                if is_erased(self._connection, event.tenant, event.subject, told):
                    return None
                self._sessions[key] = _Session(0, is_started=False, is_ended=False, told=told)
            else:
                self._sessions[key] = _Session(row.epoch, bool(row.started), bool(row.ended), row.told)
        return self._sessions[key]

    def _add_segment(self, event: CloudEvent, data: SegmentData, *, is_stale: bool) -> None:
        text = _line(data.line)
        said = from_json(text)
        if not isinstance(said, Transcript) or not said.is_final or said.utterance != data.utterance:
            raise EventInvalid("The line is not the final of this utterance.")
        row = {
            "tenant": event.tenant,
            "session": event.subject,
            "utterance": data.utterance,
            "rev": data.rev,
            "epoch": event.epoch,
            "order_ms": _order_ms(data.line),
            "line": text,
        }
        (self._stale if is_stale else self._said).append(row)

    def _add_lines(self, event: CloudEvent, data: NotedData) -> None:
        self._lines += [
            {
                "tenant": event.tenant,
                "session": event.subject,
                "key": f"n:{event.epoch}:{number}",
                "epoch": event.epoch,
                "number": number,
                "order_ms": _order_ms(line),
                "line": _line(line),
            }
            for number, line in enumerate(data.lines, data.first)
        ]

    def _add_tip(self, event: CloudEvent, data: TipData) -> None:
        text = _line(data.line)
        tip = from_json(text)
        if not isinstance(tip, Tip):
            raise EventInvalid("The line is no tip.")
        row = {
            "tenant": event.tenant,
            "session": event.subject,
            # A coach that began anew counts its tips anew, too; one that is told again after a reconnect is the same.
            "key": f"t:{tip.id}@{tip.at_ms}",
            "epoch": event.epoch,
            "number": 0,
            "order_ms": _order_ms(data.line),
            "line": text,
        }
        self._lines.append(row)

    def _use(self, event: CloudEvent, data: UsageData) -> bool:
        if is_erased(self._connection, event.tenant, ALL, event.time.timestamp()):
            return False
        used = data.model_dump()
        insert = insert_into(self._connection, usage_daily).values(tenant=event.tenant, **used)
        sums = {name: usage_daily.c[name] + used[name] for name in ("audio_ms", "frames", "tips", "tokens")}
        self._connection.execute(insert.on_conflict_do_update(index_elements=["tenant", "day"], set_=sums))
        return True


def _line(line: Mapping[str, Any]) -> str:
    """As it is kept: in ASCII, as no database takes every character."""
    text = json.dumps(line, separators=(",", ":"))
    if not isinstance(line.get("type"), str) or len(text) > MOST_LINE_BYTES:
        raise EventInvalid("The line is no event, or is too long.")
    return text


def _order_ms(line: Mapping[str, Any]) -> int:
    """Where the line stands in its show: when it was emitted, and that is never before it happened."""
    times = [line.get("emitted_ms", 0), line.get("at_ms", 0)]
    if any(not isinstance(one, int) or abs(one) > 2**53 for one in times):
        raise EventInvalid("The times of the line are none.")
    return int(max(times))
