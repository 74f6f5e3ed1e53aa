"""The sound of the cloud benches: recordings joined to continuous speech, for each stream in another order.

All streams say the same things, so that every system hears the same; what differs is when.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import FRAME_MS, FRAME_SAMPLES, RATE_HZ
from martlive_desktop.core.speech.utterances import UtteranceLimits
from martlive_desktop.inference.vad import SileroVad
from tests.bench.speech_feed import read_wav
from tests.bench.speech_score import SpokenWord
from tests.bench.speech_streams import LEFT_OUT, ROOM_DBFS, WITHOUT_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT.parent / "shared" / "speech"
KEPT_WORDS = ROOT / "build" / "bench" / "cloud" / "words.json"

LEAD_FRAMES = 16
"""Half a second of the room before somebody speaks."""

SHORT_PAUSE_S, LONG_PAUSE_S = (0.25, 0.6), (0.7, 1.6)
"""Between sentences of people who sell: a breath, or a moment with the product."""

LONG_PAUSES = 0.45
"""Their share: an utterance ends every few seconds, and some go on over the seam of two recordings."""

TAIL_S = 1.5
"""Of the room at the end, so that the last utterance ends by itself."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Something that is said, with silence filled up to whole frames."""

    name: str
    pcm: NDArray[np.int16]
    reference: str
    voiced: tuple[bool, ...]
    """Of each frame of FRAME_MS."""
    words: tuple[SpokenWord, ...] = ()
    """By an offline pass, within the recording; only the comparison with other systems needs them."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What one stream says."""

    pcm: NDArray[np.int16]
    """16 kHz mono."""
    reference: str
    voiced: tuple[bool, ...]
    """Of each frame of FRAME_MS, from the start."""
    words: tuple[SpokenWord, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.pcm) / RATE_HZ

    @property
    def voiced_share(self) -> float:
        return sum(self.voiced) / max(1, len(self.voiced))

    def speech_end_ms(self, before_ms: int) -> int | None:
        """Where the last voice before `before_ms` ends; None where nobody spoke yet."""
        for frame in range(min(before_ms // FRAME_MS, len(self.voiced)) - 1, -1, -1):
            if self.voiced[frame]:
                return (frame + 1) * FRAME_MS
        return None


def recordings(folder: Path = SPEECH) -> list[Recording]:
    """Those that have a reference, in the order of their index."""
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row["reference"] for row in csv.DictReader(file, delimiter="\t")}
    left_out = LEFT_OUT | {WITHOUT_REFERENCE}
    vad = SileroVad()
    return [
        recording(Path(name).stem, np.frombuffer(read_wav(folder / name), np.int16), text, vad)
        for name, text in rows.items()
        if name not in left_out
    ]


def recording(name: str, pcm: NDArray[np.int16], reference: str, vad: SileroVad) -> Recording:
    """`pcm` in whole frames, with what has voice in it."""
    whole = np.concatenate((pcm, _room(np.random.default_rng(1), -len(pcm) % FRAME_SAMPLES)))
    lead = _room(np.random.default_rng(2), LEAD_FRAMES * FRAME_SAMPLES)
    chances, _ = vad.probabilities(np.concatenate((lead, whole)), None)
    return Recording(name, whole, reference, tuple(voiced_frames(chances)[LEAD_FRAMES:]))


def voiced_frames(chances: Sequence[float]) -> list[bool]:
    """Whether each frame has voice, by the two thresholds that the recogniser has."""
    limits = UtteranceLimits()
    voiced: list[bool] = []
    for chance in chances:
        is_on = bool(voiced) and voiced[-1]
        voiced.append(chance >= (limits.off_probability if is_on else limits.on_probability))
    return voiced


def make_sound(said: Sequence[Recording], *, seconds: float, number: int) -> Sound:
    """What stream `number` says in at most about `seconds`: rounds of all recordings, each shuffled anew.

    Only whole recordings: one that does not fit any more is left out.
    """
    random = np.random.default_rng(1_000 + number)
    most_samples = int((seconds - TAIL_S) * RATE_HZ)
    parts = [_room(random, LEAD_FRAMES * FRAME_SAMPLES)]
    voiced = [False] * LEAD_FRAMES
    texts: list[str] = []
    words: list[SpokenWord] = []
    is_room_left = True
    while is_room_left:
        is_room_left = False
        for index in random.permutation(len(said)):
            one, at = said[index], len(voiced) * FRAME_SAMPLES
            if at + len(one.pcm) > most_samples:
                continue
            is_room_left = True
            shortest, longest = LONG_PAUSE_S if random.random() < LONG_PAUSES else SHORT_PAUSE_S
            pause_frames = round(random.uniform(shortest, longest) * RATE_HZ / FRAME_SAMPLES)
            parts += [one.pcm, _room(random, pause_frames * FRAME_SAMPLES)]
            voiced += [*one.voiced, *[False] * pause_frames]
            texts.append(one.reference)
            at_s = at / RATE_HZ
            words += [SpokenWord(word.text, at_s + word.start_s, at_s + word.end_s) for word in one.words]
    tail_frames = round(TAIL_S * RATE_HZ / FRAME_SAMPLES)
    parts.append(_room(random, tail_frames * FRAME_SAMPLES))
    voiced += [False] * tail_frames
    return Sound(np.concatenate(parts), " ".join(texts), tuple(voiced), tuple(words))


def make_sounds(count: int, *, seconds: float, folder: Path = SPEECH, first: int = 0) -> list[Sound]:
    """What `count` streams say."""
    if not folder.exists():
        raise SystemExit(f"No recordings in {folder}; put them there.")
    said = recordings(folder)
    return [make_sound(said, seconds=seconds, number=first + number) for number in range(count)]


def with_words(said: Sequence[Recording], model: Path, *, kept: Path = KEPT_WORDS) -> list[Recording]:
    """The same with the words that stock faster-whisper finds offline, beam 5; kept from one run to the next."""
    known: dict[str, list[tuple[str, float, float]]] = {}
    if kept.exists():
        known = json.loads(kept.read_text(encoding="utf-8"))
    if missing := [one for one in said if one.name not in known]:
        from faster_whisper import WhisperModel

        whisper = WhisperModel(str(model), device="cpu", compute_type="int8")
        for one in missing:
            samples = one.pcm.astype(np.float32) / 32768
            segments, _ = whisper.transcribe(samples, language="en", beam_size=5, word_timestamps=True)
            known[one.name] = [
                (word.word.strip(), float(word.start), float(word.end))
                for segment in segments
                for word in segment.words or ()
            ]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return [
        Recording(one.name, one.pcm, one.reference, one.voiced, tuple(SpokenWord(*word) for word in known[one.name]))
        for one in said
    ]


def _room(random: np.random.Generator, samples: int) -> NDArray[np.int16]:
    return random.normal(0.0, 32768 * 10 ** (ROOM_DBFS / 20), samples).astype(np.int16)
