"""The dependencies between nodes of one level, and their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from compound.errors import ProjectError
from compound.graph.wiring.references import dependencies

if TYPE_CHECKING:
    from compound.spec.nodes import AnyNode


class Wiring:
    """The dependencies of the nodes of a graph, or of a block, computed once.

    Attributes:
        mentioned: Node to every name that it waits for, in the order it mentions them; including nodes around a block.
        deps: The same without names of other levels and unknown names.
    """

    def __init__(self, nodes: Mapping[str, AnyNode]) -> None:
        self.mentioned = {name: tuple(dependencies(node)) for name, node in nodes.items()}
        self.deps = {name: tuple(dep for dep in deps if dep in nodes) for name, deps in self.mentioned.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Each node after those that it waits for, otherwise as in the file; without nodes behind a cycle."""
        return tuple(topological(self.deps)[0])

    def in_order(self) -> tuple[str, ...]:
        """`order`, for a graph without cycles.

        Raises:
            ProjectError: ``graph.cycle``: nodes wait for each other.
        """
        cycle = topological(self.deps)[1]
        if cycle:
            what = f"nodes wait for each other: {' -> '.join([*cycle, cycle[0]])}"
            raise ProjectError("graph.cycle", what, fix="repeat needs a `repeat:` block")
        return self.order

    def before(self, name: str) -> list[str]:
        """Everything that a node waits for, also indirectly, in the order of the file."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            more = [dep for dep in self.deps[waiting.pop()] if dep not in found]
            found.update(more)
            waiting += more
        return [other for other in self.deps if other in found]


def topological(nodes: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Names, each after those it waits for, ties in the given order; and one cycle."""
    place = {name: at for at, name in enumerate(nodes)}
    left = {name: {dep for dep in deps if dep in nodes} for name, deps in nodes.items()}
    dependents: dict[str, list[str]] = {name: [] for name in nodes}
    for name, deps in left.items():
        for dep in deps:
            dependents[dep].append(name)
    order: list[str] = []
    ready = [name for name, deps in left.items() if not deps]
    while ready:
        order += ready
        freed: list[str] = []
        for name in ready:
            for other in dependents[name]:
                left[other].discard(name)
                if not left[other]:
                    freed.append(other)
        ready = sorted(freed, key=place.__getitem__)
    if len(order) == len(nodes):
        return order, []
    done = set(order)
    return order, _cycle({name: deps for name, deps in nodes.items() if name not in done})


def _cycle(waiting: Mapping[str, Iterable[str]]) -> list[str]:
    name = next(iter(waiting))
    path: dict[str, None] = {}
    while name not in path:
        path[name] = None
        name = next(dep for dep in waiting[name] if dep in waiting)
    names = list(path)
    return names[names.index(name) :]
