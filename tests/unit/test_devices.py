"""Microphones through PortAudio: which one is meant, and which format it takes."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters import devices
from martlive_desktop.core.errors import MicrophoneUnavailable
from tests.fakes.portaudio import INVALID_SAMPLE_RATE, UNANTICIPATED, UNAVAILABLE, FakeDevice, FakePortAudio
from tests.fakes.pulse_server import FakePulseServer, FakeSource, PulseDisconnected, PulseError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Opened:
    """Opens microphones of a made-up computer, and counts the ends that were told."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *made_up: FakeDevice, systems: Sequence[str] = ("ALSA",)
    ) -> None:
        self.portaudio = FakePortAudio(made_up, systems)
        self.ends = 0
        self.server = FakePulseServer(FakeSource())
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setitem(sys.modules, "sounddevice", self.portaudio)
        monkeypatch.setitem(sys.modules, "pulsectl", self.server)

    def open(self, name: str = "") -> devices.OpenInput:
        return devices.open_input(name, lambda _pcm, _has_overflowed: None, self._end)

    def _end(self) -> None:
        self.ends += 1

    def formats(self) -> list[tuple[int, int]]:
        return [(asked["samplerate"], asked["channels"]) for asked in self.portaudio.opened]


@pytest.mark.parametrize(
    ("known", "now"),
    [
        ("Yeti", "Yeti"),
        ("USB Mic: Audio (hw:2,0)", "USB Mic: Audio (hw:3,0)"),
        ("bluez_source.04_5D.a2dp_source", "bluez_source.04_5D.handsfree_head_unit"),
        ("bluez_source.04_5D.headset_head_unit", "bluez_source.04_5D.a2dp_source"),
        ("bluez_input.04_5D.a2dp-source", "bluez_input.04_5D.headset-head-unit"),
        ("Headset (Buds Stereo)", "Headset (Buds Hands-Free AG Audio)"),
        ("Headset (Buds Hands-Free AG Audio)", "Headset (Buds)"),
        ("Headset (Buds Hands-Free)", "Headset (Buds Stereo)"),
        ("Microphone (2- USB Mic)", "Microphone (3- USB Mic)"),
        ("Microphone (USB Mic)", "Microphone (2- USB Mic)"),
    ],
)
def test_device_is_found_again_though_its_name_changed(monkeypatch: pytest.MonkeyPatch, known: str, now: str) -> None:
    computer = Opened(monkeypatch, FakeDevice("Webcam", is_default=True), FakeDevice(now, rate_hz=16_000, channels=1))
    found = computer.open(known)
    assert (found.name, found.rate_hz) == (now, 16_000)
    assert computer.formats() == [(16_000, 1)]


def test_exact_name_goes_before_a_similar_one(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Opened(monkeypatch, FakeDevice("Mic: Audio (hw:1,0)"), FakeDevice("Mic: Audio (hw:2,0)"))
    assert computer.open("Mic: Audio (hw:2,0)").name == "Mic: Audio (hw:2,0)"


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("Yeti", "Yeti Nano"),
        ("Stereo Mix (Realtek)", "Mix (Realtek)"),
        ("bluez_source.04_5D.a2dp_source", "bluez_source.99_FF.a2dp_source"),
    ],
)
def test_other_device_does_not_take_its_place(monkeypatch: pytest.MonkeyPatch, known: str, other: str) -> None:
    with pytest.raises(MicrophoneUnavailable, match="is not there – plug it in") as caught:
        Opened(monkeypatch, FakeDevice(other, is_default=True)).open(known)
    assert (caught.value.device, caught.value.is_taken) == (known, False)


def test_default_is_the_systems_or_else_the_first_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = FakeDevice("Speaker", channels=0)
    assert Opened(monkeypatch, speaker, FakeDevice("A"), FakeDevice("B", is_default=True)).open().name == "B"
    assert Opened(monkeypatch, speaker, FakeDevice("A"), FakeDevice("B")).open().name == "A"


def test_no_microphone_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MicrophoneUnavailable) as caught:
        Opened(monkeypatch, FakeDevice("Speaker", channels=0)).open()
    assert str(caught.value) == "No microphone was found – plug one in, or try `martlive demo`, which needs none."
    assert caught.value.device == ""


