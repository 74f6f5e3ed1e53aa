"""The store when its process is killed, again and again, at moments that chance chooses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.store import kill_often

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
def test_killed_shows_open_whole_and_lose_a_second_at_most(tmp_path: Path) -> None:
    found = kill_often(tmp_path, KILLS, seed=7, longest_s=1.2)
    assert [kill for kill in found if not kill.is_whole] == []
    assert max(kill.lost_s for kill in found) <= 1
    assert sum(kill.kept for kill in found) >= KILLS
