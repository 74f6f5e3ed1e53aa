"""The whole program beside a real OBS, where there is one."""

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
    pytest.mark.timeout(300),
    pytest.mark.skipif(not RIG.exists() or not shutil.which("obs"), reason="needs OBS and its rig"),
]


def test_program_and_obs_find_each_other_on_one_click_and_after_either_was_killed() -> None:
    command = ["bash", str(RIG), "--no-source", str(Path(__file__).with_name("obs_app_check.py")), "--", "sleep", "300"]
    environment = os.environ | {"PY": sys.executable, "PYTHONPATH": str(ROOT), "OBS_PORT": "4484", "RIG_DISPLAY": "86"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "PASS"
    assert " 0 pixels of the coach" in done.stdout
