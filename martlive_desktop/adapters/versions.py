"""The folder of fetched versions: which one starts, how far it is trusted, and what is in the way.

The launcher reads it at every start, so this imports little.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_STARTS = 2
"""A new version that was started so often and never stood is given up."""
MOST_DIGITS = 6
GONE = ".gone"
"""Ends the name of what is being removed."""
LOCK_S = 5.0
"""Whoever holds the state longer than that hangs, and the program must start all the same."""

_log = logging.getLogger(__name__)


class State(NamedTuple):
    """What `current.json` says; without one, the installed program starts."""

    version: str = ""
    """Which one starts; empty: the installed one."""
    is_trying: bool = False
    """It has not stood yet."""
    starts: int = 0
    """How often it was started while trying."""
    previous: str = ""
    """To which one to go back; empty: the installed one."""
    bad: tuple[str, ...] = ()
    """Those that did not work on this computer."""
    news: str = ""
    """One sentence that the user was not told yet."""


def parse_version(text: object) -> tuple[int, int, int] | None:
    """The numbers of a version such as `1.3.0`, or None where `text` is none."""
    parts = text.split(".") if isinstance(text, str) else []
    if len(parts) != 3 or not all(_is_number(part) for part in parts):
        return None
    major, minor, patch = map(int, parts)
    return major, minor, patch


def is_newer(version: str, other: str) -> bool:
    """Whether `version` is a version, and newer than `other`."""
    found, known = parse_version(version), parse_version(other)
    return found is not None and known is not None and found > known


def place_in_tree(executable: Path) -> tuple[Path, Path]:
    """The folder of the program's tree, and where in it `executable` lies."""
    # On macOS the tree holds the whole bundle: MartLive.app/Contents/MacOS/martlive.
    depth = 3 if sys.platform == "darwin" and len(executable.parents) > 3 else 0
    root = executable.parents[depth]
    return root, executable.relative_to(root)


class Versions:
    """The versions in `folder`; a folder with a version's name is whole and has passed its self-test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "current.json"

    def tree(self, version: str) -> Path:
        """Where `version` lies."""
        return self.folder / version

    def read(self) -> State:
        """What starts; the installed program where that cannot be read."""
        try:
            kept = json.loads(self._file.read_bytes())
            state = State(
                version=str(kept["version"]),
                is_trying=kept["state"] == "trying",
                starts=int(kept["starts"]),
                previous=str(kept["previous"]),
                bad=tuple(str(one) for one in kept["bad"]),
                news=str(kept["news"]),
            )
        except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
            return State()
        is_whole = all(parse_version(one) for one in (state.version, state.previous, *state.bad) if one)
        return state if is_whole else State()

    def change(self, edit: Callable[[State], State]) -> State:
        """Write what `edit` makes of the state, whole or not at all; gives it.

        Raises:
            OSError: the folder cannot be written.
        """
        import filelock

        self.folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(self.folder / "state.lock", timeout=LOCK_S):
            before = self.read()
            after = edit(before)
            if after != before:
                self._write(after)
        return after

    def begin(self, *, counts: bool) -> State:
        """What to start now; a version that never stood is given up, and a start that `counts` is counted."""
        state = self.read()
        if not state.is_trying:
            return state
        if state.starts >= MOST_STARTS:
            return self.change(lambda now: _given_up(now, state.version))
        return self.change(lambda now: now._replace(starts=now.starts + 1)) if counts else state

    def give_up(self, version: str, news: str = "") -> State:
        """Never start `version` again."""
        return self.change(lambda now: _given_up(now, version, news))

    def stood(self, running: str) -> None:
        """The version that runs works."""
        if (state := self.read()).is_trying and state.version == running:
            self.change(lambda now: now._replace(is_trying=False, starts=0) if now.version == running else now)

    def ended_orderly(self, running: str) -> None:
        """It ran and said why it could not go on, as when another MartLive runs: that start does not count."""
        if (state := self.read()).is_trying and state.version == running:
            self.change(lambda now: now._replace(starts=max(now.starts - 1, 0)) if now.version == running else now)

    def take_news(self) -> str:
        """What the user must be told, once."""
        news = self.read().news
        if news:
            self.change(lambda now: now._replace(news=""))
        return news

    def tidy(self, running: str) -> None:
        """Remove every version but the one that starts, the one before it, and the one that runs."""
        state = self.read()
        if state.version and not state.is_trying and is_newer(running, state.version):
            # A newer program was installed since.
            state = self.change(lambda now: now._replace(version="", starts=0, previous=""))
        kept = {state.version, state.previous, running}
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            version = path.name.removesuffix(GONE)
            if parse_version(version) and (version not in kept or version != path.name):
                _remove(path)

    def _write(self, state: State) -> None:
        words = {
            "version": state.version,
            "state": "trying" if state.is_trying else "good",
            "starts": state.starts,
            "previous": state.previous,
            "bad": state.bad,
            "news": state.news,
        }
        new = self._file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(words, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)
        sync_folder(self.folder)


def sync_folder(folder: Path) -> None:
    """Let a name in `folder` outlive a loss of power, where the system can."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS and str(int(part)) == part


def _given_up(now: State, version: str, news: str = "") -> State:
    bad = now.bad if version in now.bad else (*now.bad, version)
    if now.version != version:
        return now._replace(bad=bad, news=news or now.news)
    return State(
        version=now.previous,
        bad=bad,
        news=news
        or f"MartLive {version} did not start well, so the one from before runs again; nothing of yours is lost.",
    )


def _remove(tree: Path) -> None:
    """Take `tree` away, its name first, so that no half of it is ever started."""
    gone = tree if tree.name.endswith(GONE) else tree.with_name(tree.name + GONE)
    with contextlib.suppress(OSError):
        if gone != tree:
            shutil.rmtree(gone, ignore_errors=True)
            tree.replace(gone)
    shutil.rmtree(gone, ignore_errors=True)
    if gone.exists() or tree.exists():
        # Windows keeps what still runs.
        _log.info("An older version could not be removed yet", extra={"version": tree.name})
