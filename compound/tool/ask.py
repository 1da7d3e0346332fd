"""`AskTool`: runs SQL written by a model within the grants of the tool's header.

Layers of defence, in order: everything runs in a worker process that is killed on timeout or out of memory; the guard
proves one read-only SELECT over granted tables; each table is rewritten to a sub-query of its granted columns; the
guard proves the rewritten text again; the rows of its plan are limited; caps on rows, bytes and time apply while it
runs on a hardened connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, Literal

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from compound.connector.lakehouse.value.types import Column, Limits
from compound.errors import CompoundError, DataError, Location, ProjectError
from compound.language.schema import closed_record, nullable
from compound.spec.sql_tool import SqlToolSpec, parse_sql_tool
from compound.trace.active import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compound.connector.lakehouse.query.query import Prepared
    from compound.connector.lakehouse.service.asking import Ask
    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.connector.lakehouse.service.workers import Cancellation

_MENDABLE: Final = frozenset(
    {"sql.syntax", "sql.bind", "sql.duplicate-column", "sql.unknown-name", "sql.not-understood"}
    | {"lakehouse.query-failed"}  # a value that cannot be cast
)
_REFUSED: Final = frozenset({"sql.not-one-select", "sql.not-allowed", "sql.undeclared-table"})
_QUESTION: Final = re.compile(r"^--[ \t]*(.+)$", re.MULTILINE)

AskStatus = Literal["ok", "nothing", "mend", "refused", "failed"]


class AskProblem(BaseModel):
    """Why there are no rows.

    Attributes:
        code: Error code.
        message: What was found.
        hint: What to write instead; names only granted tables and columns.
    """

    code: str
    message: str
    hint: str


class AskAnswer(BaseModel):
    """The result of a statement.

    Attributes:
        status: `ok`; `nothing`: no SQL; `mend`: an error in syntax, names or types that a retry can fix; `refused`: it
            exceeds its grants; `failed`: too costly, too slow or too large.
        sql: The executed SQL, narrowed to its grants; null if nothing ran.
        rows: JSON records in order, at most `limits.rows`.
        columns: Names and DuckDB types.
        truncated: Whether rows or cells were cut off.
        plan_rows: Rows that the plan touches, estimated before execution.
        problem: Why there are no rows.
    """

    model_config = ConfigDict(extra="forbid")

    status: AskStatus
    sql: str | None = None
    rows: list[dict[str, JsonValue]] = Field(default_factory=list[dict[str, JsonValue]])
    columns: list[dict[str, str]] = Field(default_factory=list[dict[str, str]])
    truncated: bool = False
    plan_rows: int | None = None
    problem: AskProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedQuery:
    """A verified question and the SELECT that answers it."""

    question: str
    sql: str


class AskTool:
    """A tool that runs SQL written by a model over granted columns.

    Attributes:
        spec: Its header.
        sql: The examples as written.
        examples: The parsed examples.
        where: Place of the examples.
    """

    def __init__(self, spec: SqlToolSpec, sql: str, where: Location) -> None:
        self.spec = spec
        self.sql = sql
        self.where = where
        self.examples = tuple(_examples(sql, where))
        self._bound: BoundAsk | None = None

    @classmethod
    def load(cls, text: str, path: str) -> AskTool:
        """Read a `.sql` file of `kind: ask`; its examples must pass the guard; no data is read.

        Raises:
            ProjectError: ``tool.*``: the header; ``sql.*``: an example is not one read-only SELECT.
        """
        from compound.connector.lakehouse.statement.guard import guard

        file = parse_sql_tool(text, path)
        tool = cls(file.spec, file.sql, file.where)
        for example in tool.examples:
            guard(example.sql, tables=file.spec.table_names, spelled=file.spec.tables, where=file.where)
        return tool

    @property
    def name(self) -> str:
        """Name in graphs."""
        return self.spec.name

    @property
    def description(self) -> str:
        """Description of the result."""
        return self.spec.description

    def params_schema(self, *, for_model: bool = False) -> dict[str, JsonValue]:
        """JSON schema of the inputs: `sql`, which may be null."""
        del for_model  # no parameters are hidden
        said = "One SELECT in DuckDB's SQL over the granted tables; null when there is none."
        return closed_record({"sql": {**nullable({"type": "string"}), "description": said}})

    def bind(self, lakehouse: Lakehouse) -> BoundAsk:
        """Bind to pinned tables; every example is bound too, to detect changed schemas.

        Raises:
            ConnectorError: ``lakehouse.missing-table`` and others: a granted table cannot be read.
            ProjectError: ``sql.unknown-name``: a granted column does not exist; ``sql.*``: an example is invalid.
        """
        if self._bound is None or self._bound.lakehouse is not lakehouse:
            bound = BoundAsk(self, lakehouse)
            for example in self.examples:
                bound.prepare(example.sql, where=self.where)
            self._bound = bound
        return self._bound


class BoundAsk:
    """An ask tool bound to a lakehouse.

    Attributes:
        tool: The tool.
        lakehouse: The lakehouse with pinned tables.
        grants: Table to its granted columns.
    """

    def __init__(self, tool: AskTool, lakehouse: Lakehouse) -> None:
        self.tool = tool
        self.lakehouse = lakehouse
        self.grants = {name: _granted(tool, lakehouse, name) for name in tool.spec.table_names}

    @property
    def output_schema(self) -> dict[str, JsonValue]:
        """JSON schema of the tool's value: an `AskAnswer`."""
        return TypeAdapter(AskAnswer).json_schema(mode="serialization")

    @property
    def pins(self) -> list[dict[str, JsonValue]]:
        """The pinned tables."""
        return [self.lakehouse.table(name).pin() for name in self.grants]

    @cached_property
    def card(self) -> dict[str, JsonValue]:
        """The tool card for models: granted tables and columns with descriptions, and the examples. Never data."""
        tables: list[JsonValue] = []
        for name, columns in self.grants.items():
            info = self.lakehouse.table(name)
            shown_columns: list[JsonValue] = [
                {"name": one.name, "type": one.type, "description": info.options.columns.get(one.name, "")}
                for one in columns
            ]
            described = info.options.description
            tables.append({"name": name, "description": described, "rows": info.rows, "columns": shown_columns})
        examples: list[JsonValue] = [{"question": one.question, "sql": one.sql} for one in self.tool.examples]
        return {"tables": tables, "examples": examples, "max_rows": self._limits.rows}

    def prepare(self, sql: str, *, where: Location | None = None) -> Prepared:
        """Guard, narrow, guard again and bind an example of the file in this process, without running it.

        Raises:
            ProjectError: ``sql.*``.
        """
        return self.lakehouse.prepare_ask(self._ask_of(sql), where=where)

    @property
    def _limits(self) -> Limits:
        return Limits(**self.tool.spec.limits.model_dump()).within(self.lakehouse.limits)

    def _ask_of(self, sql: str) -> Ask:
        from compound.connector.lakehouse.service.asking import Ask

        spec = self.tool.spec
        return Ask(
            sql=sql, grants=self.grants, limits=self._limits, max_plan_rows=spec.max_plan_rows, spelled=spec.tables
        )

    def ask(self, sql: str | None, cancellation: Cancellation | None = None) -> AskAnswer:
        """Run SQL written by a model in a worker process; its errors are part of the answer. One span.

        Args:
            sql: SQL written by the model, or None.
            cancellation: Cancels the query from another thread.

        Raises:
            Stopped: It was cancelled.
        """
        name = self.tool.name
        with child(f"execute_tool {name}", kind="sql") as span:
            if sql is None or not sql.strip():
                return AskAnswer(status="nothing")
            span.set(sql_written=sql)
            try:
                answer = self._asked(sql, cancellation)
            except CompoundError as error:
                status = _status(error)
                # Distinguishes an empty result from a refused request in trace queries.
                span.set(ask_status=status, ask_problem=error.code)
                problem = AskProblem(code=error.code, message=error.what, hint=error.fix)
                return AskAnswer(status=status, problem=problem)
            span.set(ask_status="ok", sql_text=answer.sql, sql_rows=len(answer.rows), data_inputs=list(self.pins))
            return answer

    def _asked(self, sql: str, cancellation: Cancellation | None) -> AskAnswer:
        asked = self.lakehouse.ask(self._ask_of(sql), cancellation)
        result = asked.result
        return AskAnswer(
            status="ok",
            sql=asked.sql,
            rows=result.rows,
            columns=[{"name": column.name, "type": column.type} for column in result.columns],
            truncated=result.truncated,
            plan_rows=asked.plan_rows,
        )

    async def call(self, inputs: Mapping[str, JsonValue]) -> JsonValue:
        """The tool's value in a graph. A thread waits for the worker; cancelling this call cancels the query.

        Raises:
            DataError: ``tool.bad-input``: `sql` is neither text nor null, or there are other inputs.
        """
        from anyio.to_thread import run_sync

        from compound.connector.lakehouse.service.workers import Cancellation

        sql = inputs.get("sql")
        if set(inputs) != {"sql"} or not (sql is None or isinstance(sql, str)):
            raise DataError("tool.bad-input", f"{self.tool.name}: `sql` must be text or null", fix="pass only `sql`")
        cancellation = Cancellation()
        try:
            # A separate limiter: queries that wait for a worker must not block other tools.
            answer = await run_sync(
                partial(self.ask, sql, cancellation), abandon_on_cancel=True, limiter=_limiter(self.lakehouse)
            )
        except BaseException:
            cancellation.cancel()
            raise
        return answer.model_dump(mode="json")


