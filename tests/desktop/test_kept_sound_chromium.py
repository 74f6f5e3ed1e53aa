"""A browser plays what was kept of a show, and seeks in it."""

from __future__ import annotations

import base64
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop.adapters.audio_keep import AudioKeep, read_sound
from martlive_desktop.core.events import RATE_HZ, AudioChunk
from tests.desktop.chromium import page

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (shutil.which("chromium") or shutil.which("chromium-browser")), reason="no Chromium"),
]

LISTEN = """(async () => {
    const audio = document.querySelector("audio")
    const when = (name) => new Promise((go, stop) => {
        audio.addEventListener(name, go, {once: true})
        audio.addEventListener("error", () => stop(new Error(audio.error.message)), {once: true})
    })
    const sound = await (await fetch(audio.dataset.sound)).arrayBuffer()
    const ready = when("canplay")
    audio.src = audio.dataset.sound
    await ready
    const there = when("seeked")
    audio.currentTime = 2.5
    await there
    const heard = (await new OfflineAudioContext(1, 16000, 16000).decodeAudioData(sound)).getChannelData(0)
    const loud = (from, to) => Math.sqrt(heard.slice(from, to).reduce((sum, one) => sum + one * one, 0) / (to - from))
    return [audio.duration, audio.currentTime, heard.length / 16000, loud(2000, 14000), loud(18000, 30000)]
})()"""


def test_browser_plays_and_seeks(tmp_path: Path) -> None:
    key = bytes(32)
    keep = AudioKeep(tmp_path, "20261123-184502-k3f", lambda: key)
    tone = (8_000 * np.sin(2 * np.pi * 400 * np.arange(5 * RATE_HZ) / RATE_HZ)).astype(np.int16)
    # A second of tone, a second in which the microphone was gone, and tone again.
    for start in (0, 2 * RATE_HZ):
        keep.take(AudioChunk(RATE_HZ + start, tone[start : start + (2 if start else 1) * RATE_HZ]))
    keep.close()
    ogg = base64.b64encode(read_sound(keep.path, key, 1_000, 5_000)).decode()
    with page(f'<audio data-sound="data:audio/ogg;base64,{ogg}"></audio>', 400, 300) as browser:
        length_s, at_s, decoded_s, loud, quiet = browser.run(LISTEN)
    assert length_s == pytest.approx(4.0, abs=0.03)
    assert decoded_s == pytest.approx(4.0, abs=0.03)
    assert at_s == pytest.approx(2.5, abs=0.01)
    assert loud > 0.1
    assert quiet < 0.001
