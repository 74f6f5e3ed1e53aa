"""Which language is spoken, found out by the real model in a review."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.mandarin import SENTENCES, speak_mandarin
from tests.desktop.voice import speak

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
TALK = (
    "Good evening everybody, this is the blue lantern, and it is made by hand.",
    "I light it every evening on my balcony, and it never smokes.",
    "Tap the basket if you would like one for your own table.",
    "The second thing is a small wooden tray, and it came out of the oven yesterday.",
    "My grandfather used to carve these for the whole village.",
    "Would you take the light one or the dark one? Tell me in the chat.",
)


def review(wav: Path) -> tuple[list[str], str]:
    """What the recogniser said of the language, and the text."""
    folder = wav.parent
    places = {"MARTLIVE_DATA": str(folder / "data"), "MARTLIVE_SETTINGS": str(folder / "settings.toml")}
    command = [sys.executable, "-m", "martlive_desktop", "review", str(wav)]
    command += ["--language", "auto", "--out", str(folder / "out")]
    subprocess.run(command, cwd=ROOT, env=os.environ | places, stdout=subprocess.DEVNULL, check=True)
    events = [json.loads(line) for line in (folder / "out" / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [
        event["detail"] for event in events if (event.get("part"), event.get("state")) == ("recogniser", "language")
    ]
    return told, (folder / "out" / "transcript.txt").read_text(encoding="utf-8")


def test_mandarin_is_found_out_and_told_and_written_in_simplified_characters(tmp_path: Path) -> None:
    told, text = review(speak_mandarin(SENTENCES, tmp_path / "talk.wav"))
    assert len(told) == 1
    assert told[0].startswith("You speak Mandarin")
    # Not "直播间": its last sign has homophones, between which the arithmetic of the processor decides.
    for words in (
        "大家好",
        "欢迎来到我的直播",
        "今天给大家带来三款特别好用的产品",
        "牛奶",
        "三年",
        "请大家放心",
        "我们明天晚上",
    ):
        assert words in text


def test_english_is_found_out_and_told(tmp_path: Path) -> None:
    told, text = review(speak(TALK, tmp_path / "talk.wav"))
    assert len(told) == 1
    assert told[0].startswith("You speak English")
    assert "blue lantern" in text.lower()
