"""A server of files that stalls, breaks off, lies about lengths and sends other bytes, as a test tells it to."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import sys
import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES = 16 * 1024
PORTAL = b"<html><body>Sign in to this hotel's network.</body></html>"

Kind = Literal[
    "mute",
    "stall",
    "cut",
    "reset",
    "too long",
    "too short",
    "other range",
    "less range",
    "no range",
    "no length",
    "no length, cut",
    "refuses range",
    "corrupt",
    "gzip",
    "portal",
    "portal without length",
    "status",
    "redirect",
    "drips",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one answer."""

    kind: Kind
    at: int = 0
    """After, or at, so many bytes of the body."""
    status: int = 503
    retry_after: str = ""
    date: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    """As it was asked: with a host where this server is taken for a proxy."""
    range: str | None


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        # Who does not trust the certificate goes away before asking.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class FaultServer:
    """Serves `files`; each request of a path takes one fault of its list, and none is left when the list is empty."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.always: dict[str, Fault] = {}
        """Paths that are faulty each time."""
        self.asked: list[Asked] = []
        self.sent: Counter[str] = Counter()
        """Bytes of bodies by path; only those that were handed to the system."""
        self.together = threading.Barrier(1)
        """Answers wait for so many others: a test that sets it sees whether they are asked for at once."""
        self.is_held = threading.Event()
        """Some answer stalls now."""
        self.released = threading.Event()
        """Answers that stall go on, and those that are mute end."""
        self._lock = threading.Lock()
        faulty = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                try:
                    faulty.answer(self)
                except OSError:
                    # The client went away, as it may.
                    self.close_connection = True

            @override
            def log_message(self, *args: object) -> None:
                """The test's output stays quiet."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"

    @property
    def ranges(self) -> list[str | None]:
        return [one.range for one in self.asked]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        asked = request.headers["Range"]
        with self._lock:
            self.asked.append(Asked(request.path, asked))
            fault = self.always.get(path) or (self.faults[path].pop(0) if self.faults[path] else None)
        self.together.wait(10)
        content = self.files.get(path)
        if fault is not None and fault.kind in {"mute", "portal", "portal without length", "status", "redirect"}:
            self._answer_otherwise(request, fault)
        elif content is None:
            _say(request, 404, {"Content-Length": "0"})
        else:
            self._give(request, path, content, asked, fault)

    def _answer_otherwise(self, request: BaseHTTPRequestHandler, fault: Fault) -> None:
        match fault.kind:
            case "mute":
                self._hold()
            case "portal":
                _say(request, 200, {"Content-Type": "text/html", "Content-Length": str(len(PORTAL))})
                request.wfile.write(PORTAL)
            case "portal without length":
                _say(request, 200, {"Content-Type": "text/html"})
                request.wfile.write(PORTAL)
            case "redirect":
                _say(request, 302, {"Location": fault.location, "Content-Length": "0"})
            case _:
                headers = {"Retry-After": fault.retry_after, "Date": fault.date, "Content-Length": "0"}
                _say(request, fault.status, {name: text for name, text in headers.items() if text})

    def _give(
        self, request: BaseHTTPRequestHandler, path: str, content: bytes, asked: str | None, fault: Fault | None
    ) -> None:
        kind = fault.kind if fault else ""
        at = fault.at if fault else 0
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and kind != "no range" else None
        if start is not None and (kind == "refuses range" or start >= len(content)):
            _say(request, 416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"})
            return
        if start is not None and kind == "other range":
            start = max(start - 7, 0) if start > 7 else start + 7
        end = len(content)
        if start is not None and kind == "less range":
            end = min(start + max(at, 1), end)
        headers = {"Content-Type": "application/octet-stream"}
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        body = memoryview(content)[start or 0 : end]
        if kind == "gzip":
            body = memoryview(gzip.compress(body))
            headers["Content-Encoding"] = "gzip"
        if kind == "corrupt":
            spoilt = bytearray(body)
            spoilt[min(at, len(spoilt) - 1)] ^= 0xFF
            body = memoryview(bytes(spoilt))
        length = len(body) + {"too long": 1000, "too short": -1 - at % len(body)}.get(kind, 0)
        if not kind.startswith("no length"):
            headers["Content-Length"] = str(length)
        _say(request, 200 if start is None else 206, headers)
        at = min(at, len(body))
        match kind:
            case "stall":
                self._send(request, path, body[:at])
                self._hold()
                self._send(request, path, body[at:])
            case "cut" | "no length, cut":
                self._send(request, path, body[:at])
            case "reset":
                self._send(request, path, body[:at])
                request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case "too short":
                self._send(request, path, body[:length])
            case "drips":
                for place in range(len(body)):
                    self._send(request, path, body[place : place + 1])
                    if self.released.wait(0.01):
                        return
            case _:
                self._send(request, path, body)

    def _hold(self) -> None:
        self.is_held.set()
        self.released.wait(30)

    def _send(self, request: BaseHTTPRequestHandler, path: str, body: memoryview) -> None:
        for place in range(0, len(body), PIECE_BYTES):
            piece = body[place : place + PIECE_BYTES]
            request.wfile.write(piece)
            with self._lock:
                self.sent[path] += len(piece)
        request.wfile.flush()


@contextmanager
def fault_server(tls: ssl.SSLContext | None = None) -> Iterator[FaultServer]:
    """A server that runs meanwhile."""
    server = FaultServer(tls)
    try:
        yield server
    finally:
        server.close()


def _say(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    request.send_response_only(status)
    for name, text in {"Connection": "close", **headers}.items():
        request.send_header(name, text)
    request.end_headers()
    request.wfile.flush()
