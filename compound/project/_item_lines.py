"""Lines of `review show` about effects: what was done, and what each effect of a decision came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project._review_views import ItemView

_ENDED: Final = frozenset({"decided", "expired", "withdrawn"})


def done_lines(view: ItemView) -> Iterator[str]:
    """What stays done, whatever is decided now; nothing for an item that is decided."""
    if view.done and view.status not in _ENDED:
        yield from ("", "already done, and stays (it is not done again):")
        for one in view.done:
            yield from _effect(one)


def effect_lines(view: ItemView) -> Iterator[str]:
    """What every effect came to."""
    if view.outcomes and view.status in (*_ENDED, "stale"):
        yield "effects:"
        for one in view.outcomes:
            yield from _effect(one)


def _effect(one: Mapping[str, JsonValue]) -> Iterator[str]:
    result = one.get("result")
    said = f": {one['error']}" if one.get("error") else "" if result is None else f": {_compact(result)}"
    yield f"  - {one['name']} {one['status']}{said}"
    arguments = one.get("arguments")
    for name, value in (arguments if isinstance(arguments, dict) else {}).items():
        yield f"      {name}: {_compact(value)}"


def _compact(value: JsonValue) -> str:
    import orjson

    return value if isinstance(value, str) else orjson.dumps(value).decode()
