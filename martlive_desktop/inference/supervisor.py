"""Keeps a recogniser process alive and loses no sound, whatever happens to it."""

from __future__ import annotations

import dataclasses
import logging
import multiprocessing
import queue
import signal
import sys
import threading
import time
from collections import deque
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeAlias

from martlive_desktop.core.events import RATE_HZ, AudioChunk, Status, Transcript, Voice, samples_to_ms
from martlive_desktop.core.speech.governor import Governor, Load, paces_from
from martlive_desktop.core.speech.languages import LANGUAGES
from martlive_desktop.core.speech.recogniser import BLOCK_SAMPLES, Heard, RecogniserState
from martlive_desktop.inference import worker
from martlive_desktop.inference.compute import failure_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from martlive_desktop.inference.compute import Device

    # A PipeConnection on Windows: another class with the same methods.
    Pipe: TypeAlias = Any

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 120.0
"""A cold disk and a big model; after it the process counts as hung."""

HANG_TIMEOUT_S = 30.0
"""Ten times the slowest decode that was seen on two cores with the 30 s window."""

MAX_FRUITLESS_STARTS = 3
"""Starts in a row after which nothing new was heard: the next one would not help either."""

IN_FLIGHT_SAMPLES = 2 * RATE_HZ
"""Sound sent ahead of what was heard: it fits a pipe's buffer, so that a stopped child never blocks its supervisor."""


LOOK_EVERY_MS = 500
"""How often the governor looks at the load: some times within its shortest window."""

CATCH_UP_MS = 5_000
"""After the models are loaded: what was said meanwhile is worked off in it, and is no sign of a busy computer."""


