"""A decided review copied as a canary: its draft and its evidence with the same fault."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from compound.review.feedback.faults import IDS, Fault, Material, is_gone, plant
from compound.review.stored.draft_json import draft_from_json, draft_to_json
from compound.review.stored.offer import APPROVE, EDIT, WITHOUT_EFFECTS

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.review.stored.types import Decision, Draft, Review

    Json = Mapping[str, JsonValue]

_OWN: Final = ("text", "actions", "fields", "effects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A draft with a fault, and the evidence that repeats the draft, with it."""

    draft: Draft
    evidence: Mapping[str, JsonValue]
    fault: Fault


def planted_in(
    source: Review, decision: Decision, before: Draft, *, elsewhere: Sequence[str], first: int, seed: str
) -> Planted | None:
    """The draft of a decided review with a fault; None where nothing can be planted.

    Args:
        source: The review.
        decision: The decision of a person to send the draft, edited or not: the draft is right.
        before: The draft of the graph, which the evidence may repeat.
        elsewhere: Ids that stand in reviews of other customers.
        first: Number of the operator to try first.
        seed: Chooses the place.
    """
    right = replace(decision.draft, given={}, amends={})
    record = draft_to_json(right)
    shown = _said({"item": dict(source.item), "evidence": dict(source.evidence)})
    arguments = [dict(one.arguments) for one in right.effects.get(APPROVE, ()) or right.actions]
    text = right.text or _said(cast("JsonValue", arguments), but=source.item_id)
    material = Material(text=text, known=shown, elsewhere=elsewhere)
    fault = plant(material, first=first, seed=seed, only_values=not right.text)
    if fault is None:
        return None
    swap = _Swap(fault, {right.text, before.text} - {""}, source.item_id)
    made = draft_from_json({**record, **{name: swap(record[name]) for name in _OWN if name in record}})
    calls = {_key(cast("Json", one)) for one in _calls(record)}
    evidence = {name: swap(one) if swap.is_own(one, calls) else one for name, one in source.evidence.items()}
    return None if draft_to_json(made) == record else Planted(draft=made, evidence=evidence, fault=fault)


def ids_in(*values: JsonValue) -> set[str]:
    """Ids of orders and the like that stand in values."""
    return set(IDS.findall(_said(list(values))))


def is_caught(planted: Json, action: str, draft: Draft, fields: Json) -> bool | None:
    """Whether a decision about a canary caught its fault; None where that is left to somebody else (escalated)."""
    if action in WITHOUT_EFFECTS:
        return None if action == "escalate" else True
    calls = [dict(one.arguments) for one in draft.effects.get(action, ())]
    if action not in (APPROVE, EDIT) and not calls:
        return True
    sent: list[JsonValue] = [dict(fields), *calls, *([draft.text] if action in (APPROVE, EDIT) else [])]
    return is_gone(planted, _said(sent))


def edited_copy(draft: Draft, fields: Json) -> Draft:
    """The draft of an edited canary, which has no run to be rehearsed on: each changed field, wherever it stands."""
    record = dict(draft_to_json(draft))
    for name, value in fields.items():
        old = draft.fields.get(name)
        if value != old and old not in (None, ""):
            record = {key: _exchanged(one, old, value) for key, one in record.items()}
    made = draft_from_json(record)
    text = fields.get("text")
    return replace(
        made,
        text=text if isinstance(text, str) else made.text,
        fields={**draft.fields, **fields},
        given={**draft.given, **fields},
    )


def _exchanged(value: JsonValue, old: JsonValue, new: JsonValue) -> JsonValue:
    if value == old:
        return new
    if isinstance(value, str) and isinstance(old, str) and isinstance(new, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {name: _exchanged(one, old, new) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    if isinstance(old, list) and isinstance(new, list):
        return _calls_exchanged(value, old, new)
    return [_exchanged(one, old, new) for one in value]


def _calls_exchanged(value: list[JsonValue], old: list[JsonValue], new: list[JsonValue]) -> list[JsonValue]:
    """Effects whose arguments an edit of a list of actions changed; a dropped action has no effect."""
    was = {_key(one): at for at, one in enumerate(old) if isinstance(one, dict) and _key(one)}
    now = [one for one in new if isinstance(one, dict)]
    kept: list[JsonValue] = []
    for one in value:
        at = was.get(_key(one)) if isinstance(one, dict) else None
        if at is None or not isinstance(one, dict):
            kept.append(
                _exchanged(one, cast("JsonValue", old), cast("JsonValue", new)) if isinstance(one, dict) else one
            )
        elif len(old) == len(new):
            kept.append({**one, "arguments": now[at].get("arguments")})
        elif any(_key(left) == _key(one) for left in now):
            kept.append(one)
    return kept


class _Swap:
    """Puts the fault in the place of what was right, in any value."""

    def __init__(self, fault: Fault, texts: Collection[str], item_id: str | None) -> None:
        self._fault, self._texts, self._item_id = fault, texts, item_id

    def __call__(self, value: JsonValue) -> JsonValue:
        """The value with the fault."""
        if isinstance(value, dict):
            return {name: self(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self(one) for one in value]
        if isinstance(value, str):
            return self._text(value)
        return self._number(value)

    def is_own(self, value: JsonValue, calls: set[str]) -> bool:
        """Whether a piece of evidence repeats the draft: its text, or one of its actions."""
        if isinstance(value, str):
            return any(one in value for one in self._texts)
        if isinstance(value, dict):
            return _key(value) in calls or any(self.is_own(one, calls) for one in value.values())
        return isinstance(value, list) and any(self.is_own(one, calls) for one in value)

    def _text(self, value: str) -> str:
        for one in sorted(self._texts, key=len, reverse=True):
            if one in value:
                return value.replace(one, self._fault.text)
        if not self._fault.is_value or value == self._item_id:
            return value
        return self._fault.after if value == self._fault.before else value

    def _number(self, value: JsonValue) -> JsonValue:
        if isinstance(value, bool) or not isinstance(value, int | float) or self._fault.operator != "number":
            return value
        try:
            right, wrong = (float(one.replace(",", ".")) for one in (self._fault.before, self._fault.after))
        except ValueError:
            return value
        if value != right:
            return value
        return int(wrong) if isinstance(value, int) and wrong.is_integer() else wrong


def _calls(record: Json) -> Iterator[JsonValue]:
    """The actions that a draft proposes."""
    yield from cast("list[JsonValue]", record.get("actions") or [])
    for does in cast("Mapping[str, list[JsonValue]]", record.get("effects") or {}).values():
        yield from does


def _key(call: Json) -> str:
    import orjson

    if not {"name", "arguments"} <= call.keys():
        return ""
    return orjson.dumps([call["name"], call["arguments"]], option=orjson.OPT_SORT_KEYS).decode()


def _said(value: JsonValue, but: str | None = None) -> str:
    """Every text and number of a value, one a line; without the id of the source item."""
    if isinstance(value, Mapping):
        return "\n".join(_said(one, but) for one in value.values())
    if isinstance(value, list):
        return "\n".join(_said(one, but) for one in value)
    if value is None or isinstance(value, bool) or value == but:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
