"""The worker's side of the process that writes reports and exports: one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import sys
from typing import Any

LENGTH = struct.Struct("!Q")

MOST_ANSWER_BYTES = 268_435_456

ANSWER_S = 60.0
"""A report of a twelve-hour show takes half of it on a slow core."""

MOST_ANSWERS = 200
"""Of one process; then a new one takes over, so that memory it does not give back is bounded."""


class NotWritten(Exception):
    """A report or an export could not be made; carries no words of the show."""


class Desk:
    """Begins the process when it is first needed, and again when it was lost."""

    def __init__(self, *, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._answers = 0

    @property
    def pid(self) -> int | None:
        """Of the process, where there is one."""
        return self._process.pid if self._process else None

    async def write(self, request: dict[str, Any]) -> dict[str, str]:
        """What `cloud_api.worker.writing.answer` gives for `request`.

        Raises:
            NotWritten: it failed, took too long, or its process was killed.
        """
        data = await asyncio.to_thread(lambda: json.dumps(request).encode())
        async with self._lock:
            try:
                async with asyncio.timeout(self._answer_s):
                    answer = await self._ask(data)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as exc:
                await self._end()
                raise NotWritten(type(exc).__name__) from exc
            except asyncio.CancelledError:
                # Its answer would be taken for the next one's.
                await self._end()
                raise
            self._answers += 1
            if self._answers >= MOST_ANSWERS:
                await self._end()
        if "error" in answer:
            raise NotWritten(answer["error"])
        return answer

    async def close(self) -> None:
        async with self._lock:
            await self._end()

    async def _ask(self, data: bytes) -> dict[str, str]:
        if self._process is None or self._process.returncode is not None:
            self._answers = 0
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "cloud_api.worker.writing",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise OSError("The process has no pipes.")
        process.stdin.write(LENGTH.pack(len(data)) + data)
        await process.stdin.drain()
        size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
        if size > MOST_ANSWER_BYTES:
            raise ValueError("The answer is too large.")
        text = await process.stdout.readexactly(size)
        answer: dict[str, str] = await asyncio.to_thread(json.loads, text)
        return answer

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
