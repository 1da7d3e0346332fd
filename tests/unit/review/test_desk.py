"""Comments, assignments and unfinished text of people, on both stores."""

from __future__ import annotations

import pytest

from compound.errors import ConflictError, DataError
from tests.unit.review.review_desk import Desk, code, open_review


def test_comments_are_kept_in_order_and_recorded(desk: Desk) -> None:
    item = open_review(desk)
    desk.queue.desk.comment(item.review_id, "ann", "  Is #W1 his?\nI doubt it. ")
    desk.clock.now += 5
    desk.queue.desk.comment(item.review_id, "ben", "It is.")
    said = [(one.seq, one.author, one.text, one.at) for one in desk.queue.desk.comments(item.review_id)]
    assert said == [(1, "ann", "Is #W1 his?\nI doubt it.", 1000.0), (2, "ben", "It is.", 1005.0)]
    assert [one.event for one in desk.queue.events(item.review_id)][1:] == ["review.commented"] * 2
    with pytest.raises(DataError) as caught:
        desk.queue.desk.comment(item.review_id, "ann", " \n")
    assert code(caught) == "review.no-text"
    with pytest.raises(DataError) as caught:
        desk.queue.desk.comment("nothing", "ann", "Hello.")
    assert code(caught) == "review.unknown"
    assert desk.queue.show(item.review_id).version == item.version


def test_an_item_of_somebody_else_is_not_the_next_one(desk: Desk) -> None:
    first = open_review(desk)
    desk.clock.now += 1
    second = open_review(desk, run_id="r2")
    desk.queue.desk.assign(first.review_id, "ann", "ben")
    assert desk.queue.next_open("ann") == second.review_id
    assert desk.queue.next_open("ben") == first.review_id
    assert desk.queue.next_open("ben", but=first.review_id) == second.review_id
    assert desk.queue.next_open("ben", queues=["another"]) is None
    claimed = desk.queue.claim_next("ann")
    assert claimed is not None
    assert claimed.review_id == second.review_id
    desk.queue.desk.assign(first.review_id, "ann", "")
    assert desk.queue.desk.assignment(first.review_id) is None
    assert desk.queue.next_open("ann") == first.review_id
    with pytest.raises(ConflictError) as caught:
        desk.queue.desk.assign(first.review_id, "ann", "agent:planner")
    assert code(caught) == "review.actor"


def test_what_a_person_types_is_nobody_elses_and_is_never_overwritten(desk: Desk) -> None:
    item, pens = open_review(desk), desk.queue.desk
    mine = pens.write(item.review_id, "ann", {"field.text": "Dear A"}, version=0, draft_seq=1)
    theirs = pens.write(item.review_id, "ben", {"field.text": "Hello"}, version=0, draft_seq=1)
    assert (mine.version, theirs.version) == (1, 1)
    assert pens.write(item.review_id, "ann", {"field.text": "Dear Anna"}, version=1, draft_seq=7).draft_seq == 1
    with pytest.raises(ConflictError) as caught:
        pens.write(item.review_id, "ann", {"field.text": "of an older window"}, version=1, draft_seq=1)
    assert code(caught) == "review.pen"
    kept = pens.pen(item.review_id, "ann")
    assert kept is not None
    assert (kept.version, kept.content) == (2, {"field.text": "Dear Anna"})
    pens.rebase(item.review_id, "ann", 3)
    assert (pens.pen(item.review_id, "ann") or kept).draft_seq == 3
    pens.drop(item.review_id, "ann")
    assert pens.pen(item.review_id, "ann") is None
    assert pens.pen(item.review_id, "ben") == theirs
