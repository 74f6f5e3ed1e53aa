"""The bundled show, as a newcomer without a display sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]


def test_demo_gives_six_different_tips_the_first_within_25_seconds(tmp_path: Path) -> None:
    environment = os.environ | {"MARTLIVE_DATA": str(tmp_path), "MARTLIVE_SETTINGS": str(tmp_path / "settings.toml")}
    demo = subprocess.run(
        [sys.executable, "-m", "martlive_desktop", "demo", "--headless"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    tips = re.findall(r"^(\d+):(\d\d)  (.+)$", demo.stdout, re.MULTILINE)
    assert len({text for _, _, text in tips}) >= 6
    minutes, seconds, _ = tips[0]
    assert int(minutes) * 60 + int(seconds) <= 25
    assert demo.stderr == ""


def test_demo_is_small_enough_to_be_carried_along() -> None:
    files = [path for path in (ROOT / "resources" / "demo").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 4_000_000
