"""Speech on a graphics card as long as that works; the card and its libraries are made up."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typing_extensions import override

from martlive_desktop.inference import compute
from martlive_desktop.inference.compute import (
    OnBestDevice,
    failure_sentence,
    free_gpu_bytes,
    gpu_names,
    largest_that_fits,
    load_cuda_libraries,
)
from tests.fakes.speech import LOUD, ChecksumModel, sound

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from martlive_desktop.core.speech.guards import Hypothesis
    from martlive_desktop.inference.compute import Device, DeviceWish

TALK = sound((LOUD, 2.0))
MISSING = "Library libcublas.so.12 is not found or cannot be loaded"


class CardModel(ChecksumModel):
    """On the card: fails from the given final on."""

    def __init__(self, error: Exception, *, good_finals: int) -> None:
        super().__init__()
        self._error = error
        self._good_finals = good_finals

    @override
    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        raise self._error

    @override
    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        if self.finals >= self._good_finals:
            raise self._error
        return super().final(pcm, draft)

    @override
    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        raise self._error


@dataclass
class Computer:
    """What was loaded and told."""

    model: OnBestDevice
    loaded: list[Device]
    told: list[tuple[Device, str]]
    on_processor: ChecksumModel


def computer(
    monkeypatch: pytest.MonkeyPatch,
    *,
    wish: DeviceWish = "auto",
    has_gpu: bool = True,
    error: Exception | None = None,
    good_finals: int = 99,
) -> Computer:
    monkeypatch.setattr(compute, "has_gpu", lambda: has_gpu)
    loaded: list[Device] = []
    told: list[tuple[Device, str]] = []
    on_card = CardModel(error, good_finals=good_finals) if error else ChecksumModel()
    on_processor = ChecksumModel()

    def load(device: Device) -> ChecksumModel:
        loaded.append(device)
        return on_card if device == "cuda" else on_processor

    model = OnBestDevice(load, wish=wish, tell=lambda device, sentence: told.append((device, sentence)))
    return Computer(model, loaded, told, on_processor)


def test_card_that_works_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    found = computer(monkeypatch)
    assert (found.loaded, found.told) == (["cuda"], [("cuda", "")])
    assert found.model.final(TALK, ()) == ChecksumModel().final(TALK, ())


@pytest.mark.parametrize(
    ("wish", "has_gpu", "told"),
    [
        ("cpu", True, []),
        ("auto", False, []),
        ("cuda", False, [("cpu", "No graphics card with CUDA was found – speech is recognised on the processor.")]),
    ],
)
def test_processor_is_used_where_there_is_no_card_or_it_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, wish: DeviceWish, told: list[tuple[Device, str]], *, has_gpu: bool
) -> None:
    found = computer(monkeypatch, wish=wish, has_gpu=has_gpu)
    assert (found.loaded, found.told) == (["cpu"], told)


def test_libraries_of_the_component_are_loaded_before_the_card_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    did: list[object] = []
    monkeypatch.setattr(compute, "has_gpu", lambda: True)
    monkeypatch.setattr(compute, "load_cuda_libraries", did.append)

    def load(device: Device) -> ChecksumModel:
        did.append(device)
        return ChecksumModel()

    OnBestDevice(load, wish="auto", tell=lambda *_: None, libraries=tmp_path)
    assert did == [tmp_path, "cuda"]


@pytest.mark.parametrize("error", [RuntimeError(MISSING), ValueError("Requested float16 compute type")])
def test_card_that_fails_in_the_probe_is_not_used(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    found = computer(monkeypatch, error=error, good_finals=0)
    assert found.loaded == ["cuda", "cpu"]
    assert found.told == [("cuda", ""), ("cpu", failure_sentence(str(error)))]


def test_utterance_in_which_the_card_fails_comes_out_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    found = computer(monkeypatch, error=RuntimeError("CUDA failed with error out of memory"), good_finals=1)
    found.model.speak("zh")
    assert found.model.final(TALK, ()) == ChecksumModel().final(TALK, ())
    assert found.told[1:] == [("cpu", "The graphics card has too little free memory – the processor goes on.")]
    assert found.on_processor.spoken == ["zh"]
    assert found.model.partial(TALK, ()) == ChecksumModel().partial(TALK, ())
    assert found.loaded == ["cuda", "cpu"]


@pytest.mark.parametrize("ask", ["partial", "detect_language"])
def test_any_question_may_find_the_card_failing(monkeypatch: pytest.MonkeyPatch, ask: str) -> None:
    found = computer(monkeypatch, error=RuntimeError("CUBLAS_STATUS_EXECUTION_FAILED"))
    if ask == "partial":
        assert found.model.partial(TALK, ()).pieces
    else:
        assert found.model.detect_language(TALK) == {"en": 0.8, "zh": 0.2}
    assert found.told[1:] == [("cpu", "The graphics card stopped working for speech – the processor goes on.")]


def test_what_fails_on_the_processor_is_no_matter_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    found = computer(monkeypatch, error=RuntimeError(MISSING), good_finals=0)
    monkeypatch.setattr(ChecksumModel, "partial", CardModel(RuntimeError("broken"), good_finals=0).partial)
    with pytest.raises(RuntimeError, match="broken"):
        found.model.partial(TALK, ())


def test_sentence_names_the_library_that_is_missing() -> None:
    assert failure_sentence(MISSING) == (
        "The graphics card cannot be used without libcublas.so.12 (in `pip install martlive[cuda]`) – the processor goes on."
    )


def test_sentence_names_the_component_in_a_program_that_brings_its_own_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert failure_sentence(MISSING) == (
        "The graphics card cannot be used without libcublas.so.12 (in `martlive components fetch speech-cuda`) – "
        "the processor goes on."
    )


def test_largest_model_that_leaves_room_is_chosen(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("small", "medium", "large")]
    for folder, size in zip(folders, (1_000, 2_000, 3_000), strict=True):
        folder.mkdir()
        (folder / "model.bin").write_bytes(b"x" * size)
    spare = compute.GPU_SPARE_BYTES
    assert largest_that_fits(folders, spare + 5_999) == folders[1]
    assert largest_that_fits(folders, spare + 6_000) == folders[2]
    assert largest_that_fits(folders, 0) is None
    assert largest_that_fits([], spare) is None


def nvml(monkeypatch: pytest.MonkeyPatch, cards: list[tuple[str, int]] | None) -> None:
    """NVIDIA's library with these cards and their free bytes; None: there is no driver."""

    class NVMLError(Exception):
        pass

    def start() -> None:
        if cards is None:
            raise NVMLError("Driver Not Loaded")

    known = cards or []
    fake = ModuleType("pynvml")
    vars(fake).update(
        NVMLError=NVMLError,
        nvmlInit=start,
        nvmlDeviceGetCount=lambda: len(known),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: known[index][0],
        nvmlDeviceGetMemoryInfo=lambda index: SimpleNamespace(free=known[index][1]),
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)


