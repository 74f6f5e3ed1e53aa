"""Talks to the remote coach: sessions, tickets, tips and streams, with a limit on every wait."""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

import httpx

from martlive_desktop import __version__
from martlive_desktop.core.cloud_stream import MAX_MESSAGE_BYTES
from martlive_desktop.core.errors import RemoteError, RemoteRefused, RemoteUnavailable
from martlive_desktop.core.frames import PROTOCOL
from martlive_desktop.core.wire import MAX_BYTES, TipAnswer, TipRequest, from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from websockets.sync.client import ClientConnection

Part: TypeAlias = Literal["coach", "recognition"]

CONNECT_S = 4.0
"""A name, a connection and TLS over a slow network; a streamer who presses a button waits no longer."""

ANSWER_S = 8.0
"""Of anything that is no tip."""

PING_S = 5.0
"""A stream whose other side is silent for twice as long is gone: TCP alone would notice after minutes."""

CLOSE_S = 1.0
"""For the last words of a stream that is over."""

FAILURES = 3
"""In a row, after which the remote coach is left alone for a while."""

REST_S = (5.0, 10.0, 20.0, 40.0, 60.0)
"""How long, longer each time that it fails again."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_BY_PROBLEM: Mapping[str, str] = {
    "unauthorized": "The remote coach does not take this key; copy it again from who runs the coach.",
    "forbidden": "This key may not do that at the remote coach; ask who runs it for another one.",
    "quota-exceeded": "Today's quota at the remote coach is used up; MartLive goes on by itself.",
    "rate-limited": "The remote coach is asked too often; MartLive goes on by itself for a moment.",
    "at-capacity": "The remote coach is full; MartLive goes on by itself and tries again.",
    "session-ended": "The remote coach has ended this session; the next show begins a new one.",
    "session-taken": "Another program has taken this session over; end that one, or begin a new show.",
    "resume-invalid": "The remote coach cannot go on with this session; the next show begins a new one.",
}
_OTHERWISE = "The remote coach refuses ({problem}); update MartLive, or ask who runs the coach."
_LATER = "The remote coach is not ready ({problem}); MartLive goes on by itself and tries again."
NO_ADDRESS = "The remote coach does not answer at {address}; check the address and your network."
NO_TLS = "The remote coach at {address} cannot prove who it is; check the address, or its certificate."
NOT_OURS = "Something else answers at {address} in place of the remote coach; check the address."
OTHER_VERSION = "The remote coach is of another version; update MartLive, or ask who runs the coach to."
TOO_LATE = "The remote coach did not answer in time; MartLive goes on by itself."
RESTS = "The remote coach fails; MartLive goes on by itself and tries again in a moment."
NO_KEY = "The remote coach needs its key; give it in the settings, or in {variable}."


@dataclass(frozen=True, slots=True)
class SessionWish:
    """What is wanted of a stream."""

    language: str
    """A code such as en, or auto."""
    names: tuple[str, ...] = ()
    """Names of the show, to be written right."""
    partials: bool = True


@dataclass(frozen=True, slots=True)
class CloudSession:
    """A stream that the service expects."""

    id: str
    ticket: str
    """Opens the stream once, within a minute."""


@dataclass(frozen=True, slots=True)
class CloudCheck:
    """How a try of everything went."""

    step: str
    """What failed: `address`, `tls`, `key`, `scope`, `version` or `refused`; empty: nothing."""
    sentence: str
    """What to do about it, or that all is well."""
    round_trip_ms: int = 0

    @property
    def is_fine(self) -> bool:
        return not self.step


class Breaker:
    """Keeps calls from a service that fails; one call tries it again after a rest. For any thread."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._failures = 0
        self._until_s = 0.0
        self._is_trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are kept away now."""
        with self._lock:
            return self._failures >= FAILURES and (self._is_trying or self._now_s() < self._until_s)

    def admit(self) -> bool:
        """Whether a call may go out; whoever may has to tell `succeed` or `fail`."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._is_trying or self._now_s() < self._until_s:
                return False
            self._is_trying = True
            return True

    def succeed(self) -> None:
        """The service answered, whatever it said."""
        with self._lock:
            self._failures, self._is_trying = 0, False

    def fail(self, retry_after_s: float | None = None) -> None:
        """It did not; `retry_after_s` is when it wants to be asked again."""
        with self._lock:
            self._failures, self._is_trying = self._failures + 1, False
            rest_s = REST_S[min(max(self._failures - FAILURES, 0), len(REST_S) - 1)]
            self._until_s = self._now_s() + max(rest_s, retry_after_s or 0.0)


