"""A session as files for other programs: subtitles, text, Markdown, JSON, CSV, chapters, and clips for editors."""

from __future__ import annotations

import csv
import io
import json
import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from martlive_desktop.core.events import Cue, Question, Rundown, SessionStarted, Status, Tip, TipClosed, Transcript
from martlive_desktop.core.events import to_json as line_of
from martlive_desktop.core.highlights import chapters, highlights, why
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.core.report_words import advice_of, praise_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.report import ProductLine, Report

LINE_CHARS = 42
LINES = 2
LONGEST_MS = 6_000
"""Limits of one subtitle. Source: Netflix timed text style guide (lines); the six-second rule of television (time)."""

SHORTEST_MS = 1_000
"""A subtitle stays this long where the next one leaves room: a shorter flash cannot be read."""

_SENTENCE_ENDS = (".", "!", "?", "。")
_CLAUSE_ENDS = (*_SENTENCE_ENDS, ",", ";", ":", "、")
_CJK = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
_SPACE_IN_CJK = re.compile(rf"(?<={_CJK}) (?={_CJK})")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&|~])")
_FORMULA_STARTS = ("=", "+", "-", "@")
"""What a spreadsheet takes for the start of a formula. Source: OWASP, CSV injection."""

FRAMES_A_SECOND = 25
"""Of the edit decision list; a whole number, so that its time code needs no dropped frames."""

EDL_EVENTS = 999
"""Their number has three digits. Source: CMX 3600."""

EDL_LINE_CHARACTERS = 120
"""Of a title or a comment: readers with fixed lines exist."""

_DAY_FRAMES = 24 * 3600 * FRAMES_A_SECOND


class _Subtitle(NamedTuple):
    start_ms: int
    end_ms: int
    text: str
    """Words joined by spaces; `_wrap` breaks it into lines."""


def to_srt(events: Sequence[LogEvent]) -> str:
    """SubRip subtitles of what was said."""
    blocks = [
        f"{number}\n{_clock(one.start_ms, ',')} --> {_clock(one.end_ms, ',')}\n{_wrap(one.text)}\n"
        for number, one in enumerate(_subtitles(events), 1)
    ]
    return "\n".join(blocks)


def to_vtt(events: Sequence[LogEvent]) -> str:
    """WebVTT subtitles of what was said."""
    blocks = ["WEBVTT\n"]
    for one in _subtitles(events):
        text = _wrap(one.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(one.start_ms, '.')} --> {_clock(one.end_ms, '.')}\n{text}\n")
    return "\n".join(blocks)


def to_txt(events: Sequence[LogEvent]) -> str:
    """What was said, one utterance a line."""
    return "".join(f"{text}\n" for _, _, text in _utterances(events))


def to_md(events: Sequence[LogEvent]) -> str:
    """A page to read or to share: what went well, what was said and which tips were given."""
    report = build_report(events)
    started = next((event for event in events if isinstance(event, SessionStarted)), None)
    tips = _tips(events)
    facts = [_minutes(max((event.at_ms for event in events), default=0)), f"{len(tips)} tip{'s' * (len(tips) != 1)}"]
    if started:
        facts.insert(1, _escaped(started.mode))
    said = [f"- **{_minutes(start_ms)}** {_escaped(text)}" for start_ms, _, text in _utterances(events)]
    given = [
        f"- **{_minutes(tip.at_ms)}** {_escaped(tip.text)}{f' ({_escaped(closed.how)})' if closed else ''}"
        for tip, closed in tips
    ]
    lines = [
        f"# {_escaped(started.source) if started else 'Show'}",
        " · ".join(facts),
        *_findings(report),
        "## Transcript",
        "\n".join(said) or "Nothing was said.",
        "## Tips",
        "\n".join(given) or "No tips were given.",
    ]
    if marks := _marks(events):
        lines += ["## Marked by you", "\n".join(f"- **{_minutes(mark.at_ms)}**" for mark in marks)]
    return "\n\n".join(lines) + "\n"


def to_json(events: Sequence[LogEvent]) -> str:
    """One JSON object; its entries have the fields of events.jsonl."""

    def plain(kept: Iterable[LogEvent]) -> list[object]:
        return [json.loads(line_of(event)) for event in kept]

    document = {
        "session": next(iter(plain(event for event in events if isinstance(event, SessionStarted))), None),
        "transcript": plain(event for event in events if isinstance(event, Transcript) and event.is_final),
        "tips": plain(event for event in events if isinstance(event, Tip)),
        "cues": plain(event for event in events if isinstance(event, Cue)),
        "marks": plain(_marks(events)),
        "questions": plain(event for event in events if isinstance(event, Question)),
        "rundown": plain(event for event in events if isinstance(event, Rundown)),
        "measures": build_report(events).measured(),
    }
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    # A file name that is not UTF-8 has lone surrogates; as \udc.. escapes they are valid JSON that any file takes.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def to_csv(events: Sequence[LogEvent]) -> str:
    """What was said and the tips, a row each, in the order of their start."""
    rows = [(start_ms, end_ms, "transcript", text) for start_ms, end_ms, text in _utterances(events)]
    rows += [
        (tip.at_ms, closed.at_ms if closed else tip.expires_ms, "tip", _plain(tip.text))
        for tip, closed in _tips(events)
    ]
    rows += [(mark.at_ms, mark.at_ms, "mark", "") for mark in _marks(events)]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("type", "start", "end", "text"))
    for start_ms, end_ms, kind, text in sorted(rows, key=lambda row: row[0]):
        table.writerow((kind, _clock(start_ms, "."), _clock(end_ms, "."), _disarmed(text)))
    return out.getvalue()


