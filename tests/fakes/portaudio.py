"""The module `sounddevice` with devices that a test makes up."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNAVAILABLE, INVALID_SAMPLE_RATE, UNANTICIPATED = -9985, -9997, -9999


class PortAudioError(Exception):
    """Sentence and code, as sounddevice gives them."""


@dataclass
class FakeDevice:
    """A device and what opening it gives: an error's code for a rate and channels, or none."""

    name: str
    rate_hz: int = 48_000
    channels: int = 2
    system: str = "ALSA"
    is_default: bool = False
    refuse: Callable[[int, int], int | None] = field(default=lambda _rate_hz, _channels: None)
    ends_when_refused: bool = False
    """Whether a stream that does not start tells its end."""


class FakePortAudio(ModuleType):
    """Put into `sys.modules["sounddevice"]`."""

    PortAudioError = PortAudioError

    def __init__(self, devices: Sequence[FakeDevice], systems: Sequence[str] = ("ALSA",)) -> None:
        super().__init__("sounddevice")
        self.devices = list(devices)
        self.systems = list(systems)
        self.default = SimpleNamespace(hostapi=0)
        self.opened: list[dict[str, Any]] = []
        """The arguments of each stream that was asked for."""
        self.open_streams = 0
        self._initialized = 1

    def _initialize(self) -> None:
        self._initialized += 1

    def _terminate(self) -> None:
        self._initialized -= 1

    def query_hostapis(self, index: int | None = None) -> Any:
        every = [self._system(name) for name in self.systems]
        return tuple(every) if index is None else every[index]

    def _system(self, name: str) -> dict[str, Any]:
        mine = [index for index, device in enumerate(self.devices) if device.system == name]
        default = next((index for index in mine if self.devices[index].is_default), -1)
        return {"name": name, "devices": mine, "default_input_device": default}

    def query_devices(self, index: int) -> dict[str, Any]:
        device = self.devices[index]
        return {
            "name": device.name,
            "index": index,
            "hostapi": self.systems.index(device.system),
            "max_input_channels": device.channels,
            "default_samplerate": float(device.rate_hz),
        }

    def WasapiSettings(self, *, auto_convert: bool) -> tuple[str, bool]:  # noqa: N802 - the library's name.
        return "wasapi", auto_convert

    def InputStream(self, **asked: Any) -> FakeStream:  # noqa: N802 - the library's name.
        self.opened.append(asked)
        return FakeStream(self, self.devices[asked["device"]], asked)


class FakeStream:
    """A stream that does not start when its device refuses the format."""

    def __init__(self, portaudio: FakePortAudio, device: FakeDevice, asked: dict[str, Any]) -> None:
        self._portaudio = portaudio
        self._device = device
        self._asked = asked
        portaudio.open_streams += 1

    def start(self) -> None:
        code = self._device.refuse(self._asked["samplerate"], self._asked["channels"])
        if code is None:
            return
        if self._device.ends_when_refused:
            self._asked["finished_callback"]()
        raise PortAudioError("Error starting stream", code)

    def close(self) -> None:
        self._portaudio.open_streams -= 1
        self._asked["finished_callback"]()
