"""Compares streams per core: MartLive's cloud, WhisperLive's batch mode, and a model for each connection.

    python -m tests.bench.cloud_peers --systems whisper-live,naive,martlive --seconds 75

Each system gets the same streams, paced in real time, on the same cores, with the same model (base, int8), one system
after the other, first one stream, then more. What is counted is for every system the same: from the end of the voice
of an utterance to the moment from which its words stand on the client's screen and never change again. A system need
not call them final. For MartLive the wait for its finals, which is longer, decides.

A system carries N streams when all N were taken and none was ended, the 95th percentile of these waits is at most
TARGET_S - or, for a system whose single stream is slower than that already, SLOWER times that of its single stream -,
the waits do not grow from the first third of the run to the last, and the word error rate is at most MORE_ERRORS points
over that of its single stream: a system that throws sound away is quick, too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from martlive_desktop.places import model_store
from tests.bench.cloud_score import Shown, end_waits, is_growing
from tests.bench.cloud_services import free_port
from tests.bench.cloud_sound import Sound, make_sound, recordings, with_words
from tests.bench.speech_score import percentile

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "cloud"

CORES = 2
"""Every system gets these, on bigger machines too."""

TARGET_S = 1.5
SLOWER = 1.5
MORE_ERRORS = 5.0

CHUNK_MS = 200
QUIET_S = 6.0
"""Silence after the last word, in which every system settles what it heard."""

START_WITHIN_S = 120.0
READY_WITHIN_S = 60.0
STEPS = (1, 2, 3, 4, 6, 8, 10, 12, 16)


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream as a client saw it."""

    shown: tuple[Shown, ...]
    final: tuple[Shown, ...]
    """Only what the system calls final."""
    trouble: str = ""
    """Why it ended early, or was never taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """One system with so many streams."""

    system: str
    streams: int
    waits_p50_s: float
    waits_p95_s: float
    finals_p50_s: float
    finals_p95_s: float
    utterances: int
    is_growing: bool
    wer: float
    cores: float
    memory_mb: float
    troubles: tuple[str, ...]
    load_before: float
    """Of the machine, by its one-minute average: what others did."""


Listen: TypeAlias = Callable[[Sequence[Sound]], Awaitable[list[Heard]]]


@dataclass(frozen=True, slots=True)
class Running:
    """A system that is up."""

    listen: Listen
    pids: Callable[[], list[int]]


@dataclass(frozen=True, slots=True)
class System:
    title: str
    start: Callable[[Path], contextlib.AbstractContextManager[Running]]
    judged_by_finals: bool = False


@dataclass
class Pace:
    """The clock of one stream."""

    began_s: float = field(default_factory=time.monotonic)

    def now_s(self) -> float:
        return time.monotonic() - self.began_s

    async def until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, at_s - self.now_s()))


async def listen_whisper_live(port: int, sound: Sound, *, quiet_s: float = QUIET_S) -> Heard:
    """Speak `sound` to a server that speaks WhisperLive's protocol."""
    shown: list[Shown] = []
    final: list[Shown] = []
    try:
        async with connect(f"ws://127.0.0.1:{port}", compression=None, max_size=2**22, open_timeout=30) as server:
            asked = {"uid": uuid.uuid4().hex, "language": "en", "task": "transcribe", "model": "base", "use_vad": True}
            await server.send(json.dumps(asked | {"audio_format": "int16"}))
            async with asyncio.timeout(READY_WITHIN_S):
                answer = json.loads(await server.recv())
            if answer.get("message") != "SERVER_READY":
                return Heard((), (), f"refused: {answer.get('status', answer)}")
            pace = Pace()
            hearing = asyncio.create_task(_hear_segments(server, pace, shown, final))
            try:
                await _speak(server, pace, sound, quiet_s)
                await asyncio.wait({hearing}, timeout=QUIET_S)
            finally:
                hearing.cancel()
                await asyncio.wait({hearing})
    except (OSError, TimeoutError, ConnectionClosed) as exc:
        return Heard(tuple(shown), tuple(final), type(exc).__name__)
    return Heard(tuple(shown), tuple(final))