def to_chapters(events: Sequence[LogEvent], language: str = "en") -> str:
    """The lines that make chapters where they stand in a YouTube description; or why there are none."""
    found = chapters(build_report(events), language)
    if not found:
        return (
            "No chapters: YouTube takes three or more of at least ten seconds each. "
            "Products on show, scenes and the moments you mark become chapters.\n"
        )
    # YouTube takes no angle brackets in a description.
    titles = (_plain(one.title).replace("<", "(").replace(">", ")") for one in found)
    return "".join(f"{_stamp(one.start_ms)} {title}\n" for one, title in zip(found, titles, strict=True))


def to_clips(events: Sequence[LogEvent], language: str = "en") -> str:
    """The best moments, a row each: when, why, and what is said in them."""
    said = list(_utterances(events))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("start", "end", "why", "text"))
    for clip in highlights(build_report(events)):
        text = " ".join(text for start_ms, end_ms, text in said if clip.start_ms <= start_ms and end_ms <= clip.end_ms)
        times = (_clock(clip.start_ms, "."), _clock(clip.end_ms, "."))
        table.writerow((*times, _disarmed(_plain(why(clip, language))), _disarmed(text)))
    return out.getvalue()


def to_edl(events: Sequence[LogEvent], language: str = "en") -> str:
    """The best moments as an edit decision list (CMX 3600) that cuts them out of the recording, one after another."""
    report = build_report(events)
    # Of a live show the recording's name is not known.
    source = report.started.source if report.started else ""
    name = "" if source in ("microphone", "demo") else _edl_line(source)
    name = name or "recording"
    lines = [f"TITLE: {name}", "FCM: NON-DROP FRAME"]
    at = 0
    for number, clip in enumerate(highlights(report)[:EDL_EVENTS], 1):
        start, end = _frames(clip.start_ms), _frames(clip.end_ms)
        # Time code starts again after a day.
        if end >= _DAY_FRAMES:
            break
        times = " ".join(_timecode(one) for one in (start, end, at, at + end - start))
        lines += [
            "",
            f"{number:03}  AX       AA/V  C        {times}",
            f"* FROM CLIP NAME: {name}",
            f"* COMMENT: {_edl_line(why(clip, language))}",
        ]
        at += end - start
    return "\n".join(lines) + "\n"


def _frames(ms: int) -> int:
    return round(ms * FRAMES_A_SECOND / 1000)


def _timecode(frames: int) -> str:
    seconds, frame = divmod(frames, FRAMES_A_SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}"


def _edl_line(text: str) -> str:
    return _plain(text)[:EDL_LINE_CHARACTERS].rstrip()


def _findings(report: Report) -> Iterator[str]:
    """Headings and lists of what went well, what to do next, the products and the open questions."""
    if report.strengths:
        yield "## What went well"
        yield "\n".join(f"- {praise_of(one, 'en')}" for one in report.strengths)
    if report.focus and (advice := advice_of(report.focus, "en")):
        yield "## To work on"
        yield advice
    if report.products:
        yield "## Products"
        yield "\n".join(f"- {_product(one)}" for one in report.products)
    if waiting := [one for one in report.questions if one.answered_ms is None]:
        yield "## Questions without an answer"
        yield "\n".join(
            f"- **{_minutes(one.asked_ms)}** {_escaped(one.user)}: {_escaped(one.text)}"
            f"{f' (the plan says: {_escaped(one.fact)})' if one.fact else ''}"
            for one in waiting
        )


def _product(one: ProductLine) -> str:
    said = sum(point.said_ms is not None for point in one.points)
    facts = [
        f"on for {_minutes(one.shown_ms)}" if one.shown else "not shown",
        f"price said at {_minutes(one.price_ms[0])}" if one.price_ms else "price not said",
        f"how to buy at {_minutes(one.call_ms[0])}" if one.call_ms else "how to buy not said",
        *([f"{said} of {len(one.points)} talking points"] if one.points else []),
    ]
    return f"**{_escaped(one.name)}**{f' ({_escaped(one.price)})' if one.price else ''}: {', '.join(facts)}"


def _marks(events: Sequence[LogEvent]) -> list[Status]:
    """The moments that the user marked."""
    return [
        event for event in events if isinstance(event, Status) and (event.part, event.state) == ("session", "marked")
    ]


FORMATS: Mapping[str, Callable[[Sequence[LogEvent]], str]] = {
    "srt": to_srt,
    "vtt": to_vtt,
    "txt": to_txt,
    "md": to_md,
    "json": to_json,
    "csv": to_csv,
    "chapters": to_chapters,
    "clips": to_clips,
    "edl": to_edl,
}
"""Every format by its name; lines end with a newline character alone."""

