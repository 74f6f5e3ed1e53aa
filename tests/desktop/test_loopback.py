"""What the computer plays, from a real PulseAudio."""

from __future__ import annotations

import subprocess
import sys
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.desktop.pulse import running_pulse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

READ = """
import numpy as np
from martlive_desktop.adapters.loopback import PulseLoopback
source = PulseLoopback()
for number, block in enumerate(source.read()):
    if number > 200 or np.abs(block.pcm.astype(int)).max() > 1000:
        print(len(block.pcm), np.abs(block.pcm.astype(int)).max() > 1000)
        break
source.close()
assert list(source.read()) == []
"""


def test_what_is_played_is_read(tmp_path: Path) -> None:
    tone = tmp_path / "tone.wav"
    with wave.open(str(tone), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(48_000 * 20) / 10) * 9000).astype(np.int16).tobytes())
    with running_pulse() as pulse:
        pulse.add_speakers()
        player = subprocess.Popen(["paplay", str(tone)], env=pulse.env)
        try:
            read = subprocess.run(
                [sys.executable, "-c", READ], env=pulse.env, capture_output=True, text=True, check=True
            )
        finally:
            player.kill()
            player.wait()
    assert read.stdout == "1600 True\n"
