"""Shows begin, change and end behind the windows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt

from martlive_desktop import desktop_show
from martlive_desktop.core.errors import MartLiveError, MicrophoneUnavailable, StoreUnavailable
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.desktop_show import ShowDesk
from martlive_desktop.settings import Settings

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


tidied: list[Settings] = []
"""The settings by which past shows were deleted."""


class FakeShow:
    """A show that notes what is done with it."""

    made: list[FakeShow]
    refusal: MartLiveError | None

    def __init__(self, plan: ShowPlan, settings: Settings, **parts: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.plan, self.settings, self.parts = plan, settings, parts
        self.thread = threading.current_thread()
        self.live: Any = SimpleNamespace(error=None)
        self.watch = object()
        self.pids = {"recogniser": 1}
        self.session_id = "20261128-140000-abc"
        self.did: list[str] = []
        self.made.append(self)

    def use(self, settings: Settings) -> None:
        if settings.recogniser.model == "gone":
            raise MartLiveError("There is no such model.")
        self.settings = settings
        self.did.append("use")

    def wake(self) -> None:
        self.did.append("wake")

    def note_lagged_frames(self, share: float) -> None:
        self.did.append(f"lagged {share}")

    def close(self) -> None:
        self.parts["on_end"]()
        self.did.append("close")


@pytest.fixture
def desk(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShowDesk]:
    monkeypatch.setattr(FakeShow, "made", [], raising=False)
    monkeypatch.setattr(FakeShow, "refusal", None, raising=False)
    monkeypatch.setattr(desktop_show, "LiveShow", FakeShow)
    monkeypatch.setattr(desktop_show, "enforce_keeping", lambda settings, _: tidied.append(settings))
    monkeypatch.setattr(desktop_show, "measure_show", lambda _: None)
    monkeypatch.setattr(desktop_show, "make_page", lambda *_: None)
    monkeypatch.setattr(desktop_show, "word_show", lambda *_: None)
    tidied.clear()
    desk = ShowDesk((), lambda *_: None)
    yield desk
    desk.close()
    desk.deleteLater()


def begin(qtbot: QtBot, desk: ShowDesk) -> FakeShow:
    with qtbot.waitSignals([desk.planned, desk.started]):
        desk.begin(ShowPlan(title="Sunday"), Settings())
    return FakeShow.made[-1]


def test_show_begins_and_ends_on_another_thread(qtbot: QtBot, desk: ShowDesk) -> None:
    show = begin(qtbot, desk)
    assert show.thread is not threading.current_thread()
    assert desk.is_wanted
    assert desk.live == show.live
    assert desk.watch is show.watch
    assert desk.pids == {"recogniser": 1}
    desk.end()
    qtbot.waitUntil(lambda: desk.live is None)
    assert show.did == ["close"]
    assert desk.pids == {}
    assert desk.watch is None


def test_show_that_breaks_by_a_fault_of_ours_is_told(
    qtbot: QtBot, desk: ShowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise LookupError

    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: seen.append(told.exc_type))
    monkeypatch.setattr(desktop_show, "LiveShow", break_down)
    with qtbot.waitSignal(desk.failed) as told:
        desk.begin(ShowPlan(), Settings())
    assert str(told.args[0]) == desktop_show.BROKEN
    desk.close()
    assert seen == [LookupError]


def test_past_shows_are_tidied_when_asked_and_after_each_show(qtbot: QtBot, desk: ShowDesk) -> None:
    first, after = Settings(), Settings.model_validate({"keeping": {"audio_days": 3}})
    desk.tidy(first)
    begin(qtbot, desk)
    assert tidied == [first]
    desk.use(after)
    desk.end()
    qtbot.waitUntil(lambda: len(tidied) == 2)
    assert tidied[-1] == after
    assert desk.live is None


def test_past_shows_that_cannot_be_read_stop_nothing(
    qtbot: QtBot, desk: ShowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_settings: Settings, _tell: object) -> None:
        raise StoreUnavailable("Your shows cannot be opened.")

    monkeypatch.setattr(desktop_show, "enforce_keeping", refuse)
    with qtbot.assertNotEmitted(desk.failed):
        desk.tidy(Settings())
        begin(qtbot, desk)


def test_what_was_saved_of_a_damaged_file_is_told(
    qtbot: QtBot, desk: ShowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop_show, "enforce_keeping", lambda _settings, tell: tell("Shows that could be saved: 3."))
    with qtbot.waitSignal(desk.said) as told:
        desk.tidy(Settings())
    assert told.args == ["Shows that could be saved: 3."]


def test_show_that_was_ended_is_not_wanted(qtbot: QtBot, desk: ShowDesk) -> None:
    begin(qtbot, desk)
    desk.end()
    assert not desk.is_wanted


def test_show_that_was_ended_is_told_when_it_is_kept(qtbot: QtBot, desk: ShowDesk) -> None:
    show = begin(qtbot, desk)
    with qtbot.waitSignal(desk.kept) as told:
        desk.end()
    assert told.args == ["20261128-140000-abc"]
    assert show.did == ["close"]


def test_show_is_measured_before_its_report_is_offered_and_worded_after_it(
    qtbot: QtBot, desk: ShowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    is_pressed = threading.Event()

    def word(session_id: str, _settings: Settings, cancelled: threading.Event) -> None:
        did.append(f"worded {session_id}")
        # As a slow model: until somebody begins another show.
        assert cancelled.wait(10)
        is_pressed.set()

    monkeypatch.setattr(desktop_show, "measure_show", lambda session_id: did.append(f"measured {session_id}"))
    monkeypatch.setattr(desktop_show, "make_page", lambda session_id, _language: did.append(f"written {session_id}"))
    monkeypatch.setattr(desktop_show, "word_show", word)
    desk.kept.connect(lambda session_id: did.append(f"told {session_id}"), Qt.ConnectionType.DirectConnection)
    begin(qtbot, desk)
    desk.end()
    qtbot.waitUntil(lambda: len(did) == 4)
    assert did == [f"{what} 20261128-140000-abc" for what in ("measured", "written", "told", "worded")]
    begin(qtbot, desk)
    assert is_pressed.is_set()


def test_second_show_takes_the_place_of_the_first(qtbot: QtBot, desk: ShowDesk) -> None:
    first = begin(qtbot, desk)
    second = begin(qtbot, desk)
    assert first.did == ["close"]
    assert desk.live is second.live


def test_what_is_set_and_measured_reaches_the_show(qtbot: QtBot, desk: ShowDesk) -> None:
    desk.use(Settings())
    desk.wake()
    desk.note_lagged_frames(0.5)
    show = begin(qtbot, desk)
    desk.use(Settings())
    desk.wake()
    desk.note_lagged_frames(0.25)
    qtbot.waitUntil(lambda: len(show.did) == 3)
    assert sorted(show.did) == ["lagged 0.25", "use", "wake"]


def test_setting_that_cannot_be_used_is_told_and_the_show_goes_on(qtbot: QtBot, desk: ShowDesk) -> None:
    begin(qtbot, desk)
    with qtbot.waitSignal(desk.refused) as told, qtbot.assertNotEmitted(desk.failed):
        desk.use(Settings.model_validate({"recogniser": {"model": "gone"}}))
    assert told.args == ["There is no such model."]
    assert desk.live is not None


def test_show_that_cannot_begin_is_told_and_another_may(
    qtbot: QtBot, desk: ShowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeShow, "refusal", MicrophoneUnavailable("No microphone was found."))
    with qtbot.waitSignal(desk.failed):
        desk.begin(ShowPlan(), Settings())
    assert desk.live is None
    monkeypatch.setattr(FakeShow, "refusal", None)
    begin(qtbot, desk)


def test_show_whose_sound_broke_off_is_over_and_says_why(qtbot: QtBot, desk: ShowDesk) -> None:
    show = begin(qtbot, desk)
    assert desk.error is None
    show.live.error = MicrophoneUnavailable("It is gone.")
    assert desk.live is None
    assert str(desk.error) == "It is gone."


def test_only_a_show_that_ends_by_itself_is_told(qtbot: QtBot, desk: ShowDesk) -> None:
    told: list[bool] = []
    desk.ended.connect(lambda: told.append(True))
    first = begin(qtbot, desk)
    begin(qtbot, desk)
    assert first.did == ["close"]
    assert told == []
    assert desk.is_wanted
    with qtbot.waitSignal(desk.ended):
        FakeShow.made[-1].parts["on_end"]()
    assert not desk.is_wanted
