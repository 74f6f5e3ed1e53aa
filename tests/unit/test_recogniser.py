"""Recognition over a stream, with scripted models."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from typing_extensions import override

from martlive_desktop.core.events import Transcript
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.core.speech.guards import Hypothesis
from martlive_desktop.core.speech.recogniser import BLOCK_SAMPLES, Heard, Recogniser, RecogniserState
from martlive_desktop.core.speech.stable import Piece
from tests.fakes.speech import LOUD, ChecksumModel, LevelVad, sound


def recogniser(
    state: RecogniserState | None = None, model: ChecksumModel | None = None, pace: Pace | None = None
) -> Recogniser:
    return Recogniser(LevelVad(), model or ChecksumModel(), pace=pace or Pace(600), state=state)


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


def test_words_of_a_partial_are_stable_but_for_the_last() -> None:
    partials = [one for one in transcripts(run(TALK, [])) if not one.is_final and one.utterance == 0]
    assert [word.is_stable for word in partials[0].words] == [True, False]
    assert all(word.is_stable for word in partials[-1].words)


def test_pause_makes_the_final_ready_before_the_utterance_ends() -> None:
    model = ChecksumModel()
    found = transcripts(run(sound((0, 0.5), (LOUD, 3.0), (0, 1.5)), [], recogniser(model=model)))
    [final] = [one for one in found if one.is_final]
    assert model.finals == 1
    assert final.words == found[-2].words
    assert final.at_ms - found[-2].at_ms == 448


def test_partial_waits_while_a_pause_seems_to_begin() -> None:
    talk = run(sound((LOUD, 3.0)), [])
    breath = run(sound((LOUD, 1.408), (0, 0.064), (LOUD, 1.5)), [])
    assert [one.at_ms for one in transcripts(talk) if not one.is_final] == [832, 1472, 2112, 2752]
    assert [one.at_ms for one in transcripts(breath) if not one.is_final] == [832, 1536, 2176, 2816]


def test_finished_sentence_ends_its_utterance_at_once() -> None:
    [first, *_] = [one for one in transcripts(run(TALK, [], recogniser(model=ChecksumModel(ends=".")))) if one.is_final]
    assert first.text.endswith(".")
    assert first.at_ms == 3840


@pytest.mark.parametrize(
    ("late", "told_ms"), [((3712, 3840), 3840), ((3584, 3840), 3904)], ids=["behind its decode", "before its decode"]
)
def test_finished_sentence_ends_its_utterance_also_where_the_recogniser_is_late(
    late: tuple[int, int], told_ms: int
) -> None:
    one = recogniser(model=ChecksumModel(ends="."))
    one.feed(sound((0, 0.5), (LOUD, 3.0), (0, 0.5)))
    heard = [one.step(is_late=late[0] < (block + 1) * 64 <= late[1]) for block in range(62)]
    [final] = [found for block in heard if block for found in block.transcripts if found.is_final]
    assert final.at_ms == told_ms


@pytest.mark.parametrize("late_blocks", [(), range(0, 200, 3), range(200)], ids=["never", "at times", "always"])
def test_without_early_ends_finals_are_the_same_however_late_it_is(late_blocks: Sequence[int]) -> None:
    model = ChecksumModel(ends=".")
    one = Recogniser(LevelVad(), model, pace=Pace(600), ends_early=False)
    one.feed(sound((0, 0.5), (LOUD, 3.0), (0, 0.4), (LOUD, 1.0), (0, 1.5), (LOUD, 2.0)))
    blocks = [one.step(is_late=block in late_blocks) for block in range(200)]
    found = transcripts([*(block for block in blocks if block), *one.finish()])
    assert [(final.at_ms, len(final.words)) for final in found if final.is_final] == [(5504, 11), (8448, 5)]
    assert model.finals == 2


def test_voice_that_goes_on_after_a_pause_gets_a_final_of_its_own() -> None:
    model = ChecksumModel()
    found = transcripts(run(sound((LOUD, 3.0), (0, 0.3), (LOUD, 2.0), (0, 1.5)), [], recogniser(model=model)))
    assert len([one for one in found if one.is_final]) == 1
    assert model.finals == 2


def test_finals_only_decodes_each_utterance_once() -> None:
    model = ChecksumModel()
    found = transcripts(run(TALK, [], recogniser(model=model, pace=Pace(None))))
    assert [one.is_final for one in found] == [True, True]
    assert model.finals == 2


def test_pace_gives_the_next_utterance_to_the_small_model() -> None:
    big, small = ChecksumModel(), ChecksumModel()
    one = Recogniser(LevelVad(), big, small=lambda: small, pace=Pace(None, is_small=True))
    assert len(transcripts(run(TALK, [], one))) == 2
    assert (big.finals, small.finals) == (1, 1)


def test_long_utterance_is_cut_and_goes_on_with_its_stable_words() -> None:
    found = transcripts(run(sound((LOUD, 20.0), (0, 1.5)), []))
    cut = next(one for one in found if one.is_final)
    following = next(one for one in found if one.utterance == 1)
    assert following.words[0].is_stable
    assert following.words[0].start_ms >= cut.words[-1].start_ms


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


def test_loop_shows_only_what_is_stable() -> None:
    found = transcripts(run(TALK, [], recogniser(model=ChecksumModel(loops=True))))
    assert all(word.is_stable for one in found for word in one.words)


def test_language_is_found_at_once_and_told_when_it_is_settled() -> None:
    model = ChecksumModel(language="zh")
    long_talk = sound(*[(LOUD, 9.0), (0, 1.0)] * 3)
    heard = run(long_talk, [], Recogniser(LevelVad(), model, pace=Pace(600), language="auto"))
    assert model.spoken == ["zh"]
    [settled] = [block for block in heard if block.language]
    assert settled.language == "zh"
    assert settled.through_sample / 16_000 == 29.376


def test_language_that_turns_out_to_be_another_takes_back_what_was_stable() -> None:
    model = ChecksumModel()
    one = Recogniser(LevelVad(), model, pace=Pace(600), language="auto")
    one.feed(sound((LOUD, 2.0)))
    before = [block for block in iter(one.step, None) if block.transcripts]
    assert before[-1].transcripts[0].words[0].is_stable
    model.language = "zh"
    one.feed(sound((LOUD, 1.0)))
    after = [block for block in iter(one.step, None) if block.transcripts]
    assert model.spoken == ["en", "zh"]
    assert len(after[0].transcripts[0].words) == 5


def test_language_that_was_given_is_not_asked_for() -> None:
    model = ChecksumModel(language="zh")
    heard = run(TALK, [], Recogniser(LevelVad(), model, pace=Pace(600), language="de"))
    assert model.spoken == ["de"]
    assert not any(block.language for block in heard)


class DoubtfulModel(ChecksumModel):
    """Sure of no word."""

    @override
    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        found = super().final(pcm, draft)
        return replace(found, pieces=tuple(replace(piece, probability=0.4) for piece in found.pieces))


def test_long_steady_sound_is_a_filler_among_the_words_and_not_in_the_text() -> None:
    steady = sound((0, 0.5), (LOUD, 3.0), (0, 1.5))
    [final] = [one for one in transcripts(run(steady, [], recogniser(model=DoubtfulModel()))) if one.is_final]
    [filler] = [word for word in final.words if word.filler]
    assert (filler.text, filler.filler) == ("uh", "acoustic")
    assert filler.end_ms - filler.start_ms == pytest.approx(3000, abs=100)
    assert "uh" not in final.text


class EchoingModel(ChecksumModel):
    """Its partials are one word without length."""

    @override
    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        end_ms = len(pcm) // 16
        return Hypothesis((Piece(" w", end_ms, end_ms, 0.9, (1,), begins_word=True),), -0.1, 0.0, is_capped=False)


def test_partial_without_believable_words_is_not_shown() -> None:
    found = transcripts(run(sound((LOUD, 3.0)), [], recogniser(model=EchoingModel())))
    assert [one.is_final for one in found] == [True]


def test_final_without_words_takes_its_partials_back() -> None:
    found = transcripts(run(TALK, [], recogniser(model=ChecksumModel(deaf_to=("final",)))))
    assert found[-1].is_final
    assert (found[-1].text, found[-1].words) == ("", ())


def test_utterance_without_words_says_nothing() -> None:
    short = sound((0, 0.5), (LOUD, 0.3), (0, 1.5))
    assert transcripts(run(short, [], recogniser(model=ChecksumModel(deaf_to=("partial", "final"))))) == []


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


class HanModel(ChecksumModel):
    """Chinese characters in place of words."""

    @override
    def _decode(self, pcm: NDArray[np.int16], kind: str, known: int, *, is_capped: bool) -> Hypothesis:
        found = super()._decode(pcm, kind, known, is_capped=is_capped)
        pieces = (dataclasses.replace(piece, text=chr(0x4E00 + piece.tokens[0])) for piece in found.pieces)
        return dataclasses.replace(found, pieces=tuple(pieces))


def test_partial_in_a_language_without_spaces_has_none() -> None:
    found = transcripts(run(TALK, [], Recogniser(LevelVad(), HanModel(), pace=Pace(600), language="zh")))
    assert [one.text for one in found if not one.is_final][:2] == ["一丁", "一丁丂"]


class ListeningModel(ChecksumModel):
    """Keeps what it was given to hear."""

    def __init__(self, *, word_ms: int = 0) -> None:
        """With `word_ms`, its partials are one word of this length."""
        super().__init__(ends=".")
        self.word_ms = word_ms
        self.heard_partials: list[tuple[int, int]] = []
        """Samples and known tokens of each."""
        self.heard_finals: list[NDArray[np.int16]] = []

    @override
    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        self.heard_partials.append((len(pcm), len(stable)))
        if self.word_ms:
            piece = Piece(" long", 0, self.word_ms, 0.9, (7,), begins_word=True)
            return Hypothesis((piece,), -0.1, 0.0, is_capped=False)
        return super().partial(pcm, stable)

    @override
    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        assert draft == ()
        self.heard_finals.append(pcm.copy())
        return super().final(pcm, draft)


def by_sound(
    model: ChecksumModel,
    pace: Pace | None = None,
    state: RecogniserState | None = None,
    ahead: list[NDArray[np.int16]] | None = None,
) -> Recogniser:
    """A recogniser whose utterances the sound alone ends."""
    told = None if ahead is None else lambda pcm: ahead.append(pcm.copy())
    return Recogniser(LevelVad(), model, pace=pace or Pace(600), ends_early=False, ahead=told, state=state)


def finals(heard: list[Heard]) -> list[Transcript]:
    return [one for one in transcripts(heard) if one.is_final]


PAUSES = sound((0, 0.2), (LOUD, 1.5), (0, 0.45), (LOUD, 1.0), (0, 0.9), (LOUD, 9.0), (0, 0.2), (LOUD, 5.5), (0, 0.6))


def test_full_stop_ends_no_utterance_where_the_sound_alone_does() -> None:
    early = finals(run(TALK, [], recogniser(model=ChecksumModel(ends="."))))
    late = finals(run(TALK, [], by_sound(ChecksumModel(ends="."))))
    assert [one.at_ms for one in early] == [3840, 7040]
    assert [one.at_ms for one in late] == [4096, 7040]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.sampled_from([None, 600, 2000]))
def test_finals_are_the_same_however_many_partials_there_was_time_for(late: list[bool], step_ms: int | None) -> None:
    expected = finals(run(PAUSES, [], by_sound(ListeningModel(), Pace(None))))
    one = by_sound(ListeningModel(), Pace(step_ms))
    one.feed(PAUSES)
    heard: list[Heard] = []
    while (block := one.step(is_late=late[len(heard) % len(late)])) is not None:
        heard.append(block)
    assert finals(heard + one.finish()) == expected


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 300), st.lists(st.integers(1, 20000), max_size=6))
def test_successor_gives_the_finals_that_the_sound_alone_ends(blocks: int, sizes: list[int]) -> None:
    whole = finals(run(PAUSES, [], by_sound(ListeningModel())))
    first = by_sound(ListeningModel())
    first.feed(PAUSES)
    state: RecogniserState | None = None
    told: list[Transcript] = []
    for _ in range(blocks):
        if (block := first.step()) is None:
            break
        told += [one for one in block.transcripts if one.is_final]
        state = block.checkpoint or state
    rest = run(PAUSES[state.keep_from if state else 0 :], sizes, by_sound(ListeningModel(), state=state))
    told += [one for one in finals(rest) if one.utterance >= len(told)]
    assert told == whole


def test_final_hears_what_was_told_ahead_when_the_pause_becomes_its_end() -> None:
    model, ahead = ListeningModel(), list[NDArray[np.int16]]()
    run(PAUSES, [], by_sound(model, ahead=ahead))
    # Voice goes on after the first pause; the second utterance is cut before there is any.
    assert len(ahead) == 3
    assert len(model.heard_finals) == 3
    assert np.array_equal(ahead[1], model.heard_finals[0])
    assert np.array_equal(ahead[2], model.heard_finals[2])
    assert np.array_equal(ahead[0][:24_000], ahead[1][:24_000])


def test_partial_hears_the_last_stable_words_and_what_follows() -> None:
    model = ListeningModel()
    found = transcripts(run(sound((LOUD, 9.0), (0, 1.0)), [], by_sound(model)))
    longest = max(samples for samples, _ in model.heard_partials)
    assert longest < 3.2 * 16_000
    last = [one for one in found if not one.is_final][-1]
    starts = [word.start_ms for word in last.words]
    assert starts == sorted(starts)
    assert last.words[-1].end_ms > 7_000


def test_partial_hears_everything_where_one_stable_word_is_longer_than_the_context() -> None:
    model = ListeningModel(word_ms=1_900)
    run(sound((LOUD, 3.4), (0, 1.0)), [], by_sound(model))
    known = [(samples, tokens) for samples, tokens in model.heard_partials if tokens]
    assert known
    assert known[0][0] > 2.3 * 16_000
