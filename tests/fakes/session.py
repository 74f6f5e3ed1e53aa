"""Detectors that say what a test tells them to, and a clock and sources that a test moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.events import AudioChunk, Cue, Signal, Status, Transcript, Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from martlive_desktop.core.events import Chat, Input, Screen

GROUNDING = Grounding.of(load_lexicon("en"), ())


@dataclass
class ScriptedDetector:
    """Holds `kind` within its spans of stream time; is also silent and sells as it is told."""

    kind: str = "dead_air"
    spans: tuple[tuple[int, int], ...] = ()
    silence_ms: int = 1_000
    product: str = ""
    product_since_ms: int = 0
    slots: tuple[tuple[str, str], ...] = ()
    seen: list[Input | Cue] = field(default_factory=list)

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:
        self.seen.append(event)
        return [Signal(now_ms, "raised", 1.0, "")] if isinstance(event, Cue) else []

    def cues(self, now_ms: int) -> Sequence[Cue]:
        holds = any(start <= now_ms < end for start, end in self.spans)
        return [Cue(now_ms, self.kind, 0.9, ("a test says so",), self.slots)] if holds else []


class ListSource:
    """Sound from a list; `error` ends it. Waits for `go` before the last item, if there is one."""

    def __init__(
        self, items: Iterable[AudioChunk | Status], *, error: Exception | None = None, go: threading.Event | None = None
    ) -> None:
        self._items = list(items)
        self._error = error
        self._go = go
        self.closed = threading.Event()

    def read(self) -> Iterator[AudioChunk | Status]:
        for number, item in enumerate(self._items, 1):
            if self._go is not None and number == len(self._items):
                self._go.wait()
            if self.closed.is_set():
                return
            yield item
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.closed.set()
        if self._go is not None:
            self._go.set()


class ListChat:
    """Chat from a list."""

    def __init__(self, lines: Sequence[Chat]) -> None:
        self._lines = lines
        self.is_closed = False

    def read(self) -> Iterator[Chat]:
        yield from self._lines

    def close(self) -> None:
        self.is_closed = True


class ListScreen:
    """States of the screen from a list; waits for `close` behind them if it never ends by itself."""

    def __init__(self, states: Sequence[Screen | Chat | Status], *, is_endless: bool = False) -> None:
        self._states = states
        self._is_endless = is_endless
        self.taken = threading.Event()
        self.closed = threading.Event()

    def read(self) -> Iterator[Screen | Chat | Status]:
        yield from self._states
        self.taken.set()
        if self._is_endless:
            self.closed.wait()

    def close(self) -> None:
        self.closed.set()


class EchoTranscriber:
    """Gives one voice block for each 1600 samples and the transcripts of its script, on the feeder's thread."""

    def __init__(self, script: Sequence[Transcript | Status] = ()) -> None:
        self._script = sorted(script, key=lambda one: one.at_ms)
        self._through_ms = 0
        self._heard: list[Voice | Transcript | Status] = []
        self._more = threading.Condition()
        self._is_over = False

    def feed(self, chunk: AudioChunk) -> None:
        with self._more:
            self._through_ms = chunk.at_ms
            while self._script and self._script[0].at_ms <= chunk.at_ms:
                self._heard.append(self._script.pop(0))
            self._heard.append(Voice(chunk.at_ms, (0.9,)))
            self._more.notify()

    def finish(self) -> None:
        with self._more:
            self._heard += self._script
            self._is_over = True
            self._more.notify()

    def results(self) -> Iterator[Voice | Transcript | Status]:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._heard or self._is_over)
                if not self._heard:
                    return
                one = self._heard.pop(0)
            yield one

    def close(self) -> None:
        self.finish()


class HandClock:
    """Shows the time that it was set to."""

    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    def wait_until(self, at_ms: int) -> None:
        self.ms = max(self.ms, at_ms)
