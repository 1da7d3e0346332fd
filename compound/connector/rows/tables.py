"""CSV, Parquet and Delta as rows."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from compound.connector.rows.row import Row, unreadable
from compound.connector.rows.values import json_value
from compound.errors import ConnectorError, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

_FETCH: Final = 1_000
_DELIMITERS: Final = (",", ";", "\t")
_MAX_CELL: Final = 16 * 1024 * 1024


def read_csv(path: Path) -> Iterator[Row]:
    """The rows of a CSV file with a header; every cell is text. Delimiter: the comma, semicolon or tab of the header.

    Raises:
        ConnectorError: `row.source-unreadable`: the header repeats a column or leaves one unnamed; unbalanced
            quotes.
        OSError: The file cannot be read.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        delimiter = _delimiter(stream)
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        line = 1
        try:
            header = _header(path, next(reader, []))
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _csv_row(header, cells, Location(str(path), line))
                line = reader.line_num + 1
        except csv.Error as error:
            what = f"{path.name} is not valid CSV from here on: {error}"
            where = Location(str(path), line)
            fix = "double each quote inside a quoted cell"
            raise ConnectorError("row.source-unreadable", what, fix=fix, where=where) from error


def _delimiter(stream: TextIO) -> str:
    first = stream.readline()
    stream.seek(0)
    if first.startswith("\ufeff"):
        first = first[1:]
    return max(_DELIMITERS, key=first.count)


def _header(path: Path, names: Sequence[str]) -> list[str]:
    header = [name.strip() for name in names]
    repeated = next((name for at, name in enumerate(header) if name in header[:at]), None)
    if not header or "" in header or repeated is not None:
        what = (
            f"the header names the column {repeated!r} twice" if repeated else "the header has a column without a name"
        )
        where = Location(str(path), 1)
        fix = "name every column once in the first line"
        raise ConnectorError("row.source-unreadable", f"{path.name}: {what}", fix=fix, where=where)
    return header


def _csv_row(header: Sequence[str], cells: Sequence[str], where: Location) -> Row:
    given = dict(zip(header, cells, strict=False))
    hint = given.get("id", "")
    if len(cells) != len(header):
        what = f"the row has {len(cells)} cell{'s' * (len(cells) != 1)}, the header names {len(header)} columns"
        return unreadable(where, what, "quote cells that contain the delimiter", hint)
    if any("\udc80" <= one <= "\udcff" for cell in cells for one in cell):
        return unreadable(where, "the row is not UTF-8", "save the file as UTF-8")
    return Row(where=where, record={name: cell for name, cell in given.items() if cell != ""}, cells="text")


def read_parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file, in order.

    Raises:
        ConnectorError: `row.source-unreadable`.
    """
    import duckdb

    try:
        with duckdb.connect(config={"threads": 1}) as db:
            found = db.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [str(column[0]) for column in found.description or ()]
            number = 0
            while rows := found.fetchmany(_FETCH):
                for values in rows:
                    number += 1
                    yield _table_row(names, values, Location(str(path), number))
    except duckdb.Error as error:
        said = " ".join(str(error).split())[:200]
        raise ConnectorError("row.source-unreadable", f"{path} cannot be read: {said}", fix=_WRITE_IT) from error


def read_delta(path: Path) -> Iterator[Row]:
    """The rows of a Delta table.

    Raises:
        ConnectorError: `row.source-unreadable`.
    """
    from deltalake import DeltaTable, QueryBuilder
    from deltalake.exceptions import DeltaError

    number = 0
    try:
        for batch in QueryBuilder().register("source", DeltaTable(path)).execute("select * from source"):
            names = list(batch.column_names)
            for values in zip(*batch.columns, strict=True):
                number += 1
                yield _table_row(names, [value.as_py() for value in values], Location(str(path), number))
    except (DeltaError, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise ConnectorError("row.source-unreadable", f"{path} cannot be read: {said}", fix=_WRITE_IT) from error


_WRITE_IT: Final = "write the table again, or name another source"


def _table_row(names: Sequence[str], values: Sequence[object], where: Location) -> Row:
    record = {name: json_value(value) for name, value in zip(names, values, strict=True)}
    return Row(where=where, record=record, cells="table")
