"""Does MartLive cost OBS frames? `make bench-obs` records with a real OBS, by turns alone and beside MartLive.

The rig lies beside the project (../shared/obs): a virtual screen, and OBS drawing by software. OBS, minimised, records
1280x720 at 30 frames a second with x264 (veryfast) while a test picture scrolls over a quarter of it: drawing that by software
takes as much of two cores as drawing all of it takes of a graphics card and two cores can give. MartLive hears speech in real
time and, as in a show with OBS connected, learns how many frames OBS loses. Models are loaded before a round is counted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.obs import Frames, ObsConnection, connected
from martlive_desktop.adapters.obs_link import ObsLink
from martlive_desktop.core.events import AudioChunk, Status, Transcript
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.hearing import start_recogniser
from martlive_desktop.places import data_folder
from martlive_desktop.settings import RecogniserSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from martlive_desktop.inference.supervisor import SupervisedRecogniser

ROOT = Path(__file__).resolve().parents[2]
RIG = ROOT.parent / "shared" / "obs" / "run.sh"
SPEECH = ROOT.parent / "shared" / "speech" / "rtstt_asr_reference_52s.wav"
HOST = "127.0.0.1"
CHUNK_SAMPLES = 1_600
OBS_ANSWERS_WITHIN_S = 30.0
"""Its encoder starts on a busy computer."""
SETTLED_S = 5.0
"""After the start of a recording, before frames count."""


@dataclass(frozen=True, slots=True)
class Round:
    """What OBS lost in one recording."""

    is_beside: bool
    drawn_late: float
    """Share of the frames, 0 to 1."""
    encoded_late: float
    obs_cpu: float
    """CPU seconds per second."""
    martlive_cpu: float
    words: int
    paces: tuple[str, ...]
    """What the governor said."""


def set_scene(obs: ObsConnection, picture: Path) -> None:
    """1280x720 at 30 frames a second, and a picture that moves as a whole, so that x264 has to work; no preview."""
    size = {"baseWidth": 1280, "baseHeight": 720, "outputWidth": 1280, "outputHeight": 720}
    obs.ask("SetVideoSettings", fpsNumerator=30, fpsDenominator=1, **size)
    obs.ask(
        "CreateInput",
        sceneName="Scene",
        inputName="picture",
        inputKind="image_source",
        inputSettings={"file": str(picture)},
    )
    obs.ask(
        "CreateSourceFilter",
        sourceName="picture",
        filterName="scroll",
        filterKind="scroll_filter",
        filterSettings={"speed_x": 180.0, "speed_y": 45.0},
    )
    subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "OBS", "windowminimize"], check=True)


def make_picture(folder: Path, size: str) -> Path:
    path = folder / "picture.png"
    drawing = ["-f", "lavfi", "-i", f"testsrc2=s={size},noise=alls=20", "-frames:v", "1", str(path)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *drawing], check=True)
    return path


def read_speech() -> NDArray[np.int16]:
    with closing(MediaFile(SPEECH)) as file:
        return np.concatenate([chunk.pcm for chunk in file.read() if isinstance(chunk, AudioChunk)])


class Listener:
    """MartLive's recogniser, that hears `speech` over and over in real time."""

    def __init__(self, recogniser: SupervisedRecogniser, speech: NDArray[np.int16]) -> None:
        self._recogniser = recogniser
        self._speech = speech
        self._is_over = threading.Event()
        self.words = 0
        self.paces: list[str] = []
        self._threads = [threading.Thread(target=job) for job in (self._talk, self._read)]
        for thread in self._threads:
            thread.start()

    @property
    def cpu_s(self) -> float:
        assert self._recogniser.pid is not None
        times = psutil.Process(self._recogniser.pid).cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _talk(self) -> None:
        clock, start = SystemClock(), 0
        while not self._is_over.is_set():
            pcm = np.take(self._speech, range(start, start + CHUNK_SAMPLES), mode="wrap")
            chunk = AudioChunk(start, pcm)
            clock.wait_until(chunk.at_ms)
            self._recogniser.feed(chunk)
            start = chunk.end_sample
        self._recogniser.finish()

    def _read(self) -> None:
        for result in self._recogniser.results():
            if isinstance(result, Transcript) and result.is_final:
                self.words += len(result.words)
            elif isinstance(result, Status) and result.state == "pace":
                self.paces.append(result.detail or "full speed")


@contextlib.contextmanager
def martlive(port: int, pace: str, speech: NDArray[np.int16], *, is_blind: bool) -> Iterator[Listener]:
    wish = Settings(recogniser=RecogniserSettings.model_validate({"pace": pace}))
    with contextlib.ExitStack() as stack:
        recogniser = stack.enter_context(
            closing(start_recogniser(wish, ShowPlan(), wish.recogniser.model, is_live=True))
        )
        recogniser.wait_until_ready()
        if not is_blind:
            stack.enter_context(closing(ObsLink(HOST, port, lambda: None, on_lost_share=recogniser.note_lagged_frames)))
        yield stack.enter_context(closing(Listener(recogniser, speech)))


