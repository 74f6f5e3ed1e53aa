"""What `martlive doctor` finds, and what it tells people to do."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from martlive_desktop import cli, components, doctor
from martlive_desktop.adapters.component_store import ComponentState, ComponentStore, Where
from martlive_desktop.core.errors import KeyringUnavailable, MicrophoneUnavailable, ModelDamaged, ModelMissing
from martlive_desktop.doctor import Finding
from martlive_desktop.inference import compute
from martlive_desktop.settings import Settings
from tests.fakes.cloud import KEY, FakeCloud

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.delenv("MARTLIVE_REMOTE_KEY", raising=False)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.find_secret", lambda _name: None)
    return tmp_path


class Models:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def verify(self, _name: str) -> None:
        if self.error:
            raise self.error


def with_models(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
    monkeypatch.setattr(doctor, "model_store", lambda: Models(error))


def settings(**groups: Any) -> Settings:
    return Settings.model_validate(groups)


def test_settings_that_cannot_be_read_are_named_and_the_rest_is_looked_at(home: Path) -> None:
    (home / "settings.toml").write_text("overlay = 7\n")
    read, finding = doctor._settings()
    assert (read, finding.state) == (Settings(), "fault")
    assert finding.sentence.startswith("overlay must be")
    (home / "settings.toml").write_text("")
    assert doctor._settings()[1].state == "ok"


@pytest.mark.parametrize(
    ("error", "recognition", "state"),
    [
        (None, False, "ok"),
        (ModelMissing("It is not here; run `martlive models pull x`.", name="x"), False, "fault"),
        (ModelDamaged("It is damaged.", name="x", file="y"), True, "advice"),
    ],
    ids=["whole", "missing", "damaged, but heard far away"],
)
def test_speech_model(monkeypatch: pytest.MonkeyPatch, error: Exception | None, recognition: bool, state: str) -> None:
    with_models(monkeypatch, error)
    assert doctor._speech_model(settings(remote={"recognition": recognition})).state == state


def test_language_model_is_looked_at_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    with_models(monkeypatch)
    assert doctor._language_model(settings()).sentence.startswith("None is asked for")
    local = settings(coach={"writer": "local"})
    assert doctor._language_model(local).state == "ok"
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert "martlive[llm]" in doctor._language_model(local).sentence
    assert doctor._packages(local).sentence.endswith("pip install 'martlive[asr,desktop,screen]'")


@pytest.mark.parametrize(
    ("names", "wanted", "state"),
    [([], "", "fault"), (["Yeti"], "", "ok"), (["Yeti"], "Yeti", "ok"), (["Yeti"], "Blue", "fault")],
)
def test_microphone(monkeypatch: pytest.MonkeyPatch, names: list[str], wanted: str, state: str) -> None:
    found = [type("Info", (), {"name": name}) for name in names]
    monkeypatch.setattr("martlive_desktop.adapters.devices.list_microphones", lambda: found)
    assert doctor._microphone(settings(microphone={"device": wanted})).state == state


def test_part_that_fails_hangs_or_is_missing_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_settings: Settings) -> Finding:
        raise MicrophoneUnavailable("The sound library is missing")

    def is_missing(_settings: Settings) -> Finding:
        raise ImportError(name="sounddevice")

    released = threading.Event()

    def hangs(_settings: Settings) -> Finding:
        released.wait()
        return Finding("x", "ok", "")

    assert doctor._in_time("x", fails, settings()) == Finding("x", "fault", "The sound library is missing.")
    assert "sounddevice" in doctor._in_time("x", is_missing, settings()).sentence
    monkeypatch.setattr(doctor, "WITHIN_S", 0.05)
    assert doctor._in_time("x", hangs, settings()).state == "fault"
    released.set()


@pytest.mark.parametrize(("free", "state"), [(10**8, "fault"), (10**9, "advice"), (10**10, "ok")])
def test_disk(monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": free}))
    assert doctor._disk(settings()).state == state


def test_past_shows_are_looked_into_and_left_as_they_are(home: Path) -> None:
    assert doctor._shows(settings()).sentence == "There are none yet."
    path = home / "data/sessions/sessions.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE sessions (number INTEGER)")
        db.execute("INSERT INTO sessions VALUES (1)")
    db.close()
    assert doctor._shows(settings()) == Finding("past shows", "ok", "1, in a file without a fault.")
    damaged = b"no database" * 1000
    path.write_bytes(damaged)
    assert doctor._shows(settings()).state == "fault"
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(("keeps_sound", "state"), [(False, "advice"), (True, "fault")])
def test_keyring(monkeypatch: pytest.MonkeyPatch, keeps_sound: bool, state: str) -> None:
    assert doctor._keyring(settings()).state == "ok"

    def locked(_name: str) -> None:
        raise KeyringUnavailable("Locked.")

    monkeypatch.setattr("martlive_desktop.adapters.secrets.find_secret", locked)
    assert doctor._keyring(settings(keeping={"audio": keeps_sound})).state == state


def test_without_a_display_nothing_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for check in (doctor._screen, doctor._compositor, doctor._hotkeys):
        assert check(settings()).state in ("ok", "advice")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
    assert doctor._compositor(settings()).sentence == "Wayland."


def test_obs_is_asked_where_it_is_on() -> None:
    assert doctor._obs(settings()).state == "ok"
    finding = doctor._obs(settings(obs={"is_on": True, "port": 1}))
    assert finding == Finding(
        "OBS", "advice", "OBS does not answer; start it and turn on its WebSocket server under Tools."
    )


@pytest.mark.parametrize(
    ("cards", "where", "finding"),
    [
        ([], None, Finding("graphics card", "ok", "None with CUDA; the processor hears.")),
        (["RTX 4060"], None, Finding("graphics card", "ok", "RTX 4060.")),
        (["RTX 4060"], "installed", Finding("graphics card", "ok", "RTX 4060; it can recognise speech.")),
        (
            ["RTX 4060"],
            "missing",
            Finding(
                "graphics card",
                "advice",
                "RTX 4060 could recognise speech; `martlive components fetch speech-cuda` brings what it needs.",
            ),
        ),
    ],
)
def test_graphics_card_that_lacks_its_libraries_is_told_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, cards: list[str], where: Where | None, finding: Finding
) -> None:
    made = ComponentStore(Path("nowhere"), platform="linux-x86_64").state("speech-cuda").component
    monkeypatch.setattr(compute, "gpu_names", lambda: cards)
    monkeypatch.setattr(components, "offered", lambda _engine: ComponentState(made, where) if where else None)
    assert doctor._graphics_card(settings()) == finding


def test_remote_coach_is_tried_where_it_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._remote(settings()).state == "ok"
    with FakeCloud().running() as cloud:
        wish = {"url": cloud.url, "coach": True}
        assert doctor._remote(settings(remote=wish)).sentence.endswith("(key)")
        monkeypatch.setenv("MARTLIVE_REMOTE_KEY", KEY)
        finding = doctor._remote(settings(remote=wish))
        assert finding.state == "ok"
        assert finding.sentence.endswith(" ms.")
        cloud.key = "another"
        assert doctor._remote(settings(remote=wish)).state == "fault"
        assert doctor._remote(settings(remote={"url": cloud.url})).state == "advice"


def test_whole_examination_says_something_of_every_part() -> None:
    found = list(doctor.examine())
    assert [one.name for one in found] == [
        "settings",
        "version",
        "packages",
        "speech model",
        "language model",
        "microphone",
        "sound server",
        "screen",
        "compositor",
        "hotkeys",
        "OBS",
        "disk",
        "past shows",
        "keyring",
        "graphics card",
        "remote coach",
    ]
    assert [one for one in found if not one.sentence.endswith((".", ")", "'"))] == []


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("advice", 0), ("fault", 1)])
def test_command_prints_a_line_for_each_and_fails_where_something_is_at_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: doctor.State, code: int
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: iter([Finding("disk", state, "Make room.")]))
    assert cli.run(["doctor"]) == code
    assert capsys.readouterr().out.endswith("disk: Make room.\n")
    assert cli.run(["doctor", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == [{"name": "disk", "state": state, "sentence": "Make room."}]
