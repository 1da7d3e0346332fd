"""The builder's nodes: each method adds one and returns a reference to its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from compound.errors import Location, ProjectError
from compound.spec.python.arguments import Data, auto_of, kind_of, name_of, options_of, split_ends, unless
from compound.spec.python.places import place, variable
from compound.spec.python.types import to_type
from compound.spec.python.values import to_binding

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.types import Type
    from compound.spec.python.values import Condition, Reference, Value


class Home(Protocol):
    """The graph to which nodes are added."""

    declared: Data
    places: dict[tuple[str | int, ...], Location]

    def reference(self, root: str, kind: Type) -> Reference:
        """A reference to a root of the graph."""
        ...


class Nodes:
    """Adds nodes to one level of a graph: a method for each kind."""

    def __init__(self, graph: Home, lead: tuple[str, ...]) -> None:
        self._graph = graph
        self._lead = (*lead, "nodes")
        self._nodes: Data = {}
        self._kinds: dict[str, Type] = {}

    def retrieve(
        self,
        on: str,
        *,
        name: str = "",
        top_k: int = 6,
        mode: str = "hybrid",
        where: Mapping[str, Value] | None = None,
        **given: Any,  # noqa: ANN401 - the node's inputs and options, by name
    ) -> Reference:
        """Passages from a document index; needs `query=`."""
        own: Data = {"on": on, **unless(top_k=(top_k, 6), mode=(mode, "hybrid"))}
        if where is not None:
            own["where"] = to_binding(where)
        return self._node("retrieve", name, own, given)

    def sql(self, tool: str, *, name: str = "", **given: Any) -> Reference:  # noqa: ANN401
        """A reviewed SQL tool of tools/."""
        return self._node("sql", name, {"tool": tool}, given)

    def specialist(self, ref: str, *, name: str = "", **given: Any) -> Reference:  # noqa: ANN401
        """A trained specialist, `intent@production`."""
        return self._node("specialist", name, {"ref": ref}, given)

    def llm(
        self,
        model: str,
        *,
        prompt: str,
        name: str = "",
        system: str | None = None,
        max_tokens: int = 0,
        temperature: float | None = None,
        **given: Any,  # noqa: ANN401
    ) -> Reference:
        """One model call; every other keyword is a placeholder of the prompt."""
        own: Data = {"model": model, "prompt": prompt}
        own |= unless(system=(system, None), max_tokens=(max_tokens, 0), temperature=(temperature, None))
        return self._node("llm", name, own, given)

    def agent(  # noqa: PLR0913 - one parameter per key of the node
        self,
        model: str,
        *,
        prompt: str,
        tools: Sequence[str | Mapping[str, Value]] = (),
        proposes: Sequence[str] = (),
        name: str = "",
        system: str | None = None,
        max_turns: int = 8,
        budget: Mapping[str, JsonValue] | None = None,
        max_tokens: int = 0,
        temperature: float | None = None,
        **given: Any,  # noqa: ANN401
    ) -> Reference:
        """A bounded tool loop that proposes effects and performs none."""
        own: Data = {"model": model, "prompt": prompt}
        own |= unless(system=(system, None), max_turns=(max_turns, 8), max_tokens=(max_tokens, 0))
        own |= unless(temperature=(temperature, None))
        if tools:
            own["tools"] = [to_binding(tool) for tool in tools]
        if proposes:
            own["proposes"] = list(proposes)
        if budget is not None:
            own["budget"] = dict(budget)
        return self._node("agent", name, own, given)

    def tool(self, tool: str, *, name: str = "", **given: Any) -> Reference:  # noqa: ANN401
        """A Python function of tools/."""
        return self._node("tool", name, {"tool": tool}, given)

    def check(self, kind: str, *, name: str = "", **given: Any) -> Reference:  # noqa: ANN401
        """A verdict on evidence."""
        return self._node("check", name, {"kind": kind}, given)

    def review(  # noqa: PLR0913 - one parameter per key of the node
        self,
        *,
        name: str = "",
        queue: str = "default",
        show: Sequence[Value] | Mapping[str, Value] = (),
        decide: Mapping[str, Mapping[str, object]] | None = None,
        versions: Reference | None = None,
        due: str | float | None = None,
        expire: str | float | None = None,
        on_expire: Mapping[str, JsonValue] | None = None,
        risk: Value | None = None,
        auto: Mapping[str, Any] | Condition | None = None,
        when: str | Condition | Reference | None = None,
        after: Sequence[Reference | str] = (),
        description: str = "",
    ) -> Reference:
        """A person decides; the run waits. `auto=` is the condition of an automatic decision."""
        own: Data = unless(queue=(queue, "default"), due=(due, None), expire=(expire, None))
        if show:
            own["show"] = to_binding(show)
        if decide is not None:
            types = self._graph.declared
            own["decide"] = {
                action: {field: to_type(kind, types) for field, kind in fields.items()}
                for action, fields in decide.items()
            }
        if versions is not None:
            own["versions"] = to_binding(versions)
        if on_expire is not None:
            own["on_expire"] = dict(on_expire)
        if risk is not None:
            own["risk"] = to_binding(risk)
        if auto is not None:
            own["auto"] = auto_of(auto)
        given = {"when": when, "after": after, "description": description}
        return self._node("review", name, own, given)

    def effect(
        self,
        tool: str | None = None,
        *,
        tools: Sequence[str] = (),
        name: str = "",
        review: Reference | str | None = None,
        versions: Reference | None = None,
        **given: Any,  # noqa: ANN401
    ) -> Reference:
        """A write through the outbox: one effect with its arguments, or `tools=` with `actions=`."""
        own: Data = {"tools": list(tools)} if tools else {"tool": tool}
        if review is not None:
            own["review"] = name_of(review)
        if versions is not None:
            own["versions"] = to_binding(versions)
        return self._node("effect", name, own, given)

    def graph(self, graph: str, *, name: str = "", **given: Any) -> Reference:  # noqa: ANN401
        """Another graph of the project as a node."""
        return self._node("graph", name, {"graph": graph}, given)

    def _node(self, use: str, name: str, own: Data, given: Mapping[str, Any]) -> Reference:
        name = self._name(name, use)
        bindings, options = split_ends(given)
        node: Data = {"use": use, **own, **options_of(options, self._graph.declared)}
        if bindings:
            node["in"] = bindings
        return self._add(name, node, kind_of(node))

    def _add(self, name: str, node: Data, kind: Type) -> Reference:
        if name in self._nodes:
            where = place()
            what = f"the node {name!r} already exists: {self._graph.places[(*self._lead, name)]}"
            raise ProjectError("graph.duplicate-name", what, fix="pass another name=", where=where)
        self._nodes[name] = node
        self._kinds[name] = kind
        self._graph.places[(*self._lead, name)] = place()
        return self._graph.reference(name, kind)

    def _name(self, given: str, use: str) -> str:
        """The given name, else the variable that the value is assigned to, else the kind."""
        return given or variable() or use
