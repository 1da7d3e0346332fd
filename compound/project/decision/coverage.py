"""Everything that makes a graph's drafts, by digest: what a certificate covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from compound.errors import ProjectError
from compound.language.sha import sha
from compound.project.source.parts import GRAPHS, TOOLS
from compound.spec.graph_file import blocks
from compound.spec.mcp_file import PREFIX
from compound.spec.nodes import GraphNode

if TYPE_CHECKING:
    from collections.abc import Callable

    from compound.project.open.resources import Resources
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile
    from compound.spec.steps import Shelf

_SHOWN = 3
_IDLE = frozenset({"description", "retention"})
"""Keys of a policy that do not affect drafts or decisions."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The parts that make a graph's drafts.

    Attributes:
        covers: Description (`the prompt prompts/plan.md`, `tools/planning.py`) to the digest of its content.
        users: File of code to the parts that use it: `the planner`, `the tool read_letter`.
    """

    covers: Mapping[str, str]
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def digest(self) -> str:
        """Digest of all parts."""
        return _digest(dict(self.covers))

    def said(self, changed: tuple[str, ...]) -> str:
        """The changed parts, for a person: `the planner's code changed (tools/planning.py)`."""
        told = [self._one(name) for name in changed[:_SHOWN]]
        more = len(changed) - _SHOWN
        return "; ".join(told) + (f"; and {more} more" if more > 0 else "")

    def _one(self, name: str) -> str:
        users = self.users.get(name, ())
        if not users:
            return f"{name} changed"
        code = f"{users[0]}'s code" if len(users) == 1 else f"the code of {users[0]} and of {len(users) - 1} more"
        return f"{code} changed ({name})"


def coverage_of(resources: Resources, spec: GraphSpec, graph_hash: str) -> Coverage:
    """Digest the graph, its policy and everything that its nodes call; lakehouse data is not included.

    Args:
        resources: The opened project.
        spec: The graph as in its file.
        graph_hash: Hash of the graph that runs, including its subgraphs.

    Raises:
        CompoundError: Something that the graph calls does not exist.
    """
    try:
        return _Reader(resources).read(spec, graph_hash)
    except KeyError as error:
        what = f"the graph {spec.name} calls {error}, which the project does not have"
        raise ProjectError("certify.unknown-part", what, fix=f"compound check {spec.name}") from error


class _Reader:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._code = resources.code
        self._covers: dict[str, str] = {}
        self._users: dict[str, dict[str, None]] = {}

    def read(self, spec: GraphSpec, graph_hash: str) -> Coverage:
        from compound.version import VERSION

        profile = self._resources.settings.profile
        major, minor, *_ = VERSION.split(".")
        self._covers["Compound"] = f"{major}.{minor}"
        self._covers[f"the graph {spec.name}"] = graph_hash
        self._covers["the profile"] = _digest([profile.name, sorted(profile.lexical)])
        if spec.policy is not None:
            self._policy(self._resources.parts.policy(spec.policy))
        self._graph(spec, frozenset())
        users = {path: tuple(names) for path, names in self._users.items()}
        return Coverage(dict(sorted(self._covers.items())), users)

    def _policy(self, policy: PolicyFile) -> None:
        self._covers[f"the policy {policy.name}"] = _digest(policy.model_dump(mode="json", exclude=set(_IDLE)))
        for rule in policy.effects.values():
            if rule.money is not None and rule.money.tool is not None:
                self._function(rule.money.tool)

    def _graph(self, spec: GraphSpec, above: frozenset[str]) -> None:
        for place in spec.external_types.values():
            module = place.partition(":")[0].removesuffix(".py").replace("/", ".")
            self._files(self._code.of_module(f"{GRAPHS}.{module}"), f"the type {place}")
        readers: Mapping[Shelf, Callable[[str], None]] = {
            "tool": self._function,
            "check": self._check,
            "sql": self._sql,
            "effect": self._effect,
            "retriever": self._index,
            "specialist": self._specialist,
            "model": self._logical,
            "prompt": self._prompt,
        }
        for _, node in blocks(spec.nodes):
            if isinstance(node, GraphNode) and node.graph not in above:
                self._graph(self._resources.parts.graph(node.graph), above | {node.graph})
            for shelf, _, name in node.named():
                if shelf != "graph":
                    readers[shelf](name)

    def _check(self, name: str) -> None:
        self._called(self._resources.parts.checks[name].callable, f"the check {name}")

    def _specialist(self, ref: str) -> None:
        self._covers[f"the specialist {ref}"] = self._resources.specialists.resolve(ref).version

    def _prompt(self, path: str) -> None:
        self._covers[f"the prompt {path}"] = self._resources.parts.prompts[path].version

    def _logical(self, name: str) -> None:
        from compound.model.provider.solvers import find_solver

        file = self._resources.models
        model = file.models[name]
        provider = self._resources.settings.profile.model or model.provider or file.provider
        part = "solver" if provider == "offline" else provider
        said = model.model_dump(mode="json").get(part)
        where = file.anthropic.base_url if provider == "anthropic" else ""
        self._covers[f"the model {name}"] = _digest([provider, said, where])
        if provider == "offline" and model.solver is not None:
            _ = self._resources.functions  # the project's modules register their solvers
            self._called(find_solver(model.solver, self._resources.parts.modules.package), f"the {name}")

    def _function(self, name: str) -> None:
        if name.startswith(PREFIX):
            pinned = self._resources.mcp.pin_of(name)
            self._covers[f"the tool {name}"] = "" if pinned is None else pinned.sha256
            return
        function = self._resources.functions[name]
        self._called(function.callable, f"the tool {name}")
        if function.is_adapter:  # library code; the project's own module creates the tool
            for module in self._resources.parts.modules.load_folder(TOOLS):
                if any(value is function for value in vars(module).values()):
                    self._files(
                        self._code.of_module(f"{TOOLS}.{module.__name__.rpartition('.')[2]}"), f"the tool {name}"
                    )

    def _effect(self, name: str) -> None:
        self._called(self._resources.parts.effects[name].function, f"the effect {name}")

    def _sql(self, name: str) -> None:
        content = self._resources.parts.sql_files[name].read_bytes()
        self._covers[f"the SQL tool {name}"] = sha(content, 16)

    def _index(self, name: str) -> None:
        self._covers[f"the index {name}"] = self._resources.retriever(name).version

    def _called(self, function: Callable[..., object], user: str) -> None:
        self._files(self._code.files(function), user)

    def _files(self, files: frozenset[str], user: str) -> None:
        for path in sorted(files):
            self._covers[path] = self._code.digest(path)
            self._users.setdefault(path, {})[user] = None


def _digest(value: object) -> str:
    return sha(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), 16)
