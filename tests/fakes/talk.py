"""Talk as a recogniser gives it, from plain text."""

from __future__ import annotations

from martlive_desktop.core.events import Transcript, Word

WORD_MS = 370
"""Time of a word with the pause after it: 162 words a minute."""


def said(
    text: str,
    at_ms: int = 0,
    *,
    utterance: int = 0,
    is_final: bool = True,
    stable: int | None = None,
    after_ms: int = 0,
) -> Transcript:
    """`text` spoken from `at_ms` on and known `after_ms` later; of a partial the first `stable` words are stable."""
    words = tuple(
        Word(
            word,
            at_ms + index * WORD_MS,
            at_ms + (index + 1) * WORD_MS - 40,
            1.0,
            is_final or stable is None or index < stable,
        )
        for index, word in enumerate(text.split())
    )
    return Transcript(at_ms + len(words) * WORD_MS + after_ms, is_final, utterance, text, words)
