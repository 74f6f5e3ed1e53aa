"""Watches how many frames OBS loses, through its obs-websocket (protocol 5)."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.sync.client import ClientConnection

log = logging.getLogger(__name__)

ASK_EVERY_S = 2.0
"""60 frames at 30 a second; OBS itself shows these numbers as often."""

ANSWER_WITHIN_S = 2.0
"""OBS answers at once, and `close` waits for it at most so long."""

RETRY_AFTER_S, RETRY_AT_MOST_AFTER_S = 2.0, 60.0
"""Streamers start OBS before or after MartLive: soon at first, then seldom enough to cost nothing."""

HELLO, IDENTIFY, IDENTIFIED, REQUEST, RESPONSE = 0, 1, 2, 6, 7
"""Operations of obs-websocket that are needed here. Source: its protocol.md, "WebSocket OpCodes"."""

messages_log = logging.getLogger(f"{__name__}.messages")


class _NotUnderstood(Exception):
    """What answers is no obs-websocket of this protocol, or wants a password."""


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


class ObsFrames:
    """Tells the share of frames that OBS lost lately, from a thread of its own; finds OBS again when it comes back."""

    def __init__(
        self, host: str, port: int, on_lost_share: Callable[[float], None], *, password: str | None = None
    ) -> None:
        """Start; `on_lost_share` gets 0 when OBS goes."""
        # The library logs every message at the level of debugging, also the answer that the password gives.
        messages_log.setLevel(logging.CRITICAL)
        self._url = f"ws://{host}:{port}"
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
            except (OSError, WebSocketException, _NotUnderstood) as exc:
                log.info("no news from OBS", extra={"error": type(exc).__name__, "was_known": self._is_known})
            self._on_lost_share(0.0)
            retry_after_s = RETRY_AFTER_S if self._is_known else retry_after_s
            self._closing.wait(retry_after_s)
            retry_after_s = min(2 * retry_after_s, RETRY_AT_MOST_AFTER_S)

    def _watch(self) -> None:
        with connect(
            self._url,
            compression=None,
            proxy=None,
            open_timeout=ANSWER_WITHIN_S,
            close_timeout=ANSWER_WITHIN_S,
            logger=messages_log,
        ) as connection:
            self._identify(connection)
            self._is_known = True
            earlier = _frames(connection)
            while not self._closing.wait(ASK_EVERY_S):
                now = _frames(connection)
                self._on_lost_share(now.lost_share_since(earlier))
                earlier = now

    def _identify(self, connection: ClientConnection) -> None:
        wanted = _receive(connection, HELLO).get("authentication")
        # No events: only answers are read.
        reply: dict[str, Any] = {"rpcVersion": 1, "eventSubscriptions": 0}
        if wanted is not None:
            if self._password is None or not isinstance(wanted, dict):
                raise _NotUnderstood
            reply["authentication"] = _answer(self._password, str(wanted.get("salt")), str(wanted.get("challenge")))
        _send(connection, IDENTIFY, reply)
        _receive(connection, IDENTIFIED)


def _answer(password: str, salt: str, challenge: str) -> str:
    secret = base64.b64encode(hashlib.sha256((password + salt).encode()).digest())
    return base64.b64encode(hashlib.sha256(secret + challenge.encode()).digest()).decode()


def _frames(connection: ClientConnection) -> Frames:
    _send(connection, REQUEST, {"requestType": "GetStats", "requestId": "stats"})
    stats = _receive(connection, RESPONSE).get("responseData")
    names = ("renderTotalFrames", "renderSkippedFrames", "outputTotalFrames", "outputSkippedFrames")
    numbers: list[Any] = [stats.get(name) for name in names] if isinstance(stats, dict) else []
    if not numbers or not all(isinstance(number, int) for number in numbers):
        raise _NotUnderstood
    return Frames(*numbers)


def _send(connection: ClientConnection, operation: int, data: dict[str, Any]) -> None:
    connection.send(json.dumps({"op": operation, "d": data}))


def _receive(connection: ClientConnection, operation: int) -> dict[str, Any]:
    try:
        message = json.loads(connection.recv(timeout=ANSWER_WITHIN_S))
    except ValueError as exc:
        raise _NotUnderstood from exc
    data = message.get("d") if isinstance(message, dict) and message.get("op") == operation else None
    if not isinstance(data, dict):
        raise _NotUnderstood
    return data
