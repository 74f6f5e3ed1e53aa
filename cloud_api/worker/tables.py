"""What the worker keeps: shows as they were told, their reports, usage by day, and what it has done and has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql, sqlite

from cloud_api.outbox import outbox_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

metadata = MetaData()

outbox = outbox_table(metadata)


def _owner() -> tuple[Column[str], Column[str]]:
    """Whose it is: every key begins with the tenant, so one tenant's event cannot touch another's session."""
    return Column("tenant", String(100), primary_key=True), Column("session", String(100), primary_key=True)


sessions = Table(
    "sessions",
    metadata,
    *_owner(),
    Column("epoch", Integer, nullable=False),
    # Counts changes: a report that was made of an older one is made again.
    Column("version", Integer, nullable=False),
    Column("changed", Float, nullable=False),
    # When the first event of it that came here was told.
    Column("told", Float, nullable=False),
    # What it was started with, as JSON; empty until that was told.
    Column("started", Text, nullable=False),
    Column("ended", String(40), nullable=False),
    Column("stream_ms", BigInteger, nullable=False),
    Index("sessions_changed", "changed"),
)

segments = Table(
    "segments",
    metadata,
    *_owner(),
    Column("utterance", BigInteger, primary_key=True, autoincrement=False),
    Column("rev", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("order_ms", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
)

lines = Table(
    "lines",
    metadata,
    *_owner(),
    # `n:EPOCH:NUMBER`, or `t:ID@AT_MS` for a tip.
    Column("key", String(200), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("order_ms", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    *_owner(),
    Column("language", String(10), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("html", LargeBinary, nullable=False),
    Column("json", LargeBinary, nullable=False),
    Column("created", Float, nullable=False),
)

usage_daily = Table(
    "usage_daily",
    metadata,
    Column("tenant", String(100), primary_key=True),
    Column("day", String(10), primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in ("audio_ms", "frames", "tips", "tokens")),
)

processed = Table(
    "processed",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("tenant", String(100), nullable=False),
    Column("at", Float, nullable=False),
    Index("processed_at", "at"),
    Index("processed_tenant", "tenant"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("type", String(40), nullable=False),
    Column("tenant", String(100), nullable=False),
    Column("session", String(100), nullable=False),
    Column("event", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    # Name of what was raised; what it says may carry speech.
    Column("error", String(100), nullable=False),
    # Given up: it waits for an operator. Before that it is tried again at `next_at`.
    Column("is_dead", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    Index("dead_letters_due", "is_dead", "next_at"),
)

erasures = Table(
    "erasures",
    metadata,
    # With an empty session: all of the tenant's that were told of before `until`.
    *_owner(),
    Column("until", Float, nullable=False),
    Column("at", Float, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("kind", String(20), primary_key=True),
    *_owner(),
    # Counts wishes: one that came while the job ran has it run again.
    Column("wanted", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("holder", String(200), nullable=False),
    Column("held_until", Float, nullable=False),
)

OWNED = (segments, lines, reports, jobs, dead_letters)
"""All that belongs to a session, beside its own row."""


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that can say what is to be done on a conflict, which SQLAlchemy has by dialect only."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
