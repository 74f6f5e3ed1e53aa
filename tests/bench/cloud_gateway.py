"""What the gateway alone costs: paced sockets through it to an asr that only answers.

    python -m tests.bench.cloud_gateway [--sockets 1000] [--seconds 60]

Three processes: the gateway under uvicorn and uvloop as `martlive-cloud gateway` runs it, with its database; one that
plays asr and worker; one that plays all clients. Each client sends a frame of 200 ms five times a second. The asr sends
an ack each second and, for every tenth frame, a transcript with the time that the client wrote into that frame, so the
client measures the way there and back; every third of them is a final, which the gateway stores first. A few clients
are connected to the asr directly: what the others take longer is what the gateway adds. All clocks are the machine's own
monotonic one.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psutil
import uvicorn
import uvloop
from pydantic import SecretStr
from typing_extensions import override

from cloud_api.gateway import tickets
from cloud_api.gateway.app import build
from cloud_api.gateway.sockets import StreamSocket
from cloud_api.gateway.store import Caller, SessionAsked, TenantLimits
from cloud_api.running import MAX_MESSAGE_BYTES, DrainingServer
from cloud_api.service import start_logging
from cloud_api.settings import CloudSettings
from martlive_desktop.core.frames import HEADER, PROTOCOL, FrameKind

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_MS = 200
FRAME_BYTES = FRAME_MS * 32
ACK_FRAMES = 5
EVENT_FRAMES = 10
FINAL_EVENTS = 3
DIRECT_SOCKETS = 20
CONNECT_EACH_S = 0.02
"""Clients come one after another, as after the start of a show."""

SETTLE_S = 5.0
TOKEN = "bench-token"
STAMP = struct.Struct("!Q")


class Peer(asyncio.Protocol):
    """One end of a WebSocket with as little work as can be: both ends trust each other."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport = None  # type: ignore[assignment] # set before anything is called
        self.is_open = False
        self._rest = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        start = 0
        if not self.is_open:
            start = self.greet(data)
        while self.is_open and len(data) >= start + 2:
            masked, size, head = data[start + 1] & 0x80, data[start + 1] & 0x7F, start + 2
            if size == 126:
                size, head = int.from_bytes(data[head : head + 2]), head + 2
            elif size == 127:
                size, head = int.from_bytes(data[head : head + 8]), head + 8
            body = head + (4 if masked else 0)
            if len(data) < body + size:
                break
            self.took(data[start] & 0x0F, data, data[head:body], body, size)
            start = body + size
        self._rest = data[start:]

    def greet(self, data: bytes) -> int:
        """Do the handshake; how many bytes it took."""
        raise NotImplementedError

    def took(self, opcode: int, data: bytes, mask: bytes, start: int, size: int) -> None:
        """A message lies in `data`."""
        raise NotImplementedError


def unmask(part: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[index & 3] for index, byte in enumerate(part)) if mask else part


def text_frame(text: str, *, masked: bool) -> bytes:
    data = text.encode()
    bit = 0x80 if masked else 0
    head = bytes([0x81, bit | len(data)]) if len(data) < 126 else struct.pack("!BBH", 0x81, bit | 126, len(data))
    return head + (bytes(4) if masked else b"") + data


