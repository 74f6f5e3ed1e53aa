"""The key of the sound, and what is deleted by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from martlive_desktop import keeping
from martlive_desktop.adapters import secrets
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import KeyringUnavailable
from martlive_desktop.core.events import SessionStarted
from martlive_desktop.keeping import audio_folder, enforce_keeping, forget_key, known_key, sound_key
from martlive_desktop.settings import KeepingSettings, Settings

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-28T12:00:00Z"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the keyring keeps."""
    kept: dict[str, str] = {}
    monkeypatch.setattr(secrets, "find_secret", kept.get)
    monkeypatch.setattr(secrets, "write_secret", kept.__setitem__)
    monkeypatch.setattr(secrets, "forget_secret", lambda name: kept.pop(name, None))
    return kept


def test_key_is_made_once(ring: dict[str, str]) -> None:
    assert known_key() is None
    key = sound_key()
    assert len(key) == 32
    assert sound_key() == known_key() == key
    assert list(ring) == ["sound"]


def test_forgotten_key_never_comes_back(ring: dict[str, str]) -> None:
    key = sound_key()
    forget_key()
    assert ring == {}
    assert sound_key() != key


def test_text_that_is_no_key_is_replaced(ring: dict[str, str]) -> None:
    ring["sound"] = "peach"
    assert known_key() is None
    assert len(sound_key()) == 32


def test_without_a_keyring_it_is_said_that_no_sound_is_kept(
    ring: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> None:
        raise KeyringUnavailable(secrets.NO_KEYRING)

    monkeypatch.setattr(secrets, "find_secret", refuse)
    with pytest.raises(KeyringUnavailable) as caught:
        sound_key()
    assert str(caught.value) == keeping.NO_KEYRING
    assert known_key() is None
    assert ring == {}


def test_keyring_that_keeps_nothing_is_none(ring: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "write_secret", lambda *_: None)
    with pytest.raises(KeyringUnavailable):
        sound_key()
    assert ring == {}


@pytest.fixture
def shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of shows of 100, 20 and 2 days ago, each with its sound."""
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    monkeypatch.setattr("martlive_desktop.adapters.clock.utc_now_iso", lambda: NOW)
    store = SqliteStore(tmp_path / "sessions")
    ids = []
    for began in ("2026-08-20T12:00:00Z", "2026-11-08T12:00:00Z", "2026-11-26T12:00:00Z"):
        started = SessionStarted(0, "1.0", "selling", "microphone", ("whisper-base",), "0" * 16)
        ids.append(store.begin(started, "Sunday", began))
        store.close()
        audio_folder().mkdir(exist_ok=True)
        (audio_folder() / f"{ids[-1]}.mlaudio").write_bytes(bytes(2_000_000_000 // 1_000))
    return ids


def left(tmp_path: Path) -> tuple[set[str], set[str]]:
    """The shows, and those whose sound is there."""
    shows = {one.id for one in SqliteStore(tmp_path / "sessions").list_sessions()}
    return shows, {path.stem for path in audio_folder().iterdir()}


def test_sound_goes_after_its_days_and_shows_stay(tmp_path: Path, shows: list[str]) -> None:
    assert enforce_keeping(Settings(), print) == []
    assert left(tmp_path) == (set(shows), {shows[2]})


def test_shows_go_after_their_days_with_their_sound(tmp_path: Path, shows: list[str]) -> None:
    wish = KeepingSettings(session_days=30, audio_days=3_650)
    assert enforce_keeping(Settings(keeping=wish), print) == [shows[0]]
    assert left(tmp_path) == ({shows[1], shows[2]}, {shows[1], shows[2]})


def test_oldest_shows_go_when_there_is_too_much(
    tmp_path: Path, shows: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BYTES_A_GB", 2_500_000)
    wish = KeepingSettings(most_gb=1, audio_days=3_650)
    assert enforce_keeping(Settings(keeping=wish), print) == shows[:2]
    assert left(tmp_path) == ({shows[2]}, {shows[2]})


def test_what_was_saved_of_a_damaged_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions" / "sessions.db").write_bytes(b"no database at all " * 500)
    told: list[str] = []
    assert enforce_keeping(Settings(), told.append) == []
    assert [one.split(";")[0] for one in told] == ["The file of your shows was damaged"]
