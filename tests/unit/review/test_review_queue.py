from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.effect import EffectCall
from compound.errors import ConflictError, DataError, EffectRefused
from compound.review import Edit, ItemFilter, Status
from compound.review.item.machine import TRANSITIONS, Event
from compound.review.item.types import Draft, NewItem, Redraft, Revalidated, ReviewItem
from compound.review.queue.queue import ReviewQueue
from tests.support.data.state_stores import postgresql_url, sqlite_store

CANCEL = EffectCall(name="cancel", arguments={"order_id": "#W1"}, details={"confidence": 0.9})
MOVE = EffectCall(name="move", arguments={"order_id": "#W1", "zip": "1"})
DRAFT = Draft(text="Done.", actions=(CANCEL, MOVE))


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Rows:
    """The versions outside, as a probe sees them."""

    versions: dict[str, int] = field(default_factory=lambda: {"orders/#W1": 3})

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        return {ref: self.versions[ref] for ref in refs if ref in self.versions}


@dataclass
class Desk:
    queue: ReviewQueue
    store: StateStore
    clock: Clock
    rows: Rows


def only_known_zips(item: ReviewItem, draft: Draft) -> Revalidated:
    wrong = [action for action in draft.actions if action.arguments.get("zip") == "bad"]
    return Revalidated(problems=("no such zip",) if wrong else (), refs={"orders/#W1": 99, "orders/#W2": 7})


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    store = sqlite_store(tmp_path) if request.param == "sqlite" else StateStore.open(postgresql_url())
    clock, rows = Clock(), Rows()
    yield Desk(ReviewQueue(store, clock=clock, probe=rows, revalidate=only_known_zips), store, clock, rows)
    store.close()


def open_item(desk: Desk, **values: object) -> ReviewItem:
    given: dict[str, object] = {
        "run_id": "r1",
        "node": "review",
        "draft": DRAFT,
        "refs": {"orders/#W1": 3},
        "ticket": {"subject": "Hi"},
        "reasons": ("not sure",),
    }
    return desk.queue.open_item(NewItem(**(given | values)))  # pyright: ignore[reportArgumentType]


def code(caught: pytest.ExceptionInfo[ConflictError] | pytest.ExceptionInfo[DataError]) -> str:
    return caught.value.code


def test_opening_twice_finds_the_item(desk: Desk) -> None:
    item = open_item(desk)
    assert open_item(desk, draft=Draft(text="another")) == item
    assert open_item(desk, round=1).item_id != item.item_id
    assert (item.status, item.version, item.draft) == (Status.PENDING, 1, DRAFT)


def test_a_claimed_item_is_approved_and_its_run_resumed_once(desk: Desk) -> None:
    item = desk.queue.claim(open_item(desk).item_id, "ann")
    decision = desk.queue.decide(item.item_id, "approve", user="ann", version=item.version)
    assert (decision.final, decision.draft, decision.body_sha256) == (True, DRAFT, item.draft_sha256)
    assert decision.refs == {"orders/#W1": 3}
    assert desk.queue.decision_for("r1", "review") == decision
    assert list(desk.queue.open_resumes()) == [item.item_id]
    claim = desk.queue.claim_resume(item.item_id)
    assert (claim.decision, claim.attempts) == (decision, 1)
    with pytest.raises(ConflictError) as caught:
        desk.queue.claim_resume(item.item_id)
    assert code(caught) == "review.resume-running"
    assert list(desk.queue.open_resumes()) == []
    desk.queue.finish_resume(claim)
    with pytest.raises(ConflictError) as caught:
        desk.queue.claim_resume(item.item_id)
    assert code(caught) == "review.resume-over"
    with pytest.raises(ConflictError) as caught:
        desk.queue.finish_resume(claim)
    assert code(caught) == "review.resume-lost"
    assert desk.queue.verify_audit().ok


def test_a_free_item_is_claimed_by_deciding(desk: Desk) -> None:
    item = open_item(desk)
    decision = desk.queue.decide(item.item_id, "reject", user="ann", version=1, reason="tone", note="rude")
    assert (decision.action, decision.reason, decision.note) == ("reject", "tone", "rude")


