"""The history of a review: decisions, pending second approvals, and how it was closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from compound.project.review.offers import does_lines, value_lines
from compound.project.view.times import moment
from compound.review.stored.call_json import call_to_json
from compound.review.stored.offer import WITHOUT_EFFECTS

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.review.shown_fields import ReviewFields
    from compound.review.stored.lists import ReviewEvent
    from compound.review.stored.types import Decision, Review

    Record = Mapping[str, JsonValue]

ENDED: Final = frozenset({"decided", "expired", "withdrawn"})
"""Statuses of closed reviews."""
_UNDOES: Final = {"undone": "", "recalled": "a change of what it was drafted from"}
"""Kinds of events that undo a decision, and by what; empty for a person."""


def _kind(event: ReviewEvent) -> str:
    return event.event.rpartition(".")[2]


def decision_record(one: Decision, events: Sequence[ReviewEvent]) -> Record:
    """A decision, and who undid it."""
    undone = next(
        (event for event in events if _kind(event) in _UNDOES and event.details.get("decision_id") == one.decision_id),
        None,
    )
    return {
        "decision_id": one.decision_id,
        "action": one.action,
        "actor": one.actor,
        "at": moment(one.decided_at),
        "version": one.version,
        "final": one.final,
        "reason": one.reason,
        "fields": dict(one.fields),
        "note": one.note,
        "effects": [call_to_json(call) for call in one.draft.effects.get(one.action, ())],
        "undone": None if undone is None else {"by": _UNDOES[_kind(undone)] or undone.actor, "at": moment(undone.at)},
        "refused": None,
    }


def pending_record(review: Review, decisions: Sequence[Decision]) -> Record | None:
    """A decision that needs a second approver, with the command to agree."""
    if review.status != "awaiting_second" or not decisions:
        return None
    first = decisions[-1]
    action = "approve" if first.action == "edit" and "approve" in review.decide else first.action
    return {
        "action": first.action,
        "actor": first.actor,
        "at": moment(first.decided_at),
        "version": first.version,
        "fields": dict(first.fields),
        "agree": f"{_command(review.review_id, action)} --version {review.version}",
    }


def _command(review_id: str, action: str) -> str:
    """The command that repeats another person's decision, whose fields are known."""
    name = review_id[:10]
    if action in ("approve", "edit"):
        return f"compound review {action} {name}"
    return f"compound review decide {name} {action}"


def ended_record(review: Review, events: Sequence[ReviewEvent]) -> Record | None:
    """Who or what closed a review without a decision; None for open and decided reviews."""
    last = next((one for one in reversed(events) if one.event == f"review.{review.status.value}"), None)
    if review.status not in ("withdrawn", "expired") or last is None:
        return None
    why = "nobody decided it in time" if review.status == "expired" else str(last.details.get("reason") or "")
    return {"status": review.status.value, "by": last.actor, "at": moment(last.at), "why": why}


def second_line(view: ReviewFields) -> str:
    """Who must agree, if two people must approve."""
    if view.pending is None:
        acting = {name for name in view.offers if name not in WITHOUT_EFFECTS}
        if acting <= set(view.second):
            return "two people must approve it: nobody has yet"
        return f"two people must choose {' or '.join(view.second)}: nobody has yet"
    who, action = view.pending["actor"], str(view.pending["action"])
    if action == "approve":
        return f"two people must approve it: {who} has; another person must too"
    if action == "edit":
        return f"two people must approve it: {who} edited it; another person must agree"
    return f"two people must approve it: {who} chose {action}; another person must choose it too"


def pending_lines(view: ReviewFields) -> Iterator[str]:
    """The first person's decision, and the second person's options."""
    if view.pending is None:
        return
    who = view.pending["actor"]
    yield from ("", f"pending: {view.pending['action']} by {who} at {view.pending['at']}")
    for name, value in cast("Record", view.pending["fields"]).items():
        yield from _named(name, value)
    yield f"  another person (not {who}) agrees with: {view.pending['agree']}"
    if "reject" in view.offers:
        yield "  one rejection closes it; any other decision needs a second person"
    else:
        yield "  any other decision needs a second person"


def decision_line(one: Record) -> str:
    """A decision in one line, with undo and refusal."""
    why = f" ({one['reason']})" if one.get("reason") else ""
    undone = cast("Record | None", one.get("undone"))
    back = "" if undone is None else f"; undone by {undone['by']} at {undone['at']}"
    refused = f"; not carried out: {one['refused']}" if one.get("refused") else ""
    return f"decided at version {one['version']}: {one['action']} by {one['actor']} at {one['at']}{why}{back}{refused}"


def decided_lines(view: ReviewFields) -> Iterator[str]:
    """How a review was closed: its decision and effects, or who closed it and what it proposed."""
    if view.status == "decided" and view.decisions:
        last = view.decisions[-1]
        reason = f": {last['reason']}" if last.get("reason") else ""
        yield from ("", f"decided: {last['action']} by {last['actor']} at {last['at']}{reason}")
        if view.canary is not None:
            yield from canary_lines(view.canary)
        elif not any(one["decision_id"] == last["decision_id"] for one in view.outcomes):
            yield from does_lines(cast("Sequence[Record]", last["effects"]))
        if last.get("note"):
            yield from value_lines(f"note: {last['note']}", "  ")
        return
    if view.ended is not None:
        why = f": {view.ended['why']}" if view.ended["why"] else ""
        yield from ("", f"{view.ended['status']} by {view.ended['by']} at {view.ended['at']}{why}")
    does = view.effects.get("approve") or next((one for one in view.effects.values() if one), ())
    if does:
        yield from ("it proposed (not done):", *does_lines(does))


def _named(name: str, value: JsonValue) -> Iterator[str]:
    lines = list(value_lines(value, ""))
    if len(lines) == 1:
        yield f"  {name}: {lines[0]}"
    else:
        yield from (f"  {name}:", *(f"    {line}" for line in lines))


_PLANTED: Final = {
    "number": "another number",
    "order_id": "an id of another customer",
    "negation": "the contrary",
    "dropped_sentence": "a sentence was left out",
    "date": "another date",
}


def canary_lines(canary: Mapping[str, JsonValue] | None) -> list[str]:
    """What was planted in a canary, and whether it was caught; nothing for any other review."""
    if canary is None:
        return []
    before, after, caught = canary["before"], canary["after"], canary["caught"]
    told = "passed on" if caught is None else "caught" if caught else "missed"
    what = f"{before!r}" if not after else f"{after!r} instead of {before!r}"
    lines = [f"it was a canary, with a planted fault: {told}; nothing was sent or changed"]
    return lines if before is None else [*lines, f"  planted: {_PLANTED[str(canary['operator'])]}: {what}"]
