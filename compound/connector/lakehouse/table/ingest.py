"""Copies one version of a table into a native DuckDB file and verifies the copy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from compound.connector.lakehouse.table.delta import DeltaVersion, open_delta, refuse
from compound.connector.lakehouse.table.prove import number, prove
from compound.connector.lakehouse.table.sources import Source, parquet_files
from compound.connector.lakehouse.value.types import Column, TableInfo
from compound.connector.lakehouse.value.values import literal, quoted
from compound.errors import ConnectorError
from compound.language.sha import sha

if TYPE_CHECKING:
    from deltalake import DeltaTable

_INDEXED_ROWS: Final = 20_000
_EVERY_YEAR: Final = {"datafusion.execution.parquet.coerce_int96": "us"}


def ingest(source: Source, fingerprint: str, target: Path) -> TableInfo:
    """Write table `t` to the file `target` and describe it.

    Raises:
        ConnectorError: ``lakehouse.*``: the table cannot be read exactly.
    """
    delta = open_delta(source) if source.format == "delta" else None
    connection = duckdb.connect(config=_config(target))
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {literal(str(target))} AS snap")
        columns = _copy(connection, source, delta)
        count = number(connection, "SELECT count(*) FROM snap.main.t")
        if delta is not None:
            prove(connection, source, delta, columns, count)
        _index(connection, source, columns, count)
        connection.execute("DETACH snap")
    except duckdb.Error as error:
        if str(target.parent) in str(error):  # the copy, not the table
            what = f"the copy of table {source.name!r} cannot be written to {target.parent.parent}: {_cause(error)}"
            fix = "free space, or move the profile's folder"
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
    chosen = ", ".join(_copied(source, name, kind) for name, kind in columns.items())
    if not columns:
        what = f"table {source.name!r} at {source.path} has no readable column"
        raise ConnectorError("lakehouse.unreadable", what, fix="grant at least one column")
    connection.execute(f"CREATE TABLE snap.main.t AS SELECT {chosen} FROM {relation}{order}")
    if source.format == "duckdb":
        connection.execute("DETACH src")
    return columns


def _copied(source: Source, name: str, kind: str) -> str:
    """A column of the copy. Texts of keyed tables compare exactly: NOCASE would make distinct keys equal."""
    if source.format == "duckdb" and source.options.customer_key and kind == "VARCHAR":
        return f'{quoted(name)} COLLATE "binary" AS {quoted(name)}'
    return quoted(name)


def _known(source: Source, names: list[str]) -> None:
    """Columns named in the connection must exist: a typo in `hide` would expose the column."""
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
    """The last part of DuckDB's message, which is the cause."""
    return " ".join(str(error).split()).rpartition("Original error: ")[2][-300:]


def _scan(source: Source, table: DeltaTable) -> object:
    """Every row, with deletion vectors and column mapping applied as in `DeltaTable.scan`.

    `scan` reads INT96 timestamps, which Spark writes, as 64-bit nanoseconds and silently wraps values outside of 1677
    to 2262; microseconds hold every year.
    """
    from deltalake import QueryBuilder

    try:
        return QueryBuilder(_EVERY_YEAR).register("scanned", table).execute("SELECT * FROM scanned")
    except Exception as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        refuse(source, error)


def _index(connection: duckdb.DuckDBPyConnection, source: Source, columns: Mapping[str, str], count: int) -> None:
    """Index the key of a large table; small tables are scanned faster than an index is opened."""
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
    return sha(text, 16)
