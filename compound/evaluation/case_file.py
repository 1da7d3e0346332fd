"""Cases of a suite in a JSONL file, as `compound review export --kind eval` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import DataError, Location
from compound.evaluation.types import Case

if TYPE_CHECKING:
    from pydantic import JsonValue

_FIX: Final = 'each line is {"id": "...", "input": {...}, "expected": {...}}'


def read_cases(path: Path | str) -> list[Case]:
    """The cases of a JSONL file: one object a line, with `id`, `input`, `expected`.

    `cluster_id`, `tags` and `context` are read where they are present; everything else is for people and other
    programs. Empty lines are skipped.

    Args:
        path: The file, UTF-8.

    Raises:
        DataError: ``cases.unreadable``: the file cannot be read, or a line is not a case; names the line.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        what = f"{path} cannot be read: {error.strerror}"
        raise DataError("cases.unreadable", what, fix="compound review export --kind eval --to FILE") from error
    return [_case(line, Location(str(path), number)) for number, line in enumerate(lines, 1) if line.strip()]


def _case(line: bytes, where: Location) -> Case:
    import orjson

    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DataError("cases.unreadable", f"the line is not JSON: {error}", where=where, fix=_FIX) from error
    if not isinstance(record, dict):
        raise DataError("cases.unreadable", "the line is not a JSON object", where=where, fix=_FIX)
    found = cast("dict[str, Any]", record)
    if not isinstance(found.get("id"), str) or not found["id"]:
        raise DataError("cases.unreadable", "the case has no `id`", where=where, fix=_FIX)
    return Case(
        id=found["id"],
        input=_object(found, "input", where),
        expected=_object(found, "expected", where),
        cluster_id=None if found.get("cluster_id") is None else str(found["cluster_id"]),
        tags={str(name): str(value) for name, value in _object(found, "tags", where, default={}).items()},
        context=_object(found, "context", where, default={}),
    )


def _object(
    found: Mapping[str, Any], name: str, where: Location, default: Mapping[str, JsonValue] | None = None
) -> Mapping[str, JsonValue]:
    value = found.get(name, default)
    if not isinstance(value, dict):
        what = f"`{name}` of case {found['id']!r} is {'absent' if value is None else 'not an object'}"
        raise DataError("cases.unreadable", what, where=where, fix=_FIX)
    return cast("Mapping[str, JsonValue]", value)
