"""What the computer plays, from PulseAudio's or PipeWire's monitor of the default output."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.events import RATE_HZ, Loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDER = "parec"
"""Comes with PulseAudio, and speaks to PipeWire too."""

_BLOCK_BYTES = RATE_HZ // 10 * 2
"""100 ms of 16-bit samples."""


class PulseLoopback:
    """Reads the monitor until it is closed, or the sound server goes: then there is no echo to find."""

    def __init__(self) -> None:
        """Begin to record."""
        form = ("--format=s16le", f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=50", "--raw")
        self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
            [RECORDER, "--device=@DEFAULT_MONITOR@", "--client-name=MartLive", *form],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in a terminal is for MartLive, which closes this.
            start_new_session=True,
        )

    @staticmethod
    def is_available() -> bool:
        """Whether this computer has the recorder."""
        return shutil.which(RECORDER) is not None

    def read(self) -> Iterator[Loopback]:
        """Blocks of 100 ms as they are played."""
        assert self._process.stdout is not None
        while len(block := self._process.stdout.read(_BLOCK_BYTES)) == _BLOCK_BYTES:
            yield Loopback(0, np.frombuffer(block, np.int16))
        self._process.stdout.close()
        self._process.wait()

    def close(self) -> None:
        """End `read`; may be called from another thread, and twice."""
        self._process.kill()
