"""The recorder: writes one JSON row per span to a queue when the span ends.

Ids and names follow OpenTelemetry. The SDK's span objects are not used, because one costs as much CPU as our whole
recording (25 us, measured) and its attributes cannot hold lists of records. `OtelExport` builds SDK spans from the
rows, in the background, for other backends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import getrandbits
from typing import TYPE_CHECKING, Final, cast

import orjson

from compound.language.sha import sha
from compound.trace.active import ActiveSpan, Scope, current
from compound.trace.columns import SPANS, Row, Value
from compound.trace.names import NODE, WORKFLOW
from compound.trace.payload import Redact, Seen, to_json
from compound.trace.query.session import trace_id_of
from compound.trace.queue import SpanQueue

if TYPE_CHECKING:
    from compound.trace.store import SpanStore

_DAY_NS: Final = 86_400_000_000_000
_MESSAGE_CHARS: Final = 500
_MAX_NODES: Final = 10_000
_COLUMNS: Final = frozenset(SPANS)
_PINS: Final = ("index_name", "index_version", "index_source_version")


class Recorder:
    """Records runs and nodes in a store; other packages emit spans through `trace.child`.

    Recording never waits for the disk and never raises: lost rows are counted in `dropped`. Spans reach the store in
    the background; `flush` waits for them, `close` flushes and stops.

    Args:
        store: The store: `ParquetStore(folder)` or `MemoryStore()`.
        service_name: Column `service_name`: the project's name.
        keep_content: False stores only hashes and sizes of node inputs and outputs.
        redact: Applied to each input and output before hashing; if it fails, nothing is stored.
        redaction_policy: Name of that hook, stored in a column.
        max_queued: Size of the queue in rows; further rows are dropped and counted.
        exporters: Further receivers of every row in the background, for example `OtelExport(...)`.
    """

    def __init__(  # noqa: PLR0913 - settings, all named
        self,
        store: SpanStore,
        *,
        service_name: str = "compound",
        keep_content: bool = True,
        redact: Redact | None = None,
        redaction_policy: str = "",
        max_queued: int = 100_000,
        exporters: Sequence[SpanStore] = (),
    ) -> None:
        self.store = store
        self._queue = SpanQueue(store, exporters=exporters, max_rows=max_queued)
        self._keep_content = keep_content
        self._redact = redact
        self._policy = redaction_policy or ("custom" if redact else "")
        self._seen = Seen()
        self._service = service_name
        self._failed = 0
        self._day = (0, 0, "")
        self._nodes: dict[tuple[str, str, str], dict[str, Value]] = {}

    @property
    def dropped(self) -> int:
        """Number of lost rows: full queue, failing disk, or a value that cannot be stored."""
        return self._failed + self._queue.dropped

    def run(  # noqa: PLR0913 - the identity of a run
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
        """Open the root span `invoke_workflow <graph>` of a run, or of the next leg of a resumed run.

        Call `pause` on it if the run stops to wait for a person.
        """
        scope = self._scope(
            trace_id_of(run_id),
            leg_id=f"{getrandbits(64):016x}",
            graph_name=graph_name,
            graph_hash=graph_hash,
            run_id=run_id,
            thread_id=thread_id,
            example_id=example_id,
            epoch=epoch,
            is_replay=is_replay,
        )
        span = ActiveSpan(self, f"{WORKFLOW} {graph_name}", "workflow", scope)
        span.set(**fields)
        return span

    def node(self, name: str, *, kind: str, attempt: int = 1, config_hash: str = "", **fields: Value) -> ActiveSpan:
        """Open the span of an attempt of a node, below the current span."""
        above = current()
        scope = above.scope if above is not None else self._scope(f"{getrandbits(128):032x}")
        known = self._nodes.get((name, kind, config_hash))
        if known is None:
            if len(self._nodes) >= _MAX_NODES:  # for servers that load many graphs
                self._nodes.clear()
            known = self._nodes[name, kind, config_hash] = _node_fields(name, kind, config_hash)
        span = ActiveSpan(self, f"{NODE} {name}", "node", scope, above, {**known, "attempt": attempt})
        if fields:
            span.set(**fields)
        return span

    def _scope(self, trace_id: str, **shared: Value) -> Scope:
        row = {"trace_id": trace_id, "service_name": self._service}
        row |= {name: value for name, value in shared.items() if value is not None}
        return Scope(trace_id, to_json(row)[:-1])

    def finish(self, span: ActiveSpan, error: BaseException | None) -> None:
        """Queue the row of a finished span."""
        try:
            end = time.time_ns()
            row = span.fields
            if not row.keys() <= _COLUMNS:
                row = _place(row)
            row["span_id"] = span.span_id
            row["name"] = span.name
            row["kind"] = span.kind
            row["start_time_unix_nano"] = span.start_ns
            row["end_time_unix_nano"] = end
            row["date"] = self._date(span.start_ns)
            above = span.parent
            if above is not None:
                row["parent_span_id"] = above.span_id
                if above.node_id and span.kind != "node":
                    _roll_up(span, above)
            if span.node_id:
                row["node_span_id"] = span.node_id
            if error is not None:
                row["status_code"] = "ERROR"
                row["error_type"] = str(getattr(error, "code", "") or type(error).__name__)
                row["status_message"] = str(error)
            elif "status_code" not in row:
                row["status_code"] = "OK"
            if "status_message" in row:
                row["status_message"] = str(row["status_message"])[:_MESSAGE_CHARS]
            self._queue.put("spans", b"%b,%b" % (span.scope.head, to_json(row)[1:]))
            if above is None:
                self._queue.settle()
        except Exception:  # noqa: BLE001 - recording never raises into a node
            self._failed += 1

    def _date(self, at_ns: int) -> str:
        begin, end, text = self._day
        if not begin <= at_ns < end:
            day = at_ns // _DAY_NS
            text = time.strftime("%Y-%m-%d", time.gmtime(day * 86_400))
            self._day = (day * _DAY_NS, (day + 1) * _DAY_NS, text)
        return text

    def payload(self, span: ActiveSpan, column: str, value: object) -> None:
        """Redact, hash and store an input or output; the span keeps the hash and the size."""
        try:
            if self._redact is not None:
                value = self._redact(value)
            text = to_json(value, canonical=True)
            key = sha(text)
            fields = span.fields
            fields[column] = key
            fields["bytes"] = len(text) + cast("int", fields.get("bytes", 0))
            if self._policy:
                fields["redaction_policy"] = self._policy
            if self._seen.add(key):
                self._keep(key, text)
        except Exception:  # noqa: BLE001 - a payload that cannot be redacted or stored is not kept
            self._failed += 1

    def _keep(self, key: str, text: bytes) -> None:
        now = time.time_ns()
        content = orjson.dumps(text.decode()) if self._keep_content else b"null"
        self._queue.put(
            "blobs",
            b'{"sha256":"%b","mime":"application/json","bytes":%d,"first_seen":%d,"date":"%b","content":%b}'
            % (key.encode(), len(text), now, self._date(now).encode(), content),
        )

    def score(self, **fields: Value) -> None:
        """Store a score (columns of `scores`); an absent `value` is absent, never 0."""
        now = time.time_ns()
        row: Row = {"time_unix_nano": now, "date": self._date(now)}
        row.update((name, value) for name, value in fields.items() if value is not None)
        self._queue.put("scores", to_json(row))

    def hand_over(self) -> None:
        """Append all recorded rows to the store, so that they survive a killed process."""
        self._queue.hand_over()

    def stay(self) -> None:
        """Internal: this process does not end soon, as a server: a run does not wait for a file of its own.

        Its own reads show every row at once, those of other processes within 5 s.
        """
        self._queue.stay()

    def flush(self) -> None:
        """Wait until all recorded rows are readable from the store."""
        self._queue.flush()

    def close(self) -> None:
        """Flush and stop; later rows are counted as dropped. Idempotent."""
        self._queue.close()


def _node_fields(name: str, kind: str, config_hash: str) -> dict[str, Value]:
    fields: dict[str, Value] = {"node_name": name, "node_kind": kind}
    if config_hash:
        fields["node_config_hash"] = config_hash
    return fields


def _place(fields: dict[str, Value]) -> Row:
    """Move everything except columns to `attributes`."""
    row: Row = {}
    attributes: Row = {}
    for name, value in fields.items():
        if name in SPANS:
            row[name] = value
        else:
            attributes[name] = value
    row["attributes"] = attributes
    return row


def _roll_up(span: ActiveSpan, above: ActiveSpan) -> None:
    """Copy the data pins of child spans to their node, so that an SQL node's span names its tables."""
    fields = span.fields
    inputs = fields.get("data_inputs")
    if isinstance(inputs, list | tuple):
        known = above.fields.get("data_inputs")
        if isinstance(known, list | tuple):
            above.fields["data_inputs"] = [*known, *(item for item in inputs if item not in known)]
        else:
            above.fields["data_inputs"] = inputs
    if "index_name" in fields:
        for name in _PINS:
            if name in fields:
                above.fields.setdefault(name, fields[name])
