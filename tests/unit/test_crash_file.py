"""Crashes of programs of their own, and what of them is kept."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from martlive_desktop.adapters import crash_file
from martlive_desktop.adapters.crash_file import last_crash, told

ROOT = Path(__file__).parents[2]

MARKER = "ship-it-to-aunt-Rosa"
"""What somebody said."""

PROGRAM = """
import faulthandler, os, sys, threading
from pathlib import Path
from martlive_desktop.adapters.crash_file import CrashWatch
said = "ship-it-to-" + "aunt-Rosa"

def hear(words):
    raise ValueError(words)

def hear_again(words):
    try:
        hear(words)
    except ValueError as exc:
        raise RuntimeError(words) from exc

with CrashWatch(Path(sys.argv[1])):
"""


def run(folder: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM + "\n".join(f"    {line}" for line in lines)
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def only_file(folder: Path) -> Path:
    [path] = folder.iterdir()
    return path


def test_program_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    done = run(tmp_path / "crashes", "pass")
    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "crashes").iterdir()) == []


def test_exception_is_kept_as_its_type_and_places(tmp_path: Path) -> None:
    done = run(tmp_path, "hear_again(said)")
    path = only_file(tmp_path)
    text = path.read_text()
    assert done.returncode == 1
    assert re.fullmatch(r"crash-\d{8}T\d{6}Z-\d+\.txt", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.match(r"MartLive \S+\n\S+\nPython \d+\.\d+\.\S+\n\nbuiltins\.RuntimeError, \d{4}-", text)
    assert "  <string>:14 hear_again\nafter builtins.ValueError\n  <string>:12 hear_again\n  <string>:8 hear\n" in text
    assert text.endswith("threads: MainThread\n\n")
    assert MARKER not in text + done.stdout + done.stderr
    assert last_crash(tmp_path) == path


def test_exception_of_a_thread_is_kept_with_the_threads_name(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "thread = threading.Thread(target=hear, args=(said,), name='martlive-start')",
        "thread.start()",
        "thread.join()",
    )
    text = only_file(tmp_path).read_text()
    assert done.returncode == 0
    assert "builtins.ValueError in the thread martlive-start, " in text
    assert MARKER not in text + done.stderr


def test_thread_that_ends_itself_is_no_crash(tmp_path: Path) -> None:
    run(tmp_path, "thread = threading.Thread(target=sys.exit)", "thread.start()", "thread.join()")
    assert list(tmp_path.iterdir()) == []


def test_exception_that_nobody_can_handle_is_kept(tmp_path: Path) -> None:
    done = run(tmp_path, "class Thing:", "    def __del__(self): hear(said)", "Thing()")
    text = only_file(tmp_path).read_text()
    assert "builtins.ValueError while something was cleaned up, " in text
    assert MARKER not in text + done.stderr


def test_exception_that_only_the_hook_sees_is_kept_and_the_program_goes_on(tmp_path: Path) -> None:
    """As in a slot of Qt."""
    done = run(tmp_path, "try: hear(said)", "except ValueError: sys.excepthook(*sys.exc_info())", "print('on')")
    assert done.stdout == "on\n"
    assert "builtins.ValueError, " in only_file(tmp_path).read_text()
    assert MARKER not in done.stderr


def test_fault_again_and_again_is_told_a_few_times(tmp_path: Path) -> None:
    run(
        tmp_path,
        "for _ in range(100):",
        "    try: hear(said)",
        "    except ValueError: sys.excepthook(*sys.exc_info())",
    )
    assert only_file(tmp_path).read_text().count("builtins.ValueError") == crash_file.MAX_RECORDS


def test_endless_recursion_is_kept_in_few_lines(tmp_path: Path) -> None:
    run(tmp_path, "def deeper(): deeper()", "deeper()")
    assert only_file(tmp_path).read_text().count("deeper") == crash_file.MAX_FRAMES


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("os.abort()", "Fatal Python error: Aborted"),
        ("faulthandler._sigsegv()", "Fatal Python error: Segmentation fault"),
    ],
)
def test_hard_crash_leaves_the_stacks(tmp_path: Path, line: str, words: str) -> None:
    done = run(tmp_path, f"def crash(words): {line}", "crash(said)")
    text = only_file(tmp_path).read_text()
    assert done.returncode < 0
    assert words in text
    assert "in crash\n" in text
    assert text.startswith("MartLive ")
    assert MARKER not in text + done.stderr
    assert last_crash(tmp_path) == only_file(tmp_path)


def test_killed_program_is_no_crash(tmp_path: Path) -> None:
    run(tmp_path, "os.kill(os.getpid(), 9)")
    assert only_file(tmp_path).exists()
    assert last_crash(tmp_path) is None


@pytest.mark.parametrize("line", ["sys.exit(3)", "os.kill(os.getpid(), 2)"])
def test_end_that_was_asked_for_is_no_crash(tmp_path: Path, line: str) -> None:
    run(tmp_path, line)
    assert list(tmp_path.iterdir()) == []


def test_version_of_qt_is_there_where_qt_is(tmp_path: Path) -> None:
    pytest.importorskip("PySide6.QtCore")
    path, descriptor = crash_file._open_file(tmp_path)
    with open(descriptor, "wb"):  # noqa: PTH123 - a descriptor is no path
        assert re.search(r"\nQt \d+\.\d+\.\d+\n\n$", path.read_text())


def test_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path / "file", "print('on')")
    assert (done.returncode, done.stdout) == (0, "on\n")


def kept(folder: Path, second: int, text: str = "it broke") -> Path:
    path = folder / f"crash-20260301T1930{second:02}Z-7.txt"
    path.write_text(f"MartLive 1\nPython 3\n\n{text}")
    return path


def test_five_files_are_kept_and_those_of_no_crash_go_first(tmp_path: Path) -> None:
    crashes = [kept(tmp_path, second) for second in range(5)]
    kept(tmp_path, 9, text="")
    run(tmp_path, "hear(said)")
    left = sorted(tmp_path.iterdir())
    assert len(left) == 5
    assert left[:4] == crashes[1:]


def test_user_is_told_of_the_newest_crash_once(tmp_path: Path) -> None:
    assert last_crash(tmp_path / "nothing") is None
    kept(tmp_path, 1)
    newer = kept(tmp_path, 2)
    kept(tmp_path, 3, text="")
    assert last_crash(tmp_path) == newer
    told(newer)
    assert last_crash(tmp_path) is None
    assert last_crash(tmp_path) is None
    newest = kept(tmp_path, 4)
    assert last_crash(tmp_path) == newest


def test_user_may_be_told_again_where_nothing_can_be_written(tmp_path: Path) -> None:
    told(tmp_path / "nothing" / "crash-1.txt")


def test_hooks_of_before_are_back_after_it(tmp_path: Path) -> None:
    program = "before = sys.excepthook\nwith CrashWatch(Path(sys.argv[1])): pass\nassert sys.excepthook is before"
    command = [sys.executable, "-c", PROGRAM.replace("with CrashWatch(Path(sys.argv[1])):\n", program), str(tmp_path)]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == 0
