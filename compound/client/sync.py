"""The client of the API, synchronous."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from compound.client import calls
from compound.client.calls import Call
from compound.client.offered import Webhook

if TYPE_CHECKING:
    import httpx

    from compound.client.offered import Policy, Queue, Reasons
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
        Review,
        ReviewRow,
        Run,
        SavedDraft,
    )

T = TypeVar("T")


class ReviewClient:
    """Calls a server that `compound serve` runs.

    A call that may succeed later (the server is busy, the connection broke) is sent again. A change carries one
    `Idempotency-Key` for all its attempts, so it is done once.

    Args:
        address: `https://support.example.com`.
        token: From `compound people token`.
        timeout_s: Seconds to wait for an answer; a run of a graph may take long.
        retries: Further attempts of a call.
        transport: Internal: of httpx; a test gives an in-memory one.

    Example:
        ```python
        with ReviewClient("https://support.example.com", token) as client:
            review = client.next(queue="support")
            if review is not None and review.ready:
                outcome = client.decide(review, "approve")
                outcome = client.wait(outcome)
        ```
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        timeout_s: float = 60.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Make a client; nothing is sent yet."""
        import httpx

        self._address = address.rstrip("/")
        self._retries = retries
        self._http = httpx.Client(
            base_url=f"{self._address}/api/v1",
            headers={"authorization": f"Bearer {token}"},
            timeout=timeout_s,
            transport=transport,
        )

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def _send(self, call: Call[T]) -> T:
        import httpx

        attempt = 0
        while True:
            response = None
            try:
                response = self._http.request(
                    call.method, call.path, params=call.params, json=call.body, headers=call.headers
                )
            except httpx.TransportError as error:
                if attempt >= self._retries:
                    raise calls.unreachable(error, self._address) from error
            if response is not None and (attempt >= self._retries or not calls.is_again(response)):
                return calls.read(call, response)
            time.sleep(calls.wait_s(attempt, response))
            attempt += 1

    def list(  # noqa: PLR0913 - all are named and optional
        self,
        *,
        view: str = "open",
        status: Sequence[str] = (),
        queue: str | None = None,
        item: str | None = None,
        words: str = "",
        sort: str = "urgency",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ReviewRow]:
        """A part of the list of reviews.

        Args:
            view: `open`, `mine`, `ready`, `look`, `second`, `stale`, `snoozed`, `decided`.
            status: Statuses in place of those of the view.
            queue: Only of this queue.
            item: Only of this source item.
            words: Words of the title.
            sort: `urgency`, `newest`, `oldest`.
            cursor: `next` of the part before.
            limit: At most this many, up to 200.
        """
        wanted = calls.list_reviews(
            view=view,
            status=tuple(status),
            queue=queue,
            item=item,
            q=words,
            sort=sort,
            cursor=cursor,
            limit=limit,
        )
        return self._send(wanted)

    def show(self, review: Review | ReviewRow | str) -> Review:
        """One item, as it is now."""
        return self._send(calls.show(review))

    def evidence(self, review: Review | ReviewRow | str, *, name: str | None = None) -> Evidence:
        """What its draft was made from, at most 2 MB; `name` asks for one value, however large it is."""
        return self._send(calls.evidence(review, name))

    def next(self, *, queue: str | None = None, lease_s: float = 120.0) -> Review | None:
        """Claim the most urgent item that nobody holds; None if there is none."""
        return self._send(calls.claim_next(queue, lease_s))

    def claim(self, review: Review | ReviewRow | str, *, lease_s: float = 120.0, takeover: bool = False) -> Review:
        """Hold a review, so that nobody else decides it."""
        return self._send(calls.claim(review, lease_s, takeover))

    def heartbeat(self, review: Review | ReviewRow | str, *, lease_s: float = 120.0) -> Review:
        """Go on holding it."""
        return self._send(calls.heartbeat(review, lease_s))

    def release(self, review: Review | ReviewRow | str) -> Review:
        """Let others decide it."""
        return self._send(calls.release(review))

    def draft(self, review: Review | ReviewRow | str) -> SavedDraft:
        """What this account wrote about it and has not decided; the page shows the same."""
        return self._send(calls.draft(review))

    def save_draft(self, saved: SavedDraft, fields: Mapping[str, Any], *, note: str = "") -> SavedDraft:
        """Keep what this account has written; nothing is decided.

        Args:
            saved: From `draft`, or from the save before.
            fields: Fields of an edit.
            note: The note to it.

        Raises:
            CallError: status 412 if it wrote another text meanwhile, in another window: `draft` is that text.
        """
        return self._send(calls.save_draft(saved, fields, note))

    def discard_draft(self, review: Review | ReviewRow | str) -> None:
        """Discard what this account wrote."""
        self._send(calls.discard_draft(review))

    def preview(
        self, review: Review | ReviewRow | str, action: str, *, fields: Mapping[str, Any] | None = None
    ) -> Preview:
        """What a decision would do now: its effects, its text; nothing is stored or sent."""
        return self._send(calls.preview(review, action, fields))

    def assign(self, review: Review | ReviewRow | str, to: str) -> Review:
        """Say who should decide it; empty: anybody."""
        return self._send(calls.assign(review, to))

    def decide(
        self,
        review: Review | ReviewRow,
        action: str,
        *,
        fields: Mapping[str, Any] | None = None,
        note: str = "",
        checked: Sequence[str] = (),
    ) -> Outcome:
        """Decide a review for the version that was read. The decision is stored; `wait` waits for what follows.

        Args:
            review: The review as it was shown to the person who decides.
            action: An action that it offers, `return` or `escalate`.
            fields: Fields of the action; those with a shown value may be left out.
            note: Free text; for `return` the instruction.
            checked: Keys of the statements without evidence that a person checked; see `preview`.

        Raises:
            CallError: status 412 if it changed since: `current` is the review as it is now.
        """
        return self._send(calls.decide(review, action, fields, note, checked))

    def escalate(self, review: Review | ReviewRow, *, note: str = "") -> Outcome:
        """Let somebody of the next level decide."""
        return self.decide(review, "escalate", note=note)

    def send_back(self, review: Review | ReviewRow, instruction: str) -> Outcome:
        """Let the graph draft again, with an instruction."""
        return self.decide(review, "return", note=instruction)

    def decision(self, outcome: Outcome) -> Outcome:
        """What a decision has led to until now."""
        return self._send(calls.decision(outcome))

    def wait(self, outcome: Outcome, *, timeout_s: float = 60.0) -> Outcome:
        """Wait until a decision is carried out: also until it can no longer be undone.

        Args:
            outcome: From `decide`.
            timeout_s: Seconds to wait.

        Raises:
            CallError: `client.not-settled`.
        """
        ends, attempt = time.monotonic() + timeout_s, 0
        while not outcome.settled:
            if time.monotonic() >= ends:
                raise calls.slow(outcome, timeout_s)
            time.sleep(calls.wait_s(attempt, None))
            outcome, attempt = self.decision(outcome), min(attempt + 1, 3)
        return outcome

    def decide_many(
        self, reviews: Sequence[Review | ReviewRow], action: str, *, fields: Mapping[str, Any] | None = None
    ) -> Sequence[BulkItem]:
        """The same decision about up to 20 reviews; each succeeds or fails for itself."""
        return self._send(calls.decide_many(reviews, action, fields))

    def undo(self, review: Review | ReviewRow | str) -> Review:
        """Take a decision back before anything was done."""
        return self._send(calls.move(review, "undo"))

    def snooze(self, review: Review | ReviewRow, until: datetime) -> Review:
        """Ask nobody until a time, which has a time zone."""
        return self._send(calls.snooze(review, until))

    def wake(self, review: Review | ReviewRow | str) -> Review:
        """Return a snoozed review to the queue now."""
        return self._send(calls.move(review, "wake"))

    def redraft(self, review: Review | ReviewRow | str) -> Review:
        """Draft a review again whose data changed."""
        return self._send(calls.move(review, "redraft"))

    def comment(self, review: Review | ReviewRow | str, text: str) -> Comment:
        """Say something about a review to the others."""
        return self._send(calls.comment(review, text))

    def comments(self, review: Review | ReviewRow | str) -> Sequence[Comment]:
        """What people said about a review, oldest first."""
        return self._send(calls.comments(review))

    def audit(self, review: Review | ReviewRow | str) -> Sequence[AuditEvent]:
        """Every event of a review, oldest first; needs the right `audit`."""
        return self._send(calls.audit(review))

    def verify_audit(self, *, head: str | None = None) -> AuditReport:
        """Verify the hash chain of the audit log; `head` was kept elsewhere."""
        return self._send(calls.verify_audit(head))

    def queues(self) -> Sequence[Queue]:
        """The queues of this account, with the number of reviews by status."""
        return self._send(calls.queues())

    def policies(self) -> Sequence[Policy]:
        """What the project's graphs may do, and what only a person may decide."""
        return self._send(calls.policies())

    def reasons(self) -> Sequence[Reasons]:
        """The reasons that decisions offer."""
        return self._send(calls.reasons())

    def webhooks(self) -> Sequence[Webhook]:
        """The webhooks of the project; needs the right `admin`, like the other calls about them."""
        return self._send(calls.webhooks())

    def add_webhook(self, url: str, events: Sequence[str] = ()) -> Webhook:
        """Tell an address of events, of all by default; `secret` is only in this answer."""
        return self._send(calls.add_webhook(url, events))

    def remove_webhook(self, webhook: Webhook | str) -> None:
        """Tell an address no more."""
        self._send(calls.of_webhook("DELETE", webhook, "", None))

    def retry_webhook(self, webhook: Webhook | str) -> Webhook:
        """Try its dead deliveries again."""
        return self._send(calls.of_webhook("POST", webhook, "/retry", Webhook))

    def graphs(self) -> Sequence[GraphInfo]:
        """The graphs of the project."""
        return self._send(calls.graphs())

    def graph(self, name: str) -> GraphInfo:
        """One graph with the JSON Schemas of its input and output."""
        return self._send(calls.graph(name))

    def ask(
        self,
        graph: str,
        given: Mapping[str, Any],
        *,
        context: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Run:
        """Ask a person to decide: run a graph that has a review until it waits; `review_ids` are what waits.

        Args:
            graph: Its name.
            given: Its input.
            context: Its context.
            key: As for `run`.
        """
        return self._send(calls.ask(graph, given, context, key))

    def run(
        self,
        graph: str,
        given: Mapping[str, Any],
        *,
        context: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Run:
        """Run a graph until it is done, has failed, or waits for a person.

        Args:
            graph: Its name.
            given: Its input.
            context: Its context.
            key: Names the run across programs: a second call with the key and the same input runs nothing.
        """
        return self._send(calls.run(graph, given, context, key))

    def show_run(self, run_id: str) -> Run:
        """A run as it is now."""
        return self._send(calls.show_run(run_id))
