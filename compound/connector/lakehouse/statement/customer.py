"""Proof that a statement reads only rows of the calling customer.

Each table with a customer key must be restricted in the very SELECT that reads it: its key equals a caller
parameter, or the key of a restricted table; a table that belongs to a customer *through* another one must be
joined to, or chosen from, restricted rows of that one. Only conjuncts of WHERE and of filtering joins count.
The proof is conservative: unknown constructs count as not restricted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from compound.connector.lakehouse.statement.guard import Statement
from compound.connector.lakehouse.statement.key_types import cast_type, plain_type, tells_apart
from compound.connector.lakehouse.value.types import CustomerKey, TableInfo
from compound.errors import ProjectError

_MAX_DEPTH: Final = 10

Node: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class _Origin:
    """A column of a base table; `mine` if its value comes from a row of the caller."""

    table: str
    column: str
    mine: bool


Columns: TypeAlias = "dict[str, _Origin | None]"


@dataclass(slots=True)
class _Source:
    """One relation in FROM."""

    columns: Columns
    table: str = ""
    key: CustomerKey | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class _Fact:
    """A condition on every row; `only` names the sources that it filters, None: all."""

    node: Node
    only: frozenset[str] | None


@dataclass(slots=True)
class _Scope:
    chosen: dict[int, Columns] = field(default_factory=dict[int, Columns])
    sources: dict[str, _Source] = field(default_factory=dict[str, _Source])
    facts: list[_Fact] = field(default_factory=list[_Fact])
    outer: _Scope | None = None

    def resolve(self, node: Node) -> tuple[str, str, _Scope] | None:
        """Source, column and scope of a column reference; None if it is not simple or not unique."""
        if node.get("class") != "COLUMN_REF":
            return None
        names = [str(name).casefold() for name in node.get("column_names", [])]
        if len(names) == 2 and names[0] in self.sources:
            return (names[0], names[1], self) if names[1] in self.sources[names[0]].columns else None
        if len(names) == 1:
            found = [alias for alias, source in self.sources.items() if names[0] in source.columns]
            if len(found) > 1:
                return None
            if found:
                return found[0], names[0], self
        return self.outer.resolve(node) if self.outer and len(names) <= 2 else None

    def origin(self, node: Node) -> _Origin | None:
        """The base column behind a reference."""
        at = self.resolve(node)
        if at is None:
            return None
        alias, column, scope = at
        source = scope.sources[alias]
        if source.table:
            return _Origin(source.table, column, source.mine)
        return source.columns[column]


def unrestricted_tables(
    statement: Statement, tables: Mapping[str, TableInfo], caller_params: Mapping[str, str]
) -> list[str]:
    """Keyed tables that `statement` reads without a restriction to the caller.

    Args:
        statement: A statement that passed the guard.
        tables: Its tables, with their customer keys.
        caller_params: Parameters that hold the caller's key, each with its DuckDB type.
    """
    proof = CustomerProof(tables, caller_params)
    proof.query(statement.node, {}, None)
    return sorted(proof.open_tables)


class CustomerProof:
    """One pass over a statement.

    Attributes:
        open_tables: Keyed tables that are read without a restriction.
    """

    def __init__(self, tables: Mapping[str, TableInfo], caller_params: Mapping[str, str], *, depth: int = 0) -> None:
        self._tables = {name.casefold(): info for name, info in tables.items()}
        self._params = dict(caller_params)
        self._depth = depth
        self.open_tables: set[str] = set()

    def query(self, node: Node, ctes: Mapping[str, Columns], outer: _Scope | None) -> Columns:
        """Prove a query node; returns its result columns."""
        if self._depth > _MAX_DEPTH:
            what = f"queries are nested more than {_MAX_DEPTH} deep"
            raise ProjectError("sql.too-complex", what, fix="use WITH, or a tool without a customer key")
        self._depth += 1
        try:
            return self._query(node, ctes, outer)
        finally:
            self._depth -= 1

    def _query(self, node: Node, ctes: Mapping[str, Columns], outer: _Scope | None) -> Columns:
        known = dict(ctes)
        for entry in node.get("cte_map", {}).get("map", []):
            value = entry["value"]
            inner = value.get("query_node") or value.get("query", {}).get("node") or {}
            known[str(entry["key"]).casefold()] = self.query(inner, known, outer)
        kind = node.get("type")
        if kind == "SELECT_NODE":
            return self._select(node, known, outer)
        if kind == "RECURSIVE_CTE_NODE":
            nothing: Columns = {}
            self.query(node["left"], known, outer)
            self.query(node["right"], {**known, str(node["cte_name"]).casefold(): nothing}, outer)
            return nothing
        results = [self.query(child, known, outer) for child in _children(node)]
        for modifier in node.get("modifiers", []):
            self._subqueries(modifier, known, _Scope(outer=outer))
        return _common(results)

    def _select(self, node: Node, ctes: Mapping[str, Columns], outer: _Scope | None) -> Columns:
        scope = _Scope(outer=outer)
        self._from(node.get("from_table") or {}, scope, ctes)
        scope.facts.extend(_Fact(item, None) for item in _conjuncts(node.get("where_clause")))
        self._restrict(scope, ctes)
        for source in scope.sources.values():
            if source.key is not None and not source.mine:
                self.open_tables.add(source.table)
        done = ("type", "from_table", "cte_map", "where_clause")
        rest = {key: value for key, value in node.items() if key not in done}
        self._subqueries(rest, ctes, scope)
        self._subqueries(node.get("where_clause") or {}, ctes, scope)
        for fact in scope.facts:
            self._subqueries(fact.node, ctes, scope)
        return _outputs(node, scope)

    def _from(self, node: Node, scope: _Scope, ctes: Mapping[str, Columns]) -> frozenset[str]:
        """Add the sources in FROM; returns their names."""
        kind = node.get("type")
        if kind == "JOIN":
            return self._join(node, scope, ctes)
        if kind in (None, "EMPTY"):
            return frozenset()
        name = str(node.get("table_name", "")).casefold()
        alias = str(node.get("alias") or node.get("table_name") or f"#{len(scope.sources)}").casefold()
        if alias in scope.sources:
            alias = f"{alias}#{len(scope.sources)}"
        renamed = bool(node.get("column_name_alias"))
        if kind == "SUBQUERY":
            columns = self.query(node["subquery"]["node"], ctes, scope)
            source = _Source(columns={} if renamed else columns)
        elif kind == "BASE_TABLE" and name in ctes:
            source = _Source(columns={} if renamed else dict(ctes[name]))
        elif kind == "BASE_TABLE" and name in self._tables:
            info = self._tables[name]
            names: Columns = {} if renamed else {column.name.casefold(): None for column in info.schema}
            source = _Source(columns=names, table=info.name, key=info.options.customer_key)
        else:
            self._subqueries(node, ctes, scope)
            source = _Source(columns={})
        scope.sources[alias] = source
        return frozenset({alias})

    def _join(self, node: Node, scope: _Scope, ctes: Mapping[str, Columns]) -> frozenset[str]:
        left = self._from(node["left"], scope, ctes)
        right = self._from(node["right"], scope, ctes)
        filters = {"INNER": left | right, "LEFT": right, "RIGHT": left, "SEMI": left | right}
        only = filters.get(str(node.get("join_type")), frozenset[str]())
        scope.facts.extend(_Fact(item, only) for item in _conjuncts(node.get("condition")))
        for name in node.get("using_columns") or []:
            scope.facts.extend(
                _Fact(_equality(a, b, str(name)), only)
                for a in left
                for b in right
                if str(name).casefold() in scope.sources[a].columns and str(name).casefold() in scope.sources[b].columns
            )
        return left | right

    def _restrict(self, scope: _Scope, ctes: Mapping[str, Columns]) -> None:
        """Mark sources as restricted until nothing changes."""
        changed = True
        while changed:
            changed = False
            for fact in scope.facts:
                for left, right in self._pairs(fact.node, scope, ctes):
                    at = scope.resolve(left)
                    if at is None or at[2] is not scope or (fact.only is not None and at[0] not in fact.only):
                        continue
                    source = scope.sources[at[0]]
                    if source.key and not source.mine and self._restricts(source, at[1], right, scope):
                        source.mine = changed = True

    def _pairs(self, node: Node, scope: _Scope, ctes: Mapping[str, Columns]) -> list[tuple[Node, Node | _Origin]]:
        """Both directions of an equality, or a column and its IN query."""
        if node.get("class") == "COMPARISON" and node.get("type") == "COMPARE_EQUAL":
            return [(node["left"], node["right"]), (node["right"], node["left"])]
        if node.get("class") == "SUBQUERY" and node.get("subquery_type") == "ANY":
            if node.get("comparison_type") != "COMPARE_EQUAL" or not node.get("child"):
                return []
            inner = node["subquery"]["node"]
            if id(inner) not in scope.chosen:
                # Not final: outer sources may still become restricted.
                trial = CustomerProof(self._tables, self._params, depth=self._depth)
                scope.chosen[id(inner)] = trial.query(inner, ctes, scope)
            columns = list(scope.chosen[id(inner)].values())
            if len(columns) == 1 and columns[0] is not None:
                return [(node["child"], columns[0])]
        return []

    def _restricts(self, source: _Source, column: str, right: Node | _Origin, scope: _Scope) -> bool:
        """Whether `column = right` keeps only the caller's rows of a table with this key."""
        key = source.key
        if key is None or column != key.column.casefold():
            return False
        if not isinstance(right, _Origin):
            if not key.through and self._is_caller(right, self._type_of(source.table, column)):
                return True
            origin = scope.origin(right)
        else:
            origin = right
        if origin is None or not origin.mine:
            return False
        if not tells_apart(self._type_of(origin.table, origin.column), self._type_of(source.table, column)):
            return False
        if key.through:
            return origin.table.casefold() == key.through.casefold() and origin.column == column
        other = self._tables.get(origin.table.casefold())
        other_key = other.options.customer_key if other else None
        return bool(other_key and not other_key.through and origin.column == other_key.column.casefold())

    def _type_of(self, table: str, column: str) -> str:
        schema = self._tables[table.casefold()].schema
        return next((one.type for one in schema if one.name.casefold() == column), "")

    def _is_caller(self, node: Node, key_type: str) -> bool:
        """Whether the node is a caller's parameter, bare or cast to the key's type (distinct keys stay distinct)."""
        if node.get("class") == "CAST":
            if cast_type(node) != plain_type(key_type):
                return False
            node = node["child"]
            return node.get("class") == "PARAMETER" and str(node.get("identifier")) in self._params
        kind = self._params.get(str(node.get("identifier"))) if node.get("class") == "PARAMETER" else None
        return kind is not None and tells_apart(kind, key_type)

    def _subqueries(self, value: object, ctes: Mapping[str, Columns], scope: _Scope) -> None:
        """Prove every query inside an expression."""
        if isinstance(value, list):
            for item in cast("list[object]", value):
                self._subqueries(item, ctes, scope)
        elif isinstance(value, dict):
            node = cast("dict[str, Any]", value)
            if str(node.get("type", "")).endswith("_NODE"):
                self.query(node, ctes, scope)
                return
            for item in node.values():
                self._subqueries(item, ctes, scope)


