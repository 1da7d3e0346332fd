"""Fields of a decision as typed inputs, from their JSON Schemas and the drafted values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from compound.language.schema import SchemaPart

if TYPE_CHECKING:
    from pydantic import JsonValue

    Record = Mapping[str, JsonValue]

PREFIX: Final = "field."
"""Beginning of the name of every input: `field.actions.0.arguments.order_id`."""
DROP: Final = "drop."
"""Beginning of the name of a checkbox that leaves an entry of a list out."""
LONG: Final = 60
"""Characters from which a text gets several lines."""
DEEPEST: Final = 6

SchemaOf = Callable[[str], "Mapping[str, JsonValue] | None"]
"""Finds the schema of the arguments of an effect by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An input of a form.

    Attributes:
        path: Its place in the decision: `actions.0.arguments.order_id`.
        kind: `text`, `line`, `number`, `whole`, `choice`, `choices` (any of them), `yes_no`, `date`, `moment`,
            `record`, `list`, `json`, or `fixed` for a value that cannot be changed.
        value: The drafted value, as the input shows it.
        may_be_null: Whether an empty input means null.
        inputs: Of a record, its fields; of a list, its entries.
        can_drop: Whether an entry of a list can be left out.
        is_new: An empty further entry of a list; it counts if it is filled in.
        least: Smallest number; `most` is the largest.
        pattern: What a line must look like, as a regular expression.
    """

    path: str
    label: str
    kind: str
    value: str = ""
    is_required: bool = False
    may_be_null: bool = False
    choices: Sequence[str] = ()
    inputs: Sequence[Input] = ()
    help: str = ""
    can_drop: bool = False
    is_new: bool = False
    least: str = ""
    most: str = ""
    pattern: str = ""

    @property
    def name(self) -> str:
        """Its name in the form."""
        return f"{PREFIX}{self.path}"


def inputs_of(
    offered: Mapping[str, Record], present: Record, schema_of: SchemaOf, *, letter: str = ""
) -> Sequence[Input]:
    """The inputs of an action.

    Args:
        offered: Field to JSON Schema.
        present: Fields that have a value in the shown item.
        schema_of: Finds the schema of an effect's arguments.
        letter: The text that is sent: its field gets several lines however short it is.
    """
    maker = _Maker(schema_of, letter)
    made: list[Input] = []
    for name, schema in offered.items():
        part = SchemaPart.of(schema)
        is_required = bool(schema) and not part.may_be_null and present.get(name) is None
        made.append(maker.make(part, present.get(name), name, is_required=is_required))
    return made


@dataclass(frozen=True, slots=True)
class _Maker:
    schema_of: SchemaOf
    letter: str

    def make(  # noqa: PLR0911 - one branch per kind of value
        self, part: SchemaPart, value: JsonValue, path: str, *, is_required: bool = False, depth: int = 0
    ) -> Input:
        """The input of a value: of its schema if that says something, else of the value."""
        may_be_null, part = part.resolved().may_be_null, _without_null(part)
        label = path.rpartition(".")[2].replace("_", " ")
        told = str(part.body.get("description") or "")
        shown = Input(
            path=path, label=label, kind="json", is_required=is_required, may_be_null=may_be_null,
            help=told if len(told) < 140 else "",
        )  # fmt: skip
        if depth > DEEPEST:
            return _with(shown, kind="json", value=_as_json(value))
        if self._is_effect(value):
            return self._effect(shown, cast("Record", value), depth)
        if (values := _choices(part)) is not None:
            return _with(shown, kind="choice", choices=values, value="" if value is None else str(value))
        kind = part.kinds[0] if len(part.kinds) == 1 else _kind_of(value)
        match kind:
            case "object" if part.properties or value:
                return self._record(shown, part, value, depth)
            case "array":
                return self._list(shown, part, value, depth)
            case "string":
                return self._text(shown, part, value)
            case "boolean":
                return _with(shown, kind="yes_no", value="" if value is None else str(value).lower())
            case "integer" | "number":
                number = "" if value is None else str(value)
                least, most = (str(part.body.get(name, "")) for name in ("minimum", "maximum"))
                return _with(
                    shown, kind="whole" if kind == "integer" else "number", value=number, least=least, most=most
                )
            case _:
                return _with(shown, kind="json", value="" if value is None else _as_json(value))

    def _text(self, shown: Input, part: SchemaPart, value: JsonValue) -> Input:
        text = "" if value is None else str(value)
        form = part.body.get("format")
        if form in ("date", "date-time"):
            kind = "date" if form == "date" else "moment"
            return _with(shown, kind=kind, value=text)
        is_long = len(text) > LONG or "\n" in text or (bool(text) and text == self.letter)
        pattern = str(part.body.get("pattern") or "")
        return _with(shown, kind="text" if is_long else "line", value=text, pattern=pattern)

    def _record(self, shown: Input, part: SchemaPart, value: JsonValue, depth: int) -> Input:
        present = cast("Record", value) if isinstance(value, dict) else {}
        named = part.properties
        inputs = [
            self.make(
                named.get(name, SchemaPart.of(None)), present.get(name), f"{shown.path}.{name}",
                is_required=name in part.required, depth=depth + 1,
            )
            for name in dict.fromkeys([*named, *present])
        ]  # fmt: skip
        return _with(shown, kind="record", inputs=inputs)

    def _list(self, shown: Input, part: SchemaPart, value: JsonValue, depth: int) -> Input:
        present = cast("list[JsonValue]", value) if isinstance(value, list) else []
        item = part.one("items") or SchemaPart.of(None)
        if (values := _choices(item.resolved())) is not None:
            return _with(shown, kind="choices", choices=values, value=",".join(map(str, present)))
        inputs = [
            _with(self.make(item, one, f"{shown.path}.{index}", depth=depth + 1), can_drop=True)
            for index, one in enumerate(present)
        ]
        are_effects = {"name", "arguments"} <= item.resolved().properties.keys()  # an edit adds no effect
        are_effects = are_effects or any(self._is_effect(one) for one in present)
        if not are_effects and (item.resolved().body or present):
            like = item if item.resolved().body else SchemaPart.of({"type": _kind_of(present[0])})
            new = self.make(like, None, f"{shown.path}.{len(present)}", depth=depth + 1)
            if new.kind != "json":
                inputs.append(_with(new, is_new=True, is_required=False))
        return _with(shown, kind="list", inputs=inputs)

    def _is_effect(self, value: JsonValue) -> bool:
        """Whether a value is an effect to perform: the record `{name, arguments}` of an effect of the project."""
        if not isinstance(value, dict) or not isinstance(value.get("arguments"), dict):
            return False
        return isinstance(value.get("name"), str) and self.schema_of(str(value["name"])) is not None

    def _effect(self, shown: Input, value: Record, depth: int) -> Input:
        """An effect: its arguments can be changed, its name cannot."""
        schema = SchemaPart.of(self.schema_of(str(value["name"])))
        arguments = self.make(schema, value["arguments"], f"{shown.path}.arguments", depth=depth + 1)
        return _with(shown, kind="record", label=str(value["name"]).replace("_", " "), inputs=arguments.inputs)


def _with(shown: Input, **changes: object) -> Input:
    from dataclasses import replace

    return replace(shown, **changes)  # pyright: ignore[reportArgumentType]


def _without_null(part: SchemaPart) -> SchemaPart:
    part = part.resolved()
    real = [one for one in part.choices if not one.is_null]
    if len(real) == 1:
        inner = real[0].resolved()
        kept = {name: part.body[name] for name in ("description",) if name in part.body}
        return part.part({**inner.body, **kept})
    if "null" in part.kinds:
        return part.part({**part.body, "type": cast("JsonValue", [one for one in part.kinds if one != "null"])})
    if part.choices and {one.resolved().kinds[0] for one in real if one.resolved().kinds} == {"number", "string"}:
        return part.part({**part.body, "type": "number", "anyOf": []})  # how pydantic writes a decimal number
    return part


def _choices(part: SchemaPart) -> list[str] | None:
    values = part.body.get("enum") or ([part.body["const"]] if "const" in part.body else None)
    return [str(one) for one in values] if isinstance(values, list) else None


def _kind_of(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "boolean"
        case int() | float():
            return "integer" if isinstance(value, int) else "number"
        case list():
            return "array"
        case _:
            return "object" if isinstance(value, dict) else "string"


def _as_json(value: JsonValue) -> str:
    import orjson

    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
