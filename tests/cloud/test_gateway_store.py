from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, func, select

from cloud_api.database import Database
from cloud_api.errors import Refusal
from cloud_api.gateway import quotas
from cloud_api.gateway.quotas import BLOCK_MS, RequestMeter, StreamMeter
from cloud_api.gateway.store import (
    CACHE_S,
    GONE_S,
    RESERVED_S,
    UNUSED_S,
    Caller,
    GatewayStore,
    SessionAsked,
    TenantLimits,
    metadata,
    reservations,
    sessions,
    used_tickets,
)
from cloud_api.gateway.tickets import LEEWAY_S, TICKET_S, Tickets
from tests.cloud.gateway_parts import settings_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from cloud_api.gateway.store import SessionRecord

ASKED = SessionAsked("coach", "en", {"title": "x"}, ("Dew",), partials=True, voice=False, second_pass=False, title="t")

POSTGRES = os.environ.get("MARTLIVE_TEST_POSTGRES", "")
"""An empty database to be used instead of SQLite, `postgresql+psycopg://...`."""


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


class Parts:
    """Two instances over one database, and their clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        if POSTGRES:
            engine = create_engine(POSTGRES)
            metadata.drop_all(engine)
            engine.dispose()
        self.settings = settings_in(folder, database_url=POSTGRES)
        url = self.settings.sqlite_url("gateway")
        self.one, self.two = (GatewayStore(Database(url, metadata), self.settings, now_s=self.clock) for _ in range(2))

    async def caller(self, name: str = "shop", **limits: int) -> Caller:
        tenant = await self.one.ensure_tenant(name, TenantLimits(**limits) if limits else None)
        return await self.one.authenticate(f"Bearer {(await self.one.create_key(tenant, 'k', ['stream']))[1]}")

    async def begin(self, caller: Caller, **more: Any) -> SessionRecord:
        return await self.one.create_session(caller, ASKED, digest="d", **more)

    async def events(self) -> list[dict[str, Any]]:
        rows = await self.one.database.read(lambda connection: connection.execute(self.one.outbox.select()).all())
        return [json.loads(row.event) for row in sorted(rows, key=lambda row: row.number)]


def with_store(folder: Path, act: Callable[[Parts], Awaitable[None]]) -> None:
    parts = Parts(folder)
    try:
        asyncio.run(act(parts))  # type: ignore[arg-type]
    finally:
        parts.one.close()
        parts.two.close()


async def feed(meter: StreamMeter, clock: Clock, begin_ms: int, end_ms: int, *, speed: float = 0.0) -> None:
    """Sound in frames of 200 ms, `speed` times as fast as it was spoken; 0: all at once."""
    for at_ms in range(begin_ms, end_ms, 200):
        clock.now_s += 0.2 / speed if speed else 0.0
        await meter.take_sound(at_ms, at_ms + 200)


async def show(meter: StreamMeter, clock: Clock, numbers: range, *, rate_hz: float) -> None:
    for number in numbers:
        clock.now_s += 1 / rate_hz
        await meter.take_picture(number)


async def refused(awaited: Awaitable[Any]) -> str:
    with pytest.raises(Refusal) as told:
        await awaited
    return told.value.name


def test_revocation_at_another_instance_acts_when_the_cache_is_old(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        tenant = await parts.one.ensure_tenant("shop")
        record, text = await parts.one.create_key(tenant, "k", ["read"])
        header = f"Bearer {text}"
        assert (await parts.two.authenticate(header)).tenant == tenant
        await parts.one.revoke_key(tenant, record.id)
        assert await refused(parts.one.authenticate(header)) == "unauthorized"
        parts.clock.now_s += CACHE_S
        assert CACHE_S <= 30
        assert await refused(parts.two.authenticate(header)) == "unauthorized"

    with_store(tmp_path, act)


def test_key_expires_by_the_clock_even_when_it_is_cached(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        tenant = await parts.one.ensure_tenant("shop")
        _, text = await parts.one.create_key(tenant, "k", ["read"], expires_ms=parts.one.now_ms() + 1_000)
        await parts.one.authenticate(f"Bearer {text}")
        parts.clock.now_s += 1
        assert await refused(parts.one.authenticate(f"Bearer {text}")) == "unauthorized"

    with_store(tmp_path, act)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer mlk_", "Bearer mlk_a_", "Bearer \ud800"])
def test_header_that_is_none_is_refused(tmp_path: Path, header: str | None) -> None:
    async def act(parts: Parts) -> None:
        assert await refused(parts.one.authenticate(header)) == "unauthorized"

    with_store(tmp_path, act)


def test_secrets_of_keys_are_not_in_the_database(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        tenant = await parts.one.ensure_tenant("shop")
        _, text = await parts.one.create_key(tenant, "k", ["read"])
        secrets.append(text.split("_", 2)[2].encode())

    secrets: list[bytes] = []
    with_store(tmp_path, act)
    files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert not [content for content in files if secrets[0] in content]


def test_ownership_is_taken_by_one_of_many_that_expect_the_same_epoch(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        session = await parts.begin(await parts.caller())
        tries = [store.take_ownership(session.id, f"o{n}", 0) for n, store in enumerate([parts.one, parts.two] * 5)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert [one for one in results if isinstance(one, int)] == [1]
        assert {one.name for one in results if isinstance(one, Refusal)} == {"session-taken"}

    with_store(tmp_path, act)


def test_each_take_over_raises_the_epoch_and_tells_the_start_once(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        session = await parts.begin(await parts.caller())
        stores = [parts.one, parts.two] * 4
        epochs = await asyncio.gather(*(store.take_ownership(session.id, "o") for store in stores))
        assert sorted(epochs) == list(range(1, 9))
        assert await parts.two.epochs_of([session.id, "f" * 32]) == {session.id: 8}
        assert [one["type"] for one in await parts.events()] == ["session.started"]

    with_store(tmp_path, act)


def test_an_owner_that_was_replaced_puts_and_ends_nothing(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        session = await parts.begin(caller)
        old = await parts.one.take_ownership(session.id, "a")
        new = await parts.two.take_ownership(session.id, "b")
        event = parts.one._event("e1", "session.noted", caller.tenant, {"lines": [], "first": 0}, subject=session.id)
        assert await refused(parts.one.put_events([event], fence=(session.id, old))) == "session-taken"
        assert not await parts.one.end_session(session.id, "ended", 1, epoch=old)
        await parts.two.put_events([event], fence=(session.id, new))
        assert await parts.two.end_session(session.id, "ended", 1_000, epoch=new)
        assert not await parts.two.end_session(session.id, "ended", 2_000)
        assert await refused(parts.two.put_events([event], fence=(session.id, new))) == "session-ended"
        assert await refused(parts.one.take_ownership(session.id, "c")) == "session-ended"
        assert await parts.one.epochs_of([session.id]) == {}
        told = await parts.events()
        assert [one["type"] for one in told] == ["session.started", "session.noted", "session.ended"]
        assert told[-1]["data"] == {"reason": "ended", "stream_ms": 1_000}
        assert told[-1]["epoch"] == new

    with_store(tmp_path, act)


def test_erased_session_is_fenced_from_its_owner(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        session = await parts.begin(caller)
        epoch = await parts.one.take_ownership(session.id, "a")
        assert await parts.two.erase(caller.tenant, None) == [session.id]
        assert await refused(parts.one.put_events([], fence=(session.id, epoch))) == "session-ended"
        assert await refused(parts.one.take_ownership(session.id, "a")) == "not-found"

    with_store(tmp_path, act)


def test_more_streams_than_the_tenant_may_have_are_refused(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller(streams=2)
        made = [await parts.begin(caller) for _ in range(3)]
        for session in made[:2]:
            await parts.one.take_ownership(session.id, "a")
        assert await refused(parts.one.take_ownership(made[2].id, "a")) == "quota-exceeded"
        await parts.one.take_ownership(made[0].id, "b")
        await parts.one.end_session(made[0].id, "ended", 0)
        assert await parts.one.take_ownership(made[2].id, "a") == 1

    with_store(tmp_path, act)


def test_ticket_lets_in_once_at_any_instance_and_for_its_session_only(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        one, two = (Tickets(parts.settings, store, now_s=parts.clock) for store in (parts.one, parts.two))
        text, ticket = one.issue("s1", "t1", "k1")
        assert await refused(two.redeem(text, "s2")) == "unauthorized"
        results = await asyncio.gather(
            *(tickets.redeem(text, "s1") for tickets in (one, two, one, two)), return_exceptions=True
        )
        assert [result for result in results if not isinstance(result, Refusal)] == [ticket]

    with_store(tmp_path, act)


def test_ticket_is_too_old_after_its_minute(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        tickets = Tickets(parts.settings, parts.one, now_s=parts.clock)
        text, _ = tickets.issue("s1", "t1", "k1")
        parts.clock.now_s += TICKET_S + LEEWAY_S + 1
        assert await refused(tickets.redeem(text, "s1")) == "unauthorized"

    with_store(tmp_path, act)


def test_forged_tickets_are_refused(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        tickets = Tickets(parts.settings, parts.one, now_s=parts.clock)
        other = Tickets(settings_in(tmp_path, ticket_secret="o" * 40), parts.one, now_s=parts.clock)
        text, _ = tickets.issue("s1", "t1", "k1")
        head, claims, _ = text.split(".")
        unsigned = "eyJhbGciOiJub25lIn0." + claims + "."
        for forged in (
            other.issue("s1", "t1", "k1")[0],
            unsigned,
            f"{head}.{claims}.",
            "",
            "a.b.c",
            "x" * 5_000,
            "\u00e9",
        ):
            assert await refused(tickets.redeem(forged, "s1")) == "unauthorized", forged

    with_store(tmp_path, act)


def test_streams_at_once_never_reserve_more_sound_than_the_day_has(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller(audio_ms_a_day=100_000)
        stores = [parts.one, parts.two] * 5
        taken = await asyncio.gather(
            *(store.reserve_audio(caller.tenant, 30_000, holder=f"h{n}") for n, store in enumerate(stores))
        )
        assert sum(taken) == 3
        first = taken.index(True)
        await parts.one.settle_audio(caller.tenant, 10_000, holder=f"h{first}")
        assert await parts.one.reserve_audio(caller.tenant, 30_000, holder="late")
        assert not await parts.one.reserve_audio(caller.tenant, 1, holder="later")

    with_store(tmp_path, act)


def test_reservation_of_a_gateway_that_died_lapses(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller(audio_ms_a_day=30_000)
        assert await parts.one.reserve_audio(caller.tenant, 30_000, holder="dead")
        assert not await parts.two.reserve_audio(caller.tenant, 30_000, holder="next")
        parts.clock.now_s += RESERVED_S + 1
        assert await parts.two.reserve_audio(caller.tenant, 30_000, holder="next")

    with_store(tmp_path, act)


def test_meter_settles_what_was_used_and_counts_sound_that_comes_again_once(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        session = await parts.begin(caller)
        for begin_ms, pictures in ((0, 2), (20_000, 3)):
            present = await parts.one.session(caller.tenant, session.id)
            meter = StreamMeter(parts.one, present, caller.limits, holder=f"c{begin_ms}", now_s=parts.clock)
            await meter.open()
            for at_ms in range(begin_ms, begin_ms + 40_000, 200):
                await meter.take_sound(at_ms, at_ms + 200)
            for number in range(pictures):
                await meter.take_picture(number)
            await meter.close()
        used = await parts.one.usage_of(caller.tenant, 1)
        assert [(one["audio_ms"], one["frames"]) for one in used] == [(60_000, 3)]
        held = await parts.one.database.read(
            lambda connection: connection.execute(select(func.count()).select_from(reservations)).scalar_one()
        )
        assert held == 0

    with_store(tmp_path, act)


def test_meter_refuses_sound_that_is_faster_than_it_was_spoken(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        meter = StreamMeter(parts.one, await parts.begin(caller), caller.limits, holder="c", now_s=parts.clock)
        await meter.open()
        # A ring that was kept during an outage, and what a network held up.
        await feed(meter, parts.clock, 0, 65_000)
        await feed(meter, parts.clock, 65_000, 85_000, speed=1.19)
        assert await refused(feed(meter, parts.clock, 85_000, 165_000, speed=1.5)) == "too-fast"
        await meter.close()

    with_store(tmp_path, act)


def test_connecting_again_and_again_gives_no_more_sound_than_time_has_passed(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        session = await parts.begin(caller)
        meters = [StreamMeter(parts.one, session, caller.limits, holder=f"c{n}", now_s=parts.clock) for n in range(2)]
        await feed(meters[0], parts.clock, 0, 60_000)
        assert await refused(feed(meters[1], parts.clock, 60_000, 66_000)) == "too-fast"

    with_store(tmp_path, act)


def test_meter_stops_at_the_quota_of_the_day(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller(audio_ms_a_day=2 * BLOCK_MS)
        meter = StreamMeter(parts.one, await parts.begin(caller), caller.limits, holder="c", now_s=parts.clock)
        await meter.open()
        assert await refused(feed(meter, parts.clock, 0, 4 * BLOCK_MS, speed=1.0)) == "quota-exceeded"
        await meter.close()
        assert (await parts.one.usage_of(caller.tenant, 1))[0]["audio_ms"] == 2 * BLOCK_MS

    with_store(tmp_path, act)


def test_meter_takes_two_pictures_a_second(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        meter = StreamMeter(parts.one, await parts.begin(caller), caller.limits, holder="c", now_s=parts.clock)
        await show(meter, parts.clock, range(200), rate_hz=2.0)
        assert await refused(show(meter, parts.clock, range(200, 220), rate_hz=4.0)) == "too-fast"

    with_store(tmp_path, act)


def test_rate_of_requests_is_a_moving_minute_and_few_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        clock = Clock()
        monkeypatch.setattr(quotas, "MOST_KEYS", 3)
        meter = RequestMeter(now_s=clock)
        callers = [Caller(f"k{n}", "t", frozenset(), TenantLimits(requests_a_minute=2)) for n in range(5)]
        await meter.take(callers[0])
        clock.now_s += 30
        await meter.take(callers[0])
        assert await refused(meter.take(callers[0])) == "rate-limited"
        clock.now_s += 30
        await meter.take(callers[0])
        assert await refused(meter.take(callers[0])) == "rate-limited"
        for caller in callers:
            if caller is not callers[0]:
                await meter.take(caller)
        assert len(meter._windows._moments) == 3

    asyncio.run(run())


def test_usage_is_told_once_and_only_what_is_new(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        await parts.one.count(caller.tenant, audio_ms=500, tips=1, tokens=7)
        assert [await store.tell_usage() for store in (parts.one, parts.two, parts.one)] == [1, 0, 0]
        await parts.two.count(caller.tenant, tips=2)
        assert await parts.two.tell_usage() == 1
        data = [one["data"] for one in await parts.events()]
        assert [{name: one[name] for name in ("audio_ms", "tips", "tokens")} for one in data] == [
            {"audio_ms": 500, "tips": 1, "tokens": 7},
            {"audio_ms": 0, "tips": 2, "tokens": 0},
        ]

    with_store(tmp_path, act)


def test_purge_ends_what_nobody_feeds_and_deletes_what_is_old(tmp_path: Path) -> None:
    async def act(parts: Parts) -> None:
        caller = await parts.caller()
        live, new = await parts.begin(caller), await parts.begin(caller)
        await parts.one.take_ownership(live.id, "a")
        await parts.one.spend_ticket("j1", parts.one.now_ms())
        await parts.one.purge()
        assert (await parts.one.session(caller.tenant, live.id)).state == "live"
        parts.clock.now_s += GONE_S + 1
        await parts.one.purge()
        states = [(await parts.one.session(caller.tenant, one.id)).state for one in (live, new)]
        assert states == ["ended", "new"]
        parts.clock.now_s += UNUSED_S
        await parts.one.purge()
        assert (await parts.one.session(caller.tenant, new.id)).state == "ended"
        parts.clock.now_s += 31 * 86_400
        await parts.one.purge()
        for table in (sessions, used_tickets):
            counted = select(func.count()).select_from(table)
            assert await parts.one.database.read(lambda connection, c=counted: connection.execute(c).scalar_one()) == 0  # type: ignore[misc]
        reasons = [one["data"]["reason"] for one in await parts.events() if one["type"] == "session.ended"]
        assert reasons == ["expired"]

    with_store(tmp_path, act)
