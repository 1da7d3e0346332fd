"""The values of the lakehouse: tables, limits, results."""

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
        nullable: False only where the table's schema promises a value.
    """

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKey:
    """How the rows of a table belong to a customer.

    Attributes:
        column: The column that holds the customer's key, or the one that leads to it.
        through: Another keyed table with a column of the same name; empty when `column` is the key itself.
    """

    column: str
    through: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """What a connection says about one table.

    Attributes:
        customer_key: Set on tables that hold rows of single customers.
        hide: Columns that are not granted; they are never copied into the snapshot.
        cluster_by: Columns the snapshot is sorted by; the customer key when empty.
        description: What a row is.
        columns: Column to what it holds, where its name does not say it.
    """

    customer_key: CustomerKey | None = None
    hide: tuple[str, ...] = ()
    cluster_by: tuple[str, ...] = ()
    description: str = ""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])


NO_OPTIONS: Final = TableOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """A table at the version it is pinned to.

    Attributes:
        name: What SQL calls it.
        uri: Where it lies.
        format: `delta`, `parquet` or `duckdb`.
        version: Delta's version; for files the newest modification time in ns.
        snapshot_ts: When that version was committed, ISO 8601 in UTC.
        table_id: Delta's table id; for files a digest of the place.
        fingerprint: Digest of what makes this version this version; the snapshot's key.
        schema: The columns.
        schema_hash: SHA-256 of names, types and nullability, 16 hex digits.
        rows: Number of rows.
        options: What the connection says about it.
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
        rows: Rows returned.
        cell_chars: Characters of one text cell; a longer one ends with an ellipsis.
        bytes: JSON size of all rows.
        ms: Wall time; the query is interrupted.
    """

    rows: int = 1_000
    cell_chars: int = 10_000
    bytes: int = 2_000_000
    ms: int = 2_000

    def within(self, other: Limits) -> Limits:
        """The tighter one of both, cap by cap."""
        return Limits(
            rows=min(self.rows, other.rows),
            cell_chars=min(self.cell_chars, other.cell_chars),
            bytes=min(self.bytes, other.bytes),
            ms=min(self.ms, other.ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What queries may use.

    Attributes:
        memory_limit: DuckDB's memory in this process, as DuckDB writes it; nothing is spilled to disk.
        threads: DuckDB's threads in this process; 1 is fastest for point queries.
        workers: Processes that run SQL of models, at most; more queries wait for their turn.
        worker_memory_mb: Memory of each, in MiB, above what an idle one needs; the kernel enforces it on Linux.
    """

    memory_limit: str = "1GB"
    threads: int = 1
    workers: int = 2
    worker_memory_mb: int = 512


DEFAULT_RESOURCES: Final = Resources()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """Rows and what they were read from.

    Attributes:
        columns: Names and DuckDB types, in order.
        rows: JSON records; dates and times are ISO 8601 text, blobs base64, NaN and infinities the text `NaN`,
            `Infinity`, `-Infinity`. A value in a list or a struct looks as it does alone.
        truncated: A cap cut rows or cells off.
        versions: Table name to the version that was read.
        sql: The text that was executed.
        fingerprint: Digest of the statement's syntax tree, blind to layout and comments.
        result_hash: Digest of the typed rows, blind to their order.
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
