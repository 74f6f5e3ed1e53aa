from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from installer.reproduce import Difference, differences
from tests.installer.conftest import built


def tree(folder: Path, library: bytes, time: tuple[int, int, int, int, int, int], member: bytes = b"same") -> Path:
    folder.mkdir()
    (folder / "library.so").write_bytes(library)
    with zipfile.ZipFile(folder / "base_library.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("module.pyc", time), member)
    return folder


NOON, EVENING = (2025, 1, 1, 12, 0, 0), (2025, 1, 1, 20, 0, 0)


def test_the_same_twice_has_no_differences(tmp_path: Path) -> None:
    assert differences(tree(tmp_path / "a", b"ELF", NOON), tree(tmp_path / "b", b"ELF", NOON)) == []


def test_files_and_members_of_archives_that_differ_are_named(tmp_path: Path) -> None:
    first, second = tree(tmp_path / "a", b"ELF 1", NOON), tree(tmp_path / "b", b"ELF 22", NOON, b"other")
    (first / "new.txt").touch()
    (second / "library.so").chmod((first / "library.so").stat().st_mode)
    assert differences(first, second) == [
        Difference("new.txt", "only in the first"),
        Difference("base_library.zip: module.pyc", "another content"),
        Difference("library.so", "from byte 4 of 5 (6 there)"),
    ]


def test_only_the_time_in_an_archive_is_told_as_bytes_of_it(tmp_path: Path) -> None:
    [found] = differences(tree(tmp_path / "a", b"", NOON), tree(tmp_path / "b", b"", EVENING))
    assert found.name == "base_library.zip"
    assert found.what.startswith("from byte 11 of ")


def test_other_modes_and_links_are_told(tmp_path: Path) -> None:
    first, second = tree(tmp_path / "a", b"", NOON), tree(tmp_path / "b", b"", NOON)
    (first / "library.so").chmod(0o755)
    (second / "library.so").chmod(0o644)
    assert differences(first, second) == [Difference("library.so", "mode 755 here, mode 644 there")]


@pytest.mark.real
def test_a_program_built_twice_is_the_same(small: Path, tmp_path: Path) -> None:
    again = built(tmp_path)
    assert differences(small, again) == []
    changed = Path(shutil.copytree(again, tmp_path / "changed", symlinks=True))
    with (changed / "small").open("r+b") as program:
        program.seek(-40, 2)
        program.write(b"\1")
    assert [each.name for each in differences(again, changed)] != []
