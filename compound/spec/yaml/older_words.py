"""Older words of declared files: they are still read, and `compound fmt` writes the present ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.yaml.tree import Node

OLDER_KINDS: Final[Mapping[str, str]] = {"shop": "records", "desk": "mailbox"}
"""Older kinds in a file's first line, and the present kind."""
OLDER_KEYS: Final[Mapping[str, Mapping[str, str]]] = {"desk": {"tickets": "items"}}
"""Older keys of files of an older kind, and the present ones."""
OLDER_ID: Final = "customer_id"
"""The name of a view's root id in graphs, for files of the older records kind."""


def present_data(data: JsonValue) -> JsonValue:
    """The content of a file in the present words."""
    older = _older(data)
    if older is None or not isinstance(data, dict):
        return data
    keys = OLDER_KEYS.get(older, {})
    made = {keys.get(name, name): value for name, value in data.items()}
    made["compound"] = _line(older)
    view = made.get("view")
    if isinstance(view, dict) and OLDER_KINDS[older] == "records":
        made["view"] = {"key": OLDER_ID, **view}
    return made


def write_present(node: Node, data: JsonValue) -> None:
    """Convert the tree of a file to the present words, keeping its comments."""
    from compound.spec.yaml.tree import Entry, Node

    older = _older(data)
    if older is None:
        return
    keys = OLDER_KEYS.get(older, {})
    for entry in node.entries:
        entry.key = keys.get(entry.key or "", entry.key)
        if entry.key == "compound":
            entry.value.value = entry.value.raw = _line(older)
        is_view = entry.key == "view" and OLDER_KINDS[older] == "records"
        if is_view and "key" not in [one.key for one in entry.value.entries]:
            name = Node(kind="scalar", start=0, end=0, value=OLDER_ID, raw=OLDER_ID)
            entry.value.entries.append(Entry(start=0, value=name, key="key"))


def _older(data: JsonValue) -> str | None:
    said = data.get("compound") if isinstance(data, dict) else None
    word = said.partition("/")[0] if isinstance(said, str) else ""
    return word if word in OLDER_KINDS else None


def _line(older: str) -> str:
    return f"{OLDER_KINDS[older]}/v1"
