"""Streams through the gateway: what passes, in which order, what is kept, and how it goes on after a loss."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud_api.gateway import stream as stream_module
from cloud_api.gateway.ownership import OwnershipLost
from martlive_desktop.core.events import Voice
from martlive_desktop.core.frames import PROTOCOL
from tests.cloud.gateway_stream_parts import (
    FakeAsr,
    FakeCoach,
    GoodStream,
    closed,
    gateway,
    picture_frame,
    sound_frame,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_all_finals_arrive_are_kept_and_the_session_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session = await edge.session()
            good = GoodStream(edge, session, seconds=3.4)
            assert await good.run() == [0, 1, 2, 3]
            assert good.connections == 1
            events = await edge.events()
            assert [event["type"] for event in events] == ["session.started", *["segment.final"] * 4, "session.ended"]
            finals = [event for event in events if event["type"] == "segment.final"]
            assert [event["id"] for event in finals] == [f"{session.id}:segment:{number}:0" for number in range(4)]
            assert finals[0]["data"]["line"]["text"] == "words 0"
            assert {event["epoch"] for event in finals} == {1}
            assert events[-1]["data"] == {"reason": "ended", "stream_ms": 3_400}
            used = await edge.store.used_today(edge.tenant)
            assert used["audio_ms"] == 3_400
            await until(lambda: len(edge.streams) == 0)

    run(scenario)


def test_the_subprotocol_is_chosen_and_nothing_is_compressed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            socket = await edge.connect(await edge.session(), compression="deflate")
            assert socket.subprotocol == PROTOCOL
            assert socket.response is not None
            assert "Sec-WebSocket-Extensions" not in socket.response.headers
            await socket.close()

    run(scenario)


def test_voice_goes_only_to_whom_it_was_promised(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, FakeCoach() as coach, gateway(tmp_path, [asr.url], coach.url) as edge:
            wanted = GoodStream(edge, await edge.session(voice=True), seconds=1)
            await wanted.run()
            unwanted = GoodStream(edge, await edge.session("coach"), seconds=1)
            await unwanted.run()
            assert any(isinstance(told, Voice) for told in wanted.told)
            assert not any(isinstance(told, Voice) for told in unwanted.told)
            assert any(message["type"] == "voice" for message in coach.messages)

    run(scenario)


def test_a_final_is_on_disk_before_it_is_told_and_an_ack_stays_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            disk = asyncio.Event()
            write = edge.store.database.write

            async def slow_write(change: Any) -> Any:
                await disk.wait()
                return await write(change)

            socket, _ = await edge.opened(await edge.session(partials=False))
            monkeypatch.setattr(edge.store.database, "write", slow_write)
            async with socket:
                for number in range(10):
                    await socket.send(sound_frame(number))
                await until(lambda: asr.finals == 2)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(socket.recv(), 0.2)
                disk.set()
                kinds = [json.loads(await socket.recv())["type"] for _ in range(4)]
                assert kinds == ["event", "ack", "event", "ack"]

    run(scenario)


def test_a_coached_stream_gives_tips_and_takes_pictures_chat_and_commands(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, FakeCoach() as coach, gateway(tmp_path, [asr.url], coach.url) as edge:
            session = await edge.session("coach", title="Soap", plan={"items": []})
            socket, ready = await edge.opened(session)
            assert ready["next_picture"] == 0
            assert ready["codecs"] == ["pcm16", "jpeg", "webp"]
            await socket.send(picture_frame(0))
            await socket.send(json.dumps({"type": "chat", "at_ms": 1, "user": "Ann", "text": "How much?", "x": 1}))
            await socket.send(json.dumps({"type": "command", "what": "mark"}))
            for number in range(10):
                await socket.send(sound_frame(number))
            await socket.send('{"type":"end"}')
            told = [json.loads(message) async for message in socket]
            assert told[-1] == {"type": "ended"}
            assert socket.close_code == 1000
            tips = [one["event"]["id"] for one in told if one["type"] == "event" and one["event"]["type"] == "tip"]
            assert tips == ["t1", "t2"]
            assert {"type": "chat", "at_ms": 1, "user": "Ann", "text": "How much?"} in coach.messages
            assert {"type": "command", "what": "mark"} in coach.messages
            opened = coach.messages[0]
            assert opened["type"] == "open"
            assert opened["plan"] == {"items": []}
            assert opened["title"] == "Soap"
            assert opened["tenant"] == edge.tenant
            given = await edge.events("tip.given")
            assert [event["id"] for event in given] == [f"{session.id}:tip:t1", f"{session.id}:tip:t2"]
            noted = await edge.events("session.noted")
            lines = [line["type"] for event in noted for line in event["data"]["lines"]]
            assert sorted(lines) == ["chat", "screen"]
            assert noted[0]["data"]["first"] == 0
            used = await edge.store.used_today(edge.tenant)
            assert (used["frames"], used["tips"]) == (1, 2)

    run(scenario)


def test_a_stream_goes_on_after_asr_died_without_losing_or_doubling_a_final(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as first, FakeAsr() as second, gateway(tmp_path, [first.url, second.url]) as edge:
            session = await edge.session()
            socket, _ = await edge.opened(session)
            for number in range(7):
                await socket.send(sound_frame(number))
            resume = ""
            while not resume:
                message = json.loads(await socket.recv())
                resume = message.get("resume", "")
            (busy,) = [asr for asr in (first, second) if asr.connections]
            busy.kill()
            assert await closed(socket) == (4503, "unavailable")
            again, ready = await edge.opened(session, resume)
            assert ready["epoch"] == 2
            assert ready["next_seq"] == 5
            await again.close()
            finals = await edge.events("segment.final")
            assert [event["data"]["utterance"] for event in finals] == [0]

    run(scenario)


def test_an_asr_that_is_gone_is_passed_over_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        gone, there = FakeAsr(capacity=1_000), FakeAsr(capacity=10)
        async with gone, there, gateway(tmp_path, [gone.url, there.url]) as edge:
            await until(lambda: sum(one.is_alive for one in edge.streams.pool.instances) == 2)
            await gone.stop()
            good = GoodStream(edge, await edge.session(), seconds=1)
            assert await good.run() == [0]
            assert good.connections == 1

    run(scenario)


def test_streams_go_to_the_least_loaded(tmp_path: Path) -> None:
    async def scenario() -> None:
        small, large = FakeAsr(capacity=4), FakeAsr(capacity=8)
        async with small, large, gateway(tmp_path, [small.url, large.url]) as edge:
            sockets = [(await edge.opened(await edge.session()))[0] for _ in range(6)]
            assert (len(small.connections), len(large.connections)) == (2, 4)
            for socket in sockets:
                await socket.close()

    run(scenario)


def test_a_second_connection_takes_the_session_over_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session = await edge.session()
            older, ready = await edge.opened(session)
            assert ready["epoch"] == 1
            newer, ready = await edge.opened(session)
            assert ready["epoch"] == 2
            assert await closed(older) == (4409, "session-taken")
            await newer.send(sound_frame(0))
            assert json.loads(await newer.recv())["type"] == "event"
            await newer.close()

    run(scenario)


def test_another_instance_takes_over_and_the_old_one_is_fenced(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session = await edge.session()
            socket, _ = await edge.opened(session)
            await edge.store.take_ownership(session.id, "another gateway")
            for number in range(5):
                await socket.send(sound_frame(number))
            assert await closed(socket) == (4409, "session-taken")
            assert await edge.events("segment.final") == []

    run(scenario)


@pytest.mark.parametrize("change", ["taken", "ended", "erased"])
def test_an_owner_that_is_silent_sees_that_its_session_is_no_more_its_own(tmp_path: Path, change: str) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session = await edge.session()
            socket, _ = await edge.opened(session)
            if change == "taken":
                await edge.store.take_ownership(session.id, "another gateway")
            elif change == "ended":
                await edge.store.end_session(session.id, "ended")
            else:
                await edge.store.erase(edge.tenant, [session.id])
            wanted = {"taken": (4409, "session-taken")}.get(change, (4410, "session-ended"))
            assert await closed(socket) == wanted

    run(scenario)


def test_an_owner_that_cannot_look_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            monkeypatch.setattr(stream_module, "LOOK_S", 0.1)
            monkeypatch.setattr(stream_module, "LOOK_AGAIN_S", 0.1)
            monkeypatch.setattr(stream_module, "BLIND_S", 0.3)

            async def look(_held: object) -> dict[str, str]:
                raise OwnershipLost

            socket, _ = await edge.opened(await edge.session())
            monkeypatch.setattr(edge.streams.ownership, "look", look)
            assert await closed(socket) == (4503, "unavailable")

    run(scenario)


def test_a_lost_client_keeps_its_session(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session = await edge.session()
            socket, _ = await edge.opened(session)
            await socket.send(sound_frame(0))
            await until(lambda: asr.heard_bytes > 0)
            socket.transport.abort()
            await until(lambda: len(edge.streams) == 0)
            await until(lambda: not asr.connections)
            assert (await edge.store.session(edge.tenant, session.id)).state == "live"
            again, ready = await edge.opened(session)
            assert ready["epoch"] == 2
            await again.close()

    run(scenario)


def test_ids_of_a_coach_that_began_anew_do_not_repeat(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, FakeCoach() as coach, gateway(tmp_path, [asr.url], coach.url) as edge:
            session = await edge.session("coach", partials=False)

            async def tips(first: int) -> list[str]:
                resume = json.dumps({"seq": first, "ms": first * 200}) if first else ""
                socket, _ = await edge.opened(session, resume)
                for number in range(first, first + 5):
                    await socket.send(sound_frame(number))
                found: list[str] = []
                while not found:
                    message = json.loads(await socket.recv())
                    if message["type"] == "event" and message["event"]["type"] == "tip":
                        found.append(message["event"]["id"])
                await socket.close()
                return found

            assert await tips(0) == ["t1"]
            coach.heard.clear()
            assert await tips(5) == ["t1~2"]
            # The same coach goes on: its ids stay those of its life.
            assert await tips(10) == ["t1~2"]

    run(scenario)


def test_streams_go_on_elsewhere_when_an_instance_stops_and_nothing_is_lost(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as old, gateway(tmp_path, [asr.url]) as new:
            good = GoodStream(old, await old.session(), seconds=2)
            asr.reads.clear()
            streaming = asyncio.create_task(good.run())
            await good.ready.wait()
            draining = asyncio.create_task(old.streams.drain())
            good.edge = new
            asr.reads.set()
            assert await streaming == [0, 1]
            await draining
            assert good.codes[0] == 4503
            assert good.connections == 2

    run(scenario)


def test_a_client_that_sends_nothing_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(stream_module, "IDLE_S", 0.5)
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            socket, _ = await edge.opened(await edge.session())
            assert await closed(socket) == (4504, "deadline")

    run(scenario)


def test_a_client_is_read_no_faster_than_asr_takes_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            socket, _ = await edge.opened(await edge.session())
            asr.reads.clear()
            sent = 0

            async def pour() -> None:
                nonlocal sent
                for number in range(60):
                    await socket.send(sound_frame(number, ms=1_000, capture_ms=number * 1_000))
                    sent += 1

            pouring = asyncio.create_task(pour())
            (one,) = edge.streams._open
            await until(lambda: one._asr.is_paused or pouring.done())
            asr.reads.set()
            await pouring
            await until(lambda: asr.heard_bytes == 60 * (32_000 + 13))
            await socket.close()

    run(scenario)


def test_an_asr_that_refuses_tells_the_client_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            async with edge.connect(await edge.session()) as socket:
                await socket.send(json.dumps({"type": "open", "resume": "bad"}))
                assert (await closed(socket))[0] == 4412
            asr.refuses = "at-capacity"
            async with edge.connect(await edge.session()) as socket:
                await socket.send(json.dumps({"type": "open", "resume": ""}))
                assert await closed(socket) == (4503, "at-capacity")

    run(scenario)


def test_a_coach_that_is_away_or_dies_is_told_as_unavailable(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, FakeCoach() as coach, gateway(tmp_path, [asr.url], coach.url) as edge:
            socket, _ = await edge.opened(await edge.session("coach"))
            coach.kill()
            assert (await closed(socket))[0] == 4503
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            socket = await edge.connect(await edge.session("coach"))
            await socket.send(json.dumps({"type": "open", "resume": ""}))
            assert (await closed(socket))[0] == 4503

    run(scenario)


def test_metrics_count_streams_and_frames(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            good = GoodStream(edge, await edge.session(), seconds=1)
            await good.run()
            await until(lambda: len(edge.streams) == 0)
            registry = edge.app.state.context.telemetry.registry
            assert registry.get_sample_value("martlive_gateway_frames_total", {"kind": "sound"}) == 5
            assert registry.get_sample_value("martlive_gateway_streams") == 0
            assert registry.get_sample_value("martlive_gateway_streams_closed_total", {"how": "ended"}) == 1

    run(scenario)


def test_outbox_keeps_what_the_worker_has_not_taken(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            await GoodStream(edge, await edge.session(), seconds=1).run()
        async with gateway(tmp_path, ["http://127.0.0.1:9"]) as later:
            assert len(await later.events("segment.final")) == 1

    run(scenario)
