"""Compares live speech recognition: MartLive and what pip can install, on the same sound and model, paced in real time.

`make bench-speech` writes the table into docs/benchmarks.md. The recordings lie beside the project (../shared/speech).
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import platform
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import psutil
from whisper_normalizer.english import EnglishTextNormalizer

from martlive_desktop.core.errors import ModelMissing
from martlive_desktop.core.events import FRAME_SAMPLES
from martlive_desktop.core.speech.utterances import UtteranceLimits
from martlive_desktop.inference.vad import SileroVad
from martlive_desktop.places import model_store
from tests.bench.speech_feed import Said, Task, read_wav
from tests.bench.speech_score import (
    HeardWord,
    SpokenWord,
    Utterance,
    end_delays,
    extra_words,
    lags,
    percentile,
    split,
    utterances,
)
from tests.bench.speech_streams import Stream, make_streams, offline_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT.parent / "shared" / "speech"
BUILD = ROOT / "build" / "bench"
PINS = Path(__file__).parent / "peers"
TABLE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- speech: made by make bench-speech -->", "<!-- end of speech -->"

CORES = 2
"""Every system gets these, on bigger machines too."""

LOAD_S = 300.0
"""Reading a model for the first time, on a slow disk."""

TOO_LATE = 3.0
"""A system that needs this many times the length of the sound does not keep up: it is stopped with what it said."""


@dataclass(frozen=True, slots=True)
class System:
    """A row of the table."""

    title: str
    runner: str
    """Module beside this one."""
    settings: dict[str, Any] = field(default_factory=dict)
    peer: str = ""
    """Its file of pins, and its environment; empty for the project's own."""


SYSTEMS = {
    "martlive": System("**MartLive**, default", "speech_martlive"),
    "martlive-economy": System("**MartLive**, economy", "speech_martlive", {"pace": "economy"}),
    "martlive-finals": System("**MartLive**, finals only", "speech_martlive", {"pace": "finals"}),
    "whisperlivekit": System(
        "WhisperLiveKit, LocalAgreement",
        "speech_whisperlivekit",
        # Its default for a warm-up is this recording, from the internet.
        {"warmup_file": str(SPEECH / "jfk.wav")},
        "whisperlivekit",
    ),
    "realtimestt": System(
        "RealtimeSTT, tiny.en while speaking", "speech_realtimestt", {"compute_type": "int8"}, "realtimestt"
    ),
    "realtimestt-base": System(
        "RealtimeSTT, base for both",
        "speech_realtimestt",
        {"compute_type": "int8", "use_main_model_for_realtime": True},
        "realtimestt",
    ),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream as one system heard it."""

    said: tuple[Said, ...]
    cpu_s: float
    """All processes, from the first sample to the last word."""
    is_cut: bool
    """It was too late and stopped."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every system gets."""

    streams: list[Stream]
    spoken: dict[str, list[SpokenWord]]
    """Normalised words of the offline pass, by stream."""
    voiced: dict[str, list[bool]]
    """By stream, whether each frame of Silero VAD has voice."""
    model: Path
    small_model: Path
    normalise: EnglishTextNormalizer


class Unusable(Exception):
    """A system cannot be run here; says why."""


def environment(peer: str) -> Path:
    """The Python that has `peer`, installed where it is not yet.

    Raises:
        Unusable: pip could not.
    """
    if not peer:
        return Path(sys.executable)
    folder = BUILD / "peers" / peer
    pins = PINS / f"{peer}.txt"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp, wanted = folder / "installed", hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {peer} into {folder.relative_to(ROOT)} (1 to 2 GB)", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    torch = next(line for line in pins.read_text(encoding="utf-8").splitlines() if line.startswith("torch=="))
    # PyTorch brings what its build for this system needs. Of the rest nothing but the pins: torchaudio, which both
    # peers name and neither imports here, would bring CUDA.
    for what in ([torch], ["--no-deps", "-r", str(pins)]):
        done = subprocess.run([*pip, *what], check=False, capture_output=True, text=True)
        if done.returncode:
            (folder / "pip.log").write_text(done.stderr, encoding="utf-8")
            hint = " It needs PortAudio's headers (Debian: portaudio19-dev)." if "portaudio.h" in done.stderr else ""
            raise Unusable(f"pip could not install it; see {folder / 'pip.log'}.{hint}")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def hear(
    system: System,
    python: Path,
    stream: Stream,
    bench: Bench,
    on_ready: Callable[[psutil.Process], None] = lambda _: None,
) -> Heard:
    """Let `system` listen to `stream` in a process of its own, which `on_ready` gets when it begins.

    Raises:
        Unusable: it stopped before it was ready or before the end.
    """
    task = Task(str(stream.sound), str(bench.model), str(bench.small_model), system.settings)
    log = BUILD / "speech" / f"{system.runner}.log"
    # The peers' own numbers of threads; no model hub, no GPU.
    surroundings = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    surroundings |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [python, "-m", f"tests.bench.{system.runner}", json.dumps(dataclasses.asdict(task))],
            cwd=ROOT,
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        )
        try:
            return _listen(process, stream.seconds, log, on_ready)
        finally:
            _end(process)


