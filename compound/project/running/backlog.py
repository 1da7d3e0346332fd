"""Runs the items of a source through a graph: the batch's interface to an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.batch import ItemStatus
from compound.batch.gate import keys_of
from compound.batch.trouble import is_out_of_room
from compound.batch.types import BacklogItem, LedgerItem, Outcome, WaitForTurn
from compound.connector.rows.sources import ENDINGS
from compound.connector.state.items import RunItem, content_sha256
from compound.errors import CompoundError, ConnectorError, Location, ProjectError, RunError
from compound.graph.wiring.roles import Roles
from compound.project.decision.aftermath import reopen_refused
from compound.project.decision.arrivals import message_of
from compound.project.running.items import RowItems, record_of
from compound.project.running.messages import apart, mailbox_name
from compound.project.running.sources import open_source
from compound.review.stored.lists import AUTOMATIC, LOOK, READY

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.mailbox.mailbox import Mailbox
    from compound.connector.state import StateStore
    from compound.effect.outbox import Outbox
    from compound.graph import Engine, RunResult
    from compound.graph.port.services import EffectGate
    from compound.project.decision.conversations import Conversations
    from compound.project.open.resources import Resources
    from compound.review.queue.queue import ReviewQueue
    from compound.spec import GraphSpec

_REDRAFTS = 2
"""Attempts to draft an item again whose rows keep changing; then a person must look."""


_LINES: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The input of a batch.

    Attributes:
        source: Canonical name: equal backlogs have equal names, however a user writes them.
        items: Its items, in order.
        are_ids_shared: Whether an id means the same item in every source, like the item ids of a mailbox.
    """

    source: str
    items: Iterator[BacklogItem]
    are_ids_shared: bool = True


def open_backlog(
    source: str | None, resources: Resources, spec: GraphSpec, context: Mapping[str, JsonValue] | None = None
) -> Backlog:
    """The items of a source for a graph: items of a mailbox if the graph takes one, else rows.

    Args:
        source: The name of a mailbox, a path, `sql:SELECT ...` or `module:function`; None means the profile's only
            mailbox.
        resources: Resources of the project.
        spec: The graph.
        context: The context of every item; it overrides columns.

    Raises:
        ProjectError: `project.no-items`; `batch.no-source`: a mailbox has items, but the graph takes none.
    """
    source = default_source(resources) if source is None else source
    rows = RowItems(spec, context or {})
    if source in resources.settings.profile.mail_services and _takes_items(rows):
        # The service is its own source: there is no path.
        items = backlog_of(Path(source), resources.mailboxes[source], rows, source)
        return Backlog(source=source, items=items, are_ids_shared=rows.roles.names_items)
    path = _item_path(source, resources, rows)
    if path is not None:
        items = backlog_of(path, resources.mailbox_of(source), rows, mailbox_name(source, path, resources))
        return Backlog(source=str(path), items=items, are_ids_shared=rows.roles.names_items)
    if source in resources.mailboxes:
        what = f"{spec.name} takes no item of a mailbox: its input is {', '.join(spec.input) or 'empty'}"
        fix = '--from FILE, --from "sql:SELECT ..." or --from module:function'
        raise ProjectError("batch.no-source", what, fix=fix)
    opened = open_source(source, resources)
    items = rows.of(opened.rows())
    if rows.roles.names_items:
        items = (replace(one, message=message_of(resources, one.fields or {})) for one in items)
    return Backlog(source=opened.name, items=items, are_ids_shared=rows.roles.names_items)


def _item_path(source: str, resources: Resources, rows: RowItems) -> Path | None:
    """The path of a mailbox's items, if the graph takes one; None if rows are read."""
    if not _takes_items(rows):
        return None
    if source in resources.mailboxes:
        return source_path(source, resources)
    opened = open_source(source, resources).path
    is_table = opened is not None and opened.suffix.lower() in ENDINGS and opened.suffix.lower() not in _LINES
    return None if is_table else opened


def _takes_items(rows: RowItems) -> bool:
    """Whether the graph takes an item of a mailbox."""
    from compound.connector.mailbox.mailbox import Mailbox

    return rows.roles.input is not None and (rows.is_open or Mailbox.takes(rows.fields))


