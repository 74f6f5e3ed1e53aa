"""Finds the files that MartLive carries: beside the code when installed or frozen, else in the source tree."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource_path(relative: str) -> Path:
    """The file or folder `relative` of resources/."""
    return _find("resources") / relative


def manifest_path() -> Path:
    """The catalogue of models."""
    return _find("models") / "manifest.toml"


def _find(folder: str) -> Path:
    installed = _PACKAGE / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder
