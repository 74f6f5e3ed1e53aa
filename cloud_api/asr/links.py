"""One stream of a gateway: frames in, words out, and nothing that grows when the other side is slow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from cloud_api.asr.checkpoint import Place, sign, verify
from cloud_api.asr.engine import Broken, Told
from cloud_api.clock import monotonic_s
from cloud_api.errors import Refusal
from martlive_desktop.core.events import ms_to_samples, to_json
from martlive_desktop.core.frames import FrameInvalid, FrameKind, parse

if TYPE_CHECKING:
    from cloud_api.asr.hearing import Hearing

log = logging.getLogger(__name__)

CODECS = ("pcm16",)

OPEN_WITHIN_S = 10.0

MOST_WAITING_MS, GO_ON_MS = 30_000, 20_000
"""Sound of one stream that waits here; beyond, its socket is not read."""

MOST_QUEUED = 512
"""Messages to a gateway that does not read; a minute of a stream."""

CREDIT_MS = 70_000
"""Sound that may come at once: a client's ring, and some more."""

FASTEST = 1.2
"""Times real time."""

SAY_WITHIN_S = 5.0
"""The last words to a gateway that may not read any more."""


class OpenMessage(BaseModel):
    """The first message of a gateway."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["open"]
    tenant: str = Field(max_length=100)
    epoch: int = Field(ge=0)
    language: str = Field(default="en", max_length=10)
    partials: bool = True
    voice: bool = False
    names: list[str] = Field(default=[], max_length=500)
    resume: str = Field(default="", max_length=65_536)


class Streams:
    """All streams of this instance, by session: the newest epoch of each has it."""

    def __init__(self, hearing: Hearing, secret: bytes) -> None:
        self.hearing = hearing
        self.secret = secret
        self.is_draining = False
        self.by_session: dict[str, Stream] = {}
        self.is_empty = asyncio.Event()
        self.is_empty.set()
        hearing.on_pace = self._tell_pace

    def check(self) -> None:
        """Whether streams may come at all.

        Raises:
            Refusal: this instance is about to stop.
        """
        if self.is_draining:
            raise Refusal("draining", retry_after_ms=500)

    def admit(self, *, partials: bool, is_known: bool) -> None:
        """Let one more stream in; one that was let in before and goes on finds room wherever it comes.

        Raises:
            Refusal: there is no room, or this instance is about to stop.
        """
        self.check()
        if not self.hearing.is_ready:
            raise Refusal("unavailable", retry_after_ms=1_000)
        if not is_known and not self.hearing.has_room(partials=partials):
            raise Refusal("at-capacity", retry_after_ms=5_000)

    def enter(self, stream: Stream) -> None:
        """`stream` has its session from now on; an older owner is sent away.

        Raises:
            Refusal: a newer owner has it.
        """
        before = self.by_session.get(stream.session)
        if before is not None:
            if before.epoch > stream.epoch:
                raise Refusal("session-taken")
            before.end(Refusal("session-taken"))
        self.by_session[stream.session] = stream
        self.is_empty.clear()

    def leave(self, stream: Stream) -> None:
        """`stream` is over."""
        if self.by_session.get(stream.session) is stream:
            del self.by_session[stream.session]
        if not self.by_session:
            self.is_empty.set()

    async def drain(self, within_s: float) -> None:
        """Send all streams elsewhere, each behind its next final or pause."""
        self.is_draining = True
        for stream in list(self.by_session.values()):
            stream.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.is_empty.wait()
        for stream in list(self.by_session.values()):
            stream.end(Refusal("draining", retry_after_ms=0))

    def _tell_pace(self, step_ms: int | None, sentence: str) -> None:
        for stream in self.by_session.values():
            stream.pace(step_ms, sentence)


class Stream:
    """One session's sound on its way through this instance."""

    def __init__(self, streams: Streams, socket: WebSocket, session: str) -> None:
        self.session = session
        self.epoch = -1
        self._streams = streams
        self._hearing = streams.hearing
        self._socket = socket
        self._number: int | None = None
        self._opened = OpenMessage(type="open", tenant="", epoch=0)
        self._out: asyncio.Queue[str | Refusal | None] = asyncio.Queue()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._next_sequence = 0
        self._fed_ms = 0
        self._heard_ms = 0
        self._skip_samples = 0
        self._began_s = 0.0
        self._began_ms = 0
        self._frames: deque[tuple[int, int]] = deque()
        self._is_finishing = False
        self._is_draining = False
        self._is_over = False

    async def run(self) -> None:
        """Until either side is done."""
        await self._socket.accept()
        writer = asyncio.create_task(self._write(), name="asr-write")
        try:
            await self._begin()
            while True:
                await self._may_read.wait()
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                if (data := message.get("bytes")) is not None:
                    self._sound(data)
                elif (text := message.get("text")) is not None:
                    self._text(text)
        except Refusal as exc:
            self.end(exc)
        except (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            self._leave()
            self._out.put_nowait(None)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(writer, SAY_WITHIN_S)

    async def _begin(self) -> None:
        text = await asyncio.wait_for(self._socket.receive_text(), OPEN_WITHIN_S)
        try:
            opened = OpenMessage.model_validate_json(text)
        except ValidationError as exc:
            raise Refusal("bad-request", "The first message must open the stream.") from exc
        self._opened, self.epoch = opened, opened.epoch
        is_known = bool(opened.resume) or self.session in self._streams.by_session
        self._streams.admit(partials=opened.partials, is_known=is_known)
        place = Place(self.session, opened.tenant, 0, 0, 0, b"")
        if opened.resume:
            place = verify(opened.resume, self._streams.secret, session=self.session, tenant=opened.tenant)
        self._streams.enter(self)
        self._number = self._hearing.open(
            self._hear,
            tenant=opened.tenant,
            language=opened.language,
            names=tuple(opened.names),
            partials=opened.partials,
            state=place.state,
        )
        self._next_sequence, self._fed_ms, self._heard_ms = place.sequence, place.frame_ms, place.frame_ms
        self._began_s, self._began_ms = monotonic_s(), place.frame_ms
        self._skip_samples = place.skip
        self._say(
            {
                "type": "ready",
                "next_seq": self._next_sequence,
                "partial_step_ms": self._hearing.step_ms_of(partials=opened.partials),
                "codecs": CODECS,
            }
        )

    def _sound(self, data: bytes) -> None:
        if self._is_finishing:
            raise Refusal("bad-frame", "Sound comes after the end.")
        try:
            frame = parse(data)
        except FrameInvalid as exc:
            raise Refusal("bad-frame", str(exc)) from exc
        if frame.kind is not FrameKind.PCM16:
            raise Refusal("codec-unsupported")
        if frame.sequence != self._next_sequence or frame.capture_ms != self._fed_ms:
            raise Refusal("frame-gap")
        self._next_sequence += 1
        self._fed_ms = frame.end_ms
        if self._fed_ms - self._began_ms > (monotonic_s() - self._began_s) * 1000 * FASTEST + CREDIT_MS:
            raise Refusal("too-fast")
        self._frames.append((frame.sequence, frame.capture_ms))
        skipped, self._skip_samples = min(self._skip_samples * 2, len(frame.payload)), 0
        assert self._number is not None
        self._hearing.feed(self._number, frame.payload[skipped:])
        if self._fed_ms - self._heard_ms > MOST_WAITING_MS:
            self._may_read.clear()

    def _text(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as exc:
            raise Refusal("bad-request") from exc
        if not isinstance(message, dict) or message.get("type") != "end":
            raise Refusal("bad-request")
        if not self._is_finishing and self._number is not None:
            self._is_finishing = True
            self._hearing.finish(self._number)

    def _hear(self, told: Told | Broken) -> None:
        if isinstance(told, Broken):
            self.end(Refusal("unavailable", retry_after_ms=500))
            return
        self._heard_ms = max(self._heard_ms, told.through_ms)
        if self._fed_ms - self._heard_ms < GO_ON_MS:
            self._may_read.set()
        if self._opened.voice and told.probabilities:
            self._say({"type": "voice", "at_ms": told.through_ms, "probabilities": told.probabilities})
        for transcript in told.transcripts:
            self._put(f'{{"type":"event","event":{to_json(transcript)},"rev":0}}')
        if told.state:
            self._acknowledge(told)
        if told.is_last:
            self._say({"type": "ended"})
            self.end(None)

    def _acknowledge(self, told: Told) -> None:
        # The frame that holds the first sample that is still needed.
        while len(self._frames) > 1 and ms_to_samples(self._frames[1][1]) <= told.keep_from:
            self._frames.popleft()
        sequence, frame_ms = self._frames[0]
        skip = told.keep_from - ms_to_samples(frame_ms)
        place = Place(self.session, self._opened.tenant, sequence, frame_ms, skip, told.state)
        self._say({"type": "ack", "decoded_through_ms": frame_ms, "resume": sign(place, self._streams.secret)})
        if self._is_draining:
            self.end(Refusal("draining", retry_after_ms=0))

    def drain(self) -> None:
        """Go elsewhere behind the next ack; one that waits for its end only is let finish."""
        self._is_draining = not self._is_finishing

    def pace(self, step_ms: int | None, sentence: str) -> None:
        """Words come so often from now on."""
        if self._opened.partials:
            self._say({"type": "pace", "partial_step_ms": step_ms, "sentence": sentence})

    def end(self, refusal: Refusal | None) -> None:
        """Say why, and close; without a reason everything is said."""
        if self._is_over:
            return
        self._is_over = True
        self._leave()
        self._out.put_nowait(refusal)
        self._may_read.set()

    def _leave(self) -> None:
        if self._number is not None:
            self._hearing.leave(self._number)
            self._number = None
        self._streams.leave(self)

    def _say(self, message: dict[str, Any]) -> None:
        self._put(json.dumps(message, separators=(",", ":")))

    def _put(self, text: str) -> None:
        if self._is_over:
            return
        if self._out.qsize() >= MOST_QUEUED:
            self.end(Refusal("too-slow"))
            return
        self._out.put_nowait(text)

    async def _write(self) -> None:
        # The other side may be gone at any moment.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while isinstance(item := await self._out.get(), str):
                await self._socket.send_text(item)
            if item is None:
                await self._socket.close()
                return
            await self._socket.send_text(json.dumps({"type": "error", "problem": item.body()}))
            await self._socket.close(item.problem.close_code)
