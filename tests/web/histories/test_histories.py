"""Random histories of reviews: people, senders, deaths, clocks and customers in any order, on both state stores."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Final, cast

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from compound.connector.state import StateStore, tables
from compound.connector.state.audit import verify_audit
from compound.errors import CompoundError, ConflictError
from compound.project.review.shown import Decided
from compound.review.stored.machine import UNDECIDED
from compound.review.stored.types import NewReview, Review
from tests.support.data.state_stores import postgresql_url, sqlite_store
from tests.web.histories.books import SENDS, Books, Row
from tests.web.histories.processes import NODE, Job, Process, draft_of
from tests.web.histories.simulation import simulated
from tests.web.histories.world import World

PEOPLE: Final = ("ann", "bo", "cy")
KINDS: Final = (("A",), ("B",), ("C",), ("D",), ("A", "C"), ("A", "D"), ("B", "C"))
LONGEST: Final = 40
"""Steps of a history."""
_PER_STORE: Final = 40
"""Histories that share one store."""
_people, _some = st.sampled_from(PEOPLE), st.integers(0, 9)
_process = st.integers(0, 2)
_actions = st.sampled_from(["approve", "approve", "approve", "edit", "reject", "return", "escalate"])
_stops = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 8, 99, 99, 99])


@dataclass(frozen=True, slots=True)
class Tab:
    """A review as it stands on somebody's screen."""

    user: str
    review: Review


@dataclass(frozen=True, slots=True)
class Request:
    """A decision that somebody sends, perhaps more than once."""

    tab: Tab
    action: str
    text: str | None

    def send(self, process: Process) -> object:
        """Send it to a server."""
        review = self.tab.review
        return process.service.decide(
            review.review_id,
            self.action,
            user=self.tab.user,
            version=review.version,
            fields={"text": self.text} if self.text is not None else None,
            reason="tone" if self.action in ("reject", "return") else "",
            note="Shorter.",
            goes_on=False,
        )