_LIMITERS: Final[RunVar[dict[int, CapacityLimiter]]] = RunVar("compound_ask_limiters")


def _limiter(lakehouse: Lakehouse) -> CapacityLimiter:
    """A limiter with one thread per lakehouse worker, for this event loop."""
    known = _LIMITERS.get({})
    limiter = known.get(id(lakehouse))
    if limiter is None:
        limiter = CapacityLimiter(lakehouse.resources.workers)
        _LIMITERS.set({**known, id(lakehouse): limiter})
    return limiter


def _status(error: CompoundError) -> AskStatus:
    from compound.connector.lakehouse.statement.guard import Refused

    if error.code in _MENDABLE or (isinstance(error, Refused) and error.is_slip):
        return "mend"
    return "refused" if error.code in _REFUSED else "failed"


def _granted(tool: AskTool, lakehouse: Lakehouse, table: str) -> tuple[Column, ...]:
    info = lakehouse.table(table)
    named = tool.spec.columns.get(table)
    if named is None:
        return info.schema
    known = {column.name: column for column in info.schema}
    for name in named:
        if name not in known:
            what = f"{table}.{name} is granted but does not exist"
            raise ProjectError("sql.unknown-name", what, fix=f"{table} has {', '.join(known)}", where=tool.where)
    return tuple(known[name] for name in named)


def _examples(text: str, where: Location) -> Iterator[VerifiedQuery]:
    """Parse examples, each introduced by a comment with its question."""
    marks = list(_QUESTION.finditer(text))
    if text.strip() and (not marks or text[: marks[0].start()].strip()):
        what = "an `ask` tool needs examples below its header, each with its question as a comment before it"
        raise ProjectError("tool.header", what, fix="-- How many orders are there?", where=where)
    ends = [*(one.start() for one in marks[1:]), len(text)] if marks else []
    for mark, end in zip(marks, ends, strict=True):
        yield VerifiedQuery(question=mark[1].strip(), sql=text[mark.end() : end].strip().removesuffix(";").strip())
