"""The roles of a graph applied to values: the item of an input, and what a person sees first of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.connector.state.items import RunItem, content_sha256
from compound.graph.wiring.references import compile_lenient

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.references import Scope
    from compound.spec.graph_file import GraphSpec

Given = Mapping[str, "JsonValue"]


class Roles:
    """`item` and `shows` of a graph.

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
        """Whether the graph declares the id of an item."""
        return self._item is not None and self._item.id is not None

    def value(self, given: Given) -> Given:
        """The item in an input; empty if the graph declares none."""
        if self._item is None:
            return {}
        if self.input is None:
            return given
        value = given.get(self.input)
        return value if isinstance(value, dict) else {}

    def given(self, item: Given, beside: Given) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
        """Input and context of an item in the format of a ledger.

        Args:
            item: The item; all inputs if the graph declares no input for it.
            beside: The other columns of its row: further inputs, and its part of the context.
        """
        context = {name: value for name, value in beside.items() if name in self._contexts}
        if self.input is None:
            return dict(item), context
        more = {name: value for name, value in beside.items() if name in self._inputs and name != self.input}
        return {self.input: dict(item), **more}, context

    def id(self, given: Given) -> str:
        """Id of the item; empty if it has none."""
        return "" if self._item is None else _text(given, self._item.id)

    def title(self, given: Given) -> str:
        """Title of the item in lists."""
        return "" if self._item is None else " ".join(_text(given, self._item.title)[:1_000].split())[:200]

    def key(self, given: Given) -> str:
        """Key of the item, such as its customer."""
        return "" if self._item is None else _text(given, self._item.key)

    def run_item(self, given: Given) -> RunItem | None:
        """Id of the item that a run with this input answers; None if it has none."""
        name = self.id(given)
        if not name:
            return None
        beside = {other: value for other, value in given.items() if self.input is not None and other != self.input}
        return RunItem(name, content_sha256(self.value(given), beside))

    def shows(self, scope: Scope) -> dict[str, JsonValue]:
        """The declared ones of `text`, `actions`, `label`, `reasons`; null for values that do not exist yet."""
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