async def _speak(server: Any, pace: Pace, sound: Sound, quiet_s: float) -> None:
    quiet = np.random.default_rng(3).normal(0.0, 18.0, int(quiet_s * 16_000)).astype(np.int16)
    pcm = np.concatenate((sound.pcm, quiet)).tobytes()
    size = CHUNK_MS * 32
    for begin in range(0, len(pcm), size):
        chunk = pcm[begin : begin + size]
        await pace.until((begin + len(chunk)) / 32_000)
        await server.send(chunk)
    await server.send(b"END_OF_AUDIO")


async def _hear_segments(server: Any, pace: Pace, shown: list[Shown], final: list[Shown]) -> None:
    heard = Segments()
    with contextlib.suppress(ConnectionClosed):
        async for data in server:
            message = json.loads(data)
            if "segments" in message:
                heard.take(message["segments"])
                note(shown, pace.now_s(), heard.text)
                note(final, pace.now_s(), heard.final_text)


def note(log: list[Shown], at_s: float, text: str) -> None:
    """Add what is shown now; repetitions are left out."""
    if not log or log[-1].text != text:
        log.append(Shown(at_s, text))


class Segments:
    """What a client of WhisperLive has on its screen: completed segments stay, the open one comes anew each time."""

    def __init__(self) -> None:
        self._completed: dict[str, str] = {}
        self._open = ""

    def take(self, segments: Sequence[dict[str, Any]]) -> None:
        self._open = ""
        for one in segments:
            if one.get("completed"):
                self._completed[one["start"]] = one["text"].strip()
            else:
                self._open = one["text"].strip()

    @property
    def final_text(self) -> str:
        return " ".join(self._completed.values())

    @property
    def text(self) -> str:
        return f"{self.final_text} {self._open}".strip()


@contextlib.contextmanager
def _server(python: Path, module: str, model: Path) -> Iterator[Running]:
    """A server of `tests.bench.peers` in a process of its own; its models are loaded."""
    from tests.bench.speech import Unusable

    port = free_port()
    OUT.mkdir(parents=True, exist_ok=True)
    # Their own numbers of threads; no model hub, no GPU.
    surroundings = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    surroundings |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    log_file = OUT / f"{module}.log"
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [python, "-m", f"tests.bench.peers.{module}", str(port), str(model)],
            cwd=ROOT,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

        async def listen(sounds: Sequence[Sound]) -> list[Heard]:
            return list(await asyncio.gather(*(listen_whisper_live(port, sound) for sound in sounds)))

        try:
            _wait_for_port(port, process, log_file)
            said = recordings()[:3]
            warm = asyncio.run(listen_whisper_live(port, make_sound(said, seconds=10.0, number=99), quiet_s=0.5))
            if warm.trouble:
                raise Unusable(f"{module}: {warm.trouble}; see {log_file}.")
            yield Running(listen, lambda: [process.pid])
        finally:
            process.kill()
            process.wait()


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log_file: Path) -> None:
    from tests.bench.speech import Unusable

    end_s = time.monotonic() + START_WITHIN_S

    async def look() -> bool:
        while time.monotonic() < end_s and process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.2)
                continue
            writer.close()
            await writer.wait_closed()
            return True
        return False

    if not asyncio.run(look()):
        raise Unusable(f"The server did not listen in {START_WITHIN_S:.0f} s; see {log_file}.")


def _whisper_live(model: Path) -> contextlib.AbstractContextManager[Running]:
    from tests.bench.speech import environment

    return _server(environment("whisper_live"), "whisper_live_server", model)


def _naive(model: Path) -> contextlib.AbstractContextManager[Running]:
    return _server(Path(sys.executable), "naive_server", model)


