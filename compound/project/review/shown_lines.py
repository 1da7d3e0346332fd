"""Lines of `review show` about context and effects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.project.review.shown_history import ENDED, second_line
from compound.project.view.times import span
from compound.review.stored.offer import WITHOUT_EFFECTS

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.review.shown_fields import ReviewFields

_EXPIRES: Final = {
    "escalate": "escalates to queue {queue}",
    "remind": "reminds",
    "close": "closes, and its run is cancelled",
}


def context_lines(view: ReviewFields) -> Iterator[str]:
    """Graph, queue, deadlines and special states of a review."""
    asks = f"graph {view.graph}, node {view.node}" if view.graph else f"node {view.node}"
    again = f", returned {view.returns} time{'' if view.returns == 1 else 's'}" if view.returns else ""
    level = f", level {view.level}" if view.level else ""
    risk = f", risk {view.risk}" if view.risk else ""
    yield f"asked by {asks}{again}; queue {view.queue}{level}{risk}"
    if view.due_at:
        yield f"due {view.due_at}"
    if view.expire_at and view.status not in ENDED:
        yield f"at {view.expire_at}: {_EXPIRES[view.on_expire].format(queue=view.escalate_to)}"
    if view.snooze_until and view.status == "snoozed":
        yield f"snoozed until {view.snooze_until}; to wake it: compound review wake {view.review_id[:10]}"
    if view.second and view.status not in ENDED:
        yield second_line(view)
    if view.undo_until:
        yield f"no effect runs before {view.undo_until}; to undo: compound review undo {view.review_id[:10]}"
    elif view.resuming is not None:
        why = f" ({view.resuming['error']})" if view.resuming["error"] else ""
        yield f"its decision is not carried out yet{why}; to try now: compound review resume {view.review_id[:10]}"
    elif view.undo_s and view.status not in ENDED:
        yield _undo_words(view)


def _undo_words(view: ReviewFields) -> str:
    acting = {name for name in view.offers if name not in WITHOUT_EFFECTS}
    if acting <= view.undo_s.keys() and len(set(view.undo_s.values())) == 1:
        return f"a decision can be undone for {span(next(iter(view.undo_s.values())))}"
    return "can be undone: " + "; ".join(f"{name} for {span(seconds)}" for name, seconds in view.undo_s.items())


def done_lines(view: ReviewFields) -> Iterator[str]:
    """Effects that are already done; empty for a decided review."""
    if view.done and view.status not in ENDED:
        yield from ("", "already done (not repeated):")
        for one in view.done:
            yield from _effect(one)


def effect_lines(view: ReviewFields) -> Iterator[str]:
    """The status of every effect."""
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


def comment_lines(view: ReviewFields) -> Iterator[str]:
    """What people said about the review; nothing without a comment."""
    if view.comments:
        yield from ("", "comments (customers do not see them):")
    for one in view.comments:
        first, *rest = str(one["text"]).splitlines()
        yield f"  {one['at']} {one['author']}: {first}"
        yield from (f"    {line}" for line in rest)


_LONG: Final = 100
"""Maximum characters of a field that is shown on one line with its name."""


def backlog_item_lines(view: ReviewFields) -> Iterator[str]:
    """The source item: label, title and other fields; empty if the graph declares none."""
    if not view.item and not view.name:
        return
    yield ""
    yield f"{view.name or 'input'}: {view.title}".rstrip(": ")
    for name, value in view.item.items():
        if value in (None, "") or str(value) in (view.name, view.title):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "\n" in text or len(text) > _LONG:
            yield f"{name}:"
            yield from (f"  {line}" for line in text.splitlines())
        else:
            yield f"{name}: {text}"
