"""What a language's words mean to the detectors: phrases with gaps and alternatives, numbers, currencies."""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_GAPS = {"..": ("[.?!,]", 3), "...": ("[.?!]", 6)}
"""The marks that a gap does not skip, and how many words it may skip."""

NOT_IN_GAPS = "not_in_gaps"
"""The set of words that no gap skips: they turn a phrase round."""

_CHOICE = r"[^\s<>*?|]+\*?"
_ITEM = re.compile(rf"(?:<(?P<name>\w+)>|(?P<words>{_CHOICE}(?:\|{_CHOICE})*))(?P<optional>\??)|(?P<mark>\?)")

LIKENESS = 0.85
"""Share of common letters (difflib) from which two long words are one misheard word: one wrong letter in seven."""

SOUND_LIKENESS = 0.54
"""The same for words that sound alike: "exima" for "eczema"."""

SHORTEST_REPAIR = 5
"""Letters; shorter words have too many neighbours that are words themselves."""

_SOUNDS = {
    letter: str(code)
    for code, letters in enumerate(("aeiouy", "bfpv", "cgjkqsxz", "dt", "l", "m", "n", "r"))
    for letter in letters
}
"""Letters that are mistaken for each other; the others are hardly heard."""


class Phrases:
    """Phrases of one meaning, found in text of one space between and around lower-case words and punctuation.

    A phrase is words with spaces between; `a|b` is either, `a?` may be missing, `heal*` any word that begins so,
    `<name>` one entry of a named set, `..` up to three words within a clause, `...` up to six within a sentence,
    as few as will do, or at the end of a phrase as many as there are.
    """

    def __init__(self, phrases: Sequence[str], sets: Mapping[str, Sequence[str]]) -> None:
        """Compile `phrases`.

        Raises:
            ValueError: one of them is malformed or names an unknown set.
        """
        pattern = "|".join(_pattern(phrase, sets) for phrase in phrases)
        self._pattern = re.compile(f"(?<= )(?:{pattern})")
        self.words = frozenset(re.findall(r"[^\W\d_]{2,}", pattern))
        """Every whole word in them, and those that their gaps do not skip."""

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Offsets of every place where one of them begins, and where it ends, without the space after it."""
        at = 0
        while found := self._pattern.search(text, at):
            yield found.start(), found.end() - 1
            at = found.start() + 1

    def has(self, text: str) -> bool:
        """Whether one of them is in `text`."""
        return self._pattern.search(text) is not None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the detectors know of a language; each field of type Phrases is a table of the pack."""

    numbers: Mapping[str, int]
    """Words from zero to nineteen and the tens."""
    scales: Mapping[str, int]
    """Words that multiply what stands before them."""
    number_joiners: frozenset[str]
    """Words inside a number, as "and" in "one hundred and ten"."""
    articles: frozenset[str]
    """Words that stand for one before a scale: "a hundred"."""
    percents: frozenset[str]
    currencies: Mapping[str, frozenset[str]]
    """Words and signs by ISO 4217 code; those under `any` are money whatever the plan's currency is."""
    fours: frozenset[str]
    """Words that sound like "four"."""
    cents: frozenset[str]
    units: frozenset[str]
    """Words after a number that is no price."""
    contractions: Mapping[str, str]
    """Words, and endings that begin with an apostrophe or "n't", with what they stand for."""
    clause_starts: frozenset[str]
    """Words that begin a new clause wherever they stand."""
    clause_joiners: frozenset[str]
    """Words and commas that begin a new clause where a subject follows."""
    subjects: frozenset[str]
    question_starts: frozenset[str]
    """Words that make a question where a clause begins with them."""
    viewers: frozenset[str]
    """How viewers are spoken to: a question to them may be a request."""
    question_tags: Phrases
    """Ends of a question that does not ask."""
    rare_words: frozenset[str]
    """Words that the recogniser often spells wrong and that mean something here."""
    claims: Phrases
    claims_harmless: Phrases
    claims_warnings: Phrases
    """Words that make the sentence a warning of it."""
    off_platform: Phrases
    off_platform_harmless: Phrases
    off_platform_warnings: Phrases
    """Words that make the sentence a warning of it."""
    safer: Mapping[str, Phrases]
    """What to say instead of a risky phrase, with the phrases that it stands for; the first that fits is meant."""
    negations: Phrases
    negations_void: Phrases
    """Negative in form only: "not only", "no joke"."""
    quotes: Phrases
    quotes_after: Phrases
    authorities: Phrases
    """Who is quoted to be believed: it stays a claim."""
    rejections: Phrases
    """What is said after a phrase to take it back."""
    disclosures: Phrases
    calls: Phrases
    """Calls to action."""
    calls_harmless: Phrases
    asks: Phrases
    """Questions and invitations to the viewers."""
    asks_harmless: Phrases
    function_words: frozenset[str]
    """Words that carry no content of their own."""
    chat_openers: tuple[str, ...]
    """What a question begins with and means the same without."""
    chat_questions: Phrases
    """How a question begins (`_` is its start) that has no question mark."""
    chat_kept: Phrases
    """Beginnings that a question is not understood without."""
    chat_frames: Phrases
    """Beginnings that it is understood without, where room is short."""
    chat_alternatives: frozenset[str]
    """Words from which on a question may be left out."""
    phrase_starts: frozenset[str]
    """Words before which a line may be cut off."""
    loose_words: frozenset[str]
    """Words that a shortened line neither begins nor ends with."""
    chat_harmless: Phrases
    """What makes a line of the chat no question, though it looks like one."""
    shows: Phrases
    """Words of showing the thing."""
    introductions: Phrases
    teasers: Phrases
    prices_plain: Phrases
    """What stands directly before or around a number that is a price without a currency word."""
    prices_stated: Phrases
    """The words before an amount that state it as the price of what is shown."""
    prices_other: Phrases
    """Words around an amount that is not the price of the thing on show."""

    def vocabulary(self) -> frozenset[str]:
        """The words of all phrases: whoever says one of them means it."""
        tables = (getattr(self, field.name) for field in dataclasses.fields(self))
        return frozenset().union(*(table.words for table in tables if isinstance(table, Phrases)))

    @classmethod
    def merged(cls, data: Mapping[str, Any], platform: Mapping[str, Any]) -> Lexicon:
        """The lexicon of a parsed language pack with the phrases that a platform's pack adds to its tables.

        Raises:
            ValueError: either is malformed, or the platform's has a table that the language's has not.
        """
        lists = {name: entries for name, entries in platform.items() if isinstance(entries, list)}
        if lists.keys() != platform.keys() or not all(isinstance(data.get(name), list) for name in lists):
            raise ValueError("The platform pack adds phrases to tables that the language pack has not.")
        return cls.from_dict({**data, **{name: [*data[name], *entries] for name, entries in lists.items()}})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Lexicon:
        """The lexicon of a parsed language pack.

        Raises:
            ValueError: a table is missing, unknown, empty or malformed.
        """
        expected = {field.name for field in dataclasses.fields(cls)} | {"sets"}
        if data.keys() != expected:
            wrong = ", ".join(sorted(data.keys() ^ expected))
            raise ValueError(f"The language pack lacks, or should not have: {wrong}.")
        sets = {name: _strings(f"sets.{name}", entries) for name, entries in _table("sets", data["sets"]).items()}
        made: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            name, value = field.name, data[field.name]
            match field.type:
                case "Phrases":
                    made[name] = Phrases(_strings(name, value), sets)
                case "tuple[str, ...]":
                    made[name] = _strings(name, value)
                case "frozenset[str]":
                    made[name] = frozenset(_strings(name, value))
                case "Mapping[str, frozenset[str]]":
                    made[name] = {code: frozenset(_strings(name, words)) for code, words in _table(name, value).items()}
                case "Mapping[str, Phrases]":
                    made[name] = {
                        line: Phrases(_strings(name, phrases), sets) for line, phrases in _table(name, value).items()
                    }
                case "Mapping[str, int]":
                    made[name] = _typed(name, value, int)
                case _:
                    made[name] = _typed(name, value, str)
        return cls(**made)


