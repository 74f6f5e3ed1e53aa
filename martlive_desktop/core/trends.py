"""How a streamer's measures went from show to show, and how two shows differ."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.report import PAST_SHOWS
from martlive_desktop.core.report_builder import USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlive_desktop.core.report import Measure, Report

Wish: TypeAlias = Literal["more", "less", "range", "none"]
"""What is better: more of it, less, to stay in one's range, or neither."""

WISHES: Mapping[str, Wish] = {
    "duration_min": "none",
    "talk_share": "range",
    "pace_wpm": "range",
    "level_dbfs": "range",
    "snr_db": "more",
    "pitch_sd": "range",
    "silences_per_hour": "less",
    "longest_silence_s": "less",
    "questions": "none",
    "answered_share": "more",
    "answer_s": "less",
    "priced_share": "more",
    "calls_per_hour": "range",
    "recaps_per_hour": "range",
    "points_share": "more",
    "tips": "none",
    "heeded_share": "more",
    "claims": "less",
    "sure_share": "none",
}
"""Rate and loudness are best in the middle (doi 10.1177/00222429211013042), so they are held against the own range."""

LEAST_SHOWS = 3
"""A trend has this many points at least."""


@dataclass(frozen=True, slots=True)
class PastShow:
    """A show that was measured."""

    id: str
    title: str
    started_at: str
    """ISO 8601, UTC."""
    measures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A measure in one show."""

    show: PastShow
    value: float
    own: tuple[float, float] | None
    """Lowest and highest of the shows before it; None: too few."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A measure over the shows, the oldest first."""

    name: str
    wish: Wish
    points: tuple[TrendPoint, ...]
    usual: tuple[float, float] | None
    change: Literal["better", "worse", "steady", ""]
    """The newest show beside the median of those before it; empty: nothing is better or worse."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of two shows side by side."""

    name: str
    unit: str
    first: float | None
    second: float | None
    change: Literal["better", "worse", "steady", ""]
    """The second beside the first."""


def trends(shows: Sequence[PastShow]) -> tuple[Trend, ...]:
    """One trend for each measure that enough of `shows` have.

    Args:
        shows: In the order in which they were, the oldest first.
    """
    found = []
    for name, wish in WISHES.items():
        known = [(show, value) for show in shows if (value := show.measures.get(name)) is not None]
        if len(known) < LEAST_SHOWS:
            continue
        points = []
        for at, (show, value) in enumerate(known):
            before = [earlier for _, earlier in known[max(0, at - PAST_SHOWS) : at]]
            points.append(TrendPoint(show, value, (min(before), max(before)) if len(before) > 1 else None))
        middle = statistics.median(value for _, value in known[-1 - PAST_SHOWS : -1])
        found.append(Trend(name, wish, tuple(points), USUAL.get(name), _change(wish, middle, known[-1][1])))
    return tuple(found)


def differences(first: Report, second: Report) -> tuple[Difference, ...]:
    """What the measures of two shows were; those that neither has are left out."""
    others: Mapping[str, Measure] = {one.name: one for one in second.measures}
    return tuple(
        Difference(one.name, one.unit, one.value, other.value, _change(WISHES[one.name], one.value, other.value))
        for one in first.measures
        if (other := others[one.name]).value is not None or one.value is not None
    )


_STEADY = 0.05
"""A change by less than a twentieth is none."""


def _change(wish: Wish, before: float | None, after: float | None) -> Literal["better", "worse", "steady", ""]:
    if wish not in ("more", "less") or before is None or after is None:
        return ""
    if abs(after - before) <= _STEADY * max(abs(before), abs(after)):
        return "steady"
    return "better" if (after > before) == (wish == "more") else "worse"
