"""The standing connection to OBS, as a websocket on this computer answers."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from martlive_desktop.adapters import obs_link
from martlive_desktop.adapters.obs import NOT_FOUND, NOT_LET_IN, NOT_UNDERSTOOD, TOO_OLD, ObsConnection
from martlive_desktop.adapters.obs_link import GONE, ObsLink
from martlive_desktop.core.errors import ObsUnavailable
from martlive_desktop.core.obs_state import ObsState
from tests.fakes.obs import FakeInput, FakeObs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WITHIN_S = 10.0
THERE = ObsState(is_connected=True, version="30.1.2", scene="Live")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(obs_link, "WAKE_EVERY_S", 0.01)
    monkeypatch.setattr(obs_link, "RETRY_AFTER_S", 0.01)
    monkeypatch.setattr(obs_link, "RETRY_AT_MOST_AFTER_S", 0.02)
    monkeypatch.setattr(obs_link, "RETURN_AT_MOST_AFTER_S", 0.02)


@pytest.fixture
def server() -> FakeObs:
    return FakeObs(None)


class Told:
    """What a link told."""

    def __init__(self) -> None:
        self.states: queue.Queue[ObsState] = queue.Queue()
        self.shares: queue.Queue[float] = queue.Queue()

    @contextmanager
    def by(self, server: FakeObs, password: str | None = None) -> Iterator[ObsLink]:
        link = ObsLink(
            "127.0.0.1", server.port, lambda: password, on_state=self.states.put, on_lost_share=self.shares.put
        )
        with closing(link):
            yield link

    def until(self, holds: Callable[[ObsState], bool]) -> ObsState:
        while not holds(state := self.states.get(timeout=WITHIN_S)):
            continue
        return state

    def until_share(self, share: float) -> None:
        while self.shares.get(timeout=WITHIN_S) != share:
            continue


@pytest.fixture
def told() -> Told:
    return Told()


@contextmanager
def linked(server: FakeObs, told: Told) -> Iterator[ObsLink]:
    """A link that is connected."""
    with server.running(), told.by(server) as link:
        told.until(lambda state: state.is_connected)
        yield link


def rest(obs: ObsConnection) -> None:
    """Work that only takes its turn."""


def test_obs_that_is_there_is_told_once(server: FakeObs, told: Told) -> None:
    with server.running(), told.by(server) as link:
        assert told.states.get(timeout=WITHIN_S) == THERE
        told.until_share(0.0)
        assert link.state == THERE
    assert told.states.empty()


@pytest.mark.parametrize("password", [None, "peach"])
def test_lost_frames_are_told(told: Told, password: str | None) -> None:
    server = FakeObs(password)
    with server.running(), told.by(server, password):
        told.until_share(0.0)
        server.frames = (100, 5, 100, 0)
        told.until_share(0.05)
    assert server.said[:2] == ["identified", "GetStats"]


def test_what_changes_is_told_at_once(server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "ASK_EVERY_S", 3600.0)
    with linked(server, told):
        server.is_streaming = True
        server.tell("StreamStateChanged")
        assert told.states.get(timeout=WITHIN_S).is_streaming
        server.is_recording = True
        server.tell("RecordStateChanged")
        assert told.states.get(timeout=WITHIN_S).is_recording
        server.scene = "Break"
        server.tell("CurrentProgramSceneChanged")
        assert told.states.get(timeout=WITHIN_S).scene == "Break"


def test_change_without_an_event_is_told_too(server: FakeObs, told: Told) -> None:
    with linked(server, told):
        server.scene = "Break"
        assert told.states.get(timeout=WITHIN_S).scene == "Break"


def test_event_that_changes_nothing_here_asks_nothing(
    server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obs_link, "ASK_EVERY_S", 3600.0)
    with linked(server, told) as link:
        asked = len(server.said)
        server.tell("InputVolumeChanged")
        link.call(rest).result(WITHIN_S)
        link.call(rest).result(WITHIN_S)
        assert [word for word in server.said[asked:] if word != "closed"] == []


MIC, LINE = FakeInput("pulse_input_capture", is_muted=True), FakeInput("wasapi_input_capture")


def test_microphone_without_a_name_is_passed_over(server: FakeObs, told: Told) -> None:
    server.inputs = {"Mic": FakeInput("pulse_input_capture", is_muted=True)}
    server.special = {"mic1": ["Mic"], "mic2": 7, "mic3": {}}  # type: ignore[dict-item]
    with server.running(), told.by(server):
        assert told.states.get(timeout=WITHIN_S).is_muted is True


@pytest.mark.parametrize(
    ("inputs", "is_muted"),
    [
        ({}, False),
        ({"Mic": FakeInput("pulse_input_capture", is_muted=True)}, True),
        ({"Mic": FakeInput("alsa_input_capture", is_muted=True), "Two": FakeInput("coreaudio_input_capture")}, False),
        ({"Mic": FakeInput("wasapi_input_capture", is_muted=True), "Music": FakeInput("ffmpeg_source")}, True),
        ({"Mic": FakeInput("pulse_input_capture", is_muted=True, is_active=False)}, False),
        ({"Aux": FakeInput("some_plugin", is_muted=True)}, True),
    ],
    ids=["none", "one", "one of two", "music plays", "in another scene", "of the settings"],
)
def test_muted_is_when_every_active_microphone_is(
    server: FakeObs, told: Told, inputs: dict[str, FakeInput], is_muted: bool
) -> None:
    server.inputs = inputs
    server.special["mic1"] = "Aux" if "Aux" in inputs else None
    with server.running(), told.by(server):
        assert told.states.get(timeout=WITHIN_S).is_muted == is_muted


def test_muting_is_told(server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "ASK_EVERY_S", 3600.0)
    server.inputs["Mic"] = FakeInput("pulse_input_capture")
    with linked(server, told):
        server.inputs["Mic"].is_muted = True
        server.tell("InputMuteStateChanged")
        assert told.states.get(timeout=WITHIN_S).is_muted


@pytest.mark.parametrize(
    ("state", "sound"),
    [
        (ObsState(is_muted=True), "gone"),
        (ObsState(is_connected=True, is_muted=True), "unmuted"),
        (ObsState(is_connected=True, is_streaming=True), "unmuted"),
        (ObsState(is_connected=True, is_streaming=True, is_muted=True), "muted"),
        (ObsState(is_connected=True, is_recording=True, is_muted=True), "muted"),
    ],
)
def test_muted_counts_only_on_air(state: ObsState, sound: str) -> None:
    assert state.sound == sound


def test_computer_without_obs_is_asked_quietly(server: FakeObs, told: Told, caplog: pytest.LogCaptureFixture) -> None:
    with server.running():
        pass
    with told.by(server):
        assert [told.shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert told.states.get_nowait() == ObsState(trouble=NOT_FOUND)
    assert told.states.empty()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_obs_that_is_killed_is_told_and_found_again(server: FakeObs, told: Told) -> None:
    with server.running(), told.by(server):
        told.until(lambda state: state.is_connected)
        server.drop()
        assert told.states.get(timeout=WITHIN_S) == ObsState(trouble=GONE)
        assert told.states.get(timeout=WITHIN_S) == THERE


def test_obs_that_stays_away_is_not_told_twice(server: FakeObs, told: Told) -> None:
    with server.running():
        link = told.by(server)
        link.__enter__()
        told.until(lambda state: state.is_connected)
    told.until(lambda state: state.trouble == GONE)
    while not told.shares.empty():
        told.shares.get_nowait()
    told.until_share(0.0)
    told.until_share(0.0)
    assert told.states.empty()
    with server.running():
        assert told.states.get(timeout=WITHIN_S) == THERE
        link.__exit__(None, None, None)


def test_obs_that_ends_is_asked_nothing_more(server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "ASK_EVERY_S", 3600.0)
    monkeypatch.setattr(obs_link, "RETRY_AFTER_S", 3600.0)
    with linked(server, told):
        asked = len(server.said)
        server.tell("ExitStarted")
        assert told.states.get(timeout=WITHIN_S) == ObsState(trouble=GONE)
        assert [word for word in server.said[asked:] if word != "closed"] == []


@pytest.mark.parametrize("password", [None, "plum"], ids=["none", "another"])
def test_wrong_password_is_told_and_never_in_the_log(
    told: Told, caplog: pytest.LogCaptureFixture, password: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    server = FakeObs("peach")
    with server.running(), told.by(server, password):
        assert told.states.get(timeout=WITHIN_S) == ObsState(trouble=NOT_LET_IN)
        told.until_share(0.0)
    assert "GetStats" not in server.said
    assert "plum" not in caplog.text
    assert "authentication" not in caplog.text


def test_older_obs_is_told(server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "ANSWER_WITHIN_S", 0.2)
    server.is_mute = True
    with server.running(), told.by(server):
        assert told.states.get(timeout=WITHIN_S) == ObsState(trouble=TOO_OLD)


def test_refusal_is_told_and_tried_again(server: FakeObs, told: Told) -> None:
    server.is_willing = False
    with server.running(), told.by(server):
        assert told.states.get(timeout=WITHIN_S) == ObsState(trouble=NOT_UNDERSTOOD)
        assert [told.shares.get(timeout=WITHIN_S) for _ in range(3)] == [0.0, 0.0, 0.0]
        server.is_willing = True
        assert told.states.get(timeout=WITHIN_S) == THERE


def test_tries_come_seldom_and_one_can_be_asked_for(
    server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obs_link, "RETRY_AFTER_S", 3600.0)
    with server.running():
        pass
    with told.by(server) as link:
        told.until(lambda state: state.trouble == NOT_FOUND)
        with server.running():
            link.retry()
            assert told.states.get(timeout=WITHIN_S) == THERE


def test_password_is_read_anew_for_each_try(told: Told) -> None:
    server, passwords = FakeObs("peach"), ["plum"]
    with (
        server.running(),
        closing(ObsLink("127.0.0.1", server.port, lambda: passwords[0], on_state=told.states.put)),
    ):
        assert told.states.get(timeout=WITHIN_S).trouble == NOT_LET_IN
        passwords[0] = "peach"
        assert told.states.get(timeout=WITHIN_S) == THERE


def test_work_is_done_with_the_connection(server: FakeObs, told: Told) -> None:
    with linked(server, told) as link:
        assert link.call(lambda obs: obs.ask("GetVersion")).result(WITHIN_S) == {"obsVersion": "30.1.2"}


def test_work_that_is_refused_says_so_and_the_link_lives_on(server: FakeObs, told: Told) -> None:
    with linked(server, told) as link:
        with pytest.raises(ObsUnavailable):
            link.call(lambda obs: obs.ask("GetInputMute", inputName="none")).result(WITHIN_S)
        link.call(rest).result(WITHIN_S)
        assert link.state == THERE


def test_work_that_was_given_up_is_not_done(server: FakeObs, told: Told) -> None:
    done: list[str] = []
    with linked(server, told) as link:
        is_free = threading.Event()
        first = link.call(lambda _: is_free.wait(WITHIN_S))
        second = link.call(lambda _: done.append("second"))
        assert second.cancel()
        is_free.set()
        first.result(WITHIN_S)
        link.call(rest).result(WITHIN_S)
    assert done == []


def test_work_without_obs_is_tried_once_and_says_what_to_do(
    server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obs_link, "RETRY_AFTER_S", 3600.0)
    with server.running():
        pass
    with told.by(server) as link:
        told.until(lambda state: state.trouble == NOT_FOUND)
        with pytest.raises(ObsUnavailable) as caught:
            link.call(rest).result(WITHIN_S)
    assert str(caught.value) == NOT_FOUND


def test_work_after_the_end_says_what_to_do(server: FakeObs, told: Told) -> None:
    with linked(server, told) as link:
        pass
    with pytest.raises(ObsUnavailable):
        link.call(rest).result(WITHIN_S)


def said_captions(link: ObsLink, server: FakeObs, *texts: str) -> list[Any]:
    """What viewers got of captions that each had their turn."""
    for text in texts:
        link.send_caption(text)
        while link._caption:
            link.call(rest).result(WITHIN_S)
        link.call(rest).result(WITHIN_S)
    return server.captions


@pytest.fixture
def _fast_captions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "CAPTION_EVERY_S", 0.0)


@pytest.mark.usefixtures("_fast_captions")
def test_captions_go_to_a_stream(server: FakeObs, told: Told) -> None:
    server.is_streaming = True
    with linked(server, told) as link:
        assert said_captions(link, server, "one", "two") == ["one", "two"]


@pytest.mark.usefixtures("_fast_captions")
def test_captions_go_nowhere_without_a_stream(server: FakeObs, told: Told) -> None:
    with linked(server, told) as link:
        said_captions(link, server, "one")
    assert "SendStreamCaption" not in server.said


@pytest.mark.usefixtures("_fast_captions")
def test_stream_that_takes_no_captions_is_not_asked_again_until_the_next(server: FakeObs, told: Told) -> None:
    server.is_streaming, server.takes_captions = True, False
    with linked(server, told) as link:
        said_captions(link, server, "one", "two")
        assert server.said.count("SendStreamCaption") == 1
        server.is_streaming = False
        told.until(lambda state: not state.is_streaming)
        server.is_streaming = server.takes_captions = True
        told.until(lambda state: state.is_streaming)
        assert said_captions(link, server, "three") == ["three"]


def test_newest_caption_replaces_what_waits(server: FakeObs, told: Told) -> None:
    server.is_streaming = True
    with linked(server, told) as link:
        begun_s = time.monotonic()
        assert said_captions(link, server, "one") == ["one"]
        link.send_caption("two")
        assert said_captions(link, server, "three") == ["one", "three"]
        assert time.monotonic() - begun_s >= obs_link.CAPTION_EVERY_S


def test_close_does_not_wait_for_the_next_try(server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "RETRY_AFTER_S", 3600.0)
    with server.running():
        pass
    with told.by(server):
        told.until_share(0.0)


def test_close_cuts_a_connection_that_does_not_answer(
    server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obs_link, "ANSWER_WITHIN_S", 60.0)
    monkeypatch.setattr(obs_link, "CLOSE_POLITELY_WITHIN_S", 0.1)
    server.is_deaf_to = "GetSceneList"
    with linked(server, told) as link:
        waiting = link.call(lambda obs: obs.ask("GetSceneList"))
        while "GetSceneList" not in server.said:
            assert not waiting.done()
        begun_s = time.monotonic()
        link.close()
        assert time.monotonic() - begun_s < 3.0
        assert isinstance(waiting.exception(0), ObsUnavailable)


def test_close_does_not_wait_for_a_locked_keyring(server: FakeObs, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs_link, "CLOSE_POLITELY_WITHIN_S", 0.05)
    monkeypatch.setattr(obs_link, "CLOSE_WITHIN_S", 0.05)
    is_unlocked = threading.Event()
    with server.running():

        def read_password() -> str | None:
            is_unlocked.wait(WITHIN_S)
            return None

        link = ObsLink("127.0.0.1", server.port, read_password, on_state=told.states.put)
        waiting = link.call(rest)
        link.close()
        assert isinstance(waiting.exception(0), ObsUnavailable)
        is_unlocked.set()
        link._thread.join(WITHIN_S)
    assert told.states.empty()
