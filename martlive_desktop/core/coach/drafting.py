"""What a language model is asked for a tip, and what its answer is worth.

A small model picks the words of a viewer's question; a larger one may find other words for the whole tip. Neither
decides anything, and what it writes is checked as if a stranger had written it.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.core.coach.wording import TipTemplates
    from martlive_desktop.core.events import Cue

Skill: TypeAlias = Literal["span", "rephrase"]
"""What a model is good for: below a billion parameters it copies well and invents when it writes."""

DEADLINE_MS = 1_500
"""From the cue on; then the rules' own words are shown."""

MOST_SPANS = 80
"""A line of 15 words has so many spans of up to six."""

_SPAN_WORDS = 6
_SHORT_WORDS = 7
"""A question of up to so many words is shown whole; side by side, that beats any part of it."""

_LINE_WORDS = 20
_ANSWER_CHARACTERS = 400
"""A longer answer is none; nothing that is asked for needs as many."""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """One question to a model."""

    cue_id: str
    prompt: str
    """The static part first, so that the model keeps it in its cache; the data last."""
    schema: str
    """JSON schema of the answer."""


@dataclass(frozen=True, slots=True)
class Drafter:
    """Asks and judges."""

    skill: Skill
    prompts: Mapping[str, str]
    """The static part by skill."""
    templates: TipTemplates
    grounding: Grounding

    def request(self, cue: Cue) -> DraftRequest | None:
        """What to ask for `cue`; None where a model has nothing to add."""
        slots = dict(cue.slots)
        if self.skill == "span":
            spans = spans_of(slots.get("asked", ""), self.grounding)
            is_long = len(slots.get("asked", "").split()) > _SHORT_WORDS
            if cue.kind != "chat_unanswered" or not is_long or len(spans) <= 1:
                return None
            data = f"Line: {slots['asked']}"
            answer: dict[str, dict[str, object]] = {"span": {"enum": spans}}
        else:
            slots.pop("asked", None)
            tip = self.templates.write(cue)
            data = "Data: " + json.dumps({"tip": tip, **slots}, ensure_ascii=False)
            answer = {"tip": {"type": "string", "maxLength": 60}}
        schema = {"type": "object", "properties": answer, "required": list(answer), "additionalProperties": False}
        return DraftRequest(cue.id, f"{self.prompts[self.skill]}{data}\n", json.dumps(schema, ensure_ascii=False))

    def judge(self, cue: Cue, answer: str) -> tuple[str, str]:
        """The tip that `answer` makes of `cue`, and why it makes none: one of the two is empty."""
        if len(answer) > _ANSWER_CHARACTERS:
            return "", "format"
        try:
            written = json.loads(answer)
        except (ValueError, RecursionError):
            return "", "format"
        text = written.get(self.skill if self.skill == "span" else "tip") if isinstance(written, dict) else None
        if not isinstance(text, str):
            return "", "format"
        slots = dict(cue.slots)
        if self.skill == "span":
            if text not in spans_of(slots.get("asked", ""), self.grounding):
                return "", "word"
            text = f"{slots['viewer']}: {text}?"
        text = " ".join(text.split())
        refusal = self.grounding.refusal(text, [value for _, value in cue.slots])
        return ("", refusal) if refusal else (text, "")


def spans_of(line: str, grounding: Grounding) -> list[str]:
    """The runs of words of `line` that may stand for it: they neither begin nor end with a word without content."""
    words = [word.strip("?!.,;:\"'()") for word in line.split()[-_LINE_WORDS:]]
    functions = grounding.lexicon.function_words
    spans = {
        " ".join(words[first:end]): None
        for first, end in itertools.combinations(range(len(words) + 1), 2)
        if end - first <= _SPAN_WORDS
        and all(words[first:end])
        and words[end - 1].casefold() not in functions
        and any(word.casefold() not in functions for word in words[first:end])
    }
    return list(spans)[:MOST_SPANS]
