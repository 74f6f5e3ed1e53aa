"""What stands against the keys that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.hotkeys import clashes, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from martlive_desktop.core.hotkeys import Combination

Obstacle: TypeAlias = Literal["unreadable", "taken"] | tuple[Literal["shared"], str]
"""No keys at all, another program's, or those of the action that is named."""


def obstacles(
    wanted: Mapping[str, str], ours: Collection[str], is_free: Callable[[Combination], bool]
) -> dict[str, Obstacle]:
    """What stands against each action of `wanted`; of two that share keys, both are named.

    `ours` are the keys that MartLive has now: of these no other program need be asked.
    """
    found: dict[str, Obstacle] = {}
    for later, earlier in clashes(wanted).items():
        found[later] = ("shared", earlier)
        found.setdefault(earlier, ("shared", later))
    own = {str(keys) for text in ours if (keys := _read(text)) is not None}
    for action, text in wanted.items():
        if action in found:
            continue
        keys = _read(text)
        if keys is None:
            found[action] = "unreadable"
        elif str(keys) not in own and not is_free(keys):
            found[action] = "taken"
    return found


def _read(text: str) -> Combination | None:
    try:
        return parse(text)
    except SettingsInvalid:
        return None
