from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from compound.connector.state import tables
from compound.effect import EffectCall
from compound.errors import ConflictError, ConnectorError, DataError, EffectRefused
from compound.review import Edit, ReviewFilter, Status
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Draft, Redraft
from tests.unit.review.review_desk import CANCEL, DRAFT, MOVE, Desk, code, open_review


def test_an_edit_keeps_names_and_is_checked_again(desk: Desk) -> None:
    desk.rows.versions["orders/#W2"] = 7
    item = open_review(desk)
    moved = EffectCall(name="move", arguments={"order_id": "#W2", "zip": "2"})

    def edit(*actions: EffectCall) -> str:
        with pytest.raises(DataError) as caught:
            desk.queue.decide(item.review_id, "edit", user="ann", version=1, edits=Edit(actions=actions))
        return caught.value.what

    assert "add or rename an action ('refund'" in edit(EffectCall(name="refund", arguments={}))
    assert "add or rename" in edit(CANCEL, CANCEL, MOVE)
    assert "add or rename" in edit(MOVE, CANCEL)
    assert "no such zip" in edit(EffectCall(name="move", arguments={"zip": "bad"}))
    decision = desk.queue.decide(
        item.review_id, "edit", user="ann", version=1, edits=Edit(text="Moved.", actions=(moved,))
    )
    assert decision.draft == Draft(text="Moved.", actions=(moved,))
    # a row seen at drafting keeps that version, a new one has the version of the second check
    assert decision.refs == {"orders/#W1": 3, "orders/#W2": 7}
    assert [draft.author for draft in desk.queue.drafts(item.review_id)] == ["graph", "ann"]
    assert decision.body_sha256 == desk.queue.drafts(item.review_id)[1].sha256


def test_arguments_may_not_be_changed_where_nothing_checks_them(desk: Desk) -> None:
    queue = ReviewQueue(desk.store)
    item = open_review(desk)
    with pytest.raises(DataError):
        queue.decide(item.review_id, "edit", user="ann", version=1, edits=Edit(actions=(MOVE,)))
    assert queue.decide(item.review_id, "edit", user="ann", version=1, edits=Edit(text="Ok.")).is_edited


@pytest.mark.parametrize("action", ["reject", "return"])
def test_some_decisions_need_a_reason(desk: Desk, action: str) -> None:
    with pytest.raises(DataError) as caught:
        desk.queue.decide(open_review(desk).review_id, action, user="ann", version=1)  # pyright: ignore[reportArgumentType]
    assert code(caught) == "review.reason"


def test_a_draft_is_returned_twice_at_most(desk: Desk) -> None:
    for round_ in (0, 1):
        item = open_review(desk, returns=round_)
        assert desk.queue.decide(item.review_id, "return", user="ann", version=1, reason="tone").final
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(open_review(desk, returns=2).review_id, "return", user="ann", version=1, reason="tone")
    assert code(caught) == "review.returns"


@pytest.mark.parametrize("user", ["", " ", "policy:x", "agent:7", "graph"])
def test_only_people_decide(desk: Desk, user: str) -> None:
    item = open_review(desk)
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(item.review_id, "approve", user=user, version=1)
    assert code(caught) == "review.actor"


def test_an_unknown_item_is_an_error_not_silence(desk: Desk) -> None:
    for attempt in (
        lambda: desk.queue.show("nope"),
        lambda: desk.queue.claim("nope", "ann"),
        lambda: desk.queue.decide("nope", "approve", user="ann", version=1),
        lambda: desk.queue.claim_resume("nope"),
        lambda: desk.queue.auto_decide("nope", policy="p"),
    ):
        with pytest.raises(DataError) as caught:
            attempt()
        assert code(caught) == "review.unknown"


