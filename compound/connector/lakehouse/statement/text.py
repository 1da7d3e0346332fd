"""Edits of a statement's text that do not change what it means; each is proven again after it was made."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

_PREFIX: Final = re.compile(rb'(?:"(?:[^"]|"")*"|[^\s".]+)\s*\.\s*')


def without_tail(sql: str) -> str:
    """A statement without the semicolons, comments and space behind it."""
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
    """Every way to write tables with what stands before their names: `lake.shop.orders` also as `shop.orders`."""
    parts = [tuple(name.casefold().split(".")) for name in spelled]
    return frozenset(one[start:] for one in parts for start in range(len(one) - 1))


def without_prefixes(sql: str, prefixes: Sequence[tuple[int, int]]) -> str:
    """A statement with qualified names shortened.

    Args:
        sql: The text.
        prefixes: Where a name begins, in bytes of UTF-8, and how many parts are taken from it.
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
