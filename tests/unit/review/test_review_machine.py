"""The invariants of a queue, under any order of what people, policies, the clock and the run may do."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from compound.connector.state import tables
from compound.effect import EffectCall
from compound.errors import ConflictError, DataError, EffectRefused
from compound.review import Edit, Status
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.machine import TRANSITIONS, UNDECIDED
from compound.review.stored.types import Draft, NewReview, ResumeClaim, Review
from tests.support.data.state_stores import sqlite_store

USERS = st.sampled_from(["ann", "bob", "cy"])
_TABLE = {(before, after) for (before, _), after in TRANSITIONS.items()}
# a decision on an unclaimed item claims it in the same transaction: two steps of the table at once
STEPS = _TABLE | {(Status.PENDING, after) for before, after in _TABLE if before is Status.IN_REVIEW}


class Queue(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = sqlite_store(Path(self.folder.name))
        self.now = 1000.0
        self.row = 1
        self.queue = ReviewQueue(self.store, clock=lambda: self.now, probe=self)
        self.review_id = ""
        self.claims: list[ResumeClaim] = []
        self.finished: set[str] = set()

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        return dict.fromkeys(refs, self.row)

    @initialize(second=st.booleans(), expires=st.booleans())
    def open(self, second: bool, expires: bool) -> None:
        action = EffectCall(name="cancel", arguments={"order_id": "#W1"})
        item = self.queue.open_review(
            NewReview(
                run_id="r",
                node="review",
                draft=Draft(text="Done.", actions=(action,)),
                refs={"orders/#W1": 1},
                second=("approve", "edit") if second else (),
                expire_at=1500.0 if expires else None,
                on_expire="close",
            )
        )
        self.review_id = item.review_id

    def item(self) -> Review:
        return self.queue.show(self.review_id)

    def attempt(self, act: Callable[[], object]) -> None:
        """Do it: one step of the table, or a refusal that changes nothing but staleness."""
        before = self.item()
        try:
            act()
        except (ConflictError, DataError) as error:
            if error.code != "review.stale":
                assert self.item() == before
        else:
            after = self.item()
            assert (before.status, after.status) in STEPS
            assert after.version == before.version + 1

    @rule(user=USERS, takeover=st.booleans())
    def claim(self, user: str, takeover: bool) -> None:
        self.attempt(lambda: self.queue.claim(self.review_id, user, takeover=takeover))

    @rule(user=USERS)
    def release(self, user: str) -> None:
        self.attempt(lambda: self.queue.release(self.review_id, user))

    @rule(
        user=USERS,
        action=st.sampled_from(["approve", "edit", "reject", "return", "escalate"]),
        seen_ago=st.integers(0, 1),
    )
    def decide(self, user: str, action: str, seen_ago: int) -> None:
        item = self.item()
        others = item.is_held(self.now) and item.lease_user != user
        count = len(self.queue.decisions(self.review_id))
        self.attempt(
            lambda: self.queue.decide(
                self.review_id,
                action,  # pyright: ignore[reportArgumentType]
                user=user,
                version=item.version - seen_ago,
                edits=Edit(text=f"by {user}") if action == "edit" else None,
                reason="tone",
            )
        )
        if others or seen_ago:
            assert len(self.queue.decisions(self.review_id)) == count

    @rule()
    def auto(self) -> None:
        self.attempt(lambda: self.queue.auto_decide(self.review_id, policy="p"))

    @rule()
    def change_outside(self) -> None:
        self.row += 1

    @rule()
    def look(self) -> None:
        self.queue.check_stale(self.review_id)

    @rule(user=USERS)
    def redraft(self, user: str) -> None:
        self.attempt(lambda: self.queue.redraft(self.review_id, user=user, version=self.item().version))

    @rule(user=USERS)
    def snooze(self, user: str) -> None:
        item = self.item()
        self.attempt(lambda: self.queue.snooze(self.review_id, user, version=item.version, until=self.now + 50))

    @rule(user=USERS)
    def undo(self, user: str) -> None:
        self.attempt(lambda: self.queue.undo(self.review_id, user=user))

    @rule(seconds=st.sampled_from([1.0, 60.0, 130.0]))
    def wait(self, seconds: float) -> None:
        count = len(self.queue.decisions(self.review_id))
        self.now += seconds
        self.queue.sweep()
        assert len(self.queue.decisions(self.review_id)) == count

    @rule()
    def withdraw_late(self) -> None:
        if self.now > 1800:
            self.attempt(lambda: self.queue.withdraw(self.review_id, actor="cli", reason="x"))

    @rule()
    def resume(self) -> None:
        try:
            self.claims.append(self.queue.claim_resume(self.review_id, owner="elsewhere|1|1"))
        except ConflictError:
            return
        decision = self.claims[-1].decision
        assert decision == self.queue.decision_for("r", "review")
        assert decision.decision_id not in self.finished

    @precondition(lambda self: self.claims)
    @rule(refused=st.booleans())
    def finish(self, refused: bool) -> None:
        claim = self.claims.pop()
        try:
            self.queue.finish_resume(claim)
        except ConflictError:
            return
        self.finished.add(claim.decision.decision_id)
        if refused:
            self.attempt(lambda: self.queue.reopen(self.review_id, EffectRefused("effect.stale", "x")))

    @invariant()
    def decisions_are_lawful(self) -> None:
        if not self.review_id:
            return
        item, decisions = self.item(), self.queue.decisions(self.review_id)
        assert len({decision.version for decision in decisions}) == len(decisions)
        standing = self.queue.decision_for("r", "review")
        if item.status is Status.DECIDED:
            last = decisions[-1]
            assert standing == (last if last.final else None)
            assert last.body_sha256 == item.draft_sha256
            assert item.lease_user is None
            if item.second and last.action == "approve":
                first = decisions[-2]
                assert not first.final
                assert first.actor != last.actor
                assert first.body_sha256 == last.body_sha256
        else:
            assert standing is None
        assert item.status not in UNDECIDED or standing is None

    @invariant()
    def one_resume_for_each_final_decision(self) -> None:
        if not self.review_id:
            return
        with self.store.read() as db:
            resumes = list(db.execute(sa.select(tables.resume.c.decision_id)).scalars())
        final = [decision.decision_id for decision in self.queue.decisions(self.review_id) if decision.final]
        assert sorted(resumes) == sorted(final)

    @invariant()
    def the_log_is_whole(self) -> None:
        assert self.queue.verify_audit().ok

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


Queue.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestQueue = Queue.TestCase
