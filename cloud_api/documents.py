"""The contracts as documents: OpenAPI of the gateway, AsyncAPI of events and streams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloud_api.errors import CloudError

if TYPE_CHECKING:
    from pathlib import Path


class DocumentsDiffer(CloudError):
    """What is checked in is not what the code says."""


def documents() -> dict[str, dict[str, Any]]:
    """Each document by its file's name."""
    from cloud_api.asyncapi import document
    from cloud_api.gateway.app import openapi

    return {"openapi.json": openapi(), "asyncapi.json": document()}


def write(folder: Path) -> None:
    """Write them into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in documents().items():
        (folder / name).write_text(_text(content), encoding="utf-8")


def check(folder: Path) -> None:
    """Compare them with `folder`.

    Raises:
        DocumentsDiffer: one is missing or another.
    """
    for name, content in documents().items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != _text(content):
            raise DocumentsDiffer(f"{file} is not what the code says; run `martlive-cloud documents {folder}`.")


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
