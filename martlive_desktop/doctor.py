"""Looks over everything that MartLive needs, and says of each what to do: what a support person would ask."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop import __version__
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.places import data_folder, model_store, settings_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from martlive_desktop.settings import Settings

State: TypeAlias = Literal["ok", "advice", "fault"]

LEAST_FREE_BYTES, LITTLE_FREE_BYTES = 200_000_000, 2_000_000_000
"""With less than the first no show is kept for long; with less than the second no larger model can be fetched."""

WITHIN_S = 20.0
"""A part that does not answer for so long is at fault: a keyring may wait for its user for ever."""

NEEDED = {
    "PySide6": "desktop",
    "sounddevice": "desktop",
    "keyring": "desktop",
    "websockets": "desktop",
    "faster_whisper": "asr",
    "onnxruntime": "asr",
    "av": "asr",
    "cv2": "screen",
    "mss": "screen",
}
"""Packages, by name of import, and the extra that brings each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How things stand with one part."""

    name: str
    state: State
    """`ok`; `advice`: MartLive works without it; `fault`: it does not."""
    sentence: str
    """What is there, or what to do."""


def examine() -> Iterator[Finding]:
    """Every check in turn; each takes some seconds at most."""
    settings, finding = _settings()
    yield finding
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("version", _version),
        ("packages", _packages),
        ("speech model", _speech_model),
        ("language model", _language_model),
        ("microphone", _microphone),
        ("sound server", _sound_server),
        ("screen", _screen),
        ("compositor", _compositor),
        ("hotkeys", _hotkeys),
        ("OBS", _obs),
        ("disk", _disk),
        ("past shows", _shows),
        ("keyring", _keyring),
        ("graphics card", _graphics_card),
        ("remote coach", _remote),
    )
    for name, check in checks:
        yield _in_time(name, check, settings)


def _in_time(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    """What `check` finds; a part that hangs, or a library that is missing, is a finding, too."""
    found: Future[Finding] = Future()

    def run() -> None:
        try:
            found.set_result(check(settings))
        except (MartLiveError, OSError) as exc:
            found.set_result(Finding(name, "fault", _sentence(str(exc))))
        except ImportError as exc:
            found.set_result(Finding(name, "fault", f"The package {exc.name} is missing; {_install('desktop')}"))

    threading.Thread(target=run, name=f"doctor-{name}", daemon=True).start()
    try:
        return found.result(WITHIN_S)
    except Late:
        return Finding(name, "fault", f"No answer within {WITHIN_S:.0f} s; restart that part of your system.")


def _settings() -> tuple[Settings, Finding]:
    from martlive_desktop.core.errors import SettingsInvalid
    from martlive_desktop.settings import Settings, load_settings

    path = settings_path()
    try:
        settings = load_settings(path)
    except SettingsInvalid as exc:
        return Settings(), Finding("settings", "fault", _sentence(str(exc)))
    where = f"{path} can be read." if path.exists() else "All settings are as MartLive has them at first."
    return settings, Finding("settings", "ok", where)


def _version(_settings: Settings) -> Finding:
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return Finding("version", "ok", f"MartLive {__version__}, Python {platform.python_version()}, {system}.")


def _packages(_settings: Settings) -> Finding:
    missing = {name: extra for name, extra in NEEDED.items() if importlib.util.find_spec(name) is None}
    if not missing:
        return Finding("packages", "ok", "Every package is there.")
    return Finding("packages", "fault", f"Missing: {', '.join(missing)}; {_install(*missing.values())}")


def _speech_model(settings: Settings) -> Finding:
    name = settings.recogniser.model
    try:
        model_store().verify(name)
    except MartLiveError as exc:
        # With a remote coach it is only for when that is away.
        state: State = "advice" if settings.remote.recognition else "fault"
        return Finding("speech model", state, _sentence(str(exc)))
    return Finding("speech model", "ok", f"{name}: every byte is right.")


def _language_model(settings: Settings) -> Finding:
    if settings.coach.writer != "local":
        return Finding("language model", "ok", "None is asked for; the rules word the tips.")
    model_store().verify(settings.coach.model)
    if importlib.util.find_spec("llama_cpp") is None:
        return Finding("language model", "fault", f"The package llama_cpp is missing; {_install('llm')}")
    return Finding("language model", "ok", f"{settings.coach.model}: every byte is right.")


def _microphone(settings: Settings) -> Finding:
    from martlive_desktop.adapters.devices import list_microphones

    names = [one.name for one in list_microphones()]
    wanted = settings.microphone.device
    if not names:
        return Finding("microphone", "fault", "None was found; plug one in, and allow it in the system's settings.")
    if wanted and wanted not in names:
        return Finding(
            "microphone", "fault", f"{wanted} is not there; plug it in, or choose one of: {', '.join(names)}."
        )
    return Finding("microphone", "ok", f"{wanted or names[0]}; {len(names)} in all.")


def _sound_server(_settings: Settings) -> Finding:
    from martlive_desktop.adapters.loopback import PulseLoopback

    if platform.system() != "Linux":
        return Finding("sound server", "ok", "The system's own.")
    import pulsectl

    try:
        with pulsectl.Pulse("martlive-doctor") as pulse:
            server = pulse.server_info().server_name
    except pulsectl.PulseError:
        return Finding("sound server", "advice", "Neither PulseAudio nor PipeWire answers; devices are taken directly.")
    if not PulseLoopback.is_available():
        return Finding("sound server", "advice", f"{server}; install pulseaudio-utils to be warned of an echo.")
    return Finding("sound server", "ok", f"{server}.")


def _screen(_settings: Settings) -> Finding:
    from martlive_desktop.adapters.screen_grab import list_monitors

    try:
        monitors = list_monitors()
    except MartLiveError as exc:
        return Finding("screen", "advice", _sentence(str(exc)))
    sizes = ", ".join(f"{one.rect.width}×{one.rect.height}" for one in monitors)
    return Finding("screen", "ok", f"{len(monitors)} ({sizes}).")


def _compositor(_settings: Settings) -> Finding:
    if platform.system() != "Linux":
        return Finding("compositor", "ok", "The system's own.")
    if os.environ.get("WAYLAND_DISPLAY"):
        return Finding("compositor", "ok", "Wayland.")
    if not os.environ.get("DISPLAY"):
        return Finding(
            "compositor", "advice", "There is no display; `martlive review` and `demo --headless` need none."
        )
    from Xlib.display import Display
    from Xlib.error import DisplayError

    try:
        with closing(Display()) as display:
            owner = display.get_selection_owner(display.intern_atom(f"_NET_WM_CM_S{display.get_default_screen()}"))
    except (DisplayError, OSError):
        return Finding("compositor", "fault", "The display does not answer; check the variable DISPLAY.")
    if not owner:
        return Finding("compositor", "advice", "None; choose the look “Dark, not see-through” in the settings.")
    return Finding("compositor", "ok", "There is one; the overlay can be see-through.")


def _hotkeys(settings: Settings) -> Finding:
    from martlive_desktop.adapters.remote_control import send

    with contextlib.suppress(MartLiveError):
        send("status")
        return Finding("hotkeys", "ok", "A running MartLive holds them.")
    from martlive_desktop.adapters.hotkeys import open_hotkeys

    if os.environ.get("WAYLAND_DISPLAY"):
        return Finding("hotkeys", "ok", "Your desktop asks for them when MartLive starts.")
    wanted: dict[str, str] = settings.hotkeys.model_dump()
    held = open_hotkeys(wanted, lambda _action: None)
    if held is None:
        return Finding("hotkeys", "advice", "None here; bind `martlive toggle` and the like to keys of your system.")
    with closing(held):
        taken = [wanted[action] for action in held.conflicts]
    if taken:
        return Finding("hotkeys", "advice", f"Another program has {', '.join(taken)}; choose others in the settings.")
    return Finding("hotkeys", "ok", "All of them are free.")


def _obs(settings: Settings) -> Finding:
    from martlive_desktop.adapters.obs import connected
    from martlive_desktop.obs_password import obs_password

    wish = settings.obs
    if not wish.is_on:
        return Finding("OBS", "ok", "It is not asked for.")
    try:
        with connected(wish.host, wish.port, obs_password()) as link:
            version = link.ask("GetVersion")["obsVersion"]
    except MartLiveError as exc:
        return Finding("OBS", "advice", _sentence(str(exc)))
    return Finding("OBS", "ok", f"OBS {version} answers.")


def _disk(_settings: Settings) -> Finding:
    folder = data_folder()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    sentence = f"{free / 1e9:.1f} GB free for {folder}"
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "fault", f"{sentence}; make room, or shows cannot be kept.")
    if free < LITTLE_FREE_BYTES:
        return Finding("disk", "advice", f"{sentence}; make room before you fetch a model.")
    return Finding("disk", "ok", f"{sentence}.")


def _shows(_settings: Settings) -> Finding:
    path = data_folder() / "sessions/sessions.db"
    if not path.exists():
        return Finding("past shows", "ok", "There are none yet.")
    try:
        state, count = _look_into(path)
    except sqlite3.Error as exc:
        state, count = type(exc).__name__, 0
    if state != "ok":
        return Finding("past shows", "fault", f"{path} is damaged ({state}); run `martlive sessions repair`.")
    return Finding("past shows", "ok", f"{count}, in a file without a fault.")


def _look_into(path: Path) -> tuple[str, int]:
    """What SQLite says of the file, and how many shows it has; nothing is changed or mended."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        state = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        return state, int(db.execute("SELECT count(*) FROM sessions").fetchone()[0])


