"""Validation of typed answers: the subset of JSON Schema that Compound's types and pydantic produce."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from compound.language.schema import Schema, SchemaPart

if TYPE_CHECKING:
    from pydantic import JsonValue

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


def problems(value: JsonValue, schema: Schema | SchemaPart, *, limit: int = 8) -> list[str]:
    """List where a value does not match a schema, as `path: what`; empty if it matches.

    Knows `type enum const properties required additionalProperties items prefixItems anyOf oneOf
    allOf $ref`, and the bounds of numbers, texts and lists. Other keywords (`format`) are not checked.

    Args:
        value: Decoded JSON.
        schema: JSON Schema, or a part of one; `$ref` points into the whole.
        limit: At most this many problems, so that a repair prompt stays short.
    """
    found: list[str] = []
    part = schema if isinstance(schema, SchemaPart) else SchemaPart.of(schema)
    for problem in _walk(value, part, "$"):
        found.append(problem)
        if len(found) >= limit:
            break
    return found


def with_root(schema: Schema) -> Schema:
    """The schema with its root reference resolved, next to its definitions."""
    return SchemaPart.of(schema).resolved().body


def is_closed(schema: Schema) -> bool:
    """Whether every object lists its properties, as providers with constrained output require."""

    def closed(part: SchemaPart) -> bool:
        if part.body.keys() & {"$ref", "enum", "const"}:
            return True
        if unions := part.choices or part.listed("allOf"):
            return all(map(closed, unions))
        match part.kinds:
            case ["object"]:
                return bool(part.properties) and all(map(closed, part.properties.values()))
            case ["array"]:
                items = part.one("items")
                return items is not None and closed(items)
            case kinds:
                return len(kinds) == 1

    whole = SchemaPart.of(schema)
    return closed(whole) and all(map(closed, whole.named("$defs").values()))


def _walk(value: JsonValue, part: SchemaPart, path: str) -> Iterator[str]:
    for link in part.links():
        yield from _check(value, link, path)


def _check(value: JsonValue, part: SchemaPart, path: str) -> Iterator[str]:
    """A schema's own keywords, without its reference."""
    if part.is_never:
        yield f"{path}: nothing is allowed here"
    yield from _check_value(value, part, path)
    yield from _check_unions(value, part, path)
    if isinstance(value, dict):
        yield from _check_object(value, part, path)
    elif isinstance(value, list):
        yield from _check_array(value, part, path)
    elif isinstance(value, str):
        yield from _check_text(value, part.body, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_number(value, part.body, path)


def _check_value(value: JsonValue, part: SchemaPart, path: str) -> Iterator[str]:
    kinds, schema = part.kinds, part.body
    if kinds and not any(_TYPES[name](value) for name in kinds if name in _TYPES):
        yield f"{path}: {_shown(value)} is not {' or '.join(kinds)}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and not any(_is_same(value, one) for one in allowed):
        yield f"{path}: {_shown(value)} is not one of {_shown(allowed)}"
    if "const" in schema and not _is_same(value, schema["const"]):
        yield f"{path}: {_shown(value)} is not {_shown(schema['const'])}"


def _is_same(one: JsonValue, two: JsonValue) -> bool:
    """Equality of JSON values: 1 is 1.0, but true is not 1."""
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_is_same, one, two))
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_is_same(value, two[name]) for name, value in one.items())
    return one == two and isinstance(one, bool) == isinstance(two, bool)


def _check_unions(value: JsonValue, part: SchemaPart, path: str) -> Iterator[str]:
    for one in part.listed("allOf"):
        yield from _walk(value, one, path)
    for union in ("anyOf", "oneOf"):
        each = [list(_walk(value, one, path)) for one in part.listed(union)]
        if not each:
            continue
        fits = sum(not found for found in each)
        if fits == 0:
            yield min(each, key=len)[0]
        elif union == "oneOf" and fits > 1:
            yield f"{path}: fits {fits} of the choices, not one"


def _check_object(value: dict[str, JsonValue], part: SchemaPart, path: str) -> Iterator[str]:
    properties, others = part.properties, part.one("additionalProperties")
    for name in part.required:
        if name not in value:
            yield f"{path}: {name!r} is missing"
    for name, inner in value.items():
        known = properties.get(name, others)
        if known is not None and known.is_never and name not in properties:
            yield f"{path}: {name!r} is not a known property"
        elif known is not None:
            yield from _walk(inner, known, f"{path}.{name}")


def _check_array(value: list[JsonValue], part: SchemaPart, path: str) -> Iterator[str]:
    yield from _check_length(len(value), part.body, ("minItems", "maxItems"), path)
    first, others = part.listed("prefixItems"), part.one("items")
    for index, inner in enumerate(value):
        known = first[index] if index < len(first) else others
        if known is not None:
            yield from _walk(inner, known, f"{path}[{index}]")


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
