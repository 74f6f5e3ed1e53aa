"""Records a session until it is killed, or until its disk is full; says on standard output what it did."""

from __future__ import annotations

import resource
import sys
import threading
import time
from pathlib import Path

from martlive_desktop.adapters.clock import utc_now_iso
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.events import SessionStarted, Transcript, Word

EVERY_S = 0.05
FILE_BYTES = 64 * 1024
"""Room for the database and a dozen commits in its write-ahead log."""


def main(folder: Path, *, is_disk_small: bool) -> None:
    is_troubled = threading.Event()

    def tell(sentence: str) -> None:
        say(f"trouble {sentence}")
        is_troubled.set()

    store = SqliteStore(folder, on_trouble=tell)
    say(store.begin(SessionStarted(0, "0.2.0", "selling", "microphone", (), "d1"), "", utc_now_iso()))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if is_disk_small:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, hard))
    number = 0
    pace = threading.Event()
    while not is_troubled.is_set():
        at_ms = number * 50
        text = f"final {number}"
        store.append(Transcript(at_ms, True, number, text, (Word(text, at_ms, at_ms + 50, 0.9),)))
        say(f"{number} {time.monotonic()}")
        number += 1
        pace.wait(EVERY_S)
    # The parent kills the process here, or lets it find room again.
    sys.stdin.readline()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    store.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_disk_small=sys.argv[2] == "small")
