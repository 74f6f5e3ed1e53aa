"""Recognised words as tokens, the talk they make, and the prices in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlive_desktop.core.events import Transcript, Word
    from martlive_desktop.core.lexicon import Lexicon, Phrases

STOPS = frozenset(".?!")
"""Tokens that end a sentence."""

_PUNCTUATION = {";": ",", ":": ",", "–": ",", "—": ",", "…": ".", "...": "."}
_PIECE = re.compile(r"[$€£¥]?\d+(?:,\d{3})*(?:\.\d+)?[$€£¥]?|[^\W\d_]+(?:'[^\W\d_]+)*|\d+|%|\.\.\.|[.?!,;:–—…]")
_AMOUNT = re.compile(r"([$€£¥])?(\d+(?:,\d{3})*(?:\.\d+)?)([$€£¥])?")
_FRACTION = re.compile(r"[.,]\d")
_HUNDRED = 100
_FIRST_TEN = 20
_SMALLEST_PAIR = 10


@dataclass(frozen=True, slots=True)
class Token:
    """A word in lower case without contraction, or a punctuation mark."""

    text: str
    start_ms: int
    end_ms: int
    is_stable: bool = True

    @property
    def is_word(self) -> bool:
        return self.text not in STOPS and self.text != ","


class Span(NamedTuple):
    """Tokens `first` to `last` of a passage, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """A number in the tokens from `first` to `last`, both included."""

    amount: float
    first: int
    last: int
    has_cents: bool = False
    """It is written with two decimals, or was said as a pair ("fourteen fifty")."""
    is_marked: bool = False
    """A currency sign or word says that it is money."""


