"""A new user: the first run with the keyboard alone and a voice, from the start of the program to the first tip."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from Xlib.display import Display
from Xlib.error import BadWindow

from martlive_desktop.settings import load_settings
from martlive_desktop.ui.first_run_state import STEPS
from tests.desktop.eye import Box, open_eye
from tests.desktop.measures import ROOT, asked, strip_of
from tests.desktop.pulse import running_pulse
from tests.desktop.test_live_app import TALK, overlay_box
from tests.desktop.voice import speak
from tests.desktop.xvfb import virtual_screen

if TYPE_CHECKING:
    from pathlib import Path

    from martlive_desktop.ui.first_run_state import Step
    from tests.desktop.xvfb import VirtualScreen

HELLO = ("Hello, this is my show.", "Hello everybody, and welcome.")
WITHIN_S = 30.0
TURNS_S = 1.0
"""A page that is to come is there by then."""
READ_S = 1.5
"""A page is looked at before a key is pressed."""
PATHS = (("Return",), ("Tab", "Tab", "Return")) * 3
"""Tried in this order to leave a page: Enter is to do it; where it looks for OBS anew, “Skip for now” lies two further."""


@dataclass(frozen=True, slots=True)
class FirstRun:
    """How a first run went, in seconds from the start of the program."""

    pages: dict[Step, float]
    """When each was left."""
    keys: dict[Step, int]
    """Pressed on each."""
    began_s: float
    """The show."""
    tip_s: float
    """On the screen."""
    tip: str


class _User:
    """Somebody who sees the title of the window and has a keyboard."""

    def __init__(self, screen: VirtualScreen, settings: Path, process: subprocess.Popen[bytes]) -> None:
        self._screen = screen
        self._display = Display(screen.name)
        self._settings = settings
        self._process = process
        self._pause = threading.Event()

    def close(self) -> None:
        self._display.close()

    def title(self) -> str:
        """Of the window that has the focus."""
        active = self._display.intern_atom("_NET_ACTIVE_WINDOW")
        name = self._display.intern_atom("_NET_WM_NAME")
        number = self._display.screen().root.get_full_property(active, 0)
        if number is None or not number.value[0]:
            return ""
        try:
            found = self._display.create_resource_object("window", number.value[0]).get_full_property(name, 0)
        except BadWindow:
            return ""
        return found.value.decode() if found else ""

    def step(self) -> Step | Literal["done"]:
        """Where the first run is, as it keeps that itself."""
        return load_settings(self._settings).app.first_run

    def wait_for_title(self, before: str) -> str:
        end_s = time.monotonic() + WITHIN_S
        while not (title := self.title()).startswith("MartLive – ") or title == before:
            assert self._process.poll() is None
            assert time.monotonic() < end_s, title
        return title

    def leave(self, step: Step) -> int:
        """Go on from the page `step`, whatever that takes; how many keys it took."""
        pressed = 0
        self._pause.wait(READ_S)
        for path in PATHS:
            for key in path:
                self._screen.xdotool("key", key)
            pressed += len(path)
            end_s = time.monotonic() + TURNS_S
            while (now := self.step()) == step and time.monotonic() < end_s:
                assert self._process.poll() is None
            if now == "done" or STEPS.index(now) > STEPS.index(step):
                return pressed
        raise AssertionError(f"the keyboard does not lead on from {step}")


def run_first_run(folder: Path) -> FirstRun:
    """Go through it."""
    hello, talk = speak(HELLO, folder / "hello.wav"), speak(TALK, folder / "talk.wav")
    settings = folder / "settings.toml"
    # What is played into this microphone is what the computer plays, which is what an echo is.
    settings.write_text("[microphone]\nwatch_echo = false\n")
    pages: dict[Step, float] = {}
    keys: dict[Step, int] = {}
    with running_pulse() as pulse, virtual_screen(is_composited=True) as screen:
        environment = {
            **screen.environment,
            **{name: pulse.env[name] for name in ("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER")},
            "MARTLIVE_DATA": str(folder / "data"),
            "MARTLIVE_SETTINGS": str(settings),
        }
        began_s = time.monotonic()
        app = subprocess.Popen([sys.executable, "-m", "martlive_desktop"], cwd=ROOT, env=environment)
        try:
            with closing(_User(screen, settings, app)) as user, open_eye(screen, is_composited=True) as (eye, _):
                title = user.wait_for_title("")
                for step in STEPS:
                    if step == "microphone":
                        # Who speaks before the words are followed is heard, too: only the level matters here.
                        with pulse.speak(hello) as voice:
                            voice.wait(WITHIN_S)
                    keys[step] = user.leave(step)
                    pages[step] = time.monotonic() - began_s
                    if step != STEPS[-1]:
                        title = user.wait_for_title(title)
                show_s = time.monotonic() - began_s
                with pulse.speak(talk):
                    # It comes a moment after the first run says that it is over.
                    while not asked(environment, "status").get("shown"):
                        assert app.poll() is None
                    screen.xdotool("search", "--sync", "--onlyvisible", "--name", "^MartLive$")
                    box = Box(*overlay_box(screen))
                    card = Box(box.x, box.y, box.width, strip_of(box).y - box.y - 20)
                    eye.wait_until(card, lambda pixels: bool((pixels.min(axis=2) < 60).sum() > 10_000), WITHIN_S * 3)
                    tip_s = time.monotonic() - began_s
                    tip = str(asked(environment, "status").get("tip"))
                asked(environment, "quit")
                assert app.wait(30) == 0
        finally:
            app.kill()
            app.wait()
    return FirstRun(pages, keys, show_s, tip_s, tip)
