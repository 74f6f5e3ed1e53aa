"""Renders how measures went from show to show, and two shows side by side, in the look of the report."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from markupsafe import Markup

from martlive_desktop.adapters.report_page import (
    UNSHOWABLE,
    PageWords,
    finding_sentence,
    moment_link,
    page_assets,
    page_environment,
    page_policy,
    quote,
)
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.report import PAST_SHOWS
from martlive_desktop.core.trends import differences, trends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlive_desktop.adapters.report_page import PageLanguage
    from martlive_desktop.core.report import ProductLine, QuestionLine, Report
    from martlive_desktop.core.trends import Difference, PastShow, Trend

GROUPS: Mapping[str, tuple[str, ...]] = {
    "show": ("duration_min", "talk_share", "silences_per_hour", "longest_silence_s"),
    "selling": ("priced_share", "calls_per_hour", "recaps_per_hour", "points_share", "claims"),
    "voice": ("pace_wpm", "level_dbfs", "snr_db", "pitch_sd", "sure_share"),
    "viewers": ("questions", "answered_share", "answer_s", "tips", "heeded_share"),
}
"""The measures as the report groups them."""

COLUMNS = ("duration_min", "talk_share", "pace_wpm", "priced_share", "answered_share", "heeded_share", "claims")
"""Measures in the table of all shows: what fits beside its title."""

MOST_DOTS = 20
"""Shows in one chart: more stand too close to be pointed at."""

MARGIN_PERCENT = 12.0
"""Room above the highest dot and below the lowest, in which a dot is whole."""

LABEL_PERCENT = 17.0
"""Height of a label; nearer ones would cover each other."""

Direction: TypeAlias = Literal["up", "down", "same"]


@dataclass(frozen=True, slots=True)
class ComparedShow:
    """One of two shows that stand side by side."""

    title: str
    started_at: str
    """ISO 8601, UTC."""
    report: Report


@dataclass(frozen=True, slots=True)
class _Row:
    """A show in the table; charts lead to it."""

    nth: int
    """From the oldest one on, 0 is the first."""
    show: PastShow


@dataclass(frozen=True, slots=True)
class _Dot:
    """A show in a chart; places are in per cent from the left and from the top."""

    row: _Row
    value: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Band:
    """A range in a chart; places are in per cent."""

    low: float
    high: float
    x: float
    top: float
    height: float
    low_y: float
    """Where the label of its lower edge stands."""
    high_y: float


@dataclass(frozen=True, slots=True)
class _Chart:
    """A measure, drawn."""

    trend: Trend
    direction: Direction
    cells: tuple[_Dot | None, ...]
    """None: the show has no such measure."""
    lines: tuple[tuple[_Dot, _Dot], ...]
    """Shows in a row are joined."""
    newest: _Dot
    own: _Band | None
    usual: _Band | None
    is_current: bool
    """The newest show has the measure."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A product that both shows had, and one of them showed."""

    nth: tuple[int, int]
    """Its place in each report."""
    shows: tuple[ProductLine, ProductLine]


def render_trends(shows: Sequence[PastShow], mode: str, language: PageLanguage) -> str:
    """The page of all shows of one kind.

    Args:
        shows: The oldest first.
        mode: Their kind.
        language: Of the words around titles and numbers.
    """
    rows = [_Row(nth, show) for nth, show in enumerate(shows)]
    drawn = {row.show.id for row in rows[-MOST_DOTS:]}
    charts = {one.name: _chart(one, rows) for one in trends(shows) if one.points[-1].show.id in drawn}
    current = [one.trend for one in charts.values() if one.is_current]
    return _page(
        "trends.html.j2",
        language,
        rows=rows[::-1],
        mode=mode,
        past=min(PAST_SHOWS, len(shows) - 1),
        most_past=PAST_SHOWS,
        most_dots=MOST_DOTS,
        groups={group: [charts[name] for name in names if name in charts] for group, names in GROUPS.items()},
        columns=[name for name in COLUMNS if any(show.measures.get(name) is not None for show in shows)],
        better=[one.name for one in current if one.change == "better"],
        worse=[one.name for one in current if one.change == "worse"],
    )


def render_comparison(first: ComparedShow, second: ComparedShow, language: PageLanguage) -> str:
    """The page of two shows side by side: what `second` did otherwise than `first`."""
    found = differences(first.report, second.report)
    return _page(
        "compare.html.j2",
        language,
        shows=(first, second),
        groups={group: [one for one in found if one.name in names] for group, names in GROUPS.items()},
        better=[one.name for one in found if one.change == "better"],
        worse=[one.name for one in found if one.change == "worse"],
        pairs=_pairs(first.report.products, second.report.products),
        open=[_unanswered(one.report) for one in (first, second)],
        step=_step,
        direction=_direction,
    )


