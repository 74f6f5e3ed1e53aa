"""The words of tips, from a language pack in the resources."""

from __future__ import annotations

import tomllib

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.coach.wording import TipTemplates

FALLBACK = "en"
"""The pack that is always there."""


def pack_of(language: str) -> str:
    """`language` (ISO 639 code) where there are words for it, else English."""
    return language if resource_path(f"packs/{language}/tips.toml").is_file() else FALLBACK


def load_templates(language: str) -> TipTemplates:
    """The words for `language` (ISO 639 code); English where there is no pack for it."""
    path = resource_path(f"packs/{pack_of(language)}/tips.toml")
    return TipTemplates.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
