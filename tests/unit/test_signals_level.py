"""Level: silence, a voice that is too low, clipping; the same for every way of cutting the sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from martlive_desktop.core.events import FRAME_MS, FRAME_SAMPLES, RATE_HZ, AudioChunk, Cue, Signal, Tick, Voice
from martlive_desktop.core.signals.level import LevelDetector, LevelThresholds

Pcm = NDArray[np.int16]


def tone(seconds: float, dbfs: float) -> Pcm:
    """A square wave, whose RMS and peak are both `dbfs`."""
    amplitude = round(10 ** (dbfs / 20) * 32768)
    wave = np.full(round(seconds * RATE_HZ), min(amplitude, 32767), np.int16)
    wave[::2] *= -1
    return wave


def play(
    detector: LevelDetector, pcm: Pcm, *, voice: float | None = None, at: int = 0, chunk: int = 1600
) -> list[Signal]:
    """Feed sound from sample `at` on, and the decision `voice` on its frames; give the level signals."""
    signals: list[Signal] = []
    for start in range(0, len(pcm), chunk):
        event = AudioChunk(at + start, pcm[start : start + chunk])
        signals += detector.observe(event, event.at_ms)
    if voice is not None:
        frames = len(pcm) // FRAME_SAMPLES
        at_ms = at // FRAME_SAMPLES * FRAME_MS + frames * FRAME_MS
        detector.observe(Voice(at_ms, (voice,) * frames), at_ms)
    return signals


def kinds(detector: LevelDetector) -> list[str]:
    return [cue.kind for cue in detector.cues(0)]


def whole(seconds: float) -> float:
    """About `seconds`, a whole number of voice frames and meter frames."""
    return round(seconds / 0.8) * 0.8


def test_level_is_given_once_a_second() -> None:
    signals = play(LevelDetector(), np.concatenate((tone(1, -20), tone(1, -40))))
    assert [(one.at_ms, one.name, one.value, one.unit) for one in signals] == [
        (1000, "level", -20.0, "dBFS"),
        (2000, "level", -40.0, "dBFS"),
    ]


def test_digital_silence_has_a_finite_level() -> None:
    [signal] = play(LevelDetector(), np.zeros(RATE_HZ, np.int16))
    assert signal.value == -96.0


@pytest.mark.parametrize(("seconds", "expected"), [(9.9, []), (10.0, ["mic_silent"])])
def test_microphone_is_silent_after_ten_seconds(seconds: float, expected: list[str]) -> None:
    detector = LevelDetector()
    play(detector, np.concatenate((tone(1, -20), np.zeros(round(seconds * RATE_HZ), np.int16))))
    assert kinds(detector) == expected


def test_room_tone_is_no_silence_and_sound_ends_one() -> None:
    detector = LevelDetector()
    play(detector, tone(12, -56))
    assert kinds(detector) == []
    play(detector, tone(12, -70))
    assert kinds(detector) == ["mic_silent"]
    play(detector, tone(0.05, -56))
    assert kinds(detector) == []


def test_low_voice_holds_after_twenty_seconds_and_says_its_level() -> None:
    detector = LevelDetector()
    play(detector, tone(whole(20.8), -36), voice=0.9)
    [cue] = detector.cues(20_000)
    assert cue == Cue(20_000, "mic_low", 0.9, ("voice at -36 dBFS for 20 s",))


@pytest.mark.parametrize(
    ("seconds", "dbfs", "voice"),
    [(16.0, -36, 0.9), (24.0, -30, 0.9), (24.0, -36, 0.4)],
    ids=["short", "loud enough", "nobody speaks"],
)
def test_no_low_voice(seconds: float, dbfs: float, voice: float) -> None:
    detector = LevelDetector()
    play(detector, tone(seconds, dbfs), voice=voice)
    assert kinds(detector) == []


def test_low_voice_with_pauses_is_measured_by_its_voice() -> None:
    detector = LevelDetector()
    for at in range(0, 24 * RATE_HZ, 4 * RATE_HZ):
        play(detector, tone(2.4, -36), voice=0.9, at=at)
        play(detector, tone(1.6, -58), voice=0.1, at=at + round(2.4 * RATE_HZ))
    assert kinds(detector) == ["mic_low"]


def test_low_voice_begins_when_the_voice_falls() -> None:
    detector = LevelDetector()
    play(detector, tone(24, -20), voice=0.9)
    play(detector, tone(16, -36), voice=0.9, at=24 * RATE_HZ)
    assert kinds(detector) == []
    play(detector, tone(6.4, -36), voice=0.9, at=40 * RATE_HZ)
    assert kinds(detector) == ["mic_low"]


def test_silence_before_a_low_voice_does_not_count() -> None:
    detector = LevelDetector()
    play(detector, tone(8, -20), voice=0.9)
    play(detector, tone(8, -56), voice=0.1, at=8 * RATE_HZ)
    play(detector, tone(16, -36), voice=0.9, at=16 * RATE_HZ)
    assert kinds(detector) == []


def test_one_word_in_twenty_seconds_is_too_little_to_measure() -> None:
    detector = LevelDetector()
    play(detector, tone(1.6, -36), voice=0.9)
    play(detector, tone(24, -56), voice=0.1, at=round(1.6 * RATE_HZ))
    assert kinds(detector) == []


def test_low_voice_ends_soon_after_the_level_is_back() -> None:
    detector = LevelDetector()
    play(detector, tone(24, -36), voice=0.9)
    play(detector, tone(3.2, -20), voice=0.9, at=24 * RATE_HZ)
    assert kinds(detector) == []


def test_voice_frames_that_were_lost_or_repeated_keep_their_place() -> None:
    detector = LevelDetector()
    play(detector, tone(1.6, -20))
    frames = 50
    detector.observe(Voice(frames * FRAME_MS, (0.1,) * 10), 1_600)
    detector.observe(Voice(frames * FRAME_MS, (0.9,) * frames), 1_600)
    play(detector, tone(24, -36), voice=0.9, at=round(1.6 * RATE_HZ))
    assert kinds(detector) == ["mic_low"]


@pytest.mark.parametrize(("clipped", "expected"), [(1, []), (2, ["clipping"])])
def test_one_per_cent_of_clipped_frames_is_clipping(clipped: int, expected: list[str]) -> None:
    detector = LevelDetector()
    pcm = tone(10, -20)
    pcm[[16_000 * (index + 1) for index in range(clipped)]] = -32768
    play(detector, pcm)
    assert kinds(detector) == expected


def test_clipping_ends_ten_seconds_later() -> None:
    detector = LevelDetector()
    play(detector, np.concatenate((tone(1, 0), tone(9.9, -20))))
    assert kinds(detector) == ["clipping"]
    play(detector, tone(0.1, -20))
    assert kinds(detector) == []


def test_peak_just_below_the_limit_is_no_clipping() -> None:
    detector = LevelDetector()
    play(detector, tone(2, -0.2))
    assert kinds(detector) == []


def test_thresholds_are_the_users() -> None:
    detector = LevelDetector(LevelThresholds(silent_s=1.0))
    play(detector, np.zeros(RATE_HZ, np.int16))
    assert kinds(detector) == ["mic_silent"]


def test_other_events_change_nothing() -> None:
    assert LevelDetector().observe(Tick(5), 5) == ()


def converse(detector: LevelDetector, *parts: tuple[float, float, float]) -> list[tuple[int, float]]:
    """Feed parts of (seconds, dBFS, voice probability); give times and values of the `snr` signals."""
    found: list[Signal] = []
    at = 0
    for seconds, dbfs, voice in parts:
        pcm = tone(whole(seconds), dbfs) if dbfs > -96 else np.zeros(round(whole(seconds) * RATE_HZ), np.int16)
        play(detector, pcm, at=at)
        at += len(pcm)
        at_ms = at * 1000 // RATE_HZ
        found += detector.observe(Voice(at_ms, (voice,) * (len(pcm) // FRAME_SAMPLES)), at_ms)
    assert {(one.name, one.unit) for one in found} <= {("snr", "dB")}
    return [(one.at_ms, one.value) for one in found]


@pytest.mark.parametrize(
    ("voice_dbfs", "expected"),
    [(-20.0, 30.0), (-44.0, 4.7), (-50.0, -10.0), (-56.0, -10.0)],
    ids=["clear", "near the noise: its power is subtracted", "as loud as the room", "softer than the room"],
)
def test_snr_is_the_voice_above_the_room(voice_dbfs: float, expected: float) -> None:
    [(at_ms, snr_db)] = converse(LevelDetector(), (2.4, -50, 0.1), (3.2, voice_dbfs, 0.9))
    assert at_ms == 5_120
    assert snr_db == pytest.approx(expected, abs=0.1)


def test_snr_follows_a_fan_that_is_switched_on() -> None:
    quiet, loud = ((1.6, -60, 0.1), (1.6, -20, 0.9)), ((1.6, -40, 0.1), (1.6, -20, 0.9))
    values = [round(snr_db) for _, snr_db in converse(LevelDetector(), *quiet * 5, *loud * 5)]
    assert values == [40, 40, 40, 20, 20, 20]


@pytest.mark.parametrize(
    "parts",
    [
        ((12.0, -50, 0.1),),
        ((12.0, -20, 0.9),),
        ((0.8, -50, 0.1), (8.0, -20, 0.9)),
        ((8.0, -50, 0.1), (0.8, -20, 0.9), (8.0, -50, 0.1)),
        ((4.0, -96, 0.0), (8.0, -20, 0.9)),
        ((4.0, -30, 0.3), (8.0, -20, 0.9)),
    ],
    ids=["nobody speaks", "no pause", "one breath", "one word", "a gate between words", "breaths between words"],
)
def test_no_snr_where_there_is_nothing_to_compare(parts: tuple[tuple[float, float, float], ...]) -> None:
    assert converse(LevelDetector(), *parts) == []


def test_snr_is_given_only_while_somebody_speaks() -> None:
    values = converse(LevelDetector(), (2.4, -50, 0.1), (3.2, -20, 0.9), (16.0, -50, 0.1))
    assert [at_ms for at_ms, _ in values] == [5_120, 10_240]


def test_one_knock_is_no_noise() -> None:
    [(_, snr_db)] = converse(LevelDetector(), (1.6, -50, 0.1), (0.8, -10, 0.1), (3.2, -20, 0.9))
    assert snr_db == pytest.approx(30, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=30))
def test_chunking_does_not_matter(sizes: list[int]) -> None:
    rng = np.random.default_rng(1)
    pcm = (rng.standard_normal(3 * RATE_HZ) * 9000).clip(-32768, 32767).astype(np.int16)
    one, other = LevelDetector(), LevelDetector()
    expected = play(one, pcm)
    found: list[Signal] = []
    at = turn = 0
    while at < len(pcm):
        part = pcm[at : at + sizes[turn % len(sizes)]]
        found += play(other, part, at=at, chunk=len(part))
        at, turn = at + len(part), turn + 1
    assert found == expected
    assert other.cues(3_000) == one.cues(3_000)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_snr_does_not_depend_on_how_voice_comes(sizes: list[int]) -> None:
    rng = np.random.default_rng(2)
    frames = 640
    pcm = (rng.standard_normal(frames * FRAME_SAMPLES) * 300).astype(np.int16)
    chances = np.repeat(rng.random(frames // 20), 20).tolist()
    one, other = LevelDetector(), LevelDetector()
    play(one, pcm)
    play(other, pcm)
    expected = one.observe(Voice(frames * FRAME_MS, tuple(chances)), 0)
    assert [signal.name for signal in expected] == ["snr"] * len(expected)
    assert len(expected) >= 2
    found: list[Signal] = []
    at = turn = 0
    while at < frames:
        part = tuple(chances[at : at + sizes[turn % len(sizes)]])
        at, turn = at + len(part), turn + 1
        found += other.observe(Voice(at * FRAME_MS, part), 0)
    assert found == expected


CLEAR = ((2.0, -20.0, 0.9), (2.0, -60.0, 0.05))
NOISY = ((2.0, -20.0, 0.9), (2.0, -30.0, 0.05))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param((*CLEAR * 4, *NOISY * 3), [], id="twelve seconds"),
        pytest.param((*CLEAR * 4, *NOISY * 12), ["noise"], id="three quarters of a minute"),
        pytest.param((*NOISY * 12, *CLEAR * 6), [], id="it went away"),
    ],
)
def test_noise_that_covers_the_voice(parts: tuple[tuple[float, float, float], ...], expected: list[str]) -> None:
    detector = LevelDetector()
    converse(detector, *parts)
    assert kinds(detector) == expected
