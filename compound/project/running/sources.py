"""The sources of `--from`: a file, a table, SQL over the lakehouse, a function of the project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from compound.connector.rows.row import Row
from compound.connector.rows.sources import read_rows
from compound.connector.rows.values import json_value
from compound.errors import CompoundError, ConnectorError, DataError, Location, ProjectError, told

if TYPE_CHECKING:
    from compound.project.open.resources import Resources

_SQL: Final = "sql:"
_FUNCTION: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows under one name.

    Attributes:
        name: Canonical name of the backlog: a path without links and dots, the SQL, or the function.
        rows: Reads them from the start; each call reads again.
        path: Of a file or folder; None for SQL and functions.
    """

    name: str
    rows: Callable[[], Iterator[Row]]
    path: Path | None = None


def open_source(source: str, resources: Resources) -> Source:
    """The source that a user names; reads nothing yet.

    Args:
        source: A path, `sql:SELECT ...` or `module:function`.
        resources: Resources of the project.
    """
    if source.startswith(_SQL):
        sql = source.removeprefix(_SQL).strip()
        return Source(name=f"{_SQL}{sql}", rows=lambda: _sql_rows(sql, resources))
    path = Path(source)
    if _FUNCTION.fullmatch(source) and not path.exists():
        return Source(name=source, rows=lambda: _function_rows(source, resources))
    path = path.resolve()
    return Source(name=str(path), rows=lambda: read_rows(path), path=path)


def _sql_rows(sql: str, resources: Resources) -> Iterator[Row]:
    """One guarded SELECT over the pinned tables.

    Raises:
        ProjectError: ``sql.*``.
        ConnectorError: ``lakehouse.*``; `row.source-unreadable`: it has more rows than a batch may have.
    """
    result = resources.lakehouse.pin().select(sql)
    if result.truncated:
        what = f"the statement returns more than {len(result.rows):,} rows, or a cell that is too long"
        raise ConnectorError("row.source-unreadable", what, fix="select fewer rows, or fewer columns")
    for number, record in enumerate(result.rows, start=1):
        yield Row(where=Location("sql", number), record=record, cells="table")


def _function_rows(reference: str, resources: Resources) -> Iterator[Row]:
    """The rows that a function of the project returns or yields.

    Raises:
        ProjectError: `project.unknown-function`, `project.bad-module`; `row.source-failed`: it raises, or does not
            return rows.
    """
    function = cast("Callable[[], object]", resources.parts.modules.function(reference))
    number = 0
    try:
        for number, one in enumerate(_iterable(function(), reference), start=1):
            yield _function_row(one, Location(reference, number))
    except CompoundError:
        raise
    except Exception as error:
        what = f"{reference} failed after {number} row{'s' * (number != 1)}: {told(error)}"
        raise ProjectError("row.source-failed", what, fix="correct the function") from error


def _iterable(found: object, reference: str) -> Iterable[object]:
    if not isinstance(found, Iterable) or isinstance(found, (str, bytes, Mapping)):
        what = f"{reference} returns {type(found).__name__}, not rows"
        raise ProjectError("row.source-failed", what, fix="return or yield one record per row")
    return cast("Iterable[object]", found)


def _function_row(one: object, where: Location) -> Row:
    dumped = getattr(one, "model_dump", None)
    record = dumped(mode="json") if callable(dumped) else one
    if is_dataclass(record) and not isinstance(record, type):
        record = asdict(record)
    if not isinstance(record, Mapping):
        what = f"the row is {type(one).__name__}, not a record"
        error = DataError("row.unreadable", what, fix="yield a dict, a dataclass or a pydantic model", where=where)
        return Row(where=where, error=error)
    given = cast("Mapping[object, object]", record)
    return Row(where=where, record={str(name): json_value(value) for name, value in given.items()})
