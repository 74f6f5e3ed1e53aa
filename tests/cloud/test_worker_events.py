"""The worker takes each event once, in any order, and keeps what it cannot do."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from cloud_api.service import internal_headers
from cloud_api.worker import intake
from cloud_api.worker.tables import processed
from martlive_desktop.core.events import Chat, SessionStarted, Tip, to_json
from tests.cloud.worker_parts import (
    SESSION,
    TENANT,
    databases,
    ended,
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

    from cloud_api.events import CloudEvent


def usage(number: int, day: str = "2026-05-04", audio_ms: int = 1_000) -> CloudEvent:
    data = {"day": day, "audio_ms": audio_ms, "frames": 2, "tips": 1, "tokens": 30}
    return event("usage.recorded", f"usage:{day}:{number}", data, subject=TENANT)


@databases
def test_events_told_again_are_done_once(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            events = [started(), segment(0, "Hello there."), segment(1, "Good to see you."), usage(1)]
            await worker.tell(*events)
            await worker.tell(*events, *events)
            assert await worker.transcript() == "Hello there.\nGood to see you.\n"
            answer = await worker.client.get("/internal/v1/usage", params={"tenant": TENANT})
            assert answer.json()["days"] == [
                {"day": "2026-05-04", "audio_ms": 1_000, "frames": 2, "tips": 1, "tokens": 30}
            ]
            assert await worker.metric('martlive_worker_events_total{result="again"}') == 8.0

    asyncio.run(scene())


@databases
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_gives_the_same_show(tmp_path: Path, database_url: str, seed: int) -> None:
    events = [
        started(),
        *(segment(n, f"Number {n} is said.") for n in range(12)),
        segment(3, "Number three, better.", rev=1),
        noted(0, Chat(1_000, "rosa", "hello", "chat", emitted_ms=1_000)),
        noted(1, Chat(2_000, "kim", "hi", "chat", emitted_ms=2_000)),
        ended(),
    ]
    mixed = events * 2
    random.Random(seed).shuffle(mixed)

    async def scene() -> tuple[str, str]:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            for one in mixed:
                await worker.tell(one)
            return await worker.transcript("txt"), await worker.report("json")

    text, report = asyncio.run(scene())
    wanted = [f"Number {n} is said." for n in range(12)]
    wanted[3] = "Number three, better."
    assert text.splitlines() == wanted
    assert [one["user"] for one in json.loads(report)["report"]["chat"]] == ["rosa", "kim"]


@databases
def test_replaced_owner_adds_what_is_missing_and_changes_nothing(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            await worker.tell(started(epoch=1), segment(0, "As the new owner heard it.", epoch=3))
            await worker.tell(
                segment(0, "As the old owner heard it.", epoch=2), segment(1, "Only the old one.", epoch=2)
            )
            assert await worker.transcript() == "As the new owner heard it.\nOnly the old one.\n"
            await worker.tell(segment(0, "As the newest owner heard it.", epoch=4))
            assert await worker.transcript() == "As the newest owner heard it.\nOnly the old one.\n"

    asyncio.run(scene())


@databases
def test_tip_told_by_two_epochs_is_one(tmp_path: Path, database_url: str) -> None:
    def tip(epoch: int, at_ms: int) -> CloudEvent:
        line = json.loads(to_json(Tip(at_ms, "t1", "c1", "price", "Say the price.", 3, "rules", at_ms + 8_000)))
        return event("tip.given", f"tip:{epoch}:{at_ms}", {"line": line}, epoch=epoch)

    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            await worker.tell(started(), tip(1, 5_000), tip(2, 5_000), tip(3, 90_000))
            tips = json.loads(await worker.transcript("json"))["tips"]
            assert [one["at_ms"] for one in tips] == [5_000, 90_000]

    asyncio.run(scene())


def test_coach_that_began_anew_does_not_begin_the_show_anew(tmp_path: Path) -> None:
    async def scene() -> None:
        first = SessionStarted(0, "0.2.0", "selling", "first", ("base",), "d1")
        again = SessionStarted(40_000, "0.2.0", "selling", "again", ("base",), "d1", emitted_ms=40_000)
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(noted(0, again, epoch=2), started(), segment(0, "Hi."), noted(0, first, epoch=1))
            assert json.loads(await worker.transcript("json"))["session"]["source"] == "first"

    asyncio.run(scene())


def test_another_tenants_show_is_not_there(tmp_path: Path) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started(), segment(0, "Ours."))
            await worker.tell(segment(0, "Theirs.", tenant="other", epoch=9))
            assert await worker.transcript() == "Ours.\n"
            assert await worker.transcript(tenant="other") == "Theirs.\n"
            for path in ("report", "transcript"):
                answer = await worker.client.get(f"/internal/v1/sessions/{SESSION}/{path}", params={"tenant": "third"})
                assert (answer.status_code, answer.json()["type"]) == (404, "urn:martlive:problem:not-found")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/internal/v1/events"),
        ("GET", f"/internal/v1/sessions/{SESSION}/report?tenant={TENANT}"),
        ("GET", f"/internal/v1/sessions/{SESSION}/transcript?tenant={TENANT}"),
        ("GET", f"/internal/v1/usage?tenant={TENANT}"),
        ("GET", "/internal/v1/dead-letters"),
        ("POST", "/internal/v1/dead-letters/x/redrive"),
    ],
)
def test_only_services_may_ask(tmp_path: Path, method: str, path: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started())
            for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}):
                assert (await worker.client.request(method, path, headers=headers)).status_code == 401

    asyncio.run(scene())


POISON: list[Any] = [
    {"utterance": 0, "rev": 0},
    {"utterance": 0, "rev": 0, "line": {"type": "transcript"}},
    {"utterance": 0, "rev": 0, "line": {"type": "chat", "at_ms": 1, "user": "u", "text": "t", "source": "s"}},
    {"utterance": -1, "rev": 0, "line": {}},
    {"utterance": 0, "rev": 0, "line": {"type": "transcript", "at_ms": 10**400}},
]


@databases
@pytest.mark.parametrize("data", POISON, ids=range(len(POISON)))
def test_poison_is_kept_and_holds_nothing_up(
    tmp_path: Path, database_url: str, data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.Intake.__init__, "__kwdefaults__", {"waits_s": (0.01,)})

    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            poison = event("segment.final", "segment:0:0", data)
            await worker.tell(started(), poison, segment(1, "The rest is heard."))
            assert await worker.transcript() == "The rest is heard.\n"

            async def is_dead() -> bool:
                return [one["is_dead"] for one in await worker.letters()] == [True]

            await until(is_dead)
            letter = (await worker.letters())[0]
            assert (letter["id"], letter["attempts"], letter["tenant"]) == (poison.id, 5, TENANT)
            assert "event" not in letter
            # It is not done again because it is told again.
            await worker.tell(poison)
            assert (await worker.letters())[0]["attempts"] == 5

            async def is_counted() -> bool:
                return await worker.metric('martlive_worker_dead_letters{state="dead"}') == 1.0

            await until(is_counted)

    asyncio.run(scene())


def test_event_that_could_not_be_done_is_redriven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.Intake.__init__, "__kwdefaults__", {"waits_s": (0.01,)})
    whole = intake._do
    is_broken = True

    def broken(connection: Any, told: CloudEvent) -> Any:
        if is_broken and told.type == "segment.final":
            return "failed", KeyError("a defect of this version")
        return whole(connection, told)

    def together(connection: Any, events: Any) -> Any:
        raise intake._Failed

    monkeypatch.setattr(intake, "_do", broken)
    monkeypatch.setattr(intake, "_take_together", together)

    async def scene() -> None:
        nonlocal is_broken
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started(), segment(0, "Late but here."))

            async def is_dead() -> bool:
                return [one["is_dead"] for one in await worker.letters()] == [True]

            await until(is_dead)
            is_broken = False
            path = f"/internal/v1/dead-letters/{SESSION}:segment:0:0/redrive"
            assert (await worker.client.post(path)).status_code == 202

            async def is_done() -> bool:
                return not await worker.letters()

            await until(is_done)
            assert await worker.transcript() == "Late but here.\n"
            assert (await worker.client.post(path)).status_code == 404

    asyncio.run(scene())


@databases
def test_what_is_no_event_is_kept_as_it_came(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            newer = event("session.ended", "x", {}).model_dump(mode="json") | {
                "type": "session.paused",
                "tenant": "t\0",
            }
            unkept = segment(0, "Nobody's.", tenant="nul\0").model_dump(mode="json")
            await worker.tell(newer, {"id": 5}, unkept, started(), segment(0, "Heard."))
            assert await worker.transcript() == "Heard.\n"
            assert [(one["type"], one["tenant"], one["is_dead"]) for one in await worker.letters()] == [
                ("session.paused", "t", True),
                ("", "", True),
                ("segment.final", "nul", True),
            ]

    asyncio.run(scene())


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(tmp_path: Path, body: bytes) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            answer = await worker.client.post("/internal/v1/events", content=body)
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:martlive:problem:bad-request")

    asyncio.run(scene())


def test_nothing_is_taken_while_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            with monkeypatch.context() as broken:

                def away(*_: Any) -> None:
                    raise OperationalError("SELECT", {}, OSError())

                broken.setattr(intake, "_known", away)
                answer = await worker.client.post("/internal/v1/events", json=[started().model_dump(mode="json")])
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
            assert not await worker.letters()
            await worker.tell(started(), segment(0, "Now."))
            assert await worker.transcript() == "Now.\n"

    asyncio.run(scene())


@databases
def test_usage_adds_up_by_day(tmp_path: Path, database_url: str) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            await worker.tell(*(usage(n) for n in range(5)), usage(1, "2026-05-05", audio_ms=2**40))
            answer = await worker.client.get("/internal/v1/usage", params={"tenant": TENANT})
            assert [(one["day"], one["audio_ms"], one["tokens"]) for one in answer.json()["days"]] == [
                ("2026-05-05", 2**40, 30),
                ("2026-05-04", 5_000, 150),
            ]
            answer = await worker.client.get("/internal/v1/usage", params={"tenant": "other"})
            assert answer.json()["days"] == []

    asyncio.run(scene())


def test_ids_are_forgotten_in_time(tmp_path: Path) -> None:
    from cloud_api.clock import unix_s
    from cloud_api.worker.erasure import DAY_S, PROCESSED_DAYS, forget_old

    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started(), usage(1))
            database = worker.parts.database
            old = unix_s() - (PROCESSED_DAYS + 1) * DAY_S
            change = processed.update().where(processed.c.id.like("%usage%")).values(at=old)
            await database.write(lambda connection: connection.execute(change))
            await database.write(lambda connection: forget_old(connection, 30))
            ids = await database.read(lambda connection: connection.execute(processed.select()).all())
            assert [one.id for one in ids] == [f"{SESSION}:started"]

    asyncio.run(scene())


def test_services_answer_over_http_with_what_they_show_to_each_other(tmp_path: Path) -> None:
    async def scene() -> None:
        settings = settings_for(tmp_path)
        async with working(settings) as worker:
            transport = httpx.ASGITransport(worker.client._transport.app)  # type: ignore[attr-defined]
            async with httpx.AsyncClient(transport=transport, base_url="http://worker") as plain:
                assert (await plain.get("/readyz")).json() == {"status": "ok"}
                answer = await plain.get("/internal/v1/dead-letters", headers=internal_headers(settings))
                assert answer.json() == {"dead_letters": []}

    asyncio.run(scene())
