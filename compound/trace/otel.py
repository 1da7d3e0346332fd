"""Exports spans to any OpenTelemetry backend, from stored rows in the background."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import orjson

from compound.errors import ProjectError, choices
from compound.trace.names import otel_name

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from compound.plugins import Setup
    from compound.trace.columns import Row

_IDENTITY = frozenset(
    {"trace_id", "span_id", "parent_span_id", "name", "start_time_unix_nano", "end_time_unix_nano", "date"}
    | {"service_name", "status_code", "status_message"}
)


class OtelExport:
    """Sends spans to an exporter of the OpenTelemetry SDK, such as OTLP; for `Recorder(exporters=)`.

    Columns use the names of the GenAI conventions, others `compound.*`; lists are JSON.
    """

    is_immediate = False

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Export the spans of a batch; blobs and scores are not exported."""
        if table == "spans":
            self._exporter.export([to_otel(orjson.loads(line)) for line in lines])

    def publish(self) -> None:
        """Does nothing: spans are exported at once."""

    def close(self) -> None:
        """Shut the exporter down."""
        self._exporter.shutdown()


def open_exporter(setup: Setup) -> OtelExport:
    """Open an exporter of an installed OpenTelemetry package: `OTEL_TRACES_EXPORTER`, default `otlp`.

    Options: `exporter` overrides the variable. The exporter itself reads the other `OTEL_*` variables.

    Raises:
        ProjectError: `trace.unknown-otel`: no installed package provides this exporter.
    """
    from importlib.metadata import entry_points

    asked = str(setup.options.get("exporter") or os.environ.get("OTEL_TRACES_EXPORTER") or "otlp")
    name = {"otlp": "otlp_proto_http"}.get(asked, asked)
    found = entry_points(group="opentelemetry_traces_exporter")
    for one in found:
        if one.name in {asked, name}:
            return OtelExport(cast("SpanExporter", one.load()()))
    what = f"no installed package provides the OpenTelemetry exporter {asked!r}; {choices(sorted(found.names), asked)}"
    fix = "pip install opentelemetry-exporter-otlp-proto-http, or use an installed one"
    raise ProjectError("trace.unknown-otel", what, fix=fix)


def to_otel(row: Row) -> ReadableSpan:
    """Convert a stored row to a span of the OpenTelemetry SDK."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    def context(span_id: object) -> SpanContext:
        flags = TraceFlags(TraceFlags.SAMPLED)
        return SpanContext(int(str(row["trace_id"]), 16), int(str(span_id), 16), is_remote=False, trace_flags=flags)

    is_error = row.get("status_code") == "ERROR"
    is_call = row.get("kind") in {"chat", "embeddings"}
    return ReadableSpan(
        name=str(row["name"]),
        context=context(row["span_id"]),
        parent=context(row["parent_span_id"]) if row.get("parent_span_id") else None,
        resource=Resource({"service.name": str(row.get("service_name", ""))}),
        attributes={
            otel_name(name): value if isinstance(value, str | int | float) else orjson.dumps(value).decode()
            for name, value in row.items()
            if name not in _IDENTITY and value is not None
        },
        kind=SpanKind.CLIENT if is_call else SpanKind.INTERNAL,
        status=Status(StatusCode.ERROR, str(row.get("status_message", ""))) if is_error else Status(StatusCode.OK),
        start_time=cast("int", row["start_time_unix_nano"]),
        end_time=cast("int", row["end_time_unix_nano"]),
    )
