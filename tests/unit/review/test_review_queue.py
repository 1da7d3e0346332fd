from __future__ import annotations

import pytest
import sqlalchemy as sa

from compound.connector.state import tables
from compound.errors import ConflictError
from compound.review import ReviewFilter, Status
from compound.review.stored.machine import TRANSITIONS, Event
from compound.review.stored.types import Draft
from tests.unit.review.review_desk import DRAFT, Desk, code, open_review


def test_opening_twice_finds_the_item(desk: Desk) -> None:
    item = open_review(desk)
    assert open_review(desk, draft=Draft(text="another")) == item
    assert open_review(desk, returns=1).review_id != item.review_id
    assert (item.status, item.version, item.draft) == (Status.PENDING, 1, DRAFT)


def test_a_claimed_item_is_approved_and_its_run_resumed_once(desk: Desk) -> None:
    item = desk.queue.claim(open_review(desk).review_id, "ann")
    decision = desk.queue.decide(item.review_id, "approve", user="ann", version=item.version)
    assert (decision.final, decision.draft, decision.body_sha256) == (True, DRAFT, item.draft_sha256)
    assert decision.refs == {"orders/#W1": 3}
    assert desk.queue.decision_for("r1", "review") == decision
    assert list(desk.queue.open_resumes()) == [item.review_id]
    claim = desk.queue.claim_resume(item.review_id)
    assert (claim.decision, claim.attempts) == (decision, 1)
    with pytest.raises(ConflictError) as caught:
        desk.queue.claim_resume(item.review_id)
    assert code(caught) == "review.resume-running"
    assert list(desk.queue.open_resumes()) == []
    desk.queue.finish_resume(claim)
    with pytest.raises(ConflictError) as caught:
        desk.queue.claim_resume(item.review_id)
    assert code(caught) == "review.resume-over"
    with pytest.raises(ConflictError) as caught:
        desk.queue.finish_resume(claim)
    assert code(caught) == "review.resume-lost"
    assert desk.queue.verify_audit().ok


def test_a_free_item_is_claimed_by_deciding(desk: Desk) -> None:
    item = open_review(desk)
    decision = desk.queue.decide(item.review_id, "reject", user="ann", version=1, reason="tone", note="rude")
    assert (decision.action, decision.reason, decision.note) == ("reject", "tone", "rude")


