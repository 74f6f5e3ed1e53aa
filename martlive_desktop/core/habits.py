"""What is usual for a streamer: pace, loudness and pitch movement, from show to show."""

from __future__ import annotations

from dataclasses import dataclass

NEW_SHARE = 0.25
"""Weight of the newest show: after five shows the first one has a quarter of its weight left."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Medians over shows; None where nothing is known yet."""

    pace_wpm: float | None = None
    level_dbfs: float | None = None
    pitch_sd_semitones: float | None = None

    def after(self, show: Habits) -> Habits:
        """The habits with those of a show that is over."""
        return Habits(
            _after(self.pace_wpm, show.pace_wpm),
            _after(self.level_dbfs, show.level_dbfs),
            _after(self.pitch_sd_semitones, show.pitch_sd_semitones),
        )


def _after(before: float | None, now: float | None) -> float | None:
    if before is None or now is None:
        return before if now is None else now
    return round(before + NEW_SHARE * (now - before), 2)
