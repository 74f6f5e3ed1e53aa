"""Speech models that come through every fault, or out of a folder, and then hear what is said."""

from __future__ import annotations

import shutil
import tomllib
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tomli_w

from martlive_desktop.adapters import download
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.model_store import ModelSources, ModelStore
from martlive_desktop.adapters.resource_files import manifest_path
from martlive_desktop.core.errors import DownloadDamaged, DownloadInterrupted
from martlive_desktop.core.events import AudioChunk
from martlive_desktop.inference.whisper import Whisper
from tests.desktop.voice import speak
from tests.fakes.fault_server import Fault, fault_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

pytestmark = pytest.mark.real

MB = 1_000_000

SAID = "Good evening and welcome to the show."


def packaged(name: str) -> dict[str, Any]:
    """A model of the manifest in the build that packages carry."""
    models = tomllib.loads(manifest_path().read_text(encoding="utf-8"))["models"]
    model = next(one for one in models if one["name"] == name)
    build = next(build for build in model["builds"] if all("parts" in file for file in build["files"]))
    return {**model, "builds": [build]}


def content_of(file: dict[str, Any]) -> bytes:
    content = b""
    for part in file["parts"]:
        package, _, path = part.partition("/")
        spec = find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        content += (Path(spec.submodule_search_locations[0]) / path).read_bytes()
    return content


def contents_of(model: dict[str, Any]) -> dict[str, bytes]:
    return {file["path"]: content_of(file) for file in model["builds"][0]["files"]}


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return packaged("whisper-tiny.en")


@pytest.fixture(scope="module")
def small_files(small: dict[str, Any]) -> dict[str, bytes]:
    return contents_of(small)


@pytest.fixture(scope="module")
def pcm(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    """A spoken sentence, shape (samples,)."""
    sound = MediaFile(speak([SAID], tmp_path_factory.mktemp("sound") / "said.wav"))
    return np.concatenate([event.pcm for event in sound.read() if isinstance(event, AudioChunk)])


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes again: models are large."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def store_of(model: dict[str, Any], sources: ModelSources, folder: Path) -> ModelStore:
    """A store that knows the model, but not the packages that have it."""
    files = [{key: file[key] for key in ("path", "bytes", "sha256")} for file in model["builds"][0]["files"]]
    manifest = folder / "manifest.toml"
    manifest.write_text(tomli_w.dumps({"models": [{**model, "builds": [{"files": files}]}]}), encoding="utf-8")
    return ModelStore(folder / "models", manifest, sources=lambda: sources, read_timeout_s=0.5)


def heard(store: ModelStore, name: str, pcm: NDArray[np.int16]) -> str:
    """What the fetched model hears."""
    partial_window, final_window = store.windows(name)
    whisper = Whisper(
        store.resolve(name), language="en", threads=2, partial_window=partial_window, final_window=final_window
    )
    return whisper.final(pcm, ()).text


ROWS: dict[str, list[Fault]] = {
    "no fault": [],
    "stalls": [Fault("stall", at=30 * MB)],
    "breaks off again and again": [Fault("cut", at=20 * MB), Fault("reset", at=20 * MB), Fault("cut", at=20 * MB)],
    "lies about lengths": [Fault("too long"), Fault("too short", at=5)],
    "sends wrong bytes": [Fault("cut", at=30 * MB), Fault("corrupt", at=10 * MB)],
    "hotel": [Fault("portal"), Fault("portal without length"), Fault("status", status=503)],
    "begins anew": [Fault("cut", at=30 * MB), Fault("other range"), Fault("no range")],
}


@pytest.mark.parametrize("faults", ROWS.values(), ids=ROWS)
def test_model_that_comes_through_faults_hears_what_is_said(
    faults: list[Fault],
    small: dict[str, Any],
    small_files: dict[str, bytes],
    pcm: NDArray[np.int16],
    room: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "PAUSE_S", 0.05)
    with fault_server() as server:
        server.files = {f"/whisper-tiny.en/{path}": content for path, content in small_files.items()}
        store = store_of(small, ModelSources(mirror=server.url), room)
        server.faults["/whisper-tiny.en/model.bin"] = list(faults)
        for _ in range(3):
            with suppress(DownloadInterrupted, DownloadDamaged):
                store.pull("whisper-tiny.en", lambda _done, _total: None)
                break
        assert server.faults["/whisper-tiny.en/model.bin"] == []
    store.verify("whisper-tiny.en")
    assert heard(store, "whisper-tiny.en", pcm) == SAID


def test_larger_model_out_of_a_folder_hears_what_is_said(pcm: NDArray[np.int16], room: Path) -> None:
    model, stick = packaged("whisper-base"), room / "stick"
    (stick / "whisper-base").mkdir(parents=True)
    for path, content in contents_of(model).items():
        (stick / "whisper-base" / path).write_bytes(content)
    store = store_of(model, ModelSources(folders=(stick,)), room)
    store.pull("whisper-base", lambda _done, _total: None)
    assert heard(store, "whisper-base", pcm) == SAID
