"""A page asks the same of a store with 30 reviews and of one with 3,000, and reads no more rows than it shows.

No clock: SQLite counts its own steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from compound.connector.state import StateStore, tables
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.lists import Sort
from compound.review.stored.types import NewReview
from compound.web.identity.person import Person
from compound.web.reviews.listing import views_for
from compound.web.reviews.paging import Search, after_of, cursor_of
from tests.support.data.state_stores import sqlite_store
from tests.unit.review.review_desk import DRAFT

PAGE = 20
FEW, MANY = 30, 3_000
EVERY = 1
"""Steps of SQLite between two counts."""
ANN = Person(name="ann")
OPEN = views_for(ANN)[0]


@dataclass
class Asked:
    """What a store was asked: its statements, and about how many steps they took."""

    statements: list[str] = field(default_factory=list[str])
    steps: int = 0


@contextmanager
def asked(store: StateStore) -> Generator[Asked]:
    """Count what is asked of a store."""
    found = Asked()
    with store.read() as db:
        engine = db.engine

    def step() -> int:
        found.steps += EVERY
        return 0

    def note(*told: Any) -> None:
        if str(told[2]) != "BEGIN":
            found.statements.append(str(told[2]))
            told[0].connection.driver_connection.set_progress_handler(step, EVERY)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)
    with store.read() as db:
        raw: Any = db.connection.driver_connection
        raw.set_progress_handler(None, 0)


def filled(folder: Path, reviews: int) -> ReviewQueue:
    """A queue; every fifth review has a time, every third is decided, two are held."""
    folder.mkdir()
    store = sqlite_store(folder)
    queue = ReviewQueue(store, clock=lambda: 1000.0)
    first = queue.open_review(NewReview(run_id="first", node="ok", queue="desk", draft=DRAFT, item={"subject": "Hi"}))
    with store.write() as db:
        row = dict(db.execute(sa.select(tables.review)).mappings().one())
        draft = dict(db.execute(sa.select(tables.draft_version)).mappings().one())
        ids = [f"{at:024x}" for at in range(1, reviews)]
        copies = [
            {
                **row,
                "review_id": review_id,
                "run_id": f"run {at}",
                "item_id": f"item {at}",
                "risk": at % 3,
                "due_at": 9_000.0 + at if at % 5 == 0 else None,
                "created_at": 900.0 + at / reviews,
                "status": "decided" if at % 3 == 0 else "pending",
            }
            for at, review_id in enumerate(ids)
        ]
        db.execute(sa.insert(tables.review), copies)
        db.execute(sa.insert(tables.draft_version), [{**draft, "review_id": one} for one in ids])
    queue.claim(first.review_id, "ann")
    queue.claim_next("ben")
    return queue


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> dict[int, ReviewQueue]:
    """Queues with few and with many reviews."""
    folder = tmp_path_factory.mktemp("lists")
    return {n: filled(folder / str(n), n) for n in (FEW, MANY)}


def search(**query: str) -> Callable[[ReviewQueue], object]:
    """What the list asks a queue for."""
    wanted = Search.of(query)
    view = next(one for one in views_for(ANN) if one.key == wanted.view)
    where = wanted.narrowed(view.at(1000.0), ANN)
    return lambda queue: queue.list(replace(where, limit=PAGE))


QUESTIONS: dict[str, Callable[[ReviewQueue], object]] = {
    "the list": search(),
    "the oldest": search(sort="oldest"),
    "the newest": search(sort="newest"),
    "decided": search(view="decided"),
    "the newest decided": search(view="decided", sort="newest"),
    "mine": search(view="mine"),
    "due soon": search(view="due"),
    "snoozed": search(view="snoozed"),
    "the next one": lambda queue: queue.next_open("cleo", but=f"{2:024x}"),
    "an id": lambda queue: queue.find(f"{5:024x}"),
    "a prefix, or an item": lambda queue: queue.resolve("item 7"),
    "what is due": lambda queue: queue.sweep(),
    "what came since": lambda queue: queue.tally({"new": replace(OPEN.where, since=990.0)}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_many_reviews_cost_no_more_statements_and_no_more_steps_than_few(
    queues: dict[int, ReviewQueue], question: str
) -> None:
    cost: dict[int, Asked] = {}
    for n, queue in queues.items():
        with asked(store_of(queue)) as cost[n]:
            QUESTIONS[question](queue)
    assert [cost[n].statements for n in (FEW, MANY)] == [cost[FEW].statements] * 2
    assert min(one.steps for one in cost.values()) > 0
    assert cost[MANY].steps <= 2 * cost[FEW].steps + 200


@pytest.mark.parametrize("sort", ["urgency", "oldest", "newest"])
def test_a_part_far_down_the_list_costs_what_the_first_part_costs(queues: dict[int, ReviewQueue], sort: Sort) -> None:
    queue, where = queues[MANY], replace(OPEN.at(1000.0), sort=sort, limit=PAGE)
    whole = queue.list(replace(where, limit=MANY))
    with asked(store_of(queue)) as first:
        assert [one.review_id for one in queue.list(where)] == [one.review_id for one in whole[:PAGE]]
    for at in (PAGE, len(whole) // 2, len(whole) - PAGE):
        after = after_of(cursor_of(whole[at - 1]))
        with asked(store_of(queue)) as part:
            rows = queue.list(replace(where, after=after))
        assert [one.review_id for one in rows] == [one.review_id for one in whole[at : at + PAGE]]
        assert part.steps <= 3 * first.steps


def test_the_numbers_of_views_are_those_of_their_lists(queues: dict[int, ReviewQueue]) -> None:
    queue = queues[FEW]
    for view in views_for(ANN):
        where = view.at(queue.now())
        assert queue.counted().number(where) == len(queue.list(where)) == queue.tally({"n": where})["n"], view.key


def test_the_store_is_counted_once_for_many_who_look_at_once(
    queues: dict[int, ReviewQueue], monkeypatch: pytest.MonkeyPatch
) -> None:
    from compound.review.queue import counting

    queue = ReviewQueue(store_of(queues[MANY]), clock=lambda: 1000.0)
    monkeypatch.setattr(counting, "MANY", 0)  # every store is a large one
    monkeypatch.setattr(counting, "KEPT_S", 1e9)
    with asked(store_of(queue)) as cost:
        found = [queue.counted() for _ in range(50)]
    assert len(cost.statements) == 3
    assert all(one is found[0] for one in found)
    assert found[0].queues == ["desk"]


def store_of(queue: ReviewQueue) -> StateStore:
    """The store of a queue."""
    return queue._store  # pyright: ignore[reportPrivateUsage]
