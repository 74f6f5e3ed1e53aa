"""Reviews with the real models."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.voice import speak

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
TALK = (
    "Good evening everybody, this is the blue lantern, and it is made by hand.",
    "It is twenty four dollars and fifty cents tonight.",
    "I light it every evening on my balcony, and it never smokes.",
    "Tap the basket if you would like one for your own table.",
    "The second thing is a small wooden tray, and it came out of the oven yesterday.",
    "My grandfather used to carve these for the whole village.",
    "Would you take the light one or the dark one? Tell me in the chat.",
)


NAMES = (
    "The show is sponsored by Barkwell, and I like them a lot.",
    "First comes the Kovara, and it is made by hand.",
    "It is twenty four dollars and fifty cents tonight.",
    "And the second one is my paw balm for winter walks.",
)
PLAN = """
sponsored = true
sponsor = "Barkwell"
[[products]]
name = "Kovara"
price = 24.5
[[products]]
name = "paw balm"
price = 18
"""


def start(wav: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "MARTLIVE_DATA": str(out.parent / "data"),
        "MARTLIVE_SETTINGS": str(out.parent / "settings.toml"),
    }
    command = [sys.executable, "-m", "martlive_desktop", "review", str(wav), "--out", str(out), *more]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def child_of(pid: int) -> int | None:
    """The recogniser's process, if there is one now."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_text()
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid and "spawn_main" in command:
            return int(entry.name)
    return None


def transcripts(out: Path) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    return [event for event in events if event["type"] == "transcript"]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A recording and its review."""
    folder = tmp_path_factory.mktemp("review")
    wav = speak(TALK, folder / "talk.wav")
    assert start(wav, folder / "out").wait() == 0
    return wav, folder / "out"


def test_review_hears_what_was_said(reviewed: tuple[Path, Path]) -> None:
    text = (reviewed[1] / "transcript.txt").read_text().lower()
    for words in ("blue lantern", "24", "every evening", "tap the basket", "wooden tray", "grandfather", "the chat"):
        assert words in text
    assert (reviewed[1] / "transcript.srt").read_text().startswith("1\n00:00:0")


def test_names_of_the_plan_are_written_as_it_has_them(tmp_path: Path) -> None:
    wav = speak(NAMES, tmp_path / "talk.wav")
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    assert start(wav, tmp_path / "without").wait() == 0
    assert start(wav, tmp_path / "with", "--plan", str(plan)).wait() == 0
    without, found = ((tmp_path / kind / "transcript.txt").read_text() for kind in ("without", "with"))
    assert [name in without for name in ("Barkwell", "Kovara", "paw balm")] == [False, False, False]
    assert [name in found for name in ("by Barkwell,", "the Kovara,", "my paw balm for")] == [True, True, True]
    assert without.splitlines()[2] == found.splitlines()[2]


def test_two_reviews_of_one_file_give_the_same_bytes(reviewed: tuple[Path, Path], tmp_path: Path) -> None:
    wav, out = reviewed
    assert start(wav, tmp_path / "out").wait() == 0
    assert (tmp_path / "out" / "events.jsonl").read_bytes() == (out / "events.jsonl").read_bytes()


def test_recogniser_killed_five_times_hears_the_same(reviewed: tuple[Path, Path], tmp_path: Path) -> None:
    wav, out = reviewed
    review = start(wav, tmp_path / "out")
    events = tmp_path / "out" / "events.jsonl"
    killed: list[int] = []
    size = 0
    while review.poll() is None and len(killed) < 5:
        child = child_of(review.pid)
        # The next one is killed once something new was heard, so that each dies in the middle of its work.
        if child is None or child in killed or not events.exists() or events.stat().st_size <= size:
            continue
        size = events.stat().st_size + 3_000
        os.kill(child, signal.SIGKILL)
        killed.append(child)
    assert review.wait() == 0
    assert len(killed) == 5
    assert transcripts(tmp_path / "out") == transcripts(out)
