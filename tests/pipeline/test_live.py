"""A show in real time, with scripted sources and real threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import pytest

from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.drafting import Drafter
from martlive_desktop.core.coach.scheduler import Scheduler, SchedulerPolicy
from martlive_desktop.core.errors import MicrophoneUnavailable, StoreUnavailable
from martlive_desktop.core.events import (
    AudioChunk,
    Chat,
    LogEvent,
    Loopback,
    Screen,
    SessionStarted,
    Status,
    Tip,
    TipClosed,
    Transcript,
)
from martlive_desktop.pipeline.live import LiveSession
from martlive_desktop.pipeline.session import Detectors, OnShow, Session
from tests.fakes.session import (
    GROUNDING,
    EchoTranscriber,
    HandClock,
    ListChat,
    ListScreen,
    ListSource,
    ScriptedDetector,
)
from tests.fakes.writer import InstantWriter
from tests.pipeline.test_session import TEMPLATES

STARTED = SessionStarted(0, "0", "selling", "microphone", ("m",), "d")
WAIT_S = 10.0


@pytest.fixture(autouse=True)
def _shows() -> Iterator[None]:
    """End the threads of a test that failed."""
    yield
    while Show.running:
        Show.running.pop().live.stop()


def chunks(seconds: float, since_ms: int = 0) -> list[AudioChunk]:
    first = since_ms * 16
    return [AudioChunk(first + i * 1600, np.zeros(1600, np.int16)) for i in range(int(seconds * 10))]


class Show:
    """A live session whose events can be waited for."""

    running: ClassVar[list[Show]] = []

    def __init__(
        self,
        source: ListSource,
        script: Sequence[Transcript | Status] = (),
        *,
        chat: ListChat | None = None,
        spans: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.clock = HandClock()
        self.events: list[LogEvent] = []
        self.products: list[tuple[OnShow | None, int]] = []
        self.ended = threading.Event()
        self._more = threading.Condition()
        watcher = ScriptedDetector(spans=spans)
        detectors = Detectors(ScriptedDetector(), ScriptedDetector(product="lamp"), (watcher,))
        self.live = LiveSession(
            Session(detectors, Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING),
            source,
            EchoTranscriber(script),
            self.clock,
            chat=chat,
            listeners=(self._listen,),
            on_product=self._note,
            on_end=self.ended.set,
        )
        self.running.append(self)
        self.live.start(STARTED)

    def _listen(self, event: LogEvent) -> None:
        with self._more:
            self.events.append(event)
            self._more.notify()

    def _note(self, on_show: OnShow | None, now_ms: int) -> None:
        with self._more:
            self.products.append((on_show, now_ms))
            self._more.notify()

    def wait_until_at(self, now_ms: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: self.products and self.products[-1][1] >= now_ms, WAIT_S)

    def wait_for(self, kind: str) -> LogEvent:
        with self._more:
            assert self._more.wait_for(lambda: any(event.type == kind for event in self.events), WAIT_S)
            return next(event for event in self.events if event.type == kind)


def test_show_ends_with_its_sound_and_everything_heard_is_written() -> None:
    script = [Transcript(400, is_final=True, utterance=0, text="hello", words=())]
    show = Show(ListSource(chunks(1.0)), script)
    assert show.live.wait(WAIT_S)
    assert [event.type for event in show.events] == ["session", "transcript", "status"]
    assert show.ended.is_set()
    assert show.products[-1][0] == OnShow("lamp", 0)
    assert show.live.error is None


def test_words_spoken_before_the_stop_are_still_written() -> None:
    script = [Transcript(1_500, is_final=True, utterance=0, text="last words", words=())]
    source = ListSource(chunks(2.0), go=threading.Event())
    show = Show(source, script)
    show.wait_for("transcript")
    show.live.stop()
    assert show.live.wait(WAIT_S)
    assert show.events[-1] == Status(show.events[-1].at_ms, "session", "ended")


def test_chat_is_heard_and_closed() -> None:
    chat = ListChat([Chat(10, "Rosa", "hi", "file")])
    go = threading.Event()
    show = Show(ListSource(chunks(1.0), go=go), chat=chat)
    show.wait_for("chat")
    show.live.stop()
    assert show.live.wait(WAIT_S)
    assert chat.is_closed


def test_device_that_cannot_be_opened_ends_the_show_with_a_sentence() -> None:
    show = Show(ListSource([], error=MicrophoneUnavailable("No microphone; plug one in.")))
    assert show.live.wait(WAIT_S)
    assert isinstance(show.live.error, MicrophoneUnavailable)
    assert show.events[1] == Status(0, "microphone", "lost", "No microphone; plug one in.")


def test_listener_that_cannot_go_on_ends_the_show_with_a_sentence() -> None:
    def fail(event: LogEvent) -> None:
        if event.type != "session":
            raise StoreUnavailable("The disk is full.")

    source = ListSource(chunks(2.0), go=threading.Event())
    script = [Transcript(400, is_final=True, utterance=0, text="hello", words=())]
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), ()), Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING
    )
    ended = threading.Event()
    live = LiveSession(session, source, EchoTranscriber(script), HandClock(), listeners=(fail,), on_end=ended.set)
    live.start(STARTED)
    assert live.wait(WAIT_S)
    assert str(live.error) == "The disk is full."
    assert ended.is_set()


def test_coaching_is_switched_from_another_thread() -> None:
    show = Show(ListSource(chunks(1.0), go=threading.Event()))
    show.live.toggle(is_on=False)
    status = show.wait_for("status")
    assert isinstance(status, Status)
    assert (status.part, status.state) == ("coach", "off")
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_moment_is_marked_from_another_thread() -> None:
    show = Show(ListSource(chunks(1.0), go=threading.Event()))
    show.live.next_item()
    show.live.mark()
    status = show.wait_for("status")
    assert isinstance(status, Status)
    assert (status.part, status.state) == ("session", "marked")
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_tip_is_dismissed_from_another_thread() -> None:
    show = Show(ListSource(chunks(26.0), go=threading.Event()), spans=((25_000, 60_000),))
    show.wait_for("tip")
    show.live.dismiss()
    closed = show.wait_for("tip_closed")
    assert isinstance(closed, TipClosed)
    assert closed.how == "dismissed"
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_time_passes_when_no_sound_comes() -> None:
    """The clock moves on by 30 s while the microphone's thread hangs: the tip expires all the same."""
    show = Show(ListSource(chunks(26.0), go=threading.Event()), spans=((25_000, 99_000),))
    show.wait_until_at(25_900)
    show.clock.ms = 30_000
    closed = show.wait_for("tip_closed")
    assert isinstance(closed, TipClosed)
    assert closed.how == "expired"
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_wait_says_when_the_show_still_runs() -> None:
    show = Show(ListSource(chunks(1.0), go=threading.Event()))
    assert not show.live.wait(0.01)
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_show_needs_nobody_who_watches_it() -> None:
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), ()), Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING
    )
    written: list[LogEvent] = []
    source = ListSource([Status(0, "microphone", "listening"), *chunks(0.2)])
    live = LiveSession(session, source, EchoTranscriber(), HandClock(), listeners=(written.append,))
    live.start(STARTED)
    assert live.wait(WAIT_S)
    assert [event.type for event in written] == ["session", "status", "status"]


