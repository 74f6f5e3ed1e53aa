"""The page that coaches in the browser: its files, and where the gateway is. It holds no key and sees no speech."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse, Response

from cloud_api.service import Telemetry, make_app
from martlive_desktop.adapters.resource_files import resource_path

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cloud_api.settings import CloudSettings

PAGE = Path(__file__).parent / "page"

# Never the system's own table: on some computers it has .js as plain text.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

FONTS = ("inter-medium.woff2", "inter-semibold.woff2")
"""Shared with the report page."""

REPORT = "/report.html"
"""Shows a report, which has scripts and styles of its own: with an origin of nobody, and without the network."""

OF_NOBODY = (REPORT, "/report.js")
"""What that document is made of; the browser asks for it as for another page's."""

REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-modals allow-popups; default-src 'none'; "
    "script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "media-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

CACHE = "no-cache"
"""Kept, but asked for each time: a new version is never mixed with an old one."""

POWERS = {
    "microphone": "(self)",
    "camera": "(self)",
    "display-capture": "(self)",
    "screen-wake-lock": "(self)",
    **dict.fromkeys(("geolocation", "payment", "usb", "serial", "hid", "midi", "gyroscope", "accelerometer"), "()"),
}


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    media_type: str
    tag: str


def build(settings: CloudSettings) -> FastAPI:
    """The application."""
    files = _files()

    async def is_ready() -> str:
        return "" if "/index.html" in files else "The page is not there."

    app = make_app("web", Telemetry("web"), is_ready=is_ready)
    app.add_middleware(_Guarded, policy=page_policy(settings.public_url))

    @app.get("/config.json", include_in_schema=False)
    async def config() -> Response:
        told = {"gateway": settings.public_url.rstrip("/"), "transcript_days": settings.transcript_days}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    def serve(path: str, file: _File) -> None:
        async def served(request: Request) -> Response:
            headers = {"ETag": file.tag, "Cache-Control": CACHE}
            if path == REPORT:
                headers["Content-Security-Policy"] = REPORT_POLICY
            known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
            if file.tag in known or "*" in known:
                return Response(status_code=304, headers=headers)
            return Response(file.body, media_type=file.media_type, headers=headers)

        app.router.add_route(path, served, methods=["GET", "HEAD"], include_in_schema=False)

    for path, file in files.items():
        serve(path, file)
    serve("/", files["/index.html"])
    return app


def _files() -> dict[str, _File]:
    """What is served, by its path: nothing else can be reached."""
    found = {f"/{file.name}": file for file in sorted(PAGE.iterdir()) if file.suffix in MEDIA_TYPES}
    found |= {f"/fonts/{name}": resource_path("report") / name for name in FONTS}
    return {path: _read(file) for path, file in found.items()}


def _read(file: Path) -> _File:
    body = file.read_bytes()
    return _File(body, MEDIA_TYPES[file.suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def page_policy(gateway_url: str) -> str:
    """The Content-Security-Policy of the page, which talks with itself and the gateway at `gateway_url` only."""
    gateway = urlsplit(gateway_url)
    is_safe = gateway.scheme == "https"
    to_gateway = f"{gateway.scheme}://{gateway.netloc} {'wss' if is_safe else 'ws'}://{gateway.netloc}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
        f"connect-src 'self' {to_gateway}; media-src blob:; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class _Guarded:
    """Puts the headers on every answer that say what a browser may do with it."""

    def __init__(self, app: ASGIApp, *, policy: str) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": policy,
            "permissions-policy": ", ".join(f"{name}={who}" for name, who in POWERS.items()),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            # The tab with the report must still reach this page.
            "cross-origin-opener-policy": "same-origin-allow-popups",
            "cross-origin-resource-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = {name.lower() for name, _ in message["headers"]}
                is_report = scope["path"] in OF_NOBODY
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in self._headers.items()
                        if name.encode() not in sent and not (is_report and name.startswith("cross-origin"))
                    ),
                ]
            await send(message)

        await self._app(scope, receive, guarded)
