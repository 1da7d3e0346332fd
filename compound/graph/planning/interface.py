"""The interface of a graph for callers: inputs, outputs, reviews and effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import ProjectError
from compound.graph.wiring.known_types import or_null
from compound.graph.wiring.value_types import ValueTypes
from compound.language.json_schema import to_json_schema
from compound.language.types import Record

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.planning import Plan
    from compound.graph.port.catalogue import Catalogue
    from compound.language.types import Names
    from compound.spec.graph_file import GraphSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """The interface of a graph.

    Attributes:
        name: The graph's.
        description: Its own description; empty if it has none.
        input: Its declared input.
        output: Type of `output`; every field may be null, if a node was skipped.
        needs_context: Names of `context` that a run requires.
        has_reviews: Whether a run may wait for a person.
        has_effects: Whether a run may change the outside world.
    """

    name: str
    description: str
    input: Record
    output: Record
    names: Names
    needs_context: tuple[str, ...]
    has_reviews: bool
    has_effects: bool

    def input_schema(self) -> dict[str, JsonValue]:
        """JSON schema of the input for callers; optional fields may be omitted."""
        return to_json_schema(self.input, self.names, is_given=True)

    def output_schema(self) -> dict[str, JsonValue]:
        """JSON schema of the output."""
        return to_json_schema(self.output, self.names)


def require_compilable(plan: Plan) -> None:
    """Refuse a graph that langgraph cannot run as one graph of its own.

    Raises:
        ProjectError: ``graph.not-compiled``: it has a map with reviews or effects.
    """
    if plan.bodies:
        name = next(iter(plan.bodies))
        what = f"the graph {plan.spec.name} cannot be compiled for langgraph: its map {name} has reviews or effects"
        fix = "run it with `compound run` or `Project.run`, or move its reviews and effects behind the map"
        raise ProjectError("graph.not-compiled", what, fix=fix, where=plan.steps[name].where)


def interface(plan: Plan, catalogue: Catalogue) -> Interface:
    """The interface of a planned graph; types of tools come from the catalogue, `any` if unknown."""
    spec: GraphSpec = plan.spec
    types = ValueTypes(spec, catalogue, spec.nodes)
    kinds = plan.kinds
    return Interface(
        name=spec.name,
        description=spec.description,
        input=spec.input_type,
        output=Record({name: or_null(types.of_value(value)) for name, value in spec.output.items()}),
        names=spec.type_names,
        needs_context=tuple(sorted(spec.context_type.must_have())),
        has_reviews="review" in kinds,
        has_effects="effect" in kinds,
    )
