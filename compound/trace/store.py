"""Trace stores: append rows and query them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

import orjson

from compound.errors import DataError
from compound.trace.columns import Row, repair
from compound.trace.query import views as _views
from compound.trace.query.listing import Key, RunFilter, RunPage, run_counts, run_page
from compound.trace.query.session import TraceRows, TraceSession

if TYPE_CHECKING:
    import duckdb


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


T = TypeVar("T")


class TraceReader:
    """Queries over stored traces; subclasses name their files or copy their rows into DuckDB."""

    def _load(self, connection: duckdb.DuckDBPyConnection, since: str) -> Mapping[str, Sequence[str]]:
        """Copy rows into the tables `stored.*`; returns the Parquet files with further rows of each table."""
        raise NotImplementedError

    def read(self, do: Callable[[TraceSession], T], *, since: str = "") -> T:
        """Internal: several queries over the same rows; `do` may be called again if files change meanwhile.

        Args:
            do: Receives the session, which ends with the call.
            since: Only rows that were written on this day (UTC, `YYYY-MM-DD`) or later.
        """
        import duckdb

        with duckdb.connect(config=CONFIG) as connection:
            # All files are read, but their footers only once.
            connection.execute("SET parquet_metadata_cache = true")
            connection.execute("SET enable_external_file_cache = false")
            _views.create_tables(connection)
            files = self._load(connection, since)
            connection.execute(
                "SET allowed_paths = $paths", {"paths": [path for part in files.values() for path in part]}
            )
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            return do(TraceSession(connection, files))

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> TraceRows:
        """Run one read-only statement over the tables `spans, blobs, scores` and the views.

        It runs in a private database without access to the network, to settings, and to files other than those of
        the traces. It reads only the columns and the parts of files that it needs: a condition on `trace_id` (spans),
        `sha256` (blobs), `run_id` (scores) or `date` skips the others.

        Args:
            query: One statement over `spans, traces, runs, node_stats, blobs, scores, scores_wide`.
            params: Values for `$name` placeholders.

        Raises:
            DataError: ``trace.query``: the statement failed, is not a single statement, or accesses external data.
        """
        return self.read(lambda session: session.sql(query, params))

    def list_runs(self, *, limit: int = 50, graph: str | None = None) -> list[dict[str, object]]:
        """The newest runs: status, spans, errors, tokens, cost and times of each."""
        return [dict(row) for row in self.runs(RunFilter(graph=graph or ""), limit=limit).rows]

    def runs(self, wanted: RunFilter | None = None, *, limit: int = 50, after: Key | None = None) -> RunPage:
        """Internal: a page of runs, newest first.

        Args:
            wanted: Which runs; None for all.
            limit: Most rows of the page.
            after: `RunPage.next` of the page before.
        """
        chosen = wanted or RunFilter()
        return self.read(lambda session: run_page(session, chosen, limit=limit, after=after), since=chosen.first_day)

    def run_counts(self, wanted: RunFilter | None = None) -> dict[str, int]:
        """Internal: `done`, `paused`, `failed`, `unfinished` to the number of runs, whatever the filter's status."""
        chosen = wanted or RunFilter()
        return self.read(lambda session: run_counts(session, chosen), since=chosen.first_day)

    def spans(self, run_id: str) -> list[dict[str, object]]:
        """Every span of a run (by run id or trace id), by start time; `attributes` parsed."""
        return self.read(lambda session: session.spans(run_id))

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
        return self.contents([sha256]).get(sha256)

    def contents(self, keys: Collection[str]) -> dict[str, object]:
        """The content of inputs and outputs by their hashes; those that were not stored are left out."""
        return self.read(lambda session: session.contents(keys))


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

    def _load(self, connection: duckdb.DuckDBPyConnection, since: str) -> Mapping[str, Sequence[str]]:
        for table, lines in self._lines.items():
            with NamedTemporaryFile(suffix=".ndjson") as file:
                file.write(b"\n".join(lines))
                file.flush()
                _insert(connection, table, file.name)
        return {}


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
        connection.execute(f"INSERT INTO stored.{table} {read_ndjson(table, path)}")
    except duckdb.Error:
        with repaired(table, path) as copy:
            connection.execute(f"INSERT INTO stored.{table} {read_ndjson(table, copy)}")
