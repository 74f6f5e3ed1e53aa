"""What viewers see on the stream window, as values, without Qt: nothing here can hold a tip of the coach."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.events import SessionStarted, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from martlive_desktop.core.events import Chat, LogEvent
    from martlive_desktop.core.plan import Product

CardName: TypeAlias = Literal["product", "question", "captions", "countdown", "giveaway"]

CAPTION_LINES = 2
"""Lines of captions on screen. Source: BBC Subtitle Guidelines 1.2.4, section 4."""

LINE_COLUMNS = 42
"""Columns of one line; a Chinese character takes two. Source: Netflix Timed Text Style Guide, General Requirements."""

CAPTIONS_STAY_MS = 6_000
"""Captions leave after this time without a new word: words that stand through a silence look stuck."""

LONGEST_TEXT = 280
"""Characters of a text that are kept; more never fits on a card."""

_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))
"""Wide characters of a script that puts spaces between its words."""


@dataclass(frozen=True, slots=True)
class ProductCard:
    """The product on sale; what is only for the streamer, such as what not to say, has no place on it."""

    name: str
    price: float | None = None
    """In `currency`; None: not shown."""
    currency: str = "USD"
    """ISO 4217 code."""
    picture: str = ""
    """A file; empty: none."""


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """A question from the chat that the streamer put on screen."""

    user: str
    text: str


@dataclass(frozen=True, slots=True)
class Countdown:
    """Time that runs out for everyone."""

    label: str
    started_ms: int
    """Stream time."""
    ends_ms: int
    """Stream time."""

    def left_ms(self, at_ms: int) -> int:
        """Milliseconds that are left at `at_ms`; never less than none."""
        return max(self.ends_ms - at_ms, 0)

    def part_left(self, at_ms: int) -> float:
        """How much of its time is left at `at_ms`, 0 to 1."""
        return min(self.left_ms(at_ms) / max(self.ends_ms - self.started_ms, 1), 1.0)


@dataclass(frozen=True, slots=True)
class Giveaway:
    """What can be won, and what to do for it."""

    title: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class StreamState:
    """Everything that viewers see; equal states look the same."""

    product: ProductCard | None = None
    question: ChatQuestion | None = None
    captions: tuple[str, ...] = ()
    """The last lines of words that no longer change."""
    countdown: Countdown | None = None
    giveaway: Giveaway | None = None
    hidden: frozenset[CardName] = frozenset()
    """Cards that are not on screen, whatever they hold."""
    now_ms: int = field(default=0, compare=False)
    """Stream time of the newest event."""
    utterance: int = field(default=-1, compare=False)
    """The one that the captions end with; -1: none yet."""
    lines_before: tuple[str, ...] = field(default=(), compare=False)
    """The captions before that utterance."""
    captioned_ms: int = field(default=0, compare=False)
    """Stream time at which the captions last changed."""

    def shows(self, name: CardName) -> bool:
        """Whether the card `name` is on screen."""
        return bool(getattr(self, name)) and name not in self.hidden


def reduce(state: StreamState, event: LogEvent) -> StreamState:
    """`state` after `event`; of what the coach says nothing comes through."""
    if isinstance(event, SessionStarted):
        # Its stream time begins anew, so no countdown of the last one holds.
        return StreamState(product=state.product, giveaway=state.giveaway, hidden=state.hidden, now_ms=event.at_ms)
    state = replace(state, now_ms=max(state.now_ms, event.at_ms))
    if isinstance(event, Transcript) and event.utterance >= state.utterance:
        state = _caption(state, event)
    if state.captions and state.now_ms - state.captioned_ms >= CAPTIONS_STAY_MS:
        # Words of the utterance that are gone must not come back with its next one, so it is over.
        state = replace(state, captions=(), lines_before=(), utterance=state.utterance + 1)
    return state


def put_product(state: StreamState, product: Product | None, currency: str) -> StreamState:
    """`state` with what viewers may know of `product`; None takes it away."""
    if product is None:
        return replace(state, product=None)
    picture = product.pictures[0] if product.pictures else ""
    return replace(state, product=ProductCard(clean(product.name), product.price, currency, picture))


def put_question(state: StreamState, chat: Chat | None) -> StreamState:
    """`state` with a line of the chat on screen; None takes it away."""
    return replace(state, question=None if chat is None else ChatQuestion(clean(chat.user), clean(chat.text)))


def put_countdown(state: StreamState, label: str, duration_ms: int) -> StreamState:
    """`state` with a countdown that starts now; one without a duration takes it away."""
    if duration_ms <= 0:
        return replace(state, countdown=None)
    return replace(state, countdown=Countdown(clean(label), state.now_ms, state.now_ms + duration_ms))


def put_giveaway(state: StreamState, title: str, action: str) -> StreamState:
    """`state` with a giveaway; one without a title takes it away."""
    return replace(state, giveaway=Giveaway(clean(title), clean(action)) if clean(title) else None)


def switch_card(state: StreamState, name: CardName, *, is_shown: bool) -> StreamState:
    """`state` with the card `name` on screen as soon as it holds something, or not at all."""
    return replace(state, hidden=state.hidden - {name} if is_shown else state.hidden | {name})


def clean(text: str) -> str:
    """`text` from a stranger on one line, without what would draw outside of it or turn it around."""
    kept = "".join(c if unicodedata.category(c) != "Cc" else " " for c in text if c not in _TURNING)
    return " ".join(kept.split())[:LONGEST_TEXT]


def flow(lines: tuple[str, ...], words: Iterable[str]) -> tuple[str, ...]:
    """The last lines of captions after `words`; what stands on a line never moves to another one."""
    shown = list(lines[-CAPTION_LINES:])
    for word in words:
        for piece in _pieces(word):
            longer = _joined(shown[-1], piece) if shown else piece
            is_full = shown and columns(longer) > LINE_COLUMNS and not _is_closing(piece)
            if is_full or not shown:
                shown.append(piece)
            else:
                shown[-1] = longer
    return tuple(shown[-CAPTION_LINES:])


def columns(text: str) -> int:
    """Width of `text` in columns of a typewriter: wide characters take two, accents none."""
    return sum(0 if unicodedata.combining(c) else 1 + _is_wide(c) for c in text)


_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)))
"""Marks that change the direction of what follows. Source: Unicode Standard Annex 9, section 2."""


def _caption(state: StreamState, heard: Transcript) -> StreamState:
    is_new = heard.utterance > state.utterance
    before = state.captions if is_new else state.lines_before
    words = (clean(word.text) for word in heard.words if (word.is_stable or heard.is_final) and not word.filler)
    captions = flow(before, filter(None, words))
    captioned_ms = state.now_ms if captions != state.captions else state.captioned_ms
    return replace(state, captions=captions, lines_before=before, utterance=heard.utterance, captioned_ms=captioned_ms)


def _pieces(word: str) -> Iterator[str]:
    """Parts of `word` between which a line may break."""
    if all(map(_is_unspaced, word)):
        yield from word
        return
    piece = ""
    for char in word:
        if columns(piece + char) > LINE_COLUMNS:
            yield piece
            piece = ""
        piece += char
    yield piece


def _joined(line: str, piece: str) -> str:
    is_unspaced = _is_unspaced(line[-1]) and _is_unspaced(piece[0])
    return line + piece if is_unspaced else f"{line} {piece}"


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _is_unspaced(char: str) -> bool:
    """Of a script that puts no spaces between words."""
    return _is_wide(char) and not any(low <= ord(char) <= high for low, high in _HANGUL)


def _is_closing(piece: str) -> bool:
    """Punctuation, which never begins a line."""
    return all(unicodedata.category(char) in {"Po", "Pe", "Pf"} for char in piece)
