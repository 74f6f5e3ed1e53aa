"""Words of one language, read once: what they mean, the tips, and what may be said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.tip_packs import FALLBACK, load_templates, pack_of
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.coach.wording import TipTemplates
from martlive_desktop.core.lexicon import Lexicon

_CODE = re.compile(r"[a-z]{2,3}|auto")
"""It becomes part of a path, so nothing else may."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A language; without words of its own it is English."""

    is_english: bool
    """What a model is told to write is English."""
    lexicon: Lexicon
    templates: TipTemplates
    grounding: Grounding


def is_code(language: str) -> bool:
    """Whether `language` is written as an ISO 639 code, or `auto`."""
    return _CODE.fullmatch(language) is not None


def pack(language: str) -> Pack:
    """The pack of `language`, or the English one where it is no code or there is none."""
    return _read(pack_of(language) if is_code(language) else FALLBACK)


@lru_cache
def _read(language: str) -> Pack:
    lexicon, templates = load_lexicon(language), load_templates(language)
    return Pack(language == FALLBACK, lexicon, templates, Grounding.of(lexicon, templates.words))
