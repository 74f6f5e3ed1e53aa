"""The whole app with real parts: PulseAudio as microphone, Whisper, the overlay on an X server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from Xlib import X
from Xlib.display import Display

from martlive_desktop.adapters.model_store import ModelStore
from tests.desktop.pulse import running_pulse
from tests.desktop.voice import speak
from tests.desktop.xvfb import VirtualScreen, virtual_screen

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]

# More than the first 20 s, in which nothing but an emergency is shown.
TALK = (
    "Hello everybody, and welcome to my little table.",
    "Tonight I have a blue lantern with me, and it is made of glass and wood.",
    "I turn it around slowly, so that you can see the small door on its side.",
    "The handle is leather, and it feels very soft in the hand.",
    "It stands on my window every evening, and the neighbours like it too.",
    "If the checkout is slow, just send me the money on Venmo.",
    "I will write your name on the box, and we go on with the next one.",
)

FROZEN = os.environ.get("MARTLIVE_FROZEN", "")
PROGRAM = [str(Path(FROZEN) / "martlive")] if FROZEN else [sys.executable, "-m", "martlive_desktop"]
"""What is started: MARTLIVE_FROZEN names the folder of a built program (`make package`)."""


class RunningApp:
    """`martlive` in a process of its own, asked through its own commands."""

    def __init__(self, environment: dict[str, str], *options: str) -> None:
        self.environment = environment
        self.process = subprocess.Popen(
            [*PROGRAM, *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        answer = self.ask("status", "--json")
        found: dict[str, Any] = json.loads(answer.stdout) if answer.returncode == 0 else {}
        return found

    def wait_until_listening(self) -> None:
        while (status := self.status()).get("hearing") != "listening":
            assert self.process.poll() is None, self.process.communicate()[1].decode()
            assert status.get("hearing") != "lost", status


@contextmanager
def running_app(
    screen: VirtualScreen,
    sound: dict[str, str],
    folder: Path,
    *options: str,
    start: Callable[..., RunningApp] = RunningApp,
) -> Iterator[RunningApp]:
    environment = {
        **sound,
        **screen.environment,
        **{name: sound[name] for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER")},
        "MARTLIVE_DATA": str(folder / "data"),
        "MARTLIVE_SETTINGS": str(folder / "settings.toml"),
    }
    if FROZEN:
        # It has no Python packages that carry models.
        models = ROOT / "build/models"
        ModelStore(models).resolve("whisper-base")
        environment["MARTLIVE_MODELS"] = str(models)
    settings = folder / "settings.toml"
    wished = settings.read_text() if settings.exists() else ""
    settings.write_text(f'[app]\nfirst_run = "done"\n{wished}')
    app = start(environment, *options)
    try:
        yield app
    finally:
        if app.process.poll() is None:
            app.process.terminate()
        app.process.communicate(timeout=30)


def bright_pixels(display: Display, box: tuple[int, int, int, int]) -> int:
    """Pixels nearly as bright as a tip's text in `box` (x, y, width, height) of the screen."""
    image = display.screen().root.get_image(*box, X.ZPixmap, 0xFFFFFF)
    pixels = [image.data[i : i + 3] for i in range(0, len(image.data), 4)]
    return sum(min(pixel) > 220 for pixel in pixels)


def overlay_box(screen: VirtualScreen) -> tuple[int, int, int, int]:
    window = screen.xdotool("search", "--onlyvisible", "--name", "^MartLive$").splitlines()[-1]
    shell = dict(line.split("=") for line in screen.xdotool("getwindowgeometry", "--shell", window).splitlines())
    return int(shell["X"]), int(shell["Y"]), int(shell["WIDTH"]), int(shell["HEIGHT"])


def test_spoken_words_become_a_tip_on_the_screen(tmp_path: Path) -> None:
    wav = speak(TALK, tmp_path / "talk.wav")
    with running_pulse() as pulse, virtual_screen() as screen, running_app(screen, pulse.env, tmp_path) as app:
        app.wait_until_listening()
        display = Display(screen.name)
        box = overlay_box(screen)
        before = bright_pixels(display, box)
        with pulse.speak(wav):
            while (tip := app.status()["tip"]) is None or "app" not in tip:
                assert app.process.poll() is None
        after = bright_pixels(display, box)
        display.close()
        assert tip == "Keep payment in app"
        assert after > before + 300
        screen.xdotool("key", "ctrl+alt+m")
        while app.status()["coaching"]:
            assert app.process.poll() is None
        assert app.ask("toggle").stdout == "Coaching is on.\n"
        screen.xdotool("key", "ctrl+alt+b")
        while app.status()["tip"] is None:
            assert app.process.poll() is None
        assert app.ask("dismiss").stdout == "The tip is gone.\n"
        assert app.status()["tip"] is None
        assert app.ask("mark").stdout == "This moment is marked.\n"
        assert app.ask("click-through").stdout == "Clicks go to what lies beneath.\n"
        screen.xdotool("key", "ctrl+alt+v")
        while app.status()["shown"]:
            assert app.process.poll() is None
        with pytest.raises(subprocess.CalledProcessError):
            screen.xdotool("search", "--onlyvisible", "--name", "^MartLive")
        assert app.ask("show").returncode == 0
        assert app.status()["shown"]
        assert app.ask("hide").returncode == 0
        assert not app.status()["shown"]
        assert "already running" in app.ask().stderr
        assert app.ask("quit").returncode == 0
        assert app.process.wait(30) == 0
        [shown] = json.loads(app.ask("sessions", "list", "--json").stdout)
        assert shown["tips"] >= 1
        assert not shown["is_cut_off"]
        assert "send me the money" in app.ask("sessions", "export", shown["id"], "--format", "txt").stdout
        events = app.ask("sessions", "export", shown["id"], "--format", "json").stdout
        assert "You marked this moment." in events


def test_killed_app_leaves_a_session_that_opens(tmp_path: Path) -> None:
    """SIGKILL in the middle of a show: every final up to one second before is there."""
    wav = speak(TALK, tmp_path / "talk.wav")
    environment = os.environ | {"MARTLIVE_DATA": str(tmp_path / "data"), "MARTLIVE_SETTINGS": str(tmp_path / "s.toml")}
    command = [sys.executable, "-m", "martlive_desktop"]
    show = subprocess.Popen(
        [*command, "review", str(wav), "--realtime", "--out", str(tmp_path / "out")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    written = tmp_path / "out" / "events.jsonl"
    try:
        while len(finals := _finals(written)) < 4:
            assert show.poll() is None
        show.send_signal(signal.SIGKILL)
        show.wait(10)
    finally:
        show.kill()
        show.wait()
    finals = _finals(written)
    killed_ms = json.loads(written.read_text().splitlines()[-1])["emitted_ms"]

    def ask(*arguments: str) -> str:
        return subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout

    [session] = json.loads(ask("sessions", "list", "--json"))
    assert session["is_cut_off"]
    kept = json.loads(ask("sessions", "export", session["id"], "--format", "json"))["transcript"]
    due = [final["text"] for final in finals if final["emitted_ms"] <= killed_ms - 1_000]
    assert len(due) >= 3
    assert [one["text"] for one in kept][: len(due)] == due


def _finals(path: Path) -> list[dict[str, Any]]:
    text = path.read_text() if path.exists() else ""
    # The last line may be half written.
    events = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
    return [event for event in events if event["type"] == "transcript" and event["final"]]
