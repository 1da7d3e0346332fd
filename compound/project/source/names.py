"""One name is one thing: what a project declares twice is an error, for of two only one would ever run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.errors import Location
from compound.language import Finding
from compound.spec.mcp_file import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

CODE: Final = "project.duplicate-name"
_ELSEWHERE: Final = {PREFIX: "a tool of an MCP server", "sql.": "a SQL tool", "retrieve.": "a document index"}


@dataclass(frozen=True, slots=True)
class Named:
    """Something that graphs name.

    Attributes:
        shelf: Names of one shelf differ: `tool`, `check`, `effect`, `solver`.
        origin: The thing itself: two modules may know one function. 0 where only its place is known.
        shown: Its place, for people.
    """

    shelf: str
    name: str
    where: Location
    origin: int
    shown: str

    def is_same(self, other: Named) -> bool:
        """Whether both are one thing."""
        if self.origin and other.origin:
            return self.origin == other.origin
        return self.where == other.where


def name_findings(declared: Sequence[Named]) -> list[Finding]:
    """Every name that stands for two things of one shelf, and every tool whose name leads to another shelf."""
    known: dict[tuple[str, str], list[Named]] = {}
    findings: list[Finding] = []
    for one in declared:
        lead = next((lead for lead in _ELSEWHERE if one.shelf == "tool" and one.name.startswith(lead)), "")
        if lead:
            what = f"the tool {one.name!r} can never be called: a name that begins with {lead} is {_ELSEWHERE[lead]}"
            findings.append(Finding("project.reserved-name", what, one.where, "choose another name"))
        others = known.setdefault((one.shelf, one.name), [])
        if others and not any(one.is_same(other) for other in others):
            what = f"the {one.shelf} {one.name!r} is declared twice: {others[0].shown} and {one.shown}"
            findings.append(Finding(CODE, what, one.where, "rename one of them, or remove it"))
        others.append(one)
    return list(dict.fromkeys(findings))


def defined_twice(path: Path, shown: str, name: str) -> Finding | None:
    """What is wrong with a function of a module that its file defines twice; None when it does so once."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    lines = [
        node.lineno
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name and not _is_overload(node)
    ]
    if len(lines) < 2:
        return None
    what = f"the function {name!r} is defined twice: {shown}:{lines[0]} and {shown}:{lines[1]}"
    return Finding(CODE, what, Location(shown, lines[1]), "rename one of them, or remove it")


def _is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("overload" in ast.unparse(one) for one in node.decorator_list)


def graph_name_findings(graphs: Mapping[str, tuple[str, Location]]) -> Iterator[Finding]:
    """Graph files that call themselves as another file's graph is called.

    Args:
        graphs: File's stem to the graph's own name and where it says so.
    """
    owners: dict[str, Location] = {}
    for stem, (name, where) in graphs.items():
        if stem == name:
            owners[name] = where
    for stem, (name, where) in graphs.items():
        known = owners.setdefault(name, where)
        if known is not where:
            what = f"two graphs are called {name!r}: {known} and {where}"
            yield Finding("project.two-graphs", what, where, f"write name: {stem}")
