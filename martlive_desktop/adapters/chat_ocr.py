"""The chat on the screen: a part of the watched picture, read when it has changed."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.adapters.chat_file import TEXT_LENGTH, USER_LENGTH, clean
from martlive_desktop.core.chat_panel import ChatPanel
from martlive_desktop.core.events import Chat, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from martlive_desktop.core.picture import Picture
    from martlive_desktop.ports import TextReader

READ_EVERY_MS = 1_000
"""A line waits no longer than that for the next one; most chats change less often."""

WORK_SHARE, AT_ONCE_S = 0.3, 1.5
"""Part of a processor core that reading takes at most in a live show, beyond the seconds that it may take at once: a first look
reads a whole panel, the others a line or two."""

SETTLES_WITHIN_MS = 2_000
"""A chat that moves is read when it stands, lines that slide in are not yet whole; one that never stands, after this."""

CHANGED_LEVEL = 24
"""Change of a sample, of 255, that is none of compression."""

CHANGED_SAMPLES = 3
"""Samples that change with a letter of the smallest font, every second one of each direction being looked at."""

SMALLEST_PX = 24
"""Width and height of a part in which a row of chat has room."""

SHOWN_LINES = 5
"""Messages that the window shows where the chat is chosen."""

NOT_READ = "The chat on the screen cannot be read now; MartLive goes on without it and tries again."
TOO_SMALL = "The chat's place on the screen is too small to read; drag it anew under What viewers see."


class OcrChat:
    """A `ChatSource` that looks at what `offer` gives it; in a review, `look` reads at once."""

    def __init__(
        self, reader: TextReader, region: tuple[float, float, float, float] | None, *, is_live: bool = True
    ) -> None:
        """Read the part `region` of each picture: left, top, width and height, as shares of it from 0 to 1; None: none.

        A review gives equal lines for equal pictures, however fast the computer is; only a live show spares it.
        """
        self._is_live = is_live
        self._reader = reader
        self._region = region
        self._panel = ChatPanel()
        self._offered: Picture | None = None
        self._arrived = threading.Condition()
        self._is_closed = False
        self._read: NDArray[np.uint8] | None = None
        self._before: NDArray[np.uint8] | None = None
        self._moves_since_ms: int | None = None
        self._next_ms = 0
        self._spent_s = 0.0
        self._spent_ms = 0
        self._trouble = ""
        self._lines: deque[str] = deque(maxlen=SHOWN_LINES)

    @property
    def pid(self) -> int | None:
        """The process that reads now."""
        return self._reader.pid

    def use_region(self, region: tuple[float, float, float, float] | None) -> None:
        """Read another part from the next picture on, or none."""
        self._region = region

    def wants(self, at_ms: int) -> bool:
        """Whether a picture at `at_ms` would be looked at."""
        return self._region is not None and at_ms >= self._next_ms

    def offer(self, picture: Picture) -> None:
        """Take a picture; never waits. Only the newest is read."""
        with self._arrived:
            self._offered = picture
            self._arrived.notify()

    @property
    def lines(self) -> tuple[str, ...]:
        """The last messages, as `Rosa: safe for cats?`, to show that they are read."""
        return tuple(self._lines)

    def read(self) -> Iterator[Chat | Status]:
        """Lines as they are read, each once; blocks; ends after `close`."""
        try:
            while True:
                with self._arrived:
                    self._arrived.wait_for(lambda: self._offered is not None or self._is_closed)
                    picture, self._offered = self._offered, None
                    if self._is_closed or picture is None:
                        return
                yield from self.look(picture)
        finally:
            self.stop()

    def stop(self) -> None:
        """End the process that reads; on the thread that looks."""
        self._reader.stop()

    def close(self) -> None:
        """End `read` soon; may be called from another thread, and twice."""
        self._reader.close()
        with self._arrived:
            self._is_closed = True
            self._arrived.notify()

    def look(self, picture: Picture) -> Iterator[Chat | Status]:
        """The lines that are new in `picture`; nothing while the chat moves, or was read just now."""
        region = self._region
        if region is None:
            yield from self._tell(picture.at_ms, "")
            return
        if not self.wants(picture.at_ms):
            return
        seen = _cut(picture.pixels, region)
        if seen is None:
            yield from self._tell(picture.at_ms, TOO_SMALL)
            return
        is_new = _differs(seen, self._read)
        moves = is_new and _differs(seen, self._before)
        self._before = seen
        if not is_new:
            self._moves_since_ms = None
            return
        if self._moves_since_ms is None:
            self._moves_since_ms = picture.at_ms
        if moves and picture.at_ms - self._moves_since_ms < SETTLES_WITHIN_MS:
            return
        yield from self._read_now(picture.at_ms, seen)

    def _read_now(self, at_ms: int, seen: NDArray[np.uint8]) -> Iterator[Chat | Status]:
        reading = self._reader.read(seen)
        if reading is None:
            if not self._is_closed:
                yield from self._tell(at_ms, NOT_READ)
            return
        self._read, self._moves_since_ms = seen, None
        self._next_ms = at_ms + READ_EVERY_MS
        if self._is_live:
            self._spent_s = max(0.0, self._spent_s - (at_ms - self._spent_ms) / 1000 * WORK_SHARE) + reading.cpu_s
            self._spent_ms = at_ms
            self._next_ms += round(max(0.0, self._spent_s - AT_ONCE_S) * 1000 / WORK_SHARE)
        yield from self._tell(at_ms, "")
        for message in self._panel.add(reading.rows):
            user, text = clean(message.user, USER_LENGTH), clean(message.text, TEXT_LENGTH)
            if user and text:
                self._lines.append(f"{user}: {text}")
                yield Chat(at_ms, user, text, "screen")

    def _tell(self, at_ms: int, trouble: str) -> Iterator[Status]:
        """Say once that something is wrong, and once that it is right again."""
        if trouble != self._trouble:
            self._trouble = trouble
            yield Status(at_ms, "chat", "lost" if trouble else "reading", trouble)


def _cut(pixels: NDArray[np.uint8], region: tuple[float, float, float, float]) -> NDArray[np.uint8] | None:
    """The chat in `pixels`, a copy in BGR; None where there is too little of it."""
    height, width = pixels.shape[:2]
    left, top, part_width, part_height = region
    rows = slice(max(0, round(top * height)), max(0, round((top + part_height) * height)))
    columns = slice(max(0, round(left * width)), max(0, round((left + part_width) * width)))
    part = pixels[rows, columns, :3].copy()
    return part if min(part.shape[:2]) >= SMALLEST_PX else None


def _differs(seen: NDArray[np.uint8], before: NDArray[np.uint8] | None) -> bool:
    if before is None or before.shape != seen.shape:
        return True
    first, second = seen[::2, ::2].astype(np.int16), before[::2, ::2].astype(np.int16)
    return int((np.abs(first - second).max(axis=2) > CHANGED_LEVEL).sum()) >= CHANGED_SAMPLES
