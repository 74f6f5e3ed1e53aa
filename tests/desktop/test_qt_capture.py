"""Qt's own capture of the screen, for real; X11 stands in for Wayland, which asks the user."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing

import pytest
from Xlib.display import Display

from tests.desktop.xvfb import virtual_screen

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


def test_screen_is_seen_through_qt_and_again_after_it_was_let_go() -> None:
    with virtual_screen("640x480") as screen, closing(Display(screen.name)) as display:
        root = display.screen().root
        root.change_attributes(background_pixel=0x2060E0)
        root.clear_area()
        display.sync()
        done = subprocess.run(
            [sys.executable, "-m", "tests.desktop.capture_app"],
            env=screen.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )
    assert json.loads(done.stdout) == [[480, 640, 4, 0xE0, 0x60, 0x20]] * 4
