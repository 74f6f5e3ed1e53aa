"""Follows every numeral of a report page back to the lines of events.jsonl, without the report's own code."""

from __future__ import annotations

import itertools
import json
import re
import statistics
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MARKS = ("data-n", "data-at", "data-q", "data-c")
SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "aria-valuetext")
VOID = frozenset({"meta", "link", "img", "input", "br", "path", "circle", "rect"})
WITHIN_MS = 60_000
"""A price is in time, a call follows, a tip is heeded."""

RECAP_MS = 300_000
SILENCE_MS = {"gaming": 15_000}
SHORTEST_SILENCE_MS = 8_000
FAST_WPM = 190
WISHES: Final = {
    "price_missing": "price",
    "cta_missing": "call",
    "reset": "recap",
    "talking_point": "said",
    "behind_plan": "shown",
    "chat_unanswered": "answered",
    "price_mismatch": "price",
    "dead_air": "speech",
}
CLAIMS = ("claim_medical", "off_platform", "do_not_say", "price_mismatch")
SOUND = ("mic_silent", "obs_muted", "clipping", "mic_low", "noise", "echo")
PICTURE = ("black", "frozen", "wrong_scene")
USUAL: Final = {"pace_wpm": (104.0, 190.0), "level_dbfs": (-30.0, -18.0)}

_DIGIT = re.compile(r"\d")
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Walk(HTMLParser):
    """Collects what each mark stands for, and digits that have none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.marked: list[tuple[str, str, str]] = []
        """Kind of mark, its value, the text."""
        self.unmarked: list[str] = []
        self._open: list[tuple[str, tuple[str, str] | None, list[str]]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        mark = next(((name, value or "") for name, value in attrs if name in MARKS), None)
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES and value and _DIGIT.search(value):
                if mark:
                    self.marked.append((*mark, value))
                else:
                    self.unmarked.append(f"{tag} {name}={value}")
        if tag not in VOID:
            self._open.append((tag, mark, []))

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        opened, mark, texts = self._open.pop()
        assert opened == tag, (opened, tag)
        if mark and texts:
            self.marked.append((*mark, "".join(texts)))

    @override
    def handle_data(self, data: str) -> None:
        if any(tag in ("script", "style") for tag, _, _ in self._open):
            return
        holder = next((texts for _, mark, texts in reversed(self._open) if mark), None)
        if holder is not None:
            holder.append(data)
        elif _DIGIT.search(data):
            self.unmarked.append(data.strip())


class Events:
    """What the lines of events.jsonl say, found anew."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.all: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self._by_kind: dict[str, list[dict[str, Any]]] = {}
        for one in self.all:
            self._by_kind.setdefault(one["type"], []).append(one)
        self.length_ms = max((one["at_ms"] for one in self.all), default=0)
        self.finals = sorted(
            (one for one in self.of("transcript") if one["final"] and one["text"].strip()), key=self.starts
        )
        self.mode = next((one["mode"] for one in self.of("session")), "")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return self._by_kind.get(kind, [])

    def at(self, kind: str, at_ms: int) -> list[dict[str, Any]]:
        return [one for one in self.of(kind) if one["at_ms"] == at_ms]

    @staticmethod
    def starts(final: Mapping[str, Any]) -> int:
        return int(final["words"][0]["start_ms"] if final["words"] else final["at_ms"])

    @staticmethod
    def ends(final: Mapping[str, Any]) -> int:
        return int(final["words"][-1]["end_ms"] if final["words"] else final["at_ms"])

    @property
    def times(self) -> set[int]:
        words = [word for final in self.finals for word in final["words"]]
        return (
            {0}
            | {one["at_ms"] for one in self.all}
            | {one["asked_ms"] for one in self.of("question")}
            | {word["start_ms"] for word in words}
            | {word["end_ms"] for word in words}
        )

    @property
    def quiet(self) -> list[int]:
        """How long each silence was."""
        if not self.finals:
            return []
        found, heard_ms = [], 0
        for final in self.finals:
            found.append(self.starts(final) - heard_ms)
            heard_ms = max(heard_ms, self.ends(final))
        found.append(self.length_ms - heard_ms)
        return [one for one in found if one >= SILENCE_MS.get(self.mode, SHORTEST_SILENCE_MS)]

    def values(self, name: str) -> list[float]:
        return [one["value"] for one in self.of("signal") if one["name"] == name]

    def steps(self, what: str, item: str | None = None) -> list[int]:
        return [one["at_ms"] for one in self.of("rundown") if one["what"] == what and item in (None, one["item"])]

    @property
    def items(self) -> list[str]:
        return list(dict.fromkeys(one["item"] for one in self.of("rundown") if one["item"]))

    def shown_ms(self, item: str) -> int:
        shown = [one for one in self.of("rundown") if one["what"] == "shown"]
        ends = [*(one["at_ms"] for one in shown[1:]), self.length_ms]
        return sum(end - one["at_ms"] for one, end in zip(shown, ends, strict=True) if one["item"] == item)

    def price_after_ms(self, item: str) -> int | None:
        shown, prices = self.steps("shown", item), self.steps("price", item)
        return max(0, prices[0] - shown[0]) if shown and prices else None

    def has_price(self, item: str) -> bool:
        return any(one["detail"] for one in self.of("rundown") if one["what"] == "planned" and one["item"] == item)

    def points(self, item: str) -> list[bool]:
        own = [one for one in self.of("rundown") if one["item"] == item]
        said = {one["detail"] for one in own if one["what"] == "said"}
        return [one["detail"] in said for one in own if one["what"] == "to_say"]

    @property
    def questions(self) -> dict[tuple[int, str], list[dict[str, Any]]]:
        found: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for one in self.of("question"):
            found.setdefault((one["asked_ms"], one["user"]), []).append(one)
        return found

    @property
    def waits(self) -> list[int]:
        return [
            next(one["at_ms"] for one in steps[::-1] if one["state"] == "answered") - asked_ms
            for (asked_ms, _), steps in self.questions.items()
            if any(one["state"] == "answered" for one in steps)
        ]

    @property
    def fates(self) -> list[str]:
        closed = {one["id"]: one["how"] for one in self.of("tip_closed")}
        happened = {step: self.steps(step) for step in ("price", "call", "recap", "said", "shown")}
        happened["speech"] = [self.starts(one) for one in self.finals]
        happened["answered"] = [one["at_ms"] for one in self.of("question") if one["state"] == "answered"]
        found = []
        for tip in self.of("tip"):
            times = happened.get(WISHES.get(tip["kind"], ""), [])
            if any(tip["at_ms"] <= at_ms <= tip["at_ms"] + WITHIN_MS for at_ms in times):
                found.append("heeded")
            else:
                how = closed.get(tip["id"])
                found.append({"fulfilled": "heeded", "dismissed": "dismissed", None: "open"}.get(how, "passed"))
        return found

    def cues(self, kinds: Sequence[str]) -> list[dict[str, Any]]:
        return [one for one in self.of("cue") if one["kind"] in kinds]


