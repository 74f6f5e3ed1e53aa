"""A real Chromium without a window, driven over its debugging protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from websockets.sync.client import ClientConnection

ANSWER_WITHIN_S = 30.0
MOST_BYTES = 64 * 1024**2
"""Of one message: a picture of a large page."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Page:
    """One page; a question, then its answer."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """What the browser answers to `method` of its protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv(timeout=ANSWER_WITHIN_S))).get("id") != self._number:
            pass
        if "error" in message:
            raise RuntimeError(message["error"])
        result: dict[str, Any] = message["result"]
        return result

    def run(self, script: str) -> Any:
        """The value of `script`, awaited."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self) -> NDArray[np.uint8]:
        """What is seen, BGR of shape (height, width, 3)."""
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        found = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert found is not None
        return found.astype(np.uint8, copy=False)


@contextlib.contextmanager
def page(html: str, width: int, height: int) -> Iterator[Page]:
    """A page that shows `html`, until the end of the block."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    logging.getLogger("websockets.client").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        command = [chromium, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={width},{height}"]
        with subprocess.Popen([*command, "about:blank"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            try:
                assert process.stderr is not None
                address = next(line for line in process.stderr if b"DevTools listening on" in line).split()[-1].decode()
                with connect(address, max_size=MOST_BYTES, proxy=None, compression=None) as socket:
                    whole = Page(socket)
                    targets = whole.ask("Target.getTargets")["targetInfos"]
                    target = next(one["targetId"] for one in targets if one["type"] == "page")
                with connect(
                    f"{address.split('/devtools')[0]}/devtools/page/{target}",
                    max_size=MOST_BYTES,
                    proxy=None,
                    compression=None,
                ) as socket:
                    found = Page(socket)
                    found.ask(
                        "Emulation.setDeviceMetricsOverride",
                        width=width,
                        height=height,
                        deviceScaleFactor=1,
                        mobile=False,
                    )
                    frame = found.ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
                    found.ask("Page.setDocumentContent", frameId=frame, html=html)
                    yield found
                    Page(socket).ask("Browser.close")
            finally:
                process.terminate()
                # Its children have this pipe, too; while they live, they write into the folder.
                assert process.stderr is not None
                process.stderr.read()
