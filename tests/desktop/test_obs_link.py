"""The link to a real OBS, where there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RIG = ROOT.parent / "shared" / "obs" / "run.sh"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not RIG.exists() or not shutil.which("obs"), reason="needs OBS and its rig"),
]


@pytest.mark.parametrize(
    ("check", "port", "display"),
    [
        # The stream window on one click, again after it was closed, and in a recording.
        ("obs_link_source.py", "4482", "84"),
        # What OBS does is told, captions reach a stream, a killed OBS is found again, a wrong password is told.
        ("obs_link_states.py", "4483", "85"),
    ],
)
def test_link_works_in_a_real_obs(check: str, port: str, display: str) -> None:
    # The checks open their own window; the rig asks for one in any case.
    command = ["bash", str(RIG), "--no-source", str(Path(__file__).with_name(check)), "--", "sleep", "300"]
    environment = os.environ | {
        "PY": sys.executable,
        "PYTHONPATH": str(ROOT),
        "OBS_PORT": port,
        "RIG_DISPLAY": display,
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "PASS"
