"""Family 6, effects: nothing happens without a review or a check.

Two questions for each effect. Does it happen only after a decided review, or a passed check? And has that review
shown, or that check read, everything in it that a model made?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from compound.graph.inspection.satisfiable import Trial, can_hold, key_of
from compound.graph.wiring.references import inner_names, iter_bindings, uses
from compound.language.conditions import parse_condition
from compound.language.decisions import REJECT
from compound.language.findings import Finding
from compound.language.references import Both, Expr, Not, Ref, refs_of
from compound.spec.nodes import CheckNode, EffectNode, GraphNode, MapBlock, RetrieveNode, ReviewNode, SqlNode

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level

_MAX_CASES: Final = 16


@dataclass(frozen=True, slots=True)
class Guard:
    """The guard of an effect in one case.

    Attributes:
        names: The reviews and checks.
        shown: What they were shown.
    """

    names: tuple[str, ...]
    shown: tuple[Ref, ...]


def effect_findings(inspection: Inspection) -> Iterator[Finding]:
    """Every effect that can happen without a decision, or with content that nobody decided about."""
    for body in inspection.bodies:
        yield from _within(body)


def _within(inspection: Inspection) -> Iterator[Finding]:
    level = inspection.top
    for name, node in level.nodes.items():
        if isinstance(node, EffectNode):
            yield from findings_of(inspection, name, node)
        elif isinstance(node, GraphNode):
            yield from _below(inspection, name, node)
        elif isinstance(node, ReviewNode) and node.auto is not None:
            found = Trial([parse_condition(node.auto.when)], level.kind_of, level.types.names).verdict()
            if found == "always" and all(level.types.root(r.root) for r in refs_of(parse_condition(node.auto.when))):
                what = f"no person is ever asked: {node.auto.when} always holds"
                fix = "ask for a value that a check or a tool found"
                yield inspection.finding("graph.always-automatic", what, (*level.place(name), "auto", "when"), fix)


def findings_of(inspection: Inspection, name: str, node: EffectNode) -> Iterator[Finding]:
    """Findings in one effect."""
    level = inspection.top
    found = list(_weak(inspection, name, node))
    yield from found
    guards = guards_of(inspection, name)
    if guards is None:
        if not found:
            what = f"{name} can take effect without a review or an accepted check{_near_miss(inspection, name)}"
            fix = "make it depend on a review (when: review.action != 'reject'), or on a check (when: verdict.ok)"
            yield inspection.finding("graph.unguarded-effect", what, level.place(name), fix, at="key")
        return
    seen = _Seen(inspection)
    for key, value in node.inputs.items():
        for guard in guards:
            unseen = seen.first_unseen(value, guard.shown)
            if unseen is not None:
                who = " and ".join(guard.names)
                what = f"{key}: {unseen.root} made ${unseen}, but {who} never saw it"
                fix = f"show ${unseen} there, or use a value that it was shown"
                yield inspection.finding("graph.unreviewed-value", what, (*level.place(name), "in", key), fix)
                break


def _weak(inspection: Inspection, name: str, node: EffectNode) -> Iterator[Finding]:
    """Conditions on a review that also hold for a rejection, or never."""
    level, path = inspection.top, (*inspection.top.place(name), "when")
    if node.when is None:
        return
    expr = parse_condition(node.when)
    for root in dict.fromkeys(ref.root for ref in refs_of(expr) if ref.steps[:1] == ("action",)):
        review = level.nodes.get(root)
        if not isinstance(review, ReviewNode) or not can_hold([expr], level.kind_of, level.types.names):
            continue
        through = [
            action
            for action in review.decide
            if can_hold(
                [expr], level.kind_of, level.types.names, {(root, ()): [{"": 0}], (root, ("action",)): [action]}
            )
        ]
        if through == [REJECT]:
            what = f"{name} never happens: {node.when} only holds if {root} rejects"
            fix = f"use the opposite: {root}.action != 'reject'"
            yield inspection.finding("graph.unreachable", what, path, fix)
        elif REJECT in through or (len(review.decide) > 1 and len(through) == len(review.decide)):
            what = f"the condition holds for every decision of {root} ({', '.join(through)})"
            fix = f"require the decision alone: {root}.action != 'reject'"
            yield inspection.finding("graph.weak-guard", what, path, fix)


def _near_miss(inspection: Inspection, name: str) -> str:
    """Why an apparent guard is not one."""
    level = inspection.top
    known = level.facts[name].conditions
    for other, node in level.nodes.items():
        about = [one for one in known if any(ref.root == other for ref in refs_of(one))]
        if isinstance(node, CheckNode) and about:
            return f": its condition also holds if {other} fails"
    for other in level.wiring.before(name):
        node = level.nodes.get(other)
        if isinstance(node, ReviewNode) and level.types.may_skip(other):
            return f": {other} may be skipped ({level.why(other)})"
    return ""


def guards_of(inspection: Inspection, name: str) -> list[Guard] | None:
    """The guard of each case in which a node runs; None if there is a case without one.

    Inside a map the guards around it have seen what they were shown; they alone are enough too.
    """
    level = inspection.top
    before = level.wiring.before(name)
    own = _cases(inspection, name, before, level.facts[name].conditions, frozenset(), 0)
    around = None if inspection.outside is None else guards_of(inspection.outside, level.owner)
    if own is None or around is None:
        return own or around
    return [Guard((*far.names, *near.names), (*far.shown, *near.shown)) for near in own for far in around]


def reviews_of(inspection: Inspection, name: str) -> dict[str, ReviewNode]:
    """The reviews that have certainly been decided when a node runs."""
    level = inspection.top
    return {
        one: node
        for one in level.wiring.before(name)
        if isinstance(node := level.nodes[one], ReviewNode) and level.is_there(one, level.facts[name])
    }


def _cases(
    inspection: Inspection,
    name: str,
    before: Sequence[str],
    conditions: tuple[Expr, ...],
    skipped: frozenset[str],
    depth: int,
) -> list[Guard] | None:
    level = inspection.top
    reviews = [one for one in before if one not in skipped and _decides(inspection, one)]
    sure = [one for one in reviews if level.is_there(one, level.facts[name])]
    checks = [
        one
        for one in before
        if isinstance(level.nodes[one], CheckNode)
        and level.is_there(one, level.facts[name])
        and _excludes_failure(level, one, conditions)
    ]
    if sure or checks:
        return [_guard(inspection, [*sure, *checks])]
    if depth > _MAX_CASES:
        return None
    for review in reviews:
        wanted = level.facts[review].conditions
        if not wanted:
            continue
        # It was decided or skipped: if skipped, its own condition did not hold.
        without = Not(wanted[0] if len(wanted) == 1 else Both(True, wanted))
        rest = _cases(inspection, name, before, (*conditions, without), skipped | {review}, depth + 1)
        if rest is not None:
            return [_guard(inspection, [review]), *rest]
    return None


def _decides(inspection: Inspection, name: str) -> bool:
    """A review, or a graph in which a review is always asked."""
    node = inspection.top.nodes[name]
    if isinstance(node, GraphNode):
        inner = inspection.inner(node.graph)
        return inner is not None and any(
            _decides(inner, one) and not inner.top.types.may_skip(one) for one in inner.spec.nodes
        )
    return isinstance(node, ReviewNode)


def _excludes_failure(level: Level, name: str, conditions: Sequence[Expr]) -> bool:
    """Whether the conditions cannot hold if the check fails."""
    about = [one for one in conditions if any(ref.root == name for ref in refs_of(one))]
    steps = {ref.steps for one in about for ref in refs_of(one) if ref.root == name and ref.steps}
    for asked in steps:
        bad: list[JsonValue]
        match asked[0]:
            case "ok":
                bad = [False]
            case "score":
                bad = [0, None]
            case "problems":
                bad = [["a problem"]]
            case _:
                bad = []
        if bad and not can_hold(about, level.kind_of, level.types.names, {(name, asked): bad}):
            return True
        if not bad and Trial(about, level.kind_of, level.types.names).verdict() == "open":
            return True
    return False


def _guard(inspection: Inspection, names: Sequence[str]) -> Guard:
    shown: list[Ref] = []
    for name in names:
        node = inspection.top.nodes[name]
        shown.append(Ref(name))
        if isinstance(node, ReviewNode):
            shown += _refs(cast("JsonValue", node.show))
        elif isinstance(node, GraphNode):
            shown += _shown_below(inspection, node)
        else:
            shown += _refs(cast("JsonValue", node.inputs))
    return Guard(tuple(names), tuple(shown))


def _refs(value: JsonValue) -> list[Ref]:
    return [ref for expr, _ in iter_bindings(value, ()) for ref in refs_of(expr)]


def _shown_below(inspection: Inspection, node: GraphNode) -> Iterator[Ref]:
    """The inputs that the reviews of a graph show."""
    inner = inspection.inner(node.graph)
    if inner is None:
        return
    for one in inner.spec.nodes.values():
        if isinstance(one, ReviewNode):
            for ref in _refs(cast("JsonValue", one.show)):
                if ref.root == "input" and ref.steps and ref.steps[0] in node.inputs:
                    for outer in _refs(node.inputs[str(ref.steps[0])]):
                        yield Ref(outer.root, (*outer.steps, *ref.steps[1:]))


class _Seen:
    """Finds values that a model made and no guard saw.

    Args:
        asks_inputs: Whether the graph's input counts as unseen: a model of an outer graph may have made it.
    """

    def __init__(self, inspection: Inspection, *, asks_inputs: bool = False) -> None:
        self._inspection = inspection
        self._level = inspection.top
        self._asks_inputs = asks_inputs

    def first_unseen(self, value: JsonValue, shown: Sequence[Ref]) -> Ref | None:
        """The first reference in a value that leads to it."""
        return next(self.unseen(_refs(value), shown), None)

    def unseen(self, refs: Sequence[Ref], shown: Sequence[Ref], above: frozenset[str] = frozenset()) -> Iterator[Ref]:
        """Every reference to something a model made, as far back as possible."""
        for ref in refs:
            if any(one.root == ref.root and ref.steps[: len(one.steps)] == one.steps for one in shown):
                continue
            if ref.root == "input" and self._asks_inputs:
                yield ref
            if (items := self._items(ref.root)) is not None and ref.root not in above:
                yield from self.unseen(items, shown, above | {ref.root})
                continue
            node = self._level.types.node(ref.root)
            if node is None or ref.root in above or isinstance(node, ReviewNode | EffectNode | RetrieveNode | SqlNode):
                continue
            if self._inspection.is_model(node):
                yield Ref(*key_of(ref))
                continue
            own = inner_names(node)
            below = [use.ref for use in uses(node, ()) if use.ref.root not in own and use.role != "when"]
            yield from self.unseen(below, shown, above | {ref.root})

    def _items(self, root: str) -> list[Ref] | None:
        """Where the item of a map around this level comes from; None for other roots."""
        level = self._level
        while level.above is not None and root not in level.nodes:
            block = level.above.nodes[level.owner]
            if isinstance(block, MapBlock) and block.map.item == root:
                return _refs(block.map.each)
            level = level.above
        return None


def _below(inspection: Inspection, name: str, node: GraphNode) -> Iterator[Finding]:
    """Inputs of a graph with effects: its own reviews must show them, or a review out here must have."""
    inner = inspection.inner(node.graph)
    if inner is None or not inner.has_boundaries:
        return
    guards = guards_of(inspection, name) or [Guard((), ())]
    seen = _Seen(inspection)
    for effect, used in unseen_inputs(inner):
        key = str(used.steps[0]) if used.steps else ""
        value = node.inputs.get(key)
        refs = [Ref(ref.root, (*ref.steps, *used.steps[1:])) for ref in _refs(value)]
        for guard in guards:
            unseen = next(seen.unseen(refs, guard.shown), None)
            if unseen is not None:
                what = f"{key}: {unseen.root} made ${unseen}; {effect} of {node.graph} uses it, but nobody saw it"
                fix = f"show $input.{key} in a review of {node.graph}, or ${unseen} in one before {name}"
                path = (*inspection.top.place(name), "in", key)
                yield inspection.finding("graph.unreviewed-value", what, path, fix)
                break


def unseen_inputs(inspection: Inspection) -> Iterator[tuple[str, Ref]]:
    """Inputs of a graph that its effects use and its own guards do not see, with the effect."""
    done: set[Ref] = set()
    for body in inspection.bodies:
        for name, ref in _unseen_in(body):
            if ref.root == "input" and ref not in done:
                done.add(ref)
                yield name, ref


def _unseen_in(inspection: Inspection) -> Iterator[tuple[str, Ref]]:
    seen = _Seen(inspection, asks_inputs=True)
    for name, node in inspection.top.nodes.items():
        found: list[Ref] = []
        if isinstance(node, EffectNode):
            for guard in guards_of(inspection, name) or []:
                found += seen.unseen(_refs(cast("JsonValue", node.inputs)), guard.shown)
        elif isinstance(node, GraphNode) and (inner := inspection.inner(node.graph)) is not None:
            for _, used in unseen_inputs(inner):
                value = node.inputs.get(str(used.steps[0])) if used.steps else None
                refs = [Ref(ref.root, (*ref.steps, *used.steps[1:])) for ref in _refs(value)]
                for guard in guards_of(inspection, name) or [Guard((), ())]:
                    found += seen.unseen(refs, guard.shown)
        yield from ((name, ref) for ref in found)
