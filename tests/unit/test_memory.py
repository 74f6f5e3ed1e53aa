"""Memory goes back to the system, on the C library that can."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from martlive_desktop.inference.memory import give_back_memory

CHUNK_BYTES, CHUNKS = 64 * 1024, 1_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is resident")
def test_what_was_freed_is_given_back() -> None:
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        give_back_memory()
        return
    libc.malloc.restype = ctypes.c_void_p
    chunks = [libc.malloc(CHUNK_BYTES) for _ in range(CHUNKS)]
    # What lies above keeps the heap from shrinking by itself.
    guard = libc.malloc(CHUNK_BYTES)
    for chunk in chunks:
        ctypes.memset(chunk, 1, CHUNK_BYTES)
        libc.free(ctypes.c_void_p(chunk))
    before = resident_bytes()
    give_back_memory()
    libc.free(ctypes.c_void_p(guard))
    assert before - resident_bytes() >= CHUNK_BYTES * CHUNKS / 2
