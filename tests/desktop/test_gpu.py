"""A graphics card that cannot be used, with the real Whisper and its real process: the same words come out."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.core.events import AudioChunk, Status, Transcript
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference import worker
from martlive_desktop.inference.supervisor import SupervisedRecogniser
from martlive_desktop.settings import Settings
from tests.desktop import gpu_child
from tests.desktop.voice import speak

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


def hear(wav: Path, target: Any) -> tuple[list[Status], list[Transcript]]:
    config = recogniser_config(Settings(), "en", "whisper-base", is_live=False)
    with closing(SupervisedRecogniser(config, target=target)) as recogniser:
        for chunk in MediaFile(wav).read():
            if isinstance(chunk, AudioChunk):
                recogniser.feed(chunk)
        recogniser.finish()
        results = list(recogniser.results())
    statuses = [one for one in results if isinstance(one, Status) and one.is_news]
    return statuses, [one for one in results if isinstance(one, Transcript)]


@pytest.mark.parametrize(
    ("child", "sentence"),
    [
        (
            gpu_child.broken,
            "The graphics card cannot be used without libcublas.so.12 (in `pip install martlive[cuda]`) "
            "– the processor goes on.",
        ),
        (gpu_child.deadly, "The graphics card stopped working for speech – the processor goes on."),
    ],
    ids=["a library is missing", "the process ends"],
)
def test_first_utterance_comes_out_on_the_processor_with_one_status(tmp_path: Path, child: Any, sentence: str) -> None:
    wav = speak(("This is the blue lantern, and it is made by hand.", "It never smokes."), tmp_path / "talk.wav")
    _, on_processor = hear(wav, worker.main)
    statuses, after_failure = hear(wav, child)
    assert [(one.state, one.detail) for one in statuses] == [("device", sentence)]
    assert after_failure == on_processor
    assert "blue lantern" in " ".join(one.text for one in after_failure if one.is_final)
