"""The chat of a Twitch channel, read without an account over IRC in a WebSocket; comes back by itself."""

from __future__ import annotations

import contextlib
import logging
import random
import re
import socket
import threading
from typing import TYPE_CHECKING

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from martlive_desktop.adapters.chat_file import TEXT_LENGTH, USER_LENGTH, clean
from martlive_desktop.core.errors import UsageError
from martlive_desktop.core.events import Chat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

    from martlive_desktop.ports import Clock

log = logging.getLogger(__name__)

SERVER = "wss://irc-ws.chat.twitch.tv:443"
"""Source: Twitch's developer documentation, "Chat & Chatbots"; a nick of `justinfan` and digits needs no password."""

QUIET_S = 400.0
"""Twitch sends a PING about every five minutes; a server that is silent for longer is gone."""

RETRY_S = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before the next try: soon at first, then seldom enough to cost nothing."""

MOST_CHARACTERS = 20_000
"""Of one message of the server; IRC lines with tags have 8,700."""

_CHANNEL = re.compile(r"#?[A-Za-z0-9_]{2,25}")
_LINE = re.compile(r"(?:@(?P<tags>\S*) )?:(?P<nick>[^!\s]+)!\S+ PRIVMSG #\S+ :(?P<text>.*)")
_NAME = re.compile(r"(?:^|;)display-name=([^;]+)")


class TwitchChat:
    """A `ChatSource`; lines have the stream time at which they came."""

    def __init__(self, channel: str, clock: Clock, *, server: str = SERVER) -> None:
        """Read `channel`, named as in its address.

        Raises:
            UsageError: there can be no channel of this name.
        """
        if not _CHANNEL.fullmatch(channel):
            raise UsageError(f"Twitch has no channel called {channel}; give its name as in its address, as somebody.")
        self._channel = channel.lower().removeprefix("#")
        self._clock = clock
        self._server = server
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._connection: ClientConnection | None = None

    def read(self) -> Iterator[Chat]:
        failures = 0
        while not self._closed.is_set():
            try:
                for line in self._lines():
                    failures = 0
                    yield line
            except (OSError, WebSocketException, TimeoutError) as exc:
                log.info("twitch chat is away", extra={"error": type(exc).__name__})
            self._closed.wait(RETRY_S[min(failures, len(RETRY_S) - 1)])
            failures += 1

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            if self._connection is not None:
                # Closing alone would not wake the thread that reads.
                with contextlib.suppress(OSError):
                    self._connection.socket.shutdown(socket.SHUT_RDWR)

    def _lines(self) -> Iterator[Chat]:
        with connect(self._server, max_size=MOST_CHARACTERS, close_timeout=1.0) as connection:
            with self._lock:
                self._connection = connection
                if self._closed.is_set():
                    return
            try:
                # Any number will do; nobody is known by it.
                nick = f"justinfan{random.randrange(10_000, 100_000)}"  # noqa: S311
                for command in ("CAP REQ :twitch.tv/tags", f"NICK {nick}", f"JOIN #{self._channel}"):
                    connection.send(command)
                while True:
                    for line in str(connection.recv(timeout=QUIET_S)).splitlines():
                        if line.startswith("PING"):
                            connection.send(line.replace("PING", "PONG", 1))
                        elif line.split(" ", 2)[1:2] == ["RECONNECT"]:
                            return
                        elif chat := self._chat(line):
                            yield chat
            finally:
                with self._lock:
                    self._connection = None

    def _chat(self, line: str) -> Chat | None:
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        shown = _NAME.search(found["tags"] or "")
        user = clean(shown[1] if shown else found["nick"], USER_LENGTH)
        # "/me waves" comes as "\x01ACTION waves\x01".
        text = clean(found["text"].removeprefix("\x01ACTION ").removesuffix("\x01"), TEXT_LENGTH)
        return Chat(self._clock.now_ms(), user, text, "twitch") if user and text else None
