"""The remote coach in the settings, in a live show and in a review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from martlive_desktop import live_show
from martlive_desktop.core.errors import RemoteRefused, SettingsInvalid
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.live_show import LiveShow, session_started
from martlive_desktop.settings import ADDRESS_RULE, RemoteSettings, Settings, load_settings, save_settings
from tests.unit.test_live_show import DID, did, part, show, writer_of

__all__ = ["show"]


@pytest.mark.parametrize(
    "url",
    [
        "https://coach.example.com",
        "https://coach.example.com:8443",
        "http://127.0.0.1:8765",
        "http://localhost:8765",
        "http://[::1]:8765",
        "",
    ],
)
def test_address_may_be(url: str, tmp_path: Path) -> None:
    settings = Settings(remote=RemoteSettings(url=url))
    save_settings(settings, tmp_path / "settings.toml")
    assert load_settings(tmp_path / "settings.toml").remote.url == url


@pytest.mark.parametrize(
    "url",
    [
        "coach.example.com",
        "http://coach.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "https://user:secret@coach.example.com",
        "https://coach.example.com/path",
        "https://coach.example.com?key=mlk_a",
        "https://coach.example.com#x",
        "https://coach.example.com:port",
        "https://coach exam.ple",
        "https://",
        "https://[::1",
        "ws://127.0.0.1:8765",
        "file:///etc/passwd",
    ],
)
def test_address_may_not_be(url: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"[remote]\nurl = {json.dumps(url)}\n")
    with pytest.raises(SettingsInvalid) as failed:
        load_settings(file)
    assert failed.value.field == "remote.url"
    assert ADDRESS_RULE in str(failed.value)


def test_nothing_leaves_at_first() -> None:
    assert Settings().remote == RemoteSettings(url="", coach=False, recognition=False)


def remote(**switches: bool) -> dict[str, Any]:
    return {"remote": {"url": "https://coach.example.com", **switches}}


class FakeRemote(part("remote")):  # type: ignore[misc]
    pass


@pytest.fixture
def remote_show(show: LiveShow, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveShow]:
    """A show that hears by the remote coach."""
    told: list[Any] = []

    def start(_settings: object, _plan: object, start_local: object, on_leaving: Any) -> FakeRemote:
        on_leaving(True)
        made = FakeRemote()
        made.start_local, made.on_leaving = start_local, on_leaving
        told.append(made)
        return made

    monkeypatch.setattr(live_show, "start_remote_recogniser", start)
    monkeypatch.setattr("martlive_desktop.adapters.recogniser_remote.RemoteRecogniser", FakeRemote)
    DID.clear()
    one = LiveShow(ShowPlan(), Settings.model_validate(remote(recognition=True)), listeners=())
    yield one
    one.close()


def notes() -> list[object]:
    return [name for name, _ in DID if name == "live note"]


def test_hearing_far_away_lights_the_lamp(remote_show: LiveShow) -> None:
    assert ("live note", "on") in DID
    DID.clear()
    remote_show._recogniser.on_leaving(False)  # type: ignore[union-attr]
    assert ("live note", "off") in DID


def test_lamp_stays_while_anything_leaves(remote_show: LiveShow) -> None:
    DID.clear()
    remote_show.use(Settings.model_validate(remote(recognition=True, coach=True)))
    remote_show._recogniser.on_leaving(False)  # type: ignore[union-attr]
    assert notes() == []
    remote_show.use(Settings.model_validate(remote(recognition=True)))
    assert ("live note", "off") in DID


def test_switch_that_is_turned_off_acts_at_once(remote_show: LiveShow) -> None:
    assert "remote fall_back" in did(remote_show, **remote(recognition=False))


def test_local_models_change_only_what_hears_here(remote_show: LiveShow) -> None:
    changed = {**remote(recognition=True), "recogniser": {"pace": "finals"}}
    assert did(remote_show, **changed) == []
    remote_show._recogniser.start_local()  # type: ignore[union-attr]
    changed["recogniser"]["pace"] = "economy"
    assert did(remote_show, **changed) == ["remote use"]


@pytest.mark.parametrize("is_on", [True, False])
def test_tips_are_worded_elsewhere_at_once(show: LiveShow, is_on: bool) -> None:
    if not is_on:
        did(show, **remote(coach=True))
    # The lamp is lit before anything leaves, and goes out after the last of it.
    order = ["live note", "live use_writer"] if is_on else ["live use_writer", "live note"]
    assert did(show, **remote(coach=is_on)) == order
    assert ("live note", "on" if is_on else "off") in DID


def test_address_of_what_is_off_changes_nothing(show: LiveShow) -> None:
    assert did(show, **remote()) == []


def test_other_key_is_used_at_once(show: LiveShow) -> None:
    show.renew_remote()
    assert DID == []
    did(show, **remote(coach=True))
    DID.clear()
    show.renew_remote()
    assert [name for name, _ in DID] == ["live use_writer"]


def test_show_without_a_key_goes_on_by_itself_and_says_so(show: LiveShow, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(settings: Settings, *_: object) -> Any:
        if settings.remote.coach:
            raise RemoteRefused("The remote coach needs its key.", status=401, problem="unauthorized")
        return writer_of(settings)

    monkeypatch.setattr(live_show, "start_writer", refuse)
    assert did(show, **remote(coach=True)) == ["live use_writer", "live note"]
    assert DID[-1] == ("live note", "The remote coach needs its key.")


def test_show_that_cannot_hear_far_away_hears_here(show: LiveShow, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RemoteRefused("The remote coach needs its key.", status=401, problem="unauthorized")

    monkeypatch.setattr(live_show, "start_remote_recogniser", refuse)
    one = LiveShow(ShowPlan(), Settings.model_validate(remote(recognition=True)), listeners=())
    assert (
        DID[-1] == ("live note", "The remote coach needs its key.")
        or (
            "live note",
            "The remote coach needs its key.",
        )
        in DID
    )
    assert one.pids["recogniser"] == 7
    one.close()


def test_session_names_what_it_used() -> None:
    both = Settings.model_validate({**remote(coach=True), "coach": {"writer": "local"}})
    assert session_started(ShowPlan(), both, "microphone", "whisper-base").models == (
        "whisper-base",
        "smollm2-135m",
        "remote",
    )
    assert session_started(ShowPlan(), both, "microphone", "remote").models == ("remote", "smollm2-135m")
