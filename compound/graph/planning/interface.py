"""A graph as callers from outside see it: what they give, what they get, what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """The outside of a graph.

    Attributes:
        name: The graph's.
        description: Its own words; empty when it has none.
        input: Its declared input.
        output: What `output` refers to; every field may be null, where a node was skipped.
        needs_context: Names of `context` that a run must be given.
        has_reviews: A run may wait for a person.
        has_effects: A run may change the world outside.
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
        """JSON schema of the input, for those who call; what is optional may be left out."""
        return to_json_schema(self.input, self.names, is_given=True)

    def output_schema(self) -> dict[str, JsonValue]:
        """JSON schema of the output."""
        return to_json_schema(self.output, self.names)


def interface(plan: Plan, catalogue: Catalogue) -> Interface:
    """The outside of a planned graph; types of tools come from the catalogue, `any` where it does not know them."""
    spec: GraphSpec = plan.spec
    types = ValueTypes(spec, catalogue, spec.nodes)
    kinds = {segment.kind for segment in plan.segments}
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
