"""Refuses to run a graph in which `check` finds an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.language import InvalidFile

if TYPE_CHECKING:
    from compound.project.open.resources import Resources
    from compound.spec import GraphSpec


def need_sound(resources: Resources, spec: GraphSpec) -> None:
    """Refuse to run a graph that has errors; an opened project checks each graph once.

    Errors in other graphs, and in code and SQL that this graph does not use, do not matter.

    Raises:
        InvalidFile: Every error that `compound check` finds in it or in its subgraphs, with file and line.
    """
    if spec.hash in resources.sound:
        return
    from compound.graph.checks.check import check_graph
    from compound.project.offer.catalogue import ProjectCatalogue

    catalogue = ProjectCatalogue(resources)
    graphs = _with_inner(resources, spec)
    findings = [one for graph in graphs for one in check_graph(graph, catalogue)]
    errors = [one for one in [*findings, *catalogue.noted()] if one.severity == "error"]
    if errors:
        raise InvalidFile(list(dict.fromkeys(errors)))
    resources.sound.add(spec.hash)


def _with_inner(resources: Resources, spec: GraphSpec) -> list[GraphSpec]:
    """The graph and every subgraph, at any depth, each once."""
    from compound.spec.graph_file import blocks
    from compound.spec.nodes import GraphNode

    parts = resources.parts
    found, seen = [spec], {spec.name}
    for one in found:
        for _, node in blocks(one.nodes):
            if isinstance(node, GraphNode) and node.graph not in seen and node.graph in parts.graph_files:
                seen.add(node.graph)
                found.append(parts.graph(node.graph))
    return found
