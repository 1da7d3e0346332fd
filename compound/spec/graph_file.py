"""The model of a graph file: what `graphs/*.yaml` may say, word by word.

Every class is frozen and refuses unknown keys. The Python builder writes the same model; `to_yaml` gives the
file back. Where a value may be a reference it begins with `$`; `$$` stands for a plain dollar sign.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from pydantic import BaseModel, Discriminator, Field, JsonValue, PrivateAttr, Tag, model_validator
from pydantic_core import PydanticCustomError

from compound.language.types import ANY, Type, parse_external, parse_type, show_type
from compound.spec.roles import ItemRole, ShowsRole
from compound.spec.words import (
    AgentTool,
    AutoRule,
    Binding,
    Budget,
    Condition,
    Duration,
    Escalation,
    FallbackValue,
    Map,
    Migration,
    NodeName,
    Repeat,
    Retry,
    Strict,
    TypeDeclaration,
    TypeText,
)
from compound.spec.yaml.reading import SourceMap


class _Step(Strict):
    """What every node and block has."""

    when: Condition | None = Field(default=None, description="Run only if this holds; otherwise skipped.")
    after: tuple[NodeName, ...] = Field(default=(), description="Only order: these first, without using their values.")
    description: str = Field(default="", description="For people; shown in traces and pictures.")

    @property
    def kind(self) -> str:
        """The word after `use:`; of a block `repeat` or `map`."""
        return str(getattr(self, "use", ""))


class _Work(_Step):
    """What can fail and be answered for: every working node and every block."""

    timeout: Duration | None = Field(default=None, description="Of one attempt.")
    fallback: Fallback | None = Field(
        default=None,
        description="When every attempt failed: `{value: ...}`, or another node of its own, with its own `in`.",
    )


class _Node(_Work):
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")
    out: TypeText | None = Field(default=None, description="Type of the node's value.")
    retry: Retry | None = Field(default=None, description="Try again after an error that another try may help.")
    cache: Duration | None = Field(
        default=None,
        description="How long an equal call (inputs, prompt, code, data versions) is answered without being made.",
    )


class RetrieveNode(_Node):
    """Passages from a document index; value: the list of passages, best first."""

    use: Literal["retrieve"]
    on: str = Field(description="The index, as in connectors/.")
    top_k: int = Field(default=6, ge=1, le=1000, description="Passages, at most.")
    mode: Literal["hybrid", "lexical", "dense"] = Field(
        default="hybrid", description="By words and by meaning, by words alone, by meaning alone."
    )
    where: dict[str, Binding] | None = Field(default=None, description="Filter on the passages' metadata.")


class SqlNode(_Node):
    """A reviewed SQL tool; value: its rows, or one row or null, as the tool says."""

    use: Literal["sql"]
    tool: str = Field(description="tools/<name>.sql")


class SpecialistNode(_Node):
    """A small trained model; value: its prediction."""

    use: Literal["specialist"]
    ref: str = Field(description="Registry name and alias, `intent@production`, or a version.")


class LlmNode(_Node):
    """One model call with a prompt file and a typed answer; an answer that never fits is null."""

    use: Literal["llm"]
    model: str = Field(description="Logical name in connectors/models.yaml.")
    prompt: str = Field(description="Prompt file beside the graph; its placeholders are the names of `in`.")
    system: str | None = Field(default=None, description="File with the system prompt.")
    max_tokens: int = Field(default=0, ge=0, le=1_000_000, description="0 takes the one of models.yaml.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Of the sampling; the provider's own when left out."
    )


_AgentTool = Annotated[
    Annotated[str, Tag("name")] | Annotated[AgentTool, Tag("long")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "long"),
]


class AgentNode(_Node):
    """A bounded tool loop of a model; value: `{answer, proposals, turns, stopped}`.

    `answer` has the type `out` (text when left out), null when the loop stopped before it; `proposals` are the
    effects that the model asked for, as `{name, arguments}`: none is performed, an `effect` node may do so.
    """

    use: Literal["agent"]
    model: str = Field(description="Logical name in connectors/models.yaml.")
    prompt: str = Field(description="Prompt file beside the graph; its placeholders are the names of `in`.")
    system: str | None = Field(default=None, description="File with the system prompt.")
    tools: tuple[_AgentTool, ...] = Field(
        default=(), description="What it may call: `name`, `sql.name`, `retrieve.index`, `mcp.server.tool`."
    )
    proposes: tuple[str, ...] = Field(default=(), description="Effects that it may propose, never perform.")
    max_turns: int = Field(default=8, ge=1, le=100, description="Model calls, at most.")
    budget: Budget | None = Field(default=None, description="Of this node alone, beside that of the graph.")
    max_tokens: int = Field(default=0, ge=0, le=1_000_000, description="0 takes the one of models.yaml.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Of the sampling; the provider's own when left out."
    )

    @property
    def calls(self) -> tuple[AgentTool, ...]:
        """Its tools, each in the long form."""
        return tuple(AgentTool(tool=one) if isinstance(one, str) else one for one in self.tools)


class GraphNode(_Work):
    """Another graph as a node; value: the record of its outputs. Its reviews and effects are part of this run."""

    use: Literal["graph"]
    graph: str = Field(description="graphs/<name>.yaml")
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")


class ToolNode(_Node):
    """A Python function from tools/; value: what it returns."""

    use: Literal["tool"]
    tool: str = Field(description="Name of the function.")


class CheckNode(_Node):
    """A verdict on evidence; value: `{ok, score, problems, details}`."""

    use: Literal["check"]
    check: str = Field(alias="kind", description="Which check.")

    @property
    def kind(self) -> str:
        """The word after `use:`; the check's own kind is `check`."""
        return "check"