class Passage:
    """Tokens in order and the text they make; phrases are found in it by token."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        at, parts = 1, [" "]
        for index, token in enumerate(tokens):
            self._starts[at] = index
            at += len(token.text) + 1
            self._ends[at - 1] = index
            parts += [token.text, " "]
        self.text = "".join(parts)

    def find(self, phrases: Phrases) -> Iterator[Span]:
        """Every place where one of `phrases` begins."""
        for start, end in phrases.spans(self.text):
            yield Span(self._starts[start], self._ends[end])

    def slice(self, first: int, end: int) -> str:
        """The text of the tokens from `first` up to, not including, `end`, with spaces around."""
        return "".join((" ", *(token.text + " " for token in self.tokens[first:end])))

    def sentence(self, index: int) -> Span:
        """The sentence around a token, with the mark that ends it."""
        first = index
        while first > 0 and self.tokens[first - 1].text not in STOPS:
            first -= 1
        last = index
        while last < len(self.tokens) - 1 and self.tokens[last].text not in STOPS:
            last += 1
        return Span(first, last)


class Talk:
    """What was said lately: the finals, and the open utterance as it stands."""

    def __init__(self, lexicon: Lexicon, *, keep_ms: int, repair: Callable[[str], str] = str) -> None:
        """Remember `keep_ms` of talk; `repair` puts misheard words right."""
        self._lexicon = lexicon
        self.keep_ms = keep_ms
        """How long a final is kept."""
        self._repair = repair
        self._final: list[Token] = []
        self._next_utterance = 0

    def hear(self, transcript: Transcript) -> Passage | None:
        """The passage that ends with `transcript`; None for a partial of an utterance that is over."""
        if transcript.utterance < self._next_utterance:
            return None
        new = tokens(transcript.words, self._lexicon, self._repair)
        if transcript.is_final:
            self._next_utterance = transcript.utterance + 1
            new = [replace(token, is_stable=True) for token in new]
            self._final += new
            self._forget(transcript.at_ms - self.keep_ms)
            return Passage(self._final)
        return Passage(self._final + new)

    def _forget(self, oldest_ms: int) -> None:
        """Drop what ended by `oldest_ms` in whole sentences: half of one may say the opposite."""
        first = next((at for at, token in enumerate(self._final) if token.end_ms > oldest_ms), len(self._final))
        starts = (at + 1 for at in range(max(0, first - 1), len(self._final)) if self._final[at].text in STOPS)
        self._final = self._final[next(starts, first) if first else 0 :]


@dataclass(slots=True)
class Occurrence:
    """Something that was said once, though many decodes show it."""

    start_ms: int
    heard_ms: int
    """When it was first known."""
    subject: str
    amount: float
    holds_until_ms: int
    is_news: bool
    """It was not part of the same matter as one before."""
    is_withdrawn: bool = False
    """A later decode does not show it any more."""


class Occurrences:
    """Things said that call for a reaction; each holds for a while from when it was first heard."""

    def __init__(self, *, hold_ms: int, same_ms: int, rest_ms: int) -> None:
        """Keep each for `hold_ms`.

        Args:
            hold_ms: how long one holds, in ms.
            same_ms: two decodes that place a thing this close, in ms, show the same one.
            rest_ms: another one so soon after, in ms, is part of the same matter and does not hold anew.
        """
        self.hold_ms = hold_ms
        """As above; what was heard before a change keeps its time."""
        self._same_ms = same_ms
        self.rest_ms = rest_ms
        self._known: list[Occurrence] = []

    def update(self, found: Sequence[tuple[int, str, float]], since_ms: int, now_ms: int) -> None:
        """Take what the newest decode shows of the time from `since_ms` on: start, subject and amount of each."""
        self._known = [
            one for one in self._known if one.heard_ms > now_ms - 2 * self.rest_ms or one.start_ms >= since_ms
        ]
        for one in self._known:
            if one.start_ms >= since_ms:
                one.is_withdrawn = not any(abs(one.start_ms - start_ms) <= self._same_ms for start_ms, _, _ in found)
        for start_ms, subject, amount in found:
            if any(abs(one.start_ms - start_ms) <= self._same_ms for one in self._known):
                continue
            is_news = all(now_ms - one.heard_ms >= self.rest_ms or not one.is_news for one in self._known)
            until_ms = now_ms + self.hold_ms if is_news else 0
            self._known.append(Occurrence(start_ms, now_ms, subject, amount, until_ms, is_news))

    def clear(self, subject: str, before_ms: int) -> None:
        """What was said about `subject` was put right at `before_ms`."""
        for one in self._known:
            if one.subject == subject and one.start_ms < before_ms:
                one.holds_until_ms = 0

    def holding(self, now_ms: int) -> Occurrence | None:
        """The newest that holds."""
        return next(
            (one for one in reversed(self._known) if now_ms < one.holds_until_ms and not one.is_withdrawn), None
        )


def tokens(words: Sequence[Word], lexicon: Lexicon, repair: Callable[[str], str] = str) -> list[Token]:
    """`words` without fillers in lower case, contractions spelt out, punctuation as tokens of its own."""
    whole: list[Word] = []
    for word in words:
        if word.filler and (word.text[-1:] not in STOPS or word.text.endswith("...")):
            continue
        if word.filler:
            word = replace(word, text=word.text[-1:])
        if whole and _FRACTION.match(word.text) and whole[-1].text[-1:].isdigit():
            # Word alignment cuts "$46.50" in two.
            before = whole.pop()
            is_stable = before.is_stable and word.is_stable
            word = replace(word, text=before.text + word.text, start_ms=before.start_ms, is_stable=is_stable)
        whole.append(word)
    out: list[Token] = []
    for word in whole:
        for piece in _PIECE.findall(word.text.casefold().replace("\u2019", "'")):
            piece = _PUNCTUATION.get(piece, piece)
            out += [
                Token(repair(part), word.start_ms, word.end_ms, word.is_stable)
                for part in _spelt_out(piece, lexicon).split()
            ]
    return out


def _spelt_out(piece: str, lexicon: Lexicon) -> str:
    if piece in lexicon.contractions:
        return lexicon.contractions[piece]
    if "'" not in piece:
        return piece
    for ending, meaning in lexicon.contractions.items():
        if "'" in ending and piece.endswith(ending):
            return piece.removesuffix(ending) + meaning
    return piece.replace("'", "")


def spoken_numbers(said: Sequence[Token], lexicon: Lexicon, currency: str = "USD") -> list[SpokenNumber]:
    """Every number, with its currency where one is said; percentages and counts of units are left out."""
    money = lexicon.currencies["any"] | lexicon.currencies.get(currency, frozenset())
    out: list[SpokenNumber] = []
    at = 0
    while at < len(said):
        number = _number(said, at, lexicon)
        if number is None:
            at += 1
            continue
        number = _with_cents(_with_pair(number, said, lexicon), said, lexicon, money)
        at = number.last + 1
        follower = _text(said, at)
        if follower not in lexicon.percents and (number.is_marked or follower not in lexicon.units):
            out.append(number)
    return out


def spoken_prices(said: Sequence[Token], lexicon: Lexicon, currency: str = "USD") -> list[SpokenNumber]:
    """The numbers that are money, or look like it: with a currency, or with cents."""
    return [one for one in spoken_numbers(said, lexicon, currency) if one.is_marked or one.has_cents]


def _text(said: Sequence[Token], at: int) -> str:
    return said[at].text if at < len(said) else ""


def _number(said: Sequence[Token], at: int, lexicon: Lexicon) -> SpokenNumber | None:
    """The number that begins at token `at`, in digits or in words."""
    if digits := _AMOUNT.fullmatch(said[at].text):
        value = digits[2].replace(",", "")
        return SpokenNumber(float(value), at, at, value[-3:-2] == ".", bool(digits[1] or digits[3]))
    index = at
    # What may follow: less than `room` joins the number, so a ten after a hundred, a unit after a ten.
    total, group, room = 0, 0, 1000
    if said[at].text in lexicon.articles and _text(said, at + 1) in lexicon.scales:
        group, index = 1, at + 1
    last = -1
    while (text := _text(said, index)) in lexicon.numbers or text in lexicon.scales or text in lexicon.number_joiners:
        if text in lexicon.number_joiners:
            if room < _HUNDRED or _text(said, index + 1) not in lexicon.numbers or last < 0:
                break
        elif text in lexicon.numbers:
            value_of = lexicon.numbers[text]
            if value_of >= room:
                break
            group, room, last = group + value_of, 10 if value_of >= _FIRST_TEN else 0, index
        else:
            scale = lexicon.scales[text]
            if not group:
                break
            if scale == _HUNDRED:
                group, room = group * scale, scale
            else:
                total, group, room = total + group * scale, 0, scale
            last = index
        index += 1
    return SpokenNumber(float(total + group), at, last) if last >= 0 else None


def _with_pair(number: SpokenNumber, said: Sequence[Token], lexicon: Lexicon) -> SpokenNumber:
    """Two numbers are dollars and cents: "fourteen fifty" is 14.50."""
    after = _number(said, number.last + 1, lexicon) if number.last + 1 < len(said) else None
    if after is None or number.has_cents or not number.amount.is_integer() or not 1 <= number.amount < 1000:
        return number
    if after.is_marked or after.has_cents or not _SMALLEST_PAIR <= after.amount < _HUNDRED:
        return number
    if _text(said, after.last + 1) in lexicon.cents:
        return number
    return replace(number, amount=number.amount + after.amount / _HUNDRED, last=after.last, has_cents=True)


def _with_cents(number: SpokenNumber, said: Sequence[Token], lexicon: Lexicon, money: frozenset[str]) -> SpokenNumber:
    """The cents after dollars, as in "14 dollars and 50 cents", or alone."""
    if _text(said, number.last + 1) in money:
        number = replace(number, last=number.last + 1, is_marked=True)
    elif _text(said, number.last + 1) in lexicon.cents:
        return replace(number, amount=number.amount / _HUNDRED, last=number.last + 1, has_cents=True, is_marked=True)
    if not number.is_marked or number.has_cents:
        return number
    at = number.last + 1
    if _text(said, at) in STOPS and _text(said, at + 1) in lexicon.number_joiners:
        # A recogniser may end the sentence before "and fifty cents".
        at += 1
    is_joined = _text(said, at) in lexicon.number_joiners
    after = _number(said, at + is_joined, lexicon) if at + is_joined < len(said) else None
    if after is None or after.is_marked or after.has_cents or not 1 <= after.amount < _HUNDRED:
        return number
    follower = _text(said, after.last + 1)
    has_word = follower in lexicon.cents
    if not has_word and (is_joined or after.amount < _SMALLEST_PAIR or follower in lexicon.units):
        return number
    amount = number.amount + after.amount / _HUNDRED
    return replace(number, amount=amount, last=after.last + has_word, has_cents=True)
