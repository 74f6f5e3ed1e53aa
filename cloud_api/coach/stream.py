"""The live coach's side of a stream: sound, pictures, words and chat in, tips out."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import deque
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocketDisconnect

from cloud_api.coach.packs import is_code
from cloud_api.coach.plans import plan_of
from cloud_api.coach.show import Command, Opening
from cloud_api.errors import Refusal
from cloud_api.service import check_internal, is_too_deep, problem_response, trace_id_of
from martlive_desktop.core.coach.drafting import DEADLINE_MS
from martlive_desktop.core.events import Transcript, Word, from_json
from martlive_desktop.core.frames import MAX_CAPTURE_MS, MAX_SEQUENCE, Frame, FrameInvalid, FrameKind, parse
from martlive_desktop.core.scenes import SceneLook

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from cloud_api.coach.meters import Meters
    from cloud_api.coach.models import LanguageModel
    from cloud_api.coach.show_pool import ShowPool
    from cloud_api.coach.show_process import Told
    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

KEPT_S = 60.0
"""How long a show outlives its stream."""

OPEN_S = 10.0
"""For the first message."""

MOST_UNDONE = 64
"""Orders of one show that are not done yet: ten seconds of sound; then its stream is not read on."""

MOST_PICTURES_UNDONE = 2
"""Pictures that wait; further ones are dropped, for an old picture tells nothing."""

MOST_DRAFTS = 8
"""Tips for which a model looks for words at once."""

MOST_KEPT_LINES = 512
"""Of what was told while no stream was there."""

MOST_UNSENT = 1_024
"""Messages that wait to be sent; then the other side reads too slowly."""

SEND_S = 15.0
"""For one message to be taken."""

MOST_TEXT_BYTES = 262_144
"""Of a text message: a plan and scenes."""

MOST_LOOKS = 12
"""Scenes that are known."""

MOST_VOICE = 2_048
"""Voice decisions in a message: a minute."""

MOST_WORDS = 2_000
"""In an utterance."""

PICTURES_A_SECOND = 2
PICTURE_SLACK = 2
"""Clients' clocks jitter; so many more are let through in a second."""

AHEAD_MS = 75_000
"""How far a picture may be ahead of the sound: after an outage the client's ring of a minute still has to come."""

_SESSION = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


