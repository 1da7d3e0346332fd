"""Offers of reviews: actions, their fields, and validation of a requested decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from compound.errors import DataError, choices
from compound.language.decisions import APPROVE, EDIT, REJECT
from compound.language.json_schema import from_json_schema
from compound.language.schema import SchemaPart, nullable
from compound.language.types import STR, Enum, Many, bare, show_type
from compound.language.validate import validator

if TYPE_CHECKING:
    from pydantic import JsonValue

Offer: TypeAlias = "Mapping[str, Mapping[str, Mapping[str, JsonValue]]]"
"""Action to field to JSON Schema: `decide:` of a review node."""

MOVES: Final = ("return", "escalate")
"""Moves of the queue: every review has them; `decide:` does not declare them."""
WITHOUT_EFFECTS: Final = (REJECT, *MOVES)

_TEXT: Final[Mapping[str, JsonValue]] = {"type": "string"}
_TEXT_OR_NULL: Final[Mapping[str, JsonValue]] = nullable({"type": "string"})
_LIST_OR_NULL: Final[Mapping[str, JsonValue]] = nullable({"type": "array"})
ANYTHING_USUAL: Final[Offer] = {
    APPROVE: {"reason": _TEXT_OR_NULL},
    EDIT: {"text": _TEXT_OR_NULL, "actions": _LIST_OR_NULL, "reason": _TEXT_OR_NULL},
    REJECT: {"reason": _TEXT},
}
"""Offer of reviews without a stored one: opened by a program, or by an older version."""


def fields_of(
    offer: Offer,
    present: Mapping[str, JsonValue],
    action: str,
    given: Mapping[str, JsonValue],
    *,
    is_rule: bool = False,
) -> dict[str, JsonValue]:
    """All fields of a decision: given values, else shown values, else null if allowed.

    Args:
        offer: The review's offer.
        present: Fields that already have a value in the shown review.
        action: Action to decide.
        given: Fields that the user gives.
        is_rule: A rule decides; it needs no reason.

    Raises:
        DataError: `review.not-offered`: unknown action, unknown field, or a value of another type;
            `review.missing-field`; `review.reason`: a required reason is missing.
    """
    if action in MOVES:
        return _of_move(action, given)
    declared = offer.get(action)
    if declared is None:
        what = f"this review does not offer {action!r}"
        raise DataError("review.not-offered", what, fix=choices(list(offer), action))
    given = {name: _listed(value, declared.get(name)) if name == "reason" else value for name, value in given.items()}
    for name, value in given.items():
        _require_fit(action, name, value, declared)
    return {
        name: None if is_rule and name == "reason" else _value(action, name, schema, present, given)
        for name, schema in declared.items()
    }


def _of_move(action: str, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    unknown = next((name for name in given if name != "reason"), None)
    if unknown is not None:
        raise DataError(
            "review.not-offered", f"{action} takes no field {unknown!r}", fix="it takes a reason and a note"
        )
    if action == "return" and not given.get("reason"):
        raise _no_reason(action)
    return dict(given)


def _listed(value: JsonValue, schema: Mapping[str, JsonValue] | None) -> JsonValue:
    """A reason as it is declared: `wrong_fact,tone` is two where several may be given."""
    if isinstance(value, str) and schema is not None and isinstance(bare(from_json_schema(schema), {}), Many):
        return [one.strip() for one in value.split(",") if one.strip()]
    return value


def _require_fit(action: str, name: str, value: JsonValue, declared: Mapping[str, Mapping[str, JsonValue]]) -> None:
    if name not in declared:
        takes = f"it takes {', '.join(declared)}" if declared else "it takes no fields"
        what = f"{action} takes no field {name!r}: {takes}"
        raise DataError("review.not-offered", what, fix=choices(list(declared), name) if declared else "leave it out")
    kind = from_json_schema(declared[name])
    problems = [] if value is None and is_optional(declared[name]) else validator(kind, {})(value)
    if problems:
        inner = bare(kind, {})
        fix = f"{name} is {show_type(kind)}"
        if isinstance(inner, Enum):
            fix = choices(inner.values, str(value))
        elif value is None and not is_optional(declared[name]):
            fix = f"leave it out, or give it: {fix}"
        raise DataError("review.not-offered", f"{action} cannot take {name}: {'; '.join(problems[:5])}", fix=fix)


def _value(
    action: str,
    name: str,
    schema: Mapping[str, JsonValue],
    present: Mapping[str, JsonValue],
    given: Mapping[str, JsonValue],
) -> JsonValue:
    value = given[name] if name in given else present.get(name)
    is_blank = isinstance(value, str) and not value.strip() and from_json_schema(schema) == STR
    is_blank = is_blank or (name == "reason" and value == [])
    if value is not None and not is_blank:
        return value
    if is_blank and name in given and name != "reason":
        raise DataError("review.missing-field", f"{action} needs {name}: the text is empty", fix=f"write {name}")
    if is_optional(schema):
        return value
    if name == "reason":
        raise _no_reason(action, schema)
    what = f"{action} needs {name} ({show_type(from_json_schema(schema))})"
    raise DataError("review.missing-field", what, fix=f"--field {name}=VALUE")


def is_optional(schema: Mapping[str, JsonValue]) -> bool:
    """Whether null is allowed, so that the field may be left out."""
    return not schema or SchemaPart.of(schema).may_be_null


def shown_offer(offer: Offer) -> dict[str, dict[str, str]]:
    """Action to field to type, as written in graph files: `{reject: {reason: "enum(a, b)"}}`."""
    return {
        action: {
            name: f"{kind}?" if is_optional(schema) and schema and not kind.endswith("?") else kind
            for name, schema in fields.items()
            for kind in [show_type(from_json_schema(schema))]
        }
        for action, fields in offer.items()
    }


def read_fields(offer: Offer, action: str, written: Sequence[str]) -> dict[str, JsonValue]:
    """Parse fields from the command line, `card=C-1 amount=40`: text as it is, everything else as JSON.

    `@FILE` reads a file; `@@` escapes a text that begins with `@`.

    Raises:
        DataError: `review.bad-field`: not `name=value`, given twice, not JSON, or a missing file.
    """
    given: dict[str, JsonValue] = {}
    declared = offer.get(action, {})
    for one in written:
        name, mark, text = one.partition("=")
        if not mark or not name:
            fix = f"write {name}=VALUE" if name in declared else choices(list(declared), name)
            raise DataError("review.bad-field", f"{one!r} is not NAME=VALUE", fix=fix)
        if name in given:
            raise DataError("review.bad-field", f"{name!r} is given twice", fix="give it once")
        given[name] = _read(name, text, declared.get(name))
    return given


def _read(name: str, text: str, schema: Mapping[str, JsonValue] | None) -> JsonValue:
    import orjson

    if text.startswith("@@"):
        text = text[1:]
    elif text.startswith("@"):
        text = _file(name, text[1:])
    kind = None if schema is None else bare(from_json_schema(schema), {})
    if kind is None or isinstance(kind, Enum) or show_type(kind) in ("str", "date", "datetime"):
        return text
    try:
        return cast("JsonValue", orjson.loads(text))
    except orjson.JSONDecodeError as error:
        what = f"{name}: {text[:60]!r} is not JSON, and {name} is {show_type(kind)}: {error}"
        raise DataError("review.bad-field", what, fix=f"{name}='[...]', or {name}=@FILE.json") from error


def _file(name: str, path: str) -> str:
    from pathlib import Path

    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DataError("review.bad-field", f"{name}: {path} cannot be read: {why}", fix="name a file") from error


def _no_reason(action: str, schema: Mapping[str, JsonValue] = _TEXT) -> DataError:
    kind = bare(from_json_schema(schema), {})
    kind = bare(kind.item, {}) if isinstance(kind, Many) else kind
    reasons = "|".join(kind.values) if isinstance(kind, Enum) else "TEXT"
    return DataError("review.reason", f"{action} needs a reason", fix=f"--reason {reasons}")
