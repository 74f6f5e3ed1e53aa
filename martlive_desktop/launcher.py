"""Starts the newest version that was fetched, in place of the installed program: the first thing that a frozen one does.

Installed files are never changed; newer versions lie in the user's folder (docs/adr/011). Importing this loads next to
nothing, for where there is no update it is only in the way.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import martlive_desktop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.adapters.versions import Versions

HANDED_OVER = "MARTLIVE_HANDED_OVER"
"""In the environment of a program that was started in place of another one: that one's path. It hands over no more."""
BASE = "MARTLIVE_BASE"
"""From then on in its environment: the installed program, which the system's own lists of programs must name."""
ONLY_SAY = frozenset({"--help", "-h", "--version", "--licences", "--selftest"})


def hand_over() -> None:
    """Become the newer version that was fetched, where there is one; otherwise do nothing.

    Must come after `multiprocessing.freeze_support()`: a child process belongs to the version that started it.
    """
    if not is_frozen():
        return
    if base := os.environ.pop(HANDED_OVER, ""):
        os.environ[BASE] = base
        return
    folder = versions_folder()
    if not (folder / "current.json").exists():
        return
    _hand_over(folder, sys.argv[1:])


def watch(run: Callable[[], int]) -> int:
    """Run the program, note whether this version works, and give its exit code."""
    code = run()
    if is_frozen() and is_app(sys.argv[1:]) and (versions_folder() / "current.json").exists():
        versions = _versions(versions_folder())
        try:
            if code == 0:
                versions.stood(martlive_desktop.__version__)
            else:
                versions.ended_orderly(martlive_desktop.__version__)
        except OSError:
            # The folder cannot be written: the next start judges this version again.
            return code
    return code


def is_frozen() -> bool:
    """Whether this is a built program, and not Python with our code."""
    return bool(getattr(sys, "frozen", False))


def is_app(arguments: Sequence[str]) -> bool:
    """Whether these start the app: a command says little about whether a version works."""
    return not arguments or (arguments[0].startswith("-") and arguments[0] not in ONLY_SAY)


def versions_folder() -> Path:
    """`places.data_folder() / "versions"`, without loading platformdirs, which takes longer than all of this."""
    if named := os.environ.get("MARTLIVE_DATA"):
        return Path(named) / "versions"
    if sys.platform == "win32":
        place = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        place = Path.home() / "Library" / "Application Support"
    else:
        place = Path(os.environ.get("XDG_DATA_HOME", "").strip() or Path.home() / ".local" / "share")
    return place / "martlive" / "versions"


def clean_environment() -> dict[str, str]:
    """The environment for another built program: nothing in it points to the libraries of this one."""
    environment = dict(os.environ)
    # What PyInstaller's starter put there: https://pyinstaller.org/en/stable/runtime-information.html
    original = environment.pop("LD_LIBRARY_PATH_ORIG", None)
    if original is not None:
        environment["LD_LIBRARY_PATH"] = original
    else:
        environment.pop("LD_LIBRARY_PATH", None)
    environment["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    environment[HANDED_OVER] = os.environ.get(BASE) or sys.executable
    return environment


def _versions(folder: Path) -> Versions:
    from martlive_desktop.adapters.versions import Versions

    return Versions(folder)


def _hand_over(folder: Path, arguments: Sequence[str]) -> None:
    from martlive_desktop.adapters.versions import is_newer, place_in_tree

    versions = _versions(folder)
    _, place = place_in_tree(Path(sys.executable).resolve())
    try:
        state = versions.begin(counts=is_app(arguments))
        while is_newer(state.version, martlive_desktop.__version__):
            program = versions.tree(state.version) / place
            if program.is_file():
                _become(program, arguments)
            # It is not there, or the system does not start it.
            state = versions.give_up(state.version)
    except OSError:
        # The state cannot be written, so no version could be given up: the installed program is safe.
        return


def _become(program: Path, arguments: Sequence[str]) -> None:
    """Run `program` in place of this one; comes back only where the system does not start it."""
    if sys.platform == "win32":
        import subprocess

        try:
            child = subprocess.Popen([program, *arguments], env=clean_environment())  # noqa: S603 - our own program
        except OSError:
            return
        while True:
            try:
                sys.exit(child.wait())
            except KeyboardInterrupt:
                # The child gets it, too, and ends in its own way.
                continue
    else:
        try:
            os.execve(program, [str(program), *arguments], clean_environment())  # noqa: S606 - our own program
        except OSError:
            return
