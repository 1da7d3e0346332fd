"""JSON inputs as typed SQL parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias, cast

from pydantic import JsonValue

from compound.errors import DataError, choices
from compound.language.marks import CALLER, KEY
from compound.language.schema import closed_record, nullable
from compound.spec.sql_tool import ParamSpec

Typed: TypeAlias = "str | bool | int | float | Decimal | date | datetime | list[Typed] | None"

_INT32: Final = 2**31
_INT64: Final = 2**63
_MAX_ITEMS: Final = 1_000
_MAX_CHARS: Final = 10_000


def _text(value: JsonValue) -> Typed:
    if not isinstance(value, str):
        msg = "it must be text"
        raise TypeError(msg)
    if "\x00" in value:
        msg = "it contains a NUL character"
        raise ValueError(msg)
    return value


def _truth(value: JsonValue) -> Typed:
    if not isinstance(value, bool):
        msg = "it must be true or false"
        raise TypeError(msg)
    return value


def _whole(limit: int) -> Callable[[JsonValue], Typed]:
    def convert(value: JsonValue) -> Typed:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            msg = "it must be an integer" if limit == _INT64 else "it must be a 32-bit integer"
            raise TypeError(msg)
        return value

    return convert


def _number(value: JsonValue) -> Typed:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "it must be a number"
        raise TypeError(msg)
    return float(value)


def _decimal(value: JsonValue) -> Typed:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        msg = "it must be a decimal number"
        raise TypeError(msg)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        msg = "it must be a decimal number"
        raise ValueError(msg) from None


def _day(value: JsonValue) -> Typed:
    return date.fromisoformat(cast("str", _text(value)))


def _moment(value: JsonValue) -> Typed:
    return datetime.fromisoformat(cast("str", _text(value)))


_CONVERT: Final[dict[str, Callable[[JsonValue], Typed]]] = {
    "VARCHAR": _text,
    "BOOLEAN": _truth,
    "INTEGER": _whole(_INT32),
    "BIGINT": _whole(_INT64),
    "DOUBLE": _number,
    "DECIMAL": _decimal,
    "DATE": _day,
    "TIMESTAMP": _moment,
}

SAMPLES: Final[dict[str, Typed]] = {
    "VARCHAR": "",
    "BOOLEAN": True,
    "INTEGER": 0,
    "BIGINT": 0,
    "DOUBLE": 0.0,
    "DECIMAL": Decimal(0),
    "DATE": date(2000, 1, 1),
    "TIMESTAMP": datetime(2000, 1, 1),  # noqa: DTZ001  DuckDB's TIMESTAMP has no zone
}
"""A value of each scalar type, for binding without running."""

_SCHEMAS: Final[dict[str, dict[str, JsonValue]]] = {
    "VARCHAR": {"type": "string"},
    "BOOLEAN": {"type": "boolean"},
    "INTEGER": {"type": "integer"},
    "BIGINT": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "DECIMAL": {"type": "number"},
    "DATE": {"type": "string", "format": "date"},
    "TIMESTAMP": {"type": "string", "format": "date-time"},
}


def sample(spec: ParamSpec) -> Typed:
    """A value of the parameter's type."""
    scalar = SAMPLES[spec.type.removesuffix("[]")]
    return [scalar] if spec.type.endswith("[]") else scalar


def convert(tool: str, name: str, spec: ParamSpec, value: JsonValue) -> Typed:
    """Convert an input to a typed value within the parameter's bounds.

    Raises:
        DataError: ``tool.bad-input``.
    """
    try:
        if spec.type.endswith("[]"):
            if not isinstance(value, list):
                msg = "it must be a list"
                raise TypeError(msg)  # noqa: TRY301  one place says whose input it is
            to = _CONVERT[spec.type.removesuffix("[]")]
            typed: Typed = [to(item) for item in value]
        else:
            typed = _CONVERT[spec.type](value)
        _within(spec, typed)
        if spec.values is not None and value not in spec.values:
            msg = f"it must be one of {', '.join(map(str, spec.values))}"
            raise ValueError(msg)  # noqa: TRY301
    except (TypeError, ValueError) as error:
        what = f"{tool}: parameter {name!r}: {error}"
        raise DataError("tool.bad-input", what, fix=f"pass a {spec.type}") from None
    return typed


