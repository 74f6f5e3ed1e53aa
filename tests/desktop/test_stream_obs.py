"""The stream window in a real OBS, where there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RIG = ROOT.parent / "shared" / "obs" / "run.sh"
HERE = Path(__file__).parent


@pytest.mark.skipif(not RIG.exists() or not shutil.which("obs"), reason="needs OBS and its rig")
def test_obs_captures_the_stream_window_and_never_a_tip() -> None:
    command = [str(RIG), str(HERE / "obs_stream_check.py"), "--", sys.executable, "-m", "tests.desktop.stream_app"]
    environment = os.environ | {"PY": sys.executable, "PYTHONPATH": str(ROOT), "OBS_PORT": "4481", "RIG_DISPLAY": "83"}
    done = subprocess.run(
        ["bash", *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 pixels of the coach" in done.stdout
