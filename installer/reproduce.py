"""Whether two builds are the same, file by file, and where they are not.

    python -m installer.reproduce build/first/martlive build/second/martlive

Build both with `SOURCE_DATE_EPOCH` set and `PYTHONHASHSEED=0`. The archives that PyInstaller makes are opened: their
members are compared, and so a time in a header is told apart from another program.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Difference:
    """A file, or a member of an archive, that is not the same in both builds."""

    name: str
    what: str


def differences(first: Path, second: Path) -> list[Difference]:
    """What differs between two built trees: files, their modes, where links lead, and within archives their members."""
    one, other = _listed(first), _listed(second)
    found = _missing(one, other)
    for name in sorted(one.keys() & other.keys()):
        if one[name] == other[name]:
            continue
        if one[name][0] != other[name][0]:
            found.append(Difference(name, f"{one[name][0]} here, {other[name][0]} there"))
            continue
        members = _within(first / name, second / name)
        found += [Difference(f"{name}: {each.name}", each.what) for each in members]
        if not members:
            found.append(Difference(name, _first_byte(first / name, second / name)))
    return found


def _listed(tree: Path) -> dict[str, tuple[str, str]]:
    return {
        file.relative_to(tree).as_posix(): _told(file)
        for file in tree.rglob("*")
        if file.is_symlink() or file.is_file()
    }


def _told(file: Path) -> tuple[str, str]:
    if file.is_symlink():
        return f"a link to {file.readlink()}", ""
    return f"mode {file.stat().st_mode & 0o777:o}", hashlib.sha256(file.read_bytes()).hexdigest()


def _missing(one: Mapping[str, object], other: Mapping[str, object]) -> list[Difference]:
    lacking = [Difference(name, "only in the first") for name in sorted(one.keys() - other.keys())]
    return lacking + [Difference(name, "only in the second") for name in sorted(other.keys() - one.keys())]


def _within(first: Path, second: Path) -> list[Difference]:
    one, other = _members(first), _members(second)
    found = _missing(one, other)
    return found + [
        Difference(name, "another content") for name in sorted(one.keys() & other.keys()) if one[name] != other[name]
    ]


def _members(file: Path) -> dict[str, bytes]:
    if zipfile.is_zipfile(file) and file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    try:
        archive = CArchiveReader(str(file))
    except ArchiveReadError:
        return {}
    members = {}
    for name, entry in archive.toc.items():
        if entry[4] == "z":
            inner = archive.open_embedded_archive(name)
            members.update({f"{name}: {module}": inner.extract(module, raw=True) or b"" for module in inner.toc})
        elif entry[4] != "o":
            members[name] = archive.extract(name)
    return members


def _first_byte(first: Path, second: Path) -> str:
    one, other = first.read_bytes(), second.read_bytes()
    at = next(
        (number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return f"from byte {at} of {len(one)} ({len(other)} there)"


def main() -> int:
    arguments = ArgumentParser(description="Whether two builds are the same, and where they are not.")
    arguments.add_argument("first", type=Path)
    arguments.add_argument("second", type=Path)
    asked = arguments.parse_args()
    console, found = Console(highlight=False, soft_wrap=True), differences(asked.first, asked.second)
    for each in found:
        console.print(f"{each.name}: {each.what}", markup=False)
    console.print(f"{len(found)} differences" if found else "The same, byte for byte.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