class Repair:
    """Puts rare words right that were misheard or misspelt; asks each word once."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(word for word in set(words) if len(word) >= SHORTEST_REPAIR)
        self._known: dict[str, str] = {word: word for word in self._words}

    def __call__(self, word: str) -> str:
        """The rare word that `word` stands for, or `word`."""
        if len(word) < SHORTEST_REPAIR:
            return word
        if word not in self._known:
            self._known[word] = next((rare for rare in self._words if is_like(word, rare)), word)
        return self._known[word]


def is_like(heard: str, meant: str) -> bool:
    """Whether `heard` may be `meant`, misheard or misspelt: most letters, or the sound, are the same."""
    if heard.rstrip("s") == meant.rstrip("s"):
        return True
    likeness = difflib.SequenceMatcher(None, heard, meant, autojunk=False).ratio()
    return likeness >= LIKENESS or (likeness >= SOUND_LIKENESS and _sound(heard) == _sound(meant))


def _sound(word: str) -> str:
    """The classes of the letters of `word`, doubles once; Soundex with vowels, and with "m" and "n" apart."""
    codes = [_SOUNDS[letter] for letter in word if letter in _SOUNDS]
    return "".join(code for before, code in zip(["", *codes], codes, strict=False) if code != before)


def _pattern(phrase: str, sets: Mapping[str, Sequence[str]]) -> str:
    items = phrase.split()
    if all(item in _GAPS for item in items):
        raise ValueError(f"A phrase of the language pack has no word: {phrase!r}.")
    pattern = "".join(_item(item, phrase, sets) for item in items)
    return pattern.removesuffix("?") if items[-1] in _GAPS else pattern


def _item(item: str, phrase: str, sets: Mapping[str, Sequence[str]]) -> str:
    turns = sets.get(NOT_IN_GAPS, ())
    if item in _GAPS:
        marks, most = _GAPS[item]
        return f"(?:(?!(?:{'|'.join([marks, *map(re.escape, turns)])}) )[^ ]+ ){{0,{most}}}?"
    found = _ITEM.fullmatch(item)
    if found is None or (found["name"] and found["name"] not in sets):
        raise ValueError(f"A phrase of the language pack is malformed: {phrase!r}.")
    if found["mark"]:
        return r"\? "
    if found["words"]:
        return f"(?:{_words(found['words'])}){found['optional']}"
    # A set's own entries name no sets, so that none can hold itself.
    entries = "|".join(_pattern(entry, {NOT_IN_GAPS: turns}) for entry in sets[found["name"]])
    return f"(?:{entries}){found['optional']}"


def _words(alternatives: str) -> str:
    parts = [
        re.escape(part.removesuffix("*")) + ("[^ ]*" if part.endswith("*") else "") for part in alternatives.split("|")
    ]
    return f"(?:{'|'.join(parts)}) "


def _table(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"`{name}` of the language pack is no table.")


def _strings(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(entry, str) and entry.strip() for entry in value):
        raise ValueError(f"`{name}` of the language pack is no list of words.")
    return tuple(value)


def _typed(name: str, value: object, kind: type) -> dict[str, Any]:
    table = _table(name, value)
    if not all(type(entry) is kind for entry in table.values()):
        raise ValueError(f"`{name}` of the language pack has a wrong value.")
    return table
