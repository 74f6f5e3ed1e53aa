"""The saved scenes on disk."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.scenes_file import read_scenes, with_look, write_scenes
from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.scenes import SceneLook, learn
from tests.fakes.pictures import speckled

if TYPE_CHECKING:
    from pathlib import Path


def look(name: str, seed: int = 0) -> SceneLook:
    return learn(name, [speckled(seed)])


BREAK, MAIN = look("break", 1), look("main", 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "scenes.json"


def test_no_file_is_no_scene(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_scenes(path) == []
    assert caplog.records == []


def test_scenes_that_were_written_are_read_back(path: Path) -> None:
    write_scenes([MAIN], path)
    write_scenes([BREAK, MAIN], path)
    assert read_scenes(path) == [BREAK, MAIN]
    assert [file.name for file in path.parent.iterdir()] == ["scenes.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"scenes": 7}',
        b'{"scenes": null}',
        b'{"scenes": [',
        b"[" * 100_000,
    ],
    ids=["empty", "no text", "list", "number", "no scenes", "number of scenes", "null", "cut off", "deep"],
)
def test_damaged_file_is_no_scene(path: Path, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert read_scenes(path) == []
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_folder_in_place_of_the_file_is_no_scene(path: Path) -> None:
    path.mkdir(parents=True)
    assert read_scenes(path) == []


@pytest.mark.parametrize(
    "entry",
    [
        7,
        None,
        [],
        {},
        BREAK.to_dict() | {"name": "../break"},
        BREAK.to_dict() | {"name": 7},
        BREAK.to_dict() | {"luma": "zz"},
        BREAK.to_dict() | {"luma": "00"},
        BREAK.to_dict() | {"moves": "02" * 576},
        BREAK.to_dict() | {"more": ""},
    ],
    ids=["number", "null", "list", "empty", "name", "name of a number", "no digits", "too few", "moves", "field"],
)
def test_damaged_scene_is_left_out(path: Path, caplog: pytest.LogCaptureFixture, entry: object) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"scenes": [BREAK.to_dict(), entry, MAIN.to_dict()]}))
    assert read_scenes(path) == [BREAK, MAIN]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "scenes.json"
    with pytest.raises(SettingsInvalid) as caught:
        write_scenes([BREAK], path)
    assert str(caught.value).startswith(f"The scene cannot be saved at {path} (")
    assert str(caught.value).endswith("); check that folder.")


def test_fifth_look_of_a_scene_takes_the_place_of_its_oldest() -> None:
    looks = [look("break", seed) for seed in range(4)]
    new = look("break", 4)
    assert with_look([looks[0], MAIN, *looks[1:]], new) == [MAIN, *looks[1:], new]


def test_first_look_of_a_scene_is_added() -> None:
    assert with_look([BREAK], MAIN) == [BREAK, MAIN]
    assert with_look([], MAIN) == [MAIN]
