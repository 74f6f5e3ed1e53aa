"""Makes the Debian package and the relocatable archive out of a built tree.

    python -m installer.linux_package deb|archive [--tree build/dist/martlive] [--out build]

The package asks Debian for exactly those libraries that the tree's files are linked to and does not bring itself.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from installer.contents import linked_to
from installer.errors import BuildRefused
from martlive_desktop import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent / "linux"
ROOT = HERE.parents[1]
APP_ID = "io.github.martlive.MartLive"
OPENED_AT_RUN_TIME = ("libportaudio2", "libpulse0")
"""Libraries that no file is linked to: Python's ctypes opens them."""
ICON_SIZES = (32, 48, 64, 128, 256)
ELF = b"\x7fELF"
_LIBC_SYMBOL = re.compile(r"\bGLIBC_(\d+)\.(\d+)\b")


def elf_files(tree: Path) -> Iterator[Path]:
    """The programs and libraries of `tree`, without links."""
    for file in sorted(tree.rglob("*")):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as head:
                if head.read(4) == ELF:
                    yield file


def strip(tree: Path) -> int:
    """Takes out what only debuggers read; gives the bytes that this saves.

    Not by binutils: its strip breaks files that auditwheel has patched ("ELF load command address/offset not page-aligned",
    github.com/pypa/auditwheel/issues/716).
    """
    before = after = 0
    for file in elf_files(tree):
        # PyInstaller keeps Python's modules in a section of the program that strip takes for useless; Intel's licence of what
        # is in CTranslate2 says "without modification".
        if file.parent == tree or file.name.startswith("libctranslate2"):
            continue
        before += file.stat().st_size
        _run("eu-strip", str(file))
        after += file.stat().st_size
    return before - after


def dependencies(tree: Path) -> list[str]:
    """What the package depends on, as Debian writes it.

    Raises:
        BuildRefused: a file is linked to a library that neither the tree nor this system has.
    """
    brought = {file.name for file in tree.rglob("*")}
    files = list(elf_files(tree))
    needed = sorted({name for file in files for name in linked_to(str(file))} - brought)
    where = dict(re.findall(r"^\t(\S+) \(.*x86-64.*\) => (\S+)$", _run("/sbin/ldconfig", "-p"), re.MULTILINE))
    missing = [name for name in needed if name not in where and not name.startswith("ld-linux")]
    if missing:
        raise BuildRefused("Install what has these libraries, or leave out what needs them:", tuple(missing))
    packages = {_package_of(where[name]) for name in needed if name in where} | set(OPENED_AT_RUN_TIME)
    newest = max(tuple(map(int, found)) for file in files for found in _LIBC_SYMBOL.findall(_symbols(file)))
    libc = f"libc6 (>= {newest[0]}.{newest[1]})"
    return sorted(libc if package == "libc6" else package for package in packages)


def _symbols(file: Path) -> str:
    return _run("objdump", "-p", str(file))


def _package_of(library: str) -> str:
    """The Debian package that has the file; /lib is a link to /usr/lib, and dpkg knows only one of the two."""
    names = {library, library.removeprefix("/usr"), str(Path(library).resolve())}
    told = subprocess.run(  # noqa: S603
        ["dpkg", "-S", *names],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return told.split(":")[0]


def make_deb(tree: Path, out: Path) -> Path:
    """The Debian package of `tree` in the folder `out`."""
    stage = out / "deb"
    if stage.exists():
        shutil.rmtree(stage)
    program = stage / "usr/lib/martlive"
    shutil.copytree(tree, program, symlinks=True)
    share = stage / "usr/share"
    _link(stage / "usr/bin/martlive", "../lib/martlive/martlive")
    _integrate(share)
    _write(share / "doc/martlive/copyright", _filled("copyright"))
    changes = (
        f"martlive ({__version__}) stable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n"
        f" -- {_maintainer()}  {_moment():%a, %d %b %Y %H:%M:%S +0000}\n"
    )
    _write_packed(share / "doc/martlive/changelog.gz", changes)
    _write_packed(share / "man/man1/martlive.1.gz", _filled("martlive.1"))
    _write(share / "lintian/overrides/martlive", _filled("martlive.lintian-overrides"))
    _set_modes(stage, program / "martlive")
    kb = sum(file.lstat().st_size for file in stage.rglob("*")) // 1024
    architecture = _run("dpkg", "--print-architecture").strip()
    facts = {"ARCHITECTURE": architecture, "INSTALLED_KB": str(kb), "DEPENDS": ", ".join(dependencies(tree))}
    _write(stage / "DEBIAN/control", _filled("control", facts))
    sums = _run("bash", "-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum", cwd=stage)
    _write(stage / "DEBIAN/md5sums", sums)
    package = out / f"martlive_{__version__}_{architecture}.deb"
    _run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(stage), str(package))
    shutil.rmtree(stage)
    return package


