"""Tickets of a source through a graph: the batch's view of an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from compound.batch import BacklogItem, Gate, ItemStatus, LedgerItem, Outcome
from compound.errors import CompoundError, ConnectorError, ProjectError
from compound.project._aftermath import reopen_refused
from compound.project._automatic import AUTOMATIC, LOOK, READY

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.desk import Desk
    from compound.effect import Outbox
    from compound.graph import Engine, RunResult
    from compound.project._settings import Settings
    from compound.review import ReviewQueue

_REDRAFTS = 2
"""How often a batch drafts a ticket again whose rows keep changing; then a person has to look."""


def backlog_of(source: str, settings: Settings, desk: Desk) -> Iterator[BacklogItem]:
    """The tickets of a source, in its order; what cannot be read is an item with a problem.

    Raises:
        ProjectError: `project.no-desk`: the profile says nothing about where tickets are.
    """
    from compound.connector.desk import DeskProblem

    path = settings.profile.tickets if source == "desk" else Path(source)
    if path is None:
        raise ProjectError(
            "project.no-desk",
            f"profile {settings.profile.name!r} names no `tickets`",
            fix="--from FILE, or `tickets = ...` in the profile",
        )
    for entry in desk.tickets(path):
        if isinstance(entry, DeskProblem):
            where = entry.error.where
            name = entry.ticket_id or (f"{Path(where.file).name}:{where.line}" if where else f"line-{entry.line}")
            yield BacklogItem(ticket_id=name, ticket=None, problem=_record(entry.error))
        else:
            yield BacklogItem(ticket_id=entry.id, ticket=entry.model_dump(mode="json", exclude_none=True))


class EngineRunner:
    """Runs one ticket of a backlog through an engine; every end is an outcome."""

    def __init__(self, engine: Engine, queue: ReviewQueue, outbox: Outbox) -> None:
        self._engine = engine
        self._queue = queue
        self._outbox = outbox

    async def __call__(self, item: LedgerItem, gate: Gate) -> Outcome:
        """Run, or go on with, the ticket's run."""
        try:
            result = await self._engine.run(
                {"ticket": dict(item.ticket or {})}, run_id=item.run_id, thread_id=item.ticket_id, effect_gate=gate
            )
            result = await self._up_to_date(result, gate)
        except ConnectorError:
            # The store is down: that is no fault of the ticket.
            raise
        except CompoundError as error:
            return Outcome(status=ItemStatus.DEAD, error=_record(error))
        return self._outcome(result)

    async def _up_to_date(self, result: RunResult, gate: Gate) -> RunResult:
        """Draft again, in the ticket's turn, what a ticket before it made stale; a person's item is left to them."""
        for _ in range(_REDRAFTS):
            node = self._stale_node(result)
            if node is None:
                return result
            await gate()
            result = await self._engine.redraft(result.run_id, node, decides="auto")
        self._stale_node(result)
        return result

    def _stale_node(self, result: RunResult) -> str | None:
        stale = result.stale_ids
        if result.status == "failed":
            stale = reopen_refused(self._queue, self._outbox, result.run_id)
        for item_id in stale:
            item = self._queue.show(item_id)
            deciders = [one.actor for one in self._queue.decisions(item_id)]
            code = str((item.stale_reason or {}).get("code"))
            if code.endswith(".stale") and all(actor.startswith("policy:") for actor in deciders):
                return item.node
        return None

    def _outcome(self, result: RunResult) -> Outcome:
        match result.status:
            case "done":
                return Outcome(status=ItemStatus.DONE, lane=self._way(result))
            case "waiting_review":
                return Outcome(status=ItemStatus.WAITING_REVIEW, lane=self._way(result))
            case _:
                return self._failed(result)

    def _failed(self, result: RunResult) -> Outcome:
        """A refused effect brings the ticket to a person; anything else is a dead letter."""
        from compound.review import UNDECIDED, ItemFilter

        error = result.error
        if error is not None and error.code.startswith(("state.", "checkpoint.")):
            raise ConnectorError(error.code, error.what, fix=error.fix)
        what = _record(error) if error else {"code": "graph.failed", "what": "the run failed", "fix": ""}
        if self._queue.list(ItemFilter(run_id=result.run_id, statuses=tuple(UNDECIDED))):
            return Outcome(status=ItemStatus.WAITING_REVIEW, lane=self._way(result), error=what)
        return Outcome(status=ItemStatus.DEAD, error=what)

    def _way(self, result: RunResult) -> str | None:
        """How the run's drafts wait, or that no person decided any; None of a graph that asks nobody by a rule."""
        from compound.review import UNDECIDED, ItemFilter

        items = self._queue.list(ItemFilter(run_id=result.run_id))
        waiting = [one for one in items if one.status in UNDECIDED]
        said = [one.ready for one in waiting if one.ready is not None]
        if said:
            return READY if all(said) else LOOK
        actors = [one.actor for item in items for one in self._queue.decisions(item.item_id)]
        is_automatic = bool(actors) and not waiting and all(actor.startswith("policy:") for actor in actors)
        return AUTOMATIC if is_automatic else None


def _record(error: CompoundError) -> dict[str, JsonValue]:
    return {key: value if isinstance(value, (str, int)) else None for key, value in error.to_json().items()}