def _listen(
    process: subprocess.Popen[str], seconds: float, log: Path, on_ready: Callable[[psutil.Process], None]
) -> Heard:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    tree = psutil.Process(process.pid)
    said: list[Said] = []
    before = 0.0
    deadline = time.monotonic() + LOAD_S
    is_ready = False
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            if not is_ready:
                raise Unusable(f"it was not ready after {LOAD_S:.0f} s; see {log}.") from None
            return Heard(tuple(said), cpu_s(tree) - before, is_cut=True)
        if not line:
            raise Unusable(f"it stopped; see {log}.")
        report = json.loads(line)
        match report.pop("event"):
            case "ready":
                before = cpu_s(tree)
                on_ready(tree)
                deadline = time.monotonic() + TOO_LATE * seconds
                is_ready = True
            case "said":
                said.append(Said(**report))
            case "done":
                return Heard(tuple(said), cpu_s(tree) - before, is_cut=False)


def _read(process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of `process`, its children, theirs, and those that have ended."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue  # its parent has its time now
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _end(process: subprocess.Popen[str]) -> None:
    try:
        left = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        left = []
    process.kill()
    process.communicate()
    for child in left:
        if child.is_running():
            child.kill()
    psutil.wait_procs(left, timeout=10)


def row(title: str, heard: dict[str, Heard], bench: Bench) -> str:
    """A line of the table."""
    scored: dict[str, list[Utterance]] = {name: utterances(one.said, bench.normalise) for name, one in heard.items()}
    stable = {name: [word for unit in units for word in unit.stable] for name, units in scored.items()}
    final = {name: [word for unit in units for word in unit.final] for name, units in scored.items()}
    late = [lag for stream in bench.streams for lag in lags(stable[stream.name], bench.spoken[stream.name])]
    ends = [
        wait
        for stream in bench.streams
        for wait in end_delays(final[stream.name], bench.spoken[stream.name], bench.voiced[stream.name])
    ]
    quiet = [stream.name for stream in bench.streams if stream.is_sparse]
    extra = sum(extra_words(stable[name], bench.spoken[name]) for name in quiet)
    committed = sum(unit.committed for units in scored.values() for unit in units)
    changed = sum(unit.changed for units in scored.values() for unit in units)
    speech_s = sum(stream.seconds for stream in bench.streams if not stream.is_sparse)
    speech_cpu_s = sum(heard[stream.name].cpu_s for stream in bench.streams if not stream.is_sparse)
    all_cpu = sum(one.cpu_s for one in heard.values()) / sum(stream.seconds for stream in bench.streams)
    cut = [name for name, one in heard.items() if one.is_cut]
    cells = [
        title + (f" (too late, stopped: {', '.join(cut)})" if cut else ""),
        f"{speech_cpu_s / speech_s:.2f} / {all_cpu:.2f}",
        " / ".join(f"{percentile(late, share):.2f}" for share in (50, 90, 100)),
        f"{_wer(stable, bench):.1f} / {_wer(final, bench):.1f}",
        f"{100 * changed / max(1, committed):.1f}",
        str(extra),
        " / ".join(f"{percentile(ends, share):.2f}" for share in (50, 95)),
    ]
    return _line(cells)


def offline_row(title: str, bench: Bench, *, beam_size: int) -> tuple[str, dict[str, list[SpokenWord]]]:
    """A line of the table, and the normalised words of each stream."""
    found = offline_pass(bench.streams, bench.model, beam_size=beam_size)
    spoken = {
        name: [
            SpokenWord(part, word.start_s, word.end_s) for word in words for part in split(word.text, bench.normalise)
        ]
        for name, words in found.words.items()
    }
    heard = {name: [HeardWord(word.text, word.end_s) for word in words] for name, words in spoken.items()}
    cpu = found.cpu_s / sum(clip.seconds for stream in bench.streams for clip in stream.clips)
    return _line([title, f"– / {cpu:.2f}", "–", f"– / {_wer(heard, bench):.1f}", "–", "–", "–"]), spoken


def voiced_frames(stream: Stream) -> list[bool]:
    """Whether each whole frame of `stream` has voice, by the two thresholds of Silero VAD."""
    pcm = np.frombuffer(read_wav(stream.sound), np.int16)
    chances, _ = SileroVad().probabilities(pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES], None)
    limits = UtteranceLimits()
    voiced = [False]
    for chance in chances:
        voiced.append(chance >= (limits.off_probability if voiced[-1] else limits.on_probability))
    return voiced[1:]


