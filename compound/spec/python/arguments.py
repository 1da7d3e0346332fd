"""Converts the arguments of the builder's methods to the keys of a graph file."""

# A reference has no public names: every name may be a field of its value; so its parts are private to this room.
# pyright: reportPrivateUsage=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

from compound.language.references import Ref
from compound.language.types import ANY, Enum, Nullable, Record, Scalar, Type, parse_type
from compound.spec.python.types import to_type
from compound.spec.python.values import Condition, Reference, to_binding, to_condition

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec


Compiled_co = TypeVar("Compiled_co", covariant=True)


class Compiles(Protocol[Compiled_co]):
    """Runs a graph: a project."""

    def compile(self, graph: GraphSpec) -> Compiled_co:
        """The graph, ready to run."""
        ...


Data = dict[str, "JsonValue"]
OPTIONS: Final = ("when", "after", "description", "retry", "timeout", "cache", "fallback", "out")
"""Keyword arguments of every node that are not inputs; pass an input of such a name in `inputs={...}`."""


class SpareNode(Reference):
    """A node for `fallback=`; it cannot be referenced."""

    __slots__ = ("data",)

    def __init__(self, data: Data) -> None:
        super().__init__(Ref("fallback"))
        self.data = data


class HasValue(Protocol):
    """A block: its value is a reference."""

    @property
    def value(self) -> Reference:
        """The value."""
        ...


def name_of(ref: Reference | HasValue | str) -> str:
    """The node that a reference points to."""
    value = ref if isinstance(ref, str | Reference) else ref.value
    if isinstance(value, str):
        return value
    expr = value._expr
    return expr.root if isinstance(expr, Ref) else ""


def split_ends(given: Mapping[str, Any]) -> tuple[Data, dict[str, Any]]:
    """The inputs of a node, and the options that every node takes."""
    options = {key: value for key, value in given.items() if key in OPTIONS}
    own = {key: value for key, value in given.items() if key not in OPTIONS and key != "inputs"}
    bindings = {**own, **cast("Mapping[str, Any]", given.get("inputs", {}))}
    return {name: to_binding(value) for name, value in bindings.items()}, options


def options_of(given: Mapping[str, Any], declared: Data | None = None) -> Data:
    """Options as the keys of a node."""
    found: Data = {}
    for key, value in given.items():
        if value is None or (key in {"after", "description"} and not value):
            continue
        match key:
            case "when":
                found[key] = to_condition(value)
            case "after":
                found[key] = [name_of(one) for one in cast("Sequence[Reference]", value)]
            case "out":
                found[key] = to_type(value, {} if declared is None else declared)
            case "fallback":
                found[key] = value.data if isinstance(value, SpareNode) else to_binding(value)
            case "retry":
                found[key] = {"attempts": value} if isinstance(value, int) else to_binding(value)
            case _:
                found[key] = cast("JsonValue", value)
    return found


def unless(**pairs: tuple[Any, Any]) -> Data:
    """Keys whose value differs from the default: `key=(value, default)`."""
    return {key: cast("JsonValue", value) for key, (value, default) in pairs.items() if value != default}


def auto_of(rule: Mapping[str, Any] | Condition) -> JsonValue:
    """An `auto` rule: a condition, or its keys."""
    if isinstance(rule, Condition):
        return {"when": to_condition(rule)}
    return {key: to_condition(value) if key == "when" else to_binding(value) for key, value in rule.items()}


def kind_of(node: Mapping[str, JsonValue]) -> Type:
    """The type of a node's value, from the node alone; `json` if unknown."""
    use, out = node.get("use"), node.get("out")
    if use == "review":
        return review_type(node)
    if use == "agent":
        answer = parse_type("str" if out is None else out)
        return Record({"answer": answer if isinstance(answer, Nullable) else Nullable(answer)}, is_open=True)
    return ANY if out is None or use is None else parse_type(out)


def review_type(own: Mapping[str, JsonValue]) -> Type:
    """The value of a review with these decisions."""
    decide = cast("Mapping[str, Mapping[str, JsonValue]]", own.get("decide") or {"approve": {}, "reject": {}})
    fields: dict[str, Type] = {"action": Enum(tuple(decide))}
    for carried in decide.values():
        fields |= {name: Nullable(parse_type(kind)) for name, kind in carried.items()}
    names = ("decided_by", "first_by", "decision_id", "review_id", "queue")
    fields |= {name: Scalar("str") for name in names} | {"is_automatic": Scalar("bool"), "versions": ANY}
    return Record(fields)
