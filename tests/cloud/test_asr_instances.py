"""Two speech services with the real model: streams that go from one to the other, and what disturbs none of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cloud_api.asr.app import build
from cloud_api.errors import TYPE_ROOT
from cloud_api.settings import CloudSettings
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.core.cloud_stream import CloudStream
from martlive_desktop.core.events import AudioChunk, Transcript
from martlive_desktop.core.frames import Frame, FrameKind, pack

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

TOKEN = "internal"
DEMO = Path("resources/demo/show.mkv")
WITHIN_S = 60.0
KEY = {"Authorization": f"Bearer {TOKEN}"}


def _settings(**more: Any) -> CloudSettings:
    told: dict[str, Any] = {"internal_token": TOKEN, "resume_secret": "r" * 32, "drain_s": 10.0, "max_streams": 16}
    return CloudSettings(**(told | more))


@dataclass
class Service:
    app: FastAPI
    port: int
    server: uvicorn.Server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def _serving(**more: Any) -> AsyncIterator[Service]:
    app = build(_settings(**more))
    config = uvicorn.Config(
        app, port=0, ws="websockets-sansio", ws_per_message_deflate=False, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(timeout=5) as http:

            async def is_started() -> bool:
                return server.started

            async def is_ready() -> bool:
                return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200

            await _until(is_started)
            port = server.servers[0].sockets[0].getsockname()[1]
            await _until(is_ready)
        yield Service(app, port, server)
    finally:
        server.should_exit = True
        await task


@dataclass
class Client:
    """A gateway's link, with a client's memory behind it."""

    stream: CloudStream = field(default_factory=CloudStream)
    heard: list[Transcript] = field(default_factory=list)
    problem: str = ""
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def finals(self) -> list[tuple[int, int, str]]:
        return [(one.utterance, one.at_ms, one.text) for one in self.heard if one.is_final and one.text]

    def take(self, text: str) -> str:
        message = json.loads(text)
        if message["type"] == "ready":
            message["epoch"] = 1
        if message["type"] == "error":
            self.problem = message["problem"]["type"].removeprefix(TYPE_ROOT)
        if message["type"] == "ack":
            self.acknowledged.set()
        self.heard += [one for one in self.stream.take(json.dumps(message)) if isinstance(one, Transcript)]
        return str(message["type"])


@contextlib.asynccontextmanager
async def _link(service: Service, session: str = "s", **opening: Any) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{service.port}/internal/v1/streams/{session}"
    async with connect(url, additional_headers=KEY, compression=None, max_size=2**20) as socket:
        opened = {
            "tenant": "t",
            "epoch": 1,
            "language": "en",
            "partials": False,
            "voice": False,
            "names": [],
            "resume": "",
        }
        await socket.send(json.dumps({"type": "open", **opened, **opening}))
        yield socket


async def _until(holds: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    pause = asyncio.Event()
    async with asyncio.timeout(WITHIN_S):
        while not await holds():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pause.wait(), 0.05)


async def _until_closed(socket: ClientConnection, client: Client) -> int:
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(WITHIN_S):
            async for text in socket:
                assert isinstance(text, str)
                client.take(text)
    assert socket.close_code is not None
    return int(socket.close_code)


def _demo(seconds: float) -> NDArray[np.int16]:
    chunks = [item.pcm for item in MediaFile(DEMO).read() if isinstance(item, AudioChunk)]
    return np.concatenate(chunks)[: int(seconds * 16_000)]


@pytest.fixture(scope="module")
def talk() -> NDArray[np.int16]:
    return _demo(58)


def _run(test: Callable[[Service], Coroutine[Any, Any, None]], **more: Any) -> None:
    async def inside() -> None:
        async with _serving(**more) as service:
            await test(service)

    asyncio.run(inside())


async def _hear_whole(service: Service, talk: NDArray[np.int16], session: str = "whole") -> Client:
    client = Client()
    client.stream.feed(talk)
    client.stream.finish()
    async with _link(service, session) as socket:
        client.take(str(await socket.recv()))
        for data in client.stream.frames_to_send():
            await socket.send(data)
        await socket.send('{"type":"end"}')
        assert await _until_closed(socket, client) == 1000
    return client


def test_stream_that_is_cut_again_and_again_says_the_same_at_another_instance(talk: NDArray[np.int16]) -> None:
    async def test(service: Service) -> None:
        whole = await _hear_whole(service, talk)
        assert len(whole.finals) >= 5
        async with _serving() as other:
            client, epoch = Client(), 0
            client.stream.feed(talk)
            client.stream.finish()
            while not client.stream.is_ended and epoch < 50:
                epoch += 1
                client.stream.disconnected()
                where = (service, other)[epoch % 2]
                async with _link(where, "cut", epoch=epoch, resume=client.stream.resume_token) as socket:
                    client.take(str(await socket.recv()))
                    for data in client.stream.frames_to_send():
                        await socket.send(data)
                    await socket.send('{"type":"end"}')
                    client.acknowledged.clear()
                    async with asyncio.timeout(WITHIN_S):
                        while not client.acknowledged.is_set() and not client.stream.is_ended:
                            client.take(str(await socket.recv()))
            assert epoch > 5
            assert client.finals == whole.finals

    _run(test)


def _frame(sequence: int, at_ms: int, ms: int = 200, kind: FrameKind = FrameKind.PCM16) -> bytes:
    return pack(Frame(kind, sequence, at_ms, bytes(ms * 32)))


BAD: dict[str, tuple[list[bytes | str], int, str]] = {
    "gap": ([_frame(0, 0), _frame(2, 400)], 4400, "frame-gap"),
    "twice": ([_frame(0, 0), _frame(0, 0)], 4400, "frame-gap"),
    "time": ([_frame(0, 0), _frame(1, 300)], 4400, "frame-gap"),
    "junk": ([b"\x01junk"], 4400, "bad-frame"),
    "unknown kind": ([b"\x09" + bytes(60)], 4400, "bad-frame"),
    "half a millisecond": ([_frame(0, 0)[:-2]], 4400, "bad-frame"),
    "picture": ([_frame(0, 0, kind=FrameKind.JPEG)], 4415, "codec-unsupported"),
    "opus": ([_frame(0, 0, kind=FrameKind.OPUS)], 4415, "codec-unsupported"),
    "no JSON": (["{"], 4400, "bad-request"),
    "unknown message": (['{"type":"sing"}'], 4400, "bad-request"),
    "a list": (["[]"], 4400, "bad-request"),
    "deep": (["[" * 100_000], 4400, "bad-request"),
    "sound after the end": (['{"type":"end"}', _frame(0, 0)], 4400, "bad-frame"),
    "an hour at once": ([_frame(n, n * 1_000, 1_000) for n in range(80)], 4429, "too-fast"),
}


def test_bad_frames_end_their_stream_and_no_other(talk: NDArray[np.int16]) -> None:
    async def test(service: Service) -> None:
        wanted = (await _hear_whole(service, talk[: 16 * 16_000], "first")).finals
        beside = asyncio.create_task(_hear_whole(service, talk[: 16 * 16_000], "beside"))
        for name, (messages, code, problem) in BAD.items():
            client = Client()
            async with _link(service, f"bad-{name.replace(' ', '-')}") as socket:
                with contextlib.suppress(ConnectionClosed):
                    for message in messages:
                        await socket.send(message)
                got = await _until_closed(socket, client)
            if name == "sound after the end" and got == 1000:
                continue  # It had ended before the sound came.
            assert (name, got, client.problem) == (name, code, problem)
        for resume, session in (("x" * 50, "r1"), ("ü", "r2")):
            client = Client()
            async with _link(service, session, resume=resume) as socket:
                assert await _until_closed(socket, client) == 4412
            assert client.problem == "resume-invalid"
        assert (await beside).finals == wanted

    _run(test)


def test_full_service_refuses_and_lets_those_go_on_that_it_had() -> None:
    async def test(service: Service) -> None:
        async with _link(service, "a") as one, _link(service, "b") as two:
            for socket in (one, two):
                assert json.loads(await socket.recv())["type"] == "ready"
            client = Client()
            async with _link(service, "c") as third:
                assert await _until_closed(third, client) == 4503
            assert client.problem == "at-capacity"
            async with _link(service, "a", epoch=2) as again:
                assert json.loads(await again.recv())["type"] == "ready"

    _run(test, max_streams=2)
