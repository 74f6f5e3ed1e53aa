from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from martlive_desktop.core.events import RATE_HZ, Word
from martlive_desktop.core.speech.fillers import STEADY_MS, hesitations, mark_fillers, steady_spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

SILENCE = np.zeros(0, np.int16)
QUIET = np.zeros(RATE_HZ, np.int16)


def hum(milliseconds: int, *, to_hz: float = 110.0) -> NDArray[np.int16]:
    """A voice that holds one vowel, its pitch gliding from 110 Hz to `to_hz`."""
    time_s = np.arange(milliseconds * RATE_HZ // 1000) / RATE_HZ
    pitch_hz = np.linspace(110.0, to_hz, len(time_s))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    wave = sum(np.sin(phase * harmonic) / harmonic for harmonic in range(1, 20))
    return (np.asarray(wave) * np.minimum(1, 50 * time_s) * 6_000).astype(np.int16)


def around(sound: NDArray[np.int16]) -> NDArray[np.int16]:
    """`sound` after and before a second of silence."""
    return np.concatenate((QUIET, sound, QUIET))


def said(*words: tuple[str, int, int, float]) -> tuple[Word, ...]:
    return tuple(Word(*word) for word in words)


@pytest.mark.parametrize("text", ["um", "Um,", "umm...", "Uh,", "uhm", "er", "err", "Erm,", "hmm", "Hm.", "mm", "ah,"])
def test_written_filler_is_marked(text: str) -> None:
    [found] = mark_fillers(said((text, 0, 300, 0.4)), SILENCE, (), language="en")
    assert found == Word(text, 0, 300, 0.4, filler="text")


@pytest.mark.parametrize("text", ["a", "I", "mm-hmm", "uh-huh", "umbrella", "arm", "oh", "her", "hum", "mum", "那个"])
def test_word_that_sounds_like_a_filler_stays_a_word(text: str) -> None:
    words = said((text, 0, 300, 0.5))
    assert mark_fillers(words, SILENCE, (), language="en") == words


@pytest.mark.parametrize("text", ["Ham,", "hum", "Hummer", "arm", "Are", "A", "R.", "Ammo", "Aw,"])
def test_doubtful_word_in_place_of_a_filler_is_one(text: str) -> None:
    assert [w.filler for w in mark_fillers(said((text, 0, 300, 0.49)), SILENCE, (), language="en")] == ["text"]
    assert [w.filler for w in mark_fillers(said((text, 0, 300, 0.49)), SILENCE, (), language="de")] == [""]


@pytest.mark.parametrize("text", ["I", "mm-hmm", "umbrella", "ammunition", "army", "her", "hamster", "mum"])
def test_doubtful_word_unlike_a_filler_stays_a_word(text: str) -> None:
    assert [w.filler for w in mark_fillers(said((text, 0, 300, 0.2)), SILENCE, (), language="en")] == [""]


@pytest.mark.parametrize(
    ("language", "text", "path"),
    [
        ("zh", "嗯,", "text"),
        ("zh", "呃", "text"),
        ("zh", "那个", ""),
        ("zh", "um", ""),
        ("de", "er", ""),
        ("pt", "um", ""),
    ],
)
def test_each_language_has_its_own_fillers(language: str, text: str, path: str) -> None:
    [found] = mark_fillers(said((text, 0, 300, 0.9)), SILENCE, (), language=language)
    assert found.filler == path


def test_held_sound_without_a_word_is_a_filler_in_stream_time() -> None:
    pcm = around(hum(500))
    words = said(("so", 5_300, 5_800, 0.95), ("welcome", 6_700, 7_200, 0.95))
    before, filler, after = mark_fillers(words, pcm, [0.9] * 78, language="en", start_ms=5_000)
    assert (before, after) == words
    assert (filler.text, filler.filler, filler.is_stable) == ("uh", "acoustic", True)
    assert abs(filler.start_ms - 6_000) < 40
    assert abs(filler.end_ms - 6_500) < 40
    assert filler.probability > 0.9


def test_held_sound_under_a_doubtful_word_is_a_filler() -> None:
    words = said(("all", 1_000, 1_500, 0.4), ("right", 1_500, 1_900, 0.99))
    assert [w.filler for w in mark_fillers(words, around(hum(500)), [0.9] * 78, language="en")] == ["", "acoustic", ""]


@pytest.mark.parametrize(
    ("word", "voice", "language"),
    [
        (("Um,", 1_000, 1_500, 0.3), 0.9, "en"),
        (("so", 1_000, 1_500, 0.95), 0.9, "en"),
        (("all", 1_000, 1_500, 0.4), 0.1, "en"),
        (("all", 1_000, 1_500, 0.4), 0.9, "fr"),
    ],
    ids=["written already", "sure word", "no voice", "language without figures"],
)
def test_held_sound_gives_no_second_or_doubtful_filler(
    word: tuple[str, int, int, float], voice: float, language: str
) -> None:
    found = mark_fillers(said(word), around(hum(500)), [voice] * 78, language=language)
    assert not any(one.filler == "acoustic" for one in found)


def test_hum_without_any_word_gives_nothing() -> None:
    assert mark_fillers((), around(hum(500)), [0.9] * 78, language="en") == ()


@pytest.mark.parametrize(
    "pcm",
    [
        SILENCE,
        QUIET,
        around(hum(STEADY_MS - 80)),
        around(hum(500, to_hz=330.0)),
        around(np.random.default_rng(1).normal(0, 3_000, 8_000).astype(np.int16)),
    ],
    ids=["nothing", "silence", "short", "melody", "noise"],
)
def test_sound_that_is_not_held_is_not_steady(pcm: NDArray[np.int16]) -> None:
    assert steady_spans(pcm) == []


def test_hum_far_below_the_speech_is_not_steady() -> None:
    [span] = steady_spans(np.concatenate((around(hum(500)), around(hum(500) // 30))))
    assert span[1] < 1_600


def test_fillers_in_a_row_are_one_hesitation() -> None:
    words = mark_fillers(
        said(("So", 0, 200, 0.9), ("uh,", 200, 400, 0.9), ("um,", 900, 1_100, 0.9), ("yes", 1_100, 1_400, 0.9)),
        SILENCE,
        (),
        language="en",
    )
    assert hesitations(words) == [words[1:3]]


@pytest.mark.parametrize(
    "words",
    [
        said(("uh", 0, 200, 0.9), ("yes", 200, 400, 0.9), ("uh", 400, 600, 0.9)),
        said(("uh", 0, 200, 0.9), ("uh", 1_200, 1_400, 0.9)),
    ],
    ids=["a word between", "a long silence between"],
)
def test_fillers_apart_are_two_hesitations(words: tuple[Word, ...]) -> None:
    assert len(hesitations(mark_fillers(words, SILENCE, (), language="en"))) == 2


@given(arrays(np.int16, st.integers(0, 12_000)), st.lists(st.integers(0, 700), max_size=4))
def test_any_sound_keeps_all_words_in_order_of_time(pcm: NDArray[np.int16], starts: list[int]) -> None:
    words = said(*((str(at), at, at + 50, 0.5) for at in sorted(starts)))
    found = mark_fillers(words, pcm, [1.0] * (len(pcm) // 512), language="en")
    assert [word for word in found if not word.filler] == list(words)
    assert [word.start_ms for word in found] == sorted(word.start_ms for word in found)
