"""Talks with OBS through its obs-websocket (protocol 5)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import logging
import socket
import time
import warnings
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from martlive_desktop.core.errors import ObsUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from websockets.sync.client import ClientConnection

ANSWER_WITHIN_S = 2.0
"""OBS answers at once, unless the computer is busy."""

MOST_BYTES = 64 * 1024**2
"""Of an answer: a picture of 4K in base64 has 10 MB at most."""

HELLO, IDENTIFY, IDENTIFIED, EVENT, REQUEST, RESPONSE = 0, 1, 2, 5, 6, 7
"""Operations of obs-websocket that are needed here. Source: its protocol.md, "WebSocket OpCodes"."""

FIRST_OWN_CODE, NOT_LET_IN_CODE = 4_000, 4_009
"""Codes with which OBS closes a connection from here on say why it lets nobody in. Source: the same, "WebSocketCloseCode"."""

BUSY_CODE = 207
"""OBS is starting, or changes all its scenes. Source: the same, "RequestStatus"."""

MOST_PIXELS = 64_000_000
"""Of a picture: a canvas of 8K has half of it."""

MOST_FRAMES = 2**63
"""OBS counts in 32 bits."""

messages_log = logging.getLogger(f"{__name__}.messages")


NOT_FOUND = "OBS does not answer; start it and turn on its WebSocket server under Tools."
NOT_OBS = "Something else answers in place of OBS; use the port that OBS shows under Tools, WebSocket Server Settings."
TOO_OLD = "Your OBS is too old for MartLive; update it to version 28 or newer."
NOT_LET_IN = "OBS wants its password; OBS shows it under Tools, WebSocket Server Settings, Show Connect Info."
BUSY = "OBS is busy with its scenes; MartLive tries again in a moment."
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
    host: str,
    port: int,
    password: str | None = None,
    *,
    answer_within_s: float = ANSWER_WITHIN_S,
    event_kinds: int = 0,
) -> Iterator[ObsConnection]:
    """A connection to OBS until the end of the block.

    Args:
        host: Where OBS runs.
        port: Of its WebSocket server.
        password: None where it needs none.
        answer_within_s: How long every answer is waited for.
        event_kinds: Kinds of events that OBS tells, a sum of "EventSubscription" of its protocol.

    Raises:
        ObsUnavailable: nobody listens there, it is no OBS, or the password is not right.
    """
    # The library logs every message at the level of debugging, also the answer that the password gives.
    messages_log.setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        with _translated(if_broken=NOT_OBS):
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
        connection.identify(password, event_kinds)
        yield connection


@contextlib.contextmanager
def _translated(if_broken: str = NOT_FOUND) -> Iterator[None]:
    try:
        yield
    except ConnectionClosed as exc:
        code = exc.rcvd.code if exc.rcvd is not None else 0
        sentence = NOT_UNDERSTOOD if code >= FIRST_OWN_CODE else if_broken
        raise ObsUnavailable(NOT_LET_IN if code == NOT_LET_IN_CODE else sentence) from exc
    except OSError as exc:
        raise ObsUnavailable(NOT_FOUND) from exc
    # websockets asserts that nobody speaks before the handshake, as a mail server does.
    except (WebSocketException, AssertionError) as exc:
        raise ObsUnavailable(NOT_OBS) from exc


class ObsConnection:
    """Questions with their answers, and events: for use in one thread. Everything raises `ObsUnavailable` when OBS has gone."""

    def __init__(self, connection: ClientConnection, answer_within_s: float) -> None:
        self._connection = connection
        self._answer_within_s = answer_within_s
        self._asked = 0
        self._events: deque[str] = deque()

    def identify(self, password: str | None, event_kinds: int) -> None:
        """Say who asks; nothing else is answered before."""
        hello = self._receive(HELLO, TOO_OLD)
        version, wanted = hello.get("rpcVersion"), hello.get("authentication")
        if not isinstance(version, int) or version < 1:
            raise ObsUnavailable(TOO_OLD)
        reply: dict[str, Any] = {"rpcVersion": 1, "eventSubscriptions": event_kinds}
        if wanted is not None:
            if not isinstance(wanted, dict):
                raise ObsUnavailable(NOT_UNDERSTOOD)
            if password is None:
                raise ObsUnavailable(NOT_LET_IN)
            reply["authentication"] = _answer(password, str(wanted.get("salt")), str(wanted.get("challenge")))
        self._send(IDENTIFY, reply)
        self._receive(IDENTIFIED, NOT_FOUND)

    def ask(self, request: str, **data: object) -> dict[str, Any]:
        """What OBS answers to `request`, a name of its protocol, with `data`; `ObsUnavailable` also where it refuses."""
        code, found = self._answer(request, data)
        if found is None:
            raise ObsUnavailable(BUSY if code == BUSY_CODE else NOT_UNDERSTOOD)
        return found

    def ask_list(self, request: str, name: str, **data: object) -> list[dict[str, Any]]:
        """The objects that OBS lists as `name` in its answer to `request`."""
        return objects(self.ask(request, **data), name)

    def try_ask(self, request: str, **data: object) -> dict[str, Any] | None:
        """What OBS answers to `request`; None where it refuses."""
        return self._answer(request, data)[1]

    def frames(self) -> Frames:
        """What OBS has counted up to now."""
        stats = self.ask("GetStats")
        names = ("renderTotalFrames", "renderSkippedFrames", "outputTotalFrames", "outputSkippedFrames")
        numbers: list[Any] = [stats.get(name) for name in names]
        if not all(isinstance(number, int) and 0 <= number < MOST_FRAMES for number in numbers):
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return Frames(*numbers)

    def next_event(self, within_s: float) -> str | None:
        """The name of the oldest event that was not given yet; None if none comes `within_s`."""
        if not self._events:
            self._keep_event(within_s)
        return self._events.popleft() if self._events else None

    def wait(self, seconds: float) -> None:
        """Let time pass; events that come meanwhile are kept."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            self._keep_event(left_s)

    def abort(self) -> None:
        """End the connection at once, from any thread: whoever waits for an answer gets `ObsUnavailable`."""
        with contextlib.suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)

    def _answer(self, request: str, data: dict[str, object]) -> tuple[int, dict[str, Any] | None]:
        """The code of the answer, and what it says if OBS grants the request."""
        self._asked += 1
        name = str(self._asked)
        end_s = time.monotonic() + self._answer_within_s
        self._send(REQUEST, {"requestType": request, "requestId": name, "requestData": data})
        # An answer that came too late for its question is passed over.
        while (answer := self._receive_answer(end_s - time.monotonic())).get("requestId") != name:
            continue
        status, found = answer.get("requestStatus"), answer.get("responseData") or {}
        code = status.get("code", 0) if isinstance(status, dict) else None
        if not isinstance(status, dict) or not isinstance(code, int) or not isinstance(found, dict):
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return code, found if status.get("result") is True else None

    def _send(self, operation: int, data: dict[str, Any]) -> None:
        with _translated():
            self._connection.send(json.dumps({"op": operation, "d": data}))

    def _receive(self, operation: int, if_late: str) -> dict[str, Any]:
        message = self._next(self._answer_within_s)
        if message is None:
            raise ObsUnavailable(if_late)
        if message[0] != operation:
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return message[1]

    def _receive_answer(self, within_s: float) -> dict[str, Any]:
        """The next answer; events before it are kept."""
        end_s = time.monotonic() + within_s
        while (message := self._next(end_s - time.monotonic())) is not None:
            if message[0] == RESPONSE:
                return message[1]
            self._keep(message)
        raise ObsUnavailable(NOT_FOUND)

    def _keep_event(self, within_s: float) -> None:
        if (message := self._next(within_s)) is not None:
            self._keep(message)

    def _keep(self, message: tuple[int, dict[str, Any]]) -> None:
        operation, data = message
        if operation == EVENT:
            self._events.append(str(data.get("eventType")))
        elif operation != RESPONSE:
            raise ObsUnavailable(NOT_UNDERSTOOD)

    def _next(self, within_s: float) -> tuple[int, dict[str, Any]] | None:
        """Operation and data of the next message; None if none comes `within_s`."""
        with _translated():
            try:
                text = self._connection.recv(timeout=max(within_s, 0.0))
            except TimeoutError:
                return None
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as exc:
            raise ObsUnavailable(NOT_UNDERSTOOD) from exc
        operation, data = (message.get("op"), message.get("d")) if isinstance(message, dict) else (None, None)
        if not isinstance(operation, int) or not isinstance(data, dict):
            raise ObsUnavailable(NOT_UNDERSTOOD)
        return operation, data


