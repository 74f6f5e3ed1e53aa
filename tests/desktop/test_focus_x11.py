"""Tips beside somebody who types into another program."""

from __future__ import annotations

import pytest

from tests.desktop.measures import measure_focus

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


def test_every_typed_character_arrives_while_tips_come_and_go() -> None:
    found = measure_focus(characters=2_000, tips=200)
    assert found.received == found.typed
    assert found.is_same
    assert (found.losses, found.x_losses) == (0, 0)
