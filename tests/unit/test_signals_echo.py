"""Echo: the microphone hears the speakers."""

from __future__ import annotations

import numpy as np
import pytest

from martlive_desktop.core.events import RATE_HZ, AudioChunk, Loopback, Tick
from martlive_desktop.core.signals.echo import EchoDetector, echo_correlation

RANDOM = np.random.default_rng(4)
STEP = RATE_HZ // 10


def sound(seconds: float, level: float = 3000.0) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.clip(RANDOM.normal(0, level, round(seconds * RATE_HZ)), -32768, 32767).astype(np.int16)


def kinds(played: np.ndarray, delay_ms: int, own: float, *, gain: float = 1.0) -> list[str]:
    """Play ten seconds while the microphone hears them `delay_ms` later, with a voice of level `own` over them."""
    delay = delay_ms * 16
    heard = np.concatenate((np.zeros(delay, np.int16), played))[: len(played)] * gain + sound(
        len(played) / RATE_HZ, own
    )
    detector = EchoDetector()
    for at in range(0, len(played), STEP):
        detector.observe(AudioChunk(at, heard[at : at + STEP].astype(np.int16)), 0)
        detector.observe(Loopback(0, played[at : at + STEP]), 0)
    detector.observe(Tick(1), 1)
    return [cue.kind for cue in detector.cues(1)]


@pytest.mark.parametrize(
    ("delay_ms", "own", "gain", "expected"),
    [
        pytest.param(120, 100, 1.0, ["echo"], id="clear"),
        pytest.param(400, 1500, 1.0, ["echo"], id="under a voice"),
        pytest.param(120, 3000, 0.2, [], id="far below the voice"),
        pytest.param(0, 100, 1.0, [], id="inside the sound card"),
    ],
)
def test_echo_is_sound_that_comes_back_later(delay_ms: int, own: float, gain: float, expected: list[str]) -> None:
    assert kinds(sound(10), delay_ms, own, gain=gain) == expected


def test_silence_is_no_echo() -> None:
    assert kinds(np.zeros(10 * RATE_HZ, np.int16), 120, 3000) == []
    assert echo_correlation(np.zeros(100, np.int16), np.zeros(200, np.int16)) == 0.0


def test_short_sound_is_no_echo() -> None:
    assert kinds(sound(4), 120, 100) == []


def test_loopback_without_a_microphone_is_no_echo() -> None:
    detector = EchoDetector()
    for _ in range(10):
        detector.observe(Loopback(0, sound(2)), 0)
    assert detector.cues(0) == ()
