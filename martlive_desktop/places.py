"""Where this user's sessions, models and settings lie."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from martlive_desktop.adapters.model_store import ModelSources, ModelStore
    from martlive_desktop.adapters.store_sqlite import SqliteStore


def data_folder() -> Path:
    """Where sessions and models lie; MARTLIVE_DATA names another place."""
    from platformdirs import user_data_path

    named = os.environ.get("MARTLIVE_DATA")
    return Path(named) if named else user_data_path("martlive", appauthor=False)


def settings_path() -> Path:
    """The settings file; MARTLIVE_SETTINGS names another one."""
    from martlive_desktop.settings import default_path

    named = os.environ.get("MARTLIVE_SETTINGS")
    return Path(named) if named else default_path()


def model_store() -> ModelStore:
    """The models of this computer; MARTLIVE_MODELS names another folder."""
    from martlive_desktop.adapters.model_store import ModelStore

    named = os.environ.get("MARTLIVE_MODELS")
    return ModelStore(Path(named) if named else data_folder() / "models", sources=_model_sources)


def _model_sources() -> ModelSources:
    """Where the user says that models are; MARTLIVE_MODELS_FROM names a folder that is asked before that of the settings."""
    from martlive_desktop.adapters.model_store import ModelSources
    from martlive_desktop.core.errors import SettingsInvalid
    from martlive_desktop.settings import DownloadSettings, load_settings

    try:
        wish = load_settings(settings_path()).downloads
    except SettingsInvalid:
        # Whoever starts the program is told; a model can be fetched all the same.
        wish = DownloadSettings()
    folders = (os.environ.get("MARTLIVE_MODELS_FROM"), wish.offline_folder)
    return ModelSources(tuple(Path(folder) for folder in folders if folder), wish.mirror, wish.proxy)


@contextlib.contextmanager
def session_store(on_trouble: Callable[[str], None]) -> Iterator[SqliteStore]:
    """The sessions of this computer; the one that was begun is complete at the end.

    `on_trouble` is told in one sentence what cannot be written, and what was saved of a damaged file.
    """
    from martlive_desktop.adapters.store_sqlite import SqliteStore

    store = SqliteStore(data_folder() / "sessions", on_trouble=on_trouble)
    if store.recovered:
        on_trouble(store.recovered.sentence)
    try:
        yield store
    finally:
        store.close()


def habits_path() -> Path:
    """Where it is kept what is usual for this streamer."""
    return data_folder() / "habits.json"


def scenes_path() -> Path:
    """Where the saved scenes are kept."""
    return data_folder() / "scenes.json"
