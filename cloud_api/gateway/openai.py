"""REST in OpenAI's shape, so that existing clients work: transcriptions of files, chat completions, models."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import ValidationError

from cloud_api.errors import Refusal
from cloud_api.gateway.guard import GuardedRoute, caller_of, needs, refusals
from cloud_api.gateway.models import LANGUAGE_PATTERN, ChatAsk, ChatGiven, OpenAiModels, Transcription
from cloud_api.gateway.shows import TENANT_HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    import httpx

    from cloud_api.gateway.context import GatewayContext
    from cloud_api.gateway.upstream import Upstream

router = APIRouter(route_class=GuardedRoute)

TRANSCRIPTIONS_PATH = "/v1/audio/transcriptions"

MAX_FILE_BYTES = 26_214_400
"""As OpenAI's: 25 MB."""

MAX_FORM_BYTES = 65_536
"""Of everything in the form but the file."""

PART_BYTES = 262_144

TRANSCRIPTION_S = 300.0
"""25 MB may be an hour and a half of speech."""

CHAT_S = 70.0
"""Longer than the coach lets a conversation take."""

MAX_LINE_BYTES = 1_048_576
"""Of one server-sent event."""

CAPTION_TYPES = {"srt": "application/x-subrip; charset=utf-8", "vtt": "text/vtt; charset=utf-8"}


@router.post(
    TRANSCRIPTIONS_PATH,
    openapi_extra=needs("openai"),
    responses=refusals("codec-unsupported", "quota-exceeded", "deadline")
    | {
        200: {
            "model": Transcription,
            "description": "What was said.",
            "content": {
                one: {"schema": {"type": "string"}} for one in ("text/plain", "application/x-subrip", "text/vtt")
            },
        }
    },
    response_class=JSONResponse,
    response_model=None,
    summary="Write down what a file says",
)
async def transcribe(
    request: Request,
    file: Annotated[UploadFile, File(description="Sound, or a film with it; at most 25 MB.")],
    timestamp_granularities: Annotated[
        list[Literal["word", "segment"]],
        Form(alias="timestamp_granularities[]", max_length=2, default_factory=list),
    ],
    model: Annotated[str, Form(max_length=200, description="Taken as it comes: there is one.")] = "",
    language: Annotated[str, Form(pattern=LANGUAGE_PATTERN)] = "auto",
    prompt: Annotated[str, Form(max_length=2_000, description="Passed over.")] = "",
    response_format: Annotated[Literal["json", "text", "verbose_json", "srt", "vtt"], Form()] = "json",
    temperature: Annotated[float, Form(ge=0, le=1, description="Passed over.")] = 0.0,
) -> Response:
    """Captions of the five kinds that OpenAI knows; the sound is not kept."""
    del model, prompt, temperature
    caller, context = caller_of(request), _context(request)
    given = await request.form()
    # FastAPI takes an empty field for one that is not there.
    if empty := [name for name in ("language", "response_format", "temperature") if given.get(name) == ""]:
        raise Refusal("invalid", errors=[{"field": f"body.{name}", "problem": "empty"} for name in empty])
    if (file.size or 0) > MAX_FILE_BYTES:
        raise Refusal("too-large")
    with_words = "word" in timestamp_granularities
    holder = f"file-{request.state.trace_id}"[:64]
    if not await context.store.reserve_audio(caller.tenant, 0, holder=holder, limits=caller.limits):
        raise Refusal("quota-exceeded", "The sound of this day is used up.")

    async def parts() -> AsyncIterator[bytes]:
        await file.seek(0)
        while part := await file.read(PART_BYTES):
            yield part

    params = {"language": language, "words": "true" if with_words else "false"}
    upstream: Upstream = request.app.state.upstream
    heard_ms = 0
    try:
        heard = await upstream.transcribe(parts, request.state.trace_id, params, TRANSCRIPTION_S)
        try:
            heard_ms = max(0, int(heard["duration_ms"]))
            return _transcription(heard, response_format, with_words=with_words)
        except (KeyError, TypeError, ValueError) as exc:
            raise Refusal("unavailable", "A part of the service gave another answer than it should.") from exc
    finally:
        await context.store.settle_audio(caller.tenant, heard_ms, holder=holder)


def _transcription(heard: Any, response_format: str, *, with_words: bool) -> Response:
    segments = [(int(one["start_ms"]), int(one["end_ms"]), str(one["text"]).strip()) for one in heard["segments"]]
    text = " ".join(words for _, _, words in segments if words)
    match response_format:
        case "text":
            return PlainTextResponse(text + "\n")
        case "srt" | "vtt":
            captions = captions_of(segments, is_vtt=response_format == "vtt")
            return Response(captions, media_type=CAPTION_TYPES[response_format])
        case "verbose_json":
            full: dict[str, Any] = {"task": "transcribe", "language": str(heard["language"])}
            full |= {"duration": int(heard["duration_ms"]) / 1000, "text": text}
            full["segments"] = [
                {"id": number, "start": start_ms / 1000, "end": end_ms / 1000, "text": words}
                for number, (start_ms, end_ms, words) in enumerate(segments)
            ]
            if with_words:
                full["words"] = [
                    {
                        "word": str(word.get("text", word.get("word", ""))).strip(),
                        "start": int(word["start_ms"]) / 1000,
                        "end": int(word["end_ms"]) / 1000,
                    }
                    for one in heard["segments"]
                    for word in one.get("words") or ()
                ]
            return JSONResponse(full)
    return JSONResponse({"text": text})


