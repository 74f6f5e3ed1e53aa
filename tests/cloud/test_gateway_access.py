"""Every endpoint with every kind of key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from cloud_api.gateway.app import openapi
from tests.cloud.gateway_parts import ALL_SCOPES, Gateway, gateway_in, problem_of

if TYPE_CHECKING:
    from pathlib import Path

TIP = {
    "id": "c",
    "kind": "k",
    "severity": 1,
    "evidence": [],
    "candidates": ["Say it."],
    "deadline_ms": 900,
    "language": "en",
    "version": 2,
}

OPERATIONS: dict[tuple[str, str], tuple[str, dict[str, Any], int]] = {
    ("post", "/v1/sessions"): ("stream", {"json": {}}, 201),
    ("get", "/v1/sessions"): ("read", {}, 200),
    ("get", "/v1/sessions/{session}"): ("read", {}, 200),
    ("delete", "/v1/sessions/{session}"): ("stream", {}, 204),
    ("post", "/v1/sessions/{session}/tickets"): ("stream", {}, 201),
    ("post", "/v1/sessions/{session}/end"): ("stream", {}, 200),
    ("get", "/v1/sessions/{session}/report"): ("read", {}, 200),
    ("get", "/v1/sessions/{session}/transcript"): ("read", {}, 200),
    ("post", "/v1/tips"): ("tips", {"json": TIP}, 200),
    ("post", "/v1/answers"): ("tips", {"json": {"question": "Why?", "evidence": []}}, 200),
    ("post", "/v1/audio/transcriptions"): ("openai", {"files": {"file": ("a.wav", b"RIFF")}}, 200),
    ("post", "/v1/chat/completions"): ("openai", {"json": {"messages": [{"role": "user", "content": "Hi"}]}}, 200),
    ("get", "/v1/models"): ("openai", {}, 200),
    ("get", "/v1/usage"): ("read", {}, 200),
    ("get", "/v1/keys"): ("admin", {}, 200),
    ("post", "/v1/keys"): ("admin", {"json": {"name": "k", "scopes": ["read"]}}, 201),
    ("post", "/v1/keys/{key}/rotate"): ("admin", {"json": {}}, 201),
    ("delete", "/v1/keys/{key}"): ("admin", {}, 204),
    ("post", "/v1/erasure"): ("admin", {"json": {"sessions": None}}, 202),
}
"""Scope that it needs, a request that is right, and the status that it gets."""

ACTUAL = [(method, path) for path, methods in openapi()["paths"].items() for method in methods]


async def _owned(gateway: Gateway) -> dict[str, str]:
    """A session and a key of the gateway's tenant, new for each request: some requests end them."""
    session = (await gateway.begin())["id"]
    key = await gateway.key_of("read")
    return {"session": session, "key": key.split("_")[1]}


def test_every_operation_is_in_the_table_with_the_scope_that_the_document_names() -> None:
    named = {
        (method, path): operation["x-martlive-scope"]
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }
    assert named == {operation: scope for operation, (scope, _, _) in OPERATIONS.items()}


@pytest.mark.parametrize(("method", "path"), ACTUAL, ids=[f"{method} {path}" for method, path in ACTUAL])
def test_operation_lets_in_only_its_scope_and_only_its_own_tenant(tmp_path: Path, method: str, path: str) -> None:
    scope, request, good = OPERATIONS[method, path]

    async def run() -> None:
        async with gateway_in(tmp_path) as gateway:

            async def ask(key: str, place: str) -> Any:
                return await gateway.ask(method.upper(), place, key=key, **request)

            owned = await _owned(gateway)
            mine = path.format(**owned)
            now_ms = gateway.store.now_ms()
            revoked = await gateway.key_of(*ALL_SCOPES)
            await gateway.store.revoke_key(gateway.tenant, revoked.split("_")[1])
            whole = gateway.key
            strangers = {
                "none": "",
                "garbage": "garbage",
                "no key of ours": "mlk_0123456789abcdef_" + "x" * 43,
                "wrong secret": whole[:-1] + ("A" if whole[-1] != "A" else "B"),
                "empty secret": "_".join(whole.split("_")[:2]) + "_",
                "expired": await gateway.key_of(*ALL_SCOPES, expires_ms=now_ms - 1),
                "revoked": revoked,
                "stream ticket": (await gateway.begin())["ticket"],
                "internal token": "i" * 40,
            }
            for kind, key in strangers.items():
                answer = await ask(key, mine)
                assert problem_of(answer) == "unauthorized", kind
                assert answer.headers["www-authenticate"] == "Bearer"
            basic = await gateway.ask(
                method.upper(), mine, key="", headers={"Authorization": f"Basic {whole}"}, **request
            )
            assert problem_of(basic) == "unauthorized"
            for other in ALL_SCOPES:
                if other != scope:
                    answer = await ask(await gateway.key_of(other), mine)
                    assert problem_of(answer) == "forbidden", other
            asked_before = len(gateway.behind.asked)
            assert asked_before == 0, "a service was asked for somebody who may not ask"

            foreigner = await gateway.key_of(*ALL_SCOPES, tenant=await gateway.store.ensure_tenant("other"))
            answer = await ask(foreigner, mine)
            if "{" in path:
                assert problem_of(answer) == "not-found"
                assert not gateway.behind.asked
            else:
                assert answer.status_code == good, answer.text
            state = (await gateway.ask("GET", f"/v1/sessions/{owned['session']}")).json()["state"]
            assert state == "new", "another tenant changed the session"

            answer = await ask(await gateway.key_of(scope), mine)
            assert answer.status_code == good, answer.text

    asyncio.run(run())