def make_archive(tree: Path, out: Path) -> Path:
    """The archive of `tree` that runs from any folder, with a script that puts it into the user's menu."""
    name = f"martlive-{__version__}-linux-{os.uname().machine}"
    extra = out / "archive"
    _integrate(extra / "share")
    archive = out / f"{name}.tar.xz"
    with tarfile.open(archive, "w:xz", preset=6) as target:

        def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = int(_moment().timestamp())
            return entry

        target.add(tree, name, filter=plain)
        target.add(extra / "share", f"{name}/share", filter=plain)
        target.add(HERE / "integrate.sh", f"{name}/integrate.sh", filter=plain)
    shutil.rmtree(extra)
    return archive


def _integrate(share: Path) -> None:
    """Writes what desktops read: the entry of the menu, the description for software centres, the icons."""
    from installer.icons import draw

    _write(share / "applications/martlive.desktop", _filled("martlive.desktop"))
    _write(share / f"metainfo/{APP_ID}.metainfo.xml", _filled(f"{APP_ID}.metainfo.xml"))
    icons = share / "icons/hicolor"
    _write(icons / "scalable/apps/martlive.svg", (ROOT / "resources/icons/martlive.svg").read_text(encoding="utf-8"))
    for size in ICON_SIZES:
        path = icons / f"{size}x{size}/apps/martlive.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(size).save(path)


def _filled(name: str, facts: dict[str, str] | None = None) -> str:
    text = (HERE / name).read_text(encoding="utf-8")
    for key, value in ({"VERSION": __version__, "DATE": f"{_moment():%Y-%m-%d}"} | (facts or {})).items():
        text = text.replace(f"@{key}@", value)
    return text


def _maintainer() -> str:
    return _filled("control").partition("Maintainer: ")[2].partition("\n")[0]


def _moment() -> datetime:
    """The time that the package bears: that of the source, where SOURCE_DATE_EPOCH says it, so that two builds are equal."""
    known = os.environ.get("SOURCE_DATE_EPOCH") or _run("git", "log", "-1", "--format=%ct", cwd=ROOT)
    return datetime.fromtimestamp(int(known), UTC)


def _set_modes(stage: Path, program: Path) -> None:
    for path in stage.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path == program else 0o644)


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_packed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # No name and no time in the header, so that two builds are equal.
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BuildRefused(f"{command[0]} failed; see what it says:", tuple(done.stderr.splitlines()[-5:]))
    return done.stdout


def main() -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m installer.linux_package")
    parser.add_argument("form", choices=["deb", "archive"])
    parser.add_argument("--tree", type=Path, default=ROOT / "build/dist/martlive")
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    asked = parser.parse_args()
    console = Console(highlight=False)
    try:
        made = (make_deb if asked.form == "deb" else make_archive)(asked.tree, asked.out)
    except BuildRefused as exc:
        console.print(str(exc), style="red")
        return 1
    console.print(f"{made}: {made.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
