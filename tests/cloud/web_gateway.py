"""A small gateway for tests of the page: it speaks the public protocol on loopback, and notes all it gets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from cloud_api.errors import Refusal
from cloud_api.settings import CloudSettings
from cloud_api.web_demo.app import build
from martlive_desktop.core.events import Tip, TipClosed, Transcript, Word, to_json
from martlive_desktop.core.frames import PROTOCOL, Frame, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = "mlk_test_secret"
REPORT = (
    "<!doctype html><html lang=en><title>Report</title><style>p{color:rgb(1,2,3)}</style><p id=p>-</p>"
    "<script>p.textContent='made';try{sessionStorage;p.textContent='leak'}catch{}"
    "try{opener.document;p.textContent='leak'}catch{}</script>"
)

SENTENCE = ("this", "serum", "works", "on", "dry", "skin")


def spoken(sentence: Sequence[str], begin_ms: int, stable: int = 99) -> tuple[Word, ...]:
    """The words of `sentence`, of which so many are stable."""
    return tuple(
        Word(text, begin_ms + 400 * i, begin_ms + 400 * i + 300, 0.9, is_stable=i < stable)
        for i, text in enumerate(sentence)
    )


@dataclass
class Session:
    """What one session got."""

    body: dict[str, Any]
    sound: dict[int, Frame] = field(default_factory=dict)
    pictures: list[Frame] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    opens: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    repeated: int = 0
    """Sound frames that came again after a lost connection."""
    acked: int = 0
    """Frames that were heard and are no longer wanted."""
    is_ended: bool = False
    is_deleted: bool = False

    @property
    def pcm(self) -> bytes:
        return b"".join(self.sound[n].payload for n in sorted(self.sound))


class FakeGateway:
    """Answers; `drops` are counts of sound frames after which a connection is cut."""

    def __init__(self) -> None:
        self.app = self._build()
        self.reset()

    def reset(self) -> None:
        """As if nobody had been there."""
        self.sessions: dict[str, Session] = {}
        self.keys: dict[str, str] = {}
        self.drops: list[int] = []
        self.refusals: list[Refusal] = []
        """For the next requests that open a session or buy a ticket."""
        self.ends_with: list[Refusal] = []
        """What the next connections are told once ready."""
        self.report_tries = 1
        """How often the report is not yet made."""
        self.is_slow = False
        """It never comes to an end."""
        self.sentences: Sequence[Sequence[str]] = [SENTENCE]
        self.tip_severity = 1
        self.tip_text = "Rosa: safe for cats?"
        self.tip_ms = 600_000
        self._tickets: dict[str, str] = {}

    @property
    def only(self) -> Session:
        (session,) = self.sessions.values()
        return session

    def _build(self) -> FastAPI:
        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])

        @app.exception_handler(Refusal)
        async def refused(request: Request, exc: Refusal) -> Response:
            return JSONResponse(exc.body("t"), exc.problem.status, media_type="application/problem+json")

        def admit(request: Request) -> None:
            if request.headers.get("authorization") != f"Bearer {KEY}":
                raise Refusal("unauthorized")

        @app.post("/v1/sessions")
        async def opened(request: Request) -> Response:
            admit(request)
            if self.refusals:
                raise self.refusals.pop(0)
            wanted = self.keys.setdefault(request.headers["idempotency-key"], f"s{len(self.keys)}")
            self.sessions.setdefault(wanted, Session(await request.json()))
            url = f"ws://{request.url.netloc}/v1/sessions/{wanted}/stream"
            return JSONResponse({"id": wanted, "stream_url": url, "epoch": 0, **self._ticket(wanted)}, 201)

        @app.post("/v1/sessions/{name}/tickets")
        async def ticket(request: Request, name: str) -> Response:
            admit(request)
            if self.refusals:
                raise self.refusals.pop(0)
            return JSONResponse(self._ticket(name), 201)

        @app.post("/v1/sessions/{name}/end")
        async def end(request: Request, name: str) -> Response:
            admit(request)
            self.sessions[name].is_ended = True
            return JSONResponse({})

        @app.delete("/v1/sessions/{name}")
        async def erased(request: Request, name: str) -> Response:
            admit(request)
            self.sessions[name].is_deleted = True
            return Response(status_code=204)

        @app.get("/v1/sessions/{name}/report")
        async def report(request: Request, name: str) -> Response:
            admit(request)
            if self.report_tries:
                self.report_tries -= 1
                raise Refusal("not-found")
            return HTMLResponse(REPORT)

        @app.get("/v1/sessions/{name}/transcript")
        async def transcript(request: Request, name: str) -> Response:
            admit(request)
            return PlainTextResponse(" ".join(SENTENCE))

        app.router.add_websocket_route("/v1/sessions/{name}/stream", self._stream)
        return app

    def _ticket(self, name: str) -> dict[str, Any]:
        ticket = f"t{len(self._tickets)}"
        self._tickets[ticket] = name
        return {"ticket": ticket, "ticket_expires_at": "2030-01-01T00:00:00Z"}

    async def _stream(self, socket: WebSocket) -> None:
        name = socket.path_params["name"]
        session = self.sessions[name]
        given = [one.strip() for one in socket.headers["sec-websocket-protocol"].split(",")]
        if given[0] != PROTOCOL or self._tickets.pop(given[1].removeprefix("ticket."), "") != name:
            session.faults.append("ticket")
        if socket.url.query:
            session.faults.append("query")
        await socket.accept(subprotocol=PROTOCOL)
        with contextlib.suppress(WebSocketDisconnect):
            await self._converse(socket, session)

    async def _converse(self, socket: WebSocket, session: Session) -> None:
        opening = json.loads(await socket.receive_text())
        assert opening["type"] == "open"
        session.opens.append(opening["resume"])
        begin = int(opening["resume"] or 0)
        pictures = session.pictures[-1].sequence + 1 if session.pictures else 0
        ready = {"type": "ready", "epoch": len(session.opens), "next_seq": begin, "next_picture": pictures}
        await socket.send_json({**ready, "codecs": ["pcm16"], "partial_step_ms": 2000})
        if self.ends_with:
            refusal = self.ends_with.pop(0)
            await socket.send_json({"type": "error", "problem": refusal.body("t")})
            await socket.close(refusal.problem.close_code)
            return
        wanted = begin
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if text := message.get("text"):
                said = json.loads(text)
                session.texts.append(said)
                if said["type"] == "end" and self.is_slow:
                    continue
                if said["type"] == "end":
                    session.is_ended = True
                    await socket.send_json({"type": "ended"})
                    await socket.close()
                    return
                if said["type"] == "command" and said["what"] == "dismiss":
                    await self._event(socket, to_json(TipClosed(said.get("at_ms", 0), "tip-1", "dismissed")))
                if said["type"] == "chat":
                    asked = {"at_ms": said["at_ms"], "asked_ms": said["at_ms"], "user": said["user"]}
                    await self._event(
                        socket,
                        json.dumps({"type": "question", **asked, "text": said["text"], "state": "asked", "viewers": 1}),
                    )
                continue
            frame = parse(message["bytes"])
            if not frame.kind.is_sound:
                if frame.sequence != pictures:
                    session.faults.append(f"picture {frame.sequence} for {pictures}")
                pictures += 1
                session.pictures.append(frame)
                continue
            if frame.sequence != wanted or frame.capture_ms != 200 * frame.sequence:
                session.faults.append(f"frame {frame.sequence} for {wanted}")
            wanted += 1
            if frame.sequence in session.sound:
                session.repeated += 1
                if session.sound[frame.sequence] != frame:
                    session.faults.append(f"frame {frame.sequence} is another one")
            session.sound[frame.sequence] = frame
            await self._answer(socket, session, frame)
            if self.drops and frame.sequence >= self.drops[0]:
                self.drops.pop(0)
                await socket.close(1012)
                return

    async def _answer(self, socket: WebSocket, session: Session, frame: Frame) -> None:
        number, at_ms = frame.sequence + 1, frame.end_ms
        await socket.send_json({"type": "voice", "at_ms": at_ms - at_ms % 32, "probabilities": [0.9] * 6})
        if number % 20 == 0:
            session.acked = number - 10
            through_ms = session.acked * 200
            ack = {"type": "ack", "decoded_through_ms": through_ms, "resume": str(session.acked)}
            await socket.send_json(ack)
        utterance, part = divmod(number, 15)
        begin_ms = utterance * 3_000
        words = spoken(self.sentences[utterance % len(self.sentences)], begin_ms, part // 3 - 1)
        if part and part % 3 == 0:
            shown = words[: part // 3 + 1]
            text = " ".join(word.text for word in shown)
            await self._event(socket, to_json(Transcript(at_ms, False, utterance, text, shown)))
        if part == 0:
            # After a resume the service makes finals again.
            sentence = self.sentences[(utterance - 1) % len(self.sentences)]
            text = " ".join(sentence) + "."
            text = text[0].upper() + text[1:]
            final = Transcript(at_ms, True, utterance - 1, text, spoken(sentence, begin_ms - 3_000))
            await self._event(socket, to_json(final))
        if number == 8:
            tip = Tip(at_ms, "tip-1", "c1", "question", self.tip_text, self.tip_severity, "rules", at_ms + self.tip_ms)
            await self._event(socket, to_json(tip))
        if number == 10:
            pace = {"type": "signal", "at_ms": at_ms, "name": "pace", "value": 152.0, "unit": "wpm"}
            await self._event(socket, json.dumps(pace))

    async def _event(self, socket: WebSocket, event: str) -> None:
        await socket.send_json({"type": "event", "event": json.loads(event), "rev": 0})


class _Server(uvicorn.Server):
    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def servers(gateway: FakeGateway) -> Iterator[str]:
    """Runs `gateway` and the page, which is at the given address."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [one.getsockname()[1] for one in sockets]
    page = build(CloudSettings(public_url=f"http://127.0.0.1:{ports[0]}"))
    running = [
        _Server(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                log_config=None,
                lifespan="off",
                timeout_graceful_shutdown=1,
                # No test leaves a socket behind.
                headers=[("Connection", "close")],
            )
        )
        for app in (gateway.app, page)
    ]

    async def serve() -> None:
        await asyncio.gather(*(one.serve(sockets=[listening]) for one, listening in zip(running, sockets, strict=True)))

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="web-servers")
    thread.start()
    pause = threading.Event()
    while not all(one.started for one in running):
        pause.wait(0.01)
    try:
        yield f"http://127.0.0.1:{ports[1]}"
    finally:
        for one in running:
            one.should_exit = True
        thread.join()
        for listening in sockets:
            listening.close()