@dataclass(slots=True)
class _Reply:
    status: int
    body: bytes
    headers: httpx.Headers = field(default_factory=httpx.Headers)


class CloudClient:
    """One remote coach; for any thread, every call waits at most for its time-outs."""

    def __init__(self, url: str, key: str, *, verify: ssl.SSLContext | bool = True) -> None:
        """Nothing is sent yet. `url` is as in the settings; `verify` names certificates to trust."""
        parts = urlsplit(url)
        self.host = parts.netloc
        self._url, self._key, self._verify = url, key, verify
        self._is_here = parts.hostname in LOOPBACK
        self.breaker = Breaker()
        """Of tips: sessions and streams have their own patience."""
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "User-Agent": f"martlive/{__version__}"},
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=4, keepalive_expiry=30.0),
            verify=verify,
            # A proxy of the system cannot reach this computer's own services.
            trust_env=not self._is_here,
        )

    def session(self, wish: SessionWish) -> CloudSession:
        """Begin a session.

        Raises:
            RemoteError: there is none.
        """
        asked = {
            "mode": "recognise",
            "language": wish.language,
            "plan": None,
            "names": list(wish.names),
            "partials": wish.partials,
            "voice": True,
            "second_pass": False,
            "title": "",
        }
        # The same key if it is sent again, so that a lost answer leaves no second session behind.
        again = {"Idempotency-Key": secrets.token_hex(16)}
        body = json.dumps(asked).encode()
        try:
            reply = self._ask("POST", "/v1/sessions", body, headers=again)
        except RemoteUnavailable:
            reply = self._ask("POST", "/v1/sessions", body, headers=again)
        flat = self._object(reply)
        return CloudSession(self._text(flat, "id"), self._text(flat, "ticket"))

    def ticket(self, session_id: str) -> str:
        """A new ticket for the stream of a session.

        Raises:
            RemoteError: there is none.
        """
        return self._text(self._object(self._ask("POST", f"/v1/sessions/{session_id}/tickets", b"{}")), "ticket")

    def erase(self, session_id: str) -> None:
        """End a session, and let the service forget what it kept of it.

        Raises:
            RemoteError: it still has it.
        """
        with contextlib.suppress(_NotThere):
            self._ask("DELETE", f"/v1/sessions/{session_id}")

    def tips(self, request: TipRequest, deadline_s: float) -> TipAnswer:
        """The words of a tip, unchecked.

        Raises:
            RemoteError: there are none within `deadline_s`.
        """
        if not self.breaker.admit():
            raise RemoteUnavailable(RESTS, step="rest")
        try:
            reply = self._ask("POST", "/v1/tips", to_bytes(request), deadline_s=deadline_s)
            answer = from_bytes(TipAnswer, reply.body)
        except RemoteRefused as exc:
            if exc.is_retryable:
                self.breaker.fail(exc.retry_after_s)
            else:
                # Asking again would bring the same answer.
                self.breaker.fail(exc.retry_after_s or REST_S[-1])
            raise
        except RemoteUnavailable:
            self.breaker.fail()
            raise
        except ValueError as exc:
            self.breaker.fail()
            raise RemoteUnavailable(OTHER_VERSION, step="version") from exc
        self.breaker.succeed()
        if answer.id != request.id:
            raise RemoteUnavailable(OTHER_VERSION, step="version")
        return answer

    @contextlib.contextmanager
    def stream(self, session_id: str, ticket: str) -> Iterator[ClientConnection]:
        """A connection to the stream of a session.

        Raises:
            RemoteError: there is none.
        """
        from websockets.exceptions import InvalidHandshake, InvalidStatus
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        is_private = self._url.startswith("https:")
        address = self._url.replace("http", "ws", 1) + f"/v1/sessions/{session_id}/stream"
        opened = contextlib.ExitStack()
        try:
            connection = opened.enter_context(
                connect(
                    address,
                    ssl=self._tls() if is_private else None,
                    subprotocols=[Subprotocol(PROTOCOL), Subprotocol(f"ticket.{ticket}")],
                    compression=None,
                    user_agent_header=f"martlive/{__version__}",
                    proxy=None if self._is_here else True,
                    open_timeout=CONNECT_S,
                    ping_interval=PING_S,
                    ping_timeout=PING_S,
                    close_timeout=CLOSE_S,
                    max_size=MAX_MESSAGE_BYTES,
                )
            )
        except InvalidStatus as exc:
            response = exc.response
            raise self._refusal(
                _Reply(
                    response.status_code, bytes(response.body or b""), httpx.Headers(dict(response.headers.raw_items()))
                )
            ) from exc
        except InvalidHandshake as exc:
            raise RemoteUnavailable(OTHER_VERSION, step="version") from exc
        except (OSError, EOFError) as exc:
            raise self._away(exc) from exc
        with opened:
            if connection.subprotocol != PROTOCOL:
                raise RemoteUnavailable(OTHER_VERSION, step="version")
            yield connection

    def check(self, parts: frozenset[Part] = frozenset(("coach", "recognition"))) -> CloudCheck:
        """Try what `parts` need, and say which step fails."""
        try:
            self._ask("GET", "/healthz")
            # Over the connection that is there now.
            begin_s = time.monotonic()
            self._ask("GET", "/healthz")
            round_trip_ms = round((time.monotonic() - begin_s) * 1000)
            if "coach" in parts:
                self._check_tips()
            if "recognition" in parts:
                self._check_stream()
        except RemoteRefused as exc:
            step = {401: "key", 403: "scope"}.get(exc.status, "refused")
            return CloudCheck(step, str(exc))
        except RemoteUnavailable as exc:
            return CloudCheck(exc.step, str(exc))
        return CloudCheck("", f"The remote coach answers in {round_trip_ms} ms.", round_trip_ms)

    def close(self) -> None:
        """Let connections go; a call in another thread fails."""
        self._http.close()

    def _check_tips(self) -> None:
        request = TipRequest(
            id="check",
            kind="pace_fast",
            severity=2,
            evidence=(),
            candidates=("Slow down a little",),
            deadline_ms=round(ANSWER_S * 1000),
            language="en",
        )
        reply = self._ask("POST", "/v1/tips", to_bytes(request))
        try:
            from_bytes(TipAnswer, reply.body)
        except ValueError as exc:
            raise RemoteUnavailable(OTHER_VERSION, step="version") from exc

    def _check_stream(self) -> None:
        session = self.session(SessionWish("en"))
        try:
            with self.stream(session.id, session.ticket):
                pass
        finally:
            with contextlib.suppress(RemoteError):
                self.erase(session.id)

    def _tls(self) -> ssl.SSLContext:
        return self._verify if isinstance(self._verify, ssl.SSLContext) else ssl.create_default_context()

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_s: float = ANSWER_S,
    ) -> _Reply:
        """The answer to a request, a good one.

        Raises:
            RemoteRefused: it is a bad one.
            RemoteUnavailable: there is none in time.
        """
        sent = {"Content-Type": "application/json", **(headers or {})} if body is not None else headers
        timeout = httpx.Timeout(deadline_s, connect=min(CONNECT_S, deadline_s))
        end_s = time.monotonic() + deadline_s
        got = bytearray()
        try:
            with self._http.stream(method, path, content=body, headers=sent, timeout=timeout) as response:
                for piece in response.iter_bytes():
                    got += piece
                    if len(got) > MAX_BYTES:
                        raise RemoteUnavailable(NOT_OURS.format(address=self._url), step="version")
                    if time.monotonic() > end_s:
                        raise RemoteUnavailable(TOO_LATE, step="time")
        except httpx.TimeoutException as exc:
            if isinstance(exc, httpx.ConnectTimeout | httpx.PoolTimeout) and deadline_s >= CONNECT_S:
                raise self._away(exc) from exc
            raise RemoteUnavailable(TOO_LATE, step="time") from exc
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as exc:
            # RuntimeError: it was closed meanwhile.
            raise self._away(exc) from exc
        reply = _Reply(response.status_code, bytes(got), response.headers)
        if not response.is_success:
            raise self._refusal(reply)
        return reply

    def _away(self, exc: BaseException) -> RemoteUnavailable:
        cause: BaseException | None = exc
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                return RemoteUnavailable(NO_TLS.format(address=self._url), step="tls")
            cause = cause.__cause__ or cause.__context__
        return RemoteUnavailable(NO_ADDRESS.format(address=self._url), step="address")

    def _refusal(self, reply: _Reply) -> RemoteError:
        try:
            body = json.loads(reply.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("type"), str):
            if reply.status == 404 or reply.status < 400:
                return RemoteUnavailable(NOT_OURS.format(address=self._url), step="version")
            body = {"type": {401: "unauthorized", 403: "forbidden"}.get(reply.status, ""), "retryable": None}
        refusal = refused(body, reply.status, reply.headers.get("retry-after", ""))
        return _NotThere(refusal) if reply.status == 404 else refusal

    def _object(self, reply: _Reply) -> dict[str, Any]:
        try:
            flat = json.loads(reply.body)
        except (ValueError, RecursionError):
            flat = None
        if not isinstance(flat, dict):
            raise RemoteUnavailable(OTHER_VERSION, step="version")
        return flat

    @staticmethod
    def _text(flat: Mapping[str, Any], name: str) -> str:
        text = flat.get(name)
        # It becomes a part of an address, or of a header.
        if not isinstance(text, str) or not text or not set(text) <= _PLAIN:
            raise RemoteUnavailable(OTHER_VERSION, step="version")
        return text


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


