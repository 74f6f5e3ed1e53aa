"""Clips and chapters of a show."""

from __future__ import annotations

import dataclasses
import itertools
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.events import Chat
from martlive_desktop.core.highlights import (
    APART_MS,
    LEAST_CHAPTERS,
    LONGEST_MS,
    MOST_AN_HOUR,
    MOST_CHAPTERS,
    SHORTEST_MS,
    Chapter,
    Highlight,
    chapters,
    highlights,
    why,
)
from martlive_desktop.core.report import ClaimLine, ProductLine, QuestionLine, Report, Series, Span, Utterance
from martlive_desktop.core.report_words import WORDS


def talk(duration_ms: int, every_ms: int = 5_000, lasts_ms: int = 4_000) -> tuple[Utterance, ...]:
    """An utterance every `every_ms`."""
    return tuple(
        Utterance(at_ms, at_ms + lasts_ms, f"sentence {at_ms // every_ms}", 0.9)
        for at_ms in range(0, duration_ms - lasts_ms + 1, every_ms)
    )


def show(duration_ms: int = 300_000, **parts: Any) -> Report:
    base = Report(None, duration_ms, is_cut_off=False, skipped=0, is_newer=False, utterances=talk(duration_ms))
    return dataclasses.replace(base, **parts)


def product(shown_ms: int, price_ms: int, call_ms: int, recap_ms: tuple[int, ...] = ()) -> ProductLine:
    span = Span(shown_ms, shown_ms + 120_000, "mug")
    return ProductLine("mug", "$14", (span,), (price_ms,), (call_ms,), recap_ms, ())


def question(asked_ms: int, answered_ms: int | None, viewers: int = 1) -> QuestionLine:
    return QuestionLine(asked_ms, "Rosa", "safe for cats?", viewers, answered_ms, "")


MUG = (("product", "mug"),)
ROSA = (("viewer", "Rosa"), ("question", "safe for cats?"))


@pytest.mark.parametrize(
    ("parts", "clips"),
    [
        pytest.param({"marks": (62_000,)}, [Highlight(40_000, 69_000, "mark")], id="mark, from the pause before"),
        pytest.param({"marks": (2_000,)}, [Highlight(0, 10_000, "mark")], id="mark at the start"),
        pytest.param(
            {"products": (product(61_000, 70_000, 82_000),)}, [Highlight(60_000, 84_000, "product", MUG)], id="pitch"
        ),
        pytest.param(
            {"products": (product(100_000, 90_500, 98_000),)},
            [Highlight(90_000, 100_000, "product", MUG)],
            id="price before it is shown",
        ),
        pytest.param({"products": (product(61_000, 70_000, 150_000),)}, [], id="call too late"),
        pytest.param({"products": (product(201_000, 70_000, 90_000),)}, [], id="price long before it is shown"),
        pytest.param({"products": (dataclasses.replace(product(1, 70_000, 80_000), shown=()),)}, [], id="never shown"),
        pytest.param({"questions": (question(61_000, None),)}, [], id="no answer"),
        pytest.param(
            {"questions": (question(61_000, 80_000),)}, [Highlight(60_000, 89_000, "answer", ROSA)], id="soon"
        ),
        pytest.param(
            {"questions": (question(61_000, 180_000),)}, [Highlight(165_000, 189_000, "answer", ROSA)], id="later"
        ),
        pytest.param(
            {"products": (product(61_000, 70_000, 200_000, (72_000, 190_000)),)},
            [Highlight(175_000, 190_000, "recap", MUG)],
            id="recap in time, not the one of the pitch",
        ),
    ],
)
def test_moment_is_a_clip_from_pause_to_pause(parts: dict[str, Any], clips: list[Highlight]) -> None:
    assert list(highlights(show(**parts))) == clips


def test_clip_that_would_have_a_risky_claim_in_it_is_none() -> None:
    risky = ClaimLine(58_000, "claim_medical", "it cures eczema", 52_000, "")
    assert highlights(show(marks=(62_000,), claims=(risky,))) == ()
    # The sentence before the one that is quoted may be its beginning.
    assert highlights(show(marks=(47_000,), claims=(risky,))) == ()
    assert len(highlights(show(marks=(262_000,), claims=(risky,)))) == 1


