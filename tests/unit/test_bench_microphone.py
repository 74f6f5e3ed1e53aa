"""The microphone bench: which words count as lost, and which bars as missed."""

from __future__ import annotations

import pytest

from tests.bench.microphone import Cycle, Result

SAID = ["Here you can see the kettle.", "Hello again, and now I show you the teapot."]


def result(heard: list[str], undisturbed: list[str] = SAID, *cycles: Cycle) -> Result:
    return Result(SAID, list(cycles) or [Cycle(0.1, 0.2, 1.0)], undisturbed, heard)


def test_nothing_is_lost_where_only_case_and_punctuation_and_cuts_differ() -> None:
    heard = ["here you can see", "the Kettle", "Hello again. And now", "I show you the teapot!"]
    assert result(heard).lost() == []


@pytest.mark.parametrize(
    ("heard", "lost"),
    [
        (["Here you can see the.", SAID[1]], [(0, "kettle")]),
        ([SAID[0], "Again, and now I show you the teapot."], [(1, "hello")]),
        ([SAID[0], "Blow again, and now I show you the teapot."], [(1, "hello")]),
        ([SAID[0]], [(1, word) for word in ("hello", "again", "and", "now", "i", "show", "you", "the", "teapot")]),
    ],
)
def test_every_word_that_is_not_heard_is_lost(heard: list[str], lost: list[tuple[int, str]]) -> None:
    assert result(heard).lost() == lost


def test_spelling_of_the_undisturbed_pass_will_do() -> None:
    spelled = [SAID[0], "Hello again, and now I show you the tea pot."]
    assert result(spelled, spelled).lost() == []
    assert result([SAID[0], "Hello again, and now I show you the top."], spelled).lost() == [(1, "teapot")]


def test_word_that_the_undisturbed_pass_does_not_have_either_is_lost_all_the_same() -> None:
    without = ["Here you can see the.", SAID[1]]
    assert result(without, without).lost() == [(0, "kettle")]


def test_faults_name_every_bar_that_is_missed() -> None:
    missed = result(["Here you can see the.", SAID[1]], SAID, Cycle(0.1, 0.2, 3.01), Cycle(2.01, 0.2, 1.0))
    assert missed.faults() == [
        "told after 2.01 s",
        "text after 3.01 s",
        'lost "kettle" of "Here you can see the kettle."',
    ]
    assert result(SAID, SAID, Cycle(2.0, 9.0, 3.0)).faults() == []


def test_row_gives_medians_and_maxima_and_lost_words_of_both_sides() -> None:
    heard = ["Here you can see the.", "Again, now I show you the teapot."]
    cycles = (Cycle(0.1, 0.2, 1.0), Cycle(0.3, 0.2, 2.0), Cycle(0.2, 0.5, 1.5))
    assert result(heard, SAID, *cycles).row("default") == (
        "| default | 3 | 0.20 / 0.30 | 0.20 / 0.50 | 1.50 / 2.00 | 15 | 1 / 2 |"
    )
