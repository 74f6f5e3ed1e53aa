"""A PulseAudio of one's own, with a microphone that can be spoken into and pulled out."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = (
    # What is played to the sink comes out of the microphone; it takes both to make one.
    # Without `norewinds` the sink plays two seconds at a time, and the microphone is as late.
    ("module-null-sink", "sink_name=mic_sink", "rate=48000", "norewinds=1"),
    ("module-remap-source", "master=mic_sink.monitor", "source_name=fakemic"),
)

# A name and not the default source, or the next best source would take the place of one that was pulled out.
ASOUNDRC = "pcm.!default { type pulse device fakemic }\nctl.!default { type pulse }\n"

START_S = 10
"""The longest that PulseAudio may take to start."""


class Pulse:
    """A running PulseAudio; `env` makes a program that is started with it use it for all its sound."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def plug(self) -> None:
        """Put the microphone in; returns when it is there."""
        for module in MODULES:
            self._pactl("load-module", *module)

    def unplug(self) -> None:
        """Pull the microphone out; returns when it is gone."""
        for module in reversed(MODULES):
            self._pactl("unload-module", module[0])

    @contextmanager
    def speak(self, wav: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Play `wav` into the microphone, to its end if one waits for the process."""
        player = subprocess.Popen(["paplay", "--device=mic_sink", str(wav)], env=self.env)
        try:
            yield player
        finally:
            player.terminate()
            player.wait(10)

    def sources(self) -> list[str]:
        """Names of the sources that are there."""
        lines = self._pactl("list", "short", "sources").splitlines()
        return [line.split("\t")[1] for line in lines]

    def _pactl(self, *arguments: str) -> str:
        command = ["pactl", *arguments]
        done = subprocess.run(command, env=self.env, check=True, capture_output=True, text=True, timeout=10)
        return done.stdout


@contextmanager
def running_pulse() -> Iterator[Pulse]:
    """A PulseAudio with its microphone put in, which touches nothing outside of a folder of its own."""
    # The path of a socket has at most 107 characters; pytest's folders can be longer.
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        home = Path(folder)
        (home / ".asoundrc").write_text(ASOUNDRC)
        socket = home / "native"
        env = os.environ | {
            "HOME": folder,
            "XDG_CONFIG_HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "PULSE_RUNTIME_PATH": folder,
            "PULSE_SERVER": f"unix:{socket}",
        }
        modules = [("module-native-protocol-unix", f"socket={socket}", "auth-anonymous=1"), *MODULES]
        options = ["-n", "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no", "--log-level=error"]
        for module in modules:
            options += ["-L", " ".join(module)]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(["pulseaudio", *options], env=env, stdout=log, stderr=log)
        pulse = Pulse(env)
        try:
            deadline = time.monotonic() + START_S
            while not _is_ready(pulse):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PulseAudio does not start: {(home / 'log').read_text()}")
            yield pulse
        finally:
            server.terminate()
            server.wait(10)


def _is_ready(pulse: Pulse) -> bool:
    try:
        return "fakemic" in pulse.sources()
    except subprocess.CalledProcessError:
        return False
