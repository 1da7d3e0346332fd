"""Checks the graph against its policy, including retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import choices
from compound.graph.checks.effects import reviews_of
from compound.graph.inspection.leading import leading
from compound.language.findings import Finding
from compound.language.schema import SchemaPart
from compound.spec.graph_file import blocks
from compound.spec.graph_text import nearest
from compound.spec.nodes import AgentNode, AnyNode, EffectNode, GraphNode, ReviewNode
from compound.spec.policy_file import PolicyFile
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compound.errors import Location
    from compound.graph.inspection.inspection import Inspection
    from compound.spec.policy_file import EffectRule, PolicyFile, Retention
    from compound.spec.yaml.reading import DataPath


def policy_findings(inspection: Inspection) -> Iterator[Finding]:
    """Effects that the policy forbids, or restricts more than the graph does."""
    spec, catalogue = inspection.spec, inspection.catalogue
    if spec.policy is None:
        return
    known = catalogue.names("policy")
    if known is not None and spec.policy not in known:
        where = spec.source.value(("policy",))
        yield Finding("graph.unknown-policy", f"unknown policy {spec.policy!r}", where, choices(known, spec.policy))
        return
    policy = catalogue.policy(spec.policy)
    if policy is not None:
        yield from _findings(inspection, policy)
        yield from retention_findings(inspection, policy)


def _findings(inspection: Inspection, policy: PolicyFile) -> Iterator[Finding]:
    spec = inspection.spec
    for path, node in blocks(spec.nodes):
        for key, name in _effects(node):
            rule = policy.effects.get(name)
            if rule is None and not _is_misspelt(inspection, policy, name):
                what = f"the policy {policy.name} does not allow {name}"
                if policy.description:
                    what += f", whose purpose is: {policy.description.strip()}"
                fix = f"add it to the policy file, or remove it; {choices(list(policy.effects), name)}"
                yield Finding("policy.not-allowed", what, spec.source.value((*path, *key)), fix)
            elif rule is not None and isinstance(node, EffectNode):
                yield from _asked(inspection, path, node, name, rule)


def _is_misspelt(inspection: Inspection, policy: PolicyFile, name: str) -> bool:
    """Whether the policy has an unknown effect with a similar name: a finding of the policy file."""
    known = inspection.catalogue.names("effect")
    return known is not None and nearest(name, [one for one in policy.effects if one not in known]) is not None


def _effects(node: AnyNode) -> Iterator[tuple[DataPath, str]]:
    if isinstance(node, EffectNode):
        if node.tool is not None:
            yield ("tool",), node.tool
        for index, name in enumerate(node.tools or ()):
            yield ("tools", index), name
    elif isinstance(node, AgentNode):
        for index, name in enumerate(node.proposes):
            yield ("proposes", index), name


def _asked(
    inspection: Inspection, path: tuple[str, ...], node: EffectNode, effect: str, rule: EffectRule
) -> Iterator[Finding]:
    spec = inspection.spec
    where = spec.source.key(path)
    body = next((one for one in inspection.bodies if one.top.place(path[-1]) == path), None)
    reviews = {} if body is None else reviews_of(body, path[-1])
    if not rule.automatic:
        if not reviews:
            what = f"{path[-1]} performs {effect}, which a person must decide, but no review is before it"
            yield Finding("policy.needs-person", what, where, "make it depend on a review")
        for name, review in reviews.items():
            through = [] if body is None or review.auto is None else leading(body, path[-1], node, name, review)
            if review.auto is not None and review.auto.action in through:
                action = review.auto.action
                what = (
                    f"{name} may decide {action!r} automatically, and {action} performs {effect}, which needs a person"
                )
                place = spec.source.key((*path[:-1], name, "auto"))
                fix = f"drop `auto`, require another action for {path[-1]}, or allow `automatic: true` in the policy"
                yield Finding("policy.needs-person", what, place, fix)
    if rule.queue is not None and reviews and all(review.queue != rule.queue for review in reviews.values()):
        queues = ", ".join(sorted({review.queue for review in reviews.values()}))
        what = f"{effect} must be decided in the queue {rule.queue!r}; the reviews before it use {queues}"
        yield Finding("policy.wrong-queue", what, where, f"queue: {rule.queue}")
    if rule.money is not None:
        yield from _money(inspection, where, effect, rule)


def _money(inspection: Inspection, where: Location, effect: str, rule: EffectRule) -> Iterator[Finding]:
    money, catalogue = rule.money, inspection.catalogue
    if money is None:
        return
    if money.argument is not None:
        signature = catalogue.signature("effect", effect)
        params = None if signature is None else signature.params
        known = SchemaPart.of(params).properties
        if params is not None and money.argument not in known:
            what = f"the policy reads the amount of {effect} from {money.argument!r}, which it does not have"
            yield Finding("policy.no-amount", what, where, choices(list(known), money.argument))
    tools = catalogue.names("tool")
    if money.tool is not None and tools is not None and money.tool not in tools:
        what = f"the policy reads the amount of {effect} from the tool {money.tool!r}, which does not exist"
        yield Finding("policy.no-amount", what, where, choices(list(tools), money.tool))
    if money.automatic_at_most is not None and (not rule.automatic or money.automatic_at_most > money.at_most):
        why = f"more than {money.at_most:g} is refused anyway" if rule.automatic else "it is never automatic"
        what = f"the policy's `automatic_at_most: {money.automatic_at_most:g}` of {effect} has no effect: {why}"
        fix = "write less than `at_most`, with automatic: true; or drop it"
        yield Finding("policy.idle-limit", what, where, fix, "warning")


_CODE = "policy.keeps-longer"


def retention_findings(inspection: Inspection, policy: PolicyFile) -> Iterator[Finding]:
    """Caches, reviews and subgraphs that store content longer than the policy allows."""
    limit, content = policy.retention.content_s, policy.retention.content
    for _, name, path, node in inspection.nodes:
        if limit is not None:
            for key, wish in _longer(name, node, limit):
                what = f"{wish}, but the policy {policy.name} keeps content for {content}"
                yield inspection.finding(_CODE, what, (*path, key), f"{key}: {content}, or less")
        if isinstance(node, GraphNode):
            yield from _other_policy(inspection, policy, path, node)
            inner = inspection.inner(node.graph)
            for wish in () if limit is None or inner is None else _inside(inner, limit):
                what = f"in the graph {node.graph} {wish}, but the policy {policy.name} keeps content for {content}"
                fix = f"let {node.graph} ask for {content} or less"
                yield inspection.finding(_CODE, what, (*path, "graph"), fix)


def _longer(name: str, node: AnyNode, limit: float) -> Iterator[tuple[str, str]]:
    """Keys of a node that ask for a longer time, and that time."""
    cache = node.cache
    if cache is not None and parse_duration(cache) > limit:
        yield "cache", f"{name} keeps its values for {cache}"
    for key in ("due", "expire"):
        waits = getattr(node, key, None) if isinstance(node, ReviewNode) else None
        if waits is not None and parse_duration(waits) > limit:
            yield key, f"{name} may wait for {waits} with what it shows"


def _inside(inspection: Inspection, limit: float) -> Iterator[str]:
    """Longer times in a graph and in its subgraphs."""
    for _, name, _, node in inspection.nodes:
        for _, wish in _longer(name, node, limit):
            yield wish
        inner = inspection.inner(node.graph) if isinstance(node, GraphNode) else None
        if inner is not None:
            yield from _inside(inner, limit)


def _other_policy(inspection: Inspection, policy: PolicyFile, path: DataPath, node: GraphNode) -> Iterator[Finding]:
    """A run belongs to the outer graph: only its policy sets how long the content of subgraphs is stored."""
    spec = inspection.catalogue.graph(node.graph)
    inner = None if spec is None or spec.policy is None else inspection.catalogue.policy(spec.policy)
    if inner is None or inner.name == policy.name:
        return
    for what, ours, theirs in (
        ("content", policy.retention.content_s, inner.retention.content_s),
        ("traces", policy.retention.traces_s, inner.retention.traces_s),
    ):
        if theirs is not None and (ours is None or ours > theirs):
            said = f"the graph {node.graph} keeps {what} for {_said(inner.retention, what)} (policy {inner.name}), and "
            said += f"in this one it is kept {_said(policy.retention, what, 'for ')} (policy {policy.name})"
            fix = f"shorten `retention.{what}` of {policy.name}, or use one policy for both graphs"
            yield inspection.finding(_CODE, said, (*path, "graph"), fix)


def _said(kept: Retention, what: str, lead: str = "") -> str:
    value = kept.content if what == "content" else kept.traces
    return "without limit" if value is None else f"{lead}{value}"
