"""Calls to the other services: time-outs, retries of what may be asked twice, and their problems as ours."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import stamina

from cloud_api.errors import PROBLEMS, TYPE_ROOT, Refusal
from cloud_api.gateway.tracing import outgoing_headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from cloud_api.settings import CloudSettings

CONNECT_S = 2.0
READ_S = 15.0
POOL_S = 5.0
"""For a free connection; after it the service is full."""

MOST_CONNECTIONS = 200

MOST_ANSWER_BYTES = 33_554_432
"""Of a report or a transcript."""

TRIES = 3

PASSED_ON = frozenset(
    {"bad-request", "not-found", "too-large", "codec-unsupported", "invalid", "at-capacity", "draining", "deadline"}
    | {"conflict", "unavailable"}
)
"""Problems of other services that are the caller's to know; others are ours alone."""


class Away(Exception):
    """The service cannot be reached, or asks to come again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What another service answered, read to its end."""

    status: int
    media_type: str
    content: bytes

    @property
    def is_away(self) -> bool:
        return self.status in (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE)


def open_client() -> httpx.AsyncClient:
    """The client that all requests share."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S, pool=POOL_S),
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=50),
        trust_env=False,
        follow_redirects=False,
    )


class Upstream:
    """What the REST side asks of asr, coach and worker."""

    def __init__(self, client: httpx.AsyncClient, settings: CloudSettings) -> None:
        self._client = client
        self._settings = settings
        self._turns = itertools.count()

    async def get(self, url: str, trace_id: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a GET, which is tried again while the service is away.

        Raises:
            Refusal: the service refused, or stays away.
        """
        headers = outgoing_headers(self._settings, trace_id)
        try:
            async for attempt in stamina.retry_context(
                on=Away, attempts=TRIES, timeout=READ_S, wait_initial=0.05, wait_max=0.5, wait_jitter=0.05
            ):
                with attempt:
                    return await self._get(url, headers, params)
        except Away as exc:
            raise Refusal("unavailable", retry_after_ms=2_000) from exc
        raise AssertionError("stamina returns or raises")

    async def _get(self, url: str, headers: Mapping[str, str], params: Mapping[str, str] | None) -> Answer:
        try:
            async with self._sent("GET", url, headers=headers, params=params) as answer:
                read = await _read(answer)
        except TimeoutError as exc:
            raise Refusal("deadline") from exc
        if read.is_away:
            raise Away
        return _checked(read)

    async def post_json(
        self, url: str, trace_id: str, body: Mapping[str, Any], deadline_ms: int, *, headers: Mapping[str, str]
    ) -> Any:
        """The answer to a POST, within its deadline.

        Raises:
            Refusal: `deadline` when there was none in time, or what the service refused with.
        """
        sent = {**outgoing_headers(self._settings, trace_id), **headers}
        try:
            async with (
                asyncio.timeout(deadline_ms / 1000),
                self._sent("POST", url, headers=sent, json=body, within_s=deadline_ms / 1000) as answer,
            ):
                read = await _read(answer)
        except TimeoutError as exc:
            raise Refusal("deadline") from exc
        except Away as exc:
            raise Refusal("unavailable", retry_after_ms=2_000) from exc
        return _json(_checked(read))

    @contextlib.asynccontextmanager
    async def stream(
        self, url: str, trace_id: str, body: Mapping[str, Any], *, within_s: float, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a POST as it comes.

        Raises:
            Refusal: the service refused, or is away.
        """
        sent = {**outgoing_headers(self._settings, trace_id), **headers}
        try:
            async with self._sent("POST", url, headers=sent, json=body, within_s=within_s) as answer:
                if answer.status_code != httpx.codes.OK:
                    _checked(await _read(answer))
                yield answer
        except TimeoutError as exc:
            raise Refusal("deadline") from exc
        except Away as exc:
            raise Refusal("unavailable", retry_after_ms=2_000) from exc

    async def transcribe(
        self, content: Callable[[], AsyncIterator[bytes]], trace_id: str, params: Mapping[str, str], within_s: float
    ) -> Any:
        """The words of a media file, from the next asr that takes it.

        Raises:
            Refusal: none takes it, or what one refused it with.
        """
        headers = outgoing_headers(self._settings, trace_id) | {"Content-Type": "application/octet-stream"}
        urls = self._settings.asr_urls
        turn = next(self._turns)
        refusal = Refusal("unavailable", retry_after_ms=2_000)
        for place in range(len(urls)):
            url = f"{urls[(turn + place) % len(urls)].rstrip('/')}/internal/v1/transcriptions"
            try:
                async with self._sent(
                    "POST", url, headers=headers, params=params, content=content(), within_s=within_s
                ) as answer:
                    read = await _read(answer)
            except TimeoutError as exc:
                raise Refusal("deadline") from exc
            except Away:
                continue
            if read.is_away:
                refusal = _refusal(read)
                continue
            return _json(_checked(read))
        raise refusal

    @contextlib.asynccontextmanager
    async def _sent(
        self, method: str, url: str, *, within_s: float | None = None, **parts: Any
    ) -> AsyncIterator[httpx.Response]:
        if within_s is not None:
            parts["timeout"] = httpx.Timeout(within_s, connect=min(within_s, CONNECT_S), pool=min(within_s, POOL_S))
        try:
            async with self._client.stream(method, url, **parts) as answer:
                yield answer
        except (httpx.ReadTimeout, httpx.WriteTimeout) as exc:
            raise TimeoutError from exc
        except httpx.HTTPError as exc:
            raise Away from exc


async def _read(answer: httpx.Response) -> Answer:
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > MOST_ANSWER_BYTES:
            raise Refusal("unavailable", "The answer of a part of the service is too large.")
    return Answer(answer.status_code, answer.headers.get("content-type", ""), bytes(content))


def _checked(answer: Answer) -> Answer:
    if httpx.codes.is_success(answer.status):
        return answer
    raise _refusal(answer)


def _refusal(answer: Answer) -> Refusal:
    """The service's problem as the caller is told it: a known name, never its words."""
    told: Any = None
    with contextlib.suppress(ValueError):
        told = json.loads(answer.content)
    if isinstance(told, dict):
        name = str(told.get("type", "")).removeprefix(TYPE_ROOT)
        wait_ms = told.get("retry_after_ms")
        if name in PASSED_ON and PROBLEMS[name].status == answer.status:
            return Refusal(name, retry_after_ms=wait_ms if isinstance(wait_ms, int) else None)
    return Refusal("unavailable", retry_after_ms=2_000)


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError as exc:
        raise Refusal("unavailable", "A part of the service gave no JSON.") from exc
