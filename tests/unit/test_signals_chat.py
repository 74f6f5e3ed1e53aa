"""The chat: unanswered questions, and newcomers."""

from __future__ import annotations

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.events import Chat, Cue, Question, Tick
from martlive_desktop.core.meaning import WordOverlap
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.signals.chat import (
    MOST_OPEN,
    MOST_VIEWERS,
    ChatDetector,
    ChatThresholds,
    spoken_parts,
)
from tests.fakes.talk import said

LEXICON = load_lexicon("en")
PLAN = ShowPlan(products=(Product("calming chews", facts=("60 chews", "safe for cats and dogs"), price=19.99),))


def detector(plan: ShowPlan = PLAN, **limits: float) -> ChatDetector:
    return ChatDetector(plan, LEXICON, WordOverlap(LEXICON.function_words), ChatThresholds(**limits))  # type: ignore[arg-type]


def write(one: ChatDetector, at_s: float, user: str, text: str) -> None:
    at_ms = round(at_s * 1000)
    one.observe(Chat(at_ms, user, text, "test"), at_ms)


def found(one: ChatDetector, at_s: float) -> dict[str, dict[str, str]]:
    one.observe(Tick(round(at_s * 1000)), round(at_s * 1000))
    return {
        cue.kind: {name: value for name, value in cue.slots if name != "asked"} for cue in one.cues(round(at_s * 1000))
    }


def raise_cue(one: ChatDetector, at_s: float) -> None:
    for cue in one.cues(round(at_s * 1000)):
        one.observe(cue, round(at_s * 1000))


def test_question_without_an_answer_is_due_after_45_seconds() -> None:
    one = detector()
    write(one, 5, "Rosa", "is it safe for cats?")
    assert found(one, 49.9) == {}
    assert found(one, 50) == {
        "chat_unanswered": {"viewer": "Rosa", "question": "safe for cats?", "fact": "safe for cats and dogs"}
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Rosa asked me something so hold on.", id="name"),
        pytest.param("It is fine for a cat of any age.", id="content"),
        pytest.param("Rose a has a good point there.", id="misheard name"),
    ],
)
def test_question_that_is_answered_is_not_due(text: str) -> None:
    one = detector()
    write(one, 5, "Rosa", "is it safe for cats?")
    transcript = said(text, 20_000)
    one.observe(transcript, transcript.at_ms)
    assert found(one, 60) == {}


@pytest.mark.parametrize(
    ("text", "at_s"),
    [
        pytest.param("A cat slept here all day.", 1, id="before it was asked"),
        pytest.param("These calming chews are new.", 20, id="only the product"),
        pytest.param("Here is another thing for you.", 20, id="something else"),
    ],
)
def test_other_words_answer_nothing(text: str, at_s: int) -> None:
    one = detector()
    write(one, 5, "Rosa", "do cats like the chews?")
    transcript = said(text, at_s * 1000)
    one.observe(transcript, transcript.at_ms)
    assert list(found(one, 60)) == ["chat_unanswered"]


def test_partial_with_the_name_answers() -> None:
    one = detector()
    write(one, 5, "Rosa", "is it safe for cats?")
    transcript = said("Yes Rosa", 20_000, is_final=False)
    one.observe(transcript, transcript.at_ms)
    assert found(one, 60) == {}


def test_partial_of_an_utterance_that_is_over_changes_nothing() -> None:
    one = detector()
    write(one, 5, "Rosa", "is it safe for cats?")
    for transcript in (said("Well.", 6_000, utterance=3), said("Rosa", 7_000, utterance=2, is_final=False)):
        one.observe(transcript, transcript.at_ms)
    assert list(found(one, 60)) == ["chat_unanswered"]


@pytest.mark.parametrize(
    "text",
    [
        "love this color",
        "what a shine?",
        "lol is that a lawn?",
        "@Ben is it safe for cats?",
        "Ben, is it safe?",
        "really?",
        "??",
        "can not wait for it",
        "is it",
    ],
)
def test_line_that_asks_the_streamer_nothing(text: str) -> None:
    one = detector()
    write(one, 1, "Ben", "hi all")
    write(one, 2, "Rosa", text)
    assert found(one, 60) == {}


@pytest.mark.parametrize(
    "text", ["how heavy is it", "hey does it come in red", "@streamer is it safe for cats?", "Rosa, is it safe?"]
)
def test_line_that_asks_the_streamer(text: str) -> None:
    one = detector()
    write(one, 2, "Rosa", text)
    assert list(found(one, 60)) == ["chat_unanswered"]


def test_same_question_of_three_is_one() -> None:
    one = detector()
    for at_s, user, text in (
        (1, "Rosa", "what sizes do you have?"),
        (5, "Ben", "which sizes??"),
        (6, "Ben", "sizes?? please"),
    ):
        write(one, at_s, user, text)
    write(one, 7, "Ida", "is the cotton organic?")
    assert found(one, 52)["chat_unanswered"] == {"viewer": "Rosa", "question": "what sizes do you have?", "count": "2"}
    [cue] = one.cues(52_000)
    assert cue.reasons == ("a question without an answer for 45 s", "2 asked it")


