"""Whisper by faster-whisper and CTranslate2: greedy, short windows, word times by alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import RATE_HZ, Word
from martlive_desktop.core.speech.guards import Hypothesis, token_limit, window_seconds

if TYPE_CHECKING:
    from pathlib import Path

    from ctranslate2 import StorageView
    from numpy.typing import NDArray

PREPENDED = "\"'“¿([{-$€£"
APPENDED = "\"'.。,，!！?？:：”)]}、%"  # noqa: RUF001 - Chinese punctuation is meant
"""Punctuation that belongs to the word after or before it. Source: faster-whisper's defaults, and money."""

FULL_WINDOW_S = 30.0
"""The window that Whisper was trained on."""


class Whisper:
    """One loaded model. A decode of `d` seconds costs about its window: 10 s of base 0.16 CPU seconds on one core."""

    def __init__(self, folder: Path, *, language: str, threads: int) -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
        multilingual = self._model.model.is_multilingual
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])

    def decode(self, pcm: NDArray[np.int16], *, is_final: bool) -> Hypothesis:
        """The words of `pcm`, shape (samples,), at most 30 s.

        A final whose short window gave a loop is decoded again in the full one.
        """
        seconds = len(pcm) / RATE_HZ
        found = self._decode(pcm, window_seconds(seconds))
        if is_final and found.is_loop:
            found = self._decode(pcm, FULL_WINDOW_S)
        return found

    def _decode(self, pcm: NDArray[np.int16], window_s: float) -> Hypothesis:
        sound = np.zeros(int(window_s * RATE_HZ), np.float32)
        sound[: len(pcm)] = pcm.astype(np.float32) / 32768
        encoded = self._model.encode(self._model.feature_extractor(sound, padding=0))
        tokenizer = self._tokenizer
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        limit = token_limit(len(pcm) / RATE_HZ)
        [result] = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=len(prompt) + limit,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        return Hypothesis(
            text=tokenizer.decode(tokens).strip(),
            words=self._words(tokens, encoded, len(pcm)),
            log_probability=result.scores[0],
            no_speech_probability=result.no_speech_prob,
            is_capped=len(tokens) >= limit,
        )

    def _words(self, tokens: list[int], encoded: StorageView, samples: int) -> tuple[Word, ...]:
        if not tokens:
            return ()
        from faster_whisper.transcribe import merge_punctuations

        frames = samples // self._model.feature_extractor.hop_length
        [aligned] = self._model.find_alignment(self._tokenizer, [tokens], encoded, frames)
        merge_punctuations(aligned, PREPENDED, APPENDED)
        words: list[Word] = []
        for part in aligned:
            text = part["word"].strip()
            if not text:
                continue
            end_ms = min(round(part["end"] * 1000), samples * 1000 // RATE_HZ)
            start_ms = min(round(part["start"] * 1000), end_ms)
            words.append(Word(text, start_ms, end_ms, round(float(part["probability"]), 3)))
        return tuple(words)