class OpenMessage(BaseModel):
    """The first message."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: str = Field(pattern="^open$")
    tenant: str = Field(min_length=1, max_length=100)
    epoch: int = Field(ge=0)
    language: str = "en"
    plan: dict[str, Any] | None = None
    scenes: list[dict[str, Any]] = Field(default=[], max_length=MOST_LOOKS)

    def opening(self, model: LanguageModel | None) -> Opening:
        """What the show begins with.

        Raises:
            Refusal: a field is not valid.
        """
        if not is_code(self.language):
            raise _invalid("language", 'language must be a code such as "en".')
        plan = plan_of(self.plan, self.language)
        try:
            looks = tuple(SceneLook.from_dict(one) for one in self.scenes)
        except ValueError as exc:
            raise _invalid("scenes", str(exc)) from exc
        return Opening(plan, looks, None if model is None else model.skill)


class Continuity:
    """Checks the frames of one connection: each kind follows itself; where the first one begins is free."""

    def __init__(self) -> None:
        self._sound: tuple[int, int] | None = None
        self._picture: int | None = None
        self._pictures_ms: deque[int] = deque(maxlen=PICTURES_A_SECOND + PICTURE_SLACK)

    def sound(self, frame: Frame) -> None:
        """Take a frame of sound.

        Raises:
            Refusal: it does not follow the one before.
        """
        if self._sound is not None and self._sound != (frame.sequence, frame.capture_ms):
            raise Refusal("frame-gap")
        self._sound = ((frame.sequence + 1) % (MAX_SEQUENCE + 1), frame.end_ms)

    def picture(self, frame: Frame) -> None:
        """Take a picture.

        Raises:
            Refusal: it does not follow the one before, or there are too many.
        """
        last_ms = self._pictures_ms[-1] if self._pictures_ms else 0
        if (self._picture is not None and self._picture != frame.sequence) or frame.capture_ms < last_ms:
            raise Refusal("frame-gap")
        is_full = len(self._pictures_ms) == self._pictures_ms.maxlen
        if is_full and frame.capture_ms - self._pictures_ms[0] < 1_000:
            raise Refusal("rate-limited", f"At most {PICTURES_A_SECOND} pictures a second.", retry_after_ms=1_000)
        self._picture = (frame.sequence + 1) % (MAX_SEQUENCE + 1)
        self._pictures_ms.append(frame.capture_ms)


class Link:
    """One connection: what is to be sent waits here, and no longer than the other side may take."""

    def __init__(self, socket: WebSocket, trace_id: str) -> None:
        self._socket = socket
        self._trace_id = trace_id
        self._unsent: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue(MOST_UNSENT)
        self._is_over = False
        self.refusal: Refusal | None = None

    def send(self, text: str) -> None:
        """Send a message, in order."""
        if self._is_over:
            return
        try:
            self._unsent.put_nowait(text)
        except asyncio.QueueFull:
            self.refuse(Refusal("too-slow"))

    def refuse(self, refusal: Refusal) -> None:
        """Say why, and close."""
        if self._is_over:
            return
        self.refusal = refusal
        if self._unsent.full():
            self._unsent.get_nowait()
            self._unsent.get_nowait()
        problem = {"type": "error", "problem": refusal.body(self._trace_id)}
        self._unsent.put_nowait(json.dumps(problem, separators=(",", ":")))
        self.end(refusal.problem.close_code, refusal.name)

    def end(self, code: int = 1_000, reason: str = "") -> None:
        """Close when everything was sent."""
        if not self._is_over:
            self._is_over = True
            if self._unsent.full():
                self._unsent.get_nowait()
            self._unsent.put_nowait((code, reason))

    async def run(self) -> None:
        """Send until it is to be closed, and close."""
        while True:
            message = await self._unsent.get()
            try:
                async with asyncio.timeout(SEND_S):
                    if isinstance(message, str):
                        await self._socket.send_text(message)
                        continue
                    await self._socket.close(*message)
            except (TimeoutError, RuntimeError, WebSocketDisconnect):
                self._is_over = True
            return


class LiveShow:
    """A show in the pool with whoever listens to it now; it outlives a connection by KEPT_S."""

    def __init__(self, streams: Streams, session: str, message: OpenMessage) -> None:
        """Open it; raises Refusal where that cannot be."""
        self._streams = streams
        self.session = session
        self.tenant = message.tenant
        self.epoch = message.epoch
        self.link: Link | None = None
        self.next_picture = 0
        self._heard_ms = 0
        self._room = asyncio.Semaphore(MOST_UNDONE)
        self._pictures = 0
        self._kinds: deque[str] = deque()
        self._kept: deque[str] = deque(maxlen=MOST_KEPT_LINES)
        self._drafts: set[asyncio.Task[None]] = set()
        self._end: asyncio.TimerHandle | None = None
        self._is_ready = False
        self.is_gone = False
        self._number = streams.pool.open(message.opening(streams.model), self)
        # Opening is an order, too.
        self._kinds.append("open")

    @property
    def forgotten_at_s(self) -> float | None:
        """When it will be forgotten, by the loop's clock; None: a stream is there."""
        return None if self._end is None else self._end.when()

    # --- orders

    async def order(self, what: Any, *given: Any) -> None:
        """Do something with the show; waits while too much is undone."""
        await self._room.acquire()
        if not self.is_gone:
            self._kinds.append(what)
            self._streams.pool.order(self._number, what, *given)

    def attach(self, link: Link, epoch: int) -> None:
        """Let `link` have the show; raises Refusal where another one has it."""
        if epoch < self.epoch or (epoch == self.epoch and self.link is not None):
            raise Refusal("session-taken")
        if self.link is not None:
            self.link.refuse(Refusal("session-taken"))
        if self._end is not None:
            self._end.cancel()
            self._end = None
        self.epoch, self.link, self._is_ready = epoch, link, False

    def detach(self, link: Link) -> None:
        """`link` is gone."""
        if self.link is not link:
            return
        self.link = None
        if self.is_gone:
            return
        self._kinds.append("detach")
        self._streams.pool.order(self._number, "detach")
        self._end = asyncio.get_running_loop().call_later(KEPT_S, self._streams.forget, self)

    async def picture(self, frame: Frame) -> None:
        """Have a picture measured, or not, where others wait."""
        self.next_picture = (frame.sequence + 1) % (MAX_SEQUENCE + 1)
        if frame.capture_ms > self._heard_ms + AHEAD_MS:
            raise Refusal("bad-frame", "The picture is far ahead of the sound.")
        if self._pictures >= MOST_PICTURES_UNDONE:
            self._streams.meters.pictures.labels("dropped").inc()
            return
        self._pictures += 1
        await self.order("picture", frame)

    async def sound(self, frame: Frame) -> None:
        """Have sound heard."""
        self._heard_ms = max(self._heard_ms, frame.end_ms)
        self._streams.meters.sound_seconds.inc((frame.end_ms - frame.capture_ms) / 1000)
        await self.order("sound", frame)

    def close(self) -> None:
        """It will not be needed any more."""
        self.is_gone = True
        if self._end is not None:
            self._end.cancel()
        for draft in self._drafts:
            draft.cancel()
        self._streams.pool.forget(self._number)

    # --- news

    def take(self, told: Told) -> None:
        """Something came of the show; see `show_pool.Listener`."""
        kind = ""
        if told.what not in ("told", "ask") and self._kinds:
            kind = self._kinds.popleft()
            if kind not in ("open", "detach", "draft"):
                self._room.release()
        if kind == "picture":
            self._pictures -= 1
            self._streams.meters.pictures.labels("measured" if told.what == "done" else "refused").inc()
        match told.what:
            case "ask":
                self._ask(*told.facts)
            case "attached":
                self._heard_ms = told.facts[0]
                # Another stream may have taken the show over meanwhile.
                if self.link is not None and "attach" not in self._kinds:
                    self._is_ready = True
                    ready = {"type": "ready", "next_picture": self.next_picture, "heard_through_ms": self._heard_ms}
                    self.link.send(json.dumps(ready, separators=(",", ":")))
                    while self._kept:
                        self.link.send(self._kept.popleft())
            case "refused":
                if self.link is not None:
                    self.link.refuse(Refusal(*told.facts))
            case "failed":
                self._fail()
        for line in told.lines:
            self._tell(line)
        if kind == "end" and self.link is not None:
            self.link.send('{"type":"ended"}')
            self.link.end()

    def _tell(self, line: str) -> None:
        if line.startswith('{"type":"tip",'):
            self._streams.meters.tips.labels("show", json.loads(line)["source"]).inc()
        message = f'{{"type":"event","event":{line},"rev":0}}'
        if self.link is not None and self._is_ready:
            self.link.send(message)
        else:
            self._kept.append(message)

    def _fail(self) -> None:
        if self.is_gone:
            return
        self._streams.forget(self)
        if self.link is not None:
            self.link.refuse(Refusal("unavailable", "The coach was lost; connect again.", retry_after_ms=500))
        # Whoever waits for room finds that it is gone.
        for _ in self._kinds:
            self._room.release()

    def _ask(self, cue: str, prompt: str, schema: str) -> None:
        if len(self._drafts) >= MOST_DRAFTS:
            self._draft(cue, "")
            self._streams.meters.drafts.labels("show", "busy").inc()
            return
        task = asyncio.get_running_loop().create_task(self._written(cue, prompt, schema))
        self._drafts.add(task)
        task.add_done_callback(self._drafts.discard)

    async def _written(self, cue: str, prompt: str, schema: str) -> None:
        model = self._streams.model
        assert model is not None
        written = await model.write(prompt, schema, left_s=DEADLINE_MS / 1000, payer=self.tenant)
        self._streams.meters.drafts.labels("show", written.outcome).inc()
        self._draft(cue, written.text)

    def _draft(self, cue: str, text: str) -> None:
        if not self.is_gone:
            self._kinds.append("draft")
            self._streams.pool.order(self._number, "draft", cue, text)


