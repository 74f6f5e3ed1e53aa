"""The saved scenes on disk: coarse cells from which nobody can be known again."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.scenes import SceneLook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

MOST_LOOKS = 4
"""Looks of one scene: a break may have some cards. The oldest gives way."""


def read_scenes(path: Path) -> list[SceneLook]:
    """The scenes in the file at `path`; what is damaged in it is left out."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["scenes"]
        found = []
        for one in listed:
            try:
                found.append(SceneLook.from_dict(one))
            except (ValueError, AttributeError):
                log.warning("a saved scene cannot be read")
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        log.warning("the saved scenes cannot be read")
        return []
    return found


def write_scenes(looks: Sequence[SceneLook], path: Path) -> None:
    """Keep `looks`; the old file stays until the new one is whole.

    Raises:
        SettingsInvalid: the folder cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({"scenes": [look.to_dict() for look in looks]}), encoding="utf-8")
        new.replace(path)
    except OSError as exc:
        raise SettingsInvalid(f"The scene cannot be saved at {path} ({exc.strerror}); check that folder.") from exc


def with_look(looks: Sequence[SceneLook], look: SceneLook) -> list[SceneLook]:
    """`looks` and `look`, of its name the newest MOST_LOOKS."""
    same = [one for one in looks if one.name == look.name][-(MOST_LOOKS - 1) :]
    return [*(one for one in looks if one.name != look.name), *same, look]
