"""The model of a graph file, `graphs/*.yaml`, key by key.

Every class is frozen and refuses unknown keys. The Python builder creates the same model; `to_yaml` writes the
file. If a value may be a reference, it starts with `$`; `$$` is a literal dollar sign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, JsonValue, PrivateAttr, WithJsonSchema

from compound.language.sha import sha
from compound.language.types import ANY, Record, Type, parse_external, parse_type, show_type
from compound.spec.nodes import (
    AnyNode,
    MapBlock,
    Node,
    RepeatBlock,
)
from compound.spec.words import (
    Binding,
    Budget,
    FallbackValue,
    Migration,
    NodeName,
    ReferenceText,
    Strict,
    TypeDeclaration,
    TypeText,
)
from compound.spec.yaml.reading import SourceMap

_PATH: Final = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"


def _path(text: str) -> str:
    if not re.fullmatch(_PATH, text):
        raise ValueError("a field of the input is written without a dollar sign, as letter.id")
    return text


Path = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": _PATH})]
"""A field of the input without a dollar sign: `letter.id`."""


class ItemRole(Strict):
    """What one item of a backlog is to this graph."""

    input: NodeName | None = Field(
        default=None, description="The input that a row of a source becomes; when left out: columns are inputs."
    )
    id: Path | None = Field(
        default=None, description="What names an item, in every source: `letter.id`. An item is answered once."
    )
    title: Path | None = Field(default=None, description="What lists show of an item: `letter.subject`.")
    key: Path | None = Field(
        default=None, description="Whom or what an item is about: effects of equal keys happen in the backlog's order."
    )


class ShowsRole(Strict):
    """What a person sees first of a run."""

    text: ReferenceText | None = Field(default=None, description="The text that the run proposes: `$draft.text`.")
    actions: ReferenceText | None = Field(default=None, description="What it proposes to do: `$plan.actions`.")
    label: ReferenceText | None = Field(default=None, description="One word for how the run stands: `$verdict.label`.")
    reasons: ReferenceText | None = Field(default=None, description="Why a person is asked: `$verdict.reasons`.")


class GraphSpec(Strict):
    """A graph: typed input, nodes wired by references, an output."""

    compound: Literal["graph/v1"] = Field(description="Format of the file.")
    name: NodeName = Field(description="Name in other graphs, in suites and on the command line.")
    version: int = Field(default=1, ge=0, description="For people; runs are identified by the content of the file.")
    description: str = Field(default="", description="Purpose of the graph.")
    on_change: Literal["pin", "migrate", "drain"] = Field(
        default="pin", description="What happens to paused runs when this file changes."
    )
    policy: NodeName | None = Field(
        default=None, description="What this application may do: graphs/policies/<name>.yaml"
    )
    budget: Budget | None = Field(default=None, description="Budget of one run.")
    migrations: dict[NodeName, Migration] = Field(
        default_factory=dict,
        description="With `on_change: migrate`: how node values of the earlier graph become values of this one.",
    )
    types: dict[NodeName, TypeDeclaration] = Field(
        default_factory=dict, description="Name to type, or to `{from: types.py:Model}`."
    )
    input: dict[str, TypeText] = Field(default_factory=dict, description="Inputs of a run: name to type.")
    context: dict[str, TypeText] = Field(default_factory=dict, description="Stored with the run.")
    item: ItemRole | None = Field(default=None, description="What one item of a backlog is to this graph.")
    shows: ShowsRole | None = Field(default=None, description="What a person sees first of a run.")
    output: dict[str, Binding] = Field(
        default_factory=dict, description="Result of a run: name to reference; absent values are null."
    )
    nodes: dict[NodeName, Node] = Field(description="Name to node; references define the order.")

    _source: SourceMap = PrivateAttr(default_factory=SourceMap)
    _external: Mapping[str, Type] = PrivateAttr(default_factory=dict)

    @property
    def source(self) -> SourceMap:
        """Place of each key in the file; empty for a graph that was built in Python."""
        return self._source

    def with_source(self, source: SourceMap) -> GraphSpec:
        """The same graph with its source."""
        copy = self.model_copy()
        copy._source = source
        return copy

    @property
    def external_types(self) -> Mapping[str, str]:
        """Types that Python declares: name to place, `types.py:Letter`."""
        places = {name: parse_external(declared) for name, declared in self.types.items()}
        return {name: place for name, place in places.items() if place is not None}

    def with_types(self, external: Mapping[str, Type]) -> GraphSpec:
        """The same graph, with these names of `external_types` resolved."""
        copy = self.model_copy()
        copy._external = {**self._external, **external}
        for known in ("hash", "type_names"):
            vars(copy).pop(known, None)
        return copy

    def to_data(self) -> dict[str, JsonValue]:
        """The graph as plain data in the file's own words, without defaults."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data["nodes"] = _in_order(data["nodes"])
        return data

    def to_yaml(self) -> str:
        """The file: the same graph in canonical form (without comments)."""
        from compound.spec.yaml.writing import write_yaml

        return write_yaml(self.to_data())

    @cached_property
    def hash(self) -> str:
        """sha256 of the canonical JSON; the same for YAML and Python, whatever the formatting."""
        data = self.to_data()
        if self._external:
            # Types from Python are part of the graph's meaning.
            data = {**data, "from": {name: show_type(kind) for name, kind in self._external.items()}}
        text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return sha(text)

    @cached_property
    def input_type(self) -> Record:
        """The record of the declared input."""
        return Record({name: parse_type(declared) for name, declared in self.input.items()})

    @cached_property
    def context_type(self) -> Record:
        """The record of the declared context."""
        return Record({name: parse_type(declared) for name, declared in self.context.items()})

    @cached_property
    def type_names(self) -> Mapping[str, Type]:
        """Every declared type by name; one from Python is `json` until `with_types` was called."""
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
    """Nodes with their keys in the usual order: kind, condition, inputs, outputs."""
    ordered: dict[str, JsonValue] = {}
    for name, node in nodes.items():
        record = {
            key: node[key] for key in (*(k for k in FIRST_KEYS if k in node), *(k for k in node if k not in FIRST_KEYS))
        }
        ordered[name] = {**record, "nodes": _in_order(record["nodes"])} if "nodes" in record else record
    return ordered


def blocks(nodes: Mapping[str, AnyNode], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], AnyNode]]:
    """Every node with its data path in the file (`("nodes", "answer", "nodes", "draft")`), blocks first.

    A node's fallback node follows it (`("nodes", "draft", "fallback")`).
    """
    for name, node in nodes.items():
        here = (*path, "nodes", name)
        yield from with_fallbacks(node, here)
        if isinstance(node, RepeatBlock | MapBlock):
            yield from blocks(node.nodes, here)


def with_fallbacks(node: AnyNode, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], AnyNode]]:
    """A node and its fallback nodes, each with its data path."""
    yield path, node
    other = node.fallback
    if other is not None and not isinstance(other, FallbackValue):
        yield from with_fallbacks(other, (*path, "fallback"))
