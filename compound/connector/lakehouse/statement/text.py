"""Edits of a statement's text that keep its meaning; the result is guarded again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

_PREFIX: Final = re.compile(rb'(?:"(?:[^"]|"")*"|[^\s".]+)\s*\.\s*')


def without_tail(sql: str) -> str:
    """A statement without trailing semicolons, comments and space."""
    import duckdb

    try:
        tokens = duckdb.tokenize(sql)
    except (duckdb.Error, RuntimeError):
        tokens = []
    data = sql.encode()
    end = len(data)
    for place, kind in reversed(tokens):
        is_comment = kind == duckdb.token_type.comment
        if not is_comment and data[place:end].strip() != b";":
            break
        end = place
    return data[:end].decode(errors="ignore").rstrip().removesuffix(";").rstrip()


def paths_of(spelled: Collection[str]) -> frozenset[tuple[str, ...]]:
    """Every qualified form of table names: `lake.shop.orders` and `shop.orders`."""
    parts = [tuple(name.casefold().split(".")) for name in spelled]
    return frozenset(one[start:] for one in parts for start in range(len(one) - 1))


def without_prefixes(sql: str, prefixes: Sequence[tuple[int, int]]) -> str:
    """A statement with qualified names shortened.

    Args:
        sql: The text.
        prefixes: Byte offset (UTF-8) of a name, and the number of parts to remove.
    """
    data = sql.encode()
    for place, parts in sorted(set(prefixes), reverse=True):
        end = place
        for _ in range(parts):
            found = _PREFIX.match(data, end)
            if found is None:
                break
            end = found.end()
        data = data[:place] + data[end:]
    return data.decode(errors="replace")
