"""Language packs: what the words of a language mean, read from the program's resources."""

from __future__ import annotations

import tomllib

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.lexicon import Lexicon

FALLBACK = "en"
"""The language whose pack is always there."""


def load_lexicon(language: str) -> Lexicon:
    """The lexicon of `language` (ISO 639-1), or the English one where there is none."""
    path = resource_path(f"packs/{language}/lexicon.toml")
    if not path.is_file():
        path = resource_path(f"packs/{FALLBACK}/lexicon.toml")
    with path.open("rb") as file:
        return Lexicon.from_dict(tomllib.load(file))
