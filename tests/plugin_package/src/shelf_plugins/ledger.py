"""A target of effects: entries in a JSON file, each group once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from compound.effect import DeliveryClass, EffectGroup, EffectOutcome, TargetSetup

if TYPE_CHECKING:
    from pydantic import JsonValue


class LedgerTransaction:
    """What an effect of the target `ledger` changes."""

    def __init__(self, prefix: str) -> None:
        self.entries: list[str] = []
        self._prefix = prefix

    def book(self, text: str) -> JsonValue:
        """Add an entry."""
        self.entries.append(f"{self._prefix}{text}")
        return {"booked": text}


class Ledger:
    """A target of class A: the keys lie in the same file as the entries, and the file is replaced whole."""

    delivery_class: DeliveryClass = "A"

    def __init__(self, setup: TargetSetup) -> None:
        self._effects = setup.effects
        self._prefix = str(setup.options.get("prefix", ""))
        self.path = setup.folder / "ledger.json"

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Run the effects of a group, and write all of their entries or none."""
        entries, done = self._read()
        if all(one.key in done for one in group.effects):
            return [self._sent(one.key, done[one.key]) for one in group.effects]
        tx = LedgerTransaction(self._prefix)
        for one in group.effects:
            done[one.key] = self._effects(one.name).perform(tx, one.arguments)
        self._write([*entries, *tx.entries], done)
        return [self._sent(one.key, done[one.key]) for one in group.effects]

    def _sent(self, key: str, result: JsonValue) -> EffectOutcome:
        return EffectOutcome(key=key, status="sent", result=result)

    def _read(self) -> tuple[list[str], dict[str, JsonValue]]:
        if not self.path.is_file():
            return [], {}
        kept = json.loads(self.path.read_text(encoding="utf-8"))
        return kept["entries"], kept["done"]

    def _write(self, entries: list[str], done: dict[str, JsonValue]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(f"{self.path}.new")
        beside.write_text(json.dumps({"entries": entries, "done": done}), encoding="utf-8")
        beside.replace(self.path)


def open_ledger(setup: TargetSetup) -> Ledger:
    """The entry point."""
    return Ledger(setup)
