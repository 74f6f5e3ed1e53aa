"""The AsyncAPI document says what the code does, and what is checked in says it too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource

from cloud_api.asyncapi import document
from cloud_api.errors import Refusal
from cloud_api.events import DATA, EventType
from martlive_desktop.core.events import Chat
from tests.cloud.worker_parts import ended, erase, event, noted, segment, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_api.events import CloudEvent

ROOT = Path(__file__).parents[2]


def _refs(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            yield from _refs(value)
    elif isinstance(part, list):
        for one in part:
            yield from _refs(one)


def test_checked_in_document_is_what_the_code_says() -> None:
    assert json.loads((ROOT / "docs/api/asyncapi.json").read_text(encoding="utf-8")) == document()


def test_document_is_asyncapi() -> None:
    ApplicationSchema.model_validate(document())
    assert set(DATA) == set(get_args(EventType))


def test_every_reference_leads_somewhere() -> None:
    whole = document()
    found = set(_refs(whole))
    assert found
    for one in found:
        place: Any = whole
        for part in one.removeprefix("#/").split("/"):
            place = place[part]


def _valid(name: str, value: object) -> bool:
    whole = document()
    schema = {"$ref": f"urn:doc#/components/messages/{name}/payload"}
    registry: Any = Registry().with_resource(
        "urn:doc",
        Resource.from_contents({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:doc", **whole}),
    )
    return bool(Draft202012Validator(schema, registry=registry).is_valid(value))


@pytest.mark.parametrize(
    "told",
    [
        started(),
        ended(),
        segment(0, "Hello."),
        noted(0, Chat(1, "u", "t", "s")),
        erase(None),
        erase(["s1"]),
        event("report.ready", "r", {"session": "s1"}),
        event("usage.recorded", "u", {"day": "2026-05-04", "audio_ms": 1, "frames": 0, "tips": 0, "tokens": 0}),
    ],
    ids=lambda one: one.type,
)
def test_event_that_is_told_is_as_described(told: CloudEvent) -> None:
    value = told.model_dump(mode="json")
    assert _valid(told.type, value)
    assert not _valid(told.type, value | {"data": 5})
    assert not _valid(told.type, value | {"type": "other"})


def test_messages_of_a_stream_are_as_described() -> None:
    assert _valid("stream.ack", {"type": "ack", "decoded_through_ms": 5, "resume": "x"})
    assert not _valid("stream.ack", {"type": "ack", "resume": "x"})
    assert _valid("stream.error", {"type": "error", "problem": Refusal("too-fast").body("0" * 32)})
    assert not _valid("stream.error", {"type": "error", "problem": {"type": "urn:martlive:problem:other"}})
    assert _valid("stream.command", {"type": "command", "what": "mark"})
    assert not _valid("stream.command", {"type": "command", "what": "shout"})
