"""Which language is spoken, by what the model hears in the first utterances."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTLED_MS = 20_000
"""Voiced sound after which the language stays: some utterances, so that a greeting in another language is outvoted."""

HINT_MS = 4_000
"""Voiced sound in which Whisper base tells languages apart: after 1 s it is right in 58 % of recordings in Romance
languages and Russian, after 2 s in 85 %, after 4 s in all; English and Mandarin it knows after 2 s."""

LEAST_CHANCE = 0.01
"""Whisper is too sure of itself: a language that one utterance rules out may still win by the others."""

AUTO = "auto"
"""In place of a code: find it out."""

FALLBACK = "en"
"""As long as nothing was heard."""


@dataclass(slots=True)
class LanguageChoice:
    """The language that is spoken, settled for good after SETTLED_MS of voiced sound; part of a checkpoint.

    Evidence for a language is the logarithm of its chance, weighted by the length of the sound and summed over the
    utterances; the open one counts as it was heard last.
    """

    code: str = FALLBACK
    """The language to decode with: the likeliest up to now."""
    is_settled: bool = False
    voiced_ms: int = 0
    """Heard in utterances that are over."""
    _evidence: dict[str, float] = field(default_factory=dict)
    """By language, summed over those: log chance times ms."""
    _open: dict[str, float] = field(default_factory=dict)
    _open_ms: int = 0

    @classmethod
    def of(cls, language: str) -> LanguageChoice:
        """To begin with: settled where `language` is a code, open where it is AUTO."""
        return cls() if language == AUTO else cls(language, is_settled=True)

    @property
    def is_a_guess(self) -> bool:
        """Little was heard: every decode, a partial too, should ask again."""
        return not self.is_settled and self.voiced_ms + self._open_ms < HINT_MS

    def hear(self, chances: Mapping[str, float], voiced_ms: int) -> bool:
        """Take what the model heard in the open utterance as far as it goes; True when the language is another now.

        Args:
            chances: 0 to 1 by language; the same languages each time.
            voiced_ms: voiced sound of the open utterance.
        """
        if self.is_settled:
            return False
        before = self.code
        self._open = {code: math.log(max(chance, LEAST_CHANCE)) * voiced_ms for code, chance in chances.items()}
        self._open_ms = voiced_ms
        self.code = _likeliest(_sum(self._evidence, self._open))
        return self.code != before

    def close(self, *, is_speech: bool) -> bool:
        """The open utterance is over; True when the language is settled now. What was no speech is forgotten."""
        if self.is_settled:
            return False
        if is_speech:
            self._evidence = _sum(self._evidence, self._open)
            self.voiced_ms += self._open_ms
        self._open, self._open_ms = {}, 0
        self.code = _likeliest(self._evidence)
        self.is_settled = self.voiced_ms >= SETTLED_MS
        if self.is_settled:
            # It would go into every checkpoint.
            self._evidence = {}
        return self.is_settled


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {code: one.get(code, 0.0) + other.get(code, 0.0) for code in {**one, **other}}


def _likeliest(evidence: Mapping[str, float]) -> str:
    return max(evidence, key=lambda code: evidence[code], default=FALLBACK)
