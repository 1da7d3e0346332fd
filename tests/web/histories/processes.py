"""Processes of one Python program that stop, and may die, at each commit; they are the real services over one store."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from greenlet import getcurrent, greenlet
from sqlalchemy.engine import Connection

from compound.connector.state import StateStore
from compound.connector.state.messages import conversation_ref
from compound.effect import EffectCall, EffectGroup, EffectTarget
from compound.effect.outbox import Outbox
from compound.effect.types import EffectStatus
from compound.errors import CompoundError, ConflictError, EffectRefused
from compound.project.review.reviews import ReviewService
from compound.review.decision.rehearsal import Rehearsed
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Decision, Draft, NewReview, Redraft, Review
from tests.web.histories.world import MAILBOX, Target, World

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.review.shown import ReviewView
    from compound.project.running.opened import OpenedProject

T = TypeVar("T")
NODE: Final = "ok"
WAYS: Final = ("A", "B", "C", "D")
_numbers = itertools.count(1)


class Killed(BaseException):
    """The process is dead: not even its `finally` blocks reach the store."""


class Watched(StateStore):
    """The store as one process has it: the process stops before and behind each transaction.

    Args:
        of: The opened store.
        stops: Called with the place.
        seen: Called behind each commit.
    """

    def __init__(self, of: StateStore, name: str, stops: Callable[[str], None], seen: Callable[[], None]) -> None:
        super().__init__(of._engine, name)  # pyright: ignore[reportPrivateUsage]
        self._stops, self._seen = stops, seen

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A view, unless the process is dead."""
        self._stops("")
        with super().read() as db:
            yield db

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[Connection]:
        """A transaction, between two places to stop at."""
        self._stops("before a write")
        with super().write(durable=durable) as db:
            yield db
        self._seen()
        self._stops("behind a commit")


@dataclass
class Process:
    """A server or a sender. Its jobs run side by side; when it dies, all of them end.

    Attributes:
        host: Other hosts cannot see whether it is alive.
        born: How often it was started.
        jobs: What it is at; each stops at the next commit.
    """

    world: World
    host: str
    seen: Callable[[], None]
    born: int = 0
    jobs: list[Job] = field(default_factory=lambda: list[Job]())

    def __post_init__(self) -> None:
        self.name = f"{self.host}|{next(_numbers)}"
        self.start()

    @property
    def owner(self) -> str:
        """As the store knows it."""
        return f"{self.name}|{self.born}"

    def start(self) -> None:
        """Start it, with nothing remembered."""
        self.born += 1
        self.store = Watched(self.world.store, f"{self.world.store.name}#{self.owner}", self.stop, self.seen)
        self.queue = ReviewQueue(self.store, clock=self.world.clock, probe=self.world, rehearse=rehearsed)
        self.outbox = Outbox(self.store, clock=self.world.clock)
        self.targets: Mapping[str, EffectTarget] = {way: Target(self.world, way, self.stop) for way in WAYS}
        self.service = Service(cast("OpenedProject", Runs(self)))

    def stop(self, place: str) -> None:
        """Let others go on; here the process may die."""
        job = getcurrent()
        if not isinstance(job, Job):
            return
        if job.is_killed:
            raise Killed
        if place:
            job.stop(place)

    def kill(self) -> None:
        """`kill -9`, and a new process in its place."""
        for job in list(self.jobs):
            job.kill()
        self.jobs.clear()
        self.start()


class Job(greenlet):
    """Something that a process does: one call of a service.

    Attributes:
        answer: What it returned, once it is over.
        refused: Why it was refused.
        place: Where it stops.
    """

    def __init__(self, process: Process, does: Callable[[], object]) -> None:
        super().__init__(self._run, parent=getcurrent())
        self.process, self._does = process, does
        self.answer: object = None
        self.refused: CompoundError | None = None
        self.is_killed = self.is_over = False
        self.place = "start"
        process.jobs.append(self)

    def _run(self) -> None:
        try:
            self.answer = self._does()
        except CompoundError as error:
            self.refused = error
        except Killed:
            pass

    def stop(self, place: str) -> None:
        """Give the word to the test."""
        self.place = place
        assert self.parent is not None
        self.parent.switch()
        if self.is_killed:
            raise Killed

    def go_on(self) -> bool:
        """Go to the next place; whether it goes on from there."""
        self.parent = getcurrent()
        self.switch()
        if self.dead:
            self.is_over = True
            if self in self.process.jobs:
                self.process.jobs.remove(self)
        return not self.dead

    def finish(self) -> Job:
        """Go on to the end."""
        while self.go_on():
            pass
        return self

    def kill(self) -> None:
        """It ends where it is."""
        self.is_killed = True
        if not self.dead and self:  # it has begun
            self.parent = getcurrent()
            self.switch()
            assert self.dead
        self.is_over = True


def owner_here() -> str:
    """`this_owner` for the process whose job runs."""
    job = getcurrent()
    return job.process.owner if isinstance(job, Job) else "test|0|0"


class Service(ReviewService):
    """The reviews of a process; what a page shows is not made here."""

    def _view(self, review: Review) -> ReviewView:
        return cast("ReviewView", review)


def _no_score(**_: object) -> None:
    """Scores are not part of the model."""


