"""The chat on the screen: rows of recognised text become messages, each told once."""

from __future__ import annotations

import difflib
import re
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_REMEMBERED = 300
"""Messages by which it is known that one was told already: more than a viewer scrolls back."""

SAME_TEXT = 0.85
"""Likeness, 0 to 1, from which two readings are of one message: small letters are read a little differently each time."""

SAME_NAME = 0.75
"""The same for names, which are shorter."""

ROW_GAP = 1.6
"""Distance of a row from the one above, in heights of a row, from which it does not go on with it: line heights are 1.2 to 1.6,
and the letters of a row fill half of that."""

LONGEST_NAME = 30
"""Characters before a colon that may be a name where colours tell nothing: YouTube's handles."""

_NAMED = re.compile(rf"([^:]{{1,{LONGEST_NAME}}}?)\s*:(?:\s+|$)(.*)")
_STRAY = re.compile(r"[@&©®●○◎◇□■☆★•·*~^|\\]+")
_TIME = re.compile(r"\[?(?<!\w)\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp][Mm])?(?!\w)\]?\s*")
_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
# Not those in a word, which are letters that were taken for digits.
_NUMBERS = re.compile(r"(?<![A-Za-z])\d+")


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row of text in a picture, recognised; positions in pixels."""

    top: int
    bottom: int
    left: int
    name: str
    """The words at its start that have another colour than the text; empty: none."""
    text: str
    key: int
    """Rows that look the same have the same key."""

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one picture."""

    rows: tuple[TextRow, ...]
    """From top to bottom."""
    cpu_s: float
    """Seconds of a processor core that it took."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one viewer wrote."""

    user: str
    text: str
    keys: tuple[int, ...]
    """Of its rows."""

    def is_same(self, other: Message) -> bool:
        """Whether both are readings of one message, or two messages that nobody could tell apart."""
        if self.keys == other.keys:
            return True
        if _NUMBERS.findall(self.text) != _NUMBERS.findall(other.text):
            return False
        return _are_alike(self.user, other.user, SAME_NAME) and _are_alike(self.text, other.text, SAME_TEXT)


def _are_alike(one: str, other: str, least: float) -> bool:
    one, other = one.casefold(), other.casefold()
    if one == other:
        return True
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least and matcher.ratio() >= least


@dataclass(frozen=True, slots=True)
class _Numbered:
    message: Message
    number: int
    """Messages that are the same have the same one."""


class ChatPanel:
    """Takes what is read of a chat, look by look, and gives each message once, however the rows move."""

    def __init__(self) -> None:
        self._told: deque[_Numbered] = deque(maxlen=MOST_REMEMBERED)
        self._next_number = 0

    def add(self, rows: Sequence[TextRow]) -> list[Message]:
        """The messages in `rows`, from top to bottom, that were not told before."""
        messages = list(_messages(rows))
        told = list(self._told)[-2 * len(messages) - 1 :]
        shown: list[_Numbered] = []
        for one in messages:
            shown.append(self._numbered(one, [*told, *shown]))
        before, after = [one.number for one in told], [one.number for one in shown]
        *blocks, _ = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        known = {at for block in blocks for at in range(block.b, block.b + block.size)}
        # Below what was told last all is new, though somebody said the same before.
        goes_on = not told or (bool(blocks) and blocks[-1].a + blocks[-1].size == len(told))
        last_known = max(known, default=-1) if goes_on else len(shown)
        # Elsewhere stands what is newest in a chat that grows at its top, or that moved on by more than it shows;
        # what was scrolled back to; and what is read differently this time: of these only the newest are new.
        new = [
            one
            for at, one in enumerate(shown)
            if at > last_known or (at not in known and not any(one.message.is_same(old.message) for old in self._told))
        ]
        self._told.extend(new)
        return [one.message for one in new]

    def _numbered(self, one: Message, known: Sequence[_Numbered]) -> _Numbered:
        # Nearly all look as before, and to compare what was read takes long.
        same = next((old for old in known if old.message.keys == one.keys), None)
        same = same or next((old for old in known if old.message.is_same(one)), None)
        if same is None:
            self._next_number += 1
        return _Numbered(one, same.number if same else self._next_number)


def _messages(rows: Sequence[TextRow]) -> Iterator[Message]:
    """The messages in `rows`, from top to bottom; rows at the top whose beginning has scrolled away are left out."""
    by_colour = sum(bool(_tidy_name(row.name)) for row in rows)
    by_colon = sum(not row.name and _by_colon(row.text) is not None for row in rows)
    named = [_with_name(row, has_colours=by_colour >= by_colon) for row in rows]
    usual = median(row.height for row in rows) if rows else 0.0
    group: list[TextRow] = []
    bottom = 0
    for row in named:
        is_near = bool(group) and row.top - bottom <= ROW_GAP * usual
        # A name above its text may be followed by nothing but text.
        if row.name or not is_near:
            yield from _message(group)
            group = [row] if row.name else []
        else:
            group.append(row)
        bottom = row.bottom
    yield from _message(group)


def _with_name(row: TextRow, *, has_colours: bool) -> TextRow:
    """`row` with the name that its words show where its colours do not."""
    name, text = _tidy_name(row.name), _tidy(row.text)
    if not has_colours:
        whole = f"{row.name} {row.text}".strip()
        name, text = _by_colon(whole) or ("", _tidy(whole))
    elif not text:
        # All of it has one colour, and not that of the other messages.
        name, text = _by_colon(row.name) or (name, text)
    return TextRow(row.top, row.bottom, row.left, name, text, row.key)


def _by_colon(text: str) -> tuple[str, str] | None:
    """Name and text of a row that begins with a name and a colon."""
    found = _NAMED.fullmatch(_TIME.sub("", text, count=1) if _TIME.match(text) else text)
    return (_tidy_name(found[1]), _tidy(found[2])) if found and _tidy_name(found[1]) else None


def _message(rows: Sequence[TextRow]) -> Iterator[Message]:
    text = " ".join(row.text for row in rows if row.text).lstrip(": ")
    if text:
        yield Message(rows[0].name, text, tuple(row.key for row in rows))


def _tidy_name(name: str) -> str:
    words = _TIME.sub(" ", name).replace(":", " ").split()
    return " ".join(word for word in words if any(c.isalnum() for c in word))


def _tidy(text: str) -> str:
    """`text` without what pictures between its words were taken for."""
    words = [word for word in text.replace(",.", ",").split() if not _STRAY.fullmatch(word)]
    kept = " ".join(words)
    strange = _CJK.findall(kept)
    if strange and len(_LATIN.findall(kept)) > 3 * len(strange):
        kept = " ".join(_CJK.sub("", kept).split())
    return kept
