"""Serves the stream window's picture to a browser source, on this computer only, to who knows a secret address."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from martlive_desktop.core.errors import SettingsInvalid, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from websockets.http11 import Request, Response
    from websockets.sync.server import ServerConnection

HOST = "127.0.0.1"

MOST_VIEWERS = 8
"""A source in some scenes of OBS and a browser to try it; more is a mistake, or meant badly."""

STILL_HERE_S = 2.0
"""The page takes the picture away after three times as long without a word."""

OPEN_WITHIN_S = 2.0
"""For the request of a program on this computer; `close` waits for it at most so long."""

TOKEN_BYTES = 24
TOKEN = re.compile(r"[\w-]{32}", re.ASCII)

OBS_ORIGINS = ("null", "file://", "http://absolute", "https://absolute")
"""Of a page that is a file: as Chromium says it, as it said it before, and as older versions of OBS do; of those it is
the token that keeps strangers out. Source: obs-browser, `obs-browser-plugin.cpp`."""

HEADER = struct.Struct("!6H")
"""Width and height of the picture, then left, top, width and height of the part that follows; all in pixels."""

messages_log = logging.getLogger(f"{__name__}.messages")


class Part(NamedTuple):
    """A part of the picture, in pixels; the right and the lower edge are outside of it."""

    left: int
    top: int
    right: int
    bottom: int

    def united(self, other: Part) -> Part:
        """The smallest part with both in it."""
        lows, highs = map(min, self[:2], other[:2]), map(max, self[2:], other[2:])
        return Part(*lows, *highs)


@dataclass(eq=False, slots=True)
class _Viewer:
    """A page that is connected."""

    connection: ServerConnection
    stale: Part | None = None
    """What it has not been sent yet."""


class BrowserSource:
    """A page that shows what is published; it answers nobody without the token, and no web site.

    A page that reads slowly skips pictures: of each there is only the newest, and one part of it on its way.
    """

    def __init__(
        self, folder: Path, port: int, page: bytes, on_viewers: Callable[[bool], None] = lambda _: None
    ) -> None:
        """Start on `port`, with the token in `folder`; `page` has @FRAMES@ where the address of the pictures belongs.

        `on_viewers` gets whether anyone looks, when that changes, on a thread of the server, and must not wait.

        Raises:
            SettingsInvalid: another program has the port.
            StoreUnavailable: the folder cannot be written.
        """
        # The library logs every request, with the token in its path.
        messages_log.setLevel(logging.CRITICAL + 1)
        self._on_viewers = on_viewers
        self._token = _kept_token(folder)
        self._changed = threading.Condition()
        self._viewers: list[_Viewer] = []
        self._pixels: NDArray[np.uint8] | None = None
        self._is_closing = False
        try:
            self._server = serve(
                self._show,
                HOST,
                port,
                process_request=self._admit,
                compression=None,
                server_header=None,
                open_timeout=OPEN_WITHIN_S,
                # A page has nothing to say.
                max_size=1,
                logger=messages_log,
            )
        except OSError as exc:
            raise SettingsInvalid(
                f"Another program has port {port}; choose another one for the browser source.",
                field="stream.browser_port",
            ) from exc
        self.port: int = self._server.socket.getsockname()[1]
        nonce = secrets.token_urlsafe(TOKEN_BYTES)
        frames = f"ws://{HOST}:{self.port}/{self._token}/frames"
        self._page = page.decode().replace("@FRAMES@", frames).replace("@NONCE@", nonce)
        self._policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            f"connect-src ws://{HOST}:{self.port}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self.page_file = folder / "browser-source.html"
        """The same page as a file. OBS tries an address once, and stays empty if it started before MartLive:
        https://github.com/obsproject/obs-browser/issues/71."""
        _write_secret(self.page_file, self._page)
        self._thread = threading.Thread(target=self._server.serve_forever, name="martlive-browser-source")
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the page; whoever has it sees the picture."""
        return f"http://{HOST}:{self.port}/{self._token}/"

    @property
    def has_viewers(self) -> bool:
        """Whether anyone looks."""
        return bool(self._viewers)

    def resize(self, width_px: int, height_px: int) -> None:
        """Begin an empty picture of this size; from any thread."""
        with self._changed:
            self._pixels = np.zeros((height_px, width_px, 4), np.uint8)
            for viewer in self._viewers:
                viewer.stale = Part(0, 0, width_px, height_px)
            self._changed.notify_all()

    def publish(self, pixels: NDArray[np.uint8], left_px: int = 0, top_px: int = 0) -> None:
        """Show `pixels`, RGBA of shape (height, width, 4), at this place of the picture; from any thread, never waits."""
        height, width, _ = pixels.shape
        with self._changed:
            # It is gone when the last viewer is.
            if self._pixels is not None:
                self._pixels[top_px : top_px + height, left_px : left_px + width] = pixels
                part = Part(left_px, top_px, left_px + width, top_px + height)
                for viewer in self._viewers:
                    viewer.stale = viewer.stale.united(part) if viewer.stale else part
                self._changed.notify_all()

    def close(self) -> None:
        """Let everyone go; pages take the picture away."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            connections = [viewer.connection for viewer in self._viewers]
        for connection in connections:
            # Whoever reads nothing would hold up a farewell.
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()
        self._thread.join()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request; None lets it become a socket."""
        hosts = [f"{name}:{self.port}" for name in (HOST, "localhost")]
        headers = request.headers
        # A web site that had its own name point here would still send that name.
        if request.method != "GET" or headers.get_all("Host") not in ([host] for host in hosts):
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        page, frames = (f"/{self._token}/{name}".encode() for name in ("", "frames"))
        path = request.path.encode()
        if hmac.compare_digest(path, page):
            response = connection.respond(HTTPStatus.OK, self._page)
            del response.headers["Content-Type"]
            response.headers.update(
                {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Security-Policy": self._policy,
                    "Cache-Control": "no-store",
                    "Referrer-Policy": "no-referrer",
                    "X-Content-Type-Options": "nosniff",
                    "Cross-Origin-Resource-Policy": "same-origin",
                }
            )
            return response
        if not hmac.compare_digest(path, frames) or headers.get("Upgrade", "").lower() != "websocket":
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        allowed = {*(f"http://{host}" for host in hosts), *OBS_ORIGINS}
        if not allowed.issuperset(headers.get_all("Origin")):
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        return connection.respond(HTTPStatus.FORBIDDEN, "") if len(self._viewers) >= MOST_VIEWERS else None

    def _show(self, connection: ServerConnection) -> None:
        """Send `connection` the picture for as long as it is there."""
        with self._changed:
            if len(self._viewers) >= MOST_VIEWERS or self._is_closing:
                return
            viewer = _Viewer(connection)
            if self._pixels is not None:
                height, width, _ = self._pixels.shape
                viewer.stale = Part(0, 0, width, height)
            self._viewers.append(viewer)
            if len(self._viewers) == 1:
                self._on_viewers(self.has_viewers)
        try:
            # Its first message says that MartLive is here.
            connection.send(b"")
            while not self._is_closing:
                connection.send(self._next_message(viewer))
        except ConnectionClosed:
            return
        finally:
            with self._changed:
                self._viewers.remove(viewer)
                if not self._viewers:
                    self._pixels = None
                    self._on_viewers(self.has_viewers)

    def _next_message(self, viewer: _Viewer) -> bytes:
        """What `viewer` is to see anew, as soon as there is something; empty: nothing for a while."""
        with self._changed:
            self._changed.wait_for(lambda: viewer.stale is not None or self._is_closing, STILL_HERE_S)
            part, viewer.stale = viewer.stale, None
            if part is None or self._pixels is None:
                return b""
            height, width, _ = self._pixels.shape
            left, top, right, bottom = part
            pixels = self._pixels[top:bottom, left:right].tobytes()
        return HEADER.pack(width, height, left, top, right - left, bottom - top) + pixels


def _kept_token(folder: Path) -> str:
    """The token in `folder`, so that OBS finds the page again after a restart; a new one where there is none."""
    path = folder / "browser-source.token"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
    except OSError as exc:
        raise _unwritable(folder) from exc
    token = known if TOKEN.fullmatch(known) else secrets.token_urlsafe(TOKEN_BYTES)
    _write_secret(path, token)
    return token


def _write_secret(path: Path, text: str) -> None:
    """Write `text` where only this user reads it."""
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise _unwritable(path.parent) from exc


def _unwritable(folder: Path) -> StoreUnavailable:
    return StoreUnavailable(f"The browser source cannot keep its address in {folder}; check that folder.")