def picture_in(url: str, flags: int) -> NDArray[np.uint8] | None:
    """The picture in a data URL, decoded with OpenCV's `flags`; None where there is none, or one larger than any canvas."""
    import cv2
    from PIL import Image

    try:
        data = base64.b64decode(url.partition(",")[2], validate=True)
        # Its head alone is read here: OpenCV would take gigabytes for a file of kilobytes.
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as head:
            if head.width * head.height > MOST_PIXELS:
                return None
        return cast("NDArray[np.uint8] | None", cv2.imdecode(np.frombuffer(data, np.uint8), flags))
    # Pillow raises the second for what is no picture, and the third for the largest.
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError, cv2.error):
        return None


def objects(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects that are listed as `name` in an answer of OBS; none where it has no such list.

    Raises:
        ObsUnavailable: something else is there.
    """
    listed = answer.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ObsUnavailable(NOT_UNDERSTOOD)
    return listed


def _answer(password: str, salt: str, challenge: str) -> str:
    # OBS sends base64; half a character from something else gives an answer that is refused.
    secret = base64.b64encode(hashlib.sha256((password + salt).encode("utf-8", "replace")).digest())
    return base64.b64encode(hashlib.sha256(secret + challenge.encode("utf-8", "replace")).digest()).decode()
