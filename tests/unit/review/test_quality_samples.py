"""Blind samples and figures on both databases: who sees them, what an answer leads to, what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.errors import ConflictError, DataError
from compound.review.quality.figures import Wanted, counted
from compound.review.quality.monitor import watched
from compound.review.quality.samples import BlindSamples
from compound.review.queue.certificate import Certificates
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Draft, Edit, NewReview, Readiness
from tests.support.data.state_stores import postgresql_url, sqlite_store
from tests.unit.review.review_desk import Clock, Desk, Rows, open_review

CERTIFICATE: dict[str, Any] = {
    "graph_name": "main",
    "node": "review",
    "profile": "plain",
    "policy": "desk",
    "source": "decisions",
    "threshold": None,
    "cases": 22,
    "n": 22,
    "k": 0,
    "bound": 0.1,
    "error_at_most": 0.1,
    "confidence": 0.9,
    "method": "exact",
    "covers": {"graph": "1"},
}


BOTH = pytest.mark.parametrize("desk", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A queue that draws every decision."""
    is_postgresql = getattr(request, "param", "sqlite") == "postgresql"
    store = StateStore.open(postgresql_url()) if is_postgresql else sqlite_store(tmp_path)
    clock, rows = Clock(), Rows()
    yield Desk(ReviewQueue(store, clock=clock, probe=rows, share_of=lambda _: 1.0), store, clock, rows)
    store.close()


def opened(desk: Desk, number: int, **more: Any) -> str:
    given = {"run_id": f"r{number}", "graph_name": "main", "draft": Draft(text="one two three four"), "refs": {}}
    return open_review(desk, **(given | more)).review_id


def decided(desk: Desk, number: int, user: str, action: str = "approve", **more: Any) -> str:
    review_id = opened(desk, number, **more)
    desk.clock.now += 10
    version = desk.queue.claim(review_id, user).version
    desk.clock.now += 30
    given: dict[str, Any] = {"reason": "wrong"} if action == "reject" else {}
    edits = Edit(text="one two three five") if action == "edit" else None
    desk.queue.decide(review_id, action, user=user, version=version, edits=edits, **given)
    return review_id


def automatic(desk: Desk, number: int, certificate: str, key: str | None = None) -> str:
    ready = Readiness(ready=True, key=key, certificate=certificate)
    review_id = opened(desk, number, readiness=ready)
    desk.clock.now += 1
    desk.queue.auto_decide(review_id, policy="abc", certificate=certificate)
    return review_id


def samples(desk: Desk, person: str, *teams: str) -> BlindSamples:
    return BlindSamples(desk.store, person, teams=teams, clock=desk.clock)


def test_who_decided_anything_about_a_review_never_sees_its_sample(desk: Desk) -> None:
    decided(desk, 1, "ben")
    decided(desk, 2, "ann", "reject")
    decided(desk, 3, "ann", queue="loans")
    ben, quinn = samples(desk, "ben"), samples(desk, "quinn")
    assert (ben.count(), samples(desk, "ann").count(), quinn.count()) == (2, 1, 3)
    assert [one.queue for one in samples(desk, "quinn", "loans").list()] == ["loans"]
    own = next(one for one in quinn.list() if one not in ben.list())
    with pytest.raises(DataError) as caught:
        ben.find(own.sample_id)
    assert caught.value.code == "quality.unknown-sample"
    with pytest.raises(DataError) as caught:
        ben.answer(own.sample_id, is_right=True)
    assert caught.value.code == "quality.unknown-sample"
    with pytest.raises(DataError) as caught:
        samples(desk, "quinn", "loans").answer(own.sample_id, is_right=True)
    assert caught.value.code == "quality.unknown-sample"


def test_a_first_approver_and_who_escalated_decided_too(desk: Desk) -> None:
    review_id = decided(desk, 1, "ben", second=("approve",))
    version = desk.queue.show(review_id).version
    desk.queue.decide(review_id, "approve", user="ann", version=version)
    escalated = decided(desk, 2, "cleo", "escalate")
    above = next(row.review_id for row in desk.queue.list() if row.review_id != escalated)
    desk.queue.decide(above, "approve", user="ann", version=1)
    assert {name: samples(desk, name).count() for name in ("ann", "ben", "cleo", "quinn")} == {
        "ann": 0,
        "ben": 1,
        "cleo": 1,
        "quinn": 2,
    }


def test_an_answer_counts_once_needs_a_reason_and_changes_nothing(desk: Desk) -> None:
    review_id = decided(desk, 1, "ben")
    before = desk.queue.show(review_id)
    (one,) = samples(desk, "quinn").list()
    for given in ({}, {"reason": "no such"}, {"reason": "other"}):
        with pytest.raises(DataError) as caught:
            samples(desk, "quinn").answer(one.sample_id, is_right=False, **given)
        assert caught.value.code == "quality.reason"
    samples(desk, "quinn").answer(one.sample_id, is_right=False, reason="tone", note=" rude ")
    with pytest.raises(ConflictError) as conflict:
        samples(desk, "rosa").answer(one.sample_id, is_right=True)
    assert conflict.value.code == "quality.answered"
    assert "quinn" in conflict.value.what
    assert desk.queue.show(review_id) == before
    with desk.store.read() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(tables.outbox)).scalar_one() == 0
        row = db.execute(sa.select(tables.qa_sample)).one()
    assert (row.answered_by, row.is_right, row.reason, row.note) == ("quinn", False, "tone", "rude")
    assert desk.queue.verify_audit().ok


