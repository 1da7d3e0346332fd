"""Tickets of a source through a graph: the batch's view of an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from compound.batch import BacklogItem, Gate, ItemStatus, LedgerItem, Outcome, is_out_of_room
from compound.errors import CompoundError, ConnectorError, ProjectError, RunError
from compound.project.decision.aftermath import reopen_refused
from compound.project.decision.automatic import AUTOMATIC, LOOK, READY

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.mailbox import Mailbox
    from compound.connector.state import StateStore
    from compound.effect import Outbox
    from compound.graph import Engine, RunResult
    from compound.graph.port.services import EffectGate
    from compound.project.open.resources import Resources
    from compound.review import ReviewQueue

DEFAULT_SOURCE = "desk"
"""What `compound batch` reads when it is told no source: the profile's `tickets`."""
_REDRAFTS = 2
"""How often a batch drafts a ticket again whose rows keep changing; then a person has to look."""


def source_path(source: str, resources: Resources) -> Path:
    """Where the items of a source are, without links and dots: one backlog has one name, however it is written.

    Raises:
        ProjectError: `project.no-items`: the profile does not say where the items of a mailbox are.
    """
    profile = resources.settings.profile
    if source not in resources.mailboxes and source != DEFAULT_SOURCE:
        return Path(source).resolve()
    path = profile.mailboxes.get(source, profile.tickets)
    if path is None and source == DEFAULT_SOURCE and len(profile.mailboxes) == 1:
        (path,) = profile.mailboxes.values()
    if path is None:
        mailbox = source
        raise ProjectError(
            "project.no-items",
            f"profile {profile.name!r} names no items of the mailbox {mailbox!r}",
            fix="--from FILE, or `mailboxes = {NAME = PATH}` in the profile",
        )
    return path.resolve()


def backlog_of(
    path: Path, mailbox: Mailbox, names: frozenset[str] = frozenset(), context: Mapping[str, JsonValue] | None = None
) -> Iterator[BacklogItem]:
    """The tickets of a source, in its order; what cannot be read is an item with a problem.

    Args:
        path: The source.
        mailbox: Reads it.
        names: Names of the graph's context: columns of the source that are called so are no fields of the ticket.
        context: What is one for all; it goes before the columns.
    """
    from compound.connector.mailbox import MailboxProblem

    for entry, columns in mailbox.rows(path, names):
        if isinstance(entry, MailboxProblem):
            where = entry.error.where
            name = entry.item_id or (f"{Path(where.file).name}:{where.line}" if where else f"line-{entry.line}")
            yield BacklogItem(ticket_id=name, ticket=None, problem=_record(entry.error))
        else:
            own = {name: value for name, value in columns.items() if name not in (context or {})}
            yield BacklogItem(ticket_id=entry.id, ticket=entry.model_dump(mode="json", exclude_none=True), context=own)


def with_context(
    items: Iterator[BacklogItem], engine: Engine, context: Mapping[str, JsonValue]
) -> Iterator[BacklogItem]:
    """The same items, after a look at the first ticket: a context that does not fit is said before anything runs.

    Raises:
        DataError: `graph.bad-input`.
    """
    seen: list[BacklogItem] = []
    if engine.spec.context:
        for item in items:
            seen.append(item)
            if item.problem is None:
                engine.require_context({**context, **item.context})
                break
    return chain(seen, items)


def settle_elsewhere(store: StateStore, run_id: str, folder: Path) -> None:
    """A run ended outside of its batch: its ticket is done, or cancelled, and no dead letter any more.

    Args:
        store: The state store.
        run_id: The run.
        folder: Where the lists of dead letters are.
    """
    from compound.batch import Ledger, dead_of, reconcile_runs

    jobs = dead_of(store, run_id)
    reconcile_runs(store, run_id=run_id)
    for job_id in jobs:
        Ledger.of(store, job_id).write_letters(folder)


class EngineRunner:
    """Runs one ticket of a backlog through an engine; every end is an outcome.

    Args:
        engine: Of the graph.
        queue: Of the project.
        outbox: Of the project.
        context: The graph's context, one for all tickets.
    """

    def __init__(
        self, engine: Engine, queue: ReviewQueue, outbox: Outbox, context: Mapping[str, JsonValue] | None = None
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._outbox = outbox
        self._context = dict(context or {})

    async def __call__(self, item: LedgerItem, gate: Gate) -> Outcome:
        """Run, or go on with, the ticket's run."""

        async def turn() -> None:
            await gate(self._outbox.rows_of_run(item.run_id))

        try:
            result = await self._run(item, turn)
            result = await self._up_to_date(result, turn)
        except ConnectorError:
            # The store is down: that is no fault of the ticket.
            raise
        except CompoundError as error:
            return Outcome(status=ItemStatus.DEAD, error=_record(error))
        return self._outcome(result)

    async def _run(self, item: LedgerItem, turn: EffectGate) -> RunResult:
        if item.is_adopted:
            try:
                return await self._engine.resume(item.run_id, effect_gate=turn)
            except RunError as error:
                if error.code != "graph.unknown-run":
                    raise  # the batch that began the ticket had not begun its run
        return await self._engine.run(
            {"ticket": dict(item.ticket or {})},
            run_id=item.run_id,
            thread_id=item.ticket_id,
            context={**self._context, **item.context},
            effect_gate=turn,
        )

    async def _up_to_date(self, result: RunResult, turn: EffectGate) -> RunResult:
        """Draft again, in the ticket's turn, what a ticket before it made stale; a person's item is left to them."""
        for _ in range(_REDRAFTS):
            node = self._stale_node(result)
            if node is None:
                return result
            await turn()
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
        if error is not None and (error.code.startswith(("state.", "checkpoint.")) or is_out_of_room(error)):
            # Nothing can be written down now: that is no fault of the ticket.
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
