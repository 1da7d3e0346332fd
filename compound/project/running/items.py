"""A row of a source as the input of a graph: checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compound.batch import BacklogItem
from compound.connector.state import content_sha256
from compound.errors import CompoundError, DataError, choices
from compound.language.types import Record, parse_type
from compound.language.validate import validator
from compound.project.running.cells import typed

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.rows import Row
    from compound.errors import Location
    from compound.spec import GraphSpec

ID = "id"
_SHOWN = 5


class RowItems:
    """Makes items of the rows of one source, for a graph that declares no `item`: columns are its inputs.

    Args:
        spec: The graph.
        context: What is one for all; columns of these names are passed over.
    """

    def __init__(self, spec: GraphSpec, context: Mapping[str, JsonValue]) -> None:
        self._spec = spec
        self._context = context
        self._inputs = {name: parse_type(kind) for name, kind in spec.input.items()}
        self._columns = self._inputs | {name: parse_type(kind) for name, kind in spec.context.items()}
        self._input_problems = validator(Record(self._inputs), spec.type_names)
        declared = {name: parse_type(kind) for name, kind in spec.context.items()}
        self._context_problems = validator(Record(declared, is_open=True), spec.type_names)
        self._unnamed: dict[str, int] = {}
        self._seen: set[str] = set()

    def of(self, rows: Iterator[Row]) -> Iterator[BacklogItem]:
        """The items, in the order of the rows; a wrong row is an item with a problem."""
        return map(self._item, rows)

    def _item(self, row: Row) -> BacklogItem:
        place = f"{Path(row.where.file).name}:{row.where.line}"
        if row.error is not None or row.record is None:
            return BacklogItem(ticket_id=row.id_hint or place, ticket=None, problem=record_of(row.error))
        named = ""
        try:
            named = _id_of(row.record.get(ID), row.where)
            self._require_new(named, row.where)
            given = self._given(row, named or place)
        except DataError as error:
            return BacklogItem(ticket_id=named or place, ticket=None, problem=record_of(error))
        inputs = {name: value for name, value in given.items() if name in self._inputs}
        own = {n: value for n, value in given.items() if n in self._spec.context and n not in self._context}
        return BacklogItem(ticket_id=named or self._hash(inputs, own), ticket=inputs, context=own)

    def _require_new(self, named: str, where: Location) -> None:
        if named and named in self._seen:
            what = f"an earlier row has the id {named!r}; that one is run"
            raise DataError("row.duplicate-id", what, fix="give each row an id of its own", where=where)
        self._seen.add(named)

    def _given(self, row: Row, name: str) -> dict[str, JsonValue]:
        """The row's values by column, as their types are.

        Raises:
            DataError: `row.unknown-column`, `row.bad-input`.
        """
        record = row.record or {}
        given: dict[str, JsonValue] = {}
        problems: list[str] = []
        for column, value in record.items():
            if column not in self._columns:
                if column == ID:
                    continue
                known = choices(list(self._columns), column)
                what = f"row {name!r}: {self._spec.name} has no input and no context {column!r}; {known}"
                fix = "remove or rename the column, or declare it in the graph file"
                raise DataError("row.unknown-column", what, fix=fix, where=row.where)
            try:
                given[column] = typed(self._columns[column], self._spec.type_names, value, row.cells)
            except ValueError as error:
                problems.append(f"{column}: {error}")
        problems += [] if problems else self._problems(given)
        if problems:
            what = f"row {name!r} does not fit the graph {self._spec.name}: {'; '.join(problems[:_SHOWN])}"
            raise DataError("row.bad-input", what, fix="see `input:` and `context:` of the graph file", where=row.where)
        return given

    def _problems(self, given: Mapping[str, JsonValue]) -> list[str]:
        own = {name: value for name, value in given.items() if name in self._spec.context}
        found = self._input_problems({name: value for name, value in given.items() if name in self._inputs})
        return found + (self._context_problems({**own, **self._context}) if own else [])

    def _hash(self, inputs: Mapping[str, JsonValue], own: Mapping[str, JsonValue]) -> str:
        """Names a row that has no id by what it says; a second row that says the same has a number behind it."""
        name = content_sha256(inputs, own)[:16]
        self._unnamed[name] = count = self._unnamed.get(name, 0) + 1
        return name if count == 1 else f"{name}-{count}"


def _id_of(value: JsonValue, where: Location) -> str:
    """The id that a row has; empty where it has none.

    Raises:
        DataError: `row.bad-id`.
    """
    if value is None or isinstance(value, bool) or not isinstance(value, (str, int)):
        if value is None:
            return ""
        what = f"the row's id is {'a list' if isinstance(value, list) else 'no text and no whole number'}"
        raise DataError("row.bad-id", what, fix="write the id as text or as a whole number", where=where)
    text = str(value)
    if not text.isprintable():
        what = f"the row's id {text!r} has a character that cannot be seen"
        raise DataError("row.bad-id", what, fix="give it an id of visible characters", where=where)
    return text.strip()


def record_of(error: CompoundError | None) -> dict[str, JsonValue]:
    """An error as a ledger keeps it."""
    if error is None:
        return {}
    return {key: value if isinstance(value, (str, int)) else None for key, value in error.to_json().items()}
