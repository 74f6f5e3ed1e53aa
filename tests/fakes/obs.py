"""An obs-websocket on this computer that says what a test wants it to."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

SALT, CHALLENGE = "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=", "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY="


class FakeObs:
    """Answers GetStats with `frames` (rendered, not rendered, encoded, not encoded), and shows `picture`."""

    def __init__(self, password: str | None) -> None:
        self._password = password
        self._server: Server | None = None
        self.frames: tuple[object, ...] = (0, 0, 0, 0)
        self.picture: object = "data:image/jpg;base64,"
        """A data URL of what viewers see."""
        self.scene: object = "Live"
        self.said: list[str] = []
        """What clients asked for."""
        self.wishes: list[dict[str, Any]] = []
        """With which details they asked for a picture."""
        self.hello: str | None = None
        """A first message that is no hello."""
        self.is_willing = True
        """Or else it refuses every request."""
        self.port = 0

    def answer(self, connection: ServerConnection) -> None:
        try:
            self._talk(connection)
        except ConnectionClosed:
            self.said.append("closed")

    def _talk(self, connection: ServerConnection) -> None:
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1}
        if self._password is not None:
            hello["authentication"] = {"challenge": CHALLENGE, "salt": SALT}
        connection.send(self.hello or json.dumps({"op": 0, "d": hello}))
        identify = json.loads(connection.recv())["d"]
        if self._password is not None and identify.get("authentication") != _answer(self._password):
            self.said.append("refused")
            connection.close(4009, "Authentication failed.")
            return
        self.said.append("identified")
        connection.send(json.dumps({"op": 2, "d": {"negotiatedRpcVersion": 1}}))
        for message in connection:
            request = json.loads(message)["d"]
            self.said.append(request["requestType"])
            status = {"result": self.is_willing, "code": 100 if self.is_willing else 207}
            answer = {
                "requestType": request["requestType"],
                "requestId": request["requestId"],
                "requestStatus": status,
                "responseData": self._data(request),
            }
            connection.send(json.dumps({"op": 7, "d": answer}))

    def _data(self, request: dict[str, Any]) -> dict[str, object]:
        match request["requestType"]:
            case "GetCurrentProgramScene":
                return {"currentProgramSceneName": self.scene}
            case "GetSourceScreenshot":
                self.wishes.append(request["requestData"])
                return {"imageData": self.picture}
            case _:
                names = ("renderTotalFrames", "renderSkippedFrames", "outputTotalFrames", "outputSkippedFrames")
                return dict(zip(names, self.frames, strict=True))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen on `port`, or any if it is 0, until the end of the block."""
        log = logging.getLogger("fake-obs")
        log.setLevel(logging.CRITICAL)
        with serve(self.answer, "127.0.0.1", self.port, logger=log) as server:
            self.port = server.socket.getsockname()[1]
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def _answer(password: str) -> str:
    secret = base64.b64encode(hashlib.sha256(f"{password}{SALT}".encode()).digest()).decode()
    return base64.b64encode(hashlib.sha256(f"{secret}{CHALLENGE}".encode()).digest()).decode()
