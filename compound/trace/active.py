"""The current span, and opening a child span. No heavy imports."""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from random import getrandbits
from time import time_ns
from types import TracebackType
from typing import Final, Protocol

from compound.trace.columns import Value
from compound.trace.names import LEGACY


class SpanSink(Protocol):
    """The recorder of an open span."""

    def finish(self, span: ActiveSpan, error: BaseException | None) -> None:
        """Receive a finished span; never raises."""
        ...

    def payload(self, span: ActiveSpan, column: str, value: object) -> None:
        """Store a node input or output; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Columns shared by all spans of a run.

    Attributes:
        trace_id: 32 hex digits.
        head: The shared columns as the beginning of a JSON object, serialised once per run.
    """

    trace_id: str
    head: bytes


class ActiveSpan:
    """An open span; also the context manager that opens and closes it.

    Attributes:
        name: Display name: `execute_tool customer_orders`.
        kind: Kind of span: `workflow`, `node`, `chat`, `retrieval`, `sql`, ...
        fields: Column or attribute name to value, as set so far.
        parent: The span above; None at the root of a run.
        span_id: 16 hex digits, from the moment the block is entered.
        start_ns: Nanoseconds since 1970, from the moment the block is entered.
    """

    __slots__ = (
        "_sink", "_token", "fields", "is_paused", "kind", "name", "node_id", "parent", "scope",
        "span_id", "start_ns",
    )  # fmt: skip

    def __init__(
        self,
        sink: SpanSink | None,
        name: str,
        kind: str,
        scope: Scope,
        parent: ActiveSpan | None = None,
        fields: dict[str, Value] | None = None,
    ) -> None:
        self._sink = sink
        self._token: Token[ActiveSpan | None] | None = None
        self.name = name
        self.kind = kind
        self.fields: dict[str, Value] = {} if fields is None else fields
        self.parent = parent
        self.scope = scope
        self.span_id = ""
        self.node_id = ""
        self.start_ns = 0
        self.is_paused = False

    def __enter__(self) -> ActiveSpan:
        if self._sink is not None:
            self.span_id = f"{getrandbits(64):016x}"
            if self.kind == "node":
                self.node_id = self.span_id
            elif self.parent is not None:
                self.node_id = self.parent.node_id
            self._token = _current.set(self)
            self.start_ns = time_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sink = self._sink
        if sink is None:
            return
        if self._token is not None:
            try:  # noqa: SIM105 - this is on the way of every node, and a context manager costs three times as much
                _current.reset(self._token)
            except ValueError:  # a generator may be closed in another context, which has its own current span
                pass
            self._token = None
        sink.finish(self, None if self.is_paused else error)

    def set(self, **fields: Value) -> None:
        """Set columns of the span; unknown names become attributes, None is ignored."""
        if self._sink is None:
            return
        for name, value in fields.items():
            if value is not None:
                self.fields[LEGACY.get(name, name)] = value

    def input(self, value: object) -> None:
        """Record the input, as a content-addressed blob (redacted before hashing)."""
        if self._sink is not None:
            self._sink.payload(self, "input_sha256", value)

    def output(self, value: object) -> None:
        """Record the output, as a content-addressed blob (redacted before hashing)."""
        if self._sink is not None:
            self._sink.payload(self, "output_sha256", value)

    def skip(self, reason: str) -> None:
        """Mark the node as skipped; the span has status OK and the attribute `skipped`."""
        self.set(skipped=reason or "skipped")

    def pause(self, reason: str) -> None:
        """Mark the run as paused here; an exception that leaves the block is then not an error."""
        if self._sink is not None:
            self.is_paused = True
            self.set(paused=reason or "paused")

    @property
    def sink(self) -> SpanSink | None:
        """The recorder of the span; None without a recorder."""
        return self._sink


_current: Final[ContextVar[ActiveSpan | None]] = ContextVar("compound_span", default=None)
SILENT: Final = ActiveSpan(None, "", "", Scope("", b""))
"""A span that records nothing; all methods are no-ops."""


def current() -> ActiveSpan | None:
    """The current span of this context; None without a recorder."""
    return _current.get()


def child(name: str, *, kind: str, **fields: Value) -> ActiveSpan:
    """Open a span below the current one, as a context manager.

    A no-op without a recorder. An exception that leaves the block marks the span as ERROR with its type and propagates.
    Recording itself never raises.

    Args:
        name: Display name, by the GenAI conventions: `chat {model}`, `execute_tool {tool}`, `retrieval {source}`.
        kind: `chat`, `embeddings`, `retrieval`, `tool`, `sql`, `agent`, or a custom kind.
        **fields: Columns of the spans table; other names go to `attributes`.

    Cost: about 0.5 us without a recorder.
    """
    above = _current.get()
    if above is None or above.sink is None:
        return SILENT
    span = ActiveSpan(above.sink, name, kind, above.scope, above)
    if fields:
        span.set(**fields)
    return span


def event(**fields: Value) -> None:
    """Set fields on the current span, wherever it was opened; a no-op without a recorder."""
    above = _current.get()
    if above is not None:
        above.set(**fields)
