"""How loud the microphone is: silent, too low, clipping; and how far the voice stands above the room."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import FRAME_MS, FRAME_SAMPLES, RATE_HZ, AudioChunk, Cue, Signal, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from martlive_desktop.core.events import Input

FLOOR_DBFS = -96.0
"""What digital silence is written as: the quietest that 16 bits can say."""

_METER_MS = 50
_METER_SAMPLES = RATE_HZ * _METER_MS // 1000
_METERS_PER_SECOND = 1000 // _METER_MS
_FULL_SCALE = 32768.0

SNR_EVERY_FRAMES = 160
"""Frames (5.12 s) between two signals, while somebody speaks: enough to follow a fan that is switched on."""

SNR_MS = SNR_EVERY_FRAMES * FRAME_MS

SNR_FRAMES = 160
"""Newest frames (5.12 s) of voice, and as many of the room, that are compared."""

SNR_LEAST_FRAMES = 31
"""Frames (1 s) of each that there must be: fewer are one word, or one breath."""

SNR_STALE_FRAMES = 320
"""Frames (10.24 s) after which what was known of the room may no longer be true."""

SNR_ROOM_PROBABILITY = 0.15
"""A frame below it is the room; between it and the voice's own limit lie breaths and the ends of words."""

SNR_GAP_SHARE = 0.1
"""Share of the frames of fluent speech that are gaps between words, at least."""

SNR_LEAST_DB = -10.0
"""What a voice that is no louder than the room is written as."""


@dataclass(frozen=True, slots=True)
class LevelThresholds:
    """When the level is a fault."""

    silent_dbfs: float = -60.0
    """RMS of 50 ms below which a microphone gives nothing, in dBFS: a quiet room lies at -56 and above."""
    silent_s: float = 10.0
    """Seconds of it: shorter ones are a cough button."""
    low_dbfs: float = -32.0
    """RMS of voiced sound below which viewers strain to hear, in dBFS: 12 dB below what platforms aim at."""
    low_s: float = 20.0
    """Seconds over which it is measured, so that one soft sentence is none."""
    low_over_s: float = 2.0
    """Seconds of voice over which its level is taken: a laugh is shorter, a sentence longer."""
    low_voiced_s: float = 5.0
    """Seconds of voice there must be in all, else there is nothing to measure."""
    clip_dbfs: float = -0.1
    """Peak from which a frame counts as clipped, in dBFS."""
    clip_s: float = 10.0
    """Seconds over which clipped frames of 50 ms are counted."""
    clip_share: float = 0.01
    """Share of clipped frames that is heard as distortion."""
    noise_snr_db: float = 15.0
    """Decibels that a voice must stand above the room: below, viewers hear the room."""
    noise_s: float = 30.0
    """Seconds of it: a passing lorry is shorter."""
    voice_probability: float = 0.5
    """Silero VAD's own default for a voiced frame."""


