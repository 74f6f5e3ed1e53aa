"""Live streams: a client's WebSocket on one side, asr and coach on the other, and nothing lost between them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import re
import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import WebSocketRoute

from cloud_api.clock import monotonic_s
from cloud_api.errors import PROBLEMS, TYPE_ROOT, Refusal
from cloud_api.events import CloudEvent
from cloud_api.gateway.intake import Intake, read_open
from cloud_api.gateway.keeping import EventKeeper
from cloud_api.gateway.links import AsrPool, Link, LinkLost, Place, coach_addresses, open_link
from cloud_api.gateway.ownership import OwnershipLost, open_ownership
from cloud_api.gateway.quotas import StreamMeter
from cloud_api.gateway.sockets import EXTENSION, StreamSocket
from cloud_api.gateway.store import TenantLimits, tenants
from cloud_api.service import instance_name, problem_response, trace_id_of
from martlive_desktop.core.frames import PROTOCOL, FrameKind

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from cloud_api.gateway.context import GatewayContext
    from cloud_api.gateway.links import AsrInstance
    from cloud_api.gateway.store import SessionRecord

log = logging.getLogger(__name__)

OPEN_S = 10.0
"""From the handshake to the client's first message."""

READY_S = 5.0
"""From the handshake with asr or coach to their `ready`."""

IDLE_S = 60.0
"""A client that sends nothing for so long is gone; a microphone sends five frames a second."""

STUCK_S = 10.0
"""A client that takes nothing for so long reads too slowly."""

CLOSE_S = 2.0
"""For the last words to a client."""

END_S = 30.0
"""From a client's `end` to the last word of asr and coach: the longest utterance, on a busy machine."""

MOST_QUEUED = 4_096
MOST_QUEUED_BYTES = 1_048_576
"""What waits to be read by one client: after an outage of a minute 300 messages come at once."""

HOUSEKEEPING_EACH = 20

HOUSEKEEPING_S = 1.0
LOOK_S = 2.0
"""Between looks at who owns the sessions."""

BLIND_S = 5.0
"""An owner that cannot look for so long is one no more."""

LOOK_AGAIN_S = 1.0
"""From a look that failed to the next."""

CHECK_LINKS_S = 10.0
MOST_LINES = 200
MOST_NOTED_BYTES = 262_144
"""In one `session.noted`."""

GC_THRESHOLDS = (20_000, 50, 1_000)
"""Python's are 700, 10, 10: with a thousand streams, a full collection every few seconds."""

SWITCH_S = 0.00002
"""After which a thread lets another one run."""

METER_MS = 2_000
"""Sound is counted in such pieces: counting may wait for the database, and what waits for nothing costs less."""

TICKET = "ticket."
_LAST_SOUND = int(FrameKind.OPUS)
_TYPE = re.compile(r'^\{"type": ?"([a-z_]+)"')
_FINAL = re.compile(r'"final": ?true')

End = Literal["ended", "gone"]


@dataclass(slots=True)
class _Queued:
    """One message to the client; it waits until `stored` is done."""

    text: str
    stored: asyncio.Future[None] | None = None
    is_ack: bool = False
    is_last: bool = False


class StreamMetrics:
    """What is counted of streams."""

    def __init__(self, registry: Any) -> None:
        self.streams = Gauge("martlive_gateway_streams", "Open streams.", registry=registry)
        self.opened = Counter("martlive_gateway_streams_opened_total", "Streams that were opened.", registry=registry)
        self.closed = Counter("martlive_gateway_streams_closed_total", "How they ended.", ["how"], registry=registry)
        self.frames = Counter("martlive_gateway_frames_total", "Frames by kind.", ["kind"], registry=registry)
        self.stored = Histogram("martlive_gateway_store_seconds", "Putting events into the outbox.", registry=registry)


