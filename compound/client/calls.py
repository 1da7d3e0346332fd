"""Calls as values: what both clients send, how an answer is read, and when a call is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from compound.client.errors import CallError
from compound.client.offered import Policy, Queue, Reasons, Webhook
from compound.client.types import (
    AuditEvent,
    AuditReport,
    BulkItem,
    Comment,
    Evidence,
    GraphInfo,
    Outcome,
    Page,
    Preview,
    Problem,
    Review,
    ReviewRow,
    Run,
    SavedDraft,
)

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
_AGAIN: Final = frozenset({429, 502, 503, 504})
_BUSY: Final = "api.key-busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """A call of the API.

    Attributes:
        answers: Type of its answer.
        headers: Headers of its own; a change has an `Idempotency-Key`, so that it can be sent again.
    """

    method: str
    path: str
    answers: Any
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def read(call: Call[T], response: httpx.Response) -> T:
    """The answer of a call.

    Raises:
        CallError: the server refused it, or answered something else.
    """
    if response.status_code >= 400:
        raise _refused(response)
    try:
        content = b"null" if response.status_code == 204 else response.content
        answer: T = TypeAdapter[Any](call.answers).validate_json(content)
    except ValidationError as error:
        what = f"{call.method} {call.path} has an answer of another form, with {error.error_count()} differences"
        fix = "check the address; a proxy may answer in place of the server"
        raise CallError("client.bad-answer", what, fix=fix, status=response.status_code) from error
    return answer


def _refused(response: httpx.Response) -> CallError:
    try:
        found = Problem.model_validate_json(response.content)
    except ValidationError:  # a proxy wrote it
        what = f"the server answered {response.status_code} {response.reason_phrase}"
        return CallError("client.refused", what, fix="check the address", status=response.status_code)
    error = CallError(found.code, found.detail or found.title, fix=found.fix, status=found.status)
    error.current, error.draft, error.request_id = found.current, found.draft, found.request_id
    return error


def is_again(response: httpx.Response) -> bool:
    """Whether the same call may succeed later: the server was busy, or still answers the first one."""
    if response.status_code == 409:
        return _refused(response).code == _BUSY
    return response.status_code in _AGAIN


def unreachable(error: Exception, address: str) -> CallError:
    """The error of a call that did not reach the server, or whose answer did not come."""
    what = f"{address} did not answer: {type(error).__name__}"
    return CallError("client.unreachable", what, fix="start compound serve there, or check the address")


def wait_s(attempt: int, response: httpx.Response | None) -> float:
    """Seconds before the next attempt: what the server says, at most 30; else 0.2, 0.4, 0.8, ..."""
    said = "" if response is None else response.headers.get("retry-after", "")
    return min(float(said), 30.0) if said.isdecimal() else min(0.2 * 2.0**attempt, 5.0)


def _change(
    method: str, path: str, answers: object, body: Mapping[str, Any] | None = None, version: int | None = None
) -> Call[Any]:
    headers = {"idempotency-key": uuid4().hex}
    if version is not None:
        headers["if-match"] = f'"{version}"'
    return Call(method=method, path=path, answers=answers, body=body, headers=headers)


def _at(review: Review | ReviewRow | str, part: str = "") -> str:
    name = review if isinstance(review, str) else review.review_id
    return f"/reviews/{quote(name, safe='')}{part}"


def list_reviews(**wanted: object) -> Call[Page[ReviewRow]]:
    """A part of the list."""
    params = {name: value for name, value in wanted.items() if value not in (None, "", ())}
    return Call(method="GET", path="/reviews", answers=Page[ReviewRow], params=params)


def show(review: Review | ReviewRow | str) -> Call[Review]:
    """One item."""
    return Call(method="GET", path=_at(review), answers=Review)


def evidence(review: Review | ReviewRow | str, name: str | None) -> Call[Evidence]:
    """What its draft was made from."""
    params = {} if name is None else {"name": name}
    return Call(method="GET", path=_at(review, "/evidence"), answers=Evidence, params=params)


def audit(review: Review | ReviewRow | str) -> Call[list[AuditEvent]]:
    """Its events."""
    return Call(method="GET", path=_at(review, "/audit"), answers=list[AuditEvent])


def comments(review: Review | ReviewRow | str) -> Call[list[Comment]]:
    """What people said about it."""
    return Call(method="GET", path=_at(review, "/comments"), answers=list[Comment])


def comment(review: Review | ReviewRow | str, text: str) -> Call[Comment]:
    """Say something about it."""
    return _change("POST", _at(review, "/comments"), Comment, {"text": text})


def claim_next(queue: str | None, lease_s: float) -> Call[Review | None]:
    """Claim the most urgent item."""
    return _change("POST", "/reviews/next", Review | None, {"queue": queue, "lease_s": lease_s})


def claim(review: Review | ReviewRow | str, lease_s: float, takeover: bool) -> Call[Review]:
    """Hold a review."""
    return _change("POST", _at(review, "/claim"), Review, {"lease_s": lease_s, "takeover": takeover})


def heartbeat(review: Review | ReviewRow | str, lease_s: float) -> Call[Review]:
    """Go on holding it."""
    return _change("POST", _at(review, "/heartbeat"), Review, {"lease_s": lease_s})


def release(review: Review | ReviewRow | str) -> Call[Review]:
    """Let others decide it."""
    return _change("DELETE", _at(review, "/claim"), Review)


def draft(review: Review | ReviewRow | str) -> Call[SavedDraft]:
    """What the caller wrote."""
    return Call(method="GET", path=_at(review, "/draft"), answers=SavedDraft)


def save_draft(saved: SavedDraft, fields: Mapping[str, Any], note: str) -> Call[SavedDraft]:
    """Keep what a person has written."""
    body = {"fields": dict(fields), "note": note}
    return _change("PUT", _at(saved.review_id, "/draft"), SavedDraft, body, saved.version)


def discard_draft(review: Review | ReviewRow | str) -> Call[None]:
    """Discard what the caller wrote."""
    return _change("DELETE", _at(review, "/draft"), None)


def preview(review: Review | ReviewRow | str, action: str, fields: Mapping[str, Any] | None) -> Call[Preview]:
    """What a decision would do."""
    return _change("POST", _at(review, "/preview"), Preview, {"action": action, "fields": dict(fields or {})})


def assign(review: Review | ReviewRow | str, to: str) -> Call[Review]:
    """Say who should decide it."""
    return _change("POST", _at(review, "/assign"), Review, {"to": to})


def decision(outcome: Outcome) -> Call[Outcome]:
    """What a decision has led to until now."""
    path = _at(outcome.review_id, f"/decisions/{quote(outcome.decision_id, safe='')}")
    return Call(method="GET", path=path, answers=Outcome)


def slow(outcome: Outcome, timeout_s: float) -> CallError:
    """The error of a decision that is not carried out in time."""
    why = f": {outcome.problem}" if outcome.problem else ""
    what = f"the decision about review {outcome.review_id} is not carried out after {timeout_s:g} s{why}"
    return CallError("client.not-settled", what, fix="wait longer; it is stored, and the server goes on with it")


def decide(
    review: Review | ReviewRow, action: str, fields: Mapping[str, Any] | None, note: str, checked: Sequence[str]
) -> Call[Outcome]:
    """Decide the version that was read."""
    body = {"action": action, "fields": dict(fields or {}), "note": note, "checked": list(checked)}
    return _change("POST", _at(review, "/decisions"), Outcome, body, review.version)


def decide_many(
    reviews: Sequence[Review | ReviewRow], action: str, fields: Mapping[str, Any] | None
) -> Call[list[BulkItem]]:
    """The same decision about several items."""
    wishes = [
        {"review_id": one.review_id, "version": one.version, "action": action, "fields": dict(fields or {})}
        for one in reviews
    ]
    return _change("POST", "/reviews/bulk-decisions", list[BulkItem], {"decisions": wishes})


def snooze(review: Review | ReviewRow, until: datetime) -> Call[Review]:
    """Ask nobody until a time."""
    return _change("POST", _at(review, "/snooze"), Review, {"until": until.isoformat()}, review.version)


def move(review: Review | ReviewRow | str, to: str) -> Call[Review]:
    """`undo`, `wake` or `redraft` a review."""
    return _change("POST", _at(review, f"/{to}"), Review)


def ask(graph: str, given: Mapping[str, Any], context: Mapping[str, Any] | None, key: str | None) -> Call[Run]:
    """Ask a person to decide."""
    body = {"graph": graph, "input": dict(given), "context": dict(context or {})}
    return _named(_change("POST", "/reviews", Run, body), key)


def _named(call: Call[Run], key: str | None) -> Call[Run]:
    return call if key is None else replace(call, headers={**call.headers, "idempotency-key": key})


def run(graph: str, given: Mapping[str, Any], context: Mapping[str, Any] | None, key: str | None) -> Call[Run]:
    """Run a graph."""
    body = {"input": dict(given), "context": dict(context or {})}
    return _named(_change("POST", f"/graphs/{quote(graph, safe='')}/runs", Run, body), key)


def show_run(run_id: str) -> Call[Run]:
    """A run as it is now."""
    return Call(method="GET", path=f"/runs/{quote(run_id, safe='')}", answers=Run)


def queues() -> Call[list[Queue]]:
    """The queues that the caller sees."""
    return Call(method="GET", path="/queues", answers=list[Queue])


def policies() -> Call[list[Policy]]:
    """The policies of the project."""
    return Call(method="GET", path="/policies", answers=list[Policy])


def reasons() -> Call[list[Reasons]]:
    """The reasons that decisions offer."""
    return Call(method="GET", path="/reasons", answers=list[Reasons])


def verify_audit(head: str | None) -> Call[AuditReport]:
    """Verify the audit log."""
    params = {} if head is None else {"head": head}
    return Call(method="GET", path="/audit/verify", answers=AuditReport, params=params)


def webhooks() -> Call[list[Webhook]]:
    """The webhooks of the project."""
    return Call(method="GET", path="/webhooks", answers=list[Webhook])


def add_webhook(url: str, events: Sequence[str]) -> Call[Webhook]:
    """Tell an address of events."""
    return _change("POST", "/webhooks", Webhook, {"url": url, "events": list(events)})


def of_webhook(method: str, webhook: Webhook | str, part: str, answers: object) -> Call[Any]:
    """Remove a webhook, or try its deliveries again."""
    name = webhook if isinstance(webhook, str) else webhook.webhook_id
    return _change(method, f"/webhooks/{quote(name, safe='')}{part}", answers)


def graphs() -> Call[list[GraphInfo]]:
    """The graphs of the project."""
    return Call(method="GET", path="/graphs", answers=list[GraphInfo])


def graph(name: str) -> Call[GraphInfo]:
    """One graph with its schemas."""
    return Call(method="GET", path=f"/graphs/{quote(name, safe='')}", answers=GraphInfo)
