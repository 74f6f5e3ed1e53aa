"""Limits that are changed while a show goes on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop.coaching import build_coach
from martlive_desktop.core.coach.scheduler import SchedulerPolicy
from martlive_desktop.core.events import AudioChunk, Chat, Cue, Screen, Tip, Voice
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.signals.chat import ChatThresholds
from martlive_desktop.core.signals.pauses import PauseThresholds
from martlive_desktop.settings import CoachSettings, Settings, SignalSettings
from tests.fakes.talk import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, LogEvent

PLAN = ShowPlan(products=(Product("lamp", price=20.0, minutes=2),), sponsored=True, sponsor="Barkwell")


def show(seconds: int, *, has_sound: bool = False) -> list[Input]:
    """A show with some of everything: voice, talk, chat, pictures, and sound where it matters."""
    rng = np.random.default_rng(3)
    out: list[Input] = []
    for second in range(seconds):
        at_ms = second * 1000
        is_spoken = second % 60 < 40
        for part in range(10 if has_sound else 0):
            loud = rng.normal(0, 3000 if is_spoken else 20, 1600).astype(np.int16)
            out.append(AudioChunk((second * 10 + part) * 1600, loud))
        out.append(Voice(at_ms + 1000, (0.95 if is_spoken else 0.05,) * 31))
        if is_spoken and second % 4 == 3:
            text = "um this lamp heals everything" if second % 20 == 3 else "look at this lamp it is nice"
            out.append(said(text, at_ms, utterance=second // 4))
        if second % 25 == 5:
            out.append(Chat(at_ms, f"viewer{second}", "does it come in red?", "test"))
        if second % 10 == 0:
            out.append(Screen(at_ms, scene="", is_black=False, is_frozen=False, brightness=0.5, is_cut=False))
    return out


def run(before: Settings, after: Settings, inputs: Sequence[Input] = (), change_s: int = 80) -> list[LogEvent]:
    coach = build_coach(PLAN, before)
    events: list[LogEvent] = []
    is_changed = False
    for event in inputs or show(150):
        if event.at_ms >= change_s * 1000 and not is_changed:
            is_changed = True
            coach.use(after)
        events += coach.session.handle(event, 0)
    return events


def cues(events: list[LogEvent], kind: str) -> list[int]:
    return [one.at_ms for one in events if isinstance(one, Cue) and one.kind == kind]


def test_the_same_limits_again_change_nothing() -> None:
    settings, inputs = Settings(), show(60, has_sound=True)
    coach = build_coach(PLAN, settings)
    unchanged = [event for one in inputs for event in coach.session.handle(one, 0)]

    assert run(settings, settings, inputs, change_s=30) == unchanged
    assert {"dead_air", "claim_medical"} <= {one.kind for one in unchanged if isinstance(one, Cue)}


@pytest.mark.parametrize(
    ("signals", "kind"),
    [
        (SignalSettings(pauses=PauseThresholds(selling_s=3_000.0)), "dead_air"),
        (SignalSettings(chat=ChatThresholds(unanswered_s=3_000.0)), "chat_unanswered"),
    ],
    ids=["pauses", "chat"],
)
def test_other_limits_hold_from_then_on(signals: SignalSettings, kind: str) -> None:
    found = cues(run(Settings(), Settings(signals=signals)), kind)

    assert found
    assert max(found) < 80_000 + 1_000


def test_words_to_avoid_are_known_from_then_on() -> None:
    changed = Settings(coach=CoachSettings(do_not_say=frozenset({"nice"})))

    found = cues(run(Settings(), changed), "do_not_say")

    assert found
    assert min(found) >= 80_000


def test_kinds_that_are_turned_off_are_not_shown_any_more() -> None:
    often = SchedulerPolicy(gap_ms=1_000, window_tips=100)
    before = Settings(coach=CoachSettings(policy=often))
    kinds = frozenset({"dead_air", "claim_medical", "chat_unanswered", "mic_silent", "disclosure"})
    after = Settings(coach=CoachSettings(policy=dataclasses.replace(often, off_kinds=kinds)))

    tips = [one for one in run(before, after) if isinstance(one, Tip)]

    assert {one.kind for one in tips if one.at_ms < 80_000} & kinds
    assert not {one.kind for one in tips if one.at_ms >= 80_000} & kinds


@pytest.mark.parametrize(
    ("wish", "spoken", "first"),
    [
        ("zh", "en", "说说手里的东西"),
        ("", "zh", "说说手里的东西"),
        ("en", "zh", "Say what's in hand"),
        ("", "es", "Say what's in hand"),
    ],
)
def test_tips_are_in_the_language_that_is_wanted_or_spoken(wish: str, spoken: str, first: str) -> None:
    settings = Settings(coach=CoachSettings.model_validate({"language": wish}))
    coach = build_coach(dataclasses.replace(PLAN, language=spoken, sponsored=False), settings)
    events = [event for one in show(60) for event in coach.session.handle(one, 0)]
    assert next(one.text for one in events if isinstance(one, Tip) and one.kind == "dead_air") == first