def test_only_marks_are_clips_while_the_picture_is_black() -> None:
    scenes = (Span(60_000, 90_000, "black"), Span(0, 60_000, "main"))
    assert highlights(show(questions=(question(61_000, 80_000),), scenes=scenes)) == ()
    assert len(highlights(show(marks=(80_000,), scenes=scenes))) == 1


def test_utterance_that_is_too_long_for_a_clip_gives_none() -> None:
    report = show(utterances=(Utterance(10_000, 200_000, "on and on", 0.9),))
    assert highlights(dataclasses.replace(report, marks=(100_000,))) == ()


def test_clip_that_would_be_too_long_ends_before_an_utterance() -> None:
    utterances = (Utterance(30_000, 70_000, "long", 0.9), Utterance(71_000, 120_000, "longer", 0.9))
    assert highlights(show(utterances=utterances, marks=(72_000,))) == (Highlight(30_000, 71_000, "mark"),)


def test_silent_recording_has_clips_around_its_marks() -> None:
    assert highlights(show(utterances=(), marks=(62_000, 299_000))) == (
        Highlight(42_000, 67_000, "mark"),
        Highlight(279_000, 300_000, "mark"),
    )
    assert highlights(show(9_000, utterances=(), marks=(5_000,))) == ()


def test_clip_near_the_end_starts_earlier() -> None:
    assert highlights(show(questions=(question(296_000, 297_000),))) == (Highlight(290_000, 300_000, "answer", ROSA),)


def test_overlapping_utterances_are_one() -> None:
    utterances = (Utterance(40_000, 50_000, "one", 0.9), Utterance(45_000, 48_000, "two", 0.9))
    assert highlights(show(utterances=utterances, marks=(66_500,))) == (Highlight(40_000, 71_500, "mark"),)


def test_loud_and_quick_stretch_is_lively() -> None:
    levels = tuple(-10.0 if 200 <= second < 220 else -25.0 + second % 2 for second in range(400))
    paces = tuple(180.0 if 200 <= second < 220 else None if second < 30 else 140.0 for second in range(400))
    report = show(400_000, levels=Series(1_000, levels), paces=Series(1_000, paces))
    assert highlights(report) == (Highlight(200_000, 220_000, "lively"),)
    assert highlights(dataclasses.replace(report, paces=Series(1_000, (140.0,) * 400))) == ()


def test_stretch_with_much_chat_is_busy() -> None:
    chat = [Chat(at_ms, "Rosa", "wow", "test") for at_ms in range(201_000, 219_000, 2_000)]
    found = highlights(show(400_000, chat=tuple(chat)))
    assert found == (Highlight(200_000, 220_000, "chat", (("count", "9"), ("seconds", "20"))),)
    assert why(found[0]) == "9 chat lines in 20 seconds"
    assert highlights(show(400_000, chat=tuple(chat[:2]))) == ()
    assert highlights(show(200_000, chat=tuple(chat))) == ()


def test_more_than_an_hour_has_room_for_stay_apart_by_kind_and_the_marks_win() -> None:
    questions = tuple(question(at_ms, at_ms + 10_000) for at_ms in range(0, 7_000_000, 60_000))
    marks = tuple(range(50_000, 3_600_000, 120_000))
    kinds = [one.kind for one in highlights(show(7_200_000, questions=questions, marks=marks))]
    assert (kinds.count("mark"), kinds.count("answer")) == (MOST_AN_HOUR, 4)


def test_question_of_many_viewers_comes_first() -> None:
    questions = [question(at_ms, at_ms + 10_000) for at_ms in range(0, 600_000, 60_000)]
    questions[7] = question(420_000, 430_000, viewers=5)
    assert 420_000 in [one.start_ms for one in highlights(show(900_000, questions=tuple(questions)))]


TIMES = st.integers(0, 8_000_000)


