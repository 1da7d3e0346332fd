"""The types of a graph file: plain ones, `enum(a, b)`, `list[T]`, `T?`, records, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from pydantic import JsonValue

ScalarName = Literal["str", "int", "float", "bool", "date", "datetime", "any"]
SCALARS: Final[dict[str, ScalarName]] = {
    "str": "str", "int": "int", "float": "float", "bool": "bool", "date": "date", "datetime": "datetime",
    "json": "any", "any": "any",
}  # fmt: skip
TYPE_WORDS: Final = ("str", "int", "float", "bool", "date", "datetime", "json", "any", "enum", "list")
MAX_NESTING: Final = 20

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EXTERNAL: Final = re.compile(r"[A-Za-z0-9_/]+\.py:[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One of the plain types; `any` is every JSON value."""

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
class Nullable:
    """The type, or null; as a field of a record it may also be omitted."""

    item: Type


@dataclass(frozen=True, slots=True)
class Record:
    """Named fields. `is_open`: it may have fields that are not declared here.

    `required` are the fields that a *caller* must give; None means every field that is not optional.
    `drops_more`: extra fields are ignored, not refused.
    """

    fields: Mapping[str, Type] = field(default_factory=dict[str, "Type"])
    is_open: bool = False
    required: frozenset[str] | None = None
    drops_more: bool = False

    def __hash__(self) -> int:
        return hash(tuple(self.fields))

    def must_have(self) -> frozenset[str]:
        """Names of the required fields."""
        if self.required is not None:
            return self.required
        return frozenset(name for name, kind in self.fields.items() if not isinstance(kind, Nullable))


@dataclass(frozen=True, slots=True)
class Named:
    """A type declared under `types:`."""

    name: str


Type: TypeAlias = "Scalar | Enum | Many | Nullable | Record | Named"
Names: TypeAlias = "Mapping[str, Type]"

ANY: Final = Scalar("any")
STR: Final = Scalar("str")


class TypeError_(ValueError):
    """The text is not a type; `str()` is the reason."""


def parse_type(declared: JsonValue, depth: int = 0) -> Type:
    """Parse a type as a graph file writes it: text, or a mapping of field name to type.

    Raises:
        TypeError_: It is not a type.
    """
    if depth > MAX_NESTING:
        raise TypeError_("nested too deeply")
    if isinstance(declared, dict):
        return Record({name: parse_type(kind, depth + 1) for name, kind in declared.items()})
    if isinstance(declared, list) and len(declared) == 1:
        return Many(parse_type(declared[0], depth + 1))
    if not isinstance(declared, str):
        raise TypeError_(f"{declared!r} is not a type: write a type's name or a mapping of fields")
    return _parse_text(declared.strip(), depth)


def parse_external(declared: JsonValue) -> str | None:
    """The place of a type that Python declares: `types.py:Letter` in `{from: types.py:Letter}`; else None."""
    if not isinstance(declared, dict) or set(declared) != {"from"}:
        return None
    place = declared["from"]
    return place if isinstance(place, str) and _EXTERNAL.fullmatch(place) else None


def _parse_text(text: str, depth: int) -> Type:
    if depth > MAX_NESTING:
        raise TypeError_("nested too deeply")
    if text.endswith("?"):
        inner = _parse_text(text[:-1].rstrip(), depth + 1)
        return inner if isinstance(inner, Nullable) else Nullable(inner)
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
    known = "str, int, float, bool, date, datetime, json, enum(a, b), list[T], T?, a name"
    raise TypeError_(f"{text!r} is not a type: {known}")


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
        case Nullable(item):
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
        case Many(item) | Nullable(item):
            yield from named_types(item)
        case Record(fields):
            for item in fields.values():
                yield from named_types(item)
        case _:
            return


def resolve(kind: Type, names: Names) -> Type:
    """Resolve names (also through other names); unknown and cyclic names are `any`."""
    seen: set[str] = set()
    while isinstance(kind, Named):
        if kind.name in seen or kind.name not in names:
            return ANY
        seen.add(kind.name)
        kind = names[kind.name]
    return kind


