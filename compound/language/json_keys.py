"""Duplicate keys in a JSON text: every reader silently keeps one of them, and not all keep the same."""

from __future__ import annotations

import json
from typing import cast


def repeated_key(text: bytes | str) -> str | None:
    """The first key that is twice in one object, at any depth; None if there is no duplicate.

    Args:
        text: JSON that another reader has accepted.
    """
    return _inside(_read(text))


def repeated_in_items(text: bytes | str) -> dict[int, str]:
    """For a JSON list: index of each item with a duplicate key, to the first such key."""
    value = _read(text)
    items = cast("list[object]", value) if isinstance(value, list) else []
    return {place: key for place, item in enumerate(items) if (key := _inside(item)) is not None}


def _read(text: bytes | str) -> object:
    try:
        return cast("object", json.loads(text, object_pairs_hook=_pairs, parse_int=str, parse_float=str))
    except (RecursionError, ValueError):
        return None  # nested too deeply for a meaningful record, or not JSON, which its reader reports better


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
