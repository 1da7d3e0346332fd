"""Leaves out findings that only follow from other mistakes, until those are corrected."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from compound.graph.wiring.order import Wiring
from compound.language.findings import in_file_order

if TYPE_CHECKING:
    from compound.errors import Location
    from compound.language.findings import Finding
    from compound.spec.graph_file import GraphSpec

_CAUSES: Final = (
    "graph.unknown-",
    "graph.bad-",
    "graph.missing-key",
    "graph.not-",
    "graph.effect-",
    "graph.on-expire",
    "graph.impossible-",
)
"""Prefixes of codes that can have consequences, in addition to mistakes of the file's shape."""
_NO_CAUSES: Final = frozenset({"graph.bad-operation", "graph.effect-not-shown", "graph.effect-not-allowed"})
_FOLLOW: Final = frozenset(
    {
        "graph.always-automatic",
        "graph.effect-not-shown",
        "graph.may-be-null",
        "graph.may-be-skipped",
        "graph.no-effect",
        "graph.stalled-by-review",
        "graph.tainted-key",
        "graph.tainted-recipient",
        "graph.tainted-sql",
        "graph.unguarded-effect",
        "graph.unreachable",
        "graph.unreviewed-value",
        "graph.weak-guard",
        "policy.needs-person",
        "policy.wrong-queue",
    }
)
"""Findings of a node that are certain only if everything before it is correct."""
_OF_THE_NODE: Final = frozenset(
    {
        "graph.idle-agent",
        "graph.missing-argument",
        "graph.missing-placeholder",
        "graph.no-review",
        "policy.never-automatic",
    }
)
"""Findings of a node that are certain only if its own keys are correct."""
_OF_A_VALUE: Final = frozenset(
    {"graph.bad-operation", "graph.impossible-comparison", "graph.type-mismatch", "graph.unknown-field"}
)
"""Findings of a value that are certain only if the node that makes it could be read."""
_NAMES: Final = frozenset(
    {f"graph.unknown-{what}" for what in ("tool", "check", "sql-tool", "effect", "index", "type")}
    | {f"graph.unknown-{what}" for what in ("specialist", "model", "prompt", "graph")}
    | {"graph.impossible-comparison", "graph.type-mismatch"}
)
_ROOT: Final = re.compile(r"\$([A-Za-z_]\w*)")
_UNUSED: Final = "graph.unused-"


def without_consequences(
    spec: GraphSpec, shape: Sequence[Finding], found: Sequence[Finding], broken: Iterable[str]
) -> list[Finding]:
    """The findings without those that only follow from others.

    Args:
        spec: The graph, as far as it could be read.
        shape: Findings in the file's shape.
        found: The other findings.
        broken: Nodes that could not be read.
    """
    causes = [*shape, *(one for one in found if _is_cause(one))]
    if not causes:
        return list(found)
    own = _Owners(spec)
    hurt = {name for one in causes if (name := own.of(one.where))} | set(broken)
    behind = _behind(spec, hurt)
    places = {(one.where.line, one.where.column) for one in causes if one.where.line}
    unread = {name for one in shape if (name := own.of(one.where))}
    after_unread = _behind(spec, unread) - unread
    kept: list[Finding] = []
    for one in found:
        follows = one.code in _OF_A_VALUE and (own.of(one.where) in after_unread or _about(one) in unread)
        follows = follows or (
            not _is_cause(one)
            and (
                one.code.startswith(_UNUSED)
                or (one.where.line, one.where.column) in places
                or (one.code in _FOLLOW and own.of(one.where) in behind)
                or (one.code in _OF_THE_NODE and own.of(one.where) in hurt)
            )
        )
        if not follows:
            kept.append(one)
    return _folded(kept)


def _about(one: Finding) -> str:
    """The node whose value a finding is about."""
    found = _ROOT.search(one.message)
    return found[1] if found else ""


def _folded(found: Sequence[Finding]) -> list[Finding]:
    """An unknown name is one mistake, in however many places: only the first is reported."""
    first: dict[tuple[str, str], list[Finding]] = {}
    for one in in_file_order(found):
        first.setdefault(_sameness(one), []).append(one)
    return [
        replace(one, message=f"{one.message}; so in {len(others)} more place{'s' * (len(others) > 1)}")
        if others
        else one
        for one, *others in first.values()
    ]


def _is_cause(one: Finding) -> bool:
    return one.severity == "error" and one.code.startswith(_CAUSES) and one.code not in _NO_CAUSES


class _Owners:
    """The node of the graph that a place of the file belongs to."""

    def __init__(self, spec: GraphSpec) -> None:
        self.file = spec.source.file
        names = [*spec.nodes, *(name for name in map(str, spec.source.below(("nodes",))) if name not in spec.nodes)]
        at = [(spec.source.key(("nodes", name)), name) for name in names]
        at += [(spec.source.key((section,)), "") for section in spec.source.below(())]
        self._places = sorted((where.line, where.column, name) for where, name in at)

    def of(self, where: Location) -> str:
        """The node's name; empty for a place outside of nodes."""
        index = bisect_right(self._places, (where.line, where.column, "\U0010ffff")) - 1
        if index < 0 or where.file != self.file or not where.line:
            return ""
        return self._places[index][2]


def _behind(spec: GraphSpec, hurt: set[str]) -> set[str]:
    """These nodes, and every node that waits for one of them."""
    found, wiring = set(hurt), Wiring(spec.nodes)
    while more := {name for name, deps in wiring.mentioned.items() if name not in found and found.intersection(deps)}:
        found |= more
    return found


def _sameness(one: Finding) -> tuple[str, str]:
    if one.code in ("graph.unknown-reference", "graph.unknown-node"):
        return "node", one.message.rpartition("node ")[2]
    if one.code == "graph.unknown-field":
        return one.code, f"{_about(one)}{one.message.rpartition(':')[2]}"
    if one.code in _NAMES:
        return one.code, one.message
    return str(one.where), f"{one.code} {one.message}"
