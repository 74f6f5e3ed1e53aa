"""Signs that a decode is not what was said."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.speech.fillers import is_filler
from martlive_desktop.core.speech.stable import SHORTEST_WORD_MS, plain, repeated_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.speech.stable import Piece

MAX_COMPRESSION_RATIO = 2.4
"""Text that zlib shrinks further repeats itself. Source: openai/whisper, `compression_ratio_threshold`."""

MIN_LOG_PROBABILITY = -1.0
"""Mean of the tokens' natural log probabilities. Source: openai/whisper, `logprob_threshold`."""

MAX_NO_SPEECH_PROBABILITY = 0.6
"""Source: openai/whisper, `no_speech_threshold`."""

DOUBTFUL_NO_SPEECH_PROBABILITY = 0.3
"""From here on a text that is unlikely or goes round is not believed: into the sounds of games Whisper sings at 0.4 and
more; of 65 finals of speech one lay above 0.1."""

SILENCE_PHRASES = frozenset(
    {
        "bye",
        "bye bye",
        "so",
        "thank you",
        "thank you for watching",
        "thanks",
        "thanks for watching",
        "the",
        "you",
    }
)
"""What Whisper writes into silence, beside fillers; people also say these, so they only count with other evidence."""

DOUBTFUL_LOG_PROBABILITY = -0.6
"""Below it a silence phrase or a lone filler is not believed: spoken ones lie above -0.5."""


SENTENCE_ENDS = frozenset(".?!。？！")  # noqa: RUF001 - Chinese punctuation is meant

END_SILENCES_MS = ((0.9, 320), (0.6, 512))
"""By the least probability of the full stop at the end, the silence that ends an utterance: sentences that were cut in the
middle get a less certain one."""

ENGLISH_END_SILENCES_MS = ((0.6, 320), (0.4, 512))
"""The same in English: half of the finals of a reader come 0.15 s sooner, for 10 more wrong words in 3,136 of four shows.
Mandarin is cut in the middle by it."""


def token_limit(seconds: float) -> int:
    """Tokens that `seconds` of speech may give: nobody speaks faster, a loop goes on to the end of the window."""
    return 8 + int(8 * seconds)


FULL_WINDOW_S = 30.0
"""The window that Whisper was trained on."""


@dataclass(frozen=True, slots=True)
class Window:
    """How long a window the encoder gets: its cost grows with it, and too short a one makes Whisper repeat itself."""

    shortest_s: float
    pad_s: float
    """Silence after the speech."""

    def seconds(self, speech_s: float) -> float:
        """The window for `speech_s` seconds of speech."""
        return min(FULL_WINDOW_S, max(self.shortest_s, speech_s + self.pad_s))


FULL_WINDOW = Window(FULL_WINDOW_S, 0.0)
"""For models whose shorter windows were not measured."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One decode of one utterance."""

    pieces: tuple[Piece, ...]
    """Times count from the start of the sound that was decoded."""
    log_probability: float
    """Mean over the tokens, natural logarithm."""
    no_speech_probability: float
    """0 to 1."""
    is_capped: bool
    """The token limit ended it."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces).strip()

    def end_silence_ms(self, language: str) -> int | None:
        """The silence behind it that ends the utterance, as sure as the model is that a sentence ends; None: it is not."""
        last = self.pieces[-1] if self.pieces else None
        if last is None or last.text not in SENTENCE_ENDS:
            return None
        silences = ENGLISH_END_SILENCES_MS if language == "en" else END_SILENCES_MS
        return next((silence_ms for least, silence_ms in silences if last.probability >= least), None)

    @property
    def is_loop(self) -> bool:
        """It repeats itself or did not come to an end."""
        raw = self.text.encode()
        if self.is_capped or (raw and len(raw) / len(zlib.compress(raw)) > MAX_COMPRESSION_RATIO):
            return True
        spoken = [piece for piece in self.pieces if piece.has_letters]
        return repeated_tail([plain(piece.text) for piece in spoken]) > 0 or _has_echo(spoken)

    @property
    def is_doubtful(self) -> bool:
        """It is unlikely or goes round."""
        return self.log_probability < MIN_LOG_PROBABILITY or self.is_loop

    @property
    def is_silence(self) -> bool:
        """There was nothing to hear, whatever the text says."""
        if not plain(self.text):
            return True
        if self.is_doubtful and self.no_speech_probability > DOUBTFUL_NO_SPEECH_PROBABILITY:
            return True
        is_usual = plain(self.text) in SILENCE_PHRASES or all(is_filler(word) for word in self.text.split())
        return is_usual and (
            self.no_speech_probability > MAX_NO_SPEECH_PROBABILITY or self.log_probability < DOUBTFUL_LOG_PROBABILITY
        )


def _has_echo(spoken: Sequence[Piece]) -> bool:
    """The last words say again what stands before them, in no time: behind a short utterance, where people may repeat."""
    words = [plain(piece.text) for piece in spoken]
    return any(
        words[-count:] == words[-2 * count : -count]
        and any(piece.end_ms - piece.start_ms < SHORTEST_WORD_MS for piece in spoken[-count:])
        for count in range(1, len(words) // 2 + 1)
    )
