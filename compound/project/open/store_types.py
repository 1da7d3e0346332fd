"""The type of what `STORE_documents` returns, from the declaration of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.spec.records_file import RecordsNested, RecordsRows

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.records_file import RecordsField, RecordsFile

    Schema = dict[str, JsonValue]

_COLUMNS: Final[Mapping[str, str]] = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def documents_schema(file: RecordsFile) -> Schema:
    """JSON schema of the documents of a store's view: each kind by id, and the versions of their rows."""
    kinds = dict.fromkeys([file.view.root, *(step.target for step in file.view.follow)])
    fields: Schema = {
        kind: _by_key(_object(file, file.documents[kind].table, file.documents[kind].shape)) for kind in kinds
    }
    return _closed({**fields, "versions": _by_key({"type": "integer"})})


def _object(file: RecordsFile, table: str, shape: Mapping[str, RecordsField]) -> Schema:
    optional = [name for name, part in shape.items() if isinstance(part, str) and part.endswith("?")]
    return _closed({name: _field(file, table, part) for name, part in shape.items()}, optional)


def _field(file: RecordsFile, table: str, part: RecordsField) -> Schema:
    if isinstance(part, RecordsNested):
        return _object(file, table, part.fields)
    if isinstance(part, RecordsRows):
        return _rows(file, part)
    return _column(file, table, part.rstrip("?"))


def _rows(file: RecordsFile, part: RecordsRows) -> Schema:
    if part.value:
        return _list(_column(file, part.rows, part.value))
    if part.group:
        columns = {name: cast("str", column) for name, column in part.shape.items()}
        return _list(_closed({name: _list(_column(file, part.rows, column)) for name, column in columns.items()}))
    row = _object(file, part.rows, part.shape)
    return _by_key(row) if part.by else _list(row)


def _column(file: RecordsFile, table: str, column: str) -> Schema:
    kind = _COLUMNS.get(file.tables[table].columns[column])
    return {} if kind is None else {"type": kind}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _by_key(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _closed(fields: Schema, optional: list[str] | None = None) -> Schema:
    required: list[JsonValue] = [name for name in fields if name not in (optional or ())]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
