"""A new user with a real microphone, the real models and a keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desktop.first_run import run_first_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

MOST_KEYS = 7
"""On a page where Enter does not lead on at once."""


def test_first_tip_comes_within_two_minutes_of_the_first_start(tmp_path: Path) -> None:
    found = run_first_run(tmp_path)
    assert found.tip == "Keep payment in app"
    assert found.tip_s <= 120, found
    assert max(found.keys.values()) <= MOST_KEYS, found
