"""Keeps where the program broke, for a report: types and places, never a text that could hold what was said."""

from __future__ import annotations

import contextlib
import faulthandler
import itertools
import logging
import os
import platform
import sys
import threading
import traceback
from typing import TYPE_CHECKING

import martlive_desktop
from martlive_desktop.adapters.clock import utc_now_iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

_LOG = logging.getLogger(__name__)

KEPT_FILES = 5
"""Enough to see that something breaks again and again."""

MAX_RECORDS = 20
"""A fault in a timer breaks many times a second; the first times tell it all."""

MAX_CAUSES = 5
"""Of an exception, of which some are each other's."""

MAX_FRAMES = 50
"""The innermost ones; an endless recursion has a thousand that are the same."""

_TOLD = "crash-told"
"""Names the newest file that the user was told of."""

_END = "\n\n"
"""Of the header, after which something stands only if something broke, and of each record."""


class CrashWatch:
    """Keeps in a file each exception that nobody handles, and the stacks of a hard crash, for as long as its block runs.

    An exception that leaves the block ends the program with exit code 1. The console gets the same words as the file, for it
    may end in the desktop's log. A file in which nothing broke is removed; where none can be written, nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: tuple[Path, int] | None = None

    def __enter__(self) -> None:
        try:
            self._file = _, descriptor = _open_file(self._folder)
        except OSError as exc:
            _LOG.warning("crashes cannot be kept", extra={"cause": type(exc).__name__})
            return
        self._record = _Record(descriptor)
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._record.exception
        threading.excepthook = self._record.thread
        sys.unraisablehook = self._record.unraisable
        faulthandler.enable(descriptor)

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if isinstance(error, Exception):
            self._record.write(type(error), error)
        faulthandler.disable()
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        path, descriptor = self._file
        os.close(descriptor)
        if not _tells_a_crash(path):
            path.unlink(missing_ok=True)
        if isinstance(error, Exception):
            # The interpreter would print its text.
            raise SystemExit(1) from None


def last_crash(folder: Path) -> Path | None:
    """The newest file of a crash, unless the user was told of it."""
    crash = newest_crash(folder)
    told_of = folder / _TOLD
    known = told_of.read_text(encoding="utf-8") if told_of.exists() else ""
    return crash if crash and crash.name > known else None


def newest_crash(folder: Path) -> Path | None:
    """The newest file of a crash."""
    return next((path for path in reversed(_files(folder)) if _tells_a_crash(path)), None)


def told(path: Path) -> None:
    """The user knows of this one, and of those before it."""
    try:
        path.with_name(_TOLD).write_text(path.name, encoding="utf-8")
    except OSError as exc:
        _LOG.warning("the user will be told of a crash again", extra={"cause": type(exc).__name__})


class _Record:
    """Writes what broke to an open file and to the console; any thread may call it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._numbers = itertools.count(1)

    def exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            self.write(kind, error)

    def thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            self.write(args.exc_type, args.exc_value, f" in the thread {args.thread.name if args.thread else ''}")

    def unraisable(self, args: sys.UnraisableHookArgs) -> None:
        self.write(args.exc_type, args.exc_value, " while something was cleaned up")

    def write(self, kind: type[BaseException], error: BaseException | None, where: str = "") -> None:
        if next(self._numbers) > MAX_RECORDS:
            return
        names = ", ".join(thread.name for thread in threading.enumerate())
        lines = [f"{_name(kind)}{where}, {utc_now_iso()}", *_places(error), f"threads: {names}"]
        text = "\n".join(lines) + _END
        # A full disk must not hide the exception.
        with contextlib.suppress(OSError):
            os.write(self._descriptor, text.encode(errors="replace"))
        if sys.stderr is not None:
            sys.stderr.write(text)


def _name(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _places(error: BaseException | None) -> Iterator[str]:
    """Where it was raised, and the same of what led to it."""
    for _ in range(MAX_CAUSES):
        if error is None:
            return
        frames = list(traceback.walk_tb(error.__traceback__))[-MAX_FRAMES:]
        yield from (f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in frames)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is not None:
            yield f"after {_name(type(error))}"


def _open_file(folder: Path) -> tuple[Path, int]:
    folder.mkdir(parents=True, exist_ok=True)
    # Those in which nothing broke, left by a program that was killed, go first.
    by_worth = sorted(_files(folder), key=lambda path: (_tells_a_crash(path), path.name))
    for old in by_worth[: max(0, len(by_worth) + 1 - KEPT_FILES)]:
        old.unlink(missing_ok=True)
    at = utc_now_iso().replace(":", "").replace("-", "")
    path = folder / f"crash-{at}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, _header().encode())
    return path, descriptor


def _header() -> str:
    lines = [f"MartLive {martlive_desktop.__version__}", platform.platform(), f"Python {platform.python_version()}"]
    if "PySide6.QtCore" in sys.modules:
        lines.append(f"Qt {sys.modules['PySide6.QtCore'].qVersion()}")
    return "\n".join(lines) + _END


def _files(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("crash-*.txt"))


def _tells_a_crash(path: Path) -> bool:
    try:
        return bool(path.read_bytes().partition(_END.encode())[2])
    except OSError:
        return False
