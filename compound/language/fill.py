"""Completes values by their type: an omitted optional field becomes null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from compound.language.types import Many, Named, Names, Nullable, Record, Type, bare, is_optional

if TYPE_CHECKING:
    from pydantic import JsonValue

Fill: TypeAlias = "Callable[[JsonValue], JsonValue]"


def filler(kind: Type, names: Names, around: frozenset[str] = frozenset()) -> Fill | None:
    """A function that adds omitted optional fields as null; None if the type has none.

    The value itself is never changed; unchanged parts are shared.
    """
    inner = bare(kind, names)
    named = kind.item if isinstance(kind, Nullable) else kind
    if isinstance(named, Named):
        if named.name in around:
            return None  # a recursive record is left unchanged
        around |= {named.name}
    if isinstance(inner, Many):
        item = filler(inner.item, names, around)
        return None if item is None else _list(item)
    if not isinstance(inner, Record):
        return None
    optional = tuple(name for name, field in inner.fields.items() if is_optional(field, names))
    made = {name: filler(field, names, around) for name, field in inner.fields.items()}
    below = {name: fill for name, fill in made.items() if fill is not None}
    return _record(optional, below) if optional or below else None


def _list(item: Fill) -> Fill:
    def fill(value: JsonValue) -> JsonValue:
        return [item(one) for one in value] if isinstance(value, list) else value

    return fill


def _record(optional: tuple[str, ...], below: Mapping[str, Fill]) -> Fill:
    def fill(value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            return value
        full: dict[str, JsonValue] = {**cast("dict[str, JsonValue]", dict.fromkeys(optional)), **value}
        for name, inner in below.items():
            if full.get(name) is not None:
                full[name] = inner(full[name])
        return full

    return fill
