"""Fillers ("um", "uh") among the words of a final: those that were written, and those that only the sound shows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import FRAME_MS, RATE_HZ, Word, ms_to_samples
from martlive_desktop.core.speech.stable import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FILLER_PROMPT = "Um, uh, hmm, er, ah."
"""Previous text for finals: Whisper goes on in its style and writes fillers, which it was trained to leave out.

One that ends in a comma finds a few more and leaves sentences without capitals; dots in place of the commas end
utterances early, and longer ones cost words of clean speech.
"""

_WRITTEN = {
    "en": re.compile(r"u+h*m+|u+h+|e+r+m*|h+u*mm+|hm|mm+|a+h+"),
    "zh": re.compile(r"[嗯呃]+"),
}
"""By language, whole words that are nothing else: in German "er" is a pronoun, and 那个 mostly means "that one"."""

_MISHEARD = {"en": re.compile(r"h?[aiou]m+(a|er|i|o+|y)?|aw+|arm|are?|r|a")}
"""What Whisper makes of a "hmm", a British "um" or a long "uh" where it finds a word for it: "ham", "arm", "a"."""

SOUND_LANGUAGES = frozenset({"en"})
"""Where the sound was measured to show fillers."""

STEADY_MS = 250
"""Vowels inside of words are shorter or move."""

SURE_PROBABILITY = 0.5
"""A word that is surer is what was said, with a long vowel; in place of a filler Whisper writes what it doubts.

At 0.7 the sound gives twice as many fillers, and three times as many long vowels.
"""

NEAR_MS = 60
"""Word times from the alignment are off by about that much."""

HESITATION_MS = 1_000
"""After a longer silence a filler is another one."""

_HOP, _WINDOW, _LAG_FRAMES = RATE_HZ // 100, RATE_HZ // 25, 3
_BRIDGED_FRAMES = 4
"""An "um" changes its spectrum once, where the lips close; a creaky voice loses its pitch for a moment."""
_LAGS = RATE_HZ // 400, RATE_HZ // 70
"""Pitch periods in samples: voices lie between 70 and 400 Hz."""
_MIN_PERIODICITY = 0.6
"""Of the normalised autocorrelation: above it a frame is voiced. Praat's default of 0.45 lets breath through."""
_MIN_MEAN_PERIODICITY = 0.94
"""Of a whole filler: the long vowels of words lie around 0.92, fillers around 0.96."""
_MAX_CHANGE_DB = 4.5
"""Of the spectrum within 30 ms; from one sound of speech to the next it is 6 and more."""
_MAX_GLIDE = 1.5
"""Of the pitch within 30 ms, in semitones; more is an octave error or the melody of a word."""
_MAX_BELOW_LOUD_DB = 22.0
"""Below the loud tenth of the utterance: breath, hiss and echo are quieter."""
_BANDS = np.unique(np.round(np.geomspace(100, 4000, 19) * 1024 / RATE_HZ).astype(int))
"""Edges of logarithmic bands between 100 Hz and 4 kHz, as bins of a transform of 1024 samples."""


