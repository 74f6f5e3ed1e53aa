"""A show in real time: sources and the recogniser on threads of their own, one thread that owns the session."""

from __future__ import annotations

import functools
import logging
import queue
import threading
from typing import TYPE_CHECKING, TypeAlias

from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.core.events import AudioChunk, Dismiss, Draft, Mark, NextItem, Status, Tick, Toggle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.core.coach.drafting import AnyDrafter, DraftRequest
    from martlive_desktop.core.events import Input, LogEvent, SessionStarted
    from martlive_desktop.pipeline.session import OnShow, Session
    from martlive_desktop.ports import (
        AudioSource,
        ChatSource,
        Clock,
        LoopbackSource,
        ScreenSource,
        TipWriter,
        Transcriber,
    )

log = logging.getLogger(__name__)

TICK_S = 0.25
"""How long the session waits before it looks at the time though nothing came."""

Command: TypeAlias = "Callable[[int], Input]"
"""Makes what the user asked for, given the stream time."""

Source: TypeAlias = "ChatSource | ScreenSource | LoopbackSource"
"""What is followed beside the sound."""


class Ended:
    """Nothing more comes."""


class LiveSession:
    """Runs a session until its sound ends or `stop` is called; every listener is called on the session's thread."""

    def __init__(
        self,
        session: Session,
        source: AudioSource,
        transcriber: Transcriber,
        clock: Clock,
        *,
        chat: ChatSource | None = None,
        screen: ScreenSource | None = None,
        loopback: LoopbackSource | None = None,
        writer: tuple[AnyDrafter, TipWriter] | None = None,
        listeners: Sequence[Callable[[LogEvent], None]],
        on_product: Callable[[OnShow | None, int], None] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._session = session
        self._source = source
        self._transcriber = transcriber
        self._clock = clock
        self._beside: dict[str, Source] = {}
        self._first = {"chat": chat, "screen": screen, "loopback": loopback}
        self._listeners = listeners
        self._on_product = on_product
        self._on_end = on_end
        self._inbox: queue.SimpleQueue[Input | Command | Ended] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._is_stopped = False
        self._writer: TipWriter | None = None
        self._audio_ms = 0
        self._audio_seen_ms = 0
        if writer:
            self.use_writer(writer)
        self.error: MartLiveError | None = None
        """Why the show ended, when its sound did not end by itself."""

    def start(self, started: SessionStarted) -> None:
        """Begin; returns at once."""
        self._tell(started)
        jobs = {"session": self._reduce, "audio": self._listen, "speech": self._hear}
        self._threads = [threading.Thread(target=job, name=f"martlive-{name}") for name, job in jobs.items()]
        own = tuple(self._threads)
        # Before the sound, whose end ends them, too.
        for name, source in self._first.items():
            self.follow(name, source)
        for thread in own:
            thread.start()

    def follow(self, name: str, source: Source | None) -> None:
        """Follow `source` from now on, in place of what was followed as `name`; None: nothing."""
        with self._lock:
            before = self._beside.pop(name, None)
            if before is not None:
                before.close()
            if source is None:
                return
            if self._is_stopped:
                source.close()
                return
            self._beside[name] = source
            thread = threading.Thread(target=self._read, args=(source,), name=f"martlive-{name}")
            self._threads.append(thread)
            thread.start()

    def use_writer(self, writer: tuple[AnyDrafter, TipWriter] | None) -> None:
        """Let a language model word tips from now on, or none; before `start`, or through `change`."""
        drafter, self._writer = writer or (None, None)
        self._session.use_writer(drafter, self._write)

    def toggle(self, is_on: bool) -> None:  # noqa: FBT001 - it is the value
        """Turn coaching on or off; hearing and recording go on."""
        self._inbox.put(functools.partial(Toggle, is_on=is_on))

    def dismiss(self) -> None:
        """Send the tip on screen away."""
        self._inbox.put(Dismiss)

    def mark(self) -> None:
        """Mark this moment."""
        self._inbox.put(Mark)

    def next_item(self) -> None:
        """Put the plan's next item on."""
        self._inbox.put(NextItem)

    def note(self, part: str, state: str, detail: str = "") -> None:
        """Say what has become of a part that is not followed here."""
        self._inbox.put(functools.partial(Status, part=part, state=state, detail=detail))

    def change(self, act: Callable[[], None]) -> None:
        """Do `act` on the session's thread, between two events."""

        def apply(at_ms: int) -> Tick:
            act()
            return Tick(at_ms)

        self._inbox.put(apply)

    def stop(self) -> None:
        """End the sound; what was said is still recognised. Returns at once, `wait` waits."""
        self._source.close()
        with self._lock:
            self._is_stopped = True
            for source in self._beside.values():
                source.close()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False when `timeout_s` was not enough."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in threads)

    def _listen(self) -> None:
        try:
            for item in self._source.read():
                if isinstance(item, AudioChunk):
                    self._transcriber.feed(item)
                self._inbox.put(item)
        except MartLiveError as exc:
            log.warning("sound ended", extra={"error": type(exc).__name__})
            self.error = exc
            self._inbox.put(Status(self._audio_ms, "microphone", "lost", str(exc)))
        finally:
            self._transcriber.finish()
            # What never ends by itself ends with the sound.
            with self._lock:
                for name, source in self._beside.items():
                    if name != "chat":
                        source.close()

    def _hear(self) -> None:
        for heard in self._transcriber.results():
            self._inbox.put(heard)
        self._inbox.put(Ended())

    def _read(self, source: Source) -> None:
        for item in source.read():
            self._inbox.put(item)

    def _write(self, request: DraftRequest) -> None:
        def tell(answer: str) -> None:
            self._inbox.put(Draft(0, request.cue_id, answer))

        assert self._writer is not None
        self._writer.ask(request, tell)

    def _reduce(self) -> None:
        try:
            self._run()
        except MartLiveError as exc:
            # A listener cannot go on, as a recorder whose disk is full.
            self.error = exc
            self.stop()
        if self._on_end is not None:
            self._on_end()

    def _run(self) -> None:
        while not isinstance(item := self._next(), Ended):
            if isinstance(item, AudioChunk):
                self._audio_ms, self._audio_seen_ms = item.at_ms, self._clock.now_ms()
            for event in self._session.handle(item, self._clock.now_ms()):
                self._tell(event)
            if self._on_product is not None:
                self._on_product(self._session.on_show, self._session.now_ms)
        for event in self._session.finish(self._clock.now_ms()):
            self._tell(event)

    def _next(self) -> Input | Ended:
        try:
            item = self._inbox.get(timeout=TICK_S)
        except queue.Empty:
            return Tick(self._stream_ms())
        return item(self._stream_ms()) if callable(item) else item

    def _stream_ms(self) -> int:
        return self._audio_ms + self._clock.now_ms() - self._audio_seen_ms

    def _tell(self, event: LogEvent) -> None:
        for listener in self._listeners:
            listener(event)
