"""The gateway's connections to asr and coach: which instance, how loaded it is, and one WebSocket for each stream."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import json
import logging
import ssl
import struct
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import httpx
from typing_extensions import override
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidState, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from cloud_api.clock import monotonic_s
from cloud_api.errors import PROBLEMS, TYPE_ROOT, CloudError, Refusal
from cloud_api.service import internal_headers

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 1_048_576
"""From another service: an event with all words of the longest utterance has a tenth of it."""

CONNECT_S = 2.0
"""Inside a cluster a handshake takes a few ms; whoever needs more is not well."""

FRESH_S = 0.25
"""What is known for so long is not asked for again before a stream is refused."""

POLL_S = 1.0
"""Between looks at the load of asr while there are streams."""

IDLE_POLL_S = 5.0
"""The same while there are none; also how long the addresses of a name hold."""

POLL_TIMEOUT_S = 1.0

RETRY_AFTER_MS = 2_000
"""When a full service is to be asked again: two looks later."""

MOST_TRIED = 3
"""Instances that are tried for one stream before the client is sent away."""


_HEAD = struct.Struct("!BBH")


class LinkLost(CloudError):
    """The other service is not there, or went."""


class Link(asyncio.Protocol):
    """One WebSocket to another service, for use on the event loop.

    Invariant: after `on_lost` was called, or `close`, neither callback is called again.
    """

    def __init__(self, url: str, headers: dict[str, str], on_text: Callable[[str], None]) -> None:
        self._ws = ClientProtocol(parse_uri(url), max_size=MAX_MESSAGE_BYTES)
        self._headers = headers
        self._on_text = on_text
        self.on_lost: Callable[[], None] | None = None
        """Called once when the connection ends and nobody closed it here."""
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._is_text = False
        self._is_closed = False
        self._heard = True
        self._writable = asyncio.Event()
        self._writable.set()
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        """Done when messages can be sent; raises Refusal where the other side refuses, LinkLost where it is away."""
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done when the socket is gone."""

    # What asyncio calls.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        request = self._ws.connect()
        request.headers.update(self._headers)
        self._ws.send_request(request)
        self._flush()

    @override
    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Response):
                self._begin()
        self._flush()
        if self._ws.close_expected() and self._transport is not None:
            self._transport.close()

    @override
    def eof_received(self) -> bool:
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
        if not self._ws.reader.eof:
            self._ws.receive_eof()
            self._ws.events_received()
        self._begin()
        self._lose()

    @override
    def pause_writing(self) -> None:
        self._writable.clear()

    @override
    def resume_writing(self) -> None:
        self._writable.set()

    # What the gateway calls.

    @property
    def is_paused(self) -> bool:
        """Whether the other side reads too slowly: wait for `drained` before more is sent."""
        return not self._writable.is_set()

    async def drained(self) -> None:
        await self._writable.wait()

    def send(self, data: bytes) -> None:
        """Send a binary message of at most 2**16 - 1 bytes, or slower a larger one.

        Nothing happens when the link is lost, which `on_lost` has told.
        """
        transport = self._transport
        if transport is None or self._ws.state is not State.OPEN or transport.is_closing():
            return
        size = len(data)
        if not 125 < size < 65_536:
            self._ws.send_binary(data)
            self._flush()
            return
        # What the library does in 20 us, for each frame of sound.
        mask = token_bytes(4)
        transport.write(b"".join((_HEAD.pack(0x82, 0xFE, size), mask, apply_mask(data, mask))))

    def send_text(self, text: str) -> None:
        """Send a text message."""
        with contextlib.suppress(InvalidState):
            self._ws.send_text(text.encode())
            self._flush()

    def check(self) -> None:
        """To be called now and then: a link that said nothing since the last call, not even a pong, is lost."""
        if not self._heard:
            self.close()
            self._tell_lost()
            return
        self._heard = False
        with contextlib.suppress(InvalidState):
            self._ws.send_ping(b"")
            self._flush()

    def close(self) -> None:
        """Close without waiting; the socket ends soon."""
        self._is_closed = True
        self._writable.set()
        with contextlib.suppress(InvalidState):
            self._ws.send_close(1000)
            self._flush()
        if self._transport is not None:
            if self.is_open:
                self._transport.close()
            else:
                self._transport.abort()

    def abort(self) -> None:
        """Drop the socket with what waits in it."""
        self._is_closed = True
        if self._transport is not None:
            self._transport.abort()

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_text = frame.opcode is Opcode.TEXT
            self._parts = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._parts.append(bytes(frame.data))
        else:
            return
        if frame.fin and self._is_text and not self._is_closed:
            data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._on_text(data.decode("utf-8", "replace"))

    def _begin(self) -> None:
        if self.opened.done():
            return
        problem = self._ws.handshake_exc
        if self.is_open or (problem is None and not self._ws.reader.eof):
            self.is_open = True
            self.opened.set_result(None)
        else:
            self.opened.set_exception(_refusal_in(problem))
            # Nobody may be waiting any more, and that is no mistake.
            self.opened.exception()

    def _lose(self) -> None:
        self.is_open = False
        self._writable.set()
        self._tell_lost()

    def _tell_lost(self) -> None:
        tell, self.on_lost = self.on_lost, None
        if tell is not None and not self._is_closed:
            self._is_closed = True
            tell()

    def _flush(self) -> None:
        writes = self._ws.data_to_send()
        if self._transport is None or self._transport.is_closing():
            return
        for data in writes:
            if data:
                self._transport.write(data)


