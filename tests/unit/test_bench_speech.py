"""The speech bench: how it turns what a system said into figures."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.bench.speech_feed import Said, Task
from tests.bench.speech_score import (
    HeardWord,
    SpokenWord,
    end_delays,
    extra_words,
    lags,
    percentile,
    round_lags,
    slope_per_minute,
    split,
    utterances,
)
from tests.bench.speech_streams import make_streams

if TYPE_CHECKING:
    from pathlib import Path


def plain(text: str) -> str:
    """As the bench's normaliser does it with easy words."""
    return text.lower().strip(".,").replace("'m", " am").replace("um", "")


def heard(*words: tuple[str, float]) -> list[HeardWord]:
    return [HeardWord(text, at_s) for text, at_s in words]


def spoken(*words: tuple[str, float, float]) -> list[SpokenWord]:
    return [SpokenWord(text, start_s, end_s) for text, start_s, end_s in words]


def test_each_word_is_normalised_on_its_own() -> None:
    assert split("Um, I'm here.", plain) == ["i", "am", "here"]


def test_a_word_is_stable_from_the_moment_it_was_first_said() -> None:
    said = [
        Said(1.0, 0, "And so", is_final=False),
        Said(1.5, 0, "And so my", is_final=False),
        Said(2.5, 0, "and so, my fellow.", is_final=True),
    ]

    (one,) = utterances(said, plain)

    assert one.stable == tuple(heard(("and", 1.0), ("so", 1.0), ("my", 1.5), ("fellow", 2.5)))
    assert one.final == tuple(heard(("and", 2.5), ("so", 2.5), ("my", 2.5), ("fellow", 2.5)))
    assert (one.committed, one.changed) == (3, 0)


def test_what_the_final_corrects_counts_as_changed_and_what_it_adds_does_not() -> None:
    said = [
        Said(1.0, 0, "we sell a ready cup", is_final=False),
        Said(3.0, 0, "We sell a red cups today.", is_final=True),
    ]

    (one,) = utterances(said, plain)

    assert [word.text for word in one.stable] == ["we", "sell", "a", "ready", "cup", "today"]
    assert [word.at_s for word in one.stable] == [1.0, 1.0, 1.0, 1.0, 1.0, 3.0]
    assert [word.text for word in one.final] == ["we", "sell", "a", "red", "cups", "today"]
    assert (one.committed, one.changed) == (5, 2)


def test_a_word_taken_back_between_two_partials_counts_as_changed() -> None:
    said = [
        Said(1.0, 0, "one two tree", is_final=False),
        Said(2.0, 0, "one two three four", is_final=False),
        Said(3.0, 0, "one two three four", is_final=True),
    ]

    (one,) = utterances(said, plain)

    assert [word.text for word in one.stable] == ["one", "two", "tree", "four"]
    assert (one.committed, one.changed) == (4, 1)


def test_a_system_whose_stable_words_are_final_is_timed_word_by_word() -> None:
    said = [Said(1.0, 0, "one two", is_final=True), Said(2.0, 0, "one two three", is_final=True)]

    (one,) = utterances(said, plain)

    assert one.final == one.stable == tuple(heard(("one", 1.0), ("two", 1.0), ("three", 2.0)))
    assert (one.committed, one.changed) == (2, 0)


def test_an_utterance_that_was_cut_off_ends_with_what_was_stable() -> None:
    said = [Said(1.0, 0, "one", is_final=False), Said(2.0, 0, "one two", is_final=False)]

    (one,) = utterances(said, plain)

    assert one.final == tuple(heard(("one", 1.0), ("two", 2.0)))


def test_words_behind_a_wrong_last_word_are_new_also_where_it_comes_again_later() -> None:
    said = [
        Said(1.0, 0, "good in your show the", is_final=False),
        Said(9.0, 0, "good in your show this is free so enjoy the show", is_final=True),
    ]
    (one,) = utterances(said, plain)
    assert " ".join(word.text for word in one.stable) == "good in your show the is free so enjoy the show"
    assert (one.committed, one.changed) == (5, 1)


def test_utterances_come_in_their_order() -> None:
    said = [Said(1.0, 1, "later", is_final=True), Said(2.0, 0, "sooner", is_final=True)]

    assert [unit.stable[0].text for unit in utterances(said, plain)] == ["sooner", "later"]


def test_lag_is_from_the_end_of_the_word_to_its_moment() -> None:
    words = heard(("and", 1.5), ("sow", 1.75), ("my", 2.0), ("fellow", 2.5))

    assert lags(words, spoken(("and", 0, 0.5), ("so", 0.5, 1.0), ("my", 1.0, 1.25), ("fellow", 1.25, 1.75))) == [
        1.0,
        0.75,
        0.75,
    ]


def test_a_word_long_before_it_was_spoken_is_no_pair() -> None:
    assert lags(heard(("the", 1.0), ("end", 9.0)), spoken(("the", 6.0, 6.5), ("end", 6.5, 7.0))) == [2.0]


def test_only_the_last_word_before_a_pause_ends_speech() -> None:
    words = spoken(("one", 0, 0.5), ("two", 1.25, 1.5), ("three", 2.5, 3.0), ("four", 3.0, 3.5))

    assert end_delays(heard(("one", 2.0), ("two", 2.0), ("three", 4.5), ("four", 4.5)), words, []) == [0.5, 1.0]


