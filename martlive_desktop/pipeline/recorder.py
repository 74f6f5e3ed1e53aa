"""Writes a session to files as it happens: equal events give equal bytes."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import StoreUnavailable
from martlive_desktop.core.events import Transcript, from_json, to_json
from martlive_desktop.core.export import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from martlive_desktop.core.events import LogEvent

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Recorder:
    """One events.jsonl; every event is with the system when `write` returns, so a kill loses none.

    Raises:
        StoreUnavailable: from every method, when the file cannot be written; whole lines written so far stay.
    """

    def __init__(self, path: Path, *, is_again: bool = False) -> None:
        """Open `path`, with the folders it needs; what it has goes with the first line that is written.

        A session that `is_again` written is the same line for line: what it has goes where it is another one.
        """
        self._path = path
        self._bytes = 0
        self._is_again = is_again
        self._has_earlier = True
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            # Unbuffered, so that nothing is left to be flushed when the disk fills up.
            self._file = path.open("r+b", buffering=0)

    def write(self, event: LogEvent) -> None:
        """Add one line."""
        # Lone surrogates of a file name that is not UTF-8 become JSON escapes.
        line = (to_json(event) + "\n").encode("utf-8", "backslashreplace")
        left = memoryview(line)
        with _explained(self._path):
            if self._has(line):
                self._bytes += len(line)
                return
            try:
                while left:
                    left = left[self._file.write(left) :]
            except OSError:
                self._file.truncate(self._bytes)
                self._file.seek(self._bytes)
                raise
        self._bytes += len(line)

    def finish(self) -> None:
        """The session is whole, and on the disk when this returns: nothing of an earlier one stands behind it."""
        with _explained(self._path):
            self._file.truncate(self._bytes)
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; may be called twice."""
        with _explained(self._path):
            self._file.close()

    def _has(self, line: bytes) -> bool:
        """Whether `line` stands there already; what an earlier session has instead of it goes."""
        if not self._has_earlier:
            return False
        if self._is_again and self._file.read(len(line)) == line:
            return True
        self._has_earlier = False
        self._file.seek(self._bytes)
        self._file.truncate()
        return False


def read_recorded(path: Path) -> list[LogEvent]:
    """The events of `path` but its partials, up to the first line that is not whole.

    Raises:
        StoreUnavailable: the file cannot be read.
    """
    events: list[LogEvent] = []
    with _explained(path), path.open(encoding="utf-8", errors="replace") as lines, contextlib.suppress(ValueError):
        for line in lines:
            event = from_json(line)
            # The final has their words, and most of the memory would be theirs.
            if not isinstance(event, Transcript) or event.is_final:
                events.append(event)
    return events


def write_transcripts(folder: Path, events: Sequence[LogEvent]) -> None:
    """Write transcript.srt, .vtt and .txt into `folder`.

    Raises:
        StoreUnavailable: a file cannot be written.
    """
    for ending in ("srt", "vtt", "txt"):
        path = folder / f"transcript.{ending}"
        with _explained(path):
            path.write_bytes(FORMATS[ending](events).encode("utf-8"))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        cause = "the disk is full" if exc.errno in _FULL else exc.strerror or type(exc).__name__
        sentence = f"Cannot write {path}: {cause}; make room or choose another folder – what was written is kept."
        raise StoreUnavailable(sentence) from exc