def test_the_loser_is_told_who_won(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.decide(item.review_id, "reject", user="bob", version=1, reason="tone")
    with pytest.raises(ConflictError, match="bob chose 'reject' at 1970-01-01T00:16:40") as caught:
        desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    assert code(caught) == "review.decided"
    assert len(desk.queue.decisions(item.review_id)) == 1


def test_who_saw_an_older_version_is_told_what_happened(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.claim(item.review_id, "ann")
    desk.queue.release(item.review_id, "ann")
    with pytest.raises(ConflictError, match=r"version 3, not 1: review.released by ann") as caught:
        desk.queue.decide(item.review_id, "approve", user="bob", version=1)
    assert code(caught) == "review.version"


def test_what_another_person_holds_is_left_alone(desk: Desk) -> None:
    item = desk.queue.claim(open_review(desk).review_id, "ann")
    for attempt in (
        lambda: desk.queue.claim(item.review_id, "bob"),
        lambda: desk.queue.decide(item.review_id, "approve", user="bob", version=item.version),
        lambda: desk.queue.snooze(item.review_id, "bob", version=item.version, until=2000),
    ):
        with pytest.raises(ConflictError, match="ann holds review") as caught:
            attempt()
        assert code(caught) == "review.claimed"
    taken = desk.queue.claim(item.review_id, "bob", takeover=True)
    assert (taken.lease_user, taken.lease_token) == ("bob", item.lease_token + 1)
    with pytest.raises(ConflictError) as caught:
        desk.queue.release(item.review_id, "ann")
    assert code(caught) == "review.lease-lost"


def test_a_lapsed_lease_frees_the_item_and_keeps_the_text(desk: Desk) -> None:
    item = desk.queue.claim(open_review(desk).review_id, "ann")
    desk.queue.save_draft(item.review_id, "ann", Draft(text="half a sent"))
    desk.clock.now += 121
    assert [row.review_id for row in desk.queue.list(ReviewFilter(statuses=(Status.PENDING,)))] == [item.review_id]
    assert desk.queue.extend(item.review_id, "ann").lease_until == desk.clock.now + 120
    desk.clock.now += 121
    assert desk.queue.sweep().lapsed == (item.review_id,)
    claimed = desk.queue.claim_next("bob")
    assert claimed is not None
    assert claimed.draft == DRAFT
    assert [(draft.author, draft.draft.text) for draft in desk.queue.drafts(item.review_id)] == [
        ("graph", "Done."),
        ("ann", "half a sent"),
    ]


def test_time_never_approves(desk: Desk) -> None:
    for number, policy in enumerate(("close", "escalate", "remind")):
        open_review(desk, run_id=f"r{number}", expire_at=1500.0, on_expire=policy)
    assert desk.queue.expire().expired == ()
    desk.clock.now = 1500.0
    swept = desk.queue.sweep()
    assert (len(swept.expired), len(swept.escalated), len(swept.reminded)) == (1, 1, 1)
    assert desk.queue.counts() == {Status.EXPIRED: 2, Status.PENDING: 2}
    assert desk.queue.sweep() == desk.queue.expire()
    with desk.store.read() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(tables.decision)).scalar_one() == 0


def test_a_snoozed_item_comes_back(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.snooze(item.review_id, "ann", version=1, until=1100.0)
    with pytest.raises(ConflictError):
        desk.queue.decide(item.review_id, "approve", user="ann", version=2)
    assert desk.queue.sweep().woken == ()
    desk.clock.now = 1100.0
    assert desk.queue.sweep().woken == (item.review_id,)
    assert desk.queue.show(item.review_id).status is Status.PENDING


def test_a_failed_resume_is_tried_again_or_a_dead_letter(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    claim = desk.queue.claim_resume(item.review_id)
    desk.queue.finish_resume(claim, error={"code": "x"}, retry=True)
    claim = desk.queue.claim_resume(item.review_id)
    assert claim.attempts == 2
    desk.queue.finish_resume(claim, error={"code": "x"})
    with pytest.raises(ConflictError, match="dead"):
        desk.queue.claim_resume(item.review_id)


def test_a_run_that_ended_before_its_process_died_is_carried_out(desk: Desk) -> None:
    item = open_review(desk)
    decision = desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    desk.queue.claim_resume(item.review_id, owner="elsewhere|1|1")
    assert desk.queue.not_carried_out(decision.decision_id) == (1, "")
    with desk.store.write() as db:
        known = {"run_id": item.run_id, "graph_name": "g", "graph_hash": "h", "status": "done"}
        db.execute(sa.insert(tables.run).values(**known, created_at=1.0, updated_at=1.0))
    desk.clock.now += 1000
    assert desk.queue.open_resumes() == []
    assert desk.queue.not_carried_out(decision.decision_id) is None


def test_a_resume_of_another_machine_is_believed_for_its_lease(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    lost = desk.queue.claim_resume(item.review_id, owner="elsewhere|1|1")
    with pytest.raises(ConflictError):
        desk.queue.claim_resume(item.review_id)
    desk.clock.now += 301
    assert list(desk.queue.open_resumes()) == [item.review_id]
    assert desk.queue.claim_resume(item.review_id).attempts == 2
    with pytest.raises(ConflictError):
        desk.queue.finish_resume(lost)


def test_the_most_urgent_comes_first(desk: Desk) -> None:
    for name, values in {
        "old": {},
        "risky": {"risk": 5},
        "due": {"due_at": 5000.0},
        "later": {"due_at": 6000.0, "risk": 9, "queue": "vip"},
    }.items():
        open_review(desk, run_id=name, item_id=name, **values)
        desk.clock.now += 1
    assert [row.run_id for row in desk.queue.list()] == ["due", "later", "risky", "old"]
    assert [row.run_id for row in desk.queue.list(ReviewFilter(queue="vip"))] == ["later"]
    assert [row.run_id for row in desk.queue.list(ReviewFilter(item_id="old"))] == ["old"]
    assert [row.run_id for row in desk.queue.list(ReviewFilter(run_id="due"))] == ["due"]
    assert [row.run_id for row in desk.queue.list(ReviewFilter(limit=1, offset=1))] == ["later"]
    taken = [desk.queue.claim_next(f"user{number}") for number in range(5)]
    assert [item and item.run_id for item in taken] == ["due", "later", "risky", "old", None]
    assert [row.run_id for row in desk.queue.list(ReviewFilter(user="user1"))] == ["later"]
    assert desk.queue.counts(queue="vip") == {Status.IN_REVIEW: 1}


def test_what_is_over_stays_over() -> None:
    for status in (Status.EXPIRED, Status.WITHDRAWN):
        assert not [event for (before, event) in TRANSITIONS if before is status]
    assert {event for (before, event) in TRANSITIONS if before is Status.DECIDED} == {
        Event.REFUSE,
        Event.RECALL,
        Event.UNDO,
    }
    into_decided = {
        event for event_key, after in TRANSITIONS.items() if after is Status.DECIDED for event in event_key[1:]
    }
    assert into_decided == {Event.DECIDE, Event.AUTO}
