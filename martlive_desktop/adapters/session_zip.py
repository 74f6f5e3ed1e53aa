"""A session as one zip: to keep it elsewhere, to give it away, and to take it in again."""

from __future__ import annotations

import contextlib
import json
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from martlive_desktop.core.errors import SessionFileUnusable, UsageError
from martlive_desktop.core.events import SCHEMA_VERSION, from_json, to_json
from martlive_desktop.core.export import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from martlive_desktop.adapters.store_sqlite import SessionSummary
    from martlive_desktop.core.events import LogEvent

FORMAT = 1
"""Version of the manifest."""

MAX_MEMBERS = 64
"""We write six; more are no session."""

MAX_BYTES = 256 * 1024 * 1024
"""Of one member, unpacked: twelve hours with 20,000 chat lines take a quarter of it."""

MAX_RATIO = 200
"""Unpacked to packed bytes of one member: events come to 30, a bomb to 1,000."""

_SMALL_BYTES = 1024 * 1024
"""Whatever its ratio, so little does no harm."""

_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]{3}")
_MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class SessionFile:
    """What a zip holds: everything that a store needs of a session."""

    path: Path
    id: str
    title: str
    started_at: str
    """ISO 8601, UTC."""
    tags: tuple[str, ...]
    notes: str
    events: tuple[LogEvent, ...]
    skipped: int
    """Lines that could not be read."""


def write_zip(
    path: Path, summary: SessionSummary, lines: Iterable[str], extra: Mapping[str, bytes] | None = None
) -> None:
    """Write a session to `path`.

    Args:
        path: Replaced where it exists, only once all is written.
        summary: What the manifest says.
        lines: Its events, as in events.jsonl.
        extra: More files by name, as report.html.

    Raises:
        UsageError: `path` cannot be written.
    """
    manifest = {
        "format": FORMAT,
        "id": summary.id,
        "title": summary.title,
        "started_at": summary.started_at,
        "tags": list(summary.tags),
        "notes": summary.notes,
    }
    kept = list(lines)
    events = [event for event in map(_event, kept) if event]
    members = {
        "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace"),
        "events.jsonl": "".join(f"{line}\n" for line in kept).encode("utf-8", "backslashreplace"),
        **{f"transcript.{form}": FORMATS[form](events).encode("utf-8") for form in ("srt", "vtt", "txt")},
        **(extra or {}),
    }
    part = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in members.items():
                # A fixed time: the same session gives the same bytes.
                file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        part.replace(path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise UsageError(f"Cannot write {path}: {exc.strerror}; choose another place.") from exc


def read_zip(path: Path) -> SessionFile:
    """The session in a zip, wherever it comes from; nothing of it is written to the disk.

    Raises:
        SessionFileUnusable: it is no zip of a session, or one that may do harm.
    """
    with _explained(path), zipfile.ZipFile(path) as file:
        _refuse_harm(path, file.infolist())
        names = file.namelist()
        for needed in ("manifest.json", "events.jsonl"):
            if needed not in names:
                raise _unusable(path, f"{path} has no {needed}; export the show again.")
        manifest = _manifest(path, _text(file, "manifest.json"))
        # Not `splitlines`: a line of JSON may have other characters that end one.
        lines = [line for line in _text(file, "events.jsonl").split("\n") if line]
    read = [_event(line) for line in lines]
    events = tuple(event for event in read if event)
    if _schema(lines) > SCHEMA_VERSION:
        raise _unusable(path, f"{path} was written by a newer MartLive; update this one to read it.")
    if not events:
        raise _unusable(path, f"{path} has no events that can be read; export the show again.")
    return SessionFile(
        path=path,
        id=manifest["id"],
        title=manifest["title"],
        started_at=manifest["started_at"],
        tags=tuple(manifest["tags"]),
        notes=manifest["notes"],
        events=events,
        skipped=len(read) - len(events),
    )


def _refuse_harm(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse what no session has, though we never unpack by name."""
    if len(members) > MAX_MEMBERS or len({member.filename for member in members}) < len(members):
        raise _unusable(path, f"{path} has more files than a show does, so it is left alone.")
    for member in members:
        # zipfile cuts the name at a zero byte; `orig_filename` is what was written.
        name = member.orig_filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name or "\0" in name:
            raise _unusable(path, f"{path} has file names that lead elsewhere, so it is left alone.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _unusable(path, f"{path} has a link in it, so it is left alone.")
        if member.flag_bits & 0x1:
            raise _unusable(path, f"{path} has a password; unpack it and export the show without one.")
        most = max(_SMALL_BYTES, member.compress_size * MAX_RATIO)
        if member.file_size > min(MAX_BYTES, most):
            raise _unusable(path, f"{path} unpacks to far more than a show has, so it is left alone.")


def _manifest(path: Path, text: str) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
        if manifest["format"] > FORMAT:
            raise _unusable(path, f"{path} was written by a newer MartLive; update this one to read it.")
        datetime.fromisoformat(manifest["started_at"])
        texts = [manifest["title"], manifest["notes"], *manifest["tags"]]
        is_ours = all(isinstance(one, str) and len(one) <= _MAX_TEXT for one in texts)
        is_ours = is_ours and isinstance(manifest["tags"], list) and bool(_ID.fullmatch(manifest["id"]))
    except (ValueError, TypeError, KeyError, RecursionError) as exc:
        raise _unusable(
            path, f"{path} has a manifest.json that says not what it should; export the show again."
        ) from exc
    if not is_ours:
        raise _unusable(path, f"{path} has a manifest.json that says not what it should; export the show again.")
    return dict(manifest)


def _text(file: zipfile.ZipFile, name: str) -> str:
    # `read` stops at the size that the directory names, which `_refuse_harm` has bounded.
    return file.read(name).decode("utf-8")


def _event(line: str) -> LogEvent | None:
    try:
        event = from_json(line)
        # What has parts of the wrong type cannot be written again as a store needs it.
        to_json(event)
        return event if isinstance(event.at_ms, int) else None
    except (ValueError, TypeError, AttributeError):
        return None


def _schema(lines: list[str]) -> int:
    """Version of the events, from their first line; 0 where it does not say."""
    try:
        return int(json.loads(lines[0])["schema"])
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        return 0


def _unusable(path: Path, sentence: str) -> SessionFileUnusable:
    return SessionFileUnusable(sentence, path=str(path))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise SessionFileUnusable(
            f"{path} cannot be read: {exc.strerror or 'it ends too early'}; choose another file.", path=str(path)
        ) from exc
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as exc:
        raise _unusable(path, f"{path} is no whole zip; copy or export it again.") from exc