ENDINGS: Mapping[str, str] = {**{name: name for name in FORMATS}, "chapters": "chapters.txt", "clips": "clips.csv"}
"""What the name of each format's file ends with."""


def _utterances(events: Iterable[LogEvent]) -> Iterator[tuple[int, int, str]]:
    """Start, end and text of each final that has words."""
    for event in events:
        if isinstance(event, Transcript) and event.is_final and (text := _plain(event.text)):
            times = (event.words[0].start_ms, event.words[-1].end_ms) if event.words else (event.at_ms, event.at_ms)
            yield (*times, text)


def _tips(events: Iterable[LogEvent]) -> list[tuple[Tip, TipClosed | None]]:
    closed = {event.id: event for event in events if isinstance(event, TipClosed)}
    return [(event, closed.get(event.id)) for event in events if isinstance(event, Tip)]


def _subtitles(events: Iterable[LogEvent]) -> Iterator[_Subtitle]:
    """What was said in pieces that a viewer can read: in order, never overlapping, never empty."""
    finals = [event for event in events if isinstance(event, Transcript) and event.is_final]
    drafts = sorted((one for final in finals for one in _split(_pieces(final))), key=lambda one: one.start_ms)
    free_ms = 0
    for index, draft in enumerate(drafts):
        start_ms = max(draft.start_ms, free_ms)
        end_ms = min(max(draft.end_ms, start_ms + SHORTEST_MS), start_ms + LONGEST_MS)
        if index + 1 < len(drafts):
            end_ms = min(end_ms, drafts[index + 1].start_ms)
        free_ms = max(end_ms, start_ms + 1)
        yield _Subtitle(start_ms, free_ms, draft.text)


def _pieces(final: Transcript) -> Iterator[_Subtitle]:
    """The words of `final` that its text has; one that is longer than a line comes in parts that share its time."""
    for word in final.words:
        if word.filler == "acoustic":
            continue
        text = _plain(word.text)
        start_ms = max(word.start_ms, 0)
        lasts_ms = min(max(word.end_ms - start_ms, 0), LONGEST_MS)
        parts = range(0, len(text), LINE_CHARS)
        for number, at in enumerate(parts):
            part_start_ms = start_ms + lasts_ms * number // len(parts)
            part_end_ms = start_ms + lasts_ms * (number + 1) // len(parts)
            yield _Subtitle(part_start_ms, part_end_ms, text[at : at + LINE_CHARS].strip())


def _split(pieces: Iterable[_Subtitle]) -> Iterator[_Subtitle]:
    """Join `pieces` into subtitles, broken after punctuation where there is some."""
    group: list[_Subtitle] = []
    for piece in pieces:
        while group and not _fits(_join([*group, piece])):
            cut = _last_clause(group)
            yield _join(group[:cut])
            group = group[cut:]
        group.append(piece)
        joined = _join(group)
        if _narrow(piece.text).endswith(_SENTENCE_ENDS) and len(joined.text) > LINE_CHARS:
            yield joined
            group = []
    if group:
        yield _join(group)


def _last_clause(group: Sequence[_Subtitle]) -> int:
    """How many of `group` end with a clause, if these are at least half of it; else all."""
    ends = (
        count
        for count in range(len(group), len(group) // 2, -1)
        if _narrow(group[count - 1].text).endswith(_CLAUSE_ENDS)
    )
    return next(ends, len(group))


def _join(group: Sequence[_Subtitle]) -> _Subtitle:
    return _Subtitle(group[0].start_ms, group[-1].end_ms, _plain(" ".join(one.text for one in group)))


def _fits(one: _Subtitle) -> bool:
    return one.end_ms - one.start_ms <= LONGEST_MS and len(_wrap(one.text).split("\n")) <= LINES


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, LINE_CHARS, break_on_hyphens=False))


def _disarmed(text: str) -> str:
    """`text` for the cell of a table, so that no spreadsheet calculates it."""
    return f"'{text}" if _narrow(text).startswith(_FORMULA_STARTS) else text


def _plain(text: str) -> str:
    """`text` on one line, without characters that no file or player takes, and without spaces between CJK characters."""
    kept = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs")
    )
    # An arrow is what separates the times of a subtitle.
    return _SPACE_IN_CJK.sub("", " ".join(kept.split())).replace("-->", "→")


def _narrow(text: str) -> str:
    """`text` with full-width signs as their ASCII counterparts, and an ellipsis as three points."""
    return unicodedata.normalize("NFKC", text)


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _plain(text))


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(max(ms, 0), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"


def _stamp(ms: int) -> str:
    """As YouTube writes times: 0:00, 12:34, 1:02:03."""
    seconds = max(ms, 0) // 1000
    hours = f"{seconds // 3600}:{seconds // 60 % 60:02}" if seconds >= 3600 else f"{seconds // 60}"
    return f"{hours}:{seconds % 60:02}"


def _minutes(ms: int) -> str:
    return f"{max(ms, 0) // 60_000:02}:{max(ms, 0) // 1000 % 60:02}"
