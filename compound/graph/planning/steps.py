"""The parts of a planned graph: steps with compiled references, programs, blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from compound.errors import NodeError
from compound.language.references import ABSENT
from compound.spec.graph_file import blocks

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.errors import Location
    from compound.graph.wiring.references import Inputs
    from compound.language.references import Evaluate, Maybe, Scope
    from compound.language.types import Names, Type
    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode
    from compound.spec.words import ErrorClass

SHARED: Final = ("context", "run")
"""Roots with the same meaning inside and outside of a subgraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """Number of attempts, seconds before the second one (doubled before each next), and the errors to retry.

    Attributes:
        on: Classes of errors; empty for errors that may pass.
    """

    attempts: int = 1
    wait_s: float = 0.2
    on: tuple[ErrorClass, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """The replacement for a node whose attempts all failed: a value, or another node.

    Attributes:
        value: Compiled; None if it is a node.
        step: The node; None if it is a value.
        on: Classes of errors that it is for; empty for all.
    """

    value: Evaluate | None = None
    step: Step | None = None
    on: tuple[ErrorClass, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node, ready to run.

    Attributes:
        name: Key of its outcome; inside a block as its siblings see it, otherwise with the subgraphs around it.
        path: As in traces and for runners: `answer.draft`.
        deps: Names it waits for.
        when: Its condition; None to run always.
        inputs: Its `in`.
        out: Its declared type; None if not declared.
        spec: The graph that it stands in.
        prefix: Prefix of the names in its references, `refund.` inside the subgraph `refund`.
        gate: Step whose skipping skips this one: the entry of the subgraph around it.
        cache_s: How long its value may be reused; None for never.
        block: The steps of a block; None for a node.
        elements: The steps of each item of a map that asks or acts for each item; None for other nodes.
    """

    name: str
    path: str
    kind: str
    node: AnyNode
    deps: tuple[str, ...]
    when: Evaluate | None
    inputs: Inputs
    out: Type | None
    spec: GraphSpec
    config_hash: str
    retry: RetryRule = RetryRule()
    timeout_s: float | None = None
    cache_s: float | None = None
    rescue: Rescue | None = None
    prefix: str = ""
    gate: str | None = None
    block: BlockPlan | None = None
    elements: ElementsPlan | None = None

    @property
    def names(self) -> Names:
        """Types that its graph declares."""
        return self.spec.type_names

    @property
    def where(self) -> Location | None:
        """Its place in the file of its graph; None of a graph without a file."""
        path = next((path for path, node in blocks(self.spec.nodes) if node is self.node), None)
        where = None if path is None else self.spec.source.key(path)
        return where if where and where.file else None

    def error(self, code: str, what: str, run_id: str, *, fix: str = "", where: Location | None = None) -> NodeError:
        """Why it failed: names the node, the run, and the place in the graph's file unless another one is known."""
        what = f"node {self.path}: {what}"
        return NodeError(code, what, node=self.path, run_id=run_id, fix=fix, where=where or self.where)

    @property
    def is_boundary(self) -> bool:
        """A review, an effect, or a map that contains some: durable on its own."""
        return self.kind in {"review", "effect"} or self.elements is not None

    def view(self, scope: Scope) -> Scope:
        """The scope as this step's references see it."""
        return Namespace(scope, self.prefix) if self.prefix else scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Steps that run as one dataflow, in topological order (ties: order of the file).

    Attributes:
        steps: The steps.
        waits: For each step, the number of its dependencies in this program.
        dependents: For each step, the indexes of the steps that wait for it.
    """

    steps: tuple[Step, ...]
    waits: tuple[int, ...]
    dependents: tuple[tuple[int, ...], ...]


Build: TypeAlias = "Callable[[Scope], JsonValue]"
"""Builds a value from a scope, null for absent parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatPlan:
    """Rounds of a program.

    Attributes:
        until: Stops after a round in which it holds.
        out: The value after the last round; None for the record of its nodes.
    """

    program: Program
    max_rounds: int
    until: Evaluate | None
    out: Build | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlan:
    """A program that runs once for each item of a list.

    Attributes:
        item: Name of the item in the scope.
        limit: Maximum number of items.
        on_error: `report` returns `{items, failed}`; so does `collect`, with null for failed items, and leaves the rest
            to a person.
    """

    program: Program
    item: str
    parallel: int
    limit: int
    on_error: Literal["fail", "skip", "report", "collect"]
    out: Build | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementsPlan:
    """A map with reviews or effects: each of its items is an element of the run, with boundaries of its own.

    Attributes:
        rules: How the map treats its items and combines their values; its program has no steps.
        steps: The steps of one element, in topological order.
        reads: Nodes around the map that an element refers to, as it names them.
        result: An element's declared value; null for the record of its nodes.
    """

    rules: MapPlan
    steps: tuple[Step, ...]
    reads: tuple[str, ...]
    result: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPlan:
    """A subgraph that runs as one step: it has no reviews and no effects."""

    program: Program
    spec: GraphSpec
    output: Build


BlockPlan: TypeAlias = "RepeatPlan | MapPlan | GraphPlan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One unit that is durable on its own: a dataflow of free nodes, one review, one effect, or one map with some.

    Attributes:
        name: Unique; for a boundary the node's name, for a flow `flow-1` and so on.
        steps: Names of its nodes, in the order of the plan.
        waits_for: Names of the segments before it.
    """

    name: str
    kind: Literal["flow", "review", "effect", "elements"]
    steps: tuple[str, ...]
    waits_for: tuple[str, ...]


class Namespace(Mapping[str, "Maybe"]):
    """A scope as the inside of a subgraph sees it: `draft` means `refund.draft`."""

    __slots__ = ("_base", "_prefix")

    def __init__(self, base: Scope, prefix: str) -> None:
        self._base = base
        self._prefix = prefix

    def get(self, key: str, default: Maybe = ABSENT) -> Maybe:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The value of a root; `ABSENT` if it is missing."""
        return self._base.get(key if key in SHARED else self._prefix + key, default)

    def __getitem__(self, key: str) -> Maybe:
        return self._base[key if key in SHARED else self._prefix + key]

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in SHARED if key in self._base)
        at = len(self._prefix)
        yield from (key[at:] for key in self._base if key.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)
