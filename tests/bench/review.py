"""How fast recordings are reviewed, and whether one that was stopped ends as if it never was: `make bench-review`.

The recordings are the scripted development shows, one after the other, with their pictures; writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from tests.bench.coach import BUILD, ROOT, SHOWS, make_shows, write_section

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = "<!-- review: made by make bench-review -->", "<!-- end of review -->"
FOLDER = BUILD / "review"
CORES = 2
SEED = 7
RESULTS = ("events.jsonl", "report.html", "transcript.srt", "transcript.vtt", "transcript.txt")


@dataclass(frozen=True, slots=True)
class Run:
    """One command."""

    code: int
    wall_s: float
    cpu_s: float
    """Of all its processes."""


def start(recording: Path, out: Path, *words: str) -> subprocess.Popen[bytes]:
    """Begin a review, as users do."""
    environment = os.environ | {"MARTLIVE_DATA": str(BUILD / "data"), "MARTLIVE_SETTINGS": str(FOLDER / "none.toml")}
    command = [sys.executable, "-m", "martlive_desktop", "review", str(recording), "--out", str(out), *words]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=quiet, stderr=quiet, start_new_session=True)


def run(recording: Path, out: Path, *words: str) -> Run:
    """Review to the end."""
    began = time.monotonic()
    process = start(recording, out, *words)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(process.returncode, time.monotonic() - began, usage.ru_utime + usage.ru_stime)


def stop(recording: Path, out: Path, after_s: float, sign: signal.Signals) -> bool:
    """Begin a review and end it after a while; False where it was whole before."""
    with start(recording, out) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
            return False
        if sign == signal.SIGINT:
            os.killpg(process.pid, sign)
        else:
            process.send_signal(sign)
    return True


def results(out: Path) -> dict[str, bytes]:
    """What a review is compared by."""
    return {name: (out / name).read_bytes() for name in RESULTS}


def make_recording(seconds: int, path: Path) -> Path:
    """The development shows over and over, `seconds` long."""
    shows = [folder / "show.mkv" for folder in make_shows(sorted(SHOWS.glob("dev/*.json")))]
    if not shows:
        raise SystemExit(f"No scripted shows in {SHOWS}; put them there.")
    listed = path.with_suffix(".txt")
    # Together they last a quarter of an hour and more.
    rounds = -(-seconds // 900)
    listed.write_text("".join(f"file '{show}'\n" for show in shows * rounds), encoding="utf-8")
    join = ["-f", "concat", "-safe", "0", "-i", str(listed), "-t", str(seconds), "-c", "copy", str(path)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *join], check=True)
    return path


def measure_speed(seconds: int) -> list[str]:
    """Table of a long review."""
    recording = make_recording(seconds, FOLDER / "long.mkv")
    rows = ["| reviewed | took | faster than real time | CPU s per s |", "| --- | --- | --- | --- |"]
    for title, words in (("sound and pictures", ()), ("sound only", ("--no-screen",))):
        shutil.rmtree(FOLDER / "long", ignore_errors=True)
        found = run(recording, FOLDER / "long", *words)
        if found.code:
            raise SystemExit(f"The review ended with {found.code}.")
        rows.append(
            f"| {seconds / 60:.0f} minutes, {title} | {found.wall_s / 60:.1f} minutes "
            f"| {seconds / found.wall_s:.1f} times | {found.cpu_s / seconds:.2f} |"
        )
        print(rows[-1], flush=True)
    return rows


def measure_stops(rounds: int, seconds: int) -> list[str]:
    """What became of reviews that were stopped at random moments."""
    recording = make_recording(seconds, FOLDER / "short.mkv")
    whole, stopped = FOLDER / "whole", FOLDER / "stopped"
    shutil.rmtree(whole, ignore_errors=True)
    took_s = run(recording, whole).wall_s
    expected = results(whole)
    drawn = random.Random(SEED)
    equal = stops = 0
    for number in range(rounds):
        shutil.rmtree(stopped, ignore_errors=True)
        sign = signal.SIGINT if number % 2 else signal.SIGKILL
        after_s = drawn.uniform(0, took_s)
        stops += stop(recording, stopped, after_s, sign)
        rest = run(recording, stopped)
        is_equal = rest.code == 0 and results(stopped) == expected and not (stopped / "unfinished.memo").exists()
        equal += is_equal
        print(f"{sign.name} after {after_s:.1f} s, the rest {rest.wall_s:.1f} s: {'equal' if is_equal else 'OTHER'}")
    shutil.rmtree(stopped, ignore_errors=True)
    stop(recording, stopped, took_s * 0.95, signal.SIGKILL)
    rest_s = run(recording, stopped).wall_s
    return [
        f"A review of {seconds} s (sound and pictures, {took_s:.0f} s) was stopped {stops} times at random "
        f"moments, by SIGKILL and Ctrl-C in turn, and asked for again: {equal} of {rounds} ended with the bytes of the one that "
        f"was not stopped. Stopped at 95 % of the time, the same command took {rest_s:.0f} s to the end."
    ]


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="of the long recording; 0: none")
    parser.add_argument("--rounds", type=int, default=20, help="reviews that are stopped")
    parser.add_argument("--seconds", type=int, default=180, help="of the recording whose review is stopped")
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    asked = parser.parse_args()
    # Begun in the background by a shell, it would hand on that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    this = psutil.Process()
    if hasattr(this, "cpu_affinity"):  # macOS has none
        this.cpu_affinity(sorted(this.cpu_affinity())[:CORES])
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [f"{CORES} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}."]
    if asked.minutes:
        lines += ["", *measure_speed(asked.minutes * 60)]
    if asked.rounds:
        lines += ["", *measure_stops(asked.rounds, asked.seconds)]
    text = "\n".join(lines)
    print(text)
    if not asked.print:
        write_section(BEGIN, END, text)


if __name__ == "__main__":
    main()
