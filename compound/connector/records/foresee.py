"""What effects would do to the documents of a store, found without changing one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from compound.connector.records.changes import Change, changes
from compound.connector.target import EffectCall, FieldChange, Foreseen, RowChange
from compound.errors import CompoundError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.records.names import RowNames
    from compound.connector.records.transaction import RecordsTransaction


def foresee(
    tx: RecordsTransaction,
    effects: Sequence[EffectCall],
    run: Callable[[RecordsTransaction, EffectCall], object],
    names: RowNames,
) -> list[Foreseen]:
    """Run effects in a transaction that is never written; an effect sees what those before it changed."""
    found: list[Foreseen] = []
    for call in effects:
        before = tx.live()
        try:
            run(tx, call)
        except CompoundError as error:
            found.append(Foreseen(problem=error.what))
        else:
            found.append(Foreseen(rows=_rows(tx, before, names)))
    return found


def _rows(
    tx: RecordsTransaction, before: dict[str, tuple[int, dict[str, JsonValue]]], names: RowNames
) -> tuple[RowChange, ...]:
    rows: list[RowChange] = []
    for ref, (version, now) in tx.live().items():
        was = before[ref][1] if ref in before else tx.origin(ref)
        if was != now:
            fields = tuple(_field(one) for one in changes(cast("JsonValue", was), cast("JsonValue", now)))
            rows.append(RowChange(ref=names.told(ref), version=version, fields=fields))
    return tuple(rows)


def _field(one: Change) -> FieldChange:
    return FieldChange(name=".".join(one["path"]), before=one.get("old"), after=one.get("value"))
