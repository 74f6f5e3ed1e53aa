"""The Debian package in a clean Debian: installed, started, used and taken away again.

MARTLIVE_PACKAGE names the package (`make check-package` builds it); needs root, debootstrap and Xvfb.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.model_store import ModelStore
from tests.desktop.xvfb import virtual_screen
from tests.package.clean_debian import CleanDebian, can_make_a_debian

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.desktop.xvfb import VirtualScreen

PACKAGE = os.environ.get("MARTLIVE_PACKAGE", "")
MODEL = "whisper-base"
MOST_MB = 200
FIRST_TIP_S = 180.0

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not PACKAGE, reason="no package to look at: run make check-package"),
    pytest.mark.skipif(not can_make_a_debian(), reason="needs debootstrap, and root that may mount"),
]


@dataclass(slots=True)
class Installed:
    """The program in its clean Debian."""

    debian: CleanDebian
    before: set[str]
    began_s: float
    installed_s: float

    def martlive(self, *words: str) -> str:
        return self.debian.do("martlive", *words, user="marta", MARTLIVE_MODELS_FROM="/srv/models")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("debian") / "root"
    debian = CleanDebian.make(folder)
    models = ModelStore(tmp_path_factory.mktemp("models")).resolve(MODEL)
    shutil.copytree(models, folder / "srv/models" / MODEL)
    shutil.copyfile(PACKAGE, folder / "srv/martlive.deb")
    before = debian.files()
    began_s = time.monotonic()
    debian.apt("install", "--no-install-recommends", "/srv/martlive.deb")
    yield Installed(debian, before, began_s, time.monotonic())
    shutil.rmtree(folder)


@contextmanager
def killed_at_last(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever happens, nobody waits for `process`."""
    try:
        yield
    finally:
        process.kill()


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as one:
        yield one


def test_package_is_small_enough() -> None:
    assert Path(PACKAGE).stat().st_size <= MOST_MB * 1_000_000


def test_package_has_no_fault_that_debian_knows() -> None:
    done = subprocess.run(
        ["lintian", "--fail-on", "error", "--tag-display-limit", "0", PACKAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_there_is_no_python_but_the_programs_own(installed: Installed) -> None:
    assert [name for name in installed.debian.files() if Path(name).name.startswith("python3")] == []


def test_every_part_works_there(installed: Installed) -> None:
    told = installed.martlive("--selftest")
    assert [line for line in told.splitlines() if not line.startswith("ok ")] == []


def test_first_tip_comes_within_three_minutes(
    installed: Installed, screen: VirtualScreen, record_testsuite_property: Callable[[str, object], None]
) -> None:
    debian = installed.debian
    installed.martlive("models", "pull", MODEL)
    fetched_s = time.monotonic()
    environment = {"DISPLAY": screen.name, "MARTLIVE_MODELS_FROM": "/srv/models"}
    with subprocess.Popen(debian.command("martlive", "demo", user="marta", **environment)) as app, killed_at_last(app):
        tip = ""
        while not tip:
            assert app.poll() is None
            assert time.monotonic() < installed.began_s + FIRST_TIP_S
            asked = subprocess.run(
                debian.command("martlive", "status", "--json", user="marta"),
                capture_output=True,
                text=True,
                check=False,
            )
            tip = json.loads(asked.stdout)["tip"] if asked.returncode == 0 else ""
        tip_s = time.monotonic()
        assert "Coaching is off" in installed.martlive("toggle")
        assert "Coaching is on" in installed.martlive("toggle")
        installed.martlive("quit")
        assert app.wait(30) == 0
    record_testsuite_property("installed_s", round(installed.installed_s - installed.began_s, 1))
    record_testsuite_property("model_s", round(fetched_s - installed.installed_s, 1))
    record_testsuite_property("first_tip_s", round(tip_s - installed.began_s, 1))
    record_testsuite_property("tip", tip)
    assert json.loads(installed.martlive("sessions", "list", "--json"))


def test_uninstalled_it_leaves_only_what_is_the_users(installed: Installed) -> None:
    debian = installed.debian
    debian.apt("purge", "martlive")
    debian.apt("autoremove", "--purge")
    assert debian.files() - installed.before == set()
    home = debian.folder / "home/marta"
    assert (home / ".local/share/martlive/sessions/sessions.db").is_file()
    assert {path.name for path in home.iterdir()} - {".bash_logout", ".bashrc", ".profile"} <= {
        ".local",
        ".config",
        ".cache",
    }
