"""SQL that a model wrote, from its text to its rows: guard, narrow, guard again, bind, hold the plan, run.

Nothing here trusts the text, and nothing here bounds what the steps cost: that is the worker's part (`_worker`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import Location, ProjectError

from ._guard import guard
from ._narrow import narrowed, shown
from ._query import Prepared, bind, execute, plan_rows
from ._types import Column, Limits, QueryResult, TableInfo

if TYPE_CHECKING:
    import duckdb

    from ._engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A statement of a model and what it is granted.

    Attributes:
        sql: As the model wrote it.
        grants: Table to its granted columns.
        spelled: The granted tables with catalog and schema, as the tool's header writes them.
        limits: Caps; `ms` covers every step together.
        max_plan_rows: Rows that all steps of the plan may touch together.
    """

    sql: str
    grants: Mapping[str, tuple[Column, ...]]
    limits: Limits
    max_plan_rows: int
    spelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of it.

    Attributes:
        sql: The text that was narrowed to the grants and run.
        plan_rows: Rows that its plan touches, as estimated before it ran.
        result: The rows.
    """

    sql: str
    plan_rows: int
    result: QueryResult


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
        raise ProjectError("sql.not-understood", f"${name} has no value here", fix="write the value itself")
    again = guard(narrowed(statement.sql, ask.grants), tables=list(ask.grants), where=where)
    used = [tables[name] for name in sorted(again.tables)]
    try:
        return bind(cursor, again, {}, ask.limits, used, where)
    except ProjectError as error:
        # Whatever the tables have beside: only what is granted is named.
        if error.code != "sql.bind":
            raise
        raise ProjectError(error.code, error.what, fix=f"granted are {shown(ask.grants)}", where=where) from None


def run_ask(engine: Engine, tables: Mapping[str, TableInfo], ask: Ask) -> Asked:
    """Every step, the query interrupted when `limits.ms` are over since the first one began.

    Raises:
        ProjectError: ``sql.*``.
        ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.query-failed``, ...
    """
    deadline = time.monotonic() + ask.limits.ms / 1_000
    prepared = prepare_ask(engine.cursor(), tables, ask)
    rows = plan_rows(engine, prepared, deadline=deadline)
    if rows > ask.max_plan_rows:
        what = f"the plan touches about {rows:,} rows, more than {ask.max_plan_rows:,}"
        raise ProjectError("sql.too-costly", what, fix="join on keys, filter first, or ask for less")
    result = execute(engine, prepared, {}, deadline=deadline)
    return Asked(sql=prepared.statement.sql, plan_rows=rows, result=result)
