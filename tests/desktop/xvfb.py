"""A virtual X screen of its own, with openbox as window manager and picom as compositor if wanted."""

from __future__ import annotations

import os
import select
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xfixes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START_WITHIN_S = 20.0
END_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class VirtualScreen:
    """A running X server; `environment` is what a program needs to show itself there."""

    name: str
    """As in DISPLAY."""
    environment: dict[str, str]

    def xdotool(self, *arguments: str) -> str:
        """What `xdotool` says to `arguments`."""
        done = subprocess.run(["xdotool", *arguments], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()


def wait_for(display: Display, holds: Callable[[], bool], within_s: float = START_WITHIN_S) -> None:
    """Return when `holds()`; asked again after every event that `display` gets."""
    display.flush()
    while not holds():
        if not display.pending_events() and not select.select([display.fileno()], [], [], within_s)[0]:
            raise TimeoutError
        while display.pending_events():
            display.next_event()


@contextmanager
def _running(command: list[str], environment: dict[str, str], pass_fds: tuple[int, ...] = ()) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=environment, pass_fds=pass_fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def virtual_screen(size: str = "1280x720", *, is_composited: bool = False) -> Iterator[VirtualScreen]:
    """An X server on a free display, until the end of the block."""
    with ExitStack() as stack:
        number_read, number_written = os.pipe()
        with os.fdopen(number_read, "rb") as numbers:
            server = ["Xvfb", "-displayfd", str(number_written), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
            stack.enter_context(_running(server, dict(os.environ), (number_written,)))
            os.close(number_written)
            number = numbers.readline().decode().strip()
        name = f":{number}"
        environment = {**os.environ, "DISPLAY": name, "QT_QPA_PLATFORM": "xcb"}
        for absent in ("WAYLAND_DISPLAY", "QT_SCALE_FACTOR"):
            environment.pop(absent, None)
        display = Display(name)
        stack.callback(display.close)
        root = display.screen().root
        root.change_attributes(event_mask=X.PropertyChangeMask)
        managed = display.intern_atom("_NET_SUPPORTING_WM_CHECK")
        stack.enter_context(_running(["openbox", "--sm-disable"], environment))
        wait_for(display, lambda: root.get_full_property(managed, X.AnyPropertyType) is not None)
        if is_composited:
            composited = display.intern_atom("_NET_WM_CM_S0")
            display.xfixes_query_version()
            display.xfixes_select_selection_input(root, composited, xfixes.XFixesSetSelectionOwnerNotifyMask)
            stack.enter_context(_running(["picom", "--backend", "xrender", "--config", "/dev/null"], environment))
            wait_for(display, lambda: display.get_selection_owner(composited) != X.NONE)
        yield VirtualScreen(name, environment)
