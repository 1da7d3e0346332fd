"""Converts JSON schemas to our types, and our types to JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.language.types import ANY, Enum, Many, Named, Names, Nullable, Record, Scalar, Type

if TYPE_CHECKING:
    from pydantic import JsonValue


def from_json_schema(schema: Mapping[str, JsonValue] | None) -> Type:
    """The type that a JSON schema describes; `any` if our types cannot express it."""
    if schema is None:
        return ANY
    definitions = cast("dict[str, JsonValue]", schema.get("$defs") or {})
    return _from_schema(dict(schema), definitions, 0)


_JSON_SCALARS: Final[dict[str, Type]] = {
    "string": Scalar("str"), "integer": Scalar("int"), "number": Scalar("float"), "boolean": Scalar("bool"),
}  # fmt: skip


def _from_schema(schema: JsonValue, definitions: Mapping[str, JsonValue], depth: int) -> Type:  # noqa: PLR0911
    if not isinstance(schema, Mapping) or depth > 8:
        return ANY
    target = schema.get("$ref")
    if isinstance(target, str):
        return _from_schema(definitions.get(target.rpartition("/")[2]), definitions, depth + 1)
    options = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(options, list):
        return _from_options(options, definitions, depth)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if isinstance(values, list):
        texts = [value for value in values if isinstance(value, str)]
        return Enum(tuple(texts)) if len(texts) == len(values) else ANY
    name = schema.get("type")
    if isinstance(name, list):
        options = [{**schema, "type": one} for one in name]
        return _from_options(cast("list[JsonValue]", options), definitions, depth)
    if name == "array":
        return Many(_from_schema(schema.get("items"), definitions, depth + 1))
    if name == "object":
        return _from_object(schema, definitions, depth)
    if name == "string" and schema.get("format") == "date-time":
        return Scalar("datetime")
    return _JSON_SCALARS.get(str(name), ANY)


def _from_options(options: list[JsonValue], definitions: Mapping[str, JsonValue], depth: int) -> Type:
    null: JsonValue = {"type": "null"}
    real = [option for option in options if option != null and not _is_null(option)]
    if len(real) != 1:
        return ANY
    kind = _from_schema(real[0], definitions, depth + 1)
    return Nullable(kind) if len(real) < len(options) and kind != ANY else kind


def _is_null(option: JsonValue) -> bool:
    return isinstance(option, Mapping) and option.get("type") == "null"


def _from_object(schema: Mapping[str, JsonValue], definitions: Mapping[str, JsonValue], depth: int) -> Type:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return ANY
    required = schema.get("required")
    names = (
        frozenset(name for name in required if isinstance(name, str))
        if isinstance(required, list)
        else frozenset[str]()
    )
    more = schema.get("additionalProperties")
    return Record(
        {name: _from_schema(item, definitions, depth + 1) for name, item in properties.items()},
        is_open=more not in (False, None),
        required=names,
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
            return {"anyOf": [_to_schema(item, names, needed, is_given), {"type": "null"}]}
        case Named(name):
            if name not in names:
                return {}
            if name not in needed:
                needed[name] = {}
                needed[name] = _to_schema(names[name], names, needed, is_given)
            return {"$ref": f"#/$defs/{name}"}
        case Record(fields):
            required = kind.must_have() if is_given else fields
            return {
                "type": "object",
                "properties": {name: _to_schema(item, names, needed, is_given) for name, item in fields.items()},
                "required": [name for name in fields if name in required],
                "additionalProperties": False,
            }


_SCALAR_SCHEMAS: Final[dict[str, dict[str, JsonValue]]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "any": {},
}
