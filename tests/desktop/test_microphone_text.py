"""From the microphone to words, over pulls of the plug; twenty of them: `make bench-microphone`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.bench import microphone

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="PulseAudio is not installed."),
]


def test_pulled_microphone_is_told_and_words_come_again_and_none_is_lost(tmp_path: Path) -> None:
    result = microphone.run(3, tmp_path)
    assert len(result.cycles) == 3
    assert result.faults() == [], result.heard
