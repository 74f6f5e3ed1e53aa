"""The words of a tip: templates of a language pack, filled with what is known."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING

from martlive_desktop.core.coach.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.core.events import Cue

MAX_WORDS = 8
"""What is read in two seconds at 240 words a minute."""

MAX_CHARACTERS = 48
"""One line of the card at its largest font."""

LEAST_TEMPLATES = 3
"""Fewer would make a tip that comes again read like a machine."""

SLOTS = frozenset({"price", "product", "sponsor", "point", "next", "fact", "viewer", "question", "count", "safer"})
"""What detectors may know."""


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: str
    slots: frozenset[str]


@dataclass(frozen=True, slots=True)
class TipTemplates:
    """Words for every kind of the catalogue; each kind has a template that needs no slot."""

    by_kind: Mapping[str, tuple[_Template, ...]]

    @classmethod
    def from_dict(cls, pack: Mapping[str, object]) -> TipTemplates:
        """The templates of `pack`: a list of lines for each kind.

        Raises:
            ValueError: `pack` breaks a limit; it names the kind.
        """
        if pack.keys() != CATALOGUE.keys():
            raise ValueError(f"Kinds that are missing or unknown: {', '.join(sorted(pack.keys() ^ CATALOGUE.keys()))}.")
        return cls({kind: _templates(kind, lines) for kind, lines in pack.items()})

    def write(
        self,
        cue: Cue,
        used: Mapping[str, int] = MappingProxyType({}),
        is_sound: Callable[[str], bool] = bool,
    ) -> str:
        """The tip for `cue`: of the texts that are not in use longest, the first.

        Args:
            cue: What is to be said.
            used: When each text was last shown, in ms of stream time.
            is_sound: Whether a text with a viewer's or the plan's words in it may be shown.
        """
        values = {name: " ".join(value.split()) for name, value in cue.slots}
        known = {name for name, value in values.items() if value}
        lines = [one for one in self.by_kind[cue.kind] if one.slots <= known]
        filled = [(one.pattern.format_map(values), one.slots) for one in lines]
        texts = [text for text, slots in filled if fits(text) and (not slots or is_sound(text))]
        return min(texts, key=lambda text: used.get(text, -1))

    @property
    def words(self) -> list[str]:
        """Every line with its slots left out."""
        return [
            one.pattern.format_map(dict.fromkeys(one.slots, "")) for lines in self.by_kind.values() for one in lines
        ]


def fits(text: str) -> bool:
    """Whether a card has room for `text`."""
    return len(text) <= MAX_CHARACTERS and len(text.split()) <= MAX_WORDS


def _templates(kind: str, lines: object) -> tuple[_Template, ...]:
    if not isinstance(lines, list) or not all(isinstance(line, str) and line.strip() for line in lines):
        raise ValueError(f"{kind} must be a list of texts.")
    if len(set(lines)) < LEAST_TEMPLATES:
        raise ValueError(f"{kind} needs at least {LEAST_TEMPLATES} different lines.")
    templates = tuple(_template(kind, line) for line in lines)
    if all(template.slots for template in templates):
        raise ValueError(f"{kind} needs a line without a slot.")
    return templates


def _template(kind: str, line: str) -> _Template:
    slots = frozenset(field for _, field, _, _ in Formatter().parse(line) if field is not None)
    if unknown := slots - SLOTS:
        raise ValueError(f"{kind} has a slot that nothing fills: {', '.join(sorted(unknown))}.")
    # A slot is at least one character.
    if not fits(line.format_map(dict.fromkeys(slots, "x"))):
        raise ValueError(f"{kind} has a line over {MAX_WORDS} words or {MAX_CHARACTERS} characters: {line}")
    return _Template(line, slots)
