"""The models of the nodes of a graph file, key by key; each class is its kind's row in the table of kinds."""

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
    """Keys of nodes that can fail and be retried: every working node and every block."""

    timeout: Duration | None = Field(default=None, description="Maximum time of one attempt.")
    fallback: Fallback | None = Field(
        default=None,
        description="Used after the last failed attempt: `{value: ...}`, or another node with its own `in`.",
    )


class _Node(_Work):
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")
    out: TypeText | None = Field(default=None, description="Type of the node's value.")
    retry: Retry | None = Field(default=None, description="Retries after errors that may pass.")
    cache: Duration | None = Field(
        default=None,
        description="How long the value of an equal call (inputs, prompt, code, data versions) is reused.",
    )


class RetrieveNode(_Node):
    """Passages from a document index; value: the list of passages, best first."""

    NAMES = (("on", "retriever"),)

    use: Literal["retrieve"]
    on: str = Field(description="The index, as in connectors/.")
    top_k: int = Field(default=6, ge=1, le=1000, description="Maximum number of passages.")
    mode: Literal["hybrid", "lexical", "dense"] = Field(
        default="hybrid", description="By words and meaning, by words only, or by meaning only."
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
    """One model call with a prompt file and a typed answer; an answer that never fits its type is null."""

    NAMES = (("model", "model"), ("prompt", "prompt"), ("system", "prompt"))
    is_model = True

    use: Literal["llm"]
    model: str = Field(description="Logical name in connectors/models.yaml.")
    prompt: str = Field(description="Prompt file next to the graph; its placeholders are the names of `in`.")
    system: str | None = Field(default=None, description="File with the system prompt.")
    max_tokens: int = Field(default=0, ge=0, le=1_000_000, description="0: the one of models.yaml.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Sampling temperature; default the provider's own."
    )


_AgentTool = Annotated[
    Annotated[str, Tag("name")] | Annotated[AgentTool, Tag("long")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "long"),
]


class AgentNode(_Node):
    """A bounded tool loop of a model; value: `{answer, proposals, turns, stopped}`.

    `answer` has the type `out` (default text), null if the loop stopped before it; `proposals` are the effects that the
    model asked for, as `{name, arguments}`: none is performed, an `effect` node may do so.
    """

    NAMES = LlmNode.NAMES
    is_model = True

    use: Literal["agent"]
    model: str = Field(description="Logical name in connectors/models.yaml.")
    prompt: str = Field(description="Prompt file next to the graph; its placeholders are the names of `in`.")
    system: str | None = Field(default=None, description="File with the system prompt.")
    tools: tuple[_AgentTool, ...] = Field(
        default=(), description="Tools that it may call: `name`, `sql.name`, `retrieve.index`, `mcp.server.tool`."
    )
    proposes: tuple[str, ...] = Field(default=(), description="Effects that it may propose, never perform.")
    max_turns: int = Field(default=8, ge=1, le=100, description="Maximum number of model calls.")
    budget: Budget | None = Field(default=None, description="Budget of this node, in addition to that of the graph.")
    max_tokens: int = Field(default=0, ge=0, le=1_000_000, description="0: the one of models.yaml.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Sampling temperature; default the provider's own."
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
        """Its `in`, and the arguments that the graph passes to its tools."""
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

    Value: `{action, decided_by, decision_id, review_id, is_automatic, queue, versions, <fields of every action>}`.
    """

    inputs: ClassVar[Mapping[str, JsonValue]] = {}
    use: Literal["review"]
    queue: str = Field(default="default", description="Where the review waits.")
    show: list[Binding] | dict[str, Binding] = Field(default_factory=list, description="What the reviewer sees.")
    decide: dict[str, dict[str, TypeText]] = Field(
        default_factory=lambda: {"approve": {}, "reject": {}},
        description="Actions: name to fields; any other action is refused.",
    )
    versions: Binding | None = Field(
        default=None,
        description="Reference to `{row key: version}` as seen while drafting; decisions on outdated rows are refused.",
    )
    due: Duration | None = Field(
        default=None, description="How soon it should be decided: the next due is listed first."
    )
    expire: Duration | None = Field(
        default=None, description="Time from opening until `on_expire` happens; default `due`."
    )
    on_expire: Escalation | None = Field(
        default=None, description="What happens to a review without a decision in time; it is never approved."
    )
    risk: Binding | None = Field(
        default=None, description="A number: of two items due at the same time the higher is listed first; 0 if absent."
    )
    auto: AutoRule | None = Field(default=None, description="Condition of an automatic decision.")


class EffectNode(Boundary):
    """A write to the outside world through the outbox, exactly once; value: the list of results."""

    NAMES = (("tool", "effect"), ("tools", "effect"))

    use: Literal["effect"]
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")
    tool: str | None = Field(default=None, description="One effect; `in` are its arguments.")
    tools: tuple[str, ...] | None = Field(
        default=None, description="Effects that may occur in `in: {actions: ...}`, performed as one group."
    )
    review: NodeName | None = Field(default=None, description="The review whose decision it performs, if several.")
    versions: Binding | None = Field(default=None, description="Row versions; default those of the review.")

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
    """A bounded loop around nodes; `$previous.<node>` is that node's value in the previous round."""

    use: ClassVar = "repeat"
    repeat: Repeat
    nodes: dict[NodeName, Node] = Field(description="Nodes of one round; they can refer to nodes around the block.")
    out: dict[str, Binding] | None = Field(default=None, description="The block's value; default all its nodes.")


class MapBlock(_Block):
    """Nodes that run once for each item of a list; value: the list of `out`, in the order of the items.

    With `on_error: report` it is `{items, failed}`: that list, and `{index, item, code, what}` of each failed one.
    """

    use: ClassVar = "map"
    map: Map
    nodes: dict[NodeName, Node] = Field(description="Nodes of one item; they can refer to nodes around the block.")
    out: Binding | None = Field(default=None, description="An item's value; default the record of its nodes.")

    @property
    def is_boundary(self) -> bool:
        """With `on_error: review`: a person is asked about the failed items."""
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
"""A working node: it can be a fallback, be cached and be retried."""


AnyNode: TypeAlias = WorkNode | ReviewNode | EffectNode | GraphNode | RepeatBlock | MapBlock
"""Any node or block, as a plain type."""


BlockNode: TypeAlias = RepeatBlock | MapBlock


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
