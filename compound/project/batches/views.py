"""What the owner of a batch sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from compound.batch.ledger import can_revive
from compound.batch.letters import letter_of
from compound.connector.state.owner import host_and_process
from compound.project.view.times import moment

if TYPE_CHECKING:
    from compound.batch.types import LedgerItem
    from compound.batch.watch.jobs import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A batch in a list.

    Attributes:
        source: Its source, as a user would type it.
        status: `running`, `pausing`, `paused`, `cancelling`, `cancelled`, `interrupted` (its process died), `stopped`,
            `dead_letters` (complete with dead letters) or `complete`.
        started_at: ISO time of the first start.
        changed_at: ISO time of the last start or end.
        done: Finished items.
        waiting: Items whose drafts wait for people.
        running: Items in flight.
        failed: Dead letters.
        cancelled: Items that were cancelled in review.
        left: Items that are not started.
        total: All items.
        run_by: Process and host that run it; empty if none does.
        asked_by: Who paused, continued or cancelled it last; empty if nobody did.
        asked_at: ISO time of that request; None without one.
        note: Why, in that person's words.
    """

    job_id: str
    graph: str
    source: str
    status: str
    started_at: str
    changed_at: str
    done: int
    waiting: int
    running: int
    failed: int
    cancelled: int
    left: int
    total: int
    run_by: str = ""
    asked_by: str = ""
    asked_at: str | None = None
    note: str = ""

    @classmethod
    def of(cls, state: JobState, shown: Callable[[str], str]) -> Self:
        """The row of a batch."""
        counts, request = state.counts, state.request
        return cls(
            job_id=state.job.job_id,
            graph=state.job.graph_name,
            source=shown(state.job.source),
            status=state.status,
            started_at=moment(state.created_at),
            changed_at=moment(state.updated_at),
            done=counts.done,
            waiting=counts.waiting,
            running=counts.running,
            failed=counts.failed,
            cancelled=counts.cancelled,
            left=counts.left,
            total=counts.total,
            run_by="" if state.holder is None else "process {1} on {0}".format(*host_and_process(state.holder.owner)),
            asked_by="" if request is None else request.by,
            asked_at=None if request is None else moment(request.at),
            note="" if request is None else request.note,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A dead letter.

    Attributes:
        seq: Its position in the source.
        code: Code of the error.
        what: The cause; empty if retention removed it.
        fix: The cure; empty if only a retry helps.
        file: Source file of an item that could not be read.
        line: Its line, from 1.
        run_id: The run that failed; empty if none started.
        can_retry: Whether a retry can help; else correct the item in its source.
    """

    seq: int
    item_id: str
    code: str
    what: str
    fix: str
    file: str | None
    line: int | None
    run_id: str
    attempt: int
    can_retry: bool

    @classmethod
    def of(cls, item: LedgerItem, shown: Callable[[str], str]) -> Self:
        """The letter of an item."""
        letter = letter_of(item)
        return cls(
            seq=item.seq,
            item_id=item.item_id,
            code=letter.code,
            what=letter.what,
            fix=letter.fix,
            file=None if letter.file is None else shown(letter.file),
            line=letter.line,
            run_id=item.run_id if letter.is_readable else "",
            attempt=item.attempt,
            can_retry=can_revive(item),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView(BatchRow):
    """A batch in detail.

    Attributes:
        rate_per_s: Items settled per second; None if it does not run, is paused, or has settled too few to say.
        rate_low: Lower end of its 95 % interval.
        rate_high: Upper end.
        rate_n: Settled items that it is measured from.
        rate_method: How it is measured.
        eta_s: Seconds until the last item is settled; None without a rate.
        eta_low_s: The earliest, by the interval of the rate.
        eta_high_s: The latest; None if it cannot be said.
        history_start: ISO time of the first part of `history`; None before the first settled item.
        history_width_s: Seconds of a part.
        history: Settled items of each part, oldest first.
        calls: Model calls of its runs, with earlier attempts.
        cost_usd: Sum of their known costs.
        unknown_costs: Calls whose cost is unknown, or known in part.
        budget_usd: The most that it may spend: the limit of a run times its items; None without a limit.
        errors: `code` and `items` of the dead letters, the most frequent first.
        letters: Dead letters, in the order of the source.
        more_letters: Position of the last one if there are more behind it, for the next page; None if not.
        concurrency: Items that it runs at the same time.
        limit: Only the first N items of the source; None: all.
        results: File of its results; None without one.
    """

    rate_per_s: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    rate_n: int = 0
    rate_method: str = ""
    eta_s: float | None = None
    eta_low_s: float | None = None
    eta_high_s: float | None = None
    history_start: str | None = None
    history_width_s: float = 0.0
    history: Sequence[int] = ()
    calls: int = 0
    cost_usd: float = 0.0
    unknown_costs: int = 0
    budget_usd: float | None = None
    errors: Sequence[Mapping[str, str | int]] = ()
    letters: Sequence[LetterView] = field(default_factory=tuple[LetterView, ...])
    more_letters: int | None = None
    concurrency: int = 8
    limit: int | None = None
    results: str | None = None
