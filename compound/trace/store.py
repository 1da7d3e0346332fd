"""Trace stores: append rows and query them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, Protocol, cast

import orjson

from compound.errors import DataError
from compound.trace import views as _views
from compound.trace.columns import Row, repair

if TYPE_CHECKING:
    import duckdb

_READS: Final = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""Allowed kinds of statements; DESCRIBE, SHOW, SUMMARIZE and FROM are SELECT, PIVOT is MULTI."""


class SpanStore(Protocol):
    """The store of a recorder."""

    @property
    def is_immediate(self) -> bool:
        """Whether rows are appended one by one, in the caller's thread."""
        ...

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Append rows of `spans`, `blobs` or `scores`, one JSON object each; they survive a killed process."""
        ...

    def publish(self) -> None:
        """Make all appended rows visible to readers."""
        ...

    def close(self) -> None:
        """Publish and release resources."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRows:
    """The result of a query: `columns` and `rows`, in order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def records(self) -> list[dict[str, object]]:
        """One mapping per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceNode:
    """A span and its child spans, by start time."""

    span: Mapping[str, object]
    children: tuple[TraceNode, ...] = field(default=())

    @property
    def name(self) -> str:
        """The span's name."""
        return str(self.span["name"])

    @property
    def duration_ms(self) -> float:
        """Wall time of the span in milliseconds."""
        start = cast("int", self.span["start_time_unix_nano"])
        return (cast("int", self.span["end_time_unix_nano"]) - start) / 1e6

    def walk(self) -> Iterable[TraceNode]:
        """The node and its descendants, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class TraceReader:
    """Queries over stored traces; subclasses load their rows into DuckDB."""

    def _load(self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> None:
        raise NotImplementedError

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> TraceRows:
        """Run one read-only statement over the tables `spans, blobs, scores` and the views.

        The rows are copied into a private database, which then loses access to files, network and settings: the
        statement cannot read or write anything else.

        Args:
            query: One statement over `spans, traces, runs, node_stats, blobs, scores, scores_wide`.
            params: Values for `$name` placeholders.

        Raises:
            DataError: ``trace.query``: the statement failed, is not a single statement, or accesses external data.

        Cost: about 7 us per stored row of each queried table.
        """
        import duckdb

        with duckdb.connect(config=CONFIG) as connection:
            _views.create_tables(connection)
            self._load(connection, _views.needed(query))
            _views.create_views(connection)
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            try:
                statements = connection.extract_statements(query)
                if len(statements) != 1:
                    raise DataError("trace.query", "a trace query must be a single statement", fix="split it")
                if statements[0].type.name not in _READS:
                    what = f"a trace query must be a SELECT; this one is {statements[0].type.name}"
                    raise DataError("trace.query", what, fix="write a SELECT")
                cursor = connection.execute(query, dict(params) if params else None)
                columns = tuple(str(column[0]) for column in cursor.description or ())
                return TraceRows(columns=columns, rows=tuple(cursor.fetchall()))
            except duckdb.Error as error:
                names = ", ".join(_views.NAMES)
                raise DataError(
                    "trace.query",
                    str(error),
                    fix=f"tables and views: {names}; `DESCRIBE spans` lists columns",
                ) from error

    def list_runs(self, *, limit: int = 50, graph: str | None = None) -> list[dict[str, object]]:
        """The newest runs: status, spans, errors, tokens, cost and times of each."""
        answer = self.sql(
            "SELECT * FROM runs WHERE $graph IS NULL OR graph_name = $graph "
            "ORDER BY start_time_unix_nano DESC LIMIT $limit",
            {"graph": graph, "limit": limit},
        )
        return answer.records()

    def spans(self, run_id: str) -> list[dict[str, object]]:
        """Every span of a run (by run id or trace id), by start time; `attributes` parsed."""
        records = self.sql(
            "SELECT * FROM spans WHERE run_id = $id OR trace_id = $id ORDER BY start_time_unix_nano, span_id",
            {"id": run_id},
        ).records()
        for record in records:
            text = record["attributes"]
            record["attributes"] = orjson.loads(text) if isinstance(text, str) else {}
        return records

    def tree(self, run_id: str) -> tuple[TraceNode, ...]:
        """The spans of a run as a tree; one root per leg (a resume is a new leg of the same trace).

        A span whose parent was lost with a killed process is a root.

        Args:
            run_id: A run id, a trace id, or a prefix of one.

        Raises:
            DataError: ``trace.unknown-run``: no run or several runs match.
        """
        spans = self.spans(run_id) or self.spans(self._complete(run_id))
        if not spans:
            raise DataError("trace.unknown-run", f"run {run_id!r} has no trace", fix="see `compound traces list`")
        below: dict[str | None, list[dict[str, object]]] = {}
        known = {str(span["span_id"]) for span in spans}
        for span in spans:
            parent = span["parent_span_id"]
            below.setdefault(str(parent) if parent in known else None, []).append(span)

        def grow(span: dict[str, object]) -> TraceNode:
            children = tuple(grow(child) for child in below.get(str(span["span_id"]), ()))
            return TraceNode(span=span, children=children)

        return tuple(grow(span) for span in below.get(None, ()))

    def _complete(self, prefix: str) -> str:
        """The only run with this run id or trace id prefix; the prefix itself if there is none."""
        rows = self.sql(
            "SELECT DISTINCT run_id FROM spans WHERE starts_with(run_id, $id) OR starts_with(trace_id, $id) "
            "ORDER BY 1 LIMIT 6",
            {"id": prefix},
        ).rows
        if len(rows) > 1:
            names = ", ".join(str(row[0]) for row in rows)
            raise DataError(
                "trace.unknown-run", f"several runs begin with {prefix!r}: {names}", fix="write a longer prefix"
            )
        return str(rows[0][0]) if rows else prefix

    def blob(self, sha256: str) -> object | None:
        """The content of a node's input or output; None if it was not stored."""
        rows = self.sql("SELECT content FROM blobs WHERE sha256 = $key", {"key": sha256}).rows
        return orjson.loads(str(rows[0][0])) if rows and rows[0][0] is not None else None


CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


class MemoryStore(TraceReader):
    """Keeps rows in memory, for tests; queried like other stores."""

    is_immediate = True

    def __init__(self) -> None:
        self._lines: dict[str, list[bytes]] = {}

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Store the rows."""
        self._lines.setdefault(table, []).extend(lines)

    def publish(self) -> None:
        """Does nothing: rows are visible at once."""

    def close(self) -> None:
        """Does nothing: the rows stay readable."""

    def rows(self, table: str = "spans") -> list[Row]:
        """The stored rows, oldest first, without unset columns."""
        return [orjson.loads(line) for line in self._lines.get(table, ())]

    def _load(self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> None:
        for table in tables:
            lines = self._lines.get(table)
            if not lines:
                continue
            with NamedTemporaryFile(suffix=".ndjson") as file:
                file.write(b"\n".join(lines))
                file.flush()
                _insert(connection, table, file.name)


def read_ndjson(table: str, path: str) -> str:
    """The query that reads a JSONL file as rows of a table."""
    name = path.replace("'", "''")
    columns = _views.json_columns(table)
    query = f"SELECT * FROM read_json('{name}', format = 'newline_delimited', columns = {columns})"
    return f"{query} {_views.FRESH}" if table == "blobs" else query


@contextmanager
def repaired(table: str, path: str) -> Generator[str]:
    """A copy of a JSONL file in which every value matches its column's type.

    Rows are not checked when they are recorded; this slow path is for files with a row that the engine rejected.
    """
    with Path(path).open("rb") as lines, NamedTemporaryFile(suffix=".ndjson") as copy:
        for line in lines:
            try:
                row = repair(table, orjson.loads(line))
            except ValueError:
                continue  # not JSON: a partially written line
            copy.write(orjson.dumps(row) + b"\n")
        copy.flush()
        yield copy.name


def _insert(connection: duckdb.DuckDBPyConnection, table: str, path: str) -> None:
    import duckdb

    try:
        connection.execute(f"INSERT INTO {table} {read_ndjson(table, path)}")
    except duckdb.Error:
        with repaired(table, path) as copy:
            connection.execute(f"INSERT INTO {table} {read_ndjson(table, copy)}")
