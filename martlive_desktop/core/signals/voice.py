"""How lively the voice is, against the streamer's own habit: pitch movement and energy."""

from __future__ import annotations

import bisect
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import AudioChunk, Cue, Signal
from martlive_desktop.core.habits import Habits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from martlive_desktop.core.events import Input

    PitchTracker = Callable[[NDArray[np.int16]], Sequence[float]]
    """Pitch in Hz of the frames (16 ms) that new sound completes, shape (samples,) at 16 kHz; 0 where no voice is."""

FRAME_SAMPLES = 256
"""Samples of one pitch frame (16 ms)."""

BLOCK_FRAMES = 125
"""Frames (2 s) that are measured together."""

BLOCK_S = 2

_FULL_SCALE = 32768.0
_A4_HZ = 440.0
_SILENCE = 1e-12
_LEAST_SHARE = 0.15
"""Share of voiced frames from which there is a voice to measure."""


@dataclass(frozen=True, slots=True)
class VoiceThresholds:
    """When the voice has lost its life; only drops against the streamer's own habit count."""

    flat_s: float = 60.0
    """Seconds of talk over which pitch hardly moves; pauses do not count."""
    flat_factor: float = 0.7
    """Times the own median of the pitch's standard deviation, below which it is flat."""
    drop_s: float = 90.0
    """Seconds of talk over which energy is compared."""
    drop_db: float = 4.0
    """Decibels below the own median level."""
    drop_factor: float = 0.7
    """Times the own median of the pitch's standard deviation."""
    habit_s: float = 60.0
    """Seconds of talk there must be before anything is compared."""


@dataclass(frozen=True, slots=True)
class _Block:
    """The voice in two seconds."""

    frames: int
    """Voiced frames."""
    spread: float
    """Sum of the squared distances of their pitches, in semitones, from the block's mean."""
    power: float
    """Sum of their power."""


class _Habit:
    """A running median; an earlier one weighs as much as `weight` measurements."""

    def __init__(self, earlier: float | None, weight: int) -> None:
        self._ordered = [] if earlier is None else [earlier] * weight

    def add(self, value: float) -> None:
        bisect.insort(self._ordered, value)

    def __len__(self) -> int:
        return len(self._ordered)

    @property
    def median(self) -> float:
        middle = len(self._ordered) // 2
        return (self._ordered[middle] + self._ordered[~middle]) / 2


class VoiceDetector:
    """Takes pitch and level of the voice; every two seconds compares the newest windows with what is usual."""

    def __init__(
        self,
        tracker: PitchTracker,
        thresholds: VoiceThresholds | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._track = tracker
        limits = thresholds or VoiceThresholds()
        self._pitches: list[float] = []
        self._samples = np.zeros(0, np.int16)
        self._blocks: deque[_Block] = deque()
        self._at_ms = 0
        weight = round(limits.habit_s / BLOCK_S)
        self._usual_sd = _Habit(habits.pitch_sd_semitones if habits else None, weight)
        self._usual_db = _Habit(habits.level_dbfs if habits else None, weight)
        self._is_flat = self._has_dropped = False
        self.use(limits)

    def use(self, thresholds: VoiceThresholds) -> None:
        """Hold to other limits from now on; what was measured so far stays."""
        self._limits = thresholds
        self._flat_blocks = round(thresholds.flat_s / BLOCK_S)
        self._drop_blocks = round(thresholds.drop_s / BLOCK_S)
        self._least = round(thresholds.habit_s / BLOCK_S)
        self._blocks = deque(self._blocks, maxlen=max(self._flat_blocks, self._drop_blocks))

    @property
    def habits(self) -> Habits:
        """What was usual in this show; nothing while too little was heard."""
        if len(self._usual_sd) < self._least:
            return Habits()
        return Habits(level_dbfs=round(self._usual_db.median, 1), pitch_sd_semitones=round(self._usual_sd.median, 2))

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Measure sound."""
        if not isinstance(event, AudioChunk):
            return ()
        self._pitches += self._track(event.pcm)
        self._samples = np.concatenate((self._samples, event.pcm))
        out: list[Signal] = []
        while len(self._pitches) >= BLOCK_FRAMES and len(self._samples) >= BLOCK_FRAMES * FRAME_SAMPLES:
            hz, self._pitches = self._pitches[:BLOCK_FRAMES], self._pitches[BLOCK_FRAMES:]
            pcm, self._samples = np.split(self._samples, [BLOCK_FRAMES * FRAME_SAMPLES])
            frames = pcm.reshape(BLOCK_FRAMES, FRAME_SAMPLES).astype(np.float64) / _FULL_SCALE
            out += self._block(hz, (frames * frames).mean(axis=1).tolist())
        return out

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """Whichever of flat and energy_drop hold."""
        limits, out = self._limits, []
        if self._is_flat:
            reasons = (f"pitch moves less than {limits.flat_factor:.0%} of usual for {limits.flat_s:g} s",)
            out.append(Cue(now_ms, "flat", 0.7, reasons))
        if self._has_dropped:
            reasons = (f"{limits.drop_db:g} dB quieter and less pitch movement for {limits.drop_s:g} s",)
            out.append(Cue(now_ms, "energy_drop", 0.7, reasons))
        return out

    def _block(self, hz: Sequence[float], powers: Sequence[float]) -> list[Signal]:
        self._at_ms += BLOCK_S * 1000
        voiced = [(12 * math.log2(one / _A4_HZ), power) for one, power in zip(hz, powers, strict=True) if one > 0]
        if len(voiced) < _LEAST_SHARE * BLOCK_FRAMES:
            return []
        spread = float(np.var([tone for tone, _ in voiced])) * len(voiced)
        self._blocks.append(_Block(len(voiced), spread, sum(power for _, power in voiced)))
        sd, _ = self._measure(self._flat_blocks)
        drop_sd, level_dbfs = self._measure(self._drop_blocks)
        self._usual_sd.add(sd)
        self._usual_db.add(level_dbfs)
        if len(self._usual_sd) >= self._least and len(self._blocks) >= self._flat_blocks:
            limits, usual_sd, usual_db = self._limits, self._usual_sd.median, self._usual_db.median
            self._is_flat = sd < limits.flat_factor * usual_sd
            self._has_dropped = drop_sd < limits.drop_factor * usual_sd and level_dbfs < usual_db - limits.drop_db
        return [Signal(self._at_ms, "pitch_sd", round(sd, 2), "semitones")]

    def _measure(self, blocks: int) -> tuple[float, float]:
        """Pitch SD in semitones and level in dBFS of the voice in the newest `blocks`.

        The SD is that within blocks, pooled: a voice that has only become lower is not livelier for a while.
        """
        newest = list(self._blocks)[-blocks:]
        frames = sum(block.frames for block in newest)
        power = sum(block.power for block in newest) / frames
        return math.sqrt(sum(block.spread for block in newest) / frames), 10 * math.log10(power + _SILENCE)
