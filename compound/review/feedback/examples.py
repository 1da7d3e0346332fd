"""Decided drafts as rows for suites and trainers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from compound.review.feedback.judged import beside_text
from compound.review.stored.call_json import call_to_json
from compound.review.stored.offer import MOVES

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.review.feedback.judged import JudgedDraft
    from compound.review.stored.types import Draft

Kind: TypeAlias = Literal["eval", "sft", "dpo"]
KINDS: Final[tuple[Kind, ...]] = ("eval", "sft", "dpo")
Row: TypeAlias = "dict[str, JsonValue]"


def row_of(kind: Kind, judged: JudgedDraft) -> Row | str:
    """The row of a decided draft, or why there is none, in words.

    A row of `sft` has `messages`; of `dpo` `prompt`, `chosen` and `rejected`, as lists of messages; of `eval` it is a
    case of a suite. Every row has the provenance.
    """
    if judged.is_emptied:
        return "their content was removed by a policy"
    if kind == "eval":
        return _case(judged)
    return "they are canaries" if judged.is_canary else _example(kind, judged)


def _example(kind: Kind, judged: JudgedDraft) -> Row | str:
    final = judged.final
    if final is None:
        return "nothing was sent: rejected or returned"
    prompt: JsonValue = [{"role": "user", "content": _asked(judged)}]
    chosen, rejected = completion(final), completion(judged.draft)
    if kind == "sft":
        return {"messages": [*prompt, _answer(chosen)], **provenance(judged)}
    if chosen == rejected:
        return "the draft was not changed"
    return {"prompt": prompt, "chosen": [_answer(chosen)], "rejected": [_answer(rejected)], **provenance(judged)}


def _answer(text: str) -> JsonValue:
    return {"role": "assistant", "content": text}


def _case(judged: JudgedDraft) -> Row | str:
    if judged.input is None:
        return "the input of their run is not stored"
    decision = judged.decision
    final = None if judged.final is None else completion(judged.final)
    draft = completion(judged.draft)
    reason = decision.reason or ""
    return {
        "id": f"review-{decision.review_id}",
        "input": dict(judged.input),
        "context": dict(judged.context),
        "evidence": dict(judged.evidence),
        "draft": draft,
        "final": final,
        "reasons": [reason] if reason and decision.action not in MOVES else [],
        "expected": {
            "action": decision.action,
            "draft": draft,
            "final": final,
            "fields": dict(decision.fields),
            "reason": reason,
            "note": decision.note or "",
        },
        "cluster_id": judged.cluster,
        "tags": {"action": decision.action, "queue": judged.queue},
        **provenance(judged),
    }


def provenance(judged: JudgedDraft) -> Row:
    """Where a row comes from, and how far it can be trusted.

    `seen`: whether the person saw the draft before deciding; `seconds`: from then to the decision.
    """
    decision = judged.decision
    return {
        "review_id": decision.review_id,
        "run_id": decision.run_id,
        "decision_id": decision.decision_id,
        "graph": judged.graph,
        "node": decision.node,
        "queue": judged.queue,
        "reviewer": decision.actor,
        "action": decision.action,
        "decided_at": datetime.fromtimestamp(decision.decided_at, UTC).isoformat(timespec="seconds"),
        "seen": judged.shown_at is not None,
        "seconds": None if judged.seconds is None else round(judged.seconds, 3),
        "unedited": judged.is_unedited,
        "rubber_stamp": judged.is_rubber_stamp,
        "canary": judged.is_canary,
    }


def completion(draft: Draft) -> str:
    """What a model should have written: the text; with actions, or without a text, a JSON object."""
    actions: JsonValue = [_call(call_to_json(one)) for one in beside_text(draft)]
    if not actions and draft.text:
        return draft.text
    return _json({**({"text": draft.text} if draft.text else dict(draft.fields)), "actions": actions})


def _call(record: Mapping[str, JsonValue]) -> JsonValue:
    return {"name": record["name"], "arguments": record["arguments"]}


def _asked(judged: JudgedDraft) -> str:
    """The source item and the evidence, without what repeats the draft."""
    own = {judged.draft.text, judged.decision.draft.text} - {""}
    lines = [f"{name}: {_plain(value)}" for name, value in judged.item.items() if value not in (None, "")]
    beside = {
        name: value
        for name, value in judged.evidence.items()
        if value not in (None, "", [], {}, judged.item) and not _repeats(value, own)
    }
    proofs = [f"{name}: {_plain(value)}" for name, value in beside.items()]
    return "\n".join([*lines, *(["", "Evidence", *proofs] if proofs else [])])


def _repeats(value: JsonValue, texts: set[str]) -> bool:
    """Whether a piece of evidence holds the draft itself."""
    if isinstance(value, str):
        return value in texts
    if isinstance(value, dict):
        return any(_repeats(one, texts) for one in value.values())
    return isinstance(value, list) and any(_repeats(one, texts) for one in value)


def _plain(value: JsonValue) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: JsonValue) -> str:
    import orjson

    return orjson.dumps(value).decode()
