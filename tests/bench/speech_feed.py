"""What the runners of the speech bench share: sound paced by the clock goes in, words with the time of the clock come out.

Only the standard library, because the runners of other systems have environments of their own.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RATE_HZ = 16_000
CHUNK_MS = 50
"""Sound comes as from a microphone: this much at a time, when it has been spoken."""


@dataclass(frozen=True, slots=True)
class Task:
    """One stream for one system."""

    sound: str
    """WAV file, 16 kHz mono, 16 bits."""
    model: str
    """Folder of the model that all systems use, as CTranslate2 wants it."""
    small_model: str
    """Folder of the model for words that are still being spoken, for systems that use two."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What this row of the table changes."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a system said about one utterance at one moment; it takes the place of what it said before."""

    at_s: float
    """Since the first sample."""
    unit: int
    """Utterance; a system that knows none has only 0."""
    text: str
    """All words of the utterance that the system calls stable; of a final, all its words."""
    is_final: bool


def read_wav(path: Path) -> bytes:
    """The samples of a WAV file, 16 kHz mono, 16 bits."""
    with wave.open(str(path), "rb") as file:
        form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if form != (RATE_HZ, 1, 2):
            raise ValueError(f"{path} is no 16 kHz mono WAV of 16 bits: {form}")
        return file.readframes(file.getnframes())


class Runner:
    """This process as the bench sees it: lines of JSON on standard output; it ends when its standard input does."""

    def __init__(self) -> None:
        """Take the task. What a system prints goes to standard error from now on."""
        self.task = Task(**json.loads(sys.argv[1]))
        self.pcm = read_wav(Path(self.task.sound))
        self._lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = threading.Lock()
        self._began = 0.0
        self._last: dict[int, tuple[str, bool]] = {}

    def play(self, feed: Callable[[bytes], None]) -> None:
        """Give `feed` the sound as fast as it is spoken. Everything must be loaded by now."""
        self._write({"event": "ready"})
        self._began = time.monotonic()
        clock = threading.Event()
        step = RATE_HZ * 2 * CHUNK_MS // 1000
        for begin in range(0, len(self.pcm), step):
            chunk = self.pcm[begin : begin + step]
            spoken_at = self._began + (begin + len(chunk)) / 2 / RATE_HZ
            clock.wait(max(0.0, spoken_at - time.monotonic()))
            feed(chunk)

    def say(self, unit: int, text: str, *, is_final: bool) -> None:
        """Report what the system says now; repetitions are left out."""
        at_s = time.monotonic() - self._began
        with self._lock:
            if self._last.get(unit) == (text, is_final):
                return
            self._last[unit] = (text, is_final)
            self._write({"event": "said", **dataclasses.asdict(Said(at_s, unit, text, is_final))})

    def end(self) -> None:
        """Everything was said: stay until the bench has read this process's CPU time."""
        self._write({"event": "done"})
        sys.stdin.read()
        # Threads and processes of the systems do not all end by themselves.
        self._lines.close()
        os._exit(0)

    def _write(self, line: dict[str, Any]) -> None:
        self._lines.write(json.dumps(line) + "\n")
        self._lines.flush()