@given(
    st.lists(st.tuples(TIMES, st.integers(0, 70_000)), max_size=30),
    st.lists(TIMES, max_size=20),
    st.lists(st.tuples(TIMES, TIMES), max_size=20),
    st.lists(TIMES, max_size=3),
    st.integers(0, 8_000_000),
)
def test_clips_keep_their_limits(
    said: list[tuple[int, int]], marks: list[int], asked: list[tuple[int, int]], risky: list[int], duration_ms: int
) -> None:
    report = show(
        duration_ms,
        utterances=tuple(sorted((Utterance(at, at + long, "x", 0.9) for at, long in said), key=lambda u: u.start_ms)),
        marks=tuple(marks),
        questions=tuple(question(*sorted(one)) for one in asked),
        claims=tuple(ClaimLine(at_ms, "claim_medical", "", at_ms, "") for at_ms in risky),
    )
    found = highlights(report)
    assert all(SHORTEST_MS <= one.end_ms - one.start_ms <= LONGEST_MS for one in found)
    assert all(later.start_ms - one.end_ms >= APART_MS for one, later in itertools.pairwise(found))
    assert not any(one.start_ms < at_ms < one.end_ms for one in found for at_ms in risky)
    edges = [edge for one in found for edge in (one.start_ms, one.end_ms)]
    assert not any(one.start_ms < edge < one.end_ms for edge in edges for one in report.utterances)
    for chapter, later in itertools.pairwise(chapters(report)):
        assert later.start_ms - chapter.start_ms >= 10_000


def test_why_is_told_in_english_and_chinese() -> None:
    clip = Highlight(0, 10_000, "answer", ROSA)
    assert (why(clip), why(clip, "zh")) == ("You answer Rosa: safe for cats?", "回答 Rosa：safe for cats?")  # noqa: RUF001 - Chinese punctuation is meant
    assert (
        why(Highlight(0, 10_000, "product", (("product", "{0} mug"),)), "fi")
        == "{0} mug, with its price and how to buy"
    )


def test_both_languages_have_the_same_words_and_values() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, chinese = WORDS["en"], WORDS["zh"]
    assert english.keys() == chinese.keys()
    for key in english.keys() - {"names.more"}:
        assert values(english[key]) == values(chinese[key]), key


def test_chapters_are_the_products_from_0_00_on() -> None:
    shown = (Span(23_900, 110_000, "dew serum"), Span(110_000, 180_000, "lip oil"), Span(180_000, 300_000, "lip oil"))
    assert chapters(show(shown=shown)) == (
        Chapter(0, "Welcome"),
        Chapter(23_000, "dew serum"),
        Chapter(110_000, "lip oil"),
    )
    assert chapters(show(shown=shown), "zh")[0].title == "开场"


def test_product_shown_at_once_is_the_first_chapter() -> None:
    shown = (Span(4_000, 50_000, "a"), Span(50_000, 55_000, "b"), Span(55_000, 80_000, "c"), Span(80_000, 300_000, "d"))
    assert [one.title for one in chapters(show(shown=shown))] == ["a", "b", "d"]


def test_show_without_products_has_chapters_by_marks_and_scenes() -> None:
    scenes = (Span(0, 60_000, "starting"), Span(60_000, 200_000, "Kitchen  cam"), Span(100_000, 120_000, "frozen"))
    report = show(scenes=(*scenes, Span(200_000, 300_000, "main")), marks=(150_000,))
    assert chapters(report) == (
        Chapter(0, "Starting soon"),
        Chapter(60_000, "Kitchen cam"),
        Chapter(130_000, "A moment to remember"),
        Chapter(200_000, "On air"),
    )


def test_show_with_neither_has_chapters_by_highlights() -> None:
    questions = (question(60_000, 70_000), dataclasses.replace(question(160_000, 170_000), text="in red?"))
    assert [one.title for one in chapters(show(questions=questions))] == ["Welcome", "safe for cats?", "in red?"]


def test_fewer_than_three_chapters_are_none() -> None:
    assert chapters(show()) == ()
    assert chapters(show(shown=(Span(100_000, 300_000, "mug"),))) == ()
    assert LEAST_CHAPTERS == 3


def test_twelve_hours_of_changing_scenes_have_chapters_that_fit_a_description() -> None:
    scenes = tuple(Span(at, at + 60_000, f"scene {at}") for at in range(0, 43_200_000, 60_000))
    found = chapters(show(43_200_000, scenes=scenes))
    assert MOST_CHAPTERS / 2 <= len(found) <= MOST_CHAPTERS
    assert sum(len(one.title) + 9 for one in found) < 5_000


def test_long_title_is_cut() -> None:
    shown = tuple(Span(at, at + 60_000, f"{at} {'very ' * 20}long") for at in range(0, 300_000, 60_000))
    assert all(len(one.title) <= 60 for one in chapters(show(shown=shown)))
