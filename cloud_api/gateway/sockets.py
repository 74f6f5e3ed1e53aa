"""The gateway's WebSocket protocol for uvicorn: sound goes to its stream at once, and a deaf client can be dropped.

A frame of sound that passes uvicorn's parser, its queue and a task costs more than everything that the gateway does with
it. So whole frames are found here, and given to the stream without any of these while nothing waits in front of them;
everything else goes uvicorn's usual way, in whole frames, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request

EXTENSION = "martlive.socket"
"""In the ASGI scope's extensions: {"socket": StreamSocket}."""

_WHOLE_BINARY, _MASKED = 0x82, 0x80


class StreamSocket(WebSocketsSansIOProtocol):
    """uvicorn's own, for `uvicorn.Config(ws=...)`.

    Invariant: messages reach the application in the order in which they came, whichever way they took.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Reading stops while asr is slow, and no pong is read then; the gateway itself closes what is silent.
        self.ping_timeout = None
        self.on_binary: Callable[[bytes], bool] | None = None
        """Takes a binary message at once, or gives False: then it comes by `receive`."""
        self._finds_frames = False
        self._rest = bytearray()
        self._needed = 0

    def abort(self) -> None:
        """End the connection at once, with what waits in it."""
        self.transport.abort()

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            # The application's task is made, and has not yet begun.
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = {"socket": self}
            self._finds_frames = not self.conn.reader.buffer

    @override
    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # uvicorn logs an error otherwise when the application returns after it.
            self.handshake_complete = True

    @override
    def data_received(self, data: bytes) -> None:
        if not self._finds_frames:
            super().data_received(data)
            return
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            data = bytes(self._rest)
            self._rest.clear()
        start, end = 0, len(data)
        while start < end:
            needed = self._frame_at(data, start, end)
            if needed < 0:
                self._finds_frames = False
                super().data_received(data[start:])
                return
            if needed > end - start:
                self._rest += data[start:]
                self._needed = needed
                return
            if not self._gave(data, start, needed):
                super().data_received(data[start : start + needed] if needed < end else data)
            start += needed

    def _frame_at(self, data: bytes, start: int, end: int) -> int:
        """Bytes of the frame at `start`, or as many as are needed to say so; -1: uvicorn has to refuse it."""
        if end - start < 2:
            return 2
        second = data[start + 1]
        size, head = second & 0x7F, 6
        if size == 126:
            if end - start < 4:
                return 4
            size, head = data[start + 2] << 8 | data[start + 3], 8
        elif size == 127:
            if end - start < 10:
                return 10
            size, head = int.from_bytes(data[start + 2 : start + 10], "big"), 14
        if not second & _MASKED or size > self.config.ws_max_size:
            return -1
        return head + size

    def _gave(self, data: bytes, start: int, length: int) -> bool:
        """Whether the stream took the message in the frame at `start`."""
        take = self.on_binary
        if take is None or data[start] != _WHOLE_BINARY or not self.queue.empty():
            return False
        head = 8 if data[start + 1] == _MASKED | 126 else 14 if data[start + 1] == _MASKED | 127 else 6
        body = start + head
        return take(apply_mask(data[body : start + length], data[body - 4 : body]))
