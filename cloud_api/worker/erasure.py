"""Forgetting: what a tenant wants gone, and what is too old."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text

from cloud_api.clock import unix_s
from cloud_api.worker import jobs
from cloud_api.worker.tables import (
    OWNED,
    dead_letters,
    erasures,
    insert_into,
    outbox,
    processed,
    sessions,
    usage_daily,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

PROCESSED_DAYS = 14
"""How long an event's id is known: no outbox and no stream holds an event for longer."""

ERASURE_DAYS = 90
"""How long the id of an erased session is known, so that a late event does not bring it back."""

USAGE_DAYS = 400

DAY_S = 86_400.0

ALL = ""
"""In place of a session: all of the tenant's."""


class NotScrubbed(Exception):
    """Old words may still be in the database's files: somebody was reading."""


def lock_tenant(connection: Connection, tenant: str, *, is_erasing: bool = False) -> None:
    """With PostgreSQL several workers write at once: while one erases, no other may add what would be left behind."""
    if connection.dialect.name != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(tenant.encode()).digest()[:8], "big", signed=True)
    name = "pg_advisory_xact_lock" if is_erasing else "pg_advisory_xact_lock_shared"
    connection.execute(text(f"SELECT {name}(:number)"), {"number": number})


def erase(connection: Connection, tenant: str, session_ids: Iterable[str] | None, until: float) -> None:
    """Erase sessions of `tenant`, all of them with its usage where there are no ids.

    Args:
        connection: In a transaction.
        tenant: Whose they are.
        session_ids: None: all that were told of by `until`.
        until: Unix time; of a tenant that is erased as a whole, events from before it are passed over from now on.
    """
    lock_tenant(connection, tenant, is_erasing=True)
    if session_ids is None:
        done = select(erasures.c.until).where(erasures.c.tenant == tenant, erasures.c.session == ALL)
        if (connection.execute(done).scalar() or 0.0) >= until:
            return
        known = connection.execute(select(sessions.c.session, sessions.c.told).where(sessions.c.tenant == tenant)).all()
        newer = {row.session for row in known if row.told > until}
        _remember(connection, tenant, {row.session for row in known} - newer | {ALL}, until)
        for table in (sessions, *OWNED):
            connection.execute(delete(table).where(table.c.tenant == tenant, table.c.session.not_in(newer)))
        for table in (processed, usage_daily):
            connection.execute(delete(table).where(table.c.tenant == tenant))
    else:
        ids = set(session_ids) - {ALL}
        _remember(connection, tenant, ids, until)
        for one in sorted(ids):
            for table in (sessions, *OWNED):
                connection.execute(delete(table).where(table.c.tenant == tenant, table.c.session == one))
            connection.execute(delete(outbox).where(outbox.c.id.startswith(f"{one}:", autoescape=True)))
    jobs.want(connection, "scrub", in_s=0.0)


def _remember(connection: Connection, tenant: str, ids: set[str], until: float) -> None:
    rows = [{"tenant": tenant, "session": one, "until": until, "at": unix_s()} for one in sorted(ids)]
    if rows:
        insert = insert_into(connection, erasures)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["tenant", "session"], set_={"until": insert.excluded.until, "at": insert.excluded.at}
            ),
            rows,
        )


def is_erased(connection: Connection, tenant: str, session: str, told_at: float) -> bool:
    """Whether what was told at `told_at` belongs to what is to be forgotten."""
    found = connection.execute(
        select(erasures.c.session, erasures.c.until).where(
            erasures.c.tenant == tenant, erasures.c.session.in_((session, ALL))
        )
    )
    return any(row.session != ALL or row.until >= told_at for row in found)


def forget_old(connection: Connection, transcript_days: int) -> int:
    """Delete what is older than it may be; how many sessions."""
    now = unix_s()
    old = connection.execute(
        select(sessions.c.tenant, sessions.c.session)
        .where(sessions.c.changed < now - transcript_days * DAY_S)
        .limit(1_000)
    ).all()
    by_tenant: dict[str, list[str]] = {}
    for row in old:
        by_tenant.setdefault(row.tenant, []).append(row.session)
    for tenant, ids in sorted(by_tenant.items()):
        erase(connection, tenant, ids, now)
    letters = connection.execute(delete(dead_letters).where(dead_letters.c.created < now - transcript_days * DAY_S))
    if letters.rowcount:
        jobs.want(connection, "scrub", in_s=0.0)
    connection.execute(delete(processed).where(processed.c.at < now - PROCESSED_DAYS * DAY_S))
    connection.execute(delete(erasures).where(erasures.c.at < now - ERASURE_DAYS * DAY_S))
    oldest = _day(now - USAGE_DAYS * DAY_S)
    connection.execute(delete(usage_daily).where(usage_daily.c.day < oldest))
    return len(old)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def scrub(connection: Connection) -> None:
    """Leave no deleted word in the files of SQLite; PostgreSQL does so by itself, with its autovacuum.

    Raises:
        NotScrubbed: it is to be tried again.
    """
    if connection.dialect.name != "sqlite":
        return
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    # Deleted cells are overwritten, but pages that were rebuilt may have kept copies of them.
    connection.execute(text("VACUUM"))
    if connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one():
        raise NotScrubbed
