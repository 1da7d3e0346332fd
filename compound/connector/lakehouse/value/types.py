"""Types of the lakehouse: tables, limits, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pydantic import JsonValue

TableFormat: TypeAlias = 'Literal["delta", "parquet", "duckdb"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table or a result.

    Attributes:
        name: As written in the table.
        type: DuckDB's name of the type: `VARCHAR`, `DECIMAL(10,2)`, `INTEGER[]`.
        nullable: False only if the schema declares it as not null.
    """

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKey:
    """How rows of a table belong to a customer.

    Attributes:
        column: The column that holds the customer's key, or the one that leads to it.
        through: Another keyed table with a column of the same name; empty if `column` is the key.
    """

    column: str
    through: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """Options of a table in the connection file.

    Attributes:
        customer_key: Set on tables whose rows belong to customers.
        hide: Columns that are not granted; they are never copied into the snapshot.
        cluster_by: Sort columns of the snapshot; default: the customer key.
        description: Meaning of a row.
        columns: Column to description, where the name is not clear.
    """

    customer_key: CustomerKey | None = None
    hide: tuple[str, ...] = ()
    cluster_by: tuple[str, ...] = ()
    description: str = ""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])


NO_OPTIONS: Final = TableOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """A table at its pinned version.

    Attributes:
        name: Name in SQL.
        uri: Location of the table.
        format: `delta`, `parquet` or `duckdb`.
        version: Delta's version; for files the newest modification time in ns.
        snapshot_ts: When that version was committed, ISO 8601 in UTC.
        table_id: Delta's table id; for files a digest of the path.
        fingerprint: Digest that identifies this version; the snapshot's key.
        schema: The columns.
        schema_hash: SHA-256 of names, types and nullability, 16 hex digits.
        rows: Number of rows.
        options: Options of the connection file.
    """

    name: str
    uri: str
    format: TableFormat
    version: int
    snapshot_ts: str
    table_id: str
    fingerprint: str
    schema: tuple[Column, ...]
    schema_hash: str
    rows: int
    options: TableOptions = NO_OPTIONS

    def pin(self) -> dict[str, JsonValue]:
        """The table as a record of `data_inputs` in a trace."""
        return {
            "uri": self.uri,
            "format": self.format,
            "version": self.version,
            "snapshot_ts": self.snapshot_ts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps on one query, enforced while it runs.

    Attributes:
        rows: Maximum number of rows.
        cell_chars: Maximum characters of a text cell; longer ones end with an ellipsis.
        bytes: Maximum JSON size of all rows.
        ms: Maximum wall time in ms; then the query is interrupted.
    """

    rows: int = 1_000
    cell_chars: int = 10_000
    bytes: int = 2_000_000
    ms: int = 2_000

    def within(self, other: Limits) -> Limits:
        """The lower of both values for each cap."""
        return Limits(
            rows=min(self.rows, other.rows),
            cell_chars=min(self.cell_chars, other.cell_chars),
            bytes=min(self.bytes, other.bytes),
            ms=min(self.ms, other.ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Resources of queries.

    Attributes:
        memory_limit: DuckDB's memory limit in this process, in DuckDB's format; nothing is spilled to disk.
        threads: DuckDB's threads in this process; 1 is fastest for point queries.
        workers: Maximum number of worker processes; further queries wait.
        worker_memory_mb: Memory of each worker, in MiB, on top of an idle one; enforced by the kernel on Linux.
    """

    memory_limit: str = "1GB"
    threads: int = 1
    workers: int = 2
    worker_memory_mb: int = 512


DEFAULT_RESOURCES: Final = Resources()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """Rows of a query and their origin.

    Attributes:
        columns: Names and DuckDB types, in order.
        rows: JSON records; dates and times are ISO 8601 text, blobs base64, NaN and infinities the text `NaN`,
            `Infinity`, `-Infinity`. Values in lists and structs have the same form.
        truncated: Whether a cap cut off rows or cells.
        versions: Table name to the version that was read.
        sql: The text that was executed.
        fingerprint: Digest of the statement's syntax tree, independent of layout and comments.
        result_hash: Digest of the typed rows, independent of their order.
        pins: One `data_inputs` record for each table that was read.
    """

    columns: tuple[Column, ...]
    rows: list[dict[str, JsonValue]]
    truncated: bool
    versions: Mapping[str, int]
    sql: str
    fingerprint: str
    result_hash: str
    pins: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