def _page(template: str, language: PageLanguage, **told: object) -> str:
    words = PageWords(language)
    style = page_assets()[0] + resource_path("report/trends.css").read_text(encoding="utf-8")
    script = resource_path("report/trends.js").read_text(encoding="utf-8")
    whole = (
        page_environment()
        .get_template(template)
        .render(
            told,
            say=words,
            quote=quote,
            when=_when,
            titled=partial(_titled, words),
            sentence=partial(finding_sentence, words),
            style=Markup(style),  # noqa: S704 - the program's own files
            script=Markup(script),  # noqa: S704
            policy=page_policy((style,), (script,)),
            icon=base64.b64encode(resource_path("icons/martlive.svg").read_bytes()).decode(),
        )
    )
    return UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", whole)


def _titled(words: PageWords, title: str) -> str:
    return title.strip() or str(words.raw("untitled"))


def _when(at_ms: int) -> Markup:
    """The time of a moment, which cannot be opened here."""
    return Markup('<span class="when" data-at="{}">{}</span>').format(at_ms, moment_link(at_ms).striptags())


def _chart(trend: Trend, rows: Sequence[_Row]) -> _Chart:
    drawn = rows[-MOST_DOTS:]
    values = {point.show.id: point.value for point in trend.points}
    newest = trend.points[-1]
    ranges = [one for one in (newest.own, trend.usual) if one is not None]
    seen = [values[row.show.id] for row in drawn if row.show.id in values]
    known = [newest.value, *seen, *(edge for found in ranges for edge in found)]
    low, span = min(known), max(known) - min(known)

    def y(value: float) -> float:
        share = (value - low) / span if span else 0.5
        return round(100 - MARGIN_PERCENT - share * (100 - 2 * MARGIN_PERCENT), 1)

    def x(nth: int) -> float:
        return round(100 * (nth + 0.5) / len(drawn), 2)

    def band(edges: tuple[float, float] | None, left: float) -> _Band | None:
        if edges is None:
            return None
        top, bottom = y(edges[1]), y(edges[0])
        apart = max(0.0, LABEL_PERCENT - (bottom - top)) / 2 if edges[0] != edges[1] else 0.0
        return _Band(*edges, left, top, round(bottom - top, 1), round(bottom + apart, 1), round(top - apart, 1))

    cells = tuple(
        _Dot(row, value, x(nth), y(value)) if (value := values.get(row.show.id)) is not None else None
        for nth, row in enumerate(drawn)
    )
    *before, last = (dot for dot in cells if dot is not None)
    start = before[-PAST_SHOWS:][0].x - 50 / len(drawn) if before else 0.0
    return _Chart(
        trend,
        _leads(trend),
        cells,
        tuple((one, other) for one, other in itertools.pairwise(cells) if one and other),
        last,
        band(newest.own, round(max(0.0, start), 2)),
        band(trend.usual, 0.0),
        last.row is rows[-1],
    )


def _leads(trend: Trend) -> Direction:
    """Whether the value rose or fell where that was better or worse."""
    if trend.change in ("better", "worse"):
        return "up" if (trend.change == "better") == (trend.wish == "more") else "down"
    return "same"


def _step(one: Difference) -> float | None:
    """By how much the second value is more, as far as both are shown."""
    if one.first is None or one.second is None:
        return None
    return round(round(one.second, 1) - round(one.first, 1), 1)


def _direction(step: float) -> Direction:
    return "up" if step > 0 else "down" if step < 0 else "same"


def _pairs(first: Sequence[ProductLine], second: Sequence[ProductLine]) -> list[_Pair]:
    others = {_name(one): (nth, one) for nth, one in enumerate(second)}
    return [
        _Pair((nth, others[_name(one)][0]), (one, others[_name(one)][1]))
        for nth, one in enumerate(first)
        if _name(one) in others and (one.shown or others[_name(one)][1].shown)
    ]


def _name(product: ProductLine) -> str:
    return product.name.strip().casefold()


def _unanswered(report: Report) -> list[tuple[int, QuestionLine]]:
    """What nobody answered, with its place in the report."""
    return [(nth, one) for nth, one in enumerate(report.questions) if one.answered_ms is None]
