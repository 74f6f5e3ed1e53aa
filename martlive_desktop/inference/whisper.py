"""Whisper by faster-whisper and CTranslate2: greedy, short windows, word times by alignment."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import RATE_HZ
from martlive_desktop.core.speech.fillers import FILLER_PROMPT
from martlive_desktop.core.speech.guards import FULL_WINDOW, FULL_WINDOW_S, Hypothesis, Window, token_limit
from martlive_desktop.core.speech.languages import UNSPACED
from martlive_desktop.core.speech.stable import Piece, begins_word
from martlive_desktop.core.speech.vocabulary import LANGUAGES as VOCABULARY_LANGUAGES
from martlive_desktop.core.speech.vocabulary import Replacement, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ctranslate2 import StorageView
    from ctranslate2.models import WhisperAlignmentResult
    from faster_whisper import WhisperModel
    from numpy.typing import NDArray

SIMPLIFIED_PROMPT = "以下是普通话的句子。"
"""Previous text for Mandarin ("what follows are sentences in Mandarin"): Whisper goes on in its script and sets marks.

Without it two finals of three are in traditional characters and most have no full stop.
"""

FRAME_MS = 20
"""One position of the encoder."""

MAX_LENGTH = 448
"""Tokens that Whisper's decoder has places for."""

CERTAIN = 0.5
"""A token of a draft above it is what a greedy decode would have chosen, too: no other can be above it."""


