"""Parses DuckDB's type names into trees: `STRUCT(a INTEGER, "b c" DATE[])`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_ARRAY: Final = re.compile(r"\[\d*\]$")
_NAME: Final = re.compile(r'"((?:[^"]|"")*)"\s+|(\S+)\s+')
_NESTED: Final = re.compile(r"(STRUCT|TUPLE|MAP)\((.*)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shape:
    """A type and the types inside it.

    Attributes:
        kind: `LIST`, `STRUCT`, `TUPLE`, `MAP`, or a type without parts as DuckDB writes it: `DECIMAL(10,2)`.
        parts: Item of a list, key and value of a map, or fields in order.
        names: Field names of a struct.
    """

    kind: str
    parts: tuple[Shape, ...] = ()
    names: tuple[str, ...] = ()


@lru_cache(maxsize=1_024)
def shape_of(kind: str) -> Shape:
    """Parse a type name."""
    text = kind.strip()
    if found := _ARRAY.search(text):
        return Shape("LIST", (shape_of(text[: found.start()]),))
    nested = _NESTED.match(text)
    if nested is None:
        return Shape(text)
    inner = list(_split(nested[2]))
    if nested[1] != "STRUCT":
        return Shape(nested[1], tuple(map(shape_of, inner)))
    names: list[str] = []
    parts: list[Shape] = []
    for field in inner:
        name = _NAME.match(field)
        if name is None:
            return Shape(text)
        names.append(name[2] if name[1] is None else name[1].replace('""', '"'))
        parts.append(shape_of(field[name.end() :]))
    return Shape("STRUCT", tuple(parts), tuple(names))


def _split(text: str) -> Iterator[str]:
    """Split at commas outside of brackets and quotes."""
    depth, start, quote = 0, 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()
