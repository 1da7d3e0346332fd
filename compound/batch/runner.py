"""Run a backlog: bounded concurrency, ordered effects, resumable."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import structlog

from compound.batch.gate import OrderGate, keys_of
from compound.batch.ledger import Ledger
from compound.batch.letters import letter_of, write_letters, writing
from compound.batch.requests import Request, Wish
from compound.batch.trouble import Failures, code_of, is_transient
from compound.batch.types import (
    SETTLED,
    BacklogItem,
    BatchEvent,
    BatchOptions,
    BatchSummary,
    ItemRunner,
    ItemStatus,
    LedgerItem,
    Outcome,
)
from compound.errors import CompoundError, ConnectorError, plain_traceback, told

if TYPE_CHECKING:
    from pydantic import JsonValue

log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")

_LOCKED: Final = frozenset({"state.locked", "checkpoint.locked"})
"""Codes of locks held by another process; each call has already waited for `lock_wait`."""
_TRIES: Final = 5
_PAUSE_S: Final = 1.0
_ASKED_EVERY_S: Final = 0.3
"""How often the requests of people are read, in seconds."""


class BatchRunner:
    """Runs the items of a ledger through a graph.

    Args:
        ledger: Status of each item.
        run_item: Runs one item.
        graph_hash: Version of the graph; a job that started under another one is refused.
        folder: Folder of the dead letters.
        on_event: Called when an item is started or settled.
        context: The graph's context, for all items.
        keys: Returns the keys of an item, which order its effects.
        threads: Returns the conversations of an item; it starts after their earlier items have ended.
        withdraw: Withdraws the open reviews of dropped runs.
    """

    def __init__(  # noqa: PLR0913 - all but the first two are named
        self,
        ledger: Ledger,
        run_item: ItemRunner,
        *,
        graph_hash: str,
        folder: Path,
        on_event: Callable[[BatchEvent], None] = lambda event: None,
        context: Mapping[str, JsonValue] | None = None,
        keys: Callable[[LedgerItem], Iterable[str]] = lambda item: keys_of(item.fields),
        threads: Callable[[LedgerItem], Iterable[str]] = lambda item: (),
        withdraw: Callable[[Sequence[str]], None] = lambda run_ids: None,
    ) -> None:
        self._ledger = ledger
        self._run_item = run_item
        self._graph_hash = graph_hash
        self._folder = folder
        self._on_event = on_event
        self._context = context or {}
        self._keys = keys
        self._threads = threads
        self._withdraw = withdraw
        self._failures = Failures(0)
        self._draining = False
        self._asked: Request | None = None
        self._settled = 0
        self._total = 0
        self._ran = 0
        self._changed: tuple[str, ...] = ()

    async def run(self, backlog: Iterable[BacklogItem], options: BatchOptions) -> BatchSummary:
        """Run all unsettled items; the same call resumes after a crash.

        The first Ctrl-C (or SIGTERM) drains: items in flight finish. The second one stops at once; the next call
        resumes their runs from the journal and the checkpoints. While a person pauses the batch, no item starts; a
        cancellation drains too, and only `resume` continues.

        Raises:
            ConflictError: `batch.already-running`; `batch.taken-over`; `batch.cancelled`.
            ProjectError: `batch.graph-changed`, `batch.context-changed`: since the job began;
                `batch.nothing-to-resume`.
            ConnectorError: The state store or the checkpoints cannot be written, or another process keeps them locked.
                The message names an affected item; items in flight resume next time. `batch.cannot-write`.
        """
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        with self._ledger.held():
            self._failures = Failures(options.stop_after)
            items = self._prepare(backlog, options)
            begin = time.perf_counter()
            try:
                await self._run_all(items, options)
                while not self._draining and (retried := self._retried(options)):
                    await self._run_all(retried, options)
            except* CompoundError as errors:
                raise _first(errors) from errors
            seconds = time.perf_counter() - begin

            async def summary() -> BatchSummary:
                return self._summary(options, seconds)

            return await _past_locks(summary, "")

    def _prepare(self, backlog: Iterable[BacklogItem], options: BatchOptions) -> list[LedgerItem]:
        ledger = self._ledger
        if ledger.begins_again(options):
            self._withdraw(ledger.run_ids(adopted=options.again))
        ledger.open(self._graph_hash, options, self._context)
        taken = ledger.add(backlog, limit=options.limit)
        self._changed = taken.changed
        self._withdraw(taken.replaced)
        ledger.reconcile()
        if options.retry_dead:
            ledger.revive_dead()
        if options.retry_cancelled:
            ledger.revive_cancelled()
        if options.accept_changes or options.again:
            ledger.revive_changed()
        return ledger.items(limit=options.limit)

    def _retried(self, options: BatchOptions) -> list[LedgerItem]:
        """All items, if another process retried some while this one ran the others; else none."""
        items = self._ledger.items(limit=options.limit)
        return items if any(item.status not in SETTLED for item in items) else []

    async def _run_all(self, items: list[LedgerItem], options: BatchOptions) -> None:
        todo = [item for item in items if item.status not in SETTLED]
        self._total = len(items)
        self._settled = len(items) - len(todo)
        threads = {item.seq: frozenset(self._threads(item)) for item in todo}
        gate = OrderGate({item.seq: {*self._keys(item), *threads[item.seq]} for item in todo})
        queue = iter(todo)
        async with anyio.create_task_group() as signals:
            if threading.current_thread() is threading.main_thread():
                # Elsewhere signals cannot be received; what owns the main thread stops the program.
                signals.start_soon(self._watch_signals, signals.cancel_scope)
            signals.start_soon(self._watch_requests)
            async with anyio.create_task_group() as workers:
                for _ in range(max(1, min(options.concurrency, len(todo)))):
                    workers.start_soon(self._work, queue, gate, threads, options)
            signals.cancel_scope.cancel()
        if self._failures.down is not None:
            self._ledger.reopen(self._failures.row)

    async def _work(
        self, queue: Iterable[LedgerItem], gate: OrderGate, threads: Mapping[int, frozenset[str]], options: BatchOptions
    ) -> None:
        for item in queue:
            if not self._draining:  # the earlier messages of its conversation are answered first, or wait for a person
                await gate.wait_for(item.seq, threads[item.seq])
            try:
                outcome = await self._once_allowed(item, gate, options)
            except ConnectorError as error:
                raise self._stopped_at(item, error) from error
            gate.settle(item.seq)
            if outcome is None:
                return
            self._settled += 1
            self._tell("settled", item, outcome.status, outcome.readiness)

    async def _once_allowed(self, item: LedgerItem, gate: OrderGate, options: BatchOptions) -> Outcome | None:
        """Run an item when the batch is not paused; None if the batch ends before."""
        while not self._draining:
            if self._is_paused:
                await anyio.sleep(_ASKED_EVERY_S / 3)
                continue
            outcome = await self._from_start_to_end(item, gate, options)
            if outcome is not None:
                return outcome
            self._read_request()
        return None

    async def _from_start_to_end(self, item: LedgerItem, gate: OrderGate, options: BatchOptions) -> Outcome | None:
        async def start() -> LedgerItem | None:
            return self._ledger.start(item)

        started = await _past_locks(start, item.item_id)
        if started is None:
            return None

        async def run() -> Outcome:
            return await self._tried(started, gate, options)

        async def settle() -> None:
            self._ledger.settle(started, outcome)

        if started.status in SETTLED:  # it was already answered
            return Outcome(status=started.status, readiness=started.readiness, error=started.error)
        self._tell("started", item, ItemStatus.RUNNING, None)
        outcome = await _past_locks(run, item.item_id)
        await _past_locks(settle, item.item_id)
        self._ran += 1
        if self._failures.note(started, outcome):
            self._draining = True
            log.warning("batch.service_down", job_id=self._ledger.job_id, code=code_of(outcome.error))
        return outcome

    async def _tried(self, item: LedgerItem, gate: OrderGate, options: BatchOptions) -> Outcome:
        """Run an item, with retries after transient failures: its run resumes, finished work is not repeated."""
        for tries in range(options.retries + 1):
            outcome = await self._outcome(item, gate)
            if not is_transient(outcome) or tries == options.retries or self._draining:
                return outcome
            pause_s = _PAUSE_S * 2**tries * random.uniform(0.75, 1.25)
            code = code_of(outcome.error)
            log.warning("batch.tried_again", item_id=item.item_id, code=code, pause_s=round(pause_s, 2))
            await anyio.sleep(pause_s)
        raise AssertionError("the last attempt returns")

    def _stopped_at(self, item: LedgerItem, error: ConnectorError) -> ConnectorError:
        stands = f"the batch stopped at item {item.item_id!r}, {self._settled} of {self._total} settled"
        fix = f"{error.fix}; then the same command resumes" if error.fix else "the same command resumes"
        return ConnectorError(error.code, f"{stands}: {error.what}", fix=fix, where=error.where)

    async def _outcome(self, item: LedgerItem, gate: OrderGate) -> Outcome:
        async def turn(rows: Iterable[str] = ()) -> None:
            await gate.wait(item.seq, rows)

        try:
            return await self._run_item(item, turn)
        except ConnectorError:
            # Nothing can be stored now; the item is not the cause.
            raise
        except Exception as error:  # noqa: BLE001 - one item must not stop the others
            plain = plain_traceback(error)
            log.error("batch.item_failed", item_id=item.item_id, run_id=item.run_id, exception=plain)  # noqa: TRY400
            return Outcome(
                status=ItemStatus.DEAD,
                error={
                    "code": "batch.item-failed",
                    "what": f"item {item.item_id!r}: {told(error)}",
                    "fix": "the log has the traceback; --retry-dead retries",
                },
            )

    async def _watch_signals(self, scope: anyio.CancelScope) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
            async for _ in received:
                if self._draining:
                    scope.cancel()
                    return
                self._draining = True
                log.warning("batch.draining", job_id=self._ledger.job_id)

    @property
    def _is_paused(self) -> bool:
        return self._asked is not None and self._asked.wish is Wish.PAUSE

    async def _watch_requests(self) -> None:
        """Read what people ask of this batch, from any process, until it is cancelled."""
        while self._asked is None or self._asked.wish is not Wish.CANCEL:
            self._read_request()
            await anyio.sleep(_ASKED_EVERY_S)

    def _read_request(self) -> None:
        before = self._asked
        try:
            self._asked = self._ledger.request()
        except ConnectorError as error:  # the items tell it, if it lasts
            log.warning("batch.requests_unread", code=error.code)
        if self._asked is not None and self._asked != before:
            log.warning("batch.asked", wish=self._asked.wish.value, by=self._asked.by)
            self._draining = self._draining or self._asked.wish is Wish.CANCEL

    def _tell(self, kind: str, item: LedgerItem, status: ItemStatus, readiness: str | None) -> None:
        self._on_event(
            BatchEvent(
                kind=kind,
                item_id=item.item_id,
                status=status,
                readiness=readiness,
                settled=self._settled,
                total=self._total,
            )
        )

    def _summary(self, options: BatchOptions, seconds: float) -> BatchSummary:
        items = self._ledger.items(limit=options.limit)
        dead = [item for item in items if item.status is ItemStatus.DEAD]
        held_back = {item.item_id for item in dead if code_of(item.error) == "item.changed"}
        changed = tuple(sorted({*self._changed, *held_back}))
        unfinished = any(item.status not in SETTLED for item in items)
        cancelled_by = self._asked.by if unfinished and self._asked and self._asked.wish is Wish.CANCEL else ""
        stopped = "cancelled" if cancelled_by else "stopped"
        self._ledger.close(stopped if unfinished else "dead_letters" if dead else "complete")
        return BatchSummary(
            job_id=self._ledger.job_id,
            counts=dict(Counter(item.status.value for item in items)),
            readiness=dict(Counter(item.readiness for item in items if item.readiness)),
            ran=self._ran,
            seconds=seconds,
            stopped=unfinished,
            dead=tuple(map(letter_of, dead)),
            dead_letter_file=write_letters(self._folder / f"dead-letters-{self._ledger.job_id}.jsonl", dead),
            changed=len(changed),
            changed_items=changed,
            answered_before=sum(item.is_adopted and item.status is not ItemStatus.DEAD for item in items),
            down=self._failures.down,
            cancelled_by=cancelled_by,
        )


async def _past_locks(work: Callable[[], Awaitable[T]], item_id: str) -> T:
    """Retry while another process holds a lock; a run resumes from its checkpoint."""
    for left in reversed(range(_TRIES)):
        try:
            return await work()
        except ConnectorError as error:
            if not left or error.code not in _LOCKED:
                raise
            log.warning("batch.locked", item_id=item_id, code=error.code, what=error.what, tries_left=left)
            await anyio.sleep(_PAUSE_S)
    raise AssertionError("the last attempt returns or raises")


def _first(errors: BaseExceptionGroup[CompoundError]) -> CompoundError:
    """One error of workers that failed together, for the same reason."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