class Runs:
    """The part of a project that goes on with runs: the effects of the standing decision, or a new draft."""

    def __init__(self, process: Process) -> None:
        self._process, self._world = process, process.world
        self.services = SimpleNamespace(queue=process.queue, outbox=SimpleNamespace(outbox=process.outbox))
        self.resources = SimpleNamespace(
            clock=self._world.clock,
            state=process.store,
            parts=SimpleNamespace(effects={}, policy_files={}),
            targets=process.targets,
            recorder=SimpleNamespace(score=_no_score),
        )

    def run_record(self, _run_id: str) -> object:
        """Every run is known, and can go on here."""
        return SimpleNamespace(status="running", host=None)

    def resume(self, run_id: str) -> object:
        """What the effect node does: the effects of the standing decision, delivered."""
        rounds = self._rounds(run_id)
        decision = self._process.queue.decision_for(run_id, NODE, returns=rounds)
        if decision is None:
            return SimpleNamespace(status="waiting_review", error=None)
        try:
            self._carry_out(run_id, decision)
        except CompoundError as error:
            return SimpleNamespace(status="failed", error=error)
        return SimpleNamespace(status="done", error=None)

    def _carry_out(self, run_id: str, decision: Decision) -> None:
        calls = decision.draft.effects.get(decision.action, ())
        if decision.action in ("reject", "return", "escalate") or not calls:
            return
        row = f"orders/{run_id}"
        versions = {row: decision.refs[row]} if row in decision.refs else {}
        group = EffectGroup(
            decision_id=decision.decision_id, run_id=run_id, node="send", effects=calls, expected_versions=versions
        )
        keys = self._process.outbox.enqueue(group)
        results = _now(self._process.outbox.deliver(keys, self._process.targets))
        for one in results:
            if one.status is EffectStatus.REFUSED:
                raise EffectRefused(one.of_error("code") or "effect.refused", one.of_error("what") or "refused")
            if one.status is not EffectStatus.SENT:
                raise ConflictError("effect.open", f"{one.call.name} is {one.status.value}")

    def _rounds(self, run_id: str) -> int:
        return len(self._process.queue.returns(run_id))

    def redraft(self, run_id: str, _node: str) -> object:
        """The graph drafts again: a new round after a return, the same review where it is stale."""
        queue, rounds = self._process.queue, self._rounds(run_id)
        reviews = [queue.show(one) for one, _ in queue.resolve(run_id, limit=20)]
        of_round = [one for one in reviews if one.run_id == run_id and one.returns == rounds]
        fresh = drafted(self._world, run_id, reviews[0])
        if not of_round:
            queue.open_review(new_review(self._world, run_id, reviews[0], returns=rounds))
        for one in of_round:
            if one.status == "stale":
                queue.redraft(one.review_id, user="graph", version=one.version, fresh=fresh)
        return SimpleNamespace(status="waiting_review", error=None)


def effects_for(run_id: str, ways: Sequence[str], text: str, seen: Mapping[str, int]) -> tuple[EffectCall, ...]:
    """A step in each of the targets, the text in the last."""
    said = f"{text} ({seen.get(conversation_ref(MAILBOX, run_id))})"
    last = len(ways) - 1
    return tuple(
        EffectCall(name=f"step_{way}", target=way, node="send", arguments={"text": said} if at == last else {"do": way})
        for at, way in enumerate(ways)
    )


def draft_of(run_id: str, ways: Sequence[str], text: str, seen: Mapping[str, int]) -> Draft:
    """A draft, with what an approval and an edit of it do."""
    calls = effects_for(run_id, ways, text, seen)
    return Draft(text=text, effects={"approve": calls, "edit": calls}, covers=("send",))


def rehearsed(
    review: Review, action: str, *, fields: Mapping[str, JsonValue], given: frozenset[str], user: str
) -> Rehearsed:
    """What the graph says of a decision: an edited text is what is sent."""
    text = fields.get("text")
    if action not in ("approve", "edit") or not isinstance(text, str) or text == review.draft.text:
        return Rehearsed(draft=review.draft, refs=review.refs)
    ways = [call.target for call in review.draft.effects["approve"]]
    draft = draft_of(review.run_id, ways, text, review.refs)
    return Rehearsed(draft=replace(draft, fields={"text": text}, given={"text": text}), refs=review.refs)


def drafted(world: World, run_id: str, like: Review) -> Redraft:
    """The draft of now."""
    seen = world.refs(run_id)
    ways = [call.target for call in like.draft.effects["approve"]]
    return Redraft(draft=draft_of(run_id, ways, f"Re {run_id}", seen), refs=seen, evidence={"seen": dict(seen)})


def new_review(world: World, run_id: str, like: Review, *, returns: int) -> NewReview:
    """The review of a later round."""
    fresh = drafted(world, run_id, like)
    return replace(
        NewReview(run_id=run_id, node=NODE, item_id=run_id, returns=returns),
        draft=fresh.draft,
        refs=fresh.refs,
        evidence=fresh.evidence,
        second=like.second,
        undo_s=like.undo_s,
        on_expire=like.on_expire,
        expire_at=like.expire_at,
        escalate_to="seniors",
    )


def _now(does: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        does.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    raise AssertionError("it waits")
