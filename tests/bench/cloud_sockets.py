"""A thousand paced sockets through the gateway alone: what does it cost, and what does it add?

    python -m tests.bench.cloud_sockets --sockets 1000 --seconds 60

In place of asr stands a process that only answers: it acknowledges the last frame of each second with the moment of its
arrival. Clients and that process write frames by hand, so that they take little beside the gateway. What is counted is
one way at a time, by the one clock of this computer: from before a client writes a frame to when asr has read it, and
back for the acknowledgement. Two hops over loopback are in it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import struct
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

import httpx
from typing_extensions import override

from martlive_desktop.core.cloud_stream import SOUND_FRAME_MS
from martlive_desktop.core.frames import HEADER, PROTOCOL, Frame, FrameKind, pack
from tests.bench.cloud_load import OUT, Watch, keep
from tests.bench.cloud_services import HOST, Cloud, free_port
from tests.bench.speech_score import percentile

ROOT = Path(__file__).resolve().parents[2]
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SILENCE = bytes(SOUND_FRAME_MS * 32)
FRAMES_OF_A_SECOND = 1000 // SOUND_FRAME_MS
FRAMES_OF_A_FINAL = 3 * FRAMES_OF_A_SECOND
TICK_S = 0.004
TENANT_SOCKETS = 250
OPEN_AT_ONCE = 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Socket(asyncio.Protocol):
    """A WebSocket written by hand, of either side; messages come whole, because here they are small."""

    def __init__(self, *, is_client: bool) -> None:
        self._mask = b"\0\0\0\0" if is_client else b""
        self._buffer = bytearray()
        self._is_open = False
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_lost = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("The handshake failed."))
            self.opened.exception()

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            self._buffer = bytearray(rest)
            self._is_open = True
            self.begin(head)
        while (message := self._next()) is not None:
            kind, payload = message
            if kind == PING:
                self.send(PONG, payload)
            elif kind in (TEXT, BINARY):
                self.take(kind, payload)

    def begin(self, head: bytes) -> None:
        """The other side's part of the handshake is there."""
        raise NotImplementedError

    def take(self, kind: int, payload: bytes) -> None:
        """A message came."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def send(self, kind: int, payload: bytes) -> None:
        self.write(header(kind, len(payload), self._mask) + payload)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _next(self) -> tuple[int, bytes] | None:
        found = parse_message(self._buffer)
        if found is None:
            return None
        kind, payload, size = found
        del self._buffer[:size]
        return kind, payload


def header(kind: int, size: int, mask: bytes = b"") -> bytes:
    """Of a message in one frame; a mask of zeros leaves the payload as it is."""
    flag = 0x80 if mask else 0
    if size < 126:
        return bytes((0x80 | kind, flag | size)) + mask
    return struct.pack("!BBH", 0x80 | kind, flag | 126, size) + mask


def parse_message(data: bytearray) -> tuple[int, bytes, int] | None:
    """Kind, payload and size of the first message in `data`; None while it is not whole."""
    if len(data) < 2:
        return None
    is_masked, size, at = data[1] & 0x80, data[1] & 0x7F, 2
    if size == 126:
        size, at = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, at = int.from_bytes(data[2:10], "big"), 10
    end = at + (4 if is_masked else 0) + size
    if len(data) < end:
        return None
    payload = bytes(data[end - size : end])
    if is_masked:
        mask = bytes(data[at : at + 4])
        if mask != b"\0\0\0\0":
            whole = int.from_bytes(payload, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
            payload = whole.to_bytes(size, "big")
    return data[0] & 0x0F, payload, end


class QuickAsr(Socket):
    """Answers a gateway: ready at once, and an acknowledgement each second."""

    streams: ClassVar[int] = 0
    """Of this process."""

    def __init__(self) -> None:
        super().__init__(is_client=False)
        self._next_sequence = 0
        self._is_counted = False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        QuickAsr.streams -= self._is_counted

    @override
    def begin(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if "sec-websocket-key" not in fields:
            load = {"streams": QuickAsr.streams, "capacity": 10_000, "backlog_ms": 0, "level": 0, "draining": False}
            body = json.dumps(load if "load" in lines[0] else {"status": "ok"}).encode()
            start = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            self.write(f"{start}Connection: close\r\n\r\n".encode() + body)
            self.close()
            return
        digest = hashlib.sha1(fields["sec-websocket-key"].encode() + GUID).digest()
        accept = base64.b64encode(digest).decode()
        start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.write(f"{start}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())

    @override
    def take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            message = json.loads(payload)
            if message["type"] == "open":
                self._is_counted = True
                QuickAsr.streams += 1
                self.resume(message["resume"])
                ready = {"type": "ready", "next_seq": self._next_sequence, "partial_step_ms": None}
                self._tell(ready | {"codecs": ["pcm16"]})
            elif message["type"] == "end":
                self.finish()
                self._tell({"type": "ended"})
            return
        arrived_s = time.monotonic()
        _, sequence, capture_ms = HEADER.unpack_from(payload)
        if sequence != self._next_sequence:
            self.close()
            return
        self._next_sequence += 1
        end_ms = capture_ms + (len(payload) - HEADER.size) // 32
        self.hear(payload, end_ms)
        if self._next_sequence % FRAMES_OF_A_SECOND == 0:
            self._tell({"type": "ack", "decoded_through_ms": end_ms, "resume": self.token(arrived_s)})

    def resume(self, token: str) -> None:
        """Go on from there."""

    def token(self, arrived_s: float) -> str:
        """The place up to which everything was heard; here the moments of its last frame."""
        return f"{self._next_sequence - 1} {arrived_s:.6f} {time.monotonic():.6f}"

    def hear(self, frame: bytes, end_ms: int) -> None:
        """Take a frame."""

    def finish(self) -> None:
        """No more sound comes."""

    def _tell(self, message: dict[str, Any]) -> None:
        self.send(TEXT, json.dumps(message).encode())


class SummingAsr(QuickAsr):
    """Makes a final of every few seconds: the checksum of its sound, so that a lost, doubled or changed frame is seen.

    It goes on from its tokens as the real one does, and costs next to nothing: what breaks beside it is not its fault.
    """

    def __init__(self) -> None:
        super().__init__()
        self._utterance = 0
        self._sum = 0

    @override
    def resume(self, token: str) -> None:
        if token:
            self._next_sequence, self._utterance, self._sum = json.loads(token)

    @override
    def token(self, arrived_s: float) -> str:
        return json.dumps([self._next_sequence, self._utterance, self._sum])

    @override
    def hear(self, frame: bytes, end_ms: int) -> None:
        self._sum = zlib.crc32(frame, self._sum)
        if self._next_sequence % FRAMES_OF_A_FINAL == 0:
            self._final(end_ms)

    @override
    def finish(self) -> None:
        self._final(self._next_sequence * SOUND_FRAME_MS)

    def _final(self, end_ms: int) -> None:
        text = f"sum {self._sum:08x}"
        word = {
            "text": text,
            "start_ms": end_ms - 200,
            "end_ms": end_ms,
            "probability": 1.0,
            "stable": True,
            "filler": "",
        }
        event = {"type": "transcript", "at_ms": end_ms, "final": True, "utterance": self._utterance, "text": text}
        self._tell({"type": "event", "rev": 0, "event": event | {"words": [word], "emitted_ms": 0}})
        self._utterance, self._sum = self._utterance + 1, 0


async def serve_asr(host: str, port: int, kind: type[QuickAsr]) -> None:
    """Until this process is ended."""
    server = await asyncio.get_running_loop().create_server(kind, host, port, backlog=1_024)
    await server.serve_forever()


class Speaker(Socket):
    """A client that sends silence, paced, and notes how long frames and acknowledgements took."""

    def __init__(self, url: str, ticket: str) -> None:
        super().__init__(is_client=True)
        self._url, self._ticket = url, ticket
        self._sent_s: dict[int, float] = {}
        self._sequence = 0
        self.up_s: list[float] = []
        self.down_s: list[float] = []
        self.refusal = ""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        parts = urlsplit(self._url)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Sec-WebSocket-Protocol: {PROTOCOL}, ticket.{self._ticket}",
        ]
        self.write("\r\n".join([*lines, "", ""]).encode())

    @override
    def begin(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101"):
            self.refusal = head.split(b"\r\n")[0].decode()
            self.close()
            return
        self.send(TEXT, b'{"type":"open","resume":""}')

    @override
    def take(self, kind: int, payload: bytes) -> None:
        now_s = time.monotonic()
        message = json.loads(payload)
        match message["type"]:
            case "ready":
                self.opened.set_result(None)
            case "ack":
                sequence, arrived, told = message["resume"].split()
                self.up_s.append(float(arrived) - self._sent_s.pop(int(sequence)))
                self.down_s.append(now_s - float(told))
            case "error":
                self.refusal = str(message["problem"].get("type"))

    def speak(self) -> None:
        frame = Frame(FrameKind.PCM16, self._sequence, self._sequence * SOUND_FRAME_MS, SILENCE)
        if (self._sequence + 1) % FRAMES_OF_A_SECOND == 0:
            self._sent_s[self._sequence] = time.monotonic()
        self._sequence += 1
        self.send(BINARY, pack(frame))


async def _speakers(cloud: Cloud, keys: list[str], count: int) -> list[Speaker]:
    gateway = cloud.of("gateway")[0]
    gate = asyncio.Semaphore(OPEN_AT_ONCE)
    async with httpx.AsyncClient(timeout=30.0, trust_env=False) as http:

        async def one(number: int) -> Speaker:
            headers = {"Authorization": f"Bearer {keys[number % len(keys)]}"}
            body = {"mode": "recognise", "language": "en", "partials": False, "title": "socket"}
            async with gate:
                answer = await http.post(f"{gateway.url}/v1/sessions", json=body, headers=headers)
                answer.raise_for_status()
                made = answer.json()
                url = f"ws://{HOST}:{gateway.port}/v1/sessions/{made['id']}/stream"
                speaker = Speaker(url, made["ticket"])
                await asyncio.get_running_loop().create_connection(lambda: speaker, HOST, gateway.port)
                await asyncio.wait_for(speaker.opened, 30.0)
                return speaker

        return list(await asyncio.gather(*(one(number) for number in range(count))))


async def speak_together(cloud: Cloud, keys: list[str], count: int, seconds: float, watch: Watch) -> list[Speaker]:
    """All sockets for so long, each at a moment of its own within a frame's time."""
    speakers = await _speakers(cloud, keys, count)
    watching = asyncio.create_task(watch.run())
    began_s = time.monotonic()
    sent, most = 0, count * round(seconds * FRAMES_OF_A_SECOND)
    while sent < most:
        # Those that are due by now; a timer for each frame would cost more than the frames.
        await asyncio.sleep(TICK_S)
        due = min(most, int((time.monotonic() - began_s) * 1000 / SOUND_FRAME_MS * count))
        for number in range(sent, due):
            speakers[number % count].speak()
        sent = due
    await asyncio.sleep(1.0)
    watching.cancel()
    for speaker in speakers:
        speaker.close()
    return speakers


