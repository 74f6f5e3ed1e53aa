"""Microphones of this computer, through PortAudio."""

from __future__ import annotations

import contextlib
import os
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

BLOCK_MS = 100
"""Sound that a device gives at a time: short against a second of lag, and ten wake-ups a second cost little."""

CHANNELS = 2
"""Channels that are opened: a microphone is on the first two; ALSA's `default` claims to have 32."""


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


def list_microphones() -> list[MicrophoneInfo]:
    """The microphones of this computer, as they were when a microphone was last opened.

    Raises:
        MicrophoneUnavailable: the sound library is missing.
    """
    sd = _portaudio()
    try:
        default, inputs = _inputs(sd)
    except sd.PortAudioError:
        return []
    return [
        MicrophoneInfo(d["name"], d["max_input_channels"], int(d["default_samplerate"]), d["index"] == default)
        for d in inputs
    ]


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

    with _quiet():
        info = _find(sd, device)
        rate_hz = int(info["default_samplerate"])
        try:
            stream = sd.InputStream(
                device=info["index"],
                samplerate=rate_hz,
                channels=min(CHANNELS, info["max_input_channels"]),
                dtype="int16",
                blocksize=rate_hz * BLOCK_MS // 1000,
                callback=take,
                finished_callback=on_end,
            )
            with contextlib.ExitStack() as undo:
                undo.callback(stream.close)
                stream.start()
                undo.pop_all()
        except sd.PortAudioError as exc:
            raise MicrophoneUnavailable(
                f"The microphone {info['name']} cannot be opened – close other programs that use it and allow it in "
                "the system's privacy settings.",
                device=info["name"],
            ) from exc
    return OpenInput(info["name"], rate_hz, stream.close)


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
    # Windows lists each device once for each of its four sound systems.
    system = sd.query_hostapis(sd.default.hostapi)
    devices = [sd.query_devices(index) for index in system["devices"]]
    return system["default_input_device"], [d for d in devices if d["max_input_channels"] > 0]


def _find(sd: ModuleType, device: str) -> dict[str, Any]:
    """PortAudio's facts on the microphone named `device`."""
    try:
        # PortAudio lists devices once, when it starts: https://github.com/spatialaudio/python-sounddevice/issues/125
        if sd._initialized:  # noqa: SLF001 - the only way to a new list, see above.
            sd._terminate()  # noqa: SLF001
        sd._initialize()  # noqa: SLF001
        default, inputs = _inputs(sd)
    except sd.PortAudioError:
        default, inputs = -1, []
    if not inputs:
        raise MicrophoneUnavailable(
            "No microphone was found – plug one in, or try `martlive demo`, which needs none.", device=device
        )
    if not device:
        return next((d for d in inputs if d["index"] == default), inputs[0])
    for wanted in (device, _stem(device)):
        for found in inputs:
            if wanted in {found["name"], _stem(found["name"])}:
                return found
    raise MicrophoneUnavailable(
        f"The microphone {device} is not there – plug it in, or choose one that `martlive devices` lists.",
        device=device,
    )


def _stem(name: str) -> str:
    """`name` without the place where it is plugged in, which changes: `USB Mic: Audio (hw:2,0)`."""
    return name.partition(" (hw:")[0]


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
