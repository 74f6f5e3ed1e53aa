from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.hotkeys import KEYS, MODIFIERS, Combination, clashes, parse


def test_keys_are_the_same_however_they_are_written() -> None:
    assert parse("Alt + CTRL+M") == parse("ctrl+alt+m") == Combination(("ctrl", "alt"), "m")
    assert str(parse("Alt+CTRL+M")) == "ctrl+alt+m"


@pytest.mark.parametrize("text", ["f5", "shift+f12", "super+space", "ctrl+alt+shift+super+delete"])
def test_keys_that_no_text_needs_can_be_chosen(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "m", "shift+m", "f", "ctrl", "ctrl+", "ctrl+ctrl+m", "hyper+m", "ctrl+ä", "ctrl+alt"]
)
def test_what_is_no_hotkey_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"write it as ctrl\+alt\+m"):
        parse(text)


@given(st.sets(st.sampled_from(MODIFIERS), min_size=1), st.sampled_from(KEYS))
def test_every_combination_is_read_as_it_is_written(modifiers: set[str], key: str) -> None:
    if modifiers == {"shift"}:
        modifiers = {"ctrl"}
    combination = Combination(tuple(name for name in MODIFIERS if name in modifiers), key)
    assert parse(str(combination)) == combination


def test_two_actions_with_the_same_keys_clash() -> None:
    wanted = {"toggle": "ctrl+alt+m", "mark": "alt+ctrl+m", "dismiss": "ctrl+alt+j", "hide_all": "?", "repeat_tip": "?"}

    assert clashes(wanted) == {"mark": "toggle"}
