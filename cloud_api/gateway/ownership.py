"""Who owns a session: one connection at a time, over all instances of the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Protocol

import nats
import nats.errors
import nats.js.errors
from nats.js.api import KeyValueConfig, StorageType
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from cloud_api.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nats.aio.client import Client
    from nats.js.kv import KeyValue

    from cloud_api.gateway.store import GatewayStore
    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

BUCKET = "martlive-owners"

KEPT_S = 8 * 24 * 3_600
"""A day longer than the longest stream."""

ASK_S = 1.5
"""For one question to NATS or the database."""

RETRY_S = 1.0
"""Between tries to reach NATS."""

MOST_TRIES = 5
"""Others that take the same session in the same moment."""


class OwnershipLost(Exception):
    """It cannot be said who owns what."""


class Ownership(Protocol):
    """Raises the epoch of a session for each connection, and tells whose was raised by somebody else."""

    async def start(self) -> None: ...

    async def take(self, session_id: str, owner: str) -> int:
        """Make `owner` the owner and give the new epoch, which is larger than all before.

        Raises:
            Refusal: the session cannot be taken, or nobody can say.
        """
        ...

    async def look(self, held: Mapping[str, int]) -> dict[str, str]:
        """Which of the sessions in `held` (with their epochs) are lost, and to what: `session-taken`, `session-ended`.

        Raises:
            OwnershipLost: nobody can say.
        """
        ...

    async def close(self) -> None: ...


class DatabaseOwnership:
    """The epoch is a row of the gateway's database, which all instances share."""

    def __init__(self, store: GatewayStore) -> None:
        self._store = store

    async def start(self) -> None:
        """Nothing is to be opened: the store is open."""

    async def take(self, session_id: str, owner: str) -> int:
        return await self._store.take_ownership(session_id, owner)

    async def look(self, held: Mapping[str, int]) -> dict[str, str]:
        try:
            async with asyncio.timeout(ASK_S):
                present = await self._store.epochs_of(list(held))
        except (SQLAlchemyError, OSError, TimeoutError) as exc:
            raise OwnershipLost("The database does not answer.") from exc
        lost = {session_id: "session-ended" for session_id in held if session_id not in present}
        return lost | {
            session_id: "session-taken" for session_id, epoch in present.items() if epoch > held.get(session_id, epoch)
        }

    async def close(self) -> None:
        """Nothing was opened."""


