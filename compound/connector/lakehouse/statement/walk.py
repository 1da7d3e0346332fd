"""The walk over DuckDB's serialised syntax tree: unknown nodes are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, cast

from compound.connector.lakehouse.statement.functions import FORMATS, FUNCTIONS, LONG, MAX_SIZE, SIZED, TABLE_FUNCTIONS

MAX_NODES: Final = 20_000
MAX_READS: Final = 10_000
MAX_VOLUME: Final = 1_000_000
_NEAR: Final = 0.8
_WIDE: Final = re.compile(r"\d{4}|\*|\{[^{}]*\{")

Scope: TypeAlias = "Mapping[str, int]"
"""Common table expressions in scope: case-folded name to the number of tables that it reads."""

_EXPRESSIONS: Final = frozenset(
    {"BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION"}
    | {
        "LAMBDA",
        "LAMBDA_REF",
        "OPERATOR",
        "PARAMETER",
        "POSITIONAL_REFERENCE",
        "STAR",
        "SUBQUERY",
        "TYPE",
        "WINDOW",
    }
)
_QUERIES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_RELATIONS: Final = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION"})
_PARTS: Final = frozenset(
    {"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"}
    | {"ORDER_DEFAULT", "ASCENDING", "DESCENDING"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementProblem:
    """Why a statement is refused.

    Attributes:
        code: Error code.
        what: What was found.
        fix: What to write instead.
        is_slip: Whether the intent is allowed and can be written differently.
        function: The refused function, if that is the reason.
    """

    code: str
    what: str
    fix: str = ""
    is_slip: bool = False
    function: str = ""


@dataclass(slots=True)
class Walk:
    """One pass over a tree.

    Attributes:
        declared: Tables that may be read: case-folded name to the name as declared.
        spelled: Their qualified names, case-folded.
        hidden: Existing tables that may not be read, case-folded; their names are not typos.
        tables: Declared tables that are read.
        params: Parameters that are used.
        problems: Why it is refused, in the order found; empty if it passes.
        is_long: Whether it calls a function that may take many seconds.
        prefixes: Qualified names to shorten: byte offset, and the parts before the name.
    """

    declared: Mapping[str, str]
    spelled: frozenset[tuple[str, ...]] = frozenset()
    hidden: frozenset[str] = frozenset()
    tables: set[str] = field(default_factory=set[str])
    params: set[str] = field(default_factory=set[str])
    problems: list[StatementProblem] = field(default_factory=list[StatementProblem])
    prefixes: list[tuple[int, int]] = field(default_factory=list["tuple[int, int]"])
    nodes: int = 0
    reads: int = 0
    volume: int = 1
    is_long: bool = False

    def query(self, node: Mapping[str, Any], visible: Scope) -> None:
        """A query node; `visible` holds the names of common table expressions in scope.

        Scopes are ordered as in DuckDB: a plain expression does not see itself or later ones, so a name that is not yet
        defined is a table.
        """
        kind = str(node.get("type", ""))
        if kind not in _QUERIES:
            self.refuse(f"{kind.removesuffix('_QUERY_NODE').removesuffix('_NODE') or 'this statement'} inside a query")
            return
        scope = visible
        for entry in node.get("cte_map", {}).get("map", []):
            inner = entry["value"]
            before = self.reads
            self.query(self.query_of(inner), scope)
            self.anything({k: v for k, v in inner.items() if k not in ("query", "query_node")}, scope)
            scope = {**scope, str(entry["key"]).casefold(): max(self.reads - before, 1)}
        if kind == "RECURSIVE_CTE_NODE":
            self.anything(node["left"], scope)
            inside = {**scope, str(node["cte_name"]).casefold(): 1}
            self.anything(node["right"], inside)
            handled = ("type", "cte_map", "left", "right")
        else:
            handled = ("type", "cte_map")
        for key, value in node.items():
            if key not in handled:
                self.anything(value, scope)

    def query_of(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """The query node inside a CTE entry, whichever key this version of DuckDB uses."""
        found = value.get("query_node") or cast("Mapping[str, Any]", value.get("query", {})).get("node")
        return cast("Mapping[str, Any]", found or {})

    def anything(self, value: object, scope: Scope) -> None:
        """Visit any value of the tree."""
        if isinstance(value, list):
            for item in cast("list[Any]", value):
                self.anything(item, scope)
            return
        if not isinstance(value, dict):
            return
        node = cast("dict[str, Any]", value)
        self.nodes += 1
        if self.nodes > MAX_NODES or len(self.problems) > 8:
            if not self.problems:
                self.problems.append(StatementProblem(code="sql.too-complex", what=f"more than {MAX_NODES:,} nodes"))
            return
        if "class" in node:
            self.expression(node, scope)
        elif isinstance(node.get("type"), str):
            self.typed(node, str(node["type"]), scope)
        else:
            self.below(node, scope)

    def typed(self, node: dict[str, Any], kind: str, scope: Scope) -> None:
        """Visit a query, a relation or a modifier."""
        if kind.endswith("_NODE"):
            self.query(node, scope)
        elif kind in _RELATIONS:
            self.relation(node, kind, scope)
        elif kind in _PARTS:
            self.below(node, scope)
        else:
            self.refuse(
                f"{kind} is not allowed", "write it with GROUP BY" if kind == "PIVOT" else "", is_slip=kind == "PIVOT"
            )

    def below(self, node: Mapping[str, Any], scope: Scope) -> None:
        """Visit everything inside a node."""
        for value in node.values():
            if isinstance(value, dict | list):
                self.anything(value, scope)

    def relation(self, node: dict[str, Any], kind: str, scope: Scope) -> None:
        """Visit a relation in FROM."""
        if node.get("at_clause"):
            self.refuse("AT (time travel) is not allowed", "pin the version in the connection")
        if kind == "BASE_TABLE":
            self.table(node, scope)
        elif kind == "TABLE_FUNCTION":
            function = cast("dict[str, Any]", node.get("function", {}))
            name = str(function.get("function_name", "")).lower()
            if function.get("class") != "FUNCTION" or name not in TABLE_FUNCTIONS:
                self.refuse(f"the table function {name or '?'}() is not allowed")
                return
            self.called(function, name, scope, table=True)
            self.below({k: v for k, v in node.items() if k != "function"}, scope)
            return
        self.below(node, scope)

    def table(self, node: dict[str, Any], scope: Scope) -> None:
        """Visit a table name."""
        name = str(node.get("table_name", ""))
        path = [str(part) for part in node.get("qualified_name", {}).get("path") or [name]]
        outer = [str(node[key]) for key in ("catalog_name", "schema_name") if node.get(key)]
        folded = name.casefold()
        if len(path) > 1 or outer:
            self.qualified(node, path, folded, scope)
            return
        if path != [name]:
            self.refuse(f"the name {path} is not allowed")
        elif folded in scope:
            self.read(scope[folded])
        elif folded in self.declared:
            self.tables.add(self.declared[folded])
            self.read(1)
        else:
            near = folded not in self.hidden and get_close_matches(folded, list(self.declared), n=1, cutoff=_NEAR)
            what = f"{name} is not a declared table"
            self.problems.append(StatementProblem(code="sql.undeclared-table", what=what, is_slip=bool(near)))

    def qualified(self, node: dict[str, Any], path: list[str], folded: str, scope: Scope) -> None:
        """Visit a qualified table name."""
        if tuple(part.casefold() for part in path) in self.spelled and folded not in scope:
            self.tables.add(self.declared[folded])
            self.prefixes.append((int(node["query_location"]), len(path) - 1))
            self.read(1)
            return
        what = f"the qualified name {'.'.join(path)} is not allowed"
        self.refuse(what, f"write {path[-1]}" if folded in self.declared else "", is_slip=folded in self.declared)

    def column(self, node: Mapping[str, Any]) -> None:
        """Visit a column reference, possibly qualified with the table's full name."""
        names = tuple(str(name).casefold() for name in node.get("column_names") or [])
        for size in range(len(names) - 1, 1, -1):
            if names[:size] in self.spelled:
                self.prefixes.append((int(node["query_location"]), size - 1))
                return

    def read(self, tables: int) -> None:
        """Count reads: expressions that double each other take unbounded planning time and ignore interrupts."""
        self.reads += tables
        if self.reads > MAX_READS:
            what = f"its common table expressions multiply to more than {MAX_READS:,} reads"
            self.problems.append(StatementProblem(code="sql.too-complex", what=what))

    def expression(self, node: dict[str, Any], scope: Scope) -> None:
        """Visit a scalar expression."""
        kind = str(node["class"])
        if kind not in _EXPRESSIONS:
            self.refuse(f"a {kind.lower().replace('_', ' ')} expression is not allowed")
            return
        if kind == "COLUMN_REF":
            self.column(node)
        elif kind == "PARAMETER":
            self.params.add(str(node.get("identifier", "")))
        elif kind in ("FUNCTION", "WINDOW"):
            name = str(node.get("function_name", "")).lower()
            self.called(node, name, scope, table=False)
            return
        self.below(node, scope)

    def called(self, node: dict[str, Any], name: str, scope: Scope, *, table: bool) -> None:
        """Visit a call of a scalar, aggregate, window or table function."""
        path = node.get("qualified_name", {}).get("path") or [name]
        if len(path) != 1 or str(path[0]).lower() != name:
            what = f"the qualified function {'.'.join(map(str, path))}() is not allowed"
            self.refuse(what, f"write {name}()", is_slip=name in FUNCTIONS or name in SIZED)
        elif name in SIZED:
            self.sized(node, name, table=table)
        elif name not in FUNCTIONS and not (table and name in TABLE_FUNCTIONS):
            what = f"the function {name}() is not allowed"
            self.problems.append(StatementProblem(code="sql.not-allowed", what=what, function=name))
        self.is_long = self.is_long or name in LONG or (name in FORMATS and not _is_narrow(node))
        self.below(node, scope)

    def sized(self, node: dict[str, Any], name: str, *, table: bool) -> None:
        """Check a function whose result size depends on an argument."""
        place = SIZED[name]
        arguments = [argument_of(item) for item in node.get("arguments") or node.get("children") or []]
        checked = arguments if place < 0 else arguments[place : place + 1]
        sizes = [_size(item) for item in checked]
        if not table:
            self.volume *= max([1, *sizes])
        if min(sizes, default=0) < 0 or self.volume > MAX_VOLUME:
            what = f"{name}() needs a whole number of at most {MAX_SIZE:,}, written as a literal"
            # An expression can be written as a literal; a literal that is too large was intended.
            is_slip = any(item.get("class") != "CONSTANT" for item in checked)
            self.refuse(what, "write the number as a literal", is_slip=is_slip)

    def refuse(self, what: str, fix: str = "", *, is_slip: bool = False) -> None:
        """Add a problem."""
        self.problems.append(StatementProblem(code="sql.not-allowed", what=what, fix=fix, is_slip=is_slip))


def argument_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The expression of a call's argument, which newer trees wrap to carry a name."""
    if "class" not in item and isinstance(item.get("expression"), dict):
        return cast("Mapping[str, Any]", item["expression"])
    return item


def _is_narrow(node: Mapping[str, Any]) -> bool:
    """Whether a format is a literal without a large width, in it or in an argument."""
    first = argument_of((node.get("arguments") or node.get("children") or [{}])[0])
    literal = cast("Mapping[str, Any]", first.get("literal") or {})
    return first.get("class") == "CONSTANT" and not _WIDE.search(str(literal.get("text", "")))


def _size(node: Mapping[str, Any]) -> int:
    """The integer value of a literal; -1 for everything else and for large numbers."""
    if node.get("class") == "FUNCTION" and node.get("function_name") == "-":
        inner = [argument_of(item) for item in node.get("arguments") or []]
        return _size(inner[0]) if len(inner) == 1 else -1
    literal = cast("Mapping[str, Any]", node.get("literal") or {})
    text = str(literal.get("text", ""))
    is_small = node.get("class") == "CONSTANT" and text.isascii() and text.isdigit() and int(text) <= MAX_SIZE
    return int(text) if is_small else -1
