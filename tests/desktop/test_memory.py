"""A show of hours must not fill the memory: there, speech comes in windows of every length."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells memory here."),
]


def test_windows_of_new_lengths_take_no_more_memory() -> None:
    plain = {name: value for name, value in os.environ.items() if "PRIMITIVE_CACHE" not in name}
    command = [sys.executable, "-m", "tests.desktop.memory_app"]
    result = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    # With oneDNN's own cache they took 40 MB.
    assert float(result.stdout) < 12
