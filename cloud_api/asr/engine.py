"""The child process that hears: one thread for each stream, some lanes that decode for all of them, one model.

A stream's thread runs the desktop's recogniser over its sound and waits whenever it needs a decode; lanes take what
waits in batches. The parent sends `Request`s and gets `Answer`s through one pipe.
"""

from __future__ import annotations

import functools
import logging
import queue
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cloud_api.asr.batch import BatchWhisper
from cloud_api.asr.checkpoint import pack_state, unpack_state
from cloud_api.asr.scheduler import EngineClosed, Job, Scheduler, Waiting
from cloud_api.clock import monotonic_s
from martlive_desktop.core.events import RATE_HZ, Transcript
from martlive_desktop.core.speech.governor import Pace
from martlive_desktop.core.speech.guards import Hypothesis, Window
from martlive_desktop.core.speech.language import AUTO
from martlive_desktop.core.speech.recogniser import Recogniser

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

    from martlive_desktop.core.speech.recogniser import Heard, RecogniserState
    from martlive_desktop.inference.vad import SileroVad

log = logging.getLogger(__name__)

LATE_SAMPLES = RATE_HZ
"""With more sound than this waiting, a stream's partials are left out until it has caught up."""

IDLE_CHECKPOINT_SAMPLES = 2 * RATE_HZ
"""While nobody speaks, so often a client learns that its sound is not needed any more."""

TELL_EVERY_S = 0.5
"""How often the parent learns how loaded this process is."""

SPEECH_OVER_NOISE = 1.5
"""Speech has more tokens than noise; what is seen of real decodes soon replaces the guess."""

DROPPED = Hypothesis((), 0.0, 1.0, is_capped=False)
"""In place of a partial that there was no time for: nothing was heard yet."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What the process needs to know; the folder was checked before."""

    model: Path
    partial_window: Window
    final_window: Window
    lanes: int
    """Batches that are decoded at the same time."""
    threads_per_lane: int


@dataclass(frozen=True, slots=True)
class Open:
    """A stream begins, or goes on."""

    stream: int
    tenant: str
    language: str
    names: tuple[str, ...]
    partial_step_ms: int | None
    state: bytes
    is_background: bool = False
    """A file, which waits for everything that is live."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound of a stream, int16 little-endian, which follows what came before."""

    stream: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class SetPace:
    """How often partials are wanted from now on."""

    stream: int
    partial_step_ms: int | None


@dataclass(frozen=True, slots=True)
class Finish:
    """No more sound of a stream comes."""

    stream: int


@dataclass(frozen=True, slots=True)
class Close:
    """A stream is gone; nothing of it is wanted any more."""

    stream: int


Request: TypeAlias = Open | Sound | SetPace | Finish | Close


@dataclass(frozen=True, slots=True)
class Told:
    """What was heard in the newest sound of a stream."""

    stream: int
    through_ms: int
    probabilities: tuple[float, ...]
    transcripts: tuple[Transcript, ...]
    state: bytes
    """A checkpoint behind all of it; empty: none now."""
    keep_from: int
    """First sample that the checkpoint needs."""
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is loaded; `decode_s` is the time of one final of 6 s."""

    decode_s: float


@dataclass(frozen=True, slots=True)
class Busy:
    """How loaded the process is."""

    waiting_finals: int
    oldest_wait_s: float
    """Of the final that waits longest."""
    busy_share: float
    """Of the lanes' time, since the last time."""
    decode_s: float
    """Mean of the decodes since then; 0: there was none."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A stream cannot go on here."""

    stream: int


Answer: TypeAlias = Told | Loaded | Busy | Broken


def main(pipe: Connection, config: EngineConfig) -> None:
    """Hear until the parent is gone."""
    # The parent decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    from martlive_desktop.inference.vad import SileroVad

    model = BatchWhisper(
        config.model,
        threads_per_lane=config.threads_per_lane,
        lanes=config.lanes,
        partial_window=config.partial_window,
        final_window=config.final_window,
    )
    engine = Engine(pipe, model, SileroVad(), lanes=config.lanes)
    engine.warm_up()
    engine.serve()


