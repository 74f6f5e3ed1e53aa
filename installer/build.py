"""Builds the program that people install: `make package` on Linux, `python -m installer.build` elsewhere.

It leaves build/dist/martlive (macOS: build/dist/MartLive.app, too) and build/sbom.cdx.json. The environment that runs it is what
the program is made of, so it has nothing in it but the program's own packages and PyInstaller.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from installer import codecs, icons
from installer.errors import BuildRefused

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
TREE = BUILD / "dist/martlive"
PROGRAM = "martlive.exe" if sys.platform == "win32" else "martlive"


def build() -> None:
    """Every step in turn.

    Raises:
        BuildRefused: what came out must not be given to anybody.
    """
    os.environ["SOURCE_DATE_EPOCH"] = _committed_at()
    icons.draw_all(BUILD / "icons")
    if sys.platform == "win32":
        from installer.windows import version_words

        version_words.write(BUILD / "version.txt")
    _pyinstaller()
    if sys.platform == "linux":
        from installer.linux_package import strip

        _say(f"{strip(TREE) / 1e6:.0f} MB of debuggers' tables taken out")
    for tree in _trees():
        replaced = codecs.take_out(tree)
        _say(f"taken out: {', '.join(path.name for path in replaced)}")
    for tree in _trees():
        _run(sys.executable, "-m", "installer.licences", str(tree), "--sbom", str(BUILD / "sbom.cdx.json"))
    if sys.platform == "linux":
        _run(sys.executable, "-m", "installer.sizes", str(TREE))
    for line in _run(str(TREE / PROGRAM), "--selftest").splitlines():
        _say(line)


def _trees() -> list[Path]:
    return [TREE, BUILD / "dist/MartLive.app"] if sys.platform == "darwin" else [TREE]


def _pyinstaller() -> None:
    command = [
        "PyInstaller",
        "--noconfirm",
        "--log-level",
        "ERROR",
        "--distpath",
        "build/dist",
        "--workpath",
        "build/work",
    ]
    # Sets have the same order in every build.
    _run(sys.executable, "-m", *command, "build.spec", PYTHONHASHSEED="0")


def _committed_at() -> str:
    """The time of the source, which every file that is made bears, so that two builds are equal."""
    if known := os.environ.get("SOURCE_DATE_EPOCH"):
        return known
    return _run("git", "log", "-1", "--format=%ct").strip()


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildRefused(f"{' '.join(command)} failed:", tuple((done.stdout + done.stderr).splitlines()[-40:]))
    return done.stdout


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """The command; gives its exit code."""
    try:
        build()
    except BuildRefused as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
