"""A graph as it is stored for its runs: its own data, its types from Python, and every subgraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.errors import ConflictError, ProjectError, choices
from compound.language.json_schema import from_json_schema, to_json_schema
from compound.spec.graph_text import build_graph

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.state import StateStore
    from compound.graph.planning.planning import Plan
    from compound.graph.port.services import Services
    from compound.spec.graph_file import GraphSpec

Data = Mapping[str, "JsonValue"]


def keep_graph(plan: Plan) -> dict[str, JsonValue]:
    """Everything that is needed to plan the graph again, independent of the files."""
    return {
        **_one(plan.spec),
        "graphs": {name: cast("JsonValue", _one(inner)) for name, inner in plan.graphs.items()},
    }


def _one(spec: GraphSpec) -> dict[str, JsonValue]:
    names = spec.type_names
    types = {name: cast("JsonValue", to_json_schema(names[name], names)) for name in spec.external_types}
    return {"graph": cast("JsonValue", spec.to_data()), "types": types}


def read(data: Data) -> tuple[GraphSpec, dict[str, GraphSpec]]:
    """The graph, and the graphs in it.

    Raises:
        ConflictError: ``graph.changed``: it was written by a version of Compound with another language.
    """
    try:
        inner = cast("Mapping[str, Data]", data["graphs"])
        return _spec(data), {name: _spec(one) for name, one in inner.items()}
    except (ProjectError, KeyError) as error:
        what = f"the graph that the run was started with can no longer be read: {error}"
        raise ConflictError("graph.changed", what, fix="start a new run") from error


def _spec(data: Data) -> GraphSpec:
    spec = build_graph(cast("Data", data["graph"]), "(a graph stored for its runs)")
    types = cast("Mapping[str, Data]", data["types"])
    return spec.with_types({name: from_json_schema(schema) for name, schema in types.items()})


class KeptServices:
    """The present services, with the stored subgraphs."""

    def __init__(self, services: Services, graphs: Mapping[str, GraphSpec]) -> None:
        self._services = services
        self._graphs = graphs

    def __getattr__(self, name: str) -> object:
        return getattr(self._services, name)

    def graph(self, name: str) -> GraphSpec:
        """A stored subgraph.

        Raises:
            ProjectError: ``project.unknown-graph``.
        """
        if name not in self._graphs:
            what = f"the sub-graph {name!r} was not stored"
            raise ProjectError("project.unknown-graph", what, fix=choices(list(self._graphs), name))
        return self._graphs[name]


def kept_policy(store: StateStore, graph_hash: str) -> str | None:
    """Name of the policy of a graph when runs were started with it; None if it had none or was not stored."""
    from compound.graph.store.runs import StateLedger

    data = StateLedger(store).graph(graph_hash)
    graph = None if data is None else data.get("graph")
    name = graph.get("policy") if isinstance(graph, Mapping) else None
    return name if isinstance(name, str) else None
