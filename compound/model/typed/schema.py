"""Validation of typed answers: the subset of JSON Schema that Compound's types and pydantic produce."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

    Schema = Mapping[str, JsonValue]

_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        (isinstance(value, int) or (isinstance(value, float) and value.is_integer())) and not isinstance(value, bool)
    ),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def problems(value: JsonValue, schema: Schema, *, limit: int = 8) -> list[str]:
    """List where a value does not match a schema, as `path: what`; empty if it matches.

    Knows `type enum const properties required additionalProperties items prefixItems anyOf oneOf
    allOf $ref`, and the bounds of numbers, texts and lists. Other keywords (`format`) are not checked.

    Args:
        value: Decoded JSON.
        schema: JSON Schema; `$ref` may point into its own `$defs`.
        limit: At most this many problems, so that a repair prompt stays short.
    """
    found: list[str] = []
    for problem in _walk(value, schema, schema, "$"):
        found.append(problem)
        if len(found) >= limit:
            break
    return found


def with_root(schema: Schema) -> Schema:
    """The schema with its root reference resolved, next to its definitions."""
    target = schema.get("$ref")
    found = _resolve(target, schema) if isinstance(target, str) else None
    if not isinstance(found, dict):
        return schema
    return {**found, **({"$defs": schema["$defs"]} if "$defs" in schema else {})}


def is_closed(schema: Schema) -> bool:
    """Whether every object lists its properties, as providers with constrained output require."""

    def closed(part: JsonValue) -> bool:
        if not isinstance(part, dict):
            return False
        names = part.keys()
        if "$ref" in names or "enum" in names or "const" in names:
            return True
        for union in ("anyOf", "oneOf", "allOf"):
            if union in names:
                return all(closed(choice) for choice in cast("list[JsonValue]", part[union]))
        kind = part.get("type")
        if kind == "object":
            properties = part.get("properties")
            return isinstance(properties, dict) and bool(properties) and all(map(closed, properties.values()))
        if kind == "array":
            return "items" in names and closed(part["items"])
        return isinstance(kind, str)

    definitions = schema.get("$defs", {})
    return closed(dict(schema)) and all(map(closed, cast("dict[str, JsonValue]", definitions).values()))


def _walk(value: JsonValue, schema: JsonValue | Schema, root: Schema, path: str) -> Iterator[str]:
    if schema is False:
        yield f"{path}: nothing is allowed here"
    if not isinstance(schema, Mapping):
        return
    if isinstance(ref := schema.get("$ref"), str):
        yield from _walk(value, _resolve(ref, root), root, path)
    yield from _check_value(value, schema, path)
    yield from _check_unions(value, schema, root, path)
    if isinstance(value, dict):
        yield from _check_object(value, schema, root, path)
    elif isinstance(value, list):
        yield from _check_array(value, schema, root, path)
    elif isinstance(value, str):
        yield from _check_text(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_number(value, schema, path)


def _resolve(ref: str, root: Schema) -> JsonValue:
    part: JsonValue = dict(root)
    for step in ref.removeprefix("#").strip("/").split("/"):
        if step and isinstance(part, dict):
            part = part.get(step.replace("~1", "/").replace("~0", "~"))
    return part


def _check_value(value: JsonValue, schema: Schema, path: str) -> Iterator[str]:
    kind = schema.get("type")
    kinds = [kind] if isinstance(kind, str) else cast("list[str]", kind or [])
    if kinds and not any(_TYPES[name](value) for name in kinds if name in _TYPES):
        yield f"{path}: {_shown(value)} is not {' or '.join(kinds)}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield f"{path}: {_shown(value)} is not one of {_shown(allowed)}"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {_shown(value)} is not {_shown(schema['const'])}"


def _check_unions(value: JsonValue, schema: Schema, root: Schema, path: str) -> Iterator[str]:
    for part in cast("list[JsonValue]", schema.get("allOf", [])):
        yield from _walk(value, part, root, path)
    for union in ("anyOf", "oneOf"):
        parts = cast("list[JsonValue]", schema.get(union, []))
        if not parts:
            continue
        each = [list(_walk(value, part, root, path)) for part in parts]
        fits = sum(not found for found in each)
        if fits == 0:
            yield min(each, key=len)[0]
        elif union == "oneOf" and fits > 1:
            yield f"{path}: fits {fits} of the choices, not one"


def _check_object(value: dict[str, JsonValue], schema: Schema, root: Schema, path: str) -> Iterator[str]:
    properties = cast("dict[str, JsonValue]", schema.get("properties", {}))
    for name in cast("list[str]", schema.get("required", [])):
        if name not in value:
            yield f"{path}: {name!r} is missing"
    others = schema.get("additionalProperties", True)
    for name, part in value.items():
        if name in properties:
            yield from _walk(part, properties[name], root, f"{path}.{name}")
        elif others is False:
            yield f"{path}: {name!r} is not a known property"
        else:
            yield from _walk(part, others, root, f"{path}.{name}")


def _check_array(value: list[JsonValue], schema: Schema, root: Schema, path: str) -> Iterator[str]:
    yield from _check_length(len(value), schema, ("minItems", "maxItems"), path)
    first = cast("list[JsonValue]", schema.get("prefixItems", []))
    for index, part in enumerate(value):
        inner = first[index] if index < len(first) else schema.get("items", True)
        yield from _walk(part, inner, root, f"{path}[{index}]")


def _check_text(value: str, schema: Schema, path: str) -> Iterator[str]:
    yield from _check_length(len(value), schema, ("minLength", "maxLength"), path)
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and re.search(pattern, value) is None:
        yield f"{path}: {_shown(value)} does not match {pattern}"


def _check_length(length: int, schema: Schema, names: tuple[str, str], path: str) -> Iterator[str]:
    least, most = schema.get(names[0]), schema.get(names[1])
    if isinstance(least, int) and length < least:
        yield f"{path}: has {length}, fewer than {least}"
    if isinstance(most, int) and length > most:
        yield f"{path}: has {length}, more than {most}"


def _check_number(value: float, schema: Schema, path: str) -> Iterator[str]:
    tests: tuple[tuple[str, Callable[[float], bool]], ...] = (
        ("minimum", lambda bound: value >= bound),
        ("maximum", lambda bound: value <= bound),
        ("exclusiveMinimum", lambda bound: value > bound),
        ("exclusiveMaximum", lambda bound: value < bound),
    )
    for name, holds in tests:
        bound = schema.get(name)
        if isinstance(bound, int | float) and not holds(bound):
            yield f"{path}: {value} breaks {name} {bound}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
