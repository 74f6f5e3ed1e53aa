"""The language model in a child process, shared by all sessions of this instance."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from cloud_api.clock import monotonic_s
from cloud_api.coach import llama_child
from cloud_api.coach.fair_queue import FairQueue
from cloud_api.coach.llama_child import ChildConfig
from cloud_api.coach.models import Conversation, LanguageModel, Piece, Written
from cloud_api.errors import Refusal
from martlive_desktop.coaching import REPHRASE_BYTES
from martlive_desktop.inference.child import REST_S, Child
from martlive_desktop.inference.llama import Question

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 60.0
"""A cold disk and a model of 4 GB."""

MOST_BYTES = 4_096
"""Of one thing that the child says."""

MOST_WAITING = 256
"""Questions; with more the service is full, and templates are there at once."""

MOST_TALKING = 8
"""Conversations that wait: each takes seconds."""

FIRST_GUESS_S = 0.3
"""What a question takes, before any was asked."""

SMOOTHING = 0.2
"""Weight of the newest question in the mean of what they take."""

TRY_S = 10.0
"""From one question that is likely to be late to the next: a busy computer may have become idle."""

SLACK_S = 5.0
"""The child looks at the time when it has read the prompt; one that does not even say so for so long hangs."""

MOST_FRUITLESS = 3
"""Starts in a row without an answer, after which the service is ready without its model."""


@dataclass(frozen=True, slots=True)
class _Job:
    asked: Question | llama_child.Conversation
    end_s: float
    tell: Callable[[bytes | None], None]
    """Gets an answer, or the pieces of one; None: there is no more."""
    is_left: threading.Event
    """Set when nobody waits for it any more."""


class LocalModel(LanguageModel):
    """One child process and the queue before it."""

    def __init__(
        self,
        name: str,
        model: Path,
        *,
        threads: int = 1,
        target: Callable[[Connection, ChildConfig], None] = llama_child.main,
    ) -> None:
        """`target` runs in the process; nothing starts yet."""
        self.name = name
        self.skill = "rephrase" if model.stat().st_size >= REPHRASE_BYTES else "span"
        self._closing = threading.Event()
        self._child = Child(target, ChildConfig(model, threads), name="martlive-writer", closing=self._closing)
        self._changed = threading.Condition()
        self._jobs: FairQueue[_Job] = FairQueue()
        self._running_since_s: float | None = None
        self._usual_s = FIRST_GUESS_S
        self._asked_s = -TRY_S
        self._settled = threading.Event()
        self._is_loaded = False
        self._thread = threading.Thread(target=self._work, name="writer-supervisor")

    @property
    def pid(self) -> int | None:
        """The process that writes now."""
        return self._child.pid

    @property
    @override
    def is_settled(self) -> bool:
        return self._settled.is_set()

    @override
    async def start(self) -> None:
        self._thread.start()

    @override
    async def close(self) -> None:
        self._closing.set()
        with self._changed:
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    @override
    async def write(self, prompt: str, schema: str, *, left_s: float, payer: str) -> Written:
        if not self._is_loaded:
            return Written("", "off")
        loop = asyncio.get_running_loop()
        told: asyncio.Future[bytes | None] = loop.create_future()

        def tell(answer: bytes | None) -> None:
            loop.call_soon_threadsafe(_settle, told, answer)

        job = _Job(Question(prompt, schema, left_s), monotonic_s() + left_s, tell, threading.Event())
        with self._changed:
            if len(self._jobs) >= MOST_WAITING:
                return Written("", "busy")
            is_idle = self._running_since_s is None and not len(self._jobs)
            is_try = is_idle and monotonic_s() - self._asked_s > TRY_S
            if self._expected_s(payer) > left_s and not is_try:
                return Written("", "late")
            self._asked_s = monotonic_s()
            self._jobs.put(payer, job, is_urgent=True)
            self._changed.notify()
        try:
            async with asyncio.timeout(left_s):
                answer = await told
        except TimeoutError:
            return Written("", "late")
        finally:
            job.is_left.set()
        if answer is None:
            return Written("", "failed")
        return Written(answer.decode(errors="replace"), "written" if answer else "late")

    def _expected_s(self, payer: str) -> float:
        """Seconds until a question of `payer` would be answered."""
        running_s = 0.0
        if self._running_since_s is not None:
            running_s = max(0.0, self._usual_s - (monotonic_s() - self._running_since_s))
        return running_s + (self._jobs.before(payer) + 1) * self._usual_s

    @override
    async def converse(self, conversation: Conversation, *, left_s: float, payer: str) -> AsyncGenerator[Piece, None]:
        if not self._is_loaded:
            raise Refusal("unavailable", "The language model is not loaded.", retry_after_ms=5_000)
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[bytes | None] = asyncio.Queue()
        asked = llama_child.Conversation(
            conversation.messages,
            conversation.most_tokens,
            conversation.temperature,
            conversation.top_p,
            conversation.stop,
            left_s,
        )

        def tell(said: bytes | None) -> None:
            loop.call_soon_threadsafe(told.put_nowait, said)

        end_s = monotonic_s() + left_s
        job = _Job(asked, end_s, tell, threading.Event())
        with self._changed:
            if len(self._jobs) >= MOST_TALKING:
                raise Refusal("at-capacity", retry_after_ms=5_000)
            self._jobs.put(payer, job, is_urgent=False)
            self._changed.notify()
        try:
            while (said := await asyncio.wait_for(told.get(), end_s + SLACK_S - monotonic_s())) is not None:
                if said[:1] == llama_child.TOO_LONG:
                    raise Refusal("too-large", "The conversation is longer than the model can read.")
                if said[:1] == llama_child.END:
                    facts = json.loads(said[1:])
                    reason: Literal["stop", "length"] = "stop" if facts["reason"] == "stop" else "length"
                    yield Piece("", reason, facts["prompt_tokens"], facts["completion_tokens"])
                    return
                yield Piece(said[1:].decode(errors="replace"))
        except TimeoutError as exc:
            raise Refusal("deadline") from exc
        finally:
            job.is_left.set()
        raise Refusal("unavailable", "The language model stopped.", retry_after_ms=2_000)

    # --- on the supervisor's thread

    def _work(self) -> None:
        fruitless = 0
        while not self._closing.wait(REST_S[min(fruitless, len(REST_S) - 1)]):
            answers = 0
            try:
                self._child.start(LOAD_TIMEOUT_S, MOST_BYTES)
                self._is_loaded = True
                self._settled.set()
                while (job := self._next()) is not None:
                    self._do(job)
                    answers += 1
            except (EOFError, OSError, TimeoutError):
                if not self._closing.is_set():
                    log.warning("writer process ended", extra={"answers": answers})
                fruitless = 0 if answers else fruitless + 1
            finally:
                self._is_loaded = False
                self._child.stop()
                self._drop()
            if fruitless >= MOST_FRUITLESS:
                self._settled.set()

    def _next(self) -> _Job | None:
        with self._changed:
            self._running_since_s = None
            while (job := self._jobs.take()) is None and not self._closing.is_set():
                self._changed.wait()
            self._running_since_s = monotonic_s()
            return None if self._closing.is_set() else job

    def _drop(self) -> None:
        """Nobody need wait for a process that is gone."""
        with self._changed:
            self._running_since_s = None
            while (job := self._jobs.take()) is not None:
                job.tell(None)

    def _do(self, job: _Job) -> None:
        left_s = job.end_s - monotonic_s()
        if left_s <= 0 or job.is_left.is_set():
            job.tell(b"" if isinstance(job.asked, Question) else None)
            return
        try:
            if isinstance(job.asked, Question):
                began_s = monotonic_s()
                self._child.send(Question(job.asked.prompt, job.asked.schema, left_s))
                answer = self._child.receive(left_s + SLACK_S, MOST_BYTES)
                self._usual_s += SMOOTHING * (monotonic_s() - began_s - self._usual_s)
                job.tell(answer)
            else:
                self._converse(job, left_s)
        except (EOFError, OSError, TimeoutError):
            job.tell(None)
            raise

    def _converse(self, job: _Job, left_s: float) -> None:
        self._child.send(job.asked)
        end_s = monotonic_s() + left_s + SLACK_S
        is_stopped = False
        while True:
            said = self._child.receive(max(0.0, end_s - monotonic_s()), MOST_BYTES)
            if said[:1] != llama_child.PIECE:
                job.tell(said)
                return
            if job.is_left.is_set() and not is_stopped:
                is_stopped = True
                self._child.send(None)
            job.tell(said)


def _settle(told: asyncio.Future[bytes | None], answer: bytes | None) -> None:
    if not told.done():
        told.set_result(answer)
