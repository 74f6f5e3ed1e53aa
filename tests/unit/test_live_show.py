"""A show that goes on while its settings change; its parts are fakes, for the real ones are in tests/desktop."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from martlive_desktop import live_show
from martlive_desktop.adapters import audio_keep, chat_twitch, loopback, microphone
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.coaching import Coach
from martlive_desktop.core.errors import ModelMissing, UsageError
from martlive_desktop.core.events import SessionStarted
from martlive_desktop.core.habits import Habits
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.live_show import LiveShow, begin_session
from martlive_desktop.pipeline import live
from martlive_desktop.settings import Settings

DID: list[tuple[str, object]] = []


class Part:
    """Notes what is asked of it."""

    name = "part"
    pid: int | None = None

    def __init__(self, *_arguments: object, **_named: object) -> None:
        self.chat, self.source = self, self
        self.now_ms, self.error, self.habits = 0, None, Habits()

    def __getattr__(self, asked: str) -> Any:
        def note(*arguments: object, **_named: object) -> Any:
            DID.append((f"{self.name} {asked}", arguments[-1] if arguments else None))

        return note


def part(name: str, pid: int | None = None) -> type[Part]:
    return type(name, (Part,), {"name": name, "pid": pid})


class FakeLive(Part):
    name = "live"

    def change(self, act: Any) -> None:
        act()


class FakeTwitch(part("twitch")):  # type: ignore[misc]
    def __init__(self, channel: str, _clock: object) -> None:
        super().__init__()
        if " " in channel:
            raise UsageError("Twitch has no such channel.")


class FakeLoopback(part("loopback")):  # type: ignore[misc]
    @staticmethod
    def is_available() -> bool:
        return True


@contextlib.contextmanager
def no_store(_trouble: object) -> Iterator[Part]:
    yield part("store")()


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LiveShow]:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    coach = Coach(part("session")(), lambda settings: DID.append(("coach use", settings)))  # type: ignore[arg-type]
    monkeypatch.setattr(live_show, "build_coach", lambda *_: coach)
    monkeypatch.setattr(live_show, "session_store", no_store)
    monkeypatch.setattr(live_show, "begin_session", lambda *_: "s1")
    monkeypatch.setattr(live_show, "start_recogniser", lambda *_, **__: part("recogniser", 7)())
    monkeypatch.setattr(live_show, "start_writer", writer_of)
    monkeypatch.setattr(live_show, "recogniser_config", config_of)
    monkeypatch.setattr(live_show.dataclasses, "replace", lambda config, **_: config)  # type: ignore[attr-defined]
    monkeypatch.setattr(live, "LiveSession", FakeLive)
    monkeypatch.setattr("martlive_desktop.watching.LiveWatch", part("watch", 9))
    monkeypatch.setattr(microphone, "Microphone", part("microphone"))
    monkeypatch.setattr(chat_twitch, "TwitchChat", FakeTwitch)
    monkeypatch.setattr(audio_keep, "AudioKeep", part("keep"))
    monkeypatch.setattr(loopback, "PulseLoopback", FakeLoopback)
    show = LiveShow(ShowPlan(), Settings(), listeners=())
    DID.clear()
    yield show
    show.close()


def writer_of(settings: Settings, *_: object) -> tuple[object, Part] | None:
    return (object(), part("writer", 8)()) if settings.coach.writer == "local" else None


def config_of(settings: Settings, *_: object, **__: object) -> str:
    if settings.recogniser.model == "gone":
        raise ModelMissing("There is no such model.", name="gone")
    return settings.recogniser.model


def did(show: LiveShow, **groups: Any) -> list[str]:
    """What the parts are asked for when `groups` of the settings change."""
    DID.clear()
    show.use(Settings.model_validate_json(json.dumps(groups)))
    return [name for name, _ in DID]


def is_sound_kept(show: LiveShow) -> bool:
    return show._sound.keep is not None


def test_same_settings_change_nothing(show: LiveShow) -> None:
    assert did(show) == []


@pytest.mark.parametrize(
    ("groups", "asked"),
    [
        ({"signals": {"pauses": {"selling_s": 3.0}}}, ["coach use"]),
        ({"signals": {"picture": {"black_s": 1.0}}}, ["coach use", "watch use_limits"]),
        ({"screen": {"source": "monitor"}}, ["watch choose"]),
        ({"obs": {"is_on": True}}, ["watch choose"]),
        ({"microphone": {"device": "Yeti"}}, ["microphone choose"]),
        ({"microphone": {"watch_echo": False}}, ["live follow"]),
        ({"chat": {"twitch": "rosa"}}, ["watch choose", "live follow"]),
        ({"recogniser": {"pace": "finals"}}, ["recogniser use"]),
        ({"coach": {"writer": "local"}}, ["coach use", "live use_writer"]),
        ({"overlay": {"font_px": 30}}, []),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) and value else None,
)
def test_each_setting_reaches_the_part_that_it_is_for(show: LiveShow, groups: dict[str, Any], asked: list[str]) -> None:
    assert did(show, **groups) == asked


def test_another_writer_takes_the_place_of_the_first(show: LiveShow) -> None:
    did(show, coach={"writer": "local"})
    assert show.pids == {"recogniser": 7, "writer": 8, "reader": 9}
    assert did(show) == ["coach use", "live use_writer", "writer close"]
    assert show.pids == {"recogniser": 7, "reader": 9}


@pytest.mark.parametrize(
    "groups", [{"recogniser": {"model": "gone"}}, {"chat": {"twitch": "no such"}}], ids=["model", "channel"]
)
def test_setting_that_cannot_be_used_is_refused_and_the_next_one_is_taken(
    show: LiveShow, groups: dict[str, Any]
) -> None:
    with pytest.raises((ModelMissing, UsageError)):
        show.use(Settings.model_validate_json(json.dumps(groups)))
    assert did(show, microphone={"device": "Yeti"})[-1] != ""


def test_sound_is_kept_from_when_it_is_wanted_until_it_is_not(show: LiveShow) -> None:
    assert did(show, keeping={"audio": True}) == []
    assert is_sound_kept(show)
    assert did(show, keeping={"audio": True, "audio_days": 3}) == []
    assert did(show) == ["keep close", "live note"]
    assert not is_sound_kept(show)
    did(show, keeping={"audio": True})
    show.close()
    assert ("keep close", None) in DID


def test_microphone_is_opened_anew_after_a_sleep(show: LiveShow) -> None:
    show.wake()
    show.note_lagged_frames(0.5)
    assert DID == [("microphone choose", ""), ("recogniser note_lagged_frames", 0.5)]


@pytest.mark.parametrize(
    ("plan_title", "source", "expected"),
    [("Sunday bench", "microphone", "Sunday bench"), ("", "microphone", ""), ("", "lamps.take2.mp4", "lamps.take2")],
)
def test_show_is_called_as_its_plan_or_its_recording(
    tmp_path: Path, plan_title: str, source: str, expected: str
) -> None:
    with contextlib.closing(SqliteStore(tmp_path)) as store:
        begin_session(store, ShowPlan(title=plan_title), SessionStarted(0, "1.0", "talk", source, (), "d"))
        assert [one.title for one in store.list_sessions()] == [expected]
