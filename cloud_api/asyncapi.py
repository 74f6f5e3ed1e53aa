"""The AsyncAPI document: events between services, and the stream between a client and the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from cloud_api.errors import PROBLEMS, TYPE_ROOT
from cloud_api.events import BATCH_MEDIA_TYPE, DATA, MEDIA_TYPE, CloudEvent
from cloud_api.outbox import DUPLICATE_WINDOW_S, STREAM, SUBJECT_ROOT
from martlive_desktop import __version__
from martlive_desktop.core.events import RATE_HZ
from martlive_desktop.core.frames import HEADER, MAX_PICTURE_BYTES, MAX_SOUND_BYTES, PROTOCOL, FrameKind

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMAS = "#/components/schemas/"

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}


def document() -> dict[str, Any]:
    """AsyncAPI 3.0, made from the models that the services check with."""
    messages: dict[str, Any] = {}
    schemas = _event_schemas()
    for kind, model in DATA.items():
        messages[kind] = {
            "name": kind,
            "title": _first_line(model.__doc__),
            "contentType": MEDIA_TYPE,
            "payload": {
                "allOf": [
                    {"$ref": f"{SCHEMAS}CloudEvent"},
                    {
                        "type": "object",
                        "properties": {
                            "type": {"const": kind},
                            "data": {"$ref": f"{SCHEMAS}{model.__name__}"},
                        },
                    },
                ]
            },
        }
    for name, (title, payload) in {**_CLIENT_MESSAGES, **_SERVICE_MESSAGES}.items():
        messages[f"stream.{name}"] = {
            "name": name,
            "title": title,
            "contentType": "application/json",
            "payload": payload,
        }
    messages["stream.frame"] = _frame()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "MartLive events and streams",
            "version": __version__,
            "license": {"name": "Apache-2.0"},
            "description": (
                "Events are CloudEvents 1.0 in JSON. They go through NATS JetStream, or, without NATS, in batches "
                f"({BATCH_MEDIA_TYPE}) by HTTP to the worker. Each is told at least once; equal ids are done once."
            ),
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": {"host": "nats:4222", "pathname": "/", "protocol": "nats", "description": "Inside of the cluster."},
            "gateway": {"host": "127.0.0.1:8765", "pathname": "/", "protocol": "ws", "description": "The public edge."},
        },
        "channels": _channels(messages),
        "operations": _operations(),
        "components": {"messages": messages, "schemas": schemas},
    }


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def _event_schemas() -> dict[str, Any]:
    models = [(model, "validation") for model in (CloudEvent, *DATA.values())]
    _, definitions = models_json_schema(models, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    schemas: dict[str, Any] = definitions["$defs"]
    schemas["Problem"] = {
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "detail", "retryable", "retry_after_ms", "trace_id"],
        "properties": {
            "type": {"enum": [TYPE_ROOT + name for name in sorted(PROBLEMS)]},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "retryable": FLAG,
            "retry_after_ms": {"type": ["integer", "null"]},
            "trace_id": TEXT,
        },
    }
    return schemas


def _message(
    properties: Mapping[str, Any], type_name: str, title: str, *, optional: tuple[str, ...] = ()
) -> tuple[str, dict[str, Any]]:
    return title, {
        "type": "object",
        "required": ["type", *(name for name in properties if name not in optional)],
        "properties": {"type": {"const": type_name}, **properties},
    }


_CLIENT_MESSAGES = {
    "open": _message({"resume": TEXT}, "open", "The first message: the place to go on from, or an empty text."),
    "chat": _message({"at_ms": NUMBER, "user": TEXT, "text": TEXT}, "chat", "A line of the chat."),
    "command": _message(
        {"what": {"enum": ["dismiss", "mark", "next_item", "on", "off"]}}, "command", "What the streamer wants."
    ),
    "end": _message({}, "end", "No frame comes any more."),
}

_SERVICE_MESSAGES = {
    "ready": _message(
        {
            "epoch": NUMBER,
            "next_seq": NUMBER,
            "next_picture": NUMBER,
            "codecs": {"type": "array", "items": TEXT},
            "partial_step_ms": {"type": ["integer", "null"]},
        },
        "ready",
        "Frames may come, from these numbers on.",
    ),
    "ack": _message(
        {"decoded_through_ms": NUMBER, "resume": TEXT},
        "ack",
        "Sound up to here is needed no more; the stream can go on from here on any instance.",
    ),
    "voice": _message(
        {"at_ms": NUMBER, "probabilities": {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}}},
        "voice",
        "Whether there is a voice, frame by frame, in sessions that asked for it.",
    ),
    "event": _message(
        {"event": {"type": "object", "description": "An object of events.jsonl."}, "rev": NUMBER},
        "event",
        "What happened: words, tips, measurements. Of a final, a higher rev replaces a lower one.",
        optional=("rev",),
    ),
    "pace": _message(
        {"partial_step_ms": {"type": ["integer", "null"]}, "sentence": TEXT},
        "pace",
        "The service is busy and tells partials less often, or no longer is.",
    ),
    "error": _message(
        {"problem": {"$ref": f"{SCHEMAS}Problem"}},
        "error",
        "The stream ends; the socket closes with the problem's code.",
    ),
    "ended": _message({}, "ended", "All was heard and told; the socket closes with 1000."),
}


def _frame() -> dict[str, Any]:
    kinds = ", ".join(f"{kind.value} {kind.name}" for kind in FrameKind)
    return {
        "name": "frame",
        "title": "Sound or a picture, in a binary message.",
        "contentType": "application/octet-stream",
        "payload": {
            "type": "string",
            "format": "binary",
            "maxLength": HEADER.size + MAX_PICTURE_BYTES,
            "description": (
                f"{HEADER.size} bytes of header in network byte order: kind (1 byte: {kinds}), sequence (4 bytes), "
                "capture time in ms of the stream (8 bytes); then the payload. Sound and pictures have sequences of their "
                f"own, from 0 and without a gap. PCM16 is mono, {RATE_HZ} Hz, little-endian, in whole milliseconds, and "
                f"follows without a gap in time; at most {MAX_SOUND_BYTES} bytes. A picture has at most "
                f"{MAX_PICTURE_BYTES} bytes and comes at most twice a second."
            ),
        },
    }


def _channels(messages: Mapping[str, Any]) -> dict[str, Any]:
    channels: dict[str, Any] = {
        kind: {
            "address": SUBJECT_ROOT + kind,
            "description": (
                f"JetStream stream {STREAM}; the header Nats-Msg-Id is the event's id, known there for "
                f"{DUPLICATE_WINDOW_S:g} s and at the worker for two weeks."
            ),
            "servers": [{"$ref": "#/servers/nats"}],
            "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        }
        for kind in DATA
    }
    channels["stream"] = {
        "address": "/v1/sessions/{session}/stream",
        "description": f"WebSocket; Sec-WebSocket-Protocol: `{PROTOCOL}, ticket.TICKET`. Never a key in the address.",
        "servers": [{"$ref": "#/servers/gateway"}],
        "parameters": {"session": {"description": "Id of a session of the caller's."}},
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in messages if name.startswith("stream.")
        },
    }
    return channels


def _operations() -> dict[str, Any]:
    def messages(names: Mapping[str, Any]) -> list[dict[str, str]]:
        return [{"$ref": f"#/channels/stream/messages/stream.{name}"} for name in names]

    operations: dict[str, Any] = {
        f"take.{kind}": {
            "action": "receive",
            "summary": f"The worker takes {kind}.",
            "channel": {"$ref": f"#/channels/{kind}"},
            "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
        }
        for kind in DATA
    }
    operations["stream.hear"] = {
        "action": "receive",
        "summary": "What a client sends.",
        "channel": {"$ref": "#/channels/stream"},
        "messages": messages({**_CLIENT_MESSAGES, "frame": None}),
    }
    operations["stream.tell"] = {
        "action": "send",
        "summary": "What the gateway sends.",
        "channel": {"$ref": "#/channels/stream"},
        "messages": messages(_SERVICE_MESSAGES),
    }
    return operations
