"""No text of the user gets into a support bundle, whatever it stands in."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import typing
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from martlive_desktop import cli, support_bundle
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core import events as vocabulary
from martlive_desktop.core.errors import UsageError
from martlive_desktop.core.events import (
    Chat,
    Cue,
    LogEvent,
    Question,
    Rundown,
    Screen,
    SessionStarted,
    Signal,
    Status,
    Tip,
    TipClosed,
    Transcript,
    Word,
    to_json,
)
from martlive_desktop.doctor import Finding
from martlive_desktop.settings import Settings, save_settings
from martlive_desktop.support_bundle import (
    KEPT_BACK,
    OPEN_FINDINGS,
    PARTS,
    bundle,
    counted,
    open_settings,
    write_bundle,
)

pytestmark = pytest.mark.timeout(120)

MARKER = "xyzzymarmalade"
FOREIGN = "ЖЩЪЫ語彙"
"""Letters that nothing of MartLive's own in a bundle has."""
MODELS = ("whisper-base", "whisper-small")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "anna"))
    monkeypatch.setattr(support_bundle, "examine", lambda: iter([Finding("version", "ok", "MartLive 0.1.0.")]))
    return tmp_path


def text_fields(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Fields of settings that can hold a text, or texts, and a value of each that has the marker."""
    for name, hint in typing.get_type_hints(kind).items():
        if name not in kind.model_fields:
            continue
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            yield from text_fields(hint, f"{prefix}{name}.")
        elif hint is str:
            yield f"{prefix}{name}", MARKER
        elif typing.get_origin(hint) is frozenset:
            yield f"{prefix}{name}", [MARKER]
        elif typing.get_origin(hint) is dict:
            yield f"{prefix}{name}", {MARKER: [1, 2]}
        else:
            is_figure = hint in {bool, int, float} or dataclasses.is_dataclass(hint)
            parts = {part for part in typing.get_args(hint) if part is not type(None)}
            assert is_figure or typing.get_origin(hint) is Literal or "str" not in str(parts), f"{prefix}{name}: {hint}"


FORMS = {
    "remote.url": f"https://{MARKER}.example.com",
    "downloads.mirror": f"https://{MARKER}.example.com",
    "downloads.proxy": f"http://{MARKER}.example.com:3128",
}
FIELDS = [(field, FORMS.get(field, value)) for field, value in text_fields(Settings)]


def with_field(field: str, value: Any) -> Settings:
    data: dict[str, Any] = {}
    group = data
    *groups, name = field.split(".")
    for one in groups:
        group = group.setdefault(one, {})
    group[name] = value
    return Settings.model_validate_json(json.dumps(data))


def test_texts_of_settings_are_known() -> None:
    assert {"coach.do_not_say", "show.plan", "screen.window", "chat.twitch", "obs.host", "overlay.places"} < {
        field for field, _ in FIELDS
    }


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=[field for field, _ in FIELDS])
def test_text_of_a_setting_stays_out(home: Path, field: str, value: Any) -> None:
    save_settings(with_field(field, value), home / "settings.toml")
    assert MARKER in (home / "settings.toml").read_text()
    quoting = [Finding(name, "fault", f"{value} {MARKER} is not there.") for name in ("speech model", "microphone")]
    files = bundle(quoting)
    assert [name for name, text in files.items() if MARKER in text] == []
    assert json.loads(files["settings.json"])[field] == KEPT_BACK


@pytest.mark.parametrize("name", ["settings", "microphone", "OBS", "disk", "past shows", "remote coach", "a new one"])
def test_sentence_of_a_finding_that_may_quote_the_user_stays_out(name: str) -> None:
    [found] = json.loads(bundle([Finding(name, "fault", f"{MARKER} is wrong.")])["doctor.json"])
    assert found == {"name": name, "state": "fault", "sentence": KEPT_BACK}


def test_choices_and_figures_are_seen() -> None:
    settings = Settings.model_validate_json(
        json.dumps(
            {
                "overlay": {"theme": "light", "x": -7},
                "recogniser": {"model": "whisper-small", "language": "zh"},
                "hotkeys": {"toggle": "ctrl+alt+t", "mark": "my own words"},
                "coach": {"policy": {"off_kinds": ["well_done"]}},
                "screen": {"region": [1, 2, 3, 4]},
            }
        )
    )
    seen = open_settings(settings, MODELS)
    wanted = {
        "overlay.theme": "light",
        "overlay.x": -7,
        "recogniser.model": "whisper-small",
        "recogniser.language": "zh",
        "hotkeys.toggle": "ctrl+alt+t",
        "hotkeys.mark": KEPT_BACK,
        "coach.policy.off_kinds": ["well_done"],
        "screen.region": (1, 2, 3, 4),
        "obs.host": "127.0.0.1",
    }
    assert {field: seen[field] for field in wanted} == wanted


texts = st.text(FOREIGN, min_size=1, max_size=6)
times = st.integers(0, 10**8)
words = st.builds(Word, texts, times, times, st.floats(0, 1))
of_any_kind: st.SearchStrategy[LogEvent] = st.one_of(
    st.builds(SessionStarted, times, texts, texts, texts, st.tuples(texts), texts),
    st.builds(Transcript, times, st.booleans(), times, texts, st.tuples(words), times),
    st.builds(Signal, times, texts, st.floats(-1, 1), texts),
    st.builds(Chat, times, texts, texts, texts),
    st.builds(Screen, times, texts, st.booleans(), st.booleans(), st.floats(0, 1), st.booleans(), product=texts),
    st.builds(Cue, times, texts, st.floats(0, 1), st.tuples(texts), st.tuples(st.tuples(texts, texts)), texts),
    st.builds(Tip, times, texts, texts, texts, texts, times, texts, times),
    st.builds(TipClosed, times, texts, texts),
    st.builds(Status, times, texts, texts, texts),
    st.builds(Rundown, times, texts, texts, texts),
    st.builds(Question, times, times, texts, texts, texts, times, texts),
)


@given(st.lists(of_any_kind, max_size=12))
def test_no_text_of_an_event_is_counted(listed: list[LogEvent]) -> None:
    found = counted(listed)
    assert not set(FOREIGN) & set(json.dumps(found, ensure_ascii=False))
    assert sum(found["events"].values()) == len(listed)


def test_every_kind_of_event_is_tried() -> None:
    tried = {SessionStarted, Transcript, Signal, Chat, Screen, Cue, Tip, TipClosed, Status, Rundown, Question}
    assert set(typing.get_args(vocabulary.LogEvent)) == tried


def test_show_is_counted_and_how_late_its_words_came() -> None:
    listed: list[LogEvent] = [
        SessionStarted(0, "0.1.0", "selling", "microphone", ("whisper-base",), "0" * 16),
        Transcript(1_000, is_final=False, utterance=0, text=MARKER, words=(), emitted_ms=1_400),
        Transcript(2_000, is_final=True, utterance=0, text=MARKER, words=(), emitted_ms=2_900),
        Transcript(3_000, is_final=True, utterance=1, text=MARKER, words=(), emitted_ms=3_700),
        Cue(3_000, "well_done", 1.0, (MARKER,)),
        Cue(3_000, MARKER, 1.0, (MARKER,)),
    ]
    assert counted(listed) == {
        "version": "0.1.0",
        "events": {"cue": 2, "session": 1, "transcript": 3},
        "coaching": {"cue of another kind": 1, "cue well_done": 1},
        "late_ms": {
            "partials": {"count": 1, "median": 400, "p95": 400, "most": 400},
            "finals": {"count": 2, "median": 900, "p95": 900, "most": 900},
        },
    }


def test_store_with_a_marker_in_every_text_gives_none_of_it(home: Path) -> None:
    with closing(SqliteStore(home / "data/sessions")) as store:
        for number in range(7):
            started = SessionStarted(0, MARKER, MARKER, MARKER, (MARKER,), MARKER)
            at = f"2026-11-2{number}T10:00:00Z"
            kept = store.begin(started, title=MARKER, started_at=at)
            store.append(Transcript(9_000, is_final=True, utterance=0, text=MARKER, words=(), emitted_ms=9_500))
            store.append(Chat(9_100, MARKER, MARKER, MARKER))
            store.close()
            store.set_tags(kept, [MARKER])
            store.set_notes(kept, MARKER)
            store.set_summary(kept, {"text": MARKER, "source": "rules", "language": "en"})
    files = bundle([])
    assert [name for name, text in files.items() if MARKER in text] == []
    found = json.loads(files["shows.json"])
    assert found["shows"] == 7
    assert found["bytes"] > 10_000
    assert len(found["newest"]) == 5
    assert found["newest"][0]["events"] == {"chat": 1, "session": 1, "transcript": 1}
    assert found["newest"][0]["is_ended"] is True


def test_bundle_makes_and_mends_nothing(home: Path) -> None:
    bundle([])
    assert not (home / "data/sessions").exists()
    folder = home / "data/sessions"
    folder.mkdir(parents=True)
    (folder / "sessions.db").write_bytes(MARKER.encode() * 500)
    found = json.loads(bundle([])["shows.json"])
    assert found["damage"] == "DatabaseError"
    assert [file.name for file in folder.iterdir()] == ["sessions.db"]


def test_lines_that_are_no_events_are_counted_as_damaged() -> None:
    line = to_json(Chat(1, "a", "b", "c"))
    hostile = [
        f'{{"type": "chat", "at_ms": "{MARKER}", "user": 1, "text": 2, "source": 3}}',
        f'{{"type": "tip", "at_ms": 1, "id": 1, "cue": 1, "kind": ["{MARKER}"], "text": 1, "severity": 1, "source": 1, "expires_ms": 1}}',
    ]
    found = support_bundle._counted_lines([line, "", MARKER, *hostile])
    assert MARKER not in json.dumps(found)
    assert (found["events"], found["damaged"]) == ({"chat": 1}, 4)


def test_settings_that_cannot_be_read_are_not_quoted(home: Path) -> None:
    (home / "settings.toml").write_text(f'{MARKER} = "{MARKER}"\n')
    assert bundle([])["settings.json"] == '"They cannot be read."\n'


def test_newest_crash_comes_without_the_user_s_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "anna")
    crashes = home / "data/crashes"
    crashes.mkdir(parents=True)
    lines = [
        "MartLive 0.1.0",
        "",
        f"builtins.ValueError, {home}/home/anna/lib/x.py:7 hear",
        "  /srv/anna/y.py:1 go",
        "",
        "",
    ]
    (crashes / "crash-1.txt").write_text("\n".join(lines))
    assert bundle([])["crash.txt"].splitlines()[2:4] == [
        "builtins.ValueError, ~/lib/x.py:7 hear",
        "  /srv/(you)/y.py:1 go",
    ]


def test_paths_in_sentences_are_shortened(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTLIVE_MODELS", "/mnt/annas-disk/models")
    name = sorted(OPEN_FINDINGS)[-1]
    sentence = f"/mnt/annas-disk/models/x and {home}/data/y are damaged."
    [found] = json.loads(bundle([Finding(name, "fault", sentence)])["doctor.json"])
    assert found["sentence"] == "(yours)/x and (yours)/y are damaged."


def test_zip_is_for_this_user_only_and_says_what_is_in_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0)
    try:
        assert cli.run(["doctor", "--bundle", str(home / "help.zip")]) == 0
    finally:
        os.umask(before)
    said = capsys.readouterr().out
    assert said.startswith(f"{home}/help.zip is for whoever helps you. Nothing was sent.")
    assert stat.S_IMODE((home / "help.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(home / "help.zip") as file:
        assert file.namelist() == list(PARTS)
        assert all(f"  {name}" in said for name in PARTS)
        assert b"no word that was said" in file.read("README.txt")


def test_zip_without_a_name_lies_in_the_current_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    assert cli.run(["doctor", "--bundle", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [path] = home.glob("martlive-support-*.zip")
    assert answer == {"file": str(path), "parts": PARTS}


def test_file_that_is_there_is_left_alone(home: Path) -> None:
    (home / "mine.zip").write_text("mine")
    with pytest.raises(UsageError, match=r"mine\.zip is there already; name another file\.$"):
        write_bundle(home / "mine.zip")
    assert (home / "mine.zip").read_text() == "mine"


def test_folder_that_is_not_there_is_one_sentence(home: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        write_bundle(home / "nowhere" / "x.zip")
