"""What is to be forgotten leaves the tables and the files, and does not come back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cloud_api.clock import unix_s, utc_now
from cloud_api.events import CloudEvent
from cloud_api.worker.erasure import DAY_S, forget_old
from cloud_api.worker.jobs import count
from cloud_api.worker.tables import erasures, metadata, sessions
from martlive_desktop.core.events import Chat
from tests.cloud.worker_parts import (
    SESSION,
    TENANT,
    databases,
    ended,
    erase,
    event,
    noted,
    segment,
    settings_for,
    started,
    until,
    working,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud.worker_parts import Worker

WORD = "rhododendron"


def show(session: str, *, tenant: str = TENANT, words: str = WORD) -> list[CloudEvent]:
    more: dict[str, Any] = {"subject": session, "tenant": tenant}
    return [
        started(**more),
        *(segment(n, f"{words} number {n} in a sentence that is long enough for pages.", **more) for n in range(120)),
        noted(0, Chat(1_000, words, words, "chat", emitted_ms=1_000), **more),
        event("segment.final", "poison", {"utterance": 1, "line": {"type": words}}, **more),
        ended(**more),
    ]


async def _settled(worker: Worker) -> bool:
    waiting, failed = await worker.parts.database.read(count)
    return bool(waiting + failed == 0)


async def _rows(worker: Worker, *, of: str) -> dict[str, int]:
    """Rows of each table that name `of`."""

    def counted(connection: object) -> dict[str, int]:
        from sqlalchemy import Connection

        assert isinstance(connection, Connection)
        return {
            table.name: number
            for table in metadata.sorted_tables
            if (number := sum(of in str(tuple(row)) for row in connection.execute(table.select())))
        }

    found: dict[str, int] = await worker.parts.database.read(counted)
    return found


def _raw(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir() if one.is_file())


def test_no_word_of_an_erased_session_is_left_in_the_files(tmp_path: Path) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(*show("s1"))
            await worker.tell(*show("s2", words="hydrangea"))
            await until(lambda: _settled(worker))
            assert WORD in await worker.report(session="s1")
            assert WORD.encode() in _raw(tmp_path)
            await worker.tell(erase(["s1"]))
            await until(lambda: _settled(worker))
            assert WORD.encode() not in _raw(tmp_path)
            assert b"hydrangea" in _raw(tmp_path)
            params = {"tenant": TENANT}
            assert (await worker.client.get("/internal/v1/sessions/s1/report", params=params)).status_code == 404
            assert "hydrangea" in await worker.transcript(session="s2")

    asyncio.run(scene())


@databases
def test_erased_tenant_is_gone_and_others_are_not(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            used = {"day": "2026-05-04", "audio_ms": 1, "frames": 0, "tips": 0, "tokens": 0}
            await worker.tell(
                *show("s1"),
                *show("s2"),
                *show("s9", tenant="other"),
                event("usage.recorded", "u1", used, subject=TENANT),
            )
            await until(lambda: _settled(worker))
            await worker.tell(erase(None))
            await until(lambda: _settled(worker))
            assert (await _rows(worker, of=WORD)).keys() == {"segments", "lines", "dead_letters"}
            # Its wish is remembered, and nothing else.
            assert (await _rows(worker, of=f"'{TENANT}'")).keys() == {"erasures", "processed"}
            assert (await _rows(worker, of=TENANT))["processed"] == 1
            assert WORD in await worker.transcript(session="s9", tenant="other")

    asyncio.run(scene())


@databases
def test_erased_session_does_not_come_back(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            await worker.tell(started(), erase([SESSION]))
            await worker.tell(segment(0, WORD), ended())
            assert "segments" not in await _rows(worker, of=WORD)
            assert await worker.metric('martlive_worker_events_total{result="erased"}') == 2.0

    asyncio.run(scene())


@databases
def test_wish_to_forget_all_spares_what_came_after_it(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            before = utc_now() - timedelta(hours=2)
            wish = erase(None, ago=timedelta(hours=1))
            await worker.tell(started(subject="old", time=before), started(subject="new"))
            await worker.tell(wish, segment(0, "Late.", subject="never_seen", time=before))
            await worker.tell(segment(0, WORD, subject="new"))
            # Told again after its id was forgotten.
            await worker.tell(wish.model_copy(update={"id": "again"}))
            assert await worker.transcript(session="new") == f"{WORD}\n"
            for session in ("old", "never_seen"):
                params = {"tenant": TENANT}
                answer = await worker.client.get(f"/internal/v1/sessions/{session}/transcript", params=params)
                assert answer.status_code == 404

    asyncio.run(scene())


@databases
def test_transcripts_are_kept_for_their_days(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            await worker.tell(*show("old"), *show("new", words="hydrangea"))
            await until(lambda: _settled(worker))
            database = worker.parts.database
            old = unix_s() - 31 * DAY_S
            change = sessions.update().where(sessions.c.session == "old").values(changed=old)
            await database.write(lambda connection: connection.execute(change))
            assert await database.write(lambda connection: forget_old(connection, 30)) == 1
            await until(lambda: _settled(worker))
            assert not await _rows(worker, of=WORD)
            assert "hydrangea" in await worker.transcript(session="new")
            if not database_url:
                assert WORD.encode() not in _raw(tmp_path)
            # The id of what was erased is forgotten in its turn.
            await database.write(lambda connection: connection.execute(erasures.update().values(at=0.0)))
            await database.write(lambda connection: forget_old(connection, 30))
            assert not await database.read(lambda connection: connection.execute(erasures.select()).all())

    asyncio.run(scene())