@BOTH
def test_the_alarm_withdraws_the_certificate_and_refuses_a_rule_that_read_it_before(desk: Desk) -> None:
    known = Certificates(desk.store, clock=desk.clock)
    made = known.add(CERTIFICATE, user="eva").certificate_id
    for number in range(3):
        automatic(desk, number, made)
    quinn = samples(desk, "quinn")
    late = opened(desk, 9)
    answers = [quinn.answer(one.sample_id, is_right=False, reason="tone").is_alarm for one in quinn.list()]
    assert answers == [False, True, False], "the second wrong one of two proves more than 10 %"
    found = known.find(made)
    assert found.revoked_by == "monitor"
    assert "2 wrong of 2 audited decisions" in str(found.revoke_reason)
    with pytest.raises(ConflictError) as caught:
        desk.queue.auto_decide(late, policy="abc", certificate=made)
    assert caught.value.code == "certify.revoked"
    assert desk.queue.show(late).status == "pending"


def test_answers_count_in_the_order_of_the_decisions_whatever_people_answer_first(desk: Desk) -> None:
    known = Certificates(desk.store, clock=desk.clock)
    made = known.add(CERTIFICATE, user="eva").certificate_id
    for number in range(3):
        automatic(desk, number, made)
    automatic(desk, 3, made, key="same")
    automatic(desk, 4, made, key="same")
    quinn = samples(desk, "quinn")
    first, *others = quinn.list()
    for one in others:
        assert not quinn.answer(one.sample_id, is_right=False, reason="tone").is_alarm
    assert seen(desk, made) == (0, 0, 4, 1)
    assert quinn.answer(first.sample_id, is_right=True).is_alarm
    assert seen(desk, made) == (4, 3, 0, 0), "of two decisions of one key the first counts"


def seen(desk: Desk, certificate: str) -> tuple[int, int, int, int]:
    with desk.store.read() as db:
        row = db.execute(sa.select(tables.certificate).where(tables.certificate.c.certificate_id == certificate)).one()
        found = watched(db, row)
    return found.test.n, found.test.k, found.behind, found.waiting


@BOTH
def test_figures_count_what_stands_and_are_absent_without_a_measure(desk: Desk) -> None:
    with desk.store.read() as db:
        nothing = counted(db, Wanted(since=0, now=desk.clock.now))
    assert nothing[""].unedited == (0, 0)
    assert (nothing[""].first_look_s, nothing[""].handle_s, nothing[""].edit) == (None, None, None)
    made = Certificates(desk.store, clock=desk.clock).add(CERTIFICATE, user="eva").certificate_id
    decided(desk, 1, "ben")
    decided(desk, 2, "ben", "edit")
    decided(desk, 3, "ann", "reject", due_at=desk.clock.now + 20, queue="loans")
    automatic(desk, 4, made)
    undone = decided(desk, 5, "ann", undo_s={"approve": 600.0})
    desk.queue.undo(undone, user="ann")
    opened(desk, 6, due_at=desk.clock.now - 1)
    (right, *_), quinn = samples(desk, "quinn").list(), samples(desk, "quinn")
    quinn.answer(right.sample_id, is_right=True)
    wanted = Wanted(since=0, now=desk.clock.now + 4_000)
    with desk.store.read() as db:
        found = counted(db, wanted)
        ann = counted(db, replace(wanted, actor="ann"))
        loans = counted(db, replace(wanted, teams=("loans",)))
        later = counted(db, replace(wanted, since=desk.clock.now + 1))
    total = found[""]
    assert (total.by_people, total.automatic, total.unedited, total.undone) == (3, (1, 4), (1, 3), (1, 4))
    assert (total.late, total.open_late, total.ages) == ((1, 1), (1, 1), (0, 2, 0, 0, 0, 0))
    assert total.first_look_s == (3, 10, 10)
    assert total.handle_s == (3, 30, 30)
    assert total.edit == (1, pytest.approx(0.25), pytest.approx(0.25))
    assert (total.agreed, total.waiting, total.reasons) == ((1, 0, 0), 3, {"": 1})
    assert set(found) == {"", "default", "loans"}
    assert (ann[""].by_people, ann[""].undone, ann[""].ages) == (1, (1, 2), (0,) * 6)
    assert (set(loans), loans[""].by_people) == ({"", "loans"}, 1)
    assert (later[""].by_people, later[""].ages) == (0, total.ages)


def test_a_reason_is_counted_only_if_it_is_of_a_declared_list(desk: Desk) -> None:
    listed: Any = {"reject": {"reason": {"type": "string", "enum": ["wrong_fact", "other"]}}}
    review = desk.queue.open_review(NewReview(run_id="r1", node="review", graph_name="main", decide=listed))
    desk.queue.decide(review.review_id, "reject", user="ben", version=1, reason="wrong_fact")
    decided(desk, 2, "ben", "reject")
    with desk.store.read() as db:
        assert counted(db, Wanted(since=0, now=desk.clock.now))[""].reasons == {"wrong_fact": 1, "": 1}
