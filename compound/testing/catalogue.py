"""A catalogue with fixed content, for tests of graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compound.errors import ProjectError, choices
from compound.graph.wiring.value_types import graph_signature

if TYPE_CHECKING:
    from compound.graph.port.catalogue import Shelf, Signature
    from compound.language.types import Type
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCatalogue:
    """A catalogue with fixed content, for tests of graphs.

    Attributes:
        shelves: Shelf to name to signature; missing shelves are not checked.
        prompts: Path to text.
        graphs: Other graphs by name.
        policies: Policies by name.
        types: Place (`types.py:Letter`) to type.
    """

    shelves: Mapping[Shelf, Mapping[str, Signature]] = field(default_factory=dict["Shelf", Mapping[str, "Signature"]])
    prompts: Mapping[str, str] | None = None
    graphs: Mapping[str, GraphSpec] | None = None
    policies: Mapping[str, PolicyFile] | None = None
    types: Mapping[str, Type] = field(default_factory=dict[str, "Type"])
    has_state: bool = True

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Names on a shelf; None if the shelf is missing."""
        if shelf == "prompt":
            return None if self.prompts is None else list(self.prompts)
        if shelf == "graph":
            return None if self.graphs is None else list(self.graphs)
        if shelf == "policy":
            return None if self.policies is None else list(self.policies)
        return list(self.shelves[shelf]) if shelf in self.shelves else None

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """The given signature; of a graph, its own."""
        spec = self.graph(name) if shelf == "graph" else None
        if spec is not None:
            return graph_signature(spec, self)
        return self.shelves.get(shelf, {}).get(name)

    def prompt(self, path: str) -> str | None:
        """The given text."""
        return (self.prompts or {}).get(path)

    def prompt_file(self, path: str) -> str:
        """The path unchanged."""
        return path

    def graph(self, name: str) -> GraphSpec | None:
        """The given graph."""
        return (self.graphs or {}).get(name)

    def policy(self, name: str) -> PolicyFile | None:
        """The given policy."""
        return (self.policies or {}).get(name)

    def python_type(self, place: str) -> Type:
        """The given type.

        Raises:
            ProjectError: ``project.unknown-type``.
        """
        if place not in self.types:
            fix = choices(list(self.types), place)
            raise ProjectError("project.unknown-type", f"type {place} does not exist", fix=fix)
        return self.types[place]
