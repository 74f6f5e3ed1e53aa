"""What the streamer sees of MartLive's senses after which event."""

from dataclasses import replace

import pytest

from martlive_desktop.core.events import Chat, LogEvent, Screen, SessionStarted, Signal, Status, Transcript
from martlive_desktop.ui.senses_state import ChatLine, PictureKind, SensesState, reduce

STARTED = SessionStarted(0, "1.0", "selling", "microphone", ("base",), "0")
MOVING = Screen(
    1000, "main", is_black=False, is_frozen=False, brightness=0.5, is_cut=False, motion=0.02, product="Lamp"
)


def after(*events: LogEvent, start: SensesState | None = None) -> SensesState:
    state = start or SensesState()
    for event in events:
        state = reduce(state, event)
    return state


def said(utterance: int, text: str, *, is_final: bool, at_ms: int = 1000, emitted_ms: int = 2200) -> Transcript:
    return Transcript(at_ms, is_final, utterance, text, (), emitted_ms)


@pytest.mark.parametrize(
    ("events", "sentences", "partial"),
    [
        ([said(0, "Hello every", is_final=False)], (), "Hello every"),
        ([said(0, "Hello every", is_final=False), said(0, "Hello everyone.", is_final=True)], ("Hello everyone.",), ""),
        ([said(0, "One.", is_final=True), said(1, "Tw", is_final=False)], ("One.",), "Tw"),
        ([said(i, f"{i}.", is_final=True) for i in range(4)], ("2.", "3."), ""),
        ([said(0, "One.", is_final=True), said(1, "", is_final=True)], ("One.",), ""),
        ([said(1, "Two.", is_final=True), said(0, "One", is_final=False)], ("Two.",), ""),
        ([said(0, "turned \u202earound\n", is_final=True)], ("turned around",), ""),
    ],
    ids=["partial", "final takes its place", "next begins", "two are kept", "nothing said", "an old one", "marks"],
)
def test_words_that_were_heard(events: list[LogEvent], sentences: tuple[str, ...], partial: str) -> None:
    state = after(*events)
    assert (state.sentences, state.partial) == (sentences, partial)


@pytest.mark.parametrize(
    ("event", "behind_ms"),
    [
        (said(0, "Hello", is_final=False, at_ms=1000, emitted_ms=2200), 1200),
        (said(0, "Hello", is_final=False, at_ms=1000, emitted_ms=0), 0),
    ],
    ids=["late", "a recording"],
)
def test_how_late_words_come(event: Transcript, behind_ms: int) -> None:
    assert SensesState().words_behind_ms is None
    assert after(event).words_behind_ms == behind_ms


def test_level_and_pace_are_those_of_the_overlay() -> None:
    state = after(STARTED, Signal(100, "level", -21.4, "dBFS"), Signal(200, "pace", 141.6, "wpm"))
    assert (state.overlay.level_dbfs, state.overlay.pace_wpm, state.overlay.hearing) == (-21.4, 142, "listening")


@pytest.mark.parametrize(
    ("screen", "kind"),
    [
        (MOVING, "moving"),
        (replace(MOVING, motion=0.001), "still"),
        (replace(MOVING, is_frozen=True), "frozen"),
        (replace(MOVING, is_black=True), "black"),
        (replace(MOVING, is_black=True, is_frozen=True), "black"),
    ],
    ids=["moving", "still", "frozen", "black", "both"],
)
def test_what_the_picture_does(screen: Screen, kind: PictureKind) -> None:
    assert after(screen).picture == kind


def test_picture_is_black_since_it_became_so() -> None:
    black = replace(MOVING, at_ms=5000, is_black=True)
    state = after(MOVING, black, replace(black, at_ms=6000), Signal(8200, "level", -30, "dBFS"))
    assert (state.picture, state.picture_s) == ("black", 3)


@pytest.mark.parametrize("how", ["lost", "paused", "off"])
def test_picture_that_is_not_watched_says_nothing(how: str) -> None:
    assert after(MOVING, Status(2000, "screen", how, "OBS does not run.")).picture == "none"


def test_last_lines_of_the_chat_are_kept() -> None:
    lines = [Chat(1000, f"u{i}", f"line\u202e {i}", "screen", emitted_ms=2500) for i in range(7)]
    state = after(*lines)
    assert state.chat == tuple(ChatLine(f"u{i}", f"line {i}") for i in range(2, 7))
    assert state.chat_behind_ms == 1500


def test_chat_that_cannot_be_read_says_why_until_it_can() -> None:
    lost = Status(1000, "chat", "lost", "The chat cannot be read; choose it again.")
    assert after(lost).chat_trouble == "The chat cannot be read; choose it again."
    assert after(lost, Status(2000, "chat", "reading")).chat_trouble == ""
    assert after(lost, Chat(2000, "Kim", "hi", "screen")).chat_trouble == ""


def test_sound_that_is_kept_is_said_until_it_is_not() -> None:
    kept = after(STARTED, Status(1000, "sound", "kept"))
    assert not after(STARTED).is_sound_kept
    assert kept.is_sound_kept
    assert after(Status(2000, "sound", "lost", "The disk is full."), start=kept).is_sound_kept
    assert not after(Status(2000, "sound", "off"), start=kept).is_sound_kept
    assert not after(Status(9000, "session", "ended"), start=kept).is_sound_kept


@pytest.mark.parametrize("end", [STARTED, Status(9000, "session", "ended")], ids=["a new show", "the end"])
def test_show_takes_its_words_with_it(end: LogEvent) -> None:
    start = SensesState(microphone="Desk microphone", outside=("Twitch sees that you read along.",))
    state = after(STARTED, said(3, "Hello.", is_final=True), MOVING, Chat(1, "Kim", "hi", "screen"), end, start=start)
    assert (state.sentences, state.chat, state.screen, state.words_behind_ms) == ((), (), None, None)
    assert state.is_running == (end is STARTED)
    assert (state.microphone, state.outside) == ("Desk microphone", ("Twitch sees that you read along.",))
    assert after(said(0, "Again.", is_final=True), start=state).sentences == ("Again.",)