def bare(kind: Type, names: Names) -> Type:
    """The type without its `?`."""
    seen: set[str] = set()
    while isinstance(kind, Named | Nullable):
        if isinstance(kind, Nullable):
            kind = kind.item
        elif kind.name in seen or kind.name not in names:
            return ANY
        else:
            seen.add(kind.name)
            kind = names[kind.name]
    return kind


def is_cyclic(name: str, names: Names) -> bool:
    """Whether the type is nothing but a name."""
    seen: set[str] = set()
    kind: Type = Named(name)
    while isinstance(kind, Named | Nullable):
        if isinstance(kind, Nullable):
            kind = kind.item
        elif kind.name in seen:
            return True
        elif kind.name not in names:
            return False
        else:
            seen.add(kind.name)
            kind = names[kind.name]
    return False


def is_optional(kind: Type, names: Names) -> bool:
    """Whether null is one of its values."""
    return isinstance(resolve(kind, names), Nullable)


def mismatch(given: Type, wanted: Type, names: Names, *, is_exact: bool = False) -> str | None:
    """Why a value of type `given` does not fit `wanted`; None if it fits or is unknown.

    Null is accepted here: the graph, not the type, decides whether a value may be absent.

    With `is_exact`, fields that `wanted` does not have are refused, like when a value is validated against a graph's
    own types.
    """
    return _mismatch(given, wanted, names, 0, is_exact)


def _mismatch(given: Type, wanted: Type, names: Names, depth: int, is_exact: bool) -> str | None:
    given, wanted = bare(given, names), bare(wanted, names)
    if ANY in (given, wanted) or given == wanted or depth > MAX_NESTING:
        return None
    if isinstance(given, Many) and isinstance(wanted, Many):
        return _mismatch(given.item, wanted.item, names, depth + 1, is_exact)
    if isinstance(given, Record) and isinstance(wanted, Record):
        return _record_mismatch(given, wanted, names, depth, is_exact)
    if _fits(given, wanted):
        return None
    return f"got {show_type(given)}, expected {show_type(wanted)}"


def _fits(given: Type, wanted: Type) -> bool:  # noqa: PLR0911 - one branch per pair of types
    match given, wanted:
        case Enum(values), Enum(others):
            return set(values) <= set(others)
        case Enum(), Scalar("str"):
            return True
        case Enum(values), Scalar("datetime"):
            return all(_is_moment(value) for value in values)
        case Enum(values), Scalar("date"):
            return all(is_date(value) for value in values)
        case Scalar("str"), Enum() | Scalar("date" | "datetime"):
            return True
        case Scalar("date"), Scalar("datetime"):
            return True  # midnight of that day
        case Scalar("int"), Scalar("float"):
            return True
        case Scalar("date" | "datetime"), Scalar("str"):
            return True
        case _:
            return False


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar, written as 2026-01-31: only so written, days are ordered like texts."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _record_mismatch(given: Record, wanted: Record, names: Names, depth: int, is_exact: bool) -> str | None:
    for name, kind in wanted.fields.items():
        if name in given.fields:
            why = _mismatch(given.fields[name], kind, names, depth + 1, is_exact)
            if why:
                return f"field {name}: {why}"
        elif name in wanted.must_have() and not given.is_open:
            return f"the field {name!r} is missing"
    if is_exact and not (wanted.is_open or wanted.drops_more):
        more = [name for name in given.fields if name not in wanted.fields]
        if more:
            return f"the field {more[0]!r} is not declared; the fields are {', '.join(wanted.fields) or 'none'}"
    return None


def field_type(kind: Type, step: str | int, names: Names) -> Type | None:
    """The type of `value.step`; None if the type certainly has no such field."""
    match bare(kind, names):
        case Record(fields, is_open=is_open):
            if isinstance(step, str) and step in fields:
                return fields[step]
            return ANY if is_open else None
        case Many(item):
            return Nullable(item) if isinstance(step, int) else None
        case Scalar("any"):
            return ANY
        case _:
            return None
