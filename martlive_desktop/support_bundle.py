"""What a support person needs of a computer, in one zip that its user can read: states and figures, no text of the user's.

A text gets in only where MartLive knows all its possible values, or where this program wrote every word of it; whatever
else a setting, a show or a finding holds stays out, also in fields that do not exist yet.
"""

from __future__ import annotations

import dataclasses
import getpass
import importlib.metadata
import io
import json
import os
import platform
import re
import sqlite3
import sys
import typing
import zipfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from martlive_desktop import __version__
from martlive_desktop.adapters.clock import utc_now_iso
from martlive_desktop.adapters.crash_file import newest_crash
from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.errors import SettingsInvalid, UsageError
from martlive_desktop.core.events import Cue, SessionStarted, Tip, Transcript, from_json
from martlive_desktop.core.hotkeys import parse
from martlive_desktop.core.speech.languages import LANGUAGES
from martlive_desktop.doctor import examine
from martlive_desktop.places import data_folder, model_store, settings_path
from martlive_desktop.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from _typeshed import DataclassInstance

    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.doctor import Finding

PARTS = {
    "README.txt": "what this is",
    "doctor.json": "what `martlive doctor` finds; of what can hold a name of yours, only whether it is well",
    "versions.json": "of MartLive, its libraries and your system",
    "settings.json": "figures, switches and choices; texts that you wrote: only whether there is one",
    "models.json": "the models, and which are on this computer",
    "shows.json": "of the last 5 shows: how long, how many events of each kind, how late words and tips came",
    "crash.txt": "where MartLive broke last: places in its code, never what was said",
}
"""The files of a bundle, and what each has."""

MOST_SHOWS = 5

OPEN_FINDINGS = frozenset(
    {
        "version",
        "packages",
        "speech model",
        "language model",
        "sound server",
        "screen",
        "compositor",
        "hotkeys",
        "keyring",
        "graphics card",
    }
)
"""Findings whose sentence names nothing of the user's. A microphone is often called after its owner, a path after the
login name, and OBS's and the remote coach's sentences have their hosts; a setting that is wrong is quoted."""

LIBRARIES = (
    *("PySide6-Essentials", "av", "cryptography", "ctranslate2", "faster-whisper", "httpx", "jeepney", "keyring"),
    *("llama-cpp-python", "mss", "numpy", "onnxruntime", "opencv-python-headless", "pulsectl", "pydantic"),
    *("rapidocr-onnxruntime", "sounddevice", "soxr", "swift-f0", "tokenizers", "tuf", "websockets"),
)
"""By name of distribution. Of no other one is it said whether it is there."""

KEPT_BACK = "(yours)"
"""In place of a text."""

_README = """\
This is for whoever helps you with MartLive. It was made on your computer and sent to nobody: read it, then decide.

It has no word that was said, read in the chat, shown on the screen or written in a plan, no name of a microphone,
window, monitor, channel or server, no password and no address.

"""

_PLACES = ("MARTLIVE_DATA", "MARTLIVE_SETTINGS", "MARTLIVE_MODELS", "MARTLIVE_MODELS_FROM")
"""Variables that name a place of the user's."""

_TIP_FIELDS = frozenset({"coach.policy.off_kinds", "coach.policy.live_report_kinds"})
_MODEL_FIELDS = frozenset({"coach.model", "recogniser.model", "recogniser.small_model"})


def write_bundle(path: Path | None = None) -> Path:
    """Write the bundle to `path`, or into the current folder, for this user only; gives where it is.

    Raises:
        UsageError: there is a file already, or the folder cannot be written.
    """
    if path is None:
        path = Path(f"martlive-support-{re.sub(r'[^0-9]', '', utc_now_iso())[:14]}.zip")
    data = _zipped(bundle(examine()))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except FileExistsError as exc:
        raise UsageError(f"{path} is there already; name another file.") from exc
    except OSError as exc:
        raise UsageError(f"The bundle cannot be written to {path} ({exc.strerror}); name another place.") from exc
    return path.absolute()


def bundle(findings: Iterable[Finding]) -> dict[str, str]:
    """The text of each file of PARTS."""
    models = model_store().list()
    settings, own = _settings({one.name for one in models})
    crash = newest_crash(data_folder() / "crashes")
    contents = "".join(f"{name}: {what}\n" for name, what in PARTS.items())
    return {
        "README.txt": _README + contents,
        "doctor.json": _json([_open_finding(one, own) for one in findings]),
        "versions.json": _json(_versions()),
        "settings.json": _json(settings),
        "models.json": _json([{"name": one.name, "bytes": one.bytes, "where": one.where} for one in models]),
        "shows.json": _json(_shows(data_folder() / "sessions")),
        "crash.txt": without_places(crash.read_text(encoding="utf-8", errors="replace")) if crash else "None.\n",
    }


def open_settings(settings: Settings, models: Collection[str]) -> dict[str, Any]:
    """`settings` by field, without what the user wrote: figures, switches and choices as they are.

    `models` are the names in the catalogue of models.
    """
    usual = dict(_leaves(Settings(), ""))
    return {
        field: _plain(value) if _is_open(field, value, hint, usual[field][0], models) else KEPT_BACK
        for field, (value, hint) in _leaves(settings, "")
    }


