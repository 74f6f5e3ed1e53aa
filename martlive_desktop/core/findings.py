"""What went well in a show and what to work on next, each with the moments that show it."""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Signal
from martlive_desktop.core.report import (
    CALL_MS,
    PICTURE_FAULTS,
    PRICE_MS,
    RECAP_MS,
    SOUND_FAULTS,
    Finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.report import ClaimLine, ProductLine, QuestionLine, Span, TipLine, Utterance

MOST_STRENGTHS = 3
MOST_EVIDENCE = 5

LEAST_HEARD_MS = 60_000
"""Speech from which a show is judged at all; of less, nothing is known."""

FAST_WPM = 190
"""Nineteen of twenty talk slower. Source: 40 hours of real talk (design, coaching)."""

APART_MS = 15_000
"""Two moments of evidence are at least so far apart: the check grid of the pace."""

COUNTED = 3
"""Of so few questions or prices nothing is concluded with full weight."""

WEIGHTS = {
    # A claim can cost the seller the account.
    "claims": 1.2,
    # Answering viewers sells: +3 % sales, -12.6 % returns in a field experiment (doi 10.1287/isre.2023.0103).
    "answers": 1.1,
    # Nobody buys what they cannot hear or see.
    "sound": 1.1,
    "picture": 1.1,
    "prices": 1.0,
    "calls": 1.0,
    "recaps": 0.8,
    "points": 0.8,
    "silence": 0.8,
    "pace": 0.6,
    "tips": 0.5,
}
"""How much each matters beside the others: our own order, the sources of single ones beside them."""


def find(
    duration_ms: int,
    utterances: Sequence[Utterance],
    silences: Sequence[Span],
    products: Sequence[ProductLine],
    questions: Sequence[QuestionLine],
    tips: Sequence[TipLine],
    moments: Sequence[TipLine],
    claims: Sequence[ClaimLine],
    events: Sequence[LogEvent],
) -> tuple[tuple[Finding, ...], Finding | None]:
    """Up to three strengths, the strongest first, and one focus; none of a show in which hardly anything was heard."""
    if sum(one.end_ms - one.start_ms for one in utterances) < LEAST_HEARD_MS:
        return (), None
    cues = [*tips, *moments]
    found = [
        *_answers(questions),
        *_prices(products),
        *_calls(products),
        *_recaps(products, duration_ms),
        *_points(products),
        *_silence(silences, duration_ms),
        *_pace(events),
        *_claims(claims, duration_ms),
        *_faults("sound", SOUND_FAULTS, cues),
        *_faults("picture", PICTURE_FAULTS, cues),
        *_heeded(tips),
    ]
    weighed = sorted(found, key=lambda one: (-one.score * WEIGHTS[one.kind], one.kind))
    strengths = tuple(one for one in weighed if one.score > 0)[:MOST_STRENGTHS]
    rest = [one for one in weighed if one not in strengths and not _is_flawless(one)]
    return strengths, rest[-1] if rest else None


def _is_flawless(finding: Finding) -> bool:
    """Nothing about it could be better."""
    numbers = dict(finding.numbers)
    return (
        numbers.get("part", 0) == numbers.get("whole", 1) or numbers.get("count") == 0 or numbers.get("in_range") == 100
    )


def _finding(kind: str, part: int, whole: int, evidence: Sequence[int]) -> Finding:
    """`part` of `whole` went well: of one or two a careful score only."""
    score = (2 * part / whole - 1) * min(1.0, whole / COUNTED)
    return Finding(kind, score, (("part", part), ("whole", whole)), tuple(evidence[:MOST_EVIDENCE]))


def _split(kind: str, good: Sequence[int], bad: Sequence[int]) -> Iterator[Finding]:
    """The moments that went well and those that did not: whichever there are more of is the evidence."""
    if good or bad:
        yield _finding(kind, len(good), len(good) + len(bad), good if len(good) > len(bad) else bad)


def _answers(questions: Sequence[QuestionLine]) -> Iterator[Finding]:
    good = [one.answered_ms for one in questions if one.answered_ms is not None]
    yield from _split("answers", good, [one.asked_ms for one in questions if one.answered_ms is None])


def _prices(products: Sequence[ProductLine]) -> Iterator[Finding]:
    """Prices said in time, of the items that were on long enough or had one said."""
    good, bad = [], []
    for one in products:
        after_ms = one.price_after_ms
        if after_ms is not None and after_ms <= PRICE_MS:
            good.append(one.price_ms[0])
        elif one.shown and one.price and (after_ms is not None or one.shown_ms > PRICE_MS):
            bad.append(one.shown[0].start_ms)
    yield from _split("prices", good, bad)


def _calls(products: Sequence[ProductLine]) -> Iterator[Finding]:
    """Prices that a call to action followed in time; prices close together count as one."""
    calls = sorted(at_ms for one in products for at_ms in one.call_ms)
    good: list[int] = []
    bad: list[int] = []
    last_ms = -CALL_MS
    for at_ms in sorted(at_ms for one in products for at_ms in one.price_ms):
        if at_ms - last_ms < CALL_MS:
            continue
        last_ms = at_ms
        # A call in the same breath may come first.
        following = bisect.bisect_left(calls, at_ms - CALL_MS // 10)
        is_called = following < len(calls) and calls[following] <= at_ms + CALL_MS
        (good if is_called else bad).append(at_ms)
    yield from _split("calls", good, bad)


def _recaps(products: Sequence[ProductLine], duration_ms: int) -> Iterator[Finding]:
    """Stretches between recaps, of those that were long enough to need one."""
    if not products or duration_ms < 2 * RECAP_MS:
        return
    times = sorted({0, duration_ms, *(at_ms for one in products for at_ms in one.recap_ms)})
    late = [start_ms for start_ms, end_ms in itertools.pairwise(times) if end_ms - start_ms > RECAP_MS]
    due = duration_ms // RECAP_MS
    missed = min(
        due, sum((end - start) // RECAP_MS for start, end in itertools.pairwise(times) if end - start > RECAP_MS)
    )
    good = [at_ms for at_ms in times if 0 < at_ms < duration_ms]
    yield _finding("recaps", due - missed, due, late if 2 * missed > due else good)


def _points(products: Sequence[ProductLine]) -> Iterator[Finding]:
    on = [one for one in products if one.shown]
    good = [point.said_ms for one in on for point in one.points if point.said_ms is not None]
    bad = [one.shown[-1].start_ms for one in on for point in one.points if point.said_ms is None]
    yield from _split("points", good, bad)


def _silence(silences: Sequence[Span], duration_ms: int) -> Iterator[Finding]:
    quiet_ms = sum(one.end_ms - one.start_ms for one in silences)
    # A tenth of a show without a word is as bad as it gets.
    score = max(-1.0, 1 - 20 * quiet_ms / max(duration_ms, 1))
    longest = sorted(silences, key=lambda one: one.start_ms - one.end_ms)
    numbers = (("count", len(silences)), ("quiet_s", round(quiet_ms / 1000)))
    yield Finding("silence", score, numbers, tuple(one.start_ms for one in longest[:MOST_EVIDENCE]))


def _pace(events: Sequence[LogEvent]) -> Iterator[Finding]:
    paces = [one for one in events if isinstance(one, Signal) and one.name == "pace" and one.value > 0]
    if not paces:
        return
    fast = [one for one in paces if one.value > FAST_WPM]
    evidence: list[int] = []
    for at_ms in (one.at_ms for one in fast):
        if not evidence or at_ms - evidence[-1] >= APART_MS:
            evidence.append(at_ms)
    part = 1 - len(fast) / len(paces)
    yield Finding("pace", 2 * part - 1, (("in_range", round(100 * part)),), tuple(evidence[:MOST_EVIDENCE]))


def _claims(claims: Sequence[ClaimLine], duration_ms: int) -> Iterator[Finding]:
    if claims:
        yield Finding("claims", -1.0, (("count", len(claims)),), tuple(one.at_ms for one in claims[:MOST_EVIDENCE]))
    else:
        # That nothing went wrong says more of a long show than of a short one.
        yield Finding("claims", min(0.5, duration_ms / 3_600_000), (("count", 0),), ())


def _faults(kind: str, kinds: frozenset[str], cues: Sequence[TipLine]) -> Iterator[Finding]:
    at = sorted(one.at_ms for one in cues if one.kind in kinds)
    if at:
        yield Finding(kind, max(-1.0, -0.5 * len(at)), (("count", len(at)),), tuple(at[:MOST_EVIDENCE]))


def _heeded(tips: Sequence[TipLine]) -> Iterator[Finding]:
    good = [one.at_ms for one in tips if one.fate == "heeded"]
    yield from _split("tips", good, [one.at_ms for one in tips if one.fate in ("passed", "dismissed")])