def keys_of_items(spec: GraphSpec) -> Callable[[LedgerItem], frozenset[str]]:
    """The keys of an item of a graph."""
    roles = Roles(spec)

    def keys(item: LedgerItem) -> frozenset[str]:
        given, _ = roles.given(item.fields or {}, item.context)
        return keys_of(item.fields, roles.key(given))

    return keys


def default_source(resources: Resources) -> str:
    """The mailbox of a batch without a source: the only one, or the only one that the profile fills.

    Raises:
        ProjectError: `project.no-items`: there are several.
    """
    profile = resources.settings.profile
    names = tuple(resources.mailboxes)
    filled = [name for name in names if name in profile.mailboxes or name in profile.mail_services]
    if len(names) == 1:
        return names[0]
    if len(filled) == 1:
        return filled[0]
    what = f"the project has several mailboxes: {', '.join(filled or names)}"
    raise ProjectError("project.no-items", what, fix=f"name the source: --from {(filled or names)[0]}")


def source_path(source: str, resources: Resources) -> Path:
    """The canonical path of the items of a source, without links and dots.

    Raises:
        ProjectError: `project.no-items`: the profile has no path for the items of a mailbox.
    """
    profile = resources.settings.profile
    if source not in resources.mailboxes:
        return Path(source).resolve()
    path = profile.mailboxes.get(source, profile.items)
    if path is None:
        raise ProjectError(
            "project.no-items",
            f"profile {profile.name!r} has no path for the items of the mailbox {source!r}",
            fix=f'name a source with --from, or write mailboxes = {{ {source} = "PATH" }} in the profile',
        )
    return path.resolve()


def backlog_of(path: Path, mailbox: Mailbox, rows: RowItems, name: str = "") -> Iterator[BacklogItem]:
    """The items of a source, in order; one that cannot be read, or does not fit, is an item with a problem.

    Args:
        path: The source.
        mailbox: Reads it.
        rows: Converts records to items.
        name: The mailbox whose conversations they belong to; empty if none.
    """
    from compound.connector.mailbox.item import MailboxProblem

    for entry, columns, where in mailbox.rows(path, rows.more_columns):
        if isinstance(entry, MailboxProblem):
            at = entry.error.where
            named = entry.item_id or (f"{Path(at.file).name}:{at.line}" if at else f"line-{entry.line}")
            yield BacklogItem(item_id=named, fields=None, problem=record_of(entry.error))
        else:
            fields, links = apart(entry.model_dump(mode="json", exclude_none=True), rows)
            item = rows.of_mailbox(fields, columns, where or Location(str(path)))
            yield replace(item, message={"mailbox": name, **links}) if name else item


