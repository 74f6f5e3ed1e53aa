"""Where downloads come from, as the settings may say it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.settings import MIRROR_RULE, PROXY_RULE, DownloadSettings, Settings, load_settings, save_settings


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (
            {"mirror": "https://models.example.com/martlive/"},
            DownloadSettings(mirror="https://models.example.com/martlive"),
        ),
        ({"mirror": " http://127.0.0.1:8765/models "}, DownloadSettings(mirror="http://127.0.0.1:8765/models")),
        ({"proxy": "http://proxy.example.com:3128/"}, DownloadSettings(proxy="http://proxy.example.com:3128")),
        ({"offline_folder": "/media/stick"}, DownloadSettings(offline_folder="/media/stick")),
        ({}, DownloadSettings(mirror="", proxy="", offline_folder="")),
    ],
    ids=["mirror", "mirror here", "proxy", "folder", "nothing"],
)
def test_places_may_be(written: dict[str, str], kept: DownloadSettings, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    save_settings(Settings(downloads=DownloadSettings(**written)), file)
    assert load_settings(file).downloads == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mirror", "models.example.com"),
        ("mirror", "http://models.example.com"),
        ("mirror", "https://user:secret@models.example.com"),
        ("mirror", "https://models.example.com/../secret"),
        ("mirror", "https://models.example.com?a=b"),
        ("mirror", "file:///media/stick"),
        ("proxy", "proxy.example.com:3128"),
        ("proxy", "http://user:secret@proxy.example.com:3128"),
        ("proxy", "socks5://proxy.example.com:1080"),
        ("proxy", "http://proxy.example.com/path"),
    ],
)
def test_places_may_not_be(field: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"[downloads]\n{field} = {json.dumps(value)}\n", encoding="utf-8")
    with pytest.raises(SettingsInvalid) as failed:
        load_settings(file)
    assert failed.value.field == f"downloads.{field}"
    assert {"mirror": MIRROR_RULE, "proxy": PROXY_RULE}[field] in str(failed.value)
