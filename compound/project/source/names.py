"""Names are unique: a duplicate declaration is an error, because only one of the two would be used."""

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
    """A named part of a project.

    Attributes:
        shelf: Names are unique per shelf: `tool`, `check`, `effect`, `solver`.
        origin: Identity of the object, which several modules may import; 0 if only its place is known.
        shown: Its place, for people.
    """

    shelf: str
    name: str
    where: Location
    origin: int
    shown: str

    def is_same(self, other: Named) -> bool:
        """Whether both are the same object."""
        if self.origin and other.origin:
            return self.origin == other.origin
        return self.where == other.where


def name_findings(declared: Sequence[Named]) -> list[Finding]:
    """Duplicate names on a shelf, and tools whose name belongs to another shelf."""
    known: dict[tuple[str, str], list[Named]] = {}
    findings: list[Finding] = []
    for one in declared:
        lead = next((lead for lead in _ELSEWHERE if one.shelf == "tool" and one.name.startswith(lead)), "")
        if lead:
            what = f"the tool {one.name!r} cannot be called: {lead} is the prefix of {_ELSEWHERE[lead]}"
            findings.append(Finding("project.reserved-name", what, one.where, "choose another name"))
        others = known.setdefault((one.shelf, one.name), [])
        if others and not any(one.is_same(other) for other in others):
            what = f"the {one.shelf} {one.name!r} is declared twice: {others[0].shown} and {one.shown}"
            findings.append(Finding(CODE, what, one.where, "rename one of them, or remove it"))
        others.append(one)
    return list(dict.fromkeys(findings))


def defined_twice(path: Path, shown: str, name: str) -> Finding | None:
    """The finding of a function that its file defines twice; None if it is defined once."""
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
    """Graph files with the name of another file's graph.

    Args:
        graphs: File's stem to the graph's name and its place.
    """
    owners: dict[str, Location] = {}
    for stem, (name, where) in graphs.items():
        if stem == name:
            owners[name] = where
    for stem, (name, where) in graphs.items():
        known = owners.setdefault(name, where)
        if known is not where:
            what = f"two graphs have the name {name!r}: {known} and {where}"
            yield Finding("project.two-graphs", what, where, f"write name: {stem}")
