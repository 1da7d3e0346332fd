"""Converts JSON schemas to our types, and our types to JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from compound.language.schema import SchemaPart, closed_record, nullable
from compound.language.types import ANY, Enum, Many, Named, Names, Nullable, Record, Scalar, Type

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.types import ScalarName


def from_json_schema(schema: Mapping[str, JsonValue] | None) -> Type:
    """The type that a JSON schema describes; `any` if our types cannot express it."""
    return _from_schema(SchemaPart.of(schema), 0)


_FORMATS: Final[dict[str, ScalarName]] = {"date": "date", "date-time": "datetime"}
_JSON_SCALARS: Final[dict[str, Type]] = {
    "string": Scalar("str"), "integer": Scalar("int"), "number": Scalar("float"), "boolean": Scalar("bool"),
}  # fmt: skip


def _from_schema(part: SchemaPart | None, depth: int) -> Type:  # noqa: PLR0911 - one branch per kind of schema
    if part is None or depth > 8:
        return ANY
    part = part.resolved()
    if part.choices:
        return _from_choices(part.choices, depth)
    values = part.body.get("enum") or ([part.body["const"]] if "const" in part.body else None)
    if isinstance(values, list):
        texts = [value for value in values if isinstance(value, str)]
        return Enum(tuple(texts)) if len(texts) == len(values) else ANY
    match part.kinds:
        case ["array"]:
            return Many(_from_schema(part.one("items"), depth + 1))
        case ["object"]:
            return _from_object(part, depth)
        case ["string"]:
            return Scalar(_FORMATS.get(str(part.body.get("format")), "str"))
        case [name]:
            return _JSON_SCALARS.get(name, ANY)
        case names:
            return _from_choices([part.part({**part.body, "type": name}) for name in names], depth)


def _from_choices(choices: Sequence[SchemaPart], depth: int) -> Type:
    real = [one for one in choices if not one.is_null]
    if len(real) != 1:
        return ANY
    kind = _from_schema(real[0], depth + 1)
    return Nullable(kind) if len(real) < len(choices) and kind != ANY else kind


def _from_object(part: SchemaPart, depth: int) -> Type:
    if "properties" not in part.body:
        return ANY
    more = part.one("additionalProperties")
    return Record(
        {name: _from_schema(item, depth + 1) for name, item in part.properties.items()},
        is_open=more is not None and not more.is_never,
        required=frozenset(part.required),
        drops_more=more is None,
    )


def to_json_schema(kind: Type, names: Names, *, is_given: bool = False) -> dict[str, JsonValue]:
    """The JSON schema of a type, with every name it needs under `$defs`.

    Args:
        kind: The type.
        names: Every declared type.
        is_given: Whether a caller passes the value, and may omit optional fields. A typed answer of a model has every
            field instead.
    """
    needed: dict[str, JsonValue] = {}
    schema = _to_schema(kind, names, needed, is_given)
    return {**schema, "$defs": needed} if needed else schema


def _to_schema(  # noqa: PLR0911 - one branch per kind of type
    kind: Type, names: Names, needed: dict[str, JsonValue], is_given: bool
) -> dict[str, JsonValue]:
    match kind:
        case Scalar(name):
            return dict(_SCALAR_SCHEMAS[name])
        case Enum(values):
            return {"type": "string", "enum": list(values)}
        case Many(item):
            return {"type": "array", "items": _to_schema(item, names, needed, is_given)}
        case Nullable(item):
            return nullable(_to_schema(item, names, needed, is_given))
        case Named(name):
            if name not in names:
                return {}
            if name not in needed:
                needed[name] = {}
                needed[name] = _to_schema(names[name], names, needed, is_given)
            return {"$ref": f"#/$defs/{name}"}
        case Record(fields):
            required = kind.must_have() if is_given else fields
            schemas = {name: _to_schema(item, names, needed, is_given) for name, item in fields.items()}
            return closed_record(schemas, [name for name in fields if name in required])


_SCALAR_SCHEMAS: Final[dict[str, dict[str, JsonValue]]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "any": {},
}
