"""Nothing hostile reaches the overlay; ten thousand tips: `make bench-tips`."""

from __future__ import annotations

import time
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from martlive_desktop.coaching import build_session
from martlive_desktop.core.events import Chat
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.settings import Settings
from tests.fakes.hostile import ANSWERS, PLANS, STEPS, attack


@settings(max_examples=40, deadline=None)
@given(plan=PLANS, steps=STEPS, answers=st.lists(ANSWERS, max_size=4))
def test_no_hostile_show_puts_a_wrong_word_on_the_overlay(
    plan: ShowPlan, steps: list[tuple[str, str, str]], answers: list[str]
) -> None:
    assert attack(plan, steps, answers).faults() == []


def test_usual_show_has_tips() -> None:
    plan = ShowPlan(sponsored=True, sponsor="Fennel", products=(Product("desk lamp", price=59.0),))
    steps = [
        ("said", "next the desk lamp", ""),
        ("chat", "is it safe for cats?", "Rosa"),
        ("time", "50", ""),
        ("time", "130", ""),
    ]
    texts = [tip.text for tip in attack(plan, steps, []).tips]
    assert {"Say it's sponsored", "Rosa: safe for cats?", "Say the price"} <= set(texts)


def test_flood_of_chat_is_worked_off_in_time_and_takes_no_memory() -> None:
    session = build_session(ShowPlan(), Settings())
    lines = [
        Chat(at_ms, f"viewer{at_ms % 977}", f"does number {at_ms} come in red <b>{at_ms}</b>?", "test")
        for at_ms in range(0, 10_000, 5)
    ]
    for line in lines[:500]:
        session.handle(line, 0)
    tracemalloc.start()
    before, began_s = tracemalloc.get_traced_memory()[0], time.process_time()
    for line in lines[500:]:
        session.handle(line, 0)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert time.process_time() - began_s < 7.5
    assert grown < 2_000_000
