"""JSONL: one record per line; unreadable lines are reported, the others are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

import orjson

from compound.connector.rows.row import Row, unreadable
from compound.errors import Location
from compound.language.json_keys import repeated_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

    from pydantic import JsonValue

MAX_LINE: Final = 16 * 1024 * 1024
"""Maximum bytes of a line; longer lines are not parsed."""
_ID_AT: Final = re.compile(rb'"id"\s*:\s*(?:"((?:[^"\\]|\\.){1,200})"|(\d{1,18})\b)')
_HEAD: Final = 4096


def read_jsonl(path: Path) -> Iterator[Row]:
    """The records of a JSONL file; empty lines are skipped.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        line = 0
        while raw := stream.readline(MAX_LINE + 1):
            line += 1
            where = Location(str(path), line)
            if len(raw) > MAX_LINE:
                _skip_line(stream, raw)
                yield unreadable(where, f"the line has more than {MAX_LINE:,} bytes", "shorten it", _hint(raw))
                continue
            text = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if text.strip():
                yield _row(text, where)


def _skip_line(stream: BufferedReader, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(1 << 20)


def _row(text: bytes, where: Location) -> Row:
    try:
        text.decode()
        record = cast("object", orjson.loads(text))
    except UnicodeDecodeError as error:
        what = f"byte {error.start} of the line (0x{text[error.start]:02x}) is not UTF-8"
        return unreadable(where, what, "save the file as UTF-8", _hint(text))
    except orjson.JSONDecodeError as error:
        what = f"the line is not JSON: {error.msg} at character {error.pos + 1}"
        return unreadable(where, what, "write one JSON object per line", _hint(text))
    if not isinstance(record, dict):
        return unreadable(where, f"the line is {_word(record)}, not an object", "write one JSON object per line")
    if (twice := repeated_key(text)) is not None:
        hint = "" if twice == "id" else _hint(text)
        return unreadable(where, f"the key {twice!r} occurs twice in one object", "keep one of them", hint)
    return Row(where=where, record=cast("dict[str, JsonValue]", record))


def _word(value: object) -> str:
    words: dict[type, str] = {list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return words.get(type(value), "null")


def _hint(raw: bytes) -> str:
    found = _ID_AT.search(raw[:_HEAD]) or _ID_AT.search(raw[-_HEAD:])
    return "" if found is None else (found.group(1) or found.group(2)).decode("utf-8", "replace")
