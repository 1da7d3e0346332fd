"""A submitted form as values of their declared types, with what is wrong beside each input."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, cast

from compound.web.reviews.one.form import DROP, Input
from compound.web.site.visible import without_hidden
from compound.web.site.words import ENGLISH, N_

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.web.site.words import Words

    Form = Mapping[str, str]


class _Nothing:
    """An entry that the form leaves out."""


NOTHING: Final = _Nothing()


class _WrongError(ValueError):
    """What is wrong with a text, as a message to translate with its values."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message, self.values = message, values


class _Errors:
    """Path of an input to what is wrong with it, in the language of the page."""

    def __init__(self, words: Words) -> None:
        self.told: dict[str, str] = {}
        self._words = words

    def add(self, path: str, error: _WrongError) -> None:
        self.told[path] = self._words.text(error.message) % error.values


@dataclass(slots=True)
class Submitted:
    """What a form says.

    Attributes:
        given: The fields that differ from what was shown.
        errors: Path of an input to what is wrong with it.
    """

    given: dict[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    errors: dict[str, str] = field(default_factory=dict[str, str])


def read_form(
    inputs: Sequence[Input], present: Mapping[str, JsonValue], form: Form, words: Words = ENGLISH
) -> Submitted:
    """The fields of a form that a person changed, by their declared types; hidden characters of texts are left out.

    Args:
        inputs: The inputs that the form showed.
        present: The values that it showed.
        form: Names and values as the browser sent them; an input that is not there keeps its value.
        words: The language of what is wrong.
    """
    found, errors = Submitted(), _Errors(words)
    for one in inputs:
        before = present.get(one.path)
        value = _read(one, before, form, errors)
        if not isinstance(value, _Nothing) and value != before:
            found.given[one.path] = value
    found.errors = errors.told
    return found


def _read(  # noqa: PLR0911 - one branch per kind of input
    one: Input, before: JsonValue, form: Form, errors: _Errors
) -> JsonValue | _Nothing:
    if one.can_drop and f"{DROP}{one.path}" in form:
        return NOTHING
    if one.kind == "record":
        return _record(one, before, form, errors)
    if one.kind == "list":
        return _list(one, before, form, errors)
    if one.kind == "choices" and one.name in form:
        return _several(one, before, form, errors)
    if one.kind == "fixed" or one.name not in form:
        return NOTHING if one.is_new else before
    text = form[one.name].replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        if one.is_required:
            errors.add(one.path, _WrongError(N_("is needed")))
        return _blank(one, before)
    if text == one.value:
        return _cleaned(before) if isinstance(before, str) else before
    try:
        return _parsed(one, text)
    except _WrongError as error:
        errors.add(one.path, error)
        return before


def _blank(one: Input, before: JsonValue) -> JsonValue | _Nothing:
    if one.is_new or (one.can_drop and one.kind != "line"):
        return NOTHING
    if one.may_be_null:
        return None
    return "" if isinstance(before, str) else NOTHING if before is None else before


def _record(one: Input, before: JsonValue, form: Form, errors: _Errors) -> JsonValue | _Nothing:
    if one.is_new and not any(form.get(inner.name, "").strip() for inner in _flat(one)):
        return NOTHING
    present = dict(cast("Mapping[str, JsonValue]", before)) if isinstance(before, dict) else {}
    is_effect = "arguments" in present and all(inner.path.startswith(f"{one.path}.arguments.") for inner in one.inputs)
    target = dict(cast("Mapping[str, JsonValue]", present["arguments"])) if is_effect else present
    for inner in one.inputs:
        name = inner.path.rpartition(".")[2]
        value = _read(inner, target.get(name), form, errors)
        if not isinstance(value, _Nothing) and (value is not None or name in target or inner.is_required):
            target[name] = value
    if is_effect:
        return {**present, "arguments": target}
    return target if target or before is not None else None


def _list(one: Input, before: JsonValue, form: Form, errors: _Errors) -> JsonValue:
    present = cast("list[JsonValue]", before) if isinstance(before, list) else []
    made: list[JsonValue] = []
    for index, inner in enumerate(one.inputs):
        value = _read(inner, present[index] if index < len(present) else None, form, errors)
        if isinstance(value, _Nothing) or (inner.kind == "line" and value == ""):
            continue
        made.append(value)
    return made if made or before is not None else None


def _several(one: Input, before: JsonValue, form: Form, errors: _Errors) -> JsonValue:
    """The ticked ones: each has a name of its own, so that a form without JavaScript says all of them."""
    ticked: list[JsonValue] = [choice for choice in one.choices if f"{one.name}.{choice}" in form]
    if one.is_required and not ticked:
        errors.add(one.path, _WrongError(N_("is needed")))
    return ticked if ticked or before is not None or one.is_required else None


def _flat(one: Input) -> list[Input]:
    return [one] if not one.inputs else [inner for part in one.inputs for inner in _flat(part)]


def _cleaned(text: str) -> str:
    return without_hidden(text)


def _parsed(one: Input, text: str) -> JsonValue:  # noqa: PLR0911 - one branch per kind of input
    match one.kind:
        case "whole":
            return _whole(text)
        case "number":
            return _number(text)
        case "yes_no":
            return text == "true"
        case "choice":
            return _choice(one, text)
        case "date":
            return _date(text)
        case "moment":
            return _moment(one, text)
        case "json":
            return _json(text)
        case _:
            if one.pattern and re.search(one.pattern, text) is None:
                raise _WrongError(N_("does not look as declared: %(pattern)s"), pattern=one.pattern)
            return _cleaned(text)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _WrongError(N_("“%(text)s” is not a whole number"), text=text) from None


def _number(text: str) -> float:
    from math import isfinite

    try:
        number = float(text)
    except ValueError:
        raise _WrongError(N_("“%(text)s” is not a number"), text=text) from None
    if not isfinite(number):
        raise _WrongError(N_("“%(text)s” is not a number"), text=text)
    return int(number) if number.is_integer() and "." not in text and "e" not in text.lower() else number


def _choice(one: Input, text: str) -> str:
    if text not in one.choices:
        raise _WrongError(N_("“%(text)s” is not one of %(choices)s"), text=text, choices=", ".join(one.choices))
    return text


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _WrongError(N_("“%(text)s” is not a date"), text=text) from None


def _moment(one: Input, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _WrongError(N_("“%(text)s” is not a date and time"), text=text) from None
    if one.value and _utc(one.value) == _utc(text):
        return one.value
    return moment.isoformat()


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json(text: str) -> JsonValue:
    import orjson

    try:
        return cast("JsonValue", orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise _WrongError(N_("is not JSON: %(error)s"), error=error) from None
