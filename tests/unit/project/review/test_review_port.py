"""What the rule of a review node says is what the queue stores."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from compound.connector.state import StateStore
from compound.graph.port.services import AutoRuling, OpenedReview, Redraft, ReviewRequest
from compound.project.decision.ports import QueuedReviews
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Readiness


class Certified:
    """A gatekeeper under whose certificate every rule may fire."""

    def said(self, request: ReviewRequest) -> tuple[Readiness, tuple[str, ...]]:
        return Readiness(ready=True, certificate="c-1"), ()


def opened(folder: Path, action: str, gate: Certified | None, redraft: Redraft = "no") -> OpenedReview:
    with closing(StateStore.open(folder / "state.db")) as store:
        request = ReviewRequest(
            run_id="r",
            thread_id="r",
            node="review",
            graph_name="g",
            graph_hash="h",
            queue="support",
            shown={"draft": {"text": "hello"}},
            decide={"approve": {}, "reject": {}, "partly": {}},
            versions={},
            input={},
            redraft=redraft,
            auto=AutoRuling(is_automatic=True, action=action, actor="policy:abc", rule="true"),
        )
        return asyncio.run(QueuedReviews(ReviewQueue(store), gatekeeper=gate).open(request))


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_rule_decides_as_it_says(tmp_path: Path, action: str) -> None:
    decision = opened(tmp_path, action, Certified()).decision
    assert decision is not None
    assert (decision.action, decision.is_automatic) == (action, True)


def test_a_rule_never_approves_in_place_of_what_the_queue_does_not_know(tmp_path: Path) -> None:
    assert opened(tmp_path, "partly", Certified()).decision is None


def test_no_rule_decides_without_a_gatekeeper(tmp_path: Path) -> None:
    found = opened(tmp_path, "approve", None)
    assert found.decision is None
    with closing(StateStore.open(tmp_path / "state.db")) as store:
        item = ReviewQueue(store).show(found.review_id)
    assert item.reasons == ("not certified",)
    assert item.readiness == Readiness(ready=True)


def test_what_a_person_had_drafted_again_is_never_decided_by_a_rule(tmp_path: Path) -> None:
    assert opened(tmp_path, "approve", Certified(), "ask").decision is None
    assert opened(tmp_path, "approve", Certified(), "no").decision is None  # the run opens it again, after a crash


def test_what_waited_for_a_person_before_there_was_a_certificate_goes_on_waiting(tmp_path: Path) -> None:
    assert opened(tmp_path, "approve", None).decision is None
    assert opened(tmp_path, "approve", Certified()).decision is None