class Trace:
    """Whether what a page says of `lines` is so."""

    def __init__(
        self,
        lines: Sequence[str],
        *,
        past: Sequence[Mapping[str, float | None]] = (),
        given: Mapping[str, str] | None = None,
        constants: str = "",
    ) -> None:
        self.events = Events(lines)
        self.past = past
        self.given = given or {}
        self.constants = constants
        self.rules: set[str] = set()
        self._times = self.events.times
        self._said = {}
        for place, final in enumerate(self.events.finals):
            texts = [one["text"].strip() for one in self.events.finals[place : place + 40]]
            self._said[self.events.starts(final)] = " ".join(texts)

    def faults(self, html: str) -> list[str]:
        """What in `html` cannot be followed back."""
        walk = Walk()
        walk.feed(html)
        walk.close()
        faults = [f"unmarked: {one}" for one in walk.unmarked]
        checks: Mapping[str, Callable[[str, str], bool]] = {
            "data-at": self._is_time,
            "data-q": self._is_quote,
            "data-n": self._is_number,
            "data-c": lambda _, text: text in self.constants,
        }
        faults += [f"{kind}={value}: {text!r}" for kind, value, text in walk.marked if not checks[kind](value, text)]
        return faults

    def _is_time(self, value: str, text: str) -> bool:
        return int(value) in self._times and clock(int(value)) in text

    def _is_quote(self, value: str, text: str) -> bool:
        kind, at = value.split(":")
        return any(
            UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", one) == text for one in self._sources(kind, int(at))
        ) or (
            kind == "said" and UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", self._said.get(int(at), "")).startswith(text)
        )

    def _sources(self, kind: str, at_ms: int) -> list[str]:
        events = self.events
        if kind == "tip":
            return [one["text"] for one in events.at("tip", at_ms)]
        if kind in ("reason", "moment"):
            ids = {one["cue"] for one in events.at("tip", at_ms)}
            cues = [one for one in events.of("cue") if one["id"] in ids or (kind == "moment" and one["at_ms"] == at_ms)]
            return [reason for cue in cues for reason in cue["reasons"]]
        if kind == "chat":
            asked = [one for one in events.of("question") if one["asked_ms"] == at_ms]
            return [text for one in (*events.at("chat", at_ms), *asked) for text in (one["user"], one["text"])]
        if kind == "fact":
            return [one["fact"] for one in events.of("question") if one["asked_ms"] == at_ms]
        if kind == "product":
            return [one["item"] for one in events.at("rundown", at_ms)]
        if kind == "plan":
            return [text for one in events.of("rundown") for text in (one["item"], one["detail"])]
        if kind == "scene":
            obs = [one["detail"] for one in events.at("status", at_ms) if one["part"] == "scene"]
            return obs + [one["scene"] for one in events.at("screen", at_ms)]
        if kind == "session":
            return [text for one in events.of("session") for text in (one["source"], ", ".join(one["models"]))]
        if kind == "kind":
            return [one["kind"] for one in (*events.at("tip", at_ms), *events.at("cue", at_ms))]
        if kind == "safer":
            return [one["slots"].get("safer", "") for one in events.at("cue", at_ms)]
        return []

    def _is_number(self, rule: str, text: str) -> bool:
        self.rules.add(rule)
        if rule in self.given:
            return self.given[rule] == text
        if rule == "show.length":
            return parts(text) == spread(self.events.length_ms)
        if rule.startswith("axis."):
            return text == clock(int(float(rule[5:]) * 1000)) and 0 <= float(rule[5:]) * 1000 <= self.events.length_ms
        if match := re.fullmatch(r"product\.(\d+)\.(shown|price_after)", rule):
            item = self.events.items[int(match[1])]
            ms = self.events.shown_ms(item) if match[2] == "shown" else self.events.price_after_ms(item)
            return ms is not None and parts(text) == spread(ms)
        value = self._value(rule)
        return value is not None and text == written(value)

    def _value(self, rule: str) -> float | None:
        events = self.events
        if match := re.fullmatch(r"product\.(\d+)\.(call|recap)s", rule):
            return len(events.steps(match[2], events.items[int(match[1])]))
        if match := re.fullmatch(r"question\.(\d+)\.viewers", rule):
            return max(int(one["viewers"]) for one in [*events.questions.values()][int(match[1])])
        if match := re.fullmatch(r"measure\.(\w+)\.(own|usual)\.(low|high)", rule):
            known = [value for one in self.past if (value := one.get(match[1])) is not None]
            low, high = USUAL[match[1]] if match[2] == "usual" else (min(known), max(known))
            return low if match[3] == "low" else high
        if match := re.fullmatch(r"tips\.(heeded|passed|dismissed|open)", rule):
            return events.fates.count(match[1])
        if rule.startswith("measure."):
            return self._measure(rule.removeprefix("measure."))
        if rule.startswith("finding."):
            return self._finding(*rule.split(".")[1:])
        sure = [word["probability"] for final in events.of("transcript") if final["final"] for word in final["words"]]
        table: Mapping[str, Callable[[], float]] = {
            "tips.count": lambda: len(events.of("tip")),
            "questions.open": lambda: len(events.questions) - len(events.waits),
            "questions.answered": lambda: len(events.waits),
            "claims.count": lambda: len(events.cues(CLAIMS)),
            "certainty.words": lambda: len(sure),
            "certainty.mean": lambda: round(statistics.fmean(sure), 3) * 100,
            "certainty.unsure": lambda: sum(one < 0.5 for one in sure),
        }
        return table[rule]() if rule in table else None

    def _measure(self, name: str) -> float | None:
        events = self.events
        hours = events.length_ms / 3_600_000
        spoken = sum(events.ends(one) - events.starts(one) for one in events.finals)
        on = [item for item in events.items if events.steps("shown", item)]
        priced = [item for item in on if events.has_price(item)]
        points = [point for item in on for point in events.points(item)]
        judged = [fate for fate in events.fates if fate != "open"]
        rundown = events.of("rundown")
        calls = [one for one in rundown if one["what"] == "call" and one["item"]]
        recaps = [one for one in rundown if one["what"] == "recap" and one["item"]]
        table: Mapping[str, Callable[[], float]] = {
            "duration_min": lambda: events.length_ms / 60_000,
            "talk_share": lambda: 100 * spoken / events.length_ms,
            "pace_wpm": lambda: statistics.median(one for one in events.values("pace") if one),
            "level_dbfs": lambda: statistics.median(self._spoken_levels()),
            "snr_db": lambda: statistics.median(events.values("snr")),
            "pitch_sd": lambda: statistics.median(events.values("pitch_sd")),
            "silences_per_hour": lambda: len(events.quiet) / hours,
            "longest_silence_s": lambda: max(events.quiet, default=0) / 1000,
            "questions": lambda: len(events.questions),
            "answered_share": lambda: 100 * len(events.waits) / len(events.questions),
            "answer_s": lambda: statistics.median(events.waits) / 1000,
            "priced_share": lambda: 100 * sum(self._is_in_time(item) for item in priced) / len(priced),
            "calls_per_hour": lambda: len(calls) / hours,
            "recaps_per_hour": lambda: len(recaps) / hours,
            "points_share": lambda: 100 * sum(points) / len(points),
            "tips": lambda: len(events.fates),
            "heeded_share": lambda: 100 * judged.count("heeded") / len(judged),
            "claims": lambda: len(events.cues(CLAIMS)),
            "sure_share": lambda: self._value("certainty.mean") or 0.0,
        }
        return table[name]() if name in table else None

    def _spoken_levels(self) -> list[float]:
        spoken = [(self.events.starts(said), self.events.ends(said)) for said in self.events.finals]
        return [
            one["value"]
            for one in self.events.of("signal")
            if one["name"] == "level" and any(start <= one["at_ms"] <= end for start, end in spoken)
        ]

    def _is_in_time(self, item: str) -> bool:
        after_ms = self.events.price_after_ms(item)
        return after_ms is not None and after_ms <= WITHIN_MS

    def _finding(self, kind: str, number: str) -> float | None:
        events = self.events
        on = [item for item in events.items if events.steps("shown", item)]
        points = [point for item in on for point in events.points(item)]
        paces = [one for one in events.values("pace") if one > 0]
        judged = [fate for fate in events.fates if fate != "open"]
        counts: Mapping[str, Callable[[], float]] = {
            "claims.count": lambda: len(events.cues(CLAIMS)),
            "sound.count": lambda: len(events.cues(SOUND)),
            "picture.count": lambda: len(events.cues(PICTURE)),
            "silence.count": lambda: len(events.quiet),
            "silence.quiet_s": lambda: round(sum(events.quiet) / 1000),
            "pace.in_range": lambda: round(100 * sum(one <= FAST_WPM for one in paces) / len(paces)),
        }
        if f"{kind}.{number}" in counts:
            return counts[f"{kind}.{number}"]()
        pairs: Mapping[str, Callable[[], tuple[int, int]]] = {
            "answers": lambda: (len(events.waits), len(events.questions)),
            "points": lambda: (sum(points), len(points)),
            "tips": lambda: (judged.count("heeded"), len(judged)),
            "prices": self._prices,
            "calls": self._calls,
            "recaps": self._recaps,
        }
        if kind not in pairs:
            return None
        part, whole = pairs[kind]()
        return {"part": part, "whole": whole}.get(number)

    def _prices(self) -> tuple[int, int]:
        events = self.events
        good = sum(self._is_in_time(item) for item in events.items)
        bad = 0
        for item in events.items:
            if self._is_in_time(item) or not events.steps("shown", item) or not events.has_price(item):
                continue
            bad += events.price_after_ms(item) is not None or events.shown_ms(item) > WITHIN_MS
        return good, good + bad

    def _calls(self) -> tuple[int, int]:
        calls = [at_ms for item in self.events.items for at_ms in self.events.steps("call", item)]
        counted: list[int] = []
        for at_ms in sorted(at_ms for item in self.events.items for at_ms in self.events.steps("price", item)):
            if not counted or at_ms - counted[-1] >= WITHIN_MS:
                counted.append(at_ms)
        good = sum(any(at_ms - WITHIN_MS // 10 <= one <= at_ms + WITHIN_MS for one in calls) for at_ms in counted)
        return good, len(counted)

    def _recaps(self) -> tuple[int, int]:
        length_ms = self.events.length_ms
        times = sorted({0, length_ms, *self.events.steps("recap")})
        due = length_ms // RECAP_MS
        gaps = [after - before for before, after in itertools.pairwise(times)]
        return due - min(due, sum(gap // RECAP_MS for gap in gaps if gap > RECAP_MS)), due


def clock(ms: int) -> str:
    """`ms` as the page writes a time."""
    seconds = ms // 1000
    text = f"{seconds // 60 % 60}:{seconds % 60:02}"
    return text if seconds < 3600 else f"{seconds // 3600}:{text.zfill(5)}"


def written(value: float) -> str:
    """`value` as the page writes a number."""
    text = f"{value:,.1f}"
    return text.removesuffix(".0").replace("-", "\N{MINUS SIGN}")


def spread(ms: int) -> list[int]:
    """Hours, minutes and seconds of a length, as far as the page tells them."""
    seconds = ms // 1000
    if seconds >= 3600:
        return [seconds // 3600, seconds // 60 % 60]
    if seconds < 60:
        return [seconds]
    return [seconds // 60, seconds % 60] if seconds % 60 else [seconds // 60]


def parts(text: str) -> list[int]:
    """The numbers in `text`."""
    return [int(one) for one in re.findall(r"\d+", text)]
