"""What the folder of a review knows of itself: what it is the review of, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

PART_BYTES = 1_000_000
"""Of the beginning, the middle and the end of a file: a recording of an hour is told from another one in 10 ms."""


@dataclass(frozen=True, slots=True)
class ReviewNote:
    """One review; a folder without a note has none."""

    fingerprint: str = ""
    """Tells the recording and everything else that the review depends on."""
    session: str = ""
    """Its id in the store."""
    is_whole: bool = False


def read_note(path: Path) -> ReviewNote:
    """The note at `path`; an empty one where there is none, or it is damaged."""
    try:
        note = ReviewNote(**json.loads(path.read_text(encoding="utf-8")))
        types = type(note.fingerprint), type(note.session), type(note.is_whole)
        return note if types == (str, str, bool) else ReviewNote()
    except (OSError, ValueError, TypeError, RecursionError):
        return ReviewNote()


def write_note(note: ReviewNote, path: Path) -> None:
    """Keep `note`; it is on the disk when this returns, and the old one is whole until then.

    Raises:
        StoreUnavailable: the folder cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(note), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as exc:
        raise StoreUnavailable(f"Cannot write {path}: {exc.strerror}; make room or choose another folder.") from exc


def content_mark(path: Path) -> str:
    """Tells the file at `path` from others by its size and a hash of its parts; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            digest = hashlib.sha256(b"%d" % size)
            for begin in (0, (size - PART_BYTES) // 2, size - PART_BYTES):
                file.seek(max(0, begin))
                digest.update(file.read(PART_BYTES))
    except OSError:
        return ""
    return digest.hexdigest()
