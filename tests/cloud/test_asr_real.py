"""The speech service as a process of its own, with the real model: words, resumes, bad input, faults, its end."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from martlive_desktop.core.events import RATE_HZ
from martlive_desktop.core.frames import Frame, FrameKind, pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

SPEECH = Path(__file__).resolve().parents[3] / "shared" / "speech"
TOKEN = "t" * 40
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
HOST = "127.0.0.1"


def read(name: str) -> NDArray[np.int16]:
    with wave.open(str(SPEECH / name)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def silence(seconds: float) -> NDArray[np.int16]:
    return np.random.default_rng(3).normal(0, 18, int(seconds * RATE_HZ)).astype(np.int16)


@pytest.fixture(scope="module")
def talk() -> NDArray[np.int16]:
    """Three sentences with pauses, 22 s."""
    if not SPEECH.exists():
        pytest.skip("no recordings")
    parts = [silence(0.5), read("LJ001-0004.wav"), silence(1.0), read("sb_spk1_snt1.wav"), silence(5.0)]
    whole = np.concatenate([*parts, read("LJ001-0006.wav"), silence(1.5)])
    return whole[: len(whole) // 16 * 16]


@dataclass
class Service:
    """The process; `restart` ends it and starts another on the same port."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind((HOST, 0))
                self.port = probe.getsockname()[1]
        given = {"MARTLIVE_INTERNAL_TOKEN": TOKEN, "MARTLIVE_RESUME_SECRET": "r" * 40, "MARTLIVE_MAX_STREAMS": "4"}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cloud_api", "asr", "--port", str(self.port)],
                env=os.environ | given | self.settings,
                stderr=log,
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        pause = threading.Event()
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if self.get("/readyz").status_code == 200:
                    return
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "log").read_text()
            pause.wait(0.1)
        raise AssertionError("not ready")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=HEADERS, trust_env=False)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def child(self) -> int:
        """The process that hears."""
        assert self.process is not None
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = [*map(int, listed.read_text().split())]
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            children += map(int, (task / "children").read_text().split())
        [found] = {pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}
        return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    one = Service(tmp_path_factory.mktemp("asr"))
    try:
        one.start()
        yield one
    finally:
        one.stop()


@pytest.fixture(autouse=True)
def _whole_service(service: Service) -> None:
    service.wait_until_ready()


