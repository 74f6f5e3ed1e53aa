"""What checks in a real OBS share: waiting on it, the window as X has it, and OBS itself, ended and started again."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from Xlib import X
from Xlib.display import Display
from Xlib.error import BadDrawable, BadMatch, BadWindow

from martlive_desktop.adapters.obs import ObsConnection
from martlive_desktop.adapters.obs_link import ObsLink
from martlive_desktop.core.obs_state import ObsState

PORT = int(os.environ.get("OBS_PORT", "0"))
RIG = Path(os.environ.get("RIG_DIR", "/nonexistent"))
TITLE = "MartLive Overlay"
WITHIN_S = 40.0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Watch:
    """The states that a link told, each with when."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self.states: list[tuple[float, ObsState]] = []

    def take(self, state: ObsState) -> None:
        with self._news:
            self.states.append((time.monotonic(), state))
            self._news.notify_all()

    def until(self, what: str, holds: Callable[[ObsState], bool], since_s: float) -> int:
        """Milliseconds from `since_s` to the newest state, once it is one that `holds`."""
        with self._news:
            if not self._news.wait_for(lambda: bool(self.states) and holds(self.states[-1][1]), WITHIN_S):
                raise SystemExit(f"the link never told {what}: {self.states[-3:]}")
            return round((self.states[-1][0] - since_s) * 1000)


def do(link: ObsLink, request: str, **data: object) -> dict[str, object]:
    return link.call(lambda obs: obs.ask(request, **data)).result(WITHIN_S)


def wait_for(link: ObsLink, what: str, holds: Callable[[ObsConnection], bool]) -> None:
    """Ask OBS until it `holds`."""

    def asked(obs: ObsConnection) -> bool:
        end_s = time.monotonic() + WITHIN_S
        while not (is_held := holds(obs)) and time.monotonic() < end_s:
            obs.wait(0.1)
        return is_held

    if not link.call(asked).result(2 * WITHIN_S):
        raise SystemExit(f"OBS never {what}")


class Window:
    """The stream window as the X server has it."""

    def __init__(self) -> None:
        self._display = Display()
        self._clients = self._display.intern_atom("_NET_CLIENT_LIST")
        self._name = self._display.intern_atom("_NET_WM_NAME")

    def pixels(self) -> NDArray[np.uint8]:
        """BGRA, premultiplied; nothing at all while there is no such window."""
        root = self._display.screen().root
        clients = root.get_full_property(self._clients, X.AnyPropertyType)
        for number in clients.value if clients else ():
            window = self._display.create_resource_object("window", number)
            try:
                name = window.get_full_property(self._name, X.AnyPropertyType)
                if name is None or name.value != TITLE.encode():
                    continue
                size = window.get_geometry()
                data = window.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF).data
            except (BadDrawable, BadMatch, BadWindow):
                continue
            return np.frombuffer(data, np.uint8).reshape(size.height, size.width, 4)
        return np.zeros((0, 0, 4), np.uint8)


@contextmanager
def stream_app() -> Iterator[None]:
    """MartLive's stream window, in a process of its own."""
    (RIG / "steps").unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-m", "tests.desktop.stream_app"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def obs_pid() -> int:
    """The rig's OBS."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if command.split(b"\0")[0] == b"obs" and f"RIG_DIR={RIG}\0".encode() in environment + b"\0":
            return int(folder.name)
    raise SystemExit("no OBS runs")


def start_obs() -> subprocess.Popen[bytes]:
    """The same OBS once more."""
    options = ["--multi", "--disable-updater", "--disable-missing-files-check", "--collection", "T", "--profile", "T"]
    with (RIG / "obs2.log").open("ab") as log:
        return subprocess.Popen(
            ["obs", *options], env=os.environ | {"LD_PRELOAD": str(RIG / "shim.so")}, stdout=log, stderr=log
        )
