"""Scores what a speech recogniser said while one spoke: when words became stable, which it took back, how late it was.

A word is stable when the system says so or when its utterance is final, whichever comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.bench.speech_feed import Said

Normalise: TypeAlias = "Callable[[str], str]"

END_OF_SPEECH_S = 1.0
"""A pause this long after a word makes it the last one of an utterance; shorter ones are breaths."""

LONGEST_UTTERANCE_S = 10.0
"""Only after speech up to this long is the wait for the final counted: a longer one has several finals."""

WARM_UP_S = 300.0
"""Memory grows until every kind of sound was heard once."""

NEXT_ROUND_S = 0.9
"""Words that come this early in a round belong to the one before: none ends in the first half second, and it takes 0.4 s
more to become stable."""

LONGEST_CLOSURE_S = 0.25
"""Silence inside of speech, as before a "t"; what comes behind a longer one belongs to what follows."""

VOICE_FRAME_S = 0.032
"""What Silero VAD takes at a time."""

BEFORE_SPOKEN_S = -1.0
"""Nobody knows a word this long before its end: such a pair is a mistake of the alignment."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word in the sound, by the offline pass."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word that a system gave, and when."""

    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What became of one utterance."""

    stable: tuple[HeardWord, ...]
    """Words as they first became stable."""
    final: tuple[HeardWord, ...]
    """Words that stood in the end, and since when they are final."""
    committed: int
    """Stable words before the last thing said."""
    changed: int
    """Those of them that were taken back or replaced."""


def split(text: str, normalise: Normalise) -> list[str]:
    """Normalised words of `text`; each is normalised on its own, so that it keeps its place."""
    return [part for word in text.split() for part in normalise(word).split()]


def utterances(said: Iterable[Said], normalise: Normalise) -> list[Utterance]:
    """The utterances in their order."""
    units: dict[int, list[Said]] = {}
    for one in said:
        units.setdefault(one.unit, []).append(one)
    return [_utterance(units[unit], normalise) for unit in sorted(units)]


def _utterance(said: list[Said], normalise: Normalise) -> Utterance:
    stable: list[HeardWord] = []
    standing: list[tuple[HeardWord, int | None]] = []  # with its place in `stable`; corrections have none
    final: list[HeardWord] = []
    changed: set[int] = set()
    committed = 0
    for one in said:
        committed = len(stable)
        words = [HeardWord(word, one.at_s) for word in split(one.text, normalise)]
        after: list[tuple[HeardWord, int | None]] = []
        before = [word for word, _ in standing]
        # What goes on behind the last word corrects nothing: it is new.
        new_from = _reach(before, words)
        for what, a1, a2, b1, b2 in _steps(before, words[:new_from]):
            if what == "equal":
                after += standing[a1:a2]
                continue
            changed |= {place for _, place in standing[a1:a2] if place is not None}
            after += [(word, None) for word in words[b1:b2]]
        for word in words[new_from:]:
            after.append((word, len(stable)))
            stable.append(word)
        standing = after
        if one.is_final:
            final = _aged(words, final)
    return Utterance(
        tuple(stable),
        tuple(final) or tuple(word for word, _ in standing),
        committed,
        sum(p < committed for p in changed),
    )


def _reach(before: Sequence[HeardWord], after: Sequence[HeardWord]) -> int:
    """How many words of `after` stand for `before`: the beginning that is fewest edits away, the longest of such.

    The last row of Wagner and Fischer's table. Without it, a common last word may be found again at the far end of `after`.
    """
    row = list(range(len(after) + 1))
    for deleted, old in enumerate(before, 1):
        corner, row[0] = row[0], deleted
        for index, new in enumerate(after, 1):
            substituted = corner + (old.text != new.text)
            corner = row[index]
            row[index] = min(substituted, corner + 1, row[index - 1] + 1)
    return min(range(len(row)), key=lambda index: (row[index], -index))


def _aged(words: list[HeardWord], before: list[HeardWord]) -> list[HeardWord]:
    """`words`, those that were there `before` with their earlier moment."""
    older = {index: before[index_before] for index_before, index in _pairs(before, words)}
    return [older.get(index, word) for index, word in enumerate(words)]


def lags(heard: Sequence[HeardWord], spoken: Sequence[SpokenWord]) -> list[float]:
    """Seconds from the end of each spoken word that was recognised to its moment in `heard`."""
    return _delays((heard[index], spoken[index_spoken]) for index, index_spoken in _pairs(heard, spoken))


