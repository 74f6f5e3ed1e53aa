"""Takes events from NATS JetStream: a durable consumer that all workers share, with an acknowledgement for each event."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Annotated, Any

import nats.errors
import nats.js.errors
from faststream import AckPolicy, Context
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage
from nats.js.api import AckPolicy as JetStreamAck
from nats.js.api import ConsumerConfig
from sqlalchemy.exc import SQLAlchemyError

from cloud_api.outbox import FIRST_WAIT_S, LONGEST_WAIT_S, MOST_TOGETHER, STREAM, SUBJECT_ROOT, ensure_stream
from cloud_api.service import instance_name

if TYPE_CHECKING:
    from nats.aio.client import Client

    from cloud_api.settings import CloudSettings
    from cloud_api.worker.intake import Intake

log = logging.getLogger(__name__)

CONSUMER = "worker"

GATHER_S = 0.1
"""A batch is gathered for so long: events are for the time after the show, and large transactions are cheap."""

ACK_WAIT_S = 10.0
"""An event that was given out and neither acknowledged nor refused in this time goes to another worker."""

MOST_UNACKNOWLEDGED = 4 * MOST_TOGETHER

AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""While the database is away, an event comes again after so long, by how often it came."""

RECONNECT_S = 1
"""Between tries to reach NATS."""

LOOK_S = 2.0
"""How often the consumer is looked at: whether it is there, and how far behind it is."""


class Listener:
    """Listens for as long as it is open, through losses of NATS, of its stream and of its consumer."""

    def __init__(self, intake: Intake, settings: CloudSettings) -> None:
        self._intake = intake
        self._url = settings.nats_url
        self._name = f"worker-{instance_name(settings)}"
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self._is_found = False
        self.pending = 0
        """Events in the stream that no worker has got yet."""

    @property
    def is_listening(self) -> bool:
        """Whether events come as soon as they are there."""
        return self._is_found and self._client is not None and self._client.is_connected

    async def start(self) -> None:
        """Begin to listen, as soon as NATS is there."""
        self._task = asyncio.create_task(self._run(), name="listener")

    async def close(self) -> None:
        """Stop; what was taken and not acknowledged comes again."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            broker = self._broker()
            try:
                await self._listen(broker)
            except (OSError, TimeoutError, nats.errors.Error) as exc:
                if self._is_found:
                    log.warning("events do not come", extra={"error": type(exc).__name__})
                    wait_s = FIRST_WAIT_S
            finally:
                self._is_found = False
                with contextlib.suppress(OSError, TimeoutError, nats.errors.Error):
                    await broker.stop()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _listen(self, broker: NatsBroker) -> None:
        """Until the stream or the consumer is lost; a connection that is lost comes back by itself."""
        self._client = await broker.connect()
        jetstream = self._client.jetstream(timeout=LOOK_S)
        await ensure_stream(jetstream)
        await broker.start()
        log.info("events come from NATS")
        while True:
            try:
                found = await jetstream.consumer_info(STREAM, CONSUMER)
            except nats.js.errors.NotFoundError:
                raise
            except (OSError, TimeoutError, nats.errors.Error):
                self._is_found = False
            else:
                self._is_found = True
                self.pending = found.num_pending or 0
            await asyncio.sleep(LOOK_S)

    def _broker(self) -> NatsBroker:
        # FastStream asks a connection that was closed again and again without a pause, so it must never give up.
        broker = NatsBroker(
            self._url,
            name=self._name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_S,
            connect_timeout=2,
            error_cb=_log_nothing,
            logger=None,
        )

        @broker.subscriber(
            f"{SUBJECT_ROOT}>",
            stream=JStream(STREAM, declare=False),
            durable=CONSUMER,
            pull_sub=PullSub(batch_size=MOST_TOGETHER, timeout=GATHER_S, batch=True),
            config=ConsumerConfig(
                ack_policy=JetStreamAck.EXPLICIT,
                ack_wait=ACK_WAIT_S,
                # An event that fails is kept by the worker after its five tries; it is the database's absence that
                # makes one come again, and that must lose none.
                max_deliver=-1,
                max_ack_pending=MOST_UNACKNOWLEDGED,
            ),
            ack_policy=AckPolicy.MANUAL,
        )
        async def take(_bodies: list[Any], message: Annotated[NatsBatchMessage, Context()]) -> None:
            await self._take(message)

        return broker

    async def _take(self, message: NatsBatchMessage) -> None:
        try:
            await self._intake.take([_parsed(one.data) for one in message.raw_message])
        except SQLAlchemyError as exc:
            log.warning("events wait for the database", extra={"error": type(exc).__name__})
            for one in message.raw_message:
                await one.nak(delay=AGAIN_S[min(one.metadata.num_delivered, len(AGAIN_S)) - 1])
            return
        for one in message.raw_message:
            await one.ack()


async def _log_nothing(_error: Exception) -> None:
    """What goes wrong is raised where it was asked for."""


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode("latin-1")
