"""Family 2, references: unknown names and fields, and required values that may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.errors import choices
from compound.graph.inspection.levels import NOTHING
from compound.graph.wiring.references import Use, iter_bindings, needed
from compound.graph.wiring.value_types import Unknown
from compound.language.decisions import APPROVING, REJECT
from compound.language.findings import Finding
from compound.language.references import Expr, Ref, references
from compound.language.types import ANY, Many, Record, Scalar, bare, is_optional, parse_type, show_type
from compound.spec.nodes import EffectNode, GraphNode, MapBlock, RepeatBlock, ReviewNode

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.language.types import Type
    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode
    from compound.spec.yaml.reading import DataPath


def value_findings(inspection: Inspection) -> Iterator[Finding]:
    """All findings in references."""
    for level in inspection.levels:
        for name, node in level.nodes.items():
            inner = level.below(name, node) if isinstance(node, RepeatBlock | MapBlock) else level
            for use in level.own_uses[name]:
                yield from use_findings(inspection, inner if use.role in {"until", "out"} else level, use)
            yield from _named_nodes(inspection, level, name, node)
    for level, name, path, node in inspection.nodes:
        for expr, place in needed(node, path):
            yield from _missing(inspection, level, name, expr, place)
    for name, value in inspection.spec.output.items():
        for expr, place in iter_bindings(value, ("output", name)):
            for ref, is_shielded in references(expr):
                use = Use(ref=ref, is_shielded=is_shielded, path=place, role="out")
                yield from use_findings(inspection, inspection.top, use)
            yield from _missing_output(inspection, name, expr, place)


def use_findings(inspection: Inspection, level: Level, use: Use) -> Iterator[Finding]:
    """Findings in one reference."""
    if use.ref.root in inspection.broken:
        return
    try:
        level.types.reach(use.ref)
    except Unknown as unknown:
        if unknown.step is None:
            what, fix = _unknown_root(level, use.ref, unknown.choices)
            yield inspection.finding("graph.unknown-reference", what, use.path, fix)
        else:
            what = f"${use.ref}: no field {unknown.step!r}"
            yield inspection.finding("graph.unknown-field", what, use.path, _fields(unknown))


def _unknown_root(level: Level, ref: Ref, known: list[str]) -> tuple[str, str]:
    if ref.root == "previous":
        return f"${ref}: no previous round: this is not a `repeat:` block", "use it inside a `repeat:` block"
    items = [one for one in known if level.types.node(one) is None and one not in {"input", "context", "run"}]
    if ref.root == "item" and items:
        return f"${ref}: no node is named 'item'", f"the item is named ${items[0]} here"
    if ref.root == "item":
        return f"${ref}: no item: this is not a `map:` block", "use it inside a `map:` block"
    return f"${ref}: no node is named {ref.root!r}", choices(known, ref.root)


def _fields(unknown: Unknown) -> str:
    if unknown.choices:
        return choices(unknown.choices, str(unknown.step))
    if isinstance(unknown.kind, Many):
        return "it is a list: take an item ([0]), or use a `map:` over it"
    return f"it is {show_type(unknown.kind)}, which has no fields" if unknown.kind else "the value has no fields"


def _missing(inspection: Inspection, level: Level, name: str, expr: Expr, path: DataPath) -> Iterator[Finding]:
    lack = level.lack(expr, level.meant[name])
    if lack is None or lack.ref.root in inspection.broken:
        return
    if lack.ref.root == lack.what:
        what = f"{name} needs ${lack.ref}, but {lack.what} may be skipped ({lack.why})"
    else:
        what = f"{name} needs ${lack.ref}, but ${lack.what} may be null"
    asked = lack.what if lack.ref.root == lack.what else f"{lack.what} != null"
    fix = f"write ${lack.ref}? to take null instead, or give {name} a `when` that requires {asked}"
    yield inspection.finding("graph.may-be-skipped", what, path, fix)


def _missing_output(inspection: Inspection, name: str, expr: Expr, path: DataPath) -> Iterator[Finding]:
    lack = inspection.top.lack(expr, NOTHING)
    if lack is not None and lack.ref.root == lack.what and lack.what not in inspection.broken:
        what = f"the output {name} needs ${lack.ref}, but {lack.what} may be skipped ({lack.why})"
        yield inspection.finding("graph.may-be-skipped", what, path, f"write ${lack.ref}? if null is acceptable")


def _named_nodes(inspection: Inspection, level: Level, name: str, node: AnyNode) -> Iterator[Finding]:
    """Nodes named without a reference: `after`, the `review` of an effect, the action of a rule."""
    path, nodes = level.place(name), level.nodes
    for index, other in enumerate(node.after):
        if other not in nodes and other not in inspection.broken:
            fix = choices([one for one in nodes if one != name], other)
            yield inspection.finding("graph.unknown-node", f"unknown node {other!r}", (*path, "after", index), fix)
    if isinstance(node, ReviewNode) and node.auto is not None and node.auto.action not in node.decide:
        what = f"the rule decides {node.auto.action!r}, which is not an action of this review"
        fix = choices(list(node.decide), node.auto.action)
        yield inspection.finding("graph.unknown-action", what, (*path, "auto", "action"), fix)
    elif isinstance(node, ReviewNode) and node.auto is not None:
        yield from _of_rule(inspection, path, node, node.auto.action)
    if isinstance(node, ReviewNode):
        yield from _actions(inspection, path, node)
    if isinstance(node, EffectNode) and node.review is not None and node.review not in inspection.broken:
        known = [one for one, other in nodes.items() if isinstance(other, ReviewNode)]
        if node.review not in known:
            what = f"{node.review!r} is not a review of this graph"
            yield inspection.finding("graph.unknown-node", what, (*path, "review"), choices(known, node.review))


def _of_rule(inspection: Inspection, path: DataPath, node: ReviewNode, action: str) -> Iterator[Finding]:
    """A rule approves or rejects, and cannot fill fields."""
    place = (*path, "auto", "action")
    names = inspection.spec.type_names
    needed = [
        name
        for name, kind in node.decide[action].items()
        if name != "reason" and not is_optional(parse_type(kind), names)
    ]
    if action not in {"approve", REJECT}:
        what = f"a rule can approve or reject; {action!r} is for people"
        yield inspection.finding("graph.unknown-action", what, place, "action: approve, or action: reject")
    elif needed:
        what = f"the rule decides {action!r}, which needs {', '.join(needed)}, but a rule cannot fill fields"
        fix = f"make {needed[0]} optional ({needed[0]}: ...?), or drop it from {action!r}"
        yield inspection.finding("graph.unknown-action", what, place, fix)


def _actions(inspection: Inspection, path: DataPath, node: ReviewNode) -> Iterator[Finding]:
    """Actions with nearly the name of a built-in one: a misspelt `reject` would not refuse anything."""
    for action in node.decide:
        for meant in sorted({*APPROVING, REJECT} - set(node.decide)):
            if action != meant and _is_slip(action, meant):
                what = f"the action {action!r} is not {meant!r}, and has no meaning of its own"
                fix = f"write {meant!r}, or choose a less similar name"
                place = (*path, "decide", action)
                yield inspection.finding("graph.unknown-action", what, place, fix, at="key", severity="warning")


def _is_slip(word: str, meant: str) -> bool:
    """Whether two words differ by swapped letters, or by one letter."""
    short, long = sorted((word, meant), key=len)
    is_one_more = len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
    return is_one_more or sorted(word) == sorted(meant)


_NAMES = (Scalar("str"), Scalar("int"), ANY)


def role_findings(inspection: Inspection) -> Iterator[Finding]:
    """Unknown names in `item` and `shows`, and an id, a title or a key that is not text."""
    spec = inspection.spec
    if spec.item is not None and spec.item.input is not None and spec.item.input not in spec.input:
        what = f"item.input: the graph has no input {spec.item.input!r}"
        fix = f"name an input; {choices(list(spec.input), spec.item.input)}"
        yield inspection.finding("graph.bad-role", what, ("item", "input"), fix)
    for role in ("id", "title", "key"):
        path = None if spec.item is None else getattr(spec.item, role)
        if path is not None and (wrong := _wrong(spec, path)) is not None:
            yield inspection.finding("graph.bad-role", f"item.{role}: {wrong[0]}", ("item", role), wrong[1])
    for role, text in ({} if spec.shows is None else spec.shows.model_dump(exclude_none=True)).items():
        for expr, place in iter_bindings(text, ("shows", role)):
            for ref, is_shielded in references(expr):
                use = Use(ref=ref, is_shielded=is_shielded, path=place, role="out")
                yield from use_findings(inspection, inspection.top, use)
                yield from _not_shown(inspection, role, use)


def _not_shown(inspection: Inspection, role: str, use: Use) -> Iterator[Finding]:
    """A role whose node has no value when a review shows it."""
    level, root = inspection.top, use.ref.root
    reviews = [name for name, node in level.nodes.items() if _asks(inspection, node)]
    if root not in level.nodes or root in inspection.broken:
        return
    for review in reviews:
        before = level.wiring.before(review)
        fix = f"name a node that runs before {review}; {choices(before)}" if before else "name a field of the input"
        if root == review or review in level.wiring.before(root):
            when = "has no value before it" if root == review else f"runs only after {review}"
            what = f"shows.{role}: {root} {when} is decided, so {review} shows nothing for it"
            yield inspection.finding("graph.shows-nothing", what, use.path, fix, severity="warning")
            return
        if not use.is_shielded and not level.is_there(root, level.facts[review]):
            what = f"shows.{role}: {root} may be skipped ({level.why(root)}), and {review} then shows nothing for it"
            fix = f"write ${use.ref}? if that is acceptable, or {fix}"
            yield inspection.finding("graph.shows-nothing", what, use.path, fix, severity="warning")
            return


def _asks(inspection: Inspection, node: AnyNode) -> bool:
    """A review, or a map or a graph with one in it."""
    if isinstance(node, MapBlock):
        return any(_asks(inspection, one) for one in node.nodes.values())
    inner = inspection.inner(node.graph) if isinstance(node, GraphNode) else None
    return isinstance(node, ReviewNode) or (
        inner is not None and any(_asks(inner, one) for one in inner.spec.nodes.values())
    )


def _wrong(spec: GraphSpec, path: str) -> tuple[str, str] | None:
    """Problem of a path into the input, and its fix; None if there is none."""
    kind: Type = spec.input_type
    for step in path.split("."):
        kind = bare(kind, spec.type_names)
        if kind == ANY:
            return None
        if not isinstance(kind, Record) or (step not in kind.fields and not kind.is_open):
            known = list(kind.fields) if isinstance(kind, Record) else []
            return f"{path}: no field {step!r}", f"name a field of the input; {choices(known, step)}"
        kind = kind.fields.get(step, ANY)
    found = bare(kind, spec.type_names)
    if isinstance(found, (Many, Record)) or (isinstance(found, Scalar) and found not in _NAMES):
        return f"{path} is neither text nor a whole number", "name a field that is text, an enum or an int"
    return None
