"""Speech recognised by the remote coach: over a network that comes and goes, without a lost or doubled word.

Sound is kept here until the service needs it no more. When the service is gone for too long, or refuses for good, the
recogniser of this computer goes on from there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import queue
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from martlive_desktop.core.cloud_stream import RING_MS, CloudStream, MessageInvalid, Paced, Ready, Refused
from martlive_desktop.core.errors import MartLiveError, RemoteError, RemoteRefused, RemoteUnavailable
from martlive_desktop.core.events import (
    FRAME_MS,
    AudioChunk,
    Status,
    Transcript,
    Voice,
    ms_to_samples,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from websockets.sync.client import ClientConnection

    from martlive_desktop.adapters.cloud_client import CloudSession, SessionWish
    from martlive_desktop.core.cloud_stream import Told

log = logging.getLogger(__name__)

RETRY_S = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Before each try in a row: the first one at once, for most connections drop for an instant."""

JITTER = 0.25
"""Share by which each wait differs, so that not all clients come back in the same moment."""

LONGEST_WAIT_S = 10.0
"""However much later a service wants to be asked again: the sound that is kept would not reach."""

MOST_BROKEN = 5
"""Connections in a row that brought what nobody understands: the next would not help either."""

NOTICE_S = 2.0
"""A break is told when it is longer: a shorter one nobody notices."""

LATE_MS = 3_000
"""After a break of so much the words come late, and that is told."""

LOOK_S = 0.25
"""How often it is looked whether to wait on."""

LOCAL_CHUNK_SAMPLES = 1_600
"""Pieces in which kept sound goes to the recogniser of this computer, as a microphone's."""