def mark_fillers(
    words: Sequence[Word],
    pcm: NDArray[np.int16],
    probabilities: Sequence[float],
    *,
    language: str,
    start_ms: int = 0,
) -> tuple[Word, ...]:
    """The words of one final, the written fillers marked as `text`, unwritten ones put in as `acoustic`.

    A doubtful word that sounds like a filler ("Ham, that one is blue") is a written one. A filler is reported once: where
    one is written, the sound is not asked. An acoustic one is a sound, not a word: it stands in `Transcript.words`, in
    order of time, with the text "uh", and never in `Transcript.text`. Without any word there is none, since music hums
    as well.

    Args:
        words: in order of time.
        pcm: the utterance, 16 kHz mono, shape (samples,).
        probabilities: voice probability of each whole frame of `pcm`.
        language: code as Whisper knows it.
        start_ms: stream time of the first sample, where the words' times do not count from there.
    """
    marked = [replace(word, filler="text") if _is_written(word, language) else word for word in words]
    if not marked or language not in SOUND_LANGUAGES:
        return tuple(marked)
    heard = []
    for begin, end, periodicity in steady_spans(pcm):
        voice = probabilities[begin // FRAME_MS : end // FRAME_MS + 1]
        if sum(voice) < 0.5 * len(voice):
            continue
        begin, end = begin + start_ms, end + start_ms
        near = [word for word in marked if word.start_ms < end + NEAR_MS and word.end_ms > begin - NEAR_MS]
        if not any(word.filler for word in near) and min((w.probability for w in near), default=0) < SURE_PROBABILITY:
            heard.append(Word("uh", begin, end, round(periodicity, 3), filler="acoustic"))
    return tuple(sorted(marked + heard, key=lambda word: word.start_ms))


def is_filler(text: str, language: str = "en") -> bool:
    """Whether a word, with or without marks around it, is nothing but a filler."""
    written = _WRITTEN.get(language)
    return written is not None and written.fullmatch(plain(text)) is not None


def _is_written(word: Word, language: str) -> bool:
    if is_filler(word.text, language):
        return True
    misheard = _MISHEARD.get(language)
    return (
        misheard is not None
        and word.probability < SURE_PROBABILITY
        and misheard.fullmatch(plain(word.text)) is not None
    )


def hesitations(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """The fillers of `words`; those that follow each other within HESITATION_MS are one: "uh, um" is one breath."""
    groups: list[tuple[Word, ...]] = []
    before = None
    for word in words:
        if word.filler and before and before.filler and word.start_ms - before.end_ms < HESITATION_MS:
            groups[-1] += (word,)
        elif word.filler:
            groups.append((word,))
        before = word
    return groups


def steady_spans(pcm: NDArray[np.int16]) -> list[tuple[int, int, float]]:
    """Where `pcm`, shape (samples,), holds one voiced sound for STEADY_MS: start and end in ms, mean periodicity 0 to 1.

    A frame of 40 ms every 10 ms is steady if it is voiced and, against the one 30 ms before, has much the same pitch and
    spectrum. Periodicity: the largest autocorrelation over that of the Hann window. Source: Boersma 1993, "Accurate
    short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound". Steady pitch
    and spectrum as the marks of a filler: Goto, Itou and Hayamizu 1999, "A real-time filled pause detection system for
    spontaneous speech recognition".
    """
    if len(pcm) < ms_to_samples(STEADY_MS):
        return []
    frames = np.lib.stride_tricks.sliding_window_view(pcm, _WINDOW)[::_HOP].astype(np.float32) / 32768
    frames -= frames.mean(axis=1, keepdims=True)
    window = np.hanning(_WINDOW).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, 1024)) ** 2
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 1024)) ** 2)
    first, last = _LAGS
    correlation = np.fft.irfft(power, axis=1)
    ratio = correlation[:, first:last] / np.maximum(correlation[:, :1], 1e-9) / (own[first:last] / own[0])
    periodicity = np.minimum(ratio.max(axis=1), 1.0)
    semitones = -12 * np.log2(first + ratio.argmax(axis=1))
    levels = 10 * np.log10(np.add.reduceat(power, _BANDS, axis=1)[:, :-1] + 1e-8)
    shape = levels - levels.mean(axis=1, keepdims=True)
    loudness = 10 * np.log10((frames**2).mean(axis=1) + 1e-9)
    before, now = slice(None, -_LAG_FRAMES), slice(_LAG_FRAMES, None)
    is_steady = (
        (periodicity[now] > _MIN_PERIODICITY)
        & (np.sqrt(((shape[now] - shape[before]) ** 2).mean(axis=1)) < _MAX_CHANGE_DB)
        & (np.abs(semitones[now] - semitones[before]) < _MAX_GLIDE)
        & (loudness[now] > np.percentile(loudness, 90) - _MAX_BELOW_LOUD_DB)
    )
    steady = np.flatnonzero(is_steady)
    if not len(steady):
        return []
    spans = []
    for run in np.split(steady, np.flatnonzero(np.diff(steady) > _BRIDGED_FRAMES + 1) + 1):
        # A run begins with the frame that its first one was compared with; of the outer frames the inner half counts.
        start_ms, end_ms = int(run[0]) * 10 + 10, (int(run[-1]) + _LAG_FRAMES) * 10 + 30
        mean_periodicity = float(periodicity[now][run].mean())
        if end_ms - start_ms >= STEADY_MS and mean_periodicity >= _MIN_MEAN_PERIODICITY:
            spans.append((start_ms, end_ms, mean_periodicity))
    return spans