def test_language_model_is_asked_and_its_answer_comes_through_the_inbox() -> None:
    slots = (
        ("viewer", "Rosa"),
        ("question", "spray safe for cats?"),
        ("asked", "two old ladies eat all so spray safe for cats?"),
    )
    watcher = ScriptedDetector("chat_unanswered", ((26_800, 29_000),), slots=slots)
    templates = load_templates("en")
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,)),
        Scheduler(SchedulerPolicy()),
        templates,
        GROUNDING,
    )
    written: list[LogEvent] = []
    go = threading.Event()

    def listen(event: LogEvent) -> None:
        written.append(event)
        if isinstance(event, Tip):
            go.set()

    writer = (Drafter("span", {"span": ""}, templates, GROUNDING), InstantWriter('{"span": "safe for cats"}'))
    source = ListSource(chunks(27.0), go=go)
    live = LiveSession(session, source, EchoTranscriber(), HandClock(), writer=writer, listeners=(listen,))
    live.start(STARTED)
    assert live.wait(WAIT_S)
    assert [(event.text, event.source) for event in written if isinstance(event, Tip)] == [
        ("Rosa: safe for cats?", "local")
    ]


class ListLoopback:
    """Blocks of what is played; ends when it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.taken = threading.Event()

    def read(self) -> Iterator[Loopback]:
        yield Loopback(0, np.zeros(1600, np.int16))
        self.taken.set()
        self.closed.wait(WAIT_S)

    def close(self) -> None:
        self.closed.set()


def test_what_the_computer_plays_reaches_the_detectors() -> None:
    watcher = ScriptedDetector()
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,)),
        Scheduler(SchedulerPolicy()),
        TEMPLATES,
        GROUNDING,
    )
    loopback = ListLoopback()
    source = ListSource(chunks(0.3), go=loopback.taken)
    live = LiveSession(session, source, EchoTranscriber(), HandClock(), loopback=loopback, listeners=())
    live.start(STARTED)
    assert live.wait(WAIT_S)
    assert loopback.closed.is_set()
    assert any(isinstance(event, Loopback) for event in watcher.seen)


def test_show_that_is_stopped_stops_to_listen_to_the_computer() -> None:
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), ()), Scheduler(SchedulerPolicy()), TEMPLATES, GROUNDING
    )
    loopback = ListLoopback()
    source = ListSource(chunks(0.3), go=threading.Event())
    live = LiveSession(session, source, EchoTranscriber(), HandClock(), loopback=loopback, listeners=())
    live.start(STARTED)
    live.stop()
    assert live.wait(WAIT_S)
    assert loopback.closed.is_set()


def seen(at_ms: int) -> Screen:
    return Screen(at_ms, scene="", is_black=False, is_frozen=False, brightness=0.5, is_cut=False)


def watching_show(source: ListSource, screen: ListScreen) -> tuple[LiveSession, list[LogEvent], ScriptedDetector]:
    watcher = ScriptedDetector()
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,)),
        Scheduler(SchedulerPolicy()),
        TEMPLATES,
        GROUNDING,
    )
    written: list[LogEvent] = []
    live = LiveSession(session, source, EchoTranscriber(), HandClock(), screen=screen, listeners=(written.append,))
    live.start(STARTED)
    return live, written, watcher


def test_what_viewers_see_reaches_the_detectors_and_the_log() -> None:
    screen = ListScreen([Status(0, "screen", "watching", "OBS"), seen(100)])
    live, written, watcher = watching_show(ListSource(chunks(0.3), go=screen.taken), screen)
    assert live.wait(WAIT_S)
    assert [event.type for event in watcher.seen if isinstance(event, Screen)] == ["screen"]
    assert [(event.type, event.at_ms) for event in written[:3]] == [("session", 0), ("status", 0), ("screen", 100)]


def test_screen_that_never_ends_ends_with_the_sound() -> None:
    screen = ListScreen([seen(0)], is_endless=True)
    live, _, _ = watching_show(ListSource(chunks(0.3)), screen)
    assert live.wait(WAIT_S)
    assert screen.closed.is_set()


def test_show_that_is_stopped_looks_at_the_screen_no_more() -> None:
    screen = ListScreen([seen(0)], is_endless=True)
    live, _, _ = watching_show(ListSource(chunks(0.3), go=threading.Event()), screen)
    live.stop()
    assert screen.closed.is_set()
    assert live.wait(WAIT_S)


def test_screen_that_ends_early_ends_nothing_else() -> None:
    screen = ListScreen([])
    live, written, _ = watching_show(ListSource(chunks(0.3), go=screen.taken), screen)
    assert live.wait(WAIT_S)
    assert [event.type for event in written] == ["session", "status"]
    assert live.error is None


def test_source_is_followed_in_place_of_another() -> None:
    show = Show(ListSource(chunks(0.3), go=threading.Event()), chat=ListChat([Chat(0, "Rosa", "hi", "twitch")]))
    show.wait_for("chat")
    first = ListScreen([seen(0)], is_endless=True)
    show.live.follow("screen", first)
    show.wait_for("screen")
    second = ListScreen([Status(0, "screen", "watching", "another")], is_endless=True)
    show.live.follow("screen", second)
    assert first.closed.is_set()
    show.wait_for("status")
    show.live.follow("screen", None)
    assert second.closed.is_set()
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_source_that_comes_after_the_end_is_closed_and_not_read() -> None:
    show = Show(ListSource(chunks(0.3)))
    show.live.stop()
    late = ListScreen([seen(0)], is_endless=True)
    show.live.follow("screen", late)
    assert late.closed.is_set()
    assert show.live.wait(WAIT_S)
    assert not any(event.type == "screen" for event in show.events)


def test_change_is_made_on_the_sessions_thread_and_a_note_is_written() -> None:
    show = Show(ListSource(chunks(0.3), go=threading.Event()))
    names: list[str] = []
    show.live.change(lambda: names.append(threading.current_thread().name))
    show.live.note("obs", "muted")
    assert show.wait_for("status") == Status(show.events[-1].at_ms, "obs", "muted", emitted_ms=0)
    assert names == ["martlive-session"]
    show.live.stop()
    assert show.live.wait(WAIT_S)


def test_language_model_is_left_while_the_show_goes_on() -> None:
    watcher = ScriptedDetector("chat_unanswered", ((26_800, 29_000),), slots=(("viewer", "R"), ("question", "why?")))
    templates = load_templates("en")
    session = Session(
        Detectors(ScriptedDetector(), ScriptedDetector(), (watcher,)),
        Scheduler(SchedulerPolicy()),
        templates,
        GROUNDING,
    )
    writer = (Drafter("span", {"span": ""}, templates, GROUNDING), InstantWriter('{"span": "why"}'))
    written: list[LogEvent] = []
    source = ListSource(chunks(28.0), go=threading.Event())
    live = LiveSession(session, source, EchoTranscriber(), HandClock(), writer=writer, listeners=(written.append,))
    live.use_writer(None)
    live.start(STARTED)
    source._go.set()  # type: ignore[union-attr]
    assert live.wait(WAIT_S)
    assert [event.source for event in written if isinstance(event, Tip)] == ["rules"]
