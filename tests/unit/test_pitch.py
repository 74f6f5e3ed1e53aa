"""The pitch tracker, with the real model."""

from __future__ import annotations

import numpy as np

from martlive_desktop.inference.pitch import PitchTracker

SECONDS = np.arange(32_000) / 16_000
VOICE = (np.sum([np.sin(2 * np.pi * 150 * k * SECONDS) / k for k in range(1, 12)], axis=0) * 6000).astype(np.int16)


def test_pitch_of_a_voice_and_of_silence_however_it_is_cut() -> None:
    whole = list(PitchTracker()(VOICE))
    tracker = PitchTracker()
    parts = [hz for start in range(0, 32_000, 1_000) for hz in tracker(VOICE[start : start + 1_000])]
    assert len(parts) == len(whole) == 115
    np.testing.assert_allclose(parts, whole, rtol=1e-3)
    assert abs(float(np.median(whole)) - 150) < 2
    assert set(PitchTracker()(np.zeros(32_000, np.int16))) == {0.0}
