"""The governor steps quickly down, slowly up, and does not flap."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.speech.governor import (
    PACES,
    RISE_AFTER_MS,
    RISE_AT_MOST_AFTER_MS,
    Governor,
    Load,
    Pace,
    paces_from,
)

FINE = Load(backlog_ms=200, cpu_share=0.4)
SO_SO = Load(backlog_ms=700, cpu_share=0.6, lagged_share=0.006)
LATE = replace(FINE, backlog_ms=1500)
BUSY = replace(FINE, cpu_share=0.95)
LAGGED = replace(FINE, lagged_share=0.02)

LOADS = st.builds(Load, st.integers(0, 5000), st.floats(0, 2), st.floats(0, 1))


def run(
    governor: Governor, load: Load | Callable[[Pace], Load], seconds: float, from_ms: int = 0
) -> list[tuple[int, int]]:
    """Observe twice a second; each change as (ms since `from_ms`, level)."""
    changes = []
    for passed_ms in range(0, round(seconds * 1000) + 1, 500):
        now = load if isinstance(load, Load) else load(governor.pace)
        if governor.observe(now, from_ms + passed_ms):
            changes.append((passed_ms, PACES.index(governor.pace)))
    return changes


@pytest.mark.parametrize(
    ("load", "first_ms"), [(LATE, 2500), (BUSY, 6500), (LAGGED, 10_500)], ids=["late", "busy", "obs lags"]
)
def test_strain_slows_down_once_it_fills_its_window(load: Load, first_ms: int) -> None:
    assert run(Governor(), load, 11)[0] == (first_ms, 1)


def test_lasting_strain_goes_down_to_the_slowest_and_stays_there() -> None:
    changes = run(Governor(), LATE, 60)
    assert changes == [(2500, 1), (5500, 2), (8500, 3), (11_500, 4), (14_500, 5)]


@pytest.mark.parametrize("load", [FINE, SO_SO])
def test_computer_that_keeps_up_stays_at_the_fastest(load: Load) -> None:
    assert run(Governor(), load, 600) == []


def test_one_hiccup_changes_nothing() -> None:
    governor = Governor()
    assert run(governor, FINE, 10) == []
    assert run(governor, replace(FINE, backlog_ms=1600), 0.5, 10_500) == []
    assert run(governor, FINE, 60, 11_500) == []


def test_more_threads_may_take_more_of_the_processor() -> None:
    assert run(Governor(threads=2), BUSY, 60) == []


def test_ease_speeds_up_one_pace_at_a_time() -> None:
    governor = Governor()
    run(governor, LATE, 8.5)
    # Ten seconds fill the longest window, then the ease has to last.
    assert run(governor, FINE, 90, 9000) == [(25_500, 2), (51_500, 1), (77_500, 0)]


def test_neither_strain_nor_ease_changes_nothing() -> None:
    governor = Governor()
    run(governor, LATE, 5.5)
    assert run(governor, SO_SO, 600, 6000) == []


def test_ease_that_is_broken_begins_anew() -> None:
    governor = Governor()
    run(governor, LATE, 2.5)
    assert run(governor, FINE, 20, 3000) == []
    assert run(governor, SO_SO, 5, 23_500) == []
    # Five seconds until half of the longest window is easy again, then the whole wait.
    assert run(governor, FINE, 30, 29_000) == [(20_000, 0)]


def test_pace_that_does_not_last_is_tried_less_and_less_often() -> None:
    governor = Governor(PACES[:2])
    changes = run(governor, lambda pace: BUSY if pace == PACES[0] else FINE, 3600)
    tries = [at_ms for at_ms, level in changes if level == 0]
    gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
    # Beside the wait, 7 s until it is seen to be too busy again and 11 s until the windows are full.
    assert gaps[:4] == [gap + 18_000 for gap in (30_000, 60_000, 120_000, 240_000)]
    assert max(gaps) == RISE_AT_MOST_AFTER_MS + 18_000


def test_pace_that_lasted_may_be_tried_again_soon() -> None:
    governor = Governor(PACES[:2])
    run(governor, lambda pace: BUSY if pace == PACES[0] else FINE, 60)
    run(governor, FINE, 120, 60_500)
    assert run(governor, BUSY, 4.5, 181_000) == [(4500, 1)]
    assert run(governor, FINE, 40, 186_000) == [(10_500 + RISE_AFTER_MS, 0)]


def test_new_process_is_not_judged_by_the_old_one() -> None:
    governor = Governor()
    run(governor, LATE, 2)
    governor.forget()
    assert run(governor, LATE, 2, 2500) == []


def test_no_news_for_a_long_time_is_no_reason_to_move() -> None:
    governor = Governor()
    run(governor, FINE, 1)
    assert run(governor, FINE, 1, 3_600_000) == []


def test_every_pace_has_its_sentence() -> None:
    governor = Governor()
    said = [governor.sentence]
    for second in range(5):
        run(governor, LATE, 2.5, second * 3000)
        said.append(governor.sentence)
    later = "Busy computer: words come a little later."
    assert said == [
        "",
        later,
        later,
        later,
        "Busy computer: words come after each sentence.",
        "Busy computer: words are a little rougher.",
    ]


@pytest.mark.parametrize(
    ("fastest", "has_small", "paces"),
    [
        (Pace(500), True, PACES),
        (Pace(600), True, PACES[1:]),
        (Pace(800), True, (Pace(800), *PACES[2:])),
        (Pace(600), False, PACES[1:-1]),
        (Pace(None), True, PACES[-2:]),
        (Pace(None, is_small=True), True, PACES[-1:]),
        (Pace(2000), False, (Pace(2000), Pace(None))),
    ],
)
def test_wish_is_the_fastest_pace(fastest: Pace, has_small: bool, paces: tuple[Pace, ...]) -> None:
    assert paces_from(fastest, has_small=has_small) == paces


@given(st.lists(st.tuples(LOADS, st.integers(0, 3000)), max_size=300), st.integers(1, len(PACES)))
def test_whatever_happens_it_moves_one_step_at_a_time_and_rises_slowly(
    seen: list[tuple[Load, int]], count: int
) -> None:
    governor = Governor(PACES[:count])
    now_ms = level = moved_ms = 0
    for load, passed_ms in seen:
        now_ms += passed_ms
        has_changed = governor.observe(load, now_ms)
        new = PACES[:count].index(governor.pace)
        assert has_changed == (new != level)
        assert abs(new - level) <= 1
        if new < level:
            assert now_ms - moved_ms >= RISE_AFTER_MS
        if new > level:
            assert now_ms - moved_ms > 2000
        if has_changed:
            level, moved_ms = new, now_ms


@given(st.lists(LOADS, max_size=200))
def test_equal_loads_give_equal_paces(loads: list[Load]) -> None:
    one, other = Governor(), Governor()
    for i, load in enumerate(loads):
        one.observe(load, i * 500)
        other.observe(load, i * 500)
        assert (one.pace, one.sentence) == (other.pace, other.sentence)
