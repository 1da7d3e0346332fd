"""Fills the tables from a lakehouse."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from compound.connector.records.tables import APPLIED, VERSION
from compound.errors import DataError, choices
from compound.spec.records_file import RecordsField, RecordsNested, RecordsRows

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.spec.records_file import RecordsFile, RecordsTable

_BATCH = 1000


def is_filled(connection: Connection, file: RecordsFile) -> bool:
    """Whether the store has its tables, which are created and filled in one transaction."""
    there = set(sa.inspect(connection).get_table_names())
    return APPLIED in there and there >= set(file.tables)


def fill(
    connection: Connection,
    file: RecordsFile,
    metadata: sa.MetaData,
    tables: Mapping[str, Iterable[Mapping[str, object]]],
) -> None:
    """Replace the tables and fill them. See `Records.seed`."""
    missing = sorted(set(file.tables) - set(tables))
    if missing:
        what = f"the lakehouse lacks {', '.join(missing)}; it has {', '.join(sorted(tables)) or 'no tables'}"
        raise DataError("records.missing-table", what, fix="seed the lakehouse, or correct `tables`")
    metadata.drop_all(connection)
    metadata.create_all(connection)
    required = _required(file)
    for name, declared in file.tables.items():
        batch: list[dict[str, object]] = []
        for row in _rows(name, declared, tables[name], required[name]):
            batch.append(row)
            if len(batch) == _BATCH:
                _insert(connection, metadata.tables[name], batch)
                batch = []
        if batch:
            _insert(connection, metadata.tables[name], batch)


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
    try:
        connection.execute(table.insert(), rows)
    except IntegrityError as error:
        what = f"table {table.name}: {str(error.orig).strip()}"
        raise DataError("records.bad-value", what, fix="a key of the source is missing or not unique") from error


def _rows(
    name: str, table: RecordsTable, rows: Iterable[Mapping[str, object]], required: set[str]
) -> Iterator[dict[str, object]]:
    counted: dict[object, int] = {}
    known = set(table.columns) | set(table.ignored)
    is_checked = False
    for row in rows:
        if not is_checked:
            _check_columns(name, set(row), known, required)
            is_checked = True
        made = {column: _encoded(kind, row.get(column)) for column, kind in table.columns.items()}
        if table.position and table.position not in row:
            parent = row.get(table.key[0])
            made[table.position] = counted[parent] = counted.get(parent, -1) + 1
        made[VERSION] = 1
        yield made


def _required(file: RecordsFile) -> dict[str, set[str]]:
    """The required columns of a source: keys, and columns that a shape names without a question mark."""
    found = {name: set(table.key) for name, table in file.tables.items()}

    def walk(table: str, shape: Mapping[str, RecordsField]) -> None:
        for part in shape.values():
            if isinstance(part, RecordsNested):
                walk(table, part.fields)
            elif isinstance(part, RecordsRows):
                walk(part.rows, part.shape)
            elif not part.endswith("?"):
                found[table].add(part)

    for document in file.documents.values():
        walk(document.table, document.shape)
    # A missing counter column is filled in.
    return {name: columns - {file.tables[name].position} for name, columns in found.items()}


def _check_columns(name: str, given: set[str], known: set[str], required: set[str]) -> None:
    if unknown := sorted(given - known):
        what = f"table {name} has the column {unknown[0]!r}; {choices(sorted(known), unknown[0])}"
        raise DataError("records.unknown-column", what, fix="declare it under `columns`, or list it under `ignored`")
    if missing := sorted(required - given):
        what = f"table {name} lacks {', '.join(missing)}; it has {', '.join(sorted(given))}"
        raise DataError("records.missing-column", what)


def _encoded(kind: str, value: object) -> object:
    if kind == "json" and value is not None and not isinstance(value, str):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value
