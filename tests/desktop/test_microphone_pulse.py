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
TONE_S = 1.5


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

    def choose(self, name: str) -> None:
        """Have it listen to another microphone."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()

    def finish(self) -> str:
        """End it; what it and its libraries wrote to the terminal."""
        return self._process.communicate(timeout=20)[1]


@contextmanager
def listening(env: dict[str, str], out: Path, name: str = "") -> Iterator[Listener]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.desktop.microphone_app", str(out), name]
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


def hear_tone(pulse: Pulse, listener: Listener, wav: Path, name: str) -> int:
    """Stream time at which a tone of `TONE_S` begins that is played into a microphone to its end."""
    with pulse.speak(wav, name) as player:
        loud_ms: int = listener.wait_for("loud_ms")["loud_ms"]
        player.wait(20)
        listener.wait_for("quiet_ms")
    return loud_ms


def is_whole(heard: NDArray[np.int16], at_ms: int) -> bool:
    """Whether the tone that begins about `at_ms` has its pitch and its length, to a twentieth of a second."""
    around = heard[max(0, at_ms - 300) * 16 : (at_ms + int(TONE_S * 1000) + 300) * 16]
    loud = np.flatnonzero(np.abs(around) > AMPLITUDE // 2)
    return abs((loud[-1] - loud[0]) / 16_000 - TONE_S) < 0.05 and pitch_hz(heard, at_ms + 200) == TONE_HZ


def test_microphone_that_comes_back_with_another_rate_again_and_again_keeps_pitch_and_length(
    tmp_path: Path,
) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, TONE_S)
    with running_pulse(DEFAULT) as pulse:
        pulse.add_speakers()
        pulse.plug("yeti", description="Yeti")
        with listening(pulse.env, out, "Yeti") as listener:
            assert listener.wait_for("microphones")["microphones"][-1] == {
                "name": "Yeti",
                "channels": 2,
                "rate_hz": 48_000,
                "is_default": False,
            }
            assert listener.wait_for("state")["state"] == "listening"
            tones_ms = [hear_tone(pulse, listener, wav, "yeti")]
            for rate_hz, channels in ((16_000, 1), (8_000, 1), (44_100, 2), (48_000, 2)):
                pulse.unplug("yeti")
                # At once, as a program that sets another rate: the old one's end need not be seen before.
                pulse.plug("yeti", rate_hz=rate_hz, channels=channels, description="Yeti")
                changed_s = time.monotonic()
                assert listener.wait_for("state")["state"] == "lost"
                back = listener.wait_for("state")
                assert back["state"] == "listening"
                assert back["monotonic_s"] - changed_s < 3
                tones_ms.append(hear_tone(pulse, listener, wav, "yeti"))
            assert listener.finish() == ""
    heard = load(out)
    assert [is_whole(heard, at_ms) for at_ms in tones_ms] == [True] * 5


@pytest.mark.parametrize(
    ("chosen", "music", "call", "rate_hz"),
    [
        ("Buds", "bluez_source.04_5D.a2dp_source", "bluez_source.04_5D.headset_head_unit", 8_000),
        (
            "bluez_source.04_5D.a2dp_source",
            "bluez_source.04_5D.a2dp_source",
            "bluez_source.04_5D.handsfree_head_unit",
            16_000,
        ),
        (
            "bluez_input.04_5D.headset-head-unit",
            "bluez_input.04_5D.a2dp-source",
            "bluez_input.04_5D.headset-head-unit",
            16_000,
        ),
    ],
    ids=["by the headset's name", "by the source's name", "by the other source's name"],
)
def test_chosen_headset_is_followed_over_a_change_of_its_profile_and_back(
    tmp_path: Path, chosen: str, music: str, call: str, rate_hz: int
) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, TONE_S)
    with running_pulse(DEFAULT) as pulse:
        pulse.choose("fakemic")
        pulse.plug(music, rate_hz=44_100, description="Buds")
        with listening(pulse.env, out, chosen) as listener:
            listener.wait_for("microphones")
            assert listener.wait_for("state")["state"] == "listening"
            tones_ms = [hear_tone(pulse, listener, wav, music)]
            pulse.unplug(music)
            switched_s = time.monotonic()
            # PulseAudio has moved the stream to the other microphone, which is not the one that was chosen.
            lost = listener.wait_for("state")
            assert (lost["state"], lost["detail"]) == ("lost", "The microphone is gone – plug it in again.")
            assert lost["monotonic_s"] - switched_s < 2
            with pulse.speak(wav) as player:
                player.wait(20)
            pulse.plug(call, rate_hz=rate_hz, channels=1, description="Buds")
            came_s = time.monotonic()
            back = listener.wait_for("state")
            assert back["state"] == "listening"
            assert back["monotonic_s"] - came_s < 3
            tones_ms.append(hear_tone(pulse, listener, wav, call))
            pulse.unplug(call)
            pulse.plug(music, rate_hz=44_100, description="Buds")
            assert listener.wait_for("state")["state"] == "lost"
            assert listener.wait_for("state")["state"] == "listening"
            tones_ms.append(hear_tone(pulse, listener, wav, music))
            assert listener.finish() == ""
    heard = load(out)
    assert [is_whole(heard, at_ms) for at_ms in tones_ms] == [True] * 3
    assert not heard[lost["at_ms"] * 16 : back["at_ms"] * 16].any()


def test_another_microphone_is_heard_from_the_moment_it_is_chosen(tmp_path: Path) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 48_000, 1, TONE_S)
    with running_pulse(DEFAULT) as pulse:
        pulse.plug("desk", description="Desk")
        with listening(pulse.env, out, "Desk") as listener:
            listener.wait_for("microphones")
            assert listener.wait_for("state")["state"] == "listening"
            tones_ms = [hear_tone(pulse, listener, wav, "desk")]
            listener.choose("Microphone")
            chosen_s = time.monotonic()
            changed = listener.wait_for("state")
            assert changed["state"] == "listening"
            assert changed["monotonic_s"] - chosen_s < 2
            with pulse.speak(wav, "desk") as player:
                player.wait(20)
            tones_ms.append(hear_tone(pulse, listener, wav, "fakemic"))
            assert listener.finish() == ""
    heard = load(out)
    assert [is_whole(heard, at_ms) for at_ms in tones_ms] == [True] * 2
    between = heard[changed["at_ms"] * 16 : (tones_ms[1] - 100) * 16]
    assert np.abs(between).max(initial=0) <= AMPLITUDE // 2


def test_microphone_of_8_khz_is_heard_whole_and_not_doubled_above(tmp_path: Path) -> None:
    out = tmp_path / "heard.npy"
    wav = tone(tmp_path / "tone.wav", 8_000, 1, TONE_S)
    with running_pulse(DEFAULT) as pulse:
        pulse.plug("buds", rate_hz=8_000, channels=1, description="Buds")
        with listening(pulse.env, out, "Buds") as listener:
            [buds] = [m for m in listener.wait_for("microphones")["microphones"] if m["name"] == "Buds"]
            assert buds["channels"] == 1
            assert listener.wait_for("state")["state"] == "listening"
            at_ms = hear_tone(pulse, listener, wav, "buds")
            assert listener.finish() == ""
    heard = load(out)
    assert is_whole(heard, at_ms)
    begin = (at_ms + 200) * 16
    spectrum = np.abs(np.fft.rfft(heard[begin : begin + 16_000]))
    # What 8 kHz cannot hold is not made up: all above 4 kHz lies 60 dB under the tone.
    assert spectrum[4_000:].max() < spectrum[TONE_HZ] / 1_000


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
