"""SQL written by a model, from text to rows: guard, narrow, guard again, bind, check the plan, run.

The text is untrusted. The worker process bounds the cost of these steps (`worker`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import JsonValue

from compound.connector.lakehouse.query.query import Prepared, bind, bound_as, execute, not_bound, plan_rows
from compound.connector.lakehouse.statement.guard import Statement, guard
from compound.connector.lakehouse.statement.narrow import narrowed, shown
from compound.connector.lakehouse.value.types import Column, Limits, QueryResult, TableInfo
from compound.connector.lakehouse.value.values import converter
from compound.errors import ConnectorError, Location, ProjectError

if TYPE_CHECKING:
    import duckdb

    from compound.connector.lakehouse.query.engine import QueryEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A statement of a model and its grants.

    Attributes:
        sql: As the model wrote it.
        grants: Table to its granted columns.
        spelled: The granted tables with catalog and schema, as the tool's header writes them.
        limits: Caps; `ms` covers all steps together.
        max_plan_rows: Maximum number of rows that all steps of the plan touch.
    """

    sql: str
    grants: Mapping[str, tuple[Column, ...]]
    limits: Limits
    max_plan_rows: int
    spelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The result of an `Ask`.

    Attributes:
        sql: The executed text, narrowed to the grants.
        plan_rows: Rows that its plan touches, estimated before execution.
        result: The rows.
    """

    sql: str
    plan_rows: int
    result: QueryResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A statement that is already guarded and bound, for a worker process.

    Attributes:
        sql: The text that runs.
        columns: Columns of the result.
        tables: Names of the tables that it reads.
        fingerprint: Fingerprint of the statement.
        params: Parameters, each encoded by `encoded`.
        limits: Caps.
    """

    sql: str
    columns: tuple[Column, ...]
    tables: tuple[str, ...]
    fingerprint: str
    params: Mapping[str, list[JsonValue]]
    limits: Limits


def reviewed(prepared: Prepared, params: Mapping[str, object]) -> Reviewed:
    """A worker request for a prepared statement."""
    return Reviewed(
        sql=prepared.sql,
        columns=prepared.columns,
        tables=tuple(table.name for table in prepared.tables),
        fingerprint=prepared.statement.fingerprint,
        params={name: encoded(value) for name, value in params.items()},
        limits=prepared.limits,
    )


def bind_apart(
    ask: Callable[[Reviewed], Asked],
    statement: Statement,
    samples: Mapping[str, object],
    limits: Limits,
    tables: Sequence[TableInfo],
    where: Location | None,
) -> Prepared:
    """Bind in a worker process that can be killed: DuckDB evaluates constant expressions while binding.

    Raises:
        ProjectError: As `bind`.
        ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.worker``.
    """
    request = Reviewed(
        sql=f"DESCRIBE {statement.sql}",
        columns=tuple(Column(name=name, type="VARCHAR") for name in _DESCRIBED),
        tables=tuple(table.name for table in tables),
        fingerprint=statement.fingerprint,
        params={name: encoded(value) for name, value in samples.items()},
        limits=Limits(rows=_MAX_COLUMNS, cell_chars=_MAX_TYPE_CHARS, ms=limits.ms),
    )
    try:
        rows = ask(request).result.rows
    except ConnectorError as error:
        if error.code == "lakehouse.query-failed":
            raise not_bound(error.what, tables, where) from None
        raise
    columns = tuple(Column(name=str(row["column_name"]), type=str(row["column_type"])) for row in rows)
    return bound_as(columns, statement, limits, tables, where)


_DESCRIBED: Final = ("column_name", "column_type", "null", "key", "default", "extra")
_MAX_COLUMNS: Final = 10_000
_MAX_TYPE_CHARS: Final = 100_000


def encoded(value: object) -> list[JsonValue]:
    """A parameter as JSON with its type."""
    match value:
        case list():
            return ["list", [encoded(item) for item in cast("list[object]", value)]]
        case Decimal() | float():
            return [type(value).__name__, str(value)]
        case date():  # a datetime too
            return [type(value).__name__, value.isoformat()]
        case None | bool() | int() | str():
            return ["", value]
        case _:
            raise TypeError(f"a parameter of SQL cannot be a {type(value).__name__}")


def decoded(said: list[JsonValue]) -> object:
    """The inverse of `encoded`."""
    kind, value = said
    if kind == "list":
        return [decoded(item) for item in cast("list[list[JsonValue]]", value)]
    return _DECODE[cast("str", kind)](value) if kind else value


_DECODE: Final[Mapping[str, Callable[[Any], object]]] = {
    "Decimal": Decimal,
    "float": float,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def run_reviewed(engine: QueryEngine, tables: Mapping[str, TableInfo], request: Reviewed) -> Asked:
    """Run a reviewed statement.

    Raises:
        ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.query-failed``, ...
    """
    statement = Statement(
        sql=request.sql,
        tables=frozenset(request.tables),
        params=frozenset(request.params),
        fingerprint=request.fingerprint,
        has_limit=True,
        node={},
    )
    prepared = Prepared(
        statement=statement,
        columns=request.columns,
        limits=request.limits,
        sql=request.sql,
        tables=tuple(tables[name] for name in request.tables),
        converts=tuple(converter(column.type) for column in request.columns),
    )
    params = {name: decoded(value) for name, value in request.params.items()}
    return Asked(sql=request.sql, plan_rows=0, result=execute(engine, prepared, params))


def prepare_ask(
    cursor: duckdb.DuckDBPyConnection, tables: Mapping[str, TableInfo], ask: Ask, where: Location | None = None
) -> Prepared:
    """Guard, narrow, guard again and bind; nothing runs.

    Raises:
        ProjectError: ``sql.*``.
    """
    hidden = tables.keys() - ask.grants.keys()
    statement = guard(ask.sql, tables=list(ask.grants), spelled=ask.spelled, hidden=hidden, where=where)
    if statement.params:
        name = min(statement.params)
        raise ProjectError("sql.not-understood", f"${name} has no value", fix="write the value as a literal")
    again = guard(narrowed(statement.sql, ask.grants), tables=list(ask.grants), where=where)
    used = [tables[name] for name in sorted(again.tables)]
    try:
        return bind(cursor, again, {}, ask.limits, used, where)
    except ProjectError as error:
        # Error messages name only granted columns.
        if error.code != "sql.bind":
            raise
        raise ProjectError(error.code, error.what, fix=f"granted are {shown(ask.grants)}", where=where) from None


def run_ask(engine: QueryEngine, tables: Mapping[str, TableInfo], ask: Ask) -> Asked:
    """Run all steps; interrupted `limits.ms` after the first step started.

    Raises:
        ProjectError: ``sql.*``.
        ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.query-failed``, ...
    """
    deadline = time.monotonic() + ask.limits.ms / 1_000
    prepared = prepare_ask(engine.cursor(), tables, ask)
    rows = plan_rows(engine, prepared, deadline=deadline)
    if rows > ask.max_plan_rows:
        what = f"the plan touches about {rows:,} rows, more than {ask.max_plan_rows:,}"
        raise ProjectError("sql.too-costly", what, fix="join on keys, filter first, or return less")
    result = execute(engine, prepared, {}, deadline=deadline)
    return Asked(sql=prepared.statement.sql, plan_rows=rows, result=result)
