"""A viewer's question, short enough to be read at a glance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from martlive_desktop.core.coach.wording import MAX_CHARACTERS, MAX_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.lexicon import Lexicon, Phrases

_LEAST_CHARACTERS = 24
"""Left for the question beside a long name, which then is not shown with it."""

_LEAST_WORDS = 4
"""A question cut off before "if" or "or" is still one with so many words: "are the batteries included"."""

_MARKS = ",.;:!)"
_AT = re.compile(r"@[\w.]+")


def summary(text: str, lexicon: Lexicon, viewer: str = "") -> str:
    """What `text` asks, in its own words: "is it safe for cats?" is "safe for cats?".

    Of a long one the greeting, the story before the question, the alternatives after it and its frame ("which one would
    you") go in this order, each only as long as a card has no room for the rest beside the name of `viewer`.
    """
    words = _without_openers(_AT.sub(" ", text.split("?")[0]).split(), lexicon)
    most = max(_LEAST_CHARACTERS, MAX_CHARACTERS - len(f"{viewer}: ?"))

    def is_long() -> bool:
        return len(words) > MAX_WORDS - 1 or len(" ".join(words)) > most

    if is_long():
        words = _without_openers(words[_start(words, lexicon) :], lexicon)
    if is_long():
        words = words[: _end(words, lexicon)]
    if is_long() and not _match(words, lexicon.chat_kept):
        words = words[_match(words, lexicon.chat_frames) :] or words
        while len(words) > 1 and (
            (is_long() and _plain(words[0]) in lexicon.function_words) or _plain(words[0]) in lexicon.loose_words
        ):
            words = words[1:]
    last = words[-1:]
    while len(words) > 1 and is_long():
        words = words[:-1]
    while len(words) > 1 and words[-1:] != last and _plain(words[-1]) in lexicon.loose_words:
        words = words[:-1]
    return " ".join(words)[:most].rstrip(_MARKS + " ") + "?"


def _start(words: Sequence[str], lexicon: Lexicon) -> int:
    """Where in `words` the question starts: behind a mark or a joining word rather than anywhere."""
    starts = [at for at in range(len(words) - 1) if _match(words[at:], lexicon.chat_questions)]
    joining = lexicon.clause_starts | lexicon.clause_joiners
    clear = (at for at in starts if at == 0 or words[at - 1][-1] in _MARKS or _plain(words[at - 1]) in joining)
    return next(clear, starts[0] if starts else 0)


def _end(words: Sequence[str], lexicon: Lexicon) -> int:
    """Where in `words` an alternative, a condition or a second question starts."""
    for at in range(_LEAST_WORDS, len(words)):
        word = _plain(words[at])
        if word in lexicon.chat_alternatives or (
            word in lexicon.clause_joiners and _match(words[at + 1 :], lexicon.chat_questions)
        ):
            return at
    return len(words)


def _without_openers(words: Sequence[str], lexicon: Lexicon) -> Sequence[str]:
    for opener in lexicon.chat_openers:
        beginning = opener.split()
        if [_plain(word) for word in words[: len(beginning)]] == beginning and len(words) > len(beginning):
            words = words[len(beginning) :]
    return words


def _match(words: Sequence[str], phrases: Phrases) -> int:
    """How many of `words` one of `phrases` takes that begins with them; 0: none."""
    text = " ".join(["", "_", *map(_plain, words), ""])
    return next((len(text[:end].split()) - 1 for begin, end in phrases.spans(text) if begin == 1), 0)


def _plain(word: str) -> str:
    return word.casefold().strip(_MARKS)
