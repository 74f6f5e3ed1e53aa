"""Counts the names of products that finals get right, without and with the show's vocabulary: `make bench-vocabulary`.

Kokoro's voices say sentences with coined names, brands and plain names, and sentences without any, half of those with
words that sound like a name.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter

import numpy as np

from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference.whisper import Whisper
from martlive_desktop.settings import Settings
from tests.bench.fillers import ROOT, make_speaker
from tests.bench.speech_feed import read_wav

BUILD = ROOT / "build" / "bench" / "vocabulary"


def says(text: str, name: str) -> bool:
    """Whether the name is in the text, in any case, also with an "s" behind it."""
    plain = " ".join(re.findall(r"[a-z0-9']+", text.lower()))
    return re.search(rf"\b{re.escape(name.lower())}('?s)?\b", plain) is not None


def main() -> None:
    """Recognise each sentence with and without the names, and count."""
    if not (BUILD / "index.json").exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        python, voices = make_speaker()
        subprocess.run([python, "-m", "tests.bench.vocabulary_voices", voices, BUILD], cwd=ROOT, check=True)
    spoken = json.loads((BUILD / "index.json").read_text(encoding="utf-8"))
    names = tuple(dict.fromkeys(name for _, _, name in spoken if name))
    settings = Settings()
    config = recogniser_config(settings, "en", settings.recogniser.model, is_live=True)

    def load(vocabulary: tuple[str, ...]) -> Whisper:
        return Whisper(
            config.model.path,
            language="en",
            threads=1,
            partial_window=config.model.partial_window,
            final_window=config.model.final_window,
            names=vocabulary,
        )

    models = load(()), load(names)
    said: Counter[str] = Counter()
    right: Counter[tuple[str, int]] = Counter()
    invented: Counter[str] = Counter()
    cpu_s = [0.0, 0.0]
    for file, kind, name in spoken:
        pcm = np.frombuffer(read_wav(BUILD / file), np.int16)
        said[kind] += 1
        texts = []
        for number, model in enumerate(models):
            began = time.process_time()
            texts.append(model.final(pcm, ()).text)
            cpu_s[number] += time.process_time() - began
            right[kind, number] += bool(name) and says(texts[number], name)
        before, after = texts
        if wrong := [one for one in names if one != name and says(after, one) and not says(before, one)]:
            invented[kind] += 1
            print(f"{wrong} in place of what {before!r} has", file=sys.stderr)
    print("| sentences with | number | right without | right with the vocabulary | invented |")
    print("| --- | --- | --- | --- | --- |")
    for kind, count in said.items():
        print(f"| {kind} | {count} | {right[kind, 0]} | {right[kind, 1]} | {invented[kind]} |")
    without, with_names = (1000 * seconds / len(spoken) for seconds in cpu_s)
    print(f"CPU of one final: {without:.0f} ms without, {with_names:.0f} ms with {len(names)} names")


if __name__ == "__main__":
    main()
