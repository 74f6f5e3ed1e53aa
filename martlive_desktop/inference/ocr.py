"""The child process that reads the chat on the screen, and what keeps it alive: RapidOCR's recogniser on one thread."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.core.chat_panel import Reading, TextRow
from martlive_desktop.inference.child import REST_S, Child
from martlive_desktop.inference.worker import lower_priority

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from numpy.typing import NDArray

    from martlive_desktop.inference.text_rows import Row

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 60.0
"""A cold disk and a busy computer; it takes half a second otherwise."""

ANSWER_TIMEOUT_S = 30.0
"""A full panel takes two seconds; a process that is silent for longer hangs."""

MOST_BYTES = 1_000_000
"""Of an answer: 200 rows have 50,000."""

MOST_ROWS = 120
"""Rows of a picture that are read; a chat on a 4K monitor has 100. More is no chat."""

MOST_STRIP_PX = 50_000
"""Width of the strips that are recognised of one picture: eight seconds of a slow core. A panel of 30 rows has 27,000; a page of text
that fills a monitor would take a minute."""

MOST_LOOKS = 400
"""Rows that are known again by their look."""

SAME_LOOK, LEAST_CHANGE = 0.3, 60
"""Change of each letter, as a share of its ink and beside that in ink for each line of pixels, up to which a row is the same:
a video's compression changes less, another digit more."""

LEAST_SCORE = 0.5
"""Below it RapidOCR itself takes a text for none."""

KEYS_OF_A_PROCESS = 1_000_000
"""Keys of two processes do not meet."""


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """What the child needs to know."""

    threads: int = 1
    """One leaves the others to the recogniser, the game and the encoder."""


def main(pipe: Connection, config: ReaderConfig) -> None:
    """Answer each picture from `pipe` with its rows; ends with the pipe."""
    lower_priority()
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    reader = RowReader(_load(config))
    pipe.send_bytes(b"")
    try:
        while True:
            pixels = pipe.recv()
            started_s = time.process_time()
            rows = reader.read(pixels)
            spent_s = time.process_time() - started_s
            plain = [[row.top, row.bottom, row.left, row.name, row.text, row.key] for row in rows]
            pipe.send_bytes(json.dumps([spent_s, plain]).encode())
    except (EOFError, OSError):
        return


def _load(config: ReaderConfig) -> Callable[[list[NDArray[np.uint8]]], list[str]]:
    from rapidocr_onnxruntime.ch_ppocr_rec import TextRecognizer

    model = files("rapidocr_onnxruntime") / "models" / "ch_PP-OCRv4_rec_infer.onnx"
    recogniser = TextRecognizer(
        {
            "model_path": str(model),
            "intra_op_num_threads": config.threads,
            "inter_op_num_threads": 1,
            "use_cuda": False,
            "use_dml": False,
            "rec_img_shape": [3, 48, 320],
            "rec_batch_num": 6,
        }
    )

    def recognise(strips: list[NDArray[np.uint8]]) -> list[str]:
        if not strips:
            return []
        found, _ = recogniser(strips)
        return [text if score >= LEAST_SCORE else "" for text, score in found]

    return recognise


