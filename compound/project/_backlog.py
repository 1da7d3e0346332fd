"""Tickets of a source through a graph: the batch's view of an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from compound.batch import BacklogItem, Gate, ItemStatus, LedgerItem, Outcome
from compound.errors import CompoundError, ConnectorError, ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.desk import Desk
    from compound.graph import Engine, RunResult
    from compound.project._settings import Settings
    from compound.review import ReviewQueue


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
            name = entry.ticket_id or f"line-{entry.line}"
            yield BacklogItem(ticket_id=name, ticket=None, problem=_record(entry.error))
        else:
            yield BacklogItem(ticket_id=entry.id, ticket=entry.model_dump(mode="json", exclude_none=True))


class EngineRunner:
    """Runs one ticket of a backlog through an engine; every end is an outcome."""

    def __init__(self, engine: Engine, queue: ReviewQueue) -> None:
        self._engine = engine
        self._queue = queue

    async def __call__(self, item: LedgerItem, gate: Gate) -> Outcome:
        """Run, or go on with, the ticket's run."""
        try:
            result = await self._engine.run(
                {"ticket": dict(item.ticket or {})}, run_id=item.run_id, thread_id=item.ticket_id, effect_gate=gate
            )
        except ConnectorError:
            # The store or a database is down: that is no fault of the ticket.
            raise
        except CompoundError as error:
            return Outcome(status=ItemStatus.DEAD, error=_record(error))
        return self._outcome(result)

    def _outcome(self, result: RunResult) -> Outcome:
        lane = _lane(result)
        match result.status:
            case "done":
                return Outcome(status=ItemStatus.DONE, lane=lane)
            case "waiting_review":
                return Outcome(status=ItemStatus.WAITING_REVIEW, lane="deferred")
            case _:
                return self._failed(result, lane)

    def _failed(self, result: RunResult, lane: str | None) -> Outcome:
        """A refused effect brings the ticket to a person; anything else is a dead letter."""
        error = result.error
        decided = result.values.get("review")
        if error is not None and error.code.startswith("effect.") and isinstance(decided, dict):
            self._queue.reopen(str(decided["item_id"]), error)
            return Outcome(status=ItemStatus.WAITING_REVIEW, lane="deferred", error=_record(error))
        what = _record(error) if error else {"code": "graph.failed", "what": "the run failed", "fix": ""}
        return Outcome(status=ItemStatus.DEAD, lane=lane, error=what)


def _lane(result: RunResult) -> str | None:
    value = result.values.get("lane")
    if isinstance(value, dict):
        return str(value.get("lane"))
    # A run that was done before this process knows only its output.
    named = (result.output or {}).get("lane")
    return named if isinstance(named, str) else None


def _record(error: CompoundError) -> dict[str, JsonValue]:
    return {key: value if isinstance(value, (str, int)) else None for key, value in error.to_json().items()}
