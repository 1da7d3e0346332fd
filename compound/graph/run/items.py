"""The items of a map: its list, an item as an element of a run, its value, and the value of the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

import orjson

from compound.graph.run.outcome import Outcome
from compound.language.references import ABSENT, EvaluationError
from compound.language.sha import sha

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.errors import CompoundError, NodeError
    from compound.graph.planning.steps import MapPlan, Step
    from compound.graph.run.active import ActiveRun
    from compound.language.references import Scope

_SORTED: Final = orjson.OPT_SORT_KEYS
_WORDS: Final = 60
"""Characters of an item in the title of its review."""


def items_of(step: Step, rules: MapPlan, each: JsonValue, run_id: str) -> list[JsonValue]:
    """The list of a map; empty for null.

    Raises:
        NodeError: ``graph.bad-items``, ``graph.too-many-items``.
    """
    if each is None:
        return []
    if not isinstance(each, list):
        raise step.error("graph.bad-items", f"`each` is {type(each).__name__}, not a list", run_id)
    if len(each) > rules.limit:
        what = f"`each` has {len(each)} items, more than `max: {rules.limit}`"
        fix = "raise `map.max`, or pass fewer items"
        raise step.error("graph.too-many-items", what, run_id, fix=fix)
    return each


def element_of(step: Step, run: ActiveRun, at: int, value: JsonValue, *, refused_by: str = "") -> ActiveRun:
    """One item of a map with reviews or effects, as an element of its run.

    What it is made from is part of it: its item, and the values around the map that its nodes refer to.
    """
    plan = step.elements
    if plan is None:
        raise AssertionError("only a map with reviews or effects has elements")
    view = step.view(run.scope)
    # A review also shows what the whole graph says about the run, `shows.reasons`.
    around = {**(run.scope if step.prefix else {}), **view, plan.rules.item: value}
    read = [view.get(name, ABSENT) for name in plan.reads]
    stands_on = sha(orjson.dumps([value, [None if one is ABSENT else [one] for one in read]], option=_SORTED))
    name = f"{step.name}[{at}]"
    return run.element(
        name,
        around,
        each={**run.each, plan.rules.item: value},
        stands_on=stands_on,
        refused_by=run.refused_by or refused_by,
    )


def source_of(run: ActiveRun, item: Mapping[str, JsonValue], title: str) -> tuple[Mapping[str, JsonValue], str]:
    """What a review shows as its source, and its title: in an element of a map, the element first.

    Args:
        run: The run, or an element of it.
        item: The item of the whole run.
        title: Its title.

    Returns:
        `{question: ..., id: ..., subject: ...}` without the list that has the element, and
        `answers[1]: Is it safe? · Water`.
    """
    if not run.lead:
        return item, title
    own = list(run.each.values())
    rest = {name: value for name, value in item.items() if not (isinstance(value, list) and own[0] in value)}
    words = _words(own[-1])
    named = f"{run.lead.removesuffix('.')}{f': {words}' if words else ''}"
    return {**run.each, **{name: value for name, value in rest.items() if name not in run.each}}, (
        f"{named} · {title}" if title else named
    )


def _words(value: JsonValue) -> str:
    """An item in a few words: itself, or its first field that is a text or a number."""
    known = value.values() if isinstance(value, dict) else (value,)
    first = next((one for one in known if isinstance(one, str | int | float) and not isinstance(one, bool)), "")
    return " ".join(str(first)[:1_000].split())[:_WORDS]


def value_of(
    step: Step, rules: MapPlan, at: int, scope: Scope, outcomes: Mapping[str, Outcome], run_id: str
) -> Outcome:
    """The outcome of an item whose nodes have all ended."""
    error = first_error(outcomes)
    if error is not None:
        return Outcome("failed", error=error)
    try:
        return Outcome("ok", record_of(outcomes) if rules.out is None else rules.out(scope))
    except EvaluationError as problem:
        return Outcome("failed", error=step.error("graph.bad-reference", f"item {at}: {problem}", run_id))


def combined(
    step: Step, rules: MapPlan, items: Sequence[JsonValue], results: Sequence[Outcome], run_id: str
) -> Outcome:
    """The outcome of a map whose items have all ended, in the order of the items."""
    errors = [(at, one.error) for at, one in enumerate(results) if one.error is not None]
    if rules.on_error == "collect":
        return Outcome("ok", _collected(items, errors, [one.value for one in results]))
    if errors and rules.on_error == "fail":
        return Outcome("failed", error=failure(step, errors, len(items), run_id))
    done = [one.value for one in results if one.status == "ok"]
    return Outcome("ok", _collected(items, errors, done) if rules.on_error == "report" else done)


def failure(step: Step, errors: Sequence[tuple[int, CompoundError]], count: int, run_id: str) -> NodeError:
    """The failure of a map because of its items."""
    at, first = errors[0]
    what = f"{len(errors)} of {count} items failed; item {at}: {first.what}"
    made = step.error(first.code, what, run_id, fix=first.fix)
    made.__cause__ = first.__cause__ or first
    return made


def record_of(outcomes: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """Every node's value, null for skipped ones."""
    values = {name: outcome.seen for name, outcome in outcomes.items()}
    return {name: None if value is ABSENT else cast("JsonValue", value) for name, value in values.items()}


def first_error(outcomes: Mapping[str, Outcome]) -> CompoundError | None:
    """The first failure, in the order of the nodes."""
    return next((outcome.error for outcome in outcomes.values() if outcome.error is not None), None)


def _collected(
    items: Sequence[JsonValue], errors: Sequence[tuple[int, CompoundError]], values: list[JsonValue]
) -> JsonValue:
    wrong: list[JsonValue] = [
        {"index": at, "item": items[at], "code": error.code, "what": error.what} for at, error in errors
    ]
    return {"items": values, "failed": wrong}
