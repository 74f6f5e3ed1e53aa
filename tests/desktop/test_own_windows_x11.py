"""The own windows are found in the pixels of a real X server, whatever the scale of each monitor."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from Xlib.display import Display
from Xlib.protocol import rq

from tests.desktop.xvfb import virtual_screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.desktop.xvfb import VirtualScreen

pytestmark = pytest.mark.timeout(60)

WINDOW = """
import json, sys
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from martlive_desktop.ui.own_windows import native_rect
app = QApplication(["martlive"])
is_framed = sys.argv[1] == "framed"
window = QWidget(None, Qt.WindowType.Window if is_framed else Qt.WindowType.X11BypassWindowManagerHint)
window.setGeometry(int(sys.argv[2]), 73, 103, 57)
window.show()
def say():
    if window.windowHandle().isExposed() and (window.frameGeometry() != window.geometry()) == is_framed:
        print(json.dumps([int(window.winId()), *native_rect(window)]), flush=True)
        sys.stdin.readline()
        app.quit()
    else:
        QTimer.singleShot(20, say)
say()
app.exec()
"""


class SetMonitor(rq.Request):
    """RANDR 1.5's RRSetMonitor, which python-xlib cannot pack."""

    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(43),
        rq.RequestLength(),
        rq.Window("window"),
        rq.Card32("name"),
        rq.Bool("is_primary"),
        rq.Bool("is_automatic"),
        rq.LengthOf("outputs", 2),
        rq.Int16("x"),
        rq.Int16("y"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Card32("width_mm"),
        rq.Card32("height_mm"),
        rq.List("outputs", rq.Card32Obj),
    )


def split(display: Display) -> None:
    """Make two monitors of the screen, side by side."""
    root = display.screen().root
    (output,) = root.xrandr_get_screen_resources().outputs
    for name, x, outputs in (("LEFT", 0, [output]), ("RIGHT", 640, [])):
        SetMonitor(
            display=display.display,
            opcode=display.display.get_extension_major("RANDR"),
            window=root,
            name=display.intern_atom(name),
            is_primary=name == "LEFT",
            is_automatic=False,
            x=x,
            y=0,
            width=640,
            height=720,
            width_mm=170,
            height_mm=190,
            outputs=outputs,
        )
    display.sync()


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen, closing(Display(screen.name)) as display:
        split(display)
        yield screen


@pytest.mark.parametrize("kind", ["framed", "bare"])
@pytest.mark.parametrize(
    ("scales", "x", "scale"),
    [("1;1", 101, 1.0), ("1.5;1", 101, 1.5), ("2;2", 101, 2.0), ("1;2", 741, 2.0), ("2;1", 741, 1.0)],
    ids=["plain", "150 %", "200 %", "right 200 %", "left 200 %, seen on the right"],
)
def test_window_is_where_it_says(screen: VirtualScreen, scales: str, x: int, scale: float, kind: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", WINDOW, kind, str(x)],
        env={**screen.environment, "QT_SCREEN_SCALE_FACTORS": scales},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    number, left, top, width, height = json.loads(program.stdout.readline())
    with closing(Display(screen.name)) as display:
        root = display.screen().root
        window = outermost = display.create_resource_object("window", number)
        # The window manager puts the window into its frame.
        while (above := outermost.query_tree().parent) != root:
            outermost = above
        at, inner = outermost.get_geometry(), window.get_geometry()
    program.communicate("\n", timeout=20)
    assert (inner.width, inner.height) == pytest.approx((103 * scale, 57 * scale), abs=1)
    border = 2 * at.border_width
    real = (at.x, at.y, at.x + at.width + border, at.y + at.height + border)
    said = (left, top, left + width, top + height)
    # A logical unit is the finest that Qt knows of a frame.
    assert all(abs(one - other) <= scale for one, other in zip(said, real, strict=True)), (said, real)
