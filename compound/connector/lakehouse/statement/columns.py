"""`COLUMNS(...)` in SQL written by a model: expanded columns keep their names.

sqlglot treats it as one column with one name. It is therefore expanded if its source is known; else the alias that
sqlglot generated is removed and DuckDB names the columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from compound.connector.lakehouse.statement.guard import matching

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

_MADE_UP: Final = re.compile(r"_col_\d+")


def write_out(tree: exp.Expr, tables: Mapping[str, Sequence[str]]) -> None:
    """Expand `COLUMNS(...)` in a SELECT from one source with known columns.

    Args:
        tree: A statement, not yet qualified.
        tables: Table, case-folded, to its columns in order.
    """
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    for scope in traverse_scope(tree):
        select = scope.expression
        if not isinstance(select, exp.Select) or not any(map(_stands_for_columns, select.expressions)):
            continue
        known = _only_source(scope, tables)
        if known is not None:
            written = [part for one in select.expressions for part in _written(one, known)]
            select.set("expressions", written)


def take_names_away(tree: exp.Expr) -> None:
    """Remove aliases that sqlglot generated for expressions with several columns."""
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        for one in select.expressions:
            if isinstance(one, exp.Alias) and _MADE_UP.fullmatch(one.alias) and _stands_for_columns(one.this):
                one.replace(one.this)


def _stands_for_columns(one: exp.Expr) -> bool:
    """Whether the expression is several result columns."""
    from sqlglot import exp

    if isinstance(one, (exp.Like, exp.ILike, exp.SimilarTo, exp.Not)):
        return one.find(exp.Star) is not None or any(
            not found.args.get("unpack") for found in one.find_all(exp.Columns)
        )
    return any(not found.args.get("unpack") for found in one.find_all(exp.Columns))


def _only_source(scope: Scope, tables: Mapping[str, Sequence[str]]) -> tuple[str, list[str]] | None:
    """Alias and columns of the only source; None if there are several or the columns are unknown."""
    from sqlglot.optimizer.scope import Scope

    if len(scope.selected_sources) != 1:
        return None
    ((alias, (_, source)),) = scope.selected_sources.items()
    if isinstance(source, Scope):
        columns = _outputs(source, tables)
    else:
        found = None if source.alias_column_names else tables.get(source.name.casefold())
        columns = None if found is None else list(found)
    return None if columns is None else (alias, columns)


def _outputs(scope: Scope, tables: Mapping[str, Sequence[str]]) -> list[str] | None:
    from sqlglot import exp

    if not isinstance(scope.expression, exp.Select) or scope.outer_columns:
        return None
    names: list[str] = []
    for one in scope.expression.expressions:
        if isinstance(one, exp.Star) and not one.args:
            known = _only_source(scope, tables)
            if known is None:
                return None
            names.extend(known[1])
        elif isinstance(one, exp.Column) and one.name == "*":
            return None
        elif name := one.alias_or_name:
            names.append(name)
        else:
            return None
    return names


def _written(one: exp.Expr, known: tuple[str, list[str]]) -> list[exp.Expr]:
    from sqlglot import exp

    alias, columns = known
    found = [item for item in one.find_all(exp.Columns) if not item.args.get("unpack")]
    if not found or isinstance(one, exp.Alias) or any(item != found[0] for item in found):
        return [one]
    chosen = _chosen(found[0].this, columns)
    if not chosen:
        return [one]
    return [exp.alias_(_with_column(one, alias, name), name, quoted=True) for name in chosen]


def _with_column(one: exp.Expr, alias: str, name: str) -> exp.Expr:
    from sqlglot import exp

    def swap(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Columns) and not node.args.get("unpack"):
            return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(alias, quoted=True))
        return node

    return one.copy().transform(swap)


def _chosen(inside: exp.Expr, columns: Sequence[str]) -> list[str]:
    """The columns that a pattern, a list or a star selects; empty if unclear."""
    from sqlglot import exp

    if isinstance(inside, exp.Literal) and inside.is_string:
        return matching(inside.name, columns)
    if isinstance(inside, exp.Array) and all(isinstance(item, exp.Literal) for item in inside.expressions):
        folded = {name.casefold(): name for name in columns}
        wanted = [folded.get(item.name.casefold()) for item in inside.expressions]
        return [name for name in wanted if name is not None] if all(wanted) else []
    if isinstance(inside, exp.Star) and set(inside.args) <= {"except_"}:
        left_out = {item.name.casefold() for item in inside.args.get("except_") or []}
        return [name for name in columns if name.casefold() not in left_out]
    return []
