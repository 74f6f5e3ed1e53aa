"""Shows spread over processes: each stays where it was opened, and a process that dies takes only its own with it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from cloud_api.clock import monotonic_s
from cloud_api.coach import show_process
from cloud_api.coach.show_process import Ordered, Told
from cloud_api.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from cloud_api.coach.show import Opening
    from cloud_api.coach.show_process import Order

    # A PipeConnection on Windows: another class with the same methods.
    Pipe: TypeAlias = Any

log = logging.getLogger(__name__)

SHOWS_EACH = 24
"""Shows of one process: one takes 27 ms of a core for each second of sound, and 6 ms for each of two pictures."""

HANG_S = 30.0
"""Without an answer for so long, a process hangs: opening a show, the slowest order, takes a second."""

LOOK_S = 1.0

START_S = 60.0
"""For a process to start, on a cold disk and a busy computer."""

MOST_STARTS = 5
"""Starts in a row without any answer to an order, after which a process is given up."""

END_S = 5.0


class Listener(Protocol):
    """Who is told of a show, on the event loop's thread."""

    def take(self, told: Told) -> None:
        """Something came of it."""
        ...


def usual_processes() -> int:
    """As many as leave half of the cores to what serves sockets and to models, and 8 at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, cores // 2))


class ShowPool:
    """For use on one event loop; orders of one show are done in order, and giving one never waits."""

    def __init__(
        self, processes: int | None = None, *, target: Callable[[Connection, None], None] = show_process.main
    ) -> None:
        self._processes = [_Process(target) for _ in range(processes or usual_processes())]
        self._shows: dict[int, _Process] = {}
        self._next = 1

    async def start(self) -> None:
        """Start the processes; they are ready later."""
        for process in self._processes:
            process.start(asyncio.get_running_loop())

    @property
    def is_ready(self) -> bool:
        """Whether a show can be opened now."""
        return any(process.is_ready for process in self._processes)

    @property
    def has_room(self) -> bool:
        """Whether one more show can be run."""
        return any(process.is_ready and len(process.listeners) < SHOWS_EACH for process in self._processes)

    def open(self, opening: Opening, listener: Listener) -> int:
        """Begin a show; the number stands for it.

        Raises:
            Refusal: there is no room.
        """
        ready = [process for process in self._processes if process.is_ready and len(process.listeners) < SHOWS_EACH]
        if not ready:
            raise Refusal("at-capacity", retry_after_ms=2_000)
        process = min(ready, key=lambda one: len(one.listeners))
        number, self._next = self._next, self._next + 1
        self._shows[number] = process
        process.listeners[number] = listener
        process.send(Ordered(number, "open", (opening,)))
        return number

    def order(self, show: int, what: Order, *given: Any) -> None:
        """Do something with a show; of one that is gone nothing comes."""
        process = self._shows.get(show)
        if process is not None:
            process.send(Ordered(show, what, given))

    def forget(self, show: int) -> None:
        """Drop a show."""
        process = self._shows.pop(show, None)
        if process is not None and process.listeners.pop(show, None) is not None:
            process.send(Ordered(show, "forget"))

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(process.close() for process in self._processes))


class _Process:
    """One process, started again when it dies or hangs; its shows are told that they failed."""

    def __init__(self, target: Callable[[Connection, None], None]) -> None:
        self._target = target
        self._context = multiprocessing.get_context("spawn")
        self.listeners: dict[int, Listener] = {}
        self.is_ready = False
        self._orders: queue.SimpleQueue[Ordered | None] = queue.SimpleQueue()
        self._open_orders = 0
        self._progress_s = 0.0
        self._fruitless = 0
        self._is_closing = False
        self._thread: threading.Thread | None = None
        self._is_hung = threading.Event()
        self._watch: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watch = loop.create_task(self._look())
        self._thread = threading.Thread(target=self._supervise, name="show-process")
        self._thread.start()

    def send(self, order: Ordered) -> None:
        if order.what != "forget":
            if not self._open_orders:
                self._progress_s = monotonic_s()
            self._open_orders += 1
        self._orders.put(order)

    async def close(self) -> None:
        self._is_closing = True
        self._orders.put(None)
        if self._watch is not None:
            self._watch.cancel()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if self.is_ready and self._open_orders and monotonic_s() - self._progress_s > HANG_S:
                log.error("show process hangs")
                self._is_hung.set()

    # --- on the supervisor's thread

    def _supervise(self) -> None:
        while not self._is_closing and self._fruitless < MOST_STARTS:
            self._fruitless += 1
            self._is_hung.clear()
            orders: queue.SimpleQueue[Ordered | None] = queue.SimpleQueue()
            self._orders = orders
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=self._target, args=(theirs, None), name="martlive-show", daemon=True)
            writer = threading.Thread(target=_write, args=(ours, orders), name="show-orders")
            try:
                process.start()
                theirs.close()
                writer.start()
                self._read(ours)
            except (EOFError, OSError):
                if not self._is_closing:
                    log.warning("show process ended")
            orders.put(None)
            if process.pid is not None:
                process.kill()
                process.join()
                process.close()
            if writer.ident is not None:
                writer.join()
            theirs.close()
            ours.close()
            self._post(self._lost)
        if not self._is_closing:
            log.error("show process is given up")

    def _read(self, pipe: Pipe) -> None:
        end_s = monotonic_s() + START_S
        is_started = False
        while not self._is_hung.is_set():
            if pipe.poll(LOOK_S):
                told: Told = pipe.recv()
                is_started = True
                self._post(self._take, told)
            elif self._is_closing or (not is_started and monotonic_s() > end_s):
                return

    def _post(self, call: Callable[..., None], *given: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *given)

    # --- on the event loop's thread

    def _take(self, told: Told) -> None:
        if told.what == "ready":
            self.is_ready = True
            return
        if told.what not in ("told", "ask"):
            self._open_orders = max(0, self._open_orders - 1)
            self._progress_s = monotonic_s()
            self._fruitless = 0
        listener = self.listeners.get(told.show)
        if listener is not None:
            listener.take(told)

    def _lost(self) -> None:
        self.is_ready = False
        self._open_orders = 0
        lost, self.listeners = self.listeners, {}
        for number, listener in lost.items():
            listener.take(Told(number, "failed"))


def _write(pipe: Pipe, orders: queue.SimpleQueue[Ordered | None]) -> None:
    try:
        while (order := orders.get()) is not None:
            pipe.send(order)
    except OSError:
        return
    # The process ends when it has done what was sent.
    with contextlib.suppress(OSError):
        pipe.send(None)