class RowReader:
    """Reads rows that it has not seen; one that looks as before is what it was."""

    def __init__(self, recognise: Callable[[list[NDArray[np.uint8]]], list[str]]) -> None:
        self._recognise = recognise
        self._known: OrderedDict[int, tuple[NDArray[np.uint8], str, str]] = OrderedDict()
        self._next_key = 0

    def read(self, pixels: NDArray[np.uint8]) -> list[TextRow]:
        """The rows of text in `pixels`, BGR of shape (height, width, 3), from top to bottom."""
        # OpenCV takes a while to load, which only this process has to wait for.
        from martlive_desktop.inference.text_rows import find_rows

        rows = find_rows(pixels)[:MOST_ROWS]
        keys = [self._key(row.look) for row in rows]
        self._read_new(_lowest([row for row, key in zip(rows, keys, strict=True) if key is None]))
        read = []
        for row, key in zip(rows, keys, strict=True):
            found = self._key(row.look) if key is None else key
            if found is not None:
                self._known.move_to_end(found)
                _, name, text = self._known[found]
                if name or text:
                    read.append(TextRow(row.top, row.bottom, row.left, name, text, found))
        while len(self._known) > MOST_LOOKS:
            self._known.popitem(last=False)
        return read

    def _key(self, look: NDArray[np.uint8]) -> int | None:
        return next((key for key in reversed(self._known) if _is_same(look, self._known[key][0])), None)

    def _read_new(self, rows: Sequence[Row]) -> None:
        strips = [strip for row in rows for strip in (row.name, row.text) if strip is not None]
        texts = iter(self._recognise(strips))
        for row in rows:
            name = next(texts) if row.name is not None else ""
            text = next(texts) if row.text is not None else ""
            if name.count(" ") >= row.name_words:
                # The recogniser reads an underscore as a space; there is a gap only between words.
                name = "_".join(name.split())
            self._known[self._next_key] = (row.look, name, text)
            self._next_key += 1


def _lowest(rows: list[Row]) -> list[Row]:
    """The last of `rows`, where a chat is newest, that are recognised in time; the others are when they are seen again."""
    strips = ([strip.shape[1] for strip in (row.name, row.text) if strip is not None] for row in reversed(rows))
    widths = accumulate(sum(strip) for strip in strips)
    return rows[-max(1, sum(width <= MOST_STRIP_PX for width in widths)) :]


def _is_same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two rows look the same in each of their letters, give or take compression and a pixel at an edge."""
    if max(abs(one.shape[0] - other.shape[0]), abs(one.shape[1] - other.shape[1])) > 1:
        return False
    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    first, second = one[:height, :width].astype(np.int32), other[:height, :width].astype(np.int32)
    # About the width of a letter.
    window = np.ones(max(1, min(height // 2, width)))
    change = np.convolve(np.abs(first - second).sum(axis=0), window, "same")
    ink = np.convolve(np.maximum(first, second).sum(axis=0), window, "same")
    return bool((change <= SAME_LOOK * ink + LEAST_CHANGE * height).all())


class SupervisedReader:
    """A `TextReader` in a child process; for use in one thread, but for `close`."""

    def __init__(
        self, config: ReaderConfig | None = None, *, target: Callable[[Connection, ReaderConfig], None] = main
    ) -> None:
        """Nothing starts before the first picture. `target` runs in the process."""
        self._closing = threading.Event()
        self._child = Child(target, config or ReaderConfig(), name="martlive-ocr", closing=self._closing)
        self._is_running = False
        self._fruitless = 0
        self.starts = 0
        """How often the process was started."""

    @property
    def pid(self) -> int | None:
        """The process that reads now."""
        return self._child.pid

    def read(self, pixels: NDArray[np.uint8]) -> Reading | None:
        try:
            if not self._is_running:
                self._start()
            self._child.send(np.ascontiguousarray(pixels))
            spent_s, rows = json.loads(self._child.receive(ANSWER_TIMEOUT_S, MOST_BYTES))
        except (EOFError, OSError, TimeoutError, ValueError):
            if not self._closing.is_set():
                log.warning("reader process ended", extra={"starts": self.starts})
            self.stop()
            self._fruitless += 1
            return None
        self._fruitless = 0
        offset = self.starts * KEYS_OF_A_PROCESS
        found = (TextRow(top, bottom, left, name, text, key + offset) for top, bottom, left, name, text, key in rows)
        return Reading(tuple(found), spent_s)

    def _start(self) -> None:
        if self._closing.wait(REST_S[min(self._fruitless, len(REST_S) - 1)]):
            raise TimeoutError
        self.starts += 1
        self._child.start(LOAD_TIMEOUT_S, MOST_BYTES)
        self._is_running = True

    def stop(self) -> None:
        """End the process; the next picture starts another one."""
        self._is_running = False
        self._child.stop()

    def close(self) -> None:
        """Let `read` end soon; may be called from another thread. `stop` then ends the process."""
        self._closing.set()
