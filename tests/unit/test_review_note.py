"""What a folder knows of the review in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from martlive_desktop.adapters.review_note import PART_BYTES, ReviewNote, content_mark, read_note, write_note
from martlive_desktop.core.errors import StoreUnavailable


def test_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    for note in (ReviewNote("f1", "20261128-1"), ReviewNote("f1", "20261128-1", is_whole=True)):
        write_note(note, tmp_path / "review.json")
        assert read_note(tmp_path / "review.json") == note
    assert [path.name for path in tmp_path.iterdir()] == ["review.json"]


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", '"x"', '{"mark": 1}', "[" * 100_000, "\0" * 50, '{"session": 3}', '{"is_whole": 1}']
)
def test_damaged_note_is_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "review.json").write_text(text)
    assert read_note(tmp_path / "review.json") == ReviewNote()


def test_note_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"^Cannot write .*review\.json: .*; make room or choose another folder"):
        write_note(ReviewNote(), tmp_path / "none" / "review.json")


def test_recordings_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    contents = [b"", b"a", b"b", b"ab"]
    for place in (0, 2 * PART_BYTES, 4 * PART_BYTES - 1):
        changed = bytearray(4 * PART_BYTES)
        changed[place] = 1
        contents.append(bytes(changed))
    marks = set()
    for content in contents:
        path.write_bytes(content)
        marks.add(content_mark(path))
        assert content_mark(path) in marks
    assert len(marks) == len(contents)
    assert content_mark(tmp_path / "none.mp4") == ""
