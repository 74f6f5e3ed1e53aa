"""Words that later decodes will not change: LocalAgreement-2.

Source: Machacek, Dabre, Bojar, "Turning Whisper into Real-Time Transcription System", 2023, section 3.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Word


@dataclass(slots=True)
class StableWords:
    """The words of one utterance on which two decodes in a row agree; what was stable once stays as it is."""

    stable: tuple[Word, ...] = ()
    _waiting: tuple[Word, ...] = ()

    def update(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Take the newest decode of the whole utterance; give the stable words and the rest behind them."""
        after_ms = self.stable[-1].end_ms if self.stable else -1
        # By the middle of a word: two decodes place its edges some 100 ms apart.
        rest = tuple(word for word in words if (word.start_ms + word.end_ms) // 2 > after_ms)
        agreed = 0
        for old, new in zip(self._waiting, rest, strict=False):
            if plain(old.text) != plain(new.text):
                break
            agreed += 1
        self.stable += tuple(dataclasses.replace(word, is_stable=True) for word in rest[:agreed])
        self._waiting = rest[agreed:]
        return self.stable + tuple(dataclasses.replace(word, is_stable=False) for word in self._waiting)


def plain(text: str) -> str:
    """`text` in lower case without the punctuation around it."""
    return text.casefold().strip(" .,!?;:\"'…-–()[]")
