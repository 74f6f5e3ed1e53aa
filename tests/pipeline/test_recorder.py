"""events.jsonl as it is written."""

import dataclasses
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from martlive_desktop.core.errors import StoreUnavailable
from martlive_desktop.core.events import LogEvent, SessionStarted, Signal, Transcript, Word, from_json
from martlive_desktop.pipeline.recorder import Recorder, read_recorded, write_transcripts

STARTED = SessionStarted(0, "0.2.0", "selling", "show.mp4", ("whisper-base",), "d1")
FINAL = Transcript(900, True, 0, "Hello 世界", (Word("Hello", 100, 400, 0.9), Word("世界", 400, 800, 0.75)))


def test_each_event_is_a_line_with_the_same_bytes_in_every_run(tmp_path: Path) -> None:
    for name in ("one", "two"):
        recorder = Recorder(tmp_path / name / "events.jsonl")
        recorder.write(STARTED)
        recorder.write(FINAL)
        recorder.close()
        recorder.close()
    first = (tmp_path / "one" / "events.jsonl").read_bytes()
    assert first == (tmp_path / "two" / "events.jsonl").read_bytes()
    assert first.endswith(b"\n")
    assert [from_json(line) for line in first.decode("utf-8").splitlines()] == [STARTED, FINAL]


def test_line_is_in_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "events.jsonl")
    recorder.write(FINAL)
    assert from_json((tmp_path / "events.jsonl").read_text(encoding="utf-8")) == FINAL
    recorder.close()


def test_new_recording_replaces_the_old_one(tmp_path: Path) -> None:
    for event in (FINAL, STARTED):
        recorder = Recorder(tmp_path / "events.jsonl")
        recorder.write(event)
        recorder.close()
    assert from_json((tmp_path / "events.jsonl").read_text(encoding="utf-8")) == STARTED


LINES = [Signal(at_ms, "pace", at_ms / 3, "wpm") for at_ms in range(6)]


def recorded(path: Path, events: Sequence[LogEvent], *, is_again: bool = False, is_whole: bool = False) -> list[int]:
    """Times of the events in the file after each that was written, at last those after the end."""
    recorder = Recorder(path, is_again=is_again)
    sizes = []
    for event in events:
        recorder.write(event)
        sizes.append(path.read_bytes().count(b"\n"))
    if is_whole:
        recorder.finish()
    recorder.close()
    return [*sizes, path.read_bytes().count(b"\n")]


def test_session_that_is_written_again_never_loses_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    recorded(path, LINES[:4])
    path.write_bytes(path.read_bytes() + b'{"type":"sig')
    assert recorded(path, LINES[:2], is_again=True) == [4, 4, 4]
    assert recorded(path, LINES, is_again=True, is_whole=True) == [4, 4, 4, 4, 5, 6, 6]
    assert read_recorded(path) == LINES


def test_session_that_turns_out_to_be_another_one_takes_the_place(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    recorded(path, LINES)
    assert recorded(path, [*LINES[:2], STARTED], is_again=True) == [6, 6, 3, 3]
    assert read_recorded(path) == [*LINES[:2], STARTED]


def test_shorter_session_is_whole_without_the_end_of_a_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    recorded(path, LINES)
    assert recorded(path, LINES[:3], is_again=True, is_whole=True) == [6, 6, 6, 3]


def test_partials_are_left_out_of_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    partial = dataclasses.replace(FINAL, is_final=False)
    recorded(path, [STARTED, partial, FINAL])
    assert read_recorded(path) == [STARTED, FINAL]


def test_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"events\.jsonl: No such file"):
        read_recorded(tmp_path / "events.jsonl")


def test_file_name_that_is_not_utf8_survives(tmp_path: Path) -> None:
    odd = SessionStarted(0, "0.2.0", "talk", "sh\udcffow.wav", (), "d1")
    recorder = Recorder(tmp_path / "events.jsonl")
    recorder.write(odd)
    recorder.close()
    assert from_json((tmp_path / "events.jsonl").read_text(encoding="utf-8")) == odd


def test_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"^Cannot write .*events\.jsonl: .*; .* choose another folder"):
        Recorder(tmp_path / "file" / "events.jsonl")


def test_transcripts_lie_beside_the_events(tmp_path: Path) -> None:
    write_transcripts(tmp_path, [STARTED, FINAL])
    assert {one.name: one.read_text(encoding="utf-8") for one in tmp_path.iterdir()} == {
        "transcript.srt": "1\n00:00:00,100 --> 00:00:01,100\nHello 世界\n",
        "transcript.vtt": "WEBVTT\n\n00:00:00.100 --> 00:00:01.100\nHello 世界\n",
        "transcript.txt": "Hello 世界\n",
    }


def test_transcripts_that_cannot_be_written_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"transcript\.srt: No such file"):
        write_transcripts(tmp_path / "none", [FINAL])


def test_full_disk_keeps_whole_lines_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    recorder = Recorder(path)
    recorder.write(STARTED)
    room, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A file of this process may grow by half a line, as on a disk that is almost full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 60, hard))
    try:
        with pytest.raises(StoreUnavailable, match="the disk is full; make room") as caught:
            recorder.write(FINAL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    assert "\n" not in str(caught.value)
    assert from_json(path.read_text(encoding="utf-8")) == STARTED
    recorder.write(FINAL)
    recorder.close()
    assert [from_json(line) for line in path.read_text(encoding="utf-8").splitlines()] == [STARTED, FINAL]


def test_killed_process_leaves_every_line_it_wrote(tmp_path: Path) -> None:
    child = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from martlive_desktop.core.events import Signal\nfrom martlive_desktop.pipeline.recorder import Recorder\n"
        "recorder = Recorder(Path(sys.argv[1]))\n"
        "for at_ms in range(500): recorder.write(Signal(at_ms, 'pace', 1.0, 'wpm'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "events.jsonl"
    assert (
        subprocess.run([sys.executable, "-c", child, str(path)], cwd=Path(__file__).parents[2], check=False).returncode
        == -9
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [from_json(line).at_ms for line in lines] == list(range(500))
