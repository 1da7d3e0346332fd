"""Keys that come twice in a JSON text: every reader keeps one of them in silence, and not all keep the same."""

from __future__ import annotations

import json
from typing import cast


def repeated_key(text: bytes | str) -> str | None:
    """The first key that comes twice in one object, at any depth; None when none does.

    Args:
        text: JSON that another reader has accepted.
    """
    return _inside(_read(text))


def repeated_in_items(text: bytes | str) -> dict[int, str]:
    """Of a JSON list: index of an item to the first key that comes twice in it."""
    value = _read(text)
    items = cast("list[object]", value) if isinstance(value, list) else []
    return {place: key for place, item in enumerate(items) if (key := _inside(item)) is not None}


def _read(text: bytes | str) -> object:
    try:
        return cast("object", json.loads(text, object_pairs_hook=_pairs, parse_int=str, parse_float=str))
    except (RecursionError, ValueError):
        return None  # deeper than any record that has a meaning; or no JSON, which its reader says better


class _Twice:
    def __init__(self, key: str) -> None:
        self.key = key


def _pairs(pairs: list[tuple[str, object]]) -> object:
    known = dict(pairs)
    if len(known) == len(pairs):
        return known
    seen = set[str]()
    return next(_Twice(key) for key, _ in pairs if key in seen or seen.add(key))


def _inside(value: object) -> str | None:
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, _Twice):
            return one.key
        if isinstance(one, dict):
            stack.extend(cast("dict[str, object]", one).values())
        elif isinstance(one, list):
            stack.extend(cast("list[object]", one))
    return None
