"""The parent's side of the child process that hears: keeps it alive, knows how loaded it is, and who may still come."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import queue
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from cloud_api.asr.engine import (
    Answer,
    Broken,
    Busy,
    Close,
    EngineConfig,
    Finish,
    Loaded,
    Open,
    Request,
    SetPace,
    Sound,
    Told,
    main,
)
from cloud_api.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess

    from prometheus_client import CollectorRegistry

    # A PipeConnection on Windows: another class with the same methods.
    Pipe: TypeAlias = Any

log = logging.getLogger(__name__)

REST_S = (0.0, 0.5, 2.0, 10.0)
"""Before the process is started again, by how many ended before they were ready."""

FINAL_EVERY_S = 4.0
"""Of continuous speech there is a final about so often."""

BUSY_SHARE = 0.9
"""Of the lanes' time that streams may take when they are admitted: beyond, finals wait for each other."""

EASY_SHARE = 0.75

LATE_S, EASY_S = 0.6, 0.2
"""How long a final may wait for a lane before words come less often; and when they may come more often again."""

FALL_AFTER_S, RISE_AFTER_S = 1.0, 15.0
"""Quickly down, slowly up."""

STEPS = (1, 2, 4, None, None)
"""The ladder: the step of partials times 1, 2, 4; then finals only; then no new streams, too."""

SENTENCES = (
    "",
    "The service is busy: words come a little later.",
    "The service is busy: words come later.",
    "The service is busy: words come after each sentence.",
    "The service is busy: words come after each sentence.",
)


class Ladder:
    """Chooses how often partials are made, by how long finals wait."""

    def __init__(self) -> None:
        self.level = 0
        self._late_since_s: float | None = None
        self._easy_since_s: float | None = None

    def observe(self, wait_s: float, busy_share: float, now_s: float) -> bool:
        """Take what is seen at `now_s`; True when the level is another now."""
        is_late = wait_s > LATE_S or busy_share > 0.97
        is_easy = wait_s < EASY_S and busy_share < EASY_SHARE
        self._late_since_s = (self._late_since_s or now_s) if is_late else None
        self._easy_since_s = (self._easy_since_s or now_s) if is_easy else None
        if self._late_since_s is not None and now_s - self._late_since_s >= FALL_AFTER_S:
            step = 1 if self.level < len(STEPS) - 1 else 0
        elif self._easy_since_s is not None and now_s - self._easy_since_s >= RISE_AFTER_S and self.level:
            step = -1
        else:
            return False
        self.level += step
        self._late_since_s = self._easy_since_s = None
        return step != 0

    def step_ms(self, fastest_ms: int | None) -> int | None:
        """From one partial to the next, where `fastest_ms` is wanted; None: finals only."""
        times = STEPS[self.level]
        return None if times is None or fastest_ms is None else fastest_ms * times


