"""The models of the nodes of a graph file, word by word; each class is its kind's row of the table of kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, TypeAlias, cast

from pydantic import Discriminator, Field, JsonValue, Tag, model_validator
from pydantic_core import PydanticCustomError

from compound.spec.steps import Boundary, Shelf, Step, tool_shelf
from compound.spec.words import (
    AgentTool,
    AutoRule,
    Binding,
    Budget,
    Duration,
    Escalation,
    FallbackValue,
    Map,
    NodeName,
    Repeat,
    Retry,
    TypeText,
)

if TYPE_CHECKING:
    from compound.spec.yaml.reading import DataPath


class _Work(Step):
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

    NAMES = (("on", "retriever"),)

    use: Literal["retrieve"]
    on: str = Field(description="The index, as in connectors/.")
    top_k: int = Field(default=6, ge=1, le=1000, description="Passages, at most.")
    mode: Literal["hybrid", "lexical", "dense"] = Field(
        default="hybrid", description="By words and by meaning, by words alone, by meaning alone."
    )
    where: dict[str, Binding] | None = Field(default=None, description="Filter on the passages' metadata.")

    def given(self) -> Iterator[tuple[DataPath, JsonValue]]:
        """Its `in`, and the filter."""
        yield from super().given()
        yield ("where",), cast("JsonValue", self.where)


class SqlNode(_Node):
    """A reviewed SQL tool; value: its rows, or one row or null, as the tool says."""

    NAMES = (("tool", "sql"),)

    use: Literal["sql"]
    tool: str = Field(description="tools/<name>.sql")


class SpecialistNode(_Node):
    """A small trained model; value: its prediction."""

    NAMES = (("ref", "specialist"),)
    is_model = True

    use: Literal["specialist"]
    ref: str = Field(description="Registry name and alias, `intent@production`, or a version.")


class LlmNode(_Node):
    """One model call with a prompt file and a typed answer; an answer that never fits is null."""

    NAMES = (("model", "model"), ("prompt", "prompt"), ("system", "prompt"))
    is_model = True

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

    NAMES = LlmNode.NAMES
    is_model = True

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

    def named(self) -> Iterator[tuple[Shelf, DataPath, str]]:
        """Its model, its prompts, its tools, and the effects that it may propose."""
        yield from super().named()
        for index, tool in enumerate(self.calls):
            shelf, name = tool_shelf(tool.tool)
            yield shelf, ("tools", index) if isinstance(self.tools[index], str) else ("tools", index, "tool"), name
        for index, name in enumerate(self.proposes):
            yield "effect", ("proposes", index), name

    def given(self) -> Iterator[tuple[DataPath, JsonValue]]:
        """Its `in`, and the arguments that its tools are given by the graph."""
        yield from super().given()
        for index, tool in enumerate(self.calls):
            yield ("tools", index, "with"), cast("JsonValue", tool.given)


class GraphNode(_Work):
    """Another graph as a node; value: the record of its outputs. Its reviews and effects are part of this run."""

    NAMES = (("graph", "graph"),)
    retry: ClassVar[None] = None
    cache: ClassVar[None] = None
    out: ClassVar[None] = None

    use: Literal["graph"]
    graph: str = Field(description="graphs/<name>.yaml")
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")


class ToolNode(_Node):
    """A Python function from tools/; value: what it returns."""

    NAMES = (("tool", "tool"),)

    use: Literal["tool"]
    tool: str = Field(description="Name of the function.")


class CheckNode(_Node):
    """A verdict on evidence; value: `{ok, score, problems, details}`."""

    NAMES = (("check", "check"),)

    use: Literal["check"]
    check: str = Field(alias="kind", description="Which check.")


class ReviewNode(Boundary):
    """A person decides; the run pauses.

    Value: `{action, decided_by, decision_id, item_id, is_automatic, queue, versions, <fields of every action>}`.
    """

    inputs: ClassVar[Mapping[str, JsonValue]] = {}
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


class EffectNode(Boundary):
    """A write to the outside world through the outbox, once; value: the list of results."""

    NAMES = (("tool", "effect"), ("tools", "effect"))

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


class _Block(_Work):
    inputs: ClassVar[Mapping[str, JsonValue]] = {}
    retry: ClassVar[None] = None
    cache: ClassVar[None] = None


class RepeatBlock(_Block):
    """A bounded loop around nodes; `$previous.<node>` is that node's value in the round before."""

    use: ClassVar = "repeat"
    repeat: Repeat
    nodes: dict[NodeName, Node] = Field(description="Nodes of one round; they see those around the block.")
    out: dict[str, Binding] | None = Field(default=None, description="The block's value; all its nodes when left out.")


class MapBlock(_Block):
    """Nodes that run once for each item of a list; value: the list of `out`, in the order of the items.

    With `on_error: report` it is `{items, failed}`: that list, and `{index, item, code, what}` of each that failed.
    """

    use: ClassVar = "map"
    map: Map
    nodes: dict[NodeName, Node] = Field(description="Nodes of one item; they see those around the block.")
    out: Binding | None = Field(default=None, description="An item's value; the record of its nodes when left out.")

    @property
    def is_boundary(self) -> bool:
        """A person is asked about the items that failed."""
        return self.map.on_error == "review"

    def given(self) -> Iterator[tuple[DataPath, JsonValue]]:
        """The list."""
        yield ("map", "each"), self.map.each


_Works: TypeAlias = (
    Annotated[RetrieveNode, Tag("retrieve")]
    | Annotated[SqlNode, Tag("sql")]
    | Annotated[SpecialistNode, Tag("specialist")]
    | Annotated[LlmNode, Tag("llm")]
    | Annotated[AgentNode, Tag("agent")]
    | Annotated[ToolNode, Tag("tool")]
    | Annotated[CheckNode, Tag("check")]
)


Node: TypeAlias = Annotated[
    _Works
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


Fallback: TypeAlias = Annotated[Annotated[FallbackValue, Tag("value")] | _Works, Discriminator(_which)]


NODE_MODELS: Final[dict[str, type[AnyNode]]] = {
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
