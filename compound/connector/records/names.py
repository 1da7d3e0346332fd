"""Row names that are unique across all stores of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNames:
    """Names of rows: `orders/#W1`, or `crm:orders/#W1` if several stores of the project have orders.

    Attributes:
        store: The name of this store.
        shared: Kinds of documents in this store and another one.
        foreign: Kinds of documents only in other stores.
        others: The names of the other stores.
    """

    store: str = ""
    shared: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    @classmethod
    def among(cls, store: str, kinds: Mapping[str, frozenset[str]]) -> RowNames:
        """Build the names for a store from the document kinds of every store of the project."""
        others = frozenset[str]().union(*(have for name, have in kinds.items() if name != store))
        own = kinds.get(store, frozenset())
        return cls(store=store, shared=own & others, foreign=others - own, others=frozenset(kinds) - {store})

    def own(self, ref: str) -> str | None:
        """The store's own name of a row; None for a row of another store."""
        kind, _, key = ref.partition("/")
        store, colon, bare = kind.partition(":")
        if not colon:
            return None if kind in self.foreign else ref
        if store == self.store:
            return f"{bare}/{key}"
        return None if store in self.others else ref

    def told(self, ref: str) -> str:
        """The project-wide name of a row of this store."""
        return f"{self.store}:{ref}" if ref.partition("/")[0] in self.shared else ref

    def own_of(self, refs: Mapping[str, int]) -> dict[str, int]:
        """The rows of this store, by its own names."""
        return {mine: version for ref, version in refs.items() if (mine := self.own(ref)) is not None}
