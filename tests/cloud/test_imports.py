"""What runs at the edge loads nothing that hears, sees or paints."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("PySide6", "sounddevice", "cv2", "llama_cpp", "faster_whisper", "ctranslate2", "onnxruntime")


@pytest.mark.parametrize("module", ["gateway", "worker", "web_demo"])
def test_edge_loads_nothing_heavy(module: str) -> None:
    looks = f"import sys, cloud_api.{module}.app; print([one for one in {HEAVY!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
