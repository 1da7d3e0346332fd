"""A graph during a check: its levels, its subgraphs, and its findings."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from compound.graph.inspection.levels import Level
from compound.graph.wiring.value_types import ValueTypes
from compound.language.findings import Finding, Severity
from compound.spec.graph_file import blocks, with_fallbacks
from compound.spec.nodes import EffectNode, GraphNode, MapBlock, RepeatBlock

if TYPE_CHECKING:
    from compound.graph.port.catalogue import Catalogue
    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode
    from compound.spec.yaml.reading import DataPath


class Inspection:
    """A graph that is being checked.

    Args:
        spec: The graph, with its Python types resolved.
        catalogue: What the project offers.
        broken: Nodes of the file that could not be read.
        around: Names of the graphs around it, if it is checked as a subgraph.
    """

    def __init__(
        self,
        spec: GraphSpec,
        catalogue: Catalogue,
        broken: frozenset[str] = frozenset(),
        around: tuple[str, ...] = (),
    ) -> None:
        self.spec = spec
        self.catalogue = catalogue
        self.broken = broken
        self.around = (*around, spec.name)
        self.top = Level(spec, catalogue, spec.nodes, ValueTypes(spec, catalogue, spec.nodes, around=around))
        self._inner: dict[str, Inspection | None] = {}

    @cached_property
    def bodies(self) -> tuple[Inspection, ...]:
        """The graph, and the inside of each of its maps: where reviews and effects can be."""
        return (self, *(self._within(level) for level in self.levels if level.above is not None and is_durable(level)))

    def _within(self, level: Level) -> Inspection:
        """The same graph, seen from the inside of a map."""
        made = copy(self)
        made.top = level
        return made

    @cached_property
    def outside(self) -> Inspection | None:
        """What is around this inside of a map; None of a whole graph."""
        return None if self.top.above is None else self._within(self.top.above)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Every level, in the order of the file."""
        return tuple(self.top.walk())

    @cached_property
    def nodes(self) -> tuple[tuple[Level, str, DataPath, AnyNode], ...]:
        """Every node with its level, its name there and its place; fallbacks under the name of their node."""
        found: list[tuple[Level, str, DataPath, AnyNode]] = []
        for level in self.levels:
            for name, node in level.nodes.items():
                place = level.place(name)
                found += [(level, name, (*place, *path), one) for path, one in with_fallbacks(node)]
        return tuple(found)

    def inner(self, name: str) -> Inspection | None:
        """A subgraph; None if it is unknown, unreadable, or around this one."""
        if name not in self._inner:
            spec = None if name in self.around else self.catalogue.graph(name)
            self._inner[name] = None if spec is None else Inspection(spec, self.catalogue, around=(*self.around, name))
        return self._inner[name]

    @cached_property
    def has_boundaries(self) -> bool:
        """Whether it pauses or has effects, here or in a subgraph."""
        return any(self.is_boundary(node) for _, node in blocks(self.spec.nodes))

    def is_boundary(self, node: AnyNode) -> bool:
        """A node that must be durable on its own, or contains such nodes."""
        inner = self.inner(node.graph) if isinstance(node, GraphNode) else None
        return node.is_boundary or (inner is not None and inner.has_boundaries)

    def has_elements(self, node: AnyNode) -> bool:
        """Whether it is a map with reviews or effects."""
        return isinstance(node, MapBlock) and any(self.is_boundary(one) for _, one in blocks(node.nodes))

    def acts(self, node: AnyNode) -> bool:
        """Whether it changes the outside world, whether or not its value is used."""
        if isinstance(node, MapBlock):
            return any(self.acts(one) for one in node.nodes.values())
        inner = self.inner(node.graph) if isinstance(node, GraphNode) else None
        return isinstance(node, EffectNode) or (
            inner is not None and any(inner.acts(one) for one in inner.spec.nodes.values())
        )

    @cached_property
    def asks_a_model(self) -> bool:
        """Whether it has a model, here or in a subgraph."""
        return any(self.is_model(node) for _, node in blocks(self.spec.nodes))

    def is_model(self, node: AnyNode) -> bool:
        """A node whose value a model made, or that contains such a node."""
        if isinstance(node, RepeatBlock | MapBlock):
            return any(self.is_model(inner) for inner in node.nodes.values())
        if isinstance(node, GraphNode):
            inner = self.inner(node.graph)
            return inner is None or inner.asks_a_model
        return any(one.is_model for _, one in with_fallbacks(node))

    def finding(
        self,
        code: str,
        what: str,
        path: DataPath,
        fix: str,
        *,
        at: Literal["key", "value"] = "value",
        severity: Severity = "error",
    ) -> Finding:
        """A finding about a place of the file."""
        where = self.spec.source.key(path) if at == "key" else self.spec.source.value(path)
        return Finding(code, what, where, fix, severity)


def is_durable(level: Level) -> bool:
    """Whether reviews and effects can be here: in a graph and in maps, not in a `repeat`."""
    above = level.above
    return above is None or (isinstance(above.nodes[level.owner], MapBlock) and is_durable(above))
