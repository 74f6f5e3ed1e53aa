"""The summary of a show in two or three sentences: by a template, or by a language model that may hardly go wrong.

A small model picks which facts are told, and in which order; a larger one may also turn single sentences round. What
either writes is checked as if a stranger had written it, and the template stands wherever a check fails.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.coach.drafting import DraftRequest
from martlive_desktop.core.coach.grounding import words_of
from martlive_desktop.core.meaning import stem
from martlive_desktop.core.report_words import advice_of, list_of, praise_of, short, time_of, words_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlive_desktop.core.coach.drafting import Skill
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.core.report import Report

MOST_WORDS = 90
MOST_LETTERS = 600
"""Of a summary: it stands above the fold of a phone."""

_ANSWER_CHARACTERS = 400
"""A longer answer is none; nothing that is asked for needs as many."""

_SPARE_CHARACTERS = 30
"""What a sentence may grow by when it is turned round: some `FREE_WORDS`."""

FREE_WORDS = frozenset(
    {"a", "an", "the", "this", "it", "its", "you", "your", "of", "in", "on", "for", "to", "and", "with", "so"}
)
"""Words that may be added and left out: no truth hangs on them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a summary may say, each a sentence; numbers and names stand in them as they are."""

    language: str
    lines: tuple[str, ...]
    """What the show was, then its strengths, the strongest first, then what is open; at least one."""
    focus: str
    """What to do next time; empty: nothing."""
    names: tuple[str, ...] = ()
    """Names in the sentences, as they stand there."""


def facts(report: Report, language: str) -> Facts:
    """What can be told of a show."""
    sentences = words_for(language)
    names = list(dict.fromkeys(span.name for span in report.shown))
    time = time_of(report.duration_ms, language)
    lines = [
        sentences["show.items"].format(names=list_of(names, language), time=time)
        if names
        else sentences["show.live"].format(time=time)
    ]
    lines += [praise_of(one, language) for one in report.strengths]
    if waiting := sum(one.answered_ms is None for one in report.questions):
        lines.append(sentences["show.open.one" if waiting == 1 else "show.open"].format(count=waiting))
    if not report.strengths and not report.focus:
        lines.append(sentences["show.little"])
    focus = advice_of(report.focus, language) if report.focus else ""
    return Facts(language, tuple(lines), focus, tuple(map(short, names)))


def template_summary(told: Facts) -> str:
    """Two or three sentences without a model: what the show was, its strongest side, and what to do next time."""
    return _joined(told, _told(told))


def requests(told: Facts, skill: Skill, prompts: Mapping[str, str]) -> tuple[DraftRequest, ...]:
    """What to ask a model; nothing where there is nothing to choose. The static part comes first, the data last.

    Args:
        told: The facts.
        skill: `span`: the model only picks; `rephrase`: it also turns the sentences of the template round.
        prompts: The static part by name.
    """
    if skill == "rephrase":
        answer: dict[str, object] = {"sentence": {"type": "string", "maxLength": 160}}
        return tuple(_request("sentence", prompts, f"Data: {_json({'sentence': one})}", answer) for one in _told(told))
    picks = _picks(told)
    if len(picks) < 2:
        return ()
    lines = {str(number): line for number, line in enumerate(told.lines, 1)}
    answer = {"opening": {"enum": _openings(told)}, "facts": {"enum": picks}}
    return (_request("summary", prompts, f"Facts: {_json(lines)}", answer),)


def judge(told: Facts, skill: Skill, answers: Sequence[str], grounding: Grounding) -> str | None:
    """The summary that a model's `answers` to `requests` make; None: the template stands."""
    written = [_read(answer) for answer in answers]
    if skill == "rephrase":
        turned = (one.get("sentence") for one in written)
        pairs = itertools.zip_longest(_told(told), itertools.islice(turned, len(_told(told))))
        text = _joined(told, [_checked(sentence, fact, told, grounding) for fact, sentence in pairs])
    else:
        picked = written[0] if written else {}
        opening, numbers = picked.get("opening"), picked.get("facts")
        if opening not in _openings(told) or numbers not in _picks(told):
            return None
        chosen = [told.lines[int(number) - 1] for number in str(numbers).split()]
        text = _joined(told, [str(opening), *chosen, told.focus])
    is_short = len(text) <= MOST_LETTERS and len(text.split()) <= MOST_WORDS
    return text if is_short and text != template_summary(told) and not grounding.is_claim(text) else None


def _told(told: Facts) -> list[str]:
    """The sentences of the template."""
    return [one for one in (*told.lines[: 2 if told.focus else 3], told.focus) if one]


def _joined(told: Facts, sentences: Sequence[str]) -> str:
    return words_for(told.language)["space"].join(one for one in sentences if one)


def _openings(told: Facts) -> list[str]:
    sentences = words_for(told.language)
    return [sentence for key, sentence in sentences.items() if key.startswith("opening.")]


def _picks(told: Facts) -> list[str]:
    """Every ordered pair of facts, by their numbers."""
    numbers = range(1, len(told.lines) + 1)
    return [f"{first} {second}" for first, second in itertools.permutations(numbers, 2)]


def _request(name: str, prompts: Mapping[str, str], data: str, answer: Mapping[str, object]) -> DraftRequest:
    schema = {"type": "object", "properties": answer, "required": list(answer), "additionalProperties": False}
    return DraftRequest("", f"{prompts[name]}{data}\n", _json(schema))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _read(answer: str) -> Mapping[str, object]:
    """The object that `answer` is; an empty one where it is something else."""
    if len(answer) > _ANSWER_CHARACTERS:
        return {}
    try:
        written = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return written if isinstance(written, dict) else {}


def _checked(sentence: object, fact: str, told: Facts, grounding: Grounding) -> str:
    """`sentence` where it says the same as `fact`, else `fact`.

    The same words, but for `FREE_WORDS`; the numbers in the same order, so that 1 of 2 does not become 2 of 1; whole
    names; and no signs of its own, so that it stays a statement.
    """
    if not isinstance(sentence, str):
        return fact
    line = " ".join(sentence.split())
    is_same = (
        _content(line) == _content(fact)
        and _numbers(line, grounding) == _numbers(fact, grounding)
        and all(name in line for name in told.names if name in fact)
        and _signs(line) <= _signs(fact) | {" ", ",", "."}
        and line.endswith(".")
        and len(line) <= len(fact) + _SPARE_CHARACTERS
    )
    return line if is_same else fact


def _content(text: str) -> Counter[str]:
    return Counter(stem(word) for word in words_of(text) if word not in FREE_WORDS)


def _numbers(text: str, grounding: Grounding) -> list[str]:
    return [word for word in words_of(text) if word in grounding.lexicon.numbers or any(one.isdigit() for one in word)]


def _signs(text: str) -> set[str]:
    return {one for one in text if not one.isalnum()}
