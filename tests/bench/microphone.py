"""The microphone pulled out and put back while somebody speaks: `python -m tests.bench.microphone [--cycles 20]`.

PulseAudio, PortAudio, the recogniser's process and Whisper are the real ones; only the voice is synthetic. In each
cycle a sentence ends, the plug is pulled right behind it, and the next sentence begins at the moment of return.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.desktop.pulse import DEFAULT, NAMED, Pulse, running_pulse
from tests.desktop.voice import speak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]

THINGS = [
    "lantern",
    "bottle",
    "candle",
    "basket",
    "blanket",
    "pillow",
    "mirror",
    "hammer",
    "ladder",
    "bucket",
    "guitar",
    "piano",
    "camera",
    "umbrella",
    "jacket",
    "necklace",
    "bracelet",
    "wallet",
    "carpet",
    "curtain",
    "kettle",
    "teapot",
    "sofa",
    "window",
    "garden",
    "rabbit",
    "elephant",
    "tiger",
    "monkey",
    "dolphin",
    "penguin",
    "banana",
    "orange",
    "apple",
    "cherry",
    "potato",
    "tomato",
    "pumpkin",
    "diamond",
    "helicopter",
]
"""Words that every model hears, one for each sentence."""


@dataclass
class Cycle:
    """One pull of the plug, in seconds."""

    lost_s: float
    """From the pull to the lamp that says so."""
    back_s: float
    """From the return to the first sound that is heard."""
    text_s: float
    """From the return, when somebody begins to speak, to the first word that stays."""


@dataclass
class Result:
    cycles: list[Cycle] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """The things that were named, in order."""
    finals: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        """Things that are in no final, or not in their turn."""
        words = iter(" ".join(self.finals).lower().replace(".", " ").replace(",", " ").split())
        return [thing for thing in self.said if thing not in words]


class Show:
    """The running show, and all that it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.events: list[dict[str, Any]] = []

    def wait_for(self, is_wanted: Callable[[dict[str, Any]], object]) -> tuple[float, dict[str, Any]]:
        """The next event that is wanted, and the time on the machine's clock at which it was given."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            at_s, event = line.split(" ", 1)
            self.events.append(json.loads(event))
            if is_wanted(self.events[-1]):
                return float(at_s), self.events[-1]
        raise EOFError("the show ended early")

    def finish(self) -> None:
        """End it and take what it still says."""
        said = self._process.communicate(timeout=60)[0]
        self.events += [json.loads(line.split(" ", 1)[1]) for line in said.splitlines()]


@contextmanager
def running_show(pulse: Pulse, folder: Path) -> Iterator[Show]:
    """A show that listens and whose models are loaded."""
    environment = pulse.env | {
        "MARTLIVE_DATA": str(folder / "data"),
        "MARTLIVE_SETTINGS": str(folder / "settings.toml"),
    }
    command = [sys.executable, "-m", "tests.desktop.text_app"]
    pipe = subprocess.PIPE
    # PortAudio says of its own accord, at each pull, that a read failed.
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=quiet, text=True
    ) as process:
        try:
            show = Show(process)
            show.wait_for(lambda event: _is_status(event, "recogniser", "ready"))
            yield show
        finally:
            process.kill()


def _is_status(event: dict[str, Any], part: str, state: str) -> bool:
    return (event["type"], event.get("part"), event.get("state")) == ("status", part, state)


def run(
    count: int, folder: Path, tell: Callable[[str], None] = lambda _line: None, *, is_default: bool = False
) -> Result:
    """Pull and put back `count` times; with `is_default` PulseAudio has the speakers' sound to put in its place."""
    result = Result(said=THINGS[: 2 * count])
    sentences = [
        speak([f"Here you can see the {thing}."], folder / f"{thing}.wav", pause_s=0.2)
        if turn % 2 == 0
        else speak([f"Hello again, my friends, and now I show you the {thing}."], folder / f"{thing}.wav", pause_s=1.0)
        for turn, thing in enumerate(result.said)
    ]
    with running_pulse(DEFAULT if is_default else NAMED) as pulse, running_show(pulse, folder) as show:
        pulse.add_speakers()
        for turn in range(count):
            with pulse.speak(sentences[2 * turn]) as player:
                player.wait(30)
            cycle = _cycle(pulse, show, sentences[2 * turn + 1], gone_s=1 + turn % 3)
            result.cycles.append(cycle)
            tell(f"{turn + 1:3d}  told {cycle.lost_s:.2f} s  back {cycle.back_s:.2f} s  text {cycle.text_s:.2f} s")
        show.finish()
        result.finals = [one["text"] for one in show.events if one["type"] == "transcript" and one["final"]]
    return result


def _cycle(pulse: Pulse, show: Show, sentence: Path, *, gone_s: int) -> Cycle:
    pulled_s = time.monotonic()
    pulse.unplug()
    told_s, _ = show.wait_for(lambda event: _is_status(event, "microphone", "lost"))
    for _ in range(gone_s):
        show.wait_for(lambda event: event["type"] == "signal" and event["name"] == "level")
    returned_s = time.monotonic()
    pulse.plug()
    with pulse.speak(sentence) as player:
        back_s, back = show.wait_for(lambda event: _is_status(event, "microphone", "listening"))

        def stays(event: dict[str, Any]) -> bool:
            return event["type"] == "transcript" and any(
                word["start_ms"] >= back["at_ms"] and (word["stable"] or event["final"]) for word in event["words"]
            )

        text_s, _ = show.wait_for(stays)
        player.wait(30)
    return Cycle(told_s - pulled_s, back_s - returned_s, text_s - returned_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--default", action="store_true", help="the system's default source, not one by its name")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(asked.cycles, Path(folder), print, is_default=asked.default)
    for name in ("lost_s", "back_s", "text_s"):
        values = [getattr(cycle, name) for cycle in result.cycles]
        print(f"{name}: p50 {statistics.median(values):.2f}, max {max(values):.2f}")
    print(
        f"missing: {', '.join(result.missing()) or 'nothing'}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(*result.finals, sep="\n")
    return 1 if result.missing() else 0


if __name__ == "__main__":
    sys.exit(main())
