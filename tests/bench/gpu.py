"""Measures speech recognition on a graphics card beside the processor: `make bench-gpu`, on a computer that has one.

For each speech model on this computer: loading, a partial and a final of 3 and of 10 s of the demo's talk, memory.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.events import RATE_HZ, AudioChunk
from martlive_desktop.inference.compute import COMPUTE_TYPES, free_gpu_bytes, gpu_names, has_gpu, load_cuda_libraries
from martlive_desktop.inference.whisper import Whisper
from martlive_desktop.places import model_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from martlive_desktop.core.speech.guards import Hypothesis
    from martlive_desktop.inference.compute import Device

REPEATS = 10
TALK_FROM_S = 5
LENGTHS_S = (3, 10)


def main() -> None:
    """Print the table."""
    if not has_gpu():
        raise SystemExit("CTranslate2 sees no graphics card with CUDA here – run this on a computer that has one.")
    load_cuda_libraries()
    print(", ".join(gpu_names()) or "graphics card (its name needs nvidia-ml-py)")
    print("| model | device | load s | partial 3 s / 10 s ms | final 3 s / 10 s ms | GPU memory MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    store = model_store()
    for state in store.list():
        if state.task == "speech" and state.where in {"installed", "package"}:
            for device in ("cuda", "cpu"):
                print(measure(state.name, device), flush=True)


def measure(name: str, device: Device) -> str:
    """One line of the table."""
    store = model_store()
    partial_window, final_window = store.windows(name)
    free_bytes = free_gpu_bytes()
    started = time.perf_counter()
    model = Whisper(
        store.resolve(name),
        language="en",
        threads=1,
        partial_window=partial_window,
        final_window=final_window,
        device=device,
        compute_type=COMPUTE_TYPES[device],
    )
    model.final(talk(1), ())
    loaded_s = time.perf_counter() - started
    partials = [_median_ms(lambda pcm: model.partial(pcm, ()), talk(seconds)) for seconds in LENGTHS_S]
    finals = [_median_ms(lambda pcm: model.final(pcm, ()), talk(seconds)) for seconds in LENGTHS_S]
    used_mb = (free_bytes - free_gpu_bytes()) / 1e6
    cells = [f"{a:.0f} / {b:.0f}" for a, b in (partials, finals)]
    return f"| {name} | {device} | {loaded_s:.1f} | {cells[0]} | {cells[1]} | {used_mb:.0f} |"


def talk(seconds: int) -> NDArray[np.int16]:
    """Speech of the demo, shape (samples,)."""
    sound = MediaFile(resource_path("demo") / "show.mkv").read()
    pcm = np.concatenate([chunk.pcm for chunk in sound if isinstance(chunk, AudioChunk)])
    return pcm[TALK_FROM_S * RATE_HZ : (TALK_FROM_S + seconds) * RATE_HZ]


def _median_ms(decode: Callable[[NDArray[np.int16]], Hypothesis], pcm: NDArray[np.int16]) -> float:
    times_ms = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        decode(pcm)
        times_ms.append(1000 * (time.perf_counter() - started))
    return statistics.median(times_ms)


if __name__ == "__main__":
    main()
