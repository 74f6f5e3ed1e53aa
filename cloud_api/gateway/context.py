"""What the parts of the gateway share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from cloud_api.gateway.store import GatewayStore
    from cloud_api.gateway.tickets import Tickets
    from cloud_api.outbox import Relay
    from cloud_api.service import Telemetry
    from cloud_api.settings import CloudSettings


@dataclass(frozen=True)
class GatewayContext:
    """One instance of the gateway."""

    settings: CloudSettings
    store: GatewayStore
    tickets: Tickets
    telemetry: Telemetry
    relay: Relay
    """Carries the store's outbox on; `nudge` it after events were put."""
    http: httpx.AsyncClient
    """To the other services; shared, with pools and time-outs."""
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the instance is about to stop: it takes no more streams."""
