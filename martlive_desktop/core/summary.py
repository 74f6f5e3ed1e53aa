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
"""A question that is understood without what stands around it: "are the batteries included"; "is that normal" is not."""

_MARKS = ",.;:!)"
_LEAST_PHRASE = 3
"""Words left when a phrase is cut off at the end: "smallest one you have" without "for a studio flat"."""

_AT = re.compile(r"@[\w.]+")


def summary(text: str, lexicon: Lexicon, viewer: str = "") -> str:
    """What `text` asks, in its own words: "is it safe for cats?" is "safe for cats?".

    Of a long one the greeting, the story before the question, the alternatives after it and its frame ("which one would
    you") go in this order, each only as long as a card has no room for the rest beside the name of `viewer`. Where no
    question is seen to start, the longest of the `endings` stays.
    """
    ends = endings(text, lexicon, viewer)
    if ends:
        return f"{ends[0]}?"
    words, most = _words(text, lexicon), _room(viewer)
    if _is_long(words, most):
        words = _without_openers(words[_start(words, lexicon) :], lexicon)
    if _is_long(words, most):
        words = words[: _end(words, lexicon)]
    if _is_long(words, most) and not _match(words, lexicon.chat_kept):
        words = words[_match(words, lexicon.chat_frames) :] or words
        while len(words) > 1 and (
            (_is_long(words, most) and _plain(words[0]) in lexicon.function_words)
            or _plain(words[0]) in lexicon.loose_words
        ):
            words = words[1:]
    if _is_long(words, most):
        ends_at = [end for end in range(_LEAST_PHRASE, len(words)) if _plain(words[end]) in lexicon.phrase_starts]
        while len(words) > 1 and _is_long(words, most):
            words = words[: ends_at.pop()] if ends_at else words[:-1]
        while len(words) > 1 and _plain(words[-1]) in lexicon.loose_words:
            words = words[:-1]
    return " ".join(words)[:most].rstrip(_MARKS + " ") + "?"


def endings(text: str, lexicon: Lexicon, viewer: str = "") -> list[str]:
    """Ways to end a long line in which no question is seen to start, longest first; none for another line.

    People who leave the question words out still ask last: "for a tiny balcony in the north the fern or the ivy?".
    """
    words, most = _words(text, lexicon), _room(viewer)
    if not _is_long(words, most) or _starts(words, lexicon):
        return []
    tails = (words[first:] for first in range(len(words) - _LEAST_PHRASE + 1))
    fitting = (tail for tail in tails if not _is_long(tail, most) and _plain(tail[0]) not in lexicon.loose_words)
    return [" ".join(tail).rstrip(_MARKS + " ") for tail in fitting]


def _words(text: str, lexicon: Lexicon) -> Sequence[str]:
    return _without_openers(_AT.sub(" ", text.split("?")[0]).split(), lexicon)


def _room(viewer: str) -> int:
    """Characters for a question beside the name of `viewer`."""
    return max(_LEAST_CHARACTERS, MAX_CHARACTERS - len(f"{viewer}: ?"))


def _is_long(words: Sequence[str], most: int) -> bool:
    return len(words) > MAX_WORDS - 1 or len(" ".join(words)) > most


def _starts(words: Sequence[str], lexicon: Lexicon) -> list[int]:
    return [at for at in range(len(words) - 1) if _match(words[at:], lexicon.chat_questions)]


def _start(words: Sequence[str], lexicon: Lexicon) -> int:
    """Where in `words` the question starts: behind a mark or a joining word rather than anywhere."""
    starts = _starts(words, lexicon)
    joining = lexicon.clause_starts | lexicon.clause_joiners
    clear = (at for at in starts if at == 0 or words[at - 1][-1] in _MARKS or _plain(words[at - 1]) in joining)
    start = next(clear, starts[0] if starts else 0)
    return start if len(words) - start >= _LEAST_WORDS else min(start, max(0, len(words) - (MAX_WORDS - 1)))


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
