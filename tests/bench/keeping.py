"""What keeping the sound of a show costs: `python -m tests.bench.keeping`, a minute of the demo show in real time.

The sound comes in chunks of 100 ms, as the microphone gives it; the processor time is that of the whole process, which
does nothing else, and the bytes are those on the disk.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from pathlib import Path

from martlive_desktop.adapters.audio_keep import (
    _START,
    SLOT_MS,
    AudioKeep,
    _opened,
    _records,
    _sealed,
    _unsealed,
    read_sound,
    sound_length_ms,
)
from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.events import AudioChunk

KEY = bytes(32)

HOURS = 12
"""Of the longest show, made of the same minute again and again."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    demo = [item for item in MediaFile(resource_path("demo") / "show.mkv").read() if isinstance(item, AudioChunk)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # What is loaded once is no cost of an hour.
        first = AudioKeep(folder, "first", lambda: KEY)
        first.take(demo[0])
        first.close()
        clock, keep = SystemClock(), AudioKeep(folder, "live", lambda: KEY)
        start_s = time.monotonic()
        cpu_s = time.process_time()
        for chunk in demo:
            if chunk.at_ms > seconds * 1_000:
                break
            clock.wait_until(chunk.at_ms)
            keep.take(chunk)
        keep.close()
        spent_s, cpu_s = time.monotonic() - start_s, time.process_time() - cpu_s
        mb_an_hour = keep.path.stat().st_size / 1e6 * 3_600_000 / sound_length_ms(keep.path, KEY)
        print(f"{cpu_s / spent_s:.2%} of a core, {mb_an_hour:.1f} MB an hour, {keep.lost_samples} samples lost")
        long = _copied(keep.path, KEY)
        start_s = time.monotonic()
        ogg = read_sound(long, KEY, 6 * 3_600_000, 6 * 3_600_000 + 10_000)
        size_mb = long.stat().st_size / 1e6
        print(
            f"10 s out of {HOURS} hours ({size_mb:.0f} MB): {(time.monotonic() - start_s) * 1_000:.0f} ms, {len(ogg)} bytes"
        )


def _copied(path: Path, key: bytes) -> Path:
    """A file of HOURS with the packets of `path` again and again."""
    with _opened(path, key) as data:
        records = [_unsealed(record, data, path, key) or [] for record in _records(data)]
        start = data[:_START]
    long = path.with_name("long.mlaudio")
    with long.open("wb") as file:
        file.write(start)
        slot = 0
        for number, packets in enumerate(itertools.cycle(records)):
            if slot >= HOURS * 3_600_000 // SLOT_MS:
                return long
            file.write(_sealed(number, slot, packets, long, key))
            slot += len(packets)
    return long


if __name__ == "__main__":
    main()
