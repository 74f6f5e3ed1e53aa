"""Loads one speech service, without gateway, with streams that are paced in real time.

    python -m tests.bench.cloud_asr --streams 8 --partials --seconds 75
    python -m tests.bench.cloud_asr --streams 32 --seconds 75

Starts the service on loopback and ends it. A final's wait is from the end of its last word, in stream time, to its
arrival, by the clock that paces the sound; the silence that must pass before an utterance can end is part of it and is
also given alone. Utterances that are cut because they are too long count apart: their words ended long before the cut.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from martlive_desktop.core.cloud_stream import SOUND_FRAME_MS, CloudStream, Ended, Refused
from martlive_desktop.core.events import RATE_HZ, Transcript
from martlive_desktop.core.speech.utterances import UtteranceLimits
from tests.bench.cloud_sound import SPEECH, Sound, make_sounds
from tests.bench.speech_score import percentile

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "cloud"
HOST = "127.0.0.1"

READY_WITHIN_S, END_WITHIN_S, STOP_WITHIN_S = 120.0, 120.0, 30.0

RAMP_S = 4.0
"""In which the streams begin, so that their frames do not come in step."""

CUT_SILENCE_MS = UtteranceLimits().late_end_silence_ms - 64
"""A final with less silence behind its last voice was cut; a block may hide 64 ms."""

CHUNK = RATE_HZ * SOUND_FRAME_MS // 1000


@dataclass(frozen=True, slots=True)
class Final:
    """One final with words."""

    arrived_s: float
    """Since the first sample of its stream."""
    said_ms: int
    """Stream time of its last word's end."""
    through_ms: int
    """Stream time of the newest sound that was used."""
    silence_ms: int
    """Between the last voice in the sound and that."""
    text: str

    @property
    def wait_s(self) -> float:
        return self.arrived_s - self.said_ms / 1000

    @property
    def service_s(self) -> float:
        """The part after the sound that ended the utterance was spoken."""
        return self.arrived_s - self.through_ms / 1000

    @property
    def is_cut(self) -> bool:
        return self.silence_ms < CUT_SILENCE_MS


@dataclass(slots=True)
class Heard:
    """What became of one stream."""

    sound: Sound
    finals: list[Final] = field(default_factory=list)
    partials: int = 0
    steps_ms: list[int | None] = field(default_factory=list)
    """What the service said of its pace."""
    problem: str = ""
    """Why it was refused or ended."""


async def listen(
    url: str, headers: dict[str, str], sound: Sound, number: int, *, partials: bool, rest_s: float
) -> Heard:
    """Play `sound` to the service as it is spoken."""
    heard = Heard(sound)
    await asyncio.sleep(rest_s)
    try:
        async with connect(
            f"{url}/internal/v1/streams/bench-{number}",
            additional_headers=headers,
            compression=None,
            max_size=2**20,
            proxy=None,
        ) as socket:
            opening = {"type": "open", "tenant": f"tenant-{number % 4}", "epoch": 1, "language": "en"}
            await socket.send(json.dumps(opening | {"partials": partials, "voice": False, "names": [], "resume": ""}))
            await _play(socket, heard)
    except InvalidStatus as exc:
        heard.problem = f"HTTP {exc.response.status_code}"
    except ConnectionClosed as exc:
        heard.problem = heard.problem or f"closed with {exc.rcvd.code if exc.rcvd else 'nothing'}"
    except (TimeoutError, OSError) as exc:
        heard.problem = type(exc).__name__
    return heard


async def _play(socket: ClientConnection, heard: Heard) -> None:
    stream, begun = CloudStream(), asyncio.Event()
    began_s = 0.0

    async def speak() -> None:
        await begun.wait()
        pcm = heard.sound.pcm
        for begin in range(0, len(pcm), CHUNK):
            chunk = pcm[begin : begin + CHUNK]
            await asyncio.sleep(max(0.0, began_s + (begin + len(chunk)) / RATE_HZ - time.monotonic()))
            stream.feed(chunk)
            for frame in stream.frames_to_send():
                await socket.send(frame)
        stream.finish()
        for frame in stream.frames_to_send():
            await socket.send(frame)
        await socket.send('{"type":"end"}')

    speaking = asyncio.create_task(speak())
    try:
        async with asyncio.timeout(heard.sound.seconds + END_WITHIN_S):
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "ready":
                    heard.steps_ms.append(message["partial_step_ms"])
                    began_s = time.monotonic()
                    message["epoch"] = 1
                elif message["type"] == "pace":
                    heard.steps_ms.append(message["partial_step_ms"])
                for told in stream.take(json.dumps(message)):
                    if isinstance(told, Transcript):
                        _note(heard, told, time.monotonic() - began_s)
                    elif isinstance(told, Refused):
                        heard.problem = str(told.problem["type"]).rpartition(":")[2]
                    elif isinstance(told, Ended):
                        return
                if message["type"] == "ready":
                    begun.set()
    finally:
        speaking.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
            await speaking


def _note(heard: Heard, told: Transcript, arrived_s: float) -> None:
    if not told.is_final:
        heard.partials += 1
    elif told.words:
        ended_ms = heard.sound.speech_end_ms(told.at_ms)
        silence_ms = told.at_ms - (told.at_ms if ended_ms is None else ended_ms)
        heard.finals.append(Final(arrived_s, told.words[-1].end_ms, told.at_ms, silence_ms, told.text))