def test_the_loser_is_told_who_won(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.decide(item.item_id, "reject", user="bob", version=1, reason="tone")
    with pytest.raises(ConflictError, match="bob chose 'reject' at 1970-01-01T00:16:40") as caught:
        desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    assert code(caught) == "review.decided"
    assert len(desk.queue.decisions(item.item_id)) == 1


def test_who_saw_an_older_version_is_told_what_happened(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.claim(item.item_id, "ann")
    desk.queue.release(item.item_id, "ann")
    with pytest.raises(ConflictError, match=r"version 3, not 1: review.released by ann") as caught:
        desk.queue.decide(item.item_id, "approve", user="bob", version=1)
    assert code(caught) == "review.version"


def test_what_another_person_holds_is_left_alone(desk: Desk) -> None:
    item = desk.queue.claim(open_item(desk).item_id, "ann")
    for attempt in (
        lambda: desk.queue.claim(item.item_id, "bob"),
        lambda: desk.queue.decide(item.item_id, "approve", user="bob", version=item.version),
        lambda: desk.queue.snooze(item.item_id, "bob", version=item.version, until=2000),
    ):
        with pytest.raises(ConflictError, match="ann holds item") as caught:
            attempt()
        assert code(caught) == "review.claimed"
    taken = desk.queue.claim(item.item_id, "bob", takeover=True)
    assert (taken.lease_user, taken.lease_token) == ("bob", item.lease_token + 1)
    with pytest.raises(ConflictError) as caught:
        desk.queue.release(item.item_id, "ann")
    assert code(caught) == "review.lease-lost"


def test_a_lapsed_lease_frees_the_item_and_keeps_the_text(desk: Desk) -> None:
    item = desk.queue.claim(open_item(desk).item_id, "ann")
    desk.queue.save_draft(item.item_id, "ann", Draft(text="half a sent"))
    desk.clock.now += 121
    assert [row.item_id for row in desk.queue.list(ItemFilter(statuses=(Status.PENDING,)))] == [item.item_id]
    assert desk.queue.extend(item.item_id, "ann").lease_until == desk.clock.now + 120
    desk.clock.now += 121
    assert desk.queue.sweep().lapsed == (item.item_id,)
    claimed = desk.queue.claim_next("bob")
    assert claimed is not None
    assert claimed.draft == DRAFT
    assert [(draft.author, draft.draft.text) for draft in desk.queue.drafts(item.item_id)] == [
        ("graph", "Done."),
        ("ann", "half a sent"),
    ]


def test_an_edit_keeps_names_and_is_checked_again(desk: Desk) -> None:
    desk.rows.versions["orders/#W2"] = 7
    item = open_item(desk)
    moved = EffectCall(name="move", arguments={"order_id": "#W2", "zip": "2"})

    def edit(*actions: EffectCall) -> str:
        with pytest.raises(DataError) as caught:
            desk.queue.decide(item.item_id, "edit", user="ann", version=1, edits=Edit(actions=actions))
        return caught.value.what

    assert "add or rename an action ('refund'" in edit(EffectCall(name="refund", arguments={}))
    assert "add or rename" in edit(CANCEL, CANCEL, MOVE)
    assert "add or rename" in edit(MOVE, CANCEL)
    assert "no such zip" in edit(EffectCall(name="move", arguments={"zip": "bad"}))
    decision = desk.queue.decide(
        item.item_id, "edit", user="ann", version=1, edits=Edit(text="Moved.", actions=(moved,))
    )
    assert decision.draft == Draft(text="Moved.", actions=(moved,))
    # a row seen at drafting keeps that version, a new one has the version of the second check
    assert decision.refs == {"orders/#W1": 3, "orders/#W2": 7}
    assert [draft.author for draft in desk.queue.drafts(item.item_id)] == ["graph", "ann"]
    assert decision.body_sha256 == desk.queue.drafts(item.item_id)[1].sha256


def test_arguments_may_not_be_changed_where_nothing_checks_them(desk: Desk) -> None:
    queue = ReviewQueue(desk.store)
    item = open_item(desk)
    with pytest.raises(DataError):
        queue.decide(item.item_id, "edit", user="ann", version=1, edits=Edit(actions=(MOVE,)))
    assert queue.decide(item.item_id, "edit", user="ann", version=1, edits=Edit(text="Ok.")).is_edited


@pytest.mark.parametrize("action", ["reject", "return"])
def test_some_decisions_need_a_reason(desk: Desk, action: str) -> None:
    with pytest.raises(DataError) as caught:
        desk.queue.decide(open_item(desk).item_id, action, user="ann", version=1)  # pyright: ignore[reportArgumentType]
    assert code(caught) == "review.reason"


def test_a_draft_is_returned_twice_at_most(desk: Desk) -> None:
    for round_ in (0, 1):
        item = open_item(desk, round=round_)
        assert desk.queue.decide(item.item_id, "return", user="ann", version=1, reason="tone").final
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(open_item(desk, round=2).item_id, "return", user="ann", version=1, reason="tone")
    assert code(caught) == "review.returns"


@pytest.mark.parametrize("user", ["", " ", "policy:x", "agent:7", "graph"])
def test_only_people_decide(desk: Desk, user: str) -> None:
    item = open_item(desk)
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(item.item_id, "approve", user=user, version=1)
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
        assert code(caught) == "review.unknown-item"


def test_a_changed_row_makes_the_item_stale(desk: Desk) -> None:
    item = desk.queue.claim(open_item(desk).item_id, "ann")
    desk.rows.versions["orders/#W1"] = 4
    with pytest.raises(ConflictError, match=r"orders/#W1 was at version 3, now 4") as caught:
        desk.queue.decide(item.item_id, "approve", user="ann", version=item.version)
    assert code(caught) == "review.stale"
    stale = desk.queue.show(item.item_id)
    assert (stale.status, stale.lease_user) == (Status.STALE, None)
    assert desk.queue.decisions(item.item_id) == []
    with pytest.raises(ConflictError, match="now 4") as caught:
        desk.queue.decide(item.item_id, "approve", user="ann", version=stale.version)
    assert code(caught) == "review.stale"
    fresh = desk.queue.redraft(item.item_id, user="ann", version=stale.version)
    # what the second check read besides is bound too
    assert (fresh.status, fresh.refs) == (Status.PENDING, {"orders/#W1": 4, "orders/#W2": 7})
    desk.rows.versions["orders/#W2"] = 7
    assert desk.queue.decide(item.item_id, "approve", user="ann", version=fresh.version).final


def test_a_row_that_is_gone_is_a_change_but_a_reject_sends_nothing(desk: Desk) -> None:
    item = open_item(desk)
    desk.rows.versions.clear()
    assert desk.queue.decide(item.item_id, "reject", user="ann", version=1, reason="other").final
    other = open_item(desk, run_id="r2")
    assert desk.queue.check_stale(other.item_id).status is Status.STALE
    assert "orders/#W1 was deleted" in str(desk.queue.show(other.item_id).stale_reason)
    assert desk.queue.check_stale(item.item_id).status is Status.DECIDED


def test_a_refused_effect_brings_the_item_back(desk: Desk) -> None:
    item = open_item(desk)
    first = desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    claim = desk.queue.claim_resume(item.item_id)
    stale = desk.queue.reopen(item.item_id, EffectRefused("effect.wrong-status", "the order is delivered"))
    desk.queue.finish_resume(claim)
    assert stale.stale_reason is not None
    assert stale.stale_reason["what"] == "the order is delivered"
    assert desk.queue.decision_for("r1", "review") is None
    fresh = Redraft(draft=Draft(text="Sorry."), evidence={"order": "delivered"}, reasons=("too late",), refs={"o/1": 2})
    again = desk.queue.redraft(item.item_id, user="graph", version=stale.version, fresh=fresh)
    assert (again.draft, again.evidence, again.reasons, again.refs) == (
        fresh.draft,
        fresh.evidence,
        ("too late", "drafted again: the order is delivered"),
        fresh.refs,
    )
    assert again.evidence_sha256 != stale.evidence_sha256
    assert [version.draft for version in desk.queue.drafts(item.item_id)] == [DRAFT, fresh.draft]
    second = desk.queue.decide(item.item_id, "reject", user="bob", version=again.version, reason="other")
    assert desk.queue.decision_for("r1", "review") == second != first
    assert desk.queue.claim_resume(item.item_id).decision == second


def test_an_escalated_item_waits_for_the_next_level(desk: Desk) -> None:
    item = open_item(desk)
    decision = desk.queue.decide(item.item_id, "escalate", user="ann", version=1)
    assert not decision.final
    assert desk.queue.decision_for("r1", "review") is None
    (child,) = desk.queue.list(ItemFilter(statuses=(Status.PENDING,)))
    assert child.level == 1
    assert desk.queue.show(child.item_id).parent_id == item.item_id
    final = desk.queue.decide(child.item_id, "approve", user="boss", version=1)
    assert desk.queue.decision_for("r1", "review") == final
    with pytest.raises(ConflictError):
        desk.queue.reopen(item.item_id, EffectRefused("effect.stale", "x"))


def test_two_different_people_approve(desk: Desk) -> None:
    item = open_item(desk, second=True)
    first = desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    waiting = desk.queue.show(item.item_id)
    assert (first.final, waiting.status, waiting.first_approver) == (False, Status.AWAITING_SECOND, "ann")
    assert desk.queue.claim_next("ann") is None
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(item.item_id, "approve", user="ann", version=waiting.version)
    assert code(caught) == "review.second-approver"
    # an edit starts over: its author is the first of the two
    edited = desk.queue.decide(item.item_id, "edit", user="bob", version=waiting.version, edits=Edit(text="New."))
    assert not edited.final
    with pytest.raises(ConflictError):
        desk.queue.decide(item.item_id, "approve", user="bob", version=waiting.version + 1)
    final = desk.queue.decide(item.item_id, "approve", user="ann", version=waiting.version + 1)
    assert (final.final, final.draft.text) == (True, "New.")
    with pytest.raises(ConflictError):
        desk.queue.auto_decide(open_item(desk, run_id="r2", second=True).item_id, policy="p")


def test_a_rule_that_rejects_rejects(desk: Desk) -> None:
    item = open_item(desk)
    desk.rows.versions["orders/#W1"] = 4
    decision = desk.queue.auto_decide(item.item_id, policy="abc", action="reject")
    assert (decision.actor, decision.action, decision.final) == ("policy:abc", "reject", True)


def test_a_policy_decides_what_nobody_touched(desk: Desk) -> None:
    item = open_item(desk)
    decision = desk.queue.auto_decide(item.item_id, policy="abc")
    assert (decision.actor, decision.action, decision.final) == ("policy:abc", "approve", True)
    with pytest.raises(ConflictError, match="policy:abc chose 'approve'"):
        desk.queue.auto_decide(item.item_id, policy="abc")
    touched = desk.queue.claim(open_item(desk, run_id="r2").item_id, "ann")
    with pytest.raises(ConflictError):
        desk.queue.auto_decide(touched.item_id, policy="abc")
    changed = open_item(desk, run_id="r3")
    desk.rows.versions["orders/#W1"] = 4
    with pytest.raises(ConflictError) as caught:
        desk.queue.auto_decide(changed.item_id, policy="abc")
    assert code(caught) == "review.stale"


def test_a_repeated_request_gives_the_same_decision(desk: Desk) -> None:
    item = open_item(desk)
    first = desk.queue.decide(item.item_id, "approve", user="ann", version=1, idempotency_key="k")
    desk.rows.versions["orders/#W1"] = 4
    assert desk.queue.decide(item.item_id, "approve", user="ann", version=1, idempotency_key="k") == first
    with pytest.raises(ConflictError) as caught:
        desk.queue.decide(item.item_id, "reject", user="ann", version=1, reason="x", idempotency_key="k")
    assert code(caught) == "review.idempotency"


def test_time_never_approves(desk: Desk) -> None:
    for number, policy in enumerate(("close", "escalate", "remind")):
        open_item(desk, run_id=f"r{number}", expire_at=1500.0, on_expire=policy)
    assert desk.queue.expire().expired == ()
    desk.clock.now = 1500.0
    swept = desk.queue.sweep()
    assert (len(swept.expired), len(swept.escalated), len(swept.reminded)) == (1, 1, 1)
    assert desk.queue.counts() == {Status.EXPIRED: 2, Status.PENDING: 2}
    assert desk.queue.sweep() == desk.queue.expire()
    with desk.store.read() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(tables.decision)).scalar_one() == 0


def test_a_snoozed_item_comes_back(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.snooze(item.item_id, "ann", version=1, until=1100.0)
    with pytest.raises(ConflictError):
        desk.queue.decide(item.item_id, "approve", user="ann", version=2)
    assert desk.queue.sweep().woken == ()
    desk.clock.now = 1100.0
    assert desk.queue.sweep().woken == (item.item_id,)
    assert desk.queue.show(item.item_id).status is Status.PENDING


def test_a_decision_is_taken_back_only_before_the_run_goes_on(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    undone = desk.queue.undo(item.item_id, user="ann")
    assert (undone.status, undone.lease_user) == (Status.IN_REVIEW, "ann")
    assert list(desk.queue.open_resumes()) == []
    assert desk.queue.decision_for("r1", "review") is None
    desk.queue.decide(item.item_id, "reject", user="ann", version=undone.version, reason="other")
    assert desk.queue.claim_resume(item.item_id).decision.action == "reject"
    with pytest.raises(ConflictError) as caught:
        desk.queue.undo(item.item_id, user="ann")
    assert code(caught) == "review.too-late"


def test_an_approval_that_was_undone_does_not_come_back_when_the_item_is_passed_on(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    undone = desk.queue.undo(item.item_id, user="ann")
    desk.queue.decide(item.item_id, "escalate", user="ann", version=undone.version)
    assert desk.queue.decision_for("r1", "review") is None
    assert list(desk.queue.open_resumes()) == []


def test_a_withdrawn_item_is_nobodys(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.withdraw(item.item_id, actor="cli", reason="run cancelled")
    with pytest.raises(ConflictError):
        desk.queue.decide(item.item_id, "approve", user="ann", version=2)
    with pytest.raises(ConflictError):
        desk.queue.claim(item.item_id, "ann")


def test_a_failed_resume_is_tried_again_or_a_dead_letter(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    claim = desk.queue.claim_resume(item.item_id)
    desk.queue.finish_resume(claim, error={"code": "x"}, retry=True)
    claim = desk.queue.claim_resume(item.item_id)
    assert claim.attempts == 2
    desk.queue.finish_resume(claim, error={"code": "x"})
    with pytest.raises(ConflictError, match="dead"):
        desk.queue.claim_resume(item.item_id)


def test_a_resume_of_another_machine_is_believed_for_its_lease(desk: Desk) -> None:
    item = open_item(desk)
    desk.queue.decide(item.item_id, "approve", user="ann", version=1)
    lost = desk.queue.claim_resume(item.item_id, owner="elsewhere|1|1")
    with pytest.raises(ConflictError):
        desk.queue.claim_resume(item.item_id)
    desk.clock.now += 301
    assert list(desk.queue.open_resumes()) == [item.item_id]
    assert desk.queue.claim_resume(item.item_id).attempts == 2
    with pytest.raises(ConflictError):
        desk.queue.finish_resume(lost)


def test_the_most_urgent_comes_first(desk: Desk) -> None:
    for name, values in {
        "old": {},
        "risky": {"risk": 5},
        "due": {"due_at": 5000.0},
        "later": {"due_at": 6000.0, "risk": 9, "queue": "vip"},
    }.items():
        open_item(desk, run_id=name, ticket_id=name, **values)
        desk.clock.now += 1
    assert [row.run_id for row in desk.queue.list()] == ["due", "later", "risky", "old"]
    assert [row.run_id for row in desk.queue.list(ItemFilter(queue="vip"))] == ["later"]
    assert [row.run_id for row in desk.queue.list(ItemFilter(ticket_id="old"))] == ["old"]
    assert [row.run_id for row in desk.queue.list(ItemFilter(run_id="due"))] == ["due"]
    assert [row.run_id for row in desk.queue.list(ItemFilter(limit=1, offset=1))] == ["later"]
    taken = [desk.queue.claim_next(f"user{number}") for number in range(5)]
    assert [item and item.run_id for item in taken] == ["due", "later", "risky", "old", None]
    assert [row.run_id for row in desk.queue.list(ItemFilter(user="user1"))] == ["later"]
    assert desk.queue.counts(queue="vip") == {Status.IN_REVIEW: 1}


def test_what_is_over_stays_over() -> None:
    for status in (Status.EXPIRED, Status.WITHDRAWN):
        assert not [event for (before, event) in TRANSITIONS if before is status]
    assert {event for (before, event) in TRANSITIONS if before is Status.DECIDED} == {
        Event.REFUSE,
        Event.UNDO,
    }
    into_decided = {
        event for event_key, after in TRANSITIONS.items() if after is Status.DECIDED for event in event_key[1:]
    }
    assert into_decided == {Event.DECIDE, Event.AUTO}
