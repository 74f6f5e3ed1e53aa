"""Writes a session to files as it happens: equal events give equal bytes."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import StoreUnavailable
from martlive_desktop.core.events import to_json
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

    def __init__(self, path: Path) -> None:
        """Begin `path` anew, with the folders it needs."""
        self._path = path
        self._bytes = 0
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered, so that nothing is left to be flushed when the disk fills up.
            self._file = path.open("wb", buffering=0)

    def write(self, event: LogEvent) -> None:
        """Add one line."""
        # Lone surrogates of a file name that is not UTF-8 become JSON escapes.
        line = (to_json(event) + "\n").encode("utf-8", "backslashreplace")
        left = memoryview(line)
        with _explained(self._path):
            try:
                while left:
                    left = left[self._file.write(left) :]
            except OSError:
                self._file.truncate(self._bytes)
                self._file.seek(self._bytes)
                raise
        self._bytes += len(line)

    def close(self) -> None:
        """Close the file; may be called twice."""
        with _explained(self._path):
            self._file.close()


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
