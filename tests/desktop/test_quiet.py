"""Sound without speech gives no words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop.core.events import RATE_HZ, Transcript
from martlive_desktop.core.speech.recogniser import Recogniser
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference.vad import SileroVad
from martlive_desktop.inference.whisper import Whisper
from martlive_desktop.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
SECONDS = 20
BEAT_S = 0.5


def silence() -> NDArray[np.int16]:
    return np.zeros(SECONDS * RATE_HZ, np.int16)


def hiss() -> NDArray[np.int16]:
    return np.random.default_rng(5).normal(0, 3000, SECONDS * RATE_HZ).astype(np.int16)


def hum() -> NDArray[np.int16]:
    """A melody of one voice with overtones and vibrato, as near to singing as a synthesizer comes."""
    time_s = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    steps = np.random.default_rng(2).choice([0, 2, 4, 7, 9], int(SECONDS / BEAT_S) + 1)
    pitch_hz = 180 * 2 ** (steps[(time_s / BEAT_S).astype(int)] / 12) * (1 + 0.01 * np.sin(2 * np.pi * 5 * time_s))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    sound = sum(np.sin(n * phase) / n for n in range(1, 12))
    loudness = np.minimum(1, 20 * (time_s % BEAT_S)) * np.minimum(1, 10 * (BEAT_S - time_s % BEAT_S))
    return np.asarray(4000 * sound * loudness, np.int16)


def strokes() -> NDArray[np.int16]:
    """A keyboard: clicks of 10 ms."""
    noise = np.random.default_rng(7)
    sound = noise.normal(0, 20, SECONDS * RATE_HZ)
    for at in np.cumsum(noise.uniform(1200, 6000, 200).astype(int)):
        sound[at : at + 160] += noise.normal(0, 6000, len(sound[at : at + 160]))
    return np.clip(sound, -32768, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def model() -> Whisper:
    folder = recogniser_config(Settings(), "en", "whisper-base", is_live=True).model
    return Whisper(
        folder.path,
        language="en",
        threads=1,
        partial_window=folder.partial_window,
        final_window=folder.final_window,
    )


def heard(model: Whisper, pcm: NDArray[np.int16]) -> list[Transcript]:
    recogniser = Recogniser(
        SileroVad(), model, pace=recogniser_config(Settings(), "en", "whisper-base", is_live=True).pace
    )
    recogniser.feed(pcm)
    blocks = [*iter(recogniser.step, None), *recogniser.finish()]
    return [one for block in blocks for one in block.transcripts]


@pytest.mark.parametrize("sound", [silence, hiss, hum, strokes])
def test_sound_without_speech_gives_no_words(model: Whisper, sound: object) -> None:
    assert callable(sound)
    assert [one.text for one in heard(model, sound())] == []


def test_guards_hold_where_the_voice_gate_does_not(model: Whisper) -> None:
    """Whisper itself is asked, as if the gate had taken these for voice."""
    for sound in (silence, hiss, hum, strokes):
        found = model.final(sound()[: 4 * RATE_HZ], ())
        assert found.is_silence, sound.__name__
