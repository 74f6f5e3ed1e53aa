"""Work that waits on disk until it is done: a worker that is killed takes it up again, or another one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import and_, delete, func, not_, select, update

from cloud_api.clock import unix_s
from cloud_api.worker.tables import insert_into, jobs

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

JobKind: TypeAlias = Literal["report", "scrub"]

HELD_S = 15.0
"""A worker that has not said for so long that it is at a job is gone; it says so every HELD_S / 3."""

SETTLE_S = 0.5
"""A job waits so long for more of the same: after a session's end its last words come within it."""

MOST_ATTEMPTS = 5
WAITS_S = (1.0, 5.0, 30.0, 120.0)
"""Before each further attempt."""

# A report is made when it is asked for, if not before; what was erased must leave the files.
_IS_FAILED = and_(jobs.c.attempts >= MOST_ATTEMPTS, jobs.c.kind != "scrub")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work, held by this worker."""

    kind: JobKind
    tenant: str
    session: str
    wanted: int
    attempts: int


def want(connection: Connection, kind: JobKind, tenant: str = "", session: str = "", *, in_s: float = SETTLE_S) -> None:
    """Have a job done, once more if it is being done now."""
    row = {"kind": kind, "tenant": tenant, "session": session, "wanted": 1, "attempts": 0}
    row |= {"next_at": unix_s() + in_s, "holder": "", "held_until": 0.0}
    insert = insert_into(connection, jobs).values(row)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["kind", "tenant", "session"], set_={"wanted": jobs.c.wanted + 1, "attempts": 0}
        )
    )


def take(connection: Connection, holder: str) -> Job | None:
    """The next job that is due and that nobody is at, held from now by `holder`."""
    now = unix_s()
    is_free = and_(not_(_IS_FAILED), jobs.c.next_at <= now, jobs.c.held_until <= now)
    row = connection.execute(select(jobs).where(is_free).order_by(jobs.c.next_at).limit(1)).first()
    if row is None:
        return None
    job = Job(row.kind, row.tenant, row.session, row.wanted, row.attempts)
    held = {"holder": holder, "held_until": now + HELD_S}
    # Another worker may have taken it meanwhile.
    taken = connection.execute(update(jobs).where(_is(job), jobs.c.held_until <= now).values(held))
    return job if taken.rowcount == 1 else None


def keep(connection: Connection, job: Job, holder: str) -> None:
    """Say that the job is still being done."""
    connection.execute(update(jobs).where(_is(job), jobs.c.holder == holder).values(held_until=unix_s() + HELD_S))


def finish(connection: Connection, job: Job, holder: str) -> None:
    """The job is done; it stays if it was wanted again meanwhile."""
    is_mine = and_(_is(job), jobs.c.holder == holder)
    connection.execute(delete(jobs).where(is_mine, jobs.c.wanted == job.wanted))
    connection.execute(update(jobs).where(is_mine).values(holder="", held_until=0.0, next_at=unix_s()))


def fail(connection: Connection, job: Job, holder: str) -> None:
    """The job failed: try again later, or leave it as failed after MOST_ATTEMPTS."""
    wait_s = WAITS_S[min(job.attempts, len(WAITS_S) - 1)]
    connection.execute(
        update(jobs)
        .where(_is(job), jobs.c.holder == holder)
        .values(holder="", held_until=0.0, attempts=job.attempts + 1, next_at=unix_s() + wait_s)
    )


def release_all(connection: Connection) -> None:
    """Nobody is at any job: the only worker of this database has just started."""
    connection.execute(update(jobs).values(holder="", held_until=0.0))


def count(connection: Connection) -> tuple[int, int]:
    """How many wait, and how many failed for good."""
    failed = connection.execute(select(func.count()).select_from(jobs).where(_IS_FAILED)).scalar_one()
    every = connection.execute(select(func.count()).select_from(jobs)).scalar_one()
    return every - failed, failed


def _is(job: Job) -> ColumnElement[bool]:
    return and_(jobs.c.kind == job.kind, jobs.c.tenant == job.tenant, jobs.c.session == job.session)
