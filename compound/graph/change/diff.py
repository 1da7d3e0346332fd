"""Compares two graphs by meaning, and the effect of the difference on values, caches and paused runs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from compound.graph.change.changes import Change, NodeDiff, data_changes, node_diffs
from compound.graph.change.lineage import inner, lineages
from compound.graph.change.pauses import PauseImpact, Side, pause_impact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode
    from compound.spec.policy_file import PolicyFile


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphDiff:
    """The differences in the new graph.

    Attributes:
        old_hash: Hash of the old graph.
        new_hash: Hash of the new graph; the same if both mean the same.
        changes: Keys of the graph itself: types, input, output, budget and so on.
        nodes: Nodes that were added, removed, changed or renamed.
        affected: Unchanged nodes whose values may change all the same: an upstream node, a type or a file that they
            use changed.
        stale: Nodes of both graphs whose values from the old graph are invalid in the new one.
        caches: Those of `stale` that have a `cache`: their cached values are no longer used.
        pauses: For each node that a run can wait at, the effect on the runs that wait there.
        changes_drafts: Whether something before all reviews and effects differs, so that a review may change.
    """

    old_hash: str
    new_hash: str
    changes: tuple[Change, ...]
    nodes: tuple[NodeDiff, ...]
    affected: tuple[str, ...]
    stale: tuple[str, ...]
    caches: tuple[str, ...]
    pauses: tuple[PauseImpact, ...]
    changes_drafts: bool

    @property
    def is_same(self) -> bool:
        """Whether both graphs mean the same; at most their spelling differs."""
        return not (self.changes or self.nodes or self.stale)

    def pause(self, node: str) -> PauseImpact | None:
        """The effect on runs that wait at a node of the old graph; None if no run can wait there.

        For `refund.review`, inside a subgraph, it is that of the subgraph's node.
        """
        return next((one for one in self.pauses if one.node in (node, node.partition(".")[0])), None)

    def to_json(self) -> dict[str, JsonValue]:
        """The comparison as one JSON record."""
        return {
            "same": self.is_same,
            "old_hash": self.old_hash,
            "new_hash": self.new_hash,
            "changes": [change.to_json() for change in self.changes],
            "nodes": [
                {
                    "name": one.name,
                    "kind": one.kind,
                    "status": one.status,
                    **({"old_name": one.old_name} if one.old_name else {}),
                    "changes_value": one.changes_value,
                    "changes": [change.to_json() for change in one.changes],
                }
                for one in self.nodes
            ],
            "affected": list(self.affected),
            "stale": list(self.stale),
            "caches": list(self.caches),
            "changes_drafts": self.changes_drafts,
            "pauses": [
                {
                    "node": one.node,
                    "kind": one.kind,
                    "verdict": one.verdict,
                    "keeps": list(one.keeps),
                    "redoes": list(one.redoes),
                    "why": list(one.why),
                }
                for one in self.pauses
            ],
        }


def compare(
    old: GraphSpec,
    new: GraphSpec,
    *,
    touched: Collection[str] = (),
    can_pause: Callable[[str], bool] = lambda _graph: True,
) -> GraphDiff:
    """Compare two graphs by meaning: order of keys, comments, spelling and explicit defaults do not matter.

    Args:
        old: The old graph.
        new: The new graph; both may have findings, so that an unfinished change can be compared.
        touched: Names that nodes mention (`prompts/plan.md`, a tool, a graph) whose content also changed.
        can_pause: Whether the named subgraph has reviews or effects; default: all may.

    Returns:
        The difference; empty (`is_same`) exactly if nothing in a run can differ.
    """
    before, after = lineages(old), lineages(new, touched)
    nodes = node_diffs(old, new)
    told = {one.name for one in nodes}
    stale = [name for name in after if name in before and before[name] != after[name]]
    caching = {path for path, node in _flat(new.nodes, "") if node.cache is not None}
    sides = Side.of(old, before, can_pause), Side.of(new, after, can_pause)
    return GraphDiff(
        old_hash=old.hash,
        new_hash=new.hash,
        changes=tuple(data_changes(_header(old), _header(new), (), {})),
        nodes=tuple(nodes),
        affected=tuple(name for name in stale if name not in told),
        stale=tuple(stale),
        caches=tuple(name for name in stale if name in caching),
        pauses=tuple(pause_impact(*sides, name) for name in old.nodes if name in sides[0].pausing),
        changes_drafts=any(_is_early(sides[0], name) for name in (*stale, *(set(before) - set(after))))
        or any(_is_early(sides[1], name) for name in set(after) - set(before)),
    )


def policy_changes(old: PolicyFile | None, new: PolicyFile | None) -> tuple[Change, ...]:
    """Changes in a policy: effects, amounts, reviewers, retention; None means that the file does not exist."""
    before, after = (
        cast("JsonValue", {} if one is None else one.model_dump(mode="json", exclude_defaults=True))
        for one in (old, new)
    )
    return tuple(data_changes(before, after, (), {}))


def _is_early(side: Side, path: str) -> bool:
    name = path.partition(".")[0]
    return not side.pausing & {name, *side.before[name]}


def _header(spec: GraphSpec) -> dict[str, JsonValue]:
    return {key: value for key, value in spec.to_data().items() if key != "nodes"}


def _flat(nodes: Mapping[str, AnyNode], lead: str) -> Iterator[tuple[str, AnyNode]]:
    for name, node in nodes.items():
        yield lead + name, node
        yield from _flat(inner(node), f"{lead}{name}.")
