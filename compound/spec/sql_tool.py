"""`tools/*.sql`: a reviewed, parameterised query with its header, or the grants for free SQL of a model.

```sql
---
name: customer_orders
description: A customer's orders, newest first.
kind: query
tables: [lake.shop.orders]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
  n: {type: INTEGER, default: 10, max: 50}
limits: {rows: 50, cell_chars: 400, bytes: 16000, ms: 5000}
verified: {by: data-team, at: 2026-11-20, question: "What are my recent orders?"}
---
SELECT order_id, status, total FROM orders WHERE user_id = $customer_id ORDER BY order_id LIMIT $n
```

A tool of `kind: ask` has no statement of its own: it runs SQL that a model writes, limited to `tables` and `columns`.
Below its header are verified examples, each a question as a comment and the SELECT that answers it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import PurePath
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from compound.errors import Location, ProjectError, choices
from compound.language.findings import Finding, InvalidFile
from compound.spec.yaml.reading import YamlDocument, read_yaml

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CallerField: TypeAlias = Annotated[str, Field(pattern=r"^caller\.[a-z][a-z0-9_]*$")]
ParamType: TypeAlias = Literal[
    "VARCHAR", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP",
    "VARCHAR[]", "INTEGER[]", "BIGINT[]", "DATE[]",
]  # fmt: skip

_FENCE: Final = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ParamSpec(_Part):
    """One parameter: `$name` in the statement.

    Attributes:
        type: DuckDB's name of its type.
        source: `from:`; `caller.<field>` comes from graph or session, is required and hidden from models.
        default: Used if no value is given; null makes the parameter optional. Required without it.
        max: Largest number, or maximum number of characters or items.
        min: Smallest number.
        values: The only allowed values.
        description: For the model that passes it.
    """

    type: ParamType
    source: CallerField | None = Field(default=None, alias="from")
    default: JsonValue = None
    max: float | None = None
    min: float | None = None
    values: tuple[JsonValue, ...] | None = None
    description: str = ""

    @model_validator(mode="after")
    def _caller_has_no_default(self) -> ParamSpec:
        if self.source is not None and "default" in self.model_fields_set:
            msg = "a parameter `from: caller` has no default: a missing caller is refused"
            raise ValueError(msg)
        return self

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return "default" not in self.model_fields_set


class LimitsSpec(_Part):
    """Limits on the result and the time.

    Attributes:
        rows: Maximum number of rows.
        cell_chars: Maximum number of characters in a cell.
        bytes: Maximum size of the whole result as JSON.
        ms: Maximum time of the query, in milliseconds.
    """

    rows: int = Field(default=200, ge=1, le=100_000)
    cell_chars: int = Field(default=2_000, ge=1, le=1_000_000)
    bytes: int = Field(default=400_000, ge=100, le=50_000_000)
    ms: int = Field(default=5_000, ge=1, le=60_000)


class Verified(_Part):
    """The review of a query: who, when, for which question; `compound tools list` shows it.

    Attributes:
        by: A person or a team.
        at: The day, `2026-11-24`.
        question: A question that the query answers.
    """

    by: str = Field(min_length=1)
    at: date
    question: str = ""


class SqlToolSpec(_Part):
    """The header of a `.sql` file.

    Attributes:
        name: Its name in graphs; the file's name.
        description: Its result, for people and models.
        kind: `query`: reviewed and parameterised. `ask`: runs SQL that a model wrote, limited to its grants.
        tables: Tables it may read; the last part is the table's name. The statement uses that name, or the whole.
        columns: For an `ask`: table to its granted columns; all columns of a table that is not listed.
        max_plan_rows: For an `ask`: maximum number of rows that all steps of a query's plan may touch together, as
            the engine estimates them before it runs.
        params: Its parameters; the same as in the statement.
        limits: Limits, enforced while it runs.
        returns: `many`: the list of rows; `one`: a row or null.
        scope: `customer`: only rows of the caller, proven. `identity`: finds out who the caller is. `all`: rows of
            everybody, for reports. The last two must be verified, and models cannot call them.
        verified: The review.
    """

    name: Name
    description: str = Field(min_length=1)
    kind: Literal["query", "ask"] = "query"
    tables: tuple[str, ...] = Field(min_length=1)
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, "tuple[str, ...]"])
    max_plan_rows: int = Field(default=10_000_000, ge=1)
    params: dict[Name, ParamSpec] = Field(default_factory=dict[str, ParamSpec])
    limits: LimitsSpec = LimitsSpec()
    returns: Literal["many", "one"] = "many"
    scope: Literal["customer", "identity", "all"] = "customer"
    verified: Verified | None = None

    @model_validator(mode="after")
    def _wide_scope_is_verified(self) -> SqlToolSpec:
        if self.scope != "customer" and self.verified is None:
            msg = f"scope: {self.scope} reads rows of other customers and must be `verified`"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ask_is_for_reports(self) -> SqlToolSpec:
        if self.kind == "query":
            if self.columns or "max_plan_rows" in self.model_fields_set:
                msg = "`columns` and `max_plan_rows` belong to kind: ask; a query's statement says what it reads"
                raise ValueError(msg)
            return self
        if self.scope != "all":
            msg = "kind: ask reads rows of everybody: write scope: all, and `verified` for its grants"
            raise ValueError(msg)
        if self.params or self.returns != "many":
            msg = "kind: ask takes SQL and returns an answer: it has neither `params` nor `returns`"
            raise ValueError(msg)
        for table, granted in self.columns.items():
            if table not in self.table_names or not granted:
                msg = f"`columns` names {table!r}; {choices(self.table_names, table)}, each with its granted columns"
                raise ValueError(msg)
        return self

    @property
    def table_names(self) -> tuple[str, ...]:
        """The table names in the statement."""
        return tuple(table.rpartition(".")[2] for table in self.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFile:
    """A parsed `.sql` file.

    Attributes:
        spec: Its header.
        sql: The statement.
        where: Place where the statement starts.
        header: The header as data, with the place of every key.
    """

    spec: SqlToolSpec
    sql: str
    where: Location
    header: YamlDocument


def parse_sql_tool(text: str, path: str) -> SqlFile:
    """Read a `.sql` file; the statement itself is not parsed.

    Raises:
        ProjectError: ``tool.header``: no header; ``yaml.*``; ``tool.name``: not the file's name.
        InvalidFile: ``tool.unknown-key``, ``tool.missing-key``, ``tool.bad-value``: all mistakes of the header.
    """
    fences = _fences(text, path)
    before = text.count("\n", 0, fences[0].end())
    header = "\n" * before + text[fences[0].end() : fences[1].start()]
    document = read_yaml(header, path)
    if not isinstance(document.data, dict):
        raise ProjectError("tool.header", "the header is not a mapping", where=Location(path, before + 1))
    spec = _spec(document)
    stem = PurePath(path).stem
    if spec.name != stem:
        what = f"the tool is named {spec.name!r}, but its file is {stem!r}"
        where = document.source.value(("name",))
        raise ProjectError("tool.name", what, fix=f"write name: {stem}", where=where)
    begin = fences[1].end()
    body = text[begin:]
    line = text.count("\n", 0, begin + len(body) - len(body.lstrip())) + 1
    return SqlFile(spec=spec, sql=body.strip(), where=Location(path, line), header=document)


def split_sql_tool(text: str, path: str) -> tuple[str, str]:
    """The header as YAML text, and the rest of the file unchanged.

    Raises:
        ProjectError: ``tool.header``: no header.
    """
    first, second = _fences(text, path)[:2]
    return text[first.end() : second.start()].lstrip("\r\n"), text[second.end() :].lstrip("\r\n")


def _fences(text: str, path: str) -> list[re.Match[str]]:
    fences = list(_FENCE.finditer(text))
    if len(fences) < 2 or text[: fences[0].start()].strip("\ufeff \t\r\n"):
        what = "a SQL tool starts with a header between two lines of ---"
        raise ProjectError("tool.header", what, fix="write the header first", where=Location(path, 1))
    return fences


def _spec(document: YamlDocument) -> SqlToolSpec:
    try:
        return SqlToolSpec.model_validate(document.data)
    except ValidationError as error:
        raise InvalidFile([_finding(dict(item), document) for item in error.errors()]) from None


def _finding(item: dict[str, object], document: YamlDocument) -> Finding:
    path = tuple(part for part in _steps(item) if part != "[key]")
    key = str(path[-1]) if path else ""
    where = document.source.value(path)
    if item["type"] == "extra_forbidden":
        known = _known(path)
        near = get_close_matches(key, known, n=1)
        what = f"unknown key {key!r}"
        fix = f"did you mean {near[0]!r}?" if near else choices(known)
        return Finding("tool.unknown-key", what, document.source.key(path), fix=fix)
    if item["type"] == "missing":
        parent = document.source.value(path[:-1])
        return Finding("tool.missing-key", f"the key {key!r} is missing", parent, fix=f"write {key}: ...")
    said = str(item["msg"]).removeprefix("Value error, ")
    return Finding("tool.bad-value", f"{'.'.join(map(str, path)) or 'header'}: {said}", where)


def _steps(item: dict[str, object]) -> tuple[str | int, ...]:
    steps = item["loc"]
    return tuple(step for step in steps if isinstance(step, str | int)) if isinstance(steps, tuple) else ()


def _known(path: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = SqlToolSpec
    if len(path) > 1:
        parts: dict[str, type[BaseModel]] = {"params": ParamSpec, "limits": LimitsSpec, "verified": Verified}
        model = parts.get(str(path[0]), SqlToolSpec)
    return [field.alias or name for name, field in model.model_fields.items()]
