"""Reviews that were stopped, are asked for twice, or come several at once; the small model is enough for that."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.voice import speak

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]

ROOT = Path(__file__).parents[2]
TALK = (
    "Good evening everybody, this is the blue lantern, and it is made by hand.",
    "It is twenty four dollars and fifty cents tonight.",
    "I light it every evening on my balcony, and it never smokes.",
    "My grandfather used to carve these for the whole village.",
)
STOPS = (signal.SIGKILL, signal.SIGINT, signal.SIGKILL)
RESULTS = ("events.jsonl", "report.html", "transcript.srt", "transcript.vtt", "transcript.txt")


def start(folder: Path, *words: str | Path) -> subprocess.Popen[str]:
    environment = os.environ | {"MARTLIVE_DATA": str(folder / "data"), "MARTLIVE_SETTINGS": str(folder / "none.toml")}
    command = [sys.executable, "-m", "martlive_desktop", "review", *words, "--model", "whisper-tiny.en"]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, *words: str | Path) -> tuple[int, str, str]:
    with start(folder, *words) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def results(review: Path) -> dict[str, bytes]:
    return {name: (review / name).read_bytes() for name in RESULTS}


def sessions(folder: Path) -> int:
    command = [sys.executable, "-m", "martlive_desktop", "sessions", "list", "--json"]
    environment = os.environ | {"MARTLIVE_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    return len(json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout))


def stop_after(process: subprocess.Popen[str], memo: Path, size: int, sign: signal.Signals) -> tuple[int, str]:
    """End `process`, and a terminal's whole group with Ctrl-C, when `memo` has grown to `size` bytes."""
    while not memo.exists() or memo.stat().st_size < size:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
    if sign == signal.SIGINT:
        os.killpg(process.pid, sign)
    else:
        os.kill(process.pid, sign)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recording and its review."""
    folder = tmp_path_factory.mktemp("again")
    speak(TALK, folder / "talk.wav")
    code, out, err = run(folder, "talk.wav")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"\d tips? – talk-review/report\.html, and beside it events\.jsonl and the transcript\n", out)
    return folder


def test_stopped_three_times_it_goes_on_and_ends_as_if_it_never_was(reviewed: Path, tmp_path: Path) -> None:
    shutil.copy(reviewed / "talk.wav", tmp_path)
    review = tmp_path / "talk-review"
    memo = review / "unfinished.memo"
    kept = 0
    for part, sign in enumerate(STOPS, start=1):
        process = start(tmp_path, "talk.wav")
        code, err = stop_after(process, memo, part * 6_000, sign)
        if sign == signal.SIGINT:
            assert code == 130
            assert err == (
                "martlive: stopped; what was heard is kept in talk-review, and the same command goes on from there.\n"
            )
        events = (review / "events.jsonl").stat().st_size
        assert events >= kept
        kept = events
    assert stat.S_IMODE(memo.stat().st_mode) == 0o600
    code, _, err = run(tmp_path, "talk.wav")
    assert (code, err) == (0, "")
    assert results(review) == results(reviewed / "talk-review")
    assert sorted(path.name for path in review.iterdir()) == sorted((*RESULTS, "review.json"))
    assert sessions(tmp_path) == 1


def test_stopped_review_decodes_nothing_twice(reviewed: Path, tmp_path: Path) -> None:
    shutil.copy(reviewed / "talk.wav", tmp_path)
    memo = tmp_path / "talk-review" / "unfinished.memo"
    for size in (6_000, 12_000):
        stop_after(start(tmp_path, "talk.wav"), memo, size, signal.SIGINT)
    asked = [line.split(b" ")[1] for line in memo.read_bytes().split(b"\n") if line]
    assert len(asked) == len(set(asked))


def test_review_that_is_whole_says_so(reviewed: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (reviewed / "talk-review").iterdir()}
    assert run(reviewed, "talk.wav") == (
        0,
        "talk.wav is reviewed already – talk-review/report.html; `--again` reviews it anew.\n",
        "",
    )
    assert {path.name: path.stat().st_mtime_ns for path in (reviewed / "talk-review").iterdir()} == before


def test_report_that_is_gone_is_made_of_the_events(reviewed: Path, tmp_path: Path) -> None:
    shutil.copytree(reviewed, tmp_path, dirs_exist_ok=True)
    (tmp_path / "talk-review" / "report.html").unlink()
    assert run(tmp_path, "talk.wav")[0] == 0
    assert results(tmp_path / "talk-review") == results(reviewed / "talk-review")


def test_review_made_anew_keeps_the_old_one_until_it_is_whole(reviewed: Path, tmp_path: Path) -> None:
    shutil.copytree(reviewed, tmp_path, dirs_exist_ok=True)
    review = tmp_path / "talk-review"
    process = start(tmp_path, "talk.wav", "--again")
    stop_after(process, review / "unfinished.memo", 4_000, signal.SIGKILL)
    assert results(review) == results(reviewed / "talk-review")
    assert run(tmp_path, "talk.wav")[0] == 0
    assert results(review) == results(reviewed / "talk-review")


def test_other_plan_is_another_review(reviewed: Path, tmp_path: Path) -> None:
    shutil.copytree(reviewed, tmp_path, dirs_exist_ok=True)
    (tmp_path / "plan.toml").write_text('mode = "talk"\n')
    code, out, _ = run(tmp_path, "talk.wav", "--plan", "plan.toml")
    assert (code, "already" in out) == (0, False)
    first = (tmp_path / "talk-review" / "events.jsonl").read_text().splitlines()[0]
    assert json.loads(first)["mode"] == "talk"


def test_several_are_reviewed_although_one_cannot_be(reviewed: Path, tmp_path: Path) -> None:
    shutil.copy(reviewed / "talk.wav", tmp_path / "one.wav")
    shutil.copy(reviewed / "talk.wav", tmp_path / "two.wav")
    (tmp_path / "notes.mp4").write_text("Buy milk.\n")
    code, out, err = run(tmp_path, "one.wav", "none.wav", "notes.mp4", "two.wav", "--out", "all")
    assert code == 1
    assert [line.split(" – ")[1] for line in out.splitlines()] == [
        "all/one-review/report.html, and beside it events.jsonl and the transcript",
        "all/two-review/report.html, and beside it events.jsonl and the transcript",
    ]
    assert err.splitlines() == [
        "martlive: There is no file none.wav – check the name.",
        "martlive: notes.mp4 is no recording that can be read, or its end is missing – try to play it.",
    ]
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["one-review", "two-review"]
    texts = {(tmp_path / "all" / name / "transcript.txt").read_text() for name in ("one-review", "two-review")}
    assert texts == {(reviewed / "talk-review" / "transcript.txt").read_text()}


def test_report_is_opened_when_that_is_wanted(reviewed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(reviewed, tmp_path, dirs_exist_ok=True)
    report = tmp_path / "talk-review" / "report.html"
    report.write_text("<title>A report</title>")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    assert run(tmp_path, "talk.wav")[0] == 0
    assert not (tmp_path / "opened").exists()
    assert run(tmp_path, "talk.wav", "--open")[0] == 0
    assert (tmp_path / "opened").read_text().strip() == report.as_uri()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["a.wav", "b.wav", "--chat", "c.jsonl"],
            "--chat belongs to one recording; review each with its chat by a command of its own.",
        ),
        (
            ["a/show.wav", "b/show.mkv"],
            "Two recordings would be reviewed into show-review; review them by commands of their own, with --out.",
        ),
        (["a.wav", "b.wav", "--plan", "none.toml"], "There is no plan at none.toml; check the name."),
    ],
    ids=["chat", "names", "plan"],
)
def test_several_that_cannot_be_told_apart_are_refused(tmp_path: Path, words: list[str], sentence: str) -> None:
    assert run(tmp_path, *words) == (2, "", f"martlive: {sentence}\n")
