"""The reducer: what goes in, what comes out."""

from __future__ import annotations

import numpy as np
import pytest

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.coach.scheduler import Scheduler, SchedulerPolicy
from martlive_desktop.core.coach.wording import TipTemplates
from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    Cue,
    Dismiss,
    LogEvent,
    Screen,
    Signal,
    Status,
    Tick,
    Tip,
    TipClosed,
    Toggle,
    Transcript,
    Voice,
)
from martlive_desktop.pipeline.session import Detectors, OnShow, Session
from tests.fakes.session import ScriptedDetector

TEMPLATES = TipTemplates.from_dict({kind: [f"First {kind}", f"Second {kind}", f"Third {kind}"] for kind in CATALOGUE})


def session(*spans: tuple[int, int], kind: str = "dead_air", **facts: object) -> Session:
    watcher = ScriptedDetector(kind, spans)
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(**facts), (watcher,))  # type: ignore[arg-type]
    return Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES)


def run(one: Session, until_ms: int, since_ms: int = 0) -> list[LogEvent]:
    return [event for at_ms in range(since_ms, until_ms, 100) for event in one.handle(Tick(at_ms), at_ms + 7)]


def chunk(end_ms: int) -> AudioChunk:
    return AudioChunk(end_ms * 16 - 1600, np.zeros(1600, np.int16))


def test_condition_becomes_a_cue_with_identity_and_a_tip() -> None:
    events = run(session((30_000, 40_000)), 31_000)
    [cue] = [event for event in events if isinstance(event, Cue)]
    [tip] = [event for event in events if isinstance(event, Tip)]
    assert (cue.id, cue.at_ms, cue.emitted_ms, cue.severity) == ("c0", 30_000, 30_007, 1)
    assert (tip.cue, tip.text, tip.at_ms, tip.source) == ("c0", "First dead_air", 30_000, "rules")
    assert tip.expires_ms == 35_000


def test_condition_that_ends_closes_its_tip_as_fulfilled() -> None:
    events = run(session((30_000, 32_000)), 33_000)
    [closed] = [event for event in events if isinstance(event, TipClosed)]
    assert (closed.id, closed.how, closed.at_ms) == ("t0", "fulfilled", 32_000)


def test_condition_that_lasts_is_raised_again_after_its_cooldown() -> None:
    cues = [event for event in run(session((30_000, 130_000)), 130_000) if isinstance(event, Cue)]
    assert [cue.at_ms for cue in cues] == [30_000, 75_000, 120_000]


def test_condition_that_flickers_is_raised_once() -> None:
    spans = ((30_000, 31_000), (32_000, 33_000), (34_000, 35_000))
    assert sum(isinstance(event, Cue) for event in run(session(*spans), 40_000)) == 1


def test_second_tip_of_a_kind_has_other_words() -> None:
    tips = [event for event in run(session((30_000, 31_000), (130_000, 131_000)), 132_000) if isinstance(event, Tip)]
    assert [tip.text for tip in tips] == ["First dead_air", "Second dead_air"]


def test_detectors_see_every_raised_cue_and_their_signals_are_kept() -> None:
    events = run(session((30_000, 31_000)), 31_000)
    assert sum(isinstance(event, Signal) and event.name == "raised" for event in events) == 3


@pytest.mark.parametrize(
    "event",
    [
        Transcript(500, is_final=True, utterance=0, text="hi", words=()),
        Chat(500, "Rosa", "hi", "file"),
        Screen(500, "main", is_black=False, is_frozen=False, brightness=0.5, is_cut=False),
        Status(500, "microphone", "listening"),
    ],
    ids=lambda event: event.type,
)
def test_what_happened_is_written(event: Transcript | Chat | Screen | Status) -> None:
    [written] = session().handle(event, 900)
    assert (written.at_ms, written.emitted_ms) == (500, 900)
    assert written.type == event.type


def test_dismissed_tip_leaves_at_once() -> None:
    one = session((30_000, 40_000))
    run(one, 31_000)
    [closed] = [event for event in one.handle(Dismiss(31_000), 31_000) if isinstance(event, TipClosed)]
    assert closed.how == "dismissed"


def test_coaching_that_is_off_shows_nothing_and_says_so() -> None:
    one = session((30_000, 40_000))
    assert Status(1_000, "coach", "off", emitted_ms=1_000) in one.handle(Toggle(1_000, is_on=False), 1_000)
    assert not [event for event in run(one, 41_000, 1_000) if isinstance(event, Tip)]
    assert Status(41_000, "coach", "on", emitted_ms=41_000) in one.handle(Toggle(41_000, is_on=True), 41_000)


def test_end_takes_the_tip_away() -> None:
    one = session((30_000, 40_000))
    run(one, 31_000)
    closed, ended = one.finish(31_500)
    assert isinstance(closed, TipClosed)
    assert ended == Status(30_900, "session", "ended", emitted_ms=31_500)


def test_late_recognition_is_told_once_and_its_end_too() -> None:
    one = session()
    one.handle(Voice(1_000, (0.1,)), 0)
    delays = [event for at_ms in range(1_100, 6_000, 100) for event in one.handle(chunk(at_ms), 0)]
    assert delays == [Status(4_100, "recogniser", "delayed", "3 s")]
    one.handle(Voice(5_000, (0.1,)), 0)
    assert one.handle(chunk(6_000), 0) == [Status(6_000, "recogniser", "ready")]


def test_recognition_that_has_not_begun_is_not_late() -> None:
    one = session()
    assert [event for at_ms in range(100, 9_000, 100) for event in one.handle(chunk(at_ms), 0)] == []


def test_stream_time_never_goes_back() -> None:
    one = session()
    one.handle(Tick(5_000), 0)
    one.handle(Voice(4_000, (0.1,)), 0)
    assert one.now_ms == 5_000


def test_product_on_show_is_known() -> None:
    assert session().on_show is None
    assert session(product="lamp", product_since_ms=3_000).on_show == OnShow("lamp", 3_000)
