"""Families 6 and 9, decisions: a person decides what they were shown; `auto` rules that can never fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import CompoundError
from compound.graph.checks.effects import findings_of, guards_of, reviews_of
from compound.graph.inspection.satisfiable import can_hold
from compound.graph.planning.behind import is_made_by_a_map, lacking
from compound.graph.planning.expanding import MAPPED, no_graphs
from compound.graph.planning.planning import plan
from compound.graph.wiring.references import parse_binding, uses
from compound.language.findings import Finding
from compound.language.types import Scalar, mismatch
from compound.spec.nodes import CheckNode, EffectNode, ReviewNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.graph.planning.planning import Plan
    from compound.spec.graph_file import GraphSpec
    from compound.spec.policy_file import Automatic
    from compound.spec.words import AutoRule
    from compound.spec.yaml.reading import DataPath


def shown_findings(inspection: Inspection) -> Iterator[Finding]:
    """Effects behind a review that cannot be shown when it is decided."""
    try:
        planned = plan(inspection.spec, lambda name: _load(inspection, name))
    except CompoundError:
        return  # a graph that cannot be planned has findings of its own
    for body in inspection.bodies:
        if (own := _plan_of(body, planned)) is not None:
            yield from _shown_in(body, own)


def _plan_of(inspection: Inspection, planned: Plan) -> Plan | None:
    """The plan of the graph, or of an element of a map in it; None of a map without reviews and effects."""
    if inspection.outside is None:
        return planned
    around = _plan_of(inspection.outside, planned)
    owner = inspection.top.owner
    return None if around is None else around.bodies.get(owner) or around.bodies.get(f"{owner}.{MAPPED}")


def _shown_in(inspection: Inspection, planned: Plan) -> Iterator[Finding]:
    for name, node in inspection.top.nodes.items():
        if not isinstance(node, EffectNode):
            continue
        review = None if planned.reviews_before.get(name) else _review_around(inspection)
        if review is not None and not _is_checked(inspection, name, {review: ""}):
            what = f"{review} cannot show what {name} will do: that is known for each item of {inspection.top.owner}"
            fix = f"put a review of each item into {inspection.top.owner}, before {name}"
            yield inspection.finding("graph.effect-not-shown", what, inspection.top.place(name), fix, at="key")
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


def _review_around(inspection: Inspection) -> str | None:
    """The last review before the maps around an effect; None if there is none."""
    outside = inspection.outside
    if outside is None:
        return None
    owner = inspection.top.owner
    before = [one for one in outside.top.wiring.before(owner) if isinstance(outside.top.nodes[one], ReviewNode)]
    return before[-1] if before else _review_around(outside)


def order_findings(inspection: Inspection) -> Iterator[Finding]:
    """Messages that say what another effect of the same decision does, and do not wait for it: it may be refused."""
    for body in inspection.bodies:
        effects = {name: node for name, node in body.top.nodes.items() if isinstance(node, EffectNode)}
        messages = [name for name, node in effects.items() if _is_message(body, node)]
        acts = [name for name in effects if name not in messages]
        for name in messages:
            if (act := next((one for one in acts if _is_told_too_soon(body, name, one)), None)) is not None:
                what = f"{name} is sent even where {act} is refused: it does not wait for it"
                place, fix = body.top.place(name), f"add `after: [{act}]` to {name}"
                yield body.finding("graph.told-too-soon", what, place, fix, at="key", severity="warning")


def _is_message(inspection: Inspection, node: EffectNode) -> bool:
    signatures = [inspection.catalogue.signature("effect", one) for _, _, one in node.named()]
    return bool(signatures) and all(one is not None and one.is_message for one in signatures)


def _is_told_too_soon(inspection: Inspection, message: str, other: str) -> bool:
    """Whether both can happen for one decision, in any order."""
    level = inspection.top
    if other in level.wiring.before(message) or message in level.wiring.before(other):
        return False
    if reviews_of(inspection, message).keys().isdisjoint(reviews_of(inspection, other)):
        return False
    both = [*level.facts[message].conditions, *level.facts[other].conditions]
    return can_hold(both, level.kind_of, level.types.names)


def _load(inspection: Inspection, name: str) -> GraphSpec:
    return inspection.top.catalogue.graph(name) or no_graphs(name)


def _is_shown_later(inspection: Inspection, planned: Plan, effect: str, lacks: dict[str, str]) -> bool:
    """Whether another review, which is certainly decided before the effect, shows it."""
    level = inspection.top
    return any(
        review not in lacks
        and not is_made_by_a_map(planned.steps, review)
        and (review not in level.nodes or level.is_there(review, level.facts[effect]))
        for review in planned.reviews_before[effect]
    )


def _is_checked(inspection: Inspection, effect: str, lacks: dict[str, str]) -> bool:
    """Whether a check guards it, and it does not perform the decision of these reviews."""
    types = inspection.top.types
    node = inspection.top.nodes[effect]
    asked = {use.ref.root for use in uses(node, ()) if use.role in ("in", "when")}
    if asked & lacks.keys() or (isinstance(node, EffectNode) and node.review in lacks):
        return False
    guards = guards_of(inspection, effect) or []
    return bool(guards) and all(any(isinstance(types.node(one), CheckNode) for one in guard.names) for guard in guards)


_NUMBER = Scalar("float")
_KEYS = "automatic: {error_at_most: 2%, confidence: 95%}"


def automatic_findings(inspection: Inspection) -> Iterator[Finding]:
    """Every `auto` rule against the policy, which defines what a certificate must prove."""
    policy = inspection.spec.policy
    file = None if policy is None else inspection.catalogue.policy(policy)
    if policy is not None and file is None:
        return  # unknown or unreadable: reported already
    for level, name, path, node in inspection.nodes:
        if not isinstance(node, ReviewNode) or node.auto is None:
            continue
        if file is None or file.automatic is None:
            whose = "the graph names no policy" if file is None else f"the policy {file.name} has no `automatic`"
            what = f"the `auto` rule of {name} can never fire: {whose}"
            fix = f"write {_KEYS} in the policy, then compound certify; or drop `auto`"
            if file is None:
                fix = f"name a policy with {_KEYS}; or drop `auto`"
            place = inspection.spec.source.key((*path, "auto"))
            yield Finding("policy.never-automatic", what, place, fix, "warning")
        yield from _score(inspection, level, path, node.auto, None if file is None else file.automatic)


def _score(
    inspection: Inspection, level: Level, path: DataPath, rule: AutoRule, automatic: Automatic | None
) -> Iterator[Finding]:
    expr = None if rule.score is None else parse_binding(rule.score)
    if expr is None:
        return
    place = (*path, "auto", "score")
    why = mismatch(level.types.of_expr(expr), _NUMBER, level.types.names)
    if why is not None:
        yield inspection.finding("graph.type-mismatch", f"score: {why}", place, "refer to a number")
    elif automatic is not None and not automatic.thresholds:
        what = f"the score {rule.score} has no effect: the policy declares no `thresholds`"
        fix = "write thresholds: [0.9, 0.8] under `automatic` in the policy, highest first; or drop `score`"
        yield inspection.finding("policy.no-thresholds", what, place, fix, severity="warning")
