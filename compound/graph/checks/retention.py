"""The graph against what its policy says about keeping: nothing may ask to be kept longer than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.language.findings import Finding
from compound.spec.graph_file import GraphNode, ReviewNode
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.spec.graph_file import AnyNode
    from compound.spec.policy_file import PolicyFile, Retention
    from compound.spec.yaml.reading import DataPath

_CODE = "policy.keeps-longer"


def retention_findings(inspection: Inspection, policy: PolicyFile) -> Iterator[Finding]:
    """Caches, reviews and graphs inside that keep content longer than the policy lets it be kept."""
    limit, content = policy.retention.content_s, policy.retention.content
    for _, name, path, node in inspection.nodes:
        if limit is not None:
            for key, wish in _longer(name, node, limit):
                what = f"{wish}, and the policy {policy.name} keeps content for {content}"
                yield inspection.finding(_CODE, what, (*path, key), f"{key}: {content}, or less")
        if isinstance(node, GraphNode):
            yield from _other_policy(inspection, policy, path, node)
            inner = inspection.inner(node.graph)
            for wish in () if limit is None or inner is None else _inside(inner, limit):
                what = f"in the graph {node.graph} {wish}, and the policy {policy.name} keeps content for {content}"
                fix = f"let {node.graph} ask for {content} or less"
                yield inspection.finding(_CODE, what, (*path, "graph"), fix)


def _longer(name: str, node: AnyNode, limit: float) -> Iterator[tuple[str, str]]:
    """Keys of a node that ask for longer, and what they ask for."""
    cache = getattr(node, "cache", None)
    if cache is not None and parse_duration(cache) > limit:
        yield "cache", f"{name} keeps its values for {cache}"
    for key in ("due", "expire"):
        waits = getattr(node, key, None) if isinstance(node, ReviewNode) else None
        if waits is not None and parse_duration(waits) > limit:
            yield key, f"{name} may wait for {waits} with what it shows"


def _inside(inspection: Inspection, limit: float) -> Iterator[str]:
    """What a graph, and the graphs in it, ask for that is longer."""
    for _, name, _, node in inspection.nodes:
        for _, wish in _longer(name, node, limit):
            yield wish
        inner = inspection.inner(node.graph) if isinstance(node, GraphNode) else None
        if inner is not None:
            yield from _inside(inner, limit)


def _other_policy(inspection: Inspection, policy: PolicyFile, path: DataPath, node: GraphNode) -> Iterator[Finding]:
    """A run belongs to the outer graph: its policy alone says how long what happens inside is kept."""
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
            fix = f"shorten `retention.{what}` of {policy.name}, or let both graphs have one policy"
            yield inspection.finding(_CODE, said, (*path, "graph"), fix)


def _said(kept: Retention, what: str, lead: str = "") -> str:
    value = kept.content if what == "content" else kept.traces
    return "without limit" if value is None else f"{lead}{value}"
