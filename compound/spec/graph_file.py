"""The model of a graph file: what `graphs/*.yaml` may say, word by word.

Every class is frozen and refuses unknown keys. The Python builder writes the same model; `to_yaml` gives the
file back. Where a value may be a reference it begins with `$`; `$$` stands for a plain dollar sign.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    PrivateAttr,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from compound.spec._conditions import ExpressionError, parse_condition, parse_reference
from compound.spec._types import Type, TypeError_, parse_type
from compound.spec.yaml_file import SourceMap

RESERVED: Final = ("input", "context", "run", "previous", "item")
_NODE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> float:
    """Seconds in `500ms`, `30s`, `4h`, `2d`; a bare number is seconds.

    Raises:
        ValueError: It is no duration, or not above zero.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        seconds = float(text)
    elif isinstance(text, str) and (found := _DURATION.fullmatch(text.strip())):
        seconds = float(found[1]) * _UNITS[found[2]]
    else:
        raise ValueError(f"{text!r} is no duration: write 500ms, 30s, 5m, 4h or 2d")
    if not 0 < seconds <= 366 * 86400:
        raise ValueError(f"{text!r}: a duration is above zero and at most a year")
    return seconds


def _duration(value: str | float) -> str | float:
    try:
        parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("graph.bad-duration", "{why}", {"why": str(error)}) from None
    return value


def _condition(value: object) -> object:
    text = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(text, str):
        raise PydanticCustomError("graph.bad-condition", "a condition is text")
    try:
        parse_condition(text)
    except ExpressionError as error:
        why = {"text": text[:80], "why": str(error)}
        raise PydanticCustomError("graph.bad-condition", "the condition {text!r}: {why}", why) from None
    return text


def iter_references(value: JsonValue) -> Iterator[str]:
    """Every text inside a value that is a reference."""
    match value:
        case str() if value.startswith("$") and not value.startswith("$$"):
            yield value
        case list():
            for item in value:
                yield from iter_references(item)
        case dict():
            for item in value.values():
                yield from iter_references(item)
        case _:
            return


def _bindings(value: JsonValue) -> JsonValue:
    for text in iter_references(value):
        try:
            parse_reference(text)
        except ExpressionError as error:
            why = {"text": text[:80], "why": str(error)}
            raise PydanticCustomError("graph.bad-reference", "the reference {text!r}: {why}", why) from None
    return value


def _type(value: JsonValue) -> JsonValue:
    try:
        parse_type(value)
    except TypeError_ as error:
        raise PydanticCustomError("graph.bad-type", "{why}", {"why": str(error)}) from None
    return value


Duration = Annotated["str | float", AfterValidator(_duration)]
"""`500ms`, `30s`, `5m`, `4h`, `2d`, or seconds as a number."""
Condition = Annotated[str, BeforeValidator(_condition)]
"""An expression over references: `intent.label != 'other'`."""
Binding = Annotated[JsonValue, AfterValidator(_bindings)]
"""A literal, or a reference, or lists and records of them."""
TypeText = Annotated[JsonValue, AfterValidator(_type)]
"""A type: `str`, `list[Draft]`, `enum(a, b)?`, or a mapping of field to type."""
NodeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Retry(_Strict):
    """Try again after an error that another try may help."""

    attempts: int = Field(ge=1, le=20, description="Tries in all, the first included.")
    wait: Duration = Field(default="200ms", description="Wait before the second try; doubled before each next one.")


class Repeat(_Strict):
    """Run a block until a condition holds, at most so many times."""

    max: int = Field(ge=1, le=100, description="Rounds, at most.")
    until: Condition | None = Field(default=None, description="Stop after a round in which this holds.")


class AutoRule(_Strict):
    """When a review is decided without a person."""

    when: Condition = Field(description="Evaluated once, when the review is reached; absent values mean: ask a person.")
    action: str = Field(default="approve", description="The decision that the rule makes.")


class Escalation(_Strict):
    """What happens to a review item that nobody decided in time; it is never approved."""

    escalate: str | None = Field(default=None, description="Queue it moves to.")
    close: bool = Field(default=False, description="Reject it.")


class _Step(_Strict):
    """What every node and block has."""

    when: Condition | None = Field(default=None, description="Run only if this holds; otherwise skipped.")
    after: tuple[NodeName, ...] = Field(default=(), description="Only order: these first, without using their values.")
    description: str = Field(default="", description="For people; shown in traces and pictures.")

    @property
    def kind(self) -> str:
        """`use`, or `repeat` for a block."""
        return "repeat"


class _Node(_Step):
    inputs: dict[str, Binding] = Field(default_factory=dict, alias="in", description="Name to reference or literal.")
    out: TypeText | None = Field(default=None, description="Type of the node's value.")
    retry: Retry | None = None
    timeout: Duration | None = Field(default=None, description="Of one attempt.")

    @property
    def kind(self) -> str:
        """The word after `use:`."""
        return str(getattr(self, "use", ""))