def test_cards_are_asked_for_their_names_and_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml(monkeypatch, [("RTX 4060", 7_000), ("RTX 3050", 3_000)])
    assert gpu_names() == ["RTX 4060", "RTX 3050"]
    assert free_gpu_bytes() == 7_000


def test_computer_without_a_driver_has_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml(monkeypatch, None)
    assert (gpu_names(), free_gpu_bytes()) == ([], 0)


def test_computer_without_the_library_has_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert (gpu_names(), free_gpu_bytes()) == ([], 0)


def test_libraries_of_the_extra_are_loaded_and_broken_ones_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded: list[str] = []

    def load(path: str, _mode: int) -> None:
        loaded.append(path)
        if "cudnn" in path:
            raise OSError("no driver")

    monkeypatch.setattr(ctypes, "CDLL", load)
    for path in ("cublas/lib/libcublas.so.12", "cudnn/lib/libcudnn.so.9", "cudnn/lib/readme", "nccl/lib/libnccl.so.2"):
        (tmp_path / "nvidia" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nvidia" / path).touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    load_cuda_libraries()
    blas, dnn = (str(tmp_path / "nvidia" / path) for path in ("cublas/lib/libcublas.so.12", "cudnn/lib/libcudnn.so.9"))
    # The broken one has a second chance, for it may have waited for the other.
    assert loaded == [blas, dnn, dnn]


def test_libraries_of_a_component_are_loaded_in_place_of_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda path, _mode: loaded.append(path))
    for path in ("nvidia/cublas/lib/libcublas.so.12", "component/libcublas.so.12", "component/libcublasLt.so.12"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    load_cuda_libraries(tmp_path / "component")
    assert loaded == [str(tmp_path / "component" / name) for name in ("libcublas.so.12", "libcublasLt.so.12")]
    loaded.clear()
    load_cuda_libraries(tmp_path / "removed")
    assert loaded == [str(tmp_path / "nvidia/cublas/lib/libcublas.so.12")]


def test_nothing_is_loaded_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(ctypes, "CDLL", lambda *_: pytest.fail("loaded something"))
    load_cuda_libraries()