def test_a_changed_row_makes_the_item_stale(desk: Desk) -> None:
    item = desk.queue.claim(open_review(desk).review_id, "ann")
    desk.rows.versions["orders/#W1"] = 4
    with pytest.raises(ConflictError, match=r"orders/#W1 was at version 3, now 4") as caught:
        desk.queue.decide(item.review_id, "approve", user="ann", version=item.version)
    assert code(caught) == "review.stale"
    stale = desk.queue.show(item.review_id)
    assert (stale.status, stale.lease_user) == (Status.STALE, None)
    assert desk.queue.decisions(item.review_id) == []
    with pytest.raises(ConflictError, match="now 4") as caught:
        desk.queue.decide(item.review_id, "approve", user="ann", version=stale.version)
    assert code(caught) == "review.stale"
    fresh = desk.queue.redraft(item.review_id, user="ann", version=stale.version)
    # what the second check read besides is bound too
    assert (fresh.status, fresh.refs) == (Status.PENDING, {"orders/#W1": 4, "orders/#W2": 7})
    desk.rows.versions["orders/#W2"] = 7
    assert desk.queue.decide(item.review_id, "approve", user="ann", version=fresh.version).final


def test_a_row_that_is_gone_is_a_change_but_a_reject_sends_nothing(desk: Desk) -> None:
    item = open_review(desk)
    desk.rows.versions.clear()
    assert desk.queue.decide(item.review_id, "reject", user="ann", version=1, reason="other").final
    other = open_review(desk, run_id="r2")
    assert desk.queue.check_stale(other.review_id).status is Status.STALE
    assert "orders/#W1 was deleted" in str(desk.queue.show(other.review_id).stale_reason)
    assert desk.queue.check_stale(item.review_id).status is Status.DECIDED


def test_a_refused_effect_brings_the_item_back(desk: Desk) -> None:
    item = open_review(desk)
    first = desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    claim = desk.queue.claim_resume(item.review_id)
    stale = desk.queue.reopen(item.review_id, EffectRefused("effect.wrong-status", "the order is delivered"))
    desk.queue.finish_resume(claim)
    assert stale.stale_reason is not None
    assert stale.stale_reason["what"] == "the order is delivered"
    assert desk.queue.decision_for("r1", "review") is None
    fresh = Redraft(draft=Draft(text="Sorry."), evidence={"order": "delivered"}, reasons=("too late",), refs={"o/1": 2})
    again = desk.queue.redraft(item.review_id, user="graph", version=stale.version, fresh=fresh)
    assert (again.draft, again.evidence, again.reasons, again.refs) == (
        fresh.draft,
        fresh.evidence,
        ("too late", "drafted again: the order is delivered"),
        fresh.refs,
    )
    assert again.evidence_sha256 != stale.evidence_sha256
    assert [version.draft for version in desk.queue.drafts(item.review_id)] == [DRAFT, fresh.draft]
    second = desk.queue.decide(item.review_id, "reject", user="bob", version=again.version, reason="other")
    assert desk.queue.decision_for("r1", "review") == second != first
    assert desk.queue.claim_resume(item.review_id).decision == second


def test_an_escalated_item_waits_for_the_next_level(desk: Desk) -> None:
    item = open_review(desk)
    decision = desk.queue.decide(item.review_id, "escalate", user="ann", version=1)
    assert not decision.final
    assert desk.queue.decision_for("r1", "review") is None
    (child,) = desk.queue.list(ReviewFilter(statuses=(Status.PENDING,)))
    assert child.level == 1
    assert desk.queue.show(child.review_id).parent_id == item.review_id
    final = desk.queue.decide(child.review_id, "approve", user="boss", version=1)
    assert desk.queue.decision_for("r1", "review") == final
    with pytest.raises(ConflictError):
        desk.queue.reopen(item.review_id, EffectRefused("effect.stale", "x"))


def test_two_different_people_approve(desk: Desk) -> None:
    item = open_review(desk, second=("approve", "edit"))
    first = desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    waiting = desk.queue.show(item.review_id)
    assert (first.final, waiting.status, waiting.first_approver) == (False, Status.AWAITING_SECOND, "ann")
    assert desk.queue.claim_next("ann") is None
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(item.review_id, "approve", user="ann", version=waiting.version)
    assert code(caught) == "review.second-approver"
    # an edit starts over: its author is the first of the two
    edited = desk.queue.decide(item.review_id, "edit", user="bob", version=waiting.version, edits=Edit(text="New."))
    assert not edited.final
    with pytest.raises(ConflictError):
        desk.queue.decide(item.review_id, "approve", user="bob", version=waiting.version + 1)
    final = desk.queue.decide(item.review_id, "approve", user="ann", version=waiting.version + 1)
    assert (final.final, final.draft.text) == (True, "New.")
    with pytest.raises(ConflictError):
        desk.queue.auto_decide(open_review(desk, run_id="r2", second=("approve",)).review_id, policy="p")


