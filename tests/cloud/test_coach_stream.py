"""The coach service as a gateway meets it: real sessions in real processes."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import multiprocessing
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from cloud_api.coach import stream
from cloud_api.coach.app import build
from cloud_api.coach.stream import MOST_UNSENT, Link
from cloud_api.errors import Refusal
from cloud_api.settings import CloudSettings
from martlive_desktop.core.events import to_json
from martlive_desktop.core.frames import Frame, FrameKind, pack
from tests.fakes.pictures import speckled
from tests.fakes.talk import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import WebSocketTestSession

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

TOKEN = "t" * 32
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
SECRET = "zanzibar marmalade"
PLAN = {"products": [{"name": "dew serum", "price": 28, "facts": ["safe for cats"]}]}


def settings(**others: Any) -> CloudSettings:
    return CloudSettings(internal_token=SecretStr(TOKEN), llm_model="", **others)


def wait_until_ready(client: TestClient) -> None:
    pause = threading.Event()
    while client.get("/readyz").status_code != 200:
        pause.wait(0.05)


@pytest.fixture(scope="module")
def coach() -> Iterator[TestClient]:
    with TestClient(build(settings())) as client:
        wait_until_ready(client)
        yield client


def connect(client: TestClient, session: str) -> WebSocketTestSession:
    return client.websocket_connect(f"/internal/v1/sessions/{session}", headers=HEADERS)


def opened(socket: WebSocketTestSession, **others: Any) -> dict[str, Any]:
    message = {"type": "open", "tenant": "a", "epoch": 1, "plan": PLAN, "language": "en", "mode": "coach", "title": ""}
    socket.send_json(message | others)
    answer: dict[str, Any] = socket.receive_json()
    return answer


def sound(number: int, ms: int = 200, kind: FrameKind = FrameKind.PCM16) -> bytes:
    pcm = np.random.default_rng(number).normal(0, 400, ms * 16).astype("<i2")
    return pack(Frame(kind, number, number * ms, pcm.tobytes()))


def picture(number: int, at_ms: int, *, is_black: bool = False, kind: FrameKind = FrameKind.JPEG) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(number).integers(-8, 8, (180, 320, 3))
    pixels = np.zeros((180, 320, 3)) if is_black else (speckled(3) + noise + number % 2 * 10).clip(0, 255)
    Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG")
    return pack(Frame(kind, number, at_ms, file.getvalue()))


def transcript(text: str, at_ms: int, utterance: int = 0) -> dict[str, Any]:
    return {"type": "event", "event": json.loads(to_json(said(text, at_ms, utterance=utterance))), "rev": 0}


def until(socket: WebSocketTestSession, kind: str) -> list[dict[str, Any]]:
    """Messages up to the first of `kind`, or the first event of that type."""
    out: list[dict[str, Any]] = []
    while True:
        out.append(socket.receive_json())
        if kind in (out[-1]["type"], out[-1].get("event", {}).get("type")):
            return out


def refusal(socket: WebSocketTestSession) -> tuple[str, int]:
    """The problem that ends the stream, and the code it is closed with."""
    problem = until(socket, "error")[-1]["problem"]
    with pytest.raises(WebSocketDisconnect) as caught:
        socket.receive_json()
    return problem["type"].removeprefix("urn:martlive:problem:"), caught.value.code


def test_show_is_coached_to_its_end(coach: TestClient) -> None:
    with connect(coach, "whole") as socket:
        assert opened(socket) == {"type": "ready", "next_picture": 0, "heard_through_ms": 0}
        for number in range(120):
            socket.send_bytes(sound(number))
            socket.send_json(
                {"type": "voice", "at_ms": (number + 1) * 192, "probabilities": [0.9 if number < 40 else 0.0] * 6}
            )
        socket.send_json(transcript("This dew serum cures eczema.", 4_000))
        socket.send_json({"type": "chat", "at_ms": 5_000, "user": "Rosa", "text": "is it safe for cats?"})
        socket.send_json({"type": "command", "what": "mark"})
        told = until(socket, "chat")
        assert {"rundown", "signal", "cue"} <= {one["event"]["type"] for one in told}
        assert not [one for one in told if one["event"]["type"] == "transcript"]
        socket.send_json({"type": "end"})
        assert until(socket, "ended")[-2]["event"]["state"] == "ended"
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_json()
        assert caught.value.code == 1_000


def test_camera_that_turns_black_gives_its_tip_through_the_socket(coach: TestClient) -> None:
    with connect(coach, "black") as socket:
        opened(socket)
        for half in range(44):
            for number in range(half * 5 // 2, (half + 1) * 5 // 2):
                socket.send_bytes(sound(number))
                socket.send_json({"type": "voice", "at_ms": (number + 1) * 192, "probabilities": [0.0] * 6})
            socket.send_bytes(picture(half, half * 500, is_black=half > 12))
        assert until(socket, "tip")[-1]["event"]["text"] == "Screen is black"


def test_show_outlives_its_stream_and_is_taken_over_by_a_later_epoch(coach: TestClient) -> None:
    with connect(coach, "again") as first:
        opened(first, epoch=3)
        for number in range(10):
            first.send_bytes(sound(number))
            first.send_bytes(picture(number, number * 500)) if number < 3 else None
        first.send_json({"type": "command", "what": "mark"})
        until(first, "status")
        with connect(coach, "again") as late:
            late.send_json({"type": "open", "tenant": "a", "epoch": 2})
            assert refusal(late) == ("session-taken", 4_409)
        with connect(coach, "again") as other:
            other.send_json({"type": "open", "tenant": "b", "epoch": 9})
            assert refusal(other) == ("not-found", 4_404)
        with connect(coach, "again") as second:
            assert opened(second, epoch=4) == {"type": "ready", "next_picture": 3, "heard_through_ms": 2_000}
            assert refusal(first) == ("session-taken", 4_409)
            second.send_bytes(sound(7))
            second.send_bytes(sound(8))
    with connect(coach, "again") as third:
        assert opened(third, epoch=5)["heard_through_ms"] == 2_000
        for number in range(9, 12):
            third.send_bytes(sound(number))
    with connect(coach, "again") as fourth:
        assert opened(fourth, epoch=6)["heard_through_ms"] == 2_400
        fourth.send_json({"type": "end"})
        until(fourth, "ended")
    with connect(coach, "again") as fifth:
        # It ended, but nobody may have heard so.
        assert opened(fifth, epoch=7)["heard_through_ms"] == 2_400
        fifth.send_json({"type": "end"})
        assert fifth.receive_json() == {"type": "ended"}


def test_show_is_forgotten_some_time_after_its_stream(coach: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEPT_S", 0.05)
    with connect(coach, "short") as socket:
        opened(socket)
        socket.send_bytes(sound(0))
        socket.send_json({"type": "command", "what": "mark"})
        until(socket, "status")
    pause, heard_ms = threading.Event(), 200
    for epoch in range(2, 100):
        with connect(coach, "short") as socket:
            heard_ms = opened(socket, epoch=epoch)["heard_through_ms"]
        if not heard_ms:
            break
        pause.wait(0.1)
    assert heard_ms == 0


@pytest.mark.parametrize(
    ("messages", "name", "code"),
    [
        pytest.param([sound(0), sound(2)], "frame-gap", 4_400, id="gap"),
        pytest.param([sound(0), sound(0)], "frame-gap", 4_400, id="repeated"),
        pytest.param([sound(0), sound(1, 100)], "frame-gap", 4_400, id="time goes back"),
        pytest.param([picture(0, 0), picture(2, 500)], "frame-gap", 4_400, id="picture gap"),
        pytest.param([b""], "bad-frame", 4_400, id="empty"),
        pytest.param([b"\x07" + sound(0)[1:]], "bad-frame", 4_400, id="no kind"),
        pytest.param([sound(0) + b"\x00"], "bad-frame", 4_400, id="odd"),
        pytest.param([sound(0) + bytes(40_000)], "bad-frame", 4_400, id="large"),
        pytest.param([picture(0, 80_000)], "bad-frame", 4_400, id="picture of the future"),
        pytest.param([sound(0, kind=FrameKind.OPUS)], "codec-unsupported", 4_415, id="opus"),
        pytest.param([sound(0), picture(0, 0, kind=FrameKind.WEBP)], "codec-unsupported", 4_415, id="wrong picture"),
        pytest.param([sound(0), picture(0, 0)[:400]], "bad-frame", 4_400, id="cut picture"),
        pytest.param([picture(number, number * 50) for number in range(6)], "rate-limited", 4_429, id="many pictures"),
        pytest.param(["{"], "bad-request", 4_400, id="no json"),
        pytest.param(["[" * 5_000], "bad-request", 4_400, id="deep"),
        pytest.param(["7"], "bad-request", 4_400, id="no object"),
        pytest.param(['{"type": "open"}'], "bad-request", 4_400, id="opened twice"),
        pytest.param(['{"type": "command", "what": ["mark"]}'], "bad-request", 4_400, id="no command"),
        pytest.param(['{"type": "voice", "at_ms": 1, "probabilities": [NaN]}'], "bad-request", 4_400, id="nan"),
        pytest.param(['{"type": "voice", "at_ms": 1e99, "probabilities": [0]}'], "bad-request", 4_400, id="late"),
        pytest.param(['{"type": "chat", "at_ms": true, "user": "x", "text": "y"}'], "bad-request", 4_400, id="truth"),
        pytest.param(
            ['{"type": "event", "event": {"type": "transcript", "at_ms": "x"}}'], "bad-request", 4_400, id="words"
        ),
    ],
)
def test_what_is_not_of_the_protocol_ends_its_stream_only(
    coach: TestClient, messages: list[bytes | str], name: str, code: int
) -> None:
    session = f"bad-{abs(hash((name, *messages)))}"
    with connect(coach, session) as socket:
        opened(socket, plan=None)
        for message in messages:
            socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message)
        assert refusal(socket) == (name, code)


@pytest.mark.parametrize(
    ("changed", "name", "field"),
    [
        ({"plan": {"mode": "x"}}, "invalid", "plan.mode"),
        ({"plan": []}, "invalid", "plan"),
        ({"language": "../en"}, "invalid", "language"),
        ({"epoch": "1"}, "invalid", "epoch"),
        ({"tenant": ""}, "invalid", "tenant"),
        ({"scenes": [{"name": "main"}]}, "invalid", "scenes"),
        ({"type": "voice"}, "invalid", "type"),
    ],
)
def test_session_that_cannot_be_opened_names_the_field(
    coach: TestClient, changed: dict[str, Any], name: str, field: str
) -> None:
    with connect(coach, "wrong") as socket:
        error = opened(socket, **changed)
        assert error["problem"]["type"].endswith(name)
        assert error["problem"]["errors"][0]["field"] == field
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_json()
        assert caught.value.code == 4_422


def test_half_a_character_in_the_chat_is_no_end(coach: TestClient) -> None:
    with connect(coach, "half") as socket:
        opened(socket)
        socket.send_bytes(sound(0))
        socket.send_text('{"type": "chat", "at_ms": 0, "user": "Ro\\ud800sa", "text": "hi \\ud83d\\ude00"}')
        line = until(socket, "chat")[-1]["event"]
        assert (line["user"], line["text"]) == ("Ro?sa", "hi \U0001f600")


@pytest.mark.parametrize(
    ("session", "headers", "status"),
    [("x", {}, 401), ("x", {"Authorization": "Bearer no"}, 401), ("a%20b", HEADERS, 404)],
)
def test_handshake_is_refused_with_a_problem(
    coach: TestClient, session: str, headers: dict[str, str], status: int
) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        coach.websocket_connect(f"/internal/v1/sessions/{session}", headers=headers),
    ):
        pass
    assert caught.value.status_code == status
    assert caught.value.headers["content-type"] == "application/problem+json"


def test_process_that_dies_takes_its_shows_and_the_next_ones_begin_anew() -> None:
    others = set(multiprocessing.active_children())
    with TestClient(build(settings())) as client:
        wait_until_ready(client)
        with connect(client, "lost") as socket:
            opened(socket)
            socket.send_bytes(sound(0))
            socket.send_json({"type": "command", "what": "mark"})
            until(socket, "status")
            for process in set(multiprocessing.active_children()) - others:
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
            assert refusal(socket) == ("unavailable", 4_503)
        wait_until_ready(client)
        with connect(client, "lost") as socket:
            assert opened(socket, epoch=2)["heard_through_ms"] == 0


def test_no_speech_chat_or_plan_comes_into_logs(
    coach: TestClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    plan = {"products": [{"name": SECRET, "facts": [SECRET]}]}
    with connect(coach, "secret") as socket:
        opened(socket, plan=plan)
        socket.send_bytes(sound(0))
        socket.send_json(transcript(f"the {SECRET} cures eczema", 0))
        socket.send_json({"type": "chat", "at_ms": 0, "user": SECRET, "text": SECRET})
        until(socket, "chat")
        socket.send_json({"type": SECRET})
        assert refusal(socket)[0] == "bad-request"
    body = {"id": "c1", "kind": "reset", "severity": 2, "evidence": [SECRET], "candidates": [SECRET], "language": "en"}
    assert coach.post("/internal/v1/tips", headers=HEADERS, json=body | {"deadline_ms": 50}).status_code == 200
    assert coach.post("/internal/v1/tips", headers=HEADERS, json=body).status_code == 422
    kept = [
        record.getMessage() + str(vars(record))
        for record in caplog.records
        if record.name.startswith(("cloud", "mart"))
    ]
    assert not [line for line in [*kept, *capfd.readouterr()] if "zanzibar" in line]
    assert "zanzibar" not in coach.get("/metrics").text


TIP = {
    "id": "c1",
    "kind": "reset",
    "severity": 2,
    "evidence": ["lamp"],
    "candidates": ["Recap: lamp"],
    "language": "en",
}
ASK = {"question": "is it safe for cats?", "evidence": ["Safe for cats."], "language": "en", "deadline_ms": 300}


def test_tips_and_answers_by_rest(coach: TestClient) -> None:
    tip = coach.post("/internal/v1/tips", headers=HEADERS, json=TIP | {"deadline_ms": 300, "version": 2})
    assert tip.json() == {"id": "c1", "text": "Recap: lamp", "source": "rules", "version": 2}
    answer = coach.post("/internal/v1/answers", headers=HEADERS, json=ASK)
    assert answer.json() == {"text": "Safe for cats.", "source": "rules", "grounded": True, "version": 2}
    unknown = coach.post("/internal/v1/answers", headers=HEADERS, json=ASK | {"evidence": []})
    assert (unknown.json()["text"], unknown.json()["grounded"]) == ("", False)
    metrics = coach.get("/metrics").text
    assert 'martlive_coach_tips_total{source="rules",where="request"}' in metrics
    assert 'martlive_coach_answers_total{source="none"}' in metrics


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tips", TIP, 422),
        ("tips", TIP | {"deadline_ms": 1, "version": 1}, 422),
        ("tips", TIP | {"deadline_ms": 1, "kind": "nonsense"}, 422),
        ("tips", TIP | {"deadline_ms": 1, "language": "../../x"}, 422),
        ("tips", TIP | {"deadline_ms": 1, "evidence": ["x" * 70_000]}, 413),
        ("tips", TIP | {"deadline_ms": 1, "candidates": ["\ud800"]}, 422),
        ("tips", [], 400),
        ("answers", ASK | {"question": " "}, 422),
        ("answers", ASK | {"evidence": "x"}, 422),
        ("chat/completions", {"messages": []}, 422),
        ("chat/completions", {"messages": [{"role": "tool", "content": "x"}]}, 422),
        ("chat/completions", {"messages": [{"role": "user", "content": "x" * 13_000}]}, 422),
        ("chat/completions", {"messages": [{"role": "user", "content": "x"}], "tools": [{}]}, 422),
        ("chat/completions", {"messages": [{"role": "user", "content": "x"}]}, 503),
    ],
)
def test_request_that_cannot_be_done_is_a_problem(coach: TestClient, path: str, body: Any, status: int) -> None:
    answer = coach.post(f"/internal/v1/{path}", headers=HEADERS, content=json.dumps(body))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("path", ["tips", "answers", "chat/completions"])
def test_only_services_are_let_in(coach: TestClient, path: str) -> None:
    assert coach.post(f"/internal/v1/{path}", content=b"x").status_code == 401
    assert coach.get("/internal/v1/models").status_code == 401
    assert coach.get("/internal/v1/models", headers=HEADERS).json() == {"object": "list", "data": []}


def test_draining_sends_streams_away_and_takes_none() -> None:
    app = build(settings(drain_s=5.0))
    with TestClient(app) as client:
        wait_until_ready(client)
        with connect(client, "drained") as socket:
            opened(socket)
            assert client.portal is not None
            client.portal.start_task_soon(app.state.drain)
            assert refusal(socket) == ("draining", 4_503)
        assert client.get("/readyz").json() == {"status": "draining"}
        with pytest.raises(WebSocketDenialResponse) as caught, connect(client, "drained"):
            pass
        assert caught.value.status_code == 503


class StuckSocket:
    """Takes nothing, and notes how it is closed."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed: list[int] = []
        self.taking = asyncio.Event()

    async def send_text(self, text: str) -> None:
        await self.taking.wait()
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        self.closed.append(code)


def test_socket_that_never_reads_is_closed_and_keeps_no_memory() -> None:
    async def go() -> tuple[StuckSocket, Link]:
        socket = StuckSocket()
        link = Link(socket, "trace")  # type: ignore[arg-type]
        for number in range(3 * MOST_UNSENT):
            link.send(str(number))
        socket.taking.set()
        await link.run()
        return socket, link

    socket, link = asyncio.run(go())
    assert isinstance(link.refusal, Refusal)
    assert (link.refusal.name, socket.closed) == ("too-slow", [4_408])
    assert len(socket.sent) <= MOST_UNSENT
    assert json.loads(socket.sent[-1])["problem"]["retryable"]


def test_socket_that_takes_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SEND_S", 0.05)

    async def go() -> None:
        link = Link(StuckSocket(), "trace")  # type: ignore[arg-type]
        link.send("x")
        async with asyncio.timeout(5):
            await link.run()

    asyncio.run(go())
