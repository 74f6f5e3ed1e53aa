"""Whether two texts are about the same thing: the port, and word overlap for where no model is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_ENDINGS = ("ings", "ing", "ed", "es", "s", "ly")
_SHORTEST_STEM = 3
_SHORTEST_COMPOUND = 4


class Meaning(Protocol):
    """Compares texts."""

    @property
    def same(self) -> float:
        """From here on, two texts say the same."""
        ...

    @property
    def related(self) -> float:
        """From here on, one text may answer the other."""
        ...

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like `text` each of `others` is, 0 to 1."""
        ...


class WordOverlap:
    """The share of a text's content words that another one has too."""

    same = 0.6
    related = 0.6

    def __init__(self, function_words: Collection[str]) -> None:
        """Words in `function_words` carry no content."""
        self._function_words = function_words

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        words = content_words(text, self._function_words)
        return [share(words, content_words(other, self._function_words)) for other in others]


def content_words(text: str, function_words: Collection[str]) -> frozenset[str]:
    """The stems of the words of `text` that carry its content."""
    plain = "".join(c if c.isalnum() or c == "'" else " " for c in text.casefold())
    return frozenset(stem(word) for word in plain.split() if word not in function_words)


def stem(word: str) -> str:
    """`word` without what English appends to it; an approximation that only has to be the same on both sides."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending).removesuffix("e")
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


def share(words: Collection[str], said: Collection[str]) -> float:
    """The share of `words` that are in `said`, alone or as the end of a compound: "plane" for "airplane"."""
    if not words:
        return 0.0
    return sum(word in said or any(_is_compound(word, other) for other in said) for word in words) / len(words)


def _is_compound(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST_COMPOUND and long.endswith(short)
