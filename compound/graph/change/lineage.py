"""What a node's value depends on: its own definition, types and upstream nodes.

Two nodes with equal lineage return the same value for the same input, whatever else differs between their graphs.
Everything is read from the models, so that new kinds of nodes and new keys are included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel

from compound.graph.wiring.order import Wiring
from compound.graph.wiring.references import inner_names, uses
from compound.language.conditions import ExpressionError, parse_condition, parse_reference
from compound.language.sha import sha
from compound.spec.nodes import EffectNode, MapBlock, RepeatBlock

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode

HOW: Final = frozenset(
    {"description", "after", "retry", "timeout", "cache", "due", "expire", "on_expire", "risk", "parallel"}
)
"""Keys that affect how and when a value is made, but not the value."""

_CONDITIONS: Final = frozenset({"when", "until"})
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def normal(key: str, value: JsonValue) -> JsonValue:
    """A value without differences in spelling: `$a.b  ??  $c` and `$a.b ?? $c` are equal."""
    match value:
        case str():
            return _normal_text(key, value)
        case list():
            return [normal("", item) for item in value]
        case dict():
            return {name: normal("", item) for name, item in value.items()}
        case _:
            return value


def _normal_text(key: str, text: str) -> str:
    try:
        if key in _CONDITIONS:
            return repr(parse_condition(text))
        if text.startswith("$") and not text.startswith("$$"):
            return repr(parse_reference(text))
    except ExpressionError:
        return text
    return text


def meaning(model: BaseModel) -> dict[str, JsonValue]:
    """The keys that determine the value of a node or of a part of one: without `HOW` and defaults."""
    found: dict[str, JsonValue] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name not in HOW and value != field.get_default(call_default_factory=True):
            key = field.alias or name
            found[key] = normal(key, _plain(value))
    return found


def _plain(value: object) -> JsonValue:
    if isinstance(value, BaseModel):
        return cast("JsonValue", meaning(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Collection[object]", value)]
    return cast("JsonValue", value)


def inner(node: AnyNode) -> Mapping[str, AnyNode]:
    """The nodes inside a block; none for a node."""
    return node.nodes if isinstance(node, RepeatBlock | MapBlock) else {}


def lineages(spec: GraphSpec, touched: Collection[str] = ()) -> dict[str, str]:
    """A digest for each node, by its path as traces show it (`answer.draft`).

    Args:
        spec: The graph; one with cycles is read as far as possible.
        touched: Names that nodes mention (`prompts/plan.md`, `customer_orders`) whose content differs on the other
            side of a comparison.
    """
    walk = _Walk(spec, frozenset(touched))
    walk.level(spec.nodes, "", {}, "")
    return walk.digests


class _Walk:
    def __init__(self, spec: GraphSpec, touched: frozenset[str]) -> None:
        self._spec = spec
        self._touched = touched
        self.digests: dict[str, str] = {}

    def level(self, nodes: Mapping[str, AnyNode], lead: str, outer: Mapping[str, str], around: str) -> None:
        known = dict(outer)
        order = Wiring(nodes).order
        for name in [*order, *(name for name in nodes if name not in order)]:
            node = nodes[name]
            own = meaning(node)
            refs = [(use.path[0], use.ref.root) for use in uses(node, ())]
            before = {root for _, root in refs} - inner_names(node)
            if isinstance(node, EffectNode) and node.review is not None:
                before |= {node.review}
            parts = {
                "node": own,
                "around": around,
                "types": self._types(own),
                "before": {root: known[root] for root in sorted(before) if root in known},
                "touched": sorted(self._touched & set(_texts(own))),
            }
            known[name] = self.digests[lead + name] = _digest(parts)
            if inner(node):
                header = {key: value for key, value in own.items() if key not in {"nodes", "out"}}
                asked = {root: known[root] for key, root in refs if key not in {"nodes", "out"} and root in known}
                # A value through `$previous` depends on the whole block.
                given = {**known, "previous": known[name]}
                self.level(inner(node), f"{lead}{name}.", given, _digest({"block": header, "before": asked}))

    def _types(self, own: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The declared types that a node mentions, and those that they mention."""
        found: dict[str, JsonValue] = {}
        waiting = [cast("JsonValue", dict(own))]
        while waiting:
            for text in _texts(waiting.pop()):
                for name in _WORD.findall(text):
                    if name in self._spec.types and name not in found:
                        found[name] = self._spec.types[name]
                        waiting.append(self._spec.types[name])
        return found


def _digest(value: Mapping[str, Any]) -> str:
    return sha(json.dumps(value, sort_keys=True, ensure_ascii=False), 16)


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)
        case _:
            return
