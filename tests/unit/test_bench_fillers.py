"""The filler bench: how it counts what was found."""

from __future__ import annotations

from martlive_desktop.core.events import FillerPath, Word
from tests.bench.fillers import Score, score


def filler(start_ms: int, end_ms: int, path: FillerPath = "text") -> Word:
    return Word("um", start_ms, end_ms, 0.9, filler=path)


def word(start_ms: int, end_ms: int) -> Word:
    return Word("so", start_ms, end_ms, 0.9)


def test_filler_is_counted_by_the_path_that_found_it() -> None:
    words = [filler(1_000, 1_300), word(1_300, 5_000), filler(5_000, 5_400, "acoustic")]
    assert score([(1_100, 1_400), (5_100, 5_500)], words, 1.0) == Score(1.0, spoken=2, written=1, heard=1)


def test_filler_that_is_written_and_heard_counts_as_written() -> None:
    words = [filler(1_000, 1_300, "acoustic"), filler(1_300, 1_600)]
    assert score([(1_100, 1_400)], words, 1.0) == Score(1.0, spoken=1, written=1)


def test_filler_far_from_a_spoken_one_is_false() -> None:
    words = [filler(1_000, 1_300), word(1_300, 5_000), filler(5_000, 5_400, "acoustic")]
    assert score([(1_601, 1_900)], words, 1.0) == Score(1.0, spoken=1, false_written=1, false_heard=1)


def test_one_that_was_found_stands_for_one_spoken_filler() -> None:
    assert score([(1_000, 1_200), (1_300, 1_500)], [filler(1_100, 1_400)], 1.0) == Score(1.0, spoken=2, written=1)


def test_rows_give_recall_and_false_ones_per_minute() -> None:
    total = Score(2.0, spoken=3, written=1, false_heard=1) + Score(2.0, spoken=1, heard=1)
    assert total.rows("voices") == [
        "| voices, 4.0 min | text | 1 of 4 = 25 % | 0 = 0.00 |",
        "| voices, 4.0 min | sound alone | 1 of 4 = 25 % | 1 = 0.25 |",
        "| voices, 4.0 min | **both** | 2 of 4 = 50 % | 1 = 0.25 |",
    ]


def test_sound_without_fillers_has_no_recall() -> None:
    assert Score(2.0).rows("reading")[0] == "| reading, 2.0 min | text | – | 0 = 0.00 |"
