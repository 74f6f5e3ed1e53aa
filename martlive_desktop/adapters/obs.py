"""Watches how many frames OBS loses, through its obs-websocket (protocol 5)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from martlive_desktop.core.errors import ObsUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

log = logging.getLogger(__name__)

ASK_EVERY_S = 2.0
"""60 frames at 30 a second; OBS itself shows these numbers as often."""

ANSWER_WITHIN_S = 2.0
"""OBS answers at once, and `close` waits for it at most so long."""

RETRY_AFTER_S, RETRY_AT_MOST_AFTER_S = 2.0, 60.0
"""Streamers start OBS before or after MartLive: soon at first, then seldom enough to cost nothing."""

MOST_BYTES = 64 * 1024**2
"""Of an answer: a picture of 4K in base64 has 10 MB at most."""

HELLO, IDENTIFY, IDENTIFIED, REQUEST, RESPONSE = 0, 1, 2, 6, 7
"""Operations of obs-websocket that are needed here. Source: its protocol.md, "WebSocket OpCodes"."""

FIRST_OWN_CODE = 4_000
"""Codes with which OBS closes a connection from here on say why it lets nobody in. Source: the same, "WebSocketCloseCode"."""

messages_log = logging.getLogger(f"{__name__}.messages")


NOT_FOUND = "OBS does not answer; start it and turn on its WebSocket server under Tools."
NOT_UNDERSTOOD = "OBS does not let MartLive look; update OBS and check the password of its WebSocket server."


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames that OBS has counted since it runs."""

    rendered: int = 0
    not_rendered: int = 0
    """Drawing them took too long."""
    encoded: int = 0
    not_encoded: int = 0
    """The encoder was behind."""

    def lost_share_since(self, earlier: Frames) -> float:
        """The part of the frames since `earlier` that nobody sees, 0 to 1; 0 where OBS has begun to count anew."""
        drawn = _share(self.not_rendered - earlier.not_rendered, self.rendered - earlier.rendered)
        written = _share(self.not_encoded - earlier.not_encoded, self.encoded - earlier.encoded)
        return min(drawn + written, 1.0)


def _share(part: int, whole: int) -> float:
    return max(part, 0) / whole if whole > 0 else 0.0


@contextlib.contextmanager
def connected(
    host: str, port: int, password: str | None = None, *, answer_within_s: float = ANSWER_WITHIN_S
) -> Iterator[ObsConnection]:
    """A connection to OBS until the end of the block.

    Raises:
        ObsUnavailable: nobody listens there, it is no OBS, or the password is not right.
    """
    # The library logs every message at the level of debugging, also the answer that the password gives.
    messages_log.setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        with _translated():
            opening = connect(
                f"ws://{host}:{port}",
                compression=None,
                proxy=None,
                open_timeout=answer_within_s,
                close_timeout=answer_within_s,
                max_size=MOST_BYTES,
                logger=messages_log,
            )
            connection = ObsConnection(stack.enter_context(opening), answer_within_s)
        connection.identify(password)
        yield connection


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ConnectionClosed as exc:
        is_refused = exc.rcvd is not None and exc.rcvd.code >= FIRST_OWN_CODE
        raise ObsUnavailable(NOT_UNDERSTOOD if is_refused else NOT_FOUND) from exc
    except (OSError, WebSocketException) as exc:
        raise ObsUnavailable(NOT_FOUND) from exc


class ObsConnection:
    """A question, then its answer: for use in one thread. Everything raises `ObsUnavailable` when OBS has gone."""

    def __init__(self, socket: ClientConnection, answer_within_s: float) -> None:
        self._socket = socket
        self._answer_within_s = answer_within_s

    def identify(self, password: str | None) -> None:
        """Say who asks; nothing else is answered before."""
        wanted = self._receive(HELLO).get("authentication")
        # No events: only answers are read.
        reply: dict[str, Any] = {"rpcVersion": 1, "eventSubscriptions": 0}
        if wanted is not None:
            if password is None or not isinstance(wanted, dict):
                raise ObsUnavailable(NOT_UNDERSTOOD)
            reply["authentication"] = _answer(password, str(wanted.get("salt")), str(wanted.get("challenge")))
        self._send(IDENTIFY, reply)
        self._receive(IDENTIFIED)

    def ask(self, request: str, **data: object) -> dict[str, Any]:
        """What OBS answers to `request`, a name of its protocol, with `data`."""
        self._send(REQUEST, {"requestType": request, "requestId": request, "requestData": data})
        answer = self._receive(RESPONSE)
        status, found = answer.get("requestStatus"), answer.get("responseData") or {}
        if not isinstance(status, dict) or status.get("result") is not True or not isinstance(found, dict):
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return found

    def frames(self) -> Frames:
        """What OBS has counted up to now."""
        stats = self.ask("GetStats")
        names = ("renderTotalFrames", "renderSkippedFrames", "outputTotalFrames", "outputSkippedFrames")
        numbers: list[Any] = [stats.get(name) for name in names]
        if not all(isinstance(number, int) for number in numbers):
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return Frames(*numbers)

    def _send(self, operation: int, data: dict[str, Any]) -> None:
        with _translated():
            self._socket.send(json.dumps({"op": operation, "d": data}))

    def _receive(self, operation: int) -> dict[str, Any]:
        with _translated():
            text = self._socket.recv(timeout=self._answer_within_s)
        try:
            message = json.loads(text)
        except ValueError as exc:
            raise ObsUnavailable(NOT_UNDERSTOOD) from exc
        data = message.get("d") if isinstance(message, dict) and message.get("op") == operation else None
        if not isinstance(data, dict):
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return data


def _answer(password: str, salt: str, challenge: str) -> str:
    secret = base64.b64encode(hashlib.sha256((password + salt).encode()).digest())
    return base64.b64encode(hashlib.sha256(secret + challenge.encode()).digest()).decode()


class ObsFrames:
    """Tells the share of frames that OBS lost lately, from a thread of its own; finds OBS again when it comes back."""

    def __init__(
        self, host: str, port: int, on_lost_share: Callable[[float], None], *, password: str | None = None
    ) -> None:
        """Start; `on_lost_share` gets 0 when OBS goes."""
        self._host = host
        self._port = port
        self._on_lost_share = on_lost_share
        self._password = password
        self._closing = threading.Event()
        self._is_known = False
        self._thread = threading.Thread(target=self._run, name="martlive-obs")
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        retry_after_s = RETRY_AFTER_S
        while not self._closing.is_set():
            self._is_known = False
            try:
                self._watch()
            except ObsUnavailable as exc:
                log.info("no news from OBS", extra={"reason": str(exc), "was_known": self._is_known})
            self._on_lost_share(0.0)
            retry_after_s = RETRY_AFTER_S if self._is_known else retry_after_s
            self._closing.wait(retry_after_s)
            retry_after_s = min(2 * retry_after_s, RETRY_AT_MOST_AFTER_S)

    def _watch(self) -> None:
        with connected(self._host, self._port, self._password) as obs:
            self._is_known = True
            earlier = obs.frames()
            while not self._closing.wait(ASK_EVERY_S):
                now = obs.frames()
                self._on_lost_share(now.lost_share_since(earlier))
                earlier = now
