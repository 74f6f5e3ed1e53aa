"""The microphone pulled out and put back between sentences, again and again: `make bench-microphone`.

PulseAudio, PortAudio, the recogniser's process and Whisper are the real ones; only the voice is synthetic. All sentences
are said once undisturbed. Then, in each cycle, a sentence ends, the plug is pulled right behind it, and the next sentence
begins as soon as MartLive says that it listens again. Writes the table into docs/benchmarks.md; fails where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.desktop.pulse import DEFAULT, Pulse, running_pulse
from tests.desktop.voice import speak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- microphone: made by make bench-microphone -->", "<!-- end of microphone -->"

TOLD_S = 2.0
"""The longest from the pull to the lamp that says so."""

TEXT_S = 3.0
"""The longest from the return to the first word that stays."""

PATIENCE_S = 30.0
"""What did not come by then does not come."""

CHOSEN = "Microphone"
"""What describes the one that is pulled."""

SENTENCES = ("Here you can see the {}.", "Hello again, my friends, and now I show you the {}.")
"""Before the pull and after the return."""

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


@dataclass(frozen=True, slots=True)
class Cycle:
    """One pull of the plug, in seconds."""

    told_s: float
    """From the pull to the lamp that says so."""
    back_s: float
    """From the return to the first sound that is heard: what is said meanwhile nobody can hear."""
    text_s: float
    """From the return to the first word that stays, with the time that it takes to say it."""


@dataclass(slots=True)
class Result:
    """What became of the sentences; an even one ended before a pull, an odd one began after a return."""

    said: list[str]
    cycles: list[Cycle] = field(default_factory=list)
    undisturbed: list[str] = field(default_factory=list)
    """Finals of all sentences, said without a pull."""
    heard: list[str] = field(default_factory=list)
    """The same with the pulls."""

    def lost(self) -> list[tuple[int, str]]:
        """Words that were said and not heard, each with the number of its sentence.

        Where the undisturbed pass has other words in the place of those that were said, the same other words will do:
        that is the recogniser's spelling. None at all will not do.
        """
        words = [(number, word) for number, sentence in enumerate(self.said) for word in split([sentence])]
        said = [word for _, word in words]
        spelled = {one for one in _others(said, split(self.undisturbed)) if one[2]}
        return [
            words[index]
            for one in _others(said, split(self.heard))
            if one not in spelled
            for index in range(one[0], one[1])
        ]

    def faults(self) -> list[str]:
        """The bars that were missed."""
        told_s, text_s = max(one.told_s for one in self.cycles), max(one.text_s for one in self.cycles)
        faults = [f"told after {told_s:.2f} s"] if told_s > TOLD_S else []
        faults += [f"text after {text_s:.2f} s"] if text_s > TEXT_S else []
        return faults + [f'lost "{word}" of "{self.said[number]}"' for number, word in self.lost()]

    def row(self, title: str) -> str:
        """Line of the table."""
        columns = ([getattr(cycle, name) for cycle in self.cycles] for name in Cycle.__slots__)
        times = " | ".join(f"{statistics.median(values):.2f} / {max(values):.2f}" for values in columns)
        before = sum(number % 2 == 0 for number, _ in self.lost())
        after = len(self.lost()) - before
        return f"| {title} | {len(self.cycles)} | {times} | {len(split(self.said))} | {before} / {after} |"


def split(texts: Sequence[str]) -> list[str]:
    """The words, without case and punctuation."""
    return re.findall(r"[a-z0-9']+", " ".join(texts).lower())


def _others(said: list[str], heard: list[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    """From and to which word something else was heard, and what."""
    return [
        (begin, end, tuple(heard[other_begin:other_end]))
        for tag, begin, end, other_begin, other_end in SequenceMatcher(None, said, heard, autojunk=False).get_opcodes()
        if tag in {"replace", "delete"}
    ]


class Show:
    """The running show, and all that it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.events: list[dict[str, Any]] = []

    def wait_for(self, is_wanted: Callable[[dict[str, Any]], object]) -> tuple[float, dict[str, Any]]:
        """The next event that is wanted, and the time on the machine's clock at which it was given."""
        assert self._process.stdout is not None
        deadline_s = time.monotonic() + PATIENCE_S
        for line in self._process.stdout:
            at_s, event = line.split(" ", 1)
            self.events.append(json.loads(event))
            if is_wanted(self.events[-1]):
                return float(at_s), self.events[-1]
            # Even a show that hears nothing tells the level each second.
            if float(at_s) > deadline_s:
                raise TimeoutError(f"nothing came in {PATIENCE_S:.0f} s; the last was {self.events[-1]}")
        raise EOFError("the show ended early")

    def wait_seconds(self, count: int) -> None:
        """Let so many seconds pass from now on, whatever waits to be read."""
        until_s = time.monotonic() + count
        at_s = 0.0
        while at_s < until_s:
            at_s, _ = self.wait_for(lambda event: event["type"] == "signal" and event["name"] == "level")

    def take_finals(self) -> list[str]:
        """What was heard since the last time."""
        finals = [one["text"] for one in self.events if one["type"] == "transcript" and one["final"]]
        self.events.clear()
        return finals

    def finish(self) -> None:
        """End it and take what it still says."""
        said = self._process.communicate(timeout=60)[0]
        self.events += [json.loads(line.split(" ", 1)[1]) for line in said.splitlines()]