@contextlib.contextmanager
def _martlive(model: Path) -> Iterator[Running]:
    """Gateway, asr and worker of this project, one instance of each."""
    from tests.bench.cloud_load import Asked, talk_together
    from tests.bench.cloud_services import Cloud

    with Cloud.running(OUT / "martlive", coaches=0) as cloud:
        keys = [cloud.make_key(f"tenant-{number}") for number in range(4)]

        async def listen(sounds: Sequence[Sound]) -> list[Heard]:
            asked = [
                Asked(cloud.url, keys[number % len(keys)], sound, has_partials=True)
                for number, sound in enumerate(sounds)
            ]
            talks = await talk_together(asked)
            return [Heard(talk.shown_texts(), talk.final_texts(), talk.trouble) for talk in talks]

        yield Running(listen, cloud.pids)


SYSTEMS = {
    "whisper-live": System("WhisperLive 0.10.0, batch mode", _whisper_live),
    "naive": System("a model for each connection", _naive),
    "martlive": System("**MartLive cloud**, 2 s partials", _martlive, judged_by_finals=True),
}


def measure(name: str, running: Running, sounds: Sequence[Sound]) -> Step:
    """Let the system hear all `sounds` at once."""
    from tests.bench.speech import cpu_s

    load = os.getloadavg()[0]
    trees = [psutil.Process(pid) for pid in running.pids()]
    before, began_s = sum(map(cpu_s, trees)), time.monotonic()
    memory_mb = 0.0

    async def watch() -> None:
        nonlocal memory_mb
        while True:
            memory_mb = max(memory_mb, sum(rss_mb(tree) for tree in trees))
            await asyncio.sleep(2.0)

    async def both() -> list[Heard]:
        watching = asyncio.create_task(watch())
        try:
            return await running.listen(sounds)
        finally:
            watching.cancel()

    heard = asyncio.run(both())
    cores = (sum(map(cpu_s, trees)) - before) / (time.monotonic() - began_s)
    return score(name, heard, sounds, cores=cores, memory_mb=memory_mb, load_before=load)


def score(
    name: str, heard: Sequence[Heard], sounds: Sequence[Sound], *, cores: float, memory_mb: float, load_before: float
) -> Step:
    """What `heard` comes to."""
    import jiwer
    from whisper_normalizer.english import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    waits, finals = [], []
    for one, sound in zip(heard, sounds, strict=True):
        waits += end_waits(one.shown, sound.words, sound.voiced, normalise)
        finals += end_waits(one.final, sound.words, sound.voiced, normalise)
    texts = [normalise(one.shown[-1].text if one.shown else "") for one in heard]
    judged = finals if name in SYSTEMS and SYSTEMS[name].judged_by_finals else waits
    return Step(
        system=name,
        streams=len(sounds),
        waits_p50_s=percentile([wait for _, wait in waits], 50),
        waits_p95_s=percentile([wait for _, wait in waits], 95),
        finals_p50_s=percentile([wait for _, wait in finals], 50),
        finals_p95_s=percentile([wait for _, wait in finals], 95),
        utterances=len(waits),
        is_growing=is_growing(judged),
        wer=100 * float(jiwer.process_words([normalise(sound.reference) for sound in sounds], texts).wer),
        cores=cores,
        memory_mb=memory_mb,
        troubles=tuple(one.trouble for one in heard if one.trouble),
        load_before=load_before,
    )


