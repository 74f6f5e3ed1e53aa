"""Keys from the command line: the first of a machine, and those that an operator hands out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cloud_api.errors import CloudError
from cloud_api.gateway.store import SCOPES, open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_api.settings import CloudSettings

DAY_MS = 86_400_000


class ScopeUnknown(CloudError):
    """A key was to get a right that there is not."""


def make_key(settings: CloudSettings, *, tenant: str, name: str, scopes: Sequence[str], days: int | None = None) -> str:
    """A new key of the tenant called `tenant`, who is made where there is none; its text is told only here.

    Raises:
        ScopeUnknown: there is no such scope.
    """
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise ScopeUnknown(f"There is no scope {unknown[0]}; there are {', '.join(SCOPES)}.")
    return asyncio.run(_make(settings, tenant, name, scopes, days))


async def _make(settings: CloudSettings, tenant: str, name: str, scopes: Sequence[str], days: int | None) -> str:
    store = open_store(settings)
    try:
        expires_ms = None if days is None else store.now_ms() + days * DAY_MS
        _, text = await store.create_key(await store.ensure_tenant(tenant), name, scopes, expires_ms=expires_ms)
        return text
    finally:
        store.close()
