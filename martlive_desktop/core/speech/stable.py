"""Words that later decodes will not change: those that ended a while ago, by their alignment with the sound."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN_MS = 400
"""A word that ends so long before the sound does is whole; at 300 ms twice as many were changed by the final."""

SURE_PROBABILITY = 0.5
"""A word below it has to come twice in a row: a greedy decode that is surer than this cannot have chosen another."""

PATIENCE_MS = 1_200
"""A word that ended so long before is said even if it is doubtful: late words help nobody, and a final corrects them."""

TAIL_MS = 600
"""A word without length this near to the end is a repetition: Whisper goes on when a short window has no silence."""

SHORTEST_WORD_MS = 20
"""The resolution of Whisper's alignment."""

MIN_REPEATED = 3
"""Words: people say one or two again."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, a part of one or a punctuation mark, as the model wrote it. Times count from the start of the utterance."""

    text: str
    """With the space before it."""
    start_ms: int
    end_ms: int
    probability: float
    """0 to 1, mean of its tokens."""
    tokens: tuple[int, ...]
    begins_word: bool

    @property
    def has_letters(self) -> bool:
        return any(letter.isalnum() for letter in self.text)


@dataclass(slots=True)
class StableWords:
    """What is certain of one utterance; the next decode is made to begin with it, so that it never changes.

    Source of the idea: alignment-based commit as in Papi, Turchi, Negri, "AlignAtt", Interspeech 2023.
    """

    pieces: tuple[Piece, ...] = ()
    _waiting: tuple[str, ...] = ()

    @property
    def tokens(self) -> tuple[int, ...]:
        """What the next decode begins with."""
        return tuple(token for piece in self.pieces for token in piece.tokens)

    def update(self, fresh: Sequence[Piece], through_ms: int) -> tuple[Word, ...]:
        """Take what follows the stable words in `through_ms` of sound; give all words of the utterance."""
        spoken = [plain(piece.text) for piece in (*self.pieces, *fresh) if piece.has_letters]
        fresh = _without_last(fresh, repeated_tail(spoken))
        sure = 0
        for piece in fresh:
            is_known = sure < len(self._waiting) and self._waiting[sure] == plain(piece.text)
            if piece.end_ms > through_ms - MARGIN_MS or _is_echo(piece, through_ms):
                break
            is_old = piece.end_ms <= through_ms - PATIENCE_MS
            if piece.probability < SURE_PROBABILITY and not is_known and not is_old:
                break
            sure += 1
        if sure < len(fresh) and fresh[sure].has_letters:
            # Not in the middle of a word.
            while sure and not fresh[sure].begins_word:
                sure -= 1
        # A mark is decided by what follows it.
        while sure and not fresh[sure - 1].has_letters:
            sure -= 1
        self.pieces += tuple(fresh[:sure])
        rest = [piece for piece in fresh[sure:] if not _is_echo(piece, through_ms)]
        self._waiting = tuple(plain(piece.text) for piece in fresh[sure:])
        return words_of((*self.pieces, *rest), stable=len(self.pieces))

    def behind(self, end_ms: int) -> StableWords:
        """The stable words after `end_ms`, where a long utterance was cut; their times count from there."""
        return StableWords(
            tuple(
                dataclasses.replace(piece, start_ms=piece.start_ms - end_ms, end_ms=piece.end_ms - end_ms)
                for piece in self.pieces
                if piece.start_ms >= end_ms
            )
        )

    def complete(self, pieces: Sequence[Piece]) -> tuple[Word, ...]:
        """Take a decode of the utterance up to a pause; all of it is stable now."""
        known = len(self.pieces)
        if [piece.tokens for piece in pieces[:known]] != [piece.tokens for piece in self.pieces]:
            after_ms = self.pieces[-1].end_ms
            before, now = ([plain(piece.text) for piece in some] for some in (self.pieces, pieces))
            *_, last, _end = (Match(0, 0, 0), *SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks())
            by_time = sum((piece.start_ms + piece.end_ms) // 2 <= after_ms for piece in pieces)
            known = max(last.b + last.size, by_time)
        self.pieces += tuple(pieces[known:])
        self._waiting = ()
        return words_of(self.pieces)


def words_of(pieces: Sequence[Piece], *, stable: int | None = None) -> tuple[Word, ...]:
    """`pieces` put together to words; those of the first `stable` pieces (None: all) are stable."""
    groups: list[list[tuple[int, Piece]]] = []
    for index, piece in enumerate(pieces):
        if piece.begins_word or not groups:
            groups.append([])
        groups[-1].append((index, piece))
    words: list[Word] = []
    for group in groups:
        spoken = [(index, piece) for index, piece in group if piece.has_letters]
        if not spoken:
            continue
        chances = [piece.probability for _, piece in spoken]
        words.append(
            Word(
                text="".join(piece.text for _, piece in group).strip(),
                start_ms=spoken[0][1].start_ms,
                end_ms=spoken[-1][1].end_ms,
                probability=round(sum(chances) / len(chances), 3),
                is_stable=stable is None or spoken[-1][0] < stable,
            )
        )
    return tuple(words)


def text_of(words: Sequence[Word], *, has_spaces: bool) -> str:
    """`words` in a row as their language writes them; Latin words and numbers stand apart in every language."""
    text = ""
    for word in words:
        text += " " * bool(text and (has_spaces or (_is_latin(text[-1]) and _is_latin(word.text[:1])))) + word.text
    return text


def begins_word(text: str, before: str, *, has_spaces: bool) -> bool:
    """Whether a piece that reads `text` begins a word behind one that reads `before`.

    Without spaces every character does, but for the rest of a number or of a Latin word.
    """
    if has_spaces:
        return text.startswith(" ")
    return any(letter.isalnum() for letter in text) and not (_is_latin(text[:1]) and _is_latin(before[-1:]))


def repeated_tail(words: Sequence[str]) -> int:
    """How many of the last words say again what stands right before them: 3 or more, or 0.

    A short window makes Whisper begin its text anew when it is through.
    """
    for period in range(1, len(words) - MIN_REPEATED + 1):
        # The sound may have ended within the last one.
        count = int(words[-1 - period].startswith(words[-1]))
        while 0 < count < len(words) - period and words[-1 - count] == words[-1 - count - period]:
            count += 1
        if count >= MIN_REPEATED:
            return count
    return 0


def plain(text: str) -> str:
    """`text` in lower case without the punctuation around it."""
    return text.casefold().strip(" .,!?;:\"'…-–()[]。，！？、；：")  # noqa: RUF001 - Chinese punctuation is meant


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _without_last(pieces: Sequence[Piece], count: int) -> Sequence[Piece]:
    """`pieces` without the last `count` that have letters, and what stands between them."""
    spoken = [index for index, piece in enumerate(pieces) if piece.has_letters]
    return pieces[: spoken[-count]] if 0 < count <= len(spoken) else pieces[:0] if count else pieces


def _is_echo(piece: Piece, through_ms: int) -> bool:
    is_short = piece.end_ms - piece.start_ms < SHORTEST_WORD_MS
    return piece.has_letters and is_short and piece.end_ms > through_ms - TAIL_MS
