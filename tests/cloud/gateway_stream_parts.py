"""A gateway on loopback with small servers in place of asr and coach, which speak the internal protocol for real."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import uvicorn
from pydantic import SecretStr
from sqlalchemy import select
from typing_extensions import override
from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cloud_api.errors import TYPE_ROOT
from cloud_api.gateway.app import build
from cloud_api.gateway.sockets import StreamSocket
from cloud_api.gateway.store import Caller, GatewayStore, SessionAsked, SessionRecord, TenantLimits, outbox
from cloud_api.running import MAX_MESSAGE_BYTES
from cloud_api.settings import CloudSettings
from martlive_desktop.core.cloud_stream import CloudStream, Ended, Ready, Refused, Told
from martlive_desktop.core.events import Transcript
from martlive_desktop.core.frames import PROTOCOL, Frame, FrameKind, pack, parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Request, Response

FINAL_MS = 1_000
"""A fake asr says a final for each second of sound."""

TOKEN = "internal-token"
TENANT = "Tenant"
WAIT_S = 10.0
AWAY = "http://127.0.0.1:9"

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)


class FakeService:
    """A WebSocket server on loopback."""

    def __init__(self) -> None:
        self.connections: set[ServerConnection] = set()
        self.port = 0
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._look,
            compression=None,
            max_queue=4,
            ping_interval=None,
            close_timeout=0.2,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go, without a word to anybody."""
        self.kill()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """All streams end without a word."""
        for connection in list(self.connections):
            connection.transport.abort()

    def _look(self, connection: ServerConnection, request: Request) -> Response | None:
        return None if request.headers.get("Authorization") == f"Bearer {TOKEN}" else connection.respond(401, "")

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.add(connection)
        try:
            await self.talk(connection)
        except ConnectionClosed:
            return
        finally:
            self.connections.discard(connection)

    async def talk(self, connection: ServerConnection) -> None:
        """Serve one stream."""
        raise NotImplementedError


