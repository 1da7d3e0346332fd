"""The conversation of a review in `review show`: earlier messages, what was decided about them, what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from compound.project.open.conversation import conversation_of
from compound.project.review.offers import value_lines

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.open.resources import Resources
    from compound.project.review.shown_fields import ReviewFields

    Record = Mapping[str, JsonValue]


def conversation_before(resources: Resources, run_id: str) -> tuple[Record, ...]:
    """The conversation of the item that a run answers, without that run; empty where it belongs to none."""
    from compound.connector.state.messages import Messages

    arrived = Messages(resources.state).of_run(run_id)
    if arrived is None:
        return ()
    found = conversation_of(resources, arrived.mailbox, arrived.item_id, but_run=run_id)
    return tuple(cast("Record", one) for one in found)


def conversation_lines(view: ReviewFields) -> Iterator[str]:
    """Every message and every decision with its time; nothing for an item that is alone in its conversation."""
    if not view.conversation:
        return
    yield from ("", "conversation (the oldest first):")
    for one in view.conversation:
        yield from _customer(one) if one["who"] == "customer" else _us(one)


def _customer(one: Record) -> Iterator[str]:
    subject = f": {_one_line(one['subject'])}" if one["subject"] else ""
    yield f"  {_one_line(one['at'])} customer, {one['item_id']}{subject}"
    yield from value_lines(one["text"], "    ")


def _one_line(written: JsonValue) -> str:
    """Text on one line: line breaks of a customer must not start a line of the output."""
    return " ".join(str(written).split())


def _us(one: Record) -> Iterator[str]:
    alone = f"written by {_one_line(one['decided_by'])}" if one["decided_by"] else "without a review"
    by = f"{one['action']} by {one['decided_by']}" if one["action"] else alone
    why = f" ({_one_line(one['reason'])})" if one["reason"] else ""
    place = one["item_id"] if one["decided_by"] and not one["action"] else f"to {one['item_id']}"
    yield f"  {_one_line(one['at'])} us, {place}: {by}{why}"
    if one["text"]:
        yield from value_lines(one["text"], "    ")
    for effect in cast("list[Record]", one["effects"]):
        yield f"    - {effect['name']} {effect['outcome']}"
        for name, value in cast("Record", effect["arguments"]).items():
            if value != one["text"]:
                lines = list(value_lines(value, ""))
                yield f"        {name}: {lines[0] if lines else ''}"
                yield from (f"          {line}" for line in lines[1:])
