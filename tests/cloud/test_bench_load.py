"""The load generator's client and its breaking link, against a small service of the same protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from martlive_desktop.core.frames import PROTOCOL, parse
from tests.bench.cloud_load import Asked, Client, Talk, talk_together
from tests.bench.cloud_services import HOST, Link, free_port
from tests.bench.cloud_sound import Sound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]

FRAMES_OF_AN_UTTERANCE = 5
"""Each second, the service makes a final."""


class SmallService:
    """Makes a final of every second of sound; goes on from a token, and counts who came."""

    def __init__(self) -> None:
        self.port = free_port()
        self.opened: list[str] = []
        self.refuse = 0
        """So many sessions are refused first."""
        self.is_spent = False
        """Sessions are refused for good."""
        routes = [
            Route("/v1/sessions", self._session, methods=["POST"]),
            Route("/v1/sessions/{session}/tickets", self._ticket, methods=["POST"]),
            WebSocketRoute("/v1/sessions/{session}/stream", self._stream),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            host=HOST,
            port=self.port,
            log_config=None,
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _session(self, request: Request) -> Response:
        if self.is_spent or self.refuse:
            self.refuse -= 1
            name, retryable = ("quota-exceeded", False) if self.is_spent else ("at-capacity", True)
            problem = {"type": f"urn:martlive:problem:{name}", "retryable": retryable, "retry_after_ms": 20}
            return JSONResponse(problem, 429 if self.is_spent else 503)
        return JSONResponse({"id": "s1", "ticket": "t"}, 201)

    async def _ticket(self, request: Request) -> Response:
        return JSONResponse({"ticket": "t"}, 201)

    async def _stream(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol=PROTOCOL)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._serve(socket)

    async def _serve(self, socket: WebSocket) -> None:
        opened = json.loads(await socket.receive_text())
        self.opened.append(opened["resume"])
        # From before the last final, as after a kill: it is told again.
        next_sequence = max(0, int(opened["resume"] or 0) - FRAMES_OF_AN_UTTERANCE)
        ready = {"type": "ready", "epoch": len(self.opened), "next_seq": next_sequence, "next_picture": 0}
        await socket.send_json(ready | {"codecs": ["pcm16"], "partial_step_ms": None})
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (text := message.get("text")) is not None:
                assert json.loads(text) == {"type": "end"}
                await socket.send_json({"type": "ended"})
                await socket.close()
                return
            frame = parse(message["bytes"])
            assert frame.sequence == next_sequence
            next_sequence += 1
            if next_sequence % FRAMES_OF_AN_UTTERANCE == 0:
                number = next_sequence // FRAMES_OF_AN_UTTERANCE - 1
                await socket.send_json({"type": "event", "rev": 0, "event": _final(number, frame.end_ms)})
                # An ack of less than what was heard: the rest comes again after a resume.
                through_ms = max(0, (number - 1) * 1_000)
                await socket.send_json({"type": "ack", "decoded_through_ms": through_ms, "resume": str(next_sequence)})


def _final(number: int, at_ms: int) -> dict[str, Any]:
    return {"type": "transcript", "at_ms": at_ms, "final": True, "utterance": number, "text": f"u{number}", "words": []}


@pytest.fixture
def service() -> Iterator[SmallService]:
    with contextlib.closing(SmallService()) as service:
        yield service


@pytest.fixture
def link(service: SmallService) -> Iterator[Link]:
    with contextlib.closing(Link([(HOST, service.port)])) as link:
        yield link


SOUND = Sound(np.zeros(16_000 * 4, np.int16), "", (True,) * 125)


def _talk(link: Link, **fields: Any) -> Talk:
    return asyncio.run(talk_together([Asked(link.url, "mlk_x", SOUND, **fields)]))[0]


def test_stream_is_heard_in_real_time(link: Link) -> None:
    talk = _talk(link)
    assert talk.given == [(0, "u0"), (1, "u1"), (2, "u2"), (3, "u3")]
    assert (talk.is_ended, talk.trouble, talk.gaps) == (True, "", [])
    # The voice goes on to the end of each second; what is left is the way there and back.
    assert all(one.wait_s is not None and -0.05 < one.wait_s < 2.0 for one in talk.finals)


def test_finals_come_once_though_the_link_breaks(link: Link, service: SmallService) -> None:
    clients: list[Client] = []

    async def break_it() -> None:
        while len(clients[0].talk.finals) < 2:  # noqa: ASYNC110 - the client tells nobody
            await asyncio.sleep(0.02)
        await asyncio.to_thread(link.cut)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(link.mend)
        await asyncio.sleep(60)

    asked = [Asked(link.url, "mlk_x", SOUND)]
    talk = asyncio.run(talk_together(asked, beside=[break_it], on_clients=clients.extend))[0]
    assert talk.given == [(0, "u0"), (1, "u1"), (2, "u2"), (3, "u3")]
    assert talk.told_again >= 1
    assert len(talk.gaps) == 1
    assert talk.gaps[0].ready_s - talk.gaps[0].lost_s >= 0.25
    assert service.opened[0] == ""
    assert service.opened[-1] != ""


def test_full_service_is_asked_again_and_refusals_are_timed(link: Link, service: SmallService) -> None:
    service.refuse = 2
    talk = _talk(link)
    assert [name for name, _ in talk.refusals] == ["at-capacity", "at-capacity"]
    assert talk.is_ended


def test_impatient_client_leaves_a_full_service(link: Link, service: SmallService) -> None:
    service.refuse = 100
    talk = _talk(link, patience_s=0.0)
    assert (talk.trouble, talk.finals, talk.began_at_s) == ("at-capacity", [], 0.0)


def test_refusal_for_good_is_not_asked_again(link: Link, service: SmallService) -> None:
    service.is_spent = True
    talk = _talk(link)
    assert (talk.trouble, len(talk.refusals)) == ("quota-exceeded", 1)


def test_stalled_link_holds_bytes_back_and_gives_them_later() -> None:
    async def serve() -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(echo, HOST, port)
        link = await asyncio.to_thread(Link, [(HOST, port)])
        try:
            reader, writer = await asyncio.open_connection(HOST, link.port)
            writer.write(b"one")
            assert await reader.readexactly(3) == b"one"
            await asyncio.to_thread(link.stall)
            writer.write(b"two")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(3), 0.2)
            await asyncio.to_thread(link.mend)
            assert await reader.readexactly(3) == b"two"
            await asyncio.to_thread(link.reset_all)
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(1)
            writer.close()
        finally:
            await asyncio.to_thread(link.close)
            server.close()
            await server.wait_closed()

    port = free_port()
    asyncio.run(serve())


def test_link_goes_to_an_address_that_lives(service: SmallService) -> None:
    dead = free_port()
    with contextlib.closing(Link([(HOST, dead), (HOST, service.port), (HOST, dead)])) as link:
        talks = asyncio.run(talk_together([Asked(link.url, "mlk_x", Sound(SOUND.pcm[:16_000], "", SOUND.voiced))] * 3))
    assert [talk.is_ended for talk in talks] == [True, True, True]
