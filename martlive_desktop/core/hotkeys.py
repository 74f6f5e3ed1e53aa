"""Keys that work in every window, as the user writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from martlive_desktop.core.errors import SettingsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MODIFIERS = ("ctrl", "alt", "shift", "super")
"""In the order in which they are written; `super` is the Windows or Command key."""

KEYS = (
    *"abcdefghijklmnopqrstuvwxyz",
    *"0123456789",
    *(f"f{i}" for i in range(1, 25)),
    *("space", "tab", "enter", "esc", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("insert", "delete"),
)
"""Every key that can be chosen; letters and figures are those of a US keyboard where a layout has no Latin ones."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A key with its modifiers; equal ones are the same keys, however they were written."""

    modifiers: tuple[str, ...]
    """Names of MODIFIERS, in their order."""
    key: str
    """A name of KEYS."""

    @override
    def __str__(self) -> str:
        return "+".join((*self.modifiers, self.key))


def parse(text: str) -> Combination:
    """`text`, as `ctrl+alt+m`, read.

    Raises:
        SettingsInvalid: it is no combination of known keys with a modifier, or a function key.
    """
    *modifiers, key = (part.strip().lower() for part in text.split("+"))
    is_known = key in KEYS and all(name in MODIFIERS for name in modifiers) and len(set(modifiers)) == len(modifiers)
    # A letter alone, or with Shift, would be missing wherever the streamer types.
    is_free = set(modifiers) - {"shift"} or (key.startswith("f") and len(key) > 1)
    if not (is_known and is_free):
        raise SettingsInvalid(f"“{text}” is no hotkey; write it as ctrl+alt+m.", field="hotkeys")
    return Combination(tuple(name for name in MODIFIERS if name in modifiers), key)


def clashes(wanted: Mapping[str, str]) -> dict[str, str]:
    """For each action of `wanted` whose keys an earlier one has, that earlier action; texts that are no keys clash with none."""
    holders: dict[Combination, str] = {}
    found: dict[str, str] = {}
    for action, text in wanted.items():
        try:
            combination = parse(text)
        except SettingsInvalid:
            continue
        if combination in holders:
            found[action] = holders[combination]
        else:
            holders[combination] = action
    return found
