"""What a project offers, as far as a check needs it: names and schemas, nothing is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec
    from compound.spec.policy_file import PolicyFile

Shelf = Literal["tool", "check", "sql", "effect", "retriever", "specialist", "model", "prompt", "graph", "policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The two sides of something a node calls.

    Attributes:
        params: JSON schema of the inputs (an object); None when unknown.
        output: JSON schema of the value as the node gives it (for a SQL tool that returns many: an array);
            None when unknown.
    """

    params: Mapping[str, JsonValue] | None = None
    output: Mapping[str, JsonValue] | None = None


class Catalogue(Protocol):
    """The project's names. `compound.project` implements it."""

    @property
    def has_state(self) -> bool:
        """There is a state store, so that reviews and effects are possible."""
        ...

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Every name on a shelf; None when it cannot be known here, and is then not checked.

        For `specialist` the references that resolve now (`intent@production`); for `prompt` paths as the
        graph file writes them.
        """
        ...

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """Inputs and value of a name; None when unknown."""
        ...

    def prompt(self, path: str) -> str | None:
        """Text of a prompt file; None when there is none."""
        ...

    def graph(self, name: str) -> GraphSpec | None:
        """Another graph of the project; None when it is not there or cannot be read."""
        ...

    def policy(self, name: str) -> PolicyFile | None:
        """A policy of the project; None when it is not there or cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCatalogue:
    """A catalogue of given things: for tests and for graphs built in Python.

    Attributes:
        shelves: Shelf to name to signature; a shelf that is left out is not checked.
        prompts: Path to text.
        graphs: Other graphs by name.
        policies: Policies by name.
    """

    shelves: Mapping[Shelf, Mapping[str, Signature]] = field(default_factory=dict[Shelf, Mapping[str, Signature]])
    prompts: Mapping[str, str] | None = None
    graphs: Mapping[str, GraphSpec] | None = None
    policies: Mapping[str, PolicyFile] | None = None
    has_state: bool = True

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Names on a shelf; None where the shelf was not given."""
        if shelf == "prompt":
            return None if self.prompts is None else list(self.prompts)
        if shelf == "graph":
            return None if self.graphs is None else list(self.graphs)
        if shelf == "policy":
            return None if self.policies is None else list(self.policies)
        return list(self.shelves[shelf]) if shelf in self.shelves else None

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """The signature that was given; of a graph, its own."""
        spec = self.graph(name) if shelf == "graph" else None
        if spec is not None:
            from compound.graph._value_types import graph_signature

            return graph_signature(spec, self)
        return self.shelves.get(shelf, {}).get(name)

    def prompt(self, path: str) -> str | None:
        """The text that was given."""
        return (self.prompts or {}).get(path)

    def graph(self, name: str) -> GraphSpec | None:
        """The graph that was given."""
        return (self.graphs or {}).get(name)

    def policy(self, name: str) -> PolicyFile | None:
        """The policy that was given."""
        return (self.policies or {}).get(name)
