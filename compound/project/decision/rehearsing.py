"""Rehearses a decision on its run before the queue stores it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from compound.errors import ConflictError, DataError, ProjectError
from compound.graph.port.services import Services
from compound.language.decisions import EDIT
from compound.project.decision.drafts import decided_draft, draft_of, with_targets
from compound.project.decision.ports import reasons_of
from compound.project.decision.recheck import not_done, problems_of
from compound.review.decision.decide import need_same_names
from compound.review.decision.rehearsal import Rehearsed
from compound.review.feedback.canaries import find_canary
from compound.review.feedback.planting import edited_copy
from compound.review.stored.types import Draft, Redraft

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall
    from compound.graph import Engine
    from compound.graph.engine.rehearsing import Rehearsal, Trial
    from compound.project.open.resources import Resources
    from compound.review.queue.queue import ReviewQueue
    from compound.review.stored.types import Review

T = TypeVar("T")


class GraphRehearsal:
    """`Rehearse` of `compound.review` over the engine: the graph defines the effects of a decision.

    Args:
        resources: The project.
        services: The services that its graphs call.
    """

    def __init__(self, resources: Resources, services: Services, queue: Callable[[], ReviewQueue]) -> None:
        self._resources = resources
        self._services = services
        self._queue = queue

    def __call__(
        self, review: Review, action: str, *, fields: Mapping[str, JsonValue], given: frozenset[str], user: str
    ) -> Rehearsed:
        """Rehearse a decision; nothing is stored.

        Raises:
            DataError: `review.edit`, `review.text-needed`, `policy.*`.
            ConnectorError: `records.not-seeded`: a store that an effect writes to has no tables yet.
        """
        made = self._made(review, _trial(review, action, fields, given, user))
        if made is None:
            if self._is_canary(review):
                return Rehearsed(draft=edited_copy(review.draft, fields) if given else review.draft)
            if given:
                at = f"the run of review {review.review_id}"
                what = f"{at} belongs to another program, and its graph is not in this project"
                raise DataError("review.edit", what, fix="reject it, or decide it in the project of its graph")
            return Rehearsed(draft=review.draft)
        draft = decided_draft(review.draft, action, made, self._resources.parts.effects)
        does = draft.effects.get(action, ())
        if action == EDIT:
            shown = [one.name for one in made.before]
            need_same_names(shown, [one.name for one in made.effects])
        versions = {**made.request.versions, **review.refs}
        self._require_possible(review, action, does, versions if given else None)
        if made.is_unseen or self._differs(review, action, made):
            again = replace(
                draft_of(made.request, self._resources.parts.effects), given=draft.given, amends=draft.amends
            )
            fresh = Redraft(
                draft=again,
                evidence=made.request.shown,
                reasons=reasons_of(made.request),
                refs=made.request.versions,
            )
            return Rehearsed(draft=draft, again=fresh)
        # The approved draft is byte for byte the one that was shown.
        changed = made.request.shown if made.changed else None
        return Rehearsed(
            draft=draft if given else review.draft,
            evidence=changed,
            refs=made.request.versions,
            undo_s=made.request.undo_s,
        )

    def _is_canary(self, review: Review) -> bool:
        with self._resources.state.read() as db:
            return find_canary(db, review.review_id) is not None

    def _require_possible(
        self, review: Review, action: str, does: tuple[EffectCall, ...], refs: Mapping[str, int] | None
    ) -> None:
        calls = not_done(self._resources, review, does)
        for one in {call.target for call in calls} & self._resources.records.keys():
            self._resources.records[one].require_tables()
        problems = problems_of(self._resources, calls, refs)
        if problems:
            what = f"{action} cannot be done: {'; '.join(problems)}"
            raise DataError("review.edit", what, fix="make another change, or reject the review")

    def _differs(self, review: Review, action: str, made: Rehearsal) -> bool:
        """Raises if the run would now do something else than the review shows."""
        if set(review.decide.get(action, {})) - set(review.draft.fields):
            return False  # the shown fields include some that only the decider provides
        now = with_targets(made.before, self._resources.parts.effects)
        return _bound(review.draft, now) != _bound(review.draft, review.draft.effects.get(action, ()))

    def _made(self, review: Review, trial: Trial) -> Rehearsal | None:
        from compound.graph.store.runs import run_record

        record = run_record(self._resources.state, review.run_id)
        if record is not None:
            return _wait(lambda: self._try(record.graph_name, review, trial, None))
        held = review.held
        if held is None:
            return None
        try:
            return _wait(lambda: self._try(str(held["graph"]), review, trial, held))
        except _OtherGraph:
            return None

    async def _try(self, graph: str, review: Review, trial: Trial, held: Mapping[str, JsonValue] | None) -> Rehearsal:
        async with self._engine(graph, held) as engine:
            if held is None:
                await self._follow(engine, review)
            return await engine.rehearse(review.run_id, review.node, trial, held=held)

    async def _follow(self, engine: Engine, review: Review) -> None:
        """Migrate a run whose graph changed with `on_change: migrate`; its review may then propose something else.

        Raises:
            ConflictError: `review.drafted-again`: the proposal changed; the review shows the new one.
        """
        from compound.graph.store.runs import run_record

        record = run_record(self._resources.state, review.run_id)
        if record is None or record.graph_hash == engine.plan.hash:
            return
        if engine.spec.on_change != "migrate" or record.status != "waiting_review":
            return
        await engine.resume(review.run_id)
        now = self._queue().show(review.review_id)
        if now.version == review.version:
            return
        name, version = review.review_id[:10], now.version
        raise ConflictError(
            "review.drafted-again",
            f"the decision was not stored: the graph {record.graph_name} changed, its run moved to the new one, and "
            f"review {review.review_id} now shows version {version} with a new proposal",
            fix=f"read it: compound review show {name}; then decide version {version}",
        )

    def _engine(self, graph: str, held: Mapping[str, JsonValue] | None) -> Engine:
        from compound.graph import Engine

        resources = self._resources
        try:
            spec = resources.parts.graph(graph)
        except ProjectError as error:
            if held is None:
                raise
            raise _OtherGraph from error
        wait_s = resources.settings.profile.lock_wait_s
        checkpoints = None if held is not None else resources.settings.home / "checkpoints.db"
        state = None if held is not None else resources.state
        engine = Engine(spec, self._services, resources.recorder, state, checkpoints, store_wait_s=wait_s)
        if held is not None and engine.plan.hash != held["graph_hash"]:
            raise _OtherGraph
        return engine


class _OtherGraph(Exception):
    """Whether a caller's graph differs from this project's graph."""


def _trial(review: Review, action: str, fields: Mapping[str, JsonValue], given: frozenset[str], user: str) -> Trial:
    from compound.graph.engine.rehearsing import Trial

    return Trial(
        action=action,
        fields=fields,
        given=given,
        actor=user,
        amends=review.draft.amends,
        edited=review.draft.given,
        may_type=frozenset(review.decide.get(action, {})),
    )


def _bound(draft: Draft, effects: tuple[EffectCall, ...]) -> list[tuple[str, str, Mapping[str, JsonValue]]]:
    return [(one.node, one.name, one.arguments) for one in effects if one.node in draft.covers]


def _wait(work: Callable[[], Awaitable[T]]) -> T:
    """Run async work and return its result, also inside a running event loop."""
    import anyio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return anyio.run(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, work).result()
