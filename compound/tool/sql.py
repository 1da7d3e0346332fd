"""`SqlTool`: a reviewed `.sql` file as a tool."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from compound.connector.lakehouse.value.types import Column, Limits
from compound.errors import ConnectorError, Location, ProjectError, RunError, choices
from compound.language.schema import closed_record, nullable
from compound.spec.sql_tool import SqlToolSpec, parse_sql_tool
from compound.tool.sql_params import arguments, params_schema, sample
from compound.trace.active import child

if TYPE_CHECKING:
    from compound.connector.lakehouse.query.query import Prepared
    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.connector.lakehouse.statement.guard import Statement

_HOP_S: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlResult:
    """The result of a SQL tool.

    Attributes:
        rows: JSON records, at most `limits.rows`.
        row_count: Number of rows.
        truncated: Whether a cap cut off rows or cells.
        versions: Table name to the version that was read.
        columns: Names and DuckDB types.
        result_hash: Digest of the typed rows, independent of their order.
        value: The value in graphs: the rows, or with `returns: one` a row or None.
    """

    rows: list[dict[str, JsonValue]]
    row_count: int
    truncated: bool
    versions: Mapping[str, int]
    columns: tuple[Column, ...]
    result_hash: str
    value: JsonValue


@dataclass(slots=True, eq=False)
class BoundSqlTool:
    """A SQL tool bound to a lakehouse.

    Attributes:
        tool: The tool.
        lakehouse: The lakehouse with pinned tables.
        prepared: The bound statement.
    """

    tool: SqlTool
    lakehouse: Lakehouse
    prepared: Prepared
    _usual_s: float = field(default=0.0)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Names and types of the result, inferred without running."""
        return self.prepared.columns

    @property
    def pins(self) -> list[dict[str, JsonValue]]:
        """The pinned tables."""
        return [table.pin() for table in self.prepared.tables]

    @property
    def output_schema(self) -> dict[str, JsonValue]:
        """JSON schema of the tool's value."""
        from compound.connector.lakehouse.value.values import json_type

        row = closed_record({column.name: json_type(column.type) for column in self.columns})
        return nullable(row) if self.tool.spec.returns == "one" else {"type": "array", "items": row}

    def run(self, params: Mapping[str, JsonValue], *, caller: Mapping[str, JsonValue] | None = None) -> SqlResult:
        """Run on this thread; one span.

        Raises:
            DataError: ``tool.bad-input``, ``tool.missing-caller``, ``tool.forged-caller``.
            ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ...
            RunError: ``tool.many-rows``: `returns: one`, but several rows were found; ``tool.not-finite``: NaN or an
                infinity in a numeric column.
        """
        spec, prepared = self.tool.spec, self.prepared
        with child(f"execute_tool {spec.name}", kind="sql") as span:
            span.set(
                sql_text=prepared.sql,
                sql_fingerprint=prepared.statement.fingerprint,
                data_inputs=list(self.pins),
            )
            typed = arguments(spec.name, spec.params, params, caller)
            begun = time.perf_counter()
            try:
                result = self.lakehouse.execute(prepared, typed)
            except ConnectorError as error:
                raise ConnectorError(error.code, f"{spec.name}: {error.what}", fix=error.fix) from error
            took_s = time.perf_counter() - begun
            self._usual_s = took_s if self._usual_s == 0 else (3 * self._usual_s + took_s) / 4
            span.set(sql_rows=len(result.rows), sql_result_hash=result.result_hash, sql_truncated=result.truncated)
            self._promise_numbers(result.rows)
            value: JsonValue = [*result.rows]
            if spec.returns == "one":
                if len(result.rows) > 1:
                    what = f"{spec.name}: expected one row, found {len(result.rows)}"
                    raise RunError("tool.many-rows", what, fix="filter on a key, or declare returns: many")
                value = result.rows[0] if result.rows else None
            return SqlResult(
                rows=result.rows,
                row_count=len(result.rows),
                truncated=result.truncated,
                versions=result.versions,
                columns=result.columns,
                result_hash=result.result_hash,
                value=value,
            )

    def _promise_numbers(self, rows: list[dict[str, JsonValue]]) -> None:
        from compound.connector.lakehouse.value.values import not_finite

        name = self.tool.spec.name
        for column in self.columns:
            if "DOUBLE" not in column.type and "FLOAT" not in column.type:
                continue
            found = next(filter(None, (not_finite(column.type, row[column.name]) for row in rows)), "")
            if found:
                what = f"{name}: column {column.name!r} contains {found}, which is not a number in JSON"
                fix = f"CASE WHEN isfinite({column.name}) THEN {column.name} END returns NULL instead"
                raise RunError("tool.not-finite", what, fix=fix)

    async def call(self, inputs: Mapping[str, JsonValue]) -> JsonValue:
        """The tool's value in a graph; a query that usually takes longer than 5 ms runs in a worker thread.

        Raises:
            CompoundError: As `run`.
        """
        if self._usual_s < _HOP_S and not self.prepared.statement.is_long:
            return self.run(inputs).value
        from anyio.to_thread import run_sync

        result = await run_sync(partial(self.run, inputs))
        return result.value


