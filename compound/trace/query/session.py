"""Read-only statements over traces, in a private DuckDB database."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from compound.errors import DataError
from compound.language.sha import sha
from compound.trace.query import views as _views

if TYPE_CHECKING:
    import duckdb

_READS: Final = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""Allowed kinds of statements; DESCRIBE, SHOW, SUMMARIZE and FROM are SELECT, PIVOT is MULTI."""
_WRITES: Final = re.compile(r"\b(COPY|EXPORT|ATTACH)\b", re.IGNORECASE)
"""No statement writes a file without one of them; a SELECT may have a COPY in its WITH."""
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_UNCLEAR: Final = re.compile(r"--|/\*|[$\"\\]")
"""What can make `_TEXT` end at another place than for DuckDB."""


def trace_id_of(run_id: str) -> str:
    """The trace id of a run, 32 hex digits: a pause and its resume are one trace."""
    return sha(run_id.encode("utf-8", "replace"), 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRows:
    """The result of a query: `columns` and `rows`, in order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def records(self) -> list[dict[str, object]]:
        """One mapping per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class TraceSession:
    """An open private database over the rows of a store.

    Args:
        connection: With the tables `stored.*`, and access to these files only.
        files: Table to its Parquet files.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[str]]) -> None:
        self._connection = connection
        self._files = files
        self._created: set[str] = set()

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> TraceRows:
        """Like `TraceReader.sql`."""
        import duckdb

        self._create(query)
        try:
            self._require_read(query)
            cursor = self._connection.execute(query, dict(params) if params else None)
            columns = tuple(str(column[0]) for column in cursor.description or ())
            return TraceRows(columns=columns, rows=tuple(cursor.fetchall()))
        except duckdb.Error as error:
            is_refused = isinstance(error, duckdb.ProgrammingError | duckdb.PermissionException)
            if isinstance(error, duckdb.IOException) or (not is_refused and ".parquet" in str(error)):
                raise  # a file is gone or damaged: nothing is wrong with the statement
            names = ", ".join(_views.NAMES)
            fix = f"tables and views: {names}; `DESCRIBE spans` lists columns"
            raise DataError("trace.query", str(error), fix=fix) from error

    def _create(self, query: str) -> None:
        for name in _views.needed(query):
            if name in self._created:
                continue
            if name in _views.TABLES:
                _views.create_source(self._connection, name, self._files.get(name, ()))
            else:
                _views.create_view(self._connection, name)
            self._created.add(name)

    def _require_read(self, query: str) -> None:
        """Refuse everything but one statement that only reads.

        Raises:
            DataError: ``trace.query``.
        """
        statements = self._connection.extract_statements(query)
        if len(statements) != 1:
            raise DataError("trace.query", "a trace query must be a single statement", fix="split it")
        plain = query if _UNCLEAR.search(query) else _TEXT.sub("''", query)
        written = _WRITES.search(plain)
        kind = written[1].upper() if written else statements[0].type.name
        if written or kind not in _READS:
            raise DataError("trace.query", f"a trace query must be a SELECT; this one is {kind}", fix="write a SELECT")

    def spans(self, run_id: str) -> list[dict[str, object]]:
        """Like `TraceReader.spans`."""
        # Files are sorted by trace id: whole runs are found by it, and nothing else is read.
        found = self._of_traces([run_id, trace_id_of(run_id)])
        if not found.rows:
            named = self.sql("SELECT DISTINCT trace_id FROM spans WHERE run_id = $id", {"id": run_id}).rows
            found = self._of_traces([str(trace_id) for (trace_id,) in named]) if named else found
        records = found.records()
        for record in records:
            text = record["attributes"]
            record["attributes"] = orjson.loads(text) if isinstance(text, str) else {}
        return records

    def _of_traces(self, trace_ids: Sequence[str]) -> TraceRows:
        named = {f"t{number}": trace_id for number, trace_id in enumerate(trace_ids)}
        wanted = ", ".join(f"${name}" for name in named)
        query = f"SELECT * FROM spans WHERE trace_id IN ({wanted}) ORDER BY start_time_unix_nano, span_id"
        return self.sql(query, named)

    def contents(self, keys: Collection[str]) -> dict[str, object]:
        """Like `TraceReader.contents`."""
        if not keys:
            return {}
        named = {f"k{number}": key for number, key in enumerate(sorted(set(keys)))}
        wanted = ", ".join(f"${name}" for name in named)  # a list of values, not a list value: it skips parts of files
        query = f"SELECT sha256, content FROM blobs WHERE sha256 IN ({wanted}) AND content IS NOT NULL"
        return {str(key): orjson.loads(str(content)) for key, content in self.sql(query, named).rows}
