"""What is usual for a streamer, from show to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.habits_file import read_habits, write_habits
from martlive_desktop.core.habits import Habits

if TYPE_CHECKING:
    from pathlib import Path

SHOW = Habits(150.0, -20.0, 3.0)


@pytest.mark.parametrize(
    ("before", "show", "after"),
    [
        (Habits(), SHOW, SHOW),
        (SHOW, Habits(), SHOW),
        (SHOW, Habits(190.0, -24.0, 2.0), Habits(160.0, -21.0, 2.75)),
    ],
)
def test_newest_show_counts_a_quarter(before: Habits, show: Habits, after: Habits) -> None:
    assert before.after(show) == after


def test_habits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "habits.json"
    assert read_habits(path) == Habits()
    write_habits(Habits(pace_wpm=150.0), path)
    assert read_habits(path) == Habits(pace_wpm=150.0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"pace": 3}', '{"pace_wpm": "fast"}', "[" * 100_000, "\x00"),
        *('{"pace_wpm": NaN}', '{"pace_wpm": 1e999}', f'{{"pace_wpm": {"9" * 400}}}'),
    ],
)
def test_damaged_file_is_begun_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "habits.json"
    path.write_text(text, encoding="utf-8")
    assert read_habits(path) == Habits()


def test_disk_that_cannot_keep_them_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write_habits(SHOW, tmp_path / "file" / "habits.json")
    assert read_habits(tmp_path / "file" / "habits.json") == Habits()
