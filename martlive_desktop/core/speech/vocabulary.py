"""The names of a show, in place of what a speech model wrote for them because it does not know them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from martlive_desktop.core.speech.stable import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlive_desktop.core.speech.stable import Piece

LANGUAGES = frozenset({"en"})
"""Where it was measured; the spelling of the sounds is English, too."""

MIN_LIKENESS = 0.8
"""Of the sounds: "barquwell" and "Barkwell" 1.0, "test sorrow" and "Tessaro" 0.8; below it hardly any is the name."""

SURE_PROBABILITY = 0.9
"""Words that are surer than this are what was said; a name that was missed had a word below 0.8."""

MIN_GAIN = -6.0
"""Difference of the natural log probabilities of the text with the name and without: how much less likely than what it
wrote the model may find a name that the plan has. Names that were said lie above -8, all others below -12; between them
are homophones ("polish", "Pawlish")."""

MOST_TRIED = 6
"""In one utterance, each 15 ms; 48 names gave 1.2 on average."""

_SHORTEST_KEY = 3
_SPELLINGS = (
    (r"[^a-z0-9]", ""),
    (r"ph", "f"),
    (r"ck|q(?=u)|q", "k"),
    (r"ku", "kw"),
    (r"x", "ks"),
    (r"wh", "w"),
    (r"wr", "r"),
    (r"kn", "n"),
    (r"th", "t"),
    (r"tion", "shn"),
    (r"c(?=[eiy])|z", "s"),
    (r"c(?!h)", "k"),
    (r"y", "i"),
    (r"(?<=[aeiou])h", ""),
    (r"[aeiou]+", "a"),
    (r"(.)\1+", r"\1"),
)
"""English letters to what they sound like, one after the other; all vowels are one, since Whisper guesses those worst."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A name in place of the pieces from `first` to before `after`."""

    first: int
    after: int
    text: str
    """With the space before it, if the pieces had one."""


class Vocabulary:
    """The names to listen for."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take names as the plan writes them; those without English letters are never found."""
        keys = {name: sound_key(name) for name in dict.fromkeys(names)}
        self._keys = {name: key for name, key in keys.items() if len(key) >= _SHORTEST_KEY}

    def replacements(self, pieces: Sequence[Piece], gain: Callable[[Replacement], float]) -> list[Replacement]:
        """What to replace in `pieces`, in order, no two overlapping.

        Args:
            pieces: an utterance.
            gain: by how much a replacement makes the text more likely for the model that heard it, in nats.
        """
        alike = sorted(self._lookalikes(pieces), key=lambda one: -one[0])[:MOST_TRIED]
        judged = sorted(((gain(one), one) for _, one in alike), key=lambda one: -one[0])
        taken: list[Replacement] = []
        for gained, one in judged:
            if gained >= MIN_GAIN and all(one.after <= other.first or one.first >= other.after for other in taken):
                taken.append(one)
        return sorted(taken, key=lambda one: one.first)

    def _lookalikes(self, pieces: Sequence[Piece]) -> Iterator[tuple[float, Replacement]]:
        """Words in a row that sound like a name and are not it, with their likeness."""
        begins = [index for index, piece in enumerate(pieces) if piece.begins_word or index == 0]
        bounds = [*begins, len(pieces)]
        for name, key in self._keys.items():
            # One word of a name may be heard as two ("Sol wick").
            for count in range(1, len(name.split()) + 2):
                for first, end in zip(bounds, bounds[count:], strict=False):
                    after = max((index + 1 for index in range(first, end) if pieces[index].has_letters), default=first)
                    if min((piece.probability for piece in pieces[first:after]), default=1.0) >= SURE_PROBABILITY:
                        continue
                    text = "".join(piece.text for piece in pieces[first:after])
                    likeness = SequenceMatcher(None, sound_key(text), key, autojunk=False).ratio()
                    if likeness >= MIN_LIKENESS and not _says(text, name):
                        is_capital = text.strip()[:1].isupper()
                        written = name[:1].upper() + name[1:] if is_capital else name
                        space = text[: len(text) - len(text.lstrip())]
                        yield likeness, Replacement(first, after, space + written)


def _says(text: str, name: str) -> bool:
    """Whether `text` has `name` in it, or several of them."""
    words = " ".join(plain(word) for word in text.split())
    return re.search(rf"\b{re.escape(name.casefold())}('?s)?\b", words) is not None


def sound_key(text: str) -> str:
    """What `text` sounds like in English, roughly; words that sound alike have like keys."""
    key = unicodedata.normalize("NFKD", text).casefold()
    for letters, sound in _SPELLINGS:
        key = re.sub(letters, sound, key)
    return key
