"""Rewrites SQL written by a model so that it sees only granted columns.

Every table becomes a sub-query of its granted columns, and every name is bound to one of them, so that a star, a
whole row as a value or a hidden column of the engine cannot reach others. Only the rewritten text is executed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from compound.connector.lakehouse.statement.columns import take_names_away, write_out
from compound.errors import ProjectError

if TYPE_CHECKING:
    from sqlglot import exp

    from compound.connector.lakehouse.value.types import Column

    Grants = Mapping[str, Sequence[Column]]
    """Table to its granted columns."""

_DIALECT: Final = "duckdb"


def narrowed(sql: str, grants: Grants) -> str:
    """Restrict every table of a guarded statement to its granted columns; the result must be guarded again.

    Raises:
        ProjectError: ``sql.not-understood``: the SQL cannot be rewritten safely; ``sql.unknown-name``: a
            name is not a granted column, or is ambiguous.

    Cost: about 3 ms.
    """
    from sqlglot import ErrorLevel, exp, parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify

    try:
        tree = parse_one(sql, read=_DIALECT, error_level=ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        raise _not_understood(error) from None
    schema: dict[str, object] = {
        table: {column.name: column.type for column in columns} for table, columns in grants.items()
    }
    names = {table.casefold(): [column.name for column in columns] for table, columns in grants.items()}
    try:
        write_out(tree, names)
        bound = qualify(tree, schema=schema, dialect=_DIALECT)
    except SqlglotError as error:
        what = " ".join(str(error).split(". Line:")[0].split())
        raise ProjectError("sql.unknown-name", what, fix=f"granted are {shown(grants)}") from None
    except (RecursionError, KeyError, AttributeError, TypeError, ValueError, AssertionError) as error:
        raise _not_understood(error) from None
    if not isinstance(bound, exp.Query):
        raise _not_understood(TypeError(f"a {bound.key} is not a query"))
    take_names_away(bound)
    _replace_tables(bound, grants)
    return bound.sql(dialect=_DIALECT)


def _replace_tables(tree: exp.Query, grants: Grants) -> None:
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    folded = {table.casefold(): table for table in grants}
    defined = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
    if shadows := sorted(defined & folded.keys()):
        # Shadowed names could defeat the restriction.
        what = f"WITH defines {shadows[0]!r}, which is the name of a table"
        raise ProjectError("sql.not-understood", what, fix="give it another name")
    cuts: dict[int, tuple[exp.Table, exp.Subquery]] = {}
    for scope in traverse_scope(tree):
        for node, source in scope.selected_sources.values():
            if isinstance(node, exp.Table) and isinstance(source, exp.Table) and _is_named(source):
                cuts[id(node)] = (node, _cut(node, folded.get(node.name.casefold()), grants))
    for table in tree.find_all(exp.Table):
        if _is_named(table) and id(table) not in cuts and table.name.casefold() not in defined:
            raise _not_understood(TypeError(f"{table.name} is read where it cannot be restricted"))
    for node, cut in cuts.values():
        node.replace(cut)


def _is_named(table: exp.Table) -> bool:
    """Whether it is a table, not a table function."""
    from sqlglot import exp

    return isinstance(table.this, exp.Identifier)


def _cut(node: exp.Table, table: str | None, grants: Grants) -> exp.Subquery:
    from sqlglot import exp

    if table is None or node.args.get("db") or node.args.get("catalog"):
        what = f"{node.name} is not a declared table"
        raise ProjectError("sql.undeclared-table", what, fix=f"granted are {shown(grants)}")
    if any(node.args.get(part) for part in ("joins", "sample", "pivots", "when", "version", "laterals")):
        raise _not_understood(TypeError(f"{node.name} is read in a way that cannot be restricted"))
    columns = [exp.column(exp.to_identifier(column.name, quoted=True)) for column in grants[table]]
    cut = exp.select(*columns).from_(exp.Table(this=exp.to_identifier(table, quoted=True))).subquery(copy=False)
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table, quoted=True))
    cut.set("alias", alias.copy())
    return cut


def shown(grants: Grants) -> str:
    """Every granted name, in one line."""
    return "; ".join(f"{table}: {', '.join(column.name for column in columns)}" for table, columns in grants.items())


def _not_understood(error: Exception) -> ProjectError:
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    what = f"the statement cannot be restricted to its grants: {said[:200]}"
    return ProjectError("sql.not-understood", what, fix="write simpler SQL: SELECT, JOIN, WHERE, GROUP BY")