def test_questions_without_content_are_one_where_they_are_equal() -> None:
    one = detector(ShowPlan())
    for at_s, user, text in ((1, "Rosa", "what is it?"), (2, "Ben", "What is it?"), (3, "Ida", "where is it?")):
        write(one, at_s, user, text)
    assert found(one, 60)["chat_unanswered"]["count"] == "2"


def test_each_question_is_raised_once_and_can_be_shown_for_a_while() -> None:
    one = detector()
    write(one, 1, "Rosa", "is it vegan?")
    write(one, 9, "Ben", "how long is the warranty?")
    raise_cue(one, 46)
    assert found(one, 60)["chat_unanswered"]["viewer"] == "Rosa"
    assert found(one, 72)["chat_unanswered"]["viewer"] == "Ben"
    raise_cue(one, 91)
    assert found(one, 120) == {}


def test_question_that_was_raised_takes_no_more_askers() -> None:
    one = detector()
    write(one, 1, "Rosa", "is it vegan?")
    raise_cue(one, 46)
    write(one, 50, "Ben", "is it vegan?")
    assert found(one, 96)["chat_unanswered"] == {"viewer": "Ben", "question": "vegan?"}


def test_raised_question_that_was_answered_meanwhile_is_gone() -> None:
    one = detector()
    one.observe(Cue(0, "chat_unanswered", 1.0, ()), 0)
    assert found(one, 1) == {}


def test_old_question_is_forgotten() -> None:
    one = detector()
    write(one, 1, "Rosa", "is it vegan?")
    assert found(one, 302) == {}


def test_newcomer_is_to_be_greeted_once() -> None:
    one = detector()
    write(one, 5, "Tomas", "hello hello")
    write(one, 30, "Priya", "first time here!")
    assert found(one, 209.9) == {}
    assert found(one, 210) == {"greet": {"viewer": "Priya"}}
    raise_cue(one, 210)
    assert found(one, 230) == {"greet": {"viewer": "Priya"}}
    assert found(one, 240) == {}


def test_greeted_newcomer_is_not_named() -> None:
    one = detector()
    write(one, 30, "bea_88", "first time here!")
    write(one, 31, "Priya", "hi")
    transcript = said("Hello Bea, come in.", 40_000)
    one.observe(transcript, transcript.at_ms)
    assert found(one, 300) == {"greet": {"viewer": "Priya"}}


def test_nobody_greets_a_crowd_nor_a_name_without_letters() -> None:
    one = detector(viewers_to_greet=2)
    write(one, 25, "12345", "hi")
    write(one, 30, "Priya", "first time here!")
    assert list(found(one, 220)) == ["greet"]
    write(one, 221, "Omar", "hi")
    assert found(one, 222) == {}


def test_flood_takes_no_memory() -> None:
    one = detector()
    for index in range(MOST_VIEWERS + 50):
        write(one, 30 + index / 1000, f"viewer{index}", f"does it do number{index} things?")
    assert len(one._viewers) == MOST_VIEWERS
    assert len(one._open) == MOST_OPEN


def test_name_is_said_without_digits() -> None:
    assert spoken_parts("xX_bea_88") == ["bea"]


def test_whole_question_is_there_for_a_language_model() -> None:
    one = detector()
    write(one, 5, "Rosa", "is it safe for cats?")
    assert dict(one.cues(60_000)[0].slots)["asked"] == "is it safe for cats?"


def test_fast_chat_is_compared_by_its_words_only() -> None:
    one = detector(ShowPlan())
    write(one, 1, "Rosa", "what sizes are there in red?")
    write(one, 1.1, "Ben", "sizes in red or blue?")
    write(one, 1.15, "Ida", "red blue sizes?")
    assert found(one, 60)["chat_unanswered"] == {
        "viewer": "Rosa",
        "question": "what sizes are there in red?",
        "count": "2",
    }


def test_what_becomes_of_a_question_is_written_down() -> None:
    one = detector()
    asked = one.observe(Chat(5_000, "Rosa", "is it safe for cats?", "test"), 5_000)
    assert asked == (Question(5_000, 5_000, "Rosa", "is it safe for cats?", "asked"),)
    write(one, 6, "Bo", "is it safe for cats?")
    assert one.observe(Tick(49_000), 49_000) == ()
    waiting = Question(50_000, 5_000, "Rosa", "is it safe for cats?", "waiting", 2, "safe for cats and dogs")
    assert one.observe(Tick(50_000), 50_000) == (waiting,)
    assert one.observe(Tick(60_000), 60_000) == (), "it is told once"
    answer = said("Rosa asked me something so hold on.", 70_000)
    (answered,) = one.observe(answer, 70_000)
    assert (answered.state, answered.asked_ms, answered.viewers) == ("answered", 5_000, 2)


def test_facts_for_many_questions_are_looked_up_one_after_the_other() -> None:
    one = detector()
    write(one, 5, "Rosa", "is it safe for cats?")
    write(one, 5, "Bo", "how many chews are inside?")
    told = [[each.user for each in one.observe(Tick(at_ms), at_ms)] for at_ms in (50_000, 50_500, 51_000, 51_500)]
    assert told == [["Rosa"], [], ["Bo"], []]
