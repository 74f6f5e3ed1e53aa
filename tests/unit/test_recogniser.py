"""Recognition over a stream, with scripted models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from martlive_desktop.core.events import Transcript
from martlive_desktop.core.speech.recogniser import BLOCK_SAMPLES, Heard, Recogniser, RecogniserState
from tests.fakes.speech import LOUD, ChecksumDecoder, LevelVad, sound


def recogniser(state: RecogniserState | None = None, decoder: ChecksumDecoder | None = None) -> Recogniser:
    one = decoder or ChecksumDecoder()
    return Recogniser(LevelVad(), one, one, partial_step_ms=600, state=state)


def run(pcm: NDArray[np.int16], sizes: list[int], one: Recogniser | None = None) -> list[Heard]:
    one = one or recogniser()
    heard: list[Heard] = []
    at = 0
    for size in [*sizes, len(pcm)]:
        one.feed(pcm[at : at + size])
        at += size
        while (block := one.step()) is not None:
            heard.append(block)
    return heard + one.finish()


def transcripts(heard: list[Heard]) -> list[Transcript]:
    return [one for block in heard for one in block.transcripts]


TALK = sound((0, 0.5), (LOUD, 3.0), (0, 1.5), (LOUD, 2.0))


def test_utterances_give_partials_and_one_final_each() -> None:
    found = transcripts(run(TALK, []))
    assert [one.utterance for one in found if one.is_final] == [0, 1]
    assert sum(not one.is_final for one in found if one.utterance == 0) >= 3
    first = next(one for one in found if one.is_final)
    assert first.words[0].start_ms == pytest.approx(84, abs=40)


def test_stable_words_of_partials_come_with_the_next_decode() -> None:
    partials = [one for one in transcripts(run(TALK, [])) if not one.is_final and one.utterance == 0]
    assert not any(word.is_stable for word in partials[0].words)
    assert partials[-1].words[0].is_stable


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 20000), max_size=12))
def test_any_chunking_gives_the_same_result(sizes: list[int]) -> None:
    assert transcripts(run(TALK, sizes)) == transcripts(run(TALK, []))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60))
def test_successor_says_what_was_not_yet_said(blocks: int) -> None:
    """A recogniser dies after `blocks` blocks; the next one takes its last checkpoint and the sound from there."""
    whole = run(TALK, [])
    first = recogniser()
    first.feed(TALK)
    state: RecogniserState | None = None
    delivered: list[Heard] = []
    for _ in range(blocks):
        block = first.step()
        if block is None:
            break
        delivered.append(block)
        state = block.checkpoint or state
    through = delivered[-1].through_sample if delivered else 0
    second = run(TALK[state.keep_from if state else 0 :], [], recogniser(state))
    delivered += [block for block in second if block.through_sample > through]
    assert transcripts(delivered) == transcripts(whole)
    assert [block.voice for block in delivered] == [block.voice for block in whole]


def test_late_recogniser_leaves_partials_out_but_no_final() -> None:
    one = recogniser()
    one.feed(TALK)
    heard = []
    while (block := one.step(is_late=True)) is not None:
        heard.append(block)
    heard += one.finish()
    assert [found.is_final for found in transcripts(heard)] == [True, True]


def test_little_sound_is_not_worked_on() -> None:
    one = recogniser()
    one.feed(TALK[: BLOCK_SAMPLES - 1])
    assert one.step() is None
    assert one.waiting_samples == BLOCK_SAMPLES - 1


def test_loop_is_not_shown_as_partial() -> None:
    found = transcripts(run(TALK, [], recogniser(decoder=ChecksumDecoder(loops=True))))
    assert [one.is_final for one in found] == [True, True]


def test_final_without_words_takes_its_partials_back() -> None:
    found = transcripts(run(TALK, [], recogniser(decoder=ChecksumDecoder(deaf_to=(True,)))))
    assert found[-1].is_final
    assert (found[-1].text, found[-1].words) == ("", ())


def test_utterance_without_words_says_nothing() -> None:
    short = sound((0, 0.5), (LOUD, 0.3), (0, 1.5))
    assert transcripts(run(short, [], recogniser(decoder=ChecksumDecoder(deaf_to=(True, False))))) == []


def test_memory_does_not_grow_in_silence() -> None:
    one = recogniser()
    for _ in range(100):
        one.feed(np.zeros(16000, np.int16))
        while one.step() is not None:
            continue
    state = one.step()
    assert state is None
    one.feed(np.zeros(BLOCK_SAMPLES * 8, np.int16))
    checkpoints = [block.checkpoint for _ in range(8) if (block := one.step()) is not None and block.checkpoint]
    assert checkpoints[-1].block * BLOCK_SAMPLES - checkpoints[-1].keep_from <= 16 * 512
