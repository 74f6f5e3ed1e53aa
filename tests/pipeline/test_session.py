"""The reducer: what goes in, what comes out."""

from __future__ import annotations

import numpy as np
import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.coach.drafting import Drafter, DraftRequest
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.coach.scheduler import Scheduler, SchedulerPolicy
from martlive_desktop.core.coach.wording import TipTemplates
from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    Cue,
    Dismiss,
    Draft,
    LogEvent,
    Mark,
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
from martlive_desktop.core.habits import Habits
from martlive_desktop.pipeline.session import MOST_USED, Detectors, OnShow, Session
from tests.fakes.session import GROUNDING, ScriptedDetector

TEMPLATES = TipTemplates.from_dict({kind: [f"First {kind}", f"Second {kind}", f"Third {kind}"] for kind in CATALOGUE})


def session(*spans: tuple[int, int], kind: str = "dead_air", **facts: object) -> Session:
    watcher = ScriptedDetector(kind, spans)
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(**facts), (watcher,))  # type: ignore[arg-type]
    return Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING)


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


def test_marked_moment_is_written() -> None:
    marked = Status(12_000, "session", "marked", "You marked this moment.", emitted_ms=12_100)
    assert marked in session().handle(Mark(12_000), 12_100)


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


ASKED = (
    ("viewer", "Rosa"),
    ("question", "spray safe for cats?"),
    ("asked", "two old ladies eat all so spray safe for cats?"),
)


def writing(
    slots: tuple[tuple[str, str], ...] = ASKED, kind: str = "chat_unanswered"
) -> tuple[Session, list[DraftRequest]]:
    """A session with a small language model that gets what is in the list; the cue comes at 30 s."""
    watcher = ScriptedDetector(kind, ((30_000, 39_000),), slots=slots)
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,))
    templates = load_templates("en")
    grounding = Grounding.of(load_lexicon("en"), templates.words)
    one = Session(detectors, Scheduler(SchedulerPolicy()), templates, grounding)
    asked: list[DraftRequest] = []
    one.use_writer(Drafter("span", {"span": ""}, templates, grounding), asked.append)
    return one, asked


def tips(events: list[LogEvent]) -> list[tuple[int, str, str]]:
    return [(event.at_ms, event.text, event.source) for event in events if isinstance(event, Tip)]


def test_model_s_words_are_shown_as_soon_as_they_are_there() -> None:
    one, asked = writing()
    assert tips(run(one, 30_400)) == []
    assert [request.cue_id for request in asked] == ["c0"]
    assert tips(one.handle(Draft(0, "c0", '{"span": "safe for cats"}'), 30_400)) == [
        (30_300, "Rosa: safe for cats?", "local")
    ]


@pytest.mark.parametrize("answer", ['{"span": "dangerous"}', "", "{{{"])
def test_refused_words_give_the_rules_words_at_once(answer: str) -> None:
    one, _ = writing()
    run(one, 30_400)
    assert tips(one.handle(Draft(0, "c0", answer), 30_400)) == [(30_300, "Rosa: spray safe for cats?", "rules")]


def test_silent_model_delays_a_tip_by_a_second_and_a_half() -> None:
    one, _ = writing()
    assert tips(run(one, 34_000)) == [(31_500, "Rosa: spray safe for cats?", "rules")]
    assert one.handle(Draft(0, "c0", '{"span": "safe for cats"}'), 34_000) == []


def test_answer_to_nothing_is_ignored() -> None:
    one, _ = writing()
    assert one.handle(Draft(0, "c5", '{"span": "safe for cats"}'), 0) == []
    plain = session()
    assert plain.handle(Draft(0, "c5", "x"), 0) == []


def test_tip_that_ends_while_it_waits_for_words_was_shown() -> None:
    one, _ = writing()
    run(one, 30_400)
    events = one.handle(Dismiss(30_400), 30_400)
    assert [event.type for event in events] == ["tip", "tip_closed"]


def test_model_is_not_asked_in_an_emergency() -> None:
    one, asked = writing(kind="mic_silent")
    assert [text for _, text, _ in tips(run(one, 31_000))] == ["Mic silent – check mute"]
    assert asked == []


def test_slot_that_may_not_be_shown_is_left_out() -> None:
    one, _ = writing((("viewer", "<b>Rosa"), ("question", "does it cure cancer?"), ("asked", "?")))
    assert [text for _, text, _ in tips(run(one, 34_000))] == ["A question waits in chat"]


def test_words_that_were_shown_lately_do_not_come_again() -> None:
    watcher = ScriptedDetector("dead_air", tuple((at_ms, at_ms + 3_000) for at_ms in range(30_000, 5_000_000, 120_000)))
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,))
    one = Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING)
    shown = tips(run(one, 1_000_000))
    assert [text for _, text, _ in shown[:4]] == [
        "First dead_air",
        "Second dead_air",
        "Third dead_air",
        "First dead_air",
    ]


def test_many_texts_of_a_kind_take_no_memory() -> None:
    one, _ = writing()
    used = one._used.setdefault("chat_unanswered", {})
    used.update({f"text {index}": index for index in range(MOST_USED)})
    run(one, 34_000)
    assert len(used) == MOST_USED
    assert "text 0" not in used


def test_model_s_words_of_a_moment_ago_give_way_to_the_rules() -> None:
    one, _ = writing()
    one._used["chat_unanswered"] = {"Rosa: safe for cats?": 20_000}
    run(one, 30_400)
    assert [source for _, _, source in tips(one.handle(Draft(0, "c0", '{"span": "safe for cats"}'), 30_400))] == [
        "rules"
    ]


def test_habits_come_from_every_detector_that_has_some() -> None:
    class Measuring(ScriptedDetector):
        habits = Habits(pace_wpm=150.0)

    one = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), (Measuring(),)),
        Scheduler(SchedulerPolicy()),
        TEMPLATES,
        GROUNDING,
    )
    assert one.habits == Habits(pace_wpm=150.0)
