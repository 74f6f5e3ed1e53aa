"""The best moments of a show, as clips to cut out and as chapters for its recording."""

from __future__ import annotations

import bisect
import itertools
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from martlive_desktop.core.report import CALL_MS, CLAIM_LOOKBACK_MS, RECAP_MS
from martlive_desktop.core.report_words import short, words_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from martlive_desktop.core.report import Report, Series, Utterance

HighlightKind: TypeAlias = Literal["mark", "product", "answer", "lively", "chat", "recap"]

MOST_AN_HOUR = 12
"""A clip for every five minutes: more would be the show once again."""

MOST_OF_A_KIND = 4
"""An hour of questions has other moments, too; the user's own marks are not counted."""

APART_MS = 10_000
"""Two clips are at least so far apart, or they were one."""

SHORTEST_MS = 10_000
LONGEST_MS = 60_000
"""Of a clip: what the short formats of the platforms take, and what is long enough to understand."""

BEFORE_MARK_MS = 20_000
AFTER_MARK_MS = 5_000
"""A moment is marked when it has happened."""

PITCH_MS = 40_000
"""The part of a pitch before its call to action that a clip has room for, with a sentence at each end."""

ANSWER_MS = 15_000
"""Before an answer is recognised: the question is read out."""

ANSWERED_MS = 8_000
"""An answer is recognised by its first words."""

ASKED_MS = 30_000
"""An answer that comes so soon is shown from the question on."""

RECAP_CLIP_MS = 12_000
"""The sentences around name and price."""

EARLIEST_RECAP_MS = 60_000
"""Before that it is still the pitch."""

WINDOW_MS = 20_000
"""Stretches in which liveliness is compared."""

LEAST_WINDOWS = 15
"""Five minutes: of less there is no own level to be above of."""

LEAST_LINES = 3
"""Fewer lines of chat in a stretch are no rush."""

QUESTION_CHARACTERS = 80

CHAPTER_MS = 10_000
LEAST_CHAPTERS = 3
"""Source: YouTube help, video chapters: the first at 0:00, at least three, each of ten seconds or more."""

MOST_CHAPTERS = 50
"""A description has 5,000 characters."""

TITLE_CHARACTERS = 60

FAULTS = frozenset({"black", "frozen"})
SAVED_SCENES = frozenset({"starting", "break", "main"})

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Highlight:
    """A stretch worth showing again; it starts and ends where nobody speaks."""

    start_ms: int
    end_ms: int
    kind: HighlightKind
    values: tuple[tuple[str, str], ...] = ()
    """Named values for its words."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the recording, up to the next one."""

    start_ms: int
    title: str


class _Moment(NamedTuple):
    """What a clip must show."""

    start_ms: int
    end_ms: int
    kind: HighlightKind
    values: tuple[tuple[str, str], ...] = ()


def highlights(report: Report) -> tuple[Highlight, ...]:
    """The clips of a show in the order of their time; where there are too many, the user's marks stay first."""
    voiced = _Voiced(report.utterances)
    over_ms = max([report.duration_ms, *voiced.ends])
    risky = [
        (voiced.before(min(one.said_ms, one.at_ms - CLAIM_LOOKBACK_MS)), voiced.after(one.at_ms))
        for one in report.claims
    ]
    unseen = [(one.start_ms, one.end_ms) for one in report.scenes if one.name in FAULTS]
    chosen: list[Highlight] = []
    counts: Counter[tuple[int, str]] = Counter()
    for moment in _moments(report):
        clip = _cut(moment, voiced, over_ms)
        if clip is None:
            continue
        hour = clip.start_ms // _HOUR_MS
        is_full = counts[hour, ""] >= MOST_AN_HOUR or (
            clip.kind != "mark" and counts[hour, clip.kind] >= MOST_OF_A_KIND
        )
        near = [(one.start_ms - APART_MS + 1, one.end_ms + APART_MS - 1) for one in chosen]
        avoided = [*risky, *near, *(() if clip.kind == "mark" else unseen)]
        if not is_full and not any(start < clip.end_ms and clip.start_ms < end for start, end in avoided):
            chosen.append(clip)
            counts.update([(hour, ""), (hour, clip.kind)])
    return tuple(sorted(chosen, key=lambda one: one.start_ms))