class Streams:
    """All shows of this instance."""

    def __init__(self, settings: CloudSettings, pool: ShowPool, model: LanguageModel | None, meters: Meters) -> None:
        self._settings = settings
        self.pool = pool
        self.model = model
        self.meters = meters
        self.is_draining = False
        self._shows: dict[str, LiveShow] = {}
        self._links: set[Link] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        meters.shows.set_function(lambda: len(self._shows))
        meters.streams.set_function(lambda: len(self._links))

    def forget(self, show: LiveShow) -> None:
        """Drop a show."""
        if self._shows.get(show.session) is show:
            del self._shows[show.session]
        show.close()

    async def drain(self) -> None:
        """Send every stream elsewhere, and take no new one."""
        self.is_draining = True
        for link in list(self._links):
            link.refuse(Refusal("draining", retry_after_ms=200))
        try:
            async with asyncio.timeout(self._settings.drain_s):
                await self._is_empty.wait()
        except TimeoutError:
            log.warning("streams are cut off", extra={"streams": len(self._links)})

    def close(self) -> None:
        """Drop all shows."""
        for show in list(self._shows.values()):
            self.forget(show)

    async def serve(self, socket: WebSocket) -> None:
        """Coach over one connection."""
        trace_id = trace_id_of(socket.scope)
        session = socket.path_params["session"]
        try:
            self._admit(socket, session)
        except Refusal as exc:
            self.meters.refusals.labels(exc.name).inc()
            await socket.send_denial_response(problem_response(exc, trace_id))
            return
        await socket.accept()
        link = Link(socket, trace_id)
        self._links.add(link)
        self._is_empty.clear()
        sender = asyncio.create_task(link.run())
        reader = asyncio.create_task(self._read(socket, session, link))
        try:
            await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done() and not sender.done():
                # What was refused is still said; a client that is gone takes nothing.
                await sender
        finally:
            for task in (sender, reader):
                task.cancel()
            await asyncio.gather(sender, reader, return_exceptions=True)
            if link.refusal is not None:
                self.meters.refusals.labels(link.refusal.name).inc()
            self._links.discard(link)
            if not self._links:
                self._is_empty.set()

    def _admit(self, socket: WebSocket, session: str) -> None:
        check_internal(socket.headers, self._settings)
        if _SESSION.fullmatch(session) is None:
            raise Refusal("not-found")
        if self.is_draining:
            raise Refusal("draining", retry_after_ms=200)
        if session not in self._shows and not self.pool.has_room and self._longest_alone() is None:
            raise Refusal("at-capacity", retry_after_ms=2_000)

    async def _read(self, socket: WebSocket, session: str, link: Link) -> None:
        show: LiveShow | None = None
        try:
            async with asyncio.timeout(OPEN_S):
                message = await _message(socket)
            show = self._opened(session, _open_message(message), link)
            await show.order("attach")
            await self._take(socket, show)
        except TimeoutError:
            link.refuse(Refusal("bad-request", "The first message did not come."))
        except Refusal as exc:
            link.refuse(exc)
        except WebSocketDisconnect:
            link.end()
        except Exception as exc:  # noqa: BLE001 - the other streams go on
            # The message of an error may have speech in it.
            log.error("stream failed", extra={"error": type(exc).__name__})  # noqa: TRY400
            link.refuse(Refusal("internal"))
        finally:
            if show is not None:
                show.detach(link)

    def _opened(self, session: str, message: OpenMessage, link: Link) -> LiveShow:
        show = self._shows.get(session)
        if show is None:
            # Who is there goes before who may come back.
            if not self.pool.has_room and (alone := self._longest_alone()) is not None:
                self.forget(alone)
            show = self._shows[session] = LiveShow(self, session, message)
        elif show.tenant != message.tenant:
            raise Refusal("not-found")
        show.attach(link, message.epoch)
        return show

    def _longest_alone(self) -> LiveShow | None:
        """The show that has been without a stream for longest."""
        alone = (show for show in self._shows.values() if show.forgotten_at_s is not None)
        return min(alone, key=lambda show: show.forgotten_at_s or 0.0, default=None)

    async def _take(self, socket: WebSocket, show: LiveShow) -> None:
        continuity = Continuity()
        while True:
            message = await _message(socket)
            if isinstance(message, bytes):
                frame = _frame(message)
                if frame.kind.is_sound:
                    continuity.sound(frame)
                    await show.sound(frame)
                else:
                    continuity.picture(frame)
                    await show.picture(frame)
            else:
                await _order(show, message)


