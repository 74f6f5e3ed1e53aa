"""What every single setting is: its type, its default, its range, and the unit in which people read it."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel

from martlive_desktop.settings import Settings, range_of
from martlive_desktop.ui.settings_marks import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MS_A_SECOND = 1_000
"""From here on milliseconds are shown as seconds."""

# By the end of a setting's name: the unit, and how much of the setting one of it is.
_UNITS: dict[str, tuple[str, float]] = {
    "_dbfs": ("dBFS", 1),
    "_db": ("dB", 1),
    "_share": ("%", 0.01),
    "_probability": ("%", 0.01),
    "overlay.opacity": ("%", 0.01),
    "_ms": ("ms", 1),
    "_s": ("s", 1),
    "_wpm": (QT_TRANSLATE_NOOP("Settings", "words a minute"), 1),
    "_words": (QT_TRANSLATE_NOOP("Settings", "words"), 1),
    "_factor": (QT_TRANSLATE_NOOP("Settings", "times"), 1),
    "_px": ("px", 1),
    "_days": (QT_TRANSLATE_NOOP("Settings", "days"), 1),
    "_gb": ("GB", 1),
    "": ("", 1),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One setting; `kind` is its type as it is declared."""

    field: str
    """As in `overlay.font_px`."""
    kind: Any
    default: Any


@dataclass(frozen=True, slots=True)
class Measure:
    """How a number is shown: in `unit`, of which one is `per` of the setting."""

    unit: str
    """In English, to be translated; empty: it is a count."""
    per: float
    decimals: int
    low: float
    """The least that can be chosen, in `unit`."""
    high: float
    step: float

    def shown(self, value: float) -> float:
        """`value` of the setting, in `unit`."""
        return round(value / self.per, self.decimals)

    def kept(self, shown: float, kind: type) -> float:
        """What `shown` is in the settings."""
        value = round(shown * self.per, 6)
        return round(value) if kind is int else value


@functools.cache
def leaves() -> Mapping[str, Leaf]:
    """Every setting by field."""
    return {leaf.field: leaf for leaf in _walk(Settings(), "")}


def value_of(settings: Settings, field: str) -> Any:
    """The value of `field` in `settings`."""
    value: Any = settings
    for name in field.split("."):
        value = getattr(value, name)
    return value


def measure_of(leaf: Leaf) -> Measure:
    """How the number `leaf` is shown."""
    unit, per = next(found for end, found in _UNITS.items() if leaf.field.endswith(end))
    if unit == "ms" and leaf.default >= MS_A_SECOND:
        unit, per = "s", MS_A_SECOND
    low, high = range_of(leaf.field)
    if leaf.kind is int:
        low = math.ceil(low)
    is_whole = leaf.kind is int and per == 1
    return Measure(
        unit, per, 0 if is_whole else 3, low / per, high / per, _step(leaf.default / per, is_whole=is_whole, unit=unit)
    )


def _step(shown: float, *, is_whole: bool, unit: str) -> float:
    size = abs(shown)
    if unit and size >= 100:
        return 10
    if is_whole or size >= 10:
        return 1
    return 0.5 if size >= 2 else 0.1


def _walk(group: Any, prefix: str) -> Iterator[Leaf]:
    if isinstance(group, BaseModel):
        kinds: dict[str, Any] = {name: info.annotation for name, info in type(group).model_fields.items()}
    else:
        hints = get_type_hints(type(group))
        kinds = {field.name: hints[field.name] for field in dataclasses.fields(group)}
    for name, kind in kinds.items():
        value = getattr(group, name)
        if isinstance(value, BaseModel) or dataclasses.is_dataclass(value):
            yield from _walk(value, f"{prefix}{name}.")
        else:
            yield Leaf(prefix + name, kind, value)
