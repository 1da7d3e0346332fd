"""Running one guarded statement: prepared once, capped and interrupted while it runs."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

import duckdb
import orjson
from pydantic import JsonValue

from compound.connector.lakehouse.query.engine import QueryEngine
from compound.connector.lakehouse.query.watchdog import watchdog
from compound.connector.lakehouse.statement.guard import Statement
from compound.connector.lakehouse.value.messages import said_of
from compound.connector.lakehouse.value.types import Column, Limits, QueryResult, TableInfo
from compound.connector.lakehouse.value.values import converter, fetchable, is_direct, result_hash
from compound.errors import ConnectorError, Location, ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMPARES_ALL: Final = ("CROSS_PRODUCT", "NL_JOIN", "NESTED_LOOP_JOIN")
_OF_FILES: Final = (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException, duckdb.InternalException)
_DAMAGE: Final = re.compile(r"checksum|corrupt", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A statement bound to the pinned tables.

    Attributes:
        statement: The guarded statement.
        columns: Names and types of the result.
        limits: Caps on the query.
        sql: The executed text: the statement with its row cap and type conversions.
        tables: The tables it reads, pinned.
        converts: For each column, a converter from the fetched value to JSON; None if no conversion is needed.
    """

    statement: Statement
    columns: tuple[Column, ...]
    limits: Limits
    sql: str
    tables: tuple[TableInfo, ...]
    converts: tuple[Callable[[Any], JsonValue] | None, ...]


def bind(
    cursor: duckdb.DuckDBPyConnection,
    statement: Statement,
    samples: Mapping[str, object],
    limits: Limits,
    tables: Sequence[TableInfo],
    where: Location | None,
) -> Prepared:
    """Bind on the pinned schema with DESCRIBE, which infers the output types and runs nothing.

    Raises:
        ProjectError: ``sql.bind``: an unknown column, function overload or type; ``sql.duplicate-column``.
    """
    try:
        described = cursor.execute(f"DESCRIBE {statement.sql}", dict(samples)).fetchall()
    except duckdb.Error as error:
        what = " ".join(str(error).split(" LINE ")[0].split("\n\n")[0].split())
        raise not_bound(what, tables, where) from None
    columns = tuple(Column(name=str(row[0]), type=str(row[1])) for row in described)
    return bound_as(columns, statement, limits, tables, where)


def not_bound(what: str, tables: Sequence[TableInfo], where: Location | None) -> ProjectError:
    """The error of a statement that cannot be bound to the tables."""
    fix = "; ".join(f"{table.name}: {', '.join(column.name for column in table.schema)}" for table in tables)
    return ProjectError("sql.bind", what, fix=f"columns are {fix}" if fix else "", where=where)


def bound_as(
    columns: tuple[Column, ...],
    statement: Statement,
    limits: Limits,
    tables: Sequence[TableInfo],
    where: Location | None,
) -> Prepared:
    """A prepared statement with these result columns.

    Raises:
        ProjectError: ``sql.duplicate-column``.
    """
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = f"the result has two columns {twice[0]!r}"
        raise ProjectError("sql.duplicate-column", what, fix="rename one with AS", where=where)
    return Prepared(
        statement=statement,
        columns=columns,
        limits=limits,
        sql=_executed(statement, columns, limits),
        tables=tuple(tables),
        converts=tuple(converter(column.type) for column in columns),
    )


def _executed(statement: Statement, columns: Iterable[Column], limits: Limits) -> str:
    sql = statement.sql
    if not statement.has_limit:
        sql = f"{sql}\nLIMIT {limits.rows + 1}"
    if all(is_direct(column.type) for column in columns):
        return sql
    return f"SELECT {', '.join(map(fetchable, columns))} FROM (\n{sql}\n) AS answer"


def plan_rows(engine: QueryEngine, prepared: Prepared, *, deadline: float | None = None) -> int:
    """Rows that all steps of the plan touch, as estimated by DuckDB; nothing is run.

    Args:
        engine: The engine with the tables.
        prepared: The statement.
        deadline: Deadline on the monotonic clock; None: `limits.ms` from now.

    Raises:
        ConnectorError: As `execute`: planning has the same limits as execution.
    """
    cursor = engine.cursor()
    dog = watchdog()
    watch = dog.arm(cursor, _left_ms(prepared, deadline))
    try:
        rows = cursor.execute(f"EXPLAIN (FORMAT JSON) {prepared.sql}").fetchall()
    except (duckdb.Error, RuntimeError) as error:
        _failed(prepared, error, interrupted=watch.fired)
    finally:
        dog.disarm(watch)
    return sum(_touched(step)[0] for step in orjson.loads(rows[0][1]))