class Whisper:
    """One loaded model on one thread: a decode costs about its window, 10 s of base 0.15 CPU seconds."""

    def __init__(
        self,
        folder: Path,
        *,
        language: str,
        threads: int,
        partial_window: Window = FULL_WINDOW,
        final_window: Window = FULL_WINDOW,
        device: str = "cpu",
        compute_type: str = "int8",
        names: Sequence[str] = (),
        loaded: WhisperModel | None = None,
    ) -> None:
        """Load the model in `folder` onto `device` (`cpu`, `cuda`), with arithmetic of a CTranslate2 `compute_type`.

        In finals, `names` stand in place of what sounds like one of them. `loaded` is a model that was loaded before, to
        be shared.
        """
        from faster_whisper import WhisperModel

        self._model = loaded or WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
        self._partial_window = partial_window
        self._final_window = final_window
        self._names = names
        self.speak(language)

    def speak(self, language: str) -> None:
        """Hear this language from now on; a model for English hears nothing else."""
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        is_multilingual = self._model.model.is_multilingual
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, is_multilingual, task="transcribe", language=language)
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])
        self._has_spaces = language not in UNSPACED
        self._vocabulary = Vocabulary(self._names if language in VOCABULARY_LANGUAGES else ())
        self._bare_head = head = tuple(self._tokenizer.sot_sequence)
        self._head = (*self._previous(SIMPLIFIED_PROMPT), *head) if language == "zh" else head
        self._final_head = (*self._previous(FILLER_PROMPT), *head) if language == "en" else self._head

    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        """What follows the tokens `stable` in `pcm`, shape (samples,), at most 30 s."""
        encoded = self._encode(pcm, self._partial_window.seconds(len(pcm) / RATE_HZ))
        return self._decode(encoded, len(pcm), self._head, list(stable), shown_from=len(stable))

    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        """The words of `pcm`, shape (samples,), at most 30 s, as a greedy decode without `draft` would give them.

        One whose short window gave a loop is decoded again in the full one.
        """
        window_s = self._final_window.seconds(len(pcm) / RATE_HZ)
        encoded, head = self._encode(pcm, window_s), self._final_head
        certain: list[int] = []
        if draft:
            chances = self._align(encoded, head, draft, len(pcm)).text_token_probs
            doubtful = next((i for i, chance in enumerate(chances) if chance < CERTAIN), len(draft))
            certain = list(draft[:doubtful])
        found = self._decode(encoded, len(pcm), head, certain, shown_from=0)
        if found.is_doubtful and head != self._bare_head:
            # With previous text Whisper hardly ever says that there is no speech.
            head = self._bare_head
            found = self._decode(encoded, len(pcm), head, [], shown_from=0)
        if found.is_loop and window_s < FULL_WINDOW_S:
            encoded, head = self._encode(pcm, FULL_WINDOW_S), self._head
            found = self._decode(encoded, len(pcm), head, [], shown_from=0)
        return self._with_names(found, encoded, head, len(pcm))

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        """How likely each language is, 0 to 1 by code, from `pcm`, shape (samples,), at most 30 s."""
        if not self._model.model.is_multilingual:
            return {"en": 1.0}
        encoded = self._encode(pcm, self._final_window.seconds(len(pcm) / RATE_HZ))
        [chances] = self._model.model.detect_language(encoded)
        return {token.strip("<|>"): chance for token, chance in chances}

    def _with_names(self, found: Hypothesis, encoded: StorageView, head: tuple[int, ...], samples: int) -> Hypothesis:
        """`found` with the names that the model finds nearly as likely as what it wrote in their place."""

        def tokens_with(replacements: Sequence[Replacement]) -> list[int]:
            by_first = {one.first: one for one in replacements}
            tokens: list[int] = []
            index = 0
            while index < len(found.pieces):
                one = by_first.get(index)
                tokens += self._tokenizer.encode(one.text) if one else found.pieces[index].tokens
                index = one.after if one else index + 1
            return tokens

        @functools.cache
        def log_probabilities(*replacements: Replacement) -> list[float]:
            aligned = self._align(encoded, head, tokens_with(replacements), samples)
            return [math.log(max(chance, 1e-9)) for chance in aligned.text_token_probs]

        def gain(one: Replacement) -> float:
            first = sum(len(piece.tokens) for piece in found.pieces[: one.first])
            return sum(log_probabilities(one)[first:]) - sum(log_probabilities()[first:])

        # What Whisper writes into silence has to be known for it.
        replacements = [] if found.is_silence else self._vocabulary.replacements(found.pieces, gain)
        if not replacements:
            return found
        tokens = tokens_with(replacements)
        pieces = self._pieces(tokens, self._align(encoded, head, tokens, samples), samples, 0)
        return dataclasses.replace(found, pieces=tuple(pieces))

    def _previous(self, text: str) -> tuple[int, ...]:
        return (self._tokenizer.sot_prev, *self._tokenizer.encode(f" {text}"))

    def _encode(self, pcm: NDArray[np.int16], window_s: float) -> StorageView:
        sound = np.zeros(int(window_s * RATE_HZ), np.float32)
        sound[: len(pcm)] = pcm.astype(np.float32) / 32768
        return self._model.encode(self._model.feature_extractor(sound, padding=0))

    def _decode(
        self, encoded: StorageView, samples: int, head: tuple[int, ...], known: list[int], *, shown_from: int
    ) -> Hypothesis:
        """Begin with `head`, go on after the tokens `known`; give the tokens from `shown_from` on."""
        tokenizer = self._tokenizer
        prompt = [*head, tokenizer.no_timestamps, *known]
        limit = max(1, token_limit(samples / RATE_HZ) - len(known))
        [result] = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            # CTranslate2 stops at half of it, and at it less the prompt.
            max_length=min(MAX_LENGTH, max(2 * (len(known) + limit), len(prompt) + limit)),
            return_no_speech_prob=True,
            suppress_blank=not known,
            suppress_tokens=self._suppressed,
        )
        # What the decode was made to begin with is part of the result.
        fresh = [token for token in result.sequences_ids[0][len(known) :] if token < tokenizer.eot]
        tokens = [*known, *fresh]
        chances: list[float] = []
        pieces: list[Piece] = []
        if tokens:
            aligned = self._align(encoded, head, tokens, samples)
            chances = aligned.text_token_probs
            pieces = self._pieces(tokens, aligned, samples, shown_from)
        return Hypothesis(
            pieces=tuple(pieces),
            log_probability=sum(math.log(max(chance, 1e-9)) for chance in chances) / max(1, len(chances)),
            no_speech_probability=result.no_speech_prob,
            is_capped=len(fresh) >= limit,
        )

    def _align(
        self, encoded: StorageView, head: tuple[int, ...], tokens: Sequence[int], samples: int
    ) -> WhisperAlignmentResult:
        frames = max(1, samples // self._model.feature_extractor.hop_length)
        [aligned] = self._model.model.align(encoded, head, [list(tokens)], frames)
        return aligned

    def _pieces(self, tokens: list[int], aligned: WhisperAlignmentResult, samples: int, shown_from: int) -> list[Piece]:
        """The pieces that begin at the token `shown_from` or behind it."""
        begins: dict[int, int] = {}
        for token, frame in aligned.alignments:
            begins.setdefault(token, frame * FRAME_MS)
        end_ms = samples * 1000 // RATE_HZ
        texts, groups = self._tokenizer.split_to_word_tokens([*tokens, self._tokenizer.eot])
        pieces: list[Piece] = []
        before = ""
        first = 0
        for text, group in zip(texts, groups, strict=True):
            after = first + len(group)
            # A character whose last bytes are still missing is shown as U+FFFD.
            if shown_from <= first < len(tokens) and "\ufffd" not in text:
                begin_ms = min(begins.get(first, end_ms), end_ms)
                piece = Piece(
                    text=text,
                    start_ms=begin_ms,
                    end_ms=max(begin_ms, min(begins.get(after, end_ms), end_ms)),
                    probability=round(float(np.mean(aligned.text_token_probs[first:after])), 3),
                    tokens=tuple(group),
                    begins_word=begins_word(text, before, has_spaces=self._has_spaces),
                )
                pieces.append(piece)
            first, before = after, text
        return pieces
