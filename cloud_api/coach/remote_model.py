"""A language model behind an OpenAI-compatible server (llama.cpp, vLLM)."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from typing_extensions import override

from cloud_api.clock import monotonic_s
from cloud_api.coach.models import Conversation, LanguageModel, Piece, Written
from cloud_api.errors import CloudError, Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

MOST_IN_FLIGHT = 32
"""Questions at once; the server batches them."""

MOST_TOKENS = 64
"""Of a tip or a choice, with its JSON."""

MOST_BYTES = 65_536
"""Of an answer to a question; a server that says more has gone wrong."""

MOST_TALK_BYTES = 1_048_576
"""Of a conversation's stream: each token comes with a few hundred bytes around it."""

CONNECT_S = 2.0
SILENT_S = 20.0
"""Without a byte in a conversation."""

FAILURES = 3
"""In a row, after which the server rests."""

REST_S = (5.0, 10.0, 20.0, 40.0, 60.0)
"""How long; then one question finds out whether it is back."""


class BaseUrlNotAllowed(CloudError):
    """`llm_base_url` names a host that is not in `llm_allowed_hosts`, or is no plain address."""


class Breaker:
    """Keeps questions from a server that does not answer."""

    def __init__(self) -> None:
        self._failures = 0
        self._rests = 0
        self._until_s = 0.0
        self._is_probed = False

    def lets(self) -> bool:
        """Whether a question may be asked now; while it is found out whether the server is back, only one."""
        if self._failures < FAILURES:
            return True
        if monotonic_s() < self._until_s or self._is_probed:
            return False
        self._is_probed = True
        return True

    def note(self, *, is_good: bool) -> None:
        """A question was answered, or not."""
        self._is_probed = False
        if is_good:
            self._failures = self._rests = 0
            return
        self._failures += 1
        if self._failures >= FAILURES:
            self._until_s = monotonic_s() + REST_S[min(self._rests, len(REST_S) - 1)]
            self._rests += 1
            if self._rests == 1:
                log.warning("language model server rests")

    def leave(self) -> None:
        """A question was given up before anything was known."""
        self._is_probed = False


class RemoteModel(LanguageModel):
    """Many questions at once, each with its deadline."""

    skill = "rephrase"

    def __init__(self, settings: CloudSettings) -> None:
        """Nothing is asked yet.

        Raises:
            BaseUrlNotAllowed: the address may not be used.
        """
        self.name = settings.llm_model
        self._base_url = checked_base_url(settings.llm_base_url, settings.llm_allowed_hosts)
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._breaker = Breaker()
        self._client: httpx.AsyncClient | None = None

    @property
    @override
    def is_settled(self) -> bool:
        return True

    @override
    async def start(self) -> None:
        self._client = httpx.AsyncClient(
            base_url=self._base_url,
            timeout=httpx.Timeout(SILENT_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=2 * MOST_IN_FLIGHT, max_keepalive_connections=MOST_IN_FLIGHT),
            follow_redirects=False,
            # Neither a proxy nor a .netrc of the machine is meant.
            trust_env=False,
        )

    @override
    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    @override
    async def write(self, prompt: str, schema: str, *, left_s: float, payer: str) -> Written:
        body = {
            "model": self.name,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": MOST_TOKENS,
            "temperature": 0,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": json.loads(schema), "strict": True},
            },
        }
        is_asked = False
        try:
            async with asyncio.timeout(left_s), self._slots:
                if not self._breaker.lets():
                    return Written("", "off")
                is_asked = True
                said = await self._ask(body)
        except TimeoutError:
            if is_asked:
                self._breaker.note(is_good=False)
            return Written("", "late")
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError, RecursionError) as exc:
            self._breaker.note(is_good=False)
            log.info("language model server failed", extra={"error": type(exc).__name__})
            return Written("", "failed")
        except asyncio.CancelledError:
            if is_asked:
                self._breaker.leave()
            raise
        self._breaker.note(is_good=True)
        return Written(said, "written")

    async def _ask(self, body: dict[str, Any]) -> str:
        assert self._client is not None
        data = b""
        async with self._client.stream("POST", "chat/completions", json=body) as answer:
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > MOST_BYTES:
                    raise ValueError("The answer is too large.")
        said = json.loads(data)["choices"][0]["message"]["content"]
        if not isinstance(said, str):
            raise TypeError("The answer is no text.")
        return said

    @override
    async def converse(self, conversation: Conversation, *, left_s: float, payer: str) -> AsyncGenerator[Piece, None]:
        if not self._breaker.lets():
            raise Refusal("unavailable", "The language model does not answer.", retry_after_ms=5_000)
        assert self._client is not None
        body = {
            "model": self.name,
            "messages": [{"role": role, "content": text} for role, text in conversation.messages],
            "max_tokens": conversation.most_tokens,
            "temperature": conversation.temperature,
            "top_p": conversation.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if conversation.stop:
            body["stop"] = list(conversation.stop)
        end_s = monotonic_s() + left_s
        verdict: bool | None = None
        try:
            async with self._slots, self._client.stream("POST", "chat/completions", json=body) as answer:
                if answer.status_code == 429:
                    raise Refusal("at-capacity", retry_after_ms=2_000)
                if answer.status_code in (400, 413, 422):
                    raise Refusal("too-large", "The language model does not take that; most often it is too long.")
                answer.raise_for_status()
                async for piece in _pieces(answer):
                    verdict = True
                    yield piece
                    if monotonic_s() > end_s:
                        raise Refusal("deadline")
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as exc:
            verdict = False
            log.info("language model server failed", extra={"error": type(exc).__name__})
            raise Refusal("unavailable", "The language model does not answer.", retry_after_ms=5_000) from exc
        finally:
            # Of who leaves early nothing is learned.
            if verdict is None:
                self._breaker.leave()
            else:
                self._breaker.note(is_good=verdict)


async def _pieces(answer: httpx.Response) -> AsyncGenerator[Piece, None]:
    """The pieces in a stream of server-sent events; the last one has the usage, wherever that came."""
    size, reason = 0, ""
    usage: dict[str, Any] = {}
    async for line in _lines(answer):
        size += len(line)
        if size > MOST_TALK_BYTES:
            raise ValueError("The answer is too large.")
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            break
        chunk = json.loads(data)
        usage = chunk.get("usage") or usage
        if not (choices := chunk["choices"]):
            continue
        text = choices[0].get("delta", {}).get("content")
        reason = choices[0].get("finish_reason") or reason
        if isinstance(text, str) and text:
            yield Piece(text)
    if not reason:
        raise ValueError("The answer has no end.")
    yield Piece(
        "",
        "stop" if reason == "stop" else "length",
        int(usage.get("prompt_tokens", 0)),
        int(usage.get("completion_tokens", 0)),
    )


async def _lines(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for part in answer.aiter_bytes():
        rest += part
        if len(rest) > MOST_BYTES:
            raise ValueError("A line is too large.")
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield line
    if rest:
        yield rest


def checked_base_url(url: str, allowed: list[str]) -> str:
    """`url`, ending with /v1/.

    Raises:
        BaseUrlNotAllowed: it may not be used.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.username or parts.password or parts.query or parts.fragment:
        raise BaseUrlNotAllowed("MARTLIVE_LLM_BASE_URL must be a plain http or https address without a password.")
    if parts.hostname not in [host.lower() for host in allowed]:
        raise BaseUrlNotAllowed("The host of MARTLIVE_LLM_BASE_URL is not among MARTLIVE_LLM_ALLOWED_HOSTS.")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path if path.endswith('/v1') else f'{path}/v1'}/"
