"""What is usual for this streamer, kept from show to show in one small file."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from martlive_desktop.core.habits import Habits

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)


def read_habits(path: Path) -> Habits:
    """The habits in the file at `path`; none where there is none, or it is damaged: the next show makes it anew."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        known = {name: float(value) for name, value in data.items() if value is not None}
        # Whoever edits it may write NaN, with which every later show would be compared.
        return Habits(**known) if all(map(math.isfinite, known.values())) else Habits()
    except FileNotFoundError:
        return Habits()
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
        log.warning("habits cannot be read", extra={"error": type(exc).__name__})
        return Habits()


def write_habits(habits: Habits, path: Path) -> None:
    """Keep `habits`; a disk that cannot is no reason to lose a show."""
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(asdict(habits)), encoding="utf-8")
        new.replace(path)
    except OSError as exc:
        log.warning("habits cannot be written", extra={"error": type(exc).__name__})