def _wer(words: dict[str, list[HeardWord]], bench: Bench) -> float:
    scored = [stream for stream in bench.streams if not stream.is_sparse]
    references = [bench.normalise(stream.reference) for stream in scored]
    texts = [bench.normalise(" ".join(word.text for word in words[stream.name])) for stream in scored]
    return 100 * float(jiwer.process_words(references, texts).wer)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


HEAD = "\n".join(
    (
        _line(
            (
                "system",
                "CPU s per s: speech / all",
                "lag of stable words p50 / p90 / max s",
                "WER stable / final %",
                "changed by the final %",
                "words on silence",
                "end of speech to final p50 / p95 s",
            )
        ),
        _line(["---"] * 7),
    )
)


def main() -> None:
    """Run what is asked for, one after the other."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--systems", default=",".join(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--quick", action="store_true", help="half a minute of sound instead of all")
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    asked = parser.parse_args()
    names = asked.systems.split(",")
    if unknown := set(names) - SYSTEMS.keys():
        parser.error(f"no system is called {', '.join(sorted(unknown))}; they are {', '.join(SYSTEMS)}")
    if not SPEECH.exists():
        raise SystemExit(f"No recordings in {SPEECH}; put them there.")
    this = psutil.Process()
    if hasattr(this, "cpu_affinity"):  # macOS has none
        this.cpu_affinity(sorted(this.cpu_affinity())[:CORES])
    folder = BUILD / "speech"
    bench = make_bench(make_streams(SPEECH, folder, is_quick=asked.quick))
    rows: list[str] = []
    notes: list[str] = []
    greedy, _ = offline_row("stock faster-whisper over whole files, greedy", bench, beam_size=1)
    beam, spoken = offline_row("stock faster-whisper over whole files, beam 5", bench, beam_size=5)
    bench.spoken.update(spoken)
    for name in names:
        system = SYSTEMS[name]
        try:
            python = environment(system.peer)
            heard = {}
            for stream in bench.streams:
                print(f"{name}: {stream.name}, {stream.seconds:.0f} s", file=sys.stderr)
                heard[stream.name] = hear(system, python, stream, bench)
        except Unusable as exc:
            notes.append(f"{system.title}: {exc}")
            continue
        raw = {stream: dataclasses.asdict(one) for stream, one in heard.items()}
        (folder / f"{name}.json").write_text(json.dumps(raw, indent=1), encoding="utf-8")
        rows.append(row(system.title, heard, bench))
    text = "\n".join([HEAD, *rows, greedy, beam, *(["", *notes] if notes else [])])
    print(text)
    if not asked.print:
        page = TABLE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        seconds = ", ".join(f"{stream.name} {stream.seconds:.0f} s" for stream in bench.streams)
        machine = (
            f"{CORES} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; {seconds}."
        )
        TABLE.write_text(f"{before}{BEGIN}\n{machine}\n\n{text}\n{END}{after}", encoding="utf-8")


def make_bench(streams: list[Stream]) -> Bench:
    """What every system gets; the offline pass is still to come."""
    store = model_store()
    voiced = {stream.name: voiced_frames(stream) for stream in streams}
    try:
        base, tiny = store.resolve("whisper-base"), store.resolve("whisper-tiny.en")
        return Bench(streams, {}, voiced, base, tiny, EnglishTextNormalizer())
    except ModelMissing as exc:
        raise SystemExit(str(exc)) from exc


if __name__ == "__main__":
    main()