class RetrieveNode(_Node):
    """Passages from a document index; value: the list of passages, best first."""

    use: Literal["retrieve"]
    on: str = Field(description="The index, as in connectors/.")
    top_k: int = Field(default=6, ge=1, le=1000, description="Passages, at most.")
    mode: Literal["hybrid", "lexical", "dense"] = "hybrid"
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
    temperature: float | None = Field(default=None, ge=0, le=2)


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

    Value: `{action, decided_by, decision_id, item_id, is_automatic, versions, <fields of every action>}`.
    """

    use: Literal["review"]
    queue: str = "default"
    show: list[Binding] | dict[str, Binding] = Field(default_factory=list, description="What the reviewer sees.")
    decide: dict[str, dict[str, TypeText]] = Field(
        default_factory=lambda: {"approve": {}, "reject": {}}, description="Action to the fields it carries."
    )
    versions: Binding | None = Field(
        default=None,
        description="Reference to `{row key: version}` as seen while drafting; stale ones are refused.",
    )
    due: Duration | None = None
    on_expire: Escalation | None = None
    auto: AutoRule | None = None

    @property
    def kind(self) -> str:
        """The word after `use:`."""
        return "review"


class EffectNode(_Node):
    """A write to the outside world through the outbox, once; value: the list of results."""

    use: Literal["effect"]
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
        if use is None and ("repeat" in record or "nodes" in record):
            return "repeat"
        return use if isinstance(use, str) else None
    return getattr(value, "kind", None)


class RepeatBlock(_Step):
    """A bounded loop around nodes; `$previous.<node>` is that node's value in the round before."""

    repeat: Repeat
    nodes: dict[NodeName, Node]
    out: dict[str, Binding] | None = Field(default=None, description="The block's value; all its nodes when left out.")


Node: TypeAlias = Annotated[
    Annotated[RetrieveNode, Tag("retrieve")]
    | Annotated[SqlNode, Tag("sql")]
    | Annotated[SpecialistNode, Tag("specialist")]
    | Annotated[LlmNode, Tag("llm")]
    | Annotated[ToolNode, Tag("tool")]
    | Annotated[CheckNode, Tag("check")]
    | Annotated[ReviewNode, Tag("review")]
    | Annotated[EffectNode, Tag("effect")]
    | Annotated[RepeatBlock, Tag("repeat")],
    Discriminator(_which),
]
AnyNode: TypeAlias = (
    RetrieveNode | SqlNode | SpecialistNode | LlmNode | ToolNode | CheckNode | ReviewNode | EffectNode | RepeatBlock
)
"""Any node or block, as a plain type."""
NODE_KINDS: Final = ("retrieve", "sql", "specialist", "llm", "tool", "check", "review", "effect")
NODE_MODELS: Final[dict[str, type[BaseModel]]] = {
    "retrieve": RetrieveNode,
    "sql": SqlNode,
    "specialist": SpecialistNode,
    "llm": LlmNode,
    "tool": ToolNode,
    "check": CheckNode,
    "review": ReviewNode,
    "effect": EffectNode,
    "repeat": RepeatBlock,
}


class GraphSpec(_Strict):
    """A graph: typed input, nodes wired by references, an output."""

    compound: Literal["graph/v1"]
    name: NodeName
    version: int = Field(default=1, ge=0)
    description: str = ""
    on_change: Literal["pin", "migrate", "drain"] = Field(
        default="pin", description="What happens to paused runs when this file changes."
    )
    types: dict[NodeName, TypeText] = Field(default_factory=dict)
    input: dict[str, TypeText] = Field(default_factory=dict)
    context: dict[str, TypeText] = Field(default_factory=dict, description="Stored with the run.")
    output: dict[str, Binding] = Field(default_factory=dict)
    nodes: dict[NodeName, Node]

    _source: SourceMap = PrivateAttr(default_factory=SourceMap)

    @property
    def source(self) -> SourceMap:
        """Where each key of the file stands; empty for a graph that was built in Python."""
        return self._source

    def with_source(self, source: SourceMap) -> GraphSpec:
        """The same graph, which now knows where it was written."""
        copy = self.model_copy()
        copy._source = source
        return copy

    def to_data(self) -> dict[str, JsonValue]:
        """The graph as plain data in the file's own words, defaults left out."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data["nodes"] = _in_order(data["nodes"])
        return data

    def to_yaml(self) -> str:
        """The file back: the same graph in canonical form (comments are not kept)."""
        from compound.spec._write import write_yaml

        return write_yaml(self.to_data())

    @cached_property
    def hash(self) -> str:
        """sha256 of the canonical JSON; the same for YAML and Python, whatever the formatting."""
        text = json.dumps(self.to_data(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def type_names(self) -> Mapping[str, Type]:
        """Every declared type by name."""
        return {name: parse_type(declared) for name, declared in self.types.items()}


_FIRST: Final = (
    "description",
    "use",
    "kind",
    "ref",
    "on",
    "tool",
    "tools",
    "model",
    "prompt",
    "repeat",
    "when",
    "after",
)


def _in_order(nodes: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Nodes with their keys in the order people write them: what it is, when, what goes in and comes out."""
    ordered: dict[str, JsonValue] = {}
    for name, node in nodes.items():
        record = {key: node[key] for key in (*(k for k in _FIRST if k in node), *(k for k in node if k not in _FIRST))}
        ordered[name] = {**record, "nodes": _in_order(record["nodes"])} if "nodes" in record else record
    return ordered


def blocks(nodes: Mapping[str, AnyNode], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], AnyNode]]:
    """Every node with its data path in the file (`("nodes", "answer", "nodes", "draft")`), blocks first."""
    for name, node in nodes.items():
        here = (*path, "nodes", name)
        yield here, node
        if isinstance(node, RepeatBlock):
            yield from blocks(node.nodes, here)
