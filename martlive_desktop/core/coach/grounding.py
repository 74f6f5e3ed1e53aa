"""Whether a text may be shown: short, plain, and with nothing in it that is not known."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.coach.wording import fits
from martlive_desktop.core.events import Word
from martlive_desktop.core.meaning import stem
from martlive_desktop.core.spoken import Passage, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from martlive_desktop.core.lexicon import Lexicon

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FORBIDDEN = frozenset("<>{}[]|\\`*#")
"""Signs of markup and of a model that talks about its own format."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """Checks texts against the evidence; every text passes here, whoever wrote it."""

    lexicon: Lexicon
    vocabulary: frozenset[str]
    """Stems of the words that need no evidence: those of the pack's own tips."""

    @classmethod
    def of(cls, lexicon: Lexicon, tips: Iterable[str]) -> Grounding:
        """Take the words of `tips` as known; a number or a name needs evidence all the same."""
        return cls(lexicon, frozenset(stem(word) for tip in tips for word in words_of(tip)))

    def refusal(self, text: str, evidence: Iterable[str]) -> str:
        """Why `text` may not be shown with only `evidence` known; empty: it may."""
        if not text.strip() or not fits(text):
            return "length"
        if any(unicodedata.category(one)[0] == "C" or one in _FORBIDDEN for one in text):
            return "signs"
        if self.is_claim(text):
            return "claim"
        known = {stem(word) for one in evidence for word in words_of(one)}
        functions = self.lexicon.function_words
        for word in words_of(text):
            is_number = any(one.isdigit() for one in word) or word in self.lexicon.numbers
            if stem(word) in known or (not is_number and (stem(word) in self.vocabulary or word in functions)):
                continue
            return "number" if is_number else "word"
        return ""

    def is_claim(self, text: str) -> bool:
        """Whether `text` says what nobody may say: a claim, or an offer outside the app."""
        said = Passage(tokens([Word(word, 0, 0, 1.0) for word in text.split()], self.lexicon)).text
        return self.lexicon.claims.has(said) or self.lexicon.off_platform.has(said)


def words_of(text: str) -> list[str]:
    """The words of `text` in lower case, without the ending of a possessive; amounts keep their digits only."""
    return [word.removesuffix("'s") for word in _WORD.findall(text.casefold().replace("’", "'"))]
