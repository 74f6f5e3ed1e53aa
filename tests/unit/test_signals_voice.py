"""The life in a voice: pitch movement and energy, against the streamer's own habit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop.core.events import AudioChunk, Signal, Tick
from martlive_desktop.core.habits import Habits
from martlive_desktop.core.signals.voice import BLOCK_FRAMES, FRAME_SAMPLES, VoiceDetector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BLOCK = BLOCK_FRAMES * FRAME_SAMPLES


class Voice:
    """A voice that swings by `swing` semitones around A3 at `level`; the tracker knows it."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.swing = 0.0
        self.detector = VoiceDetector(self.track, habits=habits)
        self.sample = 0

    def track(self, pcm: NDArray[np.int16]) -> Sequence[float]:
        frames = len(pcm) // FRAME_SAMPLES
        if self.swing == 0:
            return [0.0] * frames
        return [220 * 2 ** (self.swing * math.sin(index / 7) / 12) for index in range(frames)]

    def talk(self, seconds: int, *, swing: float, level: int = 6000) -> list[Signal]:
        """The signals of `seconds` of it; a swing of 0 is silence."""
        self.swing = swing
        out: list[Signal] = []
        for _ in range(seconds // 2):
            pcm = np.full(BLOCK, level if swing else 5, np.int16)
            chunk = AudioChunk(self.sample, pcm)
            self.sample += BLOCK
            out += self.detector.observe(chunk, chunk.at_ms)
        return out

    @property
    def kinds(self) -> list[str]:
        return [cue.kind for cue in self.detector.cues(0)]


def test_pitch_movement_is_measured_every_two_seconds() -> None:
    voice = Voice()
    assert [(one.at_ms, one.name, one.unit) for one in voice.talk(6, swing=3)] == [
        (2_000, "pitch_sd", "semitones"),
        (4_000, "pitch_sd", "semitones"),
        (6_000, "pitch_sd", "semitones"),
    ]
    assert voice.detector.observe(Tick(0), 0) == ()


def test_silence_is_no_flat_voice() -> None:
    voice = Voice()
    voice.talk(120, swing=3)
    assert voice.talk(120, swing=0) == []
    assert voice.kinds == []


def test_first_minute_is_compared_with_nothing() -> None:
    voice = Voice()
    voice.talk(50, swing=3)
    assert (voice.kinds, voice.detector.habits) == ([], Habits())


def test_window_that_is_flat_is_flat() -> None:
    voice = Voice()
    voice.talk(300, swing=3)
    voice.talk(20, swing=0.5)
    assert voice.kinds == []
    voice.talk(40, swing=0.5)
    assert voice.kinds == ["flat"]
    voice.talk(50, swing=3)
    assert voice.kinds == []


def test_quieter_and_flatter_voice_has_lost_energy() -> None:
    voice = Voice()
    voice.talk(300, swing=3)
    voice.talk(90, swing=0.5, level=3000)
    assert voice.kinds == ["flat", "energy_drop"]


def test_quieter_but_lively_voice_has_not() -> None:
    voice = Voice()
    voice.talk(300, swing=3)
    voice.talk(120, swing=3, level=1500)
    assert voice.kinds == []


def test_habit_of_earlier_shows_is_known_from_the_start() -> None:
    before = Voice()
    before.talk(300, swing=3)
    assert before.detector.habits.level_dbfs == pytest.approx(20 * math.log10(6000 / 32768), abs=0.1)
    voice = Voice(before.detector.habits)
    voice.talk(58, swing=0.5)
    assert voice.kinds == []
    voice.talk(2, swing=0.5)
    assert voice.kinds == ["flat"]