def test_the_database_refuses_a_final_decision_without_the_second_person(desk: Desk) -> None:
    item = open_review(desk, second=("approve",))
    first = desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    with desk.store.read() as db:
        row = dict(db.execute(sa.select(tables.decision)).mappings().one())
    alone = row | {"decision_id": "forged", "version": 50, "final": True}
    with pytest.raises((IntegrityError, ConnectorError), match="a second person must agree"), desk.store.write() as db:
        db.execute(sa.insert(tables.decision), alone)
    assert [one.decision_id for one in desk.queue.decisions(item.review_id)] == [first.decision_id]
    second = desk.queue.decide(item.review_id, "approve", user="bob", version=desk.queue.show(item.review_id).version)
    assert second.final


def test_a_rule_that_rejects_rejects(desk: Desk) -> None:
    item = open_review(desk)
    desk.rows.versions["orders/#W1"] = 4
    decision = desk.queue.auto_decide(item.review_id, policy="abc", action="reject")
    assert (decision.actor, decision.action, decision.final) == ("policy:abc", "reject", True)


def test_a_policy_decides_what_nobody_touched(desk: Desk) -> None:
    item = open_review(desk)
    decision = desk.queue.auto_decide(item.review_id, policy="abc")
    assert (decision.actor, decision.action, decision.final) == ("policy:abc", "approve", True)
    with pytest.raises(ConflictError, match="policy:abc chose 'approve'"):
        desk.queue.auto_decide(item.review_id, policy="abc")
    touched = desk.queue.claim(open_review(desk, run_id="r2").review_id, "ann")
    with pytest.raises(ConflictError):
        desk.queue.auto_decide(touched.review_id, policy="abc")
    changed = open_review(desk, run_id="r3")
    desk.rows.versions["orders/#W1"] = 4
    with pytest.raises(ConflictError) as caught:
        desk.queue.auto_decide(changed.review_id, policy="abc")
    assert code(caught) == "review.stale"


def test_a_repeated_request_gives_the_same_decision(desk: Desk) -> None:
    item = open_review(desk)
    first = desk.queue.decide(item.review_id, "approve", user="ann", version=1, idempotency_key="k")
    desk.rows.versions["orders/#W1"] = 4
    assert desk.queue.decide(item.review_id, "approve", user="ann", version=1, idempotency_key="k") == first
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(item.review_id, "reject", user="ann", version=1, reason="x", idempotency_key="k")
    assert code(caught) == "review.idempotency"


def test_a_decision_is_taken_back_only_before_the_run_goes_on(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    undone = desk.queue.undo(item.review_id, user="ann")
    assert (undone.status, undone.lease_user) == (Status.IN_REVIEW, "ann")
    assert list(desk.queue.open_resumes()) == []
    assert desk.queue.decision_for("r1", "review") is None
    desk.queue.decide(item.review_id, "reject", user="ann", version=undone.version, reason="other")
    assert desk.queue.claim_resume(item.review_id).decision.action == "reject"
    with pytest.raises(ConflictError) as caught:
        desk.queue.undo(item.review_id, user="ann")
    assert code(caught) == "review.too-late"


def test_an_approval_that_was_undone_does_not_come_back_when_the_item_is_passed_on(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.decide(item.review_id, "approve", user="ann", version=1)
    undone = desk.queue.undo(item.review_id, user="ann")
    desk.queue.decide(item.review_id, "escalate", user="ann", version=undone.version)
    assert desk.queue.decision_for("r1", "review") is None
    assert list(desk.queue.open_resumes()) == []


def test_a_withdrawn_item_is_nobodys(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.withdraw(item.review_id, actor="cli", reason="run cancelled")
    with pytest.raises(ConflictError):
        desk.queue.decide(item.review_id, "approve", user="ann", version=2)
    with pytest.raises(ConflictError):
        desk.queue.claim(item.review_id, "ann")
