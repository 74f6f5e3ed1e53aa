"""The server that one writes in an afternoon: a model for each connection, stock `transcribe()` over what is not final.

It speaks WhisperLive's protocol. Greedy and without the text before, which is its fastest; Silero VAD before each decode.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from websockets.asyncio.server import ServerConnection, serve

RATE_HZ = 16_000
STEP_S = 1.0
"""So much new sound is waited for before the next decode."""

SILENT_S = 0.6
"""Silence behind the last segment that makes it final."""

MOST_S = 25.0
"""Of sound that is not final: Whisper's window has 30 s."""

END = b"END_OF_AUDIO"


class Connection:
    """One stream: sound comes in on the event loop, decodes run on its own thread."""

    def __init__(self, model: str) -> None:
        self._whisper = WhisperModel(model, device="cpu", compute_type="int8")
        self._changed = threading.Condition()
        self._sound = np.zeros(0, np.float32)
        self._from_s = 0.0
        self._heard = 0
        self._is_over = False
        self._completed: list[dict[str, Any]] = []

    def feed(self, data: bytes) -> None:
        with self._changed:
            self._sound = np.concatenate((self._sound, np.frombuffer(data, np.int16).astype(np.float32) / 32768))
            self._heard += len(data) // 2
            self._changed.notify()

    def finish(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def decode(self, through: int) -> tuple[list[dict[str, Any]], int, bool]:
        """Wait for a step of new sound behind sample `through`; gives segments, the sample reached, whether it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._heard - through >= STEP_S * RATE_HZ)
            sound, heard, is_over = self._sound, self._heard, self._is_over
        found, _ = self._whisper.transcribe(
            sound, language="en", beam_size=1, condition_on_previous_text=False, vad_filter=True
        )
        segments = [(float(one.start), float(one.end), one.text.strip()) for one in found]
        seconds = len(sound) / RATE_HZ
        # The last segment may go on, unless silence follows it or there is no room for more.
        is_last_final = is_over or not segments or seconds - segments[-1][1] >= SILENT_S or seconds > MOST_S
        final = segments if is_last_final else segments[:-1]
        self._completed += [self._segment(*one, is_final=True) for one in final]
        open_ones = [] if is_last_final else [self._segment(*segments[-1], is_final=False)]
        cut_s = final[-1][1] if final else 0.0
        if not segments:
            # Nobody spoke; the last bit may be the start of a word.
            cut_s = max(0.0, seconds - SILENT_S)
        with self._changed:
            self._sound = self._sound[int(cut_s * RATE_HZ) :]
            self._from_s += int(cut_s * RATE_HZ) / RATE_HZ
        return self._completed[-10:] + open_ones, heard, is_over

    def _segment(self, start_s: float, end_s: float, text: str, *, is_final: bool) -> dict[str, Any]:
        begin, end = f"{self._from_s + start_s:.3f}", f"{self._from_s + end_s:.3f}"
        return {"start": begin, "end": end, "text": text, "completed": is_final}


async def main() -> None:
    port, model = int(sys.argv[1]), sys.argv[2]

    async def handle(socket: ServerConnection) -> None:
        uid = json.loads(await socket.recv())["uid"]
        connection = await asyncio.to_thread(Connection, model)
        await socket.send(json.dumps({"uid": uid, "message": "SERVER_READY"}))

        async def tell() -> None:
            through, is_over = 0, False
            while not is_over:
                segments, through, is_over = await asyncio.to_thread(connection.decode, through)
                await socket.send(json.dumps({"uid": uid, "segments": segments}))

        telling = asyncio.create_task(tell())
        try:
            async for data in socket:
                if data == END:
                    break
                assert isinstance(data, bytes)
                connection.feed(data)
        finally:
            connection.finish()
            await telling

    # Each waiting connection holds a thread; the pool of asyncio has few on a small machine.
    from concurrent.futures import ThreadPoolExecutor

    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))
    async with serve(handle, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
