"""What every trace store can do: take rows, and answer questions about them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, Protocol, cast

import orjson

from compound.errors import DataError
from compound.trace import _views
from compound.trace._columns import Row, repair

if TYPE_CHECKING:
    import duckdb

_READS: Final = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""Kinds of statements that a query may be; DESCRIBE, SHOW, SUMMARIZE and FROM are SELECT, PIVOT is MULTI."""


class SpanStore(Protocol):
    """Where a recorder puts its rows."""

    @property
    def is_immediate(self) -> bool:
        """True when rows are handed over one by one, in the caller's thread."""
        ...

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Take rows of `spans`, `blobs` or `scores`, one JSON object each; safe against a killed process."""
        ...

    def publish(self) -> None:
        """Make everything that was appended visible to readers."""
        ...

    def close(self) -> None:
        """Publish and release what is held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of a query: `columns` and `rows` in their order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def records(self) -> list[dict[str, object]]:
        """One mapping per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceNode:
    """A span and the spans below it, by start time."""

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
        """The node and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class TraceReader:
    """Questions about stored traces; a store says how its rows come into DuckDB."""

    def _load(self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> None:
        raise NotImplementedError

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> Answer:
        """Run one read-only statement over the tables `spans, blobs, scores` and the views.

        The rows are copied into a database of the query's own before it runs, and that database then loses
        every access to files, network and settings: the statement cannot read or write anything else.

        Args:
            query: One statement; names `spans, traces, runs, node_stats, blobs, scores, scores_wide`.
            params: Values for `$name` placeholders.

        Raises:
            DataError: ``trace.query``: the statement failed, is not one statement, or tried to leave.

        Cost: about 7 us per stored row of each table that the query names.
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
                    raise DataError("trace.query", "a trace query is exactly one statement", fix="split it")
                if statements[0].type.name not in _READS:
                    what = f"a trace query reads; this one is {statements[0].type.name}"
                    raise DataError("trace.query", what, fix="write a SELECT")
                cursor = connection.execute(query, dict(params) if params else None)
                columns = tuple(str(column[0]) for column in cursor.description or ())
                return Answer(columns=columns, rows=tuple(cursor.fetchall()))
            except duckdb.Error as error:
                names = ", ".join(_views.NAMES)
                raise DataError(
                    "trace.query",
                    str(error),
                    fix=f"tables and views: {names}; each column is in `DESCRIBE spans`",
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

        A span whose parent was lost with a killed process is a root of its own.

        Args:
            run_id: A run id, a trace id, or the beginning of one.

        Raises:
            DataError: ``trace.unknown-run``: no run or more than one is called so.
        """
        spans = self.spans(run_id) or self.spans(self._complete(run_id))
        if not spans:
            raise DataError("trace.unknown-run", f"no trace of run {run_id!r}", fix="see `compound traces list`")
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
        """The only run whose run id or trace id begins so; the prefix itself where there is none."""
        rows = self.sql(
            "SELECT DISTINCT run_id FROM spans WHERE starts_with(run_id, $id) OR starts_with(trace_id, $id) "
            "ORDER BY 1 LIMIT 6",
            {"id": prefix},
        ).rows
        if len(rows) > 1:
            names = ", ".join(str(row[0]) for row in rows)
            raise DataError("trace.unknown-run", f"several runs begin with {prefix!r}: {names}", fix="write more of it")
        return str(rows[0][0]) if rows else prefix

    def blob(self, sha256: str) -> object | None:
        """The content of a node's input or output; None when it was not kept."""
        rows = self.sql("SELECT content FROM blobs WHERE sha256 = $key", {"key": sha256}).rows
        return orjson.loads(str(rows[0][0])) if rows and rows[0][0] is not None else None


CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


class MemoryStore(TraceReader):
    """Keeps rows in memory, for tests; asked in the same way as the stored ones."""

    is_immediate = True

    def __init__(self) -> None:
        self._lines: dict[str, list[bytes]] = {}

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Keep the rows."""
        self._lines.setdefault(table, []).extend(lines)

    def publish(self) -> None:
        """Nothing to do: rows are visible at once."""

    def close(self) -> None:
        """Nothing to do: the rows stay readable."""

    def rows(self, table: str = "spans") -> list[Row]:
        """The rows as they were handed over, oldest first, without the columns that were not set."""
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
    """The query that reads a file of JSON lines as rows of a table."""
    name = path.replace("'", "''")
    columns = _views.json_columns(table)
    query = f"SELECT * FROM read_json('{name}', format = 'newline_delimited', columns = {columns})"
    return f"{query} {_views.FRESH}" if table == "blobs" else query


@contextmanager
def repaired(table: str, path: str) -> Generator[str]:
    """A copy of a file of JSON lines in which every value fits its column or stands aside.

    Rows are not checked when they are recorded; this is the slow way, for a file with a row that the engine
    refused.
    """
    with Path(path).open("rb") as lines, NamedTemporaryFile(suffix=".ndjson") as copy:
        for line in lines:
            try:
                row = repair(table, orjson.loads(line))
            except ValueError:
                continue  # not JSON: a line that no recorder wrote whole
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
