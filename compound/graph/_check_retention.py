"""The graph against what its policy says about keeping: nothing may ask to be kept longer than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.spec._findings import Finding
from compound.spec._words import parse_duration
from compound.spec.graph_file import GraphNode, ReviewNode

if TYPE_CHECKING:
    from compound.graph._inspection import Inspection
    from compound.spec.graph_file import AnyNode
    from compound.spec.policy_file import PolicyFile, Retention
    from compound.spec.yaml_file import DataPath

_CODE = "policy.keeps-longer"


def retention_findings(inspection: Inspection, policy: PolicyFile) -> Iterator[Finding]:
    """Caches, reviews and graphs inside that keep content longer than the policy lets it be kept."""
    kept = policy.retention
    limit = kept.content_s
    for _, name, path, node in inspection.nodes:
        if limit is not None:
            yield from _cache(inspection, policy, limit, name, path, node)
            yield from _review(inspection, policy, limit, name, path, node)
        if isinstance(node, GraphNode):
            yield from _inside(inspection, policy, path, node)


def _cache(
    inspection: Inspection, policy: PolicyFile, limit: float, name: str, path: DataPath, node: AnyNode
) -> Iterator[Finding]:
    cache = getattr(node, "cache", None)
    if cache is not None and parse_duration(cache) > limit:
        content = policy.retention.content
        what = f"{name} keeps its values for {cache}, and the policy {policy.name} keeps content for {content}"
        yield inspection.finding(_CODE, what, (*path, "cache"), f"cache: {content}, or less")


def _review(
    inspection: Inspection, policy: PolicyFile, limit: float, name: str, path: DataPath, node: AnyNode
) -> Iterator[Finding]:
    if isinstance(node, ReviewNode) and node.due is not None and parse_duration(node.due) > limit:
        content = policy.retention.content
        what = f"{name} may wait for {node.due} with what it shows, and the policy {policy.name} keeps content "
        yield inspection.finding(_CODE, f"{what}for {content}", (*path, "due"), f"due: {content}, or less")


def _inside(inspection: Inspection, policy: PolicyFile, path: DataPath, node: GraphNode) -> Iterator[Finding]:
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