@contextmanager
def running_show(pulse: Pulse, folder: Path, device: str) -> Iterator[Show]:
    """A show that listens and whose models are loaded."""
    environment = pulse.env | {"MARTLIVE_DATA": str(folder / "data")}
    command = [sys.executable, "-m", "tests.desktop.text_app", device]
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


def run(count: int, folder: Path, tell: Callable[[str], None] = lambda _line: None, *, device: str = "") -> Result:
    """Pull and put back `count` times the microphone that is the system's default, or chosen as `device`."""
    result = Result([SENTENCES[number % 2].format(thing) for number, thing in enumerate(THINGS[: 2 * count])])
    sounds = [
        speak([sentence], folder / f"{number}.wav", pause_s=0.2 if number % 2 == 0 else 1.0)
        for number, sentence in enumerate(result.said)
    ]
    with running_pulse(DEFAULT) as pulse, running_show(pulse, folder, device) as show:
        # PulseAudio has the speakers' sound to put in the microphone's place.
        pulse.add_speakers()
        for sound in sounds:
            with pulse.speak(sound) as player:
                player.wait(30)
            show.wait_seconds(2)
        result.undisturbed = show.take_finals()
        for turn in range(count):
            with pulse.speak(sounds[2 * turn]) as player:
                player.wait(30)
            cycle = _cycle(pulse, show, sounds[2 * turn + 1], gone_s=1 + turn % 3)
            result.cycles.append(cycle)
            tell(f"{turn + 1:3d}  told {cycle.told_s:.2f} s  back {cycle.back_s:.2f} s  text {cycle.text_s:.2f} s")
        show.finish()
        result.heard = show.take_finals()
    return result


def _cycle(pulse: Pulse, show: Show, sentence: Path, *, gone_s: int) -> Cycle:
    pulled_s = time.monotonic()
    pulse.unplug()
    told_s, _ = show.wait_for(lambda event: _is_status(event, "microphone", "lost"))
    show.wait_seconds(gone_s)
    returned_s = time.monotonic()
    pulse.plug(description=CHOSEN)
    back_s, back = show.wait_for(lambda event: _is_status(event, "microphone", "listening"))
    with pulse.speak(sentence) as player:

        def stays(event: dict[str, Any]) -> bool:
            return event["type"] == "transcript" and any(
                word["start_ms"] >= back["at_ms"] and (word["stable"] or event["final"]) for word in event["words"]
            )

        text_s, _ = show.wait_for(stays)
        player.wait(30)
    return Cycle(told_s - pulled_s, back_s - returned_s, text_s - returned_s)


def main() -> int:
    """Pull, put back, and write the table; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--cycles", type=int, default=20, choices=range(1, len(THINGS) // 2 + 1), metavar="1..20")
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    parser.add_argument("--texts", action="store_true", help="print what was heard, on stderr")
    asked = parser.parse_args()
    lines = [
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}.",
        "",
        "| microphone | pulls | told p50 / max s | back p50 / max s | text p50 / max s | words said | lost before / after |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    faults: list[str] = []
    for title, device in (("the system's default", ""), ("chosen by name", CHOSEN)):
        print(title, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            result = run(asked.cycles, Path(folder), lambda line: print(line, file=sys.stderr), device=device)
        lines.append(result.row(title))
        faults += [f"{title}: {fault}" for fault in result.faults()]
        if asked.texts:
            print("undisturbed:", *result.undisturbed, "with pulls:", *result.heard, sep="\n", file=sys.stderr)
    text = "\n".join(lines)
    print(text)
    if not asked.print:
        page = TABLE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        TABLE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    print(*faults, f"load {os.getloadavg()[0]:.1f}", sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
