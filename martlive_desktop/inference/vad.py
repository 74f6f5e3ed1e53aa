"""Voice activity by Silero VAD v6, which ships with faster-whisper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import FRAME_SAMPLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTEXT_SAMPLES = 64
"""The model sees the end of the frame before. Source: snakers4/silero-vad, 16 kHz."""


@dataclass(frozen=True, slots=True)
class VadState:
    """The recurrent state of the model between two calls."""

    hidden: NDArray[np.float32]
    cell: NDArray[np.float32]
    context: NDArray[np.float32]


class SileroVad:
    """Voice probabilities, about 0.2 ms of one core a frame."""

    def __init__(self) -> None:
        import onnxruntime
        from faster_whisper.utils import get_assets_path

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(
            str(Path(get_assets_path()) / "silero_vad_v6.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, pcm: NDArray[np.int16], state: VadState | None) -> tuple[list[float], VadState]:
        """Voice probability of each frame of `pcm`, shape (frames * 512,), and the state for the next call."""
        if state is None:
            zeros = np.zeros((1, 1, 128), np.float32)
            state = VadState(zeros, zeros, np.zeros(CONTEXT_SAMPLES, np.float32))
        frames = np.divide(pcm, 32768, dtype=np.float32).reshape(-1, FRAME_SAMPLES)
        contexts = np.concatenate((state.context[None], frames[:-1, -CONTEXT_SAMPLES:]))
        output, hidden, cell = self._session.run(
            None, {"input": np.concatenate((contexts, frames), axis=1), "h": state.hidden, "c": state.cell}
        )
        context: NDArray[np.float32] = frames[-1, -CONTEXT_SAMPLES:].copy()
        return [float(p) for p in np.ravel(output)], VadState(hidden, cell, context)