HERE_NOW = "Speech is recognised on this computer from now on."
HERE_AGAIN = "The remote coach was away for too long; speech is recognised on this computer until the next show."
HERE_REFUSED = "{cause} Speech is recognised on this computer until the next show."
BACK_SOON = "The remote coach is away for a moment; your words follow when it is back."


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a remote coach that does not answer is waited for."""

    first_s: float = 12.0
    """Until the first stream is there: a show has begun, and nobody is heard."""
    gap_ms: int = 40_000
    """Sound that waits while there is no stream: with more of it, what is kept might not reach."""
    full_ms: int = RING_MS - 2_000
    """Sound that waits though there is a stream: the service is too slow."""
    finish_s: float = 15.0
    """From the end of the sound to its last words."""


class StreamService(Protocol):
    """What of the remote coach is needed here."""

    def session(self, wish: SessionWish) -> CloudSession: ...

    def ticket(self, session_id: str) -> str: ...

    def stream(self, session_id: str, ticket: str) -> AbstractContextManager[ClientConnection]: ...

    def erase(self, session_id: str) -> None: ...

    def close(self) -> None: ...


class LocalRecogniser(Protocol):
    """The recogniser of this computer."""

    @property
    def pid(self) -> int | None: ...

    def feed(self, chunk: AudioChunk) -> None: ...

    def finish(self) -> None: ...

    def results(self) -> Iterator[Voice | Transcript | Status]: ...

    def use(self, config: Any) -> None: ...

    def note_lagged_frames(self, share: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Said:
    connection: int
    message: str | bytes


@dataclass(frozen=True, slots=True)
class _Gone:
    connection: int


class _Woken:
    """Something else than sound is to be looked at."""


_Item: TypeAlias = AudioChunk | _Said | _Gone | _Woken


class _EnoughWaited(Exception):
    """The remote coach is waited for no longer."""


class RemoteRecogniser:
    """A `Transcriber` over the network; results come once each and in order, whatever connections were lost."""

    def __init__(
        self,
        service: StreamService,
        wish: SessionWish,
        *,
        start_local: Callable[[], LocalRecogniser],
        on_leaving: Callable[[bool], None] = lambda _is_leaving: None,
        patience: Patience | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to connect; returns at once.

        Args:
            service: the remote coach; it is closed with this.
            wish: what is wanted of it.
            start_local: starts the recogniser of this computer, or raises a MartLiveError that says what is missing.
            on_leaving: is told when sound begins to leave this computer, and when it no longer does.
            patience: how long it is waited for.
            now_s: a clock that never goes back.
        """
        self._service = service
        self._wish = wish
        self._start_local = start_local
        self._on_leaving = on_leaving
        self._patience = patience or Patience()
        self._now_s = now_s
        self._inbox: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Voice | Transcript | Status | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stream = CloudStream()
        self._session: CloudSession | None = None
        self._has_ticket = False
        self._connection = 0
        self._tries = 0
        self._broken = 0
        self._wait_s = 0.0
        self._is_ready = self._was_ready = False
        self._away_since_s = now_s()
        self._finish_since_s: float | None = None
        self._is_told_away = False
        self._is_leaving = False
        self._is_finishing = self._is_closing = self._is_unwanted = False
        self._voice_ms = 0
        self._told_ms = 0
        self._next_utterance = 0
        self._heard_until_ms = 0
        self._local: LocalRecogniser | None = None
        self._offset_ms = 0
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._work, name="remote-recogniser")
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process that hears on this computer."""
        local = self._local
        return local.pid if local is not None else None

    @property
    def is_remote(self) -> bool:
        """Whether the remote coach hears, or is waited for."""
        return self._local is None

    def feed(self, chunk: AudioChunk) -> None:
        with self._lock:
            if self._local is None:
                self._inbox.put(chunk)
            else:
                self._feed_local(chunk)

    def finish(self) -> None:
        with self._lock:
            self._is_finishing = True
            if self._local is not None:
                self._local.finish()
        self._inbox.put(_Woken())

    def results(self) -> Iterator[Voice | Transcript | Status]:
        while (result := self._results.get()) is not None:
            yield result

    def wait_until_ready(self) -> None:
        """Return when somebody hears, or nobody will."""
        self._settled.wait()

    def fall_back(self) -> None:
        """Send nothing more: this computer hears from now on."""
        self._is_unwanted = True
        self._inbox.put(_Woken())

    def use(self, config: Any) -> None:
        """Hear by other models where this computer hears."""
        if self._local is not None:
            self._local.use(config)

    def note_lagged_frames(self, share: float) -> None:
        """OBS lost this share of its frames lately, 0 to 1."""
        if self._local is not None:
            self._local.note_lagged_frames(share)

    def close(self) -> None:
        """End it; what was not delivered is dropped, and the service is asked to forget the session."""
        with self._lock:
            self._is_closing = True
            local = self._local
        self._inbox.put(_Woken())
        if local is not None:
            local.close()
        self._thread.join()
        self._service.close()

    # The thread

    def _work(self) -> None:
        try:
            if (reason := self._hear_there()) is not None and not self._is_closing:
                self._hear_here(reason)
        finally:
            self._leave(is_leaving=False)
            self._settled.set()
            self._results.put(None)
            if self._session is not None:
                with contextlib.suppress(RemoteError):
                    self._service.erase(self._session.id)

    def _hear_there(self) -> str | None:
        """Hear by the service until all is heard; or the sentence that says why this computer has to go on."""
        self._report("loading")
        try:
            while not self._is_closing:
                self._rest()
                try:
                    if self._connect():
                        return None
                except MessageInvalid:
                    self._broken += 1
                    log.warning("remote coach not understood", extra={"broken": self._broken})
                except RemoteUnavailable as exc:
                    self._broken += exc.step == "version"
                    log.info("remote coach away", extra={"step": exc.step})
                except RemoteRefused as exc:
                    log.info("remote coach refuses", extra={"problem": exc.problem, "status": exc.status})
                    # The newest connection is the one that counts; what took it over was one of ours.
                    if not exc.is_retryable and exc.problem != "session-taken":
                        return HERE_REFUSED.format(cause=exc)
                    self._wait_s = min(exc.retry_after_s or 0.0, LONGEST_WAIT_S)
                self._lose()
        except _EnoughWaited:
            return HERE_NOW if self._is_unwanted else HERE_AGAIN
        return None

    def _rest(self) -> None:
        """Wait before the next try, and keep the sound that comes meanwhile."""
        wait_s = RETRY_S[min(self._tries, len(RETRY_S) - 1)]
        wait_s = max(wait_s * (1 + JITTER * secrets.SystemRandom().uniform(-1, 1)), self._wait_s)
        self._tries, self._wait_s = self._tries + 1, 0.0
        end_s = self._now_s() + wait_s
        while not self._is_closing:
            self._look()
            left_s = end_s - self._now_s()
            if left_s <= 0:
                return
            with contextlib.suppress(queue.Empty):
                # What a connection that is gone had left to say is said again by the next one.
                if isinstance(item := self._inbox.get(timeout=min(left_s, LOOK_S)), AudioChunk):
                    self._keep(item)

    def _connect(self) -> bool:
        """One connection; True when all was heard over it."""
        from websockets.exceptions import ConnectionClosed

        if self._session is None:
            self._session, self._has_ticket = self._service.session(self._wish), True
        ticket = self._session.ticket if self._has_ticket else self._service.ticket(self._session.id)
        self._has_ticket = False
        self._connection += 1
        with self._service.stream(self._session.id, ticket) as socket:
            number = self._connection
            reader = threading.Thread(target=self._read, args=(socket, number), name="remote-stream")
            reader.start()
            try:
                socket.send(json.dumps({"type": "open", "resume": self._stream.resume_token}))
                return self._talk(socket)
            except ConnectionClosed:
                # Why it was closed may lie in the inbox.
                return self._drain()
            finally:
                socket.close()
                reader.join()

    def _read(self, socket: ClientConnection, number: int) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            for message in socket:
                self._inbox.put(_Said(number, message))
        self._inbox.put(_Gone(number))

    def _talk(self, socket: ClientConnection) -> bool:
        is_end_sent = False
        while not self._is_closing:
            for frame in self._stream.frames_to_send():
                socket.send(frame)
                if self._is_closing or self._is_unwanted:
                    break
            if self._finish_since_s is not None and self._stream.is_sent and not is_end_sent:
                socket.send(json.dumps({"type": "end"}))
                is_end_sent = True
            self._look()
            try:
                item = self._inbox.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if isinstance(item, _Gone) and item.connection == self._connection:
                return False
            if self._keep(item):
                return True
        return True

    def _drain(self) -> bool:
        """Take what the last connection said before it closed; True when all was heard."""
        while not (isinstance(item := self._inbox.get(), _Gone) and item.connection == self._connection):
            if self._keep(item):
                return True
        return False

    def _keep(self, item: _Item) -> bool:
        """Take an item; True when it says that all was heard."""
        if isinstance(item, AudioChunk):
            self._stream.feed(item.pcm)
        elif isinstance(item, _Said) and item.connection == self._connection:
            if not isinstance(item.message, str):
                raise MessageInvalid("binary")
            before = self._stream.resume_token
            told = self._stream.take(item.message)
            if self._stream.resume_token != before:
                self._tries = self._broken = 0
            for one in told:
                self._tell(one)
            return self._stream.is_ended
        return False

    def _tell(self, told: Told) -> None:
        match told:
            case Ready():
                self._be_ready()
            case Paced():
                self._report("pace", told.sentence[:200])
            case Refused():
                from martlive_desktop.adapters.cloud_client import refused

                raise refused(told.problem)
            case Voice():
                self._voice_ms = self._told_ms = told.at_ms
                self._results.put(told)
            case Transcript():
                self._hear(told)

    def _hear(self, told: Transcript) -> None:
        self._tries = self._broken = 0
        self._next_utterance = max(self._next_utterance, told.utterance + told.is_final)
        if told.is_final:
            self._heard_until_ms = told.words[-1].end_ms if told.words else told.at_ms
        self._results.put(told)

    def _be_ready(self) -> None:
        late_ms = self._stream.waiting_ms
        if not self._was_ready:
            self._report("ready")
        elif self._is_told_away:
            is_late = late_ms > LATE_MS
            self._report("delayed" if is_late else "ready", f"{late_ms / 1000:.0f} s" if is_late else "")
        self._is_ready = self._was_ready = True
        self._is_told_away = False
        self._leave(is_leaving=True)
        self._settled.set()

    def _lose(self) -> None:
        """There is no stream now."""
        if self._is_ready:
            self._away_since_s = self._now_s()
        self._is_ready = False
        self._stream.disconnected()

    def _look(self) -> None:
        """Note the end of the sound, and whether it is worth to wait on.

        Raises:
            _EnoughWaited: it is not.
        """
        patience, now_s = self._patience, self._now_s()
        if self._is_finishing and self._finish_since_s is None and self._inbox.empty():
            self._stream.finish()
            self._finish_since_s = now_s
        away_s = 0.0 if self._is_ready else now_s - self._away_since_s
        is_enough = (
            self._is_unwanted
            or self._stream.lost_ms > 0
            or self._broken >= MOST_BROKEN
            or (not self._was_ready and away_s > patience.first_s)
            or self._stream.waiting_ms > (patience.full_ms if self._is_ready else patience.gap_ms)
            or (self._finish_since_s is not None and now_s - self._finish_since_s > patience.finish_s)
        )
        if is_enough:
            raise _EnoughWaited
        if away_s > NOTICE_S and self._was_ready and not self._is_told_away:
            self._is_told_away = True
            self._report("restarting", BACK_SOON)

    # On this computer

    def _hear_here(self, reason: str) -> None:
        """Let this computer go on where the service stopped."""
        self._leave(is_leaving=False)
        log.warning("speech is recognised on this computer", extra={"waiting_ms": self._stream.waiting_ms})
        try:
            local = self._start_local()
        except MartLiveError as exc:
            self._report("failed", str(exc) if self._is_unwanted else f"{reason.partition(' Speech is')[0]} {exc}")
            self._wait_for_the_end()
            return
        with contextlib.closing(local):
            self._report("device", reason)
            self._hand_over(local)
            for heard in local.results():
                self._settled.set()
                if (one := self._shifted(heard)) is not None:
                    self._results.put(one)

    def _wait_for_the_end(self) -> None:
        """Nobody hears; the show goes on without words."""
        self._settled.set()
        while not (self._is_closing or self._is_finishing):
            with contextlib.suppress(queue.Empty):
                self._inbox.get(timeout=LOOK_S)

    def _hand_over(self, local: LocalRecogniser) -> None:
        with self._lock:
            with contextlib.suppress(queue.Empty):
                while True:
                    if isinstance(item := self._inbox.get_nowait(), AudioChunk):
                        self._stream.feed(item.pcm)
            begin_ms, sound = self._stream.kept
            # Of what was told already nothing is to be heard again. Whole frames, so that voice goes on without a step.
            offset_ms = -(-max(begin_ms, self._heard_until_ms) // FRAME_MS) * FRAME_MS
            self._offset_ms = offset_ms
            self._local = local
            pcm: NDArray[np.int16] = np.frombuffer(sound, "<i2").astype(np.int16)
            begin = ms_to_samples(begin_ms)
            for at in range(0, len(pcm), LOCAL_CHUNK_SAMPLES):
                self._feed_local(AudioChunk(begin + at, pcm[at : at + LOCAL_CHUNK_SAMPLES]))
            if self._is_finishing:
                local.finish()
            if self._is_closing:
                local.close()

    def _feed_local(self, chunk: AudioChunk) -> None:
        assert self._local is not None
        start = chunk.start_sample - ms_to_samples(self._offset_ms)
        pcm = chunk.pcm[max(0, -start) :]
        if len(pcm):
            self._local.feed(AudioChunk(max(0, start), pcm))

    def _shifted(self, heard: Voice | Transcript | Status) -> Voice | Transcript | Status | None:
        """What this computer heard, in the time and the numbers of the show."""
        offset_ms = self._offset_ms
        at_ms = heard.at_ms + offset_ms
        match heard:
            case Voice():
                new = min(len(heard.probabilities), max(0, (at_ms - self._voice_ms) // FRAME_MS))
                self._voice_ms = self._told_ms = max(self._voice_ms, at_ms)
                return Voice(at_ms, heard.probabilities[-new:]) if new else None
            case Transcript():
                words = tuple(
                    dataclasses.replace(one, start_ms=one.start_ms + offset_ms, end_ms=one.end_ms + offset_ms)
                    for one in heard.words
                )
                number = heard.utterance + self._next_utterance
                return dataclasses.replace(heard, at_ms=at_ms, utterance=number, words=words)
        return dataclasses.replace(heard, at_ms=at_ms)

    def _leave(self, *, is_leaving: bool) -> None:
        if is_leaving != self._is_leaving:
            self._is_leaving = is_leaving
            self._on_leaving(is_leaving)

    def _report(self, state: str, detail: str = "") -> None:
        self._results.put(Status(self._told_ms, "recogniser", state, detail))
