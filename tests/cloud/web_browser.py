"""Chromium with a microphone and a camera that are files, for tests of the page."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from typing_extensions import override
from websockets.sync.client import connect

from tests.desktop import chromium
from tests.desktop.chromium import ANSWER_WITHIN_S, MOST_BYTES, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDTH_PX, HEIGHT_PX = 1280, 900

PAUSE_S = 0.03
"""Between two looks, so that the page has the processor."""

_PAUSE = threading.Event()


def until(page: Page, script: str, within_s: float = 15.0) -> Any:
    """The first true value of `script` in `page`."""
    end_s = time.monotonic() + within_s
    while True:
        with contextlib.suppress(RuntimeError):
            # An element comes as an empty object.
            if (found := page.run(script)) not in (None, False, "", 0):
                return found
        if time.monotonic() > end_s:
            raise AssertionError((script, page.run("document.body.innerText"), getattr(page, "complaints", [])))
        _PAUSE.wait(PAUSE_S)


class Browser(Page):
    """A page that also notes what it complains about and what it asks for."""

    def __init__(self, found: Page) -> None:
        super().__init__(found._socket)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        for part in ("Runtime", "Log", "Network", "Page", "Security"):
            self.ask(f"{part}.enable")

    @override
    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv(timeout=ANSWER_WITHIN_S))).get("id") != self._number:
            if "method" in message:
                self._note(message["method"], message["params"])
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    def _note(self, method: str, said: dict[str, Any]) -> None:
        if method == "Page.javascriptDialogOpening":
            self._number += 1
            answer = {"id": self._number, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            self._socket.send(json.dumps(answer))
            return
        if method in {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}:
            self.complaints.append(json.dumps(said))
        elif method == "Network.requestWillBeSent":
            self.asked.append(said["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.append(said["url"])

    def go(self, address: str) -> None:
        """Open the page and wait until it works."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=address)
        self.until("document.body?.dataset.ready === 'true'")

    def until(self, script: str, within_s: float = 15.0) -> Any:
        """The first true value of `script`."""
        return until(self, script, within_s)

    def wait(self, is_so: Callable[[], bool], within_s: float = 15.0) -> None:
        end_s = time.monotonic() + within_s
        while not is_so():
            _PAUSE.wait(PAUSE_S)
            self.run("0")
            assert time.monotonic() < end_s, (self.run("document.body.innerText"), self.complaints)

    def text(self, query: str) -> str:
        return str(self.run(f"document.querySelector({query!r}).innerText"))

    def click(self, query: str) -> None:
        """As a person does: it counts as a gesture."""
        self.run(f"document.querySelector({query!r}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        x, y = self.run(
            f"(b => [b.x + b.width / 2, b.y + b.height / 2])(document.querySelector({query!r}).getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def write(self, query: str, text: str) -> None:
        self.run(f"document.querySelector({query!r}).focus(); document.querySelector({query!r}).select?.()")
        self.ask("Input.insertText", text=text)

    def press(self, key: str) -> None:
        code = {"Enter": 13, "Tab": 9, " ": 32}.get(key, 0)
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    @contextlib.contextmanager
    def other_tab(self, ending: str) -> Iterator[Page]:
        """The tab whose address ends so; it is closed afterwards."""
        host, port = self._socket.remote_address[:2]
        found: list[str] = []

        def is_there() -> bool:
            targets = self.ask("Target.getTargets")["targetInfos"]
            found[:] = [one["targetId"] for one in targets if one["url"].endswith(ending)]
            return bool(found)

        self.wait(is_there)
        address = f"ws://{host}:{port}/devtools/page/{found[0]}"
        with connect(address, max_size=MOST_BYTES, proxy=None, compression=None) as socket:
            yield Page(socket)
        self.ask("Target.closeTarget", targetId=found[0])
        self.ask("Page.bringToFront")


@contextlib.contextmanager
def browser(sound: Path, camera: Path | None = None, *flags: str) -> Iterator[Browser]:
    """A browser whose microphone is the file `sound`, once, and whose camera is `camera`."""
    media = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}%noloop",
        *((f"--use-file-for-fake-video-capture={camera}",) if camera else ()),
        "--auto-accept-this-tab-capture",
        "--lang=en-US",
    )
    with (
        patch.object(chromium, "FLAGS", (*chromium.FLAGS, *media, *flags)),
        chromium.page("<p>", WIDTH_PX, HEIGHT_PX) as found,
    ):
        yield Browser(found)
