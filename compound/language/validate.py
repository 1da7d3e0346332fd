"""Validates JSON values against types, with closures that are made once; no pydantic while a graph runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from compound.language.references import kind_of
from compound.language.types import Enum, Many, Named, Names, Nullable, Record, Scalar, Type, is_cyclic, is_date

if TYPE_CHECKING:
    from pydantic import JsonValue

Problems: TypeAlias = "list[str]"
Validate: TypeAlias = "Callable[[JsonValue, str, Problems], None]"
"""Adds the problems of a value; the text is the path to the value, `` for the whole."""

_MAX_PROBLEMS: Final = 20


def validator(kind: Type, names: Names) -> Callable[[JsonValue], Problems]:
    """A function that returns the problems of a value; empty if it fits the type.

    Unknown fields of a declared record are problems too: a model's answer has only the declared fields.
    """
    check = _compile(kind, names, {})

    def validate(value: JsonValue) -> Problems:
        problems: Problems = []
        check(value, "", problems)
        return problems[:_MAX_PROBLEMS]

    return validate


def _compile(  # noqa: PLR0911 - one branch per kind of type
    kind: Type, names: Names, made: dict[str, Validate]
) -> Validate:
    match kind:
        case Scalar(name):
            return _SCALARS[name]
        case Enum(values):
            return _enum(values)
        case Many(item):
            return _many(_compile(item, names, made))
        case Nullable(item):
            return _maybe(_compile(item, names, made))
        case Record():
            return _record(kind, {n: _compile(k, names, made) for n, k in kind.fields.items()})
        case Named(name):
            if name not in names or is_cyclic(name, names):
                return _anything
            if name in made:
                return made[name]
            # A record may be recursive: a validator that is still being built is looked up when it is used.
            made[name] = _later(name, made)
            made[name] = _compile(names[name], names, made)
            return made[name]


def _later(name: str, made: dict[str, Validate]) -> Validate:
    def check(value: JsonValue, path: str, problems: Problems) -> None:
        made[name](value, path, problems)

    return check


def _say(path: str, wanted: str, value: JsonValue) -> str:
    return f"{path or 'the value'}: expected {wanted}, got {kind_of(value)}"


def _anything(_value: JsonValue, _path: str, _problems: Problems) -> None:
    return


def _text(value: JsonValue, path: str, problems: Problems) -> None:
    if not isinstance(value, str):
        problems.append(_say(path, "text", value))


def _whole(value: JsonValue, path: str, problems: Problems) -> None:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        problems.append(_say(path, "a whole number", value))


def _number(value: JsonValue, path: str, problems: Problems) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.append(_say(path, "a number", value))


def _truth(value: JsonValue, path: str, problems: Problems) -> None:
    if not isinstance(value, bool):
        problems.append(_say(path, "true or false", value))


def _day(value: JsonValue, path: str, problems: Problems) -> None:
    if not isinstance(value, str) or not is_date(value):
        problems.append(f"{path or 'the value'}: expected a date such as 2026-01-31")


def _moment(value: JsonValue, path: str, problems: Problems) -> None:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    problems.append(f"{path or 'the value'}: expected a time such as 2026-01-31T12:00:00Z")


_SCALARS: Final[dict[str, Validate]] = {
    "str": _text,
    "int": _whole,
    "float": _number,
    "bool": _truth,
    "date": _day,
    "datetime": _moment,
    "any": _anything,
}


def _enum(values: tuple[str, ...]) -> Validate:
    known = frozenset(values)

    def check(value: JsonValue, path: str, problems: Problems) -> None:
        if not isinstance(value, str) or value not in known:
            problems.append(f"{path or 'the value'}: {value!r} is not one of {', '.join(values)}")

    return check


def _many(item: Validate) -> Validate:
    def check(value: JsonValue, path: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.append(_say(path, "a list", value))
            return
        for index, one in enumerate(value):
            item(one, f"{path}[{index}]", problems)
            if len(problems) >= _MAX_PROBLEMS:
                return

    return check


def _maybe(item: Validate) -> Validate:
    def check(value: JsonValue, path: str, problems: Problems) -> None:
        if value is not None:
            item(value, path, problems)

    return check


def _record(kind: Record, fields: dict[str, Validate]) -> Validate:
    required = kind.must_have()
    is_open = kind.is_open

    def check(value: JsonValue, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.append(_say(path, "a record", value))
            return
        lead = f"{path}." if path else ""
        known = 0
        for name, item in fields.items():
            if name in value:
                known += 1
                item(value[name], lead + name, problems)
            elif name in required:
                problems.append(f"{lead}{name}: is missing")
        if known < len(value) and not is_open:
            problems.extend(f"{lead}{name}: is not a field" for name in value if name not in fields)

    return check
