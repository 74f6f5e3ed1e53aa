"""The bundled show still holds the faults that its sound is to show, after compression."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from martlive_desktop.adapters.chat_file import ChatFile
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.plan_file import read_plan
from martlive_desktop.core.events import RATE_HZ, AudioChunk

DEMO = Path(__file__).parents[2] / "resources" / "demo"


@pytest.fixture(scope="module")
def frames() -> NDArray[np.float64]:
    """Its sound in frames of 50 ms, shape (frames, samples), -1 to 1."""
    chunks = [one.pcm for one in MediaFile(DEMO / "show.mkv").read() if isinstance(one, AudioChunk)]
    pcm = np.concatenate(chunks)
    size = RATE_HZ // 20
    return pcm[: len(pcm) // size * size].reshape(-1, size) / 32768


def dbfs(level: NDArray[np.float64]) -> NDArray[np.float64]:
    return 20 * np.log10(np.maximum(level, 1e-9))


def rms_dbfs(frames: NDArray[np.float64], from_s: float, to_s: float) -> NDArray[np.float64]:
    return dbfs(np.sqrt((frames[round(from_s * 20) : round(to_s * 20)] ** 2).mean(axis=1)))


def test_microphone_is_silent_for_twelve_seconds(frames: NDArray[np.float64]) -> None:
    assert rms_dbfs(frames, 6.5, 18.5).max() < -60


def test_room_is_above_silence_everywhere_else(frames: NDArray[np.float64]) -> None:
    assert min(rms_dbfs(frames, 0.1, 6).min(), rms_dbfs(frames, 19.5, 187).min()) > -60


def test_sound_clips_where_the_host_is_loud_and_nowhere_else(frames: NDArray[np.float64]) -> None:
    clipped = np.flatnonzero(dbfs(np.abs(frames).max(axis=1)) >= -0.1) / 20

    assert len(clipped) >= 20
    assert clipped.min() >= 49.5
    assert clipped.max() <= 56.5


def test_nobody_speaks_while_the_lantern_is_lit(frames: NDArray[np.float64]) -> None:
    assert rms_dbfs(frames, 142, 154.5).max() < -50


def test_chat_and_plan_are_whole() -> None:
    chat = ChatFile(DEMO / "chat.jsonl")
    plan = read_plan(DEMO / "plan.toml")

    assert chat.skipped == 0
    assert {one.user for one in chat.read()} == {"Mara", "Theo", "Emma", "Rosa"}
    assert [(one.name, one.price) for one in plan.products] == [("copper lantern", 24.5), ("speckled teapot", 32.0)]
    assert plan.sponsored


def test_demo_is_small() -> None:
    assert sum(file.stat().st_size for file in DEMO.iterdir() if file.is_file()) <= 4_000_000
