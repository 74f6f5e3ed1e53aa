"""The microphone, through PortAudio, ALSA and PulseAudio."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import wave
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.desktop.pulse import DEFAULT, Pulse, running_pulse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(60),
    pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="PulseAudio is not installed."),
]
ROOT = Path(__file__).parents[2]
AMPLITUDE = 8_000
TONE_HZ = 440


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    with running_pulse() as pulse:
        yield pulse


class Listener:
    """The program that listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_for(self, key: str) -> dict[str, Any]:
        """The next thing it says; it has to be a `key`, but for the seconds that it counts and the quiet."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if key in said:
                return said
            assert "second" in said or "quiet_ms" in said
        raise EOFError(key)

    def finish(self) -> str:
        """End it; what it and its libraries wrote to the terminal."""
        return self._process.communicate(timeout=20)[1]


@contextmanager
def listening(env: dict[str, str], out: Path) -> Iterator[Listener]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.desktop.microphone_app", str(out)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield Listener(process)
        finally:
            process.kill()


def tone(path: Path, rate_hz: int, channels: int, seconds: float) -> Path:
    sound = AMPLITUDE * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate_hz * seconds)) / rate_hz)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(np.rint(sound).astype("<i2"), channels).tobytes())
    return path


def load(out: Path) -> NDArray[np.int16]:
    heard: NDArray[np.int16] = np.load(out)
    return heard


@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 2), (48_000, 1)])
def test_speech_arrives_soon_whole_and_as_loud_as_it_was(
    pulse: Pulse, tmp_path: Path, rate_hz: int, channels: int
) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", rate_hz, channels, 3)
    with listening(pulse.env, out) as listener:
        [default] = [m for m in listener.wait_for("microphones")["microphones"] if m["is_default"]]
        assert (default["name"], default["rate_hz"]) == ("default", 44_100)
        assert listener.wait_for("state")["state"] == "listening"
        spoken_s = time.monotonic()
        with pulse.speak(wav) as player:
            loud = listener.wait_for("loud_ms")
            player.wait(20)
            listener.wait_for("quiet_ms")
        assert listener.finish() == ""
    assert loud["monotonic_s"] - spoken_s < 1.5
    heard = load(out)
    speech = np.flatnonzero(np.abs(heard) > AMPLITUDE // 2)
    begin, end = int(speech[0]), int(speech[-1])
    assert (end - begin) / 16_000 == pytest.approx(3, abs=0.05)
    middle = heard[begin + 1_600 : end - 1_600].astype(float)
    level_db = 20 * np.log10(np.sqrt(np.mean(middle**2)) / (AMPLITUDE / 2**0.5))
    assert abs(level_db) < 1.5
    # A sine is foretold by its last two samples; where one is missing or doubled it is not.
    foretold = 2 * np.cos(2 * np.pi * TONE_HZ / 16_000) * middle[1:-1] - middle[:-2]
    assert np.abs(middle[2:] - foretold).max() < AMPLITUDE * 0.02


def test_microphone_that_is_pulled_out_is_told_gives_silence_and_comes_back(pulse: Pulse, tmp_path: Path) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, 20)
    with listening(pulse.env, out) as listener:
        listener.wait_for("microphones")
        start = listener.wait_for("state")
        with pulse.speak(wav):
            listener.wait_for("loud_ms")
            pulse.unplug()
            unplugged_s = time.monotonic()
            lost = listener.wait_for("state")
        assert (lost["state"], lost["detail"]) == ("lost", "The microphone is gone – plug it in again.")
        assert lost["monotonic_s"] - unplugged_s < 2
        for _ in range(3):
            listener.wait_for("second")
        pulse.plug()
        plugged_s = time.monotonic()
        back = listener.wait_for("state")
        assert back["state"] == "listening"
        assert back["monotonic_s"] - plugged_s < 3
        with pulse.speak(wav):
            again = listener.wait_for("loud_ms")
        listener.finish()
    assert not load(out)[(lost["at_ms"] + 20) * 16 : back["at_ms"] * 16].any()
    # Stream time kept step with the clock over the loss.
    passed_s = again["monotonic_s"] - start["monotonic_s"]
    assert again["loud_ms"] / 1000 - start["at_ms"] / 1000 == pytest.approx(passed_s, abs=0.3)


def pitch_hz(heard: NDArray[np.int16], at_ms: int) -> int:
    """The loudest pitch in the half second from `at_ms` on."""
    return 2 * int(np.abs(np.fft.rfft(heard[at_ms * 16 : at_ms * 16 + 8_000])).argmax())


@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 2), (16_000, 1)], ids=["44.1 kHz", "a headset in a call"])
def test_microphone_that_comes_back_with_another_rate_keeps_its_pitch(
    pulse: Pulse, tmp_path: Path, rate_hz: int, channels: int
) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, 20)
    with listening(pulse.env, out) as listener:
        listener.wait_for("microphones")
        listener.wait_for("state")
        with pulse.speak(wav):
            before = listener.wait_for("loud_ms")["loud_ms"]
            listener.wait_for("second")
            listener.wait_for("second")
            pulse.unplug()
            assert listener.wait_for("state")["state"] == "lost"
        pulse.plug(rate_hz=rate_hz, channels=channels)
        assert listener.wait_for("state")["state"] == "listening"
        with pulse.speak(wav):
            after = listener.wait_for("loud_ms")["loud_ms"]
            listener.wait_for("second")
            listener.wait_for("second")
        listener.finish()
    heard = load(out)
    assert (pitch_hz(heard, before + 200), pitch_hz(heard, after + 200)) == (TONE_HZ, TONE_HZ)


def test_default_microphone_follows_the_systems_choice(tmp_path: Path) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, 20)
    with running_pulse(DEFAULT) as pulse:
        pulse.choose("fakemic")
        with listening(pulse.env, out) as listener:
            listener.wait_for("microphones")
            assert listener.wait_for("state")["state"] == "listening"
            pulse.plug("headset", rate_hz=16_000, channels=1)
            pulse.choose("headset")
            with pulse.speak(wav, "headset"):
                loud = listener.wait_for("loud_ms")["loud_ms"]
                listener.wait_for("second")
                listener.wait_for("second")
            assert listener.finish() == ""
    assert pitch_hz(load(out), loud + 200) == TONE_HZ


def test_computers_own_sound_does_not_take_the_microphones_place(tmp_path: Path) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, 20)
    with running_pulse(DEFAULT) as pulse:
        pulse.choose("fakemic")
        pulse.add_speakers()
        with listening(pulse.env, out) as listener:
            listener.wait_for("microphones")
            assert listener.wait_for("state")["state"] == "listening"
            pulse.unplug()
            unplugged_s = time.monotonic()
            lost = listener.wait_for("state")
            assert (lost["state"], lost["detail"]) == ("lost", "The microphone is gone – plug it in again.")
            assert lost["monotonic_s"] - unplugged_s < 2
            with pulse.speak(wav, "speakers"):
                for _ in range(3):
                    listener.wait_for("second")
            pulse.plug()
            plugged_s = time.monotonic()
            back = listener.wait_for("state")
            assert back["state"] == "listening"
            assert back["monotonic_s"] - plugged_s < 3
            with pulse.speak(wav):
                listener.wait_for("loud_ms")
            assert listener.finish() == ""
    assert not load(out)[lost["at_ms"] * 16 : back["at_ms"] * 16].any()


def test_sound_server_without_a_microphone_gives_one_sentence(tmp_path: Path) -> None:
    with running_pulse(DEFAULT) as pulse:
        pulse.unplug()
        pulse.add_speakers()
        with listening(pulse.env, tmp_path / "heard.npy") as listener:
            assert listener.wait_for("microphones")["microphones"] == []
            sentence = listener.wait_for("error")["error"]
            assert sentence == "No microphone was found – plug one in, or try `martlive demo`, which needs none."
            assert listener.finish() == ""


@pytest.mark.skipif(any(Path("/dev").glob("snd/pcm*c")), reason="This computer has a microphone.")
def test_computer_without_a_microphone_gives_one_sentence(tmp_path: Path) -> None:
    env = os.environ | {"HOME": str(tmp_path), "PULSE_SERVER": "unix:/nowhere"}
    with listening(env, tmp_path / "heard.npy") as listener:
        assert listener.wait_for("microphones")["microphones"] == []
        sentence = listener.wait_for("error")["error"]
        assert sentence == "No microphone was found – plug one in, or try `martlive demo`, which needs none."
        assert listener.finish() == ""
