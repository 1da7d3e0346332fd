"""Everything that makes a graph's drafts, by digest: what a certificate was proven for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from compound.errors import ProjectError
from compound.project.source.parts import GRAPHS, TOOLS
from compound.spec.graph_file import blocks
from compound.spec.mcp_file import PREFIX
from compound.spec.nodes import (
    AgentNode,
    CheckNode,
    EffectNode,
    GraphNode,
    LlmNode,
    RetrieveNode,
    SpecialistNode,
    SqlNode,
    ToolNode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from compound.project.open.resources import Resources
    from compound.spec import GraphSpec
    from compound.spec.nodes import AnyNode
    from compound.spec.policy_file import PolicyFile

_SHOWN = 3
_IDLE = frozenset({"description", "retention"})
"""Keys of a policy that change nothing about what is drafted or decided."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What stands behind a graph's drafts now.

    Attributes:
        covers: In words (`the prompt prompts/plan.md`, `tools/planning.py`), to the digest of its content.
        users: File of code to what uses it: `the planner`, `the tool read_ticket`.
    """

    covers: Mapping[str, str]
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def digest(self) -> str:
        """Of all of it."""
        return _digest(dict(self.covers))

    def said(self, changed: tuple[str, ...]) -> str:
        """What changed, for a person: `the planner's code changed (tools/planning.py)`."""
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
    """Digest the graph, its policy, and everything that its nodes call; facts of the lakehouse are no part of it.

    Args:
        resources: The opened project.
        spec: The graph as its file has it now.
        graph_hash: Of the graph that runs, with the graphs inside it.

    Raises:
        CompoundError: Something that the graph calls is not there.
    """
    try:
        return _Reader(resources).read(spec, graph_hash)
    except KeyError as error:
        what = f"the graph {spec.name} calls {error}, and the project has nothing of that name"
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
        for _, node in blocks(spec.nodes):
            if isinstance(node, GraphNode) and node.graph not in above:
                self._graph(self._resources.parts.graph(node.graph), above | {node.graph})
            self._node(node)

    def _node(self, node: AnyNode) -> None:
        match node:
            case ToolNode():
                self._function(node.tool)
            case CheckNode():
                check = self._resources.parts.checks[node.check]
                self._called(check.callable, f"the check {node.check}")
            case SqlNode():
                self._sql(node.tool)
            case RetrieveNode():
                self._index(node.on)
            case SpecialistNode():
                version = self._resources.specialists.resolve(node.ref).version
                self._covers[f"the specialist {node.ref}"] = version
            case LlmNode() | AgentNode():
                self._model(node)
            case EffectNode():
                self._effects(node.names)
            case _:
                return

    def _model(self, node: LlmNode | AgentNode) -> None:
        for path in (node.prompt, node.system):
            if path is not None:
                self._covers[f"the prompt {path}"] = self._resources.parts.prompts[path].version
        self._logical(node.model)
        if isinstance(node, AgentNode):
            self._effects(node.proposes)
            for call in node.calls:
                lead, dot, name = call.tool.partition(".")
                if dot and lead == "sql":
                    self._sql(name)
                elif dot and lead == "retrieve":
                    self._index(name)
                else:
                    self._function(call.tool)

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
        if function.is_adapter:  # its code is another library's; the module that makes it is the project's
            for module in self._resources.parts.modules.load_folder(TOOLS):
                if any(value is function for value in vars(module).values()):
                    self._files(
                        self._code.of_module(f"{TOOLS}.{module.__name__.rpartition('.')[2]}"), f"the tool {name}"
                    )

    def _effects(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._called(self._resources.parts.effects[name].function, f"the effect {name}")

    def _sql(self, name: str) -> None:
        content = self._resources.parts.sql_files[name].read_bytes()
        self._covers[f"the SQL tool {name}"] = hashlib.sha256(content).hexdigest()[:16]

    def _index(self, name: str) -> None:
        self._covers[f"the index {name}"] = self._resources.retriever(name).version

    def _called(self, function: Callable[..., object], user: str) -> None:
        self._files(self._code.files(function), user)

    def _files(self, files: frozenset[str], user: str) -> None:
        for path in sorted(files):
            self._covers[path] = self._code.digest(path)
            self._users.setdefault(path, {})[user] = None


def _digest(value: object) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
