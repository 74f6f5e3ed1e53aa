"""A cable between a client and a service on this computer, which can be pulled out and put back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

PIECE_BYTES = 65_536


class Cable:
    """Leads connections on to `port` of this computer; while it is out, new ones are refused and old ones reset."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cable")
        self.connections = 0
        """How many were made over it."""
        self.bytes_up = 0
        """What went to the service."""

    def __enter__(self) -> Cable:
        self._thread.start()
        self.port = 0
        self._call(self._plug())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._unplug())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pull(self) -> None:
        """Out."""
        self._call(self._unplug())

    def put_back(self) -> None:
        """In again."""
        self._call(self._plug())

    def _call(self, job: object) -> None:
        asyncio.run_coroutine_threadsafe(job, self._loop).result(10)  # type: ignore[arg-type]

    async def _plug(self) -> None:
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _unplug(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for end in list(self._ends):
            end.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._ends.add(writer)
        try:
            there, to_there = await asyncio.open_connection("127.0.0.1", self._to)
            self._ends.add(to_there)
            try:
                await asyncio.gather(self._pump(reader, to_there, is_up=True), self._pump(there, writer, is_up=False))
            finally:
                self._ends.discard(to_there)
                to_there.transport.abort()
        except (OSError, asyncio.CancelledError):
            return
        finally:
            self._ends.discard(writer)
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool) -> None:
        while piece := await reader.read(PIECE_BYTES):
            if is_up:
                self.bytes_up += len(piece)
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
