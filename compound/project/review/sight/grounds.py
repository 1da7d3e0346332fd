"""Where the evidence of a review comes from: its node, and for a query its text, rows and snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from compound.connector.state import StateStore
    from compound.project.running.opened import OpenedProject
    from compound.spec.graph_file import GraphSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where one piece of evidence comes from.

    Attributes:
        kind: Kind of the node: `sql`, `retrieve`, `tool`, `llm`, `check`, ...; `input` for a part of the run's input.
        sql: The query of an `sql` node, as its file writes it.
    """

    node: str
    kind: str
    tool: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as it ran.

    Attributes:
        sql: The executed text.
        rows: Number of rows of the result.
        tables: What it read: `{uri, version, snapshot_ts}` each.
        at_ns: When it ran, UTC nanoseconds.
    """

    sql: str
    rows: int
    tables: tuple[Mapping[str, object], ...]
    at_ns: int


def grounds_of(project: OpenedProject, node_name: str, run_id: str) -> Mapping[str, Ground]:
    """Name of a piece of evidence to where it comes from; empty where the graph of the run is not known."""
    from compound.errors import CompoundError
    from compound.graph.wiring.references import parse_binding, shown_names
    from compound.language.references import Ref
    from compound.spec.nodes import ReviewNode

    record = project.run_record(run_id)
    if record is None:
        return {}
    try:
        spec = _graph(project.resources.state, record.graph_hash)
    except CompoundError:
        return {}
    node = None if spec is None else spec.nodes.get(node_name)
    if spec is None or not isinstance(node, ReviewNode):
        return {}
    found: dict[str, Ground] = {}
    for name, binding in shown_names(cast("Any", node.show)).items():
        expr = parse_binding(binding)
        if isinstance(expr, Ref):
            found[name] = _ground(project, spec, expr.root)
    return found


def _ground(project: OpenedProject, spec: GraphSpec, root: str) -> Ground:
    if root == "input":
        return Ground(node="", kind="input")
    node = spec.nodes.get(root)
    if node is None:
        return Ground(node=root, kind="")
    tool = str(getattr(node, "tool", "") or "")
    query = project.resources.parts.sql_tools.get(tool) if node.use == "sql" else None
    return Ground(node=root, kind=node.use, tool=tool, sql=str(getattr(query, "sql", "")))


@lru_cache(maxsize=32)
def _graph(state: StateStore, graph_hash: str) -> GraphSpec | None:
    from compound.graph.store.kept_graphs import read
    from compound.graph.store.runs import StateLedger

    data = StateLedger(state).graph(graph_hash)
    return None if data is None else read(data)[0]


def queries_of(project: OpenedProject, run_id: str) -> Mapping[str, Query]:
    """Node to the last query that it ran in a run, from the trace; a run without a trace has none."""
    found: dict[str, Query] = {}
    rows = project.traces().sql(
        "SELECT n.node_name, s.sql_text, s.sql_rows, s.data_inputs, s.start_time_unix_nano AS at "
        "FROM spans s JOIN spans n ON n.span_id = s.node_span_id AND n.trace_id = s.trace_id "
        "WHERE s.run_id = $id AND s.sql_text IS NOT NULL ORDER BY s.start_time_unix_nano",
        {"id": run_id},
    )
    for one in rows.records():
        tables = cast("list[Mapping[str, object]]", one["data_inputs"] or [])
        found[str(one["node_name"])] = Query(
            sql=str(one["sql_text"]),
            rows=int(cast("int", one["sql_rows"] or 0)),
            tables=tuple(tables),
            at_ns=int(cast("int", one["at"])),
        )
    return found
