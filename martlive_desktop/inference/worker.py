"""The child process that hears: reads sound from a pipe, writes what it heard into it."""

from __future__ import annotations

import dataclasses
import functools
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from martlive_desktop import __version__
from martlive_desktop.core.events import RATE_HZ
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.core.speech.guards import FULL_WINDOW, Window
from martlive_desktop.core.speech.language import LanguageChoice
from martlive_desktop.core.speech.recogniser import Heard, Recogniser, RecogniserState
from martlive_desktop.inference.compute import COMPUTE_TYPES, OnBestDevice, free_gpu_bytes, largest_that_fits
from martlive_desktop.inference.memo import Memo, RememberingModel, model_identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from martlive_desktop.core.speech.recogniser import SpeechModel
    from martlive_desktop.inference.compute import Device, DeviceWish

LATE_SAMPLES = 1 * RATE_HZ
"""With more sound than this waiting, partials are left out until finals have caught up."""

TELL_EVERY_S = 1.0
"""How often the parent learns what this process takes: twice within the shortest time in which it acts."""

NICENESS = 5
"""Below normal: OBS and the game come first."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A speech model on the disk, and how short its windows may be."""

    path: Path
    partial_window: Window = FULL_WINDOW
    final_window: Window = FULL_WINDOW


@dataclass(frozen=True, slots=True)
class RecogniserConfig:
    """What the child needs to know; folders were checked before."""

    model: ModelFolder
    small_model: ModelFolder | None
    """Hears when the computer is too busy for the other."""
    language: str
    threads: int
    pace: Pace
    """The fastest that is wanted."""
    is_live: bool
    """A live recogniser that is late leaves out partials; a review never does, so that two runs agree."""
    device: DeviceWish = "cpu"
    gpu_models: tuple[ModelFolder, ...] = ()
    """Larger models, of which a graphics card gets the largest that it has room for."""
    names: tuple[str, ...] = field(default=(), repr=False)
    """What the show is about, to be written as the plan does."""
    memo: Path | None = None
    """Where every decode is remembered, and looked up first."""
    cuda_libraries: Path | None = None
    """The folder of a component; None: what is installed is used."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The models are loaded."""


@dataclass(frozen=True, slots=True)
class RunsOn:
    """The device that recognition uses from now on."""

    device: Device
    sentence: str
    """For the user, when it is not what they could expect."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What recognition takes of the computer."""

    cpu_share: float
    """CPU seconds of this process per second, since the last time."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything up to the end was heard."""


Request: TypeAlias = bytes | Pace | Literal["finish"]
"""Sound (int16, native byte order), in order; how often words are wanted from now on; or the end of the sound."""

Answer: TypeAlias = Ready | RunsOn | Heard | Effort | Finished


def main(pipe: Connection, config: RecogniserConfig, state: RecogniserState | None) -> None:
    """Recognise until the parent has no more sound, or is gone."""
    lower_priority()
    serve(pipe, lambda: _load(pipe, config, state), is_live=config.is_live)


def serve(pipe: Connection, load: Callable[[], Recogniser], *, is_live: bool) -> None:
    """Answer what comes through `pipe`; sound is taken from it also while `load` and decodes run."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, requests), daemon=True).start()
    try:
        recogniser = load()
        pipe.send(Ready())
        _recognise(pipe, requests, recogniser, is_live=is_live)
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)


def _load(pipe: Connection, config: RecogniserConfig, state: RecogniserState | None) -> Recogniser:
    import ctranslate2

    from martlive_desktop.inference.vad import SileroVad
    from martlive_desktop.inference.whisper import Whisper

    memo = Memo(config.memo) if config.memo else None

    def load(folder: ModelFolder, device: Device = "cpu") -> SpeechModel:
        model = Whisper(
            folder.path,
            language=LanguageChoice.of(config.language).code,
            threads=config.threads,
            partial_window=folder.partial_window,
            final_window=folder.final_window,
            device=device,
            compute_type=COMPUTE_TYPES[device],
            names=config.names,
        )
        if memo is None:
            return model
        windows = [dataclasses.astuple(folder.partial_window), dataclasses.astuple(folder.final_window)]
        identity = (__version__, ctranslate2.__version__, device, config.threads, config.names, windows)
        return RememberingModel(model, memo, (*identity, model_identity(folder.path)))

    def load_main(device: Device) -> SpeechModel:
        if device == "cpu":
            return load(config.model)
        by_path = {folder.path: folder for folder in config.gpu_models}
        best = largest_that_fits(list(by_path), free_gpu_bytes())
        return load(by_path[best] if best else config.model, device)

    model = OnBestDevice(
        load_main,
        wish=config.device,
        tell=lambda device, sentence: pipe.send(RunsOn(device, sentence)),
        libraries=config.cuda_libraries,
    )
    small = functools.cache(functools.partial(load, config.small_model)) if config.small_model else None
    return Recogniser(SileroVad(), model, small=small, pace=config.pace, language=config.language, state=state)


def _recognise(
    pipe: Connection, requests: queue.SimpleQueue[Request | None], recogniser: Recogniser, *, is_live: bool
) -> None:
    told_at, told_cpu = time.monotonic(), time.process_time()
    while (request := requests.get()) is not None:
        if isinstance(request, Pace):
            recogniser.pace = request
            continue
        if request == "finish":
            for heard in recogniser.finish():
                pipe.send(heard)
            pipe.send(Finished())
            return
        recogniser.feed(np.frombuffer(request, np.int16))
        while requests.empty():
            is_late = is_live and recogniser.waiting_samples > LATE_SAMPLES
            heard_block = recogniser.step(is_late=is_late)
            if heard_block is None:
                break
            pipe.send(heard_block)
            passed = time.monotonic() - told_at
            if is_live and passed >= TELL_EVERY_S:
                cpu = time.process_time()
                pipe.send(Effort((cpu - told_cpu) / passed))
                told_at, told_cpu = told_at + passed, cpu


def _receive(pipe: Connection, requests: queue.SimpleQueue[Request | None]) -> None:
    try:
        while True:
            requests.put(pipe.recv())
    except (EOFError, OSError):
        requests.put(None)


def lower_priority() -> None:
    """Put this process behind OBS and the game."""
    if sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal)
    else:
        os.nice(NICENESS)
