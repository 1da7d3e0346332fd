"""The static guard: one read-only SELECT over declared tables, proven on DuckDB's own syntax tree.

A SELECT is not always read-only: `WITH a AS (COPY t TO 'f') SELECT ...` parses as one. The whole tree is therefore
walked, and everything outside the allow-list is refused. Nothing is bound or planned here, because binding opens
files and planning evaluates constant expressions.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from compound.connector.lakehouse.statement.text import paths_of, without_prefixes, without_tail
from compound.connector.lakehouse.statement.walk import Walk
from compound.errors import Location, ProjectError, choices
from compound.language.sha import sha

if TYPE_CHECKING:
    import duckdb

MAX_SQL_CHARS: Final = 100_000
_LOCK: Final = threading.Lock()
_SERIALIZE: Final = "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement that passed the guard.

    Attributes:
        sql: The text, without a trailing semicolon.
        tables: Declared names of the tables that it reads.
        params: Names of its parameters.
        fingerprint: SHA-256 of the tree without positions, 16 hex digits.
        has_limit: Whether the outermost query has a LIMIT.
        is_long: Whether it calls a function that may take many seconds and ignores interrupts.
        node: The root query node of DuckDB's serialised tree.
    """

    sql: str
    tables: frozenset[str]
    params: frozenset[str]
    fingerprint: str
    has_limit: bool
    node: Mapping[str, Any]
    is_long: bool = False


class Refused(ProjectError):
    """A statement that the guard refuses.

    Attributes:
        is_slip: Whether the intent is allowed and can be written differently, so that a model can retry.
    """

    def __init__(self, code: str, what: str, *, fix: str, where: Location | None, is_slip: bool) -> None:
        super().__init__(code, what, fix=fix, where=where)
        self.is_slip = is_slip


def guard(
    sql: str,
    *,
    tables: Collection[str],
    spelled: Collection[str] = (),
    hidden: Collection[str] = (),
    where: Location | None = None,
) -> Statement:
    """Prove that `sql` is one SELECT that reads only `tables` and calls only allowed functions.

    Args:
        sql: The statement.
        tables: Names of the tables that it may read.
        spelled: The same tables with catalog and schema: `lake.shop.orders`. Such names, and `shop.orders`, are
            shortened to the table's name.
        hidden: Existing tables that it may not read; their names are never treated as typos.
        where: Place of the statement, for messages.

    Raises:
        ProjectError: ``sql.syntax``, ``sql.not-one-select``, ``sql.not-allowed`` (a statement, function or
            expression that is not on the list), ``sql.undeclared-table``, ``sql.too-complex``.

    Cost: about 1 ms; binds and runs nothing.
    """
    text = _clean(sql, where)
    begun = Walk(
        {name.casefold(): name for name in tables},
        spelled=paths_of(spelled),
        hidden=frozenset(name.casefold() for name in hidden),
    )
    node, walk = _walked(text, begun, where)
    if walk.prefixes:
        text = without_prefixes(text, walk.prefixes)
        node, walk = _walked(text, Walk(begun.declared, hidden=begun.hidden), where)
    modifiers = node.get("modifiers", [])
    return Statement(
        sql=text,
        tables=frozenset(walk.tables),
        params=frozenset(walk.params),
        fingerprint=_fingerprint(node),
        has_limit=any(str(item.get("type", "")).startswith("LIMIT") for item in modifiers),
        node=node,
        is_long=walk.is_long,
    )


def _walked(text: str, walk: Walk, where: Location | None) -> tuple[Mapping[str, Any], Walk]:
    """The syntax tree of a text and its walk, without problems.

    Raises:
        ProjectError: As `guard`.
    """
    tree = _parse(text, where)
    statements = tree["statements"]
    if len(statements) != 1:
        raise _not_one(f"{len(statements)} statements", where)
    node: Mapping[str, Any] = statements[0]["node"]
    try:
        walk.query(node, {})
    except RecursionError:
        raise ProjectError("sql.too-complex", "the statement is nested too deeply", where=where) from None
    if walk.problems:
        problem = walk.problems[0]
        is_undeclared = problem.code == "sql.undeclared-table"
        fix = problem.fix or (choices(sorted(walk.declared.values())) if is_undeclared else "")
        # A function of another database is a typo; a known DuckDB function is excluded on purpose.
        is_slip = problem.is_slip or (problem.function != "" and not is_function(problem.function))
        raise Refused(problem.code, problem.what, fix=fix, where=where, is_slip=is_slip)
    return node, walk


