"""Decodes windows of forty lengths and prints by how many MB its memory grew meanwhile (Linux only)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from martlive_desktop.core.events import RATE_HZ
from martlive_desktop.core.speech.recogniser import BLOCK_SAMPLES
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.inference.whisper import Whisper
from martlive_desktop.settings import Settings

LENGTHS = range(4 * RATE_HZ, 4 * RATE_HZ + 40 * BLOCK_SAMPLES, BLOCK_SAMPLES)


def main() -> None:
    """Load, warm up with the longest, decode each."""
    folder = recogniser_config(Settings(), "en", "whisper-base", is_live=True).model
    model = Whisper(folder.path, language="en", threads=1, partial_window=folder.partial_window)
    room = np.random.default_rng(3).normal(0, 300, LENGTHS.stop).astype(np.int16)
    model.partial(room, ())
    before_mb = _own_mb()
    for length in LENGTHS:
        model.partial(room[:length], ())
    sys.stdout.write(f"{_own_mb() - before_mb}\n")


def _own_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("RssAnon"))


if __name__ == "__main__":
    main()