def _keyring(settings: Settings) -> Finding:
    from martlive_desktop.adapters.secrets import find_secret

    try:
        find_secret("doctor")
    except MartLiveError:
        is_needed = settings.keeping.audio
        sentence = "None answers; unlock or install one, for passwords and to keep sound. Variables serve as well."
        return Finding("keyring", "fault" if is_needed else "advice", sentence)
    return Finding("keyring", "ok", "It answers.")


def _graphics_card(_settings: Settings) -> Finding:
    from martlive_desktop.components import offered
    from martlive_desktop.inference.compute import gpu_names

    names = ", ".join(gpu_names())
    state = offered("speech")
    if not names or state is None:
        return Finding("graphics card", "ok", f"{names}." if names else "None with CUDA; the processor hears.")
    if state.where == "installed":
        return Finding("graphics card", "ok", f"{names}; it can recognise speech.")
    sentence = (
        f"{names} could recognise speech; `martlive components fetch {state.component.name}` brings what it needs."
    )
    return Finding("graphics card", "advice", sentence)


def _remote(settings: Settings) -> Finding:
    from martlive_desktop.remote import check_remote

    wish = settings.remote
    if not wish.url:
        return Finding("remote coach", "ok", "There is none; everything stays on this computer.")
    check = check_remote(wish)
    is_wanted = wish.coach or wish.recognition
    if check.is_fine:
        return Finding("remote coach", "ok", check.sentence)
    return Finding("remote coach", "fault" if is_wanted else "advice", f"{check.sentence} ({check.step})")


def _install(*extras: str) -> str:
    if getattr(sys, "frozen", False):
        return "install MartLive again."
    return f"run: pip install 'martlive[{','.join(sorted(set(extras)))}]'"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "`")) else f"{text}."
