"""OBS as a websocket on this computer, joined to the show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from martlive_desktop import obs_password
from martlive_desktop.adapters import obs_source
from martlive_desktop.core.errors import KeyringUnavailable
from martlive_desktop.core.events import Transcript
from martlive_desktop.desktop_obs import NOT_ON, ObsDesk
from martlive_desktop.settings import ObsSettings
from tests.fakes.obs import FakeInput, FakeObs
from tests.unit.test_obs_source import X11_WINDOW, card, png

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

WITHIN_MS = 10_000


@dataclass
class Notes:
    """A session that keeps what it is told."""

    kept: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, part: str, state: str, detail: str = "") -> None:
        self.kept.append((part, state, detail))


class Show(QObject):
    """A show as far as OBS goes."""

    started = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.live = Notes()
        self.shares: list[float] = []

    def note_lagged_frames(self, share: float) -> None:
        self.shares.append(share)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeObs]:
    monkeypatch.setattr(obs_password, "_given", [])
    monkeypatch.setattr("martlive_desktop.adapters.secrets.read_secret", lambda _name: None)
    monkeypatch.setattr(obs_source, "CHECK_WITHIN_S", 0.2)
    obs = FakeObs(None)
    obs.windows["capture_window"] = [{"itemName": "MartLive Overlay", "itemValue": X11_WINDOW, "itemEnabled": True}]
    obs.picture = png(card())
    with obs.running():
        yield obs


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    return Show()


def wish(server: FakeObs, **choices: bool) -> ObsSettings:
    return ObsSettings.model_validate({"is_on": True, "port": server.port, **choices})


@pytest.fixture
def desk(server: FakeObs, show: Show) -> Iterator[ObsDesk]:
    desk = ObsDesk(wish(server), show, card)  # type: ignore[arg-type]
    yield desk
    desk.close()
    desk.deleteLater()


def wait_until_connected(qtbot: QtBot, desk: ObsDesk) -> None:
    qtbot.waitUntil(lambda: desk.state.is_connected, timeout=WITHIN_MS)


def test_session_learns_the_scene_and_when_it_is_muted_on_air(
    qtbot: QtBot, desk: ObsDesk, show: Show, server: FakeObs
) -> None:
    wait_until_connected(qtbot, desk)
    assert ("scene", "on", "Live") in show.live.kept
    server.inputs["Mic"] = FakeInput("pulse_input_capture", is_muted=True)
    server.is_streaming = True
    with qtbot.waitSignal(desk.streaming_changed, timeout=WITHIN_MS) as told:
        server.tell("StreamStateChanged")
    assert told.args == [True]
    qtbot.waitUntil(lambda: ("obs", "muted", "") in show.live.kept, timeout=WITHIN_MS)
    show.live.kept.clear()
    show.started.emit()
    assert ("obs", "muted", "") in show.live.kept


def test_mute_is_not_told_to_who_does_not_want_it(qtbot: QtBot, server: FakeObs, show: Show) -> None:
    server.inputs["Mic"] = FakeInput("pulse_input_capture", is_muted=True)
    server.is_recording = True
    desk = ObsDesk(wish(server, warns_muted=False), show, card)  # type: ignore[arg-type]
    wait_until_connected(qtbot, desk)
    assert {state for part, state, _ in show.live.kept if part == "obs"} == {"gone"}
    desk.use(wish(server))
    assert show.live.kept[-2:] == [("obs", "muted", ""), ("scene", "on", "Live")]
    desk.close()


def test_stream_that_ended_while_obs_was_away_has_ended(qtbot: QtBot, desk: ObsDesk, server: FakeObs) -> None:
    server.is_streaming = True
    told: list[bool] = []
    desk.streaming_changed.connect(told.append)
    qtbot.waitUntil(lambda: told == [True], timeout=WITHIN_MS)
    server.is_streaming = False
    server.drop()
    qtbot.waitUntil(lambda: told == [True, False], timeout=WITHIN_MS)


def test_one_click_shows_the_window_and_says_so(qtbot: QtBot, desk: ObsDesk, server: FakeObs) -> None:
    wait_until_connected(qtbot, desk)
    with qtbot.waitSignal(desk.source_made, timeout=WITHIN_MS) as told:
        desk.add_window()
    assert told.args == [True, "OBS shows it in the scene “Live”."]
    assert server.items == ["MartLive"]


def test_browser_source_needs_an_obs_that_has_one(qtbot: QtBot, desk: ObsDesk) -> None:
    wait_until_connected(qtbot, desk)
    with qtbot.waitSignal(desk.source_made, timeout=WITHIN_MS) as told:
        desk.add_browser("http://127.0.0.1:1/secret/", 1920, 1080)
    assert told.args is not None
    assert told.args[0] is False


def test_click_without_obs_says_what_to_do(qtbot: QtBot, show: Show) -> None:
    desk = ObsDesk(ObsSettings(), show, card)  # type: ignore[arg-type]
    with qtbot.waitSignal(desk.source_made) as told:
        desk.add_window()
    assert told.args == [False, NOT_ON]


def test_sentence_comes_where_obs_goes_in_the_middle(qtbot: QtBot, desk: ObsDesk, server: FakeObs) -> None:
    wait_until_connected(qtbot, desk)
    server.is_deaf_to = "GetInputKindList"
    with qtbot.waitSignal(desk.source_made, timeout=WITHIN_MS) as told:
        desk.add_window()
        qtbot.waitUntil(lambda: "GetInputKindList" in server.said, timeout=WITHIN_MS)
        server.drop()
    assert told.args is not None
    assert told.args[0] is False
    assert str(told.args[1]).endswith(".")


def test_captions_go_out_only_where_they_are_wanted(qtbot: QtBot, desk: ObsDesk, server: FakeObs) -> None:
    server.is_streaming = True
    qtbot.waitUntil(lambda: desk.state.is_streaming, timeout=WITHIN_MS)
    desk.post(Transcript(1, is_final=True, utterance=0, text="not these", words=()))
    desk.use(wish(server, captions=True))
    desk.post(Transcript(2, is_final=False, utterance=1, text="nor these", words=()))
    desk.post(Transcript(3, is_final=True, utterance=1, text="these words", words=()))
    qtbot.waitUntil(lambda: server.captions == ["these words"], timeout=WITHIN_MS)


def test_obs_is_left_and_found_as_the_settings_say(qtbot: QtBot, desk: ObsDesk, server: FakeObs) -> None:
    wait_until_connected(qtbot, desk)
    desk.use(ObsSettings(port=server.port))
    assert not desk.state.is_connected
    desk.use(wish(server))
    wait_until_connected(qtbot, desk)


def test_password_that_no_keyring_takes_is_used_all_the_same(
    qtbot: QtBot, show: Show, server: FakeObs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_name: str, _value: str) -> None:
        raise KeyringUnavailable("Your system keeps no passwords for MartLive; type it again next time.")

    monkeypatch.setattr("martlive_desktop.adapters.secrets.write_secret", refuse)
    server.password = "plum"
    desk = ObsDesk(wish(server), show, card)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: bool(desk.state.trouble), timeout=WITHIN_MS)
    with qtbot.waitSignal(desk.said, timeout=WITHIN_MS) as told:
        desk.keep_password("plum")
    assert told.args == ["Your system keeps no passwords for MartLive; type it again next time."]
    wait_until_connected(qtbot, desk)
    desk.close()


def test_share_of_lost_frames_reaches_the_show(qtbot: QtBot, desk: ObsDesk, show: Show) -> None:
    wait_until_connected(qtbot, desk)
    qtbot.waitUntil(lambda: bool(show.shares), timeout=WITHIN_MS)
    assert isinstance(np.mean(show.shares), float)


def test_empty_password_forgets_the_one_that_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr(obs_password, "_given", [])
    monkeypatch.delenv(obs_password.VARIABLE, raising=False)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.write_secret", kept.__setitem__)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.read_secret", kept.get)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.forget_secret", kept.pop)
    obs_password.keep_obs_password("plum")
    assert obs_password.obs_password() == "plum"
    obs_password.keep_obs_password("")
    assert kept == {}
    assert obs_password.obs_password() is None
