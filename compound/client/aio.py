"""The client of the API, asynchronous."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio

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


class AsyncReviewClient:
    """Calls a server that `compound serve` runs, without blocking.

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
        async with AsyncReviewClient("https://support.example.com", token) as client:
            review = await client.next(queue="support")
            if review is not None and review.ready:
                outcome = await client.decide(review, "approve")
                outcome = await client.wait(outcome)
        ```
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        timeout_s: float = 60.0,
        retries: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Make a client; nothing is sent yet."""
        import httpx

        self._address = address.rstrip("/")
        self._retries = retries
        self._http = httpx.AsyncClient(
            base_url=f"{self._address}/api/v1",
            headers={"authorization": f"Bearer {token}"},
            timeout=timeout_s,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def _send(self, call: Call[T]) -> T:
        import httpx

        attempt = 0
        while True:
            response = None
            try:
                response = await self._http.request(
                    call.method, call.path, params=call.params, json=call.body, headers=call.headers
                )
            except httpx.TransportError as error:
                if attempt >= self._retries:
                    raise calls.unreachable(error, self._address) from error
            if response is not None and (attempt >= self._retries or not calls.is_again(response)):
                return calls.read(call, response)
            await anyio.sleep(calls.wait_s(attempt, response))
            attempt += 1

    async def list(  # noqa: PLR0913 - all are named and optional
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
        return await self._send(wanted)

    async def show(self, review: Review | ReviewRow | str) -> Review:
        """One item, as it is now."""
        return await self._send(calls.show(review))

    async def evidence(self, review: Review | ReviewRow | str, *, name: str | None = None) -> Evidence:
        """What its draft was made from, at most 2 MB; `name` asks for one value, however large it is."""
        return await self._send(calls.evidence(review, name))

    async def next(self, *, queue: str | None = None, lease_s: float = 120.0) -> Review | None:
        """Claim the most urgent item that nobody holds; None if there is none."""
        return await self._send(calls.claim_next(queue, lease_s))

    async def claim(
        self, review: Review | ReviewRow | str, *, lease_s: float = 120.0, takeover: bool = False
    ) -> Review:
        """Hold a review, so that nobody else decides it."""
        return await self._send(calls.claim(review, lease_s, takeover))

    async def heartbeat(self, review: Review | ReviewRow | str, *, lease_s: float = 120.0) -> Review:
        """Go on holding it."""
        return await self._send(calls.heartbeat(review, lease_s))

    async def release(self, review: Review | ReviewRow | str) -> Review:
        """Let others decide it."""
        return await self._send(calls.release(review))

    async def draft(self, review: Review | ReviewRow | str) -> SavedDraft:
        """What this account wrote about it and has not decided; the page shows the same."""
        return await self._send(calls.draft(review))

    async def save_draft(self, saved: SavedDraft, fields: Mapping[str, Any], *, note: str = "") -> SavedDraft:
        """Keep what this account has written; nothing is decided.

        Args:
            saved: From `draft`, or from the save before.
            fields: Fields of an edit.
            note: The note to it.

        Raises:
            CallError: status 412 if it wrote another text meanwhile, in another window: `draft` is that text.
        """
        return await self._send(calls.save_draft(saved, fields, note))

    async def discard_draft(self, review: Review | ReviewRow | str) -> None:
        """Discard what this account wrote."""
        await self._send(calls.discard_draft(review))

    async def preview(
        self, review: Review | ReviewRow | str, action: str, *, fields: Mapping[str, Any] | None = None
    ) -> Preview:
        """What a decision would do now: its effects, its text; nothing is stored or sent."""
        return await self._send(calls.preview(review, action, fields))

    async def assign(self, review: Review | ReviewRow | str, to: str) -> Review:
        """Say who should decide it; empty: anybody."""
        return await self._send(calls.assign(review, to))

    async def decide(
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
        return await self._send(calls.decide(review, action, fields, note, checked))

    async def escalate(self, review: Review | ReviewRow, *, note: str = "") -> Outcome:
        """Let somebody of the next level decide."""
        return await self.decide(review, "escalate", note=note)

    async def send_back(self, review: Review | ReviewRow, instruction: str) -> Outcome:
        """Let the graph draft again, with an instruction."""
        return await self.decide(review, "return", note=instruction)

    async def decision(self, outcome: Outcome) -> Outcome:
        """What a decision has led to until now."""
        return await self._send(calls.decision(outcome))

    async def wait(self, outcome: Outcome, *, timeout_s: float = 60.0) -> Outcome:
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
            await anyio.sleep(calls.wait_s(attempt, None))
            outcome, attempt = await self.decision(outcome), min(attempt + 1, 3)
        return outcome

    async def decide_many(
        self, reviews: Sequence[Review | ReviewRow], action: str, *, fields: Mapping[str, Any] | None = None
    ) -> Sequence[BulkItem]:
        """The same decision about up to 20 reviews; each succeeds or fails for itself."""
        return await self._send(calls.decide_many(reviews, action, fields))

    async def undo(self, review: Review | ReviewRow | str) -> Review:
        """Take a decision back before anything was done."""
        return await self._send(calls.move(review, "undo"))

    async def snooze(self, review: Review | ReviewRow, until: datetime) -> Review:
        """Ask nobody until a time, which has a time zone."""
        return await self._send(calls.snooze(review, until))

    async def wake(self, review: Review | ReviewRow | str) -> Review:
        """Return a snoozed review to the queue now."""
        return await self._send(calls.move(review, "wake"))

    async def redraft(self, review: Review | ReviewRow | str) -> Review:
        """Draft a review again whose data changed."""
        return await self._send(calls.move(review, "redraft"))

    async def comment(self, review: Review | ReviewRow | str, text: str) -> Comment:
        """Say something about a review to the others."""
        return await self._send(calls.comment(review, text))

    async def comments(self, review: Review | ReviewRow | str) -> Sequence[Comment]:
        """What people said about a review, oldest first."""
        return await self._send(calls.comments(review))

    async def audit(self, review: Review | ReviewRow | str) -> Sequence[AuditEvent]:
        """Every event of a review, oldest first; needs the right `audit`."""
        return await self._send(calls.audit(review))

    async def verify_audit(self, *, head: str | None = None) -> AuditReport:
        """Verify the hash chain of the audit log; `head` was kept elsewhere."""
        return await self._send(calls.verify_audit(head))

    async def queues(self) -> Sequence[Queue]:
        """The queues of this account, with the number of reviews by status."""
        return await self._send(calls.queues())

    async def policies(self) -> Sequence[Policy]:
        """What the project's graphs may do, and what only a person may decide."""
        return await self._send(calls.policies())

    async def reasons(self) -> Sequence[Reasons]:
        """The reasons that decisions offer."""
        return await self._send(calls.reasons())

    async def webhooks(self) -> Sequence[Webhook]:
        """The webhooks of the project; needs the right `admin`, like the other calls about them."""
        return await self._send(calls.webhooks())

    async def add_webhook(self, url: str, events: Sequence[str] = ()) -> Webhook:
        """Tell an address of events, of all by default; `secret` is only in this answer."""
        return await self._send(calls.add_webhook(url, events))

    async def remove_webhook(self, webhook: Webhook | str) -> None:
        """Tell an address no more."""
        await self._send(calls.of_webhook("DELETE", webhook, "", None))

    async def retry_webhook(self, webhook: Webhook | str) -> Webhook:
        """Try its dead deliveries again."""
        return await self._send(calls.of_webhook("POST", webhook, "/retry", Webhook))

    async def graphs(self) -> Sequence[GraphInfo]:
        """The graphs of the project."""
        return await self._send(calls.graphs())

    async def graph(self, name: str) -> GraphInfo:
        """One graph with the JSON Schemas of its input and output."""
        return await self._send(calls.graph(name))

    async def ask(
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
        return await self._send(calls.ask(graph, given, context, key))

    async def run(
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
        return await self._send(calls.run(graph, given, context, key))

    async def show_run(self, run_id: str) -> Run:
        """A run as it is now."""
        return await self._send(calls.show_run(run_id))
