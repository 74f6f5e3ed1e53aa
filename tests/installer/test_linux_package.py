"""The Debian package and the archive, made of a tree of two files."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.errors import BuildRefused
from installer.linux_package import dependencies, make_archive, make_deb, strip
from martlive_desktop import __version__

HERE = Path(__file__).resolve().parents[2] / "installer/linux"

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no Debian")


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    folder = tmp_path / "martlive"
    library = folder / "_internal/libown.so"
    library.parent.mkdir(parents=True)
    run("cc", "-shared", "-g", "-x", "c", "/dev/null", "-o", library)
    source = tmp_path / "program.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("martlive works"); return 0; }\n', encoding="utf-8")
    link = ["-Wl,--no-as-needed", f"-L{library.parent}", "-lown", "-lX11", "-Wl,-rpath,$ORIGIN/_internal"]
    shutil.copy("/usr/lib/x86_64-linux-gnu/libX11.so.6", tmp_path / "libX11.so")
    run("cc", "-g", source, f"-L{tmp_path}", *link, "-o", folder / "martlive")
    return folder


def test_package_asks_for_what_it_is_linked_to_and_does_not_bring(tree: Path) -> None:
    libc, *others = dependencies(tree)
    assert libc.startswith("libc6 (>= 2.")
    assert others == ["libportaudio2", "libpulse0", "libx11-6"]


def test_library_that_nobody_has_stops_the_build(tree: Path) -> None:
    (tree / "_internal/libown.so").unlink()
    with pytest.raises(BuildRefused, match=r"libown\.so"):
        dependencies(tree)


def test_tables_of_debuggers_go_and_the_program_is_left_alone(tree: Path) -> None:
    before = (tree / "martlive").read_bytes()
    assert strip(tree) > 0
    assert (tree / "martlive").read_bytes() == before
    assert run(tree / "martlive") == "martlive works\n"


def test_package_holds_program_menu_icons_and_papers(tree: Path, tmp_path: Path) -> None:
    package = make_deb(tree, tmp_path)
    assert package.name == f"martlive_{__version__}_amd64.deb"
    run("dpkg-deb", "-x", package, tmp_path / "there")
    there = tmp_path / "there/usr"
    assert (there / "bin/martlive").readlink() == Path("../lib/martlive/martlive")
    assert run(there / "lib/martlive/martlive") == "martlive works\n"
    assert (there / "lib/martlive/_internal/libown.so").stat().st_mode & 0o777 == 0o644
    assert (there / "share/icons/hicolor/256x256/apps/martlive.png").is_file()
    assert f"MartLive {__version__}" in run("zcat", there / "share/man/man1/martlive.1.gz")
    run("desktop-file-validate", there / "share/applications/martlive.desktop")
    run("appstreamcli", "validate", "--no-net", there / "share/metainfo/io.github.martlive.MartLive.metainfo.xml")


def test_two_packages_of_one_tree_are_equal(tree: Path, tmp_path: Path) -> None:
    first = make_deb(tree, tmp_path).read_bytes()
    assert make_deb(tree, tmp_path).read_bytes() == first


def test_archive_runs_anywhere_and_comes_into_the_menu_and_out_of_it(tree: Path, tmp_path: Path) -> None:
    archive = make_archive(tree, tmp_path)
    run("tar", "-xf", archive, "-C", tmp_path)
    folder, home = tmp_path / archive.name.removesuffix(".tar.xz"), tmp_path / "home with a space"
    home.mkdir()
    mine = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    run(folder / "integrate.sh", **mine)
    assert run(home / ".local/bin/martlive") == "martlive works\n"
    entry = home / "data/applications/martlive.desktop"
    run("desktop-file-validate", entry)
    assert f'Exec="{folder}/martlive" begin\n' in entry.read_text(encoding="utf-8")
    run(folder / "integrate.sh", "--remove", **mine)
    assert [path for path in home.rglob("*") if not path.is_dir()] == []


def test_scripts_have_no_fault_that_shellcheck_knows() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck")
    run("shellcheck", HERE / "integrate.sh")
