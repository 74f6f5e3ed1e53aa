"""Renders a report as one HTML file that opens from disk and asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from martlive_desktop.adapters.resource_files import resource_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from martlive_desktop.core.report import Finding, Measure, Report, Series, Utterance

PageLanguage: TypeAlias = Literal["en", "zh"]

MINUTE_MS = 60_000
HOUR_MS = 3_600_000

LEAST_SURE = 0.8
"""Mean probability below which single words are to be taken with a grain of salt: Whisper base has 0.9 on clean speech."""

BAR_MARGIN = 0.15
"""Room beside the ranges of a bar, as a part of what they span."""

OPUS_HZ = 48_000
"""Granule positions of Ogg/Opus count at this rate, whatever was recorded. Source: RFC 7845, 4."""

# NUL and most controls cannot stand in HTML, a lone surrogate not in UTF-8. One that sets the direction of text and is not
# ended would turn what comes after the quote.
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SLOT = re.compile(r"\{(\w+)\}")
_DIGIT = re.compile(r"\d")
_FOR_SCRIPTS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True, slots=True)
class Summary:
    """The show in two or three sentences, as somebody worded it."""

    text: str
    source: Literal["rules", "local", "remote"]


@dataclass(frozen=True, slots=True)
class _Bar:
    """Where a range and this show's value lie on a bar, 0 to 100."""

    name: Literal["own", "usual"]
    low: float
    high: float
    start: float
    width: float
    value: float


class PageWords:
    """The words of one language; what they say is HTML in which each number names the rule that it follows from."""

    def __init__(self, language: PageLanguage) -> None:
        self._tree = page_words(language)

    def __call__(self, key: str, **slots: object) -> Markup:
        """The words under `key`, as `tips.none`, with `slots` filled."""
        text = self.raw(key)
        filled = escape(text).format(**slots)
        return Markup("<span data-c>{}</span>").format(filled) if _DIGIT.search(_SLOT.sub("", text)) else filled

    def raw(self, key: str) -> Any:
        """What lies under `key`, as the file has it."""
        found: Any = self._tree
        for part in key.split("."):
            found = found[part]
        return found

    def clause(self, key: str) -> str:
        """The words under `key` as a part of a sentence."""
        text = str(self.raw(key))
        return text[:1].lower() + text[1:]

    def number(self, rule: str, value: float, decimals: int = 1) -> Markup:
        """`value`, without zeros behind the point."""
        text = f"{value:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return Markup('<span data-n="{}">{}</span>').format(rule, text.replace("-", "\N{MINUS SIGN}"))

    def length(self, rule: str, ms: int) -> Markup:
        """How long `ms` are, as people say it."""
        seconds = ms // 1000
        hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
        key = "hours" if hours else "seconds" if not minutes else "minutes_seconds" if seconds else "minutes"
        text = str(self.raw(f"lengths.{key}")).format(hours=hours, minutes=minutes, seconds=seconds)
        return Markup('<span data-n="{}">{}</span>').format(rule, text)

    def date(self, started_at: str) -> str:
        """The local day and time of `started_at`; empty where there is none."""
        try:
            at = datetime.fromisoformat(started_at).astimezone()
        except (ValueError, OverflowError, OSError):
            return ""
        names = {"weekday": self.raw("weekdays")[at.weekday()], "month": self.raw("months")[at.month - 1]}
        return str(self.raw("date")).format(day=at.day, year=at.year, clock=f"{at:%H:%M}", **names)


def render_page(
    report: Report,
    *,
    title: str,
    started_at: str,
    session_id: str,
    language: PageLanguage,
    summary: Summary | None,
    clips: Mapping[int, bytes],
    tags: Sequence[str] = (),
    notes: str = "",
) -> str:
    """The page of a show.

    Args:
        report: All that is told of the show.
        title: Its name; empty: it has none.
        started_at: ISO 8601 in UTC; empty: not known.
        session_id: Its name in the store.
        language: Of the words around what was said.
        summary: None: a few sentences are put together from the report.
        clips: Sound that was kept, Ogg/Opus, by the stream time in ms at which it starts.
        tags: The streamer's own.
        notes: The streamer's own.
    """
    words = PageWords(language)
    style, chart, script = page_assets()
    page = page_environment().get_template("page.html.j2")
    whole = page.render(
        report=report,
        say=words,
        at=moment_link,
        quote=quote,
        title=title.strip() or words.raw("untitled"),
        date=words.date(started_at),
        session_id=session_id,
        summary=summary,
        tags=tags,
        notes=notes.strip(),
        sentence=partial(finding_sentence, words),
        bars=_bars,
        minutes=[*_minutes(report.utterances)],
        style=Markup(style),  # noqa: S704 - the program's own files
        chart=Markup(chart),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=page_policy((style,), (chart, script)),
        icon=base64.b64encode(resource_path("icons/martlive.svg").read_bytes()).decode(),
        show=Markup(_for_script(_show(report, clips))),  # noqa: S704 - escaped for scripts
        is_sure=(report.certainty.mean or 0.0) >= LEAST_SURE,
    )
    return UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", whole)


