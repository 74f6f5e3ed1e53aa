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

from martlive_desktop.core.events import FRAME_SAMPLES, Transcript, Voice, Word, ms_to_samples, samples_to_ms
from martlive_desktop.core.speech.stable import StableWords
from martlive_desktop.core.speech.utterances import Segmenter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.speech.guards import Hypothesis

BLOCK_FRAMES = 4
BLOCK_SAMPLES = BLOCK_FRAMES * FRAME_SAMPLES
"""Work goes in blocks of 128 ms, counted from the start of the stream, so that results do not depend on chunking."""

CHECKPOINT_BLOCKS = 8
"""A checkpoint about once a second: a restart repeats no more than that."""

SHORTEST_PARTIAL_MS = 800
"""Decodes of less sound are guesses."""


class VoiceDetector(Protocol):
    """Voice activity detection."""

    def probabilities(self, pcm: NDArray[np.int16], state: Any) -> tuple[list[float], Any]:
        """Voice probability of each frame of `pcm`, shape (frames * 512,), and the state for the next call."""
        ...


class Decoder(Protocol):
    """A speech model."""

    def decode(self, pcm: NDArray[np.int16], *, is_final: bool) -> Hypothesis:
        """The words of `pcm`, 16 kHz mono, shape (samples,); a final may take longer."""
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


@dataclass(frozen=True, slots=True)
class Heard:
    """What one block gave."""

    through_sample: int
    """End of the block in the stream."""
    voice: Voice
    transcripts: tuple[Transcript, ...]
    checkpoint: RecogniserState | None


class Recogniser:
    """Turns blocks of sound into `Heard`; equal sound gives equal results, also across a checkpoint."""

    def __init__(
        self,
        detector: VoiceDetector,
        partials: Decoder,
        finals: Decoder,
        *,
        partial_step_ms: int,
        state: RecogniserState | None = None,
    ) -> None:
        """Begin at the start of the stream, or at `state` with the sound from `state.keep_from` on fed first."""
        self._detector = detector
        self._partials = partials
        self._finals = finals
        self._step = ms_to_samples(partial_step_ms)
        self._state = copy.deepcopy(state) if state else RecogniserState()
        self._pcm = np.zeros(0, np.int16)

    @property
    def waiting_samples(self) -> int:
        """Sound that was fed and not yet worked on."""
        return self._state.keep_from + len(self._pcm) - self._state.block * BLOCK_SAMPLES

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take sound of any length."""
        self._pcm = np.concatenate((self._pcm, pcm))

    def step(self, *, is_late: bool = False) -> Heard | None:
        """Work on the next block; None when there is not enough sound. `is_late` leaves a partial out."""
        if self.waiting_samples < BLOCK_SAMPLES:
            return None
        state = self._state
        begin = state.block * BLOCK_SAMPLES - state.keep_from
        block = self._pcm[begin : begin + BLOCK_SAMPLES]
        state.block += 1
        through = state.block * BLOCK_SAMPLES
        chances, state.voice = self._detector.probabilities(block, state.voice)
        frames = block.reshape(BLOCK_FRAMES, FRAME_SAMPLES).astype(np.float32)
        levels = np.log(np.mean(frames * frames, axis=1) + 1.0)
        transcripts: list[Transcript] = []
        for chance, level in zip(chances, levels.tolist(), strict=True):
            span = state.segmenter.step(chance, level)
            transcripts += self._final(span, through)
        if not transcripts and not is_late:
            transcripts += self._partial(through)
        self._forget()
        is_checkpoint = bool(transcripts) or state.block % CHECKPOINT_BLOCKS == 0
        return Heard(
            through_sample=through,
            voice=Voice(samples_to_ms(through), tuple(chances)),
            transcripts=tuple(transcripts),
            checkpoint=copy.deepcopy(state) if is_checkpoint else None,
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

    def _final(self, span: tuple[int, int] | None, through: int) -> list[Transcript]:
        if span is None:
            return []
        state = self._state
        start, end = span[0] * FRAME_SAMPLES, span[1] * FRAME_SAMPLES
        found = self._finals.decode(self._pcm[start - state.keep_from : end - state.keep_from], is_final=True)
        had_partial, state.has_partial = state.has_partial, False
        state.stable = StableWords()
        state.next_partial = 0
        number = state.utterance
        state.utterance += 1
        if found.is_silence and not had_partial:
            return []
        words = () if found.is_silence else _placed(found.words, start)
        text = "" if found.is_silence else found.text
        return [Transcript(samples_to_ms(through), is_final=True, utterance=number, text=text, words=words)]

    def _partial(self, through: int) -> list[Transcript]:
        state = self._state
        if state.segmenter.opened_at is None:
            return []
        start = state.segmenter.opened_at * FRAME_SAMPLES
        due = max(state.next_partial, start + ms_to_samples(SHORTEST_PARTIAL_MS))
        if through < due:
            return []
        state.next_partial = through + self._step
        found = self._partials.decode(self._pcm[start - state.keep_from : through - state.keep_from], is_final=False)
        if found.is_silence or found.is_loop:
            return []
        state.has_partial = True
        words = state.stable.update(_placed(found.words, start))
        text = " ".join(word.text for word in words)
        return [Transcript(samples_to_ms(through), is_final=False, utterance=state.utterance, text=text, words=words)]

    def _forget(self) -> None:
        state = self._state
        keep_from = min(state.segmenter.keep_from() * FRAME_SAMPLES, state.block * BLOCK_SAMPLES)
        self._pcm = self._pcm[keep_from - state.keep_from :]
        state.keep_from = keep_from


def _placed(words: tuple[Word, ...], start_sample: int) -> tuple[Word, ...]:
    offset = samples_to_ms(start_sample)
    return tuple(
        dataclasses.replace(word, start_ms=word.start_ms + offset, end_ms=word.end_ms + offset) for word in words
    )
