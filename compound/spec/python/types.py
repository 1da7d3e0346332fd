"""Converts Python types to the types of a graph file."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, JsonValue

from compound.errors import ProjectError
from compound.language.types import TypeError_, parse_type
from compound.spec.python.places import caller, place

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_PLAIN: Final[dict[object, str]] = {
    str: "str", int: "int", float: "float", bool: "bool", date: "date", datetime: "datetime",
    Any: "json", object: "json", dict: "json", list: "list", None: "json", type(None): "json",
}  # fmt: skip


def to_type(  # noqa: PLR0911 - one branch per kind of type
    kind: object, declared: MutableMapping[str, JsonValue]
) -> JsonValue:
    """A type as a graph file writes it.

    Args:
        kind: The file's own words (`list[str]`, `{id: str}`), or a Python type: plain ones, `list[T]`,
            `T | None`, `Literal`, an `Enum` of texts, a pydantic model, a dataclass, a `TypedDict`.
        declared: Collects the records that the type names, under their class's name.

    Raises:
        ProjectError: ``graph.bad-type``.
    """
    if isinstance(kind, str | Mapping):
        return _own_words(cast("JsonValue", kind), declared)
    if kind is JsonValue:
        return "json"
    try:
        if kind in _PLAIN:
            return _PLAIN[kind]
    except TypeError:
        pass
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _union(args, declared)
    if origin is Literal:
        return _enum([str(one) for one in args])
    if origin in {list, Sequence, tuple, typing.Sequence}:
        return _many(to_type(args[0], declared) if args else "json")
    if origin in {dict, Mapping}:
        return "json"
    if isinstance(kind, type):
        return _of_class(kind, declared)
    raise _bad(f"{kind!r} is not a type of a graph file")


def _own_words(kind: JsonValue, declared: MutableMapping[str, JsonValue]) -> JsonValue:
    if isinstance(kind, dict):
        return {name: to_type(item, declared) for name, item in kind.items()}
    try:
        parse_type(kind)
    except TypeError_ as error:
        raise _bad(str(error)) from None
    return kind


def _union(args: Sequence[object], declared: MutableMapping[str, JsonValue]) -> JsonValue:
    real = [one for one in args if one is not type(None)]
    if len(real) != 1:
        return "json"
    inner = to_type(real[0], declared)
    if not isinstance(inner, str):
        raise _bad("an optional record needs a class of its own")
    return inner if inner == "json" or len(real) == len(args) else f"{inner}?"


def _many(inner: JsonValue) -> JsonValue:
    return f"list[{inner}]" if isinstance(inner, str) else [inner]


def _enum(values: Sequence[str]) -> str:
    is_plain = all(value and not set(value) & set(",()'\"") and value == value.strip() for value in values)
    return f"enum({', '.join(values)})" if is_plain else "str"


def _of_class(kind: type, declared: MutableMapping[str, JsonValue]) -> JsonValue:
    if issubclass(kind, enum.Enum):
        values = [one.value for one in kind]
        return _enum([str(value) for value in values]) if all(isinstance(v, str) for v in values) else "json"
    fields = _fields(kind)
    if fields is None:
        raise _bad(f"{kind.__name__} is not a record: a pydantic model, a dataclass or a TypedDict")
    if kind.__name__ not in declared:
        declared[kind.__name__] = {}
        declared[kind.__name__] = {
            name: _field(to_type(hint, declared), is_required=is_required)
            for name, (hint, is_required) in fields.items()
        }
    return kind.__name__


def _field(kind: JsonValue, *, is_required: bool) -> JsonValue:
    if is_required or not isinstance(kind, str) or kind.endswith("?"):
        return kind
    return f"{kind}?"


def _hints(kind: type) -> dict[str, Any]:
    # A class that is local to the function that builds the graph is found among its variables.
    frame = caller()
    return get_type_hints(kind, localns=None if frame is None else dict(frame.f_locals))


def _fields(kind: type) -> dict[str, tuple[object, bool]] | None:
    if issubclass(kind, BaseModel):
        hints = _hints(kind)
        return {n: (hints.get(n, f.annotation), f.is_required()) for n, f in kind.model_fields.items()}
    if dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        missing = dataclasses.MISSING
        return {
            f.name: (hints[f.name], f.default is missing and f.default_factory is missing)
            for f in dataclasses.fields(kind)
        }
    required = getattr(kind, "__required_keys__", None)
    if required is not None:
        return {name: (hint, name in required) for name, hint in _hints(kind).items()}
    return None


def _bad(what: str) -> ProjectError:
    fix = "str, int, float, bool, datetime, json, list[T], T | None, Literal, a pydantic model, or the file's own words"
    return ProjectError("graph.bad-type", what, fix=fix, where=place())
