"""The OpenAPI document against the gateway itself, by schemathesis."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from cloud_api.gateway.app import build, openapi
from cloud_api.gateway.models import PRINTABLE
from cloud_api.gateway.store import SCOPES, SessionAsked, TenantLimits
from tests.cloud.gateway_parts import Behind, settings_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from cloud_api.gateway.store import Caller, GatewayStore

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

EXAMPLES = 15
"""Of each operation and kind of data."""

PLENTY = TenantLimits(
    audio_ms_a_day=10**14, streams=10**6, tips_a_day=10**9, tokens_a_day=10**9, requests_a_minute=10**6
)

ASKED = SessionAsked("coach", "en", None, (), partials=True, voice=False, second_pass=False, title="")

schema = schemathesis.openapi.from_dict(openapi())


class _Served:
    """The application of these tests; it lives for longer than a request."""

    app: FastAPI | None = None
    key = ""
    loop: asyncio.AbstractEventLoop | None = None
    """Of schemathesis's own thread, which lives as long as the process."""
    workers = ThreadPoolExecutor(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            self.loop.set_default_executor(self.workers)
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
        else:
            await self.app(scope, receive, send)


served = _Served()
schema.app = served


class _Owner:
    """Makes what an address may name, so that more than "not found" is tested."""

    def __init__(self) -> None:
        self.store: GatewayStore | None = None
        self.caller: Caller | None = None

    def session(self) -> str:
        assert self.store is not None
        assert self.caller is not None
        return asyncio.run(self.store.create_session(self.caller, ASKED, digest="")).id

    def key(self) -> str:
        assert self.store is not None
        assert self.caller is not None
        return asyncio.run(self.store.create_key(self.caller.tenant, "k", ["read"]))[0].id


owner = _Owner()


@schema.auth()
class _Auth:
    def get(self, _case: schemathesis.Case[Any], _context: Any) -> str:
        return served.key

    def set(self, case: schemathesis.Case[Any], data: str, _context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schema.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    for name, pattern, make in (("session", "[0-9a-f]{32}", owner.session), ("key", "[0-9a-f]{16}", owner.key)):
        value = (path_parameters or {}).get(name)
        # Every other one is of nothing.
        if path_parameters and isinstance(value, str) and re.fullmatch(pattern, value) and int(value, 16) % 2:
            path_parameters[name] = make()
    return path_parameters


def _name_apart(body: Any) -> None:
    """Names of products differ: a rule that a schema cannot say."""
    plan = body.get("plan") if isinstance(body, dict) else None
    products = plan.get("products") if isinstance(plan, dict) else None
    for number, product in enumerate(products if isinstance(products, list) else ()):
        name = product.get("name") if isinstance(product, dict) else None
        if isinstance(name, str) and 1 <= len(name) <= 200 and re.fullmatch(PRINTABLE, name):
            product["name"] = f"{number} {name}"[:200]


@pytest.fixture(scope="module", autouse=True)
def _gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    given = settings_in(tmp_path_factory.mktemp("gateway"))
    client = Behind(given).client()
    app = build(given, http=client)
    store: GatewayStore = app.state.context.store

    async def begin() -> str:
        tenant = await store.ensure_tenant("shop", PLENTY)
        text = (await store.create_key(tenant, "all", SCOPES))[1]
        owner.store, owner.caller = store, await store.authenticate(f"Bearer {text}")
        return text

    served.key = asyncio.run(begin())
    served.app = app
    # Threads that outlive a test begin here.
    served.workers.submit(int).result()
    schema["/v1/usage"]["GET"].Case().call()
    assert served.loop is not None
    yield
    served.loop.call_soon_threadsafe(served.loop.set_default_executor, ThreadPoolExecutor())
    served.workers.shutdown()
    served.app = None
    asyncio.run(client.aclose())
    asyncio.run(app.state.context.relay.close())
    store.close()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_gateway_does_what_its_document_says(case: schemathesis.Case[Any]) -> None:
    _name_apart(case.body)
    case.call_and_validate()
