"""The form of a graph: typed fields made of its input and its context, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import DataError
from compound.language.types import Enum, Record, Scalar, Type, bare, is_optional, parse_type

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec import GraphSpec

_KINDS: Final = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "yes_no",
    "date": "date",
    "datetime": "time",
}
_DEEPEST: Final = 3
"""Records inside records have fields of their own up to this depth; deeper ones are JSON."""
_NO: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of the form.

    Attributes:
        name: Where the value goes: `input.letter.subject`, `context.tenant`.
        label: The same without its first word.
        kind: `text`, `number`, `yes_no`, `choice`, `date`, `time` or `json`.
        value: The example or the value that was sent, as text.
        hint: What it looks like, where there is no example.
    """

    name: str
    label: str
    kind: str
    is_required: bool
    value: str = ""
    choices: tuple[str, ...] = ()
    hint: str = ""


def form_of(spec: GraphSpec, example: Mapping[str, object], sent: Mapping[str, str] | None = None) -> list[FormField]:
    """The fields of a graph's input, then those of its context.

    Args:
        spec: The graph.
        example: An example of its input.
        sent: What was sent before, by field name.
    """
    fields = [*_fields("input", spec.input_type, spec, example, 0), *_fields("context", _context(spec), spec, {}, 0)]
    if sent is None:
        return fields
    return [_with(one, sent.get(one.name, "")) for one in fields]


def _with(field: FormField, value: str) -> FormField:
    from dataclasses import replace

    return replace(field, value=value)


def _context(spec: GraphSpec) -> Record:
    return Record({name: parse_type(kind) for name, kind in spec.context.items()})


def _fields(
    place: str, record: Record, spec: GraphSpec, example: Mapping[str, Any], depth: int, *, must: bool = True
) -> Iterator[FormField]:
    for name, declared in record.fields.items():
        where, kind = f"{place}.{name}", bare(declared, spec.type_names)
        is_required = must and name in record.must_have() and not is_optional(declared, spec.type_names)
        given = example.get(name, _NO)
        if isinstance(kind, Record) and kind.fields and depth < _DEEPEST:
            inner = cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}
            yield from _fields(where, kind, spec, inner, depth + 1, must=is_required)
            continue
        form = _kind(kind)
        yield FormField(
            name=where,
            label=where.partition(".")[2],
            kind=form,
            is_required=is_required,
            value="" if given is _NO else _text(given, form),
            choices=kind.values if isinstance(kind, Enum) else (),
            hint=_hint(form, kind),
        )


def _kind(kind: Type) -> str:
    if isinstance(kind, Enum):
        return "choice"
    return _KINDS.get(kind.name, "json") if isinstance(kind, Scalar) else "json"


def _hint(form: str, kind: Type) -> str:
    if form == "time":
        return "2026-01-31T12:00:00Z"
    if form == "json":
        return "[…]" if type(kind).__name__ == "Many" else "{…}"
    return ""


def _text(value: object, form: str) -> str:
    import orjson

    if isinstance(value, str) and form != "json":
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def values_of(spec: GraphSpec, sent: Mapping[str, str]) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """The input and the context of a sent form; an empty optional field is left out.

    Raises:
        DataError: `project.bad-input`: a field is not of its type.
    """
    found: dict[str, dict[str, JsonValue]] = {"input": {}, "context": {}}
    for field in form_of(spec, {}):
        text = sent.get(field.name, "").replace("\r\n", "\n")
        if not text and not (field.is_required and field.kind == "text"):
            continue
        names = field.name.split(".")
        here = cast("dict[str, Any]", found)
        for name in names[:-1]:
            here = here.setdefault(name, {})
        here[names[-1]] = _parsed(field, text)
    return found["input"], found["context"]


def _parsed(field: FormField, text: str) -> JsonValue:
    import orjson

    if field.kind in ("text", "choice", "date", "time"):
        return text
    if field.kind == "yes_no":
        return text == "true"
    try:
        return cast("JsonValue", orjson.loads(text))
    except orjson.JSONDecodeError as error:
        what = f"{field.label}: {text[:60]!r} is not {'a number' if field.kind == 'number' else 'JSON'}"
        fix = "write 12 or 0.5" if field.kind == "number" else 'write a value like {"name": ["text", 1]}'
        raise DataError("project.bad-input", what, fix=fix) from error
