from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override

from tests.cloud.gateway_parts import gateway_in
from tests.cloud.test_gateway_rest import TIP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a collector, and what came there."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_go_to_the_collector_within_the_caller_s_trace_and_carry_no_secrets(
    tmp_path: Path, collector: tuple[str, list[bytes]]
) -> None:
    address, bodies = collector
    keys = []

    async def run() -> None:
        async with gateway_in(tmp_path, otlp_endpoint=address) as gateway:
            keys.append(gateway.key)
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            answer = await gateway.ask("POST", "/v1/tips", json=TIP, headers=headers)
            assert answer.headers["x-trace-id"] == TRACE
            sent = gateway.behind.asked[-1][1]["traceparent"].split("-")
            assert sent[1] == TRACE
            assert sent[2] != PARENT
            keys.append(sent[2])

    asyncio.run(run())
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    spans = [
        span
        for one in requests
        for resource in one.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [span.name for span in spans] == ["POST /v1/tips"]
    assert spans[0].trace_id.hex() == TRACE
    assert spans[0].parent_span_id.hex() == PARENT
    assert spans[0].span_id.hex() == keys[1]
    told = b"".join(bodies)
    assert keys[0].encode() not in told
    assert TIP["candidates"][0].encode() not in told  # type: ignore[index]