class Asr(Peer):
    """Says that it is ready, acks, and gives stamps back; takes events as the worker does."""

    streams = 0

    @override
    def greet(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return 0
        head = data[:end].decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if head.startswith("POST"):
            size = int(fields.get("content-length", "0"))
            if len(data) < end + size:
                return 0
            self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            return end + size
        if "upgrade: websocket" not in head.lower():
            load = {"streams": Asr.streams, "capacity": 100_000, "backlog_ms": 0, "level": 0, "draining": False}
            body = json.dumps(load).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            return end
        from websockets.utils import accept_key

        key = next(
            line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key")
        )
        answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.transport.write(f"{answer}Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode())
        self.is_open = True
        self.frames = self.events = 0
        Asr.streams += 1
        return end

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        Asr.streams -= self.is_open

    @override
    def took(self, opcode: int, data: bytes, mask: bytes, start: int, size: int) -> None:
        if opcode == 1:
            self.tell({"type": "ready", "next_seq": 0, "partial_step_ms": 2000, "codecs": ["pcm16"]})
        elif opcode == 2:
            self.frames += 1
            ms = self.frames * FRAME_MS
            if self.frames % EVENT_FRAMES == 0:
                # The header has 13 bytes, so the stamp begins at the second byte of the mask.
                stamp = unmask(data[start : start + HEADER.size + STAMP.size], mask)[HEADER.size :]
                self.events += 1
                is_final = self.events % FINAL_EVENTS == 0
                line = {"type": "transcript", "at_ms": ms, "final": is_final, "utterance": self.events // FINAL_EVENTS}
                line |= {
                    "text": "and this one is in stock now, tell me the size you want",
                    "words": [],
                    "emitted_ms": 0,
                }
                self.tell({"type": "event", "event": line | {"stamp": STAMP.unpack(stamp)[0]}, "rev": 0})
            if self.frames % ACK_FRAMES == 0:
                self.tell({"type": "ack", "decoded_through_ms": ms, "resume": "r" * 3_000})
        elif opcode == 8:
            self.transport.close()
        elif opcode == 9:
            self.transport.write(bytes([0x8A, size]) + unmask(data[start : start + size], mask))

    def tell(self, message: dict[str, Any]) -> None:
        self.transport.write(text_frame(json.dumps(message, separators=(",", ":")), masked=False))


class Client(Peer):
    """Sends a frame each 200 ms."""

    def __init__(self, path: str, headers: dict[str, str], took: Callable[[bool, float], None]) -> None:
        super().__init__()
        self._path, self._headers, self._took = path, headers, took
        self.sequence = 0
        self.is_through = False
        self._due_s = 0.0
        self._loop = asyncio.get_running_loop()
        self.is_ready = self._loop.create_future()
        self.is_lost = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {self._path} HTTP/1.1", "Host: bench", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in self._headers.items()]
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if not self.is_ready.done():
            self.is_ready.set_exception(ConnectionError("refused"))

    @override
    def greet(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return 0
        if b" 101 " not in data[:20]:
            self.is_ready.set_exception(ConnectionError(data.decode("latin-1")))
            return len(data)
        self.is_open = True
        self.transport.write(text_frame('{"type":"open","resume":""}', masked=True))
        return end

    @override
    def took(self, opcode: int, data: bytes, mask: bytes, start: int, size: int) -> None:
        if opcode != 1:
            if opcode == 9:
                self.transport.write(bytes([0x8A, 0x80 | size]) + bytes(4) + data[start : start + size])
            return
        if data.startswith(b'{"type":"event"', start):
            event = json.loads(data[start : start + size])["event"]
            self._took(event["final"], (time.monotonic_ns() - event["stamp"]) / 1e6)
        elif data.startswith((b'{"type": "ready"', b'{"type":"ready"'), start):
            self.is_ready.set_result(None)
        elif data.startswith((b'{"type": "error"', b'{"type":"error"'), start):
            print("error", data[start : start + size].decode(), file=sys.stderr)

    def start(self) -> None:
        """Send from now on, at a moment of its own in each 200 ms."""
        if self._due_s == 0.0:
            self._due_s = self._loop.time() + FRAME_MS / 1000 * random.random()
            self._loop.call_at(self._due_s, self._send)

    def _send(self) -> None:
        if self.transport.is_closing():
            return
        self._due_s += FRAME_MS / 1000
        self._loop.call_at(self._due_s, self._send)
        head = HEADER.pack(FrameKind.PCM16, self.sequence, self.sequence * FRAME_MS)
        size = HEADER.size + FRAME_BYTES
        stamp = STAMP.pack(time.monotonic_ns())
        # A mask of zeros: this end has to cost little.
        self.transport.write(b"".join((struct.pack("!BBH4x", 0x82, 0xFE, size), head, stamp, SILENCE)))
        self.sequence += 1


SILENCE = bytes(FRAME_BYTES - STAMP.size)


async def play_asr() -> None:
    server = await asyncio.get_running_loop().create_server(Asr, "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def play_clients(given: dict[str, Any]) -> None:
    """Connect, settle, and measure for so many seconds; prints one line of JSON when it measures, one at the end."""
    loop = asyncio.get_running_loop()
    through: dict[bool, list[float]] = {False: [], True: []}
    direct: list[float] = []
    is_measured = False

    def took_through(is_final: bool, ms: float) -> None:
        if is_measured:
            through[is_final].append(ms)

    def took_direct(_is_final: bool, ms: float) -> None:
        if is_measured:
            direct.append(ms)

    opened: list[Client] = []
    targets = [
        ("127.0.0.1", given["gateway"], f"/v1/sessions/{one}/stream", ticket) for one, ticket in given["tickets"]
    ]
    step = max(1, len(targets) // DIRECT_SOCKETS)
    for index, (host, port, path, ticket) in enumerate(targets):
        headers = {"Sec-WebSocket-Protocol": f"{PROTOCOL}, ticket.{ticket}"}
        _, client = await loop.create_connection(lambda p=path, h=headers: Client(p, h, took_through), host, port)  # type: ignore[misc]
        client.is_through = True
        opened.append(client)
        if index % step == 0:
            _, other = await loop.create_connection(lambda: Client("/direct", {}, took_direct), host, given["asr"])
            opened.append(other)
        await asyncio.gather(*(one.is_ready for one in opened[-2:]))
        for one in opened[-2:]:
            one.start()
        await asyncio.sleep(CONNECT_EACH_S)
    await asyncio.sleep(SETTLE_S)
    is_measured = True
    print(json.dumps({"measures": True}), flush=True)
    sent = sum(one.sequence for one in opened if one.is_through)
    began_s = time.monotonic()
    await asyncio.sleep(given["seconds"])
    is_measured = False
    took_s = time.monotonic() - began_s
    frames = sum(one.sequence for one in opened if one.is_through) - sent
    result = {
        "frames_a_second": frames / took_s,
        "lost": sum(one.is_lost for one in opened),
        "partials": through[False],
        "finals": through[True],
        "direct": direct,
    }
    print(json.dumps(result), flush=True)
    for one in opened:
        one.transport.abort()
    await asyncio.sleep(0.2)


def play_gateway(folder: str, asr: str, sockets: int) -> None:
    """Serve, after sessions and tickets were made and printed."""
    settings = CloudSettings(
        data_dir=Path(folder),
        asr_urls=[asr],
        worker_url=asr,
        ticket_secret=SecretStr("b" * 32),
        internal_token=SecretStr(TOKEN),
        log_level="WARNING",
        drain_s=0.0,
    )
    start_logging(settings)
    # All tickets are made at the start, and on a busy machine it takes longer than a minute to use them all.
    tickets.TICKET_S = 900
    app = build(settings)
    context = app.state.context

    async def prepare() -> list[tuple[str, str]]:
        limits = TenantLimits(audio_ms_a_day=10**12, streams=100_000)
        tenant = await context.store.ensure_tenant("bench", limits)
        caller = Caller("key", tenant, frozenset({"stream"}), limits)
        asked = SessionAsked("recognise", "en", None, (), True, False, False, "")
        sessions = [context.store.create_session(caller, asked, digest="") for _ in range(sockets)]
        made = await asyncio.gather(*sessions)
        return [(one.id, context.tickets.issue(one.id, tenant, "key")[0]) for one in made]

    class Server(DrainingServer):
        @override
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            port = self.servers[0].sockets[0].getsockname()[1]
            print(json.dumps({"port": port, "tickets": await prepare()}), flush=True)

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http="httptools",
        ws=StreamSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        backlog=1_024,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    Server(config, app).run()


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def measure(sockets: int, seconds: float, profile: str) -> None:
    me = [sys.executable, "-m", "tests.bench.cloud_gateway"]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen([*me, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            return process

        def line(process: subprocess.Popen[str]) -> Any:
            assert process.stdout is not None
            return json.loads(process.stdout.readline())

        asr = start("--role", "asr")
        asr_port = line(asr)
        edge = start("--role", "gateway", "--sockets", str(sockets), "--folder", folder, "--asr", str(asr_port))
        told = line(edge)
        clients = start("--role", "clients", "--seconds", str(seconds))
        assert clients.stdin is not None
        given = {"gateway": told["port"], "asr": asr_port, "tickets": told["tickets"], "seconds": seconds}
        clients.stdin.write(json.dumps(given) + "\n")
        clients.stdin.flush()
        assert line(clients)["measures"]
        process = psutil.Process(edge.pid)
        before, began_s, memory = process.cpu_times(), time.monotonic(), process.memory_info().rss
        spy = None
        if profile:
            command = [
                str(Path(sys.executable).with_name("py-spy")),
                "record",
                "-p",
                str(edge.pid),
                "-d",
                str(int(seconds) - 2),
                "-f",
                "raw",
                "-o",
                profile,
            ]
            spy = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        result = line(clients)
        after, ended_s = process.cpu_times(), time.monotonic()
        cpu = (after.user + after.system - before.user - before.system) / (ended_s - began_s)
        now = process.memory_info().rss
        if spy is not None:
            spy.wait()
        direct = result["direct"]
        print(f"sockets {sockets}, {result['frames_a_second']:.0f} frames/s, {result['lost']} lost, {seconds:.0f} s")
        print(f"gateway: {cpu:.2f} cores, memory {memory / 2**20:.0f} -> {now / 2**20:.0f} MiB")
        for name in ("direct", "partials", "finals"):
            values = result[name]
            print(
                f"{name:9}{len(values):7} there and back ms: "
                f"p50 {percentile(values, 0.5):.2f} p95 {percentile(values, 0.95):.2f} p99 {percentile(values, 0.99):.2f}"
            )
        added = [percentile(result["partials"], share) - percentile(direct, share) for share in (0.5, 0.99)]
        print(f"added by the gateway, both ways: p50 {added[0]:.2f} ms, p99 {added[1]:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--profile", default="", help="file for py-spy's raw stacks of the gateway")
    parser.add_argument("--role", choices=["asr", "gateway", "clients"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--asr", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role == "asr":
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(play_asr())
    elif asked.role == "gateway":
        play_gateway(asked.folder, f"http://127.0.0.1:{asked.asr}", asked.sockets)
    elif asked.role == "clients":
        uvloop.run(play_clients(json.loads(sys.stdin.readline())))
    else:
        measure(asked.sockets, asked.seconds, asked.profile)


if __name__ == "__main__":
    main()
