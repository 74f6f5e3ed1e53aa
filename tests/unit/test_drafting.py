"""What a language model is asked, and what its answer is worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.drafting import MOST_SPANS, Drafter, Skill, spans_of
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.events import Cue

TEMPLATES = load_templates("en")
GROUNDING = Grounding.of(load_lexicon("en"), TEMPLATES.words)
PROMPTS = {name: resource_path(f"prompts/{name}.txt").read_text(encoding="utf-8") for name in ("span", "rephrase")}
GOLDEN = Path(__file__).parents[1] / "golden/prompts"
ASKED = "hey can I take it in the airplane cabin?"
QUESTION = Cue(
    0, "chat_unanswered", 0.8, (), (("viewer", "Yuki"), ("question", "take it in the cabin?"), ("asked", ASKED)), "c7"
)
PRICE = Cue(0, "price_missing", 0.8, (), (("product", "dew serum"), ("price", "$28")), "c8")


def drafter(skill: Skill) -> Drafter:
    return Drafter(skill, PROMPTS, TEMPLATES, GROUNDING)


@pytest.mark.parametrize(("skill", "cue"), [("span", QUESTION), ("rephrase", QUESTION), ("rephrase", PRICE)])
def test_prompt_is_the_golden_one(skill: Skill, cue: Cue) -> None:
    request = drafter(skill).request(cue)
    assert request is not None
    golden = GOLDEN / f"{skill}_{cue.kind}.txt"
    assert f"{request.prompt}---\n{request.schema}\n" == golden.read_text(encoding="utf-8")


def test_static_part_comes_first() -> None:
    requests = [drafter("rephrase").request(cue) for cue in (QUESTION, PRICE)]
    assert all(request and request.prompt.startswith(PROMPTS["rephrase"]) for request in requests)


def asking(kind: str, line: str) -> Cue:
    return Cue(0, kind, 0.8, (), (("viewer", "Rosa"), ("asked", line)))


@pytest.mark.parametrize(
    ("cue", "is_asked"),
    [
        pytest.param(asking("chat_unanswered", "hey there is it really safe for old cats?"), True, id="long question"),
        pytest.param(asking("chat_unanswered", "is it safe for cats?"), False, id="short one"),
        pytest.param(asking("chat_unanswered", "is it what it is when you are here?"), False, id="without content"),
        pytest.param(asking("greet", "hey there is it really safe for old cats?"), False, id="another kind"),
        pytest.param(PRICE, False, id="no question"),
    ],
)
def test_small_model_is_asked_only_where_there_is_a_choice(cue: Cue, is_asked: bool) -> None:
    assert (drafter("span").request(cue) is not None) == is_asked


def test_spans_are_the_viewer_s_words_with_content() -> None:
    assert spans_of("is it safe for cats?", GROUNDING) == [
        "is it safe", "is it safe for cats", "it safe", "it safe for cats", "safe", "safe for cats", "for cats", "cats",
    ]  # fmt: skip
    assert spans_of("?? what is it ??", GROUNDING) == []
    assert len(spans_of(" ".join(f"word{index}" for index in range(50)), GROUNDING)) == MOST_SPANS


@pytest.mark.parametrize(
    ("skill", "answer", "result"),
    [
        ("span", '{"span": "airplane cabin"}', ("Yuki: airplane cabin?", "")),
        ("span", '{"span": "train cabin"}', ("", "word")),
        ("span", '{"tip": "airplane cabin"}', ("", "format")),
        ("span", '"airplane cabin"', ("", "format")),
        ("span", "{", ("", "format")),
        ("span", '{"span": 3}', ("", "format")),
        ("span", "x" * 1000, ("", "format")),
        ("rephrase", '{"tip": "Tell  Yuki about the cabin"}', ("Tell Yuki about the cabin", "")),
        ("rephrase", '{"tip": "Tell Yuki it is allowed"}', ("", "word")),
        ("rephrase", '{"tip": "Tell Yuki it costs $5"}', ("", "number")),
        ("rephrase", "[" * 399, ("", "format")),
    ],
)  # fmt: skip
def test_answer_is_judged(skill: Skill, answer: str, result: tuple[str, str]) -> None:
    assert drafter(skill).judge(QUESTION, answer) == result


def test_schema_lets_a_small_model_only_pick() -> None:
    request = drafter("span").request(QUESTION)
    assert request is not None
    assert json.loads(request.schema)["properties"]["span"]["enum"] == spans_of(ASKED, GROUNDING)