_LONGEST_WAIT_MS = 3_600_000
"""More is no answer to a show."""


class _NotThere(RemoteRefused):
    """What is asked for is not there, or not ours."""

    def __init__(self, refusal: RemoteRefused) -> None:
        super().__init__(str(refusal), status=404, problem=refusal.problem)


def refused(problem: Mapping[str, Any], status: int = 0, retry_after: str = "") -> RemoteRefused:
    """The error that an RFC 9457 object is; whatever stands in it is not to be trusted."""
    name = str(problem.get("type", ""))[:80].rpartition(":")[2]
    if not name or not set(name) <= _PLAIN:
        name = f"status {status}" if status else "unknown"
    retryable = problem.get("retryable")
    is_retryable = retryable if isinstance(retryable, bool) else status in {408, 425, 429} or status >= 500
    wait_ms = problem.get("retry_after_ms")
    retry_after_s = wait_ms / 1000 if isinstance(wait_ms, int | float) and 0 <= wait_ms <= _LONGEST_WAIT_MS else None
    if retry_after_s is None and retry_after.isdecimal():
        retry_after_s = float(retry_after[:6])
    sentence = _BY_PROBLEM.get(name) or (_LATER if is_retryable else _OTHERWISE).format(problem=name)
    return RemoteRefused(sentence, status=status, problem=name, is_retryable=is_retryable, retry_after_s=retry_after_s)
