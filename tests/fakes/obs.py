"""An obs-websocket on this computer that says what a test wants it to."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

SALT, CHALLENGE = "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=", "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY="


@dataclass
class FakeInput:
    """A source of the fake OBS."""

    kind: str
    is_muted: bool = False
    is_active: bool = True
    settings: dict[str, object] = field(default_factory=dict)


class FakeObs:
    """Answers GetStats with `frames` (rendered, not rendered, encoded, not encoded), shows `picture`, and has inputs in a scene."""

    def __init__(self, password: str | None) -> None:
        self.password = password
        self.frames: tuple[object, ...] = (0, 0, 0, 0)
        self.picture: object = "data:image/jpg;base64,"
        """A data URL of what viewers see."""
        self.scene: object = "Live"
        self.is_streaming = False
        self.is_recording = False
        self.inputs: dict[str, FakeInput] = {}
        self.items: list[str] = []
        """The inputs in the scene, from the lowest to the one on top."""
        self.special: dict[str, str | None] = {"desktop1": None, "mic1": None}
        self.kinds: list[str] = ["xcomposite_input", "color_source"]
        self.windows: dict[str, list[dict[str, object]]] = {"capture_window": []}
        """What can be chosen, by the name of the setting."""
        self.captions: list[object] = []
        self.takes_captions = True
        self.said: list[str] = []
        """What clients asked for."""
        self.wishes: list[dict[str, Any]] = []
        """With which details they asked for a picture."""
        self.changes: list[tuple[str, dict[str, Any]]] = []
        """What they changed."""
        self.hello: str | None = None
        """A first message that is no hello."""
        self.is_mute = False
        """It says no hello at all, as the older protocol."""
        self.close_code = 0
        """With which it sends away who says who they are."""
        self.is_willing = True
        """Or else it refuses every request."""
        self.refusal = 604
        """The code with which it does."""
        self.is_deaf_to = ""
        """A request that it never answers."""
        self.interjections: list[str] = []
        """Messages that come before the next answer."""
        self.port = 0
        self._clients: list[ServerConnection] = []

    def answer(self, connection: ServerConnection) -> None:
        try:
            self._talk(connection)
        except ConnectionClosed:
            self.said.append("closed")
        finally:
            if connection in self._clients:
                self._clients.remove(connection)

    def tell(self, event: str) -> None:
        """Send an event to whoever is connected."""
        for client in list(self._clients):
            client.send(message_of(event))

    def drop(self) -> None:
        """Break off, as OBS does that is killed."""
        for client in list(self._clients):
            client.socket.shutdown(socket.SHUT_RDWR)

    def _talk(self, connection: ServerConnection) -> None:
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1}
        if self.password is not None:
            hello["authentication"] = {"challenge": CHALLENGE, "salt": SALT}
        if not self.is_mute:
            connection.send(self.hello or json.dumps({"op": 0, "d": hello}))
        identify = json.loads(connection.recv())["d"]
        if self.close_code:
            connection.close(self.close_code)
            return
        if self.password is not None and identify.get("authentication") != _answer(self.password):
            self.said.append("refused")
            connection.close(4009, "Authentication failed.")
            return
        self.said.append("identified")
        connection.send(json.dumps({"op": 2, "d": {"negotiatedRpcVersion": 1}}))
        self._clients.append(connection)
        for message in connection:
            request = json.loads(message)["d"]
            self.said.append(request["requestType"])
            if request["requestType"] == self.is_deaf_to:
                continue
            found = self._data(request) if self.is_willing else None
            status = {"result": found is not None, "code": 100 if found is not None else self.refusal}
            answer = {
                "requestType": request["requestType"],
                "requestId": request["requestId"],
                "requestStatus": status,
                "responseData": found,
            }
            while self.interjections:
                connection.send(self.interjections.pop(0))
            connection.send(json.dumps({"op": 7, "d": answer}))

    def _data(self, request: dict[str, Any]) -> dict[str, object] | None:
        wanted = request["requestData"]
        name = wanted.get("inputName", wanted.get("sourceName"))
        one = self.inputs.get(name)
        match request["requestType"]:
            case "GetCurrentProgramScene":
                return {"currentProgramSceneName": self.scene}
            case "GetSourceScreenshot":
                self.wishes.append(wanted)
                return {"imageData": self.picture}
            case "GetVersion":
                return {"obsVersion": "30.1.2"}
            case "GetStreamStatus":
                return {"outputActive": self.is_streaming}
            case "GetRecordStatus":
                return {"outputActive": self.is_recording}
            case "GetSpecialInputs":
                return dict(self.special)
            case "GetInputList":
                kinds = {name: one.kind for name, one in self.inputs.items()}
                return {"inputs": [{"inputName": name, "unversionedInputKind": kind} for name, kind in kinds.items()]}
            case "GetSourceActive":
                return {"videoActive": one.is_active} if one else None
            case "GetInputMute":
                return {"inputMuted": one.is_muted} if one else None
            case "SendStreamCaption":
                if not self.is_streaming or not self.takes_captions:
                    return None
                self.captions.append(wanted["captionText"])
                return {}
            case "GetStats":
                names = ("renderTotalFrames", "renderSkippedFrames", "outputTotalFrames", "outputSkippedFrames")
                return dict(zip(names, self.frames, strict=True))
            case kind:
                return self._scene(kind, name, wanted)

    def _scene(self, request: str, name: str, wanted: dict[str, Any]) -> dict[str, object] | None:
        """Requests about the sources in the scene."""
        if not request.startswith("Get"):
            self.changes.append((request, wanted))
        match request:
            case "GetInputKindList":
                return {"inputKinds": self.kinds}
            case "GetVideoSettings":
                return {"baseWidth": 1920, "baseHeight": 1080}
            case "GetSceneItemList":
                return {"sceneItems": [{"sourceName": item} for item in self.items]}
            case "GetSceneItemId":
                return {"sceneItemId": self.items.index(name)} if name in self.items else None
            case "GetInputPropertiesListPropertyItems":
                found = self.windows.get(wanted["propertyName"])
                return {"propertyItems": found} if name in self.inputs and found is not None else None
            case "CreateInput":
                if name in self.inputs or name == self.scene:
                    return None
                self.inputs[name] = FakeInput(wanted["inputKind"], settings=dict(wanted["inputSettings"]))
                self.items.append(name)
                return {"sceneItemId": len(self.items) - 1}
            case "CreateSceneItem":
                self.items.append(name)
                return {"sceneItemId": len(self.items) - 1}
            case "RemoveInput":
                del self.inputs[name]
                self.items.remove(name)
            case "SetInputSettings":
                self.inputs[name].settings.update(wanted["inputSettings"])
        return {}

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


def message_of(event: str) -> str:
    """`event` as obs-websocket sends it."""
    return json.dumps({"op": 5, "d": {"eventType": event, "eventIntent": 1, "eventData": {}}})


def _answer(password: str) -> str:
    secret = base64.b64encode(hashlib.sha256(f"{password}{SALT}".encode()).digest()).decode()
    return base64.b64encode(hashlib.sha256(f"{secret}{CHALLENGE}".encode()).digest()).decode()