def without_places(text: str) -> str:
    """`text` without the names of this user's folders."""
    named = [(value, "(yours)") for name in _PLACES if len(value := os.environ.get(name, "")) > 1]
    # A folder in another one goes first.
    for folder, name in (*sorted(named, reverse=True), (str(Path.home()), "~")):
        text = text.replace(folder, name)
    return re.sub(rf"(?<=[/\\]){re.escape(_user())}(?=[/\\])", "(you)", text)


def counted(events: Iterable[LogEvent]) -> dict[str, Any]:
    """How many `events` of each kind there are, and how late words and tips came; nothing of what they say."""
    kinds: Counter[str] = Counter()
    tips: Counter[str] = Counter()
    late: dict[str, list[int]] = {"partials": [], "finals": [], "tips": []}
    version = ""
    for event in events:
        kinds[event.type] += 1
        if isinstance(event, Transcript):
            late["finals" if event.is_final else "partials"].append(event.emitted_ms - event.at_ms)
        elif isinstance(event, Tip):
            late["tips"].append(event.emitted_ms - event.at_ms)
        elif isinstance(event, SessionStarted):
            version = event.app_version if re.fullmatch(r"\d{1,4}(\.\d{1,4}){1,3}", event.app_version) else ""
        if isinstance(event, Tip | Cue):
            tips[f"{event.type} {event.kind if event.kind in CATALOGUE else 'of another kind'}"] += 1
    return {
        "version": version,
        "events": dict(sorted(kinds.items())),
        "coaching": dict(sorted(tips.items())),
        "late_ms": {name: _spread(values) for name, values in late.items() if values},
    }


def _settings(models: Collection[str]) -> tuple[object, list[str]]:
    """What may be seen of the settings, and the texts that may not."""
    try:
        settings = load_settings(settings_path())
    except SettingsInvalid:
        return "They cannot be read.", []
    seen = open_settings(settings, models)
    hidden = [value for field, (value, _) in _leaves(settings, "") if seen[field] == KEPT_BACK]
    return seen, [text for value in hidden for text in _texts(value) if text]


def _open_finding(one: Finding, own: Sequence[str]) -> dict[str, str]:
    is_open = one.name in OPEN_FINDINGS and not any(text in one.sentence for text in own)
    return {
        "name": one.name,
        "state": one.state,
        "sentence": without_places(one.sentence) if is_open else KEPT_BACK,
    }


def _versions() -> dict[str, object]:
    return {
        "martlive": __version__,
        "is_built": bool(getattr(sys, "frozen", False)),
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "is_wayland": bool(os.environ.get("WAYLAND_DISPLAY")),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _leaves(group: BaseModel | DataclassInstance, prefix: str) -> Iterator[tuple[str, tuple[object, object]]]:
    """Each field, as `coach.policy.gap_ms`, with its value and its annotation."""
    hints = typing.get_type_hints(type(group))
    names = (
        type(group).model_fields if isinstance(group, BaseModel) else [one.name for one in dataclasses.fields(group)]
    )
    for name in names:
        value = getattr(group, name)
        if isinstance(value, BaseModel) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", (value, hints[name])


def _is_open(field: str, value: object, hint: object, usual: object, models: Collection[str]) -> bool:
    """Whether MartLive knows all that `value` may be."""
    if value is None or isinstance(value, bool | int | float) or value == usual:
        return True
    if isinstance(value, tuple):
        return all(isinstance(one, int | float) for one in value)
    if isinstance(value, frozenset):
        return field in _TIP_FIELDS and value <= CATALOGUE.keys()
    if typing.get_origin(hint) is Literal:
        return True
    if not isinstance(value, str):
        return False
    return (
        (field == "recogniser.language" and value in {"auto", *LANGUAGES})
        or (field in _MODEL_FIELDS and value in models)
        or (field.startswith("hotkeys.") and _is_key(value))
    )


def _is_key(text: str) -> bool:
    try:
        parse(text)
    except SettingsInvalid:
        return False
    return True


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for one in value:
            yield from _texts(one)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _shows(folder: Path) -> dict[str, object]:
    path = folder / "sessions.db"
    bytes_of = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0
    found: dict[str, object] = {"bytes": bytes_of, "shows": 0, "newest": []}
    if not path.exists():
        return found
    try:
        # Whoever asks for help wants nothing mended, and a store that is opened mends itself.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            (found["shows"],) = db.execute("SELECT count(*) FROM sessions").fetchone()
            rows = db.execute(
                "SELECT number, last_ms, ended FROM sessions ORDER BY number DESC LIMIT ?", (MOST_SHOWS,)
            ).fetchall()
            found["newest"] = [
                {
                    "duration_s": last_ms // 1000 if isinstance(last_ms, int) else 0,
                    "is_ended": bool(ended),
                    **_counted_lines(
                        json_text for (json_text,) in db.execute("SELECT json FROM events WHERE session = ?", (number,))
                    ),
                }
                for number, last_ms, ended in rows
            ]
    except sqlite3.Error as exc:
        found["damage"] = type(exc).__name__
    return found


def _counted_lines(lines: Iterable[str]) -> dict[str, Any]:
    events, damaged = [], 0
    for line in lines:
        try:
            events.append(from_json(line))
        except ValueError:
            damaged += 1
    return {**counted(events), "damaged": damaged}


def _spread(values: Sequence[int]) -> dict[str, int]:
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "median": ordered[len(ordered) // 2],
        "p95": ordered[(len(ordered) * 95) // 100],
        "most": ordered[-1],
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # Nobody in the list of users: a container, or Windows without the variable.
        return "(nobody)"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _zipped(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in files.items():
            file.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
