"""Types of a batch: items, outcomes, events and the summary."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue


class ItemStatus(StrEnum):
    """Status of an item of the backlog; all but `pending` and `running` are settled."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_REVIEW = "waiting_review"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


SETTLED = frozenset({ItemStatus.WAITING_REVIEW, ItemStatus.DONE, ItemStatus.DEAD, ItemStatus.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogItem:
    """An item as read from the source.

    Attributes:
        item_id: Id in the source; its place, `letters.jsonl:17`, if it has none.
        fields: Its fields; None if it could not be read.
        problem: Why it could not be read, as an error record; it becomes a dead letter.
        context: Context from its row; empty if all items share one.
        message: `mailbox`, `thread` and `in_reply_to` of an item of a mailbox; empty for any other.
    """

    item_id: str
    fields: Mapping[str, JsonValue] | None
    problem: Mapping[str, JsonValue] | None = None
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    message: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerItem:
    """A row of the ledger: an item with its position and status.

    Attributes:
        message: As for `BacklogItem`.
        is_adopted: Whether its run was started by another batch or by `compound run`.
    """

    seq: int
    item_id: str
    fields: Mapping[str, JsonValue] | None
    status: ItemStatus
    attempt: int
    run_id: str
    readiness: str | None = None
    error: Mapping[str, JsonValue] | None = None
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    message: Mapping[str, str] = field(default_factory=dict[str, str])
    is_adopted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run of an item ended."""

    status: ItemStatus
    readiness: str | None = None
    error: Mapping[str, JsonValue] | None = None


class WaitForTurn(Protocol):
    """Waits for an item's turn in the backlog's order."""

    def __call__(self, rows: Iterable[str] = ()) -> Awaitable[None]:
        """Return when every earlier item of the same customer or the same rows is settled.

        Args:
            rows: Rows that the item will change, as `orders/#W1`.
        """
        ...


class ItemRunner(Protocol):
    """Runs one item through the graph; it awaits the gate before any effect."""

    async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
        """Run or resume `item.run_id`; errors of the item are outcomes, never exceptions."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvent:
    """An item was started or settled; for progress displays."""

    kind: str
    item_id: str
    status: ItemStatus
    readiness: str | None
    settled: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """Options of a batch.

    Attributes:
        concurrency: Maximum number of items in flight.
        limit: Only the first N items of the source; None: all.
        accept_changes: Continue although the graph or its context changed since the job was started, and run items
            again whose content changed since they were answered.
        retry_dead: Retry dead letters.
        retry_cancelled: Run items again whose runs were cancelled or expired.
        resume: Continue a batch that was cancelled; refuse if there is no batch to continue.
        restart: Start the job from the beginning; answered items are not run again.
        again: Also run items that any batch or run has answered. An unfinished `--again` is resumed with the same
            options.
        retries: Number of retries after a transient failure before an item becomes a dead letter.
        stop_after: Stop after N consecutive items failed because of a provider, record store or mailbox; 0: never.
    """

    concurrency: int = 8
    limit: int | None = None
    accept_changes: bool = False
    retry_dead: bool = False
    retry_cancelled: bool = False
    resume: bool = False
    restart: bool = False
    again: bool = False
    retries: int = 3
    stop_after: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDown:
    """Why a batch stopped: consecutive items failed because of a service.

    Attributes:
        code: Code of the last error.
        what: Message of the last error.
        failures: Number of consecutive failures.
    """

    code: str
    what: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An item that failed, and why.

    Attributes:
        item_id: Id in the ledger.
        code: Code of the error; see `docs/errors`.
        what: What was found.
        fix: What to do; empty if only a retry helps.
        file: Source file of an unreadable item.
        line: Line in that file, from 1.
        is_readable: Whether the item was read and its run failed, so that a retry can help. Otherwise correct it in the
            source; the same command then runs it.
    """

    item_id: str
    code: str
    what: str
    fix: str = ""
    file: str | None = None
    line: int | None = None
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """The result of a batch.

    Attributes:
        counts: Status to number of items, over all items in the source.
        readiness: `ready`, `needs a look` (both wait for a person) or `automatic` (decided without one) to number of
            items, over the whole job; empty if the graph has no `auto` rule.
        ran: Number of items that this call ran.
        seconds: Wall time of this call, from the first item to the last.
        stopped: Whether it stopped early: the user asked for it, or a service is down.
        dead: The dead letters, in the backlog's order.
        dead_letter_file: File of the dead letters; None if there are none.
        changed: Number of items that changed since they were answered; they are run again only with `accept_changes`.
        changed_items: Ids of the changed items.
        answered_before: Number of items that another batch or `compound run` has answered; they are not run again.
        down: The service that stopped it; None if none did.
        cancelled_by: Who cancelled it before its end; empty if nobody did.
        untraced: Number of trace rows that could not be stored; the results are complete.
        results: Path of the results; None without `--to`.
    """

    job_id: str
    counts: Mapping[str, int]
    readiness: Mapping[str, int]
    ran: int
    seconds: float
    stopped: bool
    dead: tuple[DeadLetter, ...] = ()
    dead_letter_file: str | None = None
    changed: int = 0
    changed_items: tuple[str, ...] = ()
    answered_before: int = 0
    down: ServiceDown | None = None
    cancelled_by: str = ""
    untraced: int = 0
    results: str | None = None

    @property
    def items_per_second(self) -> float | None:
        """Throughput of this call; None if nothing ran."""
        return self.ran / self.seconds if self.ran and self.seconds > 0 else None

    @property
    def exit_code(self) -> int:
        """0 complete, 3 with dead letters, 5 stopped before the end, 7 stopped because a service is down."""
        if self.down is not None:
            return 7
        if self.stopped:
            return 5
        return 3 if self.dead else 0
