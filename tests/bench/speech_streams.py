"""The sound of the speech bench: recordings joined to streams, and the words that an offline pass finds in them."""

from __future__ import annotations

import csv
import dataclasses
import re
import shutil
import subprocess
import tarfile
import time
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.speech_feed import RATE_HZ, read_wav
from tests.bench.speech_score import SpokenWord

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ROOM_DBFS, LOUD_ROOM_DBFS = -65.0, -50.0
"""White noise of a quiet room, and of one with a fan."""

GAP_S, READING_GAP_S = 1.5, 0.4
"""Between clips: enough for every system to end an utterance; between sentences of one reading: not."""

LEAD_S, TAIL_S = 0.5, 1.5

TALK = "rtstt_asr_reference_52s.wav"
WITHOUT_REFERENCE = "ms_intent.wav"
LEFT_OUT = frozenset({"espeak_fillers.wav", "fw_hotwords.wav"})
"""A synthetic voice, and a clip without a whole reference."""

QUICK = ("jfk.wav", "LJ001-0004.wav", "sb_spk1_snt1.wav")
BOOK = "sense_and_sensibility"

NO_BOOK = (
    "The LibriVox reading is left out: it comes with Debian's source package pocketsphinx, and apt-get gives none."
)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording."""

    name: str
    pcm: NDArray[np.int16]
    reference: str
    """What is said; empty where nobody wrote it down."""
    start_s: float = 0.0
    """In its stream."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / RATE_HZ


@dataclass(frozen=True, slots=True)
class Stream:
    """What one system hears in one go."""

    name: str
    clips: tuple[Clip, ...]
    sound: Path
    seconds: float

    @property
    def reference(self) -> str:
        return " ".join(clip.reference for clip in self.clips)

    @property
    def is_sparse(self) -> bool:
        """Hardly any speech in it, and that without reference: a test of silence."""
        return not all(clip.reference for clip in self.clips)


@dataclass(frozen=True, slots=True)
class Offline:
    """Stock decoding of whole files."""

    words: dict[str, list[SpokenWord]]
    """By stream."""
    cpu_s: float


def make_streams(speech: Path, folder: Path, *, is_quick: bool) -> list[Stream]:
    """The streams as WAV files in `folder`, from the recordings in `speech` and Debian's LibriVox clips."""
    folder.mkdir(parents=True, exist_ok=True)
    with (speech / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row["reference"] for row in csv.DictReader(file, delimiter="\t")}
    clips = {name: _clip(speech / name, text) for name, text in rows.items() if name not in LEFT_OUT}
    commands = dataclasses.replace(clips.pop(WITHOUT_REFERENCE), reference="")
    talk = clips.pop(TALK)
    if is_quick:
        return [
            _join(folder, "clips", [clips[name] for name in QUICK], GAP_S),
            _sparse(folder, 5.0, Clip("pause", commands.pcm[: 8 * RATE_HZ], "")),
        ]
    streams = [_join(folder, "talk", [talk], GAP_S), _join(folder, "clips", list(clips.values()), GAP_S)]
    if book := _book(folder / "librivox"):
        streams.append(_join(folder, "reading", book, READING_GAP_S))
    else:
        print(NO_BOOK)
    return [*streams, _sparse(folder, 15.0, commands)]


def offline_pass(streams: list[Stream], model: Path, *, beam_size: int) -> Offline:
    """Stock faster-whisper over each recording as a whole, with its window of 30 s."""
    from faster_whisper import WhisperModel

    whisper = WhisperModel(str(model), device="cpu", compute_type="int8")
    words: dict[str, list[SpokenWord]] = {stream.name: [] for stream in streams}
    began = time.process_time()
    for stream in streams:
        for clip in stream.clips:
            samples = clip.pcm.astype(np.float32) / 32768
            segments, _ = whisper.transcribe(samples, language="en", beam_size=beam_size, word_timestamps=True)
            found = [word for segment in segments for word in segment.words or ()]
            words[stream.name] += [
                SpokenWord(word.word.strip(), clip.start_s + float(word.start), clip.start_s + float(word.end))
                for word in found
            ]
    return Offline(words, time.process_time() - began)


def _clip(path: Path, reference: str) -> Clip:
    return Clip(path.stem, np.frombuffer(read_wav(path), np.int16), reference)


def _join(folder: Path, name: str, clips: list[Clip], gap_s: float) -> Stream:
    random = np.random.default_rng(1)
    parts = [_noise(random, LEAD_S, ROOM_DBFS)]
    placed = []
    for clip in clips:
        placed.append(dataclasses.replace(clip, start_s=sum(map(len, parts)) / RATE_HZ))
        parts += [clip.pcm, _noise(random, gap_s, ROOM_DBFS)]
    parts[-1] = _noise(random, TAIL_S, ROOM_DBFS)
    return _write(folder, name, placed, parts)


def _sparse(folder: Path, quiet_s: float, clip: Clip) -> Stream:
    """Digital silence, a quiet room, a few words with long pauses, a louder room."""
    random = np.random.default_rng(2)
    before = [np.zeros(int(quiet_s * RATE_HZ), np.int16), _noise(random, quiet_s, ROOM_DBFS)]
    placed = dataclasses.replace(clip, start_s=sum(map(len, before)) / RATE_HZ)
    return _write(folder, "silence", [placed], [*before, clip.pcm, _noise(random, quiet_s, LOUD_ROOM_DBFS)])


def _noise(random: np.random.Generator, seconds: float, dbfs: float) -> NDArray[np.int16]:
    rms = 32768 * 10 ** (dbfs / 20)
    return random.normal(0.0, rms, int(seconds * RATE_HZ)).astype(np.int16)


def _write(folder: Path, name: str, clips: list[Clip], parts: list[NDArray[np.int16]]) -> Stream:
    pcm = np.concatenate(parts)
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())
    return Stream(name, tuple(clips), path, len(pcm) / RATE_HZ)


def _book(folder: Path) -> list[Clip]:
    if not (folder / "transcription").exists() and not _fetch_book(folder):
        return []
    lines = (folder / "transcription").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip()) for line in lines]
    return [_clip(folder / f"{match[2]}.wav", match[1]) for match in found if match]


def _fetch_book(folder: Path) -> bool:
    """Debian's source package pocketsphinx, with package lists of our own: those of the system often have no sources."""
    if not shutil.which("apt-get"):
        return False
    apt = folder / "apt"
    for needed in ("lists/partial", "cache/archives/partial"):
        (apt / needed).mkdir(parents=True, exist_ok=True)
    entry = "deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)"
    filters = ("Created-By: Packages", "Origin: Debian")
    known = subprocess.run(
        ["apt-get", "indextargets", "--format", entry, *filters], check=False, capture_output=True, text=True
    )
    (apt / "sources.list").write_text("\n".join(sorted(set(known.stdout.splitlines()))) + "\n", encoding="utf-8")
    options = {
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": apt / "lists",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "root",
    }
    command = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    for step in (["update"], ["source", "--download-only", "pocketsphinx"]):
        if subprocess.run([*command, *step], check=False, cwd=apt, stdout=subprocess.DEVNULL).returncode:
            return False
    with tarfile.open(next(apt.glob("pocketsphinx_*.orig.tar.*"))) as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if member.isfile() and (name == "transcription" or name.startswith(BOOK)):
                content = archive.extractfile(member)
                assert content is not None
                (folder / name).write_bytes(content.read())
    return True