class History(RuleBasedStateMachine):
    """One history; the store is set by `histories_on`."""

    opens: ClassVar[Any] = None

    def __init__(self) -> None:
        super().__init__()
        store, number, self.is_last = cast("tuple[StateStore, int, bool]", type(self).opens())
        self.name, self.world = f"h{number}", World(store, now=10_000.0 + 1e6 * number)
        self.books = Books(self.world)
        self.processes = [Process(self.world, host, self.books.look) for host in ("one", "one", "two")]
        self.tabs: list[Tab] = []
        self.requests: list[Request] = []
        self.sent: list[tuple[Request, Job]] = []

    @initialize(runs=st.lists(st.tuples(st.sampled_from(KINDS), st.booleans(), st.booleans(), st.integers(0, 3)), min_size=1, max_size=2))  # fmt: skip
    def open(self, runs: Sequence[tuple[tuple[str, ...], bool, bool, int]]) -> None:
        for at, (ways, needs_two, has_undo, expiry) in enumerate(runs):
            run_id = f"{self.name}-{at}"
            self.books.runs.append(run_id)
            self.world.writes(run_id)
            seen = self.world.refs(run_id)
            new = NewReview(
                run_id=run_id,
                node=NODE,
                item_id=run_id,
                draft=draft_of(run_id, ways, f"Re {run_id}", seen),
                refs=seen,
                evidence={"seen": dict(seen)},
                second=SENDS if needs_two else (),
                undo_s={"approve": 15.0, "edit": 15.0} if has_undo else {},
                expire_at=self.world.now + 500 if expiry else None,
                on_expire=("remind", "escalate", "close", "remind")[expiry],  # pyright: ignore[reportArgumentType]
                escalate_to="seniors",
            )
            self.processes[0].queue.open_review(new)
        self.books.look()

    def reviews(self, *, is_open: bool = False) -> list[Row]:
        rows = self.books.now()["review"].values()
        shown = sorted(rows, key=lambda row: (row["run_id"], row["returns"], row["level"]))
        return ([row for row in shown if row["status"] in UNDECIDED] or shown) if is_open else shown

    def at(self, process: int, does: Callable[[Process], object], stops: int = 99) -> Job:
        """A process begins something, and goes on to its n-th stop."""
        found = self.processes[process]
        job = Job(found, partial(does, found))
        for _ in range(stops + 1):
            if not job.go_on():
                break
        return job

    def jobs(self) -> list[Job]:
        return [job for process in self.processes for job in process.jobs]

    # What people do.

    @rule(user=_people, which=_some, claims=st.booleans(), process=_process)
    def look(self, user: str, which: int, claims: bool, process: int) -> None:
        """A review comes on somebody's screen; the page claims it."""
        reviews = self.reviews(is_open=True)
        name = reviews[which % len(reviews)]["review_id"]
        if claims:
            self.at(process, lambda on: on.service.claim(name, user=user, lease_s=120.0))
        self.tabs = [*self.tabs[-5:], Tab(user, self.processes[0].queue.show(name))]

    @rule(user=_people, which=_some, action=_actions, process=_process, stops=_stops)
    def visit(self, user: str, which: int, action: str, process: int, stops: int) -> None:
        """Somebody opens a review, and decides it."""
        self.look(user, which, True, process)
        self.decide(0, action, process, stops)

    @rule(user=_people, action=_actions, undone=st.booleans(), process=_process, stops=_stops)
    def serve(self, user: str, action: str, undone: bool, process: int, stops: int) -> None:
        """The same, while others work on what was decided before."""
        self.look(user, 0, False, process)
        self.decide(0, action, process, 99)
        if undone:
            self.at(process, lambda on: on.service.undo(self.tabs[-1].review.review_id, user=user), stops)
        self.at((process + 1) % 3, _work, stops)

    @precondition(lambda self: self.tabs)
    @rule(which=_some, action=_actions, process=_process, stops=_stops)
    def decide(self, which: int, action: str, process: int, stops: int) -> None:
        tab = self.tabs[-1 - which % len(self.tabs)]
        request = Request(tab, action, f"By {tab.user}" if action == "edit" else None)
        self.requests.append(request)
        self.sent.append((request, self.at(process, request.send, stops)))

    @precondition(lambda self: self.requests)
    @rule(which=_some, process=_process, stops=_stops)
    def again(self, which: int, process: int, stops: int) -> None:
        """The same request once more: a double click, a client that had no answer, a page that is sent again."""
        request = self.requests[-1 - which % len(self.requests)]
        self.sent.append((request, self.at(process, request.send, stops)))

    @precondition(lambda self: self.tabs)
    @rule(process=_process, stops=_stops)
    def bulk(self, process: int, stops: int) -> None:
        """One person approves everything that is on the screen; each for itself."""
        user = self.tabs[-1].user
        requests = [Request(tab, "approve", None) for tab in self.tabs if tab.user == user]

        def approve(on: Process) -> None:
            for one in requests:
                with suppress(CompoundError):
                    one.send(on)

        self.at(process, approve, stops)

    @rule(
        user=_people,
        which=_some,
        move=st.sampled_from(["claim", "takeover", "extend", "release", "snooze", "wake", "undo", "undo", "redraft"]),
        process=_process,
        stops=_stops,
    )
    def move(self, user: str, which: int, move: str, process: int, stops: int) -> None:
        reviews = self.reviews()
        review = reviews[which % len(reviews)]
        name = review["review_id"]
        moves: dict[str, Callable[[Process], object]] = {
            "claim": lambda on: on.service.claim(name, user=user),
            "takeover": lambda on: on.service.claim(name, user=user, takeover=True),
            "extend": lambda on: on.queue.extend(name, user),
            "release": lambda on: on.service.release(name, user=user),
            "snooze": lambda on: on.service.snooze(
                name, user=user, until=self.world.now + 60, version=review["version"]
            ),
            "wake": lambda on: on.service.wake(name, user=user),
            "undo": lambda on: on.service.undo(name, user=user),
            "redraft": lambda on: on.service.redraft(name, user=user),
        }
        self.at(process, moves[move], stops)

    @rule(which=_some, user=_people)
    def settle(self, which: int, user: str) -> None:
        """Somebody looks whether an unknown effect happened, and says so."""
        rows = sorted(
            self.books.now()["outbox"].values(), key=lambda row: (row["run_id"], row["created_at"], row["ordinal"])
        )
        unknown = [row for row in rows if row["status"] == "unknown"]
        if unknown and not self.jobs():
            row = unknown[which % len(unknown)]
            did = any(one.key == row["effect_key"] for one in self.world.happened)
            self.books.is_reconciling = True
            self.processes[0].outbox.reconcile(row["effect_key"], happened=did, user=user, note="looked")
            self.books.is_reconciling = False

    # What machines do.

    @rule(which=_some, process=_process, stops=_stops)
    def by_rule(self, which: int, process: int, stops: int) -> None:
        """A rule decides, as its certificate allows, and its run goes on."""
        reviews = self.reviews(is_open=True)
        name = reviews[which % len(reviews)]["review_id"]

        def automatic(on: Process) -> object:
            return on.service.go_on(on.queue.auto_decide(name, policy=f"p{self.world.now}"))

        self.at(process, automatic, stops)

    @rule(process=_process, stops=_stops)
    def work(self, process: int, stops: int) -> None:
        """A server looks at what is due, and goes on with it."""
        self.at(process, _work, stops)

    @rule(process=_process, stops=_stops)
    def sweep(self, process: int, stops: int) -> None:
        """`compound review sweep`."""
        self.at(process, lambda on: on.service.sweep(), stops)

    @precondition(lambda self: self.jobs())
    @rule(which=_some, stops=st.sampled_from([1, 1, 2, 99]))
    def step(self, which: int, stops: int) -> None:
        """Something that stopped goes on."""
        jobs = self.jobs()
        job = jobs[which % len(jobs)]
        for _ in range(stops):
            if not job.go_on():
                break

    @precondition(lambda self: self.jobs())
    @rule(process=_process)
    def kill(self, process: int) -> None:
        self.processes[process].kill()

    # What the world does.

    @rule(which=_some, orders=st.booleans())
    def happens(self, which: int, orders: bool) -> None:
        """A customer writes, or an order changes."""
        run_id = self.books.runs[which % len(self.books.runs)]
        (self.world.changes if orders else self.world.writes)(run_id)

    @rule(kind=st.sampled_from(["before", "after"]))
    def trouble(self, kind: str) -> None:
        self.world.trouble = [kind]

    @rule(seconds=st.sampled_from([1.0, 20.0, 130.0, 600.0]))
    def wait(self, seconds: float) -> None:
        """Time passes, and what is alive says so."""
        self.world.now += seconds
        self._beat()

    @rule(seconds=st.sampled_from([-3600.0, -100.0, -5.0, 5.0, 100.0]))
    def jump(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.world.now += seconds
        self._beat()

    def _beat(self) -> None:
        alive = [process.owner for process in self.processes if process.jobs]
        if not alive:
            return
        for table, status, lease_s in ((tables.outbox, "sending", 60.0), (tables.resume, "running", 300.0)):
            mine = sa.update(table).where(table.c.status == status, table.c.owner.in_(alive))
            with self.world.store.write(durable=False) as db:
                db.execute(mine.values(lease_until=self.world.now + lease_s))

    # What must hold.

    @invariant()
    def holds(self) -> None:
        assert self.books.wrong == []
        for request, job in self.sent:
            if job.is_over and isinstance(job.answer, Decided):
                self._told(request, job.answer)

    def _told(self, request: Request, said: Decided) -> None:
        """What a person was told is what is stored, and what was shown."""
        row, shown = self.books.now()["decision"][said.decision_id], request.tab.review
        assert (row["actor"], row["action"]) == (request.tab.user, request.action)
        assert (row["review_id"], row["version"]) == (shown.review_id, shown.version)
        if request.action == "approve":
            assert row["body_sha256"] == shown.draft_sha256
        elif request.text is not None:
            assert row["draft"]["text"] == request.text

    def teardown(self) -> None:
        if not self.books.runs:
            return
        try:
            self._ends()
        finally:  # histories share a store: nothing of this one is due in the next
            with self.world.store.write() as db:
                over = sa.update(tables.resume).where(tables.resume.c.run_id.in_(self.books.runs))
                db.execute(over.values(status="dead"))
                rest = tables.review.c.run_id.in_(self.books.runs) & tables.review.c.status.in_(UNDECIDED)
                db.execute(sa.update(tables.review).where(rest).values(status="withdrawn"))

    def _ends(self) -> None:
        self.world.trouble = []
        for job in self.jobs():
            job.finish()
        self.books.end(lambda: self.at(0, _work))
        self.holds()
        if self.is_last:
            assert verify_audit(self.world.store).ok


def _work(on: Process) -> None:
    for name in on.service.keep_up():
        with suppress(ConflictError):
            on.service.resume(name)


def histories_on(of: str, count: int, *, steps: int = LONGEST, seed: int | None = None) -> None:
    """Random histories; hypothesis makes a failing one as short as it can."""
    opened: list[StateStore] = []
    made = 0

    @cache
    def folder() -> Path:
        return Path(tempfile.mkdtemp(prefix="histories-"))

    def opens() -> tuple[StateStore, int, bool]:
        nonlocal made
        made += 1
        if not opened or made % _PER_STORE == 0:
            for one in opened:
                one.close()
            opened[:] = [sqlite_store(folder()) if of == "sqlite" else StateStore.open(postgresql_url())]
        return opened[0], made, made % 5 == 4

    machine = type("Histories", (History,), {"opens": staticmethod(opens)})
    chosen = settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    with simulated():
        run_state_machine_as_test(cast("Any", machine), settings=chosen)
    for one in opened:
        one.close()


@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_histories(of: str) -> None:
    histories_on(of, 12, steps=25)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_two_thousand_histories(of: str) -> None:
    histories_on(of, 2000)
