"""Microphones of this computer, through PortAudio."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlive_desktop.core.errors import MicrophoneUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    OnBlock: TypeAlias = Callable[[NDArray[np.int16], bool], None]
    """Takes sound, shape (samples, channels), and whether some was lost before it; called in PortAudio's thread."""
    OnEnd: TypeAlias = Callable[[], None]
    """Called in any thread when a device ends, by itself or by `close`; some that are gone just stay silent."""

BLOCK_MS = 50
"""Sound that a device gives at a time: what is said waits for half of it on average, and twenty wake-ups a second cost
little."""

CHANNELS = 2
"""Channels that are opened: a microphone is on the first two; ALSA's `default` claims to have 32."""

RATES_HZ = (48_000, 44_100, 16_000)
"""Tried in turn where a device refuses the rate that it names: 16 kHz is what a Bluetooth headset has in a call."""

_UNAVAILABLE = -9985
"""PortAudio's paDeviceUnavailable: another program holds the device."""

_WASAPI = "Windows WASAPI"

_NONE_FOUND = "No microphone was found – plug one in, or try `martlive demo`, which needs none."

_SERVED = {"", "default", "pulse", "pipewire"}
"""Names of ALSA's devices behind which a sound server stands."""

_BRIDGE = "pulse"
"""ALSA's device, there for PulseAudio and for PipeWire, that takes the source that `_CHOICE` names."""

_CHOICE = "PULSE_SOURCE"
"""Read from the environment by PulseAudio's library, each time that a stream is opened."""

_NO_SINK = 0xFFFFFFFF
"""PulseAudio's PA_INVALID_INDEX: a source that is not what a sink plays."""

_CHANGING = re.compile(
    r" \(hw:.*"  # ALSA: where it is plugged in, as in `USB Mic: Audio (hw:2,0)`.
    r"|(?<=\()\d+- "  # Windows: the same, as in `Microphone (2- USB Mic)`.
    r"|[._](?:a2dp|headset|handsfree)[-_](?:source|sink|head[-_]unit|audio[-_]gateway)$"  # PulseAudio: the profile.
    r"| (?:Stereo|Hands-Free(?: AG)?(?: Audio)?)(?=\)$)"  # Windows: the profile, as in `Headset (Buds Stereo)`.
)
"""What changes in a device's name when it is plugged in elsewhere, or when Bluetooth switches its profile."""


@dataclass(frozen=True, slots=True)
class MicrophoneInfo:
    """A microphone that could be opened."""

    name: str
    channels: int
    rate_hz: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class OpenInput:
    """A microphone that is open; `close` takes effect once."""

    name: str
    rate_hz: int
    close: Callable[[], None]
    is_gone: Callable[[], bool] = lambda: False
    """Whether the microphone is gone though other sound comes on; for the thread that opened it."""


def list_microphones() -> list[MicrophoneInfo]:
    """The microphones of this computer, as they were when a microphone was last opened.

    Raises:
        MicrophoneUnavailable: the sound library is missing.
    """
    sd = _portaudio()
    with contextlib.closing(_SoundServer()) as server:
        if server.has_no_microphone():
            return []
        sources = server.microphones()
    try:
        default, inputs = _inputs(sd)
    except sd.PortAudioError:
        return []
    found = [
        MicrophoneInfo(d["name"], d["max_input_channels"], int(d["default_samplerate"]), d["index"] == default)
        for d in inputs
    ]
    if any(one.name == _BRIDGE for one in found):
        shown = Counter(one.description for one in sources)
        found += [
            MicrophoneInfo(
                # Two of a kind are told apart by the server's own names.
                one.description if shown[one.description] == 1 else one.name,
                one.channel_count,
                RATES_HZ[0],
                is_default=False,
            )
            for one in sources
        ]
    return found


