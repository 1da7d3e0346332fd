"""What the project offers to graphs, for `check`: names and schemas; nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError
from compound.graph import Signature
from compound.graph.catalogue import Shelf
from compound.spec.mcp_file import PREFIX

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project._open import Resources
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile


class ProjectCatalogue:
    """`compound.graph.Catalogue` over an opened project."""

    has_state = True

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Every name on a shelf."""
        return list(self._shelves[shelf]())

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """Inputs and value of a name; None when unknown."""
        parts = self._resources.parts
        match shelf:
            case "tool":
                return self._tool(name)
            case "check":
                found = parts.checks.get(name)
                return Signature(params=found.params_schema, output=found.output_schema) if found else None
            case "effect":
                effect = parts.effects.get(name)
                return Signature(params=effect.schema) if effect else None
            case "sql":
                return self._sql(name)
            case "graph":
                return self._graph(name)
            case _:
                return Signature() if name in self._shelves[shelf]() else None

    def _tool(self, name: str) -> Signature | None:
        if name.startswith(PREFIX):
            return self._resources.mcp.signature(name)
        function = self._resources.functions.get(name)
        return Signature(params=function.params_schema, output=function.output_schema) if function else None

    def prompt(self, path: str) -> str | None:
        """Text of a prompt file, its standing instruction included."""
        found = self._resources.parts.prompts.get(path)
        return f"{found.system}\n{found.text}" if found else None

    def graph(self, name: str) -> GraphSpec | None:
        """Another graph; None when its file cannot be read: it has findings of its own."""
        try:
            return self._resources.parts.graph(name)
        except CompoundError:
            return None

    def policy(self, name: str) -> PolicyFile | None:
        """A policy; None when its file cannot be read: it has errors of its own."""
        try:
            return self._resources.parts.policy(name)
        except CompoundError:
            return None

    def _graph(self, name: str) -> Signature | None:
        from compound.graph import graph_signature

        spec = self.graph(name)
        return None if spec is None else graph_signature(spec, self)

    def _sql(self, name: str) -> Signature | None:
        tool = self._resources.parts.sql_tools.get(name)
        if tool is None:
            return None
        params = cast("Mapping[str, JsonValue]", tool.params_schema())
        try:
            output = tool.bind(self._resources.lakehouse).output_schema
        except CompoundError:
            # Not seeded yet: the file itself was guarded, the tables are checked when they are there.
            return Signature(params=params)
        return Signature(params=params, output=output)

    @cached_property
    def _shelves(self) -> Mapping[Shelf, Callable[[], Sequence[str]]]:
        resources = self._resources
        parts = resources.parts
        return {
            "tool": lambda: [*resources.functions, *resources.mcp.names],
            "check": lambda: list(parts.checks),
            "sql": lambda: list(parts.sql_tools),
            "effect": lambda: list(parts.effects),
            "retriever": lambda: list(resources.settings.profile.documents),
            "specialist": lambda: [f"{name}@production" for name in resources.settings.specialists],
            "model": lambda: list(resources.models.models),
            "prompt": lambda: list(parts.prompts),
            "graph": lambda: list(parts.graph_files),
            "policy": lambda: list(parts.policy_files),
        }
