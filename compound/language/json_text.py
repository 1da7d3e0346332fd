"""JSON as other programs write it: integers of any length stay exact, surrogate halves are joined or replaced."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, cast

import orjson

if TYPE_CHECKING:
    from pydantic import JsonValue

# Longer than any 64-bit integer that orjson reads exactly.
_LONG_NUMBER: Final = re.compile(rb"\d{19}")
_HALF: Final = re.compile("[\ud800-\udfff]")


def read_json(text: str | bytes, *, keep_halves: bool = False) -> JsonValue:
    """The value of a JSON text.

    Integers beyond 64 bits are read exactly, two surrogate halves of one character as that character, a lone
    surrogate as U+FFFD.

    Args:
        text: The JSON.
        keep_halves: Whether to keep lone surrogates: their other half comes with the next text.

    Raises:
        ValueError: It is not JSON; `NaN` and `Infinity` are not either.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if not _LONG_NUMBER.search(raw):
        try:
            return cast("JsonValue", orjson.loads(raw))
        except orjson.JSONDecodeError:
            pass
    try:
        value = json.loads(raw.decode("utf-8", "surrogatepass"), parse_constant=_refuse)
        return value if keep_halves else whole_text(value)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _refuse(name: str) -> JsonValue:
    raise ValueError(f"{name} is not JSON")


def whole_characters(text: str) -> str:
    """The text with surrogate halves joined, and lone halves replaced by U+FFFD."""
    if _HALF.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_text(value: JsonValue) -> JsonValue:
    """The value with `whole_characters` in every text and every name."""
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, list):
        return [whole_text(item) for item in value]
    if isinstance(value, dict):
        return {whole_characters(name): whole_text(item) for name, item in value.items()}
    return value


def write_json(value: object, *, default: Callable[[object], object] | None = None, is_sorted: bool = False) -> bytes:
    """A value as compact JSON; integers of any length, lone surrogates as U+FFFD.

    Raises:
        TypeError: It has a value that is not JSON and that `default` does not convert.
    """
    options = (orjson.OPT_SORT_KEYS if is_sorted else 0) | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(value, default=default, option=options)
    except TypeError as error:
        plain = _plain(value, default, error)
        text = json.dumps(plain, sort_keys=is_sorted, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()


def _plain(value: object, default: Callable[[object], object] | None, error: TypeError) -> object:
    """A copy without values that orjson cannot write; raises orjson's error for a value that is not JSON."""
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        named = cast("Mapping[object, object]", value)
        return {whole_characters(str(name)): _plain(item, default, error) for name, item in named.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, default, error) for item in cast("list[object]", value)]
    return value if value is None or isinstance(value, int) else _plain(_record(value, default, error), default, error)


def _record(value: object, default: Callable[[object], object] | None, error: TypeError) -> object:
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None:
        return {name: getattr(value, name) for name in fields}
    if default is None:
        raise error
    return default(value)
