"""What a review says while it runs; whole reviews are in tests/desktop."""

from __future__ import annotations

import contextlib
import io
import wave
from pathlib import Path

import pytest
from typing_extensions import override

from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.core.events import LogEvent, Signal, Status, Tip
from martlive_desktop.reviewing import ReviewBar


@pytest.fixture
def minute(tmp_path: Path) -> MediaFile:
    with wave.open(str(tmp_path / "show.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * 60))
    return MediaFile(tmp_path / "show.wav")


class Terminal(io.StringIO):
    """A terminal 80 characters wide."""

    @override
    def isatty(self) -> bool:
        return True


def shown(minute: MediaFile, title: str, *events: LogEvent) -> str:
    """The bar after `events`, on a terminal."""
    terminal = Terminal()
    with contextlib.redirect_stderr(terminal), contextlib.closing(ReviewBar(minute, title)) as bar:
        for event in events:
            bar.listen(event)
    return terminal.getvalue()


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TERM", "xterm"), ("COLUMNS", "80"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def test_bar_says_which_how_far_and_how_many_tips(minute: MediaFile) -> None:
    tip = Tip(15_000, "t1", "c1", "cta_missing", "Say the price", 1, "rules", 20_000)
    text = shown(minute, "2 of 3: show [1].wav", tip, Signal(30_000, "pace", 1.0, "wpm"))
    assert "Reviewing 2 of 3: show [1].wav" in text
    assert " 50% " in text
    assert "1 tip" in text


def test_long_name_leaves_room_for_the_rest(minute: MediaFile) -> None:
    text = shown(minute, "a long name " * 20, Signal(30_000, "pace", 1.0, "wpm"))
    assert "Reviewing a long name a long na… " in text
    assert " 50% " in text
    assert "0 tips" in text


def test_what_keeps_a_review_from_being_whole_is_told_without_a_terminal(
    minute: MediaFile, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.closing(ReviewBar(minute, "show.wav")) as bar:
        bar.listen(Status(1_000, "session", "cut_off", "The recording ends early."))
        bar.listen(Status(2_000, "recogniser", "ready", ""))
    assert capsys.readouterr().err == "martlive: The recording ends early.\n"