def test_windows_takes_the_sound_system_with_whole_names_and_lets_it_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "Microphone (Blue Yeti Nano USB Condenser)"
    computer = Opened(
        monkeypatch,
        FakeDevice(name[:31], system="MME", is_default=True),
        FakeDevice("Line In", system="Windows WASAPI"),
        FakeDevice(name, system="Windows WASAPI", is_default=True),
        systems=("MME", "Windows WASAPI"),
    )
    assert [(one.name, one.is_default) for one in devices.list_microphones()] == [("Line In", False), (name, True)]
    assert computer.open().name == name
    assert [asked["extra_settings"] for asked in computer.portaudio.opened] == [("wasapi", True)]


def test_other_systems_get_no_windows_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Opened(monkeypatch, FakeDevice("Yeti"))
    computer.open()
    assert [asked["extra_settings"] for asked in computer.portaudio.opened] == [None]


def test_device_that_refuses_its_own_format_is_asked_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(rate_hz: int, channels: int) -> int | None:
        return None if (rate_hz, channels) == (16_000, 1) else INVALID_SAMPLE_RATE

    computer = Opened(monkeypatch, FakeDevice("Buds", rate_hz=44_100, refuse=refuse, ends_when_refused=True))
    found = computer.open()
    assert found.rate_hz == 16_000
    assert computer.formats() == [
        (44_100, 2),
        (44_100, 1),
        (48_000, 2),
        (48_000, 1),
        (16_000, 2),
        (16_000, 1),
    ]
    assert computer.portaudio.open_streams == 1
    assert computer.ends == 0
    found.close()
    assert computer.ends == 1


def test_stream_that_ends_while_it_starts_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Opened(monkeypatch, FakeDevice("Buds"))

    def end(_rate_hz: int, _channels: int) -> None:
        computer.portaudio.opened[-1]["finished_callback"]()

    computer.portaudio.devices[0].refuse = end
    computer.open()
    assert computer.ends == 1


@pytest.mark.parametrize(
    ("code", "is_taken", "sentence"),
    [
        (
            UNAVAILABLE,
            True,
            "Another program keeps the microphone Yeti to itself – close that program, or let it share.",
        ),
        (
            UNANTICIPATED,
            False,
            "The microphone Yeti cannot be opened – plug it in again, and allow it in the system's privacy settings.",
        ),
    ],
)
def test_device_that_cannot_be_opened_says_why(
    monkeypatch: pytest.MonkeyPatch, code: int, is_taken: bool, sentence: str
) -> None:
    computer = Opened(monkeypatch, FakeDevice("Yeti", refuse=lambda _rate_hz, _channels: code))
    with pytest.raises(MicrophoneUnavailable) as caught:
        computer.open()
    assert (str(caught.value), caught.value.device, caught.value.is_taken) == (sentence, "Yeti", is_taken)
    assert computer.portaudio.open_streams == 0


MONITOR = FakeSource(index=0, monitor_of_sink=0)


