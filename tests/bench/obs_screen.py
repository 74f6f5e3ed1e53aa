"""What viewers see, through a real OBS: `make bench-obs-screen` switches its program and says how soon MartLive tells.

The rig lies beside the project (../shared/obs): a virtual screen, and OBS drawing by software. OBS shows a picture that moves (the
camera), which is stopped; a card; black; and is closed and opened again. Times are from OBS's answer to the request to MartLive's
event, both by the same clock. It also says what watching costs, by this process's own processor time.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.live_pictures import LivePictures
from martlive_desktop.adapters.obs import ObsConnection, connected
from martlive_desktop.adapters.screen_obs import ObsGrabber
from martlive_desktop.adapters.screen_watch import ScreenWatch
from martlive_desktop.core.events import Chat, Screen, Status
from martlive_desktop.core.picture_thresholds import PictureThresholds
from martlive_desktop.core.sight import Sight
from martlive_desktop.core.signals.screen import ScreenDetector
from tests.bench.clips import FPS, HEIGHT, WIDTH, talking
from tests.bench.obs import HOST, OBS_ANSWERS_WITHIN_S, RIG, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

LIVE_S = 25
"""How long the camera moves before it is stopped: what lives is learned from it."""
CARD_S = 15
"""How long a card is shown, which must raise nothing."""
VIDEO_S = 60
GIVE_UP_S = 30.0


class Watcher:
    """Watches OBS on a thread, as in a show, and knows which cues hold."""

    def __init__(self, port: int) -> None:
        self.clock = SystemClock()
        sight = Sight()
        self._pictures = LivePictures(
            lambda: ObsGrabber(HOST, port, None),
            self.clock,
            wants_full=lambda _: False,
            is_urgent=lambda: sight.is_dark,
        )
        self._watch = ScreenWatch(self._pictures, sight, on_picture=self._count)
        self._detector = ScreenDetector(PictureThresholds())
        self._changed = threading.Condition()
        self.pictures = 0
        self.state = ""
        self.kinds: frozenset[str] = frozenset()
        self.raised: list[str] = []
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def close(self) -> None:
        self._watch.close()
        self.thread.join()

    def wait_for(self, holds: Callable[[], bool], seconds: float = GIVE_UP_S) -> float:
        """Seconds until `holds`; infinite where it never does."""
        start = time.monotonic()
        with self._changed:
            return time.monotonic() - start if self._changed.wait_for(holds, seconds) else float("inf")

    def _count(self, _pixels: Any) -> None:
        with self._changed:
            self.pictures += 1
            self._changed.notify_all()

    def _run(self) -> None:
        for event in self._watch.read():
            assert not isinstance(event, Chat)
            self._detector.observe(event, event.at_ms)
            with self._changed:
                if isinstance(event, Status):
                    self.state = event.state
                if isinstance(event, Screen):
                    kinds = frozenset(cue.kind for cue in self._detector.cues(event.at_ms))
                    self.raised += sorted(kinds - self.kinds)
                    self.kinds = kinds
                self._changed.notify_all()


def make_video(folder: Path) -> Path:
    """Somebody who talks before a camera."""
    path = folder / "camera.mp4"
    size = f"{WIDTH}x{HEIGHT}"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "bgr24",
        "-s",
        size,
        "-r",
        str(FPS),
        "-i",
        "-",
    ]
    with subprocess.Popen([*command, "-pix_fmt", "yuv420p", "-r", "10", str(path)], stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        pictures = talking(np.random.default_rng(77), sway=8.0, sigma=2.0)
        for picture in itertools.islice(pictures, VIDEO_S * FPS):
            ffmpeg.stdin.write(picture.tobytes())
    return path


def set_scenes(obs: ObsConnection, video: Path) -> None:
    """Camera, a video that goes round; Card, a picture that does not move; Black."""
    for scene in ("Camera", "Card", "Black"):
        obs.ask("CreateScene", sceneName=scene)
    obs.ask(
        "CreateInput",
        sceneName="Camera",
        inputName="camera",
        inputKind="ffmpeg_source",
        inputSettings={"local_file": str(video), "looping": True, "restart_on_activate": False},
    )
    for scene, colour in (("Card", 0xFF7A4A2A), ("Black", 0xFF000000)):
        obs.ask(
            "CreateInput",
            sceneName=scene,
            inputName=f"{scene} ground",
            inputKind="color_source_v3",
            inputSettings={"color": colour, "width": 640, "height": 360},
        )
    obs.ask(
        "CreateInput",
        sceneName="Card",
        inputName="title",
        inputKind="text_ft2_source_v2",
        inputSettings={"text": "Be right back", "font": {"face": "DejaVu Sans", "size": 64}},
    )


def show(obs: ObsConnection, scene: str) -> None:
    obs.ask("SetCurrentProgramScene", sceneName=scene)


def play(obs: ObsConnection, *, is_on: bool) -> None:
    """Let the camera go on, or stop it."""
    action = "OBS_WEBSOCKET_MEDIA_INPUT_ACTION_" + ("PLAY" if is_on else "PAUSE")
    obs.ask("TriggerMediaInputAction", inputName="camera", mediaAction=action)


def pause(watcher: Watcher, seconds: float) -> None:
    watcher.clock.wait_until(watcher.clock.now_ms() + round(seconds * 1000))


def obs_process() -> psutil.Process:
    """The OBS of this rig."""
    home = os.environ["HOME"]
    return next(
        one for one in psutil.process_iter(["name"]) if one.info["name"] == "obs" and one.environ().get("HOME") == home
    )


def restart(watcher: Watcher, port: int) -> tuple[float, float]:
    """Seconds until a closed OBS is told as lost, and from its first answer after it was opened until pictures come."""
    old = obs_process()
    command, environment = old.cmdline(), old.environ()
    old.send_signal(signal.SIGTERM)
    lost_s = watcher.wait_for(lambda: watcher.state == "lost")
    old.wait(GIVE_UP_S)
    log = Path(os.environ["RIG_DIR"]) / "obs-again.log"
    with log.open("wb") as file:
        subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True
        )
    while True:
        try:
            with connected(HOST, port, answer_within_s=OBS_ANSWERS_WITHIN_S) as obs:
                obs.ask("GetVersion")
                break
        except Exception:  # noqa: BLE001 - whatever a program says that is about to open
            pause(watcher, 0.1)
    before = watcher.pictures
    return lost_s, watcher.wait_for(lambda: watcher.state == "watching" and watcher.pictures > before)


def check(rounds: int) -> int:
    """Inside the rig."""
    port = int(os.environ["OBS_PORT"])
    seen: dict[str, list[float]] = {"black": [], "frozen": [], "back from black": [], "back from frozen": []}
    restarts: list[tuple[float, float]] = []
    with closing(Watcher(port)) as watcher:
        with connected(HOST, port, answer_within_s=OBS_ANSWERS_WITHIN_S) as obs:
            set_scenes(obs, make_video(Path(os.environ["RIG_DIR"])))
            show(obs, "Camera")
            cpu, own = time.process_time(), time.monotonic()
            for _ in range(rounds):
                pause(watcher, LIVE_S)
                show(obs, "Black")
                seen["black"].append(watcher.wait_for(lambda: "black" in watcher.kinds))
                show(obs, "Camera")
                seen["back from black"].append(watcher.wait_for(lambda: not watcher.kinds))
                pause(watcher, LIVE_S)
                play(obs, is_on=False)
                seen["frozen"].append(watcher.wait_for(lambda: "frozen" in watcher.kinds))
                play(obs, is_on=True)
                seen["back from frozen"].append(watcher.wait_for(lambda: not watcher.kinds))
                raised = len(watcher.raised)
                show(obs, "Card")
                pause(watcher, CARD_S)
                show(obs, "Camera")
                assert watcher.raised[raised:] == [], watcher.raised[raised:]
            cost = (time.process_time() - cpu) / (time.monotonic() - own)
        for _ in range(rounds):
            restarts.append(restart(watcher, port))
            pause(watcher, 2)
        command = shlex.join(obs_process().cmdline())
        obs_process().terminate()
    print(f"{rounds} rounds with {command.split()[0]}; a card of {CARD_S} s in each raised nothing.\n")
    print("| what | seconds, median | most |\n| --- | --- | --- |")
    for name, times in seen.items():
        print(f"| {name} | {statistics.median(times):.1f} | {max(times):.1f} |")
    for name, times in zip(
        ("OBS closed: told", "OBS opened again: pictures"), map(list, zip(*restarts, strict=True)), strict=True
    ):
        print(f"| {name} | {statistics.median(times):.1f} | {max(times):.1f} |")
    print(f"\nWatching took {cost:.1%} of a core.")
    return 0 if max(seen["black"]) <= 3 and max(seen["frozen"]) <= 12 and max(r[1] for r in restarts) <= 5 else 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args(arguments)
    if "RIG_DIR" in os.environ:
        return check(wanted.rounds)
    with tempfile.TemporaryDirectory() as folder:
        # The rig runs a file, and gives everything in it a home of its own.
        script = Path(folder) / "check.py"
        run = f"if __name__ == '__main__':\n    raise SystemExit(main({arguments!r}))\n"
        script.write_text(f"from tests.bench.obs_screen import main\n\n{run}", encoding="utf-8")
        command = [str(RIG), "--no-source", str(script), "--", "sleep", "infinity"]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PY": sys.executable}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
