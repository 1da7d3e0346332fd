"""Checks a graph before it runs: every mistake, in one run, with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from compound.graph.checks.calls import call_findings
from compound.graph.checks.conditions import condition_findings
from compound.graph.checks.decisions import automatic_findings, order_findings, shown_findings
from compound.graph.checks.effects import effect_findings
from compound.graph.checks.flow import flow_findings
from compound.graph.checks.literals import literal_findings
from compound.graph.checks.names import name_findings, with_python_types
from compound.graph.checks.policy import policy_findings
from compound.graph.checks.prompts import prompt_findings
from compound.graph.checks.running import running_findings
from compound.graph.checks.sinks import taint_findings
from compound.graph.checks.unused import unused_findings
from compound.graph.checks.values import role_findings, value_findings
from compound.graph.inspection.held_back import without_consequences
from compound.graph.inspection.inspection import Inspection
from compound.graph.port.catalogue import Remembered
from compound.language.findings import Finding, in_file_order
from compound.spec.graph_text import parse_graph

if TYPE_CHECKING:
    from compound.graph.port.catalogue import Catalogue
    from compound.spec.graph_file import GraphSpec

Family: TypeAlias = "Callable[[Inspection], Iterator[Finding]]"

FAMILIES: Final[tuple[Family, ...]] = (
    name_findings,  # 1
    value_findings,  # 2: references
    role_findings,  # 2: names in `item` and `shows`
    literal_findings,  # 2: texts that look like references
    call_findings,  # 2: inputs of nodes (5: SQL parameters too)
    condition_findings,  # 2: comparisons
    flow_findings,  # 3: shape
    unused_findings,  # 3: waste
    prompt_findings,  # 4
    effect_findings,  # 6
    shown_findings,  # 6: a person decides what they were shown
    order_findings,  # 6: a message waits for what it tells
    taint_findings,  # 7
    running_findings,  # 8
    policy_findings,  # 9
    automatic_findings,  # 9: rules that decide without a person
)
"""The checks, by the number of their family in the design of the graph file."""


def check_file(text: str | bytes, path: str, catalogue: Catalogue) -> list[Finding]:
    """Check a graph file: its shape, and everything in it that can be read."""
    parsed = parse_graph(text, path)
    if parsed.spec is None:
        return list(parsed.findings)
    found = check_graph(parsed.spec, catalogue, broken=parsed.broken, shape=parsed.findings)
    return in_file_order([*parsed.findings, *found])


def check_graph(
    spec: GraphSpec, catalogue: Catalogue, *, broken: Iterable[str] = (), shape: Sequence[Finding] = ()
) -> list[Finding]:
    """All findings in a graph, in the order of the file, without those that only follow from others.

    Args:
        spec: A graph of valid shape; its source map provides the places.
        catalogue: What the project offers. Names on an unknown shelf are not checked.
        broken: Nodes of the file that could not be read: references to them are not mistakes.
        shape: Findings in the file's shape, which are reported already: their consequences are left out.

    Returns:
        Findings; the graph may run if none is an `error`.

    Cost: linear in the nodes and references; about 10 ms for the support desk's graph.
    """
    remembered = Remembered(catalogue)
    typed, findings = with_python_types(spec, remembered)
    inspection = Inspection(typed, remembered, frozenset(broken))
    for family in FAMILIES:
        findings += family(inspection)
    return in_file_order(without_consequences(typed, shape, findings, inspection.broken))
