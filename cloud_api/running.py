"""Runs one service: uvicorn with limits, a drain before the end, and no life without its parent."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Literal, get_args

import uvicorn
from typing_extensions import override

from cloud_api.service import start_logging

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from cloud_api.settings import CloudSettings

log = logging.getLogger(__name__)

Service = Literal["gateway", "asr", "coach", "worker", "web"]
SERVICES: tuple[Service, ...] = get_args(Service)

PORTS: dict[Service, int] = {"gateway": 8765, "asr": 8766, "coach": 8767, "worker": 8768, "web": 8764}

MODULES: dict[Service, str] = {name: f"cloud_api.{name}.app" for name in SERVICES} | {"web": "cloud_api.web_demo.app"}

PARENT = "MARTLIVE_PARENT_PID"
"""Set for a service that `martlive-cloud up` started: it ends when that process does."""

LOOK_FOR_PARENT_S = 1.0

MAX_MESSAGE_BYTES = 262_144
"""Of a WebSocket message: twice a picture."""

MAX_HEADER_BYTES = 16_384

BACKLOG = 1_024
"""Connections that wait to be accepted: after a restart every client comes at once."""


class DrainingServer(uvicorn.Server):
    """Lets the application end its streams (`app.state.drain`) before sockets are closed."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        drain = getattr(self._app.state, "drain", None)
        if drain is not None:
            log.info("draining")
            await drain()
        await super().shutdown(sockets)


def run(service: Service, settings: CloudSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    start_logging(settings)
    app: FastAPI = importlib.import_module(MODULES[service]).build(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port or PORTS[service],
        loop="uvloop" if os.name == "posix" else "asyncio",
        http="httptools",
        ws=_socket_of(service),
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        backlog=BACKLOG,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=max(1, round(settings.drain_s)),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    if parent := os.environ.get(PARENT):
        threading.Thread(target=_end_with, args=(int(parent),), name="parent-watch", daemon=True).start()
    DrainingServer(config, app).run()


def _socket_of(service: Service) -> type[asyncio.Protocol] | str:
    """The class of uvicorn's WebSockets, or its name for it."""
    if service != "gateway":
        return "websockets-sansio"
    from cloud_api.gateway.sockets import StreamSocket

    return StreamSocket


def _end_with(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(LOOK_FOR_PARENT_S)
    os.kill(os.getpid(), signal.SIGTERM)
