"""A small program that PyInstaller built, for the tests of what looks into built trees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import PIL._imaging
import psutil
import yaml

import martlive_desktop.core.errors

print(yaml.safe_dump([martlive_desktop.core.errors.UsageError.exit_code, psutil.cpu_count() > 0]))
"""


def built(folder: Path) -> Path:
    """A program with Pillow, psutil, PyYAML and a little of MartLive, and MartLive's resources beside it."""
    script, resources = folder / "__main__.py", Path("resources").resolve()
    script.write_text(PROGRAM, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "PyInstaller",
        "--noconfirm",
        "--name",
        "small",
        "--log-level",
        "ERROR",
        "--specpath",
        str(folder),
    ]
    command += ["--distpath", str(folder / "dist"), "--workpath", str(folder / "work"), "--paths", str(Path.cwd())]
    for name in ("fonts", "icons/lucide", "report/uplot"):
        command += ["--add-data", f"{resources / name}:martlive_desktop/resources/{name}"]
    for module in ("tkinter", "readline", "numpy", "setuptools", "cffi", "defusedxml"):
        command += ["--exclude-module", module]
    environment = os.environ | {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "1700000000"}
    done = subprocess.run(
        [*command, str(script)], check=False, capture_output=True, text=True, env=environment, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return folder / "dist/small"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be looked at, not to be changed."""
    return built(tmp_path_factory.mktemp("small"))
