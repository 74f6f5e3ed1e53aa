"""What is handed over to, what is counted, and what is given up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import martlive_desktop
from martlive_desktop import launcher
from martlive_desktop.adapters.versions import State, Versions, is_newer, parse_version, place_in_tree
from martlive_desktop.places import data_folder

ROOT = Path(__file__).resolve().parents[2]


class Became(Exception):
    """The process would be another program now."""


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, list[str], dict[str, str]]]:
    """A built program of 1.0.0; what it becomes."""
    seen: list[tuple[str, list[str], dict[str, str]]] = []

    def become(program: Path, arguments: list[str], environment: dict[str, str]) -> None:
        seen.append((str(program), arguments, environment))
        raise Became

    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "installed/martlive"))
    monkeypatch.setattr(sys, "argv", ["martlive"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(martlive_desktop, "__version__", "1.0.0")
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    monkeypatch.delenv(launcher.HANDED_OVER, raising=False)
    monkeypatch.delenv(launcher.BASE, raising=False)
    return seen


def fetched(folder: Path, version: str, **words: object) -> Versions:
    """A folder with `version` in it, which starts next."""
    versions = Versions(folder / "versions")
    program = versions.tree(version) / "martlive"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch()
    versions.change(lambda _now: State(version=version)._replace(**words))  # type: ignore[arg-type]
    return versions


def test_version_is_three_numbers() -> None:
    assert parse_version("1.20.3") == (1, 20, 3)
    for text in ("", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.-3", "1.2.3rc1", "\u0661.2.3", "1.2.1234567", None, 1):
        assert parse_version(text) is None
    assert is_newer("1.10.0", "1.9.9")
    assert not is_newer("1.0.0", "1.0.0")
    assert not is_newer("evil", "1.0.0")


def test_bundle_of_macos_is_one_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    root, place = place_in_tree(Path("/Applications/MartLive.app/Contents/MacOS/martlive"))
    assert (root, place) == (Path("/Applications"), Path("MartLive.app/Contents/MacOS/martlive"))


@pytest.mark.parametrize("named", ["MARTLIVE_DATA", "XDG_DATA_HOME", ""])
def test_folder_is_the_one_that_the_program_keeps_its_data_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    monkeypatch.delenv("MARTLIVE_DATA", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if named:
        monkeypatch.setenv(named, str(tmp_path))
    assert launcher.versions_folder() == data_folder() / "versions"


def test_program_that_is_not_built_never_hands_over(
    became: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(tmp_path, "1.1.0")
    monkeypatch.setattr(sys, "frozen", False)
    launcher.hand_over()
    assert became == []


def test_newer_version_is_started_with_a_clean_environment(
    became: list[tuple[str, list[str], dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(tmp_path, "1.1.0")
    monkeypatch.setattr(sys, "argv", ["martlive", "devices", "--json"])
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/martlive/_internal:/mine")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/mine")
    with pytest.raises(Became):
        launcher.hand_over()
    [(program, arguments, environment)] = became
    assert program == str(tmp_path / "versions/1.1.0/martlive")
    assert arguments == [program, "devices", "--json"]
    assert environment["LD_LIBRARY_PATH"] == "/mine"
    assert environment["PYINSTALLER_RESET_ENVIRONMENT"] == "1"
    assert environment[launcher.HANDED_OVER] == str(tmp_path / "installed/martlive")


def test_windows_waits_for_the_newer_version_and_passes_its_exit_code_on(
    became: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[object] = [KeyboardInterrupt(), 7]

    class Child:
        def __init__(self, command: list[object], env: dict[str, str]) -> None:
            became.append((command, launcher.HANDED_OVER in env))

        def wait(self) -> int:
            if isinstance(then := waits.pop(0), KeyboardInterrupt):
                raise then
            assert isinstance(then, int)
            return then

    fetched(tmp_path, "1.1.0")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "Popen", Child)
    monkeypatch.setattr(sys, "argv", ["martlive", "devices"])
    with pytest.raises(SystemExit) as ended:
        launcher.hand_over()
    assert ended.value.code == 7
    assert became == [([tmp_path / "versions/1.1.0/martlive", "devices"], True)]


def test_program_that_was_handed_to_hands_over_no_more(
    became: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(tmp_path, "1.1.0")
    monkeypatch.setenv(launcher.HANDED_OVER, "/opt/martlive/martlive")
    launcher.hand_over()
    assert became == []
    assert launcher.HANDED_OVER not in os.environ
    assert os.environ[launcher.BASE] == "/opt/martlive/martlive"


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0"])
def test_version_that_is_not_newer_is_not_started(became: list[object], tmp_path: Path, version: str) -> None:
    fetched(tmp_path, version)
    launcher.hand_over()
    assert became == []


@pytest.mark.parametrize(
    "words",
    [
        *("", "{}", "[1]", "[" * 100_000),
        '{"version": "../../evil", "state": "good", "starts": 0, "previous": "", "bad": [], "news": ""}',
        '{"version": "1.1.0", "state": "good", "starts": 1e999, "previous": "", "bad": [], "news": ""}',
    ],
)
def test_state_that_cannot_be_read_starts_the_installed_program(
    became: list[object], tmp_path: Path, words: str
) -> None:
    fetched(tmp_path, "1.1.0")
    (tmp_path / "versions/current.json").write_text(words, encoding="utf-8")
    launcher.hand_over()
    assert became == []


def test_two_starts_of_the_app_are_tried_and_commands_are_not_counted(
    became: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = fetched(tmp_path, "1.1.0", is_trying=True)
    for arguments, starts in ((["devices"], 0), (["--version"], 0), (["--wait"], 1), ([], 2)):
        monkeypatch.setattr(sys, "argv", ["martlive", *arguments])
        with pytest.raises(Became):
            launcher.hand_over()
        assert versions.read().starts == starts
    launcher.hand_over()
    assert len(became) == 4
    assert versions.read() == State(
        bad=("1.1.0",),
        news="MartLive 1.1.0 did not start well, so the one from before runs again; nothing of yours is lost.",
    )


def test_version_that_the_system_does_not_start_gives_way_to_the_one_before(
    became: list[tuple[str, list[str], dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(tmp_path, "1.1.0")
    versions = fetched(tmp_path, "1.2.0", previous="1.1.0")
    become = os.execve

    def refuse(program: Path, arguments: list[str], environment: dict[str, str]) -> None:
        if "1.2.0" in str(program):
            raise OSError(8, "Exec format error")
        become(program, arguments, environment)

    monkeypatch.setattr(os, "execve", refuse)
    with pytest.raises(Became):
        launcher.hand_over()
    assert became[0][0] == str(tmp_path / "versions/1.1.0/martlive")
    assert versions.read().bad == ("1.2.0",)


@pytest.mark.parametrize(("code", "is_trying", "starts"), [(0, False, 0), (1, True, 0)])
def test_end_in_order_is_judged(
    became: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    is_trying: bool,
    starts: int,
) -> None:
    versions = fetched(tmp_path, "1.1.0", is_trying=True, starts=1)
    monkeypatch.setattr(martlive_desktop, "__version__", "1.1.0")
    assert launcher.watch(lambda: code) == code
    assert (versions.read().is_trying, versions.read().starts) == (is_trying, starts)


def test_crash_leaves_the_start_counted(became: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = fetched(tmp_path, "1.1.0", is_trying=True, starts=1)
    monkeypatch.setattr(martlive_desktop, "__version__", "1.1.0")

    def crash() -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        launcher.watch(crash)
    assert (versions.read().is_trying, versions.read().starts) == (True, 1)


def test_news_are_told_once(tmp_path: Path) -> None:
    versions = fetched(tmp_path, "1.1.0", news="Something happened.")
    assert (versions.take_news(), versions.take_news()) == ("Something happened.", "")


def test_only_the_one_that_starts_and_the_one_before_stay(tmp_path: Path) -> None:
    for version in ("0.9.0", "1.0.0", "1.1.0"):
        fetched(tmp_path, version)
    versions = fetched(tmp_path, "1.2.0", previous="1.1.0")
    (versions.folder / "notes.txt").touch()
    (versions.folder / "1.1.0.gone").mkdir()
    versions.tidy("1.2.0")
    assert sorted(path.name for path in versions.folder.iterdir()) == [
        "1.1.0",
        "1.2.0",
        "current.json",
        "notes.txt",
        "state.lock",
    ]


def test_fetched_versions_go_when_a_newer_program_was_installed(tmp_path: Path) -> None:
    versions = fetched(tmp_path, "1.2.0", previous="1.1.0")
    versions.tidy("2.0.0")
    assert not versions.tree("1.2.0").exists()
    assert versions.read() == State()


def test_state_is_written_whole(tmp_path: Path) -> None:
    fetched(tmp_path, "1.2.0", previous="1.1.0", is_trying=True, starts=1, bad=("1.0.5",))
    assert json.loads((tmp_path / "versions/current.json").read_bytes()) == {
        "version": "1.2.0",
        "state": "trying",
        "starts": 1,
        "previous": "1.1.0",
        "bad": ["1.0.5"],
        "news": "",
    }


def test_launcher_loads_nothing_that_takes_time(tmp_path: Path) -> None:
    asked = (
        "import sys; sys.frozen = True; from martlive_desktop import launcher; launcher.hand_over(); "
        "print([name for name in ('json', 'dataclasses', 'subprocess', 'platformdirs', 'filelock', 'pydantic') "
        "if name in sys.modules], [name for name in sys.modules if name.startswith('martlive_desktop.')])"
    )
    kept = os.environ | {"MARTLIVE_DATA": str(tmp_path)}
    command = [sys.executable, "-c", asked]
    said = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=True).stdout
    assert said == "[] ['martlive_desktop.launcher']\n"