class Streams:
    """All streams of this instance of the gateway; for use on one event loop."""

    def __init__(self, context: GatewayContext) -> None:
        self.context = context
        self.metrics = StreamMetrics(context.telemetry.registry)
        self.pool = AsrPool(context.settings, context.http)
        self.ownership = open_ownership(context.store, context.settings)
        self.keeper = EventKeeper(context.store, context.relay.nudge, self.metrics.stored.observe)
        self.owner = instance_name(context.settings)
        self.coach_lives: dict[str, int] = {}
        """The epoch at which a session's coach began anew, where it did."""
        self._streams: dict[str, Stream] = {}
        self._open: set[Stream] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        return len(self._open)

    @property
    def is_draining(self) -> bool:
        """Whether no more streams are taken."""
        return self.context.draining.is_set()

    def routes(self) -> list[WebSocketRoute]:
        """The route of streams."""
        return [WebSocketRoute("/v1/sessions/{session_id}/stream", self)]

    async def start(self) -> None:
        """Begin to look after streams."""
        await self.ownership.start()
        # Each of 5,000 frames a second would wait so long for the thread that writes to the database.
        sys.setswitchinterval(SWITCH_S)
        # A collection of everything stops all streams for a tenth of a second; what lives long is not looked at again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        self._tasks = [
            asyncio.create_task(self.pool.keep_looking(lambda: bool(self._open)), name="asr-loads"),
            asyncio.create_task(self._keep_house(), name="streams-housekeeping"),
            asyncio.create_task(self._keep_owning(), name="streams-owning"),
        ]

    async def drain(self) -> None:
        """Take no new streams, and let those that are here go on elsewhere: each after its next ack, all in `drain_s`."""
        self.context.draining.set()
        for stream in list(self._open):
            stream.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.context.settings.drain_s):
                await asyncio.gather(*(stream.over.wait() for stream in list(self._open)))
        for stream in list(self._open):
            stream.finish(Refusal("draining", retry_after_ms=0))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * CLOSE_S):
                await asyncio.gather(*(stream.left.wait() for stream in list(self._open)))

    async def close(self) -> None:
        """End everything."""
        self.context.draining.set()
        for stream in list(self._open):
            stream.finish(Refusal("draining", retry_after_ms=0))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * CLOSE_S):
                await asyncio.gather(*(stream.left.wait() for stream in list(self._open)))
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.keeper.close()
        await self.pool.close()
        await self.ownership.close()

    def end(self, session_id: str, refusal: Refusal | None = None) -> None:
        """Close the stream of a session that was ended or erased by other means, if it is here."""
        if stream := self._streams.get(session_id):
            stream.finish(refusal or Refusal("session-ended"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        trace_id = scope.setdefault("state", {}).setdefault("trace_id", trace_id_of(scope))
        await receive()
        try:
            session, meter, place = await self._admit(scope)
        except Refusal as refusal:
            self.context.telemetry.refusals.labels(refusal.name).inc()
            await _refuse(refusal, trace_id, scope, receive, send)
            return
        stream = Stream(self, session, meter, place, trace_id, scope, receive, send)
        self._open.add(stream)
        self.metrics.streams.set(len(self._open))
        self.metrics.opened.inc()
        try:
            how = await stream.run()
            self.metrics.closed.labels(how).inc()
        finally:
            place.release()
            self._open.discard(stream)
            self.metrics.streams.set(len(self._open))
            if self._streams.get(session.id) is stream:
                del self._streams[session.id]
            stream.left.set()

    async def _admit(self, scope: Scope) -> tuple[SessionRecord, StreamMeter, Place]:
        """Everything that can be refused before the handshake, beside what `edge.py` refuses."""
        context = self.context
        if self.is_draining:
            raise Refusal("draining", retry_after_ms=1_000)
        protocols: list[str] = scope.get("subprotocols", [])
        shown = [one.removeprefix(TICKET) for one in protocols if one.startswith(TICKET)]
        if not shown:
            raise Refusal("unauthorized", "The ticket is missing.")
        ticket = context.tickets.verify(shown[0], scope["path_params"]["session_id"])
        if PROTOCOL not in protocols:
            raise Refusal("bad-request", f"This service speaks {PROTOCOL}.")
        session = await context.store.session(ticket.tenant, ticket.session)
        if session.state == "ended":
            raise Refusal("session-ended")
        place = await self.pool.reserve(is_known=session.metered_ms > 0)
        try:
            # Late, so that whoever is sent away for want of room may come back with it.
            await context.tickets.redeem(shown[0], ticket.session)
            limits = await context.store.database.read(lambda connection: _limits_of(connection, ticket.tenant))
            meter = StreamMeter(context.store, session, limits, holder=ticket.jti)
            await meter.open()
        except BaseException:
            place.release()
            raise
        return session, meter, place

    async def own(self, stream: Stream) -> int:
        """Make `stream` the owner of its session; an older connection here is closed at once.

        Raises:
            Refusal: it cannot be.
        """
        if older := self._streams.get(stream.session.id):
            await older.give_up()
        epoch = await self.ownership.take(stream.session.id, self.owner)
        newer = self._streams.get(stream.session.id)
        if newer is not None:
            if newer.epoch > epoch:
                raise Refusal("session-taken")
            newer.finish(Refusal("session-taken"))
        self._streams[stream.session.id] = stream
        return epoch

    async def _keep_owning(self) -> None:
        failures, seen_s = 0, monotonic_s()
        while True:
            await asyncio.sleep(LOOK_AGAIN_S if failures else LOOK_S)
            held = {session_id: stream.epoch for session_id, stream in self._streams.items()}
            try:
                lost = await self.ownership.look(held) if held else {}
            except OwnershipLost:
                failures += 1
                log.warning("cannot look who owns the sessions", extra={"sessions": len(held)})
                # One failure alone may be a moment in which this process itself stood still.
                if failures > 1 and monotonic_s() - seen_s >= BLIND_S:
                    for session_id in held:
                        if stream := self._streams.get(session_id):
                            stream.finish(Refusal("unavailable", "It cannot be said who owns the session."))
                continue
            failures, seen_s = 0, monotonic_s()
            for session_id, name in lost.items():
                present = self._streams.get(session_id)
                if present is not None and present.epoch == held[session_id]:
                    present.finish(Refusal(name))

    async def _keep_house(self) -> None:
        while True:
            streams = list(self._open)
            # A few at a time: sound of others waits meanwhile.
            slices = [streams[n : n + HOUSEKEEPING_EACH] for n in range(0, len(streams), HOUSEKEEPING_EACH)] or [[]]
            for some in slices:
                await asyncio.sleep(HOUSEKEEPING_S / len(slices))
                now_s = monotonic_s()
                for stream in some:
                    stream.look_after(now_s)


class Stream:
    """One connection of one client."""

    def __init__(
        self,
        streams: Streams,
        session: SessionRecord,
        meter: StreamMeter,
        place: Place,
        trace_id: str,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self.session = session
        self.epoch = 0
        self.over = asyncio.Event()
        """Set when it is known how the connection ends."""
        self.left = asyncio.Event()
        """Set when it has ended."""
        self._streams = streams
        self._context = streams.context
        self._meter = meter
        self._place = place
        self._trace_id = trace_id
        self._receive, self._send = receive, send
        self._socket: StreamSocket | None = scope.get("extensions", {}).get(EXTENSION, {}).get("socket")
        """Where uvicorn runs with it; elsewhere everything works, and costs more."""
        self._is_waiting = False
        self._unmetered_ms = 0
        self._has_coach = session.mode == "coach"
        self._asr: Link | None = None
        self._coach: Link | None = None
        self._asr_ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._coach_ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._intake = Intake(0, 0, (), takes_pictures=False, has_coach=False)
        self._queue: deque[_Queued] = deque()
        self._queued_bytes = 0
        self._news = asyncio.Event()
        self._how: Refusal | End | None = None
        self._noted: list[dict[str, Any]] = []
        self._noted_bytes = 0
        self._first_noted = 0
        self._tips = 0
        self._jobs: set[asyncio.Future[None]] = set()
        self._coach_life = 0
        self._is_draining = streams.is_draining
        self._is_held = False
        self._heard_s = monotonic_s()
        self._sending_s: float | None = None
        self._ended_s: float | None = None
        self._is_heard = False
        self._is_coached = False
        self._checked_s = self._heard_s
        self._sounds = self._pictures = 0

    # Its life.

    async def run(self) -> str:
        """Serve until it is over; gives how it ended: `ended`, `gone` or the name of a problem."""
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            await self._begin()
            tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
            await self.over.wait()
        except Refusal as refusal:
            self.finish(refusal)
        except Exception as exc:  # noqa: BLE001 - whatever goes wrong in one stream ends that one
            self._fail(exc)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await self._leave()
        how = self._how or "gone"
        return how.name if isinstance(how, Refusal) else how

    def finish(self, how: Refusal | End) -> None:
        """The connection is to end so; the first call counts."""
        if self._how is None:
            self._how = how
            self.over.set()

    def drain(self) -> None:
        """Let the client go on elsewhere after its next ack."""
        self._is_draining = True

    async def give_up(self) -> None:
        """Let another connection take over: what was told up to now is kept under this one's epoch."""
        self.finish(Refusal("session-taken"))
        for link in (self._asr, self._coach):
            if link is not None:
                link.close()
        self._note_all()
        if self._jobs:
            await asyncio.wait(set(self._jobs), timeout=CLOSE_S)

    def _fail(self, exc: BaseException) -> None:
        if isinstance(exc, Refusal):
            self.finish(exc)
        elif isinstance(exc, (SQLAlchemyError, LinkLost)):
            log.warning("stream lost a part", extra={"error": type(exc).__name__, "trace_id": self._trace_id})
            self.finish(Refusal("unavailable"))
        else:
            log.error("stream failed", extra={"error": type(exc).__name__, "trace_id": self._trace_id})
            self.finish(Refusal("internal"))

    async def _begin(self) -> None:
        try:
            async with asyncio.timeout(OPEN_S):
                message = await self._receive()
        except TimeoutError as exc:
            raise Refusal("deadline", "The first message did not come.") from exc
        if message["type"] == "websocket.disconnect":
            self.finish("gone")
            return
        resume = read_open(message.get("text") or "")
        self.epoch = await self._streams.own(self)
        try:
            async with asyncio.timeout(READY_S):
                asr, coach = await asyncio.gather(self._open_asr(resume), self._open_coach())
        except TimeoutError as exc:
            raise Refusal("unavailable", retry_after_ms=1_000) from exc
        if self._how is not None:
            return
        next_sound = int(asr["next_seq"])
        heard_ms = int(coach.get("heard_through_ms", 0))
        if self._has_coach:
            self._coach_life = self._life(coach, is_new=self.epoch > 1 and heard_ms == 0 and next_sound > 0)
        next_picture = int(coach.get("next_picture", 0))
        codecs = [*asr["codecs"], *(("jpeg", "webp") if self._has_coach else ())]
        self._intake = Intake(
            next_sound, next_picture, codecs, takes_pictures=self._has_coach, has_coach=self._has_coach
        )
        self._heard_s = monotonic_s()
        ready = {
            "type": "ready",
            "epoch": self.epoch,
            "next_seq": next_sound,
            "next_picture": next_picture,
            "codecs": codecs,
            "partial_step_ms": asr.get("partial_step_ms"),
        }
        # In front of what asr may have told since.
        self._queue.appendleft(_Queued(json.dumps(ready)))
        self._news.set()

    def _life(self, ready: dict[str, Any], *, is_new: bool) -> int:
        """The epoch at which the coach began anew, 0 if it never did: ids of tips and cues would repeat."""
        lives = self._streams.coach_lives
        if "began_epoch" in ready:
            began = int(ready["began_epoch"])
            return began if began > 1 else 0
        if is_new:
            while len(lives) >= 4_096:
                del lives[next(iter(lives))]
            lives[self.session.id] = self.epoch
        return lives.get(self.session.id, 0)

    async def _open_asr(self, resume: str) -> dict[str, Any]:
        tried: list[AsrInstance] = []
        while True:
            try:
                self._asr = await open_link(
                    self._place.instance.address,
                    f"/internal/v1/streams/{self.session.id}",
                    self._context.settings,
                    self._from_asr,
                    self._trace_id,
                )
                break
            except (LinkLost, Refusal) as exc:
                # Dead until it answers again, or full: the next one is asked at once.
                instance = self._place.instance
                instance.is_alive = instance.is_alive and not isinstance(exc, LinkLost)
                tried.append(instance)
                self._place.release()
                is_for_all = isinstance(exc, Refusal) and exc.name not in ("at-capacity", "draining", "unavailable")
                if is_for_all or len(tried) >= 3:
                    raise
                self._place = await self._streams.pool.reserve(tried, is_known=self.session.metered_ms > 0)
        self._place.opened()
        self._asr.on_lost = self._lose_asr
        self._asr.send_text(
            json.dumps(
                {
                    "type": "open",
                    "tenant": self.session.tenant,
                    "epoch": self.epoch,
                    "language": self.session.language,
                    "partials": self.session.partials,
                    "voice": self.session.voice or self._has_coach,
                    "names": list(self.session.names),
                    "resume": resume,
                }
            )
        )
        return await self._asr_ready

    async def _open_coach(self) -> dict[str, Any]:
        if not self._has_coach:
            return {}
        for address in await coach_addresses(self._context.settings, self.session.id):
            try:
                self._coach = await open_link(
                    address,
                    f"/internal/v1/sessions/{self.session.id}",
                    self._context.settings,
                    self._from_coach,
                    self._trace_id,
                )
                break
            except LinkLost:
                continue
        if self._coach is None:
            raise Refusal("unavailable", "The coach is away.", retry_after_ms=1_000)
        self._coach.on_lost = self._lose_coach
        self._coach.send_text(
            json.dumps(
                {
                    "type": "open",
                    "tenant": self.session.tenant,
                    "epoch": self.epoch,
                    "plan": self.session.plan,
                    "language": self.session.language,
                    "mode": self.session.mode,
                    "title": self.session.title,
                }
            )
        )
        return await self._coach_ready

    def _lose_asr(self) -> None:
        if self._is_heard:
            # It closes when everything is said.
            return
        self.finish(Refusal("unavailable", "The speech service went away.", retry_after_ms=0))
        _give_up(self._asr_ready)

    def _lose_coach(self) -> None:
        if self._is_coached:
            return
        self.finish(Refusal("unavailable", "The coach went away.", retry_after_ms=0))
        _give_up(self._coach_ready)

    async def _leave(self) -> None:
        """Say how it ended, and let go of everything."""
        for link in (self._asr, self._coach):
            if link is not None:
                link.close()
        self._note_all()
        # First: whatever else is to be done may wait for a database that is away, and the client has to go elsewhere.
        await self._say_goodbye()
        if self._how != "ended":
            try:
                await self._settle()
            except SQLAlchemyError as exc:
                log.warning("usage was not counted", extra={"error": type(exc).__name__, "trace_id": self._trace_id})
        if self._jobs:
            await asyncio.wait(set(self._jobs), timeout=CLOSE_S)
        for link in (self._asr, self._coach):
            if link is not None and not link.ended.done():
                await asyncio.wait([link.ended], timeout=CLOSE_S)
                link.abort()
        self._count_frames()

    async def _say_goodbye(self) -> None:
        how = self._how
        if how == "gone" or how is None:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                if isinstance(how, Refusal):
                    self._context.telemetry.refusals.labels(how.name).inc()
                    problem = {"type": "error", "problem": how.body(self._trace_id)}
                    await self._send({"type": "websocket.send", "text": json.dumps(problem)})
                    code, reason = how.problem.close_code, how.name
                else:
                    code, reason = 1000, ""
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except TimeoutError:
            if self._socket is not None:
                self._socket.abort()
        except OSError:
            # uvicorn says so when the client has gone.
            return

    # From the client.

    async def _read(self) -> None:
        try:
            receive, asr, coach = self._receive, self._asr, self._coach
            assert asr is not None
            if self._socket is not None:
                self._socket.on_binary = self._take_at_once
            while self._how is None:
                self._is_waiting = True
                message = await receive()
                self._is_waiting = False
                self._heard_s = monotonic_s()
                data = message.get("bytes")
                if data is not None:
                    await self._frame(data, asr)
                    if coach is not None:
                        coach.send(data)
                elif message["type"] == "websocket.disconnect":
                    self.finish("gone")
                else:
                    self._text(message["text"], asr, coach)
                if asr.is_paused or (coach is not None and coach.is_paused):
                    await self._hold(asr, coach)
        except Exception as exc:  # noqa: BLE001 - it is told to the client, and the connection ends
            self._fail(exc)
        finally:
            if self._socket is not None:
                self._socket.on_binary = None

    def _take_at_once(self, data: bytes) -> bool:
        """Pass a frame of sound on without a task, when nothing before it waits and nothing has to be waited for."""
        asr, coach, intake = self._asr, self._coach, self._intake
        if not self._is_waiting or self._how is not None or self._unmetered_ms >= METER_MS or asr is None:
            return False
        if not data or data[0] > _LAST_SOUND or asr.is_paused or (coach is not None and coach.is_paused):
            return False
        try:
            intake.frame(data)
        except Refusal as refusal:
            self.finish(refusal)
            return True
        self._unmetered_ms += intake.end_ms - intake.begin_ms
        self._heard_s = monotonic_s()
        self._sounds += 1
        asr.send(data)
        if coach is not None:
            coach.send(data)
        return True

    async def _count_sound(self) -> None:
        """Count what came since the last time."""
        new_ms, self._unmetered_ms = self._unmetered_ms, 0
        if new_ms:
            await self._meter.take_sound(self._intake.end_ms - new_ms, self._intake.end_ms)

    async def _frame(self, data: bytes, asr: Link) -> None:
        intake = self._intake
        if intake.frame(data):
            self._unmetered_ms += intake.end_ms - intake.begin_ms
            await self._count_sound()
            self._sounds += 1
            asr.send(data)
        else:
            await self._meter.take_picture(intake.next_picture - 1)
            self._pictures += 1

    async def _hold(self, asr: Link, coach: Link | None) -> None:
        """Read no more before the services have taken what was read."""
        self._is_held = True
        await asr.drained()
        if coach is not None:
            await coach.drained()
        self._is_held = False
        self._heard_s = monotonic_s()

    def _text(self, text: str, asr: Link, coach: Link | None) -> None:
        message = self._intake.text(text)
        if message["type"] == "end":
            self._ended_s = monotonic_s()
            asr.send_text('{"type":"end"}')
        elif coach is not None:
            coach.send_text(json.dumps(message))

    # From asr and coach.

    def _from_asr(self, text: str) -> None:
        try:
            self._take_from_asr(text)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            self._misunderstand("asr", exc)
        except Exception as exc:  # noqa: BLE001 - it is told to the client, and the connection ends
            self._fail(exc)

    def _take_from_asr(self, text: str) -> None:
        found = _TYPE.match(text)
        kind = found[1] if found else str(json.loads(text)["type"])
        match kind:
            case "voice":
                if self._coach is not None:
                    self._coach.send_text(text)
                if self.session.voice:
                    self._put(_Queued(text))
            case "ack":
                self._put(_Queued(text, is_ack=True))
            case "event":
                if self._coach is not None:
                    self._coach.send_text(text)
                if _FINAL.search(text):
                    self._final(text)
                else:
                    self._put(_Queued(text))
            case "pace":
                self._put(_Queued(text))
            case "ready":
                _settle(self._asr_ready, json.loads(text))
            case "error":
                self._take_error(json.loads(text), self._asr_ready)
            case "ended" if self._ended_s is not None:
                self._is_heard = True
                if self._coach is not None:
                    self._coach.send_text('{"type":"end"}')
                else:
                    self._conclude()

    def _final(self, text: str) -> None:
        message = json.loads(text)
        line, revision = message["event"], int(message.get("rev", 0))
        if line["type"] != "transcript" or line.get("final") is not True:
            self._put(_Queued(text))
            return
        utterance = int(line["utterance"])
        data = {"utterance": utterance, "rev": revision, "line": line}
        event = self._event(f"segment:{utterance}:{revision}", "segment.final", data)
        self._put(_Queued(text, self._store(event)))

    def _from_coach(self, text: str) -> None:
        try:
            self._take_from_coach(text)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            self._misunderstand("coach", exc)
        except Exception as exc:  # noqa: BLE001 - it is told to the client, and the connection ends
            self._fail(exc)

    def _take_from_coach(self, text: str) -> None:
        message = json.loads(text)
        match message["type"]:
            case "event":
                line = message["event"]
                if self._coach_life and self._rename(line):
                    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
                if line["type"] == "tip":
                    self._tips += 1
                    event = self._event(f"tip:{line['id']}"[:150], "tip.given", {"line": line})
                    self._put(_Queued(text, self._store(event)))
                else:
                    self._put(_Queued(text))
                    if line["type"] != "transcript":
                        self._note(line, len(text))
            case "ready":
                _settle(self._coach_ready, message)
            case "error":
                self._take_error(message, self._coach_ready)
            case "ended" if self._ended_s is not None:
                self._is_coached = True
                self._conclude()

    def _rename(self, line: dict[str, Any]) -> bool:
        """Make the ids of a coach that began anew unlike those of the one before."""
        names = {"tip": ("id", "cue"), "tip_closed": ("id",), "cue": ("id",)}.get(line["type"], ())
        for name in names:
            line[name] = f"{line[name]}~{self._coach_life}"
        return bool(names)

    def _take_error(self, message: dict[str, Any], ready: asyncio.Future[dict[str, Any]]) -> None:
        problem = message["problem"]
        name = str(problem["type"]).removeprefix(TYPE_ROOT)
        refusal = Refusal(
            name if name in PROBLEMS else "unavailable",
            str(problem.get("detail", "")),
            retry_after_ms=problem.get("retry_after_ms"),
        )
        if not ready.done():
            ready.set_exception(refusal)
            ready.exception()
        self.finish(refusal)

    def _misunderstand(self, service: str, exc: Exception) -> None:
        log.error("message not understood", extra={"service": service, "error": type(exc).__name__})
        self.finish(Refusal("unavailable"))

    # To the client.

    def _put(self, message: _Queued) -> None:
        if self._how is not None:
            return
        self._queue.append(message)
        self._queued_bytes += len(message.text)
        if len(self._queue) > MOST_QUEUED or self._queued_bytes > MOST_QUEUED_BYTES:
            self.finish(Refusal("too-slow"))
            return
        self._news.set()

    async def _write(self) -> None:
        try:
            while self._how is None:
                while self._queue:
                    await self._write_one(self._queue.popleft())
                self._news.clear()
                await self._news.wait()
        except OSError:
            # uvicorn says so when the client has gone.
            self.finish("gone")
        except Exception as exc:  # noqa: BLE001 - it is told to the client, and the connection ends
            self._fail(exc)

    async def _write_one(self, message: _Queued) -> None:
        if message.stored is not None:
            await message.stored
        if message.is_last:
            await self._settle()
            if not await self._context.store.end_session(
                self.session.id, "ended", self._intake.end_ms or None, epoch=self.epoch
            ):
                raise Refusal("session-taken")
            self._context.relay.nudge()
        self._queued_bytes -= len(message.text)
        self._sending_s = monotonic_s()
        await self._send({"type": "websocket.send", "text": message.text})
        self._sending_s = None
        if message.is_last:
            self.finish("ended")
        elif message.is_ack and self._is_draining:
            self.finish(Refusal("draining", retry_after_ms=0))

    def _conclude(self) -> None:
        """Everything was told: the session ends."""
        self._note_all()
        self._put(_Queued('{"type":"ended"}', is_last=True))

    # What is kept.

    def _event(self, name: str, kind: Any, data: dict[str, Any]) -> CloudEvent:
        return CloudEvent(
            id=f"{self.session.id}:{name}",
            source=f"/gateway/{self._streams.owner}"[:200],
            type=kind,
            subject=self.session.id,
            tenant=self.session.tenant,
            epoch=self.epoch,
            data=data,
        )

    def _store(self, event: CloudEvent) -> asyncio.Future[None]:
        stored = self._streams.keeper.put(event)
        self._jobs.add(stored)
        stored.add_done_callback(self._done)
        return stored

    def _done(self, stored: asyncio.Future[None]) -> None:
        self._jobs.discard(stored)
        if not stored.cancelled() and (exc := stored.exception()) is not None:
            self._fail(exc)

    def _note(self, line: dict[str, Any], size: int) -> None:
        self._noted.append(line)
        self._noted_bytes += size
        if len(self._noted) >= MOST_LINES or self._noted_bytes >= MOST_NOTED_BYTES:
            self._note_all()

    def _note_all(self) -> None:
        if not self._noted:
            return
        lines, self._noted, self._noted_bytes = self._noted, [], 0
        first = self._first_noted
        self._first_noted += len(lines)
        self._store(self._event(f"noted:{self.epoch}:{first}", "session.noted", {"lines": lines, "first": first}))

    async def _settle(self) -> None:
        """Count what was used."""
        with contextlib.suppress(Refusal):
            # It was passed on already; what is too much is refused with the next sound.
            await self._count_sound()
        await self._meter.close()
        tips, self._tips = self._tips, 0
        if tips:
            await self._context.store.count(self.session.tenant, tips=tips)

    # Once a second.

    def look_after(self, now_s: float) -> None:
        """See to what time alone brings."""
        self._note_all()
        if self._sending_s is not None and now_s - self._sending_s > STUCK_S:
            self.finish(Refusal("too-slow"))
        if self._ended_s is not None:
            if now_s - self._ended_s > END_S:
                self.finish(Refusal("unavailable", "The last words did not come."))
        elif not self._is_held and self._asr_ready.done() and now_s - self._heard_s > IDLE_S:
            self.finish(Refusal("deadline", "Nothing came for a minute."))
        if now_s - self._checked_s > CHECK_LINKS_S:
            self._checked_s = now_s
            for link in (self._asr, self._coach):
                if link is not None:
                    link.check()
        self._count_frames()

    def _count_frames(self) -> None:
        frames = self._streams.metrics.frames
        frames.labels("sound").inc(self._sounds)
        frames.labels("picture").inc(self._pictures)
        self._sounds = self._pictures = 0


def _limits_of(connection: Connection, tenant: str) -> TenantLimits:
    kept = connection.execute(select(tenants.c.limits).where(tenants.c.id == tenant)).scalar_one()
    return TenantLimits.from_json(kept)


def _settle(future: asyncio.Future[dict[str, Any]], value: dict[str, Any]) -> None:
    if not future.done():
        future.set_result(value)


def _give_up(future: asyncio.Future[dict[str, Any]]) -> None:
    if not future.done():
        future.set_exception(LinkLost("The service went away."))
        future.exception()


async def _refuse(refusal: Refusal, trace_id: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a handshake with a problem."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await problem_response(refusal, trace_id)(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": refusal.problem.close_code, "reason": refusal.name})
