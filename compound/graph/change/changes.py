"""The differences between two graphs, key by key: nodes added, removed, changed, and probably renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from compound.graph.change.lineage import HOW, inner, normal
from compound.language.references import ABSENT, Maybe
from compound.spec.yaml.reading import DataPath

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode

ChangeStatus = Literal["added", "removed", "changed", "renamed"]
Renames: TypeAlias = "Mapping[str, str]"

_NEAR: Final = 0.7
"""Share of a node's leaves that must be equal for a new name to count as a rename."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key with another value.

    Attributes:
        path: Keys from the graph or the node inwards: `("in", "orders")`.
        old: The old value; `ABSENT` if there was none.
        new: The new value; `ABSENT` if there is none.
    """

    path: DataPath
    old: Maybe
    new: Maybe

    def to_json(self) -> dict[str, JsonValue]:
        """`path`, and `old` and `new` if they exist."""
        record: dict[str, JsonValue] = {"path": ".".join(str(step) for step in self.path)}
        if self.old is not ABSENT:
            record["old"] = cast("JsonValue", self.old)
        if self.new is not ABSENT:
            record["new"] = cast("JsonValue", self.new)
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDiff:
    """One changed node.

    Attributes:
        name: As in traces: `answer.draft`; for a removed node its old name.
        kind: Kind of the node, `llm`; the new one if it changed.
        old_name: Its probable earlier name; empty unless `renamed`.
        changes: Key by key; empty for a node that was added or removed.
    """

    name: str
    kind: str
    status: ChangeStatus
    old_name: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def changes_value(self) -> bool:
        """Whether the node's value may change; False if only `retry`, `timeout`, `description` and such differ."""
        return self.status != "changed" or any(change.path[0] not in HOW for change in self.changes)


def data_changes(old: JsonValue, new: JsonValue, path: DataPath, renames: Renames) -> Iterator[Change]:
    """Every leaf that differs; a list is one leaf."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            here = (*path, key)
            if key in old and key in new:
                yield from data_changes(old[key], new[key], here, renames)
            else:
                yield Change(path=here, old=old.get(key, ABSENT), new=new.get(key, ABSENT))
    elif not _same(str(path[-1]) if path else "", old, new, renames):
        yield Change(path=path, old=old, new=new)


def _same(key: str, old: JsonValue, new: JsonValue, renames: Renames) -> bool:
    if old == new:
        return True
    if key == "review" and isinstance(old, str):
        return renames.get(old) == new
    if key == "after" and isinstance(old, list):
        return [renames.get(str(name), name) for name in old] == new
    return _with_new_names(normal(key, old), renames) == normal(key, new)


def _with_new_names(value: JsonValue, renames: Renames) -> JsonValue:
    match value:
        case str():
            for old, new in renames.items():
                value = value.replace(f"Ref(root={old!r}", f"Ref(root={new!r}")
            return value
        case list():
            return [_with_new_names(item, renames) for item in value]
        case dict():
            return {key: _with_new_names(item, renames) for key, item in value.items()}
        case _:
            return value


def node_diffs(old: GraphSpec, new: GraphSpec) -> list[NodeDiff]:
    """Every changed node, in the order of the new graph; removed ones last."""
    found: list[NodeDiff] = []
    _level(old.nodes, new.nodes, "", found)
    return [one for one in found if one.status != "removed"] + [one for one in found if one.status == "removed"]


def _level(old: Mapping[str, AnyNode], new: Mapping[str, AnyNode], lead: str, found: list[NodeDiff]) -> None:
    renames = _renames(old, new)
    old_names = {after: before for before, after in renames.items()}
    for name, node in new.items():
        before = old.get(old_names.get(name, name))
        if before is None:
            found.append(NodeDiff(name=lead + name, kind=node.kind, status="added"))
            continue
        changes = tuple(data_changes(_data(before, node), _data(node, before), (), renames))
        if name in old_names:
            before_name = lead + old_names[name]
            found.append(
                NodeDiff(name=lead + name, kind=node.kind, status="renamed", old_name=before_name, changes=changes)
            )
        elif changes:
            found.append(NodeDiff(name=lead + name, kind=node.kind, status="changed", changes=changes))
        _level(inner(before), inner(node), f"{lead}{name}.", found)
    for name, node in old.items():
        if name not in new and name not in renames:
            found.append(NodeDiff(name=lead + name, kind=node.kind, status="removed"))


def _renames(old: Mapping[str, AnyNode], new: Mapping[str, AnyNode]) -> dict[str, str]:
    """Old name to new name, if a node was removed and a similar one of the same kind was added."""
    gone = [name for name in old if name not in new]
    came = [name for name in new if name not in old]
    pairs = [
        (_likeness(old[one], new[other]), -gone.index(one), -came.index(other), one, other)
        for one in gone
        for other in came
        if old[one].kind == new[other].kind
    ]
    renames: dict[str, str] = {}
    for likeness, _, _, one, other in sorted(pairs, reverse=True):
        if likeness >= _NEAR and one not in renames and other not in renames.values():
            renames[one] = other
    return renames


def _likeness(old: AnyNode, new: AnyNode) -> float:
    before, after = _full(old), _full(new)
    leaves = len(set(_leaves(before, ())) | set(_leaves(after, ())))
    return 1 - len(list(data_changes(before, after, (), {}))) / max(leaves, 1)


def _leaves(value: JsonValue, path: DataPath) -> Sequence[DataPath]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    return [path]


def _full(node: AnyNode) -> dict[str, JsonValue]:
    return node.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _data(node: AnyNode, other: AnyNode) -> dict[str, JsonValue]:
    """The node's own keys, without the nodes inside it; with a default for a key that only the other side has."""
    own, asked = _full(node), _full(other)
    for name, field in type(node).model_fields.items():
        key, default = field.alias or name, field.get_default(call_default_factory=True)
        if key in asked and key not in own and isinstance(default, str | int | float):
            own[key] = default
    return {key: value for key, value in own.items() if key != "nodes"}
