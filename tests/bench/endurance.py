"""Lets MartLive listen for half an hour in real time: does it fall behind, does it grow? `make bench-endurance`.

The streams of the speech bench, over and over; writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import math
import sys
import threading
import time
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from whisper_normalizer.english import EnglishTextNormalizer

from tests.bench.speech import BUILD, CORES, SPEECH, SYSTEMS, TABLE, cpu_s, environment, hear, make_bench, offline_row
from tests.bench.speech_feed import RATE_HZ, Said, read_wav
from tests.bench.speech_score import WARM_UP_S, SpokenWord, percentile, round_lags, slope_per_minute, utterances
from tests.bench.speech_streams import Stream, make_streams

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGIN, END = "<!-- endurance: made by make bench-endurance -->", "<!-- end of endurance -->"

EDGE_S = 300.0
"""The beginning and the end that are compared."""

SAMPLE_S = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the processes take at one moment."""

    at_s: float
    cpu_s: float
    app_mb: float
    """Memory of their own (USS): the process that users start, without its window."""
    recogniser_mb: float


class Sampler:
    """Looks at the processes every SAMPLE_S until it is closed."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, process: psutil.Process) -> None:
        """Begin; time counts from now."""
        self._thread = threading.Thread(target=self._run, args=(process, time.monotonic()))
        self._thread.start()

    def close(self) -> None:
        """Stop; `samples` is complete."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, process: psutil.Process, began: float) -> None:
        while not self._is_over.wait(SAMPLE_S):
            try:
                recogniser_mb = sum(_own_mb(child) for child in process.children(recursive=True))
                sample = Sample(time.monotonic() - began, cpu_s(process), _own_mb(process), recogniser_mb)
            except psutil.NoSuchProcess:
                continue  # one was started anew, and the log says so; or all is over
            self.samples.append(sample)


def _own_mb(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss) / 1e6


def report(said: Sequence[Said], spoken: list[SpokenWord], samples: list[Sample], round_s: float, rounds: int) -> str:
    """The table and what is beside it."""
    stable = [word for unit in utterances(said, EnglishTextNormalizer()) for word in unit.stable]
    edge = max(1, min(rounds // 2, math.ceil(EDGE_S / round_s)))
    lines = [
        "| | lag of stable words p50 / p90 / max s | CPU s per s | app MB | recogniser MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for title, part in (("first", range(edge)), ("last", range(rounds - edge, rounds))):
        late = round_lags(stable, spoken, round_s, part)
        inside = [sample for sample in samples if part.start * round_s <= sample.at_s <= part.stop * round_s]
        first, last = inside[0], inside[-1]
        lag = " / ".join(f"{percentile(late, share):.2f}" for share in (50, 90, 100))
        cpu = (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s)
        minutes = f"{title} {edge * round_s / 60:.1f} minutes"
        lines.append(f"| {minutes} | {lag} | {cpu:.2f} | {last.app_mb:.0f} | {last.recogniser_mb:.0f} |")
    app = slope_per_minute([(one.at_s, one.app_mb) for one in samples])
    recogniser = slope_per_minute([(one.at_s, one.recogniser_mb) for one in samples])
    lines += [
        "",
        f"Memory after {WARM_UP_S / 60:.0f} minutes: app {app:+.2f}, recogniser {recogniser:+.2f} MB a minute.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Listen, and write the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    asked = parser.parse_args()
    if not SPEECH.exists():
        raise SystemExit(f"No recordings in {SPEECH}; put them there.")
    this = psutil.Process()
    if hasattr(this, "cpu_affinity"):  # macOS has none
        this.cpu_affinity(sorted(this.cpu_affinity())[:CORES])
    bench = make_bench([one for one in make_streams(SPEECH, BUILD / "speech", is_quick=False) if not one.is_sparse])
    _, heard = offline_row("", bench, beam_size=5)
    spoken: list[SpokenWord] = []
    sound = b""
    for stream in bench.streams:
        begin_s = len(sound) / 2 / RATE_HZ
        spoken += [SpokenWord(word.text, begin_s + word.start_s, begin_s + word.end_s) for word in heard[stream.name]]
        sound += read_wav(stream.sound)
    round_s = len(sound) / 2 / RATE_HZ
    rounds = max(1, round(asked.minutes * 60 / round_s))
    path = BUILD / "speech" / "endurance.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for _ in range(rounds):
            file.writeframes(sound)
    print(f"{rounds} rounds of {round_s:.0f} s", file=sys.stderr)
    sampler = Sampler()
    whole = Stream("endurance", (), path, rounds * round_s)
    try:
        found = hear(SYSTEMS["martlive"], environment(""), whole, bench, sampler.start)
    finally:
        sampler.close()
    if found.is_cut:
        raise SystemExit("MartLive came too late and was stopped.")
    text = report(found.said, spoken, sampler.samples, round_s, rounds)
    log = (BUILD / "speech" / "speech_martlive.log").read_text(encoding="utf-8")
    paces, restarts = (sum(line.startswith(state) for line in log.splitlines()) for state in ("pace", "restarting"))
    text += f"\nThe governor changed the pace {paces} times; the recogniser was started anew {restarts} times."
    print(text)
    if not asked.print:
        page = TABLE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        TABLE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
