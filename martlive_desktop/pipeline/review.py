"""A recording as fast as the machine allows, in virtual time: two runs give the same events, byte for byte."""

from __future__ import annotations

import contextlib
import heapq
import queue
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from martlive_desktop.core.errors import RecogniserUnavailable
from martlive_desktop.core.events import AudioChunk, Chat, Draft, Status, Transcript, Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from martlive_desktop.core.coach.drafting import AnyDrafter, DraftRequest
    from martlive_desktop.core.events import Input, LogEvent, Screen, SessionStarted
    from martlive_desktop.pipeline.session import Session
    from martlive_desktop.ports import AudioSource, TipWriter, Transcriber

VOICE_LATENCY_MS = 150
PARTIAL_LATENCY_MS = 450
FINAL_LATENCY_MS = 700
"""What a part is stated to take from the end of its sound to its answer: what two slow cores need with Whisper base."""

READING_LATENCY_MS = 500
"""The same for a line of chat on the screen."""

DRAFT_LATENCY_MS = 400
"""The same for the words of a small language model."""

LONGEST_DRAFT_S = 20.0
"""How long an answer is waited for in real time; after it the tip gets the rules' words."""

AHEAD_MS = 20_000
"""How far the recogniser may be fed ahead: enough to keep it busy, little enough for memory."""

Heard: TypeAlias = Voice | Transcript | Status


@dataclass(slots=True)
class Review:
    """Merges sound, speech and chat by the time at which a live session would have had them."""

    session: Session
    source: AudioSource
    transcriber: Transcriber
    chat: Iterable[Chat]
    listeners: Sequence[Callable[[LogEvent], None]]
    writer: tuple[AnyDrafter, TipWriter] | None = None
    screen: Iterator[Screen | Chat | Status] = field(default_factory=lambda: iter(()))
    _due: list[tuple[int, int, Input]] = field(default_factory=list)
    _order: int = 0
    _fed_ms: int = 0
    _heard_ms: int = 0
    _seen_ms: int = -1
    _is_deaf: bool = False

    def run(self, started: SessionStarted) -> None:
        """Work through the whole recording.

        Raises:
            MediaUnreadable: the recording cannot be read.
            RecogniserUnavailable: the recogniser gave up; everything up to there was written.
        """
        self._write([started])
        if self.writer:
            self.session.use_writer(self.writer[0], self._write_tip)
        for line in self.chat:
            self._put(line.at_ms, line)
        sound = self.source.read()
        results = self.transcriber.results()
        is_fed = is_heard = False
        while True:
            now_ms = self._due[0][0] if self._due else self._fed_ms
            if not is_fed and self._fed_ms <= now_ms + AHEAD_MS:
                is_fed = not self._feed(sound)
            elif not is_heard and (not self._due or self._heard_ms + VOICE_LATENCY_MS < now_ms):
                is_heard = not self._hear(results)
            elif self._due:
                self._handle(*heapq.heappop(self._due))
            else:
                break
        self._write(self.session.finish(self.session.now_ms))
        if self._is_deaf:
            raise RecogniserUnavailable("Speech recognition keeps stopping; run `martlive models verify`.")

    def _write_tip(self, request: DraftRequest) -> None:
        """Ask and wait, so that the result does not depend on how fast the machine is."""
        assert self.writer is not None
        answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.writer[1].ask(request, answers.put)
        with contextlib.suppress(queue.Empty):
            due_ms = self.session.now_ms + DRAFT_LATENCY_MS
            self._put(due_ms, Draft(due_ms, request.cue_id, answers.get(timeout=LONGEST_DRAFT_S)))

    def _handle(self, at_ms: int, _order: int, event: Input) -> None:
        self._write(self.session.handle(event, at_ms))

    def _feed(self, sound: Iterator[AudioChunk | Status]) -> bool:
        item = next(sound, None)
        if item is None:
            self.transcriber.finish()
            return False
        if isinstance(item, AudioChunk):
            self._fed_ms = item.at_ms
            # A recording's picture may end before its sound.
            while self._seen_ms < self._fed_ms and (seen := next(self.screen, None)):
                self._seen_ms = seen.at_ms
                self._put(seen.at_ms + (READING_LATENCY_MS if isinstance(seen, Chat) else 0), seen)
            self.transcriber.feed(item)
        self._put(item.at_ms, item)
        return True

    def _hear(self, results: Iterator[Heard]) -> bool:
        heard = next(results, None)
        if heard is None:
            return False
        match heard:
            case Voice():
                self._heard_ms = heard.at_ms
                self._put(heard.at_ms + VOICE_LATENCY_MS, heard)
            case Transcript():
                self._put(heard.at_ms + (FINAL_LATENCY_MS if heard.is_final else PARTIAL_LATENCY_MS), heard)
            case _:
                self._is_deaf |= heard.state == "failed"
                self._put(heard.at_ms, heard)
        return True

    def _put(self, due_ms: int, event: Input) -> None:
        heapq.heappush(self._due, (due_ms, self._order, event))
        self._order += 1

    def _write(self, events: Sequence[LogEvent]) -> None:
        for event in events:
            for listener in self.listeners:
                listener(event)
