"""Scores what was heard of a stream: how late, how right, and whether two runs say the same."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from tests.bench.speech_score import LONGEST_CLOSURE_S, VOICE_FRAME_S, SpokenWord, split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.speech_score import Normalise

PAUSE_S = 0.65
"""A pause this long after a word makes it the last one of an utterance: what ends one in MartLive, and nearly in the others."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All text of a stream at one moment; it takes the place of what was shown before."""

    at_s: float
    """Since the first sample."""
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What one run says otherwise than another: places of finals."""

    lost: tuple[int, ...] = ()
    doubled: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    extra: tuple[int, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.lost or self.doubled or self.changed or self.extra)

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in ("lost", "doubled", "changed", "extra")}

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.changed + other.changed,
            self.extra + other.extra,
        )


def difference(expected: Mapping[int, str], given: Sequence[tuple[int, str]]) -> Difference:
    """How `given`, utterances in the order they came, differs from `expected`, texts by utterance."""
    last = dict(given)
    numbers = [number for number, _ in given]
    return Difference(
        lost=tuple(number for number in expected if number not in last),
        doubled=tuple(number for number in sorted(last) if numbers.count(number) > 1),
        changed=tuple(number for number, text in last.items() if number in expected and expected[number] != text),
        extra=tuple(number for number in sorted(last) if number not in expected),
    )


def settled(shown: Sequence[Shown], normalise: Normalise) -> list[tuple[str, float]]:
    """Words of the last text, each with the moment from which it stood and was not taken back any more."""
    if not shown:
        return []
    texts = [split(one.text, normalise) for one in shown]
    last = texts[-1]
    since = [shown[-1].at_s] * len(last)
    is_standing = [True] * len(last)
    for one, words in zip(reversed(shown), reversed(texts), strict=True):
        matcher = SequenceMatcher(None, last, words, autojunk=False)
        there = {block.a + step for block in matcher.get_matching_blocks() for step in range(block.size)}
        for place in range(len(last)):
            is_standing[place] = is_standing[place] and place in there
            if is_standing[place]:
                since[place] = one.at_s
    return list(zip(last, since, strict=True))


def utterance_ends(words: Sequence[SpokenWord], voiced: Sequence[bool]) -> list[tuple[int, float]]:
    """Words that a pause follows, with the second at which their voice ends."""
    out = []
    for index, word in enumerate(words):
        next_s = words[index + 1].start_s if index + 1 < len(words) else float("inf")
        if next_s - word.end_s >= PAUSE_S:
            out.append((index, _voice_end_s(word, next_s, voiced)))
    return out


def _voice_end_s(word: SpokenWord, next_s: float, voiced: Sequence[bool]) -> float:
    """End of the voice that says `word`: Whisper puts the end of a last word too early, so the voice decides."""
    end_s = None
    for frame in range(int(word.start_s / VOICE_FRAME_S), min(len(voiced), int(min(next_s, 1e6) / VOICE_FRAME_S))):
        if voiced[frame]:
            end_s = (frame + 1) * VOICE_FRAME_S
        elif frame * VOICE_FRAME_S - (end_s or word.end_s) >= LONGEST_CLOSURE_S:
            break
    return word.end_s if end_s is None else end_s


def end_waits(
    shown: Sequence[Shown], words: Sequence[SpokenWord], voiced: Sequence[bool], normalise: Normalise
) -> list[tuple[float, float]]:
    """For each utterance whose last word was heard: the second at which its voice ended, and how long its text took."""
    spoken = [SpokenWord(part, word.start_s, word.end_s) for word in words for part in split(word.text, normalise)]
    heard = settled(shown, normalise)
    steps = SequenceMatcher(None, [word.text for word in spoken], [word for word, _ in heard], autojunk=False)
    found = {block.a + step: block.b + step for block in steps.get_matching_blocks() for step in range(block.size)}
    return [
        (end_s, heard[found[index]][1] - end_s) for index, end_s in utterance_ends(spoken, voiced) if index in found
    ]


def is_growing(waits: Sequence[tuple[float, float]], *, most_s: float = 0.7) -> bool:
    """Whether the last third of the waits is longer than the first by more than `most_s` in the median."""
    ordered = [wait for _, wait in sorted(waits)]
    third = len(ordered) // 3
    if third < 2:
        return False
    return _median(ordered[-third:]) - _median(ordered[:third]) > most_s


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