class FakeAsr(FakeService):
    """Says a partial for each frame and a final for each second; its resume token is where it is."""

    def __init__(self, *, capacity: int = 100) -> None:
        super().__init__()
        self.capacity = capacity
        self.is_draining = False
        self.opens: list[dict[str, Any]] = []
        self.heard_bytes = 0
        self.finals = 0
        self.refuses = ""
        """Problem to tell in place of `ready`."""
        self.floods = 0
        """Messages to tell for each frame, beside what there is to tell."""
        self.reads = asyncio.Event()
        self.reads.set()

    @override
    async def stop(self) -> None:
        self.reads.set()
        await super().stop()

    @override
    def _look(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/internal/v1/load":
            return super()._look(connection, request)
        load = {"streams": len(self.connections), "capacity": self.capacity, "backlog_ms": 0, "level": 0}
        return connection.respond(200, json.dumps(load | {"draining": self.is_draining}))

    @override
    async def talk(self, connection: ServerConnection) -> None:
        async def tell(message: dict[str, Any]) -> None:
            await connection.send(json.dumps(message))

        opened = json.loads(await connection.recv())
        self.opens.append(opened)
        if self.refuses or opened["resume"] == "bad":
            name = self.refuses or "resume-invalid"
            await tell({"type": "error", "problem": {"type": TYPE_ROOT + name, "detail": "", "retry_after_ms": None}})
            return
        place = json.loads(opened["resume"]) if opened["resume"] else {"seq": 0, "ms": 0}
        seq, ms = place["seq"], place["ms"]
        await tell({"type": "ready", "next_seq": seq, "partial_step_ms": 2000, "codecs": ["pcm16"]})
        async for message in connection:
            await self.reads.wait()
            if isinstance(message, str):
                assert json.loads(message) == {"type": "end"}
                if ms % FINAL_MS:
                    await tell(said(ms // FINAL_MS, ms))
                await tell({"type": "ended"})
                continue
            frame = parse(message)
            assert frame.sequence == seq
            assert frame.capture_ms == ms
            seq, before, ms = seq + 1, ms, frame.end_ms
            self.heard_bytes += len(message)
            for _ in range(self.floods):
                await tell({"type": "pace", "partial_step_ms": 2000, "sentence": "x" * 10_000})
            if opened["voice"]:
                await tell({"type": "voice", "at_ms": ms, "probabilities": [0.5] * ((ms - before) // 32)})
            for utterance in range(before // FINAL_MS, ms // FINAL_MS):
                self.finals += 1
                await tell(said(utterance, ms))
                await tell({"type": "ack", "decoded_through_ms": ms, "resume": json.dumps({"seq": seq, "ms": ms})})
            if opened["partials"] and ms % FINAL_MS:
                await tell(said(ms // FINAL_MS, ms, is_final=False))


def said(utterance: int, ms: int, *, is_final: bool = True) -> dict[str, Any]:
    """A transcript as asr tells it."""
    line = {"type": "transcript", "at_ms": ms, "final": is_final, "utterance": utterance, "text": f"words {utterance}"}
    return {"type": "event", "event": line | {"words": [], "emitted_ms": 0}, "rev": 0}


class FakeCoach(FakeService):
    """Says a tip for each final and a screen event for each picture; keeps what it heard by session."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.heard: dict[str, int] = {}
        self.pictures: dict[str, int] = {}

    @override
    async def talk(self, connection: ServerConnection) -> None:
        async def tell(line: dict[str, Any]) -> None:
            await connection.send(json.dumps({"type": "event", "event": line | {"emitted_ms": 0}, "rev": 0}))

        assert connection.request is not None
        session = connection.request.path.rpartition("/")[2]
        self.messages.append(json.loads(await connection.recv()))
        heard_ms, picture = self.heard.get(session, 0), self.pictures.get(session, 0)
        await connection.send(json.dumps({"type": "ready", "next_picture": picture, "heard_through_ms": heard_ms}))
        tips = 0
        async for message in connection:
            if isinstance(message, bytes):
                frame = parse(message)
                if frame.kind.is_sound:
                    self.heard[session] = max(self.heard.get(session, 0), frame.end_ms)
                    continue
                self.pictures[session] = frame.sequence + 1
                line = {"type": "screen", "at_ms": frame.capture_ms, "scene": "", "black": True, "frozen": False}
                await tell(line | {"brightness": 0.0, "cut": False})
                continue
            told = json.loads(message)
            self.messages.append(told)
            if told["type"] == "end":
                await connection.send('{"type": "ended"}')
            elif told["type"] == "event" and told["event"]["final"]:
                tips += 1
                line = {"type": "tip", "at_ms": told["event"]["at_ms"], "id": f"t{tips}", "cue": f"c{tips}"}
                line |= {"kind": "pace", "text": "Slow down.", "severity": 2, "source": "rules"}
                await tell(line | {"expires_ms": 9_000})
            elif told["type"] == "chat":
                line = {"type": "chat", "source": "stream"} | {name: told[name] for name in ("at_ms", "user", "text")}
                await tell(line)


class QuietServer(uvicorn.Server):
    """Leaves the signals to the test runner."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Edge:
    """One running gateway."""

    app: FastAPI
    port: int
    tenant: str = ""
    limits: TenantLimits = field(default_factory=lambda: TenantLimits(streams=1_000))

    @property
    def store(self) -> GatewayStore:
        store: GatewayStore = self.app.state.context.store
        return store

    @property
    def streams(self) -> Any:
        return self.app.state.streams

    async def session(self, mode: str = "recognise", *, tenant: str = "", **asked: Any) -> SessionRecord:
        """A new session."""
        wanted: dict[str, Any] = {"language": "en", "plan": None, "names": (), "partials": True, "voice": False}
        wanted |= {"second_pass": False, "title": "Show"} | asked
        caller = Caller("key", tenant or self.tenant, frozenset({"stream"}), self.limits)
        return await self.store.create_session(caller, SessionAsked(mode=mode, **wanted), digest="digest")

    def ticket(self, session: SessionRecord) -> str:
        text, _ = self.app.state.context.tickets.issue(session.id, session.tenant, session.key)
        return str(text)

    def connect(self, session: SessionRecord, ticket: str | None = None, *, query: str = "", **options: Any) -> connect:
        """A connection of a client, to be awaited; without a `ticket` with a new one."""
        shown = self.ticket(session) if ticket is None else ticket
        protocols: list[Any] = [PROTOCOL, *([f"ticket.{shown}"] if shown else [])]
        options = {
            "compression": None,
            "ping_interval": None,
            "close_timeout": 1.0,
            "subprotocols": protocols,
        } | options
        return connect(f"ws://127.0.0.1:{self.port}/v1/sessions/{session.id}/stream{query}", **options)

    async def opened(self, session: SessionRecord, resume: str = "") -> tuple[ClientConnection, dict[str, Any]]:
        """A connection that is ready."""
        socket = await self.connect(session)
        await socket.send(json.dumps({"type": "open", "resume": resume}))
        return socket, json.loads(await socket.recv())

    async def events(self, kind: str = "") -> list[dict[str, Any]]:
        """What lies in the outbox."""
        rows = await self.store.database.read(
            lambda connection: list(connection.execute(select(outbox.c.event).order_by(outbox.c.created)).scalars())
        )
        events = [json.loads(row) for row in rows]
        return [event for event in events if not kind or event["type"] == kind]


@contextlib.asynccontextmanager
async def gateway(data_dir: Path, asr: list[str], coach: str = AWAY, **given: Any) -> AsyncIterator[Edge]:
    """A gateway under uvicorn; its worker is away, so that all events stay in the outbox."""
    urls: dict[str, Any] = {"asr_urls": asr, "coach_url": coach, "worker_url": AWAY}
    secrets: dict[str, Any] = {"ticket_secret": SecretStr("t" * 32), "internal_token": SecretStr(TOKEN)}
    values: dict[str, Any] = {"data_dir": data_dir, "drain_s": 5.0} | urls | secrets | given
    app = build(CloudSettings(**values))
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        ws=StreamSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    server = QuietServer(config)
    running = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or running.done())
        edge = Edge(app, server.servers[0].sockets[0].getsockname()[1])
        edge.tenant = await edge.store.ensure_tenant(TENANT, edge.limits)
        yield edge
    finally:
        server.should_exit = True
        await running


async def until(is_so: Callable[[], bool], wait_s: float = WAIT_S) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(wait_s):
        while not is_so():  # noqa: ASYNC110 - what is waited for is not told as an event
            await asyncio.sleep(0.005)


def sound_frame(sequence: int, *, ms: int = 200, capture_ms: int | None = None) -> bytes:
    """A frame of silence."""
    at_ms = sequence * 200 if capture_ms is None else capture_ms
    return pack(Frame(FrameKind.PCM16, sequence, at_ms, bytes(ms * 32)))


def picture_frame(sequence: int, capture_ms: int = 0, payload: bytes = JPEG) -> bytes:
    return pack(Frame(FrameKind.JPEG, sequence, capture_ms, payload))


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """Read to the end: the close code, and the type of the problem that was told before it."""
    name = ""
    try:
        async with asyncio.timeout(WAIT_S):
            while True:
                message = json.loads(await socket.recv())
                if message["type"] == "error":
                    name = message["problem"]["type"].removeprefix(TYPE_ROOT)
    except ConnectionClosed as exc:
        return (exc.rcvd.code if exc.rcvd else 1006), name


async def refused(opening: connect) -> tuple[int, str, Any]:
    """How a handshake was refused: status, type of problem, headers."""
    try:
        socket = await opening
    except InvalidStatus as exc:
        body = json.loads(exc.response.body or b"{}")
        return exc.response.status_code, str(body.get("type", "")).removeprefix(TYPE_ROOT), exc.response.headers
    await socket.close()
    raise AssertionError("The handshake was not refused.")


class GoodStream:
    """A client that streams as the desktop does, maybe beside others that do not; goes on when its connection is lost."""

    def __init__(self, edge: Edge, session: SessionRecord, *, seconds: float = 2.0) -> None:
        self.edge = edge
        self.session = session
        self.stream = CloudStream()
        self.stream.feed(np.zeros(round(seconds * 16_000), np.int16))
        self.stream.finish()
        self.finals: list[int] = []
        self.told: list[Told] = []
        self.connections = 0
        self.codes: list[int] = []
        self.ready = asyncio.Event()

    async def run(self) -> list[int]:
        """Stream all of it; the numbers of the finals."""
        while not self.stream.is_ended:
            try:
                await self._connect()
            except ConnectionClosed as exc:
                self.codes.append(exc.rcvd.code if exc.rcvd else 1006)
            finally:
                self.stream.disconnected()
        return self.finals

    async def _connect(self) -> None:
        async with self.edge.connect(self.session) as socket:
            self.connections += 1
            await socket.send(json.dumps({"type": "open", "resume": self.stream.resume_token}))
            while not self.stream.is_ended:
                for told in self.stream.take(str(await socket.recv())):
                    self.told.append(told)
                    if isinstance(told, Transcript) and told.is_final:
                        self.finals.append(told.utterance)
                    elif isinstance(told, Ready):
                        self.ready.set()
                        await self._send(socket)
                    elif isinstance(told, Refused):
                        assert told.is_retryable, told.problem
                    elif isinstance(told, Ended):
                        return

    async def _send(self, socket: ClientConnection) -> None:
        for frame in self.stream.frames_to_send():
            await socket.send(frame)
        await socket.send('{"type":"end"}')