class ReviewNode(_Step):
    """A person decides; the run pauses.

    Value: `{action, decided_by, decision_id, item_id, is_automatic, queue, versions, <fields of every action>}`.
    """

    use: Literal["review"]
    queue: str = Field(default="default", description="Where the item waits.")
    show: list[Binding] | dict[str, Binding] = Field(default_factory=list, description="What the reviewer sees.")
    decide: dict[str, dict[str, TypeText]] = Field(
        default_factory=lambda: {"approve": {}, "reject": {}},
        description="What is offered: action to its fields; everything else is refused.",
    )
    versions: Binding | None = Field(
        default=None,
        description="Reference to `{row key: version}` as seen while drafting; stale ones are refused.",
    )
    due: Duration | None = Field(
        default=None, description="How soon it should be decided: what is due first is listed first."
    )
    expire: Duration | None = Field(
        default=None, description="When `on_expire` happens, counted from the opening; `due` when left out."
    )
    on_expire: Escalation | None = Field(
        default=None, description="What happens to an item that nobody decided in time; it is never approved."
    )
    risk: Binding | None = Field(
        default=None, description="A number: of two items that are due at once the higher is listed first; 0 if absent."
    )
    auto: AutoRule | None = Field(default=None, description="When no person is asked.")

    @property
    def kind(self) -> str:
        """The word after `use:`."""
        return "review"