def end_delays(final: Sequence[HeardWord], spoken: Sequence[SpokenWord], voiced: Sequence[bool]) -> list[float]:
    """Seconds from the last voiced frame of each utterance of at most LONGEST_UTTERANCE_S to its final text.

    Args:
        final: the words of finals.
        spoken: the words in the sound; Whisper puts the end of the last one too early, so the voice decides.
        voiced: for each frame of VOICE_FRAME_S, whether there is voice.
    """
    found = {index_spoken: final[index] for index, index_spoken in _pairs(final, spoken)}
    next_starts = [*(word.start_s for word in spoken[1:]), float("inf")][: len(spoken)]
    out: list[float] = []
    begin_s = spoken[0].start_s if spoken else 0.0
    for index, (word, next_start_s) in enumerate(zip(spoken, next_starts, strict=True)):
        if next_start_s - word.end_s < END_OF_SPEECH_S:
            continue
        end_s = _voice_end_s(word, next_start_s, voiced)
        if index in found and end_s - begin_s <= LONGEST_UTTERANCE_S:
            out.append(found[index].at_s - end_s)
        begin_s = next_start_s
    return [wait for wait in out if wait > BEFORE_SPOKEN_S]


def _voice_end_s(word: SpokenWord, next_start_s: float, voiced: Sequence[bool]) -> float:
    """End of the voice that says `word`, before the pause behind it; the word's own end where there is no voice."""
    end_s = None
    last_s = min(next_start_s, len(voiced) * VOICE_FRAME_S)
    for frame in range(int(word.start_s / VOICE_FRAME_S), round(last_s / VOICE_FRAME_S)):
        begin_s = frame * VOICE_FRAME_S
        if voiced[frame]:
            end_s = begin_s + VOICE_FRAME_S
        elif begin_s - (end_s or word.end_s) >= LONGEST_CLOSURE_S:
            break
    return word.end_s if end_s is None else end_s


def extra_words(heard: Sequence[HeardWord], spoken: Sequence[SpokenWord]) -> int:
    """Words where nothing was said; one that only differs from the spoken one does not count."""
    steps = _steps(spoken, heard)
    return sum(max(0, (b2 - b1) - (a2 - a1)) for what, a1, a2, b1, b2 in steps if what != "equal")


def round_lags(heard: Sequence[HeardWord], spoken: Sequence[SpokenWord], round_s: float, rounds: range) -> list[float]:
    """Lags of the words of `rounds`, where `spoken` is said anew every `round_s` seconds."""
    found: list[float] = []
    for index in rounds:
        begin_s = index * round_s
        moved = [HeardWord(word.text, word.at_s - begin_s) for word in heard]
        found += lags([word for word in moved if NEXT_ROUND_S <= word.at_s < round_s + NEXT_ROUND_S], spoken)
    return found


def slope_per_minute(samples: Sequence[tuple[float, float]]) -> float:
    """Growth per minute after the warm-up of what was measured at some seconds, by least squares; nan of fewer than two."""
    late = [sample for sample in samples if sample[0] >= WARM_UP_S]
    if len({at_s for at_s, _ in late}) < 2:
        return float("nan")
    return float(np.polyfit([at_s / 60 for at_s, _ in late], [value for _, value in late], 1)[0])


def percentile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest values; nan of none."""
    return float(np.percentile(values, share)) if values else float("nan")


def _delays(pairs: Iterable[tuple[HeardWord, SpokenWord]]) -> list[float]:
    return [delay for heard, spoken in pairs if (delay := heard.at_s - spoken.end_s) > BEFORE_SPOKEN_S]


def _pairs(before: Sequence[HeardWord | SpokenWord], after: Sequence[HeardWord | SpokenWord]) -> list[tuple[int, int]]:
    steps = _steps(before, after)
    return [(a1 + step, b1 + step) for what, a1, a2, b1, _ in steps if what == "equal" for step in range(a2 - a1)]


def _steps(
    before: Sequence[HeardWord | SpokenWord], after: Sequence[HeardWord | SpokenWord]
) -> list[tuple[str, int, int, int, int]]:
    texts = ([word.text for word in before], [word.text for word in after])
    return list(SequenceMatcher(None, *texts, autojunk=False).get_opcodes())
