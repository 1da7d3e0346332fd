"""Family 6, effects: what a person decides is what they were shown, so an effect's arguments are known by then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.errors import CompoundError
from compound.graph.checks.effects import findings_of, guards_of
from compound.graph.planning.behind import is_made_by_a_map, lacking
from compound.graph.planning.expanding import no_graphs
from compound.graph.planning.planning import plan
from compound.graph.wiring.references import uses
from compound.spec.graph_file import CheckNode, EffectNode

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.planning.planning import Plan
    from compound.language.findings import Finding
    from compound.spec.graph_file import GraphSpec


def shown_findings(inspection: Inspection) -> Iterator[Finding]:
    """Effects behind a review that cannot be shown when it is decided."""
    try:
        planned = plan(inspection.spec, lambda name: _load(inspection, name))
    except CompoundError:
        return  # what cannot be planned has findings of its own
    for name, node in inspection.top.nodes.items():
        if not isinstance(node, EffectNode):
            continue
        lacks = {
            review: missing
            for review in planned.reviews_before.get(name, ())
            if not is_made_by_a_map(planned.steps, review)
            and (missing := lacking(planned.steps, planned.ancestors, name, review)) is not None
        }
        if not lacks or _is_shown_later(inspection, planned, name, lacks) or _is_checked(inspection, name, lacks):
            continue
        if not any(found.code == "graph.unreviewed-value" for found in findings_of(inspection, name, node)):
            review, missing = next(reversed(lacks.items()))
            what = f"{review} cannot show what {name} will do: that depends on {missing}, which only runs after it"
            fix = f"let {missing} run before {review}, or put a review after {missing}"
            yield inspection.finding("graph.effect-not-shown", what, (*inspection.top.place(name), "in"), fix, at="key")


def _load(inspection: Inspection, name: str) -> GraphSpec:
    return inspection.top.catalogue.graph(name) or no_graphs(name)


def _is_shown_later(inspection: Inspection, planned: Plan, effect: str, lacks: dict[str, str]) -> bool:
    """Another review, which is surely decided before the effect, shows it."""
    level = inspection.top
    return any(
        review not in lacks
        and not is_made_by_a_map(planned.steps, review)
        and (review not in level.nodes or level.is_there(review, level.facts[effect]))
        for review in planned.reviews_before[effect]
    )


def _is_checked(inspection: Inspection, effect: str, lacks: dict[str, str]) -> bool:
    """A check lets it through, and it does not carry out the decision of these reviews."""
    nodes = inspection.top.nodes
    node = nodes[effect]
    asked = {use.ref.root for use in uses(node, ()) if use.role in ("in", "when")}
    if asked & lacks.keys() or (isinstance(node, EffectNode) and node.review in lacks):
        return False
    guards = guards_of(inspection, effect) or []
    return bool(guards) and all(any(isinstance(nodes[one], CheckNode) for one in guard.names) for guard in guards)
