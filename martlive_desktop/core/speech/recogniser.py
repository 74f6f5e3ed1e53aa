"""Speech recognition over a stream, block by block: voice, utterances, partials, finals.

Everything it remembers is one small state that can be sent away and handed to a successor, so that a recogniser
that dies goes on where its last checkpoint was and says the same words.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from martlive_desktop.core.events import FRAME_MS, FRAME_SAMPLES, Transcript, Voice, Word, ms_to_samples, samples_to_ms
from martlive_desktop.core.speech.fillers import mark_fillers
from martlive_desktop.core.speech.language import LanguageChoice
from martlive_desktop.core.speech.languages import UNSPACED
from martlive_desktop.core.speech.stable import StableWords, text_of, words_of
from martlive_desktop.core.speech.utterances import Segmenter
from martlive_desktop.core.speech.word_times import VOICED_PROBABILITY, voiced_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from martlive_desktop.core.speech.governor import Pace
    from martlive_desktop.core.speech.guards import Hypothesis
    from martlive_desktop.core.speech.stable import Piece

BLOCK_FRAMES = 2
BLOCK_SAMPLES = BLOCK_FRAMES * FRAME_SAMPLES
"""Work goes in blocks of 64 ms, counted from the start of the stream, so that results do not depend on chunking."""

CHECKPOINT_BLOCKS = 16
"""A checkpoint about once a second: a restart repeats no more than that."""

PAUSE_MS = 128
"""Silence in which a final is decoded ahead: it is ready when the utterance ends."""

LIKELY_PAUSE_MS = 64
"""Silence that is longer than the closure of a "t": a partial would only hold up the decode of the pause."""

SHORTEST_PARTIAL_MS = 800
"""Decodes of less sound are guesses."""

HEARD_PAUSE_MS = 384
"""Where the sound alone ends utterances, a final hears so much of the silence at its end: it can be decoded while the rest
of the silence is waited for. Of 1,502 words of eight streams 52 were wrong, with the whole silence 56, with 256 ms 62."""

CONTEXT_MS = 1_500
"""There, a partial hears the stable words of so long before its new ones: without any, Whisper begins in the middle of a
sentence as at its start; all of them would cost more with each second of an utterance."""

BEFORE_WORD_MS = 40
"""Sound before a word that belongs to it: two steps of the alignment."""


class VoiceDetector(Protocol):
    """Voice activity detection."""

    def probabilities(self, pcm: NDArray[np.int16], state: Any) -> tuple[list[float], Any]:
        """Voice probability of each frame of `pcm`, shape (frames * 512,), and the state for the next call."""
        ...


class SpeechModel(Protocol):
    """Recognises one utterance, 16 kHz mono, shape (samples,)."""

    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        """What follows the words that the tokens `stable` stand for."""
        ...

    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        """All words; `draft`, an earlier decode, only makes it faster."""
        ...

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        """How likely each language is, 0 to 1 by code."""
        ...

    def speak(self, language: str) -> None:
        """Hear this language from now on."""
        ...


@dataclass(slots=True)
class RecogniserState:
    """What a successor needs to go on, beside the sound from `keep_from` on."""

    block: int = 0
    """Index of the next block."""
    keep_from: int = 0
    """First sample that is still needed."""
    utterance: int = 0
    has_partial: bool = False
    """A partial of the open utterance was given, so a final has to follow."""
    next_partial: int = 0
    """Sample of the stream at which the next partial is due."""
    voice: Any = None
    segmenter: Segmenter = field(default_factory=Segmenter)
    stable: StableWords = field(default_factory=StableWords)
    draft: tuple[int, ...] = ()
    """Tokens of the newest decode of the open utterance."""
    pause: tuple[int, Hypothesis] | None = None
    """What was decoded in the pause that lasts since this sample."""
    is_small: bool = False
    """The small model hears the open utterance: tokens of one model mean nothing to another."""
    language: LanguageChoice = field(default_factory=LanguageChoice)
    """What is spoken, where nobody said it."""
    chances: list[float] = field(default_factory=list)
    """Voice probability of each frame from `keep_from` on."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one block gave."""

    through_sample: int
    """End of the block in the stream."""
    voice: Voice
    transcripts: tuple[Transcript, ...]
    checkpoint: RecogniserState | None
    language: str = ""
    """The language that was found, in the block that settled it."""