class Engine:
    """All streams of one process."""

    def __init__(self, pipe: Connection, model: BatchWhisper, detector: SileroVad, *, lanes: int) -> None:
        self._pipe = pipe
        self._model = model
        self._detector = detector
        self._lanes = lanes
        self._scheduler = Scheduler(lanes)
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._hearers: dict[int, Hearer] = {}
        self._lock = threading.Lock()
        self._busy_s = 0.0
        self._decodes = 0
        self._ending = threading.Event()

    def warm_up(self) -> None:
        """Decode once for nothing, then for the time it takes; the shortest counts, for others use the machine, too."""
        # A partial: noise makes a final try again and again.
        noise = (np.random.default_rng(0).normal(0, 300, 6 * RATE_HZ)).astype(np.int16)
        job = Job(stream="", tenant="", is_final=False, pcm=noise, known=(), language="en", names=())
        took_s: list[float] = []
        for _ in range(4):
            began_s = monotonic_s()
            self._model.decode([job])
            took_s.append(monotonic_s() - began_s)
        self._answers.put(Loaded(SPEECH_OVER_NOISE * min(took_s)))

    def serve(self) -> None:
        """Until the pipe ends."""
        jobs: list[Callable[[], None]] = [self._send, self._tell_load]
        jobs += [functools.partial(self._decode, lane) for lane in range(self._lanes)]
        threads = [threading.Thread(target=job, name=f"engine-{n}", daemon=True) for n, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        try:
            while True:
                self._take(self._pipe.recv())
        except (EOFError, OSError):
            return
        finally:
            self._ending.set()
            self._scheduler.close()
            for hearer in list(self._hearers.values()):
                hearer.close()
            self._answers.put(None)

    def _take(self, request: Request) -> None:
        if isinstance(request, Open):
            try:
                hearer = Hearer(request, self._detector, self._scheduler, self._model, self._answers.put, self._gone)
            except ValueError:
                # A checkpoint of another version.
                self._gone(request.stream)
                return
            self._hearers[request.stream] = hearer
            hearer.start()
            return
        known = self._hearers.get(request.stream)
        if known is None:
            return
        if isinstance(request, Close):
            del self._hearers[request.stream]
            known.close()
        else:
            known.put(request)

    def _gone(self, stream: int) -> None:
        self._answers.put(Broken(stream))

    def _send(self) -> None:
        try:
            while (answer := self._answers.get()) is not None:
                self._pipe.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _decode(self, lane: int) -> None:
        while jobs := self._scheduler.take(lane):
            began_s = monotonic_s()
            try:
                found = self._model.decode(jobs)
            except Exception as exc:  # noqa: BLE001 - one batch must not end the lane; its streams are told
                log.warning("batch failed", extra={"error": type(exc).__name__, "jobs": len(jobs)})
                self._scheduler.failed(jobs, exc)
                continue
            with self._lock:
                self._busy_s += monotonic_s() - began_s
                self._decodes += len(jobs)
            self._scheduler.done(jobs, found)

    def _tell_load(self) -> None:
        told_s = monotonic_s()
        while not self._ending.wait(TELL_EVERY_S):
            now_s = monotonic_s()
            with self._lock:
                busy_s, decodes, self._busy_s, self._decodes = self._busy_s, self._decodes, 0.0, 0
            waiting, oldest_s, _ = self._scheduler.load()
            share = min(1.0, busy_s / (self._lanes * (now_s - told_s)))
            self._answers.put(Busy(waiting, oldest_s, share, busy_s / decodes if decodes else 0.0))
            told_s = now_s


class SharedModel:
    """The model as one stream sees it: asks the scheduler and waits."""

    def __init__(self, opened: Open, scheduler: Scheduler, model: BatchWhisper) -> None:
        self._opened = opened
        self._scheduler = scheduler
        self._model = model
        self._language = opened.language
        self._prepared: Waiting | None = None

    def ahead(self, pcm: NDArray[np.int16]) -> None:
        """A final of `pcm` may be asked for soon."""
        self.forget()
        if self._language != AUTO and not self._opened.is_background:
            self._prepared = self._scheduler.prepare(self._job(pcm, (), is_final=True))

    def forget(self) -> None:
        """What was told ahead does not come."""
        if self._prepared is not None:
            self._scheduler.withdraw(self._prepared)
            self._prepared = None

    def partial(self, pcm: NDArray[np.int16], stable: tuple[int, ...]) -> Hypothesis:
        return self._ask(pcm, stable, is_final=False) or DROPPED

    def final(self, pcm: NDArray[np.int16], draft: tuple[int, ...]) -> Hypothesis:
        job, prepared = self._job(pcm, draft, is_final=True), self._prepared
        is_same = (
            prepared is not None
            and prepared.job.language == self._language
            and not draft
            and np.array_equal(prepared.job.pcm, pcm)
        )
        if is_same:
            self._prepared = None
        else:
            self.forget()
        found = self._scheduler.ask(job, prepared if is_same else None)
        assert found is not None, "a final is never dropped"
        return found

    def _ask(self, pcm: NDArray[np.int16], known: tuple[int, ...], *, is_final: bool) -> Hypothesis | None:
        return self._scheduler.ask(self._job(pcm, known, is_final=is_final))

    def _job(self, pcm: NDArray[np.int16], known: tuple[int, ...], *, is_final: bool) -> Job:
        opened = self._opened
        return Job(
            stream=str(opened.stream),
            tenant=opened.tenant,
            is_final=is_final,
            pcm=pcm.copy(),
            known=known,
            language=self._language,
            names=opened.names,
            is_background=opened.is_background,
        )

    def detect_language(self, pcm: NDArray[np.int16]) -> dict[str, float]:
        return self._model.detect_language(pcm)

    def speak(self, language: str) -> None:
        self._language = language


class Hearer:
    """One stream on a thread of its own."""

    def __init__(
        self,
        opened: Open,
        detector: SileroVad,
        scheduler: Scheduler,
        model: BatchWhisper,
        tell: Callable[[Told], None],
        gone: Callable[[int], None],
    ) -> None:
        self._stream = opened.stream
        self._tell_parent = tell
        self._gone = gone
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._is_closed = False
        state = unpack_state(opened.state) if opened.state else None
        self._model = SharedModel(opened, scheduler, model)
        self._recogniser = Recogniser(
            detector,
            self._model,
            pace=Pace(opened.partial_step_ms),
            language=opened.language,
            ends_early=False,
            ahead=self._model.ahead,
            state=state,
        )
        self._told_from = state.keep_from if state else 0
        self._thread = threading.Thread(target=self._run, name=f"stream-{opened.stream}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, request: Request) -> None:
        self._inbox.put(request)

    def close(self) -> None:
        """Stop soon; waits for nothing."""
        self._is_closed = True
        self._inbox.put(None)

    def _run(self) -> None:
        try:
            while not self._is_closed and (request := self._inbox.get()) is not None:
                if isinstance(request, SetPace):
                    self._recogniser.pace = Pace(request.partial_step_ms)
                elif isinstance(request, Sound):
                    self._recogniser.feed(np.frombuffer(request.pcm, "<i2"))
                    self._work()
                elif isinstance(request, Finish):
                    self._tell(self._recogniser.finish(), is_last=True)
                    return
        except EngineClosed:
            return
        except Exception as exc:  # noqa: BLE001 - a decode failed: this stream goes on elsewhere, others are not touched
            if not self._is_closed:
                log.warning("stream failed", extra={"error": type(exc).__name__})
                self._gone(self._stream)
        finally:
            self._model.forget()

    def _work(self) -> None:
        heard: list[Heard] = []
        while not self._is_closed:
            block = self._recogniser.step(is_late=self._recogniser.waiting_samples > LATE_SAMPLES)
            if block is None:
                break
            heard.append(block)
            if block.transcripts:
                self._tell(heard)
                heard = []
        self._tell(heard)

    def _tell(self, heard: list[Heard], *, is_last: bool = False) -> None:
        if not heard and not is_last:
            return
        kept = self._checkpoint_of(heard)
        self._tell_parent(
            Told(
                stream=self._stream,
                through_ms=heard[-1].voice.at_ms if heard else 0,
                probabilities=tuple(round(one, 3) for block in heard for one in block.voice.probabilities),
                transcripts=tuple(transcript for block in heard for transcript in block.transcripts),
                state=pack_state(kept) if kept else b"",
                keep_from=kept.keep_from if kept else 0,
                is_last=is_last,
            )
        )

    def _checkpoint_of(self, heard: list[Heard]) -> RecogniserState | None:
        """The state behind all of `heard`, where a client should learn that it may forget sound."""
        # Transcripts are told at once, so behind the newest checkpoint there are none.
        kept = next((block for block in reversed(heard) if block.checkpoint), None)
        if kept is None or kept.checkpoint is None:
            return None
        state = kept.checkpoint
        has_final = any(one.is_final for one in kept.transcripts)
        is_idle = state.segmenter.opened_at is None and state.keep_from - self._told_from >= IDLE_CHECKPOINT_SAMPLES
        if not has_final and not is_idle:
            return None
        self._told_from = state.keep_from
        return state