class Hearing:
    """The process, its streams and its load; for use on one event loop."""

    def __init__(self, config: EngineConfig, *, partial_step_ms: int, max_streams: int) -> None:
        self._config = config
        self._partial_step_ms = partial_step_ms
        self._max_streams = max_streams
        self._listeners: dict[int, Callable[[Told | Broken], None]] = {}
        self._wishes: dict[int, int | None] = {}
        self._next = 0
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: BaseProcess | None = None
        self.is_ready = False
        self.starts = 0
        self.ladder = Ladder()
        self.busy = Busy(0, 0.0, 0.0, 0.0)
        self.decode_s = 0.0
        """Lane seconds of one decode, a moving mean."""
        self.on_pace: Callable[[int | None, str], None] = lambda _step, _sentence: None

    @property
    def pid(self) -> int | None:
        """Of the process that hears."""
        return self._process.pid if self._process and self.is_ready else None

    @property
    def streams(self) -> int:
        """Live ones; files wait for them and do not count."""
        return len(self._wishes)

    @property
    def capacity(self) -> int:
        """Streams that can be heard at the same time: those that are there, and those that there is time for."""
        if self._max_streams:
            return self._max_streams
        if not self.is_ready:
            return 0
        budget = BUSY_SHARE * self._config.lanes - sum(self._cost(step) for step in self._wishes.values())
        room = int(max(0.0, budget) / self._cost(self._partial_step_ms))
        free = 0 if self.ladder.level == len(STEPS) - 1 else room
        return max(self._config.lanes, self.streams + free)

    def _cost(self, step_ms: int | None) -> float:
        """Lane seconds per second that a stream of continuous speech takes."""
        step_ms = self.ladder.step_ms(step_ms)
        decodes = 1 / FINAL_EVERY_S + (1000 / step_ms if step_ms else 0.0)
        return max(1e-4, self.decode_s) * decodes

    def has_room(self, *, partials: bool) -> bool:
        """Whether one more stream keeps its target."""
        if not self.is_ready:
            return False
        if self._max_streams:
            return self.streams < self._max_streams
        if self.streams < self._config.lanes:
            # One for each lane is heard even where each decode takes as long as its sound.
            return True
        wanted = self._cost(self._partial_step_ms if partials else None)
        taken = sum(self._cost(step) for step in self._wishes.values())
        return self.ladder.level < len(STEPS) - 1 and taken + wanted <= BUSY_SHARE * self._config.lanes

    def start(self) -> None:
        """Start the process; on the event loop whose listeners it will call."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._supervise, name="hearing", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """End it."""
        self._ending.set()
        self._requests.put(None)
        if self._process is not None:
            self._process.kill()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def open(
        self,
        listener: Callable[[Told | Broken], None],
        *,
        tenant: str,
        language: str,
        names: tuple[str, ...],
        partials: bool,
        state: bytes,
        is_background: bool = False,
    ) -> int:
        """A new stream; `listener` is called on the event loop. Gives its number."""
        number = self._next
        self._next += 1
        self._listeners[number] = listener
        wish = self._partial_step_ms if partials else None
        if not is_background:
            self._wishes[number] = wish
        step = self.ladder.step_ms(wish)
        self._requests.put(Open(number, tenant, language, names, step, state, is_background))
        return number

    def feed(self, stream: int, pcm: bytes) -> None:
        """Sound that follows what came before."""
        self._requests.put(Sound(stream, pcm))

    def finish(self, stream: int) -> None:
        """No more sound of `stream` comes."""
        self._requests.put(Finish(stream))

    def leave(self, stream: int) -> None:
        """Nothing of `stream` is wanted any more."""
        if self._listeners.pop(stream, None) is not None:
            self._wishes.pop(stream, None)
            self._requests.put(Close(stream))

    def step_ms_of(self, *, partials: bool) -> int | None:
        """From one partial to the next, now."""
        return self.ladder.step_ms(self._partial_step_ms if partials else None)

    def measure(self, registry: CollectorRegistry) -> None:
        """Show what the autoscaler and people watch."""
        from prometheus_client import Gauge

        gauges: dict[str, tuple[str, Callable[[], float]]] = {
            "martlive_streams": ("Live streams.", lambda: self.streams),
            "martlive_stream_capacity": ("Streams that can be heard at the same time.", lambda: self.capacity),
            "martlive_stream_load": ("Streams over capacity; 1 is full.", lambda: self.load),
            "martlive_ladder_level": (
                "0: partials as wished; 3: finals only; 4: no new streams.",
                lambda: self.ladder.level,
            ),
            "martlive_finals_waiting": ("Finals that wait for a lane.", lambda: self.busy.waiting_finals),
            "martlive_final_wait_seconds": ("Of the final that waits longest.", lambda: self.busy.oldest_wait_s),
            "martlive_lanes_busy": ("Share of the lanes' time.", lambda: self.busy.busy_share),
            "martlive_decode_seconds": ("Lane seconds of one decode.", lambda: self.decode_s),
            "martlive_engine_starts": ("Starts of the process that hears.", lambda: self.starts),
        }
        for name, (text, value) in gauges.items():
            Gauge(name, text, registry=registry).set_function(value)

    @property
    def load(self) -> float:
        """Streams over capacity."""
        return self.streams / self.capacity if self.capacity else 1.0

    # On the thread.

    def _supervise(self) -> None:
        context = multiprocessing.get_context("spawn")
        fruitless = 0
        while not self._ending.wait(REST_S[min(fruitless, len(REST_S) - 1)]):
            ours, theirs = context.Pipe()
            process = context.Process(target=main, args=(theirs, self._config), name="martlive-asr-engine", daemon=True)
            process.start()
            theirs.close()
            self._process, self.starts = process, self.starts + 1
            if self._ending.is_set():
                process.kill()
            self._requests = queue.SimpleQueue()
            sender = threading.Thread(target=self._send, args=(ours, self._requests), name="hearing-send", daemon=True)
            sender.start()
            was_ready = self._listen(ours)
            self._requests.put(None)
            sender.join()
            ours.close()
            process.kill()
            process.join()
            process.close()
            fruitless = 0 if was_ready else fruitless + 1
            self._call(self._lost)
            if not self._ending.is_set():
                log.warning("engine ended", extra={"was_ready": was_ready})

    def _listen(self, pipe: Pipe) -> bool:
        was_ready = False
        with contextlib.suppress(EOFError, OSError):
            while True:
                answer: Answer = pipe.recv()
                was_ready = was_ready or isinstance(answer, Loaded)
                self._call(self._take, answer)
        return was_ready

    @staticmethod
    def _send(pipe: Pipe, requests: queue.SimpleQueue[Request | None]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, OSError):
            while (request := requests.get()) is not None:
                pipe.send(request)

    def _call(self, act: Callable[..., None], *arguments: Any) -> None:
        assert self._loop is not None
        # The loop is closed when the service ends.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act, *arguments)

    # On the event loop.

    def _take(self, answer: Answer) -> None:
        if isinstance(answer, Told | Broken):
            if (listener := self._listeners.get(answer.stream)) is not None:
                listener(answer)
        elif isinstance(answer, Loaded):
            self.decode_s = answer.decode_s
            self.is_ready = True
        else:
            self._note(answer)

    def _note(self, busy: Busy) -> None:
        self.busy = busy
        if busy.decode_s:
            self.decode_s += 0.1 * (busy.decode_s - self.decode_s)
        if self.ladder.observe(busy.oldest_wait_s, busy.busy_share, monotonic_s()):
            log.info("pace changes", extra={"level": self.ladder.level})
            for stream, wish in self._wishes.items():
                self._requests.put(SetPace(stream, self.ladder.step_ms(wish)))
            self.on_pace(self.ladder.step_ms(self._partial_step_ms), SENTENCES[self.ladder.level])

    def _lost(self) -> None:
        self.is_ready = False
        self.ladder = Ladder()
        for stream in list(self._listeners):
            listener = self._listeners.pop(stream)
            self._wishes.pop(stream, None)
            listener(Broken(stream))