class SupervisedRecogniser:
    """A `Transcriber` in a child process that is started again when it dies or hangs.

    Sound is kept until a checkpoint says that it is no longer needed; results come once each and in order, because
    a restarted child repeats at most what was already delivered, block by block. A live one that falls behind, or takes
    what OBS needs, gives words less often; it says so.
    """

    def __init__(
        self,
        config: worker.RecogniserConfig,
        *,
        target: Callable[[Connection, worker.RecogniserConfig, RecogniserState | None], None] = worker.main,
    ) -> None:
        """Start the process. `target` runs in it and must be importable."""
        self._config = config
        self._target = target
        self._context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._sound: deque[AudioChunk] = deque()
        self._fed_through = 0
        self._is_finishing = False
        self._results: queue.SimpleQueue[Voice | Transcript | Status | None] = queue.SimpleQueue()
        self._wake_reader, self._wake_writer = self._context.Pipe(duplex=False)
        self._is_closing = False
        self._settled = threading.Event()
        self._checkpoint: RecogniserState | None = None
        self._delivered = 0
        self.pid: int | None = None
        """The process that hears now."""
        self._changed: worker.RecogniserConfig | None = None
        self._governor = _governor(config)
        self._look_at_ms = 0
        self._device: Device = "cpu"
        self._cpu_share = 0.0
        self._lagged_share = 0.0
        self._thread = threading.Thread(target=self._supervise, name="recogniser-supervisor")
        self._thread.start()

    @property
    def kept_samples(self) -> int:
        """Sound that a new process would need."""
        with self._lock:
            return sum(len(chunk.pcm) for chunk in self._sound)

    def feed(self, chunk: AudioChunk) -> None:
        with self._lock:
            self._sound.append(chunk)
            self._fed_through = chunk.end_sample
        self._wake()

    def finish(self) -> None:
        with self._lock:
            self._is_finishing = True
        self._wake()

    def results(self) -> Iterator[Voice | Transcript | Status]:
        while (result := self._results.get()) is not None:
            yield result

    def wait_until_ready(self) -> None:
        """Return when the models are loaded, or will not be."""
        self._settled.wait()

    def note_lagged_frames(self, share: float) -> None:
        """OBS lost this share of its frames lately, 0 to 1; 0 also where there is no OBS."""
        self._lagged_share = share

    def use(self, config: worker.RecogniserConfig) -> None:
        """Hear by other models, or another pace, from now on: a new process goes on where the old one was."""
        with self._lock:
            self._changed = config
        self._wake()

    def close(self) -> None:
        """End the process and the thread; what was not delivered is dropped."""
        with self._lock:
            self._is_closing = True
        self._wake()
        self._thread.join()

    def _wake(self) -> None:
        with self._lock:
            # One byte is enough to wake; a full pipe would block whoever feeds.
            if not self._wake_writer.closed and not self._wake_reader.poll():
                self._wake_writer.send_bytes(b"!")

    def _supervise(self) -> None:
        if sys.platform != "win32":
            # Ctrl-C in a terminal reaches the whole group; children of this thread are born deaf to it. The tracker
            # lets the signal through again when it starts, so it starts first.
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        fruitless = 0
        try:
            while fruitless < MAX_FRUITLESS_STARTS:
                before = self._delivered
                self._report("loading" if fruitless == before == 0 else "restarting")
                is_over = self._run_child()
                if is_over or self._is_closing:
                    return
                if self._takes_change():
                    fruitless = 0
                    continue
                if self._device == "cuda":
                    # A library that is missing there can end the process without a word.
                    self._keep_to_processor(failure_sentence(""))
                fruitless = 0 if self._delivered > before else fruitless + 1
                log.warning("recogniser process ended", extra={"fruitless": fruitless})
            self._report("failed", "Speech recognition keeps stopping – run `martlive models verify`.")
        finally:
            self._settled.set()
            self._results.put(None)
            with self._lock:
                self._wake_writer.close()
            self._wake_reader.close()

    def _run_child(self) -> bool:
        """One life of the process; True when it heard everything."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=self._target, args=(theirs, self._config, self._checkpoint), name="martlive-recogniser", daemon=True
        )
        process.start()
        theirs.close()
        self.pid = process.pid
        try:
            return self._talk(ours, process)
        except (EOFError, OSError):
            return False
        finally:
            ours.close()
            self.pid = None
            process.kill()
            process.join()
            process.close()

    def _talk(self, pipe: Pipe, process: BaseProcess) -> bool:
        state = self._checkpoint or RecogniserState()
        sent_through, heard_through = state.keep_from, state.block * BLOCK_SAMPLES
        is_ready = is_finish_sent = False
        progress_at = time.monotonic()
        self._cpu_share = 0.0
        if self._governor is not None:
            self._governor.forget()
            pipe.send(self._governor.pace)
        while not self._is_closing and self._changed is None:
            sent_through = self._send(pipe, sent_through, heard_through + IN_FLIGHT_SAMPLES)
            if self._is_finishing and not is_finish_sent and sent_through == self._fed_through:
                pipe.send("finish")
                is_finish_sent = True
            if is_ready and not is_finish_sent and sent_through - heard_through < BLOCK_SAMPLES:
                progress_at = time.monotonic()  # it has nothing to do
            patience = progress_at + (HANG_TIMEOUT_S if is_ready else LOAD_TIMEOUT_S) - time.monotonic()
            if patience < 0:
                log.warning("recogniser process hangs", extra={"ready": is_ready})
                return False
            woken = wait([pipe, process.sentinel, self._wake_reader], patience)
            if self._wake_reader in woken:
                self._wake_reader.recv_bytes()
            if pipe in woken:
                progress_at = time.monotonic()
                answer = pipe.recv()
                if isinstance(answer, worker.Finished):
                    return True
                if isinstance(answer, worker.Ready):
                    is_ready = True
                    self._look_at_ms = _now_ms() + CATCH_UP_MS
                    self._settled.set()
                    self._report("ready")
                elif isinstance(answer, Heard):
                    heard_through = answer.through_sample
                    self._deliver(answer)
                elif isinstance(answer, worker.RunsOn):
                    self._device = answer.device
                    if answer.sentence:
                        self._keep_to_processor(answer.sentence)
                elif isinstance(answer, worker.Effort):
                    self._cpu_share = answer.cpu_share
            elif process.sentinel in woken:
                return False
            if is_ready:
                self._govern(pipe, heard_through)
        return False

    def _takes_change(self) -> bool:
        """Whether the process ended because another one was wanted."""
        with self._lock:
            config, self._changed = self._changed, None
        if config is None:
            return False
        before, self._config = self._config, config
        self._governor = _governor(config)
        self._device = "cpu"
        is_other = any(
            getattr(config, part) != getattr(before, part) for part in ("model", "small_model", "gpu_models", "device")
        )
        if is_other and self._checkpoint is not None:
            # Tokens of one model mean nothing to another.
            self._checkpoint = dataclasses.replace(self._checkpoint, draft=(), pause=None, is_small=False)
        return True

    def _keep_to_processor(self, sentence: str) -> None:
        self._device = "cpu"
        self._config = dataclasses.replace(self._config, device="cpu")
        self._report("device", sentence)

    def _govern(self, pipe: Pipe, heard_through: int) -> None:
        now_ms = _now_ms()
        if self._governor is None or now_ms < self._look_at_ms:
            return
        self._look_at_ms = now_ms + LOOK_EVERY_MS
        load = Load(samples_to_ms(self._fed_through - heard_through), self._cpu_share, self._lagged_share)
        if self._governor.observe(load, now_ms):
            log.info("recogniser changes its pace", extra={"pace": self._governor.pace, "load": load})
            pipe.send(self._governor.pace)
            self._report("pace", self._governor.sentence)

    def _send(self, pipe: Pipe, sent_through: int, up_to: int) -> int:
        with self._lock:
            waiting = [chunk for chunk in self._sound if sent_through < chunk.end_sample <= up_to]
        for chunk in waiting:
            pipe.send(chunk.pcm[max(0, sent_through - chunk.start_sample) :].tobytes())
            sent_through = chunk.end_sample
        return sent_through

    def _deliver(self, heard: Heard) -> None:
        if heard.checkpoint is not None:
            self._checkpoint = heard.checkpoint
            with self._lock:
                while self._sound and self._sound[0].end_sample <= heard.checkpoint.keep_from:
                    self._sound.popleft()
        if heard.through_sample <= self._delivered:
            return
        self._delivered = heard.through_sample
        for transcript in heard.transcripts:
            self._results.put(transcript)
        self._results.put(heard.voice)
        if heard.language:
            name = LANGUAGES.get(heard.language, heard.language)
            self._report("language", f"You speak {name} – `--language` or the plan can say another.")

    def _report(self, state: str, detail: str = "") -> None:
        self._results.put(Status(samples_to_ms(self._delivered), "recogniser", state, detail))


def _governor(config: worker.RecogniserConfig) -> Governor | None:
    if not config.is_live:
        return None
    return Governor(paces_from(config.pace, has_small=config.small_model is not None), threads=config.threads)


def _now_ms() -> int:
    return round(time.monotonic() * 1000)
