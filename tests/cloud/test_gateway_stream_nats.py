"""Who owns a session, with a real NATS server that is taken away and comes back."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import nats
import pytest
from pydantic import SecretStr

from cloud_api.errors import Refusal
from cloud_api.gateway import ownership as ownership_module
from cloud_api.gateway.ownership import BUCKET, NatsOwnership, OwnershipLost
from cloud_api.gateway.store import Caller, GatewayStore, SessionAsked, TenantLimits, open_store
from cloud_api.settings import CloudSettings
from tests.cloud.gateway_stream_parts import FakeAsr, closed, gateway, until
from tests.cloud.worker_parts import nats_server, needs_nats

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(120), needs_nats]


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


async def new_session(store: GatewayStore) -> str:
    tenant = await store.ensure_tenant("Tenant")
    caller = Caller("key", tenant, frozenset({"stream"}), TenantLimits())
    asked = SessionAsked("recognise", "en", None, (), True, False, False, "")
    return (await store.create_session(caller, asked, digest="")).id


async def opened(store: GatewayStore, settings: CloudSettings) -> NatsOwnership:
    owning = NatsOwnership(store, settings)
    await owning.start()
    async with asyncio.timeout(10):
        while True:
            try:
                await owning.look({})
            except OwnershipLost:
                await asyncio.sleep(0.05)
            else:
                return owning


async def _sees(owning: NatsOwnership, session: str) -> bool:
    try:
        return await owning.look({session: 2}) == {}
    except OwnershipLost:
        return False


def settings_in(folder: Path, url: str) -> CloudSettings:
    given: dict[str, Any] = {"NATS_URL": url}
    return CloudSettings(data_dir=folder, ticket_secret=SecretStr("t" * 32), **given)


def test_the_larger_epoch_owns_and_every_instance_hears_of_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        with nats_server(tmp_path / "nats") as server:
            settings = settings_in(tmp_path, server.url)
            store = open_store(settings)
            one, other = await opened(store, settings), await opened(store, settings)
            session = await new_session(store)
            assert await one.take(session, "one") == 1
            assert await one.look({session: 1}) == {}
            assert await other.take(session, "other") == 2
            assert await one.look({session: 1}) == {session: "session-taken"}
            assert await other.look({session: 2}) == {}
            # An epoch that only the bucket knows of counts, too.
            client = await nats.connect(server.url)
            bucket = await client.jetstream().key_value(BUCKET)
            assert json.loads((await bucket.get(session)).value or b"") == {"epoch": 2, "owner": "other"}
            await bucket.put(session, b'{"epoch": 9, "owner": "third"}')
            assert await other.look({session: 2}) == {session: "session-taken"}
            with pytest.raises(Refusal, match="taken"):
                await one.take(session, "one")
            await client.close()
            await one.close()
            await other.close()
            store.close()

    run(scenario())


def test_connections_at_the_same_moment_get_different_epochs(tmp_path: Path) -> None:
    async def scenario() -> None:
        with nats_server(tmp_path / "nats") as server:
            settings = settings_in(tmp_path, server.url)
            store = open_store(settings)
            both = [await opened(store, settings), await opened(store, settings)]
            session = await new_session(store)
            results = await asyncio.gather(
                *(both[number % 2].take(session, str(number)) for number in range(6)), return_exceptions=True
            )
            epochs = [result for result in results if isinstance(result, int)]
            assert len(set(epochs)) == len(epochs) >= 1
            assert max(epochs) == 6
            lost = [result for result in results if not isinstance(result, int)]
            assert all(isinstance(result, Refusal) and result.name == "session-taken" for result in lost)
            for one in both:
                await one.close()
            store.close()

    run(scenario())


def test_nobody_owns_anything_while_nats_is_away_and_it_goes_on_when_it_is_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        with nats_server(tmp_path / "nats") as server:
            settings = settings_in(tmp_path, server.url)
            store = open_store(settings)
            owning = await opened(store, settings)
            session = await new_session(store)
            assert await owning.take(session, "one") == 1
            server.kill()
            with pytest.raises(OwnershipLost):
                await owning.look({session: 1})
            with pytest.raises(Refusal, match="who owns"):
                await owning.take(session, "one")
            server.start()
            async with asyncio.timeout(20):
                while not await _sees(owning, session):  # noqa: ASYNC110 - NATS does not say when it is well again
                    await asyncio.sleep(0.1)
            epoch = await owning.take(session, "one")
            assert epoch >= 2
            # News come through the watch again.
            other = await opened(store, settings)
            assert await other.take(session, "other") == epoch + 1
            assert await owning.look({session: epoch}) == {session: "session-taken"}
            await other.close()
            await owning.close()
            store.close()

    run(scenario())


def test_streams_end_as_unavailable_when_their_gateway_is_cut_off_from_nats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(ownership_module, "ASK_S", 0.5)
        with nats_server(tmp_path / "nats") as server:
            async with FakeAsr() as asr, gateway(tmp_path, [asr.url], NATS_URL=server.url) as edge:
                await until(lambda: edge.streams.ownership._bucket is not None)
                socket, _ = await edge.opened(await edge.session())
                server.kill()
                assert await closed(socket) == (4503, "unavailable")

    run(scenario())
