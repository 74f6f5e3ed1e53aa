"""A remote coach that speaks the real protocol over real sockets, hears by rule, and fails when it is told to.

Every second of sound is an utterance: its one word says the value of that second's samples.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from martlive_desktop.core.events import FRAME_MS, Transcript, Word, to_json
from martlive_desktop.core.frames import Frame, parse
from martlive_desktop.core.wire import TipAnswer, TipRequest, from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket

KEY = "mlk_test_secret"

SPOKEN_MS = 1_000
"""Length of each utterance."""


def problem(name: str, status: int, *, retryable: bool = False, **facts: Any) -> dict[str, Any]:
    return {"type": f"urn:martlive:problem:{name}", "status": status, "retryable": retryable, **facts}


class FakeCloud:
    """The service; what it is to do wrong is set from the test."""

    def __init__(self) -> None:
        self.key = KEY
        self.refusals: dict[str, dict[str, Any]] = {}
        """Problems by `METHOD path`, or `stream` (at the handshake) and `open` (after it)."""
        self.error_at_ms: int | None = None
        """From this place on it sends `error_problem` and closes, once."""
        self.error_problem: dict[str, Any] = {}
        self.drop_at_ms: list[int] = []
        """Places at which it closes without a word, each once."""
        self.is_mute = False
        """It takes everything and answers nothing."""
        self.acks = True
        self.twice = False
        """It tells every final twice."""
        self.spoiled = ""
        """What it says in place of being ready."""
        self.extra: list[str] = []
        """Messages that it says after it is ready, each once."""
        self.tip: Callable[[TipRequest], TipAnswer | bytes] = _last_candidate
        self.tip_delay_s = 0.0
        self.asked: list[TipRequest] = []
        self.wishes: list[dict[str, Any]] = []
        self.erased: list[str] = []
        self.tickets = 0
        self.opened: list[str] = []
        """Resume tokens that clients gave."""
        self.sound = bytearray()
        """All sound that was heard for the first time."""
        self.gaps = 0
        self.protocols: list[list[str]] = []
        self.subprotocol: str | None = "martlive.v1"
        self.port = 0
        self._used: set[str] = set()

    @contextlib.contextmanager
    def running(self) -> Iterator[FakeCloud]:
        app = Starlette(
            routes=[
                Route("/healthz", self._health),
                Route("/v1/tips", self._tips, methods=["POST"]),
                Route("/v1/sessions", self._begin, methods=["POST"]),
                Route("/v1/sessions/{id}", self._erase, methods=["DELETE"]),
                Route("/v1/sessions/{id}/tickets", self._ticket, methods=["POST"]),
                WebSocketRoute("/v1/sessions/{id}/stream", self._stream),
            ]
        )
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="off",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(server)), name="fake-cloud")
        self._started = threading.Event()
        thread.start()
        assert self._started.wait(10)
        self.port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.should_exit = server.force_exit = True
            thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, server: uvicorn.Server) -> None:
        serving = asyncio.ensure_future(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        self._started.set()
        await serving

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _problem_response(problem("unauthorized", 401))
        refusal = self.refusals.get(f"{request.method} {request.url.path}")
        return _problem_response(refusal) if refusal else None

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _tips(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        asked = from_bytes(TipRequest, await request.body())
        self.asked.append(asked)
        await asyncio.sleep(self.tip_delay_s)
        answer = self.tip(asked)
        return Response(answer if isinstance(answer, bytes) else to_bytes(answer), media_type="application/json")

    async def _begin(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        assert request.headers["idempotency-key"]
        self.wishes.append(await request.json())
        return JSONResponse({"id": f"s{len(self.wishes)}", "ticket": self._new_ticket(), "epoch": 0}, 201)

    async def _erase(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self.erased.append(request.path_params["id"])
        return Response(status_code=204)

    async def _ticket(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse({"ticket": self._new_ticket()})

    def _new_ticket(self) -> str:
        self.tickets += 1
        return f"ticket-{self.tickets}"

    async def _stream(self, socket: WebSocket) -> None:
        asked = socket.scope["subprotocols"]
        self.protocols.append(asked)
        ticket = asked[1].removeprefix("ticket.")
        if (refusal := self.refusals.get("stream")) or ticket in self._used:
            await socket.send_denial_response(_problem_response(refusal or problem("unauthorized", 401)))
            return
        self._used.add(ticket)
        await socket.accept(self.subprotocol)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._listen(socket)

    async def _listen(self, socket: WebSocket) -> None:
        opening = json.loads(await socket.receive_text())
        self.opened.append(opening["resume"])
        if refusal := self.refusals.get("open"):
            await socket.send_text(json.dumps({"type": "error", "problem": refusal}))
            await socket.close(4400 + refusal["status"] % 100)
            return
        heard_ms = int(opening["resume"] or 0)
        expected = heard_ms // 200
        if self.is_mute:
            while True:
                await socket.receive()
        if self.spoiled:
            await socket.send_text(self.spoiled)
            await socket.receive()
            return
        for message in (
            {"type": "ready", "epoch": len(self.opened), "next_seq": expected, "next_picture": 0, "codecs": ["pcm16"],
             "partial_step_ms": 1000},
            *(json.loads(one) for one in self.extra),
        ):  # fmt: skip
            await socket.send_text(json.dumps(message))
        self.extra.clear()
        waiting = b""
        through_ms = heard_ms
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("bytes") is not None:
                frame = parse(message["bytes"])
                self.gaps += frame.sequence != expected or frame.capture_ms != through_ms + len(waiting) // 32
                expected = frame.sequence + 1
                self._keep(frame)
                if self._is_broken(frame.end_ms):
                    await socket.close(1011)
                    return
                if self.error_at_ms is not None and frame.end_ms >= self.error_at_ms:
                    self.error_at_ms = None
                    await socket.send_text(json.dumps({"type": "error", "problem": self.error_problem}))
                    await socket.close(4503)
                    return
                waiting += frame.payload
                while len(waiting) >= SPOKEN_MS * 32:
                    await self._say(socket, through_ms, waiting[: SPOKEN_MS * 32])
                    waiting = waiting[SPOKEN_MS * 32 :]
                    through_ms += SPOKEN_MS
            elif json.loads(message["text"])["type"] == "end":
                if waiting:
                    await self._say(socket, through_ms, waiting)
                await socket.send_text('{"type":"ended"}')
                await socket.close(1000)
                return

    def _is_broken(self, at_ms: int) -> bool:
        if self.drop_at_ms and at_ms >= self.drop_at_ms[0]:
            del self.drop_at_ms[0]
            return True
        return False

    def _keep(self, frame: Frame) -> None:
        at = frame.capture_ms * 32
        if at == len(self.sound):
            self.sound += frame.payload
        else:
            assert self.sound[at : at + len(frame.payload)] == frame.payload

    async def _say(self, socket: WebSocket, at_ms: int, pcm: bytes) -> None:
        number = at_ms // SPOKEN_MS
        end_ms = at_ms + len(pcm) // 32
        word = Word(f"w{int.from_bytes(pcm[:2], 'little', signed=True)}", at_ms + 100, end_ms - 100, 0.9)
        partial = Transcript(end_ms, is_final=False, utterance=number, text="w", words=())
        final = Transcript(end_ms, is_final=True, utterance=number, text=word.text, words=(word,))
        frames = (end_ms - at_ms) // FRAME_MS
        await socket.send_text(json.dumps({"type": "voice", "at_ms": end_ms, "probabilities": [0.9] * frames}))
        for event in (partial, final, final) if self.twice else (partial, final):
            await socket.send_text(json.dumps({"type": "event", "event": json.loads(to_json(event)), "rev": 0}))
        if self.acks:
            await socket.send_text(json.dumps({"type": "ack", "decoded_through_ms": end_ms, "resume": str(end_ms)}))


def _last_candidate(request: TipRequest) -> TipAnswer:
    return TipAnswer(request.id, request.candidates[-1], "local")


def _problem_response(body: dict[str, Any]) -> Response:
    return JSONResponse(body, body["status"], media_type="application/problem+json")
