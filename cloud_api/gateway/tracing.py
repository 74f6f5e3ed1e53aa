"""Traces of requests (OpenTelemetry), where an operator collects them; spans carry no bodies, keys or queries."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from cloud_api.service import instance_name, internal_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace.export import SpanExporter
    from starlette.types import Scope

    from cloud_api.settings import CloudSettings


class Tracing:
    """Spans of one instance; without an endpoint there are none, at no cost."""

    def __init__(self, settings: CloudSettings, exporter: SpanExporter | None = None) -> None:
        self._provider: TracerProvider | None = None
        if exporter is None and settings.otlp_endpoint:
            exporter = OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
        if exporter is not None:
            names = {"service.name": "martlive-gateway", "service.instance.id": instance_name(settings)}
            self._provider = TracerProvider(resource=Resource.create(names))
            self._provider.add_span_processor(BatchSpanProcessor(exporter))

    @contextlib.contextmanager
    def request(self, scope: Scope) -> Iterator[trace.Span]:
        """A span around one request; the trace that its caller began goes on."""
        if self._provider is None:
            yield trace.INVALID_SPAN
            return
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        tracer = self._provider.get_tracer("martlive.gateway")
        with tracer.start_as_current_span(
            scope.get("method", "WEBSOCKET"), context=propagate.extract(sent), kind=trace.SpanKind.SERVER
        ) as span:
            scope.setdefault("state", {})["trace_id"] = trace.format_trace_id(span.get_span_context().trace_id)
            yield span

    def close(self) -> None:
        """Send what waits."""
        if self._provider is not None:
            self._provider.shutdown()


def outgoing_headers(settings: CloudSettings, trace_id: str) -> dict[str, str]:
    """What the gateway shows to the other services, within the trace of the request that it serves."""
    headers = internal_headers(settings, trace_id)
    if trace.get_current_span().get_span_context().is_valid:
        headers.pop("traceparent", None)
        propagate.inject(headers)
    return headers