class Recogniser:
    """Turns blocks of sound into `Heard`; equal sound gives equal results, also across a checkpoint."""

    def __init__(
        self,
        detector: VoiceDetector,
        model: SpeechModel,
        *,
        small: Callable[[], SpeechModel] | None = None,
        pace: Pace,
        language: str = "en",
        ends_early: bool = True,
        ahead: Callable[[NDArray[np.int16]], None] | None = None,
        state: RecogniserState | None = None,
    ) -> None:
        """Begin at the start of the stream, or at `state` with the sound from `state.keep_from` on fed first.

        Args:
            detector: finds voice.
            model: hears.
            small: gives a cheaper model that hears when the pace asks for it.
            pace: how often words come.
            language: what is spoken, a code as Whisper knows it, or AUTO.
            ends_early: whether words decide, too, where an utterance ends. Without it the sound alone does, and a final
                is decoded afresh: finals are then the same however many partials there was time for.
            ahead: told in a pause, without `ends_early`, what a final would be decoded from if nothing more is said.
            state: where a predecessor stopped.
        """
        self.pace = pace
        self._detector = detector
        self._model = model
        self._small = small
        self._ends_early = ends_early
        self._ahead = ahead
        self._state = copy.deepcopy(state) if state else RecogniserState(language=LanguageChoice.of(language))
        self._pcm = np.zeros(0, np.int16)
        self._spoken = ""
        """The language that the model was told to hear."""

    @property
    def waiting_samples(self) -> int:
        """Sound that was fed and not yet worked on."""
        return self._state.keep_from + len(self._pcm) - self._state.block * BLOCK_SAMPLES

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take sound of any length."""
        self._pcm = np.concatenate((self._pcm, pcm))

    def step(self, *, is_late: bool = False) -> Heard | None:
        """Work on the next block; None when there is not enough sound. `is_late` leaves out what can wait."""
        if self.waiting_samples < BLOCK_SAMPLES:
            return None
        state = self._state
        begin = state.block * BLOCK_SAMPLES - state.keep_from
        block = self._pcm[begin : begin + BLOCK_SAMPLES]
        state.block += 1
        through = state.block * BLOCK_SAMPLES
        chances, state.voice = self._detector.probabilities(block, state.voice)
        state.chances += chances
        frames = block.reshape(BLOCK_FRAMES, FRAME_SAMPLES).astype(np.float32)
        levels = np.log(np.mean(frames * frames, axis=1) + 1.0)
        transcripts: list[Transcript] = []
        was_settled = state.language.is_settled
        for chance, level in zip(chances, levels.tolist(), strict=True):
            span = state.segmenter.step(chance, level)
            transcripts += self._final(span, through)
        if not transcripts:
            self._look_ahead()
            transcripts += self._while_open(through, is_late=is_late)
        self._forget()
        is_checkpoint = bool(transcripts) or state.block % CHECKPOINT_BLOCKS == 0
        return Heard(
            through_sample=through,
            voice=Voice(samples_to_ms(through), tuple(chances)),
            transcripts=tuple(transcripts),
            checkpoint=copy.deepcopy(state) if is_checkpoint else None,
            language=state.language.code if state.language.is_settled and not was_settled else "",
        )

    def finish(self) -> list[Heard]:
        """No more sound comes: what is left, filled up with silence, and the final of the open utterance."""
        heard = list(iter(self.step, None))
        self.feed(np.zeros(-self.waiting_samples % BLOCK_SAMPLES, np.int16))
        # A partial would be replaced at once.
        heard += [block] if (block := self.step(is_late=True)) else []
        through = self._state.block * BLOCK_SAMPLES
        if last := self._final(self._state.segmenter.finish(), through):
            heard.append(Heard(through + 1, Voice(samples_to_ms(through), ()), tuple(last), None))
        return heard

    def _hears(self) -> SpeechModel:
        if self._small and self._state.is_small:
            return self._small()
        if self._spoken != self._state.language.code:
            self._spoken = self._state.language.code
            self._model.speak(self._spoken)
        return self._model

    def _sound(self, start: int, end: int) -> NDArray[np.int16]:
        return self._pcm[start - self._state.keep_from : end - self._state.keep_from]

    def _final(self, span: tuple[int, int] | None, through: int) -> list[Transcript]:
        if span is None:
            return []
        state = self._state
        start, end = span[0] * FRAME_SAMPLES, span[1] * FRAME_SAMPLES
        found = self._heard_in_pause()
        if found is None or end <= self._pause_start():
            self._listen_for_language(start, end)
            if self._ends_early:
                found = self._hears().final(self._sound(start, end), state.draft)
            else:
                found = self._hears().final(self._sound(start, self._heard_until(start, end)), ())
        state.language.close(is_speech=not found.is_silence)
        had_partial, state.has_partial = state.has_partial, False
        is_cut = state.segmenter.opened_at is not None
        state.stable = state.stable.behind(samples_to_ms(end - start)) if is_cut else StableWords()
        state.draft, state.pause, state.next_partial = state.stable.tokens, None, 0
        state.is_small = self.pace.is_small
        number = state.utterance
        state.utterance += 1
        if found.is_silence and not had_partial:
            return []
        words = () if found.is_silence else self._placed(words_of(found.pieces), start, until=end)
        text = "" if found.is_silence else found.text
        return [Transcript(samples_to_ms(through), is_final=True, utterance=number, text=text, words=words)]

    def _heard_until(self, start: int, end: int) -> int:
        """Where the sound of a final ends that the sound alone has ended at `end`."""
        return max(start + FRAME_SAMPLES, min(end, self._pause_start() + ms_to_samples(HEARD_PAUSE_MS)))

    def _look_ahead(self) -> None:
        segmenter = self._state.segmenter
        silent_ms = segmenter.silent_ms
        # Once in each pause, in the block that goes beyond it.
        is_due = HEARD_PAUSE_MS <= silent_ms < HEARD_PAUSE_MS + BLOCK_FRAMES * FRAME_MS
        if self._ends_early or self._ahead is None or segmenter.opened_at is None or not is_due:
            return
        start = segmenter.opened_at * FRAME_SAMPLES
        self._ahead(self._sound(start, self._heard_until(start, segmenter.frame * FRAME_SAMPLES)))

    def _while_open(self, through: int, *, is_late: bool) -> list[Transcript]:
        state = self._state
        opened_at, step_ms = state.segmenter.opened_at, self.pace.partial_step_ms
        if opened_at is None or step_ms is None:
            return []
        start = opened_at * FRAME_SAMPLES
        if (found := self._heard_in_pause()) is not None:
            return self._end_of_sentence(found, through)
        if is_late:
            return []
        if self._ends_early and state.segmenter.silent_ms >= PAUSE_MS:
            return self._pause(start, through)
        if through < max(state.next_partial, start + ms_to_samples(SHORTEST_PARTIAL_MS)):
            return []
        if state.segmenter.silent_ms >= LIKELY_PAUSE_MS:
            return []
        state.next_partial = through + ms_to_samples(step_ms)
        return self._partial(start, through)

    def _heard_in_pause(self) -> Hypothesis | None:
        """What was decoded in the pause that lasts."""
        pause = self._state.pause
        return pause[1] if pause and pause[0] == self._pause_start() else None

    def _pause_start(self) -> int:
        segmenter = self._state.segmenter
        return segmenter.frame * FRAME_SAMPLES - ms_to_samples(segmenter.silent_ms)

    def _partial(self, start: int, through: int) -> list[Transcript]:
        state = self._state
        if state.language.is_a_guess:
            self._listen_for_language(start, through)
        begin_ms, tokens = (0, state.stable.tokens) if self._ends_early else _context(state.stable.pieces)
        found = self._hears().partial(self._sound(start + ms_to_samples(begin_ms), through), tokens)
        if found.is_silence:
            return []
        words = state.stable.update(_later(found.pieces, begin_ms), samples_to_ms(through - start))
        if found.is_loop:
            # Repeated words look likely to whoever reads them in a draft.
            words = words_of(state.stable.pieces)
            state.draft = state.stable.tokens
        else:
            state.draft = tokens + tuple(token for piece in found.pieces for token in piece.tokens)
        return self._tell(words, start, through)

    def _pause(self, start: int, through: int) -> list[Transcript]:
        """Between two words: decode as a final would be, for nothing more may come."""
        state = self._state
        self._listen_for_language(start, through)
        found = self._hears().final(self._sound(start, through), state.draft)
        state.pause = self._pause_start(), found
        state.draft = tuple(token for piece in found.pieces for token in piece.tokens)
        if ended := self._end_of_sentence(found, through):
            return ended
        if found.is_silence:
            return []
        return self._tell(state.stable.complete(found.pieces), start, through)

    def _end_of_sentence(self, found: Hypothesis, through: int) -> list[Transcript]:
        segmenter = self._state.segmenter
        enough_ms = found.end_silence_ms(self._state.language.code)
        is_ended = enough_ms is not None and segmenter.silent_ms >= enough_ms
        return self._final(segmenter.finish(), through) if is_ended else []

    def _listen_for_language(self, start: int, end: int) -> None:
        state = self._state
        if state.language.is_settled:
            return
        first, after = ((sample - state.keep_from) // FRAME_SAMPLES for sample in (start, end))
        voiced = sum(chance >= VOICED_PROBABILITY for chance in state.chances[first:after])
        if state.language.hear(self._model.detect_language(self._sound(start, end)), voiced * FRAME_MS):
            # Tokens of the wrong language would lead the decode astray.
            state.stable, state.draft = StableWords(), ()

    def _tell(self, words: tuple[Word, ...], start: int, through: int) -> list[Transcript]:
        if not words:
            return []
        self._state.has_partial = True
        placed, number = self._placed(words, start), self._state.utterance
        text = text_of(words, has_spaces=self._state.language.code not in UNSPACED)
        return [Transcript(samples_to_ms(through), is_final=False, utterance=number, text=text, words=placed)]

    def _placed(self, words: tuple[Word, ...], start: int, until: int = 0) -> tuple[Word, ...]:
        """`words` of an utterance that begins at sample `start`, in stream time, without the silence around each.

        Fillers among them are marked; with the end of the utterance, `until`, so are those that only its sound shows.
        """
        offset_ms = samples_to_ms(start)
        chances = self._state.chances[(start - self._state.keep_from) // FRAME_SAMPLES :]
        sound = self._sound(start, max(start, until))
        return tuple(
            dataclasses.replace(word, start_ms=word.start_ms + offset_ms, end_ms=word.end_ms + offset_ms)
            for word in mark_fillers(voiced_words(words, chances), sound, chances, language=self._state.language.code)
        )

    def _forget(self) -> None:
        state = self._state
        keep_from = min(state.segmenter.keep_from() * FRAME_SAMPLES, state.block * BLOCK_SAMPLES)
        self._pcm = self._pcm[keep_from - state.keep_from :]
        state.chances = state.chances[(keep_from - state.keep_from) // FRAME_SAMPLES :]
        state.keep_from = keep_from


def _context(stable: Sequence[Piece]) -> tuple[int, tuple[int, ...]]:
    """Where the sound of a partial may begin, in ms of the utterance, and the tokens of the `stable` words in it."""
    last_ms = stable[-1].end_ms if stable else 0
    for index, piece in enumerate(stable):
        if piece.begins_word and piece.has_letters and piece.start_ms >= last_ms - CONTEXT_MS:
            tokens = tuple(token for one in stable[index:] for token in one.tokens)
            return max(0, piece.start_ms - BEFORE_WORD_MS), tokens
    return 0, tuple(token for one in stable for token in one.tokens)


def _later(pieces: Sequence[Piece], by_ms: int) -> list[Piece]:
    return [dataclasses.replace(one, start_ms=one.start_ms + by_ms, end_ms=one.end_ms + by_ms) for one in pieces]