def _children(node: Node) -> list[Node]:
    found = node.get("children") or [node[key] for key in ("left", "right", "query", "child") if key in node]
    return [item for item in found if item]


def _conjuncts(node: Node | None) -> list[Node]:
    if not node:
        return []
    if node.get("class") == "CONJUNCTION" and node.get("type") == "CONJUNCTION_AND":
        return [part for child in node["children"] for part in _conjuncts(child)]
    return [node]


def _equality(left: str, right: str, column: str) -> Node:
    sides = {
        side: {"class": "COLUMN_REF", "column_names": [alias, column]}
        for side, alias in (("left", left), ("right", right))
    }
    return {"class": "COMPARISON", "type": "COMPARE_EQUAL", **sides}


_CHANGES_STAR: Final = (
    "exclude_list",
    "replace_list",
    "rename_list",
    "expr",
    "qualified_exclude_list",
    "unpacked",
)


def _outputs(node: Node, scope: _Scope) -> Columns:
    columns: Columns = {}
    for item in node.get("select_list", []):
        if item.get("class") == "STAR":
            if any(item.get(key) for key in _CHANGES_STAR):
                return {}
            wanted = str(item.get("relation_name") or "").casefold()
            for alias, source in scope.sources.items():
                if wanted in ("", alias):
                    for name in source.columns:
                        mark = scope.origin({"class": "COLUMN_REF", "column_names": [alias, name]})
                        columns[name] = None if name in columns else mark
        elif item.get("class") == "COLUMN_REF":
            name = str(item.get("alias") or item["column_names"][-1]).casefold()
            columns[name] = None if name in columns else scope.origin(item)
        else:
            # The proof cannot refer to generated names.
            columns[str(item.get("alias") or f"#{len(columns)}").casefold()] = None
    return columns


def _common(results: list[Columns]) -> Columns:
    """Columns of a set operation: known if every branch agrees, by position."""
    if not results or any(len(result) != len(results[0]) for result in results):
        return {}
    names = list(results[0])
    rows = zip(*(result.values() for result in results), strict=True)
    return {
        name: row[0] if all(item == row[0] for item in row) else None for name, row in zip(names, rows, strict=True)
    }
