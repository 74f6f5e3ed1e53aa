"""What speech recognition runs on: the graphics card as long as that works, otherwise the processor."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from martlive_desktop.core.events import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from martlive_desktop.core.speech.guards import Hypothesis
    from martlive_desktop.core.speech.recogniser import SpeechModel

log = logging.getLogger(__name__)

Device: TypeAlias = Literal["cuda", "cpu"]
DeviceWish: TypeAlias = Literal["auto", "cuda", "cpu"]
T = TypeVar("T")

COMPUTE_TYPES: dict[Device, str] = {"cuda": "auto", "cpu": "int8"}
"""Arithmetic: a graphics card gets the fastest that it has, which is no more than 16 bits on most."""

GPU_SPARE_BYTES = 512 * 1024**2
"""CUDA's own memory; the game keeps what is left above twice the model. faster-whisper's benchmark: 4.5 GB for a model
of 3.1 GB."""

_MISSING = re.compile(r"Library (\S+) is not found")


def has_gpu() -> bool:
    """Whether CTranslate2 sees a graphics card with CUDA; whether it works shows only in a decode."""
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


def gpu_names() -> list[str]:
    """The graphics cards that can recognise speech."""
    return [name for name, _ in _gpus()]


def free_gpu_bytes() -> int:
    """Free memory of the first graphics card; 0 where NVIDIA's driver or its library does not say."""
    return next((free for _, free in _gpus()), 0)


def _gpus() -> list[tuple[str, int]]:
    try:
        import pynvml
    except ModuleNotFoundError:
        return []
    try:
        pynvml.nvmlInit()
        cards = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return [(pynvml.nvmlDeviceGetName(card), pynvml.nvmlDeviceGetMemoryInfo(card).free) for card in cards]
    except pynvml.NVMLError as exc:
        log.info("no graphics card", extra={"reason": str(exc)})
        return []


def largest_that_fits(folders: Sequence[Path], free_bytes: int) -> Path | None:
    """The largest speech model of `folders` for which a graphics card with `free_bytes` has room."""
    by_size = {folder: sum(file.stat().st_size for file in folder.iterdir()) for folder in folders}
    fitting = [folder for folder, size in by_size.items() if 2 * size + GPU_SPARE_BYTES <= free_bytes]
    return max(fitting, key=lambda folder: by_size[folder], default=None)


def load_cuda_libraries(folder: Path | None = None) -> None:
    """Load the libraries of the component in `folder`, else those of the extra `cuda`: the system does not look there."""
    spec = importlib.util.find_spec("nvidia")
    places = (spec.submodule_search_locations or ()) if spec else ()
    found = [
        path for place in places for path in (*Path(place).glob("cu*/lib/*.so.*"), *Path(place).glob("cu*/bin/*.dll"))
    ]
    # One that was removed since then is as good as none.
    if folder is not None and folder.is_dir():
        found = [*folder.glob("*.so*"), *folder.glob("*.dll")]
        if sys.platform == "win32":
            # CUDA's libraries look for each other while they run, by name.
            os.add_dll_directory(str(folder))
    load_libraries(sorted(found))


def load_libraries(paths: Sequence[Path]) -> list[Path]:
    """Load shared libraries, each after those that it needs, and give those that cannot be."""
    waiting = list(paths)
    while waiting:
        failed = [path for path in waiting if not _loads(path)]
        # What is really missing is what the probe stumbles over.
        if len(failed) == len(waiting):
            break
        waiting = failed
    return waiting


def _loads(path: Path) -> bool:
    try:
        ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL)
    except OSError as exc:
        log.info("library not loaded", extra={"library": path.name, "reason": str(exc)})
        return False
    return True


class OnBestDevice:
    """A `SpeechModel` that is asked again on the processor when the graphics card fails.

    CUDA's libraries are loaded in the first decode, and the memory is shared with a game: either may fail at any time.
    """

    def __init__(
        self,
        load: Callable[[Device], SpeechModel],
        *,
        wish: DeviceWish,
        tell: Callable[[Device, str], None],
        libraries: Path | None = None,
    ) -> None:
        """Load the model where it works.

        Args:
            load: gives the model on a device.
            wish: what the user wants; `auto` is a graphics card where there is one.
            tell: hears what will be tried before it is, and of a failure with a sentence for the user.
            libraries: the folder of CUDA's libraries; None: those that are installed.
        """
        self._load = load
        self._tell = tell
        self._language = ""
        self._is_on_gpu = wish != "cpu" and has_gpu()
        if not self._is_on_gpu:
            if wish == "cuda":
                tell("cpu", "No graphics card with CUDA was found – speech is recognised on the processor.")
            self._model = load("cpu")
            return
        # A library that is missing may end the whole process.
        tell("cuda", "")
        try:
            load_cuda_libraries(libraries)
            self._model = load("cuda")
            self._model.final(np.zeros(RATE_HZ, np.int16), ())
        except (RuntimeError, ValueError) as exc:
            self._fall_back(exc)

    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        """As `SpeechModel.partial`."""
        return self._ask(lambda model: model.partial(pcm, stable))

    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        """As `SpeechModel.final`."""
        return self._ask(lambda model: model.final(pcm, draft))

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        """As `SpeechModel.detect_language`."""
        return self._ask(lambda model: model.detect_language(pcm))

    def speak(self, language: str) -> None:
        """As `SpeechModel.speak`."""
        self._language = language
        self._model.speak(language)

    def _ask(self, question: Callable[[SpeechModel], T]) -> T:
        try:
            return question(self._model)
        except RuntimeError as exc:
            if not self._is_on_gpu:
                raise
            self._fall_back(exc)
            return question(self._model)

    def _fall_back(self, error: Exception) -> None:
        log.warning("the graphics card fails", extra={"reason": str(error)})
        self._is_on_gpu = False
        self._tell("cpu", failure_sentence(str(error)))
        self._model = self._load("cpu")
        if self._language:
            self._model.speak(self._language)


def failure_sentence(reason: str) -> str:
    """What CTranslate2's `reason` means to the user."""
    if missing := _MISSING.search(reason):
        # Nobody installs a package into a program that brings its own Python.
        source = (
            "martlive components fetch speech-cuda" if getattr(sys, "frozen", False) else "pip install martlive[cuda]"
        )
        what = f"The graphics card cannot be used without {missing[1]} (in `{source}`)"
    elif "out of memory" in reason:
        what = "The graphics card has too little free memory"
    else:
        what = "The graphics card stopped working for speech"
    return f"{what} – the processor goes on."
