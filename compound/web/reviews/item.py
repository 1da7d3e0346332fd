"""One review as a page: its source, its draft with the consequence of each decision, its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from compound.language.types import Enum, bare, parse_type

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import ReviewView

FIRST: Final = ("approve", "edit")
"""Decisions that stand first; the others follow in the order of the graph file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a decision, as a form shows it.

    Attributes:
        kind: `text`, `line`, `number`, `choice`, `yes_no` or `json`.
        choices: Values of a choice.
        value: The shown value as text; empty if there is none.
    """

    name: str
    kind: str
    is_required: bool
    value: str = ""
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that the review offers.

    Attributes:
        action: `approve`, `edit`, `reject`, or the graph's own.
        effects: What it does, in order: `{node, name, target, arguments}`.
        says: What it does in one sentence; empty if it does nothing.
    """

    action: str
    effects: Sequence[Mapping[str, JsonValue]]
    fields: Sequence[Field]
    says: str


def decisions_of(view: ReviewView) -> Sequence[Decision]:
    """The decisions that a review offers, approval first."""
    names = sorted(view.offers, key=lambda one: FIRST.index(one) if one in FIRST else len(FIRST))
    return [
        Decision(
            action=name,
            effects=view.effects.get(name, ()),
            fields=[_field(field, kind, view.fields.get(field)) for field, kind in view.offers[name].items()],
            says=sentence(view.effects.get(name, ())),
        )
        for name in names
    ]


def sentence(effects: Sequence[Mapping[str, JsonValue]]) -> str:
    """The effects of a decision in one line: `send_reply (desk), cancel_order (shop) #W48`."""
    return " · ".join(_says(one) for one in effects)


def _says(effect: Mapping[str, JsonValue]) -> str:
    name = str(effect["name"]).replace("_", " ")
    values = cast("Mapping[str, JsonValue]", effect["arguments"]).values()
    short = [str(one) for one in values if isinstance(one, str | int | float) and len(str(one)) <= 24]
    return " ".join([name, *short[:3]])


def _field(name: str, written: str, value: JsonValue) -> Field:
    kind = bare(parse_type(written), {})
    shown = "" if value is None else value if isinstance(value, str) else _as_json(value)
    is_required = not written.endswith("?") and value is None
    if isinstance(kind, Enum):
        return Field(name=name, kind="choice", choices=kind.values, is_required=is_required, value=shown)
    plain = {"str": "text" if name in ("text", "note") or len(shown) > 80 else "line", "bool": "yes_no"}
    plain |= {"int": "number", "float": "number"}
    form = plain.get(written.removesuffix("?"), "json")
    return Field(name=name, kind=form, is_required=is_required, value=shown)


def _as_json(value: JsonValue) -> str:
    import orjson

    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def given_fields(view: ReviewView, action: str, form: Mapping[str, str]) -> dict[str, JsonValue]:
    """The fields of a submitted form by their declared types; an unchanged or empty one is left out.

    Raises:
        DataError: `review.bad-field`: a field is not of its type.
    """
    from compound.errors import DataError

    given: dict[str, JsonValue] = {}
    for decision in decisions_of(view):
        if decision.action != action:
            continue
        for field in decision.fields:
            text = form.get(f"field.{field.name}", "").replace("\r\n", "\n")
            if not text or text == field.value:
                continue
            try:
                given[field.name] = _parsed(field, text)
            except ValueError as error:
                raise DataError("review.bad-field", f"{field.name}: {text[:60]!r} is not {field.kind}") from error
    return given


def _parsed(field: Field, text: str) -> JsonValue:
    import orjson

    if field.kind in ("text", "line", "choice"):
        return text
    if field.kind == "yes_no":
        return text == "true"
    return cast("JsonValue", orjson.loads(text))
