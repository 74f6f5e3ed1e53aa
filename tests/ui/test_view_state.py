"""What the overlay shows after which event."""

from dataclasses import replace

import pytest

from martlive_desktop.core.events import Chat, LogEvent, SessionStarted, Signal, Status, Tip, TipClosed
from martlive_desktop.ui.view_state import OverlayState, TipCard, reduce, repeated, without_repeat

TIP = Tip(5000, "t1", "c1", "price_missing", "Say the price", 2, "rules", 13_000)
CARD = TipCard("t1", "Say the price", 2, is_praise=False, shown_ms=5000, expires_ms=13_000)


def after(*events: LogEvent, start: OverlayState | None = None) -> OverlayState:
    state = start or OverlayState()
    for event in events:
        state = reduce(state, event)
    return state


def test_tip_is_shown_until_it_is_closed() -> None:
    assert after(TIP).tip == CARD
    assert after(TIP, TipClosed(9000, "t1", "fulfilled")).tip is None


def test_end_of_an_older_tip_leaves_the_new_one() -> None:
    assert after(TIP, TipClosed(5000, "t0", "superseded")).tip == CARD


def test_well_done_is_praise() -> None:
    tip = after(replace(TIP, kind="well_done", severity=3)).tip
    assert tip is not None
    assert tip.is_praise


@pytest.mark.parametrize(
    ("at_ms", "left"),
    [(0, 1.0), (5000, 1.0), (9000, 0.5), (13_000, 0.0), (60_000, 0.0)],
    ids=["before", "at once", "half", "end", "long after"],
)
def test_ring_shows_the_part_of_the_time_that_is_left(at_ms: int, left: float) -> None:
    assert CARD.part_left(at_ms) == left


def test_tip_without_time_has_none_left() -> None:
    assert replace(CARD, expires_ms=5000).part_left(5000) == 0.0


def test_measurements_are_shown() -> None:
    state = after(Signal(1000, "level", -23.5, "dBFS"), Signal(1000, "pace", 151.6, "wpm"))
    assert (state.level_dbfs, state.pace_wpm) == (-23.5, 152)


def test_no_pace_is_not_shown_as_zero() -> None:
    assert after(Signal(1000, "pace", 0.0, "wpm")).pace_wpm is None


@pytest.mark.parametrize(
    ("events", "hearing", "detail"),
    [
        ((), "off", ""),
        ((("recogniser", "loading", "Loading base"),), "loading", "Loading base"),
        ((("recogniser", "ready", ""),), "off", ""),
        ((("recogniser", "ready", ""), ("microphone", "listening", "")), "listening", ""),
        ((("microphone", "listening", ""), ("recogniser", "loading", "")), "loading", ""),
        ((("microphone", "listening", ""), ("microphone", "lost", "Plug it in.")), "lost", "Plug it in."),
        ((("microphone", "silent", "Unmute it."), ("recogniser", "ready", "")), "lost", "Unmute it."),
        ((("microphone", "lost", "Plug it in."), ("microphone", "listening", "")), "listening", ""),
        (
            (("microphone", "listening", ""), ("recogniser", "restarting", "Starting again")),
            "loading",
            "Starting again",
        ),
        ((("microphone", "listening", ""), ("recogniser", "delayed", "2 s")), "listening", ""),
        ((("microphone", "listening", ""), ("recogniser", "failed", "Check the model.")), "lost", "Check the model."),
        ((("microphone", "lost", "Plug it in."), ("recogniser", "restarting", "Again")), "lost", "Plug it in."),
        (
            (("recogniser", "loading", ""), ("microphone", "lost", "Plug it in."), ("microphone", "listening", "")),
            "loading",
            "",
        ),
        ((("microphone", "listening", ""), ("session", "ended", "")), "off", ""),
    ],
)
def test_hearing_follows_from_microphone_and_recogniser(
    events: tuple[tuple[str, str, str], ...], hearing: str, detail: str
) -> None:
    state = after(*(Status(0, part, name, text) for part, name, text in events))
    assert (state.hearing, state.hearing_detail) == (hearing, detail)


def test_recording_without_a_microphone_is_heard_by_its_sound() -> None:
    assert after(Status(0, "recogniser", "ready"), Signal(500, "level", -30.0, "dBFS")).hearing == "listening"


def test_sound_does_not_bring_a_lost_microphone_back() -> None:
    assert after(Status(0, "microphone", "lost"), Signal(500, "level", -90.0, "dBFS")).hearing == "lost"


@pytest.mark.parametrize(
    ("state", "detail", "delayed_ms"),
    [("delayed", "2 s", 2000), ("delayed", "2.5 s behind", 2500), ("delayed", "", 0), ("ready", "", 0)],
)
def test_delay_is_read_from_the_recogniser(state: str, detail: str, delayed_ms: int) -> None:
    assert (
        after(Status(0, "recogniser", "delayed", "9 s"), Status(1, "recogniser", state, detail)).delayed_ms
        == delayed_ms
    )