class _Frames:
    """Cuts chunks of any size into frames of one size, counted from the start of the stream."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._rest = np.zeros(0, np.int16)

    def cut(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """The frames that are complete now, shape (frames, samples)."""
        pcm = np.concatenate((self._rest, pcm))
        whole = len(pcm) // self._samples * self._samples
        self._rest = pcm[whole:]
        return pcm[:whole].reshape(-1, self._samples)


class LevelDetector:
    """Measures every sample once; results do not depend on how the sound is cut into chunks."""

    def __init__(self, thresholds: LevelThresholds | None = None) -> None:
        self._meter_frames = _Frames(_METER_SAMPLES)
        self._voice_frames = _Frames(FRAME_SAMPLES)
        self._second: list[float] = []
        self._meters = 0
        self._silent_run = 0
        self._clipped: list[int] = []
        self._waiting: list[float] = []
        self._decided = 0
        self._recent: deque[float] = deque()
        self._low_from: int | None = None
        self._low_frames = 0
        self._low_power = 0.0
        self._voice_powers: deque[float] = deque(maxlen=SNR_FRAMES)
        self._room_powers: deque[tuple[int, float]] = deque(maxlen=SNR_FRAMES)
        self._all_powers: deque[float] = deque(maxlen=SNR_FRAMES)
        self._has_spoken = False
        self._noisy_ms: int | None = None
        self._snr_ms = 0
        self.use(thresholds or LevelThresholds())

    def use(self, thresholds: LevelThresholds) -> None:
        """Hold to other limits from now on; what was measured so far stays."""
        self._limits = thresholds
        self._clip_limit = 10 ** (thresholds.clip_dbfs / 20) * _FULL_SCALE
        self._silent_power = 10 ** (thresholds.silent_dbfs / 10)
        self._recent = deque(self._recent, maxlen=round(thresholds.low_over_s * 1000 / FRAME_MS))

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:  # noqa: ARG002 - part of the protocol
        """Measure sound; learn which of it was voice."""
        if isinstance(event, AudioChunk):
            return self._measure(event.pcm)
        if isinstance(event, Voice):
            return self._decide_voice(event)
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """mic_silent, mic_low, clipping and noise, as they hold."""
        limits = self._limits
        out: list[Cue] = []
        if self._silent_run * _METER_MS >= limits.silent_s * 1000:
            out.append(
                Cue(now_ms, "mic_silent", 0.95, (f"below {limits.silent_dbfs:g} dBFS for {limits.silent_s:g} s",))
            )
        low_ms = 0 if self._low_from is None else (self._decided - self._low_from) * FRAME_MS
        if low_ms >= limits.low_s * 1000 and self._low_frames * FRAME_MS >= limits.low_voiced_s * 1000:
            level_dbfs = _dbfs(self._low_power / self._low_frames)
            out.append(Cue(now_ms, "mic_low", 0.9, (f"voice at {level_dbfs:.0f} dBFS for {limits.low_s:g} s",)))
        window = round(limits.clip_s * 1000 / _METER_MS)
        clipped = sum(index >= self._meters - window for index in self._clipped)
        if clipped >= limits.clip_share * window:
            out.append(Cue(now_ms, "clipping", 0.95, (f"{clipped} clipped frames in {limits.clip_s:g} s",)))
        if self._noisy_ms is not None and self._snr_ms - self._noisy_ms >= limits.noise_s * 1000 - SNR_MS:
            reasons = (f"voice less than {limits.noise_snr_db:g} dB above the room for {limits.noise_s:g} s",)
            out.append(Cue(now_ms, "noise", 0.8, reasons))
        return out

    def _measure(self, pcm: NDArray[np.int16]) -> list[Signal]:
        frames = self._voice_frames.cut(pcm)
        self._waiting += _powers(frames).tolist()
        frames = self._meter_frames.cut(pcm)
        if not len(frames):
            return []
        powers = _powers(frames).tolist()
        peaks = np.maximum(frames.max(axis=1).astype(np.int32), -frames.min(axis=1).astype(np.int32)).tolist()
        out: list[Signal] = []
        for power, peak in zip(powers, peaks, strict=True):
            self._silent_run = self._silent_run + 1 if power < self._silent_power else 0
            if peak >= self._clip_limit:
                self._clipped.append(self._meters)
            self._meters += 1
            self._second.append(power)
            if self._meters % _METERS_PER_SECOND == 0:
                mean = sum(self._second) / len(self._second)
                self._second.clear()
                out.append(Signal(self._meters * _METER_MS, "level", round(_dbfs(mean), 1), "dBFS"))
        oldest = self._meters - self._limits.clip_s * 1000 / _METER_MS
        self._clipped = [index for index in self._clipped if index >= oldest]
        return out

    def _decide_voice(self, event: Voice) -> list[Signal]:
        end = event.at_ms // FRAME_MS
        begin = end - len(event.probabilities)
        # A recogniser that was restarted may leave frames out or say some twice.
        lost = max(0, begin - self._decided)
        news = event.probabilities[max(0, self._decided - begin) :]
        powers = self._waiting[lost : lost + len(news)]
        self._waiting = self._waiting[lost + len(powers) :]
        self._decided += lost
        out: list[Signal] = []
        for power, probability in zip(powers, news, strict=False):
            self._decided += 1
            self._all_powers.append(power)
            if probability >= self._limits.voice_probability:
                self._follow_voice(power)
                self._voice_powers.append(power)
                self._has_spoken = True
            # Digital silence is no room: a gate, or a microphone that is gone.
            elif probability < SNR_ROOM_PROBABILITY and power > 0:
                self._room_powers.append((self._decided, power))
            if self._decided % SNR_EVERY_FRAMES == 0:
                out += self._snr()
        return out

    def _snr(self) -> list[Signal]:
        """How far the voice stands above the room, in dB, if somebody spoke since the last time.

        Source: speech and noise power by voice activity, the noise's subtracted from the noisy speech's (M. Vondrášek
        and P. Pollák, Methods for Speech SNR Estimation: Evaluation Tool and Analysis of VAD Dependency,
        Radioengineering 14(1), 2005). The room's power is a median and not a mean, so that a click is no noise; without
        a pause it is a low quantile (V. Stahl, A. Fischer and R. Bippus, Quantile Based Noise Estimation, ICASSP 2000).
        """
        has_spoken, self._has_spoken = self._has_spoken, False
        if not has_spoken or min(len(self._voice_powers), len(self._room_powers)) < SNR_LEAST_FRAMES:
            return []
        room = median(power for _, power in self._room_powers)
        if self._room_powers[-SNR_LEAST_FRAMES][0] < self._decided - SNR_STALE_FRAMES:
            # Noise under a voice that hardly pauses shows in the gaps between its words.
            room = max(room, float(np.quantile(self._all_powers, SNR_GAP_SHARE)))
        ratio = sum(self._voice_powers) / len(self._voice_powers) / room - 1
        snr_db = max(SNR_LEAST_DB, 10 * math.log10(ratio)) if ratio > 0 else SNR_LEAST_DB
        self._snr_ms = self._decided * FRAME_MS
        if snr_db >= self._limits.noise_snr_db:
            self._noisy_ms = None
        elif self._noisy_ms is None:
            self._noisy_ms = self._snr_ms
        return [Signal(self._snr_ms, "snr", round(snr_db, 1), "dB")]

    def _follow_voice(self, power: float) -> None:
        """Keep the clock of a low voice: it starts with low voice, not with the silence before, and loud voice ends it."""
        self._recent.append(power)
        if _dbfs(sum(self._recent) / len(self._recent)) >= self._limits.low_dbfs:
            self._low_from = None
            return
        if self._low_from is None:
            self._low_from = self._decided
            self._low_frames, self._low_power = 0, 0.0
        self._low_frames += 1
        self._low_power += power


def _powers(frames: NDArray[np.int16]) -> NDArray[np.float64]:
    """Mean square of each frame, shape (frames, samples) to (frames,); full scale is 1."""
    scaled = frames.astype(np.float32) / np.float32(_FULL_SCALE)
    powers: NDArray[np.float64] = np.square(scaled).mean(axis=1, dtype=np.float64)
    return powers


def _dbfs(power: float) -> float:
    return max(FLOOR_DBFS, 10 * math.log10(power)) if power > 0 else FLOOR_DBFS