def _touched(step: Mapping[str, Any]) -> tuple[int, int]:
    """Rows that a step and its children touch, and rows that it returns."""
    below = [_touched(child) for child in step.get("children", [])]
    pairs = math.prod(max(given, 1) for _, given in below)
    compares_all = any(word in str(step.get("name")) for word in _COMPARES_ALL)
    said = str(step.get("extra_info", {}).get("Estimated Cardinality", ""))
    # A cross product has no estimate, and the steps above it assume that it is small.
    given = int(said) if said.isdecimal() else pairs if compares_all else max((rows for _, rows in below), default=0)
    return sum(rows for rows, _ in below) + (max(pairs, given) if compares_all else given), given


def _left_ms(prepared: Prepared, deadline: float | None) -> int:
    if deadline is None:
        return prepared.limits.ms
    return max(1, math.ceil((deadline - time.monotonic()) * 1_000))


def execute(
    engine: QueryEngine, prepared: Prepared, params: Mapping[str, object], *, deadline: float | None = None
) -> QueryResult:
    """Execute a statement on this thread's cursor.

    Args:
        engine: The engine with the tables.
        prepared: The statement.
        params: Its parameters.
        deadline: Deadline on the monotonic clock; None: `limits.ms` from now.

    Raises:
        ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.query-failed``,
            ``lakehouse.cache-damaged``.
    """
    limits = prepared.limits
    cursor = engine.cursor()
    dog = watchdog()
    watch = dog.arm(cursor, _left_ms(prepared, deadline))
    try:
        cursor.execute(engine.parsed(prepared.sql), dict(params))
        fetched = cursor.fetchmany(limits.rows + 1)
        if len(fetched) > limits.rows:
            cursor.abort()
        else:
            cursor.complete()
    except (duckdb.Error, RuntimeError) as error:
        _failed(prepared, error, interrupted=watch.fired)
    finally:
        dog.disarm(watch)
    try:
        return _result(prepared, fetched)
    except (ValueError, LookupError, ArithmeticError, TypeError, RecursionError) as error:
        what = f"a value has no JSON representation ({type(error).__name__})"
        raise ConnectorError("lakehouse.query-failed", what, fix="cast the column to VARCHAR") from error


def _result(prepared: Prepared, fetched: list[tuple[Any, ...]]) -> QueryResult:
    limits, columns, converts = prepared.limits, prepared.columns, prepared.converts
    names = [column.name for column in columns]
    truncated = len(fetched) > limits.rows
    rows: list[dict[str, JsonValue]] = []
    encoded: list[bytes] = []
    size = 1
    # JSON overhead of a row: each name with its colon, and the comma before the next row.
    around = sum(len(orjson.dumps(name)) + 1 for name in names) + 1
    for record in fetched[: limits.rows]:
        values: list[JsonValue] = []
        for value, convert in zip(record, converts, strict=True):
            cell: JsonValue = value if convert is None or value is None else convert(value)
            if isinstance(cell, str) and len(cell) > limits.cell_chars:
                cell, truncated = cell[: max(limits.cell_chars - 1, 0)] + "…", True
            values.append(cell)
        line = orjson.dumps(values, default=str)
        size += len(line) + around
        if size > limits.bytes:
            truncated = True
            break
        rows.append(dict(zip(names, values, strict=True)))
        encoded.append(line)
    return QueryResult(
        columns=columns,
        rows=rows,
        truncated=truncated,
        versions={table.name: table.version for table in prepared.tables},
        sql=prepared.sql,
        fingerprint=prepared.statement.fingerprint,
        result_hash=result_hash(columns, encoded),
        pins=[table.pin() for table in prepared.tables],
    )


def _failed(prepared: Prepared, error: Exception, *, interrupted: bool) -> NoReturn:
    if interrupted and ("interrupt" in str(error).lower() or isinstance(error, RuntimeError)):
        raise timed_out(prepared.limits.ms) from None
    if isinstance(error, duckdb.OutOfMemoryException):
        raise out_of_memory() from None
    if isinstance(error, _OF_FILES) and _DAMAGE.search(str(error)):
        what = f"a snapshot cannot be read ({type(error).__name__})"
        raise ConnectorError("lakehouse.cache-damaged", what, fix="open the lakehouse again; it is rebuilt") from None
    said = said_of(error, {column.name for table in prepared.tables for column in table.schema})
    raise ConnectorError("lakehouse.query-failed", said, fix="correct the parameters or the query") from None


def timed_out(ms: int) -> ConnectorError:
    """The error of a query that was stopped."""
    what = f"the query took longer than {ms} ms and was stopped"
    return ConnectorError("lakehouse.timeout", what, fix="filter on the table's key, or raise limits.ms")


def out_of_memory() -> ConnectorError:
    """The error of a query that needs more memory than its process has."""
    what = "the query exceeds its memory limit"
    return ConnectorError("lakehouse.memory", what, fix="return or group fewer rows")