def matching(pattern: str, names: Collection[str]) -> list[str]:
    """The names that match a regular expression in DuckDB; empty if it is invalid."""
    import duckdb

    try:
        with _LOCK:
            rows = _parser().execute(
                "SELECT n FROM (SELECT unnest($1) AS n) WHERE regexp_matches(n, $2)", [[*names], pattern]
            )
            return [str(row[0]) for row in rows.fetchall()]
    except duckdb.Error:
        return []


def is_function(name: str) -> bool:
    """Whether DuckDB has a function with this name, allowed or not."""
    with _LOCK:
        found = _parser().execute("SELECT 1 FROM duckdb_functions() WHERE function_name = ? LIMIT 1", [name.lower()])
        return found.fetchone() is not None


def readable(sql: str, where: Location | None = None) -> None:
    """Refuse text that is too long or not valid text, before it is parsed.

    Raises:
        ProjectError: ``sql.too-complex``, ``sql.syntax``.
    """
    if len(sql) > MAX_SQL_CHARS:
        what = f"the statement has {len(sql):,} characters, more than {MAX_SQL_CHARS:,}"
        raise ProjectError("sql.too-complex", what, where=where)
    if "\x00" in sql:
        raise ProjectError("sql.syntax", "the statement contains a NUL character", where=where)
    if any("\ud800" <= character <= "\udfff" for character in sql):
        raise ProjectError("sql.syntax", "the statement contains an unpaired surrogate", where=where)


def _clean(sql: str, where: Location | None) -> str:
    """The statement without trailing semicolons, comments and space."""
    readable(sql, where)
    return without_tail(sql.strip())


def _parse(text: str, where: Location | None) -> dict[str, Any]:
    import duckdb

    try:
        with _LOCK:
            parser = _parser()
            kinds = [str(item.type).rpartition(".")[2] for item in parser.extract_statements(text)]
            if kinds != ["SELECT"]:
                raise _not_one(" and ".join(kinds[:4]) or "nothing", where)
            rows = parser.execute(_SERIALIZE, [text]).fetchall()
    except duckdb.Error as error:
        said = _first_line(error)
        if "expression depth" in said:
            raise ProjectError("sql.too-complex", "the statement is nested too deeply", where=where) from None
        raise ProjectError("sql.syntax", said, fix="write DuckDB's SQL", where=where) from None
    try:
        tree: dict[str, Any] = orjson.loads(rows[0][0])
    except orjson.JSONDecodeError:
        raise ProjectError("sql.too-complex", "the statement is nested too deeply", where=where) from None
    if tree.get("error", True):
        raise _not_one(str(tree.get("error_message", "no SELECT")), where)
    return tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": "256MB",
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "enable_external_access": False,
        }
    )
    connection.execute("SET lock_configuration = true")
    atexit.register(_parser.cache_clear)
    return connection


def _not_one(found: str, where: Location | None) -> ProjectError:
    fix = "write exactly one SELECT"
    return ProjectError("sql.not-one-select", f"expected one SELECT, found {found}", fix=fix, where=where)


def _fingerprint(node: Mapping[str, Any]) -> str:
    plain = orjson.dumps(_without_places(node), option=orjson.OPT_SORT_KEYS)
    return sha(plain, 16)


def _without_places(value: object) -> object:
    if isinstance(value, dict):
        node = cast("dict[str, object]", value)
        return {k: _without_places(v) for k, v in node.items() if not k.startswith("query_location")}
    if isinstance(value, list):
        return [_without_places(item) for item in cast("list[object]", value)]
    return value


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
