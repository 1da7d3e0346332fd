"""Verifies a copy of a Delta version against its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NoReturn, cast

from compound.connector.lakehouse.table.delta import DeltaVersion
from compound.connector.lakehouse.table.sources import Source
from compound.connector.lakehouse.value.values import quoted
from compound.errors import ConnectorError

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable

_BOUNDED: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
)


def prove(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    delta: DeltaVersion,
    columns: Mapping[str, str],
    count: int,
) -> None:
    """Check the copy against the log: types, required columns, number of rows, minimum and maximum values.

    Raises:
        ConnectorError: ``lakehouse.inexact``.
    """
    for name, kind in columns.items():
        wanted = delta.types.get(name)
        if wanted is None or wanted.replace('"', "") != kind.replace('"', ""):
            _wrong(source, f"column {name!r} was read as {kind}, its schema says {wanted or 'there is none'}")
    hidden = {name.casefold() for name in source.options.hide}
    missing = sorted(name for name in delta.types if name not in columns and name.casefold() not in hidden)
    if missing:
        _wrong(source, f"column {missing[0]!r} of its schema was not read")
    for name in sorted(delta.required & columns.keys()):
        nulls = number(connection, f"SELECT count(*) FROM snap.main.t WHERE {quoted(name)} IS NULL")
        if nulls:
            _wrong(source, f"column {name!r} must not be null, but {nulls} rows are")
    expected = _logged_rows(connection, delta.table)
    if expected is not None and expected != count:
        _wrong(source, f"{count} rows were read, its log says {expected}")
    _prove_bounds(connection, source, delta.table, columns)


def _logged_rows(connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> int | None:
    """Row count from the log's statistics, minus deletion vectors; None if a file has no statistics."""
    actions = table.get_add_actions(flatten=True)
    if "num_records" not in actions.schema.names or actions.num_rows == 0:
        return 0 if actions.num_rows == 0 else None
    counts = cast("list[int | None]", actions.column("num_records").to_pylist())
    if any(item is None for item in counts):
        return None
    total = sum(item for item in counts if item is not None)
    connection.register("vectors", table.deletion_vectors())
    deleted = "SELECT coalesce(sum(len(list_filter(selection_vector, lambda kept: NOT kept))), 0) FROM vectors"
    return total - number(connection, deleted)


def _prove_bounds(
    connection: duckdb.DuckDBPyConnection, source: Source, table: DeltaTable, columns: Mapping[str, str]
) -> None:
    """Check that all values lie within the log's bounds, which detects wrapped timestamps and widened integers."""
    actions = table.get_add_actions(flatten=True)
    known = set(actions.schema.names)
    connection.register("actions", actions)
    for name, kind in columns.items():
        low, high = f"min.{name}", f"max.{name}"
        if kind not in _BOUNDED or not {low, high, f"null_count.{name}", "num_records"} <= known:
            continue
        # Writers truncate the maximum timestamp to a millisecond.
        more = " + INTERVAL 1 MILLISECOND" if kind.startswith("TIMESTAMP") else ""
        bounds = (
            f"SELECT min(CAST({quoted(low)} AS {kind})) AS low, max(CAST({quoted(high)} AS {kind})){more} AS high, "
            f"count(*) FILTER (WHERE {quoted(low)} IS NULL OR {quoted(high)} IS NULL) AS unknown FROM actions "
            f"WHERE coalesce({quoted(f'null_count.{name}')} <> num_records, true)"
        )
        outside = f"{quoted(name)} NOT BETWEEN low AND high"
        found = number(connection, f"SELECT count(*) FROM snap.main.t, ({bounds}) WHERE unknown = 0 AND {outside}")
        if found:
            _wrong(source, f"{found} values of column {name!r} lie outside of the bounds in its log")


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The whole number that a query returns."""
    # fetchall, not fetchone: an unfinished result would block the connection.
    return int(connection.execute(sql).fetchall()[0][0])


def _wrong(source: Source, what: str) -> NoReturn:
    where = f"table {source.name!r} at {source.path} was not read exactly: {what}"
    fix = "rewrite the table (OPTIMIZE or a full overwrite), or export it to Parquet"
    raise ConnectorError("lakehouse.inexact", where, fix=fix)