class EffectNode(_Step):
    """A write to the outside world through the outbox, once; value: the list of results."""

    use: Literal["effect"]
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")
    tool: str | None = Field(default=None, description="One effect; `in` are its arguments.")
    tools: tuple[str, ...] | None = Field(
        default=None, description="Effects that may occur in `in: {actions: ...}`, performed as one group."
    )
    review: NodeName | None = Field(default=None, description="Which review's decision it carries out, if several.")
    versions: Binding | None = Field(default=None, description="Row versions; those of the review when left out.")

    @model_validator(mode="after")
    def _one_of(self) -> EffectNode:
        if (self.tool is None) == (self.tools is None):
            raise PydanticCustomError("graph.effect-tool", "an effect names either `tool` or `tools`")
        if self.tools is not None and set(self.inputs) != {"actions"}:
            raise PydanticCustomError(
                "graph.effect-actions", "an effect with `tools` takes `in: {{actions: ...}}` only"
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every effect it may perform."""
        return (self.tool,) if self.tool is not None else self.tools or ()


def _which(value: object) -> str | None:
    if isinstance(value, Mapping):
        record = cast("Mapping[str, object]", value)
        use = record.get("use")
        if use is None and "map" in record:
            return "map"
        if use is None and ("repeat" in record or "nodes" in record):
            return "repeat"
        if use is None and "value" in record:
            return "value"
        return use if isinstance(use, str) else None
    return "value" if isinstance(value, FallbackValue) else getattr(value, "kind", None)


class RepeatBlock(_Work):
    """A bounded loop around nodes; `$previous.<node>` is that node's value in the round before."""

    repeat: Repeat
    nodes: dict[NodeName, Node] = Field(description="Nodes of one round; they see those around the block.")
    out: dict[str, Binding] | None = Field(default=None, description="The block's value; all its nodes when left out.")

    @property
    def kind(self) -> str:
        """A block has no `use`."""
        return "repeat"


class MapBlock(_Work):
    """Nodes that run once for each item of a list; value: the list of `out`, in the order of the items.

    With `on_error: report` it is `{items, failed}`: that list, and `{index, item, code, what}` of each that failed.
    """

    map: Map
    nodes: dict[NodeName, Node] = Field(description="Nodes of one item; they see those around the block.")
    out: Binding | None = Field(default=None, description="An item's value; the record of its nodes when left out.")

    @property
    def kind(self) -> str:
        """A block has no `use`."""
        return "map"


Node: TypeAlias = Annotated[
    Annotated[RetrieveNode, Tag("retrieve")]
    | Annotated[SqlNode, Tag("sql")]
    | Annotated[SpecialistNode, Tag("specialist")]
    | Annotated[LlmNode, Tag("llm")]
    | Annotated[AgentNode, Tag("agent")]
    | Annotated[ToolNode, Tag("tool")]
    | Annotated[CheckNode, Tag("check")]
    | Annotated[ReviewNode, Tag("review")]
    | Annotated[EffectNode, Tag("effect")]
    | Annotated[GraphNode, Tag("graph")]
    | Annotated[RepeatBlock, Tag("repeat")]
    | Annotated[MapBlock, Tag("map")],
    Discriminator(_which),
]
WorkNode: TypeAlias = RetrieveNode | SqlNode | SpecialistNode | LlmNode | AgentNode | ToolNode | CheckNode
"""A node that works on its own: it may stand as a fallback, be cached and be tried again."""
AnyNode: TypeAlias = WorkNode | ReviewNode | EffectNode | GraphNode | RepeatBlock | MapBlock
"""Any node or block, as a plain type."""
Block: TypeAlias = RepeatBlock | MapBlock
Fallback: TypeAlias = Annotated[
    Annotated[FallbackValue, Tag("value")]
    | Annotated[RetrieveNode, Tag("retrieve")]
    | Annotated[SqlNode, Tag("sql")]
    | Annotated[SpecialistNode, Tag("specialist")]
    | Annotated[LlmNode, Tag("llm")]
    | Annotated[AgentNode, Tag("agent")]
    | Annotated[ToolNode, Tag("tool")]
    | Annotated[CheckNode, Tag("check")],
    Discriminator(_which),
]
NODE_MODELS: Final[dict[str, type[BaseModel]]] = {
    "retrieve": RetrieveNode,
    "sql": SqlNode,
    "specialist": SpecialistNode,
    "llm": LlmNode,
    "agent": AgentNode,
    "tool": ToolNode,
    "check": CheckNode,
    "review": ReviewNode,
    "effect": EffectNode,
    "graph": GraphNode,
    "repeat": RepeatBlock,
    "map": MapBlock,
}
NODE_KINDS: Final = tuple(kind for kind in NODE_MODELS if kind not in {"repeat", "map"})


class GraphSpec(Strict):
    """A graph: typed input, nodes wired by references, an output."""

    compound: Literal["graph/v1"] = Field(description="Format of the file.")
    name: NodeName = Field(description="As other graphs, suites and the command line call it.")
    version: int = Field(default=1, ge=0, description="For people; runs are told apart by what the file says.")
    description: str = Field(default="", description="What the graph is for.")
    on_change: Literal["pin", "migrate", "drain"] = Field(
        default="pin", description="What happens to paused runs when this file changes."
    )
    policy: NodeName | None = Field(
        default=None, description="What this application may do: graphs/policies/<name>.yaml"
    )
    budget: Budget | None = Field(default=None, description="Of one run.")
    migrations: dict[NodeName, Migration] = Field(
        default_factory=dict,
        description="With `on_change: migrate`: how a node's value of the graph before becomes one of this graph.",
    )
    types: dict[NodeName, TypeDeclaration] = Field(
        default_factory=dict, description="Name to type, or to `{from: types.py:Model}`."
    )
    input: dict[str, TypeText] = Field(default_factory=dict, description="What a run is given: name to type.")
    context: dict[str, TypeText] = Field(default_factory=dict, description="Stored with the run.")
    item: ItemRole | None = Field(default=None, description="What one item of a backlog is to this graph.")
    shows: ShowsRole | None = Field(default=None, description="What a person sees first of a run.")
    output: dict[str, Binding] = Field(
        default_factory=dict, description="What a run gives: name to reference; absent values are null."
    )
    nodes: dict[NodeName, Node] = Field(description="Name to node; references say what waits for what.")

    _source: SourceMap = PrivateAttr(default_factory=SourceMap)
    _external: Mapping[str, Type] = PrivateAttr(default_factory=dict)

    @property
    def source(self) -> SourceMap:
        """Where each key of the file stands; empty for a graph that was built in Python."""
        return self._source

    def with_source(self, source: SourceMap) -> GraphSpec:
        """The same graph, which now knows where it was written."""
        copy = self.model_copy()
        copy._source = source
        return copy

    @property
    def external_types(self) -> Mapping[str, str]:
        """Types that Python declares: name to place, `types.py:Ticket`."""
        places = {name: parse_external(declared) for name, declared in self.types.items()}
        return {name: place for name, place in places.items() if place is not None}

    def with_types(self, external: Mapping[str, Type]) -> GraphSpec:
        """The same graph, which now knows what these names of `external_types` stand for."""
        copy = self.model_copy()
        copy._external = {**self._external, **external}
        for known in ("hash", "type_names"):
            vars(copy).pop(known, None)
        return copy

    def to_data(self) -> dict[str, JsonValue]:
        """The graph as plain data in the file's own words, defaults left out."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data["nodes"] = _in_order(data["nodes"])
        return data

    def to_yaml(self) -> str:
        """The file back: the same graph in canonical form (comments are not kept)."""
        from compound.spec.yaml.writing import write_yaml

        return write_yaml(self.to_data())

    @cached_property
    def hash(self) -> str:
        """sha256 of the canonical JSON; the same for YAML and Python, whatever the formatting."""
        data = self.to_data()
        if self._external:
            # What Python says of a type is part of what the graph means.
            data = {**data, "from": {name: show_type(kind) for name, kind in self._external.items()}}
        text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def type_names(self) -> Mapping[str, Type]:
        """Every declared type by name; one that Python declares is `json` until `with_types` was called."""
        external = self.external_types
        return {
            name: self._external.get(name, ANY) if name in external else parse_type(declared)
            for name, declared in self.types.items()
        }


FIRST_KEYS: Final = (
    "description",
    "use",
    "kind",
    "ref",
    "on",
    "graph",
    "tool",
    "tools",
    "model",
    "prompt",
    "repeat",
    "map",
    "when",
    "after",
    "in",
    "nodes",
    "out",
)
"""Keys of a node in the order people write them; the others follow in the order of their model."""


def _in_order(nodes: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Nodes with their keys in the order people write them: what it is, when, what goes in and comes out."""
    ordered: dict[str, JsonValue] = {}
    for name, node in nodes.items():
        record = {
            key: node[key] for key in (*(k for k in FIRST_KEYS if k in node), *(k for k in node if k not in FIRST_KEYS))
        }
        ordered[name] = {**record, "nodes": _in_order(record["nodes"])} if "nodes" in record else record
    return ordered


def blocks(nodes: Mapping[str, AnyNode], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], AnyNode]]:
    """Every node with its data path in the file (`("nodes", "answer", "nodes", "draft")`), blocks first.

    A node that is another one's fallback follows it (`("nodes", "draft", "fallback")`).
    """
    for name, node in nodes.items():
        here = (*path, "nodes", name)
        yield here, node
        yield from _fallbacks(node, here)
        if isinstance(node, RepeatBlock | MapBlock):
            yield from blocks(node.nodes, here)


def _fallbacks(node: AnyNode, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], AnyNode]]:
    other = getattr(node, "fallback", None)
    if other is not None and not isinstance(other, FallbackValue):
        yield (*path, "fallback"), other
        yield from _fallbacks(other, (*path, "fallback"))