def page_words(language: PageLanguage) -> Mapping[str, Any]:
    """The words of the page as their file has them."""
    with resource_path(f"report/{language}.toml").open("rb") as file:
        return tomllib.load(file)


def moment_link(ms: int) -> Markup:
    """The time of a moment; a click opens it."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return Markup('<a class="at" href="#t={}" data-at="{}">{}</a>').format(
        f"{ms / 1000:.3f}".rstrip("0").rstrip("."), ms, text
    )


def quote(kind: str, at_ms: int, text: str) -> Markup:
    """Words that are not the page's own; they keep their direction to themselves."""
    return Markup('<span dir="auto" data-q="{}:{}">{}</span>').format(kind, at_ms, text)


@cache
def page_environment() -> Environment:
    """Reads the templates; what is put into them is escaped."""
    return Environment(
        loader=FileSystemLoader(resource_path("report")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def page_assets() -> tuple[str, str, str]:
    """Style with its fonts, the chart library, the page's script."""
    folder = resource_path("report")
    style = (folder / "uplot/uPlot.min.css").read_text(encoding="utf-8")
    style += (folder / "page.css").read_text(encoding="utf-8")
    for weight in ("medium", "semibold"):
        font = base64.b64encode((folder / f"inter-{weight}.woff2").read_bytes()).decode()
        style = style.replace(f"@{weight.upper()}@", f"data:font/woff2;base64,{font}")
    chart = (folder / "uplot/uPlot.iife.min.js").read_text(encoding="utf-8")
    return style, chart, (folder / "page.js").read_text(encoding="utf-8")


def page_policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """Only what stands in the page itself may act, and nothing may be fetched."""

    def hashes(texts: Iterable[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; style-src {hashes(styles)}; script-src {hashes(scripts)}; img-src data:; font-src data:; "
        "media-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def finding_sentence(words: PageWords, group: str, finding: Finding) -> Markup:
    """What `finding` says."""
    numbers = dict(finding.numbers)
    key = f"{group}.{finding.kind}"
    if numbers.get("count") == 0 and words.raw(key)["none"]:
        return words(f"{key}.none")
    rule = f"finding.{finding.kind}"
    return words(f"{key}.text", **{name: words.number(f"{rule}.{name}", value, 0) for name, value in finding.numbers})


def _bars(measure: Measure) -> tuple[_Bar, ...]:
    """The ranges beside `measure`, on one scale."""
    ranges = [(name, found) for name, found in (("own", measure.own), ("usual", measure.usual)) if found is not None]
    if measure.value is None or not ranges:
        return ()
    known = [measure.value, *(edge for _, found in ranges for edge in found)]
    margin = BAR_MARGIN * ((max(known) - min(known)) or 1.0)
    low, span = min(known) - margin, max(known) - min(known) + 2 * margin
    value = round(100 * (measure.value - low) / span, 1)
    return tuple(
        _Bar(
            "own" if name == "own" else "usual",
            found[0],
            found[1],
            round(100 * (found[0] - low) / span, 1),
            max(1.0, round(100 * (found[1] - found[0]) / span, 1)),
            value,
        )
        for name, found in ranges
    )


def _minutes(utterances: Iterable[Utterance]) -> Iterator[tuple[Utterance, ...]]:
    """The transcript, a minute at a time."""
    group: list[Utterance] = []
    for one in utterances:
        if group and one.start_ms // MINUTE_MS != group[0].start_ms // MINUTE_MS:
            yield tuple(group)
            group = []
        group.append(one)
    if group:
        yield tuple(group)


def _show(report: Report, clips: Mapping[int, bytes]) -> dict[str, object]:
    """What the page's script draws, and shows when it is asked for."""
    measures = {one.name: one for one in report.measures}

    def curve(series: Series, name: str) -> dict[str, object]:
        measure = measures.get(name)
        ranges = (measure.own, measure.usual) if measure else (None, None)
        kind = "own" if ranges[0] else "usual" if ranges[1] else ""
        return {"step": series.step_ms, "values": series.values, "range": ranges[0] or ranges[1], "kind": kind}

    return {
        "length": report.duration_ms,
        "pace": curve(report.paces, "pace_wpm"),
        "level": curve(report.levels, "level_dbfs"),
        "chat": [[line.at_ms, _shown(line.user), _shown(line.text)] for line in report.chat],
        "clips": [
            [start_ms, _opus_ms(sound), base64.b64encode(sound).decode()] for start_ms, sound in sorted(clips.items())
        ],
    }


def _shown(text: str) -> str:
    return UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _for_script(data: object) -> str:
    """`data` as JSON that neither ends the element it stands in nor breaks a line of JavaScript."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_FOR_SCRIPTS)


def _opus_ms(sound: bytes) -> int:
    """How long Ogg/Opus sounds: the position that its last page names."""
    last = sound.rfind(b"OggS")
    return int.from_bytes(sound[last + 6 : last + 14], "little") * 1000 // OPUS_HZ if last >= 0 else 0
