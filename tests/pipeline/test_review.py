"""A recording in virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from typing_extensions import override

from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.drafting import Drafter
from martlive_desktop.core.coach.scheduler import Scheduler, SchedulerPolicy
from martlive_desktop.core.errors import RecogniserUnavailable
from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    LogEvent,
    Screen,
    SessionStarted,
    Status,
    Tip,
    Transcript,
    Voice,
)
from martlive_desktop.pipeline.review import AHEAD_MS, Review
from martlive_desktop.pipeline.session import Detectors, Session
from tests.fakes.session import GROUNDING, EchoTranscriber, ListSource, ScriptedDetector
from tests.fakes.writer import InstantWriter
from tests.pipeline.test_session import TEMPLATES

STARTED = SessionStarted(0, "0", "selling", "show.mp4", ("m",), "d")


def sound(seconds: int) -> ListSource:
    return ListSource([AudioChunk(i * 1600, np.zeros(1600, np.int16)) for i in range(seconds * 10)])


def final(at_ms: int, number: int = 0) -> Transcript:
    return Transcript(at_ms, is_final=True, utterance=number, text="hello", words=())


def partial(at_ms: int) -> Transcript:
    return Transcript(at_ms, is_final=False, utterance=0, text="hel", words=())


def review(source: ListSource, transcriber: EchoTranscriber, chat: tuple[Chat, ...] = ()) -> list[LogEvent]:
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(), (ScriptedDetector(spans=((25_000, 29_000),)),))
    written: list[LogEvent] = []
    session = Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING)
    Review(session, source, transcriber, chat, (written.append,)).run(STARTED)
    return written


def test_parts_come_after_their_stated_latency() -> None:
    written = review(sound(6), EchoTranscriber([partial(2_000), final(3_000)]))
    assert [(event.type, event.at_ms, event.emitted_ms) for event in written] == [
        ("session", 0, 0),
        ("transcript", 2_000, 2_450),
        ("transcript", 3_000, 3_700),
        ("status", 6_000, 6_000),
    ]


def test_chat_comes_at_its_time() -> None:
    written = review(sound(6), EchoTranscriber([final(3_000)]), (Chat(3_600, "Rosa", "hi", "file"),))
    assert [event.type for event in written] == ["session", "chat", "transcript", "status"]


def test_tips_come_in_virtual_time() -> None:
    written = review(sound(40), EchoTranscriber())
    assert [(event.type, event.at_ms) for event in written if event.type in {"cue", "tip"}] == [
        ("cue", 25_000),
        ("tip", 25_000),
    ]


def test_recogniser_is_not_fed_the_whole_recording_at_once() -> None:
    source = sound(120)
    ahead: list[int] = []

    class Watching(EchoTranscriber):
        taken_ms = 0

        @override
        def feed(self, chunk: AudioChunk) -> None:
            super().feed(chunk)
            ahead.append(chunk.at_ms - self.taken_ms)

        @override
        def results(self) -> Iterator[Voice | Transcript | Status]:
            for one in super().results():
                self.taken_ms = one.at_ms
                yield one

    review(source, Watching())
    assert max(ahead) <= AHEAD_MS + 300


def test_recogniser_that_gave_up_is_an_error_after_everything_else_was_written() -> None:
    written: list[LogEvent] = []
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(), ())
    session = Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING)
    transcriber = EchoTranscriber([Status(1_000, "recogniser", "failed", "It stopped.")])
    with pytest.raises(RecogniserUnavailable, match="martlive models verify"):
        Review(session, sound(3), transcriber, (), (written.append,)).run(STARTED)
    assert written[-1].type == "status"
    assert isinstance(written[1], Status)
    assert written[1].state == "failed"


def test_status_of_the_source_is_written() -> None:
    source = ListSource([AudioChunk(0, np.zeros(1600, np.int16)), Status(100, "session", "cut_off", "Cut.")])
    assert "cut_off" in [event.state for event in review(source, EchoTranscriber()) if isinstance(event, Status)]


def test_empty_recording_ends() -> None:
    assert [event.type for event in review(ListSource([]), EchoTranscriber())] == ["session", "status"]


@pytest.mark.parametrize(
    ("answer", "tip"),
    [('{"span": "safe for cats"}', (25_400, "Rosa: safe for cats?")), (None, (26_500, "Rosa: spray safe for cats?"))],
    ids=["answers", "never answers"],
)
def test_language_model_answers_after_its_stated_latency(
    answer: str | None, tip: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlive_desktop.pipeline.review.LONGEST_DRAFT_S", 0.01)
    slots = (
        ("viewer", "Rosa"),
        ("question", "spray safe for cats?"),
        ("asked", "two old ladies eat all so spray safe for cats?"),
    )
    watcher = ScriptedDetector("chat_unanswered", ((25_000, 29_000),), slots=slots)
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,))
    templates = load_templates("en")
    session = Session(detectors, Scheduler(SchedulerPolicy()), templates, GROUNDING)
    written: list[LogEvent] = []
    writer = (Drafter("span", {"span": ""}, templates, GROUNDING), InstantWriter(answer))
    Review(session, sound(40), EchoTranscriber(), (), (written.append,), writer).run(STARTED)
    assert [(event.at_ms, event.text) for event in written if isinstance(event, Tip)] == [tip]


def watched(
    states: Iterable[Screen | Chat | Status], seconds: int = 6, script: tuple[Transcript, ...] = ()
) -> list[tuple[str, int, int]]:
    """What is written of a recording with a picture: kind, time and moment."""
    written: list[LogEvent] = []
    detectors = Detectors(ScriptedDetector(), ScriptedDetector(), ())
    session = Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING)
    transcriber = EchoTranscriber(list(script))
    Review(session, sound(seconds), transcriber, (), (written.append,), screen=iter(states)).run(STARTED)
    assert written.pop().type == "status"
    return [(event.type, event.at_ms, event.emitted_ms) for event in written[1:]]


def seen(at_ms: int) -> Screen:
    return Screen(at_ms, scene="", is_black=False, is_frozen=False, brightness=0.5, is_cut=False)


def test_picture_comes_at_its_time_among_what_is_heard() -> None:
    states: list[Screen | Chat | Status] = [Status(0, "screen", "watching"), seen(0), seen(3_000), seen(3_900)]
    assert watched(states, script=(final(3_000),)) == [
        ("status", 0, 0),
        ("screen", 0, 0),
        ("screen", 3_000, 3_000),
        ("transcript", 3_000, 3_700),
        ("screen", 3_900, 3_900),
    ]


def test_chat_on_the_screen_comes_after_the_stated_time_for_reading() -> None:
    states: list[Screen | Chat | Status] = [seen(1_000), Chat(1_000, "Rosa", "hi", "screen"), seen(1_200)]
    assert watched(states) == [("screen", 1_000, 1_000), ("screen", 1_200, 1_200), ("chat", 1_000, 1_500)]


def test_picture_that_ends_before_the_sound_ends_nothing_else() -> None:
    assert watched([seen(0)], script=(final(3_000),)) == [("screen", 0, 0), ("transcript", 3_000, 3_700)]


def test_picture_that_lasts_longer_than_the_sound_ends_with_it() -> None:
    states = [seen(500 * number) for number in range(100)]
    assert [at_ms for _, at_ms, _ in watched(states, seconds=2)] == [0, 500, 1_000, 1_500, 2_000]


def test_pictures_are_taken_no_sooner_than_the_sound_beside_them() -> None:
    taken: list[int] = []

    def states() -> Iterator[Screen]:
        for number in range(100):
            taken.append(500 * number)
            yield seen(500 * number)

    watched(states(), seconds=2)
    assert taken[-1] <= 2_500