def open_input(device: str, on_block: OnBlock, on_end: OnEnd) -> OpenInput:
    """Open the microphone named `device`, or the system's default if that is empty.

    Reads the list of devices anew, which ends every other stream of this process: open one microphone at a time.

    Raises:
        MicrophoneUnavailable: there is none, or it cannot be opened.
    """
    sd = _portaudio()

    def take(pcm: NDArray[np.int16], _frames: int, _time: object, status: Any) -> None:
        # PortAudio reuses this buffer after the callback returns, so copy.
        on_block(pcm.copy(), bool(status.input_overflow))

    with contextlib.ExitStack() as opened, _quiet():
        server = opened.enter_context(contextlib.closing(_SoundServer()))
        source = None if device in _SERVED else server.find(device)
        # Also spares the search, which costs ten times as much, while a microphone is waited for.
        if device in _SERVED and server.has_no_microphone():
            raise MicrophoneUnavailable(_NONE_FOUND, device=device)
        info = _find(sd, device, source)
        with _chosen(source):
            rate_hz, close = _start_any(sd, info, take, on_end)
        opened.callback(close)
        if source is not None:
            is_gone: Callable[[], bool] = functools.partial(server.has_lost, source)
        elif info["name"] in _SERVED:
            is_gone = server.has_no_microphone
        else:
            server.close()
            is_gone = _never
        return OpenInput(info["name"], rate_hz, opened.pop_all().close, is_gone)


def _never() -> bool:
    return False


def _start_any(
    sd: ModuleType, info: dict[str, Any], take: Callable[..., None], on_end: OnEnd
) -> tuple[int, Callable[[], None]]:
    """Start to listen in the first format that the device takes; its rate, and what ends it."""
    rates_hz = dict.fromkeys((int(info["default_samplerate"]), *RATES_HZ))
    channels = range(min(CHANNELS, info["max_input_channels"]), 0, -1)
    refusals: list[Any] = []
    for rate_hz, count in itertools.product(rates_hz, channels):
        try:
            return rate_hz, _start(sd, info, rate_hz, count, take, on_end)
        except sd.PortAudioError as exc:
            refusals.append(exc)
    raise _refused(info["name"], refusals[0]) from refusals[0]


def _start(
    sd: ModuleType, info: dict[str, Any], rate_hz: int, channels: int, take: Callable[..., None], on_end: OnEnd
) -> Callable[[], None]:
    """Start to listen; what ends it."""
    has_begun = has_ended = False

    def end() -> None:
        nonlocal has_ended
        has_ended = True
        if has_begun:
            on_end()

    is_wasapi = sd.query_hostapis(info["hostapi"])["name"] == _WASAPI
    stream = sd.InputStream(
        device=info["index"],
        samplerate=rate_hz,
        channels=channels,
        dtype="int16",
        blocksize=rate_hz * BLOCK_MS // 1000,
        callback=take,
        finished_callback=end,
        extra_settings=sd.WasapiSettings(auto_convert=True) if is_wasapi else None,
    )
    with contextlib.ExitStack() as undo:
        undo.callback(stream.close)
        stream.start()
        undo.pop_all()
    # A stream that does not start can tell its end too; that is not the end of the one that is tried after it.
    has_begun = True
    if has_ended:
        on_end()
    close: Callable[[], None] = stream.close
    return close


def _refused(name: str, refusal: Any) -> MicrophoneUnavailable:
    if refusal.args[1:2] == (_UNAVAILABLE,):
        return MicrophoneUnavailable(
            f"Another program keeps the microphone {name} to itself – close that program, or let it share.",
            device=name,
            is_taken=True,
        )
    return MicrophoneUnavailable(
        f"The microphone {name} cannot be opened – plug it in again, and allow it in the system's privacy settings.",
        device=name,
    )


def _portaudio() -> ModuleType:
    try:
        import sounddevice
    except ModuleNotFoundError as exc:
        raise MicrophoneUnavailable("The microphone needs one more package: pip install 'martlive[desktop]'.") from exc
    except OSError as exc:
        raise MicrophoneUnavailable(
            "The sound library PortAudio is missing – install it (on Debian and Ubuntu: apt install libportaudio2)."
        ) from exc
    module: ModuleType = sounddevice
    return module


def _inputs(sd: ModuleType) -> tuple[int, list[dict[str, Any]]]:
    """Index of the default microphone (-1: none) and all microphones."""
    systems = sd.query_hostapis()
    # Windows lists each device once for each of its four sound systems; this one knows whole names, and notices when
    # a device goes.
    system = next((s for s in systems if s["name"] == _WASAPI), None) or systems[sd.default.hostapi]
    devices = [sd.query_devices(index) for index in system["devices"]]
    return system["default_input_device"], [d for d in devices if d["max_input_channels"] > 0]


