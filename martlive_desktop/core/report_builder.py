"""Makes a report of events."""

from __future__ import annotations

import bisect
import statistics
from typing import TYPE_CHECKING, TypeVar

from martlive_desktop.core.events import (
    SCHEMA_VERSION,
    Chat,
    Cue,
    Question,
    Rundown,
    Screen,
    SessionStarted,
    Signal,
    Status,
    Tip,
    TipClosed,
    Transcript,
)
from martlive_desktop.core.findings import find
from martlive_desktop.core.report import (
    CLAIM_LOOKBACK_MS,
    CLAIMS,
    HEEDED_MS,
    MOST_STEPS,
    PAST_SHOWS,
    PRICE_MS,
    SHORTEST_SILENCE_MS,
    SILENCE_MS,
    UNSURE,
    Certainty,
    ClaimLine,
    Measure,
    Point,
    ProductLine,
    QuestionLine,
    Report,
    Series,
    Span,
    TipLine,
    Utterance,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from martlive_desktop.core.events import LogEvent, TipEnd
    from martlive_desktop.core.report import TipFate

_HOUR_MS = 3_600_000
_SHORTEST_SHOW_MS = 60_000
"""Rates an hour are told of shows that last this long at least."""

_HEARD = ("microphone", "recogniser")
_LOST = frozenset({"lost", "failed", "restarting", "silent"})
"""Parts that leave a gap in what was heard while they are in one of these states."""

_WISHES: Mapping[str, frozenset[str]] = {
    "price_missing": frozenset({"price"}),
    "cta_missing": frozenset({"call"}),
    "reset": frozenset({"recap"}),
    "talking_point": frozenset({"said"}),
    "behind_plan": frozenset({"shown"}),
    "chat_unanswered": frozenset({"answered"}),
    "price_mismatch": frozenset({"price"}),
    "dead_air": frozenset({"speech"}),
}
"""What heeds a tip of this kind, where an event tells; for other kinds the tip itself knows whether it was fulfilled."""

_FATES: Mapping[TipEnd, TipFate] = {"fulfilled": "heeded", "dismissed": "dismissed"}

USUAL: Mapping[str, tuple[float, float]] = {
    # The 5th and the 95th percentile of 40 hours of real talk (design, coaching).
    "pace_wpm": (104.0, 190.0),
    # A close microphone.
    "level_dbfs": (-30.0, -18.0),
}
"""Ranges that are known from elsewhere."""

_Event = TypeVar("_Event")


def build_report(
    events: Sequence[LogEvent], *, past: Sequence[Mapping[str, float | None]] = (), skipped: int = 0
) -> Report:
    """The report of a show.

    Args:
        events: In the order in which they happened; partials may be left out.
        past: Measures of the streamer's earlier shows, the newest first.
        skipped: Lines of the show that could not be read.
    """
    started = next(_only(events, SessionStarted), None)
    duration_ms = max((event.at_ms for event in events), default=0)
    statuses = [*_only(events, Status)]
    utterances = _utterances(events)
    mode = started.mode if started else ""
    silences = _silences(utterances, duration_ms, SILENCE_MS.get(mode, SHORTEST_SILENCE_MS)) if utterances else ()
    products, shown = _products([*_only(events, Rundown)], duration_ms)
    questions = _questions([*_only(events, Question)])
    cues = {cue.id: cue for cue in _only(events, Cue)}
    tips = _tips(events, cues, utterances)
    told = {tip.cue for tip in _only(events, Tip)}
    moments = tuple(
        TipLine(cue.at_ms, "", cue.kind, cue.severity, "rules", "open", None, cue.reasons)
        for cue in cues.values()
        if cue.id not in told
    )
    claims = _claims(cues.values(), utterances)
    certainty = _certainty(events, statuses, duration_ms)
    levels = _series(events, "level", duration_ms)
    measures = _measures(events, duration_ms, utterances, silences, products, questions, tips, claims, certainty)
    strengths, focus = find(duration_ms, utterances, silences, products, questions, tips, moments, claims, events)
    return Report(
        started=started,
        duration_ms=duration_ms,
        is_cut_off=bool(events) and not any((one.part, one.state) == ("session", "ended") for one in statuses),
        skipped=skipped,
        is_newer=started is not None and started.schema > SCHEMA_VERSION,
        utterances=utterances,
        levels=levels,
        paces=_series(events, "pace", duration_ms),
        silences=silences,
        scenes=_scenes(events, duration_ms),
        shown=shown,
        products=products,
        tips=tips,
        moments=moments,
        questions=questions,
        claims=claims,
        chat=tuple(_only(events, Chat)),
        marks=tuple(one.at_ms for one in statuses if (one.part, one.state) == ("session", "marked")),
        pauses=_while(statuses, "coach", {"off"}, duration_ms),
        measures=tuple(_ranged(measure, past) for measure in measures),
        strengths=strengths,
        focus=focus,
        certainty=certainty,
    )


def _only(events: Iterable[LogEvent], kind: type[_Event]) -> Iterator[_Event]:
    return (event for event in events if isinstance(event, kind))


def _utterances(events: Iterable[LogEvent]) -> tuple[Utterance, ...]:
    found = []
    for final in _only(events, Transcript):
        if final.is_final and final.text.strip():
            words = final.words
            start_ms, end_ms = (words[0].start_ms, words[-1].end_ms) if words else (final.at_ms, final.at_ms)
            mean = statistics.fmean(word.probability for word in words) if words else 0.0
            found.append(Utterance(start_ms, max(start_ms, end_ms), final.text.strip(), mean))
    return tuple(sorted(found, key=lambda one: one.start_ms))


def _silences(utterances: Sequence[Utterance], duration_ms: int, least_ms: int) -> tuple[Span, ...]:
    """Pauses of `least_ms` and more, before the first word and after the last, too."""
    found, heard_ms = [], 0
    for start_ms, end_ms in [*((one.start_ms, one.end_ms) for one in utterances), (duration_ms, duration_ms)]:
        if start_ms - heard_ms >= least_ms:
            found.append(Span(heard_ms, start_ms))
        heard_ms = max(heard_ms, end_ms)
    return tuple(found)


def _products(steps: Sequence[Rundown], duration_ms: int) -> tuple[tuple[ProductLine, ...], tuple[Span, ...]]:
    on = [step for step in steps if step.what == "shown"]
    ends = [*(step.at_ms for step in on[1:]), duration_ms]
    shown = tuple(Span(step.at_ms, end_ms, step.item) for step, end_ms in zip(on, ends, strict=False))
    names = dict.fromkeys(step.item for step in steps if step.item)
    lines = []
    for name in names:
        own = [step for step in steps if step.item == name]
        said = {step.detail: step.at_ms for step in reversed(own) if step.what == "said"}
        lines.append(
            ProductLine(
                name,
                next((step.detail for step in own if step.what == "planned"), ""),
                tuple(span for span in shown if span.name == name),
                tuple(step.at_ms for step in own if step.what == "price"),
                tuple(step.at_ms for step in own if step.what == "call"),
                tuple(step.at_ms for step in own if step.what == "recap"),
                tuple(Point(step.detail, said.get(step.detail)) for step in own if step.what == "to_say"),
            )
        )
    return tuple(lines), shown


def _questions(events: Sequence[Question]) -> tuple[QuestionLine, ...]:
    found: dict[tuple[int, str], QuestionLine] = {}
    for event in events:
        key = (event.asked_ms, event.user)
        before = found.get(key)
        found[key] = QuestionLine(
            event.asked_ms,
            event.user,
            event.text,
            max(event.viewers, before.viewers if before else 1),
            event.at_ms if event.state == "answered" else before.answered_ms if before else None,
            event.fact or (before.fact if before else ""),
        )
    return tuple(found.values())


def _tips(events: Sequence[LogEvent], cues: Mapping[str, Cue], utterances: Sequence[Utterance]) -> tuple[TipLine, ...]:
    closed = {event.id: event for event in _only(events, TipClosed)}
    happened: dict[str, list[int]] = {"speech": [one.start_ms for one in utterances]}
    for event in events:
        match event:
            case Rundown():
                happened.setdefault(event.what, []).append(event.at_ms)
            case Question(state="answered"):
                happened.setdefault("answered", []).append(event.at_ms)
            case _:
                continue
    lines = []
    for tip in _only(events, Tip):
        end = closed.get(tip.id)
        fate: TipFate = "open"
        if any(_is_within(happened.get(wish, []), tip.at_ms) for wish in _WISHES.get(tip.kind, ())):
            fate = "heeded"
        elif end:
            fate = _FATES.get(end.how, "passed")
        cue = cues.get(tip.cue)
        reasons = cue.reasons if cue else ()
        lines.append(
            TipLine(tip.at_ms, tip.text, tip.kind, tip.severity, tip.source, fate, end.at_ms if end else None, reasons)
        )
    return tuple(lines)


def _is_within(times: Sequence[int], from_ms: int) -> bool:
    at = bisect.bisect_left(times, from_ms)
    return at < len(times) and times[at] <= from_ms + HEEDED_MS


def _claims(cues: Iterable[Cue], utterances: Sequence[Utterance]) -> tuple[ClaimLine, ...]:
    starts = [one.start_ms for one in utterances]
    found = []
    for cue in cues:
        if cue.kind in CLAIMS:
            last = bisect.bisect_right(starts, cue.at_ms)
            first = bisect.bisect_left(starts, cue.at_ms - CLAIM_LOOKBACK_MS)
            said = utterances[min(first, max(last - 1, 0)) : last]
            text = " ".join(one.text for one in said)
            said_ms = said[0].start_ms if said else cue.at_ms
            found.append(ClaimLine(cue.at_ms, cue.kind, text, said_ms, dict(cue.slots).get("safer", "")))
    return tuple(found)


def _series(events: Iterable[LogEvent], name: str, duration_ms: int) -> Series:
    seconds = max(1, -(-duration_ms // 1000))
    step_ms = 1000 * -(-seconds // MOST_STEPS)
    sums: dict[int, tuple[float, int]] = {}
    for signal in _only(events, Signal):
        if signal.name == name:
            total, count = sums.get(signal.at_ms // step_ms, (0.0, 0))
            sums[signal.at_ms // step_ms] = (total + signal.value, count + 1)
    steps = range(max(sums, default=-1) + 1)
    return Series(step_ms, tuple(round(sums[i][0] / sums[i][1], 1) if i in sums else None for i in steps))


def _scenes(events: Iterable[LogEvent], duration_ms: int) -> tuple[Span, ...]:
    """OBS's own scenes where it told them, else the saved ones; and when the picture was black or stood still."""
    changes = [(one.at_ms, one.detail) for one in _only(events, Status) if one.part == "scene"]
    screens = [*_only(events, Screen)]
    if not changes:
        changes = [(one.at_ms, one.scene) for one in screens]
    faults = [(one.at_ms, "black" if one.is_black else "frozen" if one.is_frozen else "") for one in screens]
    return (*_spans(changes, duration_ms), *_spans(faults, duration_ms))


def _while(
    statuses: Iterable[Status], part: str, states: frozenset[str] | set[str], duration_ms: int
) -> tuple[Span, ...]:
    changes = [(one.at_ms, part if one.state in states else "") for one in statuses if one.part == part]
    return _spans(changes, duration_ms)


def _spans(changes: Iterable[tuple[int, str]], duration_ms: int) -> tuple[Span, ...]:
    """How long each name held; an empty one is none."""
    found: list[Span] = []
    since_ms, name = 0, ""
    for at_ms, new in [*changes, (duration_ms, "")]:
        if new != name:
            if name:
                found.append(Span(since_ms, at_ms, name))
            since_ms, name = at_ms, new
    return tuple(found)


def _certainty(events: Iterable[LogEvent], statuses: Sequence[Status], duration_ms: int) -> Certainty:
    probabilities = [word.probability for final in _only(events, Transcript) if final.is_final for word in final.words]
    gaps = [span for part in _HEARD for span in _while(statuses, part, _LOST, duration_ms)]
    # The disk was full: what came before this moment could not be kept.
    gaps += [Span(one.at_ms, one.at_ms, "store") for one in statuses if (one.part, one.state) == ("store", "gap")]
    return Certainty(
        len(probabilities),
        round(statistics.fmean(probabilities), 3) if probabilities else None,
        sum(probability < UNSURE for probability in probabilities),
        tuple(sorted(gaps, key=lambda gap: gap.start_ms)),
        tuple(one.at_ms for one in statuses if (one.part, one.state) == ("recogniser", "delayed")),
    )


def _measures(
    events: Sequence[LogEvent],
    duration_ms: int,
    utterances: Sequence[Utterance],
    silences: Sequence[Span],
    products: Sequence[ProductLine],
    questions: Sequence[QuestionLine],
    tips: Sequence[TipLine],
    claims: Sequence[ClaimLine],
    certainty: Certainty,
) -> list[Measure]:
    hours = duration_ms / _HOUR_MS if duration_ms >= _SHORTEST_SHOW_MS else None
    spoken_ms = sum(one.end_ms - one.start_ms for one in utterances)
    answered = [one for one in questions if one.answered_ms is not None]
    priced = [one for one in products if one.shown and one.price]
    in_time = [one for one in priced if one.price_after_ms is not None and one.price_after_ms <= PRICE_MS]
    points = [point for one in products if one.shown for point in one.points]
    judged = [one for one in tips if one.fate != "open"]

    def rate(count: int) -> float | None:
        return round(count / hours, 1) if hours else None

    return [
        Measure("duration_min", round(duration_ms / 60_000, 1), "min"),
        Measure("talk_share", _share(spoken_ms, duration_ms) if utterances else None, "%"),
        Measure("pace_wpm", _middle(events, "pace"), "wpm"),
        Measure("level_dbfs", _spoken_level(events, utterances), "dBFS"),
        Measure("snr_db", _middle(events, "snr"), "dB"),
        Measure("pitch_sd", _middle(events, "pitch_sd"), "semitones"),
        Measure("silences_per_hour", rate(len(silences)) if utterances else None, "/h"),
        Measure("longest_silence_s", _longest_s(silences) if utterances else None, "s"),
        Measure("questions", float(len(questions)), ""),
        Measure("answered_share", _share(len(answered), len(questions)), "%"),
        Measure("answer_s", _answer_s(answered), "s"),
        Measure("priced_share", _share(len(in_time), len(priced)), "%"),
        Measure("calls_per_hour", rate(sum(len(one.call_ms) for one in products)) if products else None, "/h"),
        Measure("recaps_per_hour", rate(sum(len(one.recap_ms) for one in products)) if products else None, "/h"),
        Measure("points_share", _share(sum(point.said_ms is not None for point in points), len(points)), "%"),
        Measure("tips", float(len(tips)), ""),
        Measure("heeded_share", _share(sum(one.fate == "heeded" for one in judged), len(judged)), "%"),
        Measure("claims", float(len(claims)), ""),
        Measure("sure_share", round(certainty.mean * 100, 1) if certainty.mean is not None else None, "%"),
    ]


def _ranged(measure: Measure, past: Sequence[Mapping[str, float | None]]) -> Measure:
    """`measure` beside the streamer's own last shows."""
    known = [value for one in past[:PAST_SHOWS] if (value := one.get(measure.name)) is not None]
    own = (min(known), max(known)) if len(known) > 1 else None
    return Measure(measure.name, measure.value, measure.unit, own, USUAL.get(measure.name))


def _share(part: float, whole: float) -> float | None:
    """In per cent; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _middle(events: Iterable[LogEvent], name: str) -> float | None:
    """The median of a signal while it was measured; a pace of 0 is nobody speaking."""
    values = [
        one.value for one in _only(events, Signal) if one.name == name and not (name == "pace" and one.value == 0)
    ]
    return round(statistics.median(values), 1) if values else None


def _spoken_level(events: Iterable[LogEvent], utterances: Sequence[Utterance]) -> float | None:
    """The median loudness while somebody speaks."""
    starts = [one.start_ms for one in utterances]
    values = []
    for signal in _only(events, Signal):
        at = bisect.bisect_right(starts, signal.at_ms) - 1
        if signal.name == "level" and at >= 0 and signal.at_ms <= utterances[at].end_ms:
            values.append(signal.value)
    return round(statistics.median(values), 1) if values else None


def _longest_s(silences: Sequence[Span]) -> float:
    return round(max((one.end_ms - one.start_ms for one in silences), default=0) / 1000, 1)


def _answer_s(answered: Sequence[QuestionLine]) -> float | None:
    waits = [(one.answered_ms or 0) - one.asked_ms for one in answered]
    return round(statistics.median(waits) / 1000, 1) if waits else None
