"""Plays sounds without speech to the recogniser and counts the words that it finds in them: `make bench-quiet`.

Silence, white noise and a keyboard are made; music and the sounds of games are those of free games, from Debian.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from martlive_desktop.core.events import RATE_HZ
from martlive_desktop.core.speech.recogniser import Recogniser
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference.vad import SileroVad
from martlive_desktop.inference.whisper import Whisper
from martlive_desktop.settings import Settings

BUILD = Path(__file__).resolve().parents[2] / "build" / "bench" / "quiet"
PACKAGES = ("extremetuxracer-data", "frozen-bubble-data", "hedgewars-data", "neverball-data")
MUSIC = ("*/etr/music/*.ogg", "*/frozen-bubble/snd/*zik*.ogg", "*/hedgewars/Data/Music/*.ogg")
EFFECTS = ("*/etr/sounds/*.wav", "*/frozen-bubble/snd/*.ogg", "*/hedgewars/Data/Sounds/*.ogg", "*/neverball/snd/*.ogg")
"""Hedgewars has voices, too: in folders beneath."""


def fetch() -> Path:
    """The packages, unpacked."""
    for package in PACKAGES:
        folder = BUILD / package
        if not folder.exists():
            if shutil.which("apt-get") is None:
                raise SystemExit("The music and sounds come from Debian packages; run this where apt-get is.")
            (BUILD / "debs").mkdir(parents=True, exist_ok=True)
            subprocess.run(["apt-get", "download", package], cwd=BUILD / "debs", check=True, capture_output=True)
            [archive] = (BUILD / "debs").glob(f"{package}_*.deb")
            subprocess.run(["dpkg", "-x", str(archive), str(folder)], check=True)
    return BUILD


def decoded(path: Path) -> NDArray[np.int16]:
    """The sound in `path`, 16 kHz mono, shape (samples,)."""
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    with av.open(str(path)) as media:
        parts = [part.to_ndarray()[0] for frame in media.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate(parts)


def played(paths: list[Path], seconds: int, gap_s: float) -> NDArray[np.int16]:
    """Files one after the other, `gap_s` apart, at most 30 s of each, until `seconds` are full."""
    parts: list[NDArray[np.int16]] = []
    left = seconds * RATE_HZ
    while left > 0:
        for path in paths:
            sound = decoded(path)
            middle = max(0, len(sound) // 2 - 15 * RATE_HZ)
            parts += [sound[middle : middle + 30 * RATE_HZ], np.zeros(int(gap_s * RATE_HZ), np.int16)]
            left -= len(parts[-2]) + len(parts[-1])
            if left <= 0:
                break
    return np.concatenate(parts)[: seconds * RATE_HZ]


def keyboard(seconds: int) -> NDArray[np.int16]:
    """Clicks of 5 to 15 ms, 60 ms apart and more, each in its own colour, over the hiss of a room."""
    noise = np.random.default_rng(7)
    sound = noise.normal(0, 20, seconds * RATE_HZ)
    at = 0
    while at < len(sound) - RATE_HZ:
        length = int(noise.integers(80, 240))
        click = noise.normal(0, noise.uniform(1500, 9000), length) * np.exp(-np.arange(length) / (length / 4))
        sound[at : at + length] += np.convolve(click, np.ones(int(noise.integers(1, 8))) / 3, "same")
        at += int(RATE_HZ * noise.gamma(2, 0.09)) + length
    return np.clip(sound, -32768, 32767).astype(np.int16)


def sounds(seconds: int) -> Iterator[tuple[str, Callable[[], NDArray[np.int16]]]]:
    """Each kind of sound."""
    noise = np.random.default_rng(5)
    yield "silence", lambda: np.zeros(seconds * RATE_HZ, np.int16)
    yield "white noise, -40 dBFS", lambda: noise.normal(0, 328, seconds * RATE_HZ).astype(np.int16)
    yield "white noise, -20 dBFS", lambda: noise.normal(0, 3277, seconds * RATE_HZ).astype(np.int16)
    yield "keyboard", lambda: keyboard(seconds)

    def files(patterns: tuple[str, ...]) -> list[Path]:
        found = sorted({path for pattern in patterns for path in fetch().rglob(pattern)})
        random.Random(3).shuffle(found)
        return found

    yield "music", lambda: played(files(MUSIC), seconds, 0.5)
    yield "sounds of games", lambda: played(sorted(set(files(EFFECTS)) - set(files(MUSIC))), seconds, 0.3)


def main() -> None:
    """Recognise and count."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="of each sound")
    parser.add_argument("--texts", action="store_true", help="print the words that were found")
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
    print("| sound | voiced utterances | words in finals | words in partials |\n| --- | --- | --- | --- |")
    for name, make in sounds(asked.minutes * 60):
        recogniser = Recogniser(SileroVad(), model, pace=config.pace)
        recogniser.feed(make())
        heard = [*iter(recogniser.step, None), *recogniser.finish()]
        transcripts = [one for block in heard for one in block.transcripts]
        finals = [one for one in transcripts if one.is_final]
        partials = {(one.utterance, word.start_ms) for one in transcripts if not one.is_final for word in one.words}
        words = sum(len(one.words) for one in finals)
        print(
            f"| {name}, {asked.minutes} min | {recogniser._state.utterance} | {words} | {len(partials)} |", flush=True
        )
        for one in finals if asked.texts else ():
            print(f"  {one.at_ms / 1000:.1f} s: {one.text}")


if __name__ == "__main__":
    main()
