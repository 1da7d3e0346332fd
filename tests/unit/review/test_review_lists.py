"""Lists of reviews on both stores: filters, counts, and parts that neither skip nor repeat a row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compound.review import ReviewFilter, Status
from compound.review.stored.lists import Sort
from compound.web.identity.person import Person
from compound.web.reviews.paging import Search, after_of, cursor_of
from tests.unit.review.review_desk import Desk, open_review

ANN = Person(name="ann")
OPEN = ReviewFilter(statuses=(Status.PENDING, Status.IN_REVIEW))


def three(desk: Desk) -> dict[str, str]:
    """Three reviews: run to id."""
    made: dict[str, str] = {}
    told = (
        ("r1", {"title": "Broken_bike", "risk": 2, "queue": "desk", "item_id": "T-17"}),
        ("r2", {"title": "Broken bell", "risk": 1, "queue": "desk", "reasons": ("100% über Limit",)}),
        ("r3", {"title": "Praise", "queue": "kudos", "due_at": 9_000.0}),
    )
    for run, values in told:
        desk.clock.now += 10
        made[run] = open_review(desk, run_id=run, **values).review_id
    return made


def runs(desk: Desk, where: ReviewFilter) -> list[str]:
    return [one.run_id for one in desk.queue.list(where)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "broken"}, ["r1", "r2"]),
        ({"q": "BROKEN bell"}, ["r2"]),
        ({"q": "broken_"}, ["r1"]),
        ({"q": "100%"}, ["r2"]),
        ({"q": "über limit"}, ["r2"]),
        ({"q": "t-17"}, ["r1"]),
        ({"q": "\0"}, ["r3", "r1", "r2"]),
        ({"risk": "high"}, ["r1"]),
        ({"risk": "some", "queue": "desk", "sort": "newest"}, ["r2", "r1"]),
        ({"risk": "unknown", "sort": "oldest"}, ["r1", "r2", "r3"]),
        ({"held": "nobody"}, ["r3", "r2"]),
        ({"held": "me"}, ["r1"]),
        ({"held": "me", "queue": "kudos"}, []),
    ],
)
def test_a_search_finds(desk: Desk, query: dict[str, str], found: list[str]) -> None:
    made = three(desk)
    desk.queue.claim(made["r1"], "ann")
    where = Search.of(query).narrowed(OPEN, ANN)
    assert runs(desk, where) == found
    assert desk.queue.tally({"all": OPEN, "found": where}) == {"all": 3, "found": len(found)}


def test_the_beginning_of_an_id_finds_it(desk: Desk) -> None:
    made = three(desk)
    assert runs(desk, Search.of({"q": made["r2"][:12].upper()}).narrowed(OPEN, ANN)) == ["r2"]


def test_a_person_sees_only_the_queues_of_the_teams(desk: Desk) -> None:
    three(desk)
    ben = Person(name="ben", teams=("kudos",))
    assert runs(desk, Search().narrowed(OPEN, ben)) == ["r3"]
    assert runs(desk, Search.of({"queue": "desk"}).narrowed(OPEN, ben)) == []
    assert desk.queue.tally({"open": replace(OPEN, queues=ben.teams)}) == {"open": 1}
    assert list(desk.queue.counted().queues) == ["desk", "kudos"]


def test_a_lapsed_lease_holds_nothing(desk: Desk) -> None:
    made = three(desk)
    desk.queue.claim(made["r1"], "ben", lease_s=60.0)
    free = replace(OPEN, is_free=True)
    assert runs(desk, free) == ["r3", "r2"]
    desk.clock.now += 61
    assert runs(desk, free) == ["r3", "r1", "r2"]


@pytest.mark.parametrize("sort", ["urgency", "newest", "oldest"])
def test_parts_follow_each_other_while_reviews_come(desk: Desk, sort: Sort) -> None:
    for at in range(7):
        desk.clock.now += at % 2
        due = {"due_at": 9_000.0 + at % 3} if at % 2 else {}
        open_review(desk, run_id=f"r{at}", risk=at % 3, **due)
    whole = runs(desk, replace(OPEN, sort=sort))
    read: list[str] = []
    search = Search.of({"sort": sort})
    while rows := desk.queue.list(replace(search.narrowed(OPEN, ANN), limit=2)):
        read += [one.run_id for one in rows]
        if len(read) == 2:
            desk.clock.now += 1000
            open_review(desk, run_id="late", risk=9)
        search = replace(search, after=after_of(cursor_of(rows[-1])))
    assert [one for one in read if one != "late"] == whole


@pytest.mark.parametrize("cursor", ["", "x", "1~2~3", "a~0~1.0~id", "~0~nan~id", "~99999999999~1.0~id", "~0~1.0~\0"])
def test_a_place_that_cannot_be_read_is_the_beginning(cursor: str) -> None:
    assert after_of(cursor) is None


def test_a_search_keeps_what_it_was_asked_for_in_its_address() -> None:
    asked = {"view": "ready", "q": "a b", "queue": "q&r", "risk": "some", "state": "look", "held": "me"}
    assert Search.of(asked).address() == "/reviews?view=ready&q=a+b&queue=q%26r&risk=some&state=look&held=me"
    assert Search.of({}).address() == "/reviews"
