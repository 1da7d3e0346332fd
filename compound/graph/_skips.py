"""Which nodes may be skipped, and whose skipping would surprise a node that needs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from compound.graph._wiring import GIVEN, inner_names, uses
from compound.spec.graph_file import AnyNode, ReviewNode


class Skips:
    """Skipping among the nodes of one level."""

    def __init__(self, nodes: Mapping[str, AnyNode]) -> None:
        self._nodes = nodes

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Node to the siblings that must have run for it to run: those it refers to without `?` or `??`."""
        return {
            name: frozenset(
                use.ref.root
                for use in uses(node, ())
                if not use.is_shielded
                and use.role in {"in", "when", "each"}
                and use.ref.root in self._nodes
                and use.ref.root not in inner_names(node) | GIVEN
            )
            for name, node in self._nodes.items()
        }

    @cached_property
    def _asked(self) -> Mapping[str, frozenset[str]]:
        """Node to the siblings its condition asks for."""
        return {
            name: frozenset(use.ref.root for use in uses(node, ()) if use.role == "when")
            for name, node in self._nodes.items()
        }

    @cached_property
    def all_needs(self) -> Mapping[str, frozenset[str]]:
        """As `needs`, through other nodes."""
        closed: dict[str, frozenset[str]] = {}

        def close(name: str, above: frozenset[str]) -> frozenset[str]:
            if name in closed or name in above:
                return closed.get(name, frozenset())
            found = self.needs[name]
            for other in self.needs[name]:
                found |= close(other, above | {name})
            closed[name] = found
            return found

        for name in self._nodes:
            close(name, frozenset())
        return closed

    def may_skip(self, name: str) -> bool:
        """It has a condition, or needs something that has one."""
        if name not in self._nodes:
            return False
        return any(self._nodes[other].when is not None for other in {name, *self.all_needs[name]})

    def why(self, name: str) -> str:
        """The condition that would skip it."""
        for other in (name, *sorted(self.all_needs.get(name, ()))):
            when = self._nodes[other].when
            if when is not None:
                return f"when: {when}" if other == name else f"{other} has when: {when}"
        return "no condition"

    def is_surprise(self, name: str, root: str) -> bool:
        """`name` needs `root`, which may be skipped, and nothing in the file says that this is meant.

        It is meant when the node's own condition asks for `root` (or for something that needs it), or is the
        very condition of `root`.
        """
        if not self.may_skip(root) or root == name:
            return False
        node = self._nodes[name]
        if isinstance(node, ReviewNode):
            return root not in self._asked[name]
        asked = self._asked[name]
        meant = asked | {one for other in asked for one in self.all_needs.get(other, ())}
        return root not in meant and (node.when is None or not self._same_condition(name, root))

    def _same_condition(self, name: str, root: str) -> bool:
        whens = {self._nodes[one].when for one in (root, *self.all_needs[root])} - {None}
        return whens <= {self._nodes[name].when}
