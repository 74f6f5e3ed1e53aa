"""Language packs: what the words of a language mean, read from the program's resources."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.lexicon import Lexicon

if TYPE_CHECKING:
    from pathlib import Path

FALLBACK = "en"
"""The language whose pack is always there."""


def platforms(language: str = FALLBACK) -> list[str]:
    """The platforms whose rules differ from the usual ones."""
    return sorted(path.stem for path in resource_path(f"packs/{language}/platforms").glob("*.toml"))


def load_lexicon(language: str, platform: str = "") -> Lexicon:
    """The lexicon of `language` (ISO 639-1), or the English one where there is none, with the rules of `platform`."""
    folder = resource_path(f"packs/{language}")
    if not (folder / "lexicon.toml").is_file():
        folder = resource_path(f"packs/{FALLBACK}")
    rules = folder / "platforms" / f"{platform}.toml"
    return Lexicon.merged(_read(folder / "lexicon.toml"), _read(rules) if platform and rules.is_file() else {})


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
