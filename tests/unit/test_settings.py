"""The settings file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from martlive_desktop.core.coach.scheduler import SchedulerPolicy
from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.settings import (
    ChatSettings,
    CoachSettings,
    HotkeySettings,
    MicrophoneSettings,
    OverlaySettings,
    ScreenSettings,
    Settings,
    default_path,
    load_or_set_aside,
    load_settings,
    save_settings,
    settings_digest,
)

CHANGED = Settings(
    coach=CoachSettings(policy=SchedulerPolicy(is_novice=True, off_kinds=frozenset({"reset", "ask_room"}))),
    microphone=MicrophoneSettings(device='Blue "Yeti" Ä'),
    overlay=OverlaySettings(theme="light", x=-20, y=40),
)

WATCHED = Settings(
    screen=ScreenSettings(source="region", monitor="DP-1", region=(-1_920, 0, 640, 360)),
    chat=ChatSettings(region=(0.5, 0.0, 0.25, 1.0)),
    hotkeys=HotkeySettings(pause_screen="ctrl+alt+p"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "settings.toml"


def test_missing_file_gives_the_defaults(path: Path) -> None:
    assert load_settings(path) == Settings()


def test_file_in_the_user_s_folder() -> None:
    assert default_path().parts[-2:] == ("martlive", "settings.toml")


def test_what_was_saved_is_read_back(path: Path) -> None:
    save_settings(CHANGED, path)
    assert load_settings(path) == CHANGED


def test_what_is_watched_is_read_back(path: Path) -> None:
    save_settings(WATCHED, path)
    assert load_settings(path) == WATCHED


def test_places_of_what_is_watched_are_saved_as_plain_numbers(path: Path) -> None:
    save_settings(WATCHED, path)
    assert path.read_text(encoding="utf-8") == (
        'schema_version = 1\n\n[screen]\nsource = "region"\nmonitor = "DP-1"\nregion = [\n    -1920,\n    0,\n    640,\n'
        "    360,\n]\n\n[chat]\nregion = [\n    0.5,\n    0.0,\n    0.25,\n    1.0,\n]\n\n[hotkeys]\n"
        'pause_screen = "ctrl+alt+p"\n'
    )


def test_nothing_of_the_chat_is_read_and_obs_is_watched_by_default() -> None:
    settings = Settings()
    assert (settings.screen.source, settings.screen.region, settings.chat.region) == ("obs", None, None)
    assert settings.hotkeys.pause_screen == "ctrl+alt+w"


def test_only_what_differs_from_the_defaults_is_saved(path: Path) -> None:
    save_settings(CHANGED, path)
    assert path.read_text(encoding="utf-8") == (
        "schema_version = 1\n\n[coach.policy]\nis_novice = true\noff_kinds = [\n"
        '    "ask_room",\n    "reset",\n]\n\n[microphone]\ndevice = "Blue \\"Yeti\\" Ä"\n\n'
        '[overlay]\ntheme = "light"\nx = -20\ny = 40\n'
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_file_is_for_its_owner_only(path: Path) -> None:
    save_settings(Settings(), path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_saving_leaves_no_other_file(path: Path) -> None:
    save_settings(Settings(), path)
    save_settings(CHANGED, path)
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "settings.toml"
    with pytest.raises(SettingsInvalid) as caught:
        save_settings(Settings(), path)
    assert str(caught.value).startswith(f"The settings cannot be saved at {path} (")


def test_thresholds_are_set_by_name(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf[signals.pauses]\nselling_s = 12\n[recogniser]\nthreads = 2\n")
    settings = load_settings(path)
    assert (settings.signals.pauses.selling_s, settings.recogniser.threads) == (12.0, 2)


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        pytest.param("[overlay]\nfont_px = 40", "overlay.font_px", "must be at most 32", id="too large"),
        pytest.param("[overlay]\nfont_px = 4", "overlay.font_px", "must be at least 12", id="too small"),
        pytest.param('[overlay]\nfont_px = "14"', "overlay.font_px", "must be a valid integer", id="in quotes"),
        pytest.param("[overlay]\nopacity = nan", "overlay.opacity", "must be a finite number", id="not a number"),
        pytest.param(
            '[overlay]\ntheme = "pink"',
            "overlay.theme",
            "must be 'dark', 'light', 'contrast' or 'opaque'",
            id="unknown theme",
        ),
        pytest.param(
            "[overlay]\nfont = 14", "overlay.font", "is no setting; perhaps overlay.font_px is meant", id="misspelt"
        ),
        pytest.param("zebra = 14", "zebra", "is no setting", id="unknown"),
        pytest.param(
            "[coach.policy]\ngap = 3",
            "coach.policy.gap",
            "is no setting; perhaps coach.policy.gap_ms is meant",
            id="deep",
        ),
        pytest.param("[coach.policy]\ngap_ms = 1.5", "coach.policy.gap_ms", "must be a valid integer", id="fraction"),
        pytest.param("[coach.policy]\ngap_ms = -1", "coach.policy.gap_ms", "must be from 0 to 86400000", id="negative"),
        pytest.param(
            "[signals.pace]\nwindow_s = 0", "signals.pace.window_s", "must be from 0.1 to 86400", id="nothing measured"
        ),
        pytest.param(
            "[signals.level]\nclip_dbfs = 1e9", "signals.level.clip_dbfs", "must be from -200 to 20", id="beyond scale"
        ),
        pytest.param(
            "[coach.policy]\nhalf_life_ms = 0", "coach.policy", "half_life_ms must be more than 0", id="no half-life"
        ),
        pytest.param(
            '[coach.policy]\noff_kinds = ["price"]',
            "coach.policy",
            "knows no tips called price; they are mic_silent, obs_muted, clipping, mic_low, noise, echo, black, frozen, wrong_scene, "
            "claim_medical, off_platform, do_not_say, price_mismatch, disclosure, chat_unanswered, dead_air, price_missing, cta_missing, "
            "talking_point, behind_plan, reset, ask_room, pace_fast, energy_drop, greet, demo, flat, "
            "filler_cluster, well_done",
            id="unknown kind",
        ),
        pytest.param(
            '[screen]\nsource = "camera"',
            "screen.source",
            "must be 'obs', 'monitor', 'window', 'region' or 'none'",
            id="unknown source",
        ),
        pytest.param(
            "[signals.picture]\nweak_change = 300",
            "signals.picture.weak_change",
            "must be from 0 to 255",
            id="beyond white",
        ),
        pytest.param("overlay = 3", "overlay", "must be an object", id="no table"),
        pytest.param("overlay = 2020-01-01", "overlay", "must be an object", id="date"),
    ],
)
def test_wrong_value_names_field_and_remedy(path: Path, text: str, field: str, problem: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(path)
    assert str(caught.value) == f"{field} {problem}; correct or remove that line in {path}."
    assert caught.value.field == field


@pytest.mark.parametrize("version", ["2", "0", '"1"'])
def test_settings_of_another_version_are_refused(path: Path, version: str) -> None:
    path.parent.mkdir()
    path.write_text(f"schema_version = {version}", encoding="utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(path)
    assert str(caught.value) == (
        f"The settings at {path} are of a newer MartLive; update MartLive or delete that file."
    )


@pytest.mark.parametrize("data", [b"a = ", b"a = '\xe9'", b"a = " + b"[" * 5000], ids=["TOML", "UTF-8", "too deep"])
def test_file_that_is_no_toml_is_one_sentence(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(path)
    assert str(caught.value) == f"The settings at {path} are no TOML; correct that file or delete it."


def test_folder_in_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(tmp_path)
    assert str(caught.value).startswith(f"The settings at {tmp_path} cannot be read (")


def test_digest_differs_where_a_setting_does() -> None:
    digest = settings_digest(Settings())
    assert len(digest) == 16
    assert digest != settings_digest(CHANGED)


def test_digest_is_the_same_in_every_process() -> None:
    code = (
        "from martlive_desktop.core.coach.scheduler import SchedulerPolicy as P\n"
        "from martlive_desktop.settings import CoachSettings, Settings, settings_digest\n"
        "kinds = frozenset({'reset', 'ask_room', 'dead_air', 'clipping'})\n"
        "print(settings_digest(Settings(coach=CoachSettings(policy=P(off_kinds=kinds)))))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_settings_that_can_be_used_stay_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert load_or_set_aside(path) == (Settings(), "")
    save_settings(CHANGED, path)
    assert load_or_set_aside(path) == (CHANGED, "")
    assert [file.name for file in tmp_path.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[overlay", "are no TOML"),
        ('[overlay]\ntheme = "pink"\n', "overlay.theme must be"),
        ("schema_version = 99\n", "are of a newer MartLive"),
    ],
    ids=["half-written", "nonsense", "newer"],
)
def test_settings_that_cannot_be_used_are_kept_aside(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "settings.toml"
    for kept in ("settings.toml.kept-1", "settings.toml.kept-2"):
        path.write_text(text)
        settings, sentence = load_or_set_aside(path)
        assert settings == Settings()
        assert why in sentence
        assert sentence.endswith(f"MartLive starts afresh and keeps the old file as {kept}.")
        assert (tmp_path / kept).read_text() == text
        assert not path.exists()


def test_settings_that_cannot_be_moved_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[overlay")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    settings, sentence = load_or_set_aside(path)
    assert settings == Settings()
    assert sentence.endswith("MartLive runs with its own settings until that is mended.")
    assert path.read_text() == "[overlay"