def rss_mb(process: psutil.Process) -> float:
    """Resident memory of `process` and its children."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    return total / 1e6


def why_not(step: Step, single: Step, *, by_finals: bool) -> str:
    """Why `step` does not carry its streams; empty where it does. `single` is the same system with one stream."""
    p95_s = step.finals_p95_s if by_finals else step.waits_p95_s
    single_s = single.finals_p95_s if by_finals else single.waits_p95_s
    limit_s = max(TARGET_S, SLOWER * single_s if single_s > TARGET_S and not by_finals else 0.0)
    if step.troubles:
        return f"{len(step.troubles)} streams refused or ended ({step.troubles[0]})"
    if not p95_s <= limit_s:
        return f"p95 {p95_s:.2f} s over {limit_s:.2f} s"
    if step.is_growing:
        return "falls further behind"
    if step.wer > single.wer + MORE_ERRORS:
        return f"WER {step.wer:.1f} % over {single.wer + MORE_ERRORS:.1f} %"
    return ""


def table(steps: Sequence[Step]) -> str:
    """All steps, then what each system carries."""
    lines = [
        "| system | streams | wait for standing words p50 / p95 s | for finals p50 / p95 s | WER % | cores | MB | carries them |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    carried: dict[str, Step] = {}
    for name in dict.fromkeys(step.system for step in steps):
        mine = [step for step in steps if step.system == name]
        system = SYSTEMS[name]
        for step in mine:
            reason = why_not(step, mine[0], by_finals=system.judged_by_finals)
            if not reason:
                carried[name] = step
            lines.append(
                f"| {system.title} | {step.streams} | {step.waits_p50_s:.2f} / {step.waits_p95_s:.2f} "
                f"| {step.finals_p50_s:.2f} / {step.finals_p95_s:.2f} | {step.wer:.1f} | {step.cores:.2f} "
                f"| {step.memory_mb:.0f} | {reason or 'yes'} |"
            )
    lines.append("")
    for name, system in SYSTEMS.items():
        if name in carried:
            per_core = carried[name].streams / CORES
            lines.append(f"- {system.title}: {carried[name].streams} streams on {CORES} cores, {per_core:.1f} per core")
        elif any(step.system == name for step in steps):
            lines.append(f"- {system.title}: not one stream")
    if ours := carried.get("martlive"):
        our_single = next(one for one in steps if one.system == "martlive")
        for name, most in carried.items():
            if name != "martlive":
                single = next(one for one in steps if one.system == name)
                lines.append(
                    f"- MartLive: {ours.streams / most.streams:.1f} times the streams of {SYSTEMS[name].title}; "
                    f"WER of one stream {our_single.wer:.1f} % against {single.wer:.1f} %"
                )
    loads = [step.load_before for step in steps]
    lines.append(
        f"- load of the machine before the steps: {min(loads):.1f} to {max(loads):.1f}; above 1 is no measurement"
    )
    return "\n".join(lines)


def climb(name: str, running: Running, sounds: Sequence[Sound], counts: Sequence[int]) -> list[Step]:
    """More and more streams until they are too many."""
    steps: list[Step] = []
    for count in counts:
        steps.append(measure(name, running, sounds[:count]))
        reason = why_not(steps[-1], steps[0], by_finals=SYSTEMS[name].judged_by_finals)
        print(f"{name}: {count} streams: {reason or 'carried'}", file=sys.stderr, flush=True)
        if reason:
            break
    return steps


def main() -> None:
    from tests.bench.speech import Unusable

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--systems", default=",".join(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--seconds", type=float, default=75.0, help="of sound for each step (default 75)")
    parser.add_argument("--steps", default=",".join(map(str, STEPS)), help="numbers of streams")
    parser.add_argument("--out", type=Path, default=OUT / "peers.json")
    asked = parser.parse_args()
    names = asked.systems.split(",")
    if unknown := set(names) - SYSTEMS.keys():
        parser.error(f"no system is called {', '.join(sorted(unknown))}; they are {', '.join(SYSTEMS)}")
    this = psutil.Process()
    if hasattr(this, "cpu_affinity"):
        this.cpu_affinity(sorted(this.cpu_affinity())[:CORES])
    model = model_store().resolve("whisper-base")
    said = with_words(recordings(), model)
    counts = [int(count) for count in asked.steps.split(",")]
    sounds = [make_sound(said, seconds=asked.seconds, number=number) for number in range(max(counts))]
    steps: list[Step] = []
    for name in names:
        try:
            with SYSTEMS[name].start(model) as running:
                steps += climb(name, running, sounds, counts)
        except Unusable as exc:
            print(f"{SYSTEMS[name].title}: {exc}", file=sys.stderr)
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps([asdict(step) for step in steps], indent=1), encoding="utf-8")
    print(table(steps))


if __name__ == "__main__":
    main()