def _within(spec: ParamSpec, typed: Typed) -> None:
    if isinstance(typed, str | list):
        cap = spec.max if spec.max is not None else (_MAX_CHARS if isinstance(typed, str) else _MAX_ITEMS)
        if len(typed) > cap:
            msg = f"it is longer than {cap:g} characters"
            raise ValueError(msg)
    elif isinstance(typed, int | float | Decimal) and not isinstance(typed, bool):
        if spec.max is not None and typed > spec.max:
            msg = f"it is more than {spec.max:g}"
            raise ValueError(msg)
        if spec.min is not None and typed < spec.min:
            msg = f"it is less than {spec.min:g}"
            raise ValueError(msg)


def arguments(
    tool: str,
    specs: Mapping[str, ParamSpec],
    given: Mapping[str, JsonValue],
    caller: Mapping[str, JsonValue] | None,
) -> dict[str, Typed]:
    """Typed parameters from inputs.

    Args:
        tool: The tool's name, for messages.
        specs: Its parameters.
        given: Inputs by parameter name.
        caller: The caller's fields, if the inputs come from a model: `from: caller.*` parameters are then taken only
            from here. None if the graph's references set the inputs.

    Raises:
        DataError: ``tool.bad-input``; ``tool.missing-caller``: a caller value is absent (refused, never NULL);
            ``tool.forged-caller``: the inputs set a parameter that only the caller may set.
    """
    unknown = [name for name in given if name not in specs]
    if unknown:
        what = f"{tool}: unknown parameter {unknown[0]!r}"
        raise DataError("tool.bad-input", what, fix=choices(list(specs), unknown[0]))
    typed: dict[str, Typed] = {}
    for name, spec in specs.items():
        if spec.source is not None:
            value = _caller_value(tool, name, spec.source, given, caller)
        else:
            value = given.get(name, spec.default)
            if value is None:
                if spec.required or spec.default is not None:
                    said = "must not be null" if name in given else "is missing"
                    what = f"{tool}: parameter {name!r} {said}"
                    raise DataError("tool.bad-input", what, fix=f"pass a {spec.type}")
                typed[name] = None
                continue
        typed[name] = convert(tool, name, spec, value)
    return typed


def _caller_value(
    tool: str,
    name: str,
    source: str,
    given: Mapping[str, JsonValue],
    caller: Mapping[str, JsonValue] | None,
) -> JsonValue:
    if caller is not None and name in given:
        what = f"{tool}: {name!r} is set from {source}, not by an input"
        raise DataError("tool.forged-caller", what, fix=f"leave {name} out")
    value = given.get(name) if caller is None else caller.get(source.removeprefix("caller."))
    if value is None:
        what = f"{tool}: {name!r} needs {source}, which is unknown"
        raise DataError("tool.missing-caller", what, fix="identify the caller first")
    return value


def params_schema(specs: Mapping[str, ParamSpec], *, for_model: bool) -> dict[str, JsonValue]:
    """JSON schema of the inputs; caller parameters are hidden from models."""
    shown = {name: spec for name, spec in specs.items() if not (for_model and spec.source)}
    required = [name for name, spec in shown.items() if spec.required]
    return closed_record({name: _property(spec) for name, spec in shown.items()}, required)


def _property(spec: ParamSpec) -> dict[str, JsonValue]:
    scalar: dict[str, JsonValue] = dict(_SCHEMAS[spec.type.removesuffix("[]")])
    if spec.values is not None:
        scalar["enum"] = list(spec.values)
    field: dict[str, JsonValue] = {"type": "array", "items": scalar} if spec.type.endswith("[]") else scalar
    optional = not spec.required
    if optional and spec.default is None:
        field = nullable(field)
    if optional:
        field["default"] = spec.default
    if spec.description:
        field["description"] = spec.description
    if spec.source is not None:
        field[KEY] = CALLER.meaning
    return field
