"""Components: fetched, resumed, refused where they are not what they must be, unpacked, checked and removed."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock
import pytest

from martlive_desktop.adapters import component_store
from martlive_desktop.adapters.component_store import ComponentStore, Source, read_catalogue
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.errors import (
    ComponentDamaged,
    ComponentMissing,
    DownloadDamaged,
    DownloadInterrupted,
    MartLiveError,
    UsageError,
)
from tests.fakes.archives import NOTICE, WHEEL, Mirror, catalogue, entry, library, mirror, wheel

NOISE = random.Random(9).randbytes(300_000)
MEMBERS = {"made/lib/libone.so.1": NOISE, "made/include/one.h": b"int one();", NOTICE: b"Anybody may use it."}
GOOD = wheel(MEMBERS)
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


def nothing(done: int, in_all: int) -> None:
    pass


@pytest.fixture
def served() -> Iterator[Mirror]:
    with mirror({WHEEL: GOOD}) as at:
        yield at


def store_of(
    tmp_path: Path, archives: Mapping[str, bytes] | None = None, *, url: str = "", **changes: Any
) -> ComponentStore:
    made = entry({WHEEL: GOOD} if archives is None else archives, **changes)
    path = catalogue(tmp_path / "components.toml", made, url=url)
    return ComponentStore(tmp_path / "components", path, platform="linux-x86_64")


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_component_is_fetched_and_only_what_is_wanted_is_unpacked(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path)
    told: list[tuple[int, int]] = []
    folder = store.fetch("made-up", Source(mirror=served.url), lambda *one: told.append(one))
    assert names_in(folder) == ["component.json", "lib/libone.so.1", "licence/License.txt"]
    assert (folder / "lib" / "libone.so.1").read_bytes() == NOISE
    assert store.libraries("speech") == folder / "lib"
    assert store.libraries("writing") is None
    assert told == sorted(told)
    assert told[-1] == (len(GOOD) + 1_000_000, len(GOOD) + 1_000_000)
    assert names_in(tmp_path / "components") == sorted(
        [f"made-up/{name}" for name in names_in(folder)] + ["made-up.lock"]
    )


def test_component_that_is_here_is_not_fetched_again(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path)
    store.fetch("made-up", Source(mirror=served.url), nothing)
    served.asked.clear()
    store.fetch("made-up", Source(mirror=served.url), nothing)
    assert served.asked == []


def test_fetch_goes_on_where_it_broke_off(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path)
    served.cut_after = 50_000
    with pytest.raises(DownloadInterrupted):
        store.fetch("made-up", Source(mirror=served.url), nothing)
    assert (store.libraries("speech"), store.list()[0].where) == (None, "missing")
    served.cut_after = None
    served.asked.clear()
    store.fetch("made-up", Source(mirror=served.url), nothing)
    assert served.asked == [(f"/components/{WHEEL}", "bytes=100000-")]
    assert store.list()[0].where == "installed"


def test_other_bytes_are_refused_and_nothing_is_unpacked(tmp_path: Path, served: Mirror) -> None:
    served.files[WHEEL] = GOOD[:1000] + b"evil" + GOOD[1004:]
    store = store_of(tmp_path)
    with pytest.raises(DownloadDamaged):
        store.fetch("made-up", Source(mirror=served.url), nothing)
    assert store.list()[0].where == "missing"
    assert not list((tmp_path / "components").rglob("*.so*"))


@pytest.mark.parametrize(
    "name",
    ["made/lib/..", "made/lib/..\\..\\evil.so", "made/lib/C:evil.so"],
    ids=["dots", "backslashes", "drive"],
)
def test_member_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    archives = {WHEEL: wheel({**MEMBERS, name: b"evil"})}
    with mirror(archives) as at, pytest.raises(ComponentDamaged, match="is damaged"):
        store_of(tmp_path, archives, unpack={"made/lib/*": "lib", "*.dist-info/licenses/*": "licence"}).fetch(
            "made-up", Source(mirror=at.url), nothing
        )
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]
    assert not (tmp_path / "components" / "made-up").exists()


def test_member_whose_path_climbs_up_stays_in_the_folder(tmp_path: Path) -> None:
    archives = {WHEEL: wheel({**MEMBERS, "../../made/lib/libtwo.so.1": b"two"})}
    with mirror(archives) as at:
        folder = store_of(tmp_path, archives).fetch("made-up", Source(mirror=at.url), nothing)
    assert names_in(folder) == ["component.json", "lib/libone.so.1", "lib/libtwo.so.1", "licence/License.txt"]
    assert [path.parent for path in tmp_path.rglob("libtwo.so.1")] == [folder / "lib"]


@pytest.mark.parametrize(
    ("archives", "changes"),
    [
        ({WHEEL: wheel({NOTICE: b"a notice alone"})}, {}),
        ({WHEEL: wheel({**MEMBERS, "other/made/lib/libone.so.1": b"twice"})}, {}),
        ({WHEEL: b"no zip at all"}, {}),
        ({WHEEL: GOOD}, {"unpacked_bytes": 1000}),
    ],
    ids=["a pattern meets nothing", "one name twice", "no zip", "more than it may be"],
)
def test_archive_that_is_not_as_the_catalogue_says_is_refused(
    tmp_path: Path, archives: dict[str, bytes], changes: dict[str, Any]
) -> None:
    store = store_of(tmp_path, archives, **changes)
    with mirror(archives) as at, pytest.raises(ComponentDamaged):
        store.fetch("made-up", Source(mirror=at.url), nothing)
    assert store.list()[0].where == "missing"


def test_folder_of_the_user_takes_the_place_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "stick" / "components").mkdir(parents=True)
    (tmp_path / "stick" / "components" / WHEEL).write_bytes(GOOD)
    store = store_of(tmp_path)
    store.fetch("made-up", Source(mirror="http://127.0.0.1:1", offline_folder=str(tmp_path / "stick")), nothing)
    assert store.list()[0].where == "installed"
    assert (tmp_path / "stick" / "components" / WHEEL).read_bytes() == GOOD


def test_file_in_the_users_folder_with_other_bytes_is_named(tmp_path: Path) -> None:
    (tmp_path / "stick" / "components").mkdir(parents=True)
    (tmp_path / "stick" / "components" / WHEEL).write_bytes(GOOD[:-1] + b"x")
    with pytest.raises(ComponentDamaged, match="is not the one that made-up needs"):
        store_of(tmp_path).fetch("made-up", Source(offline_folder=str(tmp_path / "stick")), nothing)


@pytest.mark.parametrize(
    "text", ["url = ", "url = 7\n[[components]]\nname = 3", "components = 5", "a = " + "[" * 5_000]
)
def test_damaged_catalogue_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "components.toml"
    path.write_text(text)
    with pytest.raises(MartLiveError, match=r"components\.toml is damaged; install MartLive again\.$"):
        read_catalogue(path)


def test_catalogue_says_where_to_fetch_unless_the_user_has_a_mirror(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path, url=served.url + "/")
    store.fetch("made-up", Source(), nothing)
    assert store.list()[0].where == "installed"


def test_build_without_a_place_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ComponentMissing) as caught:
        store_of(tmp_path).fetch("made-up", Source(offline_folder=str(tmp_path / "nowhere")), nothing)
    assert str(caught.value) == (
        "This MartLive has no place to fetch made-up from; set a mirror or an offline folder in the settings."
    )


def test_name_that_is_not_in_the_catalogue_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        store_of(tmp_path).fetch("speech-magic", Source(), nothing)
    assert str(caught.value) == "MartLive knows no component speech-magic; it knows made-up."


def test_component_of_another_kind_of_computer_is_not_offered(tmp_path: Path) -> None:
    assert store_of(tmp_path, platform="win-amd64").list() == []


def test_stop_keeps_what_arrived(tmp_path: Path, served: Mirror) -> None:
    stop = threading.Event()
    many = {WHEEL: wheel({**MEMBERS, "made/lib/libtwo.so": NOISE})}
    served.files = many
    store = store_of(tmp_path, many)
    size = len(many[WHEEL])
    with pytest.raises(DownloadInterrupted, match="what arrived is kept"):
        store.fetch(
            "made-up", Source(mirror=served.url), lambda done, _: stop.set() if done > size else None, stop=stop
        )
    assert store.list()[0].where == "missing"
    served.asked.clear()
    store.fetch("made-up", Source(mirror=served.url), nothing)
    assert served.asked == []
    assert store.list()[0].where == "installed"


def test_disk_without_room_for_archive_and_what_it_unpacks_to_is_told_before(
    tmp_path: Path, served: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = len(GOOD) + 1_000_000 + component_store.RESERVE_BYTES
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=room - 1))
    with pytest.raises(MartLiveError, match="The disk has no room for made-up: free 68 MB for"):
        store_of(tmp_path).fetch("made-up", Source(mirror=served.url), nothing)
    assert served.asked == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=room))
    store_of(tmp_path).fetch("made-up", Source(mirror=served.url), nothing)


def test_disk_that_fills_up_while_unpacking_is_one_sentence(
    tmp_path: Path, served: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = store_of(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(MartLiveError, match="The disk has no room for made-up"):
            store.fetch("made-up", Source(mirror=served.url), nothing)
    store.fetch("made-up", Source(mirror=served.url), nothing)
    assert store.list()[0].where == "installed"


def test_component_that_another_program_changes_is_left_alone(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path)
    (tmp_path / "components").mkdir()
    held = filelock.FileLock(tmp_path / "components" / "made-up.lock")
    with held, pytest.raises(MartLiveError, match="Another program of MartLive is changing made-up"):
        store.fetch("made-up", Source(mirror=served.url), nothing)
    assert served.asked == []


def test_file_that_changed_is_found_by_verify_and_mended_by_fetch(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path)
    folder = store.fetch("made-up", Source(mirror=served.url), nothing)
    store.verify("made-up")
    (folder / "lib" / "libone.so.1").write_bytes(NOISE[:-1] + b"x")
    with pytest.raises(ComponentDamaged) as caught:
        store.verify("made-up")
    assert str(caught.value) == (
        "The component made-up is damaged (lib/libone.so.1); run `martlive components fetch made-up` again."
    )
    assert store.list()[0].where == "damaged"
    assert store.libraries("speech") is None
    store.fetch("made-up", Source(mirror=served.url), nothing)
    store.verify("made-up")


@pytest.mark.parametrize("spoil", ["cut", "gone", "no state", "deep state", "odd state"])
def test_component_with_a_part_missing_is_not_used(tmp_path: Path, served: Mirror, spoil: str) -> None:
    store = store_of(tmp_path)
    folder = store.fetch("made-up", Source(mirror=served.url), nothing)
    if spoil == "cut":
        (folder / "lib" / "libone.so.1").write_bytes(b"")
    elif spoil == "deep state":
        (folder / "component.json").write_text("[" * 100_000)
    elif spoil == "odd state":
        state = json.loads((folder / "component.json").read_text())
        (folder / "component.json").write_text(json.dumps(state | {"files": ["lib"]}))
    else:
        (folder / ("component.json" if spoil == "no state" else "lib/libone.so.1")).unlink()
    assert (store.list()[0].where, store.libraries("speech")) == ("damaged", None)
    with pytest.raises(ComponentDamaged):
        store.verify("made-up")


def test_component_of_an_older_martlive_is_not_used_until_it_is_fetched_anew(tmp_path: Path, served: Mirror) -> None:
    store_of(tmp_path).fetch("made-up", Source(mirror=served.url), nothing)
    served.files = {WHEEL: wheel({**MEMBERS, "made/lib/libone.so.1": b"newer"})}
    newer = store_of(tmp_path, served.files)
    assert (newer.list()[0].where, newer.libraries("speech")) == ("outdated", None)
    folder = newer.fetch("made-up", Source(mirror=served.url), nothing)
    assert (folder / "lib" / "libone.so.1").read_bytes() == b"newer"
    assert newer.list()[0].where == "installed"


def test_component_that_is_not_here_cannot_be_verified_or_removed(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    with pytest.raises(ComponentMissing, match="is not on this computer"):
        store.verify("made-up")
    with pytest.raises(ComponentMissing, match="there is nothing to remove"):
        store.remove("made-up")


def test_removal_takes_everything_also_what_came_in_part(tmp_path: Path, served: Mirror) -> None:
    store = store_of(tmp_path)
    store.fetch("made-up", Source(mirror=served.url), nothing)
    store.remove("made-up")
    assert names_in(tmp_path / "components") == ["made-up.lock"]
    served.cut_after = 1000
    with pytest.raises(DownloadInterrupted):
        store.fetch("made-up", Source(mirror=served.url), nothing)
    store.remove("made-up")
    assert names_in(tmp_path / "components") == ["made-up.lock"]


def test_component_that_the_system_holds_stays_whole(
    tmp_path: Path, served: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(self: Path, _to: Path) -> None:
        raise PermissionError(errno.EACCES, "in use", str(self))

    store = store_of(tmp_path)
    folder = store.fetch("made-up", Source(mirror=served.url), nothing)
    with monkeypatch.context() as windows:
        windows.setattr(Path, "replace", held)
        with pytest.raises(MartLiveError) as caught:
            store.remove("made-up")
    assert str(caught.value) == (
        f"MartLive cannot change {folder}: close other programs that use it and allow writing."
    )
    store.verify("made-up")


CHILD = """
import ctypes, sys
from pathlib import Path
from martlive_desktop.inference.compute import load_cuda_libraries
load_cuda_libraries(Path(sys.argv[1]))
top = ctypes.CDLL("libatop.so.1")
print(top.answer(), flush=True)
sys.stdin.readline()
print(top.answer(), flush=True)
"""


@needs_cc
def test_libraries_of_a_fetched_component_are_loaded_by_a_child_and_outlive_its_removal(tmp_path: Path) -> None:
    built = tmp_path / "built"
    low = library(built / "libzlow.so.1", "int low(void) { return 41; }")
    top = library(built / "libatop.so.1", "int low(void); int answer(void) { return low() + 1; }", "libzlow.so.1")
    archives = {WHEEL: wheel({"made/lib/libatop.so.1": top, "made/lib/libzlow.so.1": low, NOTICE: b"free"})}
    shutil.rmtree(built)
    store = store_of(tmp_path, archives)
    with mirror(archives) as at:
        folder = store.fetch("made-up", Source(mirror=at.url), nothing)
    libraries = store.libraries("speech")
    assert libraries == folder / "lib"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(libraries)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "42\n"
        store.remove("made-up")
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "42\n"
    assert store.libraries("speech") is None


@pytest.mark.parametrize("platform", ["linux-x86_64", "win-amd64"])
def test_catalogue_of_the_program_has_cublas_for_each_system(platform: str) -> None:
    found = read_catalogue(resource_path("components.toml"))
    [speech] = [one for one in found.components if (one.name, one.platform) == ("speech-cuda", platform)]
    assert speech.needs == "nvidia"
    assert {Path(pattern).name.split(".")[0] for pattern, to in speech.unpack.items() if to == "lib"} >= (
        {"libcublas", "libcublasLt"} if platform == "linux-x86_64" else {"cublas64_12", "cublasLt64_12"}
    )
    assert all(len(one.sha256) == 64 and one.bytes > 10_000_000 for one in speech.archives)