@pytest.mark.parametrize("name", ["", "default"])
def test_sound_server_with_nothing_but_the_computers_own_sound_has_no_microphone(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    computer = Opened(monkeypatch, FakeDevice("default", is_default=True))
    computer.server.sources = [MONITOR]
    with pytest.raises(MicrophoneUnavailable, match="No microphone was found – plug one in"):
        computer.open(name)
    assert computer.formats() == []
    assert computer.server.connections == 0


def test_microphone_whose_place_the_computers_own_sound_takes_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Opened(monkeypatch, FakeDevice("default", is_default=True))
    computer.server.sources = [MONITOR, FakeSource()]
    found = computer.open()
    assert not found.is_gone()
    computer.server.sources = [MONITOR]
    assert found.is_gone()
    found.close()
    assert (computer.server.connections, computer.portaudio.open_streams) == (0, 0)


def test_device_that_is_not_the_sound_servers_is_not_asked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Opened(monkeypatch, FakeDevice("USB Mic: Audio (hw:2,0)"))
    computer.server.sources = [MONITOR]
    found = computer.open("USB Mic: Audio (hw:2,0)")
    assert not found.is_gone()
    assert computer.server.connections == 0


MUSIC = FakeSource("bluez_source.04_5D.a2dp_source", "Buds")
CALL = FakeSource("bluez_source.04_5D.headset_head_unit", "Buds", 1, index=2)
OTHER = FakeSource("bluez_source.99_FF.a2dp_source", "Buds", index=3)


def with_bridge(monkeypatch: pytest.MonkeyPatch, *sources: FakeSource) -> Opened:
    computer = Opened(monkeypatch, FakeDevice("pulse", 44_100, 32), FakeDevice("default", 44_100, 32, is_default=True))
    computer.server.sources = [MONITOR, *sources]
    return computer


@pytest.mark.parametrize("name", ["Buds", "bluez_source.04_5D.a2dp_source", "bluez_source.04_5D.headset_head_unit"])
def test_sound_servers_microphone_is_chosen_by_its_name_and_opened_with_its_channels(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    computer = with_bridge(monkeypatch, FakeSource(), CALL)
    chosen = []

    def note(_rate_hz: int, _channels: int) -> None:
        chosen.append(os.environ["PULSE_SOURCE"])

    computer.portaudio.devices[0].refuse = note
    found = computer.open(name)
    assert (found.name, found.rate_hz) == (name, 48_000)
    assert computer.formats() == [(48_000, 1)]
    assert chosen == ["bluez_source.04_5D.headset_head_unit"]


@pytest.mark.parametrize("before", [None, "webcam"])
def test_choice_of_a_microphone_leaves_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv("PULSE_SOURCE", raising=False)
    if before is not None:
        monkeypatch.setenv("PULSE_SOURCE", before)
    with_bridge(monkeypatch, MUSIC).open("Buds")
    assert os.environ.get("PULSE_SOURCE") == before


@pytest.mark.parametrize("left", [[], [OTHER], [CALL], [dataclasses.replace(MUSIC, index=4)]])
def test_chosen_microphone_is_gone_with_its_source_whatever_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, left: list[FakeSource]
) -> None:
    computer = with_bridge(monkeypatch, OTHER, MUSIC)
    found = computer.open("bluez_source.04_5D.a2dp_source")
    assert not found.is_gone()
    computer.server.sources = [MONITOR, *left]
    assert found.is_gone()


def test_microphone_of_the_sound_server_that_is_not_there_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MicrophoneUnavailable, match="The microphone Buds is not there") as caught:
        with_bridge(monkeypatch, FakeSource()).open("Buds")
    assert caught.value.device == "Buds"


def test_sound_servers_microphones_are_listed_by_what_describes_them_or_else_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_bridge(monkeypatch, FakeSource(), CALL, OTHER)
    assert [(one.name, one.channels, one.rate_hz, one.is_default) for one in devices.list_microphones()] == [
        ("pulse", 32, 44_100, False),
        ("default", 32, 44_100, True),
        ("Yeti Analog Stereo", 2, 48_000, False),
        ("bluez_source.04_5D.headset_head_unit", 1, 48_000, False),
        ("bluez_source.99_FF.a2dp_source", 2, 48_000, False),
    ]


def test_sound_servers_microphones_are_not_listed_where_none_of_them_can_be_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Opened(monkeypatch, FakeDevice("default", is_default=True))
    assert [one.name for one in devices.list_microphones()] == ["default"]


@pytest.mark.parametrize("error", [PulseError("no answer"), PulseDisconnected()])
def test_sound_server_that_does_not_run_is_no_hindrance(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    computer = Opened(monkeypatch, FakeDevice("default", is_default=True))
    computer.server.error = error
    found = computer.open()
    assert not found.is_gone()
    assert computer.server.connections == 0


def test_sound_server_that_ends_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Opened(monkeypatch, FakeDevice("default", is_default=True))
    found = computer.open()
    assert computer.server.connections == 1
    computer.server.error = PulseDisconnected()
    assert not found.is_gone()
    assert computer.server.connections == 0
    found.close()
    assert computer.server.connections == 0


@pytest.mark.parametrize(("platform", "module"), [("win32", True), ("linux", False)])
def test_computer_without_a_sound_server_of_that_kind_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, platform: str, module: bool
) -> None:
    computer = Opened(monkeypatch, FakeDevice("default", is_default=True))
    computer.server.sources = [MONITOR]
    monkeypatch.setattr(sys, "platform", platform)
    if not module:
        monkeypatch.setitem(sys.modules, "pulsectl", None)
    assert not computer.open().is_gone()
