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

# A stream ends with its source only where PulseAudio has no other to put in its place.
NAMED = "pcm.!default { type pulse device fakemic }\nctl.!default { type pulse }\n"

DEFAULT = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
"""What systems come with: when a source goes, PulseAudio moves its streams to the next best."""

START_S = 10
"""The longest that PulseAudio may take to start."""


class Pulse:
    """A running PulseAudio; `env` makes a program that is started with it use it for all its sound."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self._loaded: dict[str, list[str]] = {}
        """Modules that make up each microphone."""

    def plug(
        self, name: str = "fakemic", *, rate_hz: int = 48_000, channels: int = 2, description: str = "Microphone"
    ) -> None:
        """Put a microphone in; returns when it is there."""
        for module in _modules(name, rate_hz, channels, description):
            self._loaded.setdefault(name, []).append(self._pactl("load-module", *module).strip())

    def unplug(self, name: str = "fakemic") -> None:
        """Pull a microphone out; returns when it is gone."""
        for module in reversed(self._loaded.pop(name)):
            self._pactl("unload-module", module)

    def choose(self, name: str) -> None:
        """Make a microphone the system's default."""
        self._pactl("set-default-source", name)

    def add_speakers(self) -> None:
        """Add something to play to that is no microphone: `speak(wav, "speakers")`."""
        self._pactl("load-module", *_modules("speakers", 48_000, 2, "Speakers")[0])

    @contextmanager
    def speak(self, wav: Path, name: str = "fakemic") -> Iterator[subprocess.Popen[bytes]]:
        """Play `wav` into a microphone, to its end if one waits for the process."""
        player = subprocess.Popen(["paplay", f"--device={name}_sink", str(wav)], env=self.env)
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


def _modules(name: str, rate_hz: int, channels: int, description: str) -> list[list[str]]:
    # What is played to the sink comes out of the microphone; it takes both to make one.
    # Without `norewinds` the sink plays two seconds at a time, and the microphone is as late.
    sink = [f"sink_name={name}_sink", f"rate={rate_hz}", f"channels={channels}", "norewinds=1"]
    described = f"source_properties=device.description='{description}'"
    return [
        ["module-null-sink", *sink],
        ["module-remap-source", f"master={name}_sink.monitor", f"source_name={name}", described],
    ]


@contextmanager
def running_pulse(asoundrc: str = NAMED) -> Iterator[Pulse]:
    """A PulseAudio with its microphone put in, which touches nothing outside of a folder of its own."""
    # The path of a socket has at most 107 characters; pytest's folders can be longer.
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        home = Path(folder)
        (home / ".asoundrc").write_text(asoundrc)
        socket = home / "native"
        env = os.environ | {
            "HOME": folder,
            "XDG_CONFIG_HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "PULSE_RUNTIME_PATH": folder,
            "PULSE_SERVER": f"unix:{socket}",
        }
        options = ["-n", "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no", "--log-level=error"]
        options += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(["pulseaudio", *options], env=env, stdout=log, stderr=log)
        pulse = Pulse(env)
        try:
            deadline = time.monotonic() + START_S
            while not _is_ready(pulse):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PulseAudio does not start: {(home / 'log').read_text()}")
            pulse.plug()
            yield pulse
        finally:
            server.terminate()
            server.wait(10)


def _is_ready(pulse: Pulse) -> bool:
    try:
        pulse.sources()
    except subprocess.CalledProcessError:
        return False
    return True