@contextlib.contextmanager
def service(options: argparse.Namespace) -> Iterator[tuple[int, str, psutil.Process]]:
    """One speech service on a port that is free; gives port, token and process."""
    import socket

    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    token = secrets.token_urlsafe(32)
    secret = {"MARTLIVE_INTERNAL_TOKEN": token, "MARTLIVE_RESUME_SECRET": secrets.token_urlsafe(32)}
    plain = {"MARTLIVE_ASR_THREADS": str(options.threads), "MARTLIVE_MAX_STREAMS": str(options.most)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cloud_api", "asr", "--port", str(port)],
        env=os.environ | secret | plain,
        stderr=subprocess.DEVNULL if options.quiet else None,
    )
    try:
        _wait(port, process)
        yield port, token, psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end_s, pause = time.monotonic() + READY_WITHIN_S, threading.Event()
    while time.monotonic() < end_s:
        if process.poll() is not None:
            raise SystemExit(f"The service ended with {process.returncode}.")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://{HOST}:{port}/readyz", trust_env=False).status_code == 200:
                return
        pause.wait(0.1)
    raise SystemExit("The service does not get ready.")


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of `process` and its children."""
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


def word_error_rate(heard: Sequence[Heard]) -> float:
    """Of all finals of whole streams."""
    import jiwer
    from whisper_normalizer.english import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    whole = [one for one in heard if not one.problem]
    if not whole:
        return float("nan")
    references = [normalise(one.sound.reference) for one in whole]
    return float(jiwer.wer(references, [normalise(" ".join(final.text for final in one.finals)) for one in whole]))


def stock_word_error_rate(folder: Path, model: Path) -> float:
    """Of stock faster-whisper on each recording as a whole, greedy, in its window of 30 s."""
    import jiwer
    import numpy as np
    from faster_whisper import WhisperModel
    from whisper_normalizer.english import EnglishTextNormalizer

    from tests.bench.cloud_sound import recordings

    normalise, whisper = EnglishTextNormalizer(), WhisperModel(str(model), device="cpu", compute_type="int8")
    references, found = [], []
    for one in recordings(folder):
        segments, _ = whisper.transcribe(one.pcm.astype(np.float32) / 32768, language="en", beam_size=1)
        references.append(normalise(one.reference))
        found.append(normalise(" ".join(segment.text for segment in segments)))
    return float(jiwer.wer(references, found))


def summary(heard: Sequence[Heard], used_s: float, took_s: float) -> dict[str, Any]:
    """The figures of one run."""
    finals = [final for one in heard for final in one.finals]
    ended = [final for final in finals if not final.is_cut]
    sound_s = sum(one.sound.seconds for one in heard if not one.problem)

    def spread(values: Sequence[float]) -> dict[str, float]:
        return {f"p{share}": round(percentile(values, share), 3) for share in (50, 95, 99)} if values else {}

    return {
        "streams": len(heard),
        "problems": dict(Counter(one.problem for one in heard if one.problem)),
        "finals": len(finals),
        "wait_s": spread([final.wait_s for final in ended]),
        "silence_s": spread([final.silence_ms / 1000 for final in ended]),
        "service_s": spread([final.service_s for final in finals]),
        "cut": len(finals) - len(ended),
        "cut_wait_s": spread([final.wait_s for final in finals if final.is_cut]),
        "partials_per_s": round(sum(one.partials for one in heard) / took_s, 2),
        "slowest_step_ms": sorted({str(one.steps_ms[-1]) for one in heard if one.steps_ms}),
        "cores": round(used_s / took_s, 3),
        "cpu_ms_per_stream_s": round(1000 * used_s / max(sound_s, 1e-9), 1),
        "wer": round(word_error_rate(heard), 4),
    }


async def _listen_all(
    port: int, token: str, sounds: Sequence[Sound], process: psutil.Process, *, partials: bool
) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    before_s, began_s = cpu_s(process), time.monotonic()
    heard = await asyncio.gather(
        *(
            listen(
                f"ws://{HOST}:{port}", headers, sound, number, partials=partials, rest_s=number * RAMP_S / len(sounds)
            )
            for number, sound in enumerate(sounds)
        )
    )
    found = summary(heard, cpu_s(process) - before_s, time.monotonic() - began_s)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{HOST}:{port}/internal/v1/load", headers=headers)
    return found | {"load": answer.json()}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description="Loads one speech service with paced streams.")
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--partials", action="store_true")
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--threads", type=int, default=2, help="cores of the service")
    parser.add_argument("--most", type=int, default=512, help="streams it takes; 0: as many as it finds room for")
    parser.add_argument("--speech", type=Path, default=SPEECH)
    parser.add_argument("--stock", action="store_true", help="also the word error rate of stock faster-whisper")
    parser.add_argument("--quiet", action="store_true", help="without the service's log")
    options = parser.parse_args()
    if not options.speech.exists():
        raise SystemExit(f"No recordings in {options.speech}; put them there.")
    sounds = make_sounds(options.streams, seconds=options.seconds, folder=options.speech)
    with service(options) as (port, token, process):
        found = asyncio.run(_listen_all(port, token, sounds, process, partials=options.partials))
    found["machine_load"] = round(os.getloadavg()[0], 1)
    if options.stock:
        from martlive_desktop.places import model_store

        found["stock_wer"] = round(stock_word_error_rate(options.speech, model_store().resolve("whisper-base")), 4)
    print(json.dumps(found, indent=1))
    OUT.mkdir(parents=True, exist_ok=True)
    name = f"asr-{options.streams}-{'partials' if options.partials else 'finals'}.json"
    (OUT / name).write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