class NatsOwnership(DatabaseOwnership):
    """Beside the database, each epoch is set in a NATS key-value bucket by compare-and-set, and pushed to who watches.

    A gateway that is cut off from NATS knows that it is: it asks for the bucket's last number, and has to have seen it.
    """

    def __init__(self, store: GatewayStore, settings: CloudSettings) -> None:
        super().__init__(store)
        self._url = settings.nats_url
        self._client: Client | None = None
        self._bucket: KeyValue | None = None
        self._opening: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._epochs: dict[str, int] = {}
        self._seen = 0
        self._news = asyncio.Event()

    @override
    async def start(self) -> None:
        self._opening = asyncio.create_task(self._keep_opening(), name="owners-open")

    async def _keep_opening(self) -> None:
        while self._bucket is None:
            try:
                await self._open()
            except (nats.errors.Error, OSError, TimeoutError) as exc:
                # Whoever wants a session until then is told to come again.
                log.warning("NATS is away", extra={"error": type(exc).__name__})
                await self._close_client()
                await asyncio.sleep(RETRY_S)

    async def _open(self) -> None:
        self._client = await nats.connect(
            self._url,
            name="martlive-gateway",
            max_reconnect_attempts=-1,
            connect_timeout=2,
            reconnect_time_wait=1,
            error_cb=_log_error,
            reconnected_cb=self._watch_again,
        )
        jetstream = self._client.jetstream(timeout=ASK_S)
        try:
            bucket = await jetstream.key_value(BUCKET)
        except nats.js.errors.NotFoundError:
            bucket = await jetstream.create_key_value(
                KeyValueConfig(bucket=BUCKET, history=1, ttl=KEPT_S, storage=StorageType.FILE)
            )
        self._begin_watch(bucket)
        self._bucket = bucket

    async def _watch_again(self) -> None:
        # The server may have forgotten who watched.
        if self._bucket is not None:
            self._begin_watch(self._bucket)

    def _begin_watch(self, bucket: KeyValue) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.create_task(self._keep_watching(bucket), name="owners-watch")

    @override
    async def take(self, session_id: str, owner: str) -> int:
        bucket = self._opened()
        epoch = await super().take(session_id, owner)
        value = json.dumps({"epoch": epoch, "owner": owner}).encode()
        try:
            async with asyncio.timeout(ASK_S * 2):
                for _ in range(MOST_TRIES):
                    if await _set(bucket, session_id, epoch, value):
                        return epoch
        except (nats.errors.Error, TimeoutError) as exc:
            raise Refusal("unavailable", "It cannot be said who owns the session.", retry_after_ms=1_000) from exc
        raise Refusal("session-taken")

    @override
    async def look(self, held: Mapping[str, int]) -> dict[str, str]:
        is_behind = False
        try:
            async with asyncio.timeout(ASK_S):
                last = (await self._opened().status()).stream_info.state.last_seq
                is_behind = True
                while self._seen < last:
                    self._news.clear()
                    await self._news.wait()
        except (nats.errors.Error, TimeoutError, Refusal) as exc:
            if is_behind and self._bucket is not None:
                # NATS answers and yet tells no news: after an outage a watch may be dead without saying so.
                self._begin_watch(self._bucket)
            raise OwnershipLost("NATS does not answer.") from exc
        lost = await super().look(held)
        # What is not ours is of no use: memory holds only the sessions of this instance.
        taken = [one for one, epoch in held.items() if self._epochs.get(one, 0) > epoch]
        self._epochs = {one: epoch for one, epoch in self._epochs.items() if one in held}
        return lost | dict.fromkeys(taken, "session-taken")

    @override
    async def close(self) -> None:
        for task in (self._opening, self._watch):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._close_client()

    async def _close_client(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _opened(self) -> KeyValue:
        if self._bucket is None or self._client is None or not self._client.is_connected:
            raise Refusal("unavailable", "It cannot be said who owns the session.", retry_after_ms=1_000)
        return self._bucket

    async def _keep_watching(self, bucket: KeyValue) -> None:
        while True:
            try:
                watcher = await bucket.watchall()
                try:
                    async for entry in watcher:
                        if entry is not None:
                            self._take(entry)
                finally:
                    with contextlib.suppress(nats.errors.Error):
                        await watcher.stop()  # type: ignore[no-untyped-call] # nats-py has no types there
            except (nats.errors.Error, TimeoutError) as exc:
                log.warning("watch of owners failed", extra={"error": type(exc).__name__})
            await asyncio.sleep(1.0)

    def _take(self, entry: KeyValue.Entry) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            epoch = int(json.loads(entry.value or b"")["epoch"])
            self._epochs[entry.key] = max(epoch, self._epochs.get(entry.key, 0))
        self._seen = max(self._seen, entry.revision or 0)
        self._news.set()


async def _log_error(exc: Exception) -> None:
    log.warning("NATS fails", extra={"error": type(exc).__name__})


async def _set(bucket: KeyValue, session_id: str, epoch: int, value: bytes) -> bool:
    """Set the epoch unless a larger one is set; False when somebody else was faster and it is to be tried again."""
    try:
        try:
            entry = await bucket.get(session_id)
        except nats.js.errors.KeyNotFoundError:
            await bucket.create(session_id, value)
            return True
        if int(json.loads(entry.value or b"{}").get("epoch", 0)) > epoch:
            raise Refusal("session-taken")
        await bucket.update(session_id, value, last=entry.revision)
    except nats.js.errors.KeyWrongLastSequenceError:
        return False
    return True


def open_ownership(store: GatewayStore, settings: CloudSettings) -> Ownership:
    """As `settings` want it."""
    return NatsOwnership(store, settings) if settings.nats_url else DatabaseOwnership(store)
