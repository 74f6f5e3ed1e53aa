"""Compiles the installer for Windows.

Run as `python -m installer.windows.nsis build/dist/martlive build/MartLive-setup.exe`.
"""

from __future__ import annotations

import argparse
import ntpath
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from installer.errors import BuildRefused
from martlive_desktop import __version__

HERE = Path(__file__).parent
PROGRAMS = ("MartLiveApp.exe", "martlive.exe")
KEPT_BY_INSTALLER = {"installed.txt", "uninstall.exe"}


def listed(tree: Path) -> list[str]:
    r"""What `tree` holds, as the installer walks it.

    Returns:
        The files, sorted as Windows compares their names, then the folders with \ at the end, each after what it holds.

    Raises:
        BuildRefused: `tree` is no build of MartLive, or Windows and the list might not agree on a name.
    """
    entries = [(str(path.relative_to(tree)).replace(os.sep, "\\"), path.is_dir()) for path in tree.rglob("*")]
    files = sorted((name for name, is_folder in entries if not is_folder), key=str.upper)
    folders = sorted((name + "\\" for name, is_folder in entries if is_folder), key=str.upper, reverse=True)
    if missing := [name for name in PROGRAMS if name not in files]:
        raise BuildRefused(
            f"{tree} is no build for Windows; run PyInstaller with build.spec there first.", tuple(missing)
        )
    odd = [name for name in (*files, *folders) if not name.isascii() or set(name) & set('$"\r\n')]
    odd += sorted(KEPT_BY_INSTALLER & {name.lower() for name in files})
    if odd:
        raise BuildRefused("The installer cannot take these names; leave the files out of the build.", tuple(odd))
    return files + folders


def numbers(version: str) -> str:
    """`version` as Windows wants it: four numbers, the last one 0."""
    release = version.split("+")[0].split(".")[:3]
    if len(release) != 3 or not all(part.isdecimal() for part in release):
        raise BuildRefused(f"{version} is no version of three numbers; mend martlive_desktop/__init__.py.")
    return ".".join((*release, "0"))


def compile_installer(
    tree: Path,
    target: Path,
    *,
    icon: Path,
    version: str = __version__,
    cpu: str | None = None,
    sign: str | None = None,
) -> None:
    """Pack `tree` into the installer `target`.

    Args:
        tree: what PyInstaller built.
        target: the installer.
        icon: an .ico file.
        version: what Windows shows as its version.
        cpu: the processor of the installer itself, as NSIS calls it; its own choice runs on every Windows.
        sign: a command that signs the file whose path comes after it; the uninstaller inside and the installer get it.

    Raises:
        BuildRefused: `tree` is no build of MartLive, or NSIS is not there or does not like the script.
    """
    compiler = shutil.which("makensis")
    if compiler is None:
        raise BuildRefused("makensis is not there; install NSIS 3.08 or newer.")
    entries = listed(tree)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        manifest = Path(scratch, "installed.txt")
        manifest.write_text("".join(f"{entry}\r\n" for entry in entries), encoding="ascii", newline="")
        included = Path(scratch, "files.nsh")
        included.write_text(_commands(tree, entries), encoding="utf-8-sig")
        defines = {
            "VERSION": version,
            "NUMBERS": numbers(version),
            "FILES": included,
            "MANIFEST": manifest,
            "TARGET": target.resolve(),
            "ICON": icon.resolve(),
            "SIZE_KB": sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) // 1024,
        }
        if cpu:
            defines["CPU"] = cpu
        if sign:
            defines["SIGN"] = sign
        done = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            [
                compiler,
                *("-V2", "-WX", "-INPUTCHARSET", "UTF8"),
                *(f"-D{name}={value}" for name, value in defines.items()),
                str(HERE / "martlive.nsi"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise BuildRefused(
            "makensis refuses; mend what it says.", tuple(done.stdout.decode(errors="replace").split("\n"))
        )


def _commands(tree: Path, entries: list[str]) -> str:
    """The macro that puts each file into its folder."""
    lines = ["!macro INSTALL_FILES"]
    current = None
    for entry in (entry for entry in entries if not entry.endswith("\\")):
        folder = ntpath.join("$INSTDIR", ntpath.dirname(entry)).rstrip("\\")
        if folder != current:
            current = folder
            lines.append(f'SetOutPath "{folder}"')
        source = str(tree.resolve().joinpath(*entry.split("\\"))).replace("$", "$$")
        lines.append(f'File "{source}"')
    return "\n".join((*lines, "!macroend", ""))


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--icon", type=Path, default=Path("build/icons/martlive.ico"))
    parser.add_argument("--sign", metavar="COMMAND", help="signs the file whose path comes after it")
    asked = parser.parse_args()
    compile_installer(asked.tree, asked.target, icon=asked.icon, sign=asked.sign)


if __name__ == "__main__":
    _main()
