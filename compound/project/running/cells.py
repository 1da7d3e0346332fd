"""Converts a cell of a table to the type that a graph declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.language.json_keys import repeated_key
from compound.language.types import ANY, Many, Record, Scalar, bare, show_type

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.rows.row import CellKind
    from compound.language.types import Names, Type

_INT, _FLOAT, _BOOL = Scalar("int"), Scalar("float"), Scalar("bool")
_TRUTHS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def typed(kind: Type, names: Names, value: JsonValue, cells: CellKind) -> JsonValue:
    """The value of a cell: text is parsed as its type; other values are unchanged.

    Args:
        kind: The declared type.
        names: The graph's own types.
        value: The cell.
        cells: The types that the source has: JSON has them all, a CSV file none.

    Raises:
        ValueError: The text is not a value of the type; the message tells why.
    """
    if cells == "json" or not isinstance(value, str):
        return value
    plain = bare(kind, names)
    if isinstance(plain, (Many, Record)):
        return _json(value, show_type(kind))
    if plain == ANY:
        return _json_or_text(value)
    return _scalar(plain, value, show_type(kind)) if cells == "text" else value


def _scalar(plain: Type, text: str, shown: str) -> JsonValue:
    word = text.strip()
    try:
        if plain == _INT:
            return int(word)
        if plain == _FLOAT:
            return float(word)
        if plain == _BOOL:
            return _TRUTHS[word.lower()]
    except (ValueError, KeyError):
        raise ValueError(f"{text[:60]!r} is not {'an' if shown[0] in 'aeiou' else 'a'} {shown}") from None
    return text


def _json(text: str, shown: str) -> JsonValue:
    import orjson

    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError(f"{text[:60]!r} is not JSON of the type {shown}") from None
    if (twice := repeated_key(text)) is not None:
        raise ValueError(f"the key {twice!r} is in one object twice")
    return found


def _json_or_text(text: str) -> JsonValue:
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return _json(text, "json")
    except ValueError:
        return text
