"""Speaking while OBS is muted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.events import FRAME_MS, Status, Tick, Voice
from martlive_desktop.core.signals.obs import ObsDetector, ObsThresholds

LIMIT = 94
"""Frames that are 3 s, rounded up."""


def play(detector: ObsDetector, *spans: tuple[int, float], frame: int = 0) -> int:
    """Decide frames, `spans` of how many and how probable; give the frame after the last."""
    for frames, probability in spans:
        frame += frames
        detector.observe(Voice(frame * FRAME_MS, (probability,) * frames), frame * FRAME_MS)
    return frame


def tell(detector: ObsDetector, state: str, frame: int = 0, part: str = "obs") -> None:
    detector.observe(Status(frame * FRAME_MS, part, state), frame * FRAME_MS)


def kinds(detector: ObsDetector) -> list[str]:
    return [cue.kind for cue in detector.cues(0)]


def test_three_seconds_of_voice_into_a_muted_obs_are_a_cue() -> None:
    detector = ObsDetector()
    tell(detector, "muted")
    frame = play(detector, (LIMIT - 1, 0.9))
    assert kinds(detector) == []
    play(detector, (1, 0.9), frame=frame)
    [cue] = detector.cues(3_100)
    assert (cue.at_ms, cue.kind, cue.reasons) == (3_100, "obs_muted", ("spoken for 3 s while OBS is muted",))


def test_muted_that_is_told_again_is_the_same_muting() -> None:
    detector = ObsDetector()
    tell(detector, "muted")
    frame = play(detector, (LIMIT - 1, 0.9))
    tell(detector, "muted", frame)
    play(detector, (1, 0.9), frame=frame)
    assert kinds(detector) == ["obs_muted"]


@pytest.mark.parametrize("state", ["unmuted", "gone"])
def test_cue_goes_when_obs_is_unmuted_or_gone(state: str) -> None:
    detector = ObsDetector()
    tell(detector, "muted")
    frame = play(detector, (200, 0.9))
    assert kinds(detector) == ["obs_muted"]
    tell(detector, state, frame)
    assert kinds(detector) == []
    play(detector, (200, 0.9), frame=frame)
    assert kinds(detector) == []


def test_voice_before_muting_does_not_count_even_when_it_is_recognised_late() -> None:
    detector = ObsDetector()
    frame = play(detector, (400, 0.9))
    tell(detector, "muted", frame + 150)
    frame = play(detector, (100, 0.9), frame=frame)
    frame = play(detector, (50 + LIMIT - 1, 0.9), frame=frame)
    assert kinds(detector) == []
    play(detector, (1, 0.9), frame=frame)
    assert kinds(detector) == ["obs_muted"]


def test_silence_and_asides_into_a_muted_obs_are_none() -> None:
    detector = ObsDetector()
    tell(detector, "muted")
    play(detector, *[(30, 0.9), (100, 0.1)] * 20)
    assert kinds(detector) == []


def test_cue_goes_when_nobody_speaks_any_more() -> None:
    detector = ObsDetector()
    tell(detector, "muted")
    play(detector, (200, 0.9), (313, 0.1))
    assert kinds(detector) == []


def test_other_parts_and_other_events_say_nothing() -> None:
    detector = ObsDetector()
    tell(detector, "muted", part="microphone")
    detector.observe(Tick(60_000), 60_000)
    play(detector, (200, 0.9))
    assert kinds(detector) == []


def test_limits_are_settings() -> None:
    detector = ObsDetector(ObsThresholds(muted_voice_s=1.0))
    tell(detector, "muted")
    play(detector, (32, 0.9))
    assert kinds(detector) == ["obs_muted"]


@given(st.lists(st.sampled_from([0.1, 0.9]), max_size=400), st.integers(1, 40), st.integers(0, 100))
def test_grouping_of_frames_does_not_matter(probabilities: list[float], size: int, muted: int) -> None:
    one, other = ObsDetector(), ObsDetector()
    tell(one, "muted", muted)
    tell(other, "muted", muted)
    for index, probability in enumerate(probabilities, start=1):
        one.observe(Voice(index * FRAME_MS, (probability,)), 0)
    for start in range(0, len(probabilities), size):
        group = tuple(probabilities[start : start + size])
        other.observe(Voice((start + len(group)) * FRAME_MS, group), 0)
    assert kinds(one) == kinds(other)


def test_it_is_as_urgent_as_a_silent_microphone() -> None:
    assert CATALOGUE["obs_muted"].severity == CATALOGUE["mic_silent"].severity == 0