def _refusal_in(problem: Exception | None) -> CloudError:
    """What a failed handshake means: the other service's own refusal, if it told one."""
    if isinstance(problem, InvalidStatus):
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            body = json.loads(problem.response.body or b"")
            name = str(body["type"]).removeprefix(TYPE_ROOT)
            if name in PROBLEMS:
                return Refusal(name, retry_after_ms=body.get("retry_after_ms"))
    if isinstance(problem, InvalidHandshake):
        log.warning("link refused", extra={"error": type(problem).__name__})
    return LinkLost("The service is away.")


@dataclass(frozen=True, slots=True)
class Address:
    """One instance of a service: its URL, and where its name led."""

    url: str
    host: str
    port: int

    def link_url(self, path: str) -> str:
        """The WebSocket address of `path` there."""
        return self.url.replace("http", "ws", 1).rstrip("/") + path

    @property
    def direct_url(self) -> str:
        """The URL with the address in place of the name."""
        parts = urlsplit(self.url)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{parts.scheme}://{host}:{self.port}{parts.path}".rstrip("/")


async def resolve(url: str) -> list[Address]:
    """All instances that the name in `url` leads to; none where it leads nowhere."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with contextlib.suppress(ValueError):
        return [Address(url, str(ipaddress.ip_address(name)), port)]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=1)
    except OSError:
        return []
    # A name that has both kinds of addresses has one instance behind a pair of them.
    kinds = sorted({one[0] for one in found})
    return [Address(url, host, port) for host in dict.fromkeys(str(one[4][0]) for one in found if one[0] == kinds[0])]


async def open_link(
    address: Address, path: str, settings: CloudSettings, on_text: Callable[[str], None], trace_id: str = ""
) -> Link:
    """A WebSocket to `path` of an instance.

    Raises:
        LinkLost: it is not there.
        Refusal: it does not want the stream.
    """
    url = address.link_url(path)
    link = Link(url, internal_headers(settings, trace_id), on_text)
    is_secure = url.startswith("wss:")
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().create_connection(
                lambda: link,
                address.host,
                address.port,
                ssl=ssl.create_default_context() if is_secure else None,
                server_hostname=urlsplit(url).hostname if is_secure else None,
            )
            await link.opened
    except (OSError, TimeoutError) as exc:
        link.abort()
        raise LinkLost("The service is away.") from exc
    except BaseException:
        link.abort()
        raise
    return link


@dataclass(slots=True, eq=False)
class Place:
    """Room for one stream at an instance of asr; held until the instance counts the stream itself."""

    instance: AsrInstance
    opened_s: float | None = None

    def opened(self) -> None:
        """The stream is there: the next look at the load counts it."""
        self.opened_s = monotonic_s()

    def release(self) -> None:
        """It is not needed any more."""
        self.instance.places.discard(self)


@dataclass(slots=True, eq=False)
class AsrInstance:
    """What is known of one asr."""

    address: Address
    streams: int = 0
    capacity: int = 0
    is_draining: bool = False
    is_alive: bool = False
    places: set[Place] = field(default_factory=set)

    @property
    def room(self) -> int:
        return self.capacity - self.streams - len(self.places)

    @property
    def load(self) -> float:
        return (self.streams + len(self.places)) / max(1, self.capacity)


class AsrPool:
    """All instances of asr: which is alive, and which has room; for use on one event loop."""

    def __init__(self, settings: CloudSettings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http
        self._instances: dict[tuple[str, str, int], AsrInstance] = {}
        self._resolved_s = float("-inf")
        self._looked_s = float("-inf")
        self._look: asyncio.Task[None] | None = None

    @property
    def instances(self) -> list[AsrInstance]:
        return list(self._instances.values())

    async def keep_looking(self, is_busy: Callable[[], bool]) -> None:
        """Look at the load for ever: each second while `is_busy`."""
        while True:
            await self.look()
            # A stream that comes while nobody looks asks by itself.
            for _ in range(round(IDLE_POLL_S / POLL_S)):
                await asyncio.sleep(POLL_S)
                if is_busy():
                    break

    async def look(self) -> None:
        """Ask all instances how loaded they are; calls at the same time share one look."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_now(), name="asr-load")
        await asyncio.shield(self._look)

    async def close(self) -> None:
        """End a look that runs."""
        if self._look is not None:
            self._look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._look

    async def reserve(self, besides: Iterable[AsrInstance] = (), *, is_known: bool = False) -> Place:
        """Room at the least loaded instance; for a stream that `is_known` there is always some: it was let in before.

        Raises:
            Refusal: none is there, or none has room.
        """
        if monotonic_s() - self._looked_s > 2 * IDLE_POLL_S or not any(one.is_alive for one in self.instances):
            await self.look()
        others = set(besides)
        alive, with_room = self._choice(others)
        if not (alive if is_known else with_room) and monotonic_s() - self._looked_s > FRESH_S:
            # While nobody streamed nobody looked, and one may have become ready since.
            await self.look()
            alive, with_room = self._choice(others)
        if not alive:
            raise Refusal("unavailable", "No speech service is there.", retry_after_ms=RETRY_AFTER_MS)
        if not with_room and not is_known:
            raise Refusal("at-capacity", retry_after_ms=RETRY_AFTER_MS)
        instance = min(with_room or alive, key=lambda one: one.load)
        place = Place(instance)
        instance.places.add(place)
        return place

    def _choice(self, besides: set[AsrInstance]) -> tuple[list[AsrInstance], list[AsrInstance]]:
        """Those that are there, and those of them that have room."""
        alive = [one for one in self.instances if one.is_alive and not one.is_draining and one not in besides]
        return alive, [one for one in alive if one.room > 0]

    async def _look_now(self) -> None:
        now_s = monotonic_s()
        if now_s - self._resolved_s >= IDLE_POLL_S or not self._instances:
            self._resolved_s = now_s
            await self._find()
        await asyncio.gather(*(self._ask(one) for one in self.instances))
        self._looked_s = monotonic_s()

    async def _find(self) -> None:
        found = [one for url in self._settings.asr_urls for one in await resolve(url)]
        known = {(one.url, one.host, one.port): one for one in found}
        if not known:
            # A name server that fails for a moment takes nothing away.
            return
        for key in self._instances.keys() - known.keys():
            del self._instances[key]
        for key, address in known.items():
            self._instances.setdefault(key, AsrInstance(address))

    async def _ask(self, instance: AsrInstance) -> None:
        asked_s = monotonic_s()
        parts = urlsplit(instance.address.url)
        try:
            answer = await self._http.get(
                f"{instance.address.direct_url}/internal/v1/load",
                headers=internal_headers(self._settings) | {"Host": parts.netloc},
                extensions={"sni_hostname": parts.hostname} if parts.scheme == "https" else {},
                timeout=POLL_TIMEOUT_S,
            )
            answer.raise_for_status()
            said: dict[str, Any] = answer.json()
            instance.streams, instance.capacity = int(said["streams"]), int(said["capacity"])
            instance.is_draining = bool(said["draining"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
            if instance.is_alive:
                log.warning(
                    "asr does not answer", extra={"address": instance.address.host, "error": type(exc).__name__}
                )
            instance.is_alive = False
            return
        instance.is_alive = True
        counted = [one for one in instance.places if one.opened_s is not None and one.opened_s < asked_s]
        instance.places.difference_update(counted)


async def coach_addresses(settings: CloudSettings, session_id: str) -> list[Address]:
    """Instances of coach, the one that has `session_id` first: the same at every gateway (rendezvous hashing)."""
    found = await resolve(settings.coach_url)
    return sorted(
        found, key=lambda one: hashlib.sha256(f"{one.host}:{one.port} {session_id}".encode()).digest(), reverse=True
    )