@contextlib.contextmanager
def quick_asr() -> Iterator[str]:
    """Its address, while it runs in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.cloud_sockets", "--serve", str(port)], cwd=ROOT)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.kill()
        process.wait()


def measure(sockets: int, seconds: float) -> dict[str, Any]:
    with (
        quick_asr() as asr_url,
        Cloud.running(OUT / "sockets", asrs=0, coaches=0, environment={"MARTLIVE_ASR_URLS": asr_url}) as cloud,
    ):
        keys = []
        for number in range(-(-sockets // TENANT_SOCKETS)):
            name = f"crowd-{number}"
            keys.append(cloud.make_key(name))
            cloud.set_limits(
                name, streams=TENANT_SOCKETS, requests_a_minute=100_000, audio_ms_a_day=10 * TENANT_SOCKETS * 86_400_000
            )
        watch = Watch(cloud, every_s=2.0)
        speakers = asyncio.run(speak_together(cloud, keys, sockets, seconds, watch))
    up, down = ([one for speaker in speakers for one in getattr(speaker, way)] for way in ("up_s", "down_s"))
    expected = sockets * int(seconds)
    rows = watch.rows()
    found: dict[str, Any] = {
        "sockets": sockets,
        "acknowledged": len(up) / expected,
        "refusals": dict(Counter(speaker.refusal for speaker in speakers if speaker.refusal)),
        "up_p50_ms": 1000 * percentile(up, 50),
        "up_p99_ms": 1000 * percentile(up, 99),
        "down_p50_ms": 1000 * percentile(down, 50),
        "down_p99_ms": 1000 * percentile(down, 99),
        "services": rows,
        "load_before": watch.load_before,
    }
    cores = rows["gateway-0"]["cores"]
    found["is_good"] = (
        found["acknowledged"] > 0.99 and cores <= 1.0 and max(found["up_p99_ms"], found["down_p99_ms"]) <= 10.0
    )
    print(f"## {sockets} paced sockets through one gateway for {seconds:.0f} s")
    print(f"gateway: {cores:.2f} cores, {rows['gateway-0']['most_mb']:.0f} MB")
    print(f"to asr p50 / p99 {found['up_p50_ms']:.1f} / {found['up_p99_ms']:.1f} ms")
    print(f"to the client p50 / p99 {found['down_p50_ms']:.1f} / {found['down_p99_ms']:.1f} ms")
    print(f"acknowledged {found['acknowledged']:.1%}; refused {found['refusals']}; load before {watch.load_before:.1f}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--serve", type=int, metavar="PORT", help="be the process that stands for asr")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--finals", action="store_true", help="with --serve: make finals, checksums of the sound")
    options = parser.parse_args()
    if options.serve:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve_asr(options.host, options.serve, SummingAsr if options.finals else QuickAsr))
        return
    found = measure(options.sockets, options.seconds)
    keep(f"sockets-{options.sockets}", found)
    sys.exit(0 if found["is_good"] else 1)


if __name__ == "__main__":
    main()
