"""The builder: each method adds a node and returns a reference to its value."""

# A reference has no public names: every name may be a field of its value; so its parts are private to this room.
# pyright: reportPrivateUsage=false
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from compound.errors import Location
from compound.language.references import Ref
from compound.language.types import ANY, Record, Type, parse_external, parse_type
from compound.spec.graph_text import build_graph
from compound.spec.python.arguments import (
    Compiled_co,
    Compiles,
    Data,
    SpareNode,
    options_of,
    unless,
)
from compound.spec.python.nodes import Home, Nodes
from compound.spec.python.places import PythonPlaces, place
from compound.spec.python.types import to_type
from compound.spec.python.values import Condition, Reference, Value, to_binding, to_condition

if TYPE_CHECKING:
    from types import TracebackType

    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec


class _Level(Nodes):
    """One level of a graph, with the nodes that hold other nodes."""

    def repeat(
        self,
        max: int,  # the word of the graph file
        *,
        until: str | Condition | None = None,
        name: str = "",
        **given: Any,  # noqa: ANN401
    ) -> Block:
        """Repeat the nodes that are added to the block until a condition holds."""
        rounds: Data = {"max": max}
        return Block(self._graph, self, self._name(name, "repeat"), "repeat", rounds, options_of(given), until=until)

    def map(  # noqa: PLR0913 - one parameter per key of the block
        self,
        each: Value,
        *,
        item: str = "item",
        parallel: int = 8,
        max: int = 1000,
        on_error: str = "fail",
        queue: str = "default",
        name: str = "",
        **given: Any,  # noqa: ANN401
    ) -> Block:
        """Run the nodes that are added to the block once for each item of a list; `block.item` is the item."""
        rule: Data = {"each": to_binding(each), **unless(parallel=(parallel, 8), max=(max, 1000))}
        rule |= unless(on_error=(on_error, "fail"), queue=(queue, "default")) | ({"as": item} if item != "item" else {})
        return Block(self._graph, self, self._name(name, "map"), "map", rule, options_of(given))

    @property
    def spare(self) -> Spare:
        """Creates a node for `fallback=`: `fallback=g.spare.tool("guess", text=...)`."""
        return Spare(self._graph)


class Spare(_Level):
    """Creates nodes outside of the graph, for `fallback=`."""

    def __init__(self, graph: Home) -> None:
        """Internal: use `Graph.spare`."""
        super().__init__(graph, ())

    def _add(self, name: str, node: Data, kind: Type) -> Reference:
        return SpareNode(node)


class Block(_Level):
    """A `repeat` or a `map`: use it in a `with`, add nodes to it, then set its output."""

    def __init__(  # noqa: PLR0913 - the parts of a block
        self,
        graph: Home,
        around: _Level,
        name: str,
        word: str,
        rule: Data,
        options: Data,
        *,
        until: str | Condition | None = None,
    ) -> None:
        """Internal: use `Graph.map` or `Graph.repeat`."""
        super().__init__(graph, (*around._lead, name))
        self._name_here = name
        self._word = word
        self._rule = rule
        self._options = options
        # The node takes its place among its siblings at once, and is completed when the block ends.
        self._data: Data = {word: rule, **options, "nodes": self._nodes}
        self.value = around._add(name, self._data, ANY)
        if until is not None:
            self.until(until)

    def __enter__(self) -> Block:
        """Return the block itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: nodes are added as they are written."""

    @property
    def item(self) -> Reference:
        """The item, inside a map."""
        return self._graph.reference(str(self._rule.get("as", "item")), ANY)

    @property
    def previous(self) -> Reference:
        """The previous round, inside a repeat: `block.previous.draft`; absent in the first."""
        return self._graph.reference("previous", ANY)

    def until(self, condition: str | Condition | Reference) -> None:
        """Stop after a round in which this holds."""
        self._rule["until"] = to_condition(condition)

    def out(self, value: Value | None = None, /, **fields: Value) -> None:
        """Set the output of the block: a record of fields; for a map also one value for each item."""
        self._data["out"] = to_binding(fields if fields or value is None else value)


class Graph(_Level):
    """A graph, written in Python.

    Args:
        name: Its name.
        input: Field to type: the words of the graph file, or Python types such as pydantic models.
        context: As `input`; stored with the run.
        **rest: The other keys of a graph file: `version`, `description`, `on_change`, `policy`, `budget`,
            `types`, `item`.

    Example:
        >>> g = Graph("echo", input={"text": str})
        >>> said = g.tool("say", text=g.input.text, out=str)
        >>> g.output(said=said)
        >>> list(g.build().nodes)
        ['said']
    """

    def __init__(
        self,
        name: str,
        *,
        input: Mapping[str, object] | None = None,  # the word of the graph file
        context: Mapping[str, object] | None = None,
        **rest: Any,  # noqa: ANN401 - the other keys of the file, checked by its model
    ) -> None:
        self.declared: Data = {}
        self.places: dict[tuple[str | int, ...], Location] = {(): place()}
        super().__init__(self, ())
        for key, kind in cast("Mapping[str, object]", rest.pop("types", {})).items():
            external = parse_external(cast("JsonValue", kind)) if isinstance(kind, Mapping) else None
            self.declared[key] = cast("JsonValue", kind) if external else to_type(kind, self.declared)
        self._head: Data = {"compound": "graph/v1", "name": name, **rest}
        self._given: dict[str, Data] = {
            key: {field: to_type(kind, self.declared) for field, kind in (fields or {}).items()}
            for key, fields in (("input", input), ("context", context))
        }
        self._output: Data = {}
        self._shows: Data = {}

    def __enter__(self) -> Graph:
        """Return the graph itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    @property
    def input(self) -> Reference:
        """The inputs of a run."""
        return self.reference("input", Record({n: parse_type(t) for n, t in self._given["input"].items()}))

    @property
    def context(self) -> Reference:
        """The context of a run, stored with it."""
        return self.reference("context", Record({n: parse_type(t) for n, t in self._given["context"].items()}))

    @property
    def run(self) -> Reference:
        """The run: `id`, `thread_id`, `example_id`."""
        return self.reference("run", ANY)

    def output(self, **fields: Value) -> None:
        """Set the output of a run."""
        self._output |= {name: to_binding(value) for name, value in fields.items()}
        self.places["output",] = place()

    def shows(self, **roles: Value) -> None:
        """Set what a person sees first of a run: `text`, `actions`, `label`, `reasons`."""
        self._shows |= {name: to_binding(value) for name, value in roles.items()}
        self.places["shows",] = place()

    def reference(self, root: str, kind: Type) -> Reference:
        """Internal: a reference to a root of this graph."""
        names = {n: ANY if parse_external(t) else parse_type(t) for n, t in self.declared.items()}
        return Reference(Ref(root), kind, names)

    def build(self) -> GraphSpec:
        """The graph, with its shape checked.

        Raises:
            InvalidFile: It has mistakes; each names the Python line.
        """
        data: Data = dict(self._head)
        data |= {"types": self.declared} if self.declared else {}
        data |= {key: fields for key, fields in self._given.items() if fields}
        data |= {"shows": self._shows} if self._shows else {}
        data |= {"output": self._output} if self._output else {}
        data["nodes"] = self._nodes
        where = self.places[()]
        return build_graph(data, source=PythonPlaces(where.file, self.places))

    def compile(self, project: Compiles[Compiled_co]) -> Compiled_co:
        """The graph, ready to run in a project."""
        return project.compile(self.build())
