"""Conversations in OpenAI's shape, so that existing clients work."""

from __future__ import annotations

import json
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cloud_api.clock import unix_s
from cloud_api.coach.models import Conversation
from cloud_api.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cloud_api.coach.models import LanguageModel, Piece

MOST_CHARACTERS = 12_000
"""Of all messages: 3,000 tokens."""

MOST_MESSAGES = 64
MOST_TOKENS = 1_024
USUAL_TOKENS = 256

LONGEST_S = 60.0
"""A conversation that takes longer ends there."""


class TextPart(BaseModel):
    """A part of a message; only text is taken."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["text"]
    text: str = Field(max_length=MOST_CHARACTERS)


class Message(BaseModel):
    """What somebody said."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart]

    @field_validator("content")
    @classmethod
    def _as_text(cls, content: str | list[TextPart]) -> str:
        return content if isinstance(content, str) else "\n".join(part.text for part in content)


class ChatRequest(BaseModel):
    """The part of OpenAI's request that is meant here; what would change the answer and is not done is refused."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(default="", max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    temperature: float = Field(default=1.0, ge=0.0, le=2.0, allow_inf_nan=False)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0, allow_inf_nan=False)
    stop: list[str] = Field(default=[], max_length=4)
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    n: Literal[1] = 1
    tools: None = None
    functions: None = None
    response_format: None = None

    @field_validator("stop", mode="before")
    @classmethod
    def _listed(cls, stop: object) -> object:
        if stop is None:
            return []
        return [stop] if isinstance(stop, str) else stop

    @field_validator("stop")
    @classmethod
    def _short(cls, stop: list[str]) -> list[str]:
        if any(not 1 <= len(one) <= 64 for one in stop):
            raise ValueError("A stop has 1 to 64 characters.")
        return stop

    @field_validator("response_format", mode="before")
    @classmethod
    def _plain(cls, wanted: object) -> object:
        return None if wanted == {"type": "text"} else wanted

    @field_validator("tools", "functions", mode="before")
    @classmethod
    def _none(cls, wanted: object) -> object:
        return None if wanted == [] else wanted

    @model_validator(mode="after")
    def _not_too_long(self) -> ChatRequest:
        if sum(len(message.content) for message in self.messages) > MOST_CHARACTERS:
            raise ValueError(f"The messages have more than {MOST_CHARACTERS} characters.")
        return self

    def conversation(self) -> Conversation:
        """What the model gets."""
        return Conversation(
            tuple((message.role, str(message.content)) for message in self.messages),
            self.max_completion_tokens or self.max_tokens or USUAL_TOKENS,
            self.temperature,
            self.top_p,
            tuple(self.stop),
        )


async def complete(model: LanguageModel | None, request: ChatRequest, payer: str) -> Response:
    """The answer to `request`, whole or piece by piece.

    Raises:
        Refusal: there is none.
    """
    if model is None:
        raise Refusal("unavailable", "This service has no language model.")
    if request.model and request.model != model.name:
        raise Refusal("not-found", "There is no such model; GET /v1/models tells which there are.")
    head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(unix_s()), "model": model.name}
    pieces = model.converse(request.conversation(), left_s=LONGEST_S, payer=payer)
    try:
        first = await anext(pieces)
    except StopAsyncIteration as exc:
        raise Refusal("unavailable", "The language model said nothing.") from exc
    if request.stream:
        with_usage = bool((request.stream_options or {}).get("include_usage"))
        return StreamingResponse(_events(first, pieces, head, with_usage=with_usage), media_type="text/event-stream")
    texts, last = [first.text], first
    async with aclosing(pieces):
        async for last in pieces:
            texts.append(last.text)
    message = {"role": "assistant", "content": "".join(texts)}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": last.reason or "length"}
    return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": _usage(last)})


async def _events(
    first: Piece, pieces: AsyncGenerator[Piece, None], head: dict[str, Any], *, with_usage: bool
) -> AsyncGenerator[str, None]:
    """Server-sent events, as OpenAI's; a failure after the first is one, too."""

    def event(delta: dict[str, str], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _event({**head, "object": "chat.completion.chunk", "choices": [choice]})

    async with aclosing(pieces):
        yield event({"role": "assistant", "content": first.text})
        last = first
        try:
            async for last in pieces:
                if last.text:
                    yield event({"content": last.text})
        except Refusal as exc:
            yield _event({"error": exc.body()})
            return
        yield event({}, last.reason or "length")
        if with_usage:
            yield _event({**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(last)})
        yield "data: [DONE]\n\n"


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _usage(last: Piece) -> dict[str, int]:
    return {
        "prompt_tokens": last.prompt_tokens,
        "completion_tokens": last.completion_tokens,
        "total_tokens": last.prompt_tokens + last.completion_tokens,
    }


def listed(model: LanguageModel | None) -> dict[str, Any]:
    """The models in OpenAI's shape."""
    data = [{"id": model.name, "object": "model", "created": 0, "owned_by": "martlive"}] if model else []
    return {"object": "list", "data": data}