def test_slower_pace_is_shown_until_the_fastest_is_back() -> None:
    state = after(Status(0, "recogniser", "ready"), Status(1, "recogniser", "pace", "Words come later."))
    assert (state.slowdown, state.recogniser) == ("Words come later.", "ready")
    assert after(Status(2, "recogniser", "pace"), start=state).slowdown == ""


def test_pace_says_nothing_about_the_delay() -> None:
    late = Status(0, "recogniser", "delayed", "4 s")
    assert after(late, Status(1, "recogniser", "pace", "Words come later.")).delayed_ms == 4000


def test_after_the_show_nothing_is_late() -> None:
    late = Status(0, "recogniser", "delayed", "4 s")
    slower = Status(0, "recogniser", "pace", "Words come later.")
    assert after(late, slower, Status(1, "session", "ended")) == OverlayState()


def test_coaching_off_takes_the_tip_away() -> None:
    state = after(TIP, Status(6000, "coach", "off"))
    assert (state.is_coaching, state.tip) == (False, None)
    assert after(Status(7000, "coach", "on"), start=state).is_coaching


def test_remote_lamp_follows_the_remote_coach() -> None:
    assert after(Status(0, "remote", "on")).is_remote
    assert not after(Status(0, "remote", "on"), Status(1, "remote", "off")).is_remote


@pytest.mark.parametrize(
    ("state", "detail"),
    [("watching", "OBS"), ("paused", "You paused it."), ("lost", "OBS does not answer."), ("off", "")],
)
def test_watching_follows_the_screen(state: str, detail: str) -> None:
    now = after(Status(0, "screen", "watching", "Monitor DP-1"), Status(1, "screen", state, detail))
    assert (now.watching, now.watching_detail) == (state, detail)


def test_unknown_state_of_the_screen_changes_nothing() -> None:
    before = after(Status(0, "screen", "watching", "OBS"))
    assert after(Status(1, "screen", "slower", "1 picture a second"), start=before) == before


def test_chat_that_is_read_needs_no_lamp() -> None:
    assert after(Status(0, "chat", "lost", "The chat cannot be read.")) == OverlayState()


def test_screen_is_not_watched_after_the_show_nor_before_it_speaks_in_the_next() -> None:
    watched = after(Status(0, "screen", "watching", "OBS"))
    started = SessionStarted(0, "1.0", "selling", "demo", ("base",), "")
    assert after(Status(1, "session", "ended"), start=watched) == OverlayState()
    assert after(started, start=watched) == OverlayState()


def test_events_that_are_not_shown_change_nothing_visible() -> None:
    state = after(TIP)
    later = after(Chat(9000, "rosa", "hi", "demo"), Status(9000, "store", "open"), start=state)
    assert later == state
    assert later.now_ms == 9000


def test_next_session_starts_afresh() -> None:
    started = SessionStarted(0, "1.0", "selling", "demo", ("base",), "")
    before = after(TIP, Status(60_000, "microphone", "lost", "Plug it in."), Status(60_000, "recogniser", "loading"))
    state = after(started, start=before)
    assert state == OverlayState(hearing="loading")
    assert state.now_ms == 0
    ready = after(Status(0, "recogniser", "ready"), Signal(500, "level", -30.0, "dBFS"), start=state)
    assert ready.hearing == "listening"


def test_last_five_tips_can_be_read_again() -> None:
    state = after(*(replace(TIP, id=f"t{i}", at_ms=i * 30_000) for i in range(7)))
    assert [tip.id for tip in state.recent] == ["t2", "t3", "t4", "t5", "t6"]
    assert after(SessionStarted(0, "1", "live", "microphone", (), ""), start=state).recent == ()


def test_last_tip_comes_again_for_six_seconds() -> None:
    state = repeated(after(TIP, TipClosed(9000, "t1", "expired")))
    assert state.tip == replace(CARD, shown_ms=9000, expires_ms=15_000, is_repeat=True)
    assert after(Signal(14_999, "level", -30, "dBFS"), start=state).tip == state.tip
    assert after(Signal(15_000, "level", -30, "dBFS"), start=state).tip is None
    assert without_repeat(state).tip is None


def test_nothing_is_repeated_before_the_first_tip_nor_over_one() -> None:
    assert repeated(OverlayState()) == OverlayState()
    assert repeated(after(TIP)).tip == CARD
    assert without_repeat(after(TIP)).tip == CARD


def test_tip_of_the_session_leaves_only_when_the_session_says_so() -> None:
    assert after(TIP, Signal(60_000, "level", -30, "dBFS")).tip == CARD


def test_mark_is_answered_for_a_moment() -> None:
    state = after(Status(72_400, "session", "marked", "You marked this moment."))
    assert state.said == "Marked 1:12"
    assert after(Signal(74_800, "level", -30, "dBFS"), start=state).said == "Marked 1:12"
    assert after(Signal(74_900, "level", -30, "dBFS"), start=state).said == ""
