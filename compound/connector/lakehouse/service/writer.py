"""Writes Delta tables with idempotent commits that record the run."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, cast, runtime_checkable

from compound.connector.lakehouse.value.messages import said_of
from compound.errors import ConnectorError, choices

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable
    from pydantic import JsonValue

_MODES: Final = ("create", "append", "overwrite")
WriteMode: TypeAlias = Literal["create", "append", "overwrite"]


@runtime_checkable
class ArrowStream(Protocol):
    """Anything with Arrow data through the PyCapsule interface: DuckDB relations, arro3 tables."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream's capsule."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The result of a write.

    Attributes:
        uri: URI of the table.
        version: The table's version after the write.
        committed: False if the transaction was already committed, so that nothing was written.
    """

    uri: str
    version: int
    committed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppTransaction:
    """Makes a write idempotent: versions up to the committed one are skipped.

    Attributes:
        app_id: The writer: a sink, a batch.
        version: Increases with each write of that writer.
    """

    app_id: str
    version: int


def write_table(  # noqa: PLR0913  independent options
    path: str | Path,
    name: str,
    data: ArrowStream | Iterable[Mapping[str, JsonValue]],
    *,
    mode: WriteMode = "append",
    partition_by: Sequence[str] = (),
    schema: Mapping[str, str] | None = None,
    run_id: str | None = None,
    graph_hash: str | None = None,
    app_transaction: AppTransaction | None = None,
) -> Written:
    """Write one Delta table below a lakehouse's folder in one atomic commit.

    Args:
        path: The lakehouse's folder.
        name: The table.
        data: Arrow data, or JSON records.
        mode: `create` fails on an existing table; `append` and `overwrite` create a missing one.
        partition_by: Partition columns of a new table; ignored for an existing one.
        schema: Column name to DuckDB type, for JSON records; default: inferred from all records.
        run_id: Stored in the commit.
        graph_hash: Stored in the commit.
        app_transaction: Makes the write idempotent.

    Raises:
        ConnectorError: ``lakehouse.exists``, ``lakehouse.write-failed`` (full disk, mismatched columns),
            ``lakehouse.write-conflict``: another writer committed first.

    Cost: 5 to 20 ms plus time for the data.
    """
    from deltalake import DeltaTable

    target = Path(path).resolve() / name
    existing = DeltaTable(target) if DeltaTable.is_deltatable(str(target)) else None
    if existing is not None and app_transaction is not None and _is_committed(existing, app_transaction):
        return Written(uri=str(target), version=existing.version(), committed=False)
    _require_mode(mode, existing, name, target)
    notes = {"run_id": run_id, "graph_hash": graph_hash}
    with _translated(name, target):
        _commit(
            target,
            arrow(data, schema),
            mode,
            list(partition_by) or _partitions(existing),
            {key: value for key, value in notes.items() if value is not None},
            app_transaction,
        )
    return Written(uri=str(target), version=DeltaTable(target).version(), committed=True)


def _require_mode(mode: WriteMode, existing: DeltaTable | None, name: str, target: Path) -> None:
    if mode not in _MODES:
        raise ConnectorError("lakehouse.bad-mode", f"{mode!r} is not a write mode", fix=choices(_MODES, mode))
    if existing is not None and mode == "create":
        what = f"the table {name!r} exists at {target}"
        raise ConnectorError("lakehouse.exists", what, fix="use mode append or overwrite")


def _is_committed(existing: DeltaTable, transaction: AppTransaction) -> bool:
    done = existing.transaction_version(transaction.app_id)
    return done is not None and done >= transaction.version


def _commit(
    target: Path,
    rows: ArrowStream,
    mode: WriteMode,
    partitions: list[str] | None,
    notes: dict[str, str],
    transaction: AppTransaction | None,
) -> None:
    from deltalake import CommitProperties, Transaction, write_deltalake

    target.parent.mkdir(parents=True, exist_ok=True)
    write_deltalake(
        target,
        cast("Any", rows),
        mode="error" if mode == "create" else mode,
        partition_by=partitions,
        schema_mode="overwrite" if mode == "overwrite" else None,
        commit_properties=CommitProperties(
            custom_metadata=notes,
            app_transactions=[Transaction(transaction.app_id, transaction.version)] if transaction else None,
        ),
    )


@contextmanager
def _translated(name: str, target: Path) -> Generator[None]:
    from deltalake.exceptions import CommitFailedError, DeltaError

    try:
        yield
    except CommitFailedError as error:
        what = f"table {name!r}: another writer committed first: {error}"
        raise ConnectorError("lakehouse.write-conflict", what, fix="write again") from error
    except (DeltaError, OSError, ValueError, TypeError) as error:
        what = f"table {name!r} at {target} cannot be written: {' '.join(str(error).split())[:300]}"
        raise ConnectorError("lakehouse.write-failed", what, fix="check the disk and the columns") from error


def _partitions(existing: DeltaTable | None) -> list[str] | None:
    return list(existing.metadata().partition_columns) or None if existing is not None else None


def arrow(
    data: ArrowStream | Iterable[Mapping[str, JsonValue]], schema: Mapping[str, str] | None = None
) -> ArrowStream:
    """Convert JSON records to Arrow data; Arrow data is returned unchanged.

    Raises:
        ConnectorError: ``lakehouse.no-columns``: no records and no schema; ``lakehouse.write-failed``: a value
            does not match its column.
    """
    if isinstance(data, ArrowStream):
        return data
    import duckdb
    import orjson
    from arro3.core import Table

    rows = [dict(row) for row in data]
    names = list(schema) if schema else list(dict.fromkeys(key for row in rows for key in row))
    if not names:
        what = "the columns are unknown: there are no records and no schema"
        raise ConnectorError("lakehouse.no-columns", what, fix="pass a schema")
    unknown = sorted({key for row in rows for key in row} - set(names))
    if unknown:
        what = f"a record has the column {unknown[0]!r}, which the schema lacks"
        raise ConnectorError("lakehouse.write-failed", what, fix=choices(names, unknown[0]))
    connection = duckdb.connect(config={"threads": 1, "enable_external_access": False})
    try:
        text = orjson.dumps([{key: row.get(key) for key in names} for row in rows]).decode()
        kinds = dict(schema) if schema else _inferred(connection, text)
        sql = "SELECT unnest(record) FROM (SELECT unnest(from_json_strict($1::JSON, $2)) AS record)"
        return Table.from_arrow(connection.sql(sql, params=[text, orjson.dumps([kinds]).decode()]))
    except (duckdb.Error, TypeError) as error:
        what = f"the records do not match their columns: {said_of(error, names)}"
        raise ConnectorError("lakehouse.write-failed", what, fix="pass a matching schema") from error
    finally:
        connection.close()


def _inferred(connection: duckdb.DuckDBPyConnection, text: str) -> object:
    """Types that fit every record; unsigned and mixed types become Delta types."""
    import orjson

    found = connection.execute("SELECT json_structure($1::JSON)", [text]).fetchall()
    return _storable(orjson.loads(found[0][0])[0])


def _storable(kind: object) -> object:
    if isinstance(kind, dict):
        return {key: _storable(value) for key, value in cast("dict[str, object]", kind).items()}
    if isinstance(kind, list):
        return [_storable(item) for item in cast("list[object]", kind)]
    return {"UBIGINT": "BIGINT", "NULL": "VARCHAR", "JSON": "VARCHAR"}.get(str(kind), kind)
