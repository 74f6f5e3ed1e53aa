"""What a language model is asked for a tip, and what its answer is worth.

A small model picks where a viewer's question starts, if the rules see no start; a larger one may find other words for
the whole tip. Neither decides anything, and what it writes is checked as if a stranger had written it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.summary import endings
from martlive_desktop.core.wire import TipAnswer, TipRequest, from_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.core.coach.wording import TipTemplates
    from martlive_desktop.core.events import Cue, TipSource

Skill: TypeAlias = Literal["span", "rephrase"]
"""What a model is good for: below a billion parameters it copies well and invents when it writes."""

DEADLINE_MS = 1_500
"""From the cue on; then the rules' own words are shown."""

_LINE_WORDS = 20
"""The end of a viewer's line that a small model reads."""

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
    tip: TipRequest | None = None
    """The same for the remote coach; `prompt` is empty where no model on this computer is to be asked then."""


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
            spans = self._spans(slots)
            if cue.kind != "chat_unanswered" or len(spans) <= 1:
                return None
            line = slots["asked"].split("?")[0].split()
            data = f"Line: {' '.join(line[-_LINE_WORDS:])}?"
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
            if text not in self._spans(slots):
                return "", "word"
            text = f"{slots['viewer']}: {text}?"
        text = " ".join(text.split())
        refusal = self.grounding.refusal(text, [value for _, value in cue.slots])
        return ("", refusal) if refusal else (text, "")

    def source(self, answer: str) -> TipSource:  # noqa: ARG002 - of who else drafts
        """Who wrote `answer`."""
        return "local"

    def _spans(self, slots: Mapping[str, str]) -> list[str]:
        return endings(slots.get("asked", ""), self.grounding.lexicon, slots.get("viewer", ""))


@dataclass(frozen=True, slots=True)
class RemoteDrafter:
    """Asks the remote coach, and checks what it says as if a stranger had; `local` is asked where it fails."""

    templates: TipTemplates
    grounding: Grounding
    language: str
    """Of the tips, ISO 639."""
    local: Drafter | None = None

    def request(self, cue: Cue) -> DraftRequest:
        """What to ask for `cue`."""
        evidence = [" ".join(value.split()) for _, value in cue.slots]
        tip = TipRequest(
            id=cue.id,
            kind=cue.kind,
            severity=cue.severity,
            evidence=tuple(one for one in evidence if one),
            candidates=self._candidates(cue, evidence),
            deadline_ms=DEADLINE_MS,
            language=self.language,
        )
        local = self.local.request(cue) if self.local else None
        return DraftRequest(cue.id, local.prompt if local else "", local.schema if local else "", tip)

    def judge(self, cue: Cue, answer: str) -> tuple[str, str]:
        """The tip that `answer` makes of `cue`, and why it makes none: one of the two is empty."""
        written = _remote_answer(answer)
        if written is None:
            return self.local.judge(cue, answer) if self.local else ("", "format")
        if written.id != cue.id:
            return "", "format"
        if written.source == "rules":
            # The templates are here, too, and their turns with them.
            return "", "rules"
        text = " ".join(written.text.split())
        refusal = self.grounding.refusal(text, [value for _, value in cue.slots])
        return ("", refusal) if refusal else (text, "")

    def source(self, answer: str) -> TipSource:
        """Who wrote `answer`."""
        return "local" if _remote_answer(answer) is None else "remote"

    def _candidates(self, cue: Cue, evidence: list[str]) -> tuple[str, ...]:
        """Every text that the templates have for `cue`, the one that is shown first at the front."""
        found: dict[str, int] = {}

        def next_text() -> str:
            return self.templates.write(cue, found, lambda text: not self.grounding.refusal(text, evidence))

        # The one that was used longest ago comes next, so that one that comes again is the first.
        while (text := next_text()) not in found:
            found[text] = len(found)
        return tuple(found)


AnyDrafter: TypeAlias = Drafter | RemoteDrafter


def _remote_answer(answer: str) -> TipAnswer | None:
    try:
        return from_bytes(TipAnswer, answer.encode())
    except ValueError:
        return None