async def _message(socket: WebSocket) -> bytes | dict[str, Any]:
    """The next message: a frame, or what a text says."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1_005))
    if (data := message.get("bytes")) is not None:
        return bytes(data)
    data = message["text"].encode(errors="surrogatepass")
    if len(data) > MOST_TEXT_BYTES:
        raise Refusal("too-large")
    if is_too_deep(data):
        raise Refusal("bad-request", "The message is nested too deeply.")
    try:
        flat = json.loads(data)
    except ValueError as exc:
        raise Refusal("bad-request", "The message is no JSON.") from exc
    if not isinstance(flat, dict):
        raise Refusal("bad-request", "The message is no object.")
    if b"\\ud" in data.lower():
        # Half a character is JSON, but no text: a viewer's broken line must not end the stream.
        whole: dict[str, Any] = json.loads(json.dumps(flat, ensure_ascii=False).encode(errors="replace"))
        return whole
    return flat


def _open_message(message: bytes | dict[str, Any]) -> OpenMessage:
    if isinstance(message, bytes):
        raise Refusal("bad-request", "The first message must open the session.")
    try:
        return OpenMessage.model_validate(message)
    except ValidationError as exc:
        errors = [{"field": ".".join(map(str, one["loc"])), "problem": one["type"]} for one in exc.errors()[:20]]
        raise Refusal("invalid", errors=errors) from exc


def _frame(data: bytes) -> Frame:
    try:
        frame = parse(data)
    except FrameInvalid as exc:
        raise Refusal("bad-frame", str(exc)) from exc
    if frame.kind is FrameKind.OPUS:
        raise Refusal("codec-unsupported", "The coach hears PCM16.")
    return frame


async def _order(show: LiveShow, message: dict[str, Any]) -> None:
    match message:
        case {"type": "voice", "at_ms": at_ms, "probabilities": list(probabilities)} if (
            _is_time(at_ms) and len(probabilities) <= MOST_VOICE and all(map(_is_share, probabilities))
        ):
            await show.order("voice", at_ms, tuple(map(float, probabilities)))
        case {"type": "event", "event": {"type": "transcript"} as event}:
            await show.order("words", _transcript(event))
        case {"type": "event"}:
            # Of what others tell, only words matter here.
            return
        case {"type": "chat", "at_ms": at_ms, "user": str(user), "text": str(text)} if _is_time(at_ms):
            await show.order("chat", at_ms, user[:1_000], text[:1_000])
        case {"type": "command", "what": what} if what in get_args(Command):
            await show.order("command", what)
        case {"type": "end"}:
            await show.order("end")
        case {"type": "ack" | "pace" | "ready" | "ended"}:
            return
        case _:
            raise Refusal("bad-request", "The message is not of this protocol.")


def _transcript(flat: dict[str, Any]) -> Transcript:
    """The words in `flat`, each field of the kind that it must be."""
    try:
        event = from_json(json.dumps(flat))
    except ValueError as exc:
        raise Refusal("bad-request", "The words are not of this protocol.") from exc
    assert isinstance(event, Transcript)
    is_good = (
        _is_time(event.at_ms)
        and type(event.utterance) is int
        and isinstance(event.is_final, bool)
        and isinstance(event.text, str)
        and len(event.words) <= MOST_WORDS
        and all(map(_is_word, event.words))
    )
    if not is_good:
        raise Refusal("bad-request", "The words are not of this protocol.")
    return event


def _is_word(word: Word) -> bool:
    return (
        isinstance(word.text, str)
        and _is_time(word.start_ms)
        and _is_time(word.end_ms)
        and _is_share(word.probability)
        and isinstance(word.is_stable, bool)
        and word.filler in ("", "text", "acoustic")
    )


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_CAPTURE_MS


def _is_share(value: object) -> bool:
    """Whether `value` is a number from 0 to 1; what was rounded may be a little more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1.001


def _invalid(field: str, sentence: str) -> Refusal:
    return Refusal("invalid", sentence, errors=[{"field": field}])
