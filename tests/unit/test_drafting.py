"""What a language model is asked, and what its answer is worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.drafting import Drafter, Skill
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.events import Cue
from martlive_desktop.core.summary import endings

TEMPLATES = load_templates("en")
GROUNDING = Grounding.of(load_lexicon("en"), TEMPLATES.words)
PROMPTS = {name: resource_path(f"prompts/{name}.txt").read_text(encoding="utf-8") for name in ("span", "rephrase")}
GOLDEN = Path(__file__).parents[1] / "golden/prompts"
ASKED = "hey off to rome on friday with one bag ok in the airplane cabin?"
QUESTION = Cue(
    0,
    "chat_unanswered",
    0.8,
    (),
    (("viewer", "Yuki"), ("question", "one bag ok in the airplane cabin?"), ("asked", ASKED)),
    "c7",
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


UNCLEAR = "my two old ladies eat everything so safe for cats?"


def asking(kind: str, line: str) -> Cue:
    return Cue(0, kind, 0.8, (), (("viewer", "Rosa"), ("asked", line)))


@pytest.mark.parametrize(
    ("cue", "is_asked"),
    [
        pytest.param(asking("chat_unanswered", UNCLEAR), True, id="no start of a question"),
        pytest.param(asking("chat_unanswered", "oh wow, is it really safe for old cats and dogs?"), False, id="clear"),
        pytest.param(asking("chat_unanswered", "safe for cats?"), False, id="short"),
        pytest.param(asking("chat_unanswered", f"{'word ' * 20}{'w' * 60} dogs cats?"), False, id="one ending"),
        pytest.param(asking("greet", UNCLEAR), False, id="another kind"),
        pytest.param(PRICE, False, id="no question"),
    ],
)
def test_small_model_is_asked_only_where_there_is_a_choice(cue: Cue, is_asked: bool) -> None:
    assert (drafter("span").request(cue) is not None) == is_asked


@pytest.mark.parametrize(
    ("skill", "answer", "result"),
    [
        ("span", '{"span": "bag ok in the airplane cabin"}', ("Yuki: bag ok in the airplane cabin?", "")),
        ("span", '{"span": "train cabin"}', ("", "word")),
        ("span", '{"tip": "ok in the airplane cabin"}', ("", "format")),
        ("span", '"ok in the airplane cabin"', ("", "format")),
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
    assert json.loads(request.schema)["properties"]["span"]["enum"] == endings(ASKED, GROUNDING.lexicon, "Yuki")
