"""Trends and comparisons from hand-written measures."""

from __future__ import annotations

import dataclasses

import pytest

from martlive_desktop.core.report import Measure
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.core.trends import WISHES, Difference, PastShow, differences, trends


def shows(name: str, *values: float | None) -> list[PastShow]:
    return [
        PastShow(f"s{at}", f"Show {at}", f"2026-11-{at + 1:02}T18:00:00Z", {name: value})
        for at, value in enumerate(values)
    ]


def test_every_measure_of_a_report_has_a_wish() -> None:
    assert set(build_report([]).measured()) == set(WISHES)


def test_two_shows_are_no_trend() -> None:
    assert trends(shows("tips", 3, None, 4)) == ()


@pytest.mark.parametrize(
    ("name", "values", "change"),
    [
        ("answered_share", (40, 60, 50, 90), "better"),
        ("answered_share", (40, 60, 50, 10), "worse"),
        ("answered_share", (40, 60, 50, 51), "steady"),
        ("longest_silence_s", (40, 60, 50, 10), "better"),
        ("longest_silence_s", (0, 0, 0, 0), "steady"),
        ("pace_wpm", (140, 150, 160, 200), ""),
    ],
)
def test_newest_show_is_held_against_the_ones_before(name: str, values: tuple[float, ...], change: str) -> None:
    (trend,) = trends(shows(name, *values))
    assert trend.change == change


def test_own_range_is_that_of_the_five_shows_before() -> None:
    (trend,) = trends(shows("pace_wpm", 100, 150, None, 140, 160, 130, 155, 120))
    assert [point.own for point in trend.points] == [
        None,
        None,
        (100, 150),
        (100, 150),
        (100, 160),
        (100, 160),
        (130, 160),
    ]
    assert trend.usual == (104.0, 190.0)


def test_two_shows_side_by_side_leave_out_what_neither_has() -> None:
    empty = build_report([])
    first = dataclasses.replace(
        empty,
        measures=(Measure("answered_share", 40.0, "%"), Measure("answer_s", None, "s"), Measure("snr_db", None, "dB")),
    )
    second = dataclasses.replace(
        empty,
        measures=(Measure("answered_share", 80.0, "%"), Measure("answer_s", 9.0, "s"), Measure("snr_db", None, "dB")),
    )
    assert differences(first, second) == (
        Difference("answered_share", "%", 40.0, 80.0, "better"),
        Difference("answer_s", "s", None, 9.0, ""),
    )
