"""Signs that a decode is not what was said."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.speech.stable import plain

if TYPE_CHECKING:
    from martlive_desktop.core.events import Word

MAX_COMPRESSION_RATIO = 2.4
"""Text that zlib shrinks further repeats itself. Source: openai/whisper, `compression_ratio_threshold`."""

MIN_LOG_PROBABILITY = -1.0
"""Mean of the tokens' natural log probabilities. Source: openai/whisper, `logprob_threshold`."""

MAX_NO_SPEECH_PROBABILITY = 0.6
"""Source: openai/whisper, `no_speech_threshold`."""

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
"""What Whisper writes into silence; people also say these, so they only count with other evidence."""

DOUBTFUL_LOG_PROBABILITY = -0.6
"""Below it a silence phrase is not believed: spoken ones lie above -0.5."""


def token_limit(seconds: float) -> int:
    """Tokens that `seconds` of speech may give: nobody speaks faster, a loop goes on to the end of the window."""
    return 8 + int(8 * seconds)


def window_seconds(seconds: float) -> float:
    """Length of the encoder's window for `seconds` of speech; shorter ones make Whisper loop, longer ones cost."""
    return min(30.0, max(10.0, seconds + 3.0))


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One decode of one utterance."""

    text: str
    words: tuple[Word, ...]
    """Times count from the start of the sound that was decoded."""
    log_probability: float
    """Mean over the tokens, natural logarithm."""
    no_speech_probability: float
    """0 to 1."""
    is_capped: bool
    """The token limit ended it."""

    @property
    def is_loop(self) -> bool:
        """It repeats itself or did not come to an end."""
        raw = self.text.encode()
        return self.is_capped or (bool(raw) and len(raw) / len(zlib.compress(raw)) > MAX_COMPRESSION_RATIO)

    @property
    def is_silence(self) -> bool:
        """There was nothing to hear, whatever the text says."""
        if not plain(self.text):
            return True
        if self.no_speech_probability > MAX_NO_SPEECH_PROBABILITY and self.log_probability < MIN_LOG_PROBABILITY:
            return True
        return plain(self.text) in SILENCE_PHRASES and (
            self.no_speech_probability > MAX_NO_SPEECH_PROBABILITY or self.log_probability < DOUBTFUL_LOG_PROBABILITY
        )
