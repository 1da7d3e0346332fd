"""The outcome score: the shop after approval of every drafted action, against the expected shop."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from compound.errors import EffectRefused
from compound.evaluation import Case, CaseResult, Score, Scorer, SuiteContext
from tools.shop.documents import Action, Change
from tools.shop.rules import apply, copy_view, diff, names, require_owner, same_outcome

from .pristine import Pristine

if TYPE_CHECKING:
    from pydantic import JsonValue


def outcome(context: SuiteContext) -> Scorer:
    """Make the scorer: it tries the drafted actions in order on the documents of the lakehouse.

    A refused action changes nothing, as in the shop; a failed run has drafted nothing, goes to a person and matches no
    outcome, not even an empty one.
    """
    pristine = Pristine(context.rows)

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        actions = drafted(result)
        changes, refused = attempt(pristine, actions, _customer(result))
        expected = cast("list[Change]", case.expected.get("db_diff") or [])
        is_match = result.status != "failed" and same_outcome(changes, expected)
        lane = _lane(result)
        is_clean = lane == "clean"
        yield Score(
            name="outcome_match",
            value=float(is_match),
            explanation="" if is_match else _why(changes, expected, refused, result),
            details=None if is_match else cast("JsonValue", {"drafted": actions, "refused": refused}),
        )
        yield Score(name="clean_share", value=float(is_clean))
        yield Score(name="deferred_share", value=float(not is_clean))
        wrong = float(bool(changes) and not is_match) if is_clean else None
        yield Score(name="clean_wrong_write", value=wrong)
        yield Score(name="lane", label=lane, group="lane")
        yield from _recall(_possible(pristine, case), actions)

    return score


def drafted(result: CaseResult) -> list[Action]:
    """The actions of the run's plan; none if the plan is absent or abstained."""
    plan = result.values.get("plan")
    given = plan.get("actions") if isinstance(plan, dict) else None
    actions: list[Action] = []
    for action in given if isinstance(given, list) else []:
        if isinstance(action, dict) and isinstance(action.get("arguments"), dict):
            arguments = cast("dict[str, JsonValue]", action["arguments"])
            actions.append(cast("Action", {"name": str(action.get("name")), "arguments": arguments}))
    return actions


def attempt(pristine: Pristine, actions: Sequence[Action], customer_id: str | None) -> tuple[list[Change], list[str]]:
    """Apply actions in order.

    Args:
        pristine: The shop before.
        actions: The actions.
        customer_id: Customer of the ticket; None if unidentified.

    Returns:
        The changes, and the codes of refused actions.
    """
    given = [action["arguments"] for action in actions]
    customers = [str(one["user_id"]) for one in given if "user_id" in one]
    before = pristine.view(
        [*customers, customer_id] if customer_id else customers,
        [str(one["order_id"]) for one in given if "order_id" in one],
    )
    after, refused = copy_view(before), list[str]()
    for action in actions:
        if action["name"] not in names():
            continue  # a hand-over to a person is not a write
        try:
            require_owner(after, action, customer_id)
            apply(after, action)
        except EffectRefused as error:
            refused.append(f"{action['name']}: {error.code}")
    return diff(before, after), refused


def _customer(result: CaseResult) -> str | None:
    who = result.values.get("who")
    found = who.get("customer_id") if isinstance(who, dict) else None
    return found if isinstance(found, str) and found else None


def _lane(result: CaseResult) -> str:
    if result.status == "failed":
        return "failed"
    lane = result.values.get("lane")
    return "clean" if isinstance(lane, dict) and lane.get("lane") == "clean" else "deferred"


def _possible(pristine: Pristine, case: Case) -> list[Action]:
    """The expected writes without those that the shop refuses, which need not be drafted."""
    wanted = [one for one in cast("list[Action]", case.expected.get("actions") or []) if one["name"] in names()]
    if not case.expected.get("gold_action_errors"):
        return wanted
    kept: list[Action] = []
    for one in wanted:
        before, after = (attempt(pristine, actions, case.cluster_id)[1] for actions in (kept, [*kept, one]))
        kept += [one] if before == after else []
    return kept


def _recall(expected: Sequence[Action], actions: Sequence[Action]) -> Iterator[Score]:
    """One trial for each expected write: whether exactly this one was drafted."""
    left = [_key(action["name"], action["arguments"]) for action in actions]
    for gold in expected:
        key = _key(gold["name"], gold["arguments"])
        is_there = key in left
        if is_there:
            left.remove(key)
        yield Score(name=gold["name"], value=float(is_there), group="action")


def _key(name: str, arguments: Mapping[str, JsonValue]) -> str:
    """An action as text; the order of items does not matter."""
    plain = dict(arguments)
    items, new = plain.get("item_ids"), plain.get("new_item_ids")
    if isinstance(items, list) and isinstance(new, list) and len(items) == len(new):
        pairs = sorted(zip(map(str, items), map(str, new), strict=True))
        plain |= {"item_ids": [old for old, _ in pairs], "new_item_ids": [other for _, other in pairs]}
    elif isinstance(items, list):
        plain["item_ids"] = cast("JsonValue", sorted(map(str, items)))
    return f"{name} {json.dumps(plain, sort_keys=True)}"


def _why(changes: Sequence[Change], expected: Sequence[Change], refused: Sequence[str], result: CaseResult) -> str:
    if result.status == "failed":
        return f"the run failed: {result.error}"
    ours, theirs = ({"/".join(change["path"]) for change in side} for side in (changes, expected))
    parts = [
        f"missing {sorted(theirs - ours)}" if theirs - ours else "",
        f"too much {sorted(ours - theirs)}" if ours - theirs else "",
        "other values" if ours == theirs else "",
        f"refused {list(refused)}" if refused else "",
    ]
    return "; ".join(part for part in parts if part)
