"""Copying one version of a table into a native DuckDB file, and proving that the copy is that version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import duckdb

from compound.errors import ConnectorError

from ._delta import DeltaVersion, open_delta, refuse
from ._sources import Source, parquet_files
from ._types import Column, TableInfo
from ._values import literal, quoted

if TYPE_CHECKING:
    from deltalake import DeltaTable

_INDEXED_ROWS: Final = 20_000


def ingest(source: Source, fingerprint: str, target: Path) -> TableInfo:
    """Write the table `t` of the file `target` and describe what was read.

    Raises:
        ConnectorError: ``lakehouse.*``: the table cannot be read exactly.
    """
    delta = open_delta(source) if source.format == "delta" else None
    connection = duckdb.connect(config=_config(target))
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {literal(str(target))} AS snap")
        columns = _copy(connection, source, delta)
        count = _count(connection, "SELECT count(*) FROM snap.main.t")
        if delta is not None:
            _prove(connection, source, delta, columns, count)
        _index(connection, source, columns, count)
        connection.execute("DETACH snap")
    except duckdb.Error as error:
        if str(target.parent) in str(error):  # the copy, not the table
            what = f"the copy of table {source.name!r} cannot be written to {target.parent.parent}: {_cause(error)}"
            fix = "free space, or give the profile's folder another place"
            raise ConnectorError("lakehouse.cache", what, fix=fix) from error
        refuse(source, error)
    finally:
        connection.close()
    required: frozenset[str] = delta.required if delta else frozenset()
    schema = tuple(Column(name=name, type=kind, nullable=name not in required) for name, kind in columns.items())
    version, committed = _version_of(source, delta)
    return TableInfo(
        name=source.name,
        uri=str(source.path),
        format=source.format,
        version=version,
        snapshot_ts=committed,
        table_id=delta.table_id if delta else _digest(f"{source.path}|{source.inner}"),
        fingerprint=fingerprint,
        schema=schema,
        schema_hash=_digest(repr([(column.name, column.type, column.nullable) for column in schema])),
        rows=count,
        options=source.options,
    )


def _config(target: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": 2,
        "memory_limit": "1GB",
        "temp_directory": str(target.parent / "spill"),
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }


def _copy(connection: duckdb.DuckDBPyConnection, source: Source, delta: DeltaVersion | None) -> dict[str, str]:
    """Copy the granted columns, sorted by the key; column name to DuckDB type, in order."""
    if delta is not None:
        relation = "incoming"
        connection.register("incoming", _scan(source, delta.table))
    elif source.format == "duckdb":
        connection.execute(f"ATTACH {literal(str(source.path))} AS src (READ_ONLY)")
        relation = f"src.main.{quoted(source.inner)}"
    else:
        files = ", ".join(literal(str(path)) for path in parquet_files(source.path))
        hive = f"hive_partitioning = {source.path.is_dir()}, hive_types_autocast = false"
        relation = f"read_parquet([{files}], {hive})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    hidden = {name.casefold() for name in source.options.hide}
    columns = {str(row[0]): str(row[1]) for row in described if str(row[0]).casefold() not in hidden}
    _known(source, [str(row[0]) for row in described])
    keys = source.options.cluster_by
    if not keys and source.options.customer_key:
        keys = (source.options.customer_key.column,)
    order = f" ORDER BY {', '.join(map(quoted, keys))}" if keys else ""
    chosen = ", ".join(map(quoted, columns))
    if not columns:
        what = f"table {source.name!r} at {source.path} has no column left to read"
        raise ConnectorError("lakehouse.unreadable", what, fix="grant at least one column")
    connection.execute(f"CREATE TABLE snap.main.t AS SELECT {chosen} FROM {relation}{order}")
    if source.format == "duckdb":
        connection.execute("DETACH src")
    return columns


def _known(source: Source, names: list[str]) -> None:
    """Columns that the connection names must exist: a typo in `hide` would open the column."""
    options = source.options
    told = [*options.hide, *options.cluster_by]
    if options.customer_key:
        told.append(options.customer_key.column)
    unknown = sorted({name for name in told if name.casefold() not in {n.casefold() for n in names}})
    if unknown:
        what = f"table {source.name!r} has no column {', '.join(map(repr, unknown))}, which the connection names"
        fix = f"choices: {', '.join(names)}"
        raise ConnectorError("lakehouse.unknown-column", what, fix=fix)


def _cause(error: Exception) -> str:
    """What DuckDB says last: the reason of what it says before."""
    return " ".join(str(error).split()).rpartition("Original error: ")[2][-300:]


def _scan(source: Source, table: DeltaTable) -> object:
    try:
        return table.scan()
    except Exception as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        refuse(source, error)


def _prove(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    delta: DeltaVersion,
    columns: Mapping[str, str],
    count: int,
) -> None:
    """Hold the copy against the log: types, required columns, number of rows."""
    for name, kind in columns.items():
        wanted = delta.types.get(name)
        if wanted is None or wanted.replace('"', "") != kind.replace('"', ""):
            _wrong(source, f"column {name!r} was read as {kind}, its schema says {wanted or 'there is none'}")
    hidden = {name.casefold() for name in source.options.hide}
    missing = sorted(name for name in delta.types if name not in columns and name.casefold() not in hidden)
    if missing:
        _wrong(source, f"column {missing[0]!r} of its schema was not read")
    for name in sorted(delta.required & columns.keys()):
        nulls = _count(connection, f"SELECT count(*) FROM snap.main.t WHERE {quoted(name)} IS NULL")
        if nulls:
            _wrong(source, f"column {name!r} must not be null, but {nulls} rows are")
    expected = _logged_rows(connection, delta.table)
    if expected is not None and expected != count:
        _wrong(source, f"{count} rows were read, its log speaks of {expected}")


def _logged_rows(connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> int | None:
    """Rows by the statistics of the log, less deletion vectors; None where a file has no statistics."""
    actions = table.get_add_actions(flatten=True)
    if "num_records" not in actions.schema.names or actions.num_rows == 0:
        return 0 if actions.num_rows == 0 else None
    counts = cast("list[int | None]", actions.column("num_records").to_pylist())
    if any(item is None for item in counts):
        return None
    total = sum(item for item in counts if item is not None)
    connection.register("vectors", table.deletion_vectors())
    deleted = "SELECT coalesce(sum(len(list_filter(selection_vector, lambda kept: NOT kept))), 0) FROM vectors"
    return total - _count(connection, deleted)


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    # fetchall, not fetchone: an unfinished result would block the connection.
    return int(connection.execute(sql).fetchall()[0][0])


def _wrong(source: Source, what: str) -> None:
    where = f"table {source.name!r} at {source.path} is not read exactly: {what}"
    fix = "rewrite the table (OPTIMIZE or a full overwrite), or export it to Parquet"
    raise ConnectorError("lakehouse.inexact", where, fix=fix)


def _index(connection: duckdb.DuckDBPyConnection, source: Source, columns: Mapping[str, str], count: int) -> None:
    """An index on the key of a larger table; small ones are scanned faster than an index is opened."""
    key = source.options.customer_key
    if key is None or count < _INDEXED_ROWS or key.column not in columns:
        return
    connection.execute(f"CREATE INDEX by_key ON snap.main.t ({quoted(key.column)})")


def _version_of(source: Source, delta: DeltaVersion | None) -> tuple[int, str]:
    if delta is not None:
        return delta.version, delta.snapshot_ts
    newest = max(path.stat().st_mtime_ns for path in source.files())
    return newest, datetime.fromtimestamp(newest / 1e9, UTC).isoformat(timespec="milliseconds")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
