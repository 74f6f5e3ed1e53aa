"""What the window of past shows renders: the shows, where they were found, and how one compares with those before it."""

from __future__ import annotations

import re
import statistics
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from martlive_desktop.core.report import PAST_SHOWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

MOST_BARS = 4
"""More measures than can be taken in at a glance are for the report."""

LEAST_PAST = 2
"""So many earlier shows make something usual."""

SHORTEST_MS = 60_000
"""Shorter shows are tries, and tell nothing of what is usual."""

KEPT_NAMES = 4_096
"""Every letter of a search compares the names of all shows."""

MEASURES: Final = ("priced_share", "answered_share", "longest_silence_s", "pace_wpm", "talk_share", "heeded_share")
"""Of the report's measures, the first of these that a show has."""

_CJK = re.compile(r"[\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD_ENDS = re.compile(r'[\s"\x00-\x1f]+')


@dataclass(frozen=True, slots=True)
class PastShow:
    """One show of the list."""

    id: str
    started: datetime
    """In the time of this computer."""
    title: str
    duration_ms: int
    tips: int
    mode: str = "selling"
    is_cut_off: bool = False
    tags: tuple[str, ...] = ()
    notes: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)
    """By the report's names; empty: it was not measured yet."""


@dataclass(frozen=True, slots=True)
class SaidLine:
    """Something that was said and looked for."""

    show_id: str
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class SaidLines:
    """What a search in the words of all shows found."""

    query: str
    lines: tuple[SaidLine, ...] = ()
    more: int = 0
    """How many there are beyond these."""


@dataclass(frozen=True, slots=True)
class StoreRoom:
    """What past shows take, and where."""

    folder: str
    bytes: int


@dataclass(frozen=True, slots=True)
class HistoryState:
    """All that the window shows."""

    shows: tuple[PastShow, ...] = ()
    """Newest first."""
    is_read: bool = False
    """Whether `shows` are known."""
    room: StoreRoom | None = None
    found: SaidLines = SaidLines("")
    news: str = ""
    """One sentence about what was done or is being done."""
    trouble: str = ""
    """One sentence: what could not be done, and what to do."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A measure of a show beside what is usual for this streamer."""

    name: str
    value: float
    usual: float | None
    """Median of the last shows of its kind before it; None: too few."""
    top: float
    """The value at which the bar is full."""


def bars_of(show: PastShow, shows: Sequence[PastShow]) -> tuple[Bar, ...]:
    """What to show of `show` beside the others."""
    earlier = [
        one for one in shows if one.mode == show.mode and one.started < show.started and one.duration_ms >= SHORTEST_MS
    ]
    bars: list[Bar] = []
    for name in MEASURES:
        value = show.measures.get(name)
        if value is not None and len(bars) < MOST_BARS:
            past = [one.measures[name] for one in earlier if name in one.measures][:PAST_SHOWS]
            usual = statistics.median(past) if len(past) >= LEAST_PAST else None
            top = 100.0 if name.endswith("_share") else max(value, usual or 0, 1) * 1.2
            bars.append(Bar(name, value, usual, top))
    return tuple(bars)


def is_called(show: PastShow, query: str) -> bool:
    """Whether each word of `query` is in the title or the tags of `show`."""
    name = folded(" ".join((show.title, *show.tags)))
    return all(word in name for word in words_of(query))


def words_of(query: str) -> list[str]:
    """The words of `query`, folded."""
    return [word for word in _WORD_ENDS.split(folded(query)) if any(letter.isalnum() for letter in word)]


def spans_of(text: str, query: str) -> list[tuple[int, int]]:
    """Where words of `query` begin a word of `text`: starts and ends, in order, never overlapping."""
    # Between Chinese characters there are no spaces, so there a word begins anywhere.
    wanted = [
        re.escape(word) if _CJK.match(word) else rf"(?<!\w){re.escape(word)}"
        for word in sorted(words_of(query), key=len, reverse=True)
    ]
    return [found.span() for found in re.finditer("|".join(wanted), folded(text))] if wanted else []


@lru_cache(KEPT_NAMES)
def folded(text: str) -> str:
    """`text` without upper case and accents, letter for letter."""
    return "".join(unicodedata.normalize("NFD", letter)[0].lower()[0] for letter in text)


def tags_of(text: str) -> tuple[str, ...]:
    """The tags in `text`, which has commas between them, each once."""
    parts = (" ".join(part.split()) for part in re.split("[,;\u3001\uff0c\uff1b]", text))
    return tuple(dict.fromkeys(part for part in parts if part))
