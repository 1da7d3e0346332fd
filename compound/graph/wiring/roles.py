"""The roles of a graph on values: which item an input is, what a person sees first of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.connector.state._tickets import RunItem, content_sha256
from compound.graph.wiring.references import compile_lenient

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.references import Scope
    from compound.spec.graph_file import GraphSpec

Given = Mapping[str, "JsonValue"]


class Roles:
    """What `item` and `shows` of a graph say.

    Args:
        spec: The graph.
    """

    def __init__(self, spec: GraphSpec) -> None:
        self._item = spec.item
        shows = {} if spec.shows is None else cast("Given", spec.shows.model_dump(exclude_none=True))
        self._shows = compile_lenient(shows)
        self._inputs, self._contexts = frozenset(spec.input), frozenset(spec.context)
        self.input = None if spec.item is None else spec.item.input

    @property
    def names_items(self) -> bool:
        """The graph says what names an item, in every source."""
        return self._item is not None and self._item.id is not None

    def value(self, given: Given) -> Given:
        """The item in an input; empty where the graph declares none."""
        if self._item is None:
            return {}
        if self.input is None:
            return given
        value = given.get(self.input)
        return value if isinstance(value, dict) else {}

    def given(self, item: Given, beside: Given) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
        """Input and context of an item as a ledger keeps it.

        Args:
            item: The item; all inputs where the graph names no input for it.
            beside: The other columns of its row: further inputs, and its part of the context.
        """
        context = {name: value for name, value in beside.items() if name in self._contexts}
        if self.input is None:
            return dict(item), context
        more = {name: value for name, value in beside.items() if name in self._inputs and name != self.input}
        return {self.input: dict(item), **more}, context

    def id(self, given: Given) -> str:
        """What names the item; empty where nothing does."""
        return "" if self._item is None else _text(given, self._item.id)

    def title(self, given: Given) -> str:
        """What lists show of the item."""
        return "" if self._item is None else " ".join(_text(given, self._item.title)[:1_000].split())[:200]

    def key(self, given: Given) -> str:
        """Whom or what the item is about."""
        return "" if self._item is None else _text(given, self._item.key)

    def run_item(self, given: Given) -> RunItem | None:
        """Which item a run with this input answers; None where nothing names it."""
        name = self.id(given)
        if not name:
            return None
        beside = {other: value for other, value in given.items() if self.input is not None and other != self.input}
        return RunItem(name, content_sha256(self.value(given), beside))

    def shows(self, scope: Scope) -> dict[str, JsonValue]:
        """`text`, `actions`, `label`, `reasons` as far as they are declared; null where a value is not there yet."""
        return self._shows(scope)

    def reasons(self, scope: Scope) -> tuple[str, ...]:
        """Why a person is asked."""
        said = self.shows(scope).get("reasons")
        return tuple(map(str, said)) if isinstance(said, list) else (said,) if isinstance(said, str) and said else ()


def _text(given: Given, path: str | None) -> str:
    value: JsonValue = dict(given)
    for step in (path or "").split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return str(value) if path and isinstance(value, (str, int)) and not isinstance(value, bool) else ""
