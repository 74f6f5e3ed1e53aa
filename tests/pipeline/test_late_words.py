"""Words that come late, because a connection broke, change when tips come, not what was found."""

from __future__ import annotations

import numpy as np
import pytest

from martlive_desktop.coaching import build_coach
from martlive_desktop.core.events import AudioChunk, Chat, Cue, Input, LogEvent, NextItem, Question, Screen, Tip, Voice
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.settings import Settings
from tests.fakes.talk import said

PLAN = ShowPlan(
    products=(Product("lamp", price=20.0, minutes=2), Product("chair", price=80.0, minutes=2)),
    sponsored=True,
    sponsor="Barkwell",
)
SHOW_S = 240
LAG_MS = 300
SILENCES = ((50, 62), (140, 152), (200, 212))


def heard() -> list[tuple[int, Input]]:
    """Voice and words, each with the place at which it is ready."""
    out: list[tuple[int, Input]] = []
    for second in range(SHOW_S):
        at_ms = (second + 1) * 1000
        is_spoken = not any(begin <= second < end for begin, end in SILENCES)
        out.append((at_ms, Voice(at_ms, (0.95 if is_spoken else 0.02,) * 31)))
        if is_spoken and second % 4 == 3:
            texts = {
                23: "this lamp heals everything",
                83: "the lamp is thirty dollars today",
                103: "it is red indeed it comes in red",
                163: "now look at this chair it is nice",
                183: "um this um chair um is um nice um",
            }
            text = texts.get(second, "so look at this one it is really nice to have")
            out.append((at_ms, said(text, second * 1000 - 2_800, utterance=second // 4)))
    return out


def beside() -> list[tuple[int, Input]]:
    """Sound, chat, pictures and keys, which come when they come."""
    out: list[tuple[int, Input]] = [
        ((half + 1) * 500, AudioChunk(half * 8000, np.zeros(8000, np.int16))) for half in range(SHOW_S * 2)
    ]
    for second in range(5, SHOW_S, 10):
        screen = Screen(second * 1000, scene="", is_black=False, is_frozen=False, brightness=0.5, is_cut=False)
        out.append((second * 1000, screen))
    out += [(at_ms, Chat(at_ms, f"viewer{at_ms}", "does it come in red?", "test")) for at_ms in (95_000, 171_000)]
    out.append((158_000, NextItem(158_000)))
    return out


def run(*outages: tuple[int, int]) -> list[LogEvent]:
    """The show with words that come `LAG_MS` late, or when an outage (from, to, in s) is over."""
    inputs = [(at_ms, 1, event) for at_ms, event in beside()]
    for ready_ms, event in heard():
        due_ms = ready_ms + LAG_MS
        for begin_s, end_s in outages:
            if begin_s * 1000 <= due_ms < end_s * 1000:
                due_ms = end_s * 1000
        inputs.append((due_ms, 0, event))
    session = build_coach(PLAN, Settings()).session
    events: list[LogEvent] = []
    for _due, _order, event in sorted(inputs, key=lambda one: one[:2]):
        events += session.handle(event, 0)
    return events + session.finish(0)


def found(events: list[LogEvent]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    return [(one.kind, one.slots) for one in events if isinstance(one, Cue)]


class NoPitch:
    """Nobody listens to the voice here, and listening takes most of the time."""

    def __call__(self, _pcm: object) -> tuple[()]:
        return ()


@pytest.fixture(autouse=True)
def _no_pitch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("martlive_desktop.inference.pitch.PitchTracker", NoPitch)


@pytest.mark.parametrize(
    "outages",
    [
        ((20, 45),),
        ((75, 100),),
        ((150, 175),),
        ((20, 45), (60, 85), (95, 120), (140, 165), (190, 215)),
        ((228, 238),),
    ],
    ids=lambda outages: "+".join(str(begin) for begin, _ in outages),
)
def test_same_is_found_whenever_the_words_come(outages: tuple[tuple[int, int], ...]) -> None:
    unbroken, broken = run(), run(*outages)
    assert len(found(unbroken)) > 8
    assert sorted(found(broken)) == sorted(found(unbroken))
    places: dict[object, list[int]] = {(one.kind, one.slots): [] for one in unbroken if isinstance(one, Cue)}
    for events in (unbroken, broken):
        for one in events:
            if isinstance(one, Cue):
                places[one.kind, one.slots].append(one.at_ms)
    # A quiet microphone is found when both its sound and its voice are there.
    del places["mic_low", ()]
    for times in places.values():
        half = len(times) // 2
        assert np.abs(np.subtract(times[:half], times[half:])).max() <= 1_500


def test_no_tip_is_about_what_may_have_been_said_meanwhile() -> None:
    begin_s, end_s = 64, 89
    tips = [one for one in run((begin_s, end_s)) if isinstance(one, Tip)]
    on_words = {"price_missing", "cta_missing", "ask_room", "talking_point", "chat_unanswered", "demo", "behind_plan"}
    assert [one for one in tips if one.kind in on_words and (begin_s + 4) * 1000 < one.at_ms < end_s * 1000] == []


def test_questions_that_were_asked_in_a_break_are_told() -> None:
    for outages in ((), ((90, 115),), ((225, 239),)):
        questions = [one for one in run(*outages) if isinstance(one, Question)]
        assert [one.user for one in questions if one.state == "asked"] == ["viewer95000", "viewer171000"]