def _find(sd: ModuleType, device: str, source: Any) -> dict[str, Any]:
    """PortAudio's facts on the microphone named `device`, which is perhaps a source of the sound server."""
    try:
        # PortAudio lists devices once, when it starts: https://github.com/spatialaudio/python-sounddevice/issues/125
        if sd._initialized:  # noqa: SLF001 - the only way to a new list, see above.
            sd._terminate()  # noqa: SLF001
        sd._initialize()  # noqa: SLF001
        default, inputs = _inputs(sd)
    except sd.PortAudioError:
        default, inputs = -1, []
    if not inputs:
        raise MicrophoneUnavailable(_NONE_FOUND, device=device)
    if not device:
        return next((d for d in inputs if d["index"] == default), inputs[0])
    bridge = next((d for d in inputs if d["name"] == _BRIDGE), None)
    if source is not None and bridge is not None:
        # The server gives every rate, of most microphones this one as it is. `source.sample_spec` lies in memory that
        # the library has given back.
        return bridge | {
            "name": device,
            "max_input_channels": source.channel_count,
            "default_samplerate": RATES_HZ[0],
        }
    for wanted in (device, _stem(device)):
        for found in inputs:
            if wanted in {found["name"], _stem(found["name"])}:
                return found
    raise MicrophoneUnavailable(
        f"The microphone {device} is not there – plug it in, or choose one that `martlive devices` lists.",
        device=device,
    )


def _stem(name: str) -> str:
    return _CHANGING.sub("", name)


@contextlib.contextmanager
def _chosen(source: Any) -> Iterator[None]:
    """The sound server gives `source` to the stream that is opened meanwhile."""
    if source is None:
        yield
        return
    before = os.environ.get(_CHOICE)
    os.environ[_CHOICE] = source.name
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CHOICE]
        else:
            os.environ[_CHOICE] = before


class _SoundServer:
    """PulseAudio, or PipeWire in its place, if one runs.

    It gives a program another microphone, or the computer's own sound, when the one that it listens to goes, and says so
    to nobody but those who ask.
    """

    def __init__(self) -> None:
        self._pulse: Any = None
        self._errors: tuple[type[Exception], ...] = ()
        if sys.platform == "linux":
            try:
                import pulsectl
            except (ModuleNotFoundError, OSError):  # Without libpulse no sound server can be in use.
                return
            self._errors = (pulsectl.PulseError, pulsectl.PulseDisconnected)
            self._pulse = pulsectl.Pulse("martlive", connect=False)
            try:
                self._pulse.connect()
            except self._errors:
                self.close()

    def microphones(self) -> list[Any]:
        """Sources that are not what this computer plays."""
        return [one for one in self._sources() or () if one.monitor_of_sink == _NO_SINK]

    def find(self, device: str) -> Any:
        """The microphone that is called or described so, or one of the same device under another profile, or None.

        Bluetooth's profiles are sources of different names; what describes them is the headset's own name.
        """
        every = self.microphones()
        for wanted in (device, _stem(device)):
            for found in every:
                if wanted in {found.name, found.description, _stem(found.name)}:
                    return found
        return None

    def has_no_microphone(self) -> bool:
        """Whether all that it could give is what this computer plays."""
        sources = self._sources()
        return sources is not None and all(one.monitor_of_sink != _NO_SINK for one in sources)

    def has_lost(self, source: Any) -> bool:
        """Whether `source` is gone; one that came back under its name is another."""
        sources = self._sources()
        return sources is not None and all(one.index != source.index for one in sources)

    def _sources(self) -> list[Any] | None:
        """None where there is nobody to ask."""
        if self._pulse is None:
            return None
        try:
            sources: list[Any] = self._pulse.source_list()
        except self._errors:
            self.close()
            return None
        return sources

    def close(self) -> None:
        if self._pulse is not None:
            self._pulse.close()
            self._pulse = None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what C libraries write to the terminal from the user.

    ALSA and PortAudio report every device that they try and fail to open on file descriptor 2; nothing but the
    descriptor reaches all of them.
    """
    try:
        kept = os.dup(2)
    except OSError:  # A windowed program on Windows has no terminal.
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - os.devnull is no path on Windows.
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