class SqlTool:
    """A reviewed, parameterised query.

    Attributes:
        spec: Its header.
        sql: The statement as written.
        where: Place of the statement.
        statement: The guarded statement.
    """

    def __init__(self, spec: SqlToolSpec, sql: str, where: Location, statement: Statement) -> None:
        self.spec = spec
        self.sql = sql
        self.where = where
        self.statement = statement
        self._bound: BoundSqlTool | None = None

    @property
    def name(self) -> str:
        """Name in graphs."""
        return self.spec.name

    @property
    def description(self) -> str:
        """Description of the result."""
        return self.spec.description

    @property
    def limits(self) -> Limits:
        """Caps on rows, cells, bytes and time."""
        return Limits(**self.spec.limits.model_dump())

    @classmethod
    def load(cls, text: str, path: str) -> SqlTool:
        """Read and guard a `.sql` file, without reading data.

        Raises:
            ProjectError: ``tool.*``: the header; ``sql.*``: not one read-only SELECT over declared tables, or
                ``sql.unknown-parameter``, ``sql.unused-parameter``.
        """
        from compound.connector.lakehouse.statement.guard import guard

        file = parse_sql_tool(text, path)
        statement = guard(file.sql, tables=file.spec.table_names, spelled=file.spec.tables, where=file.where)
        declared = set(file.spec.params)
        for name in sorted(statement.params - declared):
            what = f"${name} is not declared in the header"
            fix = choices(sorted(declared), name)
            raise ProjectError("sql.unknown-parameter", what, fix=fix, where=file.where)
        for name in sorted(declared - statement.params):
            what = f"parameter {name!r} is declared, but the statement does not use it"
            at = file.header.source.key(("params", name))
            raise ProjectError("sql.unused-parameter", what, fix="use it or remove it", where=at)
        return cls(file.spec, file.sql, file.where, statement)

    def params_schema(self, *, for_model: bool = False) -> dict[str, JsonValue]:
        """JSON schema of the inputs; for models without caller parameters."""
        return params_schema(self.spec.params, for_model=for_model)

    def bind(self, lakehouse: Lakehouse) -> BoundSqlTool:
        """Bind to pinned tables: columns and output types without running, and the customer proof.

        Raises:
            ConnectorError: ``lakehouse.missing-table`` and others: a declared table cannot be read.
            ProjectError: ``sql.bind``: unknown columns or types; ``sql.customer``: a keyed table is
                read without a `from: caller.*` parameter that restricts it.
        """
        bound = self._bound
        if bound is not None and bound.lakehouse is lakehouse:
            return bound
        self._prove(lakehouse)
        prepared = lakehouse.prepare(
            self.statement.sql,
            tables=self.spec.table_names,
            samples={name: sample(spec) for name, spec in self.spec.params.items()},
            limits=self.limits,
            where=self.where,
        )
        bound = BoundSqlTool(tool=self, lakehouse=lakehouse, prepared=prepared)
        self._bound = bound
        return bound

    def run(
        self,
        lakehouse: Lakehouse,
        params: Mapping[str, JsonValue],
        *,
        caller: Mapping[str, JsonValue] | None = None,
    ) -> SqlResult:
        """Bind (cached per lakehouse) and run.

        Args:
            lakehouse: The tables.
            params: Inputs by name.
            caller: The caller, if a model set the inputs; see `from: caller.*`.

        Raises:
            CompoundError: As `bind` and `BoundSqlTool.run`.
        """
        return self.bind(lakehouse).run(params, caller=caller)

    def _prove(self, lakehouse: Lakehouse) -> None:
        if self.spec.scope != "customer":
            return
        from compound.connector.lakehouse.statement.customer import unrestricted_tables

        tables = {name: lakehouse.table(name) for name in self.spec.table_names}
        callers = {name: spec.type for name, spec in self.spec.params.items() if spec.source}
        loose = unrestricted_tables(self.statement, tables, callers)
        if loose:
            info = lakehouse.table(loose[0])
            key = info.options.customer_key
            column = key.column if key else ""
            way = f"join {key.through} on {column}" if key and key.through else f"write WHERE {column} = $name"
            what = f"{info.name} has rows of several customers and is not restricted to the caller"
            fix = f"{way}, with a parameter `from: caller.*`; for an exception set `scope: identity` or `all`"
            raise ProjectError("sql.customer", what, fix=fix, where=self.where)
