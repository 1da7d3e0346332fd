"""The recorder: OpenTelemetry spans with our own way out.

The SDK gives identity, clock and status; our columns travel beside the SDK's span, because they hold what an
OpenTelemetry attribute cannot (lists of records) and because setting twenty attributes costs more than the
span. They become attributes only where another span processor listens.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, cast

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Status, StatusCode

from compound.trace._active import ActiveSpan, current
from compound.trace._columns import Row, Value, place
from compound.trace._names import NODE, WORKFLOW, otel_name
from compound.trace._payload import Redact, Seen, to_json
from compound.trace._queue import SpanQueue

if TYPE_CHECKING:
    from compound.trace._store import SpanStore

_DAY_NS: Final = 86_400_000_000_000
_MESSAGE_CHARS: Final = 500
_PINS: Final = ("index_name", "index_version", "index_source_version")

_trace_id: ContextVar[int] = ContextVar("compound_trace_id", default=0)


class _Ids(RandomIdGenerator):
    """Random span ids; a run's trace id follows from its run id, so that a resumed run goes on in its trace."""

    def generate_trace_id(self) -> int:
        return _trace_id.get() or super().generate_trace_id()


def trace_id_of(run_id: str) -> str:
    """The trace id of a run, 32 hex digits: a pause and its resume are one trace."""
    return hashlib.sha256(run_id.encode("utf-8", "replace")).hexdigest()[:32]


