"""The show plan: what is sold, at which price, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["selling", "gaming", "talk"]


@dataclass(frozen=True, slots=True)
class Product:
    """One item of the show."""

    name: str
    aliases: tuple[str, ...] = ()
    """Other names under which the streamer speaks of it."""
    price: float | None = None
    """In the currency of the plan."""
    facts: tuple[str, ...] = ()
    talking_points: tuple[str, ...] = ()
    do_not_say: tuple[str, ...] = ()
    minutes: float | None = None
    """Time planned for it."""


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """What the streamer wrote down before the show; without one, the defaults hold."""

    title: str = ""
    mode: Mode = "selling"
    language: str = "en"
    """ISO 639-1 code."""
    sponsored: bool = False
    sponsor: str = ""
    """Who pays for the show."""
    currency: str = "USD"
    """ISO 4217 code."""
    minutes: float | None = None
    """Time planned for the show."""
    products: tuple[Product, ...] = ()
