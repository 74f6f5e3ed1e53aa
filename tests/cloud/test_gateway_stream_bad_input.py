"""What a stream's client may not do: each has its answer, and a stream beside it goes on as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
import os
import socket as sockets
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from cloud_api.errors import PROBLEMS, Refusal
from cloud_api.gateway import stream as stream_module
from cloud_api.gateway.intake import opus_ms
from cloud_api.gateway.store import TenantLimits
from martlive_desktop.core.frames import HEADER, MAX_PICTURE_BYTES, MAX_SOUND_BYTES, PROTOCOL
from tests.cloud.gateway_stream_parts import (
    JPEG,
    FakeAsr,
    FakeCoach,
    GoodStream,
    closed,
    gateway,
    picture_frame,
    refused,
    sound_frame,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from tests.cloud.gateway_stream_parts import Edge

pytestmark = [pytest.mark.real, pytest.mark.timeout(120 + float(os.environ.get("MARTLIVE_FUZZ_S", "0")))]

FUZZ_S = float(os.environ.get("MARTLIVE_FUZZ_S", "6"))
"""How long arbitrary messages are sent; 600 before a release."""


def run(scenario: Coroutine[Any, Any, None], wait_s: float = 60) -> None:
    asyncio.run(asyncio.wait_for(scenario, wait_s))


def frame(kind: int, sequence: int, capture_ms: int, payload: bytes) -> bytes:
    return HEADER.pack(kind, sequence, capture_ms) + payload


RECOGNISE: dict[str, tuple[list[bytes | str], str]] = {
    "short": ([b"\x01\x00"], "bad-frame"),
    "header alone": ([frame(1, 0, 0, b"")], "bad-frame"),
    "unknown kind": ([frame(9, 0, 0, bytes(32))], "bad-frame"),
    "half a millisecond": ([frame(1, 0, 0, bytes(6_401))], "bad-frame"),
    "time of a century": ([frame(1, 0, 2**63, bytes(6_400))], "bad-frame"),
    "sound too large": ([frame(1, 0, 0, bytes(MAX_SOUND_BYTES + 32))], "too-large"),
    "wrong codec": ([frame(2, 0, 0, bytes(100))], "codec-unsupported"),
    "not the first": ([sound_frame(1)], "frame-gap"),
    "a gap": ([sound_frame(0), sound_frame(2)], "frame-gap"),
    "twice": ([sound_frame(0), sound_frame(0)], "frame-gap"),
    "out of order": ([sound_frame(0), sound_frame(1), sound_frame(0)], "frame-gap"),
    "a gap in time": ([sound_frame(0), sound_frame(1, capture_ms=400)], "frame-gap"),
    "faster than spoken": ([sound_frame(n, ms=1_000, capture_ms=n * 1_000) for n in range(80)], "too-fast"),
    "picture without coach": ([picture_frame(0)], "bad-frame"),
    "after the end": (['{"type":"end"}', sound_frame(0)], "bad-frame"),
    "end twice": (['{"type":"end"}', '{"type":"end"}'], "bad-request"),
    "no JSON": (["hello"], "bad-request"),
    "no object": (["[]"], "bad-request"),
    "not a number": (['{"type":"end","x":NaN}'], "bad-request"),
    "unknown type": (['{"type":"drop tables"}'], "bad-request"),
    "type of a wrong type": (['{"type":{}}'], "bad-request"),
    "opened twice": (['{"type":"open","resume":""}'], "bad-request"),
    "deep": ([f'{{"type":{"[" * 1_000}{"]" * 1_000}}}'], "bad-request"),
    "long": ([json.dumps({"type": "end", "x": "x" * 5_000})], "too-large"),
    "chat without coach": ([json.dumps({"type": "chat", "at_ms": 0, "user": "a", "text": "b"})], "bad-request"),
    "many texts": (["[]" if n > 300 else '{"type":"x"}' for n in range(301)], "bad-request"),
}

COACH: dict[str, tuple[list[bytes | str], str]] = {
    "picture too large": ([picture_frame(0, payload=JPEG + bytes(MAX_PICTURE_BYTES))], "too-large"),
    "picture with a gap": ([picture_frame(1)], "frame-gap"),
    "picture twice": ([picture_frame(0), picture_frame(0)], "frame-gap"),
    "older picture": ([picture_frame(0, 900), picture_frame(1, 100)], "frame-gap"),
    "PNG as JPEG": ([picture_frame(0, payload=b"\x89PNG\r\n\x1a\n" + bytes(100))], "codec-unsupported"),
    "JPEG as WebP": ([frame(4, 0, 0, JPEG)], "codec-unsupported"),
    "many pictures": ([picture_frame(n, n) for n in range(30)], "too-fast"),
    "chat without text": (['{"type":"chat","at_ms":0,"user":"a"}'], "bad-request"),
    "chat in the past": (['{"type":"chat","at_ms":-1,"user":"a","text":"b"}'], "bad-request"),
    "chat at no time": (['{"type":"chat","at_ms":true,"user":"a","text":"b"}'], "bad-request"),
    "chat too long": ([json.dumps({"type": "chat", "at_ms": 0, "user": "a", "text": "x" * 2_001})], "too-large"),
    "unknown command": (['{"type":"command","what":"rm -rf"}'], "bad-request"),
    "chat flood": (
        [json.dumps({"type": "chat", "at_ms": n, "user": "a", "text": "b"}) for n in range(400)],
        "rate-limited",
    ),
}


async def _misbehave(edge: Edge, mode: str, messages: list[bytes | str], name: str) -> None:
    socket, _ = await edge.opened(await edge.session(mode))
    try:
        for message in messages:
            await socket.send(message)
    except ConnectionClosed:
        # It was closed while the rest was still sent.
        pass
    assert await closed(socket) == (PROBLEMS[name].close_code, name)


def test_each_fault_in_a_recognised_stream_has_its_close_code_and_disturbs_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            good = GoodStream(edge, await edge.session(), seconds=2)
            asr.reads.clear()
            streaming = asyncio.create_task(good.run())
            await good.ready.wait()
            asr.reads.set()
            for messages, name in RECOGNISE.values():
                await _misbehave(edge, "recognise", messages, name)
            assert await streaming == [0, 1]
            assert good.connections == 1

    run(scenario())


def test_each_fault_in_a_coached_stream_has_its_close_code_and_disturbs_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, FakeCoach() as coach, gateway(tmp_path, [asr.url], coach.url) as edge:
            good = GoodStream(edge, await edge.session("coach"), seconds=2)
            streaming = asyncio.create_task(good.run())
            await good.ready.wait()
            for messages, name in COACH.values():
                await _misbehave(edge, "coach", messages, name)
            assert await streaming == [0, 1]
            assert good.connections == 1

    run(scenario())


@pytest.mark.parametrize(
    ("first", "wanted"),
    [
        ("hello", (4400, "bad-request")),
        ('{"type":"end"}', (4400, "bad-request")),
        ('{"type":"open","resume":7}', (4400, "bad-request")),
        (json.dumps({"type": "open", "resume": "x" * 40_000}), (4413, "too-large")),
        (sound_frame(0), (4400, "bad-request")),
        (None, (4504, "deadline")),
    ],
)
def test_the_first_message_has_to_be_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str | bytes | None, wanted: tuple[int, str]
) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(stream_module, "OPEN_S", 0.3)
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            socket = await edge.connect(await edge.session())
            if first is not None:
                await socket.send(first)
            assert await closed(socket) == wanted
            assert not asr.opens

    run(scenario())


def test_a_message_larger_than_any_is_refused_by_the_protocol(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            socket, _ = await edge.opened(await edge.session())
            await socket.send(bytes(2**20))
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == CloseCode.MESSAGE_TOO_BIG
            await until(lambda: len(edge.streams) == 0)

    run(scenario())


def test_tickets_let_one_connection_in_to_their_session_and_no_other(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session, other = await edge.session(), await edge.session()
            stranger = await edge.session(tenant=await edge.store.ensure_tenant("Another", edge.limits))
            ticket = edge.ticket(session)
            for wrong in ("", "x", ticket + "x", "e30.e30.", edge.ticket(other), edge.ticket(stranger), "x" * 4_000):
                status, name, headers = await refused(edge.connect(session, wrong))
                assert (status, name) == (401, "unauthorized")
                assert headers["Content-Type"] == "application/problem+json"
            socket = await edge.connect(session, ticket)
            assert (await refused(edge.connect(session, ticket)))[:2] == (401, "unauthorized")
            await socket.close()
            # A ticket that was made for another's session by whoever knows its number.
            text, _ = edge.app.state.context.tickets.issue(session.id, stranger.tenant, "key")
            assert (await refused(edge.connect(session, text)))[:2] == (404, "not-found")

    run(scenario())


def test_what_is_refused_at_the_handshake(tmp_path: Path) -> None:
    async def scenario() -> None:
        page = "https://page.example"
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url], allowed_origins=[page]) as edge:
            session = await edge.session()
            for query in ("?ticket=x", "?key=mlk_a_b", "?token=x"):
                assert (await refused(edge.connect(session, query=query)))[:2] == (400, "key-in-url")
            foreign = edge.connect(session, origin="https://evil.example")
            assert (await refused(foreign))[:2] == (403, "origin-not-allowed")
            own = await edge.connect(session, origin=page)
            await own.close()
            unspoken = edge.connect(session, subprotocols=[f"ticket.{edge.ticket(session)}"])
            assert (await refused(unspoken))[:2] == (400, "bad-request")
            assert PROTOCOL == "martlive.v1"
            await edge.store.end_session(session.id, "ended")
            assert (await refused(edge.connect(session)))[:2] == (409, "session-ended")

    run(scenario())


def test_a_full_or_stopping_service_refuses_within_50_ms_and_the_ticket_stays_good(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr(capacity=1) as asr, gateway(tmp_path, [asr.url]) as edge:
            socket, _ = await edge.opened(await edge.session())
            session = await edge.session()
            ticket = edge.ticket(session)
            took_s = []
            for _ in range(5):
                began_s = time.monotonic()
                status, name, headers = await refused(edge.connect(session, ticket))
                took_s.append(time.monotonic() - began_s)
                assert (status, name) == (503, "at-capacity")
                assert int(headers["Retry-After"]) >= 1
            assert min(took_s) < 0.05
            await socket.close()
            await until(lambda: not asr.connections)
            await edge.streams.pool.look()
            later = await edge.connect(session, ticket)
            await later.close()
            edge.app.state.context.draining.set()
            assert (await refused(edge.connect(session)))[:2] == (503, "draining")

    run(scenario())


def test_without_any_asr_the_handshake_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with gateway(tmp_path, ["http://127.0.0.1:9"]) as edge:
            assert (await refused(edge.connect(await edge.session())))[:2] == (503, "unavailable")

    run(scenario())


def test_a_quota_that_is_used_up_refuses_at_the_handshake(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            session = await edge.session()
            await edge.store.ensure_tenant("Tenant", TenantLimits(audio_ms_a_day=29_000, streams=9))
            assert (await refused(edge.connect(session)))[:2] == (429, "quota-exceeded")

    run(scenario())


def test_a_client_that_never_reads_is_dropped_and_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(stream_module, "STUCK_S", 0.5)
        monkeypatch.setattr(stream_module, "CLOSE_S", 0.3)
        async with FakeAsr() as asr, gateway(tmp_path, [asr.url]) as edge:
            good = GoodStream(edge, await edge.session(), seconds=2)
            assert await good.run() == [0, 1]
            small = sockets.socket()
            small.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
            small.connect(("127.0.0.1", edge.port))
            small.setblocking(False)
            deaf = await edge.connect(await edge.session(), sock=small, max_queue=1)
            await deaf.send('{"type":"open","resume":""}')
            await deaf.recv()
            asr.floods = 100
            deaf.transport.pause_reading()
            for number in range(20):
                await deaf.send(sound_frame(number))
            registry = edge.app.state.context.telemetry.registry

            def dropped() -> float | None:
                how = {"how": "too-slow"}
                value: float | None = registry.get_sample_value("martlive_gateway_streams_closed_total", how)
                return value

            await until(lambda: dropped() == 1)
            await until(lambda: not edge.streams)
            asr.floods = 0
            again = GoodStream(edge, await edge.session(), seconds=2)
            assert await again.run() == [0, 1]
            deaf.transport.abort()

    run(scenario())


TEXTS = st.one_of(
    st.text(max_size=300),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    ).map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["open", "chat", "command", "end", "ready", "voice", "ended", ""])},
        optional={
            "at_ms": st.integers(-5, 2**70),
            "user": st.text(max_size=300),
            "text": st.text(max_size=3_000),
            "what": st.sampled_from(["dismiss", "mark", "fly", ""]),
            "resume": st.text(max_size=50),
        },
    ).map(json.dumps),
)
FRAMES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        frame,
        st.integers(0, 5),
        st.integers(0, 4) | st.integers(0, 2**32 - 1),
        st.sampled_from([0, 200, 400]) | st.integers(0, 2**64 - 1),
        st.binary(max_size=64) | st.integers(0, 40_000).map(bytes) | st.just(bytes(6_400)),
    ),
    st.integers(0, 3).map(sound_frame),
    st.integers(0, 3).map(picture_frame),
)
GOOD_CLOSES = frozenset({problem.close_code for problem in PROBLEMS.values()} - {4500}) | {1000, 1009}


def test_arbitrary_messages_end_in_a_4xxx_or_an_answer_and_a_good_stream_goes_on(tmp_path: Path) -> None:
    """One real gateway; each example is one connection with its messages, sent as fast as it goes."""
    with asyncio.Runner() as runner:
        asr, coach = FakeAsr(), FakeCoach()
        runner.run(asr.__aenter__())
        runner.run(coach.__aenter__())
        opening = gateway(tmp_path, [asr.url], coach.url)
        edge = runner.run(opening.__aenter__())
        tried, is_over = 0, False
        end_s = time.monotonic() + FUZZ_S

        async def stream_beside() -> int:
            count = 0
            while not is_over:
                good = GoodStream(edge, await edge.session(), seconds=2)
                assert await good.run() == [0, 1]
                assert good.connections == 1
                count += 1
            return count

        @settings(
            max_examples=50,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(st.one_of(TEXTS, FRAMES), max_size=12), st.booleans(), st.sampled_from(["recognise", "coach"]))
        def fuzz(messages: list[str | bytes], is_opened: bool, mode: str) -> None:
            nonlocal tried
            tried += 1
            code = runner.run(_sent(edge, mode, messages, is_opened=is_opened))
            assert code in GOOD_CLOSES, code

        try:
            beside = runner.get_loop().create_task(stream_beside())
            while time.monotonic() < end_s:
                fuzz()
            is_over = True
            assert runner.run(asyncio.wait_for(beside, 20)) > 1
            assert tried > 20
            closes = edge.app.state.context.telemetry.registry.get_sample_value(
                "martlive_gateway_streams_closed_total", {"how": "internal"}
            )
            assert closes is None
        finally:
            runner.run(opening.__aexit__(None, None, None))
            runner.run(coach.stop())
            runner.run(asr.stop())


async def _sent(edge: Edge, mode: str, messages: list[str | bytes], *, is_opened: bool) -> int:
    """The close code of a connection that sent `messages`."""
    session = await edge.session(mode)
    socket = await edge.connect(session)
    try:
        async with asyncio.timeout(10):
            if is_opened:
                await socket.send('{"type":"open","resume":""}')
            for message in messages:
                await socket.send(message)
            await socket.send('{"type":"end"}')
            # Whatever was asked, the end or a refusal comes; a second end is refused.
            await socket.send('{"type":"end"}')
            while True:
                await socket.recv()
    except ConnectionClosed as exc:
        return exc.rcvd.code if exc.rcvd else 1006
    finally:
        await edge.store.end_session(session.id, "ended")
        await socket.close()


@pytest.mark.parametrize(
    ("packet", "length_ms"),
    [
        (bytes([0b00001000, 0]), 20),
        (bytes([0b00011000, 0]), 60),
        (bytes([0b01100000, 0]), 10),
        (bytes([0b11111000, 0]), 20),
        (bytes([0b11111001, 0]), 40),
        (bytes([0b11111011, 6]), 120),
        (bytes([0b10000011, 4]), 10),
    ],
)
def test_length_of_an_opus_packet(packet: bytes, length_ms: int) -> None:
    assert opus_ms(b"head" + packet, 4) == length_ms


@pytest.mark.parametrize("packet", [bytes([0b11111011]), bytes([0b11111011, 7]), bytes([0b11111011, 0]), b"\x80\x00"])
def test_an_opus_packet_of_no_valid_length_is_refused(packet: bytes) -> None:
    with pytest.raises(Refusal, match="Opus"):
        opus_ms(packet, 0)


@given(st.binary(min_size=1, max_size=400))
def test_any_opus_packet_has_a_length_of_at_most_120_ms_or_is_refused(packet: bytes) -> None:
    try:
        length_ms = opus_ms(packet, 0)
    except Refusal:
        return
    assert 0 < length_ms <= 120
