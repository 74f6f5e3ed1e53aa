"""Fillers in a row."""

from __future__ import annotations

import pytest

from martlive_desktop.core.events import Tick, Transcript, Word
from martlive_desktop.core.signals.hesitation import HesitationDetector


def heard(ends_s: list[int], *, is_final: bool = True) -> HesitationDetector:
    detector = HesitationDetector()
    words = tuple(Word("um", end_s * 1000 - 300, end_s * 1000, 1.0, filler="text") for end_s in ends_s)
    words += (Word("so", 0, 100, 1.0),)
    detector.observe(Transcript(20_000, is_final, 0, "", words), 20_000)
    detector.observe(Tick(20_000), 20_000)
    return detector


@pytest.mark.parametrize(
    ("ends_s", "is_final", "kinds"),
    [
        pytest.param([8, 11, 15, 20], True, ["filler_cluster"], id="four in 12 s"),
        pytest.param([8, 11, 15, 20], False, [], id="not looked at again"),
        pytest.param([8, 11, 15], True, [], id="three"),
        pytest.param([1, 11, 15, 20], True, [], id="four in 19 s"),
    ],
)
def test_fillers_in_a_row(ends_s: list[int], is_final: bool, kinds: list[str]) -> None:
    assert [cue.kind for cue in heard(ends_s, is_final=is_final).cues(21_000)] == kinds


def test_cluster_is_over_after_its_window() -> None:
    assert heard([8, 11, 15, 20]).cues(23_001) == ()