def with_context(
    items: Iterator[BacklogItem], engine: Engine, context: Mapping[str, JsonValue]
) -> Iterator[BacklogItem]:
    """The same items, after validating the context with the first one, so that a bad context stops the batch early.

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
    """Settle the item of a run that ended outside of its batch: done or cancelled, no longer a dead letter.

    Args:
        store: The state store.
        run_id: The run.
        folder: The folder of dead-letter lists.
    """
    from compound.batch.ledger import Ledger, dead_of, reconcile_runs

    jobs = dead_of(store, run_id)
    reconcile_runs(store, run_id=run_id)
    for job_id in jobs:
        Ledger.of(store, job_id).write_letters(folder)


class EngineRunner:
    """Runs one item of a backlog through an engine; every end is an outcome.

    Args:
        engine: Engine of the graph.
        queue: Of the project.
        outbox: Of the project.
        conversations: Of the project.
        context: The context of every item.
    """

    def __init__(
        self,
        engine: Engine,
        queue: ReviewQueue,
        outbox: Outbox,
        conversations: Conversations,
        context: Mapping[str, JsonValue] | None = None,
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._outbox = outbox
        self._conversations = conversations
        self._context = dict(context or {})
        self._roles = Roles(engine.spec)

    async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
        """Start or resume the item's run."""

        async def turn() -> None:
            await gate(self._outbox.rows_of_run(item.run_id))

        try:
            result = await self._run(item, turn)
            result = await self._up_to_date(result, turn)
        except ConnectorError:
            # The store is down: the item is not at fault.
            raise
        except CompoundError as error:
            return Outcome(status=ItemStatus.DEAD, error=record_of(error))
        return self._outcome(result)

    async def _run(self, item: LedgerItem, turn: EffectGate) -> RunResult:
        if item.is_adopted:
            try:
                return await self._engine.resume(item.run_id, effect_gate=turn)
            except RunError as error:
                if error.code != "graph.unknown-run":
                    raise  # the batch started the item, but not its run
        given, context = self._roles.given(item.fields or {}, item.context)
        return await self._engine.run(
            given,
            run_id=item.run_id,
            thread_id=item.item_id,
            context={**self._context, **context},
            item=RunItem(item.item_id, content_sha256(item.fields or {}, item.context)),
            message=item.message,
            effect_gate=turn,
        )

    async def _up_to_date(self, result: RunResult, turn: EffectGate) -> RunResult:
        """Draft again, in the item's turn, drafts that an earlier item made stale; skips claimed reviews."""
        drafted: Counter[str] = Counter()
        found = result.stale_ids
        while (node := self._stale_node(result, found)) is not None and drafted[node] < _REDRAFTS:
            drafted[node] += 1
            await turn()
            self._conversations.again(result.run_id)
            result = await self._engine.redraft(result.run_id, node, decides="auto")
            # The new draft of one item of a map says nothing about the others that are stale.
            found = (*result.stale_ids, *(one for one in found if self._queue.show(one).status == "stale"))
        return result

    def _stale_node(self, result: RunResult, found: tuple[str, ...]) -> str | None:
        stale = found
        if result.status == "failed":
            stale = reopen_refused(self._queue, self._outbox, result.run_id)
        for review_id in stale:
            item = self._queue.show(review_id)
            deciders = [one.actor for one in self._queue.decisions(review_id)]
            code = str((item.stale_reason or {}).get("code"))
            if code.endswith(".stale") and all(actor.startswith("policy:") for actor in deciders):
                return item.node
        return None

    def _outcome(self, result: RunResult) -> Outcome:
        match result.status:
            case "done":
                return Outcome(status=ItemStatus.DONE, readiness=self._readiness(result))
            case "waiting_review":
                return Outcome(status=ItemStatus.WAITING_REVIEW, readiness=self._readiness(result))
            case _:
                return self._failed(result)

    def _failed(self, result: RunResult) -> Outcome:
        """A refused effect returns the review to a person; anything else is a dead letter."""
        from compound.review import ReviewFilter
        from compound.review.stored.machine import UNDECIDED

        error = result.error
        if error is not None and (error.code.startswith(("state.", "checkpoint.")) or is_out_of_room(error)):
            # Nothing can be stored now: the item is not at fault.
            raise ConnectorError(error.code, error.what, fix=error.fix)
        what = record_of(error) if error else {"code": "graph.failed", "what": "the run failed", "fix": ""}
        if self._queue.list(ReviewFilter(run_id=result.run_id, statuses=tuple(UNDECIDED))):
            return Outcome(status=ItemStatus.WAITING_REVIEW, readiness=self._readiness(result), error=what)
        return Outcome(status=ItemStatus.DEAD, error=what)

    def _readiness(self, result: RunResult) -> str | None:
        """How the run's drafts wait or were decided automatically; None for a graph without rules."""
        from compound.review import ReviewFilter
        from compound.review.stored.machine import UNDECIDED

        items = self._queue.list(ReviewFilter(run_id=result.run_id))
        waiting = [one for one in items if one.status in UNDECIDED]
        said = [one.ready for one in waiting if one.ready is not None]
        if said:
            return READY if all(said) else LOOK
        actors = [one.actor for item in items for one in self._queue.decisions(item.review_id)]
        is_automatic = bool(actors) and not waiting and all(actor.startswith("policy:") for actor in actors)
        return AUTOMATIC if is_automatic else None