def why(highlight: Highlight, language: str = "en") -> str:
    """Why `highlight` was chosen, in words."""
    return words_for(language)[f"why.{highlight.kind}"].format_map(dict(highlight.values))


def chapters(report: Report, language: str = "en") -> tuple[Chapter, ...]:
    """Chapters as YouTube takes them, by the products on show, else also by marks and scenes, else by highlights.

    None where there would be fewer than `LEAST_CHAPTERS`.
    """
    wanted: list[Chapter] = []
    found: list[Chapter] = []
    for source in (_by_products, _by_marks, _by_highlights):
        wanted += source(report, language)
        found = _spaced(wanted, report.duration_ms, language, CHAPTER_MS)
        if len(found) >= LEAST_CHAPTERS:
            break
    gap_ms = CHAPTER_MS
    while len(found) > MOST_CHAPTERS:
        gap_ms *= 2
        found = _spaced(wanted, report.duration_ms, language, gap_ms)
    return tuple(found) if len(found) >= LEAST_CHAPTERS else ()


class _Voiced:
    """When somebody spoke."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        for one in utterances:
            if self.ends and one.start_ms < self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], one.end_ms)
            else:
                self.starts.append(one.start_ms)
                self.ends.append(one.end_ms)

    def before(self, at_ms: int) -> int:
        """The last moment up to `at_ms` at which nobody speaks."""
        at = bisect.bisect_right(self.starts, at_ms) - 1
        return self.starts[at] if at >= 0 and self.ends[at] > at_ms else at_ms

    def after(self, at_ms: int) -> int:
        """The first moment from `at_ms` on at which nobody speaks."""
        at = bisect.bisect_left(self.starts, at_ms) - 1
        return max(at_ms, self.ends[at]) if at >= 0 else at_ms


def _cut(moment: _Moment, voiced: _Voiced, over_ms: int) -> Highlight | None:
    """The clip that shows `moment`; None where no pauses are near enough."""
    start_ms = voiced.before(max(0, moment.start_ms))
    end_ms = voiced.after(min(max(moment.end_ms, start_ms + SHORTEST_MS), over_ms))
    if end_ms - start_ms < SHORTEST_MS:
        start_ms = voiced.before(max(0, end_ms - SHORTEST_MS))
    if end_ms - start_ms > LONGEST_MS:
        end_ms = voiced.before(start_ms + LONGEST_MS)
    if not SHORTEST_MS <= end_ms - start_ms <= LONGEST_MS:
        return None
    return Highlight(start_ms, end_ms, moment.kind, moment.values)


def _moments(report: Report) -> Iterator[_Moment]:
    """What may become a clip, the most wanted first."""
    for at_ms in report.marks:
        yield _Moment(at_ms - BEFORE_MARK_MS, at_ms + AFTER_MARK_MS, "mark")
    yield from _pitches(report)
    for one in sorted(report.questions, key=lambda one: -one.viewers):
        if one.answered_ms is not None:
            is_soon = one.answered_ms - one.asked_ms <= ASKED_MS
            start_ms = one.asked_ms if is_soon else one.answered_ms - ANSWER_MS
            values = (("viewer", short(one.user)), ("question", short(one.text, QUESTION_CHARACTERS)))
            yield _Moment(start_ms, one.answered_ms + ANSWERED_MS, "answer", values)
    yield from _lively(report)
    yield from _recaps(report)


def _pitches(report: Report) -> Iterator[_Moment]:
    """Products first on show, with the price and, in time after it, how to buy."""
    for one in report.products:
        if not one.shown:
            continue
        since_ms = one.shown[0].start_ms - CALL_MS
        price_ms = next((at_ms for at_ms in one.price_ms if at_ms >= since_ms), None)
        if price_ms is None:
            continue
        call_ms = next((at_ms for at_ms in one.call_ms if price_ms <= at_ms <= price_ms + CALL_MS), None)
        if call_ms is not None and call_ms - price_ms <= PITCH_MS:
            start_ms = max(min(one.shown[0].start_ms, price_ms), call_ms - PITCH_MS)
            yield _Moment(start_ms, call_ms, "product", (("product", short(one.name)),))


def _recaps(report: Report) -> Iterator[_Moment]:
    """Recaps that came neither while the pitch went on nor too late."""
    for one in report.products:
        times = [*(span.start_ms for span in one.shown[:1]), *one.recap_ms]
        for before_ms, at_ms in itertools.pairwise(times):
            if EARLIEST_RECAP_MS <= at_ms - before_ms <= RECAP_MS:
                yield _Moment(at_ms - RECAP_CLIP_MS, at_ms, "recap", (("product", short(one.name)),))


def _lively(report: Report) -> Iterator[_Moment]:
    """Stretches above the show's own 90th percentile: in loudness and pace together, or in lines of chat."""
    step_ms = report.levels.step_ms
    window_ms = -(-WINDOW_MS // step_ms) * step_ms
    lines = Counter(one.at_ms // window_ms for one in report.chat)
    chat = {number: float(lines[number]) for number in range(report.duration_ms // window_ms)}
    busy = {number for number in _high(chat) if lines[number] >= LEAST_LINES}
    lively = _high(_means(report.levels, window_ms)) & _high(_means(report.paces, window_ms))
    # The fullest stretches of chat first: they are what many saw.
    for number in sorted(busy, key=lambda number: (-lines[number], number)):
        values = (("count", str(lines[number])), ("seconds", str(window_ms // 1000)))
        yield _Moment(number * window_ms, (number + 1) * window_ms, "chat", values)
    for number in sorted(lively):
        yield _Moment(number * window_ms, (number + 1) * window_ms, "lively")


def _means(series: Series, window_ms: int) -> dict[int, float]:
    """The mean of each window in which something was measured."""
    each: dict[int, list[float]] = {}
    for number, value in enumerate(series.values):
        if value is not None:
            each.setdefault(number * series.step_ms // window_ms, []).append(value)
    return {number: statistics.fmean(values) for number, values in each.items()}


def _high(values: Mapping[int, float]) -> set[int]:
    """The windows above the 90th percentile of all."""
    if len(values) < LEAST_WINDOWS:
        return set()
    limit = statistics.quantiles(values.values(), n=10, method="inclusive")[-1]
    return {number for number, value in values.items() if value > limit}


def _by_products(report: Report, language: str) -> Iterator[Chapter]:
    for span in report.shown:
        yield Chapter(span.start_ms, _title("product", (("product", span.name),), language))


def _by_marks(report: Report, language: str) -> Iterator[Chapter]:
    for at_ms in report.marks:
        yield Chapter(max(0, at_ms - BEFORE_MARK_MS), _title("mark", (), language))
    for span in report.scenes:
        if span.name in SAVED_SCENES:
            yield Chapter(span.start_ms, words_for(language)[f"title.{span.name}"])
        elif span.name not in FAULTS:
            yield Chapter(span.start_ms, short(span.name, TITLE_CHARACTERS))


def _by_highlights(report: Report, language: str) -> Iterator[Chapter]:
    for one in highlights(report):
        yield Chapter(one.start_ms, _title(one.kind, one.values, language))


def _title(kind: HighlightKind, values: tuple[tuple[str, str], ...], language: str) -> str:
    return short(words_for(language)[f"title.{kind}"].format_map(dict(values)), TITLE_CHARACTERS)


def _spaced(wanted: Sequence[Chapter], duration_ms: int, language: str, gap_ms: int) -> list[Chapter]:
    """Of `wanted`, those that come first and have `gap_ms` to each other and to both ends, from 0:00 on."""
    chosen: list[Chapter] = []
    for chapter in wanted:
        # A description tells whole seconds.
        at_ms = chapter.start_ms // 1000 * 1000
        at_ms = 0 if at_ms < gap_ms else at_ms
        has_room = all(abs(at_ms - one.start_ms) >= gap_ms for one in chosen)
        if has_room and at_ms + gap_ms <= duration_ms and chapter.title:
            chosen.append(Chapter(at_ms, chapter.title))
    if not any(one.start_ms == 0 for one in chosen):
        chosen.append(Chapter(0, words_for(language)["title.begin"]))
    chosen.sort(key=lambda one: one.start_ms)
    # What goes on under the same title is no new chapter.
    return [one for number, one in enumerate(chosen) if number == 0 or one.title != chosen[number - 1].title]