class Link:
    """One connection of a gateway."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[dict[str, Any]] = []

    async def next(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                message: dict[str, Any] = json.loads(await self.connection.recv())
                self.told.append(message)
                if message["type"] == kind:
                    return message

    async def end(self) -> tuple[str, int]:
        """The problem that it ends with, and the close code."""
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    self.told.append(json.loads(await self.connection.recv()))
        await self.connection.wait_closed()
        assert self.told[-1]["type"] == "error"
        return str(self.told[-1]["problem"]["type"]).rpartition(":")[2], self.connection.close_code or 0

    @property
    def finals(self) -> list[dict[str, Any]]:
        events = [one["event"] for one in self.told if one["type"] == "event"]
        return [one for one in events if one["final"] and one["text"]]


@contextlib.asynccontextmanager
async def link(service: Service, session: str, *, headers: dict[str, str] = HEADERS, **opened: Any) -> Any:
    async with connect(
        f"ws://{HOST}:{service.port}/internal/v1/streams/{session}",
        additional_headers=headers,
        compression=None,
        proxy=None,
    ) as connection:
        first = {"type": "open", "tenant": "shop", "epoch": 1, "language": "en", "partials": False, "resume": ""}
        await connection.send(json.dumps(first | {"voice": False, "names": []} | opened))
        yield Link(connection)


def frames(pcm: NDArray[np.int16], sizes_ms: Sequence[int] = (200,)) -> list[bytes]:
    """`pcm` from the start of a stream, in frames whose lengths go round in `sizes_ms`."""
    packed: list[bytes] = []
    at = 0
    while at < len(pcm):
        part = pcm[at : at + sizes_ms[len(packed) % len(sizes_ms)] * 16]
        packed.append(pack(Frame(FrameKind.PCM16, len(packed), at // 16, part.astype("<i2").tobytes())))
        at += len(part)
    return packed


def spoken(finals: Sequence[dict[str, Any]]) -> list[tuple[int, str, int]]:
    return [(one["utterance"], one["text"], one["at_ms"]) for one in finals]


async def hear(service: Service, session: str, packed: Sequence[bytes], **opened: Any) -> Link:
    """A stream from `packed` to its end."""
    async with link(service, session, **opened) as one:
        ready = await one.next("ready")
        for frame in packed[ready["next_seq"] :]:
            await one.connection.send(frame)
        await one.connection.send('{"type":"end"}')
        await one.next("ended")
        found: Link = one
        return found


def test_words_come_with_acks_and_voice(service: Service, talk: NDArray[np.int16]) -> None:
    heard = asyncio.run(hear(service, "words", frames(talk), voice=True, partials=True))
    texts = [text.lower() for _, text, _ in spoken(heard.finals)]
    assert len(texts) == 3
    assert "block books" in texts[0]
    assert "small dog" in texts[1]
    assert "typography" in texts[2]
    acks = [one for one in heard.told if one["type"] == "ack"]
    places = [one["decoded_through_ms"] for one in acks]
    assert places == sorted(places)
    assert len(acks) >= 4, "one for each final, and one in the silence"
    chances = [chance for one in heard.told if one["type"] == "voice" for chance in one["probabilities"]]
    assert len(chances) == pytest.approx(len(talk) / 512, abs=2)


def test_stream_that_goes_on_from_any_ack_gives_the_same_finals(service: Service, talk: NDArray[np.int16]) -> None:
    async def run() -> None:
        for sizes in ((200,), (32, 330, 7)):
            packed = frames(talk, sizes)
            whole = await hear(service, "whole", packed)
            for number, message in enumerate(whole.told):
                if message["type"] != "ack":
                    continue
                before = Link(whole.connection)
                before.told = whole.told[:number]
                after = await hear(service, "whole", packed, resume=message["resume"])
                assert spoken(before.finals + after.finals) == spoken(whole.finals)

    asyncio.run(run())


def test_refused_before_it_is_accepted_without_the_services_token(service: Service) -> None:
    async def run() -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with link(service, "stranger", headers={}):
                pass
        return refused.value.response.status_code

    assert asyncio.run(run()) == 401
    for path in ("/internal/v1/load",):
        assert httpx.get(service.url + path, trust_env=False).status_code == 401


SOUND = bytes(6_400)


@pytest.mark.parametrize(
    ("sent", "problem", "code"),
    [
        ([pack(Frame(FrameKind.PCM16, 1, 0, SOUND))], "frame-gap", 4400),
        ([pack(Frame(FrameKind.PCM16, 0, 40, SOUND))], "frame-gap", 4400),
        ([pack(Frame(FrameKind.PCM16, 0, 0, SOUND))] * 2, "frame-gap", 4400),
        ([pack(Frame(FrameKind.OPUS, 0, 0, SOUND))], "codec-unsupported", 4415),
        ([pack(Frame(FrameKind.JPEG, 0, 0, SOUND))], "codec-unsupported", 4415),
        ([b"\x01"], "bad-frame", 4400),
        ([pack(Frame(FrameKind.PCM16, 0, 0, bytes(33)))], "bad-frame", 4400),
        (["{" * 100_000], "bad-request", 4400),
        (['{"type":"chat"}'], "bad-request", 4400),
        (['{"type":"end"}', pack(Frame(FrameKind.PCM16, 0, 0, SOUND))], "bad-frame", 4400),
        ([pack(Frame(FrameKind.PCM16, n, n * 1000, bytes(32_000))) for n in range(80)], "too-fast", 4429),
    ],
    ids=["later", "time", "twice", "opus", "picture", "short", "odd", "deep", "chat", "after the end", "fast"],
)
def test_bad_input_ends_its_stream_with_a_reason(
    service: Service, sent: list[bytes | str], problem: str, code: int
) -> None:
    async def run() -> tuple[str, int]:
        async with link(service, "bad") as one:
            await one.next("ready")
            wire = one.connection.transport.get_extra_info("socket")
            # What is sent goes out together: a stream may be over before something that comes after its end.
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            with contextlib.suppress(ConnectionClosed):
                for message in sent:
                    await one.connection.send(message)
            with contextlib.suppress(OSError):
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
            found: tuple[str, int] = await one.end()
            return found

    found = asyncio.run(run())
    if problem == "bad-frame" and len(sent) == 2:
        # Everything may be told before the sound comes.
        assert found in [("bad-frame", 4400)]
    else:
        assert found == (problem, code)


def test_token_of_another_session_is_refused(service: Service, talk: NDArray[np.int16]) -> None:
    async def run() -> list[tuple[str, int]]:
        whole = await hear(service, "mine", frames(talk[: 10 * RATE_HZ]))
        token = next(one["resume"] for one in whole.told if one["type"] == "ack")
        found = []
        for session, tenant in (("yours", "shop"), ("mine", "rival")):
            async with link(service, session, resume=token, tenant=tenant) as one:
                found.append(await one.end())
        return found

    assert asyncio.run(run()) == [("resume-invalid", 4412)] * 2


def test_larger_epoch_takes_the_session_over_and_a_smaller_one_is_refused(service: Service) -> None:
    async def run() -> list[tuple[str, int]]:
        async with link(service, "owned", epoch=3) as older:
            await older.next("ready")
            async with link(service, "owned", epoch=5) as newer:
                await newer.next("ready")
                ends = [await older.end()]
                async with link(service, "owned", epoch=4) as late:
                    ends.append(await late.end())
                await newer.connection.send('{"type":"end"}')
                await newer.next("ended")
                return ends

    assert asyncio.run(run()) == [("session-taken", 4409)] * 2


def test_full_service_refuses_and_takes_again(service: Service) -> None:
    async def run() -> dict[str, Any]:
        async with contextlib.AsyncExitStack() as stack:
            for number in range(4):
                one = await stack.enter_async_context(link(service, f"full-{number}"))
                await one.next("ready")
            load: dict[str, Any] = (await asyncio.to_thread(service.get, "/internal/v1/load")).json()
            async with link(service, "one-too-many") as late:
                assert await late.end() == ("at-capacity", 4503)
                assert late.told[-1]["problem"]["retry_after_ms"] > 0
        async with link(service, "one-too-many") as again:
            await again.next("ready")
        return load

    load = asyncio.run(run())
    assert (load["streams"], load["capacity"]) == (4, 4)


def test_process_that_dies_costs_a_resume_and_no_word(service: Service, talk: NDArray[np.int16]) -> None:
    async def run() -> None:
        packed = frames(talk)
        whole = await hear(service, "killed", packed)
        async with link(service, "killed") as first:
            await first.next("ready")
            for frame in packed[:45]:
                await first.connection.send(frame)
            token = (await first.next("ack"))["resume"]
            os.kill(service.child(), signal.SIGKILL)
            assert await first.end() == ("unavailable", 4503)
        told = first.told
        last = max(number for number, one in enumerate(told) if one["type"] == "ack")
        before = Link(first.connection)
        before.told = told[:last]
        token = told[last]["resume"]
        await asyncio.to_thread(service.wait_until_ready)
        after = await hear(service, "killed", packed, resume=token)
        assert spoken(before.finals + after.finals) == spoken(whole.finals)

    asyncio.run(run())


def recording(pcm: NDArray[np.int16]) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE_HZ, len(pcm), "NONE", ""))
        writer.writeframes(pcm.tobytes())
    return file.getvalue()


def test_recording_gives_segments_with_words(service: Service, talk: NDArray[np.int16]) -> None:
    answer = httpx.post(
        f"{service.url}/internal/v1/transcriptions",
        content=recording(talk),
        headers=HEADERS,
        trust_env=False,
        timeout=60,
    )
    found = answer.json()
    assert found["duration_ms"] == len(talk) // 16
    assert [one["start_ms"] < one["end_ms"] for one in found["segments"]] == [True] * 3
    assert "block books" in found["segments"][0]["text"].lower()
    assert found["segments"][0]["words"][0]["text"].lower().startswith("produced")


@pytest.mark.parametrize("data", [b"", b"no recording", bytes(100_000)], ids=["empty", "text", "zeros"])
def test_what_is_no_recording_is_refused(service: Service, data: bytes) -> None:
    answer = httpx.post(
        f"{service.url}/internal/v1/transcriptions", content=data, headers=HEADERS, trust_env=False, timeout=30
    )
    assert answer.status_code == 415
    assert answer.json()["type"].endswith("codec-unsupported")


def test_load_is_shown_to_the_autoscaler(service: Service) -> None:
    lines = service.get("/metrics").text.splitlines()
    shown = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("martlive_stream")}
    assert shown["martlive_stream_capacity"] == 4
    assert shown["martlive_stream_load"] == shown["martlive_streams"] / 4


def test_end_sends_streams_on_behind_their_next_ack(tmp_path: Path, talk: NDArray[np.int16]) -> None:
    one = Service(tmp_path, {"MARTLIVE_DRAIN_S": "15"})

    async def run() -> Link:
        async with link(one, "drained") as stream:
            await stream.next("ready")
            packed = frames(talk)
            for frame in packed[:40]:
                await stream.connection.send(frame)
            await stream.next("ack")
            assert one.process is not None
            one.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(ConnectionClosed):
                for frame in packed[40:]:
                    await stream.connection.send(frame)
                    await asyncio.sleep(0.02)
            assert await stream.end() == ("draining", 4503)
            found: Link = stream
            return found

    try:
        one.start()
        drained = asyncio.run(run())
        assert drained.told[-2]["type"] == "ack"
    finally:
        one.stop()
    assert one.process is not None
    assert one.process.returncode in (0, -signal.SIGTERM)
