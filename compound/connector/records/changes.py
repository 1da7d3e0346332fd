"""Differences between two JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from pydantic import JsonValue


class Change(TypedDict):
    """A difference: `op` at `path`, with `old` and `value` if present."""

    op: Literal["add", "remove", "replace"]
    path: list[str]
    old: NotRequired[JsonValue]
    value: NotRequired[JsonValue]


def changes(before: JsonValue, after: JsonValue) -> list[Change]:
    """The changes from `before` to `after`, sorted by path; lists are compared as a whole."""
    return sorted(_walk([], before, after), key=lambda change: change["path"])


def _walk(path: list[str], before: JsonValue, after: JsonValue) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            here = [*path, name]
            if name not in before:
                yield {"op": "add", "path": here, "value": after[name]}
            elif name not in after:
                yield {"op": "remove", "path": here, "old": before[name]}
            else:
                yield from _walk(here, before[name], after[name])
    elif before != after:
        yield {"op": "replace", "path": path, "old": before, "value": after}
