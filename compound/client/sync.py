"""The client of the API, synchronous."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from compound.client import calls
from compound.client.calls import Call

if TYPE_CHECKING:
    import httpx

    from compound.client.types import (
        AuditEvent,
        BulkItem,
        Comment,
        Evidence,
        GraphInfo,
        Outcome,
        Page,
        Review,
        ReviewRow,
        Run,
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

    def evidence(self, review: Review | ReviewRow | str) -> Evidence:
        """What its draft was made from."""
        return self._send(calls.evidence(review))

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

    def save_draft(self, review: Review, fields: Mapping[str, Any]) -> Review:
        """Keep what its holder has written; nothing is decided."""
        return self._send(calls.save_draft(review, fields))

    def decide(
        self, review: Review | ReviewRow, action: str, *, fields: Mapping[str, Any] | None = None, note: str = ""
    ) -> Outcome:
        """Decide a review for the version that was read.

        Args:
            review: The review as it was shown to the person who decides.
            action: An action that it offers, `return` or `escalate`.
            fields: Fields of the action; those with a shown value may be left out.
            note: Free text; for `return` the instruction.

        Raises:
            CallError: status 412 if it changed since: `current` is the review as it is now.
        """
        return self._send(calls.decide(review, action, fields, note))

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

    def graphs(self) -> Sequence[GraphInfo]:
        """The graphs of the project."""
        return self._send(calls.graphs())

    def graph(self, name: str) -> GraphInfo:
        """One graph with the JSON Schemas of its input and output."""
        return self._send(calls.graph(name))

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
