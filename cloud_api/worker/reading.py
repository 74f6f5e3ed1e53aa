"""What the worker knows of a show, put together from what it was told."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from cloud_api.clock import unix_s
from cloud_api.events import CloudEvent, ReportData
from cloud_api.outbox import put
from cloud_api.worker.tables import insert_into, lines, outbox, reports, segments, sessions, usage_daily

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Show:
    """One session."""

    tenant: str
    session: str
    version: int
    started: dict[str, Any]
    """What it was started with; empty: that has not come."""
    ended: str
    """Why it ended; empty: it goes on."""
    stream_ms: int

    @property
    def title(self) -> str:
        return str(self.started.get("title") or (self.started.get("plan") or {}).get("title") or "")

    @property
    def language(self) -> str:
        """Of the report that is made without being asked for."""
        return "zh" if str(self.started.get("language", "")).startswith("zh") else "en"


def find_show(connection: Connection, tenant: str, session: str) -> Show | None:
    """The show, where it is this tenant's."""
    row = connection.execute(select(sessions).where(sessions.c.tenant == tenant, sessions.c.session == session)).first()
    if row is None:
        return None
    started = json.loads(row.started) if row.started else {}
    return Show(tenant, session, row.version, started, row.ended, row.stream_ms)


def lines_of(connection: Connection, show: Show) -> list[str]:
    """The show as lines of events.jsonl: how it began, then in the order in which they were emitted.

    Of each utterance only the best pass is in it: the one with the highest rev.
    """
    owner = {"tenant": show.tenant, "session": show.session}
    noted = connection.execute(select(lines).filter_by(**owner)).all()
    best = (
        select(segments.c.utterance, func.max(segments.c.rev).label("rev"))
        .filter_by(**owner)
        .group_by(segments.c.utterance)
        .subquery()
    )
    said = connection.execute(
        select(segments)
        .filter_by(**owner)
        .join(best, (segments.c.utterance == best.c.utterance) & (segments.c.rev == best.c.rev))
    ).all()
    # A coach that began anew tells again how it began.
    first = [row for row in noted if _is_start(row.line)]
    begun = min(first, key=lambda row: (row.epoch, row.number)).line if first else _start_of(show)
    rest = [(row.order_ms, 0, row.epoch, row.number, row.line) for row in noted if not _is_start(row.line)]
    rest += [(row.order_ms, 1, row.epoch, row.utterance, row.line) for row in said]
    ordered = [begun, *(line for *_, line in sorted(rest))]
    if show.ended == "ended" and not any(_is_end(line) for line in ordered):
        ordered.append(_end_of(show))
    return ordered


def _is_start(line: str) -> bool:
    return '"type":"session"' in line and json.loads(line)["type"] == "session"


def _is_end(line: str) -> bool:
    if '"type":"status"' not in line:
        return False
    status = json.loads(line)
    return (status["type"], status.get("part"), status.get("state")) == ("status", "session", "ended")


def _start_of(show: Show) -> str:
    started = show.started
    models = started.get("models") or []
    line = {
        "type": "session",
        "at_ms": 0,
        "app_version": started.get("app_version", ""),
        "mode": (started.get("plan") or {}).get("mode", ""),
        "source": show.title or "microphone",
        "models": [one for one in (models.values() if isinstance(models, dict) else models) if one],
        "settings_digest": "",
    }
    return json.dumps(line, separators=(",", ":"))


def _end_of(show: Show) -> str:
    line = {"type": "status", "at_ms": show.stream_ms, "part": "session", "state": "ended"}
    return json.dumps(line, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A report in one language."""

    html: bytes
    json: bytes


def kept_report(connection: Connection, show: Show, language: str) -> Rendered | None:
    """The report as it was made before, unless the show has changed since."""
    row = connection.execute(
        select(reports).filter_by(tenant=show.tenant, session=show.session, language=language, version=show.version)
    ).first()
    return Rendered(zlib.decompress(row.html), zlib.decompress(row.json)) if row else None


def keep_report(connection: Connection, show: Show, language: str, rendered: Rendered) -> bool:
    """Keep a report and tell of it; False: the show has changed meanwhile, or was erased."""
    now = find_show(connection, show.tenant, show.session)
    if now is None or now.version != show.version:
        return False
    insert = insert_into(connection, reports).values(
        tenant=show.tenant,
        session=show.session,
        language=language,
        version=show.version,
        html=zlib.compress(rendered.html),
        json=zlib.compress(rendered.json),
        created=unix_s(),
    )
    told = {name: insert.excluded[name] for name in ("version", "html", "json", "created")}
    connection.execute(insert.on_conflict_do_update(index_elements=["tenant", "session", "language"], set_=told))
    if show.ended:
        event = CloudEvent(
            id=f"{show.session}:report:{language}:{show.version}",
            source="/worker",
            type="report.ready",
            subject=show.session,
            tenant=show.tenant,
            data=ReportData(session=show.session).model_dump(),
        )
        put(connection, outbox, [event])
    return True


def usage_of(connection: Connection, tenant: str, days: int) -> list[dict[str, Any]]:
    """What a tenant used by day, the newest first."""
    names = ("day", "audio_ms", "frames", "tips", "tokens")
    query = select(*(usage_daily.c[name] for name in names)).where(usage_daily.c.tenant == tenant)
    return [dict(row) for row in connection.execute(query.order_by(usage_daily.c.day.desc()).limit(days)).mappings()]
