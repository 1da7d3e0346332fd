"""The types of a graph file: `str int float bool datetime json`, `enum(a, b)`, `list[T]`, `T?`, records, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

ScalarName = Literal["str", "int", "float", "bool", "datetime", "any"]
SCALARS: Final[dict[str, ScalarName]] = {
    "str": "str", "int": "int", "float": "float", "bool": "bool", "datetime": "datetime",
    "json": "any", "any": "any",
}  # fmt: skip
TYPE_WORDS: Final = ("str", "int", "float", "bool", "datetime", "json", "any", "enum", "list")
MAX_NESTING: Final = 20

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One of the plain types; `any` is whatever JSON can hold."""

    name: ScalarName


@dataclass(frozen=True, slots=True)
class Enum:
    """One of the given texts."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A list of items of one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class Maybe:
    """The type, or null; as a field of a record it may also be left out."""

    item: Type


@dataclass(frozen=True, slots=True)
class Record:
    """Named fields. `is_open`: it may carry fields that are not declared here.

    `required` are the fields that a *caller* must give; None means every field that is not optional.
    """

    fields: Mapping[str, Type] = field(default_factory=dict[str, "Type"])
    is_open: bool = False
    required: frozenset[str] | None = None

    def __hash__(self) -> int:
        return hash(tuple(self.fields))

    def must_have(self) -> frozenset[str]:
        """Names of the fields that may not be left out."""
        if self.required is not None:
            return self.required
        return frozenset(name for name, kind in self.fields.items() if not isinstance(kind, Maybe))


@dataclass(frozen=True, slots=True)
class Named:
    """A type declared under `types:`."""

    name: str


Type: TypeAlias = "Scalar | Enum | Many | Maybe | Record | Named"
Names: TypeAlias = "Mapping[str, Type]"

ANY: Final = Scalar("any")
STR: Final = Scalar("str")


class TypeError_(ValueError):  # noqa: N801, N818 - not Python's TypeError
    """The text is no type; `str()` says why."""


def parse_type(declared: JsonValue, depth: int = 0) -> Type:
    """Parse a type as a graph file writes it: text, or a mapping of field name to type.

    Raises:
        TypeError_: It is no type.
    """
    if depth > MAX_NESTING:
        raise TypeError_("nested too deeply")
    if isinstance(declared, dict):
        return Record({name: parse_type(kind, depth + 1) for name, kind in declared.items()})
    if isinstance(declared, list) and len(declared) == 1:
        return Many(parse_type(declared[0], depth + 1))
    if not isinstance(declared, str):
        raise TypeError_(f"{declared!r} is no type: write a type's name or a mapping of fields")
    return _parse_text(declared.strip(), depth)


def _parse_text(text: str, depth: int) -> Type:
    if depth > MAX_NESTING:
        raise TypeError_("nested too deeply")
    if text.endswith("?"):
        inner = _parse_text(text[:-1].rstrip(), depth + 1)
        return inner if isinstance(inner, Maybe) else Maybe(inner)
    if text.startswith("list[") and text.endswith("]"):
        return Many(_parse_text(text[5:-1].strip(), depth + 1))
    if text.startswith("enum(") and text.endswith(")"):
        return _parse_enum(text[5:-1])
    if text in SCALARS:
        return Scalar(SCALARS[text])
    if text == "list":
        return Many(ANY)
    if _NAME.fullmatch(text):
        return Named(text)
    raise TypeError_(
        f"{text!r} is no type: str, int, float, bool, datetime, json, enum(a, b), list[T], T? or a name"
    )


def _parse_enum(text: str) -> Enum:
    values = [part.strip().strip("'\"") for part in text.split(",")]
    if not all(values):
        raise TypeError_("enum() needs values: enum(yes, no)")
    if len(set(values)) < len(values):
        raise TypeError_(f"enum({text}) names a value twice")
    return Enum(tuple(values))


def show_type(kind: Type) -> str:
    """The type as a graph file writes it."""
    match kind:
        case Scalar(name):
            return "json" if name == "any" else name
        case Enum(values):
            return f"enum({', '.join(values)})"
        case Many(item):
            return f"list[{show_type(item)}]"
        case Maybe(item):
            return f"{show_type(item)}?"
        case Named(name):
            return name
        case Record(fields):
            return "{" + ", ".join(f"{name}: {show_type(item)}" for name, item in fields.items()) + "}"


def named_types(kind: Type) -> Iterator[str]:
    """Every name that the type mentions."""
    match kind:
        case Named(name):
            yield name
        case Many(item) | Maybe(item):
            yield from named_types(item)
        case Record(fields):
            for item in fields.values():
                yield from named_types(item)
        case _:
            return


def resolve(kind: Type, names: Names) -> Type:
    """Follow names (also through other names) to what they stand for; unknown and cyclic names are `any`."""
    seen: set[str] = set()
    while isinstance(kind, Named):
        if kind.name in seen or kind.name not in names:
            return ANY
        seen.add(kind.name)
        kind = names[kind.name]
    return kind


def bare(kind: Type, names: Names) -> Type:
    """The type without its `?`."""
    kind = resolve(kind, names)
    return bare(kind.item, names) if isinstance(kind, Maybe) else kind


def is_optional(kind: Type, names: Names) -> bool:
    """Null is one of its values."""
    return isinstance(resolve(kind, names), Maybe)


def mismatch(given: Type, wanted: Type, names: Names, depth: int = 0) -> str | None:
    """Why a value of type `given` does not fit `wanted`; None when it fits or cannot be known.

    Null is let through here: whether a value may be absent is asked of the graph, not of the type.
    """
    given, wanted = bare(given, names), bare(wanted, names)
    if ANY in (given, wanted) or given == wanted or depth > MAX_NESTING:
        return None
    if isinstance(given, Many) and isinstance(wanted, Many):
        return mismatch(given.item, wanted.item, names, depth + 1)
    if isinstance(given, Record) and isinstance(wanted, Record):
        return _record_mismatch(given, wanted, names, depth)
    if _fits(given, wanted):
        return None
    return f"{show_type(given)} is given where {show_type(wanted)} is wanted"


def _fits(given: Type, wanted: Type) -> bool:
    match given, wanted:
        case Enum(values), Enum(others):
            return bool(set(values) & set(others))
        case Enum(), Scalar("str") | Enum():
            return True
        case Scalar("str"), Enum() | Scalar("datetime"):
            return True
        case Scalar("int"), Scalar("float"):
            return True
        case Scalar("datetime"), Scalar("str"):
            return True
        case _:
            return False


def _record_mismatch(given: Record, wanted: Record, names: Names, depth: int) -> str | None:
    for name, kind in wanted.fields.items():
        if name in given.fields:
            why = mismatch(given.fields[name], kind, names, depth + 1)
            if why:
                return f"field {name}: {why}"
        elif name in wanted.must_have() and not given.is_open:
            return f"the field {name!r} is missing"
    return None


def field_type(kind: Type, step: str | int, names: Names) -> Type | None:
    """The type of `value.step`; None when the type surely has no such field."""
    match bare(kind, names):
        case Record(fields, is_open=is_open):
            if isinstance(step, str) and step in fields:
                return fields[step]
            return ANY if is_open else None
        case Many(item):
            return Maybe(item) if isinstance(step, int) else None
        case Scalar("any"):
            return ANY
        case _:
            return None


def from_json_schema(schema: Mapping[str, JsonValue] | None) -> Type:
    """The type a JSON schema describes; `any` where it says more than our types can."""
    if schema is None:
        return ANY
    definitions = cast("dict[str, JsonValue]", schema.get("$defs") or {})
    return _from_schema(schema, definitions, 0)


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
    return Maybe(kind) if len(real) < len(options) and kind != ANY else kind


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
    return Record(
        {name: _from_schema(item, definitions, depth + 1) for name, item in properties.items()},
        is_open=schema.get("additionalProperties") not in (False, None),
        required=names,
    )


def to_json_schema(kind: Type, names: Names) -> dict[str, JsonValue]:
    """The JSON schema of a type, with every name it needs under `$defs`."""
    needed: dict[str, JsonValue] = {}
    schema = _to_schema(kind, names, needed)
    return {**schema, "$defs": needed} if needed else schema


def _to_schema(kind: Type, names: Names, needed: dict[str, JsonValue]) -> dict[str, JsonValue]:
    match kind:
        case Scalar(name):
            return dict(_SCALAR_SCHEMAS[name])
        case Enum(values):
            return {"type": "string", "enum": list(values)}
        case Many(item):
            return {"type": "array", "items": _to_schema(item, names, needed)}
        case Maybe(item):
            return {"anyOf": [_to_schema(item, names, needed), {"type": "null"}]}
        case Named(name):
            if name not in names:
                return {}
            if name not in needed:
                needed[name] = {}
                needed[name] = _to_schema(names[name], names, needed)
            return {"$ref": f"#/$defs/{name}"}
        case Record(fields):
            properties: dict[str, JsonValue] = {
                n: _to_schema(item, names, needed) for n, item in fields.items()
            }
            return {
                "type": "object",
                "properties": properties,
                # Typed answers want every field named; optional ones may be null.
                "required": list(fields),
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
