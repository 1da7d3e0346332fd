"""Lines of `review show` about effects: what was done, and what each effect of a decision came to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.project.review.item_history import ENDED, second_line
from compound.project.view.times import span

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.review.item_fields import ItemFields

_EXPIRES: Final = {
    "escalate": "a new item with the same draft waits in the queue {queue}",
    "remind": "a reminder is noted",
    "close": "it is withdrawn and its run ends",
}


def context_lines(view: ItemFields) -> Iterator[str]:
    """Who asks, in which queue, by when, and what is special about it."""
    asks = f"graph {view.graph}, node {view.node}" if view.graph else f"node {view.node}"
    again = f", round {view.round + 1}" if view.round else ""
    level = f", level {view.level}" if view.level else ""
    risk = f", risk {view.risk}" if view.risk else ""
    yield f"asked by {asks}{again}; queue {view.queue}{level}{risk}"
    if view.due_at:
        yield f"due {view.due_at}"
    if view.expire_at and view.status not in ENDED:
        yield f"at {view.expire_at}: {_EXPIRES[view.on_expire].format(queue=view.escalate_to)}"
    if view.snooze_until and view.status == "snoozed":
        yield f"snoozed until {view.snooze_until}; compound review wake {view.item_id[:10]} brings it back"
    if view.second and view.status not in ENDED:
        yield second_line(view)
    if view.undo_until:
        yield f"nothing happens before {view.undo_until}; to take it back: compound review undo {view.item_id[:10]}"
    elif view.undo_s and view.status not in ENDED:
        yield f"a decision can be taken back for {span(view.undo_s)} before anything happens"


def done_lines(view: ItemFields) -> Iterator[str]:
    """What stays done, whatever is decided now; nothing for an item that is decided."""
    if view.done and view.status not in ENDED:
        yield from ("", "already done, and stays (it is not done again):")
        for one in view.done:
            yield from _effect(one)


def effect_lines(view: ItemFields) -> Iterator[str]:
    """What every effect came to."""
    if view.outcomes and view.status in (*ENDED, "stale"):
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


_LONG: Final = 100
"""Characters of a field that stands in a line with its name."""


def backlog_item_lines(view: ItemFields) -> Iterator[str]:
    """The item of the backlog: its name, its title, and its other fields; nothing where the graph declares none."""
    if not view.ticket and not view.name:
        return
    yield ""
    yield f"{view.name or 'input'}: {view.title}".rstrip(": ")
    for name, value in view.ticket.items():
        if value in (None, "") or str(value) in (view.name, view.title):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "\n" in text or len(text) > _LONG:
            yield f"{name}:"
            yield from (f"  {line}" for line in text.splitlines())
        else:
            yield f"{name}: {text}"
