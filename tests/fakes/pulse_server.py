"""The module `pulsectl` with sources that a test makes up."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

NO_SINK = 0xFFFFFFFF


class PulseError(Exception):
    """The server cannot be asked."""


class PulseDisconnected(Exception):
    """The server is gone."""


@dataclass
class FakeSource:
    name: str = "alsa_input.usb-Yeti.analog-stereo"
    description: str = "Yeti Analog Stereo"
    channel_count: int = 2
    index: int = 1
    monitor_of_sink: int = NO_SINK


class FakePulseServer(ModuleType):
    """Put into `sys.modules["pulsectl"]`."""

    PulseError = PulseError
    PulseDisconnected = PulseDisconnected

    def __init__(self, *sources: FakeSource) -> None:
        super().__init__("pulsectl")
        self.sources = list(sources)
        self.error: Exception | None = None
        """What the server answers with from now on."""
        self.connections = 0

    def Pulse(self, _name: str, *, connect: bool) -> FakeClient:  # noqa: N802 - the library's name.
        assert not connect
        self.connections += 1
        return FakeClient(self)


class FakeClient:
    def __init__(self, server: FakePulseServer) -> None:
        self._server = server

    def connect(self) -> None:
        self._answer()

    def source_list(self) -> list[FakeSource]:
        self._answer()
        return self._server.sources

    def close(self) -> None:
        self._server.connections -= 1

    def _answer(self) -> None:
        if self._server.error is not None:
            raise self._server.error
