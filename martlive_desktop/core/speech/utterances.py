"""Where one utterance ends and the next begins, from voice probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field

from martlive_desktop.core.events import FRAME_MS


@dataclass(frozen=True, slots=True)
class UtteranceLimits:
    """What makes an utterance."""

    on_probability: float = 0.5
    """Silero VAD's own default: a frame at or above it begins speech."""
    off_probability: float = 0.35
    """Silero VAD's own hysteresis of 0.15: speech goes on down to it."""
    min_voice_ms: int = 96
    """A click or a key stroke is shorter."""
    preroll_ms: int = 416
    """Sound kept from before the first voiced frame: soft consonants are quieter than the voice gate."""
    end_silence_ms: int = 608
    """Silence that ends an utterance; 480 ms broke words at the seams of short utterances."""
    late_ms: int = 8_000
    """From here on a shorter silence ends it, so that words are not left waiting for a final."""
    late_end_silence_ms: int = 352
    """Silence that ends a long utterance: a breath between two sentences."""
    max_ms: int = 14_016
    """Ends at the quietest place before: Whisper's short window pays off up to about half of its 30 s."""
    split_search_ms: int = 6_016
    """How far back the quietest place is looked for."""


@dataclass(slots=True)
class Segmenter:
    """Cuts a stream of frames into utterances; the spans are ordered, never overlap and never exceed `max_ms`."""

    limits: UtteranceLimits = field(default_factory=UtteranceLimits)
    frame: int = 0
    """Index of the next frame."""
    opened_at: int | None = None
    """First frame of the open utterance."""
    _free_from: int = 0
    _is_voiced: bool = False
    _run: int = 0
    _silent: int = 0
    _voiced: int = 0
    _levels: list[float] = field(default_factory=list)

    def keep_from(self) -> int:
        """The first frame whose sound may still belong to an utterance."""
        if self.opened_at is not None:
            return self.opened_at
        limits = self.limits
        return max(self._free_from, self.frame - (limits.preroll_ms + limits.min_voice_ms) // FRAME_MS)

    @property
    def silent_ms(self) -> int:
        """How long the open utterance has been silent."""
        return self._silent * FRAME_MS

    def step(self, probability: float, level: float) -> tuple[int, int] | None:
        """Take the next frame; give the utterance that it ends, as first frame and frame after the last.

        Args:
            probability: voice probability of the frame, 0 to 1.
            level: loudness of the frame in any monotone unit; the quietest place is where it is lowest.
        """
        limits = self.limits
        self.frame += 1
        self._is_voiced = probability >= (limits.off_probability if self._is_voiced else limits.on_probability)
        self._run = self._run + 1 if self._is_voiced else 0
        if self.opened_at is None:
            if self._run * FRAME_MS < limits.min_voice_ms:
                return None
            self.opened_at = self.keep_from()
            # The levels before the voice are never looked at: the search window is shorter than the utterance.
            self._levels = [level] * (self.frame - self.opened_at)
            self._silent, self._voiced = 0, self._run
            return None
        self._levels.append(level)
        self._silent = 0 if self._is_voiced else self._silent + 1
        self._voiced += self._is_voiced
        length_ms = (self.frame - self.opened_at) * FRAME_MS
        end_ms = limits.end_silence_ms if length_ms < limits.late_ms else limits.late_end_silence_ms
        if self._silent * FRAME_MS >= end_ms:
            return self._close(self.frame, is_open=False)
        if length_ms >= limits.max_ms:
            return self._close(self._quietest(), is_open=True)
        return None

    def finish(self) -> tuple[int, int] | None:
        """End the open utterance here and give it, if there is one."""
        return None if self.opened_at is None else self._close(self.frame, is_open=False)

    def _close(self, end: int, *, is_open: bool) -> tuple[int, int] | None:
        start = self.opened_at
        assert start is not None
        voiced, self._free_from = self._voiced, end
        self._levels = self._levels[end - start :]
        self.opened_at = end if is_open else None
        self._voiced = max(0, len(self._levels) - self._silent) if is_open else 0
        return (start, end) if voiced * FRAME_MS >= self.limits.min_voice_ms else None

    def _quietest(self) -> int:
        assert self.opened_at is not None
        first = len(self._levels) - self.limits.split_search_ms // FRAME_MS
        # Three frames together: one frame may be the closure inside a "t" or a "k".
        sums = [sum(self._levels[i - 1 : i + 2]) for i in range(first, len(self._levels) - 1)]
        return self.opened_at + first + sums.index(min(sums))