class Recorder:
    """Records runs and nodes into a store; every other room emits through `trace.child`.

    Nothing here blocks on the disk or raises into the caller: what cannot be recorded is counted in
    `dropped`. Spans reach the store in the background; `flush` waits for them, `close` flushes and ends.

    Args:
        store: Where spans go: `ParquetStore(folder)` or `MemoryStore()`.
        service_name: Column `service_name`: the project's name.
        keep_content: False keeps hashes and sizes of node inputs and outputs, not their text.
        redact: Runs on each input and output before it is hashed; where it fails nothing is kept.
        redaction_policy: The name of that hook, a column.
        max_queued: Bound of the queue in rows; above it rows are dropped and counted.
        processors: Further OpenTelemetry span processors, for example a batch processor with an OTLP exporter.
    """

    def __init__(
        self,
        store: SpanStore,
        *,
        service_name: str = "compound",
        keep_content: bool = True,
        redact: Redact | None = None,
        redaction_policy: str = "",
        max_queued: int = 100_000,
        processors: Sequence[SpanProcessor] = (),
    ) -> None:
        self.store = store
        self._queue = SpanQueue(store, max_rows=max_queued)
        self._keep_content = keep_content
        self._redact = redact
        self._policy = redaction_policy or ("custom" if redact else "")
        self._seen = Seen()
        self._service = service_name
        self._failed = 0
        self._days: dict[int, str] = {}
        self._is_exporting = bool(processors)
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource({"service.name": service_name}),
            shutdown_on_exit=False,
            id_generator=_Ids(),
        )
        for processor in processors:
            self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("compound")

    @property
    def dropped(self) -> int:
        """Rows that were not recorded: a full queue, a failing disk, a value that nothing could store."""
        return self._failed + self._queue.dropped

    def run(
        self,
        *,
        graph_name: str,
        graph_hash: str,
        run_id: str,
        thread_id: str,
        example_id: str | None = None,
        epoch: int = 0,
        is_replay: bool = False,
        **fields: Value,
    ) -> ActiveSpan:
        """Open the root span `invoke_workflow <graph>` of a run, or of the next leg of a resumed one."""
        shared: Row = {
            "graph_name": graph_name,
            "graph_hash": graph_hash,
            "run_id": run_id,
            "thread_id": thread_id,
            "epoch": epoch,
            "is_replay": is_replay,
        }
        if example_id is not None:
            shared["example_id"] = example_id
        span = ActiveSpan(self, f"{WORKFLOW} {graph_name}", "workflow", {}, shared=shared)
        span.set(**fields)
        return span

    def node(
        self, name: str, *, kind: str, attempt: int = 1, config_hash: str = "", **fields: Value
    ) -> ActiveSpan:
        """Open the span of one attempt of a node, below the run that is open in this context."""
        above = current()
        own: Row = {"node_name": name, "node_kind": kind, "attempt": attempt}
        if config_hash:
            own["node_config_hash"] = config_hash
        shared = above.shared if above is not None else None
        span = ActiveSpan(self, f"{NODE} {name}", "node", own, parent=above, shared=shared)
        span.set(**fields)
        return span

    def begin(self, span: ActiveSpan) -> object:
        """Start the OpenTelemetry span; None when even that fails."""
        try:
            above = span.parent
            if above is None and "run_id" in span.shared:
                token = _trace_id.set(int(trace_id_of(str(span.shared["run_id"])), 16))
                try:
                    return self._start(span.name, Context())
                finally:
                    _trace_id.reset(token)
            handle = above.handle if above is not None else None
            context = otel.set_span_in_context(handle, Context()) if isinstance(handle, Span) else None
            return self._start(span.name, context or Context())
        except Exception:  # noqa: BLE001 - recording never raises into a node
            self._failed += 1
            return None

    def _start(self, name: str, context: Context) -> object:
        return self._tracer.start_span(
            name, context=context, record_exception=False, set_status_on_exception=False
        )

    def finish(self, span: ActiveSpan, error: BaseException | None) -> None:
        """End the span and hand its row over."""
        try:
            handle = span.handle
            if not isinstance(handle, Span):
                return
            if error is not None:
                span.fields["error_type"] = str(getattr(error, "code", "") or type(error).__name__)
                span.fields["status_message"] = str(error)[:_MESSAGE_CHARS]
            is_error = error is not None or span.fields.get("status_code") == "ERROR"
            span.fields["status_code"] = "ERROR" if is_error else "OK"
            if self._is_exporting:
                _export(handle, span, is_error=is_error)
            handle.end()
            _roll_up(span)
            self._queue.put("spans", to_json(self._row(span, handle)))
            if span.parent is None:
                self._queue.settle()
        except Exception:  # noqa: BLE001 - recording never raises into a node
            self._failed += 1

    def _row(self, span: ActiveSpan, handle: Span) -> Row:
        context = handle.get_span_context()
        start, end = handle.start_time or 0, handle.end_time or 0
        above = span.parent
        row: Row = {
            "trace_id": f"{context.trace_id:032x}",
            "span_id": f"{context.span_id:016x}",
            "name": span.name,
            "kind": span.kind,
            "start_time_unix_nano": start,
            "end_time_unix_nano": end,
            "date": self._day(start),
            "service_name": self._service,
        }
        if handle.parent is not None:
            row["parent_span_id"] = f"{handle.parent.span_id:016x}"
        while above is not None and above.kind != "node":
            above = above.parent
        owner = handle if span.kind == "node" else above.handle if above is not None else None
        if isinstance(owner, Span):
            row["node_span_id"] = f"{owner.get_span_context().span_id:016x}"
        row.update(span.shared)
        attributes: Row = {}
        place(row, attributes, span.fields)
        if attributes:
            row["attributes"] = attributes
        return row

    def _day(self, at_ns: int) -> str:
        day = at_ns // _DAY_NS
        text = self._days.get(day)
        if text is None:
            text = time.strftime("%Y-%m-%d", time.gmtime(day * 86_400))
            self._days[day] = text
        return text

    def payload(self, span: ActiveSpan, column: str, value: object) -> None:
        """Redact, hash and store an input or output; the span keeps the hash and the size."""
        try:
            if self._redact is not None:
                value = self._redact(value)
            text = to_json(value, canonical=True)
            key = hashlib.sha256(text).hexdigest()
            span.fields[column] = key
            span.fields["bytes"] = cast("int", span.fields.get("bytes", 0)) + len(text)
            if self._policy:
                span.fields["redaction_policy"] = self._policy
            if self._seen.add(key):
                now = time.time_ns()
                blob: Row = {"sha256": key, "mime": "application/json", "bytes": len(text)}
                blob |= {"first_seen": now, "date": self._day(now)}
                if self._keep_content:
                    blob["content"] = text.decode()
                self._queue.put("blobs", to_json(blob))
        except Exception:  # noqa: BLE001 - a payload that cannot be redacted or stored is not kept
            self._failed += 1

    def score(self, **fields: Value) -> None:
        """Store one score (columns of `scores`); `value` absent means that there is none, never 0."""
        now = time.time_ns()
        row: Row = {"time_unix_nano": now, "date": self._day(now)}
        row.update((name, value) for name, value in fields.items() if value is not None)
        self._queue.put("scores", to_json(row))

    def flush(self) -> None:
        """Wait until everything recorded so far can be read from the store."""
        self._queue.flush()
        if self._is_exporting:
            self._provider.force_flush()

    def close(self) -> None:
        """Flush and stop; recording afterwards is counted as dropped. May be called twice."""
        self._queue.close()
        self._provider.shutdown()


def _roll_up(span: ActiveSpan) -> None:
    """Give a node the data pins of what ran below it, so that an SQL node's own span names its tables."""
    above = span.parent
    if above is None or span.kind in {"node", "workflow"} or above.kind == "workflow":
        return
    inputs = span.fields.get("data_inputs")
    if isinstance(inputs, list | tuple):
        known = above.fields.get("data_inputs")
        merged = list(known) if isinstance(known, list | tuple) else []
        above.fields["data_inputs"] = [*merged, *(item for item in inputs if item not in merged)]
    for name in _PINS:
        if name in span.fields:
            above.fields.setdefault(name, span.fields[name])


def _export(handle: Span, span: ActiveSpan, *, is_error: bool) -> None:
    """Put the columns on the OpenTelemetry span under their conventional names."""
    for name, value in {**span.shared, **span.fields}.items():
        plain = value if isinstance(value, str | int | float | bool) else to_json(value).decode()
        handle.set_attribute(otel_name(name), plain)
    if is_error:
        handle.set_status(Status(StatusCode.ERROR, str(span.fields.get("status_message", ""))))