def obs_cpu_s() -> float:
    times = [process.cpu_times() for process in psutil.process_iter(["name"]) if process.info["name"] == "obs"]
    return float(sum(one.user + one.system for one in times))


def switch_recording(obs: ObsConnection, *, is_on: bool) -> None:
    """Start or stop, and wait until it is done: OBS refuses the next request before."""
    clock = SystemClock()
    obs.ask("StartRecord" if is_on else "StopRecord")
    while obs.ask("GetRecordStatus")["outputActive"] != is_on:
        clock.wait_until(clock.now_ms() + 100)


def record(obs: ObsConnection, seconds: float, listener: Listener | None) -> Round:
    """One recording; its frames count from when it has settled."""
    switch_recording(obs, is_on=True)
    clock = SystemClock()
    clock.wait_until(round(SETTLED_S * 1000))
    before, obs_before, own_before = obs.frames(), obs_cpu_s(), listener.cpu_s if listener else 0.0
    clock.wait_until(round((SETTLED_S + seconds) * 1000))
    after, obs_after, own_after = obs.frames(), obs_cpu_s(), listener.cpu_s if listener else 0.0
    switch_recording(obs, is_on=False)
    drawn = Frames(after.rendered, after.not_rendered).lost_share_since(Frames(before.rendered, before.not_rendered))
    return Round(
        is_beside=listener is not None,
        drawn_late=drawn,
        encoded_late=after.lost_share_since(before) - drawn,
        obs_cpu=(obs_after - obs_before) / seconds,
        martlive_cpu=(own_after - own_before) / seconds,
        words=listener.words if listener else 0,
        paces=tuple(listener.paces) if listener else (),
    )


def check(wanted: argparse.Namespace) -> None:
    """Inside the rig: all rounds, one line each, then the difference."""
    port, speech = int(os.environ["OBS_PORT"]), read_speech()
    rounds: list[Round] = []
    with connected(HOST, port, answer_within_s=OBS_ANSWERS_WITHIN_S) as obs:
        set_scene(obs, make_picture(Path(os.environ["RIG_DIR"]), wanted.picture))
        print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; rounds of {wanted.seconds:.0f} s.\n")
        print("| beside OBS | drawn late | encoded late | OBS CPU s/s | MartLive CPU s/s | words | governor |")
        print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
        for number in range(2 * wanted.rounds):
            if number % 2:
                with martlive(port, wanted.pace, speech, is_blind=wanted.blind) as listener:
                    rounds.append(record(obs, wanted.seconds, listener))
            else:
                rounds.append(record(obs, wanted.seconds, None))
            print(as_row(rounds[-1]), flush=True)
    alone, beside = (
        sum(one.drawn_late + one.encoded_late for one in rounds if one.is_beside == is_beside) / wanted.rounds
        for is_beside in (False, True)
    )
    print(
        f"\nFrames lost: {alone:.2%} alone, {beside:.2%} beside MartLive; difference {beside - alone:+.2%} of all frames."
    )


def as_row(one: Round) -> str:
    cells = [
        "MartLive" if one.is_beside else "nothing",
        f"{one.drawn_late:.2%}",
        f"{one.encoded_late:.2%}",
        f"{one.obs_cpu:.2f}",
        f"{one.martlive_cpu:.2f}" if one.is_beside else "–",
        str(one.words) if one.is_beside else "–",
        "; ".join(one.paces) or "–",
    ]
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="of each kind")
    parser.add_argument("--seconds", type=float, default=40.0, help="that count in each round")
    parser.add_argument("--pace", default="fast", help="the setting recogniser.pace")
    parser.add_argument("--blind", action="store_true", help="MartLive does not learn what OBS loses")
    parser.add_argument("--picture", default="640x360", help="size of the moving picture: how much OBS has to draw")
    wanted = parser.parse_args(arguments)
    if "RIG_DIR" in os.environ:
        check(wanted)
        return
    with tempfile.TemporaryDirectory() as folder:
        # The rig runs a file, and gives everything in it a home of its own.
        script = Path(folder) / "check.py"
        run = f"if __name__ == '__main__':\n    main({arguments!r})\n"
        script.write_text(f"from tests.bench.obs import main\n\n{run}", encoding="utf-8")
        models = {"MARTLIVE_DATA": str(data_folder()), "PYTHONPATH": str(ROOT)}
        command = [str(RIG), "--no-source", str(script), "--", "sleep", "infinity"]
        done = subprocess.run(command, env=os.environ | models | {"PY": sys.executable}, check=False)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