def test_speech_ends_with_its_last_voiced_frame() -> None:
    words = spoken(("one", 0, 0.5), ("two", 3.0, 3.5))
    voiced = [0.1 < frame * 0.032 < 0.7 or frame * 0.032 > 3.0 for frame in range(110)]

    assert end_delays(heard(("one", 1.5), ("two", 4.5)), words, voiced) == pytest.approx([1.5 - 0.704, 4.5 - 3.52])


def test_voice_behind_the_pause_belongs_to_the_next_word() -> None:
    words = spoken(("one", 0, 0.5), ("two", 2.0, 2.5))
    voiced = [frame * 0.032 < 0.6 or 1.2 < frame * 0.032 < 2.4 for frame in range(110)]

    assert end_delays(heard(("one", 1.0), ("two", 3.0)), words, voiced) == pytest.approx([1.0 - 0.608, 3.0 - 2.4])


def test_speech_of_more_than_ten_seconds_has_several_finals_and_does_not_count() -> None:
    words = spoken(("one", 0, 5.5), ("two", 5.5, 10.5), ("three", 13.0, 13.5))

    assert end_delays(heard(("one", 6.0), ("two", 11.0), ("three", 14.5)), words, []) == [1.0]


def test_the_end_of_speech_that_was_not_recognised_has_no_delay() -> None:
    assert end_delays(heard(("one", 2.0)), spoken(("one", 0, 0.5), ("two", 0.5, 1.0)), []) == []


def test_no_speech_has_no_end() -> None:
    assert end_delays([], [], [False]) == []


def test_words_in_silence_are_counted_and_misheard_ones_are_not() -> None:
    words = heard(("thank", 3.0), ("you", 3.0), ("turn", 9.0), ("of", 9.0), ("bye", 20.0))

    assert extra_words(words, spoken(("turn", 8, 8.5), ("off", 8.5, 9))) == 3


@pytest.mark.parametrize(("share", "expected"), [(50, 2.5), (90, 3.7), (100, 4.0)])
def test_percentiles_lie_between_the_two_nearest_values(share: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 2.0, 3.0], share) == pytest.approx(expected)


def test_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(percentile([], 50))


def test_memory_of_the_warm_up_does_not_count() -> None:
    samples = [(0.0, 10.0), (200.0, 300.0), *((60.0 * minute, 300.0 + 2 * minute) for minute in range(5, 30))]
    assert slope_per_minute(samples) == pytest.approx(2.0)


def test_one_sample_has_no_slope() -> None:
    assert math.isnan(slope_per_minute([(0.0, 1.0), (400.0, 1.0)]))


def test_words_are_compared_with_those_of_their_own_round() -> None:
    stable = heard(("hello", 2.0), ("hello", 10.5), ("hello", 12.25))
    assert round_lags(stable, spoken(("hello", 0.5, 1.0)), 10.0, range(1)) == [1.0]
    assert round_lags(stable, spoken(("hello", 0.5, 1.0)), 10.0, range(1, 2)) == [1.25]


def test_clips_are_joined_with_a_quiet_room_between_them(tmp_path: Path) -> None:
    rows = ["file\treference", "ms_intent.wav\t(no published reference)", "espeak_fillers.wav\tum"]
    for name, seconds in (("jfk", 2), ("LJ001-0004", 1), ("sb_spk1_snt1", 1), ("rtstt_asr_reference_52s", 1)):
        rows.append(f"{name}.wav\twords of {name}")
        write_tone(tmp_path / f"{name}.wav", seconds)
    write_tone(tmp_path / "ms_intent.wav", 9)
    (tmp_path / "index.tsv").write_text("\n".join(rows), encoding="utf-8")

    clips, silence = make_streams(tmp_path, tmp_path / "made", is_quick=True)

    assert clips.seconds == 0.5 + 2 + 1.5 + 1 + 1.5 + 1 + 1.5
    assert [clip.start_s for clip in clips.clips] == [0.5, 4.0, 6.5]
    assert clips.reference == "words of jfk words of LJ001-0004 words of sb_spk1_snt1"
    assert (clips.is_sparse, silence.is_sparse) == (False, True)
    with wave.open(str(silence.sound)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float64)
    assert not pcm[: 5 * 16_000].any()
    assert 20 * math.log10(np.std(pcm[5 * 16_000 : 10 * 16_000]) / 32768) == pytest.approx(-65, abs=0.5)
    assert silence.clips[0].start_s == 10.0


def test_a_runner_tells_its_bench_what_was_said_and_stays_until_it_may_go(tmp_path: Path) -> None:
    write_tone(tmp_path / "tone.wav", 1)
    task = Task(str(tmp_path / "tone.wav"), "model", "small")
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, json.dumps(dataclasses.asdict(task))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    out, errors = process.communicate(timeout=30)

    ready, said, done = (json.loads(line) for line in out.splitlines())
    assert (ready, done) == ({"event": "ready"}, {"event": "done"})
    assert 1.0 <= said.pop("at_s") < 10.0
    assert said == {"event": "said", "unit": 0, "text": "20 chunks", "is_final": True}
    assert (errors, process.returncode) == ("what systems print\n", 0)


RUNNER = """
from tests.bench.speech_feed import Runner
runner = Runner()
chunks = []
runner.play(chunks.append)
print("what systems print", flush=True)
assert b"".join(chunks) == runner.pcm
for _ in range(2):
    runner.say(0, f"{len(chunks)} chunks", is_final=True)
runner.end()
"""


def write_tone(path: Path, seconds: int) -> None:
    samples = np.sin(np.arange(seconds * 16_000) * 0.1) * 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype(np.int16).tobytes())
