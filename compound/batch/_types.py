"""The nouns of a batch: items in, outcomes out, events while it runs, a summary at the end."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue


class ItemStatus(StrEnum):
    """Where a ticket of the backlog stands; all but `pending` and `running` are settled."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_REVIEW = "waiting_review"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


SETTLED = frozenset({ItemStatus.WAITING_REVIEW, ItemStatus.DONE, ItemStatus.DEAD, ItemStatus.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogItem:
    """One ticket as the source gave it.

    Attributes:
        ticket_id: The source's own id; its place, `tickets.jsonl:17`, where it has none.
        ticket: The record; None when it could not be read.
        problem: Why it could not be read, as an error record; such an item is a dead letter from the start.
        context: What its row says of the graph's context; empty where the context is one for all.
        message: `mailbox`, `thread` and `in_reply_to` of an item of a mailbox; empty for any other.
    """

    ticket_id: str
    ticket: Mapping[str, JsonValue] | None
    problem: Mapping[str, JsonValue] | None = None
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    message: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerItem:
    """A row of the ledger: the item, its place in the backlog and where it stands.

    Attributes:
        message: As for `BacklogItem`.
        is_adopted: Its run was made by another batch or by `compound run`, which answered the ticket before.
    """

    seq: int
    ticket_id: str
    ticket: Mapping[str, JsonValue] | None
    status: ItemStatus
    attempt: int
    run_id: str
    lane: str | None = None
    error: Mapping[str, JsonValue] | None = None
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    message: Mapping[str, str] = field(default_factory=dict[str, str])
    is_adopted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one run of a ticket ended."""

    status: ItemStatus
    lane: str | None = None
    error: Mapping[str, JsonValue] | None = None


class Gate(Protocol):
    """A ticket's turn in the backlog's order."""

    def __call__(self, rows: Iterable[str] = ()) -> Awaitable[None]:
        """Return when every earlier ticket of the same customer, and of the same rows, is settled.

        Args:
            rows: What the ticket is about to change, as `orders/#W1`.
        """
        ...


class TicketRunner(Protocol):
    """Runs one ticket through the graph; the gate is awaited before anything is changed outside."""

    async def __call__(self, item: LedgerItem, gate: Gate) -> Outcome:
        """Run, or go on with, `item.run_id`; errors of the ticket are outcomes, never exceptions."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvent:
    """A ticket was started or settled; what a progress display needs."""

    kind: str
    ticket_id: str
    status: ItemStatus
    lane: str | None
    settled: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a batch runs.

    Attributes:
        concurrency: Tickets in flight, at most.
        limit: At most this many tickets of the source, from the start; None for all.
        accept_changes: Go on although the graph or its context changed since the job was started, and run tickets
            whose content changed since they were answered.
        retry_dead: Give dead letters another attempt.
        retry_cancelled: Run tickets again whose runs a person, or the clock, has cancelled.
        restart: Forget the job's ledger and begin again; what was answered is not answered again.
        again: Answer also what was answered before, by whatever batch or run. One that did not come to its end
            goes on with the same options.
        retries: How often a ticket is tried again after trouble that passes by itself, before it is a dead letter.
        stop_after: The batch stops after this many tickets in a row that a provider, a store or a mailbox failed;
            0 for never.
    """

    concurrency: int = 8
    limit: int | None = None
    accept_changes: bool = False
    retry_dead: bool = False
    retry_cancelled: bool = False
    restart: bool = False
    again: bool = False
    retries: int = 3
    stop_after: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDown:
    """Why a batch stopped: one ticket after the other failed by a service, and not by itself.

    Attributes:
        code: Of the last ticket's error.
        what: What that one says.
        failures: Tickets in a row.
    """

    code: str
    what: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A ticket that did not end, and why.

    Attributes:
        ticket_id: As in the ledger.
        code: Of the error; see `docs/errors`.
        what: What was found.
        fix: What to do; empty when nothing but another try helps.
        file: Where the ticket stands, when it could not be read.
        line: Of that file, from 1.
        is_readable: The ticket could be read and its run failed: another attempt can help. Otherwise it has to
            be corrected in its source; the same command then runs it.
    """

    ticket_id: str
    code: str
    what: str
    fix: str = ""
    file: str | None = None
    line: int | None = None
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """What a batch did.

    Attributes:
        counts: Status to number of tickets, over all tickets that the source has now.
        lanes: `ready`, `needs a look` (both wait for a person) or `automatic` (no person decided) to number of
            tickets, over the whole job; empty where no `auto` rule said anything.
        ran: Tickets that this call ran.
        seconds: Wall time of this call, from the first ticket to the last.
        stopped: It stopped before the end: the user asked for it, or a service is down.
        dead: The dead letters, in the backlog's order.
        dead_letter_file: Where they were written; None when there are none.
        changed: Tickets whose content in the source is not the one that was answered under their id; they are not
            answered again without `accept_changes`.
        changed_tickets: Their ids.
        answered_before: Tickets that another batch, or `compound run`, has answered; they are not answered again.
        down: The service that stopped it; None when none did.
        untraced: Rows of traces that could not be stored; the tickets themselves are whole.
        results: Where the results were written; None where nobody asked for them.
    """

    job_id: str
    counts: Mapping[str, int]
    lanes: Mapping[str, int]
    ran: int
    seconds: float
    stopped: bool
    dead: tuple[DeadLetter, ...] = ()
    dead_letter_file: str | None = None
    changed: int = 0
    changed_tickets: tuple[str, ...] = ()
    answered_before: int = 0
    down: ServiceDown | None = None
    untraced: int = 0
    results: str | None = None

    @property
    def tickets_per_second(self) -> float | None:
        """Throughput of this call; None when nothing ran."""
        return self.ran / self.seconds if self.ran and self.seconds > 0 else None

    @property
    def exit_code(self) -> int:
        """0 complete, 3 with dead letters, 5 stopped before the end, 7 stopped because a service is down."""
        if self.down is not None:
            return 7
        if self.stopped:
            return 5
        return 3 if self.dead else 0