def captions_of(segments: Iterable[tuple[int, int, str]], *, is_vtt: bool) -> str:
    """Captions in WebVTT or SubRip; what was said is text and never markup or a time."""
    blocks = ["WEBVTT\n"] if is_vtt else []
    point = "." if is_vtt else ","
    for number, (start_ms, end_ms, words) in enumerate(segments, 1):
        said = " ".join(words.split()).replace("-->", "\N{RIGHTWARDS ARROW}")
        if is_vtt:
            said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        times = f"{_clock(start_ms, point)} --> {_clock(end_ms, point)}"
        blocks.append(f"{times}\n{said}\n" if is_vtt else f"{number}\n{times}\n{said}\n")
    return "\n".join(blocks)


def _clock(at_ms: int, point: str) -> str:
    seconds, ms = divmod(max(0, at_ms), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"


@router.post(
    "/v1/chat/completions",
    openapi_extra=needs("openai"),
    responses=refusals("not-found", "quota-exceeded", "deadline")
    | {
        200: {
            "model": ChatGiven,
            "description": "The answer; with `stream`, as server-sent events.",
            "content": {"text/event-stream": {}},
        }
    },
    response_class=JSONResponse,
    response_model=None,
    summary="Go on with a conversation",
)
async def complete(request: Request, ask: ChatAsk) -> Response:
    """By the language model that words the tips; messages are data to it, it has no tools."""
    caller, context = caller_of(request), _context(request)
    used = await context.store.used_today(caller.tenant)
    if used["tokens"] >= caller.limits.tokens_a_day:
        raise Refusal("quota-exceeded", "The tokens of this day are used up.")
    body = ask.model_dump(mode="json", exclude_none=True)
    url = f"{context.settings.coach_url.rstrip('/')}/internal/v1/chat/completions"
    headers = {TENANT_HEADER: caller.tenant}
    upstream: Upstream = request.app.state.upstream
    if not ask.stream:
        answer = await upstream.post_json(url, request.state.trace_id, body, int(CHAT_S * 1000), headers=headers)
        try:
            given = ChatGiven.model_validate(answer)
        except ValidationError as exc:
            raise Refusal("unavailable", "A part of the service gave another answer than it should.") from exc
        await context.store.count(caller.tenant, tokens=_tokens(given.usage))
        return JSONResponse(answer)
    # Always asked for, to count by.
    with_usage = bool((ask.stream_options or {}).get("include_usage"))
    body["stream_options"] = {"include_usage": True}
    stack = contextlib.AsyncExitStack()
    opened = await stack.enter_async_context(
        upstream.stream(url, request.state.trace_id, body, within_s=CHAT_S, headers=headers)
    )
    events = _events(context, caller.tenant, stack, opened, with_usage=with_usage)
    return StreamingResponse(events, media_type="text/event-stream")


async def _events(
    context: GatewayContext, tenant: str, stack: contextlib.AsyncExitStack, opened: httpx.Response, *, with_usage: bool
) -> AsyncIterator[bytes]:
    tokens = 0
    try:
        async with stack:
            async for line in _lines(opened):
                usage = _usage_in(line)
                tokens = max(tokens, _tokens(usage))
                if usage is None or with_usage:
                    yield line + b"\n\n"
    except Refusal as exc:
        # The status is told already.
        yield b"data: " + json.dumps({"error": exc.body()}).encode() + b"\n\n"
    finally:
        await context.store.count(tenant, tokens=tokens)


async def _lines(opened: httpx.Response) -> AsyncIterator[bytes]:
    rest = b""
    async for part in opened.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise Refusal("unavailable", "A part of the service gave too much at once.")
        for line in lines:
            if line.strip():
                yield line.rstrip(b"\r")
    if rest.strip():
        yield rest


def _usage_in(line: bytes) -> Any:
    """The usage that an event without choices carries, or None."""
    with contextlib.suppress(ValueError):
        event = json.loads(line.removeprefix(b"data:"))
        if isinstance(event, dict) and not event.get("choices"):
            return event.get("usage")
    return None


def _tokens(usage: Any) -> int:
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and total > 0 else 0


@router.get(
    "/v1/models",
    openapi_extra=needs("openai"),
    responses=refusals("deadline"),
    summary="List models",
)
async def list_models(request: Request) -> OpenAiModels:
    """The language model and the speech model."""
    context = _context(request)
    upstream: Upstream = request.app.state.upstream
    url = f"{context.settings.coach_url.rstrip('/')}/internal/v1/models"
    answer = await upstream.get(url, request.state.trace_id)
    try:
        models = OpenAiModels.model_validate_json(answer.content)
    except ValidationError as exc:
        raise Refusal("unavailable", "A part of the service gave another answer than it should.") from exc
    speech = {"id": context.settings.model, "object": "model", "created": 0, "owned_by": "martlive"}
    return OpenAiModels.model_validate({"object": "list", "data": [*models.model_dump()["data"], speech]})


def _context(request: Request) -> GatewayContext:
    context: GatewayContext = request.app.state.context
    return context
